/* SPDX-License-Identifier: MIT */
/* SQLite: rows of 100 bytes, with a write-ahead log and synchronous=FULL, so that what is committed is on the disk. */
#include "storage.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROW 100

static sqlite3 *db;
static sqlite3_stmt *row;

static void check(int r, const char *what)
{
	if (r != SQLITE_OK && r != SQLITE_DONE && r != SQLITE_ROW) {
		printf("FAILED %s: %s\n", what, sqlite3_errmsg(db));
		exit(1);
	}
}

static void does(const char *sql)
{
	check(sqlite3_exec(db, sql, NULL, NULL, NULL), sql);
}

static void check_journal(void)
{
	sqlite3_stmt *s;

	check(sqlite3_prepare_v2(db, "pragma journal_mode=wal", -1, &s, NULL), "journal_mode");
	check(sqlite3_step(s), "journal_mode");
	if (strcmp((const char *)sqlite3_column_text(s, 0), "wal") != 0) {
		fail("the journal is no write-ahead log");
	}
	sqlite3_finalize(s);
}

void insert_prepare(const struct phase *p)
{
	if (db == NULL) {
		check(sqlite3_open(p->path, &db), p->path);
		check_journal();
		does("pragma synchronous=full");
		does("pragma journal_size_limit=0");
		does("create table if not exists t(k integer primary key, v blob)");
		check(sqlite3_prepare_v2(db, "insert into t(v) values(?)", -1, &row, NULL), "row");
	}
	does("delete from t");
	does("pragma wal_checkpoint(truncate)");
}

static void insert_row(uint64_t i)
{
	unsigned char v[ROW];

	memset(v, (int)(i & 0xff), sizeof(v));
	sqlite3_bind_blob(row, 1, v, sizeof(v), SQLITE_TRANSIENT);
	check(sqlite3_step(row), "insert");
	check(sqlite3_reset(row), "insert");
}

/* None may be lost on the way: a failure is no figure. */
static void check_rows(uint64_t want)
{
	sqlite3_stmt *s;

	check(sqlite3_prepare_v2(db, "select count(*) from t", -1, &s, NULL), "count");
	check(sqlite3_step(s), "count");
	if ((uint64_t)sqlite3_column_int64(s, 0) != want) {
		fail("not all rows are there");
	}
	sqlite3_finalize(s);
}

void insert_run(const struct phase *p, uint32_t *ns)
{
	bool one = has(p, '1');

	if (one) {
		does("begin");
	}
	for (uint64_t i = 0; i < p->operations; i++) {
		uint64_t began = ns != NULL ? now() : 0;

		insert_row(i);
		if (ns != NULL) {
			ns[i] = (uint32_t)(now() - began);
		}
	}
	if (one) {
		does("commit");
	}
	check_rows(p->operations);
}
