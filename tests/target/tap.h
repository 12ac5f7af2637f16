/* SPDX-License-Identifier: MIT */
/* TAP over the console for tests inside images: ok() a contract, `return tap_done();` in main().
 * Writes with write(2) and the kernel's formatter (no floating point), so that a broken stdio fails
 * its own test and no other. ok() is for main's thread. */
#pragma once

#include <kernel/log.h>
#include <stdbool.h>
#include <unistd.h>

#define TAP_INLINE static inline __attribute__((unused))

/* Shared by the files of an app: each has this definition, the linker keeps one. */
struct tap {
	unsigned count, failed;
};
struct tap tap __attribute__((weak));

TAP_INLINE void tap_vprint(const char *fmt, va_list ap)
{
	char line[256];
	int n = fmt_vsnprintf(line, sizeof(line) - 1, fmt, ap);
	ssize_t ignored;

	n = n < (int)sizeof(line) - 2 ? n : (int)sizeof(line) - 2;
	line[n++] = '\n';
	ignored = write(STDOUT_FILENO, line, (size_t)n);
	(void)ignored;
}

/* A line for whoever reads a failure. */
TAP_INLINE __attribute__((format(printf, 1, 2))) void diag(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_vprint(fmt, ap);
	va_end(ap);
}

/* One test case; the words say what must hold. Returns @good. */
TAP_INLINE __attribute__((format(printf, 4, 5))) bool tap_ok(bool good, const char *what, int line,
							     const char *fmt, ...)
{
	char name[160];
	va_list ap;

	va_start(ap, fmt);
	fmt_vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	tap.count++;
	tap.failed += !good;
	diag("%sok %u - %s", good ? "" : "not ", tap.count, name);
	if (!good) {
		diag("# line %d: %s", line, what);
	}
	return good;
}

#define ok(condition, ...) tap_ok(condition, #condition, __LINE__, __VA_ARGS__)

/* Equal integers; both are printed if they are not. */
#define is(got, want, ...)                                                        \
	do {                                                                      \
		long got_ = (long)(got), want_ = (long)(want);                    \
		if (!tap_ok(got_ == want_, #got " == " #want, __LINE__, __VA_ARGS__)) { \
			diag("# got %ld, want %ld", got_, want_);                 \
		}                                                                 \
	} while (0)

/* A call that must fail with this errno. */
#define fails(call, error, ...)                                               \
	do {                                                                  \
		errno = 0;                                                    \
		long result_ = (long)(call);                                  \
		int errno_ = errno;                                           \
		if (!tap_ok(result_ == -1 && errno_ == (error), #call " fails with " #error, \
			    __LINE__, __VA_ARGS__)) {                         \
			diag("# result %ld, errno %d", result_, errno_);      \
		}                                                             \
	} while (0)

/* The plan, and main()'s result. */
TAP_INLINE int tap_done(void)
{
	diag("1..%u", tap.count);
	return tap.failed != 0;
}
