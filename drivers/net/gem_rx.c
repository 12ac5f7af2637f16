/* SPDX-License-Identifier: MIT */
/* GEM: receiving. The buffers are pbufs' own; each holds a whole frame. */
#include "gem.h"

static void post(struct gem *g, unsigned i, struct rx_buf *b)
{
	_Atomic uint32_t *d = gem_desc(g, &g->rx, i);
	uint64_t at = (uintptr_t)b->data;

	if (!g->coherent) {
		/* A line that is dirty now would be written over the frame later. */
		arch_dcache_inval(b->data, RX_SIZE);
	}
	g->rx_buf[i] = b;
	gem_put(d + D_CTRL, 0);
	if (g->words > 2) {
		gem_put(d + D_HIGH, (uint32_t)(at >> 32));
	}
	/* Owner and address are one word: the others must be there before it. */
	dma_wmb();
	gem_put(d + D_ADDR, (uint32_t)at | (i + 1 == g->rx.size ? RX_WRAP : 0));
}

/* The device has used all that it was given: it may have stopped at the next one. */
static bool all_used(const struct gem *g)
{
	unsigned last = gem_at(&g->rx, g->rx.tail + g->rx.used - 1);

	return g->rx.used == 0 || (gem_get(gem_desc(g, &g->rx, last) + D_ADDR) & RX_OWNED) != 0;
}

/* It looks at the descriptor again when receiving is switched on; its place in the ring stays. */
static void go_on(struct gem *g)
{
	gem_write(g, RECEIVE_STATUS, RS_NO_BUFFER);
	gem_write(g, NETWORK_CONTROL, g->control & ~NC_RX_EN);
	gem_write(g, NETWORK_CONTROL, g->control);
	g->dev.rx_dropped += gem_read(g, RX_RESOURCE_ERRS);
	g->dev.rx_dropped += gem_read(g, RX_OVERRUNS);
}

void gem_rx_refill(struct gem *g)
{
	bool dry = g->pool.free != NULL && g->rx.used < g->rx.size && all_used(g) &&
		   (gem_read(g, RECEIVE_STATUS) & RS_NO_BUFFER) != 0;

	while (g->pool.free != NULL && g->rx.used < g->rx.size) {
		post(g, gem_at(&g->rx, g->rx.tail + g->rx.used), rx_take(&g->pool));
		g->rx.used++;
	}
	if (dry) {
		go_on(g);
	}
}

static void one(struct gem *g, struct rx_buf *b, uint32_t ctrl)
{
	unsigned len = field_get(ctrl, RX_LENGTH);
	struct pbuf *p;

	if ((ctrl & RX_START) == 0 || (ctrl & RX_END) == 0 || len == 0 ||
	    len > RX_SIZE - RX_OFFSET) {
		g->dev.rx_errors++;
		rx_give(b);
		return;
	}
	if (!g->coherent) {
		/* What was fetched ahead of time is old. */
		arch_dcache_inval(b->data, RX_OFFSET + len);
	}
	p = rx_wrap(b, len, g->rx.size - g->rx.used);
	if (p == NULL) {
		g->dev.rx_dropped++;
		return;
	}
	g->dev.rx_packets++;
	g->dev.rx_bytes += len;
	/* Packets whose sum was wrong are dropped by the device. */
	netdev_input(&g->dev, p, g->offload && field_get(ctrl, RX_CHECKED) >= RX_CHECKED_TCP);
}

bool gem_rx_work(const struct gem *g)
{
	return g->rx.used > 0 &&
	       (gem_get(gem_desc(g, &g->rx, g->rx.tail) + D_ADDR) & RX_OWNED) != 0;
}

unsigned gem_rx_poll(struct gem *g, unsigned budget)
{
	unsigned done = 0;

	while (done < budget && gem_rx_work(g)) {
		unsigned i = g->rx.tail;
		uint32_t ctrl;

		dma_rmb(); /* the owner's bit, then what it covers */
		ctrl = gem_get(gem_desc(g, &g->rx, i) + D_CTRL);
		g->rx.tail = gem_at(&g->rx, i + 1);
		g->rx.used--;
		one(g, g->rx_buf[i], ctrl);
		done++;
	}
	if (done > 0) {
		gem_rx_refill(g);
	}
	return done;
}

void gem_rx_init(struct gem *g)
{
	for (unsigned i = 0; i < g->rx.size; i++) {
		gem_put(gem_desc(g, &g->rx, i) + D_ADDR,
			RX_OWNED | (i + 1 == g->rx.size ? RX_WRAP : 0));
	}
	gem_write(g, RECEIVE_Q_PTR, (uint32_t)(uintptr_t)g->rx.desc);
}
