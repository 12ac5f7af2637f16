/* SPDX-License-Identifier: MIT */
/* /kv: keys and their values. A value's tag is a number drawn anew at each change, its ETag: what a client read is what it
 * changes, if it says so with If-Match. */
#include "kvd.h"

#include <stdlib.h>
#include <string.h>

static sqlite3_stmt *get, *tag_of, *put, *drop, *list, *check_put, *check_get;

void kv_start(void)
{
	get = db_own("select tag, value from kv where key = ?1");
	tag_of = db_own("select tag from kv where key = ?1");
	put = db_own("insert into kv(key, tag, value) values(?1, ?2, ?3) "
		     "on conflict do update set tag = excluded.tag, value = excluded.value");
	drop = db_own("delete from kv where key = ?1");
	list = db_own("select key, tag, length(value) from kv where key >= ?1 order by key");
	check_put = db_own(
		"insert into kvd_check values(1, ?1) on conflict do update set n = excluded.n");
	check_get = db_own("select n from kvd_check where id = 1");
}

const char *key_trouble(const char *key, size_t n)
{
	if (n == 0 || n > KEY_MAX) {
		return "a key has 1 to 512 bytes";
	}
	if (!utf8_is(key, n) || memchr(key, '\0', n) != NULL) {
		return "a key is UTF-8, and no byte of it is 0";
	}
	return NULL;
}

/* The key in the path. 0, or the status of the answer. */
static int key_of(struct job *j, char *key, size_t *n)
{
	int len =
		percent_decode((struct span){ j->path.p + 4, j->path.n - 4 }, false, key, KEY_MAX);
	const char *trouble;

	*n = len < 0 ? 0 : (size_t)len;
	trouble = key_trouble(key, *n);
	return trouble == NULL ? 0 : answer_error(j, 400, "%s", trouble);
}

static void bind_key(sqlite3_stmt *s, const char *key, size_t n)
{
	sqlite3_bind_text(s, 1, key, (int)n, SQLITE_STATIC);
}

/* Is @tag in the list @v? */
static bool matches(struct span v, bool there, sqlite3_int64 tag)
{
	char etag[ETAG_ROOM];
	struct span one;

	put_etag(etag, tag);
	if (v.n == 1 && v.p[0] == '*') {
		return there;
	}
	while (text_next(&v, &one)) {
		if (there && one.n == strlen(etag) && memcmp(one.p, etag, one.n) == 0) {
			return true;
		}
	}
	return false;
}

/* What the client expects to be there, or not. Spec: RFC 9110, 13.1 */
static bool may_change(struct job *j, bool there, sqlite3_int64 tag)
{
	if ((j->if_match.p != NULL && !matches(j->if_match, there, tag)) ||
	    (j->if_none_match.p != NULL && matches(j->if_none_match, there, tag))) {
		answer_error(j, 412, there ? "it has changed" : "it is not there");
		j->tagged = there;
		j->tag = tag;
		return false;
	}
	return true;
}

/* *@there and *@tag of @key. 0, or the status of the answer. */
static int look(struct job *j, const char *key, size_t n, bool *there, sqlite3_int64 *tag)
{
	int r;

	bind_key(tag_of, key, n);
	*there = sqlite3_step(tag_of) == SQLITE_ROW;
	*tag = *there ? sqlite3_column_int64(tag_of, 0) : 0;
	r = sqlite3_reset(tag_of);
	return r == SQLITE_OK ? 0 : db_failed(j, r);
}

int kv_get(struct job *j)
{
	char key[KEY_MAX];
	size_t n;
	int r = key_of(j, key, &n);

	if (r != 0) {
		return r;
	}
	bind_key(get, key, n);
	if (sqlite3_step(get) != SQLITE_ROW) {
		r = sqlite3_reset(get);
		return r != SQLITE_OK ? db_failed(j, r) : answer_error(j, 404, "it is not there");
	}
	j->tagged = true;
	j->tag = sqlite3_column_int64(get, 0);
	j->type = "application/octet-stream";
	j->status = 200;
	if (j->if_match.p != NULL && !matches(j->if_match, true, j->tag)) {
		j->status = 412;
	} else if (j->if_none_match.p != NULL && matches(j->if_none_match, true, j->tag)) {
		j->status = 304;
	} else {
		const char *p = sqlite3_column_blob(get, 1);

		buf_put(&j->out, p, (size_t)sqlite3_column_bytes(get, 1));
	}
	r = sqlite3_reset(get);
	return r == SQLITE_OK ? 0 : db_failed(j, r);
}

static sqlite3_int64 new_tag(void)
{
	sqlite3_int64 tag;

	sqlite3_randomness(sizeof(tag), &tag);
	return tag;
}

static int store(const char *key, size_t n, const void *value, size_t size, sqlite3_int64 tag)
{
	bind_key(put, key, n);
	sqlite3_bind_int64(put, 2, tag);
	sqlite3_bind_blob(put, 3, size > 0 ? value : "", (int)size, SQLITE_STATIC);
	return db_do(put);
}

int kv_store(const char *key, size_t n, const void *value, size_t size)
{
	return store(key, n, value, size, new_tag());
}

int kv_remove(const char *key, size_t n)
{
	bind_key(drop, key, n);
	return db_do(drop);
}

int kv_put(struct job *j)
{
	char key[KEY_MAX];
	sqlite3_int64 tag;
	bool there;
	size_t n;
	int r = key_of(j, key, &n);

	if (r != 0 || (r = look(j, key, n, &there, &tag)) != 0) {
		return r;
	}
	if (!may_change(j, there, tag)) {
		return j->status;
	}
	tag = new_tag();
	r = store(key, n, j->body.p, j->body.n, tag);
	if (r != SQLITE_OK) {
		return db_failed(j, r);
	}
	j->tagged = true;
	j->tag = tag;
	j->status = there ? 204 : 201;
	return 0;
}

int kv_delete(struct job *j)
{
	char key[KEY_MAX];
	sqlite3_int64 tag;
	bool there;
	size_t n;
	int r = key_of(j, key, &n);

	if (r != 0 || (r = look(j, key, n, &there, &tag)) != 0) {
		return r;
	}
	if (!may_change(j, there, tag)) {
		return j->status;
	}
	if (!there) {
		return answer_error(j, 404, "it is not there");
	}
	r = kv_remove(key, n);
	if (r != SQLITE_OK) {
		return db_failed(j, r);
	}
	j->status = 204;
	return 0;
}

/* --- lists ----------------------------------------------------------------------------------------- */

/* limit= of the query; false: it is none. */
static bool limit_of(const struct job *j, uint64_t *limit)
{
	char text[8];
	int n = query_value(j, "limit", text, sizeof(text));

	*limit = 100;
	return n == -1 || (n > 0 && text_to_number(text, (size_t)n, limit) && *limit > 0 &&
			   *limit <= LIST_MAX);
}

static void put_item(struct job *j, bool first)
{
	char etag[ETAG_ROOM];

	put_etag(etag, sqlite3_column_int64(list, 1));
	buf_str(&j->out, first ? "{\"key\":" : ",{\"key\":");
	buf_json(&j->out, (const char *)sqlite3_column_text(list, 0),
		 (size_t)sqlite3_column_bytes(list, 0));
	buf_str(&j->out, ",\"size\":");
	buf_number(&j->out, sqlite3_column_int64(list, 2));
	buf_str(&j->out, ",\"etag\":");
	buf_json(&j->out, etag, strlen(etag));
	buf_str(&j->out, "}");
}

/* Is the row's key one with the prefix, @n bytes at @prefix? Keys are in order: the first that is not ends the list. */
static bool has_prefix(const char *prefix, size_t n)
{
	const char *key = (const char *)sqlite3_column_text(list, 0);

	return key != NULL && (size_t)sqlite3_column_bytes(list, 0) >= n &&
	       memcmp(key, prefix, n) == 0;
}

static bool is_row(const char *key, size_t n)
{
	return (size_t)sqlite3_column_bytes(list, 0) == n && has_prefix(key, n);
}

static void put_list(struct job *j, const char *prefix, int n, const char *after, int m,
		     uint64_t limit)
{
	int order = memcmp(after, prefix, (size_t)(m < n ? m : n));
	bool from_after = order > 0 || (order == 0 && m > n);
	uint64_t count = 0;
	bool more = false;

	buf_str(&j->out, "{\"keys\":[");
	bind_key(list, from_after ? after : prefix, (size_t)(from_after ? m : n));
	while (sqlite3_step(list) == SQLITE_ROW && has_prefix(prefix, (size_t)n)) {
		if (m > 0 && is_row(after, (size_t)m)) {
			continue;
		}
		more = count == limit;
		if (more) {
			break;
		}
		put_item(j, count++ == 0);
	}
	buf_str(&j->out, more ? "],\"more\":true}\n" : "],\"more\":false}\n");
}

int kv_list(struct job *j)
{
	char prefix[KEY_MAX], after[KEY_MAX];
	int n = query_value(j, "prefix", prefix, sizeof(prefix));
	int m = query_value(j, "after", after, sizeof(after)), r;
	uint64_t limit;

	if (n == -2 || m == -2) {
		return answer_error(j, 400, "prefix= or after= is malformed");
	}
	if (!limit_of(j, &limit)) {
		return answer_error(j, 400, "limit= is 1 to %u", LIST_MAX);
	}
	j->status = 200;
	put_list(j, prefix, n > 0 ? n : 0, after, m > 0 ? m : 0, limit);
	r = sqlite3_reset(list);
	return r == SQLITE_OK ? 0 : db_failed(j, r);
}

/* --- health ---------------------------------------------------------------------------------------- */

/* What is written is read back, and the answer comes after the flush, as for everybody. */
int kv_check(struct job *j)
{
	sqlite3_int64 n = new_tag(), got;
	int r;

	sqlite3_bind_int64(check_put, 1, n);
	r = db_do(check_put);
	if (r == SQLITE_OK) {
		got = sqlite3_step(check_get) == SQLITE_ROW ? sqlite3_column_int64(check_get, 0)
							    : ~n;
		r = sqlite3_reset(check_get);
		if (r == SQLITE_OK && got != n) {
			return answer_error(j, 503, "what was written is not what is read");
		}
	}
	if (r != SQLITE_OK) {
		db_failed(j, r);
		return answer_error(j, 503, "%s", sqlite3_errmsg(db));
	}
	j->status = 200;
	buf_str(&j->out, "{\"status\":\"ok\"}\n");
	return 0;
}
