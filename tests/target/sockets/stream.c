/* SPDX-License-Identifier: MIT */
/* TCP over the loopback: the life of a connection, its ends in every manner, transfers in pieces, and
 * many connections at once. */
#include "sockets_test.h"

#include "../tap.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BULK  (4u << 20)
#define CROWD 200

struct pair {
	int a, b; /* the one that connected, the one that was accepted */
};

static struct pair connected(int family)
{
	int l = listener(family, 4);
	struct pair p = { .a = dial(family, port_of(l)) };

	p.b = accept(l, NULL, NULL);
	close(l);
	return p;
}

static void finish(struct pair p)
{
	close(p.a);
	close(p.b);
}

static void test_names(int family)
{
	int l = listener(family, 4), a = dial(family, port_of(l)), b;
	struct sockaddr_storage peer, self;
	socklen_t n = sizeof(peer), m = sizeof(self);

	b = accept(l, (struct sockaddr *)&peer, &n);
	ok(a >= 0 && b >= 0 && peer.ss_family == family, "connect and accept");
	ok(getsockname(a, (struct sockaddr *)&self, &m) == 0 && n == m &&
		   memcmp(&self, &peer, n) == 0,
	   "accept tells whom: the other's own address");
	m = sizeof(self);
	ok(getpeername(a, (struct sockaddr *)&self, &m) == 0, "getpeername");
	is(ntohs(((struct sockaddr_in *)&self)->sin_port), port_of(l), "is the listener's");
	fails(getpeername(l, (struct sockaddr *)&self, &m), ENOTCONN, "a listener has no peer");
	close(a);
	close(b);
	close(l);
}

static void test_refusals(int family)
{
	struct sockaddr_storage a;
	int l = listener(family, 4), other = socket(family, SOCK_STREAM, 0);
	uint16_t port = port_of(l);
	socklen_t n = loopback(family, port, &a);

	fails(bind(other, (struct sockaddr *)&a, n), EADDRINUSE, "a port that is taken");
	close(other);
	close(l);
	fails(dial(family, port), ECONNREFUSED, "a port where nobody listens");
}

static void test_ends(int family)
{
	struct pair p = connected(family);
	const struct linger abort = { 1, 0 };
	struct pollfd poller;
	char buf[16];

	ok(send(p.a, "hello", 5, 0) == 5 && recv(p.b, buf, 16, 0) == 5 &&
		   memcmp(buf, "hello", 5) == 0,
	   "bytes one way");
	ok(send(p.b, "yes", 3, 0) == 3 && recv(p.a, buf, 2, 0) == 2 &&
		   recv(p.a, buf + 2, 9, 0) == 1,
	   "and back, in pieces");
	send(p.a, "peek", 4, 0);
	ok(recv(p.b, buf, 4, MSG_PEEK) == 4 && recv(p.b, buf, 4, 0) == 4,
	   "MSG_PEEK leaves them there");
	fails(recv(p.b, buf, 1, MSG_DONTWAIT), EAGAIN, "MSG_DONTWAIT");
	is(shutdown(p.a, SHUT_WR), 0, "half closed");
	is(recv(p.b, buf, 16, 0), 0, "the other reads the end");
	is(send(p.b, "late", 4, 0), 4, "but may still send");
	is(recv(p.a, buf, 16, 0), 4, "which arrives");
	fails(send(p.a, "x", 1, MSG_NOSIGNAL), EPIPE, "the closed half sends no more");
	finish(p);

	p = connected(family);
	setsockopt(p.a, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
	close(p.a);
	poller = (struct pollfd){ .fd = p.b, .events = POLLIN };
	ok(poll(&poller, 1, -1) == 1 && (poller.revents & POLLERR), "a reset: POLLERR");
	fails(recv(p.b, buf, 16, 0), ECONNRESET, "and ECONNRESET");
	close(p.b);
}

static void test_time_limit(int family)
{
	struct pair p = connected(family);
	const struct timeval limit = { 0, 20000 };
	struct timespec before, after;
	long ms;
	char c;

	is(setsockopt(p.a, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0, "SO_RCVTIMEO");
	clock_gettime(CLOCK_MONOTONIC, &before);
	fails(recv(p.a, &c, 1, 0), EAGAIN, "recv gives up");
	clock_gettime(CLOCK_MONOTONIC, &after);
	ms = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
	ok(ms >= 19, "not before its time (%ld ms)", ms);
	finish(p);
}

static void test_options(int family)
{
	struct pair p = connected(family);
	int v = 1, type = 0;
	socklen_t n = sizeof(v);

	is(setsockopt(p.a, IPPROTO_TCP, TCP_NODELAY, &v, sizeof(v)), 0, "TCP_NODELAY");
	v = 0;
	ok(getsockopt(p.a, IPPROTO_TCP, TCP_NODELAY, &v, &n) == 0 && v != 0, "is kept");
	n = sizeof(type);
	ok(getsockopt(p.a, SOL_SOCKET, SO_TYPE, &type, &n) == 0 && type == SOCK_STREAM, "SO_TYPE");
	n = sizeof(v);
	ok(getsockopt(p.a, SOL_SOCKET, SO_ERROR, &v, &n) == 0 && v == 0, "SO_ERROR");
	v = 1;
	is(setsockopt(p.a, SOL_SOCKET, SO_KEEPALIVE, &v, sizeof(v)), 0, "SO_KEEPALIVE");
	fails(setsockopt(p.a, SOL_SOCKET, 9999, &v, sizeof(v)), ENOPROTOOPT, "an unknown option");
	finish(p);
}

static void test_non_blocking(int family)
{
	int l = listener(family, 4), fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0),
	    error = -1;
	struct sockaddr_storage a;
	socklen_t len = loopback(family, port_of(l), &a), n = sizeof(error);
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int r = connect(fd, (struct sockaddr *)&a, len);

	ok(r == 0 || errno == EINPROGRESS, "connect does not wait");
	ok(poll(&p, 1, -1) == 1 && p.revents == POLLOUT, "poll tells when it is done");
	ok(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && error == 0, "without an error");
	close(fd);
	fcntl(l, F_SETFL, O_NONBLOCK);
	close(accept(l, NULL, NULL));
	fails(accept(l, NULL, NULL), EAGAIN, "accept does not wait");
	close(l);
	fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	p.fd = fd;
	r = connect(fd, (struct sockaddr *)&a, len);
	if (r != 0 && errno == EINPROGRESS) {
		poll(&p, 1, -1);
		n = sizeof(error);
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n);
	} else {
		error = errno;
	}
	is(error, ECONNREFUSED, "a refusal comes the same way");
	close(fd);
}

/* --- bulk */

static unsigned char pattern(size_t at)
{
	return (unsigned char)(at * 7 + (at >> 10));
}

/* Sends BULK patterned bytes in pieces of odd sizes. */
static void *sender(void *arg)
{
	static __thread unsigned char buf[9000];
	int fd = *(int *)arg;
	size_t at = 0, piece = 1;

	while (at < BULK) {
		size_t n = piece < BULK - at ? piece : BULK - at;
		ssize_t sent;

		for (size_t i = 0; i < n; i++) {
			buf[i] = pattern(at + i);
		}
		sent = send(fd, buf, n, 0);
		if (sent <= 0) {
			return (void *)(intptr_t)errno;
		}
		at += (size_t)sent;
		piece = (piece * 5 + 3) % sizeof(buf) + 1;
	}
	shutdown(fd, SHUT_WR);
	return NULL;
}

static void test_bulk(int family)
{
	static unsigned char buf[7000];
	struct pair p = connected(family);
	size_t at = 0, wrong = 0;
	pthread_t t;
	ssize_t n;
	void *error;

	pthread_create(&t, NULL, sender, &p.a);
	while ((n = recv(p.b, buf, at % sizeof(buf) + 1, 0)) > 0) {
		for (size_t i = 0; i < (size_t)n; i++) {
			wrong += buf[i] != pattern(at + i);
		}
		at += (size_t)n;
	}
	pthread_join(t, &error);
	is((intptr_t)error, 0, "a big transfer is sent");
	is(at, BULK, "and arrives whole");
	is(wrong, 0, "every byte right");
	finish(p);
}

static void test_full(int family)
{
	static unsigned char buf[65536];
	struct pair p = connected(family);
	struct pollfd poller = { .fd = p.a, .events = POLLOUT };
	size_t sent = 0, got = 0;
	ssize_t n;

	fcntl(p.a, F_SETFL, O_NONBLOCK);
	do {
		/* What is on its way may still make room. */
		while ((n = send(p.a, buf, sizeof(buf), 0)) > 0) {
			sent += (size_t)n;
		}
	} while (errno == EAGAIN && poll(&poller, 1, 0) == 1);
	is(errno, EAGAIN, "nobody reads: in the end sending would wait");
	is(poll(&poller, 1, 0), 0, "and poll agrees");
	while (got < sent && (n = recv(p.b, buf, sizeof(buf), 0)) > 0) {
		got += (size_t)n;
	}
	is(got, sent, "all that was accepted arrives");
	is(poll(&poller, 1, 50000), 1, "then there is room again");
	finish(p);
}

/* --- many */

void test_crowd(int family)
{
	static struct pair all[CROWD];
	int l = listener(family, CROWD), made = 0, echoed = 0, ended = 0;
	uint16_t port = port_of(l);
	char c;

	for (; made < CROWD; made++) {
		all[made].a = dial(family, port);
		all[made].b = all[made].a < 0 ? -1 : accept(l, NULL, NULL);
		if (all[made].b < 0) {
			diag("# connection %d: errno %d", made, errno);
			break;
		}
	}
	is(made, CROWD, "%d connections at once", CROWD);
	for (int i = 0; i < made; i++) {
		char byte = (char)i;

		echoed += send(all[i].a, &byte, 1, 0) == 1 && recv(all[i].b, &c, 1, 0) == 1 &&
			  c == byte;
	}
	is(echoed, made, "each carries its own byte");
	for (int i = 0; i < made; i++) {
		close(all[i].a);
		ended += recv(all[i].b, &c, 1, 0) == 0;
		close(all[i].b);
	}
	is(ended, made, "each ends by itself");
	close(l);
}

void test_streams(int family)
{
	test_names(family);
	test_refusals(family);
	test_ends(family);
	test_time_limit(family);
	test_options(family);
	test_non_blocking(family);
	test_bulk(family);
	test_full(family);
}
