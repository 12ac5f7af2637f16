/* SPDX-License-Identifier: MIT */
/* Socket options of IPPROTO_IP and IPPROTO_IPV6, the same for all protocols: what goes into the header of
 * packets, and which ancillary data recvmsg() gives. */
#include "sock.h"

#include <errno.h>
#include <lwip/tcp.h>
#include <netinet/in.h>

/* --- set ------------------------------------------------------------------------------------- */

static int want(struct sock *s, unsigned bit, int on)
{
	s->want = on != 0 ? s->want | bit : s->want & ~bit;
	return 0;
}

/* -1 is the default. */
static int set_hops(struct sock *s, int value)
{
	if (value != -1 && (value < 1 || value > 255)) {
		return -EINVAL;
	}
	if (s->ip != NULL) {
		s->ip->ttl = value == -1 ? IP_DEFAULT_TTL : (u8_t)value;
	}
	return 0;
}

static int set_tos(struct sock *s, int value)
{
	if (value < -1 || value > 255) {
		return -EINVAL;
	}
	if (s->ip != NULL) {
		s->ip->tos = value == -1 ? 0 : (u8_t)value;
	}
	return 0;
}

/* Packets may always be cut in fragments: no promise to the contrary is taken. */
static int set_mtu_discover(int value)
{
	return value == IP_PMTUDISC_DONT || value == IP_PMTUDISC_WANT  ? 0
	       : value == IP_PMTUDISC_DO || value == IP_PMTUDISC_PROBE ? -EOPNOTSUPP
								       : -EINVAL;
}

/* Only before the socket has an address. */
static int set_v6only(struct sock *s, int value)
{
	ip_addr_t addr;
	uint16_t port = 0;

	if (s->domain != AF_INET6) {
		return -ENOPROTOOPT;
	}
	if (s->ip == NULL || (s->proto->name(s, false, &addr, &port) == 0 && port != 0)) {
		return -EINVAL;
	}
	s->v6only = value != 0;
	IP_SET_TYPE_VAL(s->ip->local_ip, sock_ip_type(s));
	IP_SET_TYPE_VAL(s->ip->remote_ip, sock_ip_type(s));
	return 0;
}

static int set_v4(struct sock *s, int name, int value)
{
	switch (name) {
	case IP_TTL:
		return set_hops(s, value);
	case IP_TOS:
		return set_tos(s, value);
	case IP_PKTINFO:
		return want(s, SOCK_WANT_PKTINFO, value);
	case IP_RECVTTL:
		return want(s, SOCK_WANT_TTL, value);
	case IP_RECVTOS:
		return want(s, SOCK_WANT_TOS, value);
	case IP_MTU_DISCOVER:
		return set_mtu_discover(value);
	default:
		return -ENOPROTOOPT;
	}
}

static int set_v6(struct sock *s, int name, int value)
{
	switch (name) {
	case IPV6_V6ONLY:
		return set_v6only(s, value);
	case IPV6_UNICAST_HOPS:
		return set_hops(s, value);
	case IPV6_TCLASS:
		return set_tos(s, value);
	case IPV6_RECVPKTINFO:
		return want(s, SOCK_WANT_PKTINFO, value);
	case IPV6_RECVHOPLIMIT:
		return want(s, SOCK_WANT_TTL, value);
	case IPV6_RECVTCLASS:
		return want(s, SOCK_WANT_TOS, value);
	case IPV6_MTU_DISCOVER:
		return set_mtu_discover(value);
	default:
		return -ENOPROTOOPT;
	}
}

int sock_ip_setopt(struct sock *s, int level, int name, const void *v, socklen_t len)
{
	int value, r = sock_mcast_setopt(s, level, name, v, len);

	if (r != -ENOPROTOOPT) {
		return r;
	}
	/* A dual-stack socket has both families' options. */
	if (level == IPPROTO_IPV6 && s->domain != AF_INET6) {
		return -ENOPROTOOPT;
	}
	r = sock_opt_int(v, len, &value);
	if (r == 0) {
		r = level == IPPROTO_IP ? set_v4(s, name, value) : set_v6(s, name, value);
	}
	return r == -ENOPROTOOPT ? s->proto->setopt(s, level, name, v, len) : r;
}

/* --- get ------------------------------------------------------------------------------------- */

/* Of the route to the peer. */
static int get_mtu(struct sock *s, int *value)
{
	ip_addr_t peer;
	uint16_t port;
	struct netif *f;
	int r = s->proto->name(s, true, &peer, &port);

	if (r != 0) {
		return r;
	}
	f = ip_route(&s->ip->local_ip, &peer);
	*value = f == NULL || f->mtu == 0 ? 65535 : f->mtu; /* the loopback has none */
	return 0;
}

static int wanted(const struct sock *s, unsigned bit, int *value)
{
	*value = (s->want & bit) != 0;
	return 0;
}

static int get_v4(struct sock *s, int name, int *value)
{
	switch (name) {
	case IP_TTL:
		*value = s->ip == NULL ? IP_DEFAULT_TTL : s->ip->ttl;
		return 0;
	case IP_TOS:
		*value = s->ip == NULL ? 0 : s->ip->tos;
		return 0;
	case IP_PKTINFO:
		return wanted(s, SOCK_WANT_PKTINFO, value);
	case IP_RECVTTL:
		return wanted(s, SOCK_WANT_TTL, value);
	case IP_RECVTOS:
		return wanted(s, SOCK_WANT_TOS, value);
	case IP_MTU_DISCOVER:
		*value = IP_PMTUDISC_DONT;
		return 0;
	case IP_MTU:
		return get_mtu(s, value);
	default:
		return -ENOPROTOOPT;
	}
}

static int get_v6(struct sock *s, int name, int *value)
{
	switch (name) {
	case IPV6_V6ONLY:
		*value = s->v6only;
		return 0;
	case IPV6_UNICAST_HOPS:
		return get_v4(s, IP_TTL, value);
	case IPV6_TCLASS:
		return get_v4(s, IP_TOS, value);
	case IPV6_RECVPKTINFO:
		return wanted(s, SOCK_WANT_PKTINFO, value);
	case IPV6_RECVHOPLIMIT:
		return wanted(s, SOCK_WANT_TTL, value);
	case IPV6_RECVTCLASS:
		return wanted(s, SOCK_WANT_TOS, value);
	case IPV6_MTU_DISCOVER:
		*value = IP_PMTUDISC_WANT; /* lwIP keeps the path's MTU per destination */
		return 0;
	case IPV6_MTU:
		return get_mtu(s, value);
	default:
		return -ENOPROTOOPT;
	}
}

int sock_ip_getopt(struct sock *s, int level, int name, void *v, socklen_t *len)
{
	int value = 0, r = sock_mcast_getopt(s, level, name, v, len);

	if (r != -ENOPROTOOPT) {
		return r;
	}
	if (level == IPPROTO_IPV6 && s->domain != AF_INET6) {
		return -ENOPROTOOPT;
	}
	r = level == IPPROTO_IP ? get_v4(s, name, &value) : get_v6(s, name, &value);
	if (r == 0) {
		return sock_opt_give_int(v, len, value);
	}
	return r == -ENOPROTOOPT ? s->proto->getopt(s, level, name, v, len) : r;
}
