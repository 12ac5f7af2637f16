/* SPDX-License-Identifier: MIT */
/* lwIP's pools: a free list and a limit each. They grow a page at a time up to a limit that
 * net_pools_init() derives from the machine's memory; what is freed stays with the pool. Also the
 * account of what pbufs take from malloc. Everything under net_lock. */
#include "../net.h"

#include <kernel/alloc.h>
#include <kernel/log.h>
#include <kernel/page.h>
#include <lwip/altcp.h>
#include <lwip/dns.h>
#include <lwip/etharp.h>
#include <lwip/igmp.h>
#include <lwip/ip4_frag.h>
#include <lwip/ip6_frag.h>
#include <lwip/memp.h>
#include <lwip/mld6.h>
#include <lwip/pbuf.h>
#include <lwip/priv/nd6_priv.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/raw.h>
#include <lwip/timeouts.h>
#include <lwip/udp.h>
#include <string.h>

struct pool {
	uint16_t size;
	uint32_t limit, used; /* elements */
	uint32_t failed;
	void *free; /* each free element begins with the pointer to the next */
};

static struct pool pools[MEMP_MAX] = {
#define LWIP_MEMPOOL(name, num, size_, desc) \
	[MEMP_##name] = { .size = (uint16_t)LWIP_MEM_ALIGN_SIZE(size_), .limit = (num) },
#include <lwip/priv/memp_std.h>
};

static struct {
	size_t limit, used; /* bytes that pbufs hold from malloc */
	uint32_t failed;
	bool warned;
	bool lacking; /* something failed: whoever frees next restarts the senders */
} mem;

void memp_init(void)
{
}

/* A lack of anything: counted, told once, and remembered for what is freed next. */
static void *lack(uint32_t *count, const char *what)
{
	(*count)++;
	mem.lacking = true;
	if (!mem.warned) {
		mem.warned = true;
		log_warn("net: out of %s: packets are dropped until some is free", what);
	}
	return NULL;
}

static void freed(void)
{
	if (mem.lacking) {
		mem.lacking = false;
		net_retry_later();
	}
}

static bool grow(struct pool *p)
{
	char *page = page_alloc(1, 1);

	if (page == NULL) {
		return false;
	}
	for (size_t at = 0; at + p->size <= PAGE_SIZE; at += p->size) {
		*(void **)(page + at) = p->free;
		p->free = page + at;
	}
	return true;
}

void *memp_malloc(memp_t type)
{
	struct pool *p = &pools[type];
	void *e;

	if (p->used >= p->limit || (p->free == NULL && !grow(p))) {
		return lack(&p->failed, "protocol memory");
	}
	e = p->free;
	p->free = *(void **)e;
	p->used++;
	return e;
}

void memp_free(memp_t type, void *e)
{
	struct pool *p = &pools[type];

	if (e != NULL) {
		*(void **)e = p->free;
		p->free = e;
		p->used--;
		freed();
	}
}

/* --- pools that lwIP's applications declare for themselves */

void memp_init_pool(const struct memp_desc *d)
{
	char *e = LWIP_MEM_ALIGN(d->base);

	*d->tab = NULL;
	for (unsigned i = 0; i < d->num; i++, e += d->size) {
		memp_free_pool(d, e);
	}
}

void *memp_malloc_pool(const struct memp_desc *d)
{
	struct memp *e = *d->tab;

	if (e != NULL) {
		*d->tab = e->next;
	}
	return e;
}

void memp_free_pool(const struct memp_desc *d, void *p)
{
	struct memp *e = p;

	e->next = *d->tab;
	*d->tab = e;
}

unsigned net_pool_used(unsigned type)
{
	return pools[type].used;
}

void *net_mem_alloc(unsigned long n)
{
	void *p = mem.used >= mem.limit ? NULL : kmalloc(n);

	if (p == NULL) {
		return lack(&mem.failed, "packet memory");
	}
	mem.used += kmalloc_usable(p);
	return p;
}

void *net_mem_calloc(unsigned long n, unsigned long size)
{
	void *p = net_mem_alloc(n * size); /* lwIP multiplies constants only */

	return p == NULL ? NULL : memset(p, 0, n * size);
}

void net_mem_free(void *p)
{
	mem.used -= kmalloc_usable(p);
	kfree(p);
	freed();
}

void net_pools_init(size_t free_bytes)
{
	size_t share = free_bytes / 4;
	uint32_t conns = (uint32_t)MIN(share / (2 * sizeof(struct tcp_pcb)), 65536UL);

	mem.limit = free_bytes / 2;
	pools[MEMP_TCP_PCB].limit = conns;
	pools[MEMP_TCP_SEG].limit = conns * 4;
	pools[MEMP_TCP_PCB_LISTEN].limit = 256;
	pools[MEMP_UDP_PCB].limit = 1024;
	pools[MEMP_RAW_PCB].limit = 256;
	pools[MEMP_PBUF].limit = conns * 2;
	pools[MEMP_PBUF_POOL].limit = 64;
	pools[MEMP_FRAG_PBUF].limit = 64;
	pools[MEMP_REASSDATA].limit = 16;
	pools[MEMP_IP6_REASSDATA].limit = 16;
	pools[MEMP_ARP_QUEUE].limit = 256;
	pools[MEMP_ND6_QUEUE].limit = 256;
	pools[MEMP_IGMP_GROUP].limit = 64;
	pools[MEMP_MLD6_GROUP].limit = 64;
}
