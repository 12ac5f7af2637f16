/* SPDX-License-Identifier: MIT */
/* Raw sockets (SOCK_RAW of any protocol, with the IPv4 header in front of what is received, as everywhere)
 * and ping sockets (SOCK_DGRAM of ICMP: echo requests out, their replies in). Packets that they see go on
 * to the stack as well. Everything under net_lock. */
#include "dgram.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/rand.h>
#include <lwip/inet_chksum.h>
#include <lwip/prot/icmp.h>
#include <lwip/prot/icmp6.h>
#include <lwip/raw.h>
#include <netinet/in.h>
#include <string.h>

/* ICMP_FILTER and ICMP6_FILTER, whose headers have the names of lwIP's. */
#define FILTER 1

struct raw_sock {
	struct dgram_sock d;
	struct list link;    /* all of them */
	uint16_t id;	     /* of a ping socket's echos; its port */
	uint32_t blocked[8]; /* ICMP types that are not received, a bit each */
};

static struct list all = LIST_INIT(all);

static struct raw_sock *raw_of(struct sock *s)
{
	return container_of(dgram_of(s), struct raw_sock, d);
}

static bool is_ping(const struct sock *s)
{
	return s->type == SOCK_DGRAM;
}

static bool connected(const struct sock *s)
{
	return raw_is_flag_set(s->raw, RAW_FLAGS_CONNECTED);
}

void net_raw_restart(void (*look_again)(struct sock *s))
{
	struct list *p;

	list_for_each(p, &all) {
		look_again(&list_entry(p, struct raw_sock, link)->d.s);
	}
}

/* --- receive ----------------------------------------------------------------------------------- */

/* ICMP's first word lies at @at: is it for this socket? */
static bool wanted(const struct raw_sock *r, const struct pbuf *p, unsigned at)
{
	const struct sock *s = &r->d.s;
	uint8_t h[8];

	if (s->protocol != IPPROTO_ICMP && s->protocol != IPPROTO_ICMPV6) {
		return true;
	}
	if (pbuf_copy_partial(p, h, sizeof(h), (u16_t)at) != sizeof(h)) {
		return false;
	}
	if (is_ping(s)) {
		return h[0] == (s->domain == AF_INET ? ICMP_ER : ICMP6_TYPE_EREP) &&
		       (h[4] << 8 | h[5]) == r->id;
	}
	return (r->blocked[h[0] >> 5] >> (h[0] & 31) & 1) == 0;
}

/* Returns 0: the stack goes on with @p. */
static u8_t on_packet(void *arg, struct raw_pcb *pcb, struct pbuf *p, const ip_addr_t *from)
{
	struct raw_sock *r = arg;
	unsigned header = ip_current_header_tot_len();
	struct pbuf *copy;

	(void)pcb;
	if (!wanted(r, p, header)) {
		return 0;
	}
	copy = pbuf_clone(PBUF_RAW, PBUF_RAM, p);
	if (copy == NULL) {
		r->d.dropped++;
		return 0;
	}
	if (is_ping(&r->d.s) || ip_current_is_v6()) {
		pbuf_remove_header(copy, header);
	}
	dgram_queue(&r->d, copy, from, 0);
	return 0;
}

/* --- operations ----------------------------------------------------------------------------------- */

struct sock *sock_raw_new(int domain, int type, int protocol)
{
	struct sock *s = sock_new(domain, type, protocol, &raw_proto, sizeof(struct raw_sock));
	bool v6 = domain == AF_INET6;

	if (s == NULL) {
		return NULL;
	}
	s->v6only = v6;
	s->raw = raw_new_ip_type(sock_ip_type(s), (u8_t)protocol);
	if (s->raw == NULL) {
		kfree(s);
		return NULL;
	}
	if (v6 && protocol == IPPROTO_ICMPV6) {
		s->raw->chksum_reqd = 1;
		s->raw->chksum_offset = 2;
	}
	raw_set_multicast_ttl(s->raw, IP_DEFAULT_MULTICAST_TTL);
	raw_set_flags(s->raw, RAW_FLAGS_MULTICAST_LOOP);
	raw_of(s)->id = (uint16_t)(rand_u32() | 1);
	list_add(&all, &raw_of(s)->link);
	raw_recv(s->raw, on_packet, s);
	file_ready(&s->file, POLLOUT);
	return s;
}

static int do_bind(struct sock *s, const ip_addr_t *addr, uint16_t port)
{
	if (is_ping(s) && port != 0) {
		raw_of(s)->id = port;
	}
	return sock_errno(raw_bind(s->raw, addr));
}

static int do_connect(struct sock *s, const ip_addr_t *addr, uint16_t port)
{
	err_t err;

	(void)port;
	dgram_reset_local(dgram_of(s));
	if (addr == NULL) {
		raw_disconnect(s->raw);
		return 0;
	}
	err = raw_connect(s->raw, addr);
	if (err == ERR_OK) {
		dgram_set_local(dgram_of(s));
	}
	return sock_errno(err);
}

/* A ping socket sends echo requests alone, with its own identifier. */
static int prepare_echo(struct sock *s, struct pbuf *p)
{
	uint8_t *h = p->payload;
	uint16_t sum;

	if (p->len < 8 || h[1] != 0 ||
	    h[0] != (s->domain == AF_INET ? ICMP_ECHO : ICMP6_TYPE_EREQ)) {
		return -EINVAL;
	}
	h[4] = (uint8_t)(raw_of(s)->id >> 8);
	h[5] = (uint8_t)raw_of(s)->id;
	h[2] = 0;
	h[3] = 0;
	if (s->domain == AF_INET) {
		sum = inet_chksum(h, p->len);
		memcpy(h + 2, &sum, 2);
	}
	return 0;
}

static err_t output(struct raw_pcb *pcb, struct pbuf *p, const ip_addr_t *to,
		    const struct sock_tx *tx)
{
	uint8_t ttl = pcb->ttl, mcast_ttl = pcb->mcast_ttl, tos = pcb->tos;
	struct netif *f;
	err_t err;

	if (tx == NULL) {
		return raw_sendto(pcb, p, to);
	}
	pcb->ttl = tx->ttl >= 0 ? (u8_t)tx->ttl : ttl;
	pcb->mcast_ttl = tx->ttl >= 0 ? (u8_t)tx->ttl : mcast_ttl;
	pcb->tos = tx->tos >= 0 ? (u8_t)tx->tos : tos;
	f = tx->ifindex != 0 ? netif_get_by_index(tx->ifindex)
	    : tx->has_src    ? ip_route(&tx->src, to)
			     : NULL;
	err = f != NULL ? raw_sendto_if_src(pcb, p, to, f,
					    tx->has_src ? &tx->src : ip_netif_get_local_ip(f, to))
			: raw_sendto(pcb, p, to);
	pcb->ttl = ttl;
	pcb->mcast_ttl = mcast_ttl;
	pcb->tos = tos;
	return err;
}

static ssize_t do_send(struct sock *s, const struct iovec *iov, int n, const struct sock_tx *tx,
		       int flags)
{
	const ip_addr_t *to = tx != NULL && tx->has_to ? &tx->to : &s->raw->remote_ip;
	struct pbuf *p;
	int r = 0;
	size_t len;
	err_t err = ERR_OK;

	(void)flags;
	if (dgram_of(s)->wr_shut) {
		return -EPIPE;
	}
	if ((tx == NULL || !tx->has_to) && !connected(s)) {
		return -EDESTADDRREQ;
	}
	p = dgram_gather(iov, n, &r);
	if (p == NULL) {
		return r;
	}
	len = p->tot_len;
	if (is_ping(s)) {
		r = prepare_echo(s, p);
	} else if (s->raw->chksum_reqd && len < s->raw->chksum_offset + 2U) {
		r = -EINVAL;
	}
	r = r != 0 ? r : dgram_room(s, to, len);
	if (r == 0) {
		err = output(s->raw, p, to, tx);
	}
	pbuf_free(p);
	return r != 0 ? r : dgram_sent(s, err, len);
}

static int do_shutdown(struct sock *s, int how)
{
	return dgram_shutdown(s, how, connected(s));
}

static int do_name(struct sock *s, bool peer, ip_addr_t *addr, uint16_t *port)
{
	if (peer && !connected(s)) {
		return -ENOTCONN;
	}
	*addr = peer ? s->raw->remote_ip : s->raw->local_ip;
	*port = peer || !is_ping(s) ? 0 : raw_of(s)->id;
	return 0;
}

/* struct icmp_filter is one word, struct icmp6_filter eight. */
static size_t filter_size(const struct sock *s)
{
	return s->domain == AF_INET6 ? 32 : 4;
}

static int set_filter(struct raw_sock *r, const void *v, socklen_t len)
{
	size_t n = filter_size(&r->d.s);

	if (len < n) {
		return -EINVAL;
	}
	memcpy(r->blocked, v, n);
	return 0;
}

static bool is_filter(const struct sock *s, int level, int name)
{
	return s->type == SOCK_RAW && name == FILTER &&
	       ((level == IPPROTO_ICMPV6 && s->protocol == IPPROTO_ICMPV6) ||
		(level == SOL_RAW && s->protocol == IPPROTO_ICMP));
}

static int set_checksum(struct raw_pcb *pcb, const void *v, socklen_t len)
{
	int value, r = sock_opt_int(v, len, &value);

	if (r != 0 || value > 1000 || (value >= 0 && value % 2 != 0)) {
		return -EINVAL;
	}
	pcb->chksum_reqd = value >= 0;
	pcb->chksum_offset = value >= 0 ? (u16_t)value : 0;
	return 0;
}

static int do_setopt(struct sock *s, int level, int name, const void *v, socklen_t len)
{
	if (is_filter(s, level, name)) {
		return set_filter(raw_of(s), v, len);
	}
	if (s->type == SOCK_RAW && level == IPPROTO_IPV6 && name == IPV6_CHECKSUM &&
	    s->protocol != IPPROTO_ICMPV6) {
		return set_checksum(s->raw, v, len);
	}
	return -ENOPROTOOPT;
}

static int do_getopt(struct sock *s, int level, int name, void *v, socklen_t *len)
{
	if (is_filter(s, level, name)) {
		return sock_opt_give(v, len, raw_of(s)->blocked, filter_size(s));
	}
	return -ENOPROTOOPT;
}

static void do_close(struct sock *s)
{
	dgram_drop_all(dgram_of(s));
	list_del(&raw_of(s)->link);
	raw_remove(s->raw);
}

const struct sock_proto raw_proto = {
	.bind = do_bind,
	.connect = do_connect,
	.send = do_send,
	.recv = dgram_recv,
	.shutdown = do_shutdown,
	.name = do_name,
	.setopt = do_setopt,
	.getopt = do_getopt,
	.queued = dgram_queued,
	.close = do_close,
};
