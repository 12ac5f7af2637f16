/* SPDX-License-Identifier: MIT */
/* Messages in the style of GNU programs. */
#pragma once

#include <sys/cdefs.h>

__BEGIN_DECLS

extern void (*error_print_progname)(void);
extern unsigned error_message_count;
extern int error_one_per_line;

void error(int status, int error, const char *, ...) __attribute__((format(printf, 3, 4)));
void error_at_line(int status, int error, const char *file, unsigned line, const char *, ...)
	__attribute__((format(printf, 5, 6)));

__END_DECLS
