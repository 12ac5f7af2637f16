/* SPDX-License-Identifier: MIT */
/* Group commit. Requests that are complete wait in a queue; a turn of the loop runs them one after the other in one
 * transaction, commits, and only then answers: what is acknowledged is on the disk. One that fails is rolled back alone,
 * to its savepoint. Some errors (disk full, no memory, a statement that was stopped) make SQLite roll back the whole
 * transaction: then that one is answered with its error, and the others, which nobody was told of, run again. */
#include "../httpd/tick.h"
#include "kvd.h"

#include <stdlib.h>
#include <string.h>

static struct {
	struct job *first, **end;
	struct job *done, **done_end; /* to be answered */
	unsigned alone;		      /* so many more groups of one: a commit failed */
	bool tidy;		      /* the disk is full: the log's room may do */
	sqlite3_stmt *begin, *commit, *rollback, *save, *release, *back;
} all = { .end = &all.first, .done_end = &all.done };

/* --- jobs ------------------------------------------------------------------------------------------ */

static void job_free(struct job *j)
{
	counts.bodies -= j->body_room;
	free((void *)(uintptr_t)j->body.p);
	free(j->out.p);
	free(j);
}

/* What can be done with a path, and how much of a body that takes. */
static const struct resource {
	const char *path;
	enum method method;
	int (*run)(struct job *j);
	size_t body_max;
	bool prefix, plain;
} resources[] = {
	{ "/kv/", METHOD_GET, kv_get, 0, true, true },
	{ "/kv/", METHOD_HEAD, kv_get, 0, true, true },
	{ "/kv/", METHOD_PUT, kv_put, VALUE_MAX, true, true },
	{ "/kv/", METHOD_DELETE, kv_delete, 0, true, true },
	{ "/kv", METHOD_GET, kv_list, 0, false, true },
	{ "/sql", METHOD_POST, sql_run, BODY_MAX, false, false },
	{ "/batch", METHOD_POST, batch_run, BODY_MAX, false, false },
	{ "/healthz", METHOD_GET, kv_check, 0, false, false },
	{ "/healthz", METHOD_HEAD, kv_check, 0, false, false },
};

/* NULL: nothing of ours, or (*@known) not by this method. */
static const struct resource *find(const struct request *r, bool *known)
{
	*known = false;
	for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++) {
		const struct resource *s = &resources[i];
		size_t n = strlen(s->path);

		if (r->path.n < n || memcmp(r->path.p, s->path, n) != 0 ||
		    (!s->prefix && r->path.n != n)) {
			continue;
		}
		*known = true;
		if (s->method == r->method) {
			return s;
		}
	}
	return NULL;
}

static struct span keep(char **at, const struct request *r, struct span s, unsigned seen)
{
	struct span kept = { *at, s.n };

	if (seen != 0 && (r->seen & seen) == 0) {
		return (struct span){ NULL, 0 };
	}
	memcpy(*at, s.p, s.n);
	*at += s.n;
	return kept;
}

static struct job *job_of(const struct request *r)
{
	struct span match = r->value[FIELD_IF_MATCH], none = r->value[FIELD_IF_NONE_MATCH];
	size_t n = r->path.n + r->query.n +
		   ((r->seen & FIELD_BIT(FIELD_IF_MATCH)) != 0 ? match.n : 0) +
		   ((r->seen & FIELD_BIT(FIELD_IF_NONE_MATCH)) != 0 ? none.n : 0);
	struct job *j = calloc(1, sizeof(*j) + n);
	char *at;

	if (j == NULL) {
		return NULL;
	}
	at = j->text;
	j->path = keep(&at, r, r->path, 0);
	j->query = keep(&at, r, r->query, 0);
	j->if_match = keep(&at, r, match, FIELD_BIT(FIELD_IF_MATCH));
	j->if_none_match = keep(&at, r, none, FIELD_BIT(FIELD_IF_NONE_MATCH));
	j->method = r->method;
	j->http10 = r->http10;
	return j;
}

/* Room for the body; 0 or the status that it is refused with. */
static int make_room(struct job *j, const struct resource *s, uint64_t n)
{
	char *p;

	if (n > s->body_max) {
		return answer_error(j, 413, "the body may have %zu bytes", s->body_max);
	}
	if (n == 0) {
		return 0;
	}
	/* For SQLite's sake it ends with a NUL. */
	p = counts.bodies + n > BODIES_MAX ? NULL : malloc((size_t)n + 1);
	if (p == NULL) {
		return answer_error(j, 503, "no memory for the body now");
	}
	p[n] = '\0';
	j->body.p = p;
	j->body_room = (size_t)n;
	counts.bodies += (size_t)n;
	return 0;
}

static bool service_begin(struct conn *c, const struct request *r, bool close, struct exchange **x)
{
	bool known;
	const struct resource *s = find(r, &known);
	struct job *j = known ? job_of(r) : NULL;

	if (j == NULL) {
		return known;
	}
	*x = &j->x;
	j->x = (struct exchange){ .conn = c, .close = close };
	j->type = "application/json";
	if (s == NULL) {
		answer_error(j, 405, "not by this method");
		j->x.refused = true;
		return true;
	}
	j->run = s->run;
	j->plain = s->plain;
	j->x.refused = make_room(j, s, r->body) != 0;
	return true;
}

static void service_body(struct exchange *x, const char *p, size_t n)
{
	struct job *j = (struct job *)x;

	memcpy((char *)(uintptr_t)j->body.p + j->body.n, p, n);
	j->body.n += n;
}

static void service_complete(struct exchange *x)
{
	struct job *j = (struct job *)x;

	j->queued = true;
	*all.end = j;
	all.end = &j->next;
}

/* One in the queue is done all the same, and forgotten after that. */
static void service_gone(struct exchange *x)
{
	struct job *j = (struct job *)x;

	if (!j->queued) {
		job_free(j);
	}
}

/* --- a group --------------------------------------------------------------------------------------- */

static void run_savely(struct job *j)
{
	int r = db_do(all.save);

	if (r != SQLITE_OK) {
		db_failed(j, r);
		return;
	}
	if ((j->run(j) != 0 || j->out.full) && sqlite3_get_autocommit(db) == 0) {
		db_do(all.back);
	}
	if (sqlite3_get_autocommit(db) == 0) {
		db_do(all.release);
	}
}

static void run(struct job *j)
{
	sqlite3_int64 before = sqlite3_total_changes64(db);

	if (j->x.refused) {
		return;
	}
	j->out.n = 0;
	j->out.full = j->tagged = false;
	j->type = "application/json";
	db_clock(true);
	if (j->plain) {
		j->run(j);
	} else {
		run_savely(j);
	}
	if (j->out.full) {
		answer_error(j, 413, "the answer would have more than %u bytes: ask for less",
			     ANSWER_MAX);
	}
	j->wrote = j->status < 400 && sqlite3_total_changes64(db) != before;
	all.tidy |= j->status == 507;
}

/* The first @n of the queue are to be answered. */
static void finish(unsigned n)
{
	while (n-- > 0) {
		struct job *j = all.first;

		counts.written += j->wrote;
		counts.reads += !j->wrote && j->status < 400;
		all.first = j->next;
		if (all.first == NULL) {
			all.end = &all.first;
		}
		j->next = NULL;
		*all.done_end = j;
		all.done_end = &j->next;
	}
}

/* @j, which is in the queue, has lost the others their transaction: it is answered, they stay. */
static void take_out(struct job *j)
{
	struct job **at = &all.first;

	while (*at != j) {
		at = &(*at)->next;
	}
	*at = j->next;
	if (j->next == NULL) {
		all.end = at;
	}
	j->next = NULL;
	*all.done_end = j;
	all.done_end = &j->next;
	counts.again++;
}

/* Run what waits, as far as a group goes. Returns how many, -1: the transaction was lost. */
static int run_some(unsigned most)
{
	uint64_t until = tick_us() + GROUP_MS * 1000ULL;
	size_t answers = 0;
	unsigned n = 0;
	int r = db_do(all.begin);

	if (r != SQLITE_OK) {
		db_failed(all.first, r);
		take_out(all.first);
		return -1;
	}
	for (struct job *j = all.first; j != NULL && n < most && answers < ANSWERS_MAX;
	     j = j->next) {
		if (n > 0 && tick_us() > until) {
			break;
		}
		run(j);
		if (sqlite3_get_autocommit(db) != 0) {
			take_out(j);
			return -1;
		}
		answers += j->out.n;
		n++;
	}
	return (int)n;
}

/* It could not be committed. Whose fault that is shows when each is alone. */
static void commit_failed(unsigned n, int r)
{
	if (sqlite3_get_autocommit(db) == 0) {
		db_do(all.rollback);
	}
	if (n > 1) {
		all.alone = n;
		counts.again++;
		return;
	}
	all.first->wrote = false;
	all.tidy |= db_failed(all.first, r) == 507;
	finish(1);
}

static void group(void)
{
	unsigned most = all.alone > 0 ? 1 : UINT32_MAX;
	bool wrote;
	int n = run_some(most), r;

	db_clock(false);
	all.alone -= all.alone > 0;
	if (n < 0) {
		return;
	}
	wrote = sqlite3_txn_state(db, "main") == SQLITE_TXN_WRITE;
	r = db_do(all.commit);
	if (r != SQLITE_OK) {
		commit_failed((unsigned)n, r);
		return;
	}
	finish((unsigned)n);
	counts.groups += wrote;
	counts.group_max = wrote && (unsigned)n > counts.group_max ? (unsigned)n : counts.group_max;
}

static void answer_all(void)
{
	while (all.done != NULL) {
		struct job *j = all.done;

		all.done = j->next;
		if (all.done == NULL) {
			all.done_end = &all.done;
		}
		counts.requests++;
		counts.failed += j->status >= 400;
		if (j->x.conn != NULL) {
			answer_send(j);
		}
		job_free(j);
	}
}

static bool service_turn(void)
{
	if (all.first == NULL) {
		return false;
	}
	group();
	answer_all();
	db_tidy(all.tidy);
	all.tidy = false;
	return all.first != NULL;
}

void group_start(void)
{
	static const struct service service = { .begin = service_begin,
						.body = service_body,
						.complete = service_complete,
						.gone = service_gone,
						.turn = service_turn };

	all.begin = db_own("begin");
	all.commit = db_own("commit");
	all.rollback = db_own("rollback");
	all.save = db_own("savepoint r");
	all.release = db_own("release r");
	all.back = db_own("rollback to r");
	conn_serve(&service);
}
