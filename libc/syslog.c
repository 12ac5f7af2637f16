/* SPDX-License-Identifier: MIT */
/* syslog() into the kernel's log; err() and warn() on stderr. */
#define _GNU_SOURCE
#include "libc.h"

#include <err.h>
#include <errno.h>
#include <kernel/log.h>
#include <kernel/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define LINE 512

static struct {
	const char *ident;
	int facility;
	_Atomic int mask;
	void (*_Atomic sink)(int priority, const char *ident, const char *text);
} sys = { .mask = 0xff, .facility = LOG_USER };

void syslog_sink(void (*sink)(int priority, const char *ident, const char *text))
{
	atomic_store_explicit(&sys.sink, sink, memory_order_release);
}

void openlog(const char *ident, int option, int facility)
{
	(void)option;
	sys.ident = ident;
	sys.facility = facility != 0 ? facility & LOG_FACMASK : LOG_USER;
}

void closelog(void)
{
	sys.ident = NULL;
}

int setlogmask(int mask)
{
	return mask == 0 ? atomic_load_explicit(&sys.mask, memory_order_relaxed)
			 : atomic_exchange_explicit(&sys.mask, mask, memory_order_relaxed);
}

/* @fmt with the words for @error where it says %m. */
static void put_error(char *to, size_t n, const char *fmt, int error)
{
	const char *words = strerror(error);
	size_t at = 0;

	for (; *fmt != '\0' && at + 2 < n; fmt++) {
		if (fmt[0] == '%' && fmt[1] == 'm') {
			at += strlcpy(to + at, words, n - at);
			at = MIN(at, n - 1);
			fmt++;
			continue;
		}
		to[at++] = *fmt;
		if (fmt[0] == '%' && fmt[1] == '%') {
			to[at++] = *++fmt;
		}
	}
	to[at] = '\0';
}

/* As printf() has it, and with %m, which newlib's printf() does not know. (The kernel's formatter knows
 * neither floating point nor most flags, and would take the arguments after those for others.) */
static int format(char *to, size_t n, const char *fmt, va_list ap)
{
	char changed[LINE];

	if (strstr(fmt, "%m") != NULL) {
		put_error(changed, sizeof(changed), fmt, errno);
		fmt = changed;
	}
	return vsnprintf(to, n, fmt, ap);
}

void vsyslog(int priority, const char *fmt, va_list ap)
{
	void (*sink)(int, const char *, const char *) =
		atomic_load_explicit(&sys.sink, memory_order_acquire);
	int level = LOG_PRI(priority), facility = priority & LOG_FACMASK;
	char line[LINE];

	if ((atomic_load_explicit(&sys.mask, memory_order_relaxed) & LOG_MASK(level)) == 0) {
		return;
	}
	if (format(line, sizeof(line), fmt, ap) < 0) {
		line[0] = '\0';
	}
	line[strcspn(line, "\n")] = '\0';
	log_printf(MAX(level, 2), "%s%s%s", sys.ident != NULL ? sys.ident : "",
		   sys.ident != NULL ? ": " : "", line);
	if (sink != NULL) {
		sink((facility != 0 ? facility : sys.facility) | level, sys.ident, line);
	}
}

void syslog(int priority, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsyslog(priority, fmt, ap);
	va_end(ap);
}

/* --- err and warn ---------------------------------------------------------------------------- */

static size_t append(char *line, size_t at, const char *text)
{
	return MIN(at + strlcpy(line + at, text, LINE - at), LINE - 2UL);
}

/* "app: message: error" in one write. */
static void say(int error, const char *fmt, va_list ap)
{
	int argc;
	char line[LINE], **argv = params_argv(&argc);
	size_t at = append(line, 0, argc > 0 ? argv[0] : "main");
	int n = 0;

	at = append(line, at, ": ");
	if (fmt != NULL) {
		n = format(line + at, LINE - 1 - at, fmt, ap);
		at = MIN(at + (size_t)MAX(n, 0), LINE - 2UL);
	}
	if (error >= 0) {
		at = append(line, at, fmt != NULL ? ": " : "");
		at = append(line, at, strerror(error));
	}
	line[at++] = '\n';
	write(STDERR_FILENO, line, at);
}

void vwarn(const char *fmt, va_list ap)
{
	say(errno, fmt, ap);
}

void vwarnx(const char *fmt, va_list ap)
{
	say(-1, fmt, ap);
}

void verr(int status, const char *fmt, va_list ap)
{
	say(errno, fmt, ap);
	exit(status);
}

void verrx(int status, const char *fmt, va_list ap)
{
	say(-1, fmt, ap);
	exit(status);
}

void warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(errno, fmt, ap);
	va_end(ap);
}

void warnx(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(-1, fmt, ap);
	va_end(ap);
}

void err(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	verr(status, fmt, ap);
}

void errx(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	verrx(status, fmt, ap);
}
