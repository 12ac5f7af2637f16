/* SPDX-License-Identifier: MIT */
/* Over newlib's: names of GNU and the BSDs that it leaves out. */
#pragma once

#include_next <stdlib.h>

__BEGIN_DECLS

#if __GNU_VISIBLE || __BSD_VISIBLE
int clearenv(void);
char *canonicalize_file_name(const char *);
const char *getprogname(void);
void setprogname(const char *);
long long strtonum(const char *, long long min, long long max, const char **error);
#endif

__END_DECLS
