/* SPDX-License-Identifier: MIT */
/* UDP over the loopback: datagrams keep their edges, tell whom they are from, and are cut when they do
 * not fit. */
#include "sockets_test.h"

#include "../tap.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

static int bound(int family)
{
	struct sockaddr_storage a;
	socklen_t n = loopback(family, 0, &a);
	int fd = socket(family, SOCK_DGRAM, 0);

	return bind(fd, (struct sockaddr *)&a, n) == 0 ? fd : -1;
}

static void test_edges(int family, int a, int b)
{
	struct sockaddr_storage to, from;
	socklen_t n = loopback(family, port_of(b), &to), m = sizeof(from);
	char buf[16];
	int queued = 0;

	ok(sendto(a, "one", 3, 0, (struct sockaddr *)&to, n) == 3 &&
		   sendto(a, "three", 5, 0, (struct sockaddr *)&to, n) == 5 &&
		   sendto(a, "", 0, 0, (struct sockaddr *)&to, n) == 0,
	   "three datagrams, one of them empty");
	ok(ioctl(b, FIONREAD, &queued) == 0 && queued > 0, "are there when sendto() returns");
	is(recvfrom(b, buf, sizeof(buf), 0, (struct sockaddr *)&from, &m), 3, "the first");
	is(ntohs(((struct sockaddr_in *)&from)->sin_port), port_of(a), "from the sender's port");
	ok(recv(b, buf, 2, 0) == 2 && memcmp(buf, "th", 2) == 0, "the second, cut to the room");
	is(recv(b, buf, sizeof(buf), 0), 0, "the empty one: the rest of the second is gone");
	fails(recv(b, buf, sizeof(buf), MSG_DONTWAIT), EAGAIN, "and no more");
}

static void test_connected(int family, int a, int b)
{
	struct sockaddr_storage to;
	socklen_t n = loopback(family, port_of(b), &to);
	struct iovec parts[] = { { "ab", 2 }, { "cde", 3 } };
	struct msghdr m = { .msg_iov = parts, .msg_iovlen = 2 };
	char buf[16];
	int stranger = bound(family);

	is(connect(a, (struct sockaddr *)&to, n), 0, "connect");
	is(sendmsg(a, &m, 0), 5, "sendmsg of two parts");
	ok(recv(b, buf, sizeof(buf), 0) == 5 && memcmp(buf, "abcde", 5) == 0, "is one datagram");
	n = loopback(family, port_of(a), &to);
	sendto(stranger, "x", 1, 0, (struct sockaddr *)&to, n);
	sendto(b, "y", 1, 0, (struct sockaddr *)&to, n);
	ok(recv(a, buf, sizeof(buf), 0) == 1 && buf[0] == 'y',
	   "a connected socket hears its peer alone");
	close(stranger);
}

static void test_large(int family, int b)
{
	static char out[1400], in[2000];
	struct sockaddr_storage to;
	socklen_t n = loopback(family, port_of(b), &to);
	struct pollfd p = { .fd = b, .events = POLLIN };
	int a = bound(family);

	memset(out, 'q', sizeof(out));
	is(sendto(a, out, sizeof(out), 0, (struct sockaddr *)&to, n), sizeof(out), "1,400 bytes");
	is(poll(&p, 1, -1), 1, "poll tells");
	ok(recv(b, in, sizeof(in), 0) == sizeof(out) && memcmp(in, out, sizeof(out)) == 0, "whole");
	fails(sendto(a, out, 70000, 0, (struct sockaddr *)&to, n), EMSGSIZE,
	      "more than a datagram holds");
	close(a);
}

void test_datagrams(int family)
{
	int a = bound(family), b = bound(family);

	ok(a >= 0 && b >= 0 && port_of(a) != port_of(b), "two sockets on ports of their own");
	test_edges(family, a, b);
	test_large(family, b);
	test_connected(family, a, b);
	close(a);
	close(b);
}
