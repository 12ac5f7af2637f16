/* SPDX-License-Identifier: MIT */
/* What the drivers of MACs on a chip share. */
#include "onboard.h"

#include <errno.h>
#include <kernel/page.h>
#include <kernel/pagetable.h>
#include <kernel/rand.h>
#include <lwip/inet_chksum.h>
#include <string.h>

#define ETH_TYPE 12
#define ETH_P_IP 0x0800

/* --- memory ------------------------------------------------------------------------------- */

/* A sixteenth of what is free goes into receive buffers, half of them in the ring and half with the readers. */
unsigned onboard_ring_size(void)
{
	size_t pairs = page_free_count() * PAGE_SIZE / 16 / (2 * RX_BUF);

	return MAX((unsigned)MIN(pairs, (size_t)RING_MAX), RING_MIN);
}

void *onboard_ring_memory(size_t bytes, bool coherent)
{
	size_t pages = ALIGN_UP(bytes, PAGE_SIZE) >> PAGE_SHIFT;
	char *mem;

	while ((pages & (pages - 1)) != 0) {
		pages++;
	}
	mem = page_alloc(pages, pages);
	if (mem == NULL) {
		return NULL;
	}
	memset(mem, 0, pages << PAGE_SHIFT);
	if (!coherent) {
		arch_dcache_inval(mem, pages << PAGE_SHIFT);
		if (pagetable_protect((uintptr_t)mem, pages << PAGE_SHIFT,
				      MAP_READ | MAP_WRITE | MAP_DEVICE) != 0) {
			page_free(mem, pages);
			return NULL;
		}
	}
	return mem;
}

bool onboard_ram_is_low(void)
{
	uint64_t size;
	paddr_t start;

	for (unsigned i = 0; page_ram(i, &start, &size); i++) {
		if (start + size > 1ULL << 32) {
			return false;
		}
	}
	return true;
}

/* --- receive buffers ------------------------------------------------------------------------ */

struct rx_buf *rx_take(struct rx_pool *pool)
{
	struct rx_buf *b = pool->free;

	pool->free = b->next;
	pool->count--;
	return b;
}

void rx_give(struct rx_buf *b)
{
	b->next = b->pool->free;
	b->pool->free = b;
	b->pool->count++;
}

int rx_fill(struct rx_pool *pool, unsigned count)
{
	while (pool->count < count) {
		char *page = page_alloc(1, 1);

		if (page == NULL) {
			return pool->count < RING_MIN ? -ENOMEM : 0;
		}
		for (size_t at = 0; at < PAGE_SIZE; at += RX_BUF) {
			struct rx_buf *b = (struct rx_buf *)(page + at);

			_Static_assert(sizeof(*b) + RX_SIZE + RX_ALIGN <= RX_BUF, "room");
			b->pool = pool;
			rx_give(b);
		}
	}
	return 0;
}

/* lwIP let go of the packet. net_lock held. */
static void freed(struct pbuf *p)
{
	rx_give((struct rx_buf *)p);
}

struct pbuf *rx_wrap(struct rx_buf *b, unsigned len, unsigned missing)
{
	char *at = b->data + RX_OFFSET;
	struct pbuf *p;

	if (b->pool->count >= missing) {
		b->pc.custom_free_function = freed;
		return pbuf_alloced_custom(PBUF_RAW, (u16_t)len, PBUF_REF, &b->pc, at, (u16_t)len);
	}
	/* The application is slow to read: copies. */
	p = pbuf_alloc(PBUF_RAW, (u16_t)len, PBUF_RAM);
	if (p != NULL) {
		memcpy(p->payload, at, len);
	}
	rx_give(b);
	return p;
}

/* --- address, sum ----------------------------------------------------------------------------- */

void onboard_mac(const struct dt_node *n, uint8_t mac[6])
{
	static const char *const names[] = { "mac-address", "local-mac-address" };
	static const uint8_t none[6];

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		size_t len;
		const void *p = dt_prop(n, names[i], &len);

		if (p != NULL && len == 6 && memcmp(p, none, 6) != 0 &&
		    (*(const uint8_t *)p & 1) == 0) {
			memcpy(mac, p, 6);
			return;
		}
	}
	if (memcmp(mac, none, 6) == 0 || (mac[0] & 1) != 0) {
		rand_bytes(mac, 6);
		mac[0] = (uint8_t)((mac[0] & 0xfe) | 2); /* local, not multicast */
	}
}

void onboard_sum(const struct net_tx *tx)
{
	struct pbuf *p = tx->p;
	uint8_t *f = p->payload;
	uint16_t sum = 0;

	if (((unsigned)f[ETH_TYPE] << 8 | f[ETH_TYPE + 1]) != ETH_P_IP) {
		pbuf_remove_header(p, tx->csum_start);
		sum = inet_chksum_pbuf(p);
		pbuf_add_header_force(p, tx->csum_start);
	}
	memcpy(f + tx->csum_start + tx->csum_offset, &sum, sizeof(sum));
}
