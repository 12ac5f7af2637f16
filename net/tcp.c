/* SPDX-License-Identifier: MIT */
/* The life of stream sockets, straight on lwIP's callbacks: from socket() to close(). Everything under
 * net_lock. */
#include "tcp.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/time.h>
#include <lwip/priv/tcp_priv.h>
#include <netinet/in.h>
#include <string.h>

/* --- callbacks --------------------------------------------------------------------------- */

/* lwIP gave the PCB up: reset, timeout, no memory for it, or both sides are done. */
static void on_err(void *arg, err_t err)
{
	struct tcp_sock *t = arg;

	t->s.tcp = NULL;
	/* It gives up by itself when retransmissions or keep-alive probes were not answered. */
	t->s.err = err == ERR_CLSD		     ? 0
		   : t->connecting && err == ERR_RST ? -ECONNREFUSED
		   : err == ERR_ABRT		     ? -ETIMEDOUT
						     : sock_errno(err);
	t->connecting = false;
	t->connected = false;
	t->eof = true;
	file_ready(&t->s.file,
		   POLLIN | POLLOUT | POLLHUP | POLLRDHUP | (t->s.err != 0 ? POLLERR : 0U));
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
	struct tcp_sock *t = arg;

	(void)pcb;
	(void)err;
	t->connecting = false;
	t->connected = true;
	tcp_limit_window(t);
	tcp_apply_options(t);
	file_ready(&t->s.file, POLLOUT);
	return ERR_OK;
}

/* Nothing has been acknowledged for TCP_USER_TIMEOUT although something waits to be. */
static err_t on_poll(void *arg, struct tcp_pcb *pcb)
{
	struct tcp_sock *t = arg;

	tcp_err(pcb, NULL);
	tcp_abort(pcb);
	on_err(t, ERR_TIMEOUT);
	return ERR_ABRT;
}

static void attach(struct tcp_sock *t, struct tcp_pcb *pcb)
{
	t->s.tcp = pcb;
	tcp_arg(pcb, t);
	tcp_recv(pcb, tcp_on_recv);
	tcp_sent(pcb, tcp_on_sent);
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
	tcp_poll(pcb, NULL, 0);
}

void tcp_let_go(struct tcp_sock *t, struct tcp_pcb *pcb)
{
	if (pcb->state == TIME_WAIT) {
		detach(pcb);
		t->s.tcp = NULL;
	}
}

void tcp_apply_options(struct tcp_sock *t)
{
	const struct tcp_options *o = &t->options;
	struct tcp_pcb *pcb = t->s.tcp;

	if (o->nodelay) {
		tcp_nagle_disable(pcb);
	} else {
		tcp_nagle_enable(pcb);
	}
	if (o->maxseg != 0 && pcb->state >= ESTABLISHED) {
		pcb->mss = MIN(pcb->mss, o->maxseg);
	}
	pcb->keep_idle = o->keep_idle;
	pcb->keep_intvl = o->keep_intvl;
	pcb->keep_cnt = o->keep_cnt;
	/* Rounded up, and one more: the first tick may be over at once. */
	tcp_poll(pcb, o->user_timeout != 0 ? on_poll : NULL,
		 (o->user_timeout + TCP_SLOW_INTERVAL - 1) / TCP_SLOW_INTERVAL + 1);
	if (ip_get_option(pcb, SOF_KEEPALIVE)) {
		sock_tcp_timed(&t->s);
	}
}

static struct tcp_sock *new_sock(int domain)
{
	struct tcp_sock *t = (struct tcp_sock *)sock_new(domain, SOCK_STREAM, IPPROTO_TCP,
							 &tcp_proto, sizeof(*t));

	if (t != NULL) {
		list_init(&t->accepted);
		list_init(&t->link);
		list_init(&t->sharers);
		t->s.rcvbuf = (int)TCP_WND;
		t->s.sndbuf = (int)TCP_SND_BUF;
		t->snd_enough = TCP_SND_BUF / 3;
		t->options.keep_idle = TCP_KEEPIDLE_DEFAULT;
		t->options.keep_intvl = TCP_KEEPINTVL_DEFAULT;
		t->options.keep_cnt = TCP_KEEPCNT_DEFAULT;
	}
	return t;
}

static void inherit(struct tcp_sock *t, const struct tcp_sock *l)
{
	t->s.v6only = l->s.v6only;
	t->s.rcv_timeout = l->s.rcv_timeout;
	t->s.snd_timeout = l->s.snd_timeout;
	t->s.rcvbuf = l->s.rcvbuf;
	t->s.sndbuf = l->s.sndbuf;
	t->s.rcvlowat = l->s.rcvlowat;
	t->small_window = l->small_window;
	t->snd_hold = l->snd_hold;
	t->snd_enough = l->snd_enough;
	t->s.priority = l->s.priority;
	t->s.linger = l->s.linger;
	t->options = l->options;
}

/* Whose turn it is among the listeners on this PCB; the next connection is the next one's. */
static struct tcp_sock *next_listener(struct tcp_pcb_listen *pcb)
{
	struct tcp_sock *l = pcb->callback_arg;

	if (!list_empty(&l->sharers)) {
		pcb->callback_arg = list_entry(l->sharers.next, struct tcp_sock, sharers);
	}
	return l;
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
	struct tcp_sock *l, *t;

	if (err != ERR_OK || pcb == NULL || arg == NULL) {
		return ERR_VAL;
	}
	l = next_listener(pcb->listener);
	t = new_sock(l->s.domain);
	if (t == NULL) {
		return ERR_MEM; /* lwIP resets the connection */
	}
	inherit(t, l);
	t->connected = true;
	t->listener = l;
	attach(t, pcb);
	pcb->tos = l->s.ip->tos;
	pcb->ttl = l->s.ip->ttl;
	tcp_limit_window(t);
	tcp_apply_options(t);
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

static bool same_place(const struct tcp_pcb_listen *l, const ip_addr_t *addr, uint16_t port)
{
	return l->local_port == port && IP_IS_V6(addr) == IP_IS_V6_VAL(l->local_ip) &&
	       (ip_addr_isany(addr) || ip_addr_isany(&l->local_ip) ||
		ip_addr_eq(addr, &l->local_ip));
}

/* Does somebody listen there who does not share? With SO_REUSEADDR lwIP would find out in listen() only. */
static bool taken(const struct sock *s, const ip_addr_t *addr, uint16_t port)
{
	const struct tcp_pcb_listen *l = tcp_listen_pcbs.listen_pcbs;

	for (; l != NULL; l = l->next) {
		const struct tcp_sock *other = l->callback_arg;

		if (same_place(l, addr, port) && !(s->reuse_port && other->s.reuse_port)) {
			return true;
		}
	}
	return false;
}

static int do_bind(struct sock *s, const ip_addr_t *addr, uint16_t port)
{
	if (s->tcp == NULL || s->tcp->local_port != 0) {
		return -EINVAL;
	}
	if (port != 0 && taken(s, addr, port)) {
		return -EADDRINUSE;
	}
	return sock_errno(tcp_bind(s->tcp, addr, port));
}

/* SO_REUSEPORT: who listens already at our very address and shares it. */
static struct tcp_sock *find_sharer(const struct tcp_sock *t)
{
	const struct tcp_pcb_listen *l = tcp_listen_pcbs.listen_pcbs;

	for (; t->s.reuse_port && l != NULL; l = l->next) {
		if (l->local_port == t->s.tcp->local_port &&
		    ip_addr_eq(&l->local_ip, &t->s.tcp->local_ip) &&
		    ((const struct tcp_sock *)l->callback_arg)->s.reuse_port) {
			return l->callback_arg;
		}
	}
	return NULL;
}

static int start_listening(struct tcp_sock *t)
{
	struct tcp_sock *sharer = find_sharer(t);
	struct tcp_pcb *pcb;
	err_t err = ERR_OK;

	detach(t->s.tcp);
	if (sharer != NULL) {
		tcp_close(t->s.tcp); /* never used: gone at once */
		t->s.tcp = sharer->s.tcp;
		list_add(&sharer->sharers, &t->sharers);
		return 0;
	}
	pcb = tcp_listen_with_backlog_and_err(t->s.tcp, 1, &err);
	if (pcb == NULL) {
		attach(t, t->s.tcp);
		return sock_errno(err);
	}
	t->s.tcp = pcb;
	tcp_arg(pcb, t);
	tcp_accept(pcb, on_accept);
	return 0;
}

/* Sharers have one queue of half-open connections: as long as all of theirs. */
static void set_backlog(struct tcp_sock *t, int backlog)
{
	struct tcp_sock *i = t;
	u16_t all;
	unsigned sum = 0;

	t->backlog = (unsigned)MAX(1, MIN(backlog, SOMAXCONN));
	do {
		sum += i->backlog;
		i = list_entry(i->sharers.next, struct tcp_sock, sharers);
	} while (i != t);
	all = (u16_t)MIN(sum, 0xffffU);
	tcp_backlog_set(t->s.tcp, all);
}

int sock_tcp_listen(struct sock *s, int backlog)
{
	struct tcp_sock *t = tcp_of(s);
	int r = 0;

	if (t->listening) {
		set_backlog(t, backlog);
		return 0;
	}
	if (s->tcp == NULL || t->connecting || t->connected) {
		return -EINVAL;
	}
	if (s->tcp->local_port == 0) {
		r = sock_errno(tcp_bind(s->tcp, IP_ANY_TYPE, 0));
	}
	if (r == 0) {
		r = start_listening(t);
	}
	if (r == 0) {
		t->listening = true;
		set_backlog(t, backlog);
		file_not_ready(&s->file, POLLOUT | POLLHUP);
	}
	return r;
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

void sock_tcp_timed(struct sock *s)
{
	if (s->tcp->state != LISTEN) { /* whose PCB is shorter */
		u32_t due;

		tcp_clock();
		due = tcp_keep_due(s->tcp);
		if (due < TCP_NEVER) {
			tcp_keep_later(due);
		}
	}
}

bool sock_tcp_linger(struct sock *s)
{
	struct tcp_sock *t = tcp_of(s);

	if (s->tcp == NULL || !t->connected) {
		return true;
	}
	if (!t->wr_shut) {
		t->wr_shut = true;
		tcp_shutdown(s->tcp, 0, 1);
	}
	if (s->tcp->unsent == NULL && s->tcp->unacked == NULL) {
		return true;
	}
	file_not_ready(&s->file, POLLOUT | POLLERR);
	return false;
}

/* The PCB lives on by itself to send what is left, unless there is no memory even for its FIN. */
static void close_pcb(struct tcp_sock *t, struct tcp_pcb *pcb)
{
	bool reset = t->s.linger.l_onoff != 0 && t->s.linger.l_linger == 0 && t->connected;

	detach(pcb);
	/* lwIP takes a window that is not whole for data that nobody read. */
	pcb->rcv_wnd += (tcpwnd_size_t)t->withheld;
	if (reset || tcp_close(pcb) != ERR_OK) {
		tcp_abort(pcb);
	}
}

/* Somebody else listens on the PCB, too: he gets what is half open. */
static void hand_over(struct tcp_sock *t)
{
	struct tcp_sock *heir = list_entry(t->sharers.next, struct tcp_sock, sharers);
	struct tcp_pcb *pcb;

	list_del(&t->sharers);
	if (t->s.tcp->callback_arg == t) {
		tcp_arg(t->s.tcp, heir);
	}
	for (pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {
		if (pcb->state == SYN_RCVD && pcb->callback_arg == t) {
			tcp_arg(pcb, heir);
		}
	}
	set_backlog(heir, (int)heir->backlog);
}

static void close_listener(struct tcp_sock *t)
{
	struct list *p;

	while ((p = list_pop(&t->accepted)) != NULL) {
		struct tcp_sock *c = list_entry(p, struct tcp_sock, link);

		tcp_drop_queue(c);
		if (c->s.tcp != NULL) {
			detach(c->s.tcp);
			tcp_abort(c->s.tcp);
		}
		kfree(c);
	}
	if (!list_empty(&t->sharers)) {
		hand_over(t);
	} else {
		detach(t->s.tcp);
		tcp_close(t->s.tcp);
	}
}

static void do_close(struct sock *s)
{
	struct tcp_sock *t = tcp_of(s);

	if (t->listening) {
		close_listener(t);
		return;
	}
	/* Unread data: lwIP sees that its window is not whole, and resets as RFC 2525, 2.17 wants. */
	tcp_drop_queue(t);
	if (s->tcp != NULL) {
		close_pcb(t, s->tcp);
		s->tcp = NULL;
	}
}

#define PATIENCE_TICKS (5000 / TCP_SLOW_INTERVAL)
#define PROBES_IN_VAIN 3 /* some seconds of them */

/* What nobody owns any more, and whose peer has gone or takes nothing: lwIP would keep its segments for minutes. It
 * may not even ask, since probes need memory as well. */
void net_tcp_reclaim(void)
{
	struct tcp_pcb *pcb, *next;

	for (pcb = tcp_active_pcbs; pcb != NULL; pcb = next) {
		next = pcb->next;
		if (pcb->callback_arg == NULL && (tcp_ticks - pcb->tmr >= PATIENCE_TICKS ||
						  pcb->persist_probe >= PROBES_IN_VAIN)) {
			tcp_abort(pcb);
		}
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

const struct sock_proto tcp_proto = {
	.bind = do_bind,
	.connect = do_connect,
	.send = tcp_do_send,
	.recv = tcp_do_recv,
	.shutdown = tcp_do_shutdown,
	.name = do_name,
	.setopt = tcp_do_setopt,
	.getopt = tcp_do_getopt,
	.queued = tcp_do_queued,
	.resized = tcp_do_resized,
	.close = do_close,
};
