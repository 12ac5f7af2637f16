/* SPDX-License-Identifier: MIT */
/* Internet addresses to text and back. htons() and the like come with <netinet/in.h>. */
#pragma once

#include <netinet/in.h>

__BEGIN_DECLS

in_addr_t inet_addr(const char *);
int inet_aton(const char *, struct in_addr *);
char *inet_ntoa(struct in_addr);
const char *inet_ntop(int, const void *__restrict, char *__restrict, socklen_t);
int inet_pton(int, const char *__restrict, void *__restrict);

__END_DECLS
