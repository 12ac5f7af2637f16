/* SPDX-License-Identifier: MIT */
/* bootargs: Linux's syntax. Words before "--" are parameters (name=value or flags, double
 * quotes keep blanks together); name=value words that the kernel does not know become the
 * application's environment; words after "--" are its arguments, where single quotes around words keep
 * blanks, too. init=PATH is its name. */
#pragma once

#include <kernel/types.h>

/* Boot. @line may be NULL; it is copied. */
void params_init(const char *line);
/* Value of the last name=..., "" for a bare flag, NULL when absent. Thread or boot. */
const char *param(const char *name);
/* The @i-th of several, in the line's order; NULL past the last. */
const char *param_nth(const char *name, unsigned i);
uint64_t param_number(const char *name, uint64_t def);
/* argv for main(): argv[0] is the app's name, or init=; environ for the libc. Both NULL-terminated. */
char **params_argv(int *argc);
char **params_environ(void);
