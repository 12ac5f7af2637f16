/* SPDX-License-Identifier: MIT */
/* lwIP's periodic work, only while there is some: an idle machine wakes once a second at most.
 * All that runs once a second does so in one wake-up. Under net_lock. */
#include "../net.h"

#include <kernel/time.h>
#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/etharp.h>
#include <lwip/igmp.h>
#include <lwip/ip4_frag.h>
#include <lwip/ip6_frag.h>
#include <lwip/mld6.h>
#include <lwip/nd6.h>
#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/sys.h>
#include <lwip/timeouts.h>

struct periodic {
	uint64_t interval; /* ns */
	void (*fn)(void);
	bool (*needed)(void);
	uint64_t due; /* 0: does not run */
};

static bool tcp_needed(void)
{
	return tcp_active_pcbs != NULL || tcp_tw_pcbs != NULL;
}

static bool any_netif_up(void)
{
	struct netif *n;

	NETIF_FOREACH(n) {
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

	NETIF_FOREACH(n) {
		if (netif_dhcp_data(n) != NULL && netif_dhcp_data(n)->request_timeout > 0) {
			return true;
		}
	}
	return false;
}

static bool dhcp_used(void)
{
	struct netif *n;

	NETIF_FOREACH(n) {
		if (netif_dhcp_data(n) != NULL) {
			return true;
		}
	}
	return false;
}

static bool report_pending(void)
{
	struct netif *n;

	NETIF_FOREACH(n) {
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

static void second(void)
{
	etharp_tmr();
	nd6_tmr();
	ip_reass_tmr();
	ip6_reass_tmr();
	dns_tmr();
}

static void reports(void)
{
	mld6_tmr();
	igmp_tmr();
}

static struct periodic timers[] = {
	{ TCP_TMR_INTERVAL * NS_PER_MS, tcp_tmr, tcp_needed, 0 },
	{ NS_PER_SEC, second, any_netif_up, 0 },
	{ DHCP_FINE_TIMER_MSECS * NS_PER_MS, dhcp_fine_tmr, dhcp_needed, 0 },
	{ DHCP_COARSE_TIMER_SECS * NS_PER_SEC, dhcp_coarse_tmr, dhcp_used, 0 },
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

uint64_t net_timers_next(uint64_t now)
{
	uint64_t next = TIME_NEVER;

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
