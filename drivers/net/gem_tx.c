/* SPDX-License-Identifier: MIT */
/* GEM: sending. A pbuf chain is queued as it is, one descriptor a piece; one descriptor at least stays ours, at which
 * the device stops. */
#include "gem.h"

#include <errno.h>

static struct gem *gem_of(struct netdev *d)
{
	return container_of(d, struct gem, dev);
}

static unsigned room_for(const struct gem *g)
{
	return g->tx.size - 1 - g->tx.used;
}

static uint32_t wrap_bit(const struct gem *g, unsigned i)
{
	return i + 1 == g->tx.size ? TX_WRAP : 0;
}

void gem_tx_init(struct gem *g)
{
	for (unsigned i = 0; i < g->tx.size; i++) {
		gem_put(gem_desc(g, &g->tx, i) + D_CTRL, TX_OWNED | wrap_bit(g, i));
	}
	g->tx.tail = g->tx.used = 0;
	gem_write(g, TRANSMIT_Q_PTR, (uint32_t)(uintptr_t)g->tx.desc);
}

/* The frame that begins at the tail is ours again. The device gave back its first descriptor alone. */
static void release(struct gem *g)
{
	unsigned first = g->tx.tail, n = g->tx_count[first];

	for (unsigned k = 0; k < n; k++) {
		unsigned i = gem_at(&g->tx, first + k);

		gem_put(gem_desc(g, &g->tx, i) + D_CTRL, TX_OWNED | wrap_bit(g, i));
	}
	pbuf_free(g->tx_pbuf[first]);
	g->tx.tail = gem_at(&g->tx, first + n);
	g->tx.used -= n;
}

static void ring(struct gem *g)
{
	gem_write(g, NETWORK_CONTROL, g->control | NC_TX_START);
}

/* UG1085 34.4: after an error it has halted; switched off it goes back to the ring's start. What was queued is lost, as
 * on a bad cable. */
static void start_again(struct gem *g)
{
	gem_write(g, NETWORK_CONTROL, g->control & ~NC_TX_EN);
	while (g->tx.used > 0) {
		g->dev.tx_dropped++;
		release(g);
	}
	gem_tx_init(g);
	gem_write(g, TRANSMIT_STATUS, ~0U);
	gem_write(g, NETWORK_CONTROL, g->control);
}

/* The device has not given back what we wait for: it sends, has met an error, or read a descriptor just before it was
 * filled and stopped there. */
static void look_after(struct gem *g)
{
	uint32_t status = gem_read(g, TRANSMIT_STATUS);

	if ((status & TS_ERRORS) != 0) {
		start_again(g);
	} else if ((status & TS_GO) == 0) {
		ring(g);
	}
}

bool gem_tx_work(const struct gem *g)
{
	return g->tx.used > 0 &&
	       (gem_get(gem_desc(g, &g->tx, g->tx.tail) + D_CTRL) & TX_OWNED) != 0;
}

bool gem_tx_reap(struct gem *g)
{
	unsigned before = g->tx.used;

	while (gem_tx_work(g)) {
		uint32_t ctrl = gem_get(gem_desc(g, &g->tx, g->tx.tail) + D_CTRL);

		g->dev.tx_dropped += (ctrl & TX_BAD) != 0;
		release(g);
	}
	if (g->tx.used > 0 && !g->tx_waiting) {
		look_after(g);
	}
	if (g->tx_stalled && room_for(g) >= g->tx_need) {
		g->tx_stalled = false;
		g->tx_need = 0;
		netdev_tx_room(&g->dev);
	}
	return g->tx.used != before;
}

static unsigned pieces_of(const struct pbuf *p)
{
	unsigned n = 0;

	for (; p != NULL; p = p->next) {
		n += p->len > 0;
	}
	return n;
}

static void fill(struct gem *g, unsigned i, const struct pbuf *q, bool last)
{
	_Atomic uint32_t *d = gem_desc(g, &g->tx, i);
	uint64_t at = (uintptr_t)q->payload;

	if (!g->coherent) {
		arch_dcache_clean(q->payload, q->len);
	}
	gem_put(d + D_ADDR, (uint32_t)at);
	if (g->words > 2) {
		gem_put(d + D_HIGH, (uint32_t)(at >> 32));
	}
	/* The first one's word is written by queue(), when all is there. */
	if (i != gem_at(&g->tx, g->tx.tail + g->tx.used)) {
		gem_put(d + D_CTRL, q->len | (last ? TX_LAST : 0) | wrap_bit(g, i));
	}
}

static void queue(struct gem *g, struct pbuf *p, unsigned n)
{
	unsigned first = gem_at(&g->tx, g->tx.tail + g->tx.used), k = 0;
	uint32_t len = 0;

	for (const struct pbuf *q = p; q != NULL; q = q->next) {
		if (q->len > 0) {
			len = k == 0 ? q->len : len;
			fill(g, gem_at(&g->tx, first + k), q, k + 1 == n);
			k++;
		}
	}
	g->tx_pbuf[first] = p;
	g->tx_count[first] = (uint8_t)n;
	g->tx.used += n;
	/* The device stops at the first one until that is its own. */
	dma_wmb();
	gem_put(gem_desc(g, &g->tx, first) + D_CTRL,
		len | (n == 1 ? TX_LAST : 0) | wrap_bit(g, first));
}

int gem_tx_send(struct netdev *d, const struct net_tx *tx)
{
	struct gem *g = gem_of(d);
	unsigned n = pieces_of(tx->p);

	if (n == 0 || n > GEM_PIECES || tx->p->tot_len > RX_SIZE) {
		return -EINVAL;
	}
	if (room_for(g) < n) {
		gem_tx_reap(g);
	}
	if (room_for(g) < n) {
		g->tx_stalled = true;
		g->tx_need = MAX(g->tx_need, n);
		d->tx_dropped++;
		return -ENOBUFS;
	}
	if (tx->csum_start != 0) {
		onboard_sum(tx);
	}
	pbuf_ref(tx->p);
	queue(g, tx->p, n);
	g->tx_waiting = true;
	d->tx_packets++;
	d->tx_bytes += tx->p->tot_len;
	return 0;
}

bool gem_tx_room(struct netdev *d, unsigned packets)
{
	struct gem *g = gem_of(d);
	unsigned need = MIN(packets * 3 + GEM_PIECES, g->tx.size - 1);

	if (room_for(g) < need) {
		gem_tx_reap(g);
	}
	if (room_for(g) >= need) {
		return true;
	}
	g->tx_stalled = true;
	g->tx_need = MAX(g->tx_need, need);
	return false;
}

void gem_tx_flush(struct netdev *d)
{
	struct gem *g = gem_of(d);

	if (g->tx_waiting) {
		g->tx_waiting = false;
		ring(g);
	}
}
