/* SPDX-License-Identifier: MIT */
/* Patterns, encodings, locales, search, conversion, time of UTC, options. */
#define _GNU_SOURCE
#include "posix_test.h"

#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <iconv.h>
#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <nl_types.h>
#include <regex.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

static void test_patterns(void)
{
	regmatch_t m[3];
	regex_t r;
	char buf[64];

	is(fnmatch("a*[0-9].c", "abc5.c", 0), 0, "fnmatch");
	is(fnmatch("*", "a/b", FNM_PATHNAME), FNM_NOMATCH, "fnmatch of paths");
	is(fnmatch("*", ".x", FNM_PERIOD), FNM_NOMATCH, "fnmatch of hidden names");
	is(regcomp(&r, "([a-z]+)=([0-9]+)", REG_EXTENDED), 0, "regcomp");
	is(regexec(&r, "  width=42;", 3, m, 0), 0, "regexec");
	ok(m[1].rm_so == 2 && m[1].rm_eo == 7 && m[2].rm_so == 8 && m[2].rm_eo == 10, "its parts");
	is(regexec(&r, "none", 0, NULL, 0), REG_NOMATCH, "no match");
	regfree(&r);
	ok(regcomp(&r, "(", REG_EXTENDED) != 0 && regerror(REG_EPAREN, &r, buf, sizeof(buf)) > 0,
	   "a pattern that is none, regerror");
	is(regcomp(&r, "HELLO", REG_ICASE | REG_NOSUB), 0, "regcomp without case");
	is(regexec(&r, "say hello", 0, NULL, 0), 0, "matches");
	regfree(&r);
}

static long convert(const char *to, const char *from, const char *text, size_t n, char *out)
{
	char *in = (char *)(uintptr_t)text;
	size_t room = 32;
	iconv_t c = iconv_open(to, from);
	long r;

	if (c == (iconv_t)-1) {
		return -2;
	}
	r = (long)iconv(c, &in, &n, &out, &room);
	iconv_close(c);
	return r < 0 ? -1 : 32 - (long)room;
}

static void test_encodings(void)
{
	char out[32];
	wchar_t wide[8];
	mbstate_t s = { 0 };
	const char *p = "\xc3\xa9";

	is(convert("UTF-8", "ISO-8859-1", "caf\xe9", 4, out), 5, "iconv to UTF-8");
	ok(memcmp(out, "caf\xc3\xa9", 5) == 0, "its bytes");
	is(convert("ISO-8859-15", "UTF-8", "\xe2\x82\xac", 3, out), 1, "the euro in Latin 9");
	is((unsigned char)out[0], 0xa4, "its byte");
	is(convert("UTF-16LE", "UTF-8", "a\xf0\x9f\x98\x80", 5, out), 6, "a surrogate pair");
	ok(memcmp(out, "a\0\x3d\xd8\x00\xde", 6) == 0, "its bytes");
	is(convert("UCS-4BE", "UTF-8", "\xff\xfe", 2, out), -1, "what is no UTF-8");
	is(convert("UTF-8", "EBCDIC-XX", "", 0, out), -2, "an encoding that is not there");
	ok(setlocale(LC_ALL, "C.UTF-8") != NULL, "setlocale");
	is(mbstowcs(wide, "\xc3\xa9t\xc3\xa9", 8), 3, "mbstowcs");
	ok(wide[0] == 0xe9 && iswalpha((wint_t)wide[0]) && towupper((wint_t)wide[0]) == 0xc9,
	   "wide");
	is(wcstombs(out, wide, sizeof(out)), 5, "wcstombs");
	is(mbrtowc(wide, p, 2, &s), 2, "mbrtowc");
	is(wcwidth(0x4e00), 2, "wcwidth");
	ok(strcmp(nl_langinfo(CODESET), "UTF-8") == 0, "nl_langinfo");
	setlocale(LC_ALL, "C");
	ok(strcmp(localeconv()->decimal_point, ".") == 0, "localeconv");
	ok(catopen("none", 0) == (nl_catd)-1 &&
		   strcmp(catgets((nl_catd)-1, 1, 1, "own words"), "own words") == 0,
	   "catalogues: one's own words");
	fails(catclose((nl_catd)-1), EBADF, "catclose");
}

/* --- search ---------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static int visited;

static void count(const void *node, VISIT order, int depth)
{
	(void)node, (void)depth;
	visited += order == leaf || order == postorder;
}

struct item {
	struct item *next, *prev;
};

static void test_search(void)
{
	static int values[8] = { 5, 3, 9 };
	struct item a, b, c;
	size_t n = 3;
	int key = 9, fresh = 7;
	void *root = NULL;
	ENTRY e = { (char *)(uintptr_t) "key", &key }, *found;

	ok(lfind(&key, values, &n, sizeof(int), compare) == &values[2], "lfind");
	ok(lsearch(&fresh, values, &n, sizeof(int), compare) == &values[3] && n == 4 &&
		   values[3] == 7,
	   "lsearch");
	insque(&a, NULL);
	insque(&b, &a);
	insque(&c, &a);
	ok(a.next == &c && c.next == &b && b.prev == &c && b.next == NULL, "insque");
	remque(&c);
	ok(a.next == &b && b.prev == &a, "remque");
	for (int i = 0; i < 4; i++) {
		tsearch(&values[i], &root, compare);
	}
	ok(*(int **)tfind(&key, &root, compare) == &values[2], "tsearch, tfind");
	twalk(root, count);
	is(visited, 4, "twalk");
	tdelete(&key, &root, compare);
	ok(tfind(&key, &root, compare) == NULL, "tdelete");
	hcreate(10);
	hsearch(e, ENTER);
	found = hsearch((ENTRY){ e.key, NULL }, FIND);
	ok(found != NULL && found->data == &key, "hsearch");
	ok(bsearch(&values[0], values, 1, sizeof(int), compare) == values, "bsearch");
}

/* --- numbers, strings, time, options --------------------------------------------------------- */

static void test_numbers(void)
{
	const char *error;
	char text[] = "a,b,,c", *p = text, buf[32];

	ok(strtonum("42", 0, 100, &error) == 42 && error == NULL, "strtonum");
	ok(strtonum("420", 0, 100, &error) == 0 && strcmp(error, "too large") == 0, "too large");
	ok(strtonum("-4", 0, 100, &error) == 0 && strcmp(error, "too small") == 0, "too small");
	ok(strtonum("4x", 0, 100, &error) == 0 && strcmp(error, "invalid") == 0, "invalid");
	ok(strtoimax("-77", NULL, 0) == -77 && strtoumax("0x10", NULL, 0) == 16, "strtoimax");
	ok(strtod("1.5e3", NULL) == 1500.0 && strtoull("18446744073709551615", NULL, 10) == ~0ULL,
	   "strtod, strtoull");
	ok(strcmp(strsep(&p, ","), "a") == 0 && strcmp(strsep(&p, ","), "b") == 0 &&
		   strcmp(strsep(&p, ","), "") == 0,
	   "strsep");
	ok(strcasecmp("AbC", "aBc") == 0 && strncasecmp("abX", "ABy", 2) == 0, "strcasecmp");
	ok(strlcpy(buf, "hello", 4) == 5 && strcmp(buf, "hel") == 0, "strlcpy");
	ok(strcmp(strerror(ENOENT), "No such file or directory") == 0, "strerror");
	ok(ffs(8) == 4 && ffsl(1L << 40) == 41, "ffs");
	ok(a64l("zz") == 4095 && strcmp(l64a(4095), "zz") == 0, "a64l, l64a");
	ok(memmem("hello", 5, "ll", 2) != NULL && strcasestr("Hello", "LL") != NULL, "memmem");
	ok(strverscmp("a9", "a10") < 0, "strverscmp");
	ok(getenv("NONE") == NULL && setenv("ONE", "1", 1) == 0 &&
		   strcmp(secure_getenv("ONE"), "1") == 0,
	   "setenv, secure_getenv");
	is(unsetenv("ONE"), 0, "unsetenv");
	is(clearenv(), 0, "clearenv");
	ok(getenv("PATH") == NULL && setenv("TWO", "2", 0) == 0 && getenv("TWO") != NULL,
	   "an empty environment, and one variable after it");
}

static void check_time(long long want, int year, int month, int day)
{
	struct tm tm = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day };

	is(timegm(&tm), want, "timegm %d-%d-%d", year, month, day);
}

static void test_time(void)
{
	struct tm tm = { .tm_year = 124, .tm_mon = 14, .tm_mday = -3, .tm_hour = 30 };
	struct timespec t;
	clockid_t clock;
	char buf[40];
	time_t back;

	check_time(0, 1970, 1, 1);
	check_time(951782400, 2000, 2, 29);
	check_time(951868800, 2000, 3, 1);
	check_time(4107542400, 2100, 3, 1);
	check_time(-2203891200, 1900, 3, 1);
	check_time(-86400, 1969, 12, 31);
	check_time(1709164800, 2024, 2, 29);
	back = timegm(&tm);
	ok(tm.tm_year == 125 && tm.tm_mon == 1 && tm.tm_mday == 26 && tm.tm_hour == 6,
	   "parts beyond their range");
	is(timegm(&tm), back, "which are put right");
	is(timelocal(&tm), back, "timelocal: the zone is UTC");
	ok(strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%S", &tm) == 19 &&
		   strcmp(buf, "2025-02-26T06:00:00") == 0,
	   "strftime");
	ok(strptime("2025-02-26 06:07", "%Y-%m-%d %H:%M", &tm) != NULL && tm.tm_min == 7,
	   "strptime");
	is(timespec_get(&t, TIME_UTC), TIME_UTC, "timespec_get");
	is(timespec_get(&t, 99), 0, "timespec_get of nothing");
	ok(clock_getcpuclockid(0, &clock) == 0 && clock_gettime(clock, &t) == 0, "CPU time");
	is(clock_getcpuclockid(77, &clock), ESRCH, "clock_getcpuclockid of nobody");
}

static void check_zone(time_t t, int hour, long offset, const char *zone, const char *words)
{
	char buf[32];
	struct tm tm = { 0 }, again;

	localtime_r(&t, &tm);
	ok(tm.tm_hour == hour && tm.tm_gmtoff == offset && strcmp(tm.tm_zone, zone) == 0,
	   "%ld: %d o'clock, %ld s from UTC, %s", (long)t, tm.tm_hour, tm.tm_gmtoff, tm.tm_zone);
	strftime(buf, sizeof(buf), "%z %Z", &tm);
	is(strcmp(buf, words), 0, "strftime says %s", buf);
	again = (struct tm){ .tm_year = tm.tm_year,
			     .tm_mon = tm.tm_mon,
			     .tm_mday = tm.tm_mday,
			     .tm_hour = tm.tm_hour,
			     .tm_min = tm.tm_min,
			     .tm_sec = tm.tm_sec,
			     .tm_isdst = -1 };
	is(mktime(&again), t, "and mktime back");
	ok(again.tm_gmtoff == offset && strcmp(again.tm_zone, zone) == 0, "with its zone");
}

static void test_zones(void)
{
	struct tm tm = { .tm_gmtoff = 1 };
	time_t winter = 1700000000, summer = 1690000000;

	setenv("TZ", "NST3:30NDT,M3.2.0,M11.1.0", 1);
	tzset();
	check_zone(winter, 18, -12600, "NST", "-0330 NST");
	check_zone(summer, 1, -9000, "NDT", "-0230 NDT");
	gmtime_r(&winter, &tm);
	ok(tm.tm_hour == 22 && tm.tm_gmtoff == 0 && strcmp(tm.tm_zone, "UTC") == 0, "UTC is UTC");
	ok(localtime(&winter)->tm_gmtoff == -12600, "localtime too");
	unsetenv("TZ");
	tzset();
	check_zone(winter, 22, 0, tzname[0], "+0000 GMT");
}

static void test_options(void)
{
	static const struct option longs[] = { { "name", required_argument, NULL, 'n' }, { 0 } };
	char *args[] = { (char *)(uintptr_t) "prog", (char *)(uintptr_t) "-v",
			 (char *)(uintptr_t) "--name=x", (char *)(uintptr_t) "rest", NULL };
	char line[] = "ro,size=5", *p = line, *value, *const words[] = { "ro", "size", NULL };

	ok(getopt_long(4, args, "vn:", longs, NULL) == 'v' &&
		   getopt_long(4, args, "vn:", longs, NULL) == 'n' && strcmp(optarg, "x") == 0 &&
		   getopt_long(4, args, "vn:", longs, NULL) == -1 && optind == 3,
	   "getopt_long");
	ok(getsubopt(&p, words, &value) == 0 && getsubopt(&p, words, &value) == 1 &&
		   strcmp(value, "5") == 0,
	   "getsubopt");
}

void test_text(void)
{
	test_patterns();
	test_encodings();
	test_search();
	test_numbers();
	test_time();
	test_zones();
	test_options();
}
