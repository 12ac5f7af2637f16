/* SPDX-License-Identifier: MIT */
/* The bytes of stream sockets: received pbufs are linked, not copied, until recv(); readiness bits follow
 * each event. Everything under net_lock. */
#include "tcp.h"

#include <errno.h>
#include <lwip/priv/tcp_priv.h>
#include <string.h>

/* Room for writers below SO_SNDBUF, in lwIP's greater or equal buffer. */
static size_t room(const struct tcp_sock *t)
{
	return t->s.tcp->snd_buf > t->snd_hold ? t->s.tcp->snd_buf - t->snd_hold : 0;
}

/* Enough room that a writer is worth waking: a third of the buffer (and of the queue's places). Not by
 * tcp_sndbuf(), which never says more than 65,535. */
static bool has_room(const struct tcp_sock *t)
{
	return t->s.tcp->snd_buf >= t->snd_enough && tcp_sndqueuelen(t->s.tcp) < TCP_SNDQUEUELOWAT;
}

err_t tcp_on_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	struct tcp_sock *t = arg;
	struct pbuf *last;

	(void)err;
	if (p == NULL) {
		t->eof = true;
		file_ready(&t->s.file, POLLIN | POLLRDHUP | (t->wr_shut ? POLLHUP : 0));
		tcp_let_go(t, pcb);
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
	if (t->rx_bytes >= t->s.rcvlowat) {
		file_ready(&t->s.file, POLLIN);
	}
	return ERR_OK;
}

err_t tcp_on_sent(void *arg, struct tcp_pcb *pcb, u16_t len)
{
	struct tcp_sock *t = arg;

	(void)len;
	/* After shutdown() somebody who lingers waits for the last byte to arrive. */
	if ((atomic_load_explicit(&t->s.file.ready, memory_order_relaxed) & POLLOUT) == 0 &&
	    (t->wr_shut ? pcb->unsent == NULL && pcb->unacked == NULL : has_room(t))) {
		file_ready(&t->s.file, POLLOUT);
	}
	if (unlikely(t->eof) && pcb->state == TIME_WAIT) {
		tcp_let_go(t, pcb);
	}
	return ERR_OK;
}

static ssize_t not_sendable(const struct tcp_sock *t)
{
	if (t->wr_shut || t->eof) {
		return -EPIPE;
	}
	return t->connecting ? -EAGAIN : t->s.tcp == NULL ? -EPIPE : -ENOTCONN;
}

/* Whole segments only: the tail waits for more (MSG_MORE, TCP_CORK), until all before it has arrived or a fifth
 * of a second has passed. */
static void output_whole(struct tcp_pcb *pcb)
{
	const struct tcp_seg *seg = pcb->unsent;
	tcpflags_t nodelay = pcb->flags & TF_NODELAY;

	tcp_due_in(TCP_HOLD_TICKS);
	if (seg == NULL || (seg->next == NULL && seg->len < pcb->mss)) {
		return;
	}
	tcp_clear_flags(pcb, TF_NODELAY);
	tcp_output(pcb);
	tcp_set_flags(pcb, nodelay);
}

/* What tcp_write() takes at once: whole large segments of the usual size. */
#define WRITE_MAX 64064

/* How much of @left to give to lwIP. What room cuts off begins where a copy is fast. */
static inline size_t write_now(const struct tcp_sock *t, size_t left)
{
	size_t n = room(t);

	return left <= n ? MIN(left, (size_t)WRITE_MAX) : MIN(n & ~(size_t)7, (size_t)WRITE_MAX);
}

/* One piece of the iovec, as far as there is room: ERR_OK when all of it was taken. */
static inline err_t write_piece(struct tcp_sock *t, const struct iovec *iov, bool more, u8_t copy,
				size_t *done)
{
	const char *p = iov->iov_base;
	size_t left = iov->iov_len;

	while (left > 0) {
		size_t len = write_now(t, left);
		err_t err = len == 0 ? ERR_MEM
				     : tcp_write(t->s.tcp, p, (u16_t)len,
						 len < left || more ? copy | TCP_WRITE_FLAG_MORE
								    : copy);

		if (unlikely(err != ERR_OK)) {
			return err;
		}
		p += len;
		left -= len;
		*done += len;
	}
	return ERR_OK;
}

static __attribute__((noinline)) err_t write_pieces(struct tcp_sock *t, const struct iovec *iov,
						    int n, bool more, u8_t copy, size_t *done)
{
	err_t err = ERR_OK;

	for (int i = 0; i < n && err == ERR_OK; i++) {
		err = write_piece(t, &iov[i], more || i + 1 < n, copy, done);
	}
	return err;
}

ssize_t tcp_do_send(struct sock *s, const struct iovec *iov, int n, const struct sock_tx *tx,
		    int flags)
{
	struct tcp_sock *t = tcp_of(s);
	bool more = (flags & MSG_MORE) != 0 || t->options.cork;
	u8_t copy = (flags & SEND_CONSTANT) != 0 ? 0 : TCP_WRITE_FLAG_COPY;
	size_t done = 0, len = n == 1 ? iov->iov_len : 0;
	err_t err;

	(void)tx;
	if (unlikely(s->tcp == NULL || !t->connected || t->wr_shut)) {
		return not_sendable(t);
	}
	if (likely(len > 0 && len <= write_now(t, len))) {
		err = tcp_write(s->tcp, iov->iov_base, (u16_t)len,
				more ? copy | TCP_WRITE_FLAG_MORE : copy);
		done = err == ERR_OK ? len : 0;
	} else {
		err = write_pieces(t, iov, n, more, copy, &done);
	}
	if (likely(!more)) {
		tcp_output(s->tcp);
	} else {
		output_whole(s->tcp);
	}
	if (err == ERR_MEM || !has_room(t)) {
		file_not_ready(&s->file, POLLOUT);
	}
	return done > 0 || err == ERR_OK ? (ssize_t)done
	       : err == ERR_MEM		 ? -EAGAIN
					 : sock_errno(err);
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

/* Keep of @n read bytes what the window is to shrink by; the rest is given back to lwIP. */
static size_t withhold(struct tcp_sock *t, size_t n)
{
	size_t want = TCP_WND_MAX(t->s.tcp) - MIN((size_t)t->s.rcvbuf, TCP_WND_MAX(t->s.tcp));
	size_t keep = want > t->withheld ? MIN(n, want - t->withheld) : 0;

	t->withheld += keep;
	return n - keep;
}

/* lwIP tells the peer when the window grew by a quarter of its own size, which may be all of ours. */
static void announce(const struct tcp_sock *t)
{
	struct tcp_pcb *pcb = t->s.tcp;

	if (pcb->rcv_nxt + pcb->rcv_ann_wnd - pcb->rcv_ann_right_edge >=
	    (uint32_t)t->s.rcvbuf / 2) {
		tcp_ack_now(pcb);
		tcp_output(pcb);
	}
}

static void open_window(struct tcp_sock *t, size_t n)
{
	for (; n > 0; n -= MIN(n, 0xffffUL)) {
		tcp_recved(t->s.tcp, (u16_t)MIN(n, 0xffffUL));
	}
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
	if (t->s.tcp == NULL) {
		return;
	}
	if (likely(!t->small_window)) {
		open_window(t, n);
	} else {
		open_window(t, withhold(t, n));
		announce(t);
	}
}

ssize_t tcp_do_recv(struct sock *s, const struct iovec *iov, int n, int flags, struct sock_rx *rx)
{
	struct tcp_sock *t = tcp_of(s);
	size_t got;

	(void)rx;
	if (t->rx == NULL) {
		if (t->eof || t->rd_shut) {
			return s->err != 0 ? sock_take_error(s) : 0;
		}
		return t->connected || t->connecting ? -EAGAIN : -ENOTCONN;
	}
	got = copy_out(t, iov, n);
	if ((flags & MSG_PEEK) == 0) {
		consume(t, got);
		if (t->rx_bytes < s->rcvlowat && !t->eof) {
			file_not_ready(&s->file, POLLIN);
		}
	}
	return (ssize_t)got;
}

void tcp_drop_queue(struct tcp_sock *t)
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

int tcp_do_shutdown(struct sock *s, int how)
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

int tcp_do_queued(struct sock *s, bool out)
{
	const struct tcp_sock *t = tcp_of(s);

	if (!out) {
		return (int)t->rx_bytes;
	}
	return s->tcp == NULL || !t->connected ? 0 : (int)(TCP_SND_BUF - s->tcp->snd_buf);
}

void tcp_limit_window(struct tcp_sock *t)
{
	struct tcp_pcb *pcb = t->s.tcp;
	/* What the peer was told already holds; a SYN's window has 16 bits, whatever lwIP remembers. */
	tcpwnd_size_t told = MIN(pcb->rcv_ann_right_edge - pcb->rcv_nxt, 0xffffU);
	tcpwnd_size_t wnd = MAX((tcpwnd_size_t)t->s.rcvbuf, told);

	if (wnd < pcb->rcv_wnd) {
		t->withheld = pcb->rcv_wnd - wnd;
		pcb->rcv_wnd = wnd;
		pcb->rcv_ann_wnd = MIN(pcb->rcv_ann_wnd, wnd);
		pcb->rcv_ann_right_edge = pcb->rcv_nxt + told;
	}
}

void tcp_do_resized(struct sock *s)
{
	struct tcp_sock *t = tcp_of(s);
	size_t want;

	s->sndbuf = MIN(s->sndbuf, (int)TCP_SND_BUF);
	s->rcvbuf = MIN(MAX(s->rcvbuf, 4096), (int)TCP_WND);
	s->rcvlowat = MIN(s->rcvlowat, (size_t)s->rcvbuf / 2);
	t->small_window = s->rcvbuf < (int)TCP_WND;
	t->snd_hold = TCP_SND_BUF - (tcpwnd_size_t)s->sndbuf;
	t->snd_enough = t->snd_hold + (tcpwnd_size_t)s->sndbuf / 3;
	if (s->tcp == NULL || !t->connected) {
		return;
	}
	want = TCP_WND_MAX(s->tcp) - MIN((size_t)s->rcvbuf, TCP_WND_MAX(s->tcp));
	if (want < t->withheld) {
		size_t n = t->withheld - want;

		t->withheld = want;
		open_window(t, n);
	}
	if (!t->eof && !t->rd_shut) {
		if (t->rx_bytes >= s->rcvlowat) {
			file_ready(&s->file, POLLIN);
		} else {
			file_not_ready(&s->file, POLLIN);
		}
	}
	if (!t->wr_shut && has_room(t)) {
		file_ready(&s->file, POLLOUT);
	}
}

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
		if (t != NULL && pcb->recv == tcp_on_recv && t->connected && has_room(t)) {
			tcp_on_sent(t, pcb, 0);
		}
	}
}
