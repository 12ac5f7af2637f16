/* SPDX-License-Identifier: MIT */
/* Stream sockets, as their files know them: tcp.c their life, tcp_io.c the bytes, tcpopt.c the options. */
#pragma once

#include "sock.h"

#include <kernel/list.h>
#include <lwip/tcp.h>

/* What a connection inherits from its listener; lwIP's PCB of a listener has no place for it. */
struct tcp_options {
	bool nodelay, cork;
	uint16_t maxseg;			  /* 0: lwIP's */
	uint32_t keep_idle, keep_intvl, keep_cnt; /* ms, ms, times */
	uint32_t user_timeout;			  /* ms, 0: lwIP's own limit of retries */
	int defer_accept;
};

struct tcp_sock {
	struct sock s;
	struct pbuf *rx, *rx_tail; /* received, in order; linked by next */
	unsigned rx_off;	   /* bytes of the first one that are gone */
	size_t rx_bytes;	   /* in the queue, less rx_off */
	size_t withheld;	   /* of lwIP's window, for an SO_RCVBUF below it */
	/* Of lwIP's send buffer: what SO_SNDBUF leaves unused, and what wakes a writer (a third of ours). */
	tcpwnd_size_t snd_hold, snd_enough;
	bool small_window; /* SO_RCVBUF is below lwIP's */
	bool eof;	   /* the peer has sent its FIN */
	bool rd_shut, wr_shut;
	bool connecting, connected, listening;
	struct list accepted; /* connections that wait for accept() */
	struct list link;     /* in the listener's accepted */
	struct list sharers;  /* SO_REUSEPORT: listeners on the same PCB, a ring */
	struct tcp_sock *listener;
	unsigned waiting, backlog; /* length of accepted, and its limit */
	struct tcp_options options;
};

static inline struct tcp_sock *tcp_of(struct sock *s)
{
	return container_of(s, struct tcp_sock, s);
}

/* tcp.c: what the options mean to lwIP's PCB, which is no listener's. */
void tcp_apply_options(struct tcp_sock *t);
/* The connection is over although the program has not closed it: lwIP will free the PCB unasked. */
void tcp_let_go(struct tcp_sock *t, struct tcp_pcb *pcb);

/* tcp_io.c */
err_t tcp_on_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err);
err_t tcp_on_sent(void *arg, struct tcp_pcb *pcb, u16_t len);
ssize_t tcp_do_send(struct sock *s, const struct iovec *iov, int n, const struct sock_tx *tx,
		    int flags);
ssize_t tcp_do_recv(struct sock *s, const struct iovec *iov, int n, int flags, struct sock_rx *rx);
int tcp_do_shutdown(struct sock *s, int how);
int tcp_do_queued(struct sock *s, bool out);
/* SO_RCVBUF, SO_SNDBUF or SO_RCVLOWAT is another: window and readiness follow. */
void tcp_do_resized(struct sock *s);
/* A new connection: SO_RCVBUF limits the window from here on. */
void tcp_limit_window(struct tcp_sock *t);
void tcp_drop_queue(struct tcp_sock *t);

/* tcpopt.c */
int tcp_do_setopt(struct sock *s, int level, int name, const void *v, socklen_t len);
int tcp_do_getopt(struct sock *s, int level, int name, void *v, socklen_t *len);
