/* SPDX-License-Identifier: MIT */
/* The end of the program: what it gave to send() before is sent, as where a kernel outlives its processes. */
#include "net.h"

#include <kernel/log.h>
#include <kernel/poller.h>
#include <kernel/time.h>
#include <lwip/priv/tcp_priv.h>

#define FINISH_WAIT \
	(2 * NS_PER_SEC)     /* for a peer that went away; six of the shortest retransmissions */
#define LOOK_EVERY NS_PER_MS /* no device tells of a ring that ran empty */
#define WHOLE_RING 8192	     /* packets: more than any device queues */

/* Bytes or a FIN that the peer lacks. A peer in this image ends together with us. */
static bool owes(const struct tcp_pcb *pcb)
{
	return pcb->state >= ESTABLISHED && (pcb->unsent != NULL || pcb->unacked != NULL) &&
	       !ip_addr_isloopback(&pcb->remote_ip) && !ip_addr_eq(&pcb->local_ip, &pcb->remote_ip);
}

static unsigned connections_owing(void)
{
	unsigned n = 0;

	for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {
		n += owes(pcb);
	}
	return n;
}

/* Has every device taken what was queued? */
static bool rings_empty(void)
{
	struct net_if *n;
	bool empty = true;

	for (unsigned i = 0; (n = net_if_at(i)) != NULL; i++) {
		empty &= !n->dev->link || n->dev->ops->room(n->dev, WHOLE_RING);
	}
	return empty;
}

static bool finished(void *arg)
{
	bool all;

	(void)arg;
	net_lock();
	all = connections_owing() == 0 && rings_empty();
	net_unlock();
	return all;
}

void net_finish(void)
{
	struct waiter w;
	uint64_t end = time_after(FINISH_WAIT);
	unsigned left;

	if (net_lock_held()) {
		return; /* a fault in the stack itself */
	}
	waiter_init(&w);
	while (!finished(NULL)) {
		if (time_now() >= end) {
			net_lock();
			left = connections_owing();
			net_unlock();
			log_warn("net: exit with bytes to send on %u connections", left);
			return;
		}
		waiter_wait(&w, finished, NULL, MIN(end, time_after(LOOK_EVERY)));
	}
}
