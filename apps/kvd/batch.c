/* SPDX-License-Identifier: MIT */
/* POST /batch: puts and deletes, all or none. The body is JSON, [{"put": KEY, "value": TEXT}, {"put": KEY, "hex": HEX},
 * {"delete": KEY}...], or lines: "put KEY VALUE" and "delete KEY", the key percent-encoded as in a path. */
#include "kvd.h"

#include <ctype.h>
#include <string.h>

static sqlite3_stmt *members;

void batch_start(void)
{
	members =
		db_own("select value ->> '$.put', value ->> '$.delete', "
		       "case when json_type(value, '$.hex') = 'text' then unhex(value ->> '$.hex') "
		       "else value ->> '$.value' end from json_each(?1)");
}

/* Keep or remove one. @value NULL: remove. 0, or the answer's status. */
static int change(struct job *j, unsigned i, struct span key, const void *value, size_t size)
{
	const char *trouble = key_trouble(key.p, key.n);
	int r;

	if (trouble == NULL && value != NULL && size > VALUE_MAX) {
		return answer_error(j, 413, "change %u: a value has at most %u bytes", i,
				    VALUE_MAX);
	}
	if (trouble != NULL) {
		return answer_error(j, 400, "change %u: %s", i, trouble);
	}
	r = value != NULL ? kv_store(key.p, key.n, value, size) : kv_remove(key.p, key.n);
	return r == SQLITE_OK ? 0 : db_failed(j, r);
}

static struct span column(int i)
{
	const char *p = (const char *)sqlite3_column_blob(members, i);

	return (struct span){ p, (size_t)sqlite3_column_bytes(members, i) };
}

static int change_member(struct job *j, unsigned i)
{
	bool put = sqlite3_column_type(members, 0) == SQLITE_TEXT;
	bool drop = sqlite3_column_type(members, 1) == SQLITE_TEXT;
	struct span value;

	if (put == drop) {
		return answer_error(j, 400, "change %u: it has one of \"put\" and \"delete\"", i);
	}
	if (drop) {
		return change(j, i, column(1), NULL, 0);
	}
	if (sqlite3_column_type(members, 2) == SQLITE_NULL) {
		return answer_error(
			j, 400, "change %u: it has no \"value\", and no \"hex\" that is some", i);
	}
	value = column(2);
	return change(j, i, column(0), value.p != NULL ? value.p : "", value.n);
}

static int run_json(struct job *j, unsigned *n)
{
	int r = 0;

	sqlite3_bind_text(members, 1, j->body.p, (int)j->body.n, SQLITE_STATIC);
	while (r == 0 && sqlite3_step(members) == SQLITE_ROW) {
		r = change_member(j, (*n)++);
	}
	if (r != 0) {
		sqlite3_reset(members);
		return r;
	}
	r = sqlite3_reset(members);
	if (r == SQLITE_ERROR) {
		return answer_error(j, 400, "the body is no list of changes: %s",
				    sqlite3_errmsg(db));
	}
	return r == SQLITE_OK ? 0 : db_failed(j, r);
}

static bool starts(struct span *line, const char *word)
{
	size_t n = strlen(word);

	if (line->n <= n || memcmp(line->p, word, n) != 0) {
		return false;
	}
	line->p += n;
	line->n -= n;
	return true;
}

static int change_line(struct job *j, unsigned i, struct span line)
{
	bool put = starts(&line, "put ");
	const char *blank;
	char key[KEY_MAX];
	struct span value = { "", 0 };
	int n;

	if (!put && !starts(&line, "delete ")) {
		return answer_error(j, 400,
				    "change %u: a line is \"put KEY VALUE\" or \"delete KEY\"", i);
	}
	blank = put ? memchr(line.p, ' ', line.n) : NULL;
	if (blank != NULL) {
		value = (struct span){ blank + 1, (size_t)(line.p + line.n - blank) - 1 };
		line.n = (size_t)(blank - line.p);
	}
	n = percent_decode(line, false, key, sizeof(key));
	return change(j, i, (struct span){ key, n < 0 ? 0 : (size_t)n }, put ? value.p : NULL,
		      value.n);
}

static int run_lines(struct job *j, unsigned *n)
{
	const char *p = j->body.p, *end = p + j->body.n;
	int r = 0;

	while (p < end && r == 0) {
		const char *next = memchr(p, '\n', (size_t)(end - p));
		struct span line = { p, (size_t)((next != NULL ? next : end) - p) };

		line.n -= line.n > 0 && line.p[line.n - 1] == '\r';
		p = next != NULL ? next + 1 : end;
		if (line.n > 0) {
			r = change_line(j, (*n)++, line);
		}
	}
	return r;
}

int batch_run(struct job *j)
{
	const char *p = j->body.p, *end = p + j->body.n;
	unsigned n = 0;
	int r;

	while (p < end && isspace((unsigned char)*p)) {
		p++;
	}
	r = p < end && *p == '[' ? run_json(j, &n) : run_lines(j, &n);
	if (r == 0) {
		j->status = 200;
		buf_str(&j->out, "{\"changes\":");
		buf_number(&j->out, n);
		buf_str(&j->out, "}\n");
	}
	return r;
}
