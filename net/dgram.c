/* SPDX-License-Identifier: MIT */
/* What datagram and raw sockets share: the queue, with ancillary data where it was asked for, and sending
 * that waits for room. Everything under net_lock. */
#include "dgram.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/time.h>
#include <lwip/raw.h>
#include <lwip/udp.h>
#include <string.h>

#define MAX_PAYLOAD 65507

struct info {
	ip_addr_t dest, local;
	uint8_t ifindex, ttl, tos;
	uint64_t when;
};

struct datagram {
	struct datagram *next;
	struct pbuf *p;
	ip_addr_t from;
	uint16_t port;
	bool has_info;
	struct info info[]; /* one or none */
};

/* --- receive --------------------------------------------------------------------------------- */

static void fill_info(struct info *i)
{
	const struct netif *f = ip_current_input_netif();

	i->dest = *ip_current_dest_addr();
	i->local = i->dest;
	i->ifindex = netif_get_index(f);
	i->when = time_wall();
	if (ip_current_is_v6()) {
		i->ttl = IP6H_HOPLIM(ip6_current_header());
		i->tos = IP6H_TC(ip6_current_header());
		return;
	}
	i->ttl = IPH_TTL(ip4_current_header());
	i->tos = IPH_TOS(ip4_current_header());
	if (ip_addr_ismulticast(&i->dest) || ip_addr_isbroadcast(&i->dest, f)) {
		ip_addr_copy_from_ip4(i->local, *netif_ip4_addr(f));
	}
}

void dgram_queue(struct dgram_sock *d, struct pbuf *p, const ip_addr_t *from, uint16_t port)
{
	bool has_info = d->s.want != 0;
	struct datagram *g = NULL;

	if (!d->rd_shut && d->bytes + p->tot_len <= (size_t)d->s.rcvbuf) {
		g = kmalloc(sizeof(*g) + (has_info ? sizeof(g->info[0]) : 0));
	}
	if (g == NULL) {
		d->dropped++;
		pbuf_free(p);
		return;
	}
	*g = (struct datagram){ .p = p, .from = *from, .port = port, .has_info = has_info };
	if (has_info) {
		fill_info(&g->info[0]);
	}
	if (d->first == NULL) {
		d->first = g;
	} else {
		d->last->next = g;
	}
	d->last = g;
	d->bytes += p->tot_len;
	file_ready(&d->s.file, POLLIN);
}

static void drop_first(struct dgram_sock *d)
{
	struct datagram *g = d->first;

	d->first = g->next;
	d->bytes -= g->p->tot_len;
	pbuf_free(g->p);
	kfree(g);
	if (d->first == NULL && !d->rd_shut) {
		file_not_ready(&d->s.file, POLLIN);
	}
}

void dgram_drop_all(struct dgram_sock *d)
{
	while (d->first != NULL) {
		drop_first(d);
	}
}

static void tell_about(const struct sock *s, const struct datagram *g, bool cut, struct sock_rx *rx)
{
	sock_put_address(s, &g->from, g->port, &rx->from);
	rx->flags |= cut ? MSG_TRUNC : 0;
	rx->has_info = g->has_info;
	if (g->has_info) {
		const struct info *i = &g->info[0];

		rx->dest = i->dest;
		rx->local = i->local;
		rx->ifindex = i->ifindex;
		rx->ttl = i->ttl;
		rx->tos = i->tos;
		rx->when = i->when;
	}
}

ssize_t dgram_recv(struct sock *s, const struct iovec *iov, int n, int flags, struct sock_rx *rx)
{
	struct dgram_sock *d = dgram_of(s);
	struct datagram *g = d->first;
	size_t got = 0, whole;

	if (g == NULL) {
		return d->rd_shut ? 0 : -EAGAIN;
	}
	whole = g->p->tot_len;
	for (int i = 0; i < n && got < whole; i++) {
		got += pbuf_copy_partial(g->p, iov[i].iov_base,
					 (u16_t)MIN(iov[i].iov_len, whole - got), (u16_t)got);
	}
	if (rx != NULL) {
		tell_about(s, g, got < whole, rx);
	}
	if ((flags & MSG_PEEK) == 0) {
		drop_first(d);
	}
	return (ssize_t)((flags & MSG_TRUNC) != 0 ? whole : got);
}

int dgram_queued(struct sock *s, bool out)
{
	const struct dgram_sock *d = dgram_of(s);

	return out || d->first == NULL ? 0 : d->first->p->tot_len;
}

/* --- send ------------------------------------------------------------------------------------ */

struct pbuf *dgram_gather(const struct iovec *iov, int n, int *error)
{
	size_t len = 0, at = 0;
	struct pbuf *p;

	for (int i = 0; i < n; i++) {
		len += iov[i].iov_len;
	}
	if (len > MAX_PAYLOAD) {
		*error = -EMSGSIZE;
		return NULL;
	}
	p = pbuf_alloc(PBUF_TRANSPORT, (u16_t)len, PBUF_RAM);
	if (p == NULL) {
		*error = -ENOBUFS;
		return NULL;
	}
	for (int i = 0; i < n; i++) {
		memcpy((char *)p->payload + at, iov[i].iov_base, iov[i].iov_len);
		at += iov[i].iov_len;
	}
	return p;
}

int dgram_room(struct sock *s, const ip_addr_t *to, size_t len)
{
	struct netif *f;

	if (len <= 1200) {
		return 0; /* one packet: lwIP tells */
	}
	f = ip_route(&s->ip->local_ip, to);
	if (f == NULL || f->mtu == 0 || len + 48 <= f->mtu ||
	    net_tx_room(f, (unsigned)len / 1200 + 1)) {
		return 0;
	}
	file_not_ready(&s->file, POLLOUT);
	return -EAGAIN;
}

ssize_t dgram_sent(struct sock *s, err_t err, size_t len)
{
	if (err == ERR_OK) {
		return (ssize_t)len;
	}
	if (err == ERR_MEM) {
		file_not_ready(&s->file, POLLOUT);
		net_retry_when_looped();
		return -EAGAIN;
	}
	return err == ERR_RTE ? -ENETUNREACH : err == ERR_VAL ? -EACCES : sock_errno(err);
}

static void look_again(struct sock *s)
{
	if ((atomic_load_explicit(&s->file.ready, memory_order_relaxed) & POLLOUT) == 0) {
		file_ready(&s->file, POLLOUT);
	}
}

/* Room is back: whoever found none looks again. */
void net_dgram_restart(void)
{
	for (struct udp_pcb *p = udp_pcbs; p != NULL; p = p->next) {
		if (p->recv == net_udp_on_packet) {
			look_again(p->recv_arg);
		}
	}
	net_raw_restart(look_again);
}

/* --- addresses ------------------------------------------------------------------------------- */

void dgram_set_local(struct dgram_sock *d)
{
	struct ip_pcb *ip = d->s.ip;
	struct netif *f = ip_route(&ip->local_ip, &ip->remote_ip);
	const ip_addr_t *local;

	if (!ip_addr_isany(&ip->local_ip) || f == NULL) {
		return;
	}
	local = ip_netif_get_local_ip(f, &ip->remote_ip);
	if (local != NULL) {
		ip_addr_copy(ip->local_ip, *local);
		d->auto_local = true;
	}
}

void dgram_reset_local(struct dgram_sock *d)
{
	if (d->auto_local) {
		d->auto_local = false;
		ip_addr_set_zero(&d->s.ip->local_ip);
		IP_SET_TYPE_VAL(d->s.ip->local_ip, sock_ip_type(&d->s));
	}
}

int dgram_shutdown(struct sock *s, int how, bool connected)
{
	struct dgram_sock *d = dgram_of(s);

	if (!connected) {
		return -ENOTCONN;
	}
	if (how != SHUT_WR) {
		d->rd_shut = true;
		file_ready(&s->file, POLLIN | POLLRDHUP);
	}
	if (how != SHUT_RD) {
		d->wr_shut = true;
	}
	return 0;
}
