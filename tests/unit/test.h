/* SPDX-License-Identifier: MIT */
/* The harness of the host tests: a test is a function and one line that says which contract it
 * proves. Output is TAP; a failed check says where, and the test goes on. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test {
	const char *contract;
	void (*fn)(void);
};

/* Run @n tests, print one line each and the plan. Returns main()'s result. */
int test_run(const struct test *t, size_t n);
#define TEST_MAIN(tests)                                                    \
	int main(void)                                                      \
	{                                                                   \
		return test_run(tests, sizeof(tests) / sizeof((tests)[0])); \
	}

/* The running test cannot be made here; @reason is printed. Return from it afterwards. */
void test_skip(const char *reason);

/* Both give whether the check held. */
#define CHECK(c)	test_check((c), #c, __FILE__, __LINE__)
#define CHECK_EQ(a, b)	test_equal((long)(a), (long)(b), #a " == " #b, __FILE__, __LINE__)
#define CHECK_STR(a, b) test_string((a), (b), #a, __FILE__, __LINE__)

bool test_check(bool ok, const char *what, const char *file, int line);
bool test_equal(long a, long b, const char *what, const char *file, int line);
/* NULL is a string that equals only itself. */
bool test_string(const char *a, const char *b, const char *what, const char *file, int line);

/* Random numbers, the same in each run. */
void test_seed(uint64_t seed);
uint64_t test_random(void);
/* 0 to @n - 1. */
unsigned test_below(unsigned n);

/* Run @fn in a process of its own: false if a check in it failed, or it crashed, or it took longer
 * than @seconds of processor time. */
bool test_apart(void (*fn)(void), unsigned seconds);

/* A copy of @n bytes that ends where memory ends: one byte behind it is not to be read. Its
 * start is aligned to @align. Freed by the next call. */
void *test_at_edge(const void *p, size_t n, size_t align);
/* The whole file, malloc()ed, or NULL. */
void *test_read_file(const char *path, size_t *n);
/* The path of a file that tests/unit/run made (a .dtb); NULL when it could not. */
const char *test_fixture(const char *name);
