/* SPDX-License-Identifier: MIT */
/* kvd: keys, values and SQL over HTTP. A request becomes a job; what one turn of the loop brings is one group, that is one
 * transaction and one flush, and each job is answered after that (group.c). What docs/kvd.md promises is kept here. */
#pragma once

#include "../httpd/conn.h"
#include "../httpd/request.h"

#include <sqlite3.h>

/* The bounds. All memory is bounded by them: bodies, answers, SQLite's heap; the connections' by httpd. */
#define KEY_MAX	    512U
#define VALUE_MAX   (1U << 20)
#define BODY_MAX    (2U << 20) /* of /sql and /batch */
#define BODIES_MAX  (8U << 20) /* of all who send or wait */
#define ANSWER_MAX  (2U << 20)
#define ANSWERS_MAX (4U << 20) /* of a group, and one more answer */
#define HEAP_MAX    (16 << 20) /* SQLite's */
#define ROWS_MAX    10000U     /* of an answer */
#define LIST_MAX    1000U
#define STATEMENTS  1000U /* in a request */
#define REQUEST_MS  2000U /* that a request may run */
#define GROUP_MS    200U  /* after which a group takes no further request */
#define LOG_FRAMES  1000  /* after which the log is brought into the database */
#define ETAG_ROOM   20U

/* Text that grows, up to ANSWER_MAX. */
struct buf {
	char *p;
	size_t n, room;
	bool full; /* something did not fit, or there was no memory */
};

struct job {
	struct exchange x; /* first */
	struct job *next;
	int (*run)(
		struct job *j); /* 0, or the HTTP status that it failed with: it did nothing then */
	enum method method;
	bool http10;
	bool queued;
	bool wrote;
	bool plain; /* a single statement, which needs no savepoint */
	struct span path, query, if_match, if_none_match; /* in `text` */
	struct span body;
	size_t body_room;
	/* The answer. */
	int status;
	bool tagged;
	sqlite3_int64 tag;
	const char *type;
	struct buf out;
	char text[];
};

struct counts {
	uint64_t requests, failed, written, reads, groups, group_max, again, checkpoints, frames;
	size_t bodies;
};

extern struct counts counts;

/* --- answer.c -------------------------------------------------------------------------------------- */

void buf_put(struct buf *b, const char *p, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_number(struct buf *b, sqlite3_int64 v);
/* As a JSON string; what is no UTF-8 becomes U+FFFD. */
void buf_json(struct buf *b, const char *p, size_t n);
void buf_hex(struct buf *b, const unsigned char *p, size_t n);
bool utf8_is(const char *p, size_t n);
void put_etag(char out[ETAG_ROOM], sqlite3_int64 tag);
/* Instead of what is in the answer: {"error":"..."}. Returns @status. */
int answer_error(struct job *j, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void answer_send(struct job *j);
/* The value of @name in the query, decoded into @out; its length, -1: not there, -2: malformed or too long. */
int query_value(const struct job *j, const char *name, char *out, size_t room);
/* Percent signs of @in decoded; -2 as above. @plus: a plus is a blank. */
int percent_decode(struct span in, bool plus, char *out, size_t room);

/* --- db.c ------------------------------------------------------------------------------------------ */

extern sqlite3 *db;

/* Where the database is, chosen; then opened. What went wrong is said on stderr. */
int db_start(void);
const char *db_path(void);
/* A statement of ours, kept for good; fatal if it does not compile. */
sqlite3_stmt *db_own(const char *sql);
/* Step a statement without rows, and reset it. */
int db_do(sqlite3_stmt *s);
/* A client's statement is about to be compiled: the authorizer is strict. */
void db_for_client(bool client);
/* A request may run from now on for REQUEST_MS; false: without end. */
void db_clock(bool bounded);
/* The HTTP status for the last error, which @r is; the answer says what it was. */
int db_failed(struct job *j, int r);
/* Bring the log into the database if it is long. */
void db_tidy(bool now);
sqlite3_int64 db_value(const char *sql);

/* --- group.c, and what is done --------------------------------------------------------------------- */

void group_start(void);

void kv_start(void);
int kv_get(struct job *j);
int kv_put(struct job *j);
int kv_delete(struct job *j);
int kv_list(struct job *j);
int kv_check(struct job *j); /* /healthz */
/* For a batch. */
int kv_store(const char *key, size_t n, const void *value, size_t size);
int kv_remove(const char *key, size_t n);
/* Why @key cannot be one, or NULL. */
const char *key_trouble(const char *key, size_t n);

void batch_start(void);
int batch_run(struct job *j);
void sql_start(void);
int sql_run(struct job *j);
void metrics_start(void);
