/* SPDX-License-Identifier: MIT */
/* From a name to a connection, for programs that may wait. */
#include "tls.h"

#include <errno.h>
#include <fcntl.h>
#include <kernel/log.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int tls_shake_hands(struct tls *t, int timeout_ms)
{
	int64_t end = now_ms() + timeout_ms;

	while (tls_handshake(t) != 0) {
		struct pollfd p = { .fd = t->fd, .events = (short)t->events };
		int64_t left = end - now_ms();

		if (errno != EAGAIN) {
			return -1;
		}
		if (left <= 0 || poll(&p, 1, (int)left) == 0) {
			fmt_snprintf(t->reason, sizeof(t->reason),
				     "no answer to the handshake in time");
			errno = ETIMEDOUT;
			return -1;
		}
	}
	return 0;
}

static int wait_connected(int fd, unsigned timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(errno);
	int err = 0, n = poll(&p, 1, (int)timeout_ms);

	if (n > 0) {
		n = getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
	} else if (n == 0) {
		err = ETIMEDOUT;
	}
	if (err != 0) {
		errno = err;
		return -1;
	}
	return n < 0 ? -1 : 0;
}

/* To block with a limit, from here on. */
static int set_timeouts(int fd, unsigned timeout_ms)
{
	struct timeval tv = { .tv_sec = timeout_ms / 1000,
			      .tv_usec = (suseconds_t)(timeout_ms % 1000 * 1000) };
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) != 0 ||
			       setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) != 0 ||
			       setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) != 0
		       ? -1
		       : 0;
}

static int connect_one(const struct addrinfo *a, unsigned timeout_ms)
{
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), err;

	if (fd < 0) {
		return -1;
	}
	if (connect(fd, a->ai_addr, a->ai_addrlen) == 0 ||
	    (errno == EINPROGRESS && wait_connected(fd, timeout_ms) == 0)) {
		return fd;
	}
	err = errno;
	close(fd);
	errno = err;
	return -1;
}

static int connect_host(const char *host, uint16_t port, unsigned timeout_ms, char *reason)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	char service[8];
	int r, fd = -1;

	fmt_snprintf(service, sizeof(service), "%u", port);
	r = getaddrinfo(host, service, &hints, &list);
	if (r != 0) {
		fmt_snprintf(reason, TLS_REASON_SIZE, "%s: %s", host, gai_strerror(r));
		errno = EHOSTUNREACH;
		return -1;
	}
	for (const struct addrinfo *a = list; a != NULL && fd < 0; a = a->ai_next) {
		fd = connect_one(a, timeout_ms);
	}
	if (fd < 0) {
		fmt_snprintf(reason, TLS_REASON_SIZE, "%s port %u: %s", host, port,
			     strerror(errno));
	}
	r = errno;
	freeaddrinfo(list);
	errno = r;
	return fd;
}

struct tls *tls_connect(struct tls_context *c, const char *host, uint16_t port, unsigned timeout_ms,
			char *reason)
{
	char ignored[TLS_REASON_SIZE];
	struct tls *t;
	int fd, err;

	reason = reason != NULL ? reason : ignored;
	fd = connect_host(host, port, timeout_ms, reason);
	if (fd < 0) {
		return NULL;
	}
	t = tls_new(c, fd, host);
	if (t == NULL) {
		fmt_snprintf(reason, TLS_REASON_SIZE, "out of memory");
		close(fd);
		errno = ENOMEM;
		return NULL;
	}
	t->own_fd = true;
	if (tls_shake_hands(t, (int)timeout_ms) == 0 && set_timeouts(fd, timeout_ms) == 0) {
		*reason = '\0';
		return t;
	}
	err = errno;
	fmt_snprintf(reason, TLS_REASON_SIZE, "%s", tls_reason(t));
	tls_close(t);
	errno = err;
	return NULL;
}

void tls_close(struct tls *t)
{
	if (t == NULL) {
		return;
	}
	tls_shutdown(t);
	if (t->own_fd) {
		close(t->fd);
	}
	tls_free(t);
}
