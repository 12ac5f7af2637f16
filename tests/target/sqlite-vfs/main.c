/* SPDX-License-Identifier: MIT */
/* SQLite on a file system or a raw disk: transactions, both journals, two connections and their locks, what is there after
 * the database was opened again. */
#include "../tap.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *path;

static sqlite3 *db_open(void)
{
	sqlite3 *db = NULL;

	if (!ok(sqlite3_open(path, &db) == SQLITE_OK, "open %s", path)) {
		diag("# %s", sqlite3_errmsg(db));
	}
	return db;
}

static int run(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static void does(sqlite3 *db, const char *sql)
{
	if (!ok(run(db, sql) == SQLITE_OK, "%s", sql)) {
		diag("# %s", sqlite3_errmsg(db));
	}
}

/* The one value of a query, as text. */
static const char *value(sqlite3 *db, const char *sql)
{
	static char text[128];
	sqlite3_stmt *s;

	strcpy(text, "(error)");
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK) {
		if (sqlite3_step(s) == SQLITE_ROW) {
			snprintf(text, sizeof(text), "%s", (const char *)sqlite3_column_text(s, 0));
		}
		sqlite3_finalize(s);
	}
	return text;
}

static void says(sqlite3 *db, const char *sql, const char *want)
{
	const char *got = value(db, sql);

	if (!ok(strcmp(got, want) == 0, "%s: %s", sql, want)) {
		diag("# got %s, %s", got, sqlite3_errmsg(db));
	}
}

static void insert(sqlite3 *db, int from, int n)
{
	char sql[128];
	int bad = 0;

	for (int i = from; i < from + n; i++) {
		snprintf(sql, sizeof(sql), "insert into t values(%d, hex(randomblob(100)))", i);
		bad += run(db, sql) != SQLITE_OK;
	}
	ok(bad == 0, "%d rows, each a transaction: %s", n, sqlite3_errmsg(db));
}

static void test_content(bool raw, const char *journal)
{
	char pragma[64];
	sqlite3 *db = db_open();

	snprintf(pragma, sizeof(pragma), "pragma journal_mode=%s", journal);
	says(db, pragma, journal);
	does(db, "drop table if exists t");
	does(db, "create table t(k integer primary key, v text)");
	insert(db, 0, 50);
	does(db, "begin");
	insert(db, 100, 20);
	does(db, "rollback");
	says(db, "select count(*) from t", "50");
	does(db, "begin");
	insert(db, 100, 2000);
	does(db, "commit");
	says(db, "select count(*) from t", "2050");
	says(db, "pragma integrity_check", "ok");
	does(db, "delete from t where k % 2 = 0");
	sqlite3_close(db);
	db = db_open();
	says(db, "pragma journal_mode", strcmp(journal, "wal") == 0 || raw ? "wal" : "delete");
	says(db, "select count(*) from t", "1025");
	says(db, "pragma integrity_check", "ok");
	does(db, "vacuum");
	says(db, "pragma integrity_check", "ok");
	sqlite3_close(db);
}

static void test_locks(void)
{
	sqlite3 *a = db_open(), *b = db_open();

	does(a, "begin immediate");
	does(a, "update t set v = 'a' where k = 1");
	is(run(b, "begin immediate"), SQLITE_BUSY, "two cannot write");
	ok(strcmp(value(b, "select v from t where k = 1"), "a") != 0,
	   "nor see what is not there yet");
	does(a, "commit");
	says(b, "select v from t where k = 1", "a");
	does(b, "begin immediate");
	does(b, "commit");
	sqlite3_close(a);
	says(b, "select v from t where k = 1", "a");
	sqlite3_close(b);
}

int main(void)
{
	bool raw;

	path = getenv("DB") != NULL ? getenv("DB") : "/tmp/test.db";
	raw = strncmp(path, "/dev/", 5) == 0;
	if (!raw) {
		test_content(raw, "delete");
		test_locks();
	}
	test_content(raw, "wal");
	test_locks();
	if (!raw) {
		is(unlink(path), 0, "unlink");
	}
	return tap_done();
}
