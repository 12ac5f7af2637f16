/* SPDX-License-Identifier: MIT */
/* Streams: long queues of connections, buffers that limit, ends of every kind, shared listeners. */
#include "inet.h"

#include "../tap.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CROWD 400

/* More connections than eight bits count wait for accept(). */
void test_backlog(int family)
{
	int l = listener(family, 1000), *fds = calloc(CROWD, sizeof(*fds)), n = 0, taken = 0;

	while (n < CROWD && (fds[n] = dial(family, port_of(l))) >= 0) {
		n++;
	}
	is(n, CROWD, "%d connections before the first accept()", CROWD);
	fcntl(l, F_SETFL, O_NONBLOCK);
	for (int fd; (fd = accept(l, NULL, NULL)) >= 0; taken++) {
		close(fd);
	}
	is(taken, CROWD, "all of them are there");
	while (n > 0) {
		close(fds[--n]);
	}
	free(fds);
	close(l);
}

/* --- buffers ------------------------------------------------------------------------------------- */

/* What a connection takes before its writer would have to wait. */
static size_t fill(int fd)
{
	static char buf[65536];
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	size_t sum = 0;

	do {
		ssize_t n;

		while ((n = send(fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
			sum += (size_t)n;
		}
	} while (errno == EAGAIN && poll(&p, 1, 20) == 1);
	return sum;
}

static void *drain(void *arg)
{
	static char buf[32768];
	size_t sum = 0;
	ssize_t n;

	while ((n = recv(*(int *)arg, buf, sizeof(buf), 0)) > 0) {
		sum += (size_t)n;
	}
	return (void *)sum;
}

static void test_small_window(int family)
{
	int l = listener(family, 1), a, b;
	size_t sent, got = 0;
	pthread_t t;
	void *all;
	int queued = 0;

	set_int(l, SOL_SOCKET, SO_RCVBUF, 8192);
	a = socket(family, SOCK_STREAM, 0);
	set_int(a, SOL_SOCKET, SO_SNDBUF, 16384);
	close(a);
	a = dial(family, port_of(l));
	set_int(a, SOL_SOCKET, SO_SNDBUF, 16384);
	b = accept(l, NULL, NULL);
	sent = fill(a);
	ok(sent >= 16384 && sent < 120000, "small buffers take little (%u bytes)", (unsigned)sent);
	ok(ioctl(b, FIONREAD, &queued) == 0 && queued > 0, "FIONREAD");
	ok(ioctl(a, SIOCOUTQ, &queued) == 0 && queued > 0, "SIOCOUTQ");
	pthread_create(&t, NULL, drain, &b);
	for (int i = 0; i < 16; i++) {
		static char buf[65536];
		ssize_t n = send(a, buf, sizeof(buf), 0);

		got += n > 0 ? (size_t)n : 0;
	}
	is(got, 16 * 65536, "but a megabyte passes");
	sent += got;
	close(a);
	pthread_join(t, &all);
	is((size_t)all, sent, "and arrives whole");
	close(b);
	close(l);
}

static void test_low_water(int family)
{
	int p[2];
	char buf[16];
	struct pollfd poller;

	stream_pair(family, p);
	poller = (struct pollfd){ .fd = p[1], .events = POLLIN };
	set_int(p[1], SOL_SOCKET, SO_RCVLOWAT, 4);
	send(p[0], "abc", 3, 0);
	is(poll(&poller, 1, 20), 0, "SO_RCVLOWAT: three of four are none");
	send(p[0], "d", 1, 0);
	ok(poll(&poller, 1, 10000) == 1 && recv(p[1], buf, sizeof(buf), 0) == 4, "four are");
	send(p[0], "e", 1, 0);
	shutdown(p[0], SHUT_WR);
	ok(recv(p[1], buf, sizeof(buf), 0) == 1 && recv(p[1], buf, sizeof(buf), 0) == 0,
	   "and the end is the end");
	close(p[0]);
	close(p[1]);
}

void test_buffers(int family)
{
	test_small_window(family);
	test_low_water(family);
}

/* --- ends ------------------------------------------------------------------------------------------ */

void test_ends(int family)
{
	static char big[100000];
	const struct linger wait = { 1, 20 };
	struct sockaddr_storage a;
	socklen_t n = sizeof(a);
	struct pollfd poller;
	size_t got = 0;
	ssize_t r;
	int p[2];

	stream_pair(family, p);
	shutdown(p[1], SHUT_WR);
	recv(p[0], big, 1, 0);
	shutdown(p[0], SHUT_WR);
	is(recv(p[1], big, 1, 0), 0, "both sides have ended");
	usleep(20000);
	is(recv(p[0], big, 1, 0), 0, "which is no error for the second");
	is(get_int(p[0], SOL_SOCKET, SO_ERROR), 0, "nor SO_ERROR");
	poller = (struct pollfd){ .fd = p[0], .events = POLLIN };
	ok(poll(&poller, 1, 0) == 1 && (poller.revents & POLLHUP) != 0 &&
		   (poller.revents & POLLERR) == 0,
	   "POLLHUP without POLLERR");
	fails(getpeername(p[0], (struct sockaddr *)&a, &n), ENOTCONN, "there is no peer any more");
	close(p[0]);
	close(p[1]);

	stream_pair(family, p);
	is(send(p[0], big, sizeof(big), 0), sizeof(big), "much is on its way");
	setsockopt(p[0], SOL_SOCKET, SO_LINGER, &wait, sizeof(wait));
	is(close(p[0]), 0, "close() with SO_LINGER");
	while ((r = recv(p[1], big, sizeof(big), 0)) > 0) {
		got += (size_t)r;
	}
	is(got, sizeof(big), "nothing is lost");
	close(p[1]);
}

/* --- SO_REUSEPORT -------------------------------------------------------------------------------------- */

#define SHARERS 3

static int share(int family, uint16_t port)
{
	struct sockaddr_storage a;
	socklen_t n = loopback(family, port, &a);
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);

	set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	return bind(fd, (struct sockaddr *)&a, n) == 0 && listen(fd, 16) == 0 ? fd : -1;
}

static int take_all(int l)
{
	int n = 0;

	for (int fd; (fd = accept(l, NULL, NULL)) >= 0; n++) {
		close(fd);
	}
	return n;
}

void test_reuse(int family)
{
	struct sockaddr_storage a;
	int l[SHARERS], c[12], fd, most = 0, sum = 0;
	socklen_t n;

	l[0] = share(family, 0);
	for (int i = 1; i < SHARERS; i++) {
		l[i] = share(family, port_of(l[0]));
	}
	ok(l[1] >= 0 && l[2] >= 0, "listeners share a port");
	for (int i = 0; i < 12; i++) {
		c[i] = dial(family, port_of(l[0]));
	}
	for (int i = 0; i < SHARERS; i++) {
		int k = take_all(l[i]);

		most = k > most ? k : most;
		sum += k;
	}
	ok(sum == 12 && most == 4, "and the connections, evenly");
	for (int i = 0; i < 12; i++) {
		close(c[i]);
	}
	n = loopback(family, port_of(l[0]), &a);
	fd = socket(family, SOCK_STREAM, 0);
	set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	fails(bind(fd, (struct sockaddr *)&a, n), EADDRINUSE, "who does not share stays out");
	close(fd);
	close(l[0]);
	close(l[1]);
	fd = dial(family, port_of(l[2]));
	ok(fd >= 0 && take_all(l[2]) == 1, "the last one of them gets all");
	close(fd);
	close(l[2]);
}
