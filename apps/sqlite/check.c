/* SPDX-License-Identifier: MIT */
/* SQLite on Coracle, in TAP: the language, threads on one database and on several, memory that ends, and a
 * file system without writing. tests/target/sqlite-check runs it. */
#include <pthread.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS	   4
#define PER_THREAD 150

static int count, failed;

static void check(bool good, const char *what)
{
	count++;
	failed += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", count, what);
}

/* What a query's only value must be, as text; NULL: an SQL null, or no row. */
static void expect(sqlite3 *db, const char *sql, const char *wanted)
{
	sqlite3_stmt *s = NULL;
	const char *got = NULL;
	bool good;

	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW) {
		got = (const char *)sqlite3_column_text(s, 0);
	}
	good = wanted == NULL ? got == NULL : got != NULL && strcmp(got, wanted) == 0;
	check(good, sql);
	if (!good) {
		printf("# got %s, wanted %s: %s\n", got != NULL ? got : "NULL",
		       wanted != NULL ? wanted : "NULL", sqlite3_errmsg(db));
	}
	sqlite3_finalize(s);
}

static void runs(sqlite3 *db, const char *sql)
{
	char *why = NULL;

	check(sqlite3_exec(db, sql, NULL, NULL, &why) == SQLITE_OK, sql);
	if (why != NULL) {
		printf("# %s\n", why);
		sqlite3_free(why);
	}
}

static void refused(sqlite3 *db, const char *sql, int error)
{
	check(sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK &&
		      sqlite3_extended_errcode(db) == error,
	      sql);
}

static sqlite3 *memory_db(void)
{
	sqlite3 *db = NULL;

	check(sqlite3_open(":memory:", &db) == SQLITE_OK, "a database in memory");
	return db;
}

/* --- the language --------------------------------------------------------------------------- */

static void test_values(void)
{
	static const char blob[] = "a\0b";
	sqlite3 *db = memory_db();
	sqlite3_stmt *s = NULL;

	runs(db, "create table v (i integer, r real, t text, b blob, n)");
	check(sqlite3_prepare_v2(db, "insert into v values (?, ?, ?, ?, ?)", -1, &s, NULL) ==
		      SQLITE_OK,
	      "prepared");
	sqlite3_bind_int64(s, 1, INT64_MIN);
	sqlite3_bind_double(s, 2, 0.1);
	sqlite3_bind_text(s, 3, "W\303\266rter", -1, SQLITE_STATIC);
	sqlite3_bind_blob(s, 4, blob, sizeof(blob), SQLITE_TRANSIENT);
	check(sqlite3_step(s) == SQLITE_DONE, "inserted");
	sqlite3_finalize(s);
	expect(db, "select i from v", "-9223372036854775808");
	expect(db, "select r + 0.2 = 0.3 or r * 3 from v", "1");
	expect(db, "select r || ' ' || (r / 3) from v", "0.1 0.0333333333333333");
	expect(db, "select length(t) || hex(b) from v", "661006200");
	expect(db, "select n from v", NULL);
	expect(db, "select typeof(i) || typeof(r) || typeof(t) || typeof(b) || typeof(n) from v",
	       "integerrealtextblobnull");
	expect(db, "select 9223372036854775807 + 1", "9.22337203685478e+18");
	expect(db, "select round(sqrt(2), 6) || ' ' || round(pi(), 4) || ' ' || pow(2, 10)",
	       "1.414214 3.1416 1024.0");
	expect(db, "select strftime('%Y-%m-%d %H:%M:%S', 1700000000, 'unixepoch')",
	       "2023-11-14 22:13:20");
	expect(db, "select date('2024-02-28', '+2 days')", "2024-03-01");
	expect(db, "select date('now') > '2020-01-01'", "1");
	expect(db, "select upper('abc') || substr('hello', -3) || replace('a-b', '-', '+')",
	       "ABClloa+b");
	expect(db, "select 'Heron' like 'h%N' and 'Heron' glob 'H*' and not 'Heron' glob 'h*'",
	       "1");
	expect(db, "select json_extract('{\"a\":[1,{\"b\":42}]}', '$.a[1].b')", "42");
	check(sqlite3_close(db) == SQLITE_OK, "closed");
}

static void test_statements(void)
{
	sqlite3 *db = memory_db();

	runs(db, "pragma foreign_keys = on; create table a (id integer primary key, name text not "
		 "null unique, n int check (n < 100));"
		 "create table b (a references a on delete cascade, x); create index bx on b (x);"
		 "create view names as select name from a where n > 1;"
		 "create table log (what); create trigger t after delete on a begin insert into "
		 "log values (old.name); end");
	runs(db, "insert into a values (1, 'one', 1), (2, 'two', 2), (3, 'three', 3); insert into "
		 "b values (1, 10), (1, 11), (3, 30)");
	refused(db, "insert into a values (4, 'one', 4)", SQLITE_CONSTRAINT_UNIQUE);
	refused(db, "insert into a values (1, 'four', 4)", SQLITE_CONSTRAINT_PRIMARYKEY);
	refused(db, "insert into a values (4, null, 4)", SQLITE_CONSTRAINT_NOTNULL);
	refused(db, "insert into a values (4, 'four', 400)", SQLITE_CONSTRAINT_CHECK);
	refused(db, "insert into b values (99, 1)", SQLITE_CONSTRAINT_FOREIGNKEY);
	refused(db, "selec 1", SQLITE_ERROR);
	expect(db, "select group_concat(name, ' ') from names", "two three");
	expect(db, "select sum(x) from a join b on b.a = a.id where name = 'one'", "21");
	expect(db, "select count(*) from a left join b on b.a = a.id where b.a is null", "1");
	runs(db, "delete from a where id = 1");
	expect(db, "select (select count(*) from b) || (select what from log)", "1one");
	expect(db,
	       "insert into a values (2, 'TWO', 5) on conflict (id) do update set n = excluded.n "
	       "returning n",
	       "5");
	expect(db,
	       "with recursive f (a, b) as (values (0, 1) union all select b, a + b from f limit "
	       "50) "
	       "select max(a) from f",
	       "7778742049");
	expect(db,
	       "select group_concat(r, '') from (select row_number() over (order by n desc) r from "
	       "a)",
	       "12");
	expect(db,
	       "select group_concat(value, '') from (select value from json_each('[3,1,2]') order "
	       "by value)",
	       "123");
	runs(db, "begin; delete from a; savepoint s; insert into a values (9, 'nine', 9); rollback "
		 "to s; commit");
	expect(db, "select count(*) from a", "0");
	runs(db, "begin; drop table a; rollback; select * from a");
	runs(db, "alter table b add column y default 7; vacuum; analyze; reindex");
	expect(db, "pragma integrity_check", "ok");
	sqlite3_close(db);
}

static void test_many_rows(void)
{
	sqlite3 *db = memory_db();

	runs(db, "create table m (k integer primary key, h text); begin");
	runs(db,
	     "with recursive c (n) as (values (1) union all select n + 1 from c where n < 20000) "
	     "insert into m select n, hex((n * 7919) % 20011) || hex(zeroblob(40)) from c; commit");
	expect(db, "select count(*) from m", "20000");
	runs(db, "create index mh on m (h)");
	expect(db, "select count(distinct h) from m", "20000");
	/* More than the sorter keeps in its cache: its runs go to temporary files, which are in memory. */
	expect(db,
	       "select count(*) from (select h || k from m order by random(), h || h || h limit "
	       "19000)",
	       "19000");
	runs(db, "delete from m where k % 3 = 0; update m set h = 'x' || k where k % 3 = 1");
	expect(db, "select count(*) from m where h glob 'x*'", "6667");
	expect(db, "pragma integrity_check", "ok");
	sqlite3_close(db);
}

static void test_copies(void)
{
	sqlite3 *db = memory_db(), *copy = memory_db(), *third = memory_db();
	unsigned char *bytes;
	sqlite3_backup *b;
	sqlite3_int64 size = 0;

	runs(db, "create table t (x); insert into t select value from json_each('[1,2,3,4]')");
	b = sqlite3_backup_init(copy, "main", db, "main");
	check(b != NULL && sqlite3_backup_step(b, -1) == SQLITE_DONE &&
		      sqlite3_backup_finish(b) == SQLITE_OK,
	      "a backup from memory to memory");
	expect(copy, "select sum(x) from t", "10");
	bytes = sqlite3_serialize(copy, "main", &size, 0);
	check(bytes != NULL && size > 0 && memcmp(bytes, "SQLite format 3", 16) == 0,
	      "a database as bytes");
	check(sqlite3_deserialize(third, "main", bytes, size, size,
				  SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE) ==
		      SQLITE_OK,
	      "and back");
	runs(third, "insert into t values (5)");
	expect(third, "select sum(x) from t", "15");
	expect(db, "select sum(x) from t", "10");
	sqlite3_close(db);
	sqlite3_close(copy);
	sqlite3_close(third);
}

/* --- threads -------------------------------------------------------------------------------- */

static sqlite3 *shared;
static const char SHARED_URI[] = "file:shared?mode=memory&cache=shared";

static void *use_one_connection(void *arg)
{
	long errors = 0;
	sqlite3_stmt *s;

	for (int i = 0; i < PER_THREAD; i++) {
		errors += sqlite3_prepare_v2(shared, "insert into c values (?, ?)", -1, &s, NULL) !=
			  SQLITE_OK;
		sqlite3_bind_int64(s, 1, *(int *)arg);
		sqlite3_bind_int(s, 2, i);
		errors += sqlite3_step(s) != SQLITE_DONE;
		errors += sqlite3_finalize(s) != SQLITE_OK;
	}
	return (void *)errors;
}

/* A connection of its own to the one cache: tables are locked against others, who try again. */
static void *use_one_cache(void *arg)
{
	long errors = 0;
	sqlite3 *db;
	char sql[80];

	if (sqlite3_open_v2(SHARED_URI, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI, NULL) !=
	    SQLITE_OK) {
		return (void *)1L;
	}
	for (int i = 0; i < PER_THREAD; i++) {
		int r;

		snprintf(sql, sizeof(sql), "insert into c values (%d, %d)", *(int *)arg, i);
		while (r = sqlite3_exec(db, sql, NULL, NULL, NULL),
		       r == SQLITE_LOCKED || r == SQLITE_BUSY) {
			sched_yield();
		}
		errors += r != SQLITE_OK;
	}
	sqlite3_close(db);
	return (void *)errors;
}

static void *use_own_database(void *arg)
{
	sqlite3 *db = NULL;
	long errors = sqlite3_open(":memory:", &db) != SQLITE_OK;
	char sql[160];

	snprintf(sql, sizeof(sql),
		 "create table t (x); with recursive c (n) as (values (1) union all select n + 1 "
		 "from c "
		 "where n < %d) insert into t select n from c",
		 1000 * *(int *)arg);
	errors += sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK;
	errors += sqlite3_exec(db, "create index tx on t (x); delete from t where x % 2; vacuum",
			       NULL, NULL, NULL) != SQLITE_OK;
	errors += sqlite3_total_changes(db) != 1500 * *(int *)arg;
	errors += sqlite3_close(db) != SQLITE_OK;
	return (void *)errors;
}

static void together(void *(*f)(void *), const char *what)
{
	pthread_t t[THREADS];
	int number[THREADS];
	long errors = 0;

	for (int i = 0; i < THREADS; i++) {
		number[i] = i + 1;
		errors += pthread_create(&t[i], NULL, f, &number[i]) != 0;
	}
	for (int i = 0; i < THREADS; i++) {
		void *bad = NULL;

		pthread_join(t[i], &bad);
		errors += (long)bad;
	}
	check(errors == 0, what);
}

static void test_threads(void)
{
	check(sqlite3_threadsafe() == 1, "built for threads");
	check(sqlite3_open_v2(SHARED_URI, &shared,
			      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI,
			      NULL) == SQLITE_OK,
	      "a database that connections share");
	runs(shared, "create table c (thread, i, unique (thread, i))");
	together(use_one_connection, "threads insert by one connection");
	expect(shared, "select count(*) || ' ' || sum(i) from c", "600 44700");
	runs(shared, "delete from c");
	together(use_one_cache, "threads insert by connections of their own");
	expect(shared, "select count(*) || ' ' || sum(i) from c", "600 44700");
	expect(shared, "pragma integrity_check", "ok");
	sqlite3_close(shared);
	together(use_own_database, "threads with databases of their own");
}

/* --- memory and files ----------------------------------------------------------------------- */

/* The allocator that fails once, at the call that was asked for. */
static sqlite3_mem_methods real_methods;
static long until_failure;
static bool refused_one;

static bool refuses(void)
{
	bool now = until_failure > 0 && --until_failure == 0;

	refused_one |= now;
	return now;
}

static void *failing_malloc(int n)
{
	return refuses() ? NULL : real_methods.xMalloc(n);
}

static void *failing_realloc(void *p, int n)
{
	return refuses() ? NULL : real_methods.xRealloc(p, n);
}

static int work_until_failure(long n)
{
	sqlite3 *db = NULL;
	int r;

	until_failure = n;
	refused_one = false;
	r = sqlite3_open(":memory:", &db);
	if (r == SQLITE_OK) {
		r = sqlite3_exec(db,
				 "create table t (x unique, y); insert into t values ('one', 1), "
				 "('two', hex(randomblob(500)));"
				 "begin; update t set y = y || x; select group_concat(x, y) from t "
				 "order by y; commit",
				 NULL, NULL, NULL);
	}
	until_failure = 0;
	sqlite3_close(db);
	return r;
}

static void test_failing_memory(void)
{
	sqlite3_mem_methods methods;
	long n = 0, refusals = 0;
	int r;

	sqlite3_shutdown();
	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_methods);
	methods = real_methods;
	methods.xMalloc = failing_malloc;
	methods.xRealloc = failing_realloc;
	check(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK,
	      "an allocator that fails");
	sqlite3_initialize();
	do {
		r = work_until_failure(++n);
		refusals += r == SQLITE_NOMEM;
	} while (refused_one && (r == SQLITE_NOMEM || r == SQLITE_OK));
	check(r == SQLITE_OK && refusals > 50,
	      "whichever allocation fails: it is said, and nothing else happens");
	printf("# %ld allocations, %ld refusals told\n", n - 1, refusals);
	check(sqlite3_memory_used() == 0, "and nothing is lost");
	sqlite3_shutdown();
	sqlite3_config(SQLITE_CONFIG_MALLOC, &real_methods);
	sqlite3_initialize();
}

static void test_little_memory(void)
{
	sqlite3 *db = memory_db();

	sqlite3_hard_heap_limit64(4 << 20);
	refused(db,
		"create table big as with recursive c (n) as (values (1) union all select n + 1 "
		"from c where n < 10000) "
		"select randomblob(1000) from c",
		SQLITE_NOMEM);
	sqlite3_hard_heap_limit64(0);
	runs(db, "create table small (x); insert into small values (1)");
	expect(db, "pragma integrity_check", "ok");
	sqlite3_close(db);
	check(sqlite3_memory_used() == 0, "all memory comes back");
}

static void test_files(void)
{
	sqlite3 *db = NULL;

	check(sqlite3_open("/new.db", &db) == SQLITE_CANTOPEN, "a file that cannot be made");
	sqlite3_close(db);
	check(sqlite3_open_v2("/absent.db", &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_CANTOPEN,
	      "a file that is not there");
	sqlite3_close(db);
}

int main(void)
{
	printf("# SQLite %s\n", sqlite3_libversion());
	test_values();
	test_statements();
	test_many_rows();
	test_copies();
	test_threads();
	test_files();
	test_little_memory();
	test_failing_memory();
	printf("1..%d\n", count);
	return failed != 0;
}
