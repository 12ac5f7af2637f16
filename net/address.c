/* SPDX-License-Identifier: MIT */
/* Addresses and errors between POSIX and lwIP. */
#include "sock.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

int sock_errno(err_t e)
{
	static const int map[] = {
		[0] = 0,
		[-ERR_MEM] = ENOBUFS,
		[-ERR_BUF] = ENOBUFS,
		[-ERR_TIMEOUT] = ETIMEDOUT,
		[-ERR_RTE] = EHOSTUNREACH,
		[-ERR_INPROGRESS] = EINPROGRESS,
		[-ERR_VAL] = EINVAL,
		[-ERR_WOULDBLOCK] = EAGAIN,
		[-ERR_USE] = EADDRINUSE,
		[-ERR_ALREADY] = EALREADY,
		[-ERR_ISCONN] = EISCONN,
		[-ERR_CONN] = ENOTCONN,
		[-ERR_IF] = ENETDOWN,
		[-ERR_ABRT] = ECONNABORTED,
		[-ERR_RST] = ECONNRESET,
		[-ERR_CLSD] = ENOTCONN,
		[-ERR_ARG] = EINVAL,
	};

	return e > 0 || (unsigned)-e >= ARRAY_SIZE(map) ? -EIO : -map[-e];
}

uint8_t sock_ip_type(const struct sock *s)
{
	return s->domain == AF_INET ? IPADDR_TYPE_V4 : s->v6only ? IPADDR_TYPE_V6 : IPADDR_TYPE_ANY;
}

int sock_get_address(const struct sock *s, const struct sockaddr *a, socklen_t len, ip_addr_t *out,
		     uint16_t *port)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)a;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)a;

	if (a == NULL || len < sizeof(sa_family_t)) {
		return -EINVAL;
	}
	if (a->sa_family != s->domain) {
		return -EAFNOSUPPORT;
	}
	memset(out, 0, sizeof(*out));
	if (s->domain == AF_INET) {
		if (len < sizeof(*v4)) {
			return -EINVAL;
		}
		IP_SET_TYPE(out, IPADDR_TYPE_V4);
		ip_2_ip4(out)->addr = v4->sin_addr.s_addr;
		*port = __builtin_bswap16(v4->sin_port);
		return 0;
	}
	if (len < sizeof(*v6)) {
		return -EINVAL;
	}
	*port = __builtin_bswap16(v6->sin6_port);
	if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
		if (s->v6only) {
			return -EAFNOSUPPORT;
		}
		IP_SET_TYPE(out, IPADDR_TYPE_V4);
		memcpy(&ip_2_ip4(out)->addr, &v6->sin6_addr.s6_addr[12], 4);
		return 0;
	}
	IP_SET_TYPE(out, IPADDR_TYPE_V6);
	memcpy(ip_2_ip6(out)->addr, &v6->sin6_addr, 16);
	/* A link-local address means one link: the given one, or the first. */
	if (ip6_addr_has_scope(ip_2_ip6(out), IP6_UNKNOWN)) {
		struct netif *n = v6->sin6_scope_id != 0
					  ? netif_get_by_index((u8_t)v6->sin6_scope_id)
					  : netif_default;
		ip6_addr_assign_zone(ip_2_ip6(out), IP6_UNKNOWN, n);
	}
	return 0;
}

void sock_put_address(const struct sock *s, const ip_addr_t *a, uint16_t port,
		      struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*v6));
	out->ss_family = (sa_family_t)s->domain;
	if (s->domain == AF_INET) {
		v4->sin_port = __builtin_bswap16(port);
		v4->sin_addr.s_addr = IP_IS_V4(a) ? ip_2_ip4(a)->addr : 0;
		return;
	}
	v6->sin6_port = __builtin_bswap16(port);
	if (IP_IS_V4(a) && !ip_addr_isany(a)) {
		v6->sin6_addr.s6_addr[10] = 0xff;
		v6->sin6_addr.s6_addr[11] = 0xff;
		memcpy(&v6->sin6_addr.s6_addr[12], &ip_2_ip4(a)->addr, 4);
	} else if (IP_IS_V6(a)) {
		memcpy(&v6->sin6_addr, ip_2_ip6(a)->addr, 16);
		v6->sin6_scope_id = ip6_addr_zone(ip_2_ip6(a));
	}
}

void sock_copy_address(const struct sockaddr_storage *from, struct sockaddr *a, socklen_t *len)
{
	socklen_t whole = from->ss_family == AF_INET ? sizeof(struct sockaddr_in)
						     : sizeof(struct sockaddr_in6);

	if (a != NULL && len != NULL) {
		memcpy(a, from, MIN(*len, whole));
		*len = whole;
	}
}

struct in6_addr sock_in6(const ip_addr_t *a)
{
	struct in6_addr r = { 0 };

	if (IP_IS_V6(a)) {
		memcpy(&r, ip_2_ip6(a)->addr, sizeof(r));
	} else {
		r.s6_addr[10] = 0xff;
		r.s6_addr[11] = 0xff;
		memcpy(&r.s6_addr[12], &ip_2_ip4(a)->addr, 4);
	}
	return r;
}
