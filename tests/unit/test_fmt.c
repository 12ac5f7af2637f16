/* SPDX-License-Identifier: MIT */
/* kernel/fmt.c against the host's snprintf() for everything that log.h promises.
 * sources: tests/unit/test.c tests/unit/host/kernel.c kernel/fmt.c */
#include "test.h"

#include <kernel/log.h>
#include <limits.h>

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat-truncation"
#pragma GCC diagnostic ignored "-Wformat-overflow"
#pragma GCC diagnostic ignored "-Wformat-zero-length"

static char ours[256], theirs[256];

#define SAME(...)                                                       \
	do {                                                            \
		int a_ = fmt_snprintf(ours, sizeof(ours), __VA_ARGS__); \
		int b_ = snprintf(theirs, sizeof(theirs), __VA_ARGS__); \
		CHECK_STR(ours, theirs);                                \
		CHECK_EQ(a_, b_);                                       \
	} while (0)

static void test_table(void)
{
	SAME("plain");
	SAME("");
	SAME("100%%");
	SAME("%d %i %u", -5, 7, 9U);
	SAME("[%5d] [%-5d] [%05d] [%5d]", 42, 42, 42, -42);
	SAME("[%05d] [%.3d] [%8.3d] [%-8.3d] [%08.3d]", -42, 7, 7, 7, 7);
	SAME("%d %d %ld %ld", INT_MIN, INT_MAX, LONG_MIN, LONG_MAX);
	SAME("%u %lu %llu %zu", UINT_MAX, ULONG_MAX, ULLONG_MAX, SIZE_MAX);
	SAME("%x %X %lx %016lx %8x|%-8x|", 0xbeefU, 0xBEEFU, 0xdeadbeefcafeUL, 0x1234UL, 0xaU,
	     0xaU);
	SAME("%x %u %d", 0U, 0U, 0);
	SAME("%p", (void *)0xffff1234);
	SAME("[%s] [%10s] [%-10s] [%.2s] [%10.2s] [%-10.2s] [%.0s]", "abc", "abc", "abc", "abc",
	     "abc", "abc", "abc");
	SAME("[%s]", "");
	SAME("[%c] [%3c] [%-3c]", 'x', 'y', 'z');
	SAME("[%*d] [%-*d] [%*d]", 6, 42, 6, 42, -6, 42);
	SAME("[%.*s] [%.*s] [%.*d]", 2, "abc", -1, "abc", 4, 7);
	SAME("%lld %li %zd", -1LL, -2L, (ssize_t)-3);
}

static void test_numbers(void)
{
	static const char *const flags[] = { "", "-", "0", "-0" };
	static const char *const sizes[] = { "", "l", "ll", "z" };
	static const char kinds[] = "diuxX";

	for (unsigned i = 0; i < 50000; i++) {
		uint64_t v = test_random() >> test_below(64);
		const char *size = sizes[test_below(4)];
		char format[32], width[8] = "", precision[8] = "";

		if (test_below(2) == 0) {
			snprintf(width, sizeof(width), "%u", test_below(30) + 1);
		}
		/* Of 0 with precision 0 C prints nothing; a log that does is of no use. */
		if (test_below(2) == 0) {
			snprintf(precision, sizeof(precision), ".%u", test_below(25) + 1);
		}
		snprintf(format, sizeof(format), "<%%%s%s%s%s%c>", flags[test_below(4)], width,
			 precision, size, kinds[test_below(5)]);
		if (test_below(2) == 0) {
			v = 0 - v;
		}
		if (size[0] == '\0') {
			SAME(format, (int)v);
		} else {
			SAME(format, v);
		}
		if (strcmp(ours, theirs) != 0) {
			printf("# format %s\n", format);
			return;
		}
	}
}

/* The buffer's end is kept, whatever its size, and the length is what it would have taken. */
static void test_room(void)
{
	char buf[64];

	for (size_t size = 0; size < 40; size++) {
		memset(buf, '#', sizeof(buf));
		CHECK_EQ(fmt_snprintf(buf, size, "%s %08x %-6d|", "hello, world", 0x1234U, 5), 29);
		CHECK(buf[size] == '#');
		if (size > 0) {
			snprintf(theirs, size, "%s %08x %-6d|", "hello, world", 0x1234U, 5);
			CHECK_STR(buf, theirs);
		}
	}
	CHECK_EQ(fmt_snprintf(NULL, 0, "%d", 123456), 6);
}

static void test_odd(void)
{
	fmt_snprintf(ours, sizeof(ours), "[%s]", (char *)NULL);
	CHECK_STR(ours, "[(null)]");
	fmt_snprintf(ours, sizeof(ours), "[%p]", (void *)NULL);
	CHECK_STR(ours, "[0x0]");
	fmt_snprintf(ours, sizeof(ours), "50%");
	CHECK_STR(ours, "50");
	fmt_snprintf(ours, sizeof(ours), "a %l");
	CHECK_STR(ours, "a ");
	fmt_snprintf(ours, sizeof(ours), "%08.3");
	CHECK_STR(ours, "");
}

/* %.3s of bytes without an end reads three. */
static void test_bounded_string(void)
{
	const char *p = test_at_edge("abc", 3, 1);

	fmt_snprintf(ours, sizeof(ours), "%.3s|%.2s|%.0s", p, p, p);
	CHECK_STR(ours, "abc|ab|");
}

static const struct test tests[] = {
	{ "every conversion and flag as C has it", test_table },
	{ "50,000 random numbers in random formats", test_numbers },
	{ "never past the buffer's end; the length that was wanted", test_room },
	{ "NULL and formats that end too early", test_odd },
	{ "a string's precision bounds what is read", test_bounded_string },
};
TEST_MAIN(tests)
