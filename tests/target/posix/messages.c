/* SPDX-License-Identifier: MIT */
/* What programs tell about themselves: syslog(), err() and their like, error(). */
#define _GNU_SOURCE
#include "posix_test.h"

#include <err.h>
#include <errno.h>
#include <error.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

static void progname(void)
{
	fputs("# posix:", stderr);
}

static void test_errors(void)
{
	error_print_progname = progname;
	error(0, ENOENT, "no %s", "anchor");
	error_at_line(0, 0, "chart.c", 7, "shallow");
	error_one_per_line = 1;
	error_at_line(0, 0, "chart.c", 7, "shallow");
	is(error_message_count, 2, "error, error_at_line");
	ok(program_invocation_name != NULL && program_invocation_short_name != NULL,
	   "the program's name");
	setprogname("/bin/other");
	ok(strcmp(getprogname(), "other") == 0, "setprogname");
}

/* --- syslog() ------------------------------------------------------------------------------------- */

static char logged[600], logged_by[16];
static int logged_as, logged_count;

static void sink(int priority, const char *ident, const char *text)
{
	logged_as = priority;
	logged_count++;
	snprintf(logged_by, sizeof(logged_by), "%s", ident != NULL ? ident : "");
	snprintf(logged, sizeof(logged), "%s", text);
}

static void log_by_list(int priority, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsyslog(priority, format, ap);
	va_end(ap);
}

static void test_syslog(void)
{
	static char large[2000];
	intmax_t huge = INTMAX_MAX;

	memset(large, 'x', sizeof(large) - 1);
	syslog_sink(sink);
	openlog("boat", LOG_PID, LOG_DAEMON);
	errno = ENOENT;
	syslog(LOG_INFO, "%s: %m, 100%%m", "anchor");
	is(strcmp(logged, "anchor: No such file or directory, 100%m"), 0, "%%m: %s", logged);
	ok(logged_as == (LOG_DAEMON | LOG_INFO) && strcmp(logged_by, "boat") == 0,
	   "with the facility and the name of openlog()");
	syslog(LOG_INFO, "%.2f m at %+d of %#x and %03o, %jd %s", 2.5, 7, 255, 8, huge, "deep");
	is(strcmp(logged, "2.50 m at +7 of 0xff and 010, 9223372036854775807 deep"), 0,
	   "as printf() has it: %s", logged);
	log_by_list(LOG_LOCAL1 | LOG_ERR, "%hhu%c", 257, '!');
	ok(strcmp(logged, "1!") == 0 && logged_as == (LOG_LOCAL1 | LOG_ERR),
	   "vsyslog, with a facility of its own");
	syslog(LOG_INFO, "one line\n");
	ok(strcmp(logged, "one line") == 0, "without the end of the line");
	syslog(LOG_INFO, "%s", large);
	ok(strlen(logged) > 400 && strlen(logged) < sizeof(large) - 1, "a long one is cut");
	is(setlogmask(LOG_UPTO(LOG_WARNING)), 0xff, "setlogmask");
	logged_count = 0;
	syslog(LOG_INFO, "quiet");
	syslog(LOG_WARNING, "loud");
	ok(logged_count == 1 && strcmp(logged, "loud") == 0, "what the mask leaves out is silent");
	is(setlogmask(0), LOG_UPTO(LOG_WARNING), "0 only asks");
	setlogmask(0xff);
	closelog();
	syslog(LOG_NOTICE, "nameless");
	ok(logged_by[0] == '\0' && strcmp(logged, "nameless") == 0, "closelog");
	syslog_sink(NULL);
}

/* --- warn() --------------------------------------------------------------------------------------- */

static int saved, ends[2];
static char said[600];

static void listen_to_stderr(void)
{
	pipe(ends);
	saved = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
}

static void hear(void)
{
	ssize_t n;

	dup2(saved, STDERR_FILENO);
	n = read(ends[0], said, sizeof(said) - 1);
	said[n > 0 ? n : 0] = '\0';
	close(saved);
	close(ends[0]);
	close(ends[1]);
}

static void test_warnings(void)
{
	listen_to_stderr();
	errno = EACCES;
	warn("%s at %.1f", "fog", 0.5);
	hear();
	is(strcmp(said, "posix: fog at 0.5: Permission denied\n"), 0, "warn: %s", said);
	listen_to_stderr();
	warnx("%d%%, %lc", 5, (wint_t)L'x');
	hear();
	is(strcmp(said, "posix: 5%, x\n"), 0, "warnx: %s", said);
	listen_to_stderr();
	errno = EACCES;
	warn(NULL);
	hear();
	is(strcmp(said, "posix: Permission denied\n"), 0, "warn of nothing: %s", said);
}

void test_messages(void)
{
	test_errors();
	test_syslog();
	test_warnings();
}
