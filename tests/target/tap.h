/* SPDX-License-Identifier: MIT */
/* TAP over the console for tests inside images: ok() a contract, `return tap_done();` in main().
 * Writes with write(2) and the kernel's formatter (no floating point), so that a broken stdio fails
 * its own test and no other. ok() and its like are for one thread at a time.
 * They are macros with short names: C++ includes this file last. */
#pragma once

#include <stdbool.h>
#include <sys/cdefs.h>

__BEGIN_DECLS

struct tap {
	unsigned count, failed;
};
extern struct tap tap;

/* A line for whoever reads a failure. */
void diag(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* One test case; the words say what must hold. Returns @good. */
bool tap_ok(bool good, const char *what, int line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Print the plan; the result is main()'s. */
int tap_done(void);

__END_DECLS

#define ok(condition, ...) tap_ok(condition, #condition, __LINE__, __VA_ARGS__)

/* Equal integers; both are printed if they are not. */
#define is(got, want, ...)                                                              \
	do {                                                                            \
		long got_ = (long)(got), want_ = (long)(want);                          \
		if (!tap_ok(got_ == want_, #got " == " #want, __LINE__, __VA_ARGS__)) { \
			diag("# got %ld, want %ld", got_, want_);                       \
		}                                                                       \
	} while (0)

/* A call that must return -1 with this errno. */
#define fails(call, error, ...)                                                              \
	do {                                                                                 \
		errno = 0;                                                                   \
		long result_ = (long)(call);                                                 \
		int errno_ = errno;                                                          \
		if (!tap_ok(result_ == -1 && errno_ == (error), #call " fails with " #error, \
			    __LINE__, __VA_ARGS__)) {                                        \
			diag("# result %ld, errno %d", result_, errno_);                     \
		}                                                                            \
	} while (0)
