/* SPDX-License-Identifier: MIT */
/* Message catalogues: there are none, so every program speaks its own words. */
#pragma once

#include <sys/cdefs.h>

#define NL_SETD	      1
#define NL_CAT_LOCALE 1

typedef void *nl_catd;
typedef int nl_item;

__BEGIN_DECLS

nl_catd catopen(const char *, int);
char *catgets(nl_catd, int, int, const char *);
int catclose(nl_catd);

__END_DECLS
