/* SPDX-License-Identifier: MIT */
/* FEC: set-up, interrupts, the PHY's bus, and what the stack asks. Clocks, resets and what the pins are for are as the firmware left
 * them. All multicast is let in (the stack looks for itself), nothing else that is not ours. */
#include "fec.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/log.h>
#include <kernel/page.h>
#include <string.h>

#define MDC_SLOWEST \
	63U /* for any clock that the device may have: the PHY's may be slower than 2.5 MHz */
#define MDC_HOLD     2U /* three clocks: 10 ns at 266 MHz */
#define PAUSE	     0x10000U
#define INTERRUPTS   3U /* the fourth is of the clock for PTP */
#define INT_RECEIVED (INT_RXF | INT_EBERR)

static struct fec *fec_of(struct netdev *d)
{
	return container_of(d, struct fec, dev);
}

static bool to_do_again(const struct fec *f)
{
	return atomic_load_explicit(&f->again, memory_order_relaxed);
}

/* --- what the stack asks ------------------------------------------------------------------ */

static unsigned fec_poll(struct netdev *d, unsigned budget)
{
	struct fec *f = fec_of(d);
	bool reaped;

	if (to_do_again(f)) {
		fec_again(f);
	}
	reaped = fec_tx_reap(f);
	return fec_rx_poll(f, budget) + reaped;
}

static bool fec_irq(struct netdev *d, bool on)
{
	struct fec *f = fec_of(d);

	if (!on) {
		fec_write(f, EIMR, 0);
		return false;
	}
	/* Buffers that readers gave back since the last poll. */
	fec_rx_refill(f);
	/* What is told from here on is of what comes from here on: it is looked for below. */
	fec_write(f, EIR, INT_RXF | INT_TXF);
	fec_write(f, EIMR, INT_RECEIVED | (f->tx_stalled ? INT_TXF : 0));
	dma_mb();
	return fec_rx_work(f) || (f->tx_stalled && fec_tx_work(f)) || to_do_again(f);
}

/* Which of the lines it comes by differs from one chip to the next; all are asked for. */
static void fec_interrupt(void *arg)
{
	struct fec *f = arg;
	uint32_t status = fec_read(f, EIR) & (INT_RECEIVED | INT_TXF);

	/* INT_MII is its bus's, which may be asked by another CPU now. */
	fec_write(f, EIMR, 0);
	fec_write(f, EIR, status);
	if ((status & INT_EBERR) != 0) {
		atomic_store_explicit(&f->again, true, memory_order_relaxed);
	}
	netdev_kick(&f->dev);
}

static const struct netdev_ops fec_ops = {
	.send = fec_tx_send,
	.room = fec_tx_room,
	.flush = fec_tx_flush,
	.poll = fec_poll,
	.irq = fec_irq,
};

/* --- the PHY's bus -------------------------------------------------------------------------- */

static bool mdio_idle(struct phy *p)
{
	struct fec *f = container_of(p, struct fec, phy);

	if (f->mdio_busy && (fec_read(f, EIR) & INT_MII) != 0) {
		f->mdio_busy = false;
	}
	return !f->mdio_busy;
}

static void mdio_start(struct phy *p, uint32_t frame)
{
	struct fec *f = container_of(p, struct fec, phy);

	fec_write(f, EIR, INT_MII);
	f->mdio_busy = true;
	fec_write(f, MMFR, frame);
}

static void mdio_read(struct phy *p, unsigned reg)
{
	mdio_start(p, mdio_frame(p, MDIO_READ, reg, 0));
}

static void mdio_write(struct phy *p, unsigned reg, uint16_t v)
{
	mdio_start(p, mdio_frame(p, MDIO_WRITE, reg, v));
}

static uint16_t mdio_result(struct phy *p)
{
	return (uint16_t)fec_read(container_of(p, struct fec, phy), MMFR);
}

static const struct mdio_ops fec_mdio = { mdio_idle, mdio_read, mdio_write, mdio_result };

/* The MAC may be told of another speed only while it is off, and then its rings begin anew: the stack's turn. */
static void link_changed(struct phy *p)
{
	struct fec *f = container_of(p, struct fec, phy);

	f->dev.link = p->link.up;
	if (p->link.up) {
		atomic_store_explicit(&f->again, true, memory_order_relaxed);
		netdev_kick(&f->dev);
	}
	netdev_link_changed(&f->dev);
}

/* --- set-up ------------------------------------------------------------------------------------ */

void fec_again(struct fec *f)
{
	const struct phy_link *l = &f->phy.link;
	uint32_t rcr = f->interface | RCR_MII;

	/* Before what it stands for is read. */
	atomic_store_explicit(&f->again, false, memory_order_seq_cst);
	fec_write(f, ECR, ECR_EN1588 | ECR_DBSWP);
	fec_rings_empty(f);
	rcr |= l->speed == 10 ? RCR_RMII_10 : 0;
	fec_write(f, RCR, field_set(rcr, RCR_MAX_LEN, FEC_MAX));
	fec_write(f, TCR, l->full_duplex ? TCR_FULL : 0);
	fec_write(f, ECR,
		  ECR_EN1588 | ECR_DBSWP | ECR_ETHEREN | (l->speed == 1000 ? ECR_SPEED : 0));
	fec_rx_refill(f);
}

/* Its addresses have 32 bits. */
static bool reaches(const void *p, size_t n)
{
	return ((uintptr_t)p + n) >> 32 == 0;
}

static bool reaches_all(const struct fec *f, size_t rings, size_t buffers)
{
	bool low = reaches(f->rx.desc, rings) && reaches(f->tx_buf, buffers);

	for (const struct rx_buf *b = f->pool.free; b != NULL && low; b = b->next) {
		low = reaches(b, RX_BUF);
	}
	return low;
}

static int alloc_rings(struct fec *f, unsigned size)
{
	size_t ring = size * D_WORDS * sizeof(uint32_t);
	size_t buffers = ALIGN_UP((size_t)size * RX_BUF, PAGE_SIZE);
	char *mem = onboard_ring_memory(2 * ring, f->coherent);
	int r;

	if (mem == NULL) {
		return -ENOMEM;
	}
	f->rx = (struct fec_ring){ .desc = (_Atomic uint32_t *)mem, .size = size };
	f->tx = (struct fec_ring){ .desc = (_Atomic uint32_t *)(mem + ring), .size = size };
	f->rx_buf = kzalloc(size * sizeof(*f->rx_buf));
	f->tx_buf = page_alloc(buffers >> PAGE_SHIFT, 1);
	r = f->rx_buf == NULL || f->tx_buf == NULL ? -ENOMEM : rx_fill(&f->pool, 2 * size);
	if (r == 0 && !reaches_all(f, 2 * ring, buffers)) {
		log_error("fec %s: its addresses have 32 bits, and the memory for it is beyond",
			  f->dev.name);
		r = -EOPNOTSUPP;
	}
	return r;
}

static void set_mac(struct fec *f, const struct dt_node *n)
{
	uint32_t low = fec_read(f, PALR), high = fec_read(f, PAUR);
	uint8_t *mac = f->dev.mac;

	for (unsigned i = 0; i < 6; i++) {
		mac[i] = (uint8_t)(i < 4 ? low >> (24 - 8 * i) : high >> (56 - 8 * i));
	}
	onboard_mac(n, mac);
	fec_write(f, PALR,
		  (uint32_t)mac[0] << 24 | (uint32_t)mac[1] << 16 | (uint32_t)mac[2] << 8 | mac[3]);
	fec_write(f, PAUR, (uint32_t)mac[4] << 24 | (uint32_t)mac[5] << 16 | PAUR_TYPE);
}

/* All but what depends on the link. */
static void configure(struct fec *f, const struct dt_node *n)
{
	const char *mode = dt_str(n, "phy-mode");

	fec_write(f, ECR, ECR_EN1588 | ECR_DBSWP);
	fec_write(f, EIMR, 0);
	fec_write(f, EIR, ~0U);
	set_mac(f, n);
	fec_write(f, IAUR, 0);
	fec_write(f, IALR, 0);
	fec_write(f, GAUR, ~0U);
	fec_write(f, GALR, ~0U);
	fec_write(f, OPD, PAUSE);
	fec_write(f, TFWR, TFWR_STRFWD);
	fec_write(f, MRBR, RX_SIZE);
	fec_write(f, FTRL, RX_SIZE);
	fec_write(f, TACC, TACC_PROCHK);
	fec_write(f, RACC, RACC_SHIFT16 | RACC_LINEDIS);
	/* A frame that is left in MMFR would go out with the first write to MSCR. */
	fec_write(f, MMFR, 0);
	fec_write(f, MSCR, field_set(field_set(0, MSCR_SPEED, MDC_SLOWEST), MSCR_HOLD, MDC_HOLD));
	if (mode != NULL && strncmp(mode, "rgmii", 5) == 0) {
		f->interface = RCR_RGMII;
	} else if (mode != NULL && strcmp(mode, "rmii") == 0) {
		f->interface = RCR_RMII;
	}
}

static int request_interrupts(struct fec *f, struct device *dev)
{
	int r = dev_irq(dev, 0);

	if (r < 0) {
		return r;
	}
	for (unsigned i = 0; i < INTERRUPTS; i++) {
		int irq = dev_irq(dev, i);

		r = irq < 0 ? r : irq_request(irq, fec_interrupt, f, "fec");
	}
	return r < 0 ? r : 0;
}

static int fec_start(struct fec *f, struct device *dev)
{
	int r;

	configure(f, dev->node);
	r = alloc_rings(f, onboard_ring_size());
	if (r == 0) {
		r = request_interrupts(f, dev);
	}
	if (r != 0) {
		return r;
	}
	phy_start(&f->phy, dev->node);
	fec_again(f);
	return netdev_register(&f->dev);
}

static int fec_probe(struct device *dev, const struct dt_match *m)
{
	size_t size;
	uintptr_t base = dev_mmio(dev, 0, &size);
	struct fec *f;

	(void)m;
	if (base == 0 || size < FEC_SIZE) {
		return -EINVAL;
	}
	f = kzalloc(sizeof(*f));
	if (f == NULL) {
		return -ENOMEM;
	}
	f->base = base;
	f->dev.ops = &fec_ops;
	f->dev.name = dev->name;
	f->dev.mtu = 1500;
	f->dev.features = NETDEV_TX_CSUM;
	f->coherent = dt_has(dev->node, "dma-coherent");
	f->phy.ops = &fec_mdio;
	f->phy.changed = link_changed;
	f->phy.name = dev->name;
	/* On a failure the device stays off and keeps its memory; a boot without network goes on. */
	return fec_start(f, dev);
}

static const struct dt_match fec_match[] = {
	{ "fsl,imx8mp-fec", 0 },
	{ "fsl,imx8mq-fec", 0 },
	{ "fsl,imx6sx-fec", 0 },
	{ NULL, 0 },
};

DRIVER(STAGE_DEVICE, fec, fec_match, fec_probe);
