/* SPDX-License-Identifier: MIT */
/* The database: where it is, how it is kept, and what clients may do with it.
 *
 * Write-ahead log everywhere: a commit appends to it and flushes once, on a raw disk and on every file system. In a file
 * system the log is truncated when it has been brought into the database, for littlefs copies the whole tail of a file
 * whose middle is written; on a raw disk it begins again in its place. Nobody else has the database: locking_mode
 * EXCLUSIVE, so the log's index is private memory. */
#include "../httpd/tick.h"
#include "kvd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define RAW_LABEL "/dev/PARTLABEL=kvd"
#define OPS	  1000 /* of SQLite's machine, between looks at the clock */
#define PAGE	  4096
#define LOG_PART  32 /* of a small file system may be log, at the most, and so often */
#define LOGS_KEPT 3  /* its room is kept free: a commit may be longer than the log should be */

sqlite3 *db;
struct counts counts;

static const char *path;
static bool raw, client;
static uint64_t deadline_us = UINT64_MAX;
static int log_frames, frames_most = LOG_FRAMES;

const char *db_path(void)
{
	return path;
}

/* --- what clients may do --------------------------------------------------------------------------- */

static bool among(const char *const *list, const char *word)
{
	while (*list != NULL && (word == NULL || sqlite3_stricmp(*list, word) != 0)) {
		list++;
	}
	return *list != NULL;
}

/* Those that only tell. */
static bool may_pragma(const char *name, const char *arg)
{
	static const char *const tell[] = {
		"page_count",	  "page_size",	       "freelist_count",     "journal_mode",
		"synchronous",	  "user_version",      "application_id",     "schema_version",
		"encoding",	  "compile_options",   "database_list",	     "function_list",
		"collation_list", "integrity_check",   "quick_check",	     "table_list",
		"cache_size",	  "foreign_key_check", "wal_autocheckpoint", NULL
	};
	static const char *const of[] = {
		"table_info",	    "table_xinfo",	 "table_list",	"index_info",
		"index_xinfo",	    "index_list",	 "quick_check", "integrity_check",
		"foreign_key_list", "foreign_key_check", NULL
	};

	return among(arg == NULL ? tell : of, name);
}

/* kv is what /kv promises, kvd_ what we need ourselves. */
static bool is_ours(const char *table)
{
	return table != NULL &&
	       (sqlite3_stricmp(table, "kv") == 0 || sqlite3_strnicmp(table, "kvd_", 4) == 0);
}

/* SQLite's authorizer, asked while a statement is compiled. */
static int authorize(void *arg, int action, const char *a, const char *b, const char *base,
		     const char *inner)
{
	(void)arg, (void)inner;
	if (!client) {
		return SQLITE_OK;
	}
	if (base != NULL && strcmp(base, "temp") == 0) {
		return SQLITE_DENY; /* it would outlive the request, in memory */
	}
	switch (action) {
	case SQLITE_ATTACH:
	case SQLITE_DETACH:
	case SQLITE_TRANSACTION: /* is the group's */
	case SQLITE_SAVEPOINT:
	case SQLITE_CREATE_VTABLE:
	case SQLITE_DROP_VTABLE:
		return SQLITE_DENY;
	case SQLITE_PRAGMA:
		return may_pragma(a, b) ? SQLITE_OK : SQLITE_DENY;
	case SQLITE_FUNCTION:
		return sqlite3_stricmp(b, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
	case SQLITE_DROP_TABLE:
	case SQLITE_CREATE_TABLE:
		return is_ours(a) ? SQLITE_DENY : SQLITE_OK;
	case SQLITE_DROP_INDEX:
	case SQLITE_ALTER_TABLE:
	case SQLITE_CREATE_TRIGGER:
	case SQLITE_DROP_TRIGGER:
		return is_ours(b) ? SQLITE_DENY : SQLITE_OK;
	case SQLITE_INSERT:
	case SQLITE_DELETE:
	case SQLITE_UPDATE:
		return is_ours(a) && strlen(a) > 2 ? SQLITE_DENY : SQLITE_OK;
	default:
		return SQLITE_OK;
	}
}

void db_for_client(bool yes)
{
	client = yes;
}

void db_clock(bool bounded)
{
	deadline_us = bounded ? tick_us() + REQUEST_MS * 1000ULL : UINT64_MAX;
}

/* SQLite's progress handler: nonzero ends the statement. */
static int overtime(void *arg)
{
	(void)arg;
	return tick_us() > deadline_us;
}

static void set_bounds(void)
{
	static const int limits[][2] = {
		{ SQLITE_LIMIT_LENGTH, (int)BODY_MAX },
		{ SQLITE_LIMIT_SQL_LENGTH, 1 << 20 },
		{ SQLITE_LIMIT_COLUMN, 200 },
		{ SQLITE_LIMIT_EXPR_DEPTH, 100 },
		{ SQLITE_LIMIT_COMPOUND_SELECT, 50 },
		{ SQLITE_LIMIT_VDBE_OP, 100000 },
		{ SQLITE_LIMIT_FUNCTION_ARG, 32 },
		{ SQLITE_LIMIT_ATTACHED, 0 },
		{ SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50 },
		{ SQLITE_LIMIT_VARIABLE_NUMBER, 1000 },
		{ SQLITE_LIMIT_TRIGGER_DEPTH, 10 },
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		sqlite3_limit(db, limits[i][0], limits[i][1]);
	}
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_progress_handler(db, OPS, overtime, NULL);
	sqlite3_set_authorizer(db, authorize, NULL);
}

/* --- errors ---------------------------------------------------------------------------------------- */

static int status_of(int r)
{
	switch (r & 0xff) {
	case SQLITE_FULL:
		return 507;
	case SQLITE_READONLY:
	case SQLITE_AUTH:
		return 403;
	case SQLITE_CONSTRAINT:
		return 409;
	case SQLITE_TOOBIG:
		return 413;
	case SQLITE_INTERRUPT:
		return 422;
	case SQLITE_NOMEM:
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return 503;
	case SQLITE_IOERR:
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_CANTOPEN:
	case SQLITE_PROTOCOL:
	case SQLITE_INTERNAL:
		return 500;
	default:
		return 400;
	}
}

int db_failed(struct job *j, int r)
{
	int status = status_of(r), err = sqlite3_system_errno(db);

	if (status == 422) {
		return answer_error(j, status, "it took longer than %u ms", REQUEST_MS);
	}
	if (status == 500) {
		fprintf(stderr, "kvd: %s: %s (%s)\n", path, sqlite3_errmsg(db),
			err != 0 ? strerror(err) : "no error of the system");
	}
	return answer_error(j, status, "%s", sqlite3_errmsg(db));
}

/* --- statements ------------------------------------------------------------------------------------ */

sqlite3_stmt *db_own(const char *sql)
{
	sqlite3_stmt *s;

	if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s, NULL) != SQLITE_OK) {
		fprintf(stderr, "kvd: %s: %s\n", sql, sqlite3_errmsg(db));
		exit(EXIT_FAILURE);
	}
	return s;
}

int db_do(sqlite3_stmt *s)
{
	sqlite3_step(s);
	return sqlite3_reset(s);
}

sqlite3_int64 db_value(const char *sql)
{
	sqlite3_stmt *s;
	sqlite3_int64 v = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK) {
		v = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : -1;
		sqlite3_finalize(s);
	}
	return v;
}

/* --- the log --------------------------------------------------------------------------------------- */

static int on_commit(void *arg, sqlite3 *of, const char *name, int frames)
{
	(void)arg, (void)of, (void)name;
	log_frames = frames;
	counts.frames = (uint64_t)frames;
	return SQLITE_OK;
}

/* On a full disk it must be a statement that finds no room, and not the log or the checkpoint: then what is deleted makes
 * room. So the database may not grow into what the log needs. */
static void bound_size(void)
{
	sqlite3_int64 room = -1, pages = db_value("pragma page_count");
	char sql[64];
	struct statvfs v;

	if (sqlite3_file_control(db, "main", SQLITE_FCNTL_SIZE_LIMIT, &room) == SQLITE_OK) {
		pages = room / PAGE;
	} else if (statvfs(path, &v) == 0 && v.f_blocks > 0) {
		sqlite3_int64 size = (sqlite3_int64)v.f_blocks * (sqlite3_int64)v.f_frsize;
		sqlite3_int64 left = (sqlite3_int64)v.f_bavail * (sqlite3_int64)v.f_frsize;

		frames_most = size / LOG_PART / PAGE < LOG_FRAMES ? (int)(size / LOG_PART / PAGE)
								  : LOG_FRAMES;
		left -= LOGS_KEPT * (sqlite3_int64)frames_most * PAGE;
		pages += left > 0 ? left / PAGE : 0;
	} else {
		return;
	}
	snprintf(sql, sizeof(sql), "pragma max_page_count=%lld", (long long)pages);
	sqlite3_exec(db, sql, NULL, NULL, NULL);
}

void db_tidy(bool now)
{
	int frames = 0, done = 0, r;

	if (log_frames < frames_most && !now) {
		return;
	}
	r = sqlite3_wal_checkpoint_v2(db, NULL,
				      raw ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_TRUNCATE,
				      &frames, &done);
	if (r != SQLITE_OK) {
		/* The log is still whole; the next commit tries again. */
		fprintf(stderr, "kvd: checkpoint: %s\n", sqlite3_errmsg(db));
	}
	log_frames = 0;
	counts.frames = raw ? counts.frames : (uint64_t)(frames > 0 ? frames : 0);
	counts.checkpoints++;
	bound_size();
}

/* --- opening --------------------------------------------------------------------------------------- */

static bool is_mounted(const char *dir)
{
	struct stat root, st;

	return stat("/", &root) == 0 && stat(dir, &st) == 0 && S_ISDIR(st.st_mode) &&
	       st.st_dev != root.st_dev;
}

static void choose(void)
{
	struct stat st;

	path = getenv("DB");
	if (path != NULL && path[0] != '\0') {
		if (strncmp(path, "/tmp/", 5) != 0) {
			return;
		}
	} else if (stat(RAW_LABEL, &st) == 0) {
		path = RAW_LABEL;
		return;
	} else if (is_mounted("/data")) {
		path = "/data/kvd.db";
		return;
	} else {
		path = "/tmp/kvd.db";
	}
	fprintf(stderr,
		"kvd: %s is in memory: nothing lasts. No partition has the label kvd, and none is "
		"on "
		"/data (DB=PATH names another)\n",
		path);
}

static int set_up(void)
{
	static const char *const sql[] = {
		"pragma locking_mode=exclusive",
		"pragma journal_mode=wal",
		"pragma synchronous=full",
		/* A log that begins anew is cut: littlefs would write its rest again at each commit. */
		"pragma journal_size_limit=0",
		"pragma cache_size=-2048",
		"pragma foreign_keys=on",
		"create table if not exists kv(key text primary key not null, "
		"tag integer not null default (random()), value blob not null) without rowid",
		"create trigger if not exists kvd_tag after update of value on kv when new.tag = "
		"old.tag "
		"begin update kv set tag = random() where key = new.key; end",
		"create table if not exists kvd_check(id integer primary key, n integer not null)",
	};
	bool readonly = sqlite3_db_readonly(db, "main") == 1;

	for (size_t i = 0; i < sizeof(sql) / sizeof(sql[0]); i++) {
		/* What a disk that cannot be written to has must do. */
		if (readonly && strncmp(sql[i], "create", 6) == 0) {
			continue;
		}
		if (sqlite3_exec(db, sql[i], NULL, NULL, NULL) != SQLITE_OK) {
			return -1;
		}
	}
	return 0;
}

int db_start(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 1); /* for the bound */
	sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, -1);
	sqlite3_hard_heap_limit64(HEAP_MAX);
	choose();
	raw = strncmp(path, "/dev/", 5) == 0;
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
		    SQLITE_OK ||
	    set_up() != 0) {
		int err = db != NULL ? sqlite3_system_errno(db) : 0;

		fprintf(stderr, "kvd: cannot use %s: %s%s%s\n", path,
			db != NULL ? sqlite3_errmsg(db) : "no memory", err != 0 ? ": " : "",
			err != 0 ? strerror(err) : "");
		return -1;
	}
	sqlite3_extended_result_codes(db, 1);
	sqlite3_wal_hook(db, on_commit, NULL);
	set_bounds();
	bound_size();
	if (sqlite3_db_readonly(db, "main") == 1) {
		fprintf(stderr, "kvd: %s cannot be written to: reading only\n", path);
	}
	return 0;
}
