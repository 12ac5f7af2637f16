/* SPDX-License-Identifier: MIT */
/* Sockets on the address of a network card: the machine talks to itself by it, and to the host. The first
 * argument says what to do. */
#include "netcard.h"

#include "../tap.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The card's address of this family; its length, 0: it has none. */
static socklen_t find_address(int family, struct sockaddr_storage *out)
{
	struct ifaddrs *list, *i;
	socklen_t n = 0;

	if (getifaddrs(&list) != 0) {
		return 0;
	}
	for (i = list; i != NULL && n == 0; i = i->ifa_next) {
		if (i->ifa_addr != NULL && i->ifa_addr->sa_family == family &&
		    (i->ifa_flags & IFF_LOOPBACK) == 0) {
			n = family == AF_INET ? sizeof(struct sockaddr_in)
					      : sizeof(struct sockaddr_in6);
			memcpy(out, i->ifa_addr, n);
		}
	}
	freeifaddrs(list);
	return n;
}

/* The same, waited for: an IPv6 address is looked for on the link for a while before it is ours. */
static socklen_t own_address(int family, struct sockaddr_storage *out)
{
	socklen_t n = 0;

	for (int i = 0; i < 100 && n == 0; i++) {
		n = find_address(family, out);
		if (n == 0) {
			usleep(100000);
		}
	}
	return n;
}

static void test_own_stream(int family)
{
	static char out[100000], in[100000];
	struct sockaddr_storage a;
	socklen_t n = own_address(family, &a), m = sizeof(a);
	int l = socket(family, SOCK_STREAM, 0), c = socket(family, SOCK_STREAM, 0), s;

	ok(n > 0, "the card has an address");
	ok(bind(l, (struct sockaddr *)&a, n) == 0 && listen(l, 4) == 0, "listen there");
	getsockname(l, (struct sockaddr *)&a, &m);
	is(connect(c, (struct sockaddr *)&a, n), 0, "connect to our own address");
	s = accept(l, NULL, NULL);
	memset(out, 'o', sizeof(out));
	ok(s >= 0 && send(c, out, sizeof(out), 0) == sizeof(out) &&
		   recv(s, in, sizeof(in), MSG_WAITALL) == sizeof(in) &&
		   memcmp(in, out, sizeof(in)) == 0,
	   "100,000 bytes over it");
	close(c);
	is(recv(s, in, sizeof(in), 0), 0, "and its end");
	close(s);
	close(l);
}

static void test_own_datagram(int family)
{
	static char out[8192], in[8192];
	struct sockaddr_storage a;
	socklen_t n = own_address(family, &a), m = sizeof(a);
	int fd = socket(family, SOCK_DGRAM, 0);

	memset(out, 'd', sizeof(out));
	ok(bind(fd, (struct sockaddr *)&a, n) == 0 && getsockname(fd, (void *)&a, &m) == 0 &&
		   sendto(fd, out, sizeof(out), 0, (struct sockaddr *)&a, n) == sizeof(out) &&
		   recv(fd, in, sizeof(in), 0) == sizeof(in) && memcmp(in, out, sizeof(in)) == 0,
	   "a datagram of 8 KiB to our own address");
	close(fd);
}

static int own(void)
{
	static const int families[] = { AF_INET, AF_INET6 };

	for (int i = 0; i < 2; i++) {
		diag("# IPv%d", families[i] == AF_INET ? 4 : 6);
		test_own_stream(families[i]);
		test_own_datagram(families[i]);
	}
	return tap_done();
}

/* To the host's echo on @port: datagrams of all kinds of sizes, each back as it went. */
static int datagrams(const char *port)
{
	static const int sizes[] = { 1, 1460, 1472, 1473, 2953, 4096, 8192 };
	static char out[8192], in[8200];
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((in_port_t)atoi(port)) };
	const struct timeval patience = { 20, 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	a.sin_addr.s_addr = htonl(0x0a000202); /* the host, as QEMU's user network shows it */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	is(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0, "connect");
	for (size_t i = 0; i < sizeof(out); i++) {
		out[i] = (char)(i % 251);
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		ssize_t n = sizes[i];

		is(send(fd, out, (size_t)n, 0), n, "a datagram of %d bytes", sizes[i]);
		ok(recv(fd, in, sizeof(in), 0) == n && memcmp(in, out, (size_t)n) == 0,
		   "comes back whole");
	}
	close(fd);
	return tap_done();
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "own";

	if (strcmp(what, "bulk") == 0) {
		return bulk_serve();
	}
	return strcmp(what, "datagrams") == 0 && argc > 2 ? datagrams(argv[2]) : own();
}
