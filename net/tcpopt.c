/* SPDX-License-Identifier: MIT */
/* Options of stream sockets alone: IPPROTO_TCP. Those that a connection inherits are kept beside lwIP's
 * PCB, so that a listener and a socket whose PCB went take them, too. */
#include "tcp.h"

#include <errno.h>
#include <lwip/priv/tcp_priv.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#define CONGESTION "reno"
#define TICK_US	   (TCP_SLOW_INTERVAL * 1000U) /* of lwIP's estimate of the round trip */
#define MIN_MSS	   88			       /* Linux' least */

/* A PCB that is whole, which a listener's is not. */
static struct tcp_pcb *whole(const struct tcp_sock *t)
{
	return t->listening ? NULL : t->s.tcp;
}

static int set_keep(uint32_t *to, int value, uint32_t unit, int max)
{
	if (value < 1 || value > max) {
		return -EINVAL;
	}
	*to = (uint32_t)value * unit;
	return 0;
}

/* Lets go of what TCP_CORK held, or acknowledges what waited for company. */
static void push(struct tcp_sock *t, bool ack)
{
	struct tcp_pcb *pcb = whole(t);

	if (pcb != NULL && t->connected) {
		if (ack) {
			tcp_ack_now(pcb);
		}
		tcp_output(pcb);
	}
}

static int set_value(struct tcp_sock *t, int name, int value)
{
	struct tcp_options *o = &t->options;

	switch (name) {
	case TCP_NODELAY:
		o->nodelay = value != 0;
		return 0;
	case TCP_CORK:
		o->cork = value != 0;
		return 0;
	case TCP_MAXSEG:
		if (value < MIN_MSS || value > TCP_MSS) {
			return -EINVAL;
		}
		o->maxseg = (uint16_t)value;
		return 0;
	case TCP_KEEPIDLE:
		return set_keep(&o->keep_idle, value, 1000, 32767);
	case TCP_KEEPINTVL:
		return set_keep(&o->keep_intvl, value, 1000, 32767);
	case TCP_KEEPCNT:
		return set_keep(&o->keep_cnt, value, 1, 127);
	case TCP_USER_TIMEOUT:
		if (value < 0) {
			return -EINVAL;
		}
		o->user_timeout = (uint32_t)value;
		return 0;
	case TCP_QUICKACK: /* at once, once: lwIP delays the later ones again */
		return 0;
	case TCP_DEFER_ACCEPT: /* a wish: connections come without waiting for their data */
		o->defer_accept = value;
		return value >= 0 ? 0 : -EINVAL;
	case TCP_FASTOPEN:
	case TCP_FASTOPEN_CONNECT:
		return -EOPNOTSUPP;
	default:
		return -ENOPROTOOPT;
	}
}

/* There is one algorithm. */
static int set_congestion(const void *v, socklen_t len)
{
	size_t n = strnlen(v, len);

	return n == strlen(CONGESTION) && memcmp(v, CONGESTION, n) == 0 ? 0 : -ENOENT;
}

int tcp_do_setopt(struct sock *s, int level, int name, const void *v, socklen_t len)
{
	struct tcp_sock *t = tcp_of(s);
	int value, r;

	if (level != IPPROTO_TCP) {
		return -ENOPROTOOPT;
	}
	if (name == TCP_CONGESTION) {
		return set_congestion(v, len);
	}
	r = len < sizeof(value) ? -EINVAL : sock_opt_int(v, len, &value);
	if (r == 0) {
		r = set_value(t, name, value);
	}
	if (r == 0 && whole(t) != NULL) {
		tcp_apply_options(t);
		if (name == TCP_NODELAY || name == TCP_CORK || name == TCP_QUICKACK) {
			push(t, name == TCP_QUICKACK && value != 0);
		}
	}
	return r;
}

/* lwIP's states in Linux' numbers. */
static uint8_t state_of(const struct tcp_sock *t)
{
	static const uint8_t map[] = {
		[CLOSED] = TCP_CLOSE,
		[LISTEN] = TCP_LISTEN,
		[SYN_SENT] = TCP_SYN_SENT,
		[SYN_RCVD] = TCP_SYN_RECV,
		[ESTABLISHED] = TCP_ESTABLISHED,
		[FIN_WAIT_1] = TCP_FIN_WAIT1,
		[FIN_WAIT_2] = TCP_FIN_WAIT2,
		[CLOSE_WAIT] = TCP_CLOSE_WAIT,
		[CLOSING] = TCP_CLOSING,
		[LAST_ACK] = TCP_LAST_ACK,
		[TIME_WAIT] = TCP_TIME_WAIT,
	};

	return t->listening ? TCP_LISTEN : t->s.tcp == NULL ? TCP_CLOSE : map[t->s.tcp->state];
}

static uint32_t segments(const struct tcp_seg *seg)
{
	uint32_t n = 0;

	for (; seg != NULL; seg = seg->next) {
		n++;
	}
	return n;
}

/* What lwIP knows; the rest is 0. Its clock of the round trip ticks in tenths of a second, so on a near network
 * that is 0, too. */
static void fill_info(const struct tcp_sock *t, struct tcp_info *i)
{
	const struct tcp_pcb *pcb = whole(t);

	memset(i, 0, sizeof(*i));
	i->tcpi_state = state_of(t);
	if (pcb == NULL) {
		i->tcpi_unacked = t->waiting;
		i->tcpi_sacked = t->backlog;
		return;
	}
	if ((pcb->flags & TF_WND_SCALE) != 0) {
		i->tcpi_options |= TCPI_OPT_WSCALE;
		i->tcpi_snd_wscale = pcb->snd_scale & 15U;
		i->tcpi_rcv_wscale = pcb->rcv_scale & 15U;
	}
	i->tcpi_options |= (pcb->flags & TF_SACK) != 0 ? TCPI_OPT_SACK : 0;
	i->tcpi_retransmits = pcb->nrtx;
	i->tcpi_probes = pcb->persist_probe;
	i->tcpi_backoff = pcb->persist_backoff;
	i->tcpi_rto = (uint32_t)pcb->rto * TICK_US;
	i->tcpi_snd_mss = pcb->mss;
	i->tcpi_rcv_mss = TCP_MSS;
	i->tcpi_advmss = TCP_MSS;
	i->tcpi_pmtu = pcb->mss + (IP_IS_V6(&pcb->remote_ip) ? 60U : 40U);
	i->tcpi_unacked = segments(pcb->unacked);
	i->tcpi_rtt = (uint32_t)(pcb->sa >> 3) * TICK_US;
	i->tcpi_rttvar = (uint32_t)(pcb->sv >> 2) * TICK_US;
	i->tcpi_snd_ssthresh = pcb->ssthresh / MAX(pcb->mss, 1U);
	i->tcpi_snd_cwnd = pcb->cwnd / MAX(pcb->mss, 1U);
	i->tcpi_rcv_space = pcb->rcv_wnd;
	i->tcpi_total_retrans = pcb->rexmit_count;
}

static int get_value(const struct tcp_sock *t, int name, int *value)
{
	const struct tcp_options *o = &t->options;
	const struct tcp_pcb *pcb = whole(t);

	switch (name) {
	case TCP_NODELAY:
		*value = o->nodelay;
		return 0;
	case TCP_CORK:
		*value = o->cork;
		return 0;
	case TCP_MAXSEG:
		*value = pcb != NULL ? tcp_mss(pcb) : o->maxseg != 0 ? o->maxseg : TCP_MSS;
		return 0;
	case TCP_KEEPIDLE:
		*value = (int)(o->keep_idle / 1000);
		return 0;
	case TCP_KEEPINTVL:
		*value = (int)(o->keep_intvl / 1000);
		return 0;
	case TCP_KEEPCNT:
		*value = (int)o->keep_cnt;
		return 0;
	case TCP_USER_TIMEOUT:
		*value = (int)o->user_timeout;
		return 0;
	case TCP_QUICKACK:
		*value = 0;
		return 0;
	case TCP_DEFER_ACCEPT:
		*value = o->defer_accept;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

int tcp_do_getopt(struct sock *s, int level, int name, void *v, socklen_t *len)
{
	struct tcp_info info;
	int value = 0, r;

	if (level != IPPROTO_TCP) {
		return -ENOPROTOOPT;
	}
	if (name == TCP_INFO) {
		fill_info(tcp_of(s), &info);
		return sock_opt_give(v, len, &info, sizeof(info));
	}
	if (name == TCP_CONGESTION) {
		return sock_opt_give(v, len, CONGESTION, sizeof(CONGESTION));
	}
	r = get_value(tcp_of(s), name, &value);
	return r != 0 ? r : sock_opt_give_int(v, len, value);
}
