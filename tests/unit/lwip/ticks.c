/* SPDX-License-Identifier: MIT */
/* Stands for net/port/timeouts.c where lwIP's own tests and its fuzzers count ticks and call the timers themselves. */
#include "../../../net/net.h"

#include <kernel/time.h>
#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/etharp.h>
#include <lwip/igmp.h>
#include <lwip/ip4_frag.h>
#include <lwip/ip6_frag.h>
#include <lwip/mld6.h>
#include <lwip/nd6.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/sys.h>
#include <lwip/timeouts.h>

void sys_timeouts_init(void)
{
}

void tcp_timer_needed(void)
{
}

/* The tests count ticks, one a call. */
void tcp_clock(void)
{
}

/* The time that lwIP's ticks say: nothing else passes here. */
uint64_t time_now(void)
{
	return (uint64_t)tcp_ticks * TCP_SLOW_INTERVAL * NS_PER_MS;
}

/* Idle connections with keep-alive: all of them are looked at after each tick (below), and in the tests none is
 * idle for so long. */
void tcp_keep_later(u32_t ticks)
{
	(void)ticks;
}

/* Nobody waits for one of mDNS's. */
void sys_timeout(u32_t msecs, sys_timeout_handler handler, void *arg)
{
	(void)msecs;
	(void)handler;
	(void)arg;
}

void sys_untimeout(sys_timeout_handler handler, void *arg)
{
	(void)handler;
	(void)arg;
}

/* Nobody looks at the clock. */
u32_t sys_now(void)
{
	return 0;
}

/* All that net/port/timeouts.c would call in a second. */
void sys_check_timeouts(void)
{
	for (unsigned i = 0; i < 1000; i += TCP_TMR_INTERVAL) {
		tcp_tmr();
	}
	dhcp_fine_tmr();
	dhcp_elapsed(1);
	mld6_tmr();
	igmp_tmr();
	etharp_tmr();
	nd6_tmr();
	ip_reass_tmr();
	ip6_reass_tmr();
	dns_tmr();
}
