/* SPDX-License-Identifier: MIT */
/* Ancillary data: where a packet came in, and choosing how one goes out. */
#include "inet.h"

#include "../tap.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct message {
	struct msghdr m;
	struct iovec iov;
	char data[64];
	_Alignas(8) char control[256];
};

static void prepare(struct message *x, size_t room)
{
	memset(x, 0, sizeof(*x));
	x->iov = (struct iovec){ x->data, sizeof(x->data) };
	x->m.msg_iov = &x->iov;
	x->m.msg_iovlen = 1;
	x->m.msg_control = x->control;
	x->m.msg_controllen = room;
}

/* The data of a kind, or NULL. */
static const void *find(struct msghdr *m, int level, int type, size_t n)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == level && c->cmsg_type == type && c->cmsg_len == CMSG_LEN(n)) {
			return CMSG_DATA(c);
		}
	}
	return NULL;
}

static void send_to(int from, int to, int family)
{
	struct sockaddr_storage a;
	socklen_t n = loopback(family, port_of(to), &a);

	sendto(from, "hi", 2, 0, (struct sockaddr *)&a, n);
}

static void check_pktinfo(struct message *x, int family)
{
	unsigned lo = if_nametoindex("lo");

	if (family == AF_INET) {
		const struct in_pktinfo *i = find(&x->m, IPPROTO_IP, IP_PKTINFO, sizeof(*i));

		ok(i != NULL && i->ipi_ifindex == (int)lo &&
			   i->ipi_addr.s_addr == htonl(INADDR_LOOPBACK) &&
			   i->ipi_spec_dst.s_addr == htonl(INADDR_LOOPBACK),
		   "IP_PKTINFO: destination and interface");
	} else {
		const struct in6_pktinfo *i = find(&x->m, IPPROTO_IPV6, IPV6_PKTINFO, sizeof(*i));

		ok(i != NULL && i->ipi6_ifindex == lo && IN6_IS_ADDR_LOOPBACK(&i->ipi6_addr),
		   "IPV6_PKTINFO: destination and interface");
	}
}

static void check_header(struct message *x, int family)
{
	if (family == AF_INET) {
		const int *ttl = find(&x->m, IPPROTO_IP, IP_TTL, sizeof(*ttl));
		const uint8_t *tos = find(&x->m, IPPROTO_IP, IP_TOS, sizeof(*tos));

		ok(ttl != NULL && *ttl == 17 && tos != NULL && *tos == 0x20, "TTL and TOS");
	} else {
		const int *hops = find(&x->m, IPPROTO_IPV6, IPV6_HOPLIMIT, sizeof(*hops));
		const int *class = find(&x->m, IPPROTO_IPV6, IPV6_TCLASS, sizeof(*class));

		ok(hops != NULL && *hops == 17 && class != NULL && *class == 0x20,
		   "hop limit and traffic class");
	}
}

static void ask_for_all(int fd, int family)
{
	bool v4 = family == AF_INET;
	int level = v4 ? IPPROTO_IP : IPPROTO_IPV6;

	ok(set_int(fd, level, v4 ? IP_PKTINFO : IPV6_RECVPKTINFO, 1) &&
		   set_int(fd, level, v4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT, 1) &&
		   set_int(fd, level, v4 ? IP_RECVTOS : IPV6_RECVTCLASS, 1) &&
		   set_int(fd, SOL_SOCKET, SO_TIMESTAMP, 1),
	   "ask for all");
}

static void test_receive(int family)
{
	bool v4 = family == AF_INET;
	int level = v4 ? IPPROTO_IP : IPPROTO_IPV6, a = datagram(family), b = datagram(family);
	struct message x;
	const struct timeval *tv;

	send_to(a, b, family);
	prepare(&x, sizeof(x.control));
	ok(recvmsg(b, &x.m, 0) == 2 && x.m.msg_controllen == 0, "nothing that nobody asked for");
	ask_for_all(b, family);
	set_int(a, level, v4 ? IP_TTL : IPV6_UNICAST_HOPS, 17);
	set_int(a, level, v4 ? IP_TOS : IPV6_TCLASS, 0x20);
	send_to(a, b, family);
	prepare(&x, sizeof(x.control));
	is(recvmsg(b, &x.m, MSG_PEEK), 2, "MSG_PEEK");
	check_pktinfo(&x, family);
	prepare(&x, sizeof(x.control));
	is(recvmsg(b, &x.m, 0), 2, "receive");
	check_pktinfo(&x, family);
	check_header(&x, family);
	tv = find(&x.m, SOL_SOCKET, SCM_TIMESTAMP, sizeof(*tv));
	ok(tv != NULL && tv->tv_usec >= 0 && tv->tv_usec < 1000000, "SO_TIMESTAMP");
	is(x.m.msg_flags, 0, "nothing was cut");
	send_to(a, b, family);
	prepare(&x, CMSG_SPACE(sizeof(struct timeval)));
	ok(recvmsg(b, &x.m, 0) == 2 && (x.m.msg_flags & MSG_CTRUNC) != 0 &&
		   find(&x.m, SOL_SOCKET, SCM_TIMESTAMP, sizeof(*tv)) != NULL,
	   "too little room: MSG_CTRUNC and what fits");
	close(a);
	close(b);
}

static struct cmsghdr *add(struct message *x, int level, int type, const void *data, size_t n)
{
	struct cmsghdr *c = (struct cmsghdr *)(void *)(x->control + x->m.msg_controllen);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(n);
	memcpy(CMSG_DATA(c), data, n);
	x->m.msg_controllen += CMSG_SPACE(n);
	return c;
}

static ssize_t send_with(int fd, struct message *x, const struct sockaddr_storage *to, socklen_t n)
{
	x->m.msg_name = (void *)(uintptr_t)to;
	x->m.msg_namelen = n;
	x->iov.iov_len = 2;
	return sendmsg(fd, &x->m, 0);
}

static void test_send(int family)
{
	bool v4 = family == AF_INET;
	int level = v4 ? IPPROTO_IP : IPPROTO_IPV6, b = datagram(family), hops = 7;
	int a = socket(family, SOCK_DGRAM, 0);
	struct in_pktinfo i4 = { .ipi_spec_dst = { htonl(INADDR_LOOPBACK) } };
	struct in6_pktinfo i6 = { .ipi6_addr = in6addr_loopback,
				  .ipi6_ifindex = if_nametoindex("lo") };
	struct sockaddr_storage to;
	socklen_t n = loopback(family, port_of(b), &to);
	const int *got;
	struct message x;

	set_int(b, level, v4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT, 1);
	prepare(&x, 0);
	add(&x, level, v4 ? IP_PKTINFO : IPV6_PKTINFO, v4 ? (void *)&i4 : (void *)&i6,
	    v4 ? sizeof(i4) : sizeof(i6));
	add(&x, level, v4 ? IP_TTL : IPV6_HOPLIMIT, &hops, sizeof(hops));
	is(send_with(a, &x, &to, n), 2, "with source, interface and hops");
	prepare(&x, sizeof(x.control));
	is(recvmsg(b, &x.m, 0), 2, "it arrives");
	got = find(&x.m, level, v4 ? IP_TTL : IPV6_HOPLIMIT, sizeof(*got));
	ok(got != NULL && *got == 7, "with those hops");
	is(get_int(a, level, v4 ? IP_TTL : IPV6_UNICAST_HOPS), 64, "the socket's own stay");
	prepare(&x, 0);
	i4.ipi_spec_dst.s_addr = htonl(0x01020304);
	i6.ipi6_addr.s6_addr[0] = 0x20;
	add(&x, level, v4 ? IP_PKTINFO : IPV6_PKTINFO, v4 ? (void *)&i4 : (void *)&i6,
	    v4 ? sizeof(i4) : sizeof(i6));
	fails(send_with(a, &x, &to, n), EADDRNOTAVAIL, "not from an address of others");
	prepare(&x, 0);
	add(&x, level, v4 ? IP_TTL : IPV6_HOPLIMIT, &hops, sizeof(hops))->cmsg_len = 3;
	fails(send_with(a, &x, &to, n), EINVAL, "a header that is too short");
	prepare(&x, 0);
	add(&x, SOL_SOCKET, 99, &hops, sizeof(hops));
	fails(send_with(a, &x, &to, n), EINVAL, "a kind that there is not");
	close(a);
	close(b);
}

void test_ancillary(int family)
{
	test_receive(family);
	test_send(family);
}
