/* SPDX-License-Identifier: MIT */
/* The counting and printing behind tap.h. */
#include "tap.h"

#include <kernel/log.h>
#include <unistd.h>

struct tap tap;

static void print(const char *fmt, va_list ap)
{
	char line[256];
	int n = fmt_vsnprintf(line, sizeof(line) - 1, fmt, ap);
	ssize_t ignored;

	n = n < (int)sizeof(line) - 2 ? n : (int)sizeof(line) - 2;
	line[n++] = '\n';
	ignored = write(STDOUT_FILENO, line, (size_t)n);
	(void)ignored;
}

void diag(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print(fmt, ap);
	va_end(ap);
}

bool tap_ok(bool good, const char *what, int line, const char *fmt, ...)
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

int tap_done(void)
{
	diag("1..%u", tap.count);
	return tap.failed != 0;
}
