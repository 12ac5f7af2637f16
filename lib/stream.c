/* SPDX-License-Identifier: MIT */
/* Sockets never block; poll() does the waiting, so that every call has an end. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <coracle/stream.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int wait_for(int fd, short events, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n;

	do {
		n = poll(&p, 1, timeout_ms);
	} while (n < 0 && errno == EINTR);
	return n > 0 ? 0 : n == 0 ? -ETIMEDOUT : -errno;
}

/* Returns the socket or -errno. */
static int connect_to(const struct addrinfo *a, int timeout_ms)
{
	int fd =
		socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);
	int err = 0, one = 1;
	socklen_t len = sizeof(err);

	if (fd < 0) {
		return -errno;
	}
	if (connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
		err = errno == EINPROGRESS ? -wait_for(fd, POLLOUT, timeout_ms) : errno;
		if (err == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) != 0) {
			err = errno;
		}
	}
	if (err != 0) {
		close(fd);
		return -err;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static int connect_any(struct stream *s, const char *host, const char *port, int timeout_ms)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *all;
	int err = getaddrinfo(host, port, &hints, &all), fd = -EHOSTUNREACH;

	if (err != 0) {
		snprintf(s->why, sizeof(s->why), "%s: %s", host, gai_strerror(err));
		return -EHOSTUNREACH;
	}
	for (const struct addrinfo *a = all; a != NULL && fd < 0; a = a->ai_next) {
		fd = connect_to(a, timeout_ms);
	}
	freeaddrinfo(all);
	if (fd < 0) {
		snprintf(s->why, sizeof(s->why), "%s port %s: %s", host, port, strerror(-fd));
	}
	return fd;
}

int stream_open(struct stream *s, const struct secure *secure, const char *host, const char *port,
		int timeout_ms)
{
	int fd;

	*s = (struct stream){ .fd = -1, .secure = secure };
	fd = connect_any(s, host, port, timeout_ms);
	if (fd < 0) {
		return fd;
	}
	if (secure != NULL) {
		s->conn = secure->start(secure, fd, host, timeout_ms, s->why, sizeof(s->why));
		if (s->conn == NULL) {
			close(fd);
			return -EPROTO;
		}
	}
	s->fd = fd;
	return 0;
}

ssize_t stream_recv(struct stream *s, void *buf, size_t n, int timeout_ms)
{
	for (;;) {
		ssize_t got = s->conn != NULL ? s->secure->read(s->conn, buf, n)
					      : recv(s->fd, buf, n, 0);
		int err;

		if (got >= 0) {
			return got;
		}
		if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
			return -errno;
		}
		err = wait_for(s->fd, s->conn != NULL ? s->secure->events(s->conn) : POLLIN,
			       timeout_ms);
		if (err != 0) {
			return err;
		}
	}
}

int stream_send(struct stream *s, const void *buf, size_t n, int timeout_ms)
{
	const char *p = buf;

	while (n > 0) {
		ssize_t put = s->conn != NULL ? s->secure->write(s->conn, p, n)
					      : send(s->fd, p, n, MSG_NOSIGNAL);
		int err = 0;

		if (put > 0) {
			p += put;
			n -= (size_t)put;
		} else if (put < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
			return -errno;
		} else {
			err = wait_for(s->fd,
				       s->conn != NULL ? s->secure->events(s->conn) : POLLOUT,
				       timeout_ms);
		}
		if (err != 0) {
			return err;
		}
	}
	return 0;
}

void stream_close(struct stream *s)
{
	if (s->conn != NULL) {
		s->secure->stop(s->conn);
		s->conn = NULL;
	}
	if (s->fd >= 0) {
		close(s->fd);
		s->fd = -1;
	}
}
