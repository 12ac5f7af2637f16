/* SPDX-License-Identifier: MIT */
/* Backtraces by frame pointers, with names from the image's own symbol table. */
#pragma once

#include <sys/cdefs.h>

__BEGIN_DECLS

/* The return addresses of the calling thread, innermost first; the result is how many. */
int backtrace(void **, int);
/* One block of memory, to be freed by the caller: "name+offset [address]" for each. */
char **backtrace_symbols(void *const *, int);
void backtrace_symbols_fd(void *const *, int, int fd);

__END_DECLS
