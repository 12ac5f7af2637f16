/* SPDX-License-Identifier: MIT */
/* Contract: httpd's text, paths and requests: dates and escapes come out as the RFCs have them, a
 * path never leads above the root, and a request means the same however its bytes arrive.
 * sources: apps/httpd/text.c apps/httpd/path.c apps/httpd/request.c tests/unit/test.c tests/unit/host/kernel.c */
#include "../test.h"

#include "../../../apps/httpd/path.h"
#include "../../../apps/httpd/request.h"

static char out[256];

static const char *made(struct text *t)
{
	*t->at = '\0';
	return t->start;
}

static struct text room(void)
{
	return text_in(out, sizeof(out) - 1);
}

static void test_date(void)
{
	static const struct {
		time_t when;
		const char *text;
	} dates[] = {
		{ 0, "Thu, 01 Jan 1970 00:00:00 GMT" },
		{ 784111777, "Sun, 06 Nov 1994 08:49:37 GMT" },
		{ 951782400, "Tue, 29 Feb 2000 00:00:00 GMT" },
		{ 951868799, "Tue, 29 Feb 2000 23:59:59 GMT" },
		{ 1709251200, "Fri, 01 Mar 2024 00:00:00 GMT" },
		{ 4107542399, "Sun, 28 Feb 2100 23:59:59 GMT" },
		{ 4107542400, "Mon, 01 Mar 2100 00:00:00 GMT" },
		{ -5, "Thu, 01 Jan 1970 00:00:00 GMT" },
	};

	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		struct text t = room();

		text_date(&t, dates[i].when);
		CHECK_STR(made(&t), dates[i].text);
		CHECK_EQ(text_len(&t), TEXT_DATE_LEN);
	}
}

/* Each day of 130 years, against the C library. */
static void test_date_days(void)
{
	char expected[64];

	for (time_t when = 43210; when < 130L * 366 * 86400; when += 86400) {
		struct text t = room();
		struct tm tm;

		strftime(expected, sizeof(expected), "%a, %d %b %Y %H:%M:%S GMT",
			 gmtime_r(&when, &tm));
		text_date(&t, when);
		if (!CHECK_STR(made(&t), expected)) {
			return;
		}
	}
}

static void test_numbers(void)
{
	struct text t = room();
	uint64_t v;

	text_number(&t, 0);
	text_number(&t, UINT64_MAX);
	text_str(&t, " ");
	text_hex(&t, 0xfedcba9876543210);
	text_str(&t, " ");
	text_fixed(&t, 12045);
	text_fixed(&t, 7);
	CHECK_STR(made(&t), "018446744073709551615 fedcba9876543210 12.0450.007");
	CHECK(text_to_number("18446744073709551615", 20, &v) && v == UINT64_MAX);
	CHECK(!text_to_number("18446744073709551616", 20, &v));
	CHECK(!text_to_number("99999999999999999999", 20, &v));
	CHECK(!text_to_number("", 0, &v) && !text_to_number("1 ", 2, &v));
}

static void test_escapes(void)
{
	struct text t = room();

	text_json(&t, "a\"b\\\n\x1f\xc3\xa4");
	text_path(&t, "/a b\r\n%\xc3?", 9);
	CHECK_STR(made(&t), "\"a\\\"b\\\\\\u000a\\u001f\xc3\xa4\"/a%20b%0d%0a%25%c3%3f");
}

static void test_full(void)
{
	char small[4];
	struct text t = text_in(small, sizeof(small));

	text_str(&t, "abc");
	CHECK(!t.full);
	text_str(&t, "de");
	CHECK(t.full && text_len(&t) == 3);
}

static void test_list(void)
{
	static const char *const expected[] = { "a", "b c", "\"d,e\"", "W/\"\"" };
	static const char text[] = " ,a,, b c\t,\"d,e\" ,W/\"\",";
	struct span list = { text, sizeof(text) - 1 }, element;
	size_t n = 0;

	while (text_next(&list, &element) && n < 4) {
		CHECK(element.n == strlen(expected[n]) &&
		      memcmp(element.p, expected[n], element.n) == 0);
		n++;
	}
	CHECK_EQ(n, 4);
}

static void test_paths(void)
{
	static const struct {
		const char *raw;
		int error;
		const char *path;
	} paths[] = {
		{ "/", 0, "/" },
		{ "/a/b", 0, "/a/b" },
		{ "//a///b//", 0, "/a/b/" },
		{ "/./a/./b/.", 0, "/a/b/" },
		{ "/a/../b", 0, "/b" },
		{ "/a/b/..", 0, "/a/" },
		{ "/a/b/../../", 0, "/" },
		{ "/%41%2f..%2fb", 0, "/b" },
		{ "/...", 0, "/..." },
		{ "/.a/..b", 0, "/.a/..b" },
		{ "/%25", 0, "/%" },
		{ "/..", -400, NULL },
		{ "/a/../..", -400, NULL },
		{ "/a/%2e%2e/%2e%2e/b", -400, NULL },
		{ "/%00", -400, NULL },
		{ "/%", -400, NULL },
		{ "/%4", -400, NULL },
		{ "/%g0", -400, NULL },
		{ "a", -400, NULL },
		{ "", -400, NULL },
	};
	char path[PATH_ROOM];

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct span raw = { paths[i].raw, strlen(paths[i].raw) };
		int n = path_normalise(raw, path);

		CHECK_EQ(n, paths[i].path != NULL ? (int)strlen(paths[i].path) : paths[i].error);
		if (n > 0 && paths[i].path != NULL) {
			CHECK_STR(path, paths[i].path);
		}
	}
}

static void test_long_path(void)
{
	char raw[PATH_ROOM + 1], path[PATH_ROOM];

	memset(raw, 'a', sizeof(raw));
	raw[0] = '/';
	CHECK_EQ(path_normalise((struct span){ raw, PATH_ROOM - 1 }, path), PATH_ROOM - 1);
	CHECK_EQ(path_normalise((struct span){ raw, PATH_ROOM }, path), -404);
}

/* The first @n bytes of @text, @shift bytes behind an aligned address. */
static int read_at(const char *text, size_t n, size_t shift, const struct request **r)
{
	static _Alignas(8) char buf[4096];

	memset(buf, 'x', sizeof(buf));
	memcpy(buf + shift, text, n);
	buf[shift + n] = '\0';
	return request_read(r, buf + shift, n);
}

static void test_request(void)
{
	static const char text[] = "\r\nGET http://h/p%20q?x=y HTTP/1.1\r\nHOST:\t h:80 \r\n"
				   "X-Long: 0123456789\t\xe4 abcdefghijklmnopqrstuvwxyz\r\n"
				   "connection: a, Close\r\nContent-Length: 12\r\n\r\nrest";
	size_t head = sizeof(text) - 1 - strlen("rest");
	const struct request *r;

	for (size_t shift = 0; shift < 8; shift++) {
		for (size_t n = 1; n < head; n++) {
			CHECK_EQ(read_at(text, n, shift, &r), 0);
		}
		/* Twice: the second time it may be known already. */
		for (int i = 0; i < 2; i++) {
			CHECK_EQ(read_at(text, head + (size_t)i * 4, shift, &r), head);
			CHECK(r->path.n == 6 && memcmp(r->path.p, "/p%20q", 6) == 0);
			CHECK(r->query.n == 4 && memcmp(r->query.p, "?x=y", 4) == 0);
			CHECK(r->value[FIELD_HOST].n == 4 &&
			      memcmp(r->value[FIELD_HOST].p, "h:80", 4) == 0);
			CHECK(r->body == 12 && !r->keep_alive && !r->http10 && !r->simple);
		}
	}
}

static void test_same_length(void)
{
	static const char a[] = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n",
			  b[] = "GET /b HTTP/1.1\r\nHost: h\r\n\r\n";
	const struct request *r;

	for (int i = 0; i < 3; i++) {
		CHECK_EQ(read_at(a, sizeof(a) - 1, 0, &r), sizeof(a) - 1);
		CHECK(r->simple && r->path.p[1] == 'a' && r->hash == text_hash("/a", 2));
		CHECK_EQ(read_at(a, sizeof(a) - 1, 0, &r), sizeof(a) - 1);
		CHECK(r->simple && r->path.p[1] == 'a');
		CHECK_EQ(read_at(b, sizeof(b) - 1, 0, &r), sizeof(b) - 1);
		CHECK(r->simple && r->path.p[1] == 'b');
	}
}

static const struct test tests[] = {
	{ "dates are IMF-fixdate", test_date },
	{ "dates of 130 years agree with the C library", test_date_days },
	{ "numbers are written and read exactly", test_numbers },
	{ "what JSON and URLs do not allow is escaped", test_escapes },
	{ "a full buffer says so and keeps what it has", test_full },
	{ "lists are split as RFC 9110 has it", test_list },
	{ "paths are decoded, normalised, and stay below the root", test_paths },
	{ "a path that is too long is not found", test_long_path },
	{ "a request is read wherever it lies, and not before it is complete", test_request },
	{ "requests of the same length are told apart", test_same_length },
};

TEST_MAIN(tests)
