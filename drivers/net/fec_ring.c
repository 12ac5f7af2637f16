/* SPDX-License-Identifier: MIT */
/* FEC: the rings. Received buffers are pbufs' own, each holds a whole frame. What is sent is copied into the descriptor's
 * buffer: the device reads from aligned addresses alone, and the stack's headers begin at odd halfwords. */
#include "fec.h"

#include <errno.h>
#include <string.h>

static struct fec *fec_of(struct netdev *d)
{
	return container_of(d, struct fec, dev);
}

/* The ring's i-th place, counted from anywhere. */
static unsigned at(const struct fec_ring *r, unsigned i)
{
	return i >= r->size ? i - r->size : i;
}

static _Atomic uint32_t *desc(const struct fec_ring *r, unsigned i)
{
	return r->desc + (size_t)i * D_WORDS;
}

static uint32_t get(const struct fec_ring *r, unsigned i, unsigned word)
{
	return atomic_load_explicit(desc(r, i) + word, memory_order_relaxed);
}

static void put(const struct fec_ring *r, unsigned i, unsigned word, uint32_t v)
{
	atomic_store_explicit(desc(r, i) + word, v, memory_order_relaxed);
}

/* Owner, length and flags are one word: the others must be there before it. */
static void hand_over(const struct fec_ring *r, unsigned i, uint32_t ctrl)
{
	put(r, i, D_DONE, 0);
	dma_wmb();
	put(r, i, D_CTRL, ctrl | BD_OWNED | (i + 1 == r->size ? BD_WRAP : 0));
}

/* The oldest one in use is ours again. */
static bool back(const struct fec_ring *r)
{
	return r->used > 0 && (get(r, r->tail, D_CTRL) & BD_OWNED) == 0;
}

static unsigned take(struct fec_ring *r)
{
	unsigned i = r->tail;

	r->tail = at(r, i + 1);
	r->used--;
	return i;
}

static void empty(struct fec_ring *r)
{
	for (unsigned i = 0; i < r->size; i++) {
		put(r, i, D_CTRL, i + 1 == r->size ? BD_WRAP : 0);
	}
	r->tail = r->used = 0;
}

void fec_rings_empty(struct fec *f)
{
	while (f->rx.used > 0) {
		rx_give(f->rx_buf[take(&f->rx)]);
	}
	f->dev.tx_dropped += f->tx.used;
	empty(&f->rx);
	empty(&f->tx);
	f->rx_torn = false;
	f->tx_waiting = false;
	/* The bases reset the device's own places, too. */
	fec_write(f, RDSR, (uint32_t)(uintptr_t)f->rx.desc);
	fec_write(f, TDSR, (uint32_t)(uintptr_t)f->tx.desc);
}

/* --- receive --------------------------------------------------------------------------------- */

static void post(struct fec *f, unsigned i, struct rx_buf *b)
{
	if (!f->coherent) {
		/* A line that is dirty now would be written over the frame later. */
		arch_dcache_inval(b->data, RX_SIZE);
	}
	f->rx_buf[i] = b;
	put(&f->rx, i, D_ADDR, (uint32_t)(uintptr_t)b->data);
	put(&f->rx, i, D_EXT, EXT_RX_INT);
	hand_over(&f->rx, i, 0);
}

void fec_rx_refill(struct fec *f)
{
	bool posted = false;

	while (f->pool.free != NULL && f->rx.used < f->rx.size) {
		post(f, at(&f->rx, f->rx.tail + f->rx.used), rx_take(&f->pool));
		f->rx.used++;
		posted = true;
	}
	if (posted) {
		/* Where it stopped for want of one it goes on. */
		fec_write(f, RDAR, 0);
	}
}

bool fec_rx_work(const struct fec *f)
{
	return back(&f->rx);
}

/* A frame is whole in one buffer; of what is in several the device was told that it is too long, and nothing is taken. */
static bool is_frame(struct fec *f, uint32_t ctrl)
{
	unsigned len = field_get(ctrl, BD_LENGTH);
	bool torn = f->rx_torn || (ctrl & BD_LAST) == 0;

	f->rx_torn = (ctrl & BD_LAST) == 0;
	return !torn && (ctrl & (BD_TRUNCATED | BD_RX_ERRORS)) == 0 && len > RX_OFFSET + FEC_CRC &&
	       len <= RX_SIZE;
}

static void one(struct fec *f, struct rx_buf *b, uint32_t ctrl)
{
	unsigned len = field_get(ctrl, BD_LENGTH);
	struct pbuf *p;

	if (!is_frame(f, ctrl)) {
		f->dev.rx_errors++;
		rx_give(b);
		return;
	}
	if (!f->coherent) {
		/* What was fetched ahead of time is old. */
		arch_dcache_inval(b->data, len);
	}
	len -= RX_OFFSET + FEC_CRC;
	p = rx_wrap(b, len, f->rx.size - f->rx.used);
	if (p == NULL) {
		f->dev.rx_dropped++;
		return;
	}
	f->dev.rx_packets++;
	f->dev.rx_bytes += len;
	/* Sums are the stack's to check: the bit that one is wrong is missing for what the device did not look at. */
	netdev_input(&f->dev, p, false);
}

unsigned fec_rx_poll(struct fec *f, unsigned budget)
{
	unsigned done = 0;

	while (done < budget && fec_rx_work(f)) {
		unsigned i;

		dma_rmb(); /* the owner's bit, then what it covers */
		i = take(&f->rx);
		one(f, f->rx_buf[i], get(&f->rx, i, D_CTRL));
		done++;
	}
	if (done > 0) {
		fec_rx_refill(f);
	}
	return done;
}

/* --- send --------------------------------------------------------------------------------------- */

static unsigned room_for(const struct fec *f)
{
	return f->tx.size - f->tx.used;
}

/* ERR007885: writing TDAR while the device clears it may stop it for good; once it reads as 0 it does not. If it stays
 * set the device is at work and looks at the next descriptor by itself, or fec_tx_reap() rings again. */
static void ring(const struct fec *f)
{
	for (unsigned i = 0; i < 4; i++) {
		if (fec_read(f, TDAR) == 0) {
			fec_write(f, TDAR, 0);
			return;
		}
	}
}

bool fec_tx_work(const struct fec *f)
{
	return back(&f->tx);
}

bool fec_tx_reap(struct fec *f)
{
	unsigned before = f->tx.used;

	while (fec_tx_work(f)) {
		unsigned i;

		dma_rmb();
		i = take(&f->tx);
		f->dev.tx_dropped += (get(&f->tx, i, D_EXT) & EXT_TX_ERRORS) != 0;
	}
	/* It looked at a descriptor just before that was filled, and stopped there. */
	if (f->tx.used > 0 && !f->tx_waiting) {
		ring(f);
	}
	if (f->tx_stalled && room_for(f) >= f->tx_need) {
		f->tx_stalled = false;
		f->tx_need = 0;
		netdev_tx_room(&f->dev);
	}
	return f->tx.used != before;
}

static bool has_room(struct fec *f, unsigned need)
{
	if (room_for(f) < need) {
		fec_tx_reap(f);
	}
	if (room_for(f) >= need) {
		return true;
	}
	f->tx_stalled = true;
	f->tx_need = MAX(f->tx_need, need);
	return false;
}

int fec_tx_send(struct netdev *d, const struct net_tx *tx)
{
	struct fec *f = fec_of(d);
	u16_t len = tx->p->tot_len;
	unsigned i;
	char *buf;

	if (len == 0 || len > FEC_MAX) {
		return -EINVAL;
	}
	if (!has_room(f, 1)) {
		d->tx_dropped++;
		return -ENOBUFS;
	}
	if (tx->csum_start != 0) {
		onboard_sum(tx);
	}
	i = at(&f->tx, f->tx.tail + f->tx.used);
	buf = f->tx_buf + (size_t)i * RX_BUF;
	pbuf_copy_partial(tx->p, buf, len, 0);
	if (!f->coherent) {
		arch_dcache_clean(buf, len);
	}
	put(&f->tx, i, D_ADDR, (uint32_t)(uintptr_t)buf);
	put(&f->tx, i, D_EXT, EXT_TX_INT | (tx->csum_start != 0 ? EXT_TX_SUM : 0));
	hand_over(&f->tx, i, len | BD_LAST | BD_TX_CRC);
	f->tx.used++;
	f->tx_waiting = true;
	d->tx_packets++;
	d->tx_bytes += len;
	return 0;
}

bool fec_tx_room(struct netdev *d, unsigned packets)
{
	struct fec *f = fec_of(d);

	return has_room(f, MIN(packets, f->tx.size));
}

void fec_tx_flush(struct netdev *d)
{
	struct fec *f = fec_of(d);

	if (f->tx_waiting) {
		f->tx_waiting = false;
		ring(f);
	}
}
