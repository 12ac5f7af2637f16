/* SPDX-License-Identifier: MIT */
/* The core lock, the poller that waiters run, and lwIP's clock. */
#include "net.h"

#include <kernel/arch.h>
#include <kernel/device.h>
#include <kernel/log.h>
#include <kernel/page.h>
#include <kernel/poller.h>
#include <kernel/power.h>
#include <kernel/rand.h>
#include <kernel/sync.h>
#include <kernel/time.h>
#include <kernel/timer.h>
#include <lwip/igmp.h>
#include <lwip/init.h>
#include <lwip/ip.h>
#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <net/socket.h>
#include <string.h>

#define BUDGET 64 /* packets a round: the application gets its turn between two rounds */

uint32_t net_tcp_cut;

static struct {
	struct mutex lock;
	struct poller poller;
	struct timer wake; /* the next periodic work, while everybody sleeps */
	uint64_t now;
	bool started;
	bool polling; /* the holder of the lock looks at the loopback itself */
	bool retry;
	bool looped;	       /* packets wait in a loopback, or did when that was looked at last */
	struct net_if *queued; /* whose packets wait for a doorbell */
	uint64_t isn_key[2];
} core = { .lock = MUTEX_INIT(core.lock) };

void net_lock(void)
{
	mutex_lock(&core.lock);
}

void net_looped(void)
{
	core.looped = true;
}

/* Packets that the image sent to itself wait in their interface. */
static bool loopback_waits(void)
{
	struct netif *n;

	if (likely(!core.looped)) {
		return false;
	}
	NETIF_FOREACH(n)
	{
		if (n->loop_first != NULL) {
			return true;
		}
	}
	core.looped = false;
	return false;
}

void net_wake_by(uint64_t at)
{
	if (at != TIME_NEVER && (!timer_pending(&core.wake) || core.wake.deadline > at)) {
		timer_start(&core.wake, at);
	}
}

/* What the image sent to itself. It never left memory, and a device that fills in checksums (or checks
 * them) has not seen it: nobody looks at those. netdev_input() asks for each packet of its own. */
static void poll_loopback(void)
{
	struct netif *n;

	NETIF_FOREACH(n)
	{
		n->chksum_flags &=
			(uint16_t) ~(NETIF_CHECKSUM_CHECK_UDP | NETIF_CHECKSUM_CHECK_TCP);
	}
	netif_poll_all();
}

/* What waits in the loopback is taken in by whoever sent it: to wake a waiter for it, maybe on another CPU,
 * would cost that one more than the packet does. Another round may be due to senders that found it full. */
static bool loop_back(void)
{
	core.polling = true;
	core.now = time_now();
	tcp_clock();
	poll_loopback();
	core.polling = false;
	return core.retry;
}

/* What was put off until the lock is given back. */
static void finish_and_unlock(void)
{
	bool kick = !core.polling && loopback_waits() && loop_back();
	struct net_if *n;

	while ((n = core.queued) != NULL) {
		core.queued = n->next_queued;
		n->queued = false;
		n->dev->ops->flush(n->dev);
	}
	if (unlikely(tcp_due_news)) {
		net_timers_news(time_now());
	}
	mutex_unlock(&core.lock);
	if (kick) {
		poller_kick(); /* no device will interrupt for it */
	}
}

void net_unlock(void)
{
	if (core.queued == NULL && likely(!core.looped && !tcp_due_news)) {
		mutex_unlock(&core.lock);
	} else {
		finish_and_unlock();
	}
}

bool net_lock_held(void)
{
	return mutex_held(&core.lock);
}

uint64_t net_now(void)
{
	return core.now;
}

void net_retry_later(void)
{
	core.retry = true;
}

void net_retry_when_looped(void)
{
	core.retry |= loopback_waits();
}

void net_flush_later(struct net_if *n)
{
	if (!n->queued) {
		n->queued = true;
		n->next_queued = core.queued;
		core.queued = n;
	}
}

static bool net_poll(struct poller *p)
{
	struct net_if *n;
	bool any = false;

	(void)p;
	net_lock();
	core.polling = true;
	core.now = time_now();
	tcp_clock();
	for (unsigned i = 0; (n = net_if_at(i)) != NULL; i++) {
		any |= net_if_poll(n, BUDGET);
	}
	if (loopback_waits()) {
		any = true;
		poll_loopback();
	}
	net_timers_run(core.now);
	if (net_memory_back(core.now)) {
		net_tcp_reclaim();
		core.retry = true;
	}
	if (core.retry) {
		core.retry = false;
		net_tcp_restart();
		net_dgram_restart();
	}
	core.polling = false;
	net_unlock();
	return any;
}

static void wake_up(struct timer *t)
{
	(void)t;
	poller_kick();
}

static bool net_arm(struct poller *p)
{
	struct net_if *n;
	uint64_t next, memory;
	bool work;

	(void)p;
	net_lock();
	work = loopback_waits() || core.retry;
	for (unsigned i = 0; (n = net_if_at(i)) != NULL; i++) {
		work |= n->dev->ops->irq(n->dev, true);
	}
	next = net_timers_next(time_now()); /* MIN() would ask twice */
	memory = net_memory_due();
	next = MIN(next, memory);
	if (next != TIME_NEVER && (!timer_pending(&core.wake) || core.wake.deadline != next)) {
		timer_start(&core.wake, next);
	}
	net_unlock();
	return work;
}

/* Without checksums, and with groups, so that multicast works within the machine. */
static void set_up_loopback(struct netif *lo)
{
	NETIF_SET_CHECKSUM_CTRL(lo, NETIF_CHECKSUM_DISABLE_ALL);
	lo->flags |= NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
	if (igmp_start(lo) != ERR_OK) {
		lo->flags &= (u8_t)~NETIF_FLAG_IGMP;
	}
}

void net_start(void)
{
	static struct power_finisher finisher = { .fn = net_finish };

	if (core.started) {
		return;
	}
	core.started = true;
	socket_inet = sock_create;
	power_finish_add(&finisher);
	/* A connection may hold two windows of memory: keep that well under what there is. */
	while (TCP_WND > 16384 && TCP_WND > page_free_count() * PAGE_SIZE / 64) {
		net_tcp_cut += TCP_WND / 2;
	}
	net_pools_init(page_free_count() * PAGE_SIZE);
	rand_bytes(core.isn_key, sizeof(core.isn_key));
	net_pcbs_init();
	timer_init(&core.wake, wake_up);
	core.poller = (struct poller){ .poll = net_poll, .arm = net_arm };
	net_lock();
	core.now = time_now();
	lwip_init();
	set_up_loopback(netif_list); /* alone yet */
	net_unlock();
	poller_register(&core.poller);
}

/* SipHash-2-4 (Aumasson, Bernstein 2012) of one block after another; words, no tail. */
static void sip_round(uint64_t v[4])
{
#define ROL(x, n) ((x) << (n) | (x) >> (64 - (n)))
	v[0] += v[1];
	v[1] = ROL(v[1], 13) ^ v[0];
	v[0] = ROL(v[0], 32);
	v[2] += v[3];
	v[3] = ROL(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = ROL(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = ROL(v[1], 17) ^ v[2];
	v[2] = ROL(v[2], 32);
#undef ROL
}

static uint64_t siphash(const uint64_t key[2], const uint64_t *m, unsigned n)
{
	uint64_t v[4] = { key[0] ^ 0x736f6d6570736575UL, key[1] ^ 0x646f72616e646f6dUL,
			  key[0] ^ 0x6c7967656e657261UL, key[1] ^ 0x7465646279746573UL };

	for (unsigned i = 0; i < n; i++) {
		v[3] ^= m[i];
		sip_round(v);
		sip_round(v);
		v[0] ^= m[i];
	}
	v[2] ^= 0xff;
	for (unsigned i = 0; i < 4; i++) {
		sip_round(v);
	}
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* RFC 6528: a clock of 4 us plus a keyed hash of the connection. */
uint32_t net_tcp_isn(const void *lip, uint16_t lport, const void *rip, uint16_t rport)
{
	const ip_addr_t *l = lip, *r = rip;
	uint64_t m[5] = { (uint64_t)lport << 16 | rport };
	unsigned n = IP_IS_V6(l) ? ARRAY_SIZE(m) : 2;

	if (n == 2) {
		m[1] = (uint64_t)ip_2_ip4(l)->addr << 32 | ip_2_ip4(r)->addr;
	} else {
		memcpy(&m[1], ip_2_ip6(l)->addr, 16);
		memcpy(&m[3], ip_2_ip6(r)->addr, 16);
	}
	return (uint32_t)(siphash(core.isn_key, m, n) + time_now() / 4000);
}
