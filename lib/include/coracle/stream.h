/* SPDX-License-Identifier: MIT */
/* A connection to a server, by TCP or TLS, for a thread that may wait. Each call waits a bounded time. */
#pragma once

#include <coracle/secure.h>

struct stream {
	int fd; /* -1: closed */
	const struct secure *secure;
	void *conn;    /* (private) of `secure` */
	char why[128]; /* what went wrong in stream_open(), in words */
};

/* Connect to @host, a name or an address, on @port, trying all its addresses; then shake hands if there
 * is a @secure. Returns 0, or -errno; s->why says more. Context: may block for @timeout_ms and the
 * resolver's own time. */
int stream_open(struct stream *s, const struct secure *secure, const char *host, const char *port,
		int timeout_ms);
/* At least one byte of at most @n. Returns how many, 0 at the end, -errno; -ETIMEDOUT: none came. */
ssize_t stream_recv(struct stream *s, void *buf, size_t n, int timeout_ms);
/* All @n bytes. Returns 0 or -errno; -ETIMEDOUT: for that long nothing was taken. */
int stream_send(struct stream *s, const void *buf, size_t n, int timeout_ms);
/* Again is harmless. */
void stream_close(struct stream *s);
