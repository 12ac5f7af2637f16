/* SPDX-License-Identifier: MIT */
/* What TLS looks like to the clients here (HTTP, MQTT, syslog). They take a pointer to one of these, or
 * NULL for plain TCP, and know no TLS library. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct secure {
	/* Shake hands over @fd, a connected socket that does not block, with the server @host, within
	 * @timeout_ms. Returns the connection, or NULL and in @why, @room bytes, the reason in words.
	 * Context: any thread; blocks. */
	void *(*start)(const struct secure *s, int fd, const char *host, int timeout_ms, char *why,
		       size_t room);
	/* As recv() and send() on a socket that does not block: -1 and EAGAIN when it has to wait. */
	ssize_t (*read)(void *conn, void *buf, size_t n);
	ssize_t (*write)(void *conn, const void *buf, size_t n);
	/* POLLIN or POLLOUT: what the call that failed with EAGAIN waits for. */
	short (*events)(void *conn);
	/* Are there bytes to read that poll() on the socket does not tell of? */
	bool (*pending)(void *conn);
	/* Say goodbye and free; @fd stays the caller's. */
	void (*stop)(void *conn);
};
