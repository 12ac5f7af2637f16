/* SPDX-License-Identifier: MIT */
/* What the clients of lib/ know of TLS: struct secure, of sockets that do not block. */
#include "tls.h"

#include <kernel/log.h>
#include <kernel/types.h>

static void *start(const struct secure *s, int fd, const char *host, int timeout_ms, char *why,
		   size_t room)
{
	struct tls_context *c = container_of((uintptr_t)s, struct tls_context, secure);
	struct tls *t = tls_new(c, fd, host);

	if (t == NULL) {
		fmt_snprintf(why, room, "out of memory");
		return NULL;
	}
	if (tls_shake_hands(t, timeout_ms) == 0) {
		return t;
	}
	fmt_snprintf(why, room, "%s", tls_reason(t));
	tls_free(t);
	return NULL;
}

static ssize_t read_some(void *conn, void *buf, size_t n)
{
	return tls_read(conn, buf, n);
}

static ssize_t write_some(void *conn, const void *buf, size_t n)
{
	return tls_write(conn, buf, n);
}

static short events(void *conn)
{
	return (short)tls_events(conn);
}

static bool pending(void *conn)
{
	return tls_pending(conn) > 0;
}

static void stop(void *conn)
{
	tls_close(conn);
}

const struct secure tls_as_secure = {
	.start = start,
	.read = read_some,
	.write = write_some,
	.events = events,
	.pending = pending,
	.stop = stop,
};

const struct secure *tls_secure(struct tls_context *c)
{
	return &c->secure;
}
