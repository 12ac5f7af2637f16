/* SPDX-License-Identifier: MIT */
/* Multicast: which groups a socket is in, and how its packets to groups go out. A group belongs to an
 * interface, which counts its sockets; what a socket joined it leaves at the latest when it is closed. */
#include "sock.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <lwip/igmp.h>
#include <lwip/mld6.h>
#include <lwip/raw.h>
#include <lwip/udp.h>
#include <netinet/in.h>
#include <string.h>

struct membership {
	struct membership *next;
	struct netif *netif; /* interfaces are never removed */
	ip_addr_t group;
};

/* What a request names: the group, and the interface by number or address. */
struct request {
	ip_addr_t group;
	unsigned index;
	ip4_addr_t addr;
};

/* --- reading the requests ------------------------------------------------------------------- */

static int read_v4(const void *v, socklen_t len, struct request *q)
{
	struct ip_mreqn m = { .imr_ifindex = 0 };

	/* struct ip_mreq is its beginning. */
	if (len < sizeof(struct ip_mreq)) {
		return -EINVAL;
	}
	memcpy(&m, v, MIN((size_t)len, sizeof(m)));
	IP_SET_TYPE_VAL(q->group, IPADDR_TYPE_V4);
	ip_2_ip4(&q->group)->addr = m.imr_multiaddr.s_addr;
	q->addr.addr = m.imr_address.s_addr;
	q->index = len >= sizeof(m) && m.imr_ifindex > 0 ? (unsigned)m.imr_ifindex : 0;
	return 0;
}

static int read_v6(const void *v, socklen_t len, struct request *q)
{
	struct ipv6_mreq m;

	if (len < sizeof(m)) {
		return -EINVAL;
	}
	memcpy(&m, v, sizeof(m));
	IP_SET_TYPE_VAL(q->group, IPADDR_TYPE_V6);
	memcpy(ip_2_ip6(&q->group)->addr, &m.ipv6mr_multiaddr, 16);
	q->index = m.ipv6mr_interface;
	return 0;
}

static int read_group(const void *v, socklen_t len, struct request *q)
{
	struct group_req m;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&m.gr_group;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&m.gr_group;

	if (len < sizeof(m)) {
		return -EINVAL;
	}
	memcpy(&m, v, sizeof(m));
	q->index = m.gr_interface;
	if (m.gr_group.ss_family == AF_INET) {
		IP_SET_TYPE_VAL(q->group, IPADDR_TYPE_V4);
		ip_2_ip4(&q->group)->addr = v4->sin_addr.s_addr;
	} else {
		IP_SET_TYPE_VAL(q->group, IPADDR_TYPE_V6);
		memcpy(ip_2_ip6(&q->group)->addr, &v6->sin6_addr, 16);
	}
	return m.gr_group.ss_family == AF_INET || m.gr_group.ss_family == AF_INET6 ? 0 : -EINVAL;
}

static struct netif *netif_by_address(const ip4_addr_t *addr)
{
	struct netif *f;

	NETIF_FOREACH(f)
	{
		if (ip4_addr_eq(netif_ip4_addr(f), addr)) {
			return f;
		}
	}
	return NULL;
}

/* The interface that the request names, else the default one, else the loopback. */
static int find_netif(const struct request *q, struct netif **out)
{
	if (q->index != 0) {
		*out = q->index < 255 ? netif_get_by_index((u8_t)q->index) : NULL;
	} else if (q->addr.addr != 0) {
		*out = netif_by_address(&q->addr);
	} else {
		*out = netif_default != NULL ? netif_default : netif_get_by_index(1);
	}
	return *out == NULL ? -ENODEV : 0;
}

/* --- membership ------------------------------------------------------------------------------ */

static struct membership **find(struct sock *s, const ip_addr_t *group, const struct netif *f)
{
	struct membership **m = &s->groups;

	while (*m != NULL && !((*m)->netif == f && ip_addr_eq(&(*m)->group, group))) {
		m = &(*m)->next;
	}
	return m;
}

static err_t enter(struct netif *f, const ip_addr_t *group)
{
	return IP_IS_V4(group) ? igmp_joingroup_netif(f, ip_2_ip4(group))
			       : mld6_joingroup_netif(f, ip_2_ip6(group));
}

static void leave(struct membership **at)
{
	struct membership *m = *at;

	if (IP_IS_V4_VAL(m->group)) {
		igmp_leavegroup_netif(m->netif, ip_2_ip4(&m->group));
	} else {
		mld6_leavegroup_netif(m->netif, ip_2_ip6(&m->group));
	}
	*at = m->next;
	kfree(m);
}

static int join(struct sock *s, const struct request *q, struct netif *f)
{
	struct membership *m = kmalloc(sizeof(*m));
	err_t err;

	if (m == NULL) {
		return -ENOBUFS;
	}
	*m = (struct membership){ .next = s->groups, .netif = f, .group = q->group };
	err = enter(f, &m->group);
	if (err != ERR_OK) {
		kfree(m);
		return sock_errno(err);
	}
	s->groups = m;
	return 0;
}

static int change(struct sock *s, struct request *q, bool in)
{
	struct membership **at;
	struct netif *f;
	int r = find_netif(q, &f);

	if (!ip_addr_ismulticast(&q->group)) {
		return -EINVAL;
	}
	if (r != 0) {
		return r;
	}
	if (IP_IS_V6_VAL(q->group)) {
		ip6_addr_assign_zone(ip_2_ip6(&q->group), IP6_MULTICAST, f);
	}
	at = find(s, &q->group, f);
	if (in) {
		return *at != NULL ? -EADDRINUSE : join(s, q, f);
	}
	if (*at == NULL) {
		return -EADDRNOTAVAIL;
	}
	leave(at);
	return 0;
}

void sock_mcast_leave_all(struct sock *s)
{
	while (s->groups != NULL) {
		leave(&s->groups);
	}
}

/* --- how packets go out ------------------------------------------------------------------------ */

static bool is_raw(const struct sock *s)
{
	return s->proto == &raw_proto;
}

static int set_ttl(struct sock *s, int value)
{
	if (value < -1 || value > 255) {
		return -EINVAL;
	}
	value = value == -1 ? IP_DEFAULT_MULTICAST_TTL : value;
	if (is_raw(s)) {
		raw_set_multicast_ttl(s->raw, (u8_t)value);
	} else {
		udp_set_multicast_ttl(s->udp, (u8_t)value);
	}
	return 0;
}

static int set_loop(struct sock *s, int value)
{
	if (is_raw(s)) {
		raw_clear_flags(s->raw, RAW_FLAGS_MULTICAST_LOOP);
		raw_set_flags(s->raw, value != 0 ? RAW_FLAGS_MULTICAST_LOOP : 0);
	} else {
		udp_clear_flags(s->udp, UDP_FLAGS_MULTICAST_LOOP);
		udp_set_flags(s->udp, value != 0 ? UDP_FLAGS_MULTICAST_LOOP : 0);
	}
	return 0;
}

static void set_index(struct sock *s, u8_t index)
{
	if (is_raw(s)) {
		raw_set_multicast_netif_index(s->raw, index);
	} else {
		udp_set_multicast_netif_index(s->udp, index);
	}
}

/* An address, or one of the structures that contain it; all zeros: by the route. */
static int set_if_v4(struct sock *s, const void *v, socklen_t len)
{
	struct request q = { .index = 0 };
	struct netif *f = NULL;
	int r = 0;

	if (len >= sizeof(struct ip_mreq)) {
		r = read_v4(v, len, &q);
	} else if (len >= sizeof(q.addr)) {
		memcpy(&q.addr, v, sizeof(q.addr));
	} else {
		r = -EINVAL;
	}
	if (r == 0 && (q.index != 0 || q.addr.addr != 0)) {
		r = find_netif(&q, &f) == 0 ? 0 : -EADDRNOTAVAIL;
	}
	if (r == 0) {
		set_index(s, f == NULL ? NETIF_NO_INDEX : netif_get_index(f));
	}
	return r;
}

static int set_if_v6(struct sock *s, int index)
{
	if (index < 0 || index > 254 || (index != 0 && netif_get_by_index((u8_t)index) == NULL)) {
		return -ENODEV;
	}
	set_index(s, (u8_t)index);
	return 0;
}

static int request(struct sock *s, int (*read)(const void *v, socklen_t len, struct request *q),
		   const void *v, socklen_t len, bool in)
{
	struct request q = { .index = 0 };
	int r = read(v, len, &q);

	return r != 0 ? r : change(s, &q, in);
}

/* --- the options --------------------------------------------------------------------------------- */

static int set_v4(struct sock *s, int name, const void *v, socklen_t len)
{
	int value, r;

	switch (name) {
	case IP_ADD_MEMBERSHIP:
	case IP_DROP_MEMBERSHIP:
		return request(s, read_v4, v, len, name == IP_ADD_MEMBERSHIP);
	case IP_MULTICAST_IF:
		return set_if_v4(s, v, len);
	case IP_MULTICAST_TTL:
	case IP_MULTICAST_LOOP:
		r = sock_opt_int(v, len, &value);
		return r != 0			  ? r
		       : name == IP_MULTICAST_TTL ? set_ttl(s, value)
						  : set_loop(s, value);
	default:
		return -ENOPROTOOPT;
	}
}

static int set_v6(struct sock *s, int name, const void *v, socklen_t len)
{
	int value, r;

	switch (name) {
	case IPV6_JOIN_GROUP:
	case IPV6_LEAVE_GROUP:
		return request(s, read_v6, v, len, name == IPV6_JOIN_GROUP);
	case IPV6_MULTICAST_IF:
	case IPV6_MULTICAST_HOPS:
	case IPV6_MULTICAST_LOOP:
		r = sock_opt_int(v, len, &value);
		return r != 0			     ? r
		       : name == IPV6_MULTICAST_IF   ? set_if_v6(s, value)
		       : name == IPV6_MULTICAST_HOPS ? set_ttl(s, value)
						     : set_loop(s, value);
	default:
		return -ENOPROTOOPT;
	}
}

int sock_mcast_setopt(struct sock *s, int level, int name, const void *v, socklen_t len)
{
	if (s->type == SOCK_STREAM) {
		return -ENOPROTOOPT;
	}
	if (name == MCAST_JOIN_GROUP || name == MCAST_LEAVE_GROUP) {
		return request(s, read_group, v, len, name == MCAST_JOIN_GROUP);
	}
	return level == IPPROTO_IP     ? set_v4(s, name, v, len)
	       : s->domain == AF_INET6 ? set_v6(s, name, v, len)
				       : -ENOPROTOOPT;
}

static int get_if_v4(const struct sock *s, void *v, socklen_t *len)
{
	u8_t index = is_raw(s) ? s->raw->mcast_ifindex : s->udp->mcast_ifindex;
	struct netif *f = index == NETIF_NO_INDEX ? NULL : netif_get_by_index(index);
	struct in_addr a = { f == NULL ? 0 : netif_ip4_addr(f)->addr };

	return sock_opt_give(v, len, &a, sizeof(a));
}

int sock_mcast_getopt(struct sock *s, int level, int name, void *v, socklen_t *len)
{
	bool v6 = level == IPPROTO_IPV6, raw = is_raw(s);

	if (s->type == SOCK_STREAM) {
		return -ENOPROTOOPT;
	}
	if (name == (v6 ? IPV6_MULTICAST_HOPS : IP_MULTICAST_TTL)) {
		return sock_opt_give_int(v, len, raw ? s->raw->mcast_ttl : s->udp->mcast_ttl);
	}
	if (name == (v6 ? IPV6_MULTICAST_LOOP : IP_MULTICAST_LOOP)) {
		return sock_opt_give_int(v, len,
					 raw ? raw_is_flag_set(s->raw, RAW_FLAGS_MULTICAST_LOOP)
					     : udp_is_flag_set(s->udp, UDP_FLAGS_MULTICAST_LOOP));
	}
	if (!v6 && name == IP_MULTICAST_IF) {
		return get_if_v4(s, v, len);
	}
	if (v6 && name == IPV6_MULTICAST_IF) {
		return sock_opt_give_int(v, len,
					 raw ? s->raw->mcast_ifindex : s->udp->mcast_ifindex);
	}
	return -ENOPROTOOPT;
}
