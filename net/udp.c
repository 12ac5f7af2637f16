/* SPDX-License-Identifier: MIT */
/* Datagram sockets on lwIP's UDP callbacks. Everything under net_lock. */
#include "dgram.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <lwip/udp.h>
#include <netinet/in.h>

/* --- sockets that share a port ------------------------------------------------------------------ */

static bool connected(const struct udp_pcb *pcb)
{
	return (pcb->flags & UDP_FLAGS_CONNECTED) != 0;
}

/* Would @pcb take this packet for its port? lwIP asks the same, and stops at the first that does. */
static bool hears(const struct udp_pcb *pcb, uint16_t port, const ip_addr_t *from,
		  uint16_t from_port)
{
	const ip_addr_t *dest = ip_current_dest_addr();

	if (pcb->local_port != port || pcb->recv != net_udp_on_packet ||
	    (pcb->netif_idx != NETIF_NO_INDEX &&
	     pcb->netif_idx != netif_get_index(ip_current_input_netif())) ||
	    (connected(pcb) &&
	     (pcb->remote_port != from_port || !ip_addr_eq(&pcb->remote_ip, from)))) {
		return false;
	}
	return IP_IS_ANY_TYPE_VAL(pcb->local_ip) ||
	       (IP_IS_V6(dest) == IP_IS_V6_VAL(pcb->local_ip) &&
		(ip_addr_isany(&pcb->local_ip) || ip_addr_eq(&pcb->local_ip, dest)));
}

/* To a group or to all: every socket on the port gets it. They share the pbuf, which nobody changes. */
static void give_all(uint16_t port, struct pbuf *p, const ip_addr_t *from, uint16_t from_port)
{
	for (struct udp_pcb *i = udp_pcbs; i != NULL; i = i->next) {
		if (hears(i, port, from, from_port)) {
			pbuf_ref(p);
			dgram_queue(i->recv_arg, p, from, from_port);
		}
	}
	pbuf_free(p);
}

/* SO_REUSEPORT: one of them, always the same for one sender. */
static struct dgram_sock *choose(struct dgram_sock *first, const ip_addr_t *from,
				 uint16_t from_port)
{
	uint16_t port = first->s.udp->local_port;
	const uint32_t *w = ip_2_ip6(from)->addr;
	uint32_t hash = from_port, n = 0;

	for (int i = 0; i < (IP_IS_V6(from) ? 4 : 1); i++) {
		hash = (hash ^ w[i]) * 0x9e3779b1U;
	}
	hash ^= hash >> 16;
	for (struct udp_pcb *i = udp_pcbs; i != NULL; i = i->next) {
		n += hears(i, port, from, from_port) && sock_of(i->recv_arg)->reuse_port;
	}
	n = n > 0 ? hash % n : 0;
	for (struct udp_pcb *i = udp_pcbs; i != NULL; i = i->next) {
		if (hears(i, port, from, from_port) && sock_of(i->recv_arg)->reuse_port &&
		    n-- == 0) {
			return i->recv_arg;
		}
	}
	return first;
}

void net_udp_on_packet(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from,
		       u16_t port)
{
	struct dgram_sock *d = arg;

	if (likely((pcb->so_options & SOF_REUSEADDR) == 0)) {
		dgram_queue(d, p, from, port);
	} else if (ip_addr_ismulticast(ip_current_dest_addr()) ||
		   ip_addr_isbroadcast(ip_current_dest_addr(), ip_current_netif())) {
		give_all(pcb->local_port, p, from, port);
	} else {
		dgram_queue(d->s.reuse_port && !connected(pcb) ? choose(d, from, port) : d, p, from,
			    port);
	}
}

/* --- operations ----------------------------------------------------------------------------------- */

struct sock *sock_udp_new(int domain)
{
	struct sock *s =
		sock_new(domain, SOCK_DGRAM, IPPROTO_UDP, &udp_proto, sizeof(struct dgram_sock));

	if (s == NULL) {
		return NULL;
	}
	s->udp = udp_new_ip_type(sock_ip_type(s));
	if (s->udp == NULL) {
		kfree(s);
		return NULL;
	}
	udp_set_multicast_ttl(s->udp, IP_DEFAULT_MULTICAST_TTL);
	udp_set_flags(s->udp, UDP_FLAGS_MULTICAST_LOOP);
	udp_recv(s->udp, net_udp_on_packet, s);
	file_ready(&s->file, POLLOUT);
	return s;
}

static int do_bind(struct sock *s, const ip_addr_t *addr, uint16_t port)
{
	return s->udp->local_port != 0 ? -EINVAL : sock_errno(udp_bind(s->udp, addr, port));
}

static int do_connect(struct sock *s, const ip_addr_t *addr, uint16_t port)
{
	err_t err;

	dgram_reset_local(dgram_of(s));
	if (addr == NULL) {
		udp_disconnect(s->udp);
		return 0;
	}
	err = udp_connect(s->udp, addr, port);
	if (err == ERR_OK) {
		dgram_set_local(dgram_of(s));
	}
	return sock_errno(err);
}

/* With what ancillary data said for this packet alone. */
static err_t send_special(struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *to, uint16_t port,
			  const struct sock_tx *tx)
{
	uint8_t ttl = pcb->ttl, mcast_ttl = pcb->mcast_ttl, tos = pcb->tos;
	struct netif *f = tx->ifindex != 0 ? netif_get_by_index(tx->ifindex) : NULL;
	err_t err;

	pcb->ttl = tx->ttl >= 0 ? (u8_t)tx->ttl : ttl;
	pcb->mcast_ttl = tx->ttl >= 0 ? (u8_t)tx->ttl : mcast_ttl;
	pcb->tos = tx->tos >= 0 ? (u8_t)tx->tos : tos;
	if (f == NULL && tx->has_src) {
		f = ip_route(&tx->src, to);
	}
	err = tx->has_src && f != NULL ? udp_sendto_if_src(pcb, p, to, port, f, &tx->src)
	      : tx->has_src	       ? ERR_RTE
	      : f != NULL	       ? udp_sendto_if(pcb, p, to, port, f)
				       : udp_sendto(pcb, p, to, port);
	pcb->ttl = ttl;
	pcb->mcast_ttl = mcast_ttl;
	pcb->tos = tos;
	return err;
}

static ssize_t do_send(struct sock *s, const struct iovec *iov, int n, const struct sock_tx *tx,
		       int flags)
{
	bool plain = tx == NULL || (!tx->has_src && tx->ifindex == 0 && tx->ttl < 0 && tx->tos < 0);
	const ip_addr_t *to = tx != NULL && tx->has_to ? &tx->to : &s->udp->remote_ip;
	uint16_t port = tx != NULL && tx->has_to ? tx->port : s->udp->remote_port;
	struct pbuf *p;
	int r = 0;
	size_t len;
	err_t err = ERR_OK;

	(void)flags;
	if (dgram_of(s)->wr_shut) {
		return -EPIPE;
	}
	if ((tx == NULL || !tx->has_to) && !connected(s->udp)) {
		return -EDESTADDRREQ;
	}
	p = dgram_gather(iov, n, &r);
	if (p == NULL) {
		return r;
	}
	len = p->tot_len;
	r = dgram_room(s, to, len);
	if (r == 0) {
		err = plain ? udp_sendto(s->udp, p, to, port)
			    : send_special(s->udp, p, to, port, tx);
	}
	pbuf_free(p);
	return r != 0 ? r : dgram_sent(s, err, len);
}

static int do_shutdown(struct sock *s, int how)
{
	return dgram_shutdown(s, how, connected(s->udp));
}

static int do_name(struct sock *s, bool peer, ip_addr_t *addr, uint16_t *port)
{
	if (peer && !connected(s->udp)) {
		return -ENOTCONN;
	}
	*addr = peer ? s->udp->remote_ip : s->udp->local_ip;
	*port = peer ? s->udp->remote_port : s->udp->local_port;
	return 0;
}

static int do_setopt(struct sock *s, int level, int name, const void *v, socklen_t len)
{
	(void)s, (void)level, (void)name, (void)v, (void)len;
	return -ENOPROTOOPT;
}

static int do_getopt(struct sock *s, int level, int name, void *v, socklen_t *len)
{
	(void)s, (void)level, (void)name, (void)v, (void)len;
	return -ENOPROTOOPT;
}

static void do_close(struct sock *s)
{
	dgram_drop_all(dgram_of(s));
	udp_remove(s->udp);
}

const struct sock_proto udp_proto = {
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
