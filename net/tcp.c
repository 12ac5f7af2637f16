/* SPDX-License-Identifier: MIT */
/* Stream sockets straight on lwIP's callbacks. Received pbufs are linked, not copied, until recv();
 * readiness bits follow each event. Everything under net_lock. */
#include "sock.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>

struct tcp_sock {
	struct sock s;
	struct pbuf *rx, *rx_tail; /* received, in order; linked by next */
	unsigned rx_off;	   /* bytes of the first one that are gone */
	size_t rx_bytes;	   /* in the queue, less rx_off */
	bool eof;		   /* the peer has sent its FIN */
	bool rd_shut, wr_shut;
	bool connecting, connected, listening;
	struct list accepted; /* connections that wait for accept() */
	struct list link;     /* in the listener's accepted */
	struct tcp_sock *listener;
	unsigned waiting; /* length of accepted */
};

static struct tcp_sock *tcp_of(struct sock *s)
{
	return container_of(s, struct tcp_sock, s);
}

/* Enough room that a writer is worth waking: a third of the buffer (and of the queue's places). Not by
 * tcp_sndbuf(), which never says more than 65,535. */
static bool has_room(const struct tcp_pcb *pcb)
{
	return pcb->snd_buf >= TCP_SNDLOWAT && tcp_sndqueuelen(pcb) < TCP_SNDQUEUELOWAT;
}

/* --- callbacks --------------------------------------------------------------------------- */

static err_t on_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	struct tcp_sock *t = arg;
	struct pbuf *last;

	(void)err;
	if (p == NULL) {
		t->eof = true;
		file_ready(&t->s.file, POLLIN | POLLRDHUP | (t->wr_shut ? POLLHUP : 0));
		return ERR_OK;
	}
	if (t->rd_shut) {
		tcp_recved(pcb, p->tot_len);
		pbuf_free(p);
		return ERR_OK;
	}
	if (t->rx == NULL) {
		t->rx = p;
	} else {
		t->rx_tail->next = p;
	}
	t->rx_bytes += p->tot_len;
	for (last = p; last->next != NULL; last = last->next) {
	}
	t->rx_tail = last;
	file_ready(&t->s.file, POLLIN);
	return ERR_OK;
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, u16_t len)
{
	struct tcp_sock *t = arg;

	(void)len;
	if ((atomic_load_explicit(&t->s.file.ready, memory_order_relaxed) & POLLOUT) == 0 &&
	    !t->wr_shut && has_room(pcb)) {
		file_ready(&t->s.file, POLLOUT);
	}
	return ERR_OK;
}

/* lwIP gave the PCB up: reset, timeout, or no memory for it. */
static void on_err(void *arg, err_t err)
{
	struct tcp_sock *t = arg;

	t->s.tcp = NULL;
	t->s.err = t->connecting && err == ERR_RST    ? -ECONNREFUSED
		   : t->connecting && err == ERR_ABRT ? -ETIMEDOUT
						      : sock_errno(err);
	t->connecting = false;
	t->connected = false;
	t->eof = true;
	file_ready(&t->s.file, POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP);
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
	struct tcp_sock *t = arg;

	(void)pcb;
	(void)err;
	t->connecting = false;
	t->connected = true;
	file_ready(&t->s.file, POLLOUT);
	return ERR_OK;
}

static void attach(struct tcp_sock *t, struct tcp_pcb *pcb)
{
	t->s.tcp = pcb;
	tcp_arg(pcb, t);
	tcp_recv(pcb, on_recv);
	tcp_sent(pcb, on_sent);
	tcp_err(pcb, on_err);
}

static void detach(struct tcp_pcb *pcb)
{
	tcp_arg(pcb, NULL);
	if (pcb->state == LISTEN) {
		tcp_accept(pcb, NULL); /* a listener's PCB is shorter and has no other callback */
		return;
	}
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_err(pcb, NULL);
}

static struct tcp_sock *new_sock(int domain)
{
	struct tcp_sock *t = (struct tcp_sock *)sock_new(domain, SOCK_STREAM, IPPROTO_TCP,
							 &tcp_proto, sizeof(*t));

	if (t != NULL) {
		list_init(&t->accepted);
		list_init(&t->link);
	}
	return t;
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
	struct tcp_sock *l = arg, *t;

	if (err != ERR_OK || pcb == NULL || l == NULL) {
		return ERR_VAL;
	}
	t = new_sock(l->s.domain);
	if (t == NULL) {
		return ERR_MEM; /* lwIP resets the connection */
	}
	t->s.v6only = l->s.v6only;
	t->s.rcv_timeout = l->s.rcv_timeout;
	t->s.snd_timeout = l->s.snd_timeout;
	t->connected = true;
	t->listener = l;
	attach(t, pcb);
	tcp_backlog_delayed(pcb);
	list_add_tail(&l->accepted, &t->link);
	l->waiting++;
	file_ready(&t->s.file, POLLOUT);
	file_ready(&l->s.file, POLLIN);
	return ERR_OK;
}

/* --- operations ----------------------------------------------------------------------------- */

struct sock *sock_tcp_new(int domain)
{
	struct tcp_sock *t = new_sock(domain);
	struct tcp_pcb *pcb = t == NULL ? NULL : tcp_new_ip_type(sock_ip_type(&t->s));

	if (pcb == NULL) {
		kfree(t);
		return NULL;
	}
	attach(t, pcb);
	/* As on Linux: neither connected nor listening is POLLOUT | POLLHUP. */
	file_ready(&t->s.file, POLLOUT | POLLHUP);
	return &t->s;
}

static int do_bind(struct sock *s, const ip_addr_t *addr, uint16_t port)
{
	if (s->tcp == NULL || s->tcp->local_port != 0) {
		return -EINVAL;
	}
	return sock_errno(tcp_bind(s->tcp, addr, port));
}

int sock_tcp_listen(struct sock *s, int backlog)
{
	struct tcp_sock *t = tcp_of(s);
	struct tcp_pcb *pcb;
	err_t err;

	if (t->listening) {
		tcp_backlog_set(s->tcp, (u8_t)MAX(1, MIN(backlog, 255)));
		return 0;
	}
	if (s->tcp == NULL || t->connecting || t->connected) {
		return -EINVAL;
	}
	if (s->tcp->local_port == 0) {
		err = tcp_bind(s->tcp, IP_ANY_TYPE, 0);
		if (err != ERR_OK) {
			return sock_errno(err);
		}
	}
	detach(s->tcp);
	pcb = tcp_listen_with_backlog_and_err(s->tcp, (u8_t)MAX(1, MIN(backlog, 255)), &err);
	if (pcb == NULL) {
		attach(t, s->tcp);
		return sock_errno(err);
	}
	s->tcp = pcb;
	t->listening = true;
	tcp_arg(pcb, t);
	tcp_accept(pcb, on_accept);
	file_not_ready(&s->file, POLLOUT | POLLHUP);
	return 0;
}

int sock_tcp_accept(struct sock *s, struct sock **out)
{
	struct tcp_sock *l = tcp_of(s), *t;
	struct list *p;

	if (!l->listening) {
		return -EINVAL;
	}
	p = list_pop(&l->accepted);
	if (p == NULL) {
		return -EAGAIN;
	}
	if (--l->waiting == 0) {
		file_not_ready(&s->file, POLLIN);
	}
	t = list_entry(p, struct tcp_sock, link);
	t->listener = NULL;
	if (t->s.tcp != NULL) {
		tcp_backlog_accepted(t->s.tcp);
	}
	*out = &t->s;
	return 0;
}

static int do_connect(struct sock *s, const ip_addr_t *addr, uint16_t port)
{
	struct tcp_sock *t = tcp_of(s);
	err_t err;

	if (addr == NULL) {
		return -EAFNOSUPPORT;
	}
	if (t->connecting) {
		return -EALREADY;
	}
	if (t->connected) {
		return -EISCONN;
	}
	if (t->listening || s->tcp == NULL) {
		return t->listening ? -EISCONN : -ECONNABORTED;
	}
	err = tcp_connect(s->tcp, addr, port, on_connected);
	if (err != ERR_OK) {
		return err == ERR_RTE ? -ENETUNREACH : sock_errno(err);
	}
	t->connecting = true;
	file_not_ready(&s->file, POLLOUT | POLLHUP);
	return -EINPROGRESS;
}

static ssize_t not_sendable(const struct tcp_sock *t)
{
	if (t->wr_shut || t->eof) {
		return -EPIPE;
	}
	return t->connecting ? -EAGAIN : t->s.tcp == NULL ? -EPIPE : -ENOTCONN;
}

static ssize_t do_send(struct sock *s, const struct iovec *iov, int n, const ip_addr_t *to,
		       uint16_t port, int flags)
{
	struct tcp_sock *t = tcp_of(s);
	ssize_t done = 0;
	err_t err = ERR_OK;

	(void)to;
	(void)port;
	if (s->tcp == NULL || !t->connected || t->wr_shut) {
		return not_sendable(t);
	}
	for (int i = 0; i < n && err == ERR_OK; i++) {
		size_t at = 0;

		while (at < iov[i].iov_len && err == ERR_OK) {
			size_t len =
				MIN(MIN(iov[i].iov_len - at, (size_t)tcp_sndbuf(s->tcp)), 0xffffUL);
			bool more = i + 1 < n || at + len < iov[i].iov_len ||
				    (flags & MSG_MORE) != 0;

			err = len == 0 ? ERR_MEM
				       : tcp_write(s->tcp, (const char *)iov[i].iov_base + at,
						   (u16_t)len,
						   (u8_t)(TCP_WRITE_FLAG_COPY |
							  (more ? TCP_WRITE_FLAG_MORE : 0)));
			if (err == ERR_OK) {
				at += len;
				done += (ssize_t)len;
			}
		}
	}
	if ((flags & MSG_MORE) == 0) {
		tcp_output(s->tcp);
	}
	if (err == ERR_MEM || !has_room(s->tcp)) {
		file_not_ready(&s->file, POLLOUT);
	}
	return done > 0 || err == ERR_OK ? done : err == ERR_MEM ? -EAGAIN : sock_errno(err);
}

/* Copy up to the iovec's room out of the queue without changing it. */
static size_t copy_out(const struct tcp_sock *t, const struct iovec *iov, int n)
{
	const struct pbuf *p = t->rx;
	size_t off = t->rx_off, total = 0;

	for (int i = 0; i < n && p != NULL; i++) {
		char *to = iov[i].iov_base;
		size_t room = iov[i].iov_len;

		while (room > 0 && p != NULL) {
			size_t part = MIN(room, p->len - off);

			memcpy(to, (const char *)p->payload + off, part);
			to += part;
			room -= part;
			total += part;
			off += part;
			if (off == p->len) {
				p = p->next;
				off = 0;
			}
		}
	}
	return total;
}

/* Drop @n bytes from the front of the queue and open the window by as much. */
static void consume(struct tcp_sock *t, size_t n)
{
	t->rx_bytes -= n;
	t->rx_off += (unsigned)n;
	while (t->rx != NULL && t->rx_off >= t->rx->len) {
		struct pbuf *p = t->rx;

		t->rx_off -= p->len;
		t->rx = p->next;
		p->next = NULL;
		p->tot_len = p->len;
		pbuf_free(p);
	}
	for (; n > 0 && t->s.tcp != NULL; n -= MIN(n, 0xffffUL)) {
		tcp_recved(t->s.tcp, (u16_t)MIN(n, 0xffffUL));
	}
}

static ssize_t do_recv(struct sock *s, const struct iovec *iov, int n, int flags,
		       struct sockaddr_storage *from, int *out_flags)
{
	struct tcp_sock *t = tcp_of(s);
	size_t got;

	(void)from;
	(void)out_flags;
	if (t->rx == NULL) {
		if (t->eof || t->rd_shut) {
			return s->err != 0 ? sock_take_error(s) : 0;
		}
		return t->connected || t->connecting ? -EAGAIN : -ENOTCONN;
	}
	got = copy_out(t, iov, n);
	if ((flags & MSG_PEEK) == 0) {
		consume(t, got);
		if (t->rx == NULL && !t->eof) {
			file_not_ready(&s->file, POLLIN);
		}
	}
	return (ssize_t)got;
}

static void drop_queue(struct tcp_sock *t)
{
	struct pbuf *p;

	while ((p = t->rx) != NULL) {
		t->rx = p->next;
		p->next = NULL;
		p->tot_len = p->len;
		pbuf_free(p);
	}
	t->rx_bytes = 0;
	t->rx_off = 0;
}

static int do_shutdown(struct sock *s, int how)
{
	struct tcp_sock *t = tcp_of(s);
	err_t err = ERR_OK;

	if (s->tcp == NULL || !t->connected) {
		return -ENOTCONN;
	}
	if (how != SHUT_WR && !t->rd_shut) {
		t->rd_shut = true;
		consume(t, t->rx_bytes);
		file_ready(&s->file, POLLIN | POLLRDHUP);
	}
	if (how != SHUT_RD && !t->wr_shut) {
		t->wr_shut = true;
		err = tcp_shutdown(s->tcp, 0, 1);
		file_ready(&s->file, POLLOUT | (t->eof ? POLLHUP : 0));
	}
	return sock_errno(err);
}

/* The PCB lives on by itself to send what is left, unless there is no memory even for its FIN. */
static void close_pcb(struct tcp_sock *t, struct tcp_pcb *pcb)
{
	bool reset = t->s.linger.l_onoff != 0 && t->s.linger.l_linger == 0 && t->connected;

	detach(pcb);
	if (reset || (tcp_close(pcb) != ERR_OK && !t->listening)) {
		tcp_abort(pcb);
	}
}

static void do_close(struct sock *s)
{
	struct tcp_sock *t = tcp_of(s);
	struct list *p;

	while ((p = list_pop(&t->accepted)) != NULL) {
		struct tcp_sock *c = list_entry(p, struct tcp_sock, link);

		drop_queue(c);
		if (c->s.tcp != NULL) {
			detach(c->s.tcp);
			tcp_abort(c->s.tcp);
		}
		kfree(c);
	}
	/* Unread data: lwIP sees that its window is not whole, and resets as RFC 2525, 2.17 wants. */
	drop_queue(t);
	if (s->tcp != NULL) {
		close_pcb(t, s->tcp);
		s->tcp = NULL;
	}
}

static int do_name(struct sock *s, bool peer, ip_addr_t *addr, uint16_t *port)
{
	struct tcp_sock *t = tcp_of(s);

	if (peer && (s->tcp == NULL || !t->connected)) {
		return -ENOTCONN;
	}
	memset(addr, 0, sizeof(*addr));
	*port = 0;
	if (s->tcp == NULL) {
		return 0;
	}
	*addr = peer ? s->tcp->remote_ip : s->tcp->local_ip;
	*port = peer ? s->tcp->remote_port : s->tcp->local_port;
	return 0;
}

/* Options that are a bit of so_options. */
static int socket_flag(int name)
{
	return name == SO_REUSEADDR   ? SOF_REUSEADDR
	       : name == SO_KEEPALIVE ? SOF_KEEPALIVE
	       : name == SO_BROADCAST ? SOF_BROADCAST
				      : 0;
}

static int set_tcp(struct tcp_pcb *pcb, int name, int value)
{
	switch (name) {
	case TCP_NODELAY:
		if (value != 0) {
			tcp_nagle_disable(pcb);
		} else {
			tcp_nagle_enable(pcb);
		}
		return 0;
	case TCP_KEEPIDLE:
		pcb->keep_idle = (u32_t)value * 1000;
		return value > 0 ? 0 : -EINVAL;
	case TCP_KEEPINTVL:
		pcb->keep_intvl = (u32_t)value * 1000;
		return value > 0 ? 0 : -EINVAL;
	case TCP_KEEPCNT:
		pcb->keep_cnt = (u32_t)value;
		return value > 0 ? 0 : -EINVAL;
	case TCP_QUICKACK:
	case TCP_DEFER_ACCEPT:
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int do_setopt(struct sock *s, int level, int name, int value)
{
	int flag = level == SOL_SOCKET ? socket_flag(name) : 0;

	if (s->tcp == NULL) {
		return -EINVAL;
	}
	if (flag != 0) {
		s->tcp->so_options =
			(u8_t)(value != 0 ? s->tcp->so_options | flag : s->tcp->so_options & ~flag);
		return 0;
	}
	if (level == IPPROTO_TCP) {
		/* A listener's PCB is a shorter structure; what it is told, its children take from the app. */
		return tcp_of(s)->listening ? 0 : set_tcp(s->tcp, name, value);
	}
	if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY && s->domain == AF_INET6) {
		s->v6only = value != 0;
		IP_SET_TYPE_VAL(s->tcp->local_ip, sock_ip_type(s));
		IP_SET_TYPE_VAL(s->tcp->remote_ip, sock_ip_type(s));
		return 0;
	}
	if ((level == IPPROTO_IP && name == IP_TTL) ||
	    (level == IPPROTO_IPV6 && name == IPV6_UNICAST_HOPS)) {
		s->tcp->ttl = (u8_t)value;
		return value > 0 && value < 256 ? 0 : -EINVAL;
	}
	if (level == IPPROTO_IP && name == IP_TOS) {
		s->tcp->tos = (u8_t)value;
		return 0;
	}
	return -ENOPROTOOPT;
}

static int do_getopt(struct sock *s, int level, int name, int *value)
{
	const struct tcp_sock *t = tcp_of(s);
	int flag = level == SOL_SOCKET ? socket_flag(name) : 0;

	if (level == -1 && name == FIONREAD) {
		*value = (int)t->rx_bytes;
		return 0;
	}
	if (level == SOL_SOCKET && name == SO_ACCEPTCONN) {
		*value = t->listening;
		return 0;
	}
	if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY) {
		*value = s->v6only;
		return 0;
	}
	if (s->tcp == NULL) {
		return -EINVAL;
	}
	if (flag != 0) {
		*value = (s->tcp->so_options & flag) != 0;
		return 0;
	}
	if (level == IPPROTO_TCP && !t->listening) {
		*value = name == TCP_NODELAY	 ? tcp_nagle_disabled(s->tcp)
			 : name == TCP_MAXSEG	 ? tcp_mss(s->tcp)
			 : name == TCP_KEEPIDLE	 ? (int)(s->tcp->keep_idle / 1000)
			 : name == TCP_KEEPINTVL ? (int)(s->tcp->keep_intvl / 1000)
			 : name == TCP_KEEPCNT	 ? (int)s->tcp->keep_cnt
						 : -1;
		return *value < 0 ? -ENOPROTOOPT : 0;
	}
	return -ENOPROTOOPT;
}

const struct sock_proto tcp_proto = {
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

/* Memory or ring room is back: what could not be sent goes out now, and writers look again. */
void net_tcp_restart(void)
{
	struct tcp_pcb *pcb, *next;

	for (pcb = tcp_active_pcbs; pcb != NULL; pcb = next) {
		struct tcp_sock *t = pcb->callback_arg;

		next = pcb->next;
		if (pcb->unsent != NULL || (pcb->flags & TF_NAGLEMEMERR) != 0) {
			tcp_output(pcb);
		}
		if (t != NULL && pcb->recv == on_recv && t->connected && has_room(pcb)) {
			on_sent(t, pcb, 0);
		}
	}
}
