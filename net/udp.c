/* SPDX-License-Identifier: MIT */
/* Datagram sockets on lwIP's UDP callbacks: a queue of packets, bounded by SO_RCVBUF; what does not
 * fit is dropped and counted. Everything under net_lock. */
#include "sock.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <lwip/udp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>

struct datagram {
	struct datagram *next;
	struct pbuf *p;
	ip_addr_t from;
	uint16_t port;
};

struct udp_sock {
	struct sock s;
	struct datagram *first, *last;
	size_t bytes; /* queued */
	uint64_t dropped;
	bool rd_shut, wr_shut;
};

static struct udp_sock *udp_of(struct sock *s)
{
	return container_of(s, struct udp_sock, s);
}

static void on_packet(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from,
		      u16_t port)
{
	struct udp_sock *u = arg;
	struct datagram *d = NULL;

	(void)pcb;
	if (!u->rd_shut && u->bytes + p->tot_len <= (size_t)u->s.rcvbuf) {
		d = kmalloc(sizeof(*d));
	}
	if (d == NULL) {
		u->dropped++;
		pbuf_free(p);
		return;
	}
	*d = (struct datagram){ .p = p, .from = *from, .port = port };
	if (u->first == NULL) {
		u->first = d;
	} else {
		u->last->next = d;
	}
	u->last = d;
	u->bytes += p->tot_len;
	file_ready(&u->s.file, POLLIN);
}

static void drop_first(struct udp_sock *u)
{
	struct datagram *d = u->first;

	u->first = d->next;
	u->bytes -= d->p->tot_len;
	pbuf_free(d->p);
	kfree(d);
	if (u->first == NULL && !u->rd_shut) {
		file_not_ready(&u->s.file, POLLIN);
	}
}

struct sock *sock_udp_new(int domain)
{
	struct sock *s =
		sock_new(domain, SOCK_DGRAM, IPPROTO_UDP, &udp_proto, sizeof(struct udp_sock));

	if (s == NULL) {
		return NULL;
	}
	s->udp = udp_new_ip_type(sock_ip_type(s));
	if (s->udp == NULL) {
		kfree(s);
		return NULL;
	}
	udp_recv(s->udp, on_packet, udp_of(s));
	file_ready(&s->file, POLLOUT);
	return s;
}

static int do_bind(struct sock *s, const ip_addr_t *addr, uint16_t port)
{
	return s->udp->local_port != 0 ? -EINVAL : sock_errno(udp_bind(s->udp, addr, port));
}

static int do_connect(struct sock *s, const ip_addr_t *addr, uint16_t port)
{
	if (addr == NULL) {
		udp_disconnect(s->udp);
		return 0;
	}
	return sock_errno(udp_connect(s->udp, addr, port));
}

static bool connected(const struct sock *s)
{
	return (s->udp->flags & UDP_FLAGS_CONNECTED) != 0;
}

static ssize_t do_send(struct sock *s, const struct iovec *iov, int n, const ip_addr_t *to,
		       uint16_t port, int flags)
{
	size_t len = 0, at = 0;
	struct pbuf *p;
	err_t err;

	(void)flags;
	for (int i = 0; i < n; i++) {
		len += iov[i].iov_len;
	}
	if (udp_of(s)->wr_shut) {
		return -EPIPE;
	}
	if (to == NULL && !connected(s)) {
		return -EDESTADDRREQ;
	}
	if (len > 65507) {
		return -EMSGSIZE;
	}
	p = pbuf_alloc(PBUF_TRANSPORT, (u16_t)len, PBUF_RAM);
	if (p == NULL) {
		return -ENOBUFS;
	}
	for (int i = 0; i < n; i++) {
		pbuf_take_at(p, iov[i].iov_base, (u16_t)iov[i].iov_len, (u16_t)at);
		at += iov[i].iov_len;
	}
	err = to == NULL ? udp_send(s->udp, p) : udp_sendto(s->udp, p, to, port);
	pbuf_free(p);
	return err == ERR_OK ? (ssize_t)len : err == ERR_RTE ? -ENETUNREACH : sock_errno(err);
}

static ssize_t do_recv(struct sock *s, const struct iovec *iov, int n, int flags,
		       struct sockaddr_storage *from, int *out_flags)
{
	struct udp_sock *u = udp_of(s);
	struct datagram *d = u->first;
	size_t got = 0, whole;

	if (d == NULL) {
		return u->rd_shut ? 0 : -EAGAIN;
	}
	whole = d->p->tot_len;
	for (int i = 0; i < n && got < whole; i++) {
		got += pbuf_copy_partial(d->p, iov[i].iov_base,
					 (u16_t)MIN(iov[i].iov_len, whole - got), (u16_t)got);
	}
	if (from != NULL) {
		sock_put_address(s, &d->from, d->port, from);
	}
	if (got < whole && out_flags != NULL) {
		*out_flags |= MSG_TRUNC;
	}
	if ((flags & MSG_PEEK) == 0) {
		drop_first(u);
	}
	return (ssize_t)((flags & MSG_TRUNC) != 0 ? whole : got);
}

static int do_shutdown(struct sock *s, int how)
{
	struct udp_sock *u = udp_of(s);

	if (!connected(s)) {
		return -ENOTCONN;
	}
	if (how != SHUT_WR) {
		u->rd_shut = true;
		file_ready(&s->file, POLLIN | POLLRDHUP);
	}
	if (how != SHUT_RD) {
		u->wr_shut = true;
	}
	return 0;
}

static int do_name(struct sock *s, bool peer, ip_addr_t *addr, uint16_t *port)
{
	if (peer && !connected(s)) {
		return -ENOTCONN;
	}
	*addr = peer ? s->udp->remote_ip : s->udp->local_ip;
	*port = peer ? s->udp->remote_port : s->udp->local_port;
	return 0;
}

static int do_setopt(struct sock *s, int level, int name, int value)
{
	int flag = level != SOL_SOCKET	  ? 0
		   : name == SO_REUSEADDR ? SOF_REUSEADDR
		   : name == SO_BROADCAST ? SOF_BROADCAST
					  : 0;

	if (flag != 0) {
		s->udp->so_options =
			(u8_t)(value != 0 ? s->udp->so_options | flag : s->udp->so_options & ~flag);
		return 0;
	}
	if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY && s->domain == AF_INET6) {
		s->v6only = value != 0;
		IP_SET_TYPE_VAL(s->udp->local_ip, sock_ip_type(s));
		IP_SET_TYPE_VAL(s->udp->remote_ip, sock_ip_type(s));
		return 0;
	}
	if (value >= 0 && value < 256 && level == IPPROTO_IP) {
		switch (name) {
		case IP_TTL:
			s->udp->ttl = (u8_t)value;
			return 0;
		case IP_TOS:
			s->udp->tos = (u8_t)value;
			return 0;
		case IP_MULTICAST_TTL:
			udp_set_multicast_ttl(s->udp, (u8_t)value);
			return 0;
		default:
			break;
		}
	}
	return -ENOPROTOOPT;
}

static int do_getopt(struct sock *s, int level, int name, int *value)
{
	const struct udp_sock *u = udp_of(s);

	if (level == -1 && name == FIONREAD) {
		*value = u->first == NULL ? 0 : u->first->p->tot_len;
	} else if (level == SOL_SOCKET && name == SO_BROADCAST) {
		*value = (s->udp->so_options & SOF_BROADCAST) != 0;
	} else if (level == SOL_SOCKET && name == SO_REUSEADDR) {
		*value = (s->udp->so_options & SOF_REUSEADDR) != 0;
	} else if (level == SOL_SOCKET && (name == SO_ACCEPTCONN || name == SO_KEEPALIVE)) {
		*value = 0;
	} else if (level == IPPROTO_IP && name == IP_TTL) {
		*value = s->udp->ttl;
	} else if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY) {
		*value = s->v6only;
	} else {
		return -ENOPROTOOPT;
	}
	return 0;
}

static void do_close(struct sock *s)
{
	struct udp_sock *u = udp_of(s);

	while (u->first != NULL) {
		drop_first(u);
	}
	udp_remove(s->udp);
}

const struct sock_proto udp_proto = {
	.bind = do_bind,
	.connect = do_connect,
	.send = do_send,
	.recv = do_recv,
	.shutdown = do_shutdown,
	.name = do_name,
	.setopt = do_setopt,
	.getopt = do_getopt,
	.close = do_close,
};
