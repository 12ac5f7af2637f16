/* SPDX-License-Identifier: MIT */
/* What the image's other parts give to lwIP and to net/port, for lwIP's own tests and for its fuzzers. */
#include "../../../net/net.h"

#include <kernel/alloc.h>
#include <kernel/page.h>
#include <kernel/rand.h>
#include <kernel/time.h>
#include <lwip/dhcp.h>
#include <lwip/dhcp6.h>
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
#include <malloc.h>
#include <stdlib.h>

uint32_t net_tcp_cut;

void *page_alloc(size_t n, size_t align)
{
	return aligned_alloc(align * PAGE_SIZE, n * PAGE_SIZE);
}

void *kmalloc(size_t n)
{
	return malloc(n);
}

void *kzalloc(size_t n)
{
	return calloc(1, n);
}

void kfree(void *p)
{
	free(p);
}

size_t kmalloc_usable(const void *p)
{
	return malloc_usable_size((void *)(uintptr_t)p);
}

uint32_t rand_u32(void)
{
	return (uint32_t)random();
}

void rand_bytes(void *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		((uint8_t *)p)[i] = (uint8_t)random();
	}
}

/* As lwIP's own, since the tests begin where they like by its clock. */
uint32_t net_tcp_isn(const void *lip, uint16_t lport, const void *rip, uint16_t rport)
{
	static uint32_t iss = 6510;

	(void)lip;
	(void)lport;
	(void)rip;
	(void)rport;
	iss += tcp_ticks;
	return iss;
}

void net_retry_later(void)
{
}

void sys_timeouts_init(void)
{
}

void tcp_timer_needed(void)
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

void dhcp_set_ntp_servers(u8_t num, const ip4_addr_t *server)
{
	(void)num;
	(void)server;
}

void dhcp6_nd6_ra_trigger(struct netif *netif, u8_t managed, u8_t other)
{
	(void)netif;
	(void)managed;
	(void)other;
}

err_t net_vlan_input(struct pbuf *p, struct netif *netif)
{
	(void)p;
	(void)netif;
	return ERR_ARG; /* not ours: lwIP drops it */
}

/* The tests let lwIP's thread work by this; here the loopback's packets wait. */
int tcpip_thread_poll_one(void);

int tcpip_thread_poll_one(void)
{
	netif_poll_all();
	return 0;
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
