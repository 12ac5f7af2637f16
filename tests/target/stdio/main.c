/* SPDX-License-Identifier: MIT */
/* stdio: what printf() writes for every kind of argument, scanf(), streams on packed files, and the
 * console as stdout. */
#include "../tap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char out[256];

/* Compares what snprintf() wrote; @want is also the test's name. */
#define prints(want, ...)                                                                    \
	do {                                                                                 \
		int n_ = snprintf(out, sizeof(out), __VA_ARGS__);                            \
		if (!tap_ok(strcmp(out, want) == 0 && n_ == (int)strlen(want), #__VA_ARGS__, \
			    __LINE__, "prints %s", want)) {                                  \
			diag("# printed %s (%d)", out, n_);                                  \
		}                                                                            \
	} while (0)

static void test_integers(void)
{
	prints("0 -1 2147483647", "%d %d %d", 0, -1, 2147483647);
	prints("-9223372036854775808", "%lld", (long long)INT64_MIN);
	prints("18446744073709551615", "%llu", (unsigned long long)UINT64_MAX);
	prints("18446744073709551615", "%zu", SIZE_MAX);
	prints("-5 5", "%zd %td", (ssize_t)-5, (ptrdiff_t)5);
	prints("-1 255", "%hhd %hhu", (signed char)-1, (unsigned char)255);
	prints("deadbeef DEADBEEF 0xff 0777", "%x %X %#x %#o", 0xdeadbeefu, 0xdeadbeefu, 255u,
	       511u);
	prints("[   42] [42   ] [00042] [+42]", "[%5d] [%-5d] [%05d] [%+d]", 42, 42, 42, 42);
	prints("12345", "%" PRId64, (int64_t)12345);
	prints("[  007]", "[%*.*d]", 5, 3, 7);
}

static void test_floats(void)
{
	prints("3.142", "%.3f", 3.14159265);
	prints("-0.5 1e+100", "%g %g", -0.5, 1e100);
	prints("1.500000e+00", "%e", 1.5);
	prints("0x1.8p+1", "%a", 3.0);
	prints("inf -inf nan", "%f %f %f", 1.0 / 0.0, -1.0 / 0.0, __builtin_nan(""));
	prints("2.500000", "%Lf", 2.5L);
	prints("99999999999999991611392", "%.0f", 99999999999999991611392.0);
	prints("0.10000000000000001", "%.17g", 0.1);
}

static void test_strings(void)
{
	volatile size_t room = 4; /* the compiler would warn of what is wanted here */

	prints("a%b", "%c%%%c", 'a', 'b');
	prints("[abc] [  abc] [ab]", "[%s] [%5s] [%.2s]", "abc", "abc", "abc");
	prints("two one", "%2$s %1$s", "one", "two");
	is(snprintf(out, room, "%s", "abcdefgh"), 8, "snprintf tells the length it wanted");
	ok(strcmp(out, "abc") == 0, "and cuts");
	is(snprintf(NULL, 0, "%d", 12345), 5, "with no buffer at all too");
}

static void test_scanning(void)
{
	long long ll = 0;
	double d = 0;
	char word[16];
	unsigned x = 0;

	is(sscanf("-12345678901 0x1f 2.75 hello", "%lld %x %lf %15s", &ll, &x, &d, word), 4,
	   "sscanf");
	ok(ll == -12345678901 && x == 31 && d == 2.75 && strcmp(word, "hello") == 0, "its values");
	ok(strtod("1e-3", NULL) == 0.001 && strtoull("ffff", NULL, 16) == 65535,
	   "strtod, strtoull");
	errno = 0;
	ok(strtol("99999999999999999999", NULL, 10) == INT64_MAX && errno == ERANGE,
	   "strtol's range");
}

static void test_file(void)
{
	FILE *f = fopen("/data/lines.txt", "r");
	char line[64];
	int a = 0, b = 0;
	double d = 0;

	if (!ok(f != NULL, "fopen of a packed file")) {
		return;
	}
	ok(fgets(line, sizeof(line), f) != NULL && strcmp(line, "first line\n") == 0, "fgets");
	ok(fgets(line, 8, f) != NULL && strcmp(line, "second ") == 0, "fgets with little room");
	ok(fgets(line, sizeof(line), f) != NULL && strcmp(line, "line\n") == 0,
	   "the rest of that line");
	is(fscanf(f, "%d %d %lf %63s", &a, &b, &d, line), 4, "fscanf");
	ok(a == 42 && b == -7 && d == 3.5 && strcmp(line, "word") == 0, "its values");
	is(fseek(f, -3, SEEK_END), 0, "fseek from the end");
	is(fread(line, 1, sizeof(line), f), 3, "fread to the end");
	ok(memcmp(line, "end", 3) == 0 && feof(f) && !ferror(f), "the end, not an error");
	rewind(f);
	is(ftell(f), 0, "rewind");
	ok(getc(f) == 'f' && ungetc('F', f) == 'F' && getc(f) == 'F', "ungetc");
	is(fclose(f), 0, "fclose");
	errno = 0;
	ok(fopen("/data/none", "r") == NULL && errno == ENOENT, "no such file: ENOENT");
	errno = 0;
	ok(fopen("/data/lines.txt", "w") == NULL && errno == EROFS, "opened to write: EROFS");
}

static void test_memory_stream(void)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	ok(f != NULL && fprintf(f, "%s-%d", "memory", 9) == 8 && fclose(f) == 0, "open_memstream");
	ok(n == 8 && strcmp(text, "memory-9") == 0, "what was written there");
	free(text);
}

/* What reaches the console is seen by the runner: these are TAP lines of their own. */
static void test_console(void)
{
	ok(isatty(STDOUT_FILENO) == 1, "stdout is a terminal");
	fflush(stdout);
	tap.count++;
	printf("ok %u - printf() reaches the %s\n", tap.count, "console");
	fflush(stdout);
	tap.count++;
	fprintf(stderr, "ok %u - so does stderr\n", tap.count);
	tap.count++;
	printf("ok %u - ", tap.count);
	puts("puts() follows printf() in order");
	fflush(stdout);
}

int main(void)
{
	test_integers();
	test_floats();
	test_strings();
	test_scanning();
	test_file();
	test_memory_stream();
	test_console();
	return tap_done();
}
