/* SPDX-License-Identifier: MIT */
/* Times of files, in seconds. */
#pragma once

#include <sys/cdefs.h>
#include <sys/types.h>

struct utimbuf {
	time_t actime;
	time_t modtime;
};

__BEGIN_DECLS

int utime(const char *, const struct utimbuf *);

__END_DECLS
