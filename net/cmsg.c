/* SPDX-License-Identifier: MIT */
/* Ancillary data of sendmsg() and recvmsg(): where a packet came in, and where and how one goes out. */
#include "sock.h"

#include <errno.h>
#include <kernel/time.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/time.h>

/* --- receive: what goes into msg_control -------------------------------------------------------- */

struct room {
	char *at;
	size_t left;
	bool cut;
};

static void put(struct room *to, int level, int type, const void *data, size_t n)
{
	struct cmsghdr h = { .cmsg_len = CMSG_LEN(n), .cmsg_level = level, .cmsg_type = type };

	if (to->cut || to->left < CMSG_LEN(n)) {
		to->cut = true;
		return;
	}
	memcpy(to->at, &h, sizeof(h));
	memcpy(to->at + CMSG_LEN(0), data, n);
	/* The last one's padding may be cut off. */
	n = MIN((size_t)CMSG_SPACE(n), to->left);
	to->at += n;
	to->left -= n;
}

static void put_int(struct room *to, int level, int type, int value)
{
	put(to, level, type, &value, sizeof(value));
}

static void put_pktinfo(const struct sock *s, const struct sock_rx *rx, struct room *to)
{
	if (s->domain == AF_INET) {
		struct in_pktinfo i = { .ipi_ifindex = rx->ifindex,
					.ipi_spec_dst = { ip_2_ip4(&rx->local)->addr },
					.ipi_addr = { ip_2_ip4(&rx->dest)->addr } };

		put(to, IPPROTO_IP, IP_PKTINFO, &i, sizeof(i));
	} else {
		struct in6_pktinfo i = { .ipi6_addr = sock_in6(&rx->dest),
					 .ipi6_ifindex = rx->ifindex };

		put(to, IPPROTO_IPV6, IPV6_PKTINFO, &i, sizeof(i));
	}
}

static void put_time(const struct sock *s, uint64_t when, struct room *to)
{
	struct timespec ts = { .tv_sec = (time_t)(when / NS_PER_SEC),
			       .tv_nsec = (long)(when % NS_PER_SEC) };
	struct timeval tv = { .tv_sec = ts.tv_sec,
			      .tv_usec = (suseconds_t)(ts.tv_nsec / (long)NS_PER_US) };

	if ((s->want & SOCK_WANT_TIMENS) != 0) {
		put(to, SOL_SOCKET, SCM_TIMESTAMPNS, &ts, sizeof(ts));
	} else {
		put(to, SOL_SOCKET, SCM_TIMESTAMP, &tv, sizeof(tv));
	}
}

void sock_cmsg_write(const struct sock *s, struct msghdr *m, struct sock_rx *rx)
{
	struct room to = { m->msg_control, m->msg_controllen, false };
	bool v6 = s->domain == AF_INET6;
	uint8_t tos = rx->tos;

	if ((s->want & (SOCK_WANT_TIME | SOCK_WANT_TIMENS)) != 0) {
		put_time(s, rx->when, &to);
	}
	if ((s->want & SOCK_WANT_PKTINFO) != 0) {
		put_pktinfo(s, rx, &to);
	}
	if ((s->want & SOCK_WANT_TTL) != 0) {
		put_int(&to, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_HOPLIMIT : IP_TTL, rx->ttl);
	}
	if ((s->want & SOCK_WANT_TOS) != 0) {
		if (v6) {
			put_int(&to, IPPROTO_IPV6, IPV6_TCLASS, tos);
		} else {
			put(&to, IPPROTO_IP, IP_TOS, &tos, sizeof(tos)); /* a byte, as on Linux */
		}
	}
	rx->flags |= to.cut ? MSG_CTRUNC : 0;
	m->msg_controllen -= to.left;
}

/* --- send ----------------------------------------------------------------------------------------- */

static bool is_own(const ip_addr_t *a)
{
	struct netif *f;

	NETIF_FOREACH(f)
	{
		if (IP_IS_V4(a) ? ip4_addr_eq(ip_2_ip4(a), netif_ip4_addr(f))
				: netif_get_ip6_addr_match(f, ip_2_ip6(a)) >= 0) {
			return true;
		}
	}
	return IP_IS_V4(a) && ip4_addr_isloopback(ip_2_ip4(a));
}

/* Interface and source address of a packet; 0 and "any" leave it to the route. */
static int set_way(struct sock_tx *tx, const ip_addr_t *src, unsigned index)
{
	struct netif *f = NULL;

	if (index != 0) {
		f = index < 255 ? netif_get_by_index((u8_t)index) : NULL;
		if (f == NULL) {
			return -ENODEV;
		}
		tx->ifindex = (uint8_t)index;
	}
	if (ip_addr_isany(src)) {
		return 0;
	}
	tx->src = *src;
	if (IP_IS_V6(src) && f != NULL) {
		ip6_addr_assign_zone(ip_2_ip6(&tx->src), IP6_UNICAST, f);
	}
	tx->has_src = true;
	return is_own(&tx->src) ? 0 : -EADDRNOTAVAIL;
}

static int read_pktinfo4(const void *data, size_t n, struct sock_tx *tx)
{
	struct in_pktinfo i;
	ip_addr_t src;

	if (n < sizeof(i)) {
		return -EINVAL;
	}
	memcpy(&i, data, sizeof(i));
	ip_addr_set_ip4_u32_val(src, i.ipi_spec_dst.s_addr);
	return i.ipi_ifindex < 0 ? -EINVAL : set_way(tx, &src, (unsigned)i.ipi_ifindex);
}

static int read_pktinfo6(const void *data, size_t n, struct sock_tx *tx)
{
	struct in6_pktinfo i;
	ip_addr_t src = { 0 };

	if (n < sizeof(i)) {
		return -EINVAL;
	}
	memcpy(&i, data, sizeof(i));
	if (IN6_IS_ADDR_V4MAPPED(&i.ipi6_addr)) {
		uint32_t v4;

		memcpy(&v4, &i.ipi6_addr.s6_addr[12], 4);
		ip_addr_set_ip4_u32_val(src, v4);
	} else {
		IP_SET_TYPE_VAL(src, IPADDR_TYPE_V6);
		memcpy(ip_2_ip6(&src)->addr, &i.ipi6_addr, 16);
	}
	return set_way(tx, &src, i.ipi6_ifindex);
}

static int read_byte(const void *data, size_t n, int least, int *out)
{
	int value;

	if (n != sizeof(value) && n != 1) {
		return -EINVAL;
	}
	value = n == 1 ? *(const uint8_t *)data : *(const int *)data;
	if (value < least || value > 255) {
		return -EINVAL;
	}
	*out = value;
	return 0;
}

static int read_one(const struct sock *s, const struct cmsghdr *c, struct sock_tx *tx)
{
	const void *data = CMSG_DATA(c);
	size_t n = c->cmsg_len - CMSG_LEN(0);

	if (c->cmsg_level == IPPROTO_IP) {
		switch (c->cmsg_type) {
		case IP_PKTINFO:
			return read_pktinfo4(data, n, tx);
		case IP_TTL:
			return read_byte(data, n, 1, &tx->ttl);
		case IP_TOS:
			return read_byte(data, n, 0, &tx->tos);
		default:
			return -EINVAL;
		}
	}
	if (c->cmsg_level != IPPROTO_IPV6 || s->domain != AF_INET6) {
		return -EINVAL;
	}
	switch (c->cmsg_type) {
	case IPV6_PKTINFO:
		return read_pktinfo6(data, n, tx);
	case IPV6_HOPLIMIT:
		return read_byte(data, n, 0, &tx->ttl);
	case IPV6_TCLASS:
		return read_byte(data, n, 0, &tx->tos);
	default:
		return -EINVAL;
	}
}

int sock_cmsg_read(const struct sock *s, const struct msghdr *m, struct sock_tx *tx)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	int r = 0;

	for (; c != NULL && r == 0; c = CMSG_NXTHDR(m, c)) {
		size_t left = m->msg_controllen - (size_t)((char *)c - (char *)m->msg_control);

		r = c->cmsg_len < sizeof(*c) || c->cmsg_len > left ? -EINVAL : read_one(s, c, tx);
	}
	return r;
}
