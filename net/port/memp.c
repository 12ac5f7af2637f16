/* SPDX-License-Identifier: MIT */
/* lwIP's pools: a free list and a limit each. They grow a page at a time up to a limit that
 * net_pools_init() derives from the machine's memory; what is freed stays with the pool. Also the
 * account of what pbufs take from malloc. Everything under net_lock. */
#include "../net.h"

#include <kernel/alloc.h>
#include <kernel/log.h>
#include <kernel/page.h>
#include <kernel/time.h>
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

#define PAUSE_MIN NS_PER_MS
#define PAUSE_MAX (512 * NS_PER_MS)

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
	bool lacking;	    /* something failed since senders were restarted last */
	uint64_t retry_at;  /* ns: when they are restarted next; 0: there is no need */
	uint64_t pause;	    /* ns: how long a try that gains nothing waits */
	uint64_t looked_at; /* when they were restarted last, and ... */
	size_t before;	    /* ... how much was used then */
} mem;

void memp_init(void)
{
}

/* Who lacked something may try again, at once when there is more now than last time. What fails gives back what it
 * had got so far, which looks like a gain: while there is none, each try waits twice as long. */
static void plan_retry(void)
{
	uint64_t now = time_now();

	if (now - mem.looked_at > 2 * PAUSE_MAX) {
		mem.pause = 0;
	}
	if (mem.used < mem.before) {
		mem.retry_at = now;
	} else if (mem.retry_at == 0) {
		mem.retry_at = now + mem.pause;
	}
}

/* A lack of anything: counted, told once, and remembered for what is freed next. */
static void *lack(uint32_t *count, const char *what)
{
	(*count)++;
	mem.lacking = true;
	plan_retry();
	if (!mem.warned) {
		mem.warned = true;
		log_warn("net: out of %s: packets are dropped until some is free", what);
	}
	return NULL;
}

static inline void freed(void)
{
	if (unlikely(mem.lacking)) {
		plan_retry();
	}
}

uint64_t net_memory_due(void)
{
	return mem.retry_at != 0 ? mem.retry_at : TIME_NEVER;
}

bool net_memory_back(uint64_t now)
{
	if (mem.retry_at == 0 || mem.retry_at > now) {
		return false;
	}
	mem.pause = mem.used < mem.before ? 0 : MIN(MAX(2 * mem.pause, PAUSE_MIN), PAUSE_MAX);
	mem.before = mem.used;
	mem.looked_at = now;
	mem.retry_at = 0;
	mem.lacking = false;
	return true;
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

/* --- memory of packets: what was freed waits for the next of its size, so that malloc, whose lists at a CPU's
 * hand are short, is not asked for each packet of a batch */

struct block {
	union {
		struct block *next; /* while it waits */
		size_t size;	    /* what malloc gave */
	};
	unsigned kind;
	char data[] __attribute__((aligned(16)));
};

#define KINDS 3
#define LARGE KINDS

/* As many as a batch of small replies needs; less than 64 KiB in all. */
static struct {
	const unsigned size; /* of a block, all of it */
	const unsigned most; /* that are kept */
	unsigned kept;
	struct block *free;
} kinds[KINDS] = { { .size = 256, .most = 64 },
		   { .size = 1024, .most = 32 },
		   { .size = 1792, .most = 8 } };

static unsigned kind_of(size_t size)
{
	return size <= kinds[0].size   ? 0
	       : size <= kinds[1].size ? 1
	       : size <= kinds[2].size ? 2
				       : LARGE;
}

static struct block *block_take(unsigned kind)
{
	struct block *b;

	if (kind == LARGE || kinds[kind].free == NULL) {
		return NULL;
	}
	b = kinds[kind].free;
	kinds[kind].free = b->next;
	kinds[kind].kept--;
	return b;
}

void *net_mem_alloc(unsigned long n)
{
	size_t size = n + sizeof(struct block);
	unsigned kind = kind_of(size);
	struct block *b;

	if (unlikely(mem.used >= mem.limit)) {
		return lack(&mem.failed, "packet memory");
	}
	size = kind == LARGE ? size : kinds[kind].size;
	b = block_take(kind);
	if (b == NULL) {
		b = kmalloc(size);
		if (b == NULL) {
			return lack(&mem.failed, "packet memory");
		}
		b->kind = kind;
	}
	b->size = size;
	mem.used += size;
	return b->data;
}

void *net_mem_calloc(unsigned long n, unsigned long size)
{
	void *p = net_mem_alloc(n * size); /* lwIP multiplies constants only */

	return p == NULL ? NULL : memset(p, 0, n * size);
}

void net_mem_free(void *p)
{
	struct block *b = container_of(p, struct block, data);
	unsigned kind = b->kind;

	mem.used -= b->size;
	if (likely(kind != LARGE && kinds[kind].kept < kinds[kind].most)) {
		b->next = kinds[kind].free;
		kinds[kind].free = b;
		kinds[kind].kept++;
	} else {
		kfree(b);
	}
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
