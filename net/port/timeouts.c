/* SPDX-License-Identifier: MIT */
/* lwIP's timers: TCP's by their deadlines, its periodic work only while there is some. All that runs once a
 * second does so in one wake-up, and while no packet moves, in one wake-up of several seconds. Under net_lock. */
#include "../net.h"

#include <kernel/alloc.h>
#include <kernel/arch.h>
#include <kernel/log.h>
#include <kernel/time.h>
#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/etharp.h>
#include <lwip/igmp.h>
#include <lwip/ip4_frag.h>
#include <lwip/ip6_frag.h>
#include <lwip/mld6.h>
#include <lwip/memp.h>
#include <lwip/nd6.h>
#include <lwip/netif.h>
#include <lwip/priv/nd6_priv.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/sys.h>
#include <lwip/timeouts.h>

#define LAZY_SECONDS   20UL
#define ROUTER_SECONDS (ND6_RTR_SOLICITATION_INTERVAL / 1000UL)

struct periodic {
	uint64_t interval; /* ns */
	void (*fn)(void);
	bool (*needed)(void);
	uint64_t due; /* 0: does not run */
};

/* --- TCP's deadlines: ticks are what lwIP counts time in, and nothing happens at them. */

#define TCP_TICK (TCP_SLOW_INTERVAL * NS_PER_MS)

static struct {
	uint64_t tick_end; /* the counter when tcp_ticks is over */
	uint64_t slow_at;  /* tcp_slow_due, if there are connections that wait */
	uint64_t fast_at;
} tcp = { .slow_at = TIME_NEVER, .fast_at = TIME_NEVER };

void tcp_clock(void)
{
	uint64_t tick;

	if (likely(arch_counter() < tcp.tick_end)) {
		return;
	}
	tick = time_now() / TCP_TICK;
	tcp_ticks = (uint32_t)tick;
	tcp.tick_end = time_to_counter((tick + 1) * TCP_TICK);
}

/* A tick not far from now. */
static uint64_t tick_time(uint32_t tick, uint64_t now)
{
	uint64_t ticks = now / TCP_TICK;
	int32_t ahead = (int32_t)(tick - (uint32_t)ticks);

	return ahead < 0 ? now : (ticks + (uint32_t)ahead) * TCP_TICK;
}

/* --- connections that wait for a time far away: TIME-WAIT, and the next keep-alive probe */

static uint32_t keep_at = UINT32_MAX; /* tick */

void tcp_keep_later(u32_t ticks)
{
	uint32_t at = tcp_ticks + ticks;

	if (at < keep_at) {
		keep_at = at;
		tcp_due_news = 1;
	}
}

/* All of them: at most once in the shortest time that a program asked for. */
static void look_for_probes(void)
{
	keep_at = UINT32_MAX;
	for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {
		uint32_t due = tcp_keep_due(pcb);

		if (due == 0) {
			tcp_timed(pcb);
			tcp_due_in(0);
		} else if (due != UINT32_MAX) {
			tcp_keep_later(due);
		}
	}
}

static uint64_t tcp_far_due(void)
{
	uint64_t next = keep_at == UINT32_MAX ? TIME_NEVER : keep_at * TCP_TICK;

	if (tcp_tw_pcbs != NULL) {
		next = MIN(next,
			   (tcp_tw_pcbs->tmr + 2 * TCP_MSL / TCP_SLOW_INTERVAL + 1) * TCP_TICK);
	}
	return next;
}

/* Whoever sleeps was told an older time, and nobody may go to sleep for long. */
void net_timers_news(uint64_t now)
{
	uint64_t far;

	tcp_due_news = 0;
	tcp.slow_at = tcp_timed_pcbs == NULL ? TIME_NEVER : tick_time(tcp_slow_due, now);
	if (tcp_fast_wanted && tcp.fast_at == TIME_NEVER) {
		tcp.fast_at = now + TCP_FAST_INTERVAL * NS_PER_MS;
	}
	far = tcp_far_due();
	net_wake_by(MIN(MIN(tcp.slow_at, tcp.fast_at), far));
}

static uint64_t tcp_due(uint64_t now)
{
	uint64_t far;

	if (tcp_due_news) {
		net_timers_news(now);
	}
	far = tcp_far_due();
	return MIN(MIN(tcp.slow_at, tcp.fast_at), far);
}

static void tcp_run(uint64_t now)
{
	if (tcp_due(now) > now) {
		return;
	}
	tcp_clock();
	if (tcp_ticks >= keep_at) {
		look_for_probes();
	}
	if (tcp.fast_at <= now) {
		tcp.fast_at = TIME_NEVER;
		tcp_fasttmr();
	}
	if (tcp_due(now) <= now) {
		tcp_ticks--; /* it counts itself */
		tcp_slowtmr();
	}
	net_timers_news(now);
}

static bool any_netif_up(void)
{
	struct netif *n;

	NETIF_FOREACH(n)
	{
		if (netif_is_up(n) && netif_is_link_up(n) && n->hwaddr_len != 0) {
			return true;
		}
	}
	return false;
}

/* Waiting for a server's answer, as opposed to holding a lease. */
static bool dhcp_needed(void)
{
	struct netif *n;

	NETIF_FOREACH(n)
	{
		if (netif_dhcp_data(n) != NULL && netif_dhcp_data(n)->request_timeout > 0) {
			return true;
		}
	}
	return false;
}

static bool report_pending(void)
{
	struct netif *n;

	NETIF_FOREACH(n)
	{
		struct mld_group *m = netif_mld6_data(n);
		struct igmp_group *g = netif_igmp_data(n);

		for (; m != NULL; m = m->next) {
			if (m->timer > 0) {
				return true;
			}
		}
		for (; g != NULL; g = g->next) {
			if (g->timer > 0) {
				return true;
			}
		}
	}
	return false;
}

/* IPv6 has something that ages: a neighbour, a router, a prefix, an address that is not for good, or a
 * router still to be asked for. */
static bool nd6_needed(void)
{
	struct netif *n;

	for (unsigned i = 0; i < LWIP_ND6_NUM_NEIGHBORS; i++) {
		if (neighbor_cache[i].state != ND6_NO_ENTRY) {
			return true;
		}
	}
	NETIF_FOREACH(n)
	{
		if (n->rs_count > 0) {
			return true;
		}
		for (int i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
			if (ip6_addr_istentative(netif_ip6_addr_state(n, i)) ||
			    (!ip6_addr_isinvalid(netif_ip6_addr_state(n, i)) &&
			     !netif_ip6_addr_isstatic(n, i))) {
				return true;
			}
		}
	}
	return default_router_list[0].neighbor_entry != NULL || prefix_list[0].netif != NULL;
}

/* After how many seconds IPv6 must look again: it has asked a neighbour or whoever may have its address, or asks for
 * a router. */
static uint64_t nd6_pause(void)
{
	uint64_t pause = LAZY_SECONDS;
	struct netif *n;

	for (unsigned i = 0; i < LWIP_ND6_NUM_NEIGHBORS; i++) {
		uint8_t state = neighbor_cache[i].state;

		if (state == ND6_INCOMPLETE || state == ND6_DELAY || state == ND6_PROBE) {
			return 1;
		}
	}
	NETIF_FOREACH(n)
	{
		if (n->rs_count > 0) {
			pause = ROUTER_SECONDS;
		}
		for (int i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
			if (ip6_addr_istentative(netif_ip6_addr_state(n, i))) {
				return 1;
			}
		}
	}
	return pause;
}

/* What ages by the second: neighbours, routers, names, fragments. What there is to age is looked for once. */
static void ticks(uint64_t n)
{
	bool nd6 = nd6_needed(), names = dns_pending();
	bool fragments = net_pool_used(MEMP_REASSDATA) > 0;
	bool fragments6 = net_pool_used(MEMP_IP6_REASSDATA) > 0;

	for (; n > 0; n--) {
		etharp_tmr();
		if (nd6) {
			nd6_tmr();
		}
		if (fragments) {
			ip_reass_tmr();
		}
		if (fragments6) {
			ip6_reass_tmr();
		}
		if (names) {
			dns_tmr();
		}
	}
}

static struct {
	uint64_t at;	/* ticks() was called for all seconds up to here */
	uint64_t pause; /* how many may pass at once: nothing is asked before */
} seconds = { .pause = 1 };

void net_timers_soon(void)
{
	seconds.pause = 1;
}

/* A router that says it leaves goes with the next tick. */
static bool router_leaves(void)
{
	for (unsigned i = 0; i < LWIP_ND6_NUM_ROUTERS; i++) {
		if (default_router_list[i].neighbor_entry != NULL &&
		    default_router_list[i].invalidation_timer == 0) {
			return true;
		}
	}
	return false;
}

/* Is somebody waited for: a neighbour's address, the rest of a packet, a name server? */
static bool answers_wanted(void)
{
	return net_pool_used(MEMP_ARP_QUEUE) + net_pool_used(MEMP_ND6_QUEUE) +
			       net_pool_used(MEMP_REASSDATA) + net_pool_used(MEMP_IP6_REASSDATA) >
		       0 ||
	       dns_pending();
}

/* How many seconds pass at once. */
static uint64_t seconds_step(void)
{
	return seconds.pause == 1 || answers_wanted() || router_leaves() ? 1 : seconds.pause;
}

/* One tick for each second since the last time, a few at most. */
static void second(uint64_t now)
{
	uint64_t behind = (now - seconds.at) / NS_PER_SEC, step = seconds_step();

	if (behind < step) {
		return;
	}
	if (seconds.pause > 1 && answers_wanted()) {
		/* What was asked in a quiet time must not look as if it had waited for all of that. */
		seconds.at = now;
		seconds.pause = 1;
		return;
	}
	ticks(step);
	seconds.at += behind * NS_PER_SEC;
	seconds.pause = answers_wanted() ? 1 : nd6_pause();
}

/* When to look next. What only grows older does so in large steps. */
static uint64_t second_due(void)
{
	if (!any_netif_up()) {
		return TIME_NEVER;
	}
	return seconds.at + seconds_step() * NS_PER_SEC;
}

static void reports(void)
{
	mld6_tmr();
	igmp_tmr();
}

static struct periodic timers[] = {
	{ DHCP_FINE_TIMER_MSECS * NS_PER_MS, dhcp_fine_tmr, dhcp_needed, 0 },
	{ MLD6_TMR_INTERVAL * NS_PER_MS, reports, report_pending, 0 },
};

/* Nothing to prepare: net_timers_next() finds what is needed. */
void sys_timeouts_init(void)
{
}

/* lwIP registered a connection; net_timers_next() sees it by itself. */
void tcp_timer_needed(void)
{
}

/* --- leases: in seconds, which pass in as large steps as nothing is due */

static uint64_t leases_at; /* what has passed until then was told */

static uint64_t leases_due(void)
{
	uint32_t due = dhcp_due();

	return due == UINT32_MAX ? TIME_NEVER : leases_at + due * NS_PER_SEC;
}

static void run_leases(uint64_t now)
{
	uint64_t passed = (now - leases_at) / NS_PER_SEC;

	if (passed > 0) {
		leases_at += passed * NS_PER_SEC;
		dhcp_elapsed((u32_t)passed);
	}
}

/* --- once: what lwIP's applications and ours ask for, by time */

struct timeout {
	struct timeout *next;
	uint64_t at;
	sys_timeout_handler fn;
	void *arg;
};

static struct timeout *timeouts;

void sys_timeout(u32_t ms, sys_timeout_handler fn, void *arg)
{
	struct timeout *t = kmalloc(sizeof(*t)), **at = &timeouts;

	if (t == NULL) {
		log_error("net: no memory for a timer: what waits for it stands still");
		return;
	}
	*t = (struct timeout){ .at = time_now() + ms * NS_PER_MS, .fn = fn, .arg = arg };
	while (*at != NULL && (*at)->at <= t->at) {
		at = &(*at)->next;
	}
	t->next = *at;
	*at = t;
}

void sys_untimeout(sys_timeout_handler fn, void *arg)
{
	for (struct timeout **at = &timeouts, *t; (t = *at) != NULL; at = &t->next) {
		if (t->fn == fn && t->arg == arg) {
			*at = t->next;
			kfree(t);
			return;
		}
	}
}

static void run_timeouts(uint64_t now)
{
	struct timeout *t;

	while ((t = timeouts) != NULL && t->at <= now) {
		struct timeout due = *t;

		timeouts = t->next;
		kfree(t);
		due.fn(due.arg);
	}
}

uint64_t net_timers_next(uint64_t now)
{
	/* MIN() takes values: it would ask again. */
	uint64_t next = second_due(), leases = leases_due(), tcp_next = tcp_due(now);

	next = MIN(MIN(next, leases), tcp_next);
	if (timeouts != NULL) {
		next = MIN(next, timeouts->at);
	}

	for (unsigned i = 0; i < ARRAY_SIZE(timers); i++) {
		struct periodic *t = &timers[i];

		if (t->due == 0 && t->needed()) {
			/* On the grid of its interval: what has the same interval wakes us once. */
			t->due = now - now % t->interval + t->interval;
		}
		if (t->due != 0) {
			next = MIN(next, t->due);
		}
	}
	return next;
}

void net_timers_run(uint64_t now)
{
	/* Each round comes by here; there is much to look at. */
	if (now - seconds.at >= NS_PER_SEC && any_netif_up()) {
		second(now);
	}
	run_leases(now);
	tcp_run(now);
	run_timeouts(now);
	for (unsigned i = 0; i < ARRAY_SIZE(timers); i++) {
		struct periodic *t = &timers[i];

		if (t->due != 0 && t->due <= now) {
			t->fn();
			t->due = t->needed() ? t->due + t->interval : 0;
			/* After a pause of the machine: once, not as often as was missed. */
			if (t->due != 0 && t->due <= now) {
				t->due = now + t->interval;
			}
		}
	}
}

u32_t sys_now(void)
{
	return (u32_t)(net_now() / NS_PER_MS);
}
