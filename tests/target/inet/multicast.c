/* SPDX-License-Identifier: MIT */
/* Datagrams beyond one to one: groups on the loopback, sockets that share a port, and echo requests. */
#include "inet.h"

#include "../tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define PORT 5007

static socklen_t group(int family, struct sockaddr_storage *a)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)a;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)a;

	memset(a, 0, sizeof(*a));
	a->ss_family = (sa_family_t)family;
	v4->sin_port = htons(PORT);
	if (family == AF_INET) {
		inet_pton(AF_INET, "239.1.2.3", &v4->sin_addr);
		return sizeof(*v4);
	}
	inet_pton(AF_INET6, "ff12::1234", &v6->sin6_addr);
	v6->sin6_scope_id = if_nametoindex("lo");
	return sizeof(*v6);
}

static int change(int fd, int family, bool in)
{
	struct sockaddr_storage a;
	struct ip_mreq m4 = { .imr_interface = { htonl(INADDR_LOOPBACK) } };
	struct ipv6_mreq m6 = { .ipv6mr_interface = if_nametoindex("lo") };

	group(family, &a);
	if (family == AF_INET) {
		m4.imr_multiaddr = ((struct sockaddr_in *)&a)->sin_addr;
		return setsockopt(fd, IPPROTO_IP, in ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &m4,
				  sizeof(m4));
	}
	m6.ipv6mr_multiaddr = ((struct sockaddr_in6 *)&a)->sin6_addr;
	return setsockopt(fd, IPPROTO_IPV6, in ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, &m6,
			  sizeof(m6));
}

static int hearer(int family)
{
	struct sockaddr_storage any = { .ss_family = (sa_family_t)family };
	int fd = socket(family, SOCK_DGRAM, 0);

	((struct sockaddr_in *)&any)->sin_port = htons(PORT);
	set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	return bind(fd, (struct sockaddr *)&any,
		    family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6)) ==
			       0
		       ? fd
		       : -1;
}

static bool hears(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c;

	return poll(&p, 1, 20) == 1 && recv(fd, &c, 1, 0) == 1;
}

static bool use_loopback(int fd, int family)
{
	struct in_addr lo = { htonl(INADDR_LOOPBACK) };
	int index = (int)if_nametoindex("lo");

	return family == AF_INET ? setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &lo, sizeof(lo)) == 0
				 : setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index,
					      sizeof(index)) == 0;
}

void test_multicast(int family)
{
	int level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
	int loop = family == AF_INET ? IP_MULTICAST_LOOP : IPV6_MULTICAST_LOOP;
	int hops = family == AF_INET ? IP_MULTICAST_TTL : IPV6_MULTICAST_HOPS;
	int a = hearer(family), b = hearer(family), s = socket(family, SOCK_DGRAM, 0);
	struct sockaddr_storage to;
	socklen_t n = group(family, &to);

	ok(a >= 0 && b >= 0, "two sockets on one port");
	ok(change(a, family, true) == 0 && change(b, family, true) == 0, "join");
	fails(change(a, family, true), EADDRINUSE, "once");
	is(get_int(s, level, hops), 1, "groups are near by default");
	ok(set_int(s, level, hops, 3) && get_int(s, level, hops) == 3 && use_loopback(s, family),
	   "hops and interface");
	is(sendto(s, "m", 1, 0, (struct sockaddr *)&to, n), 1, "send to the group");
	ok(hears(a) && hears(b), "both hear it");
	is(change(a, family, false), 0, "leave");
	fails(change(a, family, false), EADDRNOTAVAIL, "once");
	sendto(s, "m", 1, 0, (struct sockaddr *)&to, n);
	ok(hears(b), "who stayed hears");
	close(b);
	close(a);
	a = hearer(family);
	sendto(s, "m", 1, 0, (struct sockaddr *)&to, n);
	ok(!hears(a), "close() leaves");
	change(a, family, true);
	ok(set_int(s, level, loop, 0) && get_int(s, level, loop) == 0, "no loop");
	close(a);
	close(s);
}

/* --- SO_REUSEPORT --------------------------------------------------------------------------------- */

#define SHARERS 4
#define SENDERS 32

void test_shared_port(int family)
{
	struct sockaddr_storage a;
	socklen_t n = loopback(family, 0, &a);
	int s[SHARERS], heard[SHARERS] = { 0 }, used = 0, sum = 0;
	char c;

	for (int i = 0; i < SHARERS; i++) {
		s[i] = socket(family, SOCK_DGRAM, 0);
		set_int(s[i], SOL_SOCKET, SO_REUSEPORT, 1);
		if (bind(s[i], (struct sockaddr *)&a, n) == 0 && i == 0) {
			n = loopback(family, port_of(s[0]), &a);
		}
	}
	ok(port_of(s[SHARERS - 1]) == port_of(s[0]), "datagram sockets share a port");
	for (int i = 0; i < SENDERS; i++) {
		int from = socket(family, SOCK_DGRAM, 0);

		sendto(from, "x", 1, 0, (struct sockaddr *)&a, n);
		sendto(from, "y", 1, 0, (struct sockaddr *)&a, n);
		close(from);
	}
	usleep(1000);
	for (int i = 0; i < SHARERS; i++) {
		while (recv(s[i], &c, 1, MSG_DONTWAIT) == 1) {
			heard[i]++;
		}
		used += heard[i] > 0;
		sum += heard[i];
		ok(heard[i] % 2 == 0, "one sender is always one socket's");
		close(s[i]);
	}
	is(sum, 2 * SENDERS, "each datagram reaches one of them");
	ok(used > 1, "and not always the same");
}

/* --- ICMP -------------------------------------------------------------------------------------------- */

static size_t echo_request(int family, uint8_t packet[16], uint16_t id)
{
	struct icmphdr h = { .type = family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST };

	h.un.echo.id = htons(id);
	h.un.echo.sequence = htons(5);
	memset(packet, 'p', 16);
	memcpy(packet, &h, sizeof(h));
	return 16;
}

static uint16_t checksum(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < n; i += 2) {
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	}
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~((sum & 0xffff) + (sum >> 16));
}

static void test_ping_socket(int family)
{
	struct sockaddr_storage a;
	socklen_t n = loopback(family, 0, &a);
	int fd = socket(family, SOCK_DGRAM, family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	uint8_t out[16], in[64];
	size_t len = echo_request(family, out, 1);

	ok(fd >= 0 && sendto(fd, out, len, 0, (struct sockaddr *)&a, n) == (ssize_t)len,
	   "a ping socket sends an echo request");
	ok(recv(fd, in, sizeof(in), 0) == (ssize_t)len &&
		   in[0] == (family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY) &&
		   memcmp(in + 6, out + 6, len - 6) == 0,
	   "and has its reply");
	out[0] = 3;
	fails(sendto(fd, out, len, 0, (struct sockaddr *)&a, n), EINVAL, "but nothing else");
	close(fd);
}

static void test_raw_socket(int family)
{
	struct sockaddr_storage a;
	socklen_t n = loopback(family, 0, &a);
	int fd = socket(family, SOCK_RAW, family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	size_t head = family == AF_INET ? 20 : 0, len;
	uint8_t out[16], in[64];
	uint16_t sum;
	ssize_t got;

	len = echo_request(family, out, 77);
	sum = htons(checksum(out, len));
	memcpy(out + 2, &sum, 2); /* IPv6's is the system's task */
	ok(fd >= 0 && sendto(fd, out, len, 0, (struct sockaddr *)&a, n) == (ssize_t)len,
	   "a raw socket sends ICMP");
	do {
		got = recv(fd, in, sizeof(in), 0);
	} while (got > 0 && in[head] != (family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY));
	ok(got == (ssize_t)(head + len) && memcmp(in + head + 4, out + 4, len - 4) == 0,
	   "and hears all of it, the reply, too");
	close(fd);
}

void test_ping(int family)
{
	test_ping_socket(family);
	test_raw_socket(family);
	fails(socket(family, SOCK_RAW, 0), EPROTONOSUPPORT, "raw needs a protocol");
}
