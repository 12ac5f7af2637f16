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

/* One that has opened the database but not used it yet has no part in the log's index: that goes with its last user. */
static void test_idle(void)
{
	sqlite3 *a = db_open(), *b = db_open();

	does(a, "drop table if exists u");
	does(a, "create table u(k)");
	does(a, "insert into u values(1), (2)");
	sqlite3_close(a);
	says(b, "select count(*) from u", "2");
	does(b, "insert into u values(3)");
	says(b, "select count(*) from u", "3");
	sqlite3_close(b);
}

/* What one connection adds, brings into the database and takes away again is what another finds. */
static void test_growth(void)
{
	sqlite3 *a = db_open(), *b = db_open();

	says(b, "select count(*) from u", "3");
	does(a, "with recursive c(n) as (values(1) union all select n + 1 from c where n < 500) "
		"insert into u select randomblob(3000) from c");
	says(a, "pragma wal_checkpoint(truncate)", "0");
	says(b, "select count(*) from u", "503");
	says(b, "select sum(length(k)) > 1500000 from u", "1");
	says(b, "pragma integrity_check", "ok");
	does(b, "delete from u where typeof(k) = 'blob'");
	does(b, "insert into u values(4)");
	says(a, "select count(*) from u", "4");
	does(a, "vacuum");
	says(a, "pragma wal_checkpoint(truncate)", "0");
	says(b, "select count(*) from u", "4");
	says(b, "pragma integrity_check", "ok");
	sqlite3_close(a);
	sqlite3_close(b);
}

/* Rollback journal: who wants to commit waits for those who read, and lets no new ones begin. */
static void test_pending(void)
{
	sqlite3 *a = db_open(), *b = db_open(), *c = db_open();
	sqlite3_stmt *s = NULL;

	says(a, "pragma journal_mode=delete", "delete");
	is(sqlite3_prepare_v2(a, "select k from u", -1, &s, NULL), SQLITE_OK, "one reads");
	is(sqlite3_step(s), SQLITE_ROW, "and has a row");
	does(b, "begin immediate");
	does(b, "insert into u values(5)");
	ok(strcmp(value(c, "select count(*) from u"), "4") == 0,
	   "others read while one prepares to write");
	is(run(b, "commit"), SQLITE_BUSY, "the commit waits for the reader");
	is(run(c, "select count(*) from u"), SQLITE_BUSY, "and new readers wait for it");
	sqlite3_finalize(s);
	does(b, "commit");
	says(c, "select count(*) from u", "5");
	sqlite3_close(a);
	sqlite3_close(b);
	sqlite3_close(c);
}

/* The log starts again in its place: what is stale behind the new frames is not taken for a part of them. */
static void test_stale(void)
{
	sqlite3 *a = db_open(), *b;

	says(a, "pragma journal_mode=wal", "wal");
	does(a, "pragma wal_autocheckpoint=0");
	does(a, "create table if not exists w(k integer primary key, v)");
	for (int i = 0; i < 20; i++) {
		does(a, "insert into w(v) values(randomblob(6000))");
	}
	says(a, "pragma wal_checkpoint(restart)", "0");
	does(a, "delete from w where k <= 18");
	b = db_open();
	says(b, "select count(*) from w", "2");
	sqlite3_close(b);
	/* As after a power cut: another connection makes the index anew. */
	does(a, "drop table w");
	sqlite3_close(a);
	a = db_open();
	says(a, "select count(*) from sqlite_schema where name = 'w'", "0");
	says(a, "pragma integrity_check", "ok");
	sqlite3_close(a);
}

/* A raw disk's end: a statement that has no room fails alone, and what is deleted makes room again. */
static void test_full(void)
{
	sqlite3 *a = db_open();
	sqlite3_int64 room = 0;
	char pragma[64];

	is(sqlite3_file_control(a, "main", SQLITE_FCNTL_SIZE_LIMIT, &room), SQLITE_OK,
	   "the room is told");
	ok(room > 0 && room % 4096 == 0, "%lld bytes", (long long)room);
	snprintf(pragma, sizeof(pragma), "pragma max_page_count=%lld", (long long)room / 4096);
	does(a, pragma);
	does(a, "create table f(v)");
	while (run(a, "insert into f values(zeroblob(500000))") == SQLITE_OK) {
	}
	is(sqlite3_errcode(a), SQLITE_FULL, "the disk is full");
	says(a, "pragma wal_checkpoint(truncate)", "0");
	says(a, "pragma integrity_check", "ok");
	does(a, "delete from f");
	does(a, "insert into f values(zeroblob(500000))");
	does(a, "drop table f");
	is(run(a, "pragma journal_mode=delete; insert into u values(1)"), SQLITE_CANTOPEN,
	   "there is no rollback journal");
	sqlite3_close(a);
	a = db_open();
	says(a, "pragma journal_mode", "wal");
	says(a, "pragma integrity_check", "ok");
	sqlite3_close(a);
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
	test_idle();
	test_growth();
	if (raw) {
		test_full();
	} else {
		test_pending();
	}
	test_stale();
	if (!raw) {
		is(unlink(path), 0, "unlink");
	}
	return tap_done();
}
