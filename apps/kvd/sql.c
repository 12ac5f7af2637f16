/* SPDX-License-Identifier: MIT */
/* POST /sql. The body is SQL, or JSON: {"sql": ..., "params": ...} or a list of such and of strings. Each member of a list is
 * done as a whole or not at all; with ?tx=1 all of them are. JSON is read by SQLite's own functions. */
#include "kvd.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One member of the list, copied: no statement of ours runs while a client's does. */
struct item {
	struct item *next;
	const char *params; /* JSON, in `sql` behind its end; NULL: none */
	char sql[];
};

/* Parameters that are left, while they last. */
struct params {
	sqlite3_stmt *rows; /* NULL: there are none */
	bool named;
	bool row; /* rows stands at one */
	unsigned used;
};

static sqlite3_stmt *items_of, *params_of, *save, *release, *back;

void sql_start(void)
{
	items_of = db_own("select iif(type = 'object', value ->> '$.sql', atom), "
			  "iif(type = 'object', value -> '$.params', null) "
			  "from json_each(iif(json_type(?1) = 'array', ?1, json_array(json(?1))))");
	params_of = db_own(
		"select key, case when type = 'object' and json_type(value, '$.hex') = 'text' "
		"then unhex(value ->> '$.hex') when type in ('object', 'array') then value "
		"else atom end from json_each(?1)");
	save = db_own("savepoint item");
	release = db_own("release item");
	back = db_own("rollback to item");
}

/* --- values ---------------------------------------------------------------------------------------- */

static void put_real(struct buf *b, double v)
{
	char text[40];

	if (isnan(v) || isinf(v)) {
		buf_str(b, isnan(v) ? "null" : v > 0 ? "1e999" : "-1e999");
		return;
	}
	snprintf(text, sizeof(text), "%.17g", v);
	buf_str(b, text);
	if (strpbrk(text, ".e") == NULL) {
		buf_str(b, ".0");
	}
}

static void put_value(struct buf *b, sqlite3_stmt *s, int i)
{
	const unsigned char *p;

	switch (sqlite3_column_type(s, i)) {
	case SQLITE_INTEGER:
		buf_number(b, sqlite3_column_int64(s, i));
		break;
	case SQLITE_FLOAT:
		put_real(b, sqlite3_column_double(s, i));
		break;
	case SQLITE_TEXT:
		p = sqlite3_column_text(s, i);
		buf_json(b, (const char *)p, (size_t)sqlite3_column_bytes(s, i));
		break;
	case SQLITE_BLOB:
		p = sqlite3_column_blob(s, i);
		buf_str(b, "{\"hex\":\"");
		buf_hex(b, p, (size_t)sqlite3_column_bytes(s, i));
		buf_str(b, "\"}");
		break;
	default:
		buf_str(b, "null");
	}
}

/* --- parameters ------------------------------------------------------------------------------------ */

static void next_param(struct params *p)
{
	p->row = p->rows != NULL && sqlite3_step(p->rows) == SQLITE_ROW;
}

/* 0, or the answer's status. */
static int begin_params(struct job *j, struct params *p, const char *json)
{
	int r;

	*p = (struct params){ .rows = NULL };
	if (json == NULL || strcmp(json, "null") == 0) {
		return 0;
	}
	if (json[0] != '[' && json[0] != '{') {
		return answer_error(j, 400, "params is a list, or an object of names");
	}
	p->rows = params_of;
	p->named = json[0] == '{';
	sqlite3_bind_text(params_of, 1, json, -1, SQLITE_STATIC);
	next_param(p);
	if (!p->row && (r = sqlite3_reset(params_of)) != SQLITE_OK) {
		return db_failed(j, r);
	}
	return 0;
}

/* "name" for :name, @name and $name; or as it is written in the statement. */
static int index_of(sqlite3_stmt *s, const char *name)
{
	static const char marks[] = ":@$";
	char text[64];
	int i = sqlite3_bind_parameter_index(s, name);

	for (size_t k = 0; i == 0 && k < sizeof(marks) - 1; k++) {
		snprintf(text, sizeof(text), "%c%s", marks[k], name);
		i = sqlite3_bind_parameter_index(s, text);
	}
	return i;
}

static int bind_named(struct job *j, sqlite3_stmt *s, struct params *p)
{
	int want = sqlite3_bind_parameter_count(s), bound = 0;

	sqlite3_reset(p->rows);
	for (next_param(p); p->row; next_param(p)) {
		int i = index_of(s, (const char *)sqlite3_column_text(p->rows, 0));

		if (i > 0) {
			sqlite3_bind_value(s, i, sqlite3_column_value(p->rows, 1));
			bound++;
		}
	}
	return bound >= want ? 0
			     : answer_error(j, 400, "the statement has %d parameters, %d are given",
					    want, bound);
}

/* Those of a list go to the statements in turn. */
static int bind(struct job *j, sqlite3_stmt *s, struct params *p)
{
	int want = sqlite3_bind_parameter_count(s);

	if (p->named) {
		return bind_named(j, s, p);
	}
	for (int i = 1; i <= want; i++) {
		if (!p->row) {
			return answer_error(j, 400, "the statement has %d parameters, %d are left",
					    want, i - 1);
		}
		sqlite3_bind_value(s, i, sqlite3_column_value(p->rows, 1));
		next_param(p);
	}
	return 0;
}

/* --- statements ------------------------------------------------------------------------------------ */

static void put_columns(struct buf *b, sqlite3_stmt *s)
{
	buf_str(b, "\"columns\":[");
	for (int i = 0; i < sqlite3_column_count(s); i++) {
		const char *name = sqlite3_column_name(s, i);

		buf_str(b, i > 0 ? "," : "");
		buf_json(b, name != NULL ? name : "", name != NULL ? strlen(name) : 0);
	}
	buf_str(b, "],\"rows\":[");
}

static void put_row(struct buf *b, sqlite3_stmt *s, unsigned row)
{
	buf_str(b, row > 0 ? ",[" : "[");
	for (int i = 0; i < sqlite3_column_count(s); i++) {
		buf_str(b, i > 0 ? "," : "");
		put_value(b, s, i);
	}
	buf_str(b, "]");
}

/* Step @s to its end. 0, or the answer's status. */
static int run_statement(struct job *j, sqlite3_stmt *s)
{
	sqlite3_int64 before = sqlite3_total_changes64(db);
	struct buf *b = &j->out;
	unsigned rows = 0;
	int r;

	buf_str(b, "{");
	if (sqlite3_column_count(s) > 0) {
		put_columns(b, s);
	}
	while ((r = sqlite3_step(s)) == SQLITE_ROW) {
		if (rows == ROWS_MAX) {
			return answer_error(j, 413, "the answer has more than %u rows: use LIMIT",
					    ROWS_MAX);
		}
		put_row(b, s, rows++);
		if (b->full) {
			return 413; /* group.c says it */
		}
	}
	if (r != SQLITE_DONE) {
		return db_failed(j, r);
	}
	if (sqlite3_column_count(s) > 0) {
		buf_str(b, "],");
	}
	buf_str(b, "\"changes\":");
	buf_number(b, sqlite3_total_changes64(db) - before);
	if (!sqlite3_stmt_readonly(s)) {
		buf_str(b, ",\"last_insert_rowid\":");
		buf_number(b, sqlite3_last_insert_rowid(db));
	}
	buf_str(b, "}");
	return 0;
}

/* All statements of one text. */
static int run_text(struct job *j, const char *sql, struct params *p, bool *first)
{
	while (*sql != '\0') {
		sqlite3_stmt *s;
		int r;

		db_for_client(true);
		r = sqlite3_prepare_v2(db, sql, -1, &s, &sql);
		db_for_client(false);
		if (r != SQLITE_OK) {
			return db_failed(j, r);
		}
		if (s == NULL) {
			continue; /* a comment, or blanks */
		}
		buf_str(&j->out, *first ? "" : ",");
		*first = false;
		r = bind(j, s, p);
		/* It may be compiled again, when the schema has changed. */
		db_for_client(true);
		r = r != 0 ? r : run_statement(j, s);
		db_for_client(false);
		sqlite3_finalize(s);
		if (r != 0) {
			return r;
		}
	}
	return p->row && !p->named ? answer_error(j, 400, "there are more params than parameters")
				   : 0;
}

static int run_item(struct job *j, const struct item *item, bool *first)
{
	struct params p;
	int r = begin_params(j, &p, item->params);

	if (r == 0) {
		r = run_text(j, item->sql, &p, first);
	}
	if (p.rows != NULL) {
		sqlite3_reset(p.rows);
	}
	return r;
}

/* --- the body -------------------------------------------------------------------------------------- */

static void free_items(struct item *item)
{
	while (item != NULL) {
		struct item *next = item->next;

		free(item);
		item = next;
	}
}

static struct item *make_item(const char *sql, const char *params)
{
	size_t n = strlen(sql) + 1, m = params != NULL ? strlen(params) + 1 : 0;
	struct item *item = calloc(1, sizeof(*item) + n + m);

	if (item != NULL) {
		memcpy(item->sql, sql, n);
		if (params != NULL) {
			item->params = memcpy(item->sql + n, params, m);
		}
	}
	return item;
}

/* The members of the JSON in the body. */
static int read_items(struct job *j, struct item **end)
{
	unsigned n = 0;
	int r = 0;

	sqlite3_bind_text(items_of, 1, j->body.p, (int)j->body.n, SQLITE_STATIC);
	while (r == 0 && sqlite3_step(items_of) == SQLITE_ROW) {
		const char *sql = (const char *)sqlite3_column_text(items_of, 0);

		if (sql == NULL || sqlite3_column_type(items_of, 0) != SQLITE_TEXT) {
			r = answer_error(j, 400, "member %u has no \"sql\"", n);
		} else if (n++ == STATEMENTS) {
			r = answer_error(j, 413, "more than %u members", STATEMENTS);
		} else {
			*end = make_item(sql, (const char *)sqlite3_column_text(items_of, 1));
			r = *end == NULL ? answer_error(j, 503, "no memory") : 0;
			end = r == 0 ? &(*end)->next : end;
		}
	}
	if (r != 0) {
		sqlite3_reset(items_of);
		return r;
	}
	r = sqlite3_reset(items_of);
	if (r == SQLITE_ERROR) {
		return answer_error(j, 400, "the body is no JSON that is understood: %s",
				    sqlite3_errmsg(db));
	}
	return r == SQLITE_OK ? 0 : db_failed(j, r);
}

static int read_body(struct job *j, struct item **items)
{
	const char *p = j->body.p, *end = p + j->body.n;

	if (j->body.n == 0) {
		return answer_error(
			j, 400,
			"the body is empty: it has SQL, or JSON with \"sql\" and \"params\"");
	}
	if (!utf8_is(p, j->body.n) || memchr(p, '\0', j->body.n) != NULL) {
		return answer_error(j, 400, "the body is no UTF-8 text");
	}
	while (p < end && isspace((unsigned char)*p)) {
		p++;
	}
	if (*p == '[' || *p == '{') {
		return read_items(j, items);
	}
	*items = make_item(p, NULL);
	return *items == NULL ? answer_error(j, 503, "no memory") : 0;
}

/* One member that is kept or not for itself; its error is its result. Not 0: the transaction is lost. */
static int run_alone(struct job *j, const struct item *item, bool *first)
{
	struct buf out = j->out;
	bool none = true;
	int r = db_do(save);

	if (r != SQLITE_OK) {
		return db_failed(j, r);
	}
	/* An error is written over what is there: the results so far are put aside. */
	j->out = (struct buf){ .p = NULL };
	r = run_item(j, item, &none);
	if (sqlite3_get_autocommit(db) != 0) {
		free(out.p);
		return r;
	}
	if (r != 0) {
		db_do(back);
		if (j->out.full) {
			answer_error(j, 413, "the answer would be too long: ask for less");
		}
		j->out.n -= j->out.n > 0; /* the newline */
	}
	db_do(release);
	if (j->out.n > 0) {
		buf_str(&out, *first ? "" : ",");
		*first = false;
	}
	buf_put(&out, j->out.p, j->out.n);
	free(j->out.p);
	j->out = out;
	return 0;
}

static int run_items(struct job *j, const struct item *items)
{
	char text[2];
	bool together = query_value(j, "tx", text, 1) == 1 && text[0] == '1', first = true;
	int r = 0;

	buf_str(&j->out, "{\"results\":[");
	together |= items == NULL || items->next == NULL;
	for (const struct item *i = items; i != NULL && r == 0; i = i->next) {
		r = together ? run_item(j, i, &first) : run_alone(j, i, &first);
	}
	if (r == 0) {
		j->status = 200;
		j->type = "application/json";
		buf_str(&j->out, "]}\n");
	}
	return r;
}

int sql_run(struct job *j)
{
	struct item *items = NULL;
	int r = read_body(j, &items);

	if (r == 0) {
		r = run_items(j, items);
	}
	free_items(items);
	return r;
}
