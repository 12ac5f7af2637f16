/* SPDX-License-Identifier: MIT */
/* What newlib's stdio leaves to the system: locks of streams, names of terminals, the program's name,
 * GNU's error(). */
#define _GNU_SOURCE
#include "libc.h"

#include <error.h>
#include <kernel/params.h>
#include <kernel/types.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/lock.h>
#include <unistd.h>

void flockfile(FILE *f)
{
	__lock_acquire_recursive(f->_lock);
}

int ftrylockfile(FILE *f)
{
	return __lock_try_acquire_recursive(f->_lock) != 0 ? 0 : -1;
}

void funlockfile(FILE *f)
{
	__lock_release_recursive(f->_lock);
}

void _flushlbf(void)
{
	fflush(NULL);
}

/* --- terminals ------------------------------------------------------------------------------- */

static const char terminal[] = "/dev/console";

char *ctermid(char *s)
{
	static char own[sizeof(terminal)];

	return strcpy(s != NULL ? s : own, terminal);
}

int ttyname_r(int fd, char *buf, size_t n)
{
	if (!isatty(fd)) {
		return errno;
	}
	return strlcpy(buf, terminal, n) < n ? 0 : ERANGE;
}

char *ttyname(int fd)
{
	static char name[sizeof(terminal)];
	int error = ttyname_r(fd, name, sizeof(name));

	errno = error != 0 ? error : errno;
	return error != 0 ? NULL : name;
}

/* --- the program's name ---------------------------------------------------------------------- */

char **__program_names(void)
{
	static char *names[2];
	int argc;

	if (names[0] == NULL) {
		char *full = params_argv(&argc)[0], *slash = strrchr(full, '/');

		names[1] = slash != NULL ? slash + 1 : full;
		names[0] = full;
	}
	return names;
}

const char *getprogname(void)
{
	return program_invocation_short_name;
}

void setprogname(const char *name)
{
	const char *slash = strrchr(name, '/');

	program_invocation_short_name = (char *)(uintptr_t)(slash != NULL ? slash + 1 : name);
}

/* --- GNU's messages -------------------------------------------------------------------------- */

void (*error_print_progname)(void);
unsigned error_message_count;
int error_one_per_line;

static void message(int status, int error, const char *file, unsigned line, const char *fmt,
		    va_list ap)
{
	fflush(stdout);
	if (error_print_progname != NULL) {
		error_print_progname();
	} else {
		fprintf(stderr, "%s:", program_invocation_name);
	}
	if (file != NULL) {
		fprintf(stderr, "%s:%u:", file, line);
	}
	fputc(' ', stderr);
	vfprintf(stderr, fmt, ap);
	if (error != 0) {
		fprintf(stderr, ": %s", strerror(error));
	}
	fputc('\n', stderr);
	error_message_count++;
	if (status != 0) {
		exit(status);
	}
}

void error(int status, int error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message(status, error, NULL, 0, fmt, ap);
	va_end(ap);
}

void error_at_line(int status, int error, const char *file, unsigned line, const char *fmt, ...)
{
	static const char *last_file;
	static unsigned last_line;
	va_list ap;

	if (error_one_per_line != 0 && last_file == file && last_line == line) {
		return;
	}
	last_file = file;
	last_line = line;
	va_start(ap, fmt);
	message(status, error, file, line, fmt, ap);
	va_end(ap);
}
