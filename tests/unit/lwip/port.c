/* SPDX-License-Identifier: MIT */
/* What the image's other parts give to lwIP and to net/port, for lwIP's own tests and for its fuzzers. */
#include "../../../net/net.h"

#include <kernel/alloc.h>
#include <kernel/page.h>
#include <kernel/rand.h>
#include <lwip/dhcp.h>
#include <lwip/dhcp6.h>
#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
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

void net_looped(void)
{
}

/* The tests let lwIP's thread work by this; here the loopback's packets wait. */
int tcpip_thread_poll_one(void);

int tcpip_thread_poll_one(void)
{
	netif_poll_all();
	return 0;
}
