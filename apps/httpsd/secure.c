/* SPDX-License-Identifier: MIT */
/* The server's connections by TLS. Why a handshake failed is printed, once a second at most: whoever
 * scans ports is not to fill the console. */
#include "secure.h"

#include "../httpd/tick.h"

#include <coracle/tls.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>

#define SAY_MS 1000U

static struct {
	struct tls_context *context;
	uint64_t said_ms, unsaid;
} all;

void secure_init(struct tls_context *context)
{
	all.context = context;
}

static struct tls *tls_of(const struct secure *s)
{
	return (struct tls *)(uintptr_t)s;
}

struct secure *secure_open(int fd)
{
	return (struct secure *)tls_new(all.context, fd, NULL);
}

static void complain(const struct tls *t)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	char host[NI_MAXHOST] = "?";

	if (all.said_ms != 0 && tick.ms - all.said_ms < SAY_MS) {
		all.unsaid++;
		return;
	}
	if (getpeername(tls_fd(t), (struct sockaddr *)&address, &len) == 0) {
		getnameinfo((struct sockaddr *)&address, len, host, sizeof(host), NULL, 0,
			    NI_NUMERICHOST);
	}
	printf("httpsd: %s: %s\n", host, tls_reason(t));
	if (all.unsaid > 0) {
		printf("httpsd: and %llu more before it\n", (unsigned long long)all.unsaid);
	}
	all.unsaid = 0;
	all.said_ms = tick.ms;
}

ssize_t secure_recv(struct secure *s, void *p, size_t n)
{
	struct tls *t = tls_of(s);
	ssize_t got = tls_read(t, p, n);

	if (got < 0 && errno == EPROTO) {
		complain(t);
	}
	return got;
}

ssize_t secure_send(struct secure *s, const void *p, size_t n)
{
	return tls_write(tls_of(s), p, n);
}

uint32_t secure_events(const struct secure *s)
{
	return tls_events(tls_of(s));
}

bool secure_pending(const struct secure *s)
{
	return tls_pending(tls_of(s)) > 0;
}

void secure_end(struct secure *s)
{
	tls_shutdown(tls_of(s));
}

void secure_close(struct secure *s)
{
	tls_close(tls_of(s));
}
