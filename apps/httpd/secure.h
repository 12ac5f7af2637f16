/* SPDX-License-Identifier: MIT */
/* TLS beneath the connections of apps/httpsd, which compiles the server with HTTPD_TLS=1 and has a
 * secure.c. Everywhere else HTTPD_TLS is 0, and the compiler drops what calls this. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifndef HTTPD_TLS
#define HTTPD_TLS 0
#endif

#define SECURE_RECORD 8192U /* no more is sent at once */

struct secure;

/* NULL: no memory. @fd stays the caller's. */
struct secure *secure_open(int fd);
/* As recv() and send(); what is to be sent must stay the same until it is. */
ssize_t secure_recv(struct secure *s, void *p, size_t n);
ssize_t secure_send(struct secure *s, const void *p, size_t n);
/* What epoll is to wait for, after secure_recv() could not go on. */
uint32_t secure_events(const struct secure *s);
/* Is there more to receive, which the socket does not show? */
bool secure_pending(const struct secure *s);
/* Tell the client that nothing more comes. */
void secure_end(struct secure *s);
/* The same, and free it. */
void secure_close(struct secure *s);
