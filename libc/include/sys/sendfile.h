/* SPDX-License-Identifier: MIT */
/* From a file to a descriptor without a buffer between: files lie in memory. */
#pragma once

#include <sys/cdefs.h>
#include <sys/types.h>

__BEGIN_DECLS

ssize_t sendfile(int to, int from, off_t *at, size_t n);

__END_DECLS
