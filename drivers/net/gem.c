/* SPDX-License-Identifier: MIT */
/* GEM: set-up, interrupt, and what the stack asks. Clocks and resets are as the firmware left them, but for the choice
 * of the transmit clock on FU540. All multicast is let in (the stack looks for itself), nothing else that is not ours. */
#include "gem.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/device.h>
#include <kernel/log.h>
#include <string.h>

#define QUEUES 8

enum quirk {
	QUIRK_NONE,
	QUIRK_FU540, /* reg 1 has a register whose bit 0 says that the transmit clock is not that of 1000 Mbit/s */
};

static struct gem *gem_of(struct netdev *d)
{
	return container_of(d, struct gem, dev);
}

/* --- what the stack asks ------------------------------------------------------------------ */

static unsigned gem_poll(struct netdev *d, unsigned budget)
{
	struct gem *g = gem_of(d);
	bool reaped = gem_tx_reap(g);

	return gem_rx_poll(g, budget) + reaped;
}

static bool gem_irq(struct netdev *d, bool on)
{
	struct gem *g = gem_of(d);

	if (!on) {
		gem_write(g, INT_DISABLE, ~0U);
		return false;
	}
	/* Buffers that readers gave back since the last poll. */
	gem_rx_refill(g);
	gem_write(g, INT_ENABLE,
		  INT_RX_DONE | INT_RX_NO_BUFFER | INT_RX_OVERRUN | INT_TX_ERRORS |
			  (g->tx_stalled ? INT_TX_DONE : 0));
	/* Read behind the write: what came before it was on gave no interrupt. */
	dma_mb();
	return gem_rx_work(g) || (g->tx_stalled && gem_tx_work(g));
}

static void gem_interrupt(void *arg)
{
	struct gem *g = arg;
	uint32_t status = gem_read(g, INT_STATUS);

	if (g->ack) {
		gem_write(g, INT_STATUS, status);
	}
	gem_write(g, INT_DISABLE, ~0U);
	netdev_kick(&g->dev);
}

static const struct netdev_ops gem_ops = {
	.send = gem_tx_send,
	.room = gem_tx_room,
	.flush = gem_tx_flush,
	.poll = gem_poll,
	.irq = gem_irq,
};

/* --- link ---------------------------------------------------------------------------------- */

static void link_changed(struct phy *p)
{
	struct gem *g = container_of(p, struct gem, phy);
	uint32_t config = gem_read(g, NETWORK_CONFIG) &
			  ~(CFG_SPEED | CFG_FULL_DUPLEX | CFG_GIGABIT);

	if (p->link.up) {
		config |= (p->link.speed == 1000 ? CFG_GIGABIT : 0) |
			  (p->link.speed == 100 ? CFG_SPEED : 0) |
			  (p->link.full_duplex ? CFG_FULL_DUPLEX : 0);
		gem_write(g, NETWORK_CONFIG, config);
		if (g->tx_clock != 0) {
			mmio_write32(g->tx_clock, p->link.speed != 1000);
		}
	}
	g->dev.link = p->link.up;
	netdev_link_changed(&g->dev);
}

/* --- set-up ---------------------------------------------------------------------------------- */

/* Both rings and a descriptor of each kind for the queues that are not used, in one block: their addresses have one
 * upper half. */
static int alloc_rings(struct gem *g, unsigned size)
{
	char *mem = onboard_ring_memory((2 * size + 2) * g->words * sizeof(uint32_t), g->coherent);

	if (mem == NULL) {
		return -ENOMEM;
	}
	g->rx = (struct gem_ring){ .desc = (_Atomic uint32_t *)mem, .size = size };
	g->tx = (struct gem_ring){ .desc = g->rx.desc + (size_t)size * g->words, .size = size };
	g->rx_buf = kzalloc(size * sizeof(*g->rx_buf));
	g->tx_pbuf = kzalloc(size * sizeof(*g->tx_pbuf));
	g->tx_count = kzalloc(size);
	return g->rx_buf == NULL || g->tx_pbuf == NULL || g->tx_count == NULL ? -ENOMEM : 0;
}

/* What the device was told before, if nobody knows better. */
static void read_mac(struct gem *g, const struct dt_node *n)
{
	uint32_t low = gem_read(g, SPEC_ADD1_BOTTOM), high = gem_read(g, SPEC_ADD1_TOP);

	for (unsigned i = 0; i < 6; i++) {
		g->dev.mac[i] = (uint8_t)(i < 4 ? low >> (8 * i) : high >> (8 * (i - 4)));
	}
	onboard_mac(n, g->dev.mac);
}

static void set_filters(const struct gem *g)
{
	const uint8_t *mac = g->dev.mac;

	gem_write(g, HASH_BOTTOM, ~0U);
	gem_write(g, HASH_TOP, ~0U);
	for (unsigned i = 1; i < SPEC_ADDS; i++) {
		gem_write(g, SPEC_ADD_BOTTOM(i), 0);
	}
	gem_write(g, SPEC_ADD1_BOTTOM,
		  mac[0] | (uint32_t)mac[1] << 8 | (uint32_t)mac[2] << 16 | (uint32_t)mac[3] << 24);
	gem_write(g, SPEC_ADD1_TOP, mac[4] | (uint32_t)mac[5] << 8);
}

/* Everything off, as if from reset but for the clocks and what the MAC's address is. */
static void stop(struct gem *g)
{
	gem_write(g, NETWORK_CONTROL, 0);
	gem_write(g, NETWORK_CONTROL, NC_CLEAR_STATS);
	gem_write(g, TRANSMIT_STATUS, ~0U);
	gem_write(g, RECEIVE_STATUS, ~0U);
	gem_write(g, INT_DISABLE, ~0U);
	gem_write(g, INT_STATUS, gem_read(g, INT_STATUS));
}

static void configure(struct gem *g, const struct dt_node *n)
{
	const char *mode = dt_str(n, "phy-mode");
	uint32_t config = CFG_MULTICAST_HASH | CFG_RX_1536 | CFG_FCS_REMOVE, dma;

	config = field_set(config, CFG_RX_OFFSET, RX_OFFSET);
	config = field_set(config, CFG_MDC_DIV, MDC_DIV_224);
	config = field_set(config, CFG_BUS_WIDTH,
			   field_get(gem_read(g, DESIGN_CFG1), DC1_BUS_WIDTH) >> 1);
	config |= g->offload ? CFG_RX_CHECKSUM : 0;
	if (mode != NULL && strcmp(mode, "sgmii") == 0) {
		config |= CFG_SGMII | CFG_PCS;
	}
	gem_write(g, NETWORK_CONFIG, config);
	dma = DMA_RX_BUF | DMA_TX_BUF | DMA_RX_DISCARD | (g->offload ? DMA_TX_CHECKSUM : 0) |
	      (g->words > 2 ? DMA_ADDR_64 : 0);
	dma = field_set(dma, DMA_BURST, DMA_BURST_16);
	gem_write(g, DMA_CONFIG, field_set(dma, DMA_RX_SIZE, RX_SIZE / 64));
	g->control = NC_MAN_PORT_EN;
	gem_write(g, NETWORK_CONTROL, g->control);
}

/* The other queues of the device have a descriptor each way at which they stop at once. */
static void start_rings(struct gem *g)
{
	_Atomic uint32_t *idle_rx = g->tx.desc + (size_t)g->tx.size * g->words;
	_Atomic uint32_t *idle_tx = idle_rx + g->words;
	uint32_t queues = field_get(gem_read(g, DESIGN_CFG6), DC6_QUEUES) << 1;

	gem_put(idle_rx + D_ADDR, RX_OWNED | RX_WRAP);
	gem_put(idle_tx + D_CTRL, TX_OWNED | TX_WRAP);
	for (unsigned q = 1; q < QUEUES; q++) {
		if ((queues & BIT32(q)) != 0) {
			gem_write(g, INT_DISABLE_OF(q), ~0U);
			gem_write(g, RECEIVE_Q_PTR_OF(q), (uint32_t)(uintptr_t)idle_rx);
			gem_write(g, TRANSMIT_Q_PTR_OF(q), (uint32_t)(uintptr_t)idle_tx);
		}
	}
	if (g->words > 2) {
		gem_write(g, RECEIVE_Q_HIGH, (uint32_t)((uint64_t)(uintptr_t)g->rx.desc >> 32));
		gem_write(g, TRANSMIT_Q_HIGH, (uint32_t)((uint64_t)(uintptr_t)g->tx.desc >> 32));
	}
	gem_rx_init(g);
	gem_tx_init(g);
	gem_rx_refill(g);
	g->control |= NC_RX_EN | NC_TX_EN;
	gem_write(g, NETWORK_CONTROL, g->control);
}

static int gem_start(struct gem *g, struct device *dev, int irq)
{
	unsigned size = onboard_ring_size();
	int r;

	stop(g);
	read_mac(g, dev->node);
	set_filters(g);
	configure(g, dev->node);
	r = alloc_rings(g, size);
	if (r == 0) {
		r = rx_fill(&g->pool, 2 * size);
	}
	if (r == 0) {
		r = irq_request(irq, gem_interrupt, g, "gem");
	}
	if (r != 0) {
		return r;
	}
	phy_start(&g->phy, dev->node);
	start_rings(g);
	return netdev_register(&g->dev);
}

static void read_design(struct gem *g)
{
	uint32_t buffers = DC2_RX_PKT_BUFFER | DC2_TX_PKT_BUFFER;

	g->words = (gem_read(g, DESIGN_CFG6) & DC6_ADDR_64) != 0 ? 4 : 2;
	g->ack = (gem_read(g, DESIGN_CFG1) & DC1_IRQ_READ_CLEARS) == 0;
	/* Sums are made and checked where a whole packet is stored. */
	g->offload = (gem_read(g, DESIGN_CFG2) & buffers) == buffers;
	g->dev.features = g->offload ? NETDEV_TX_CSUM | NETDEV_RX_CSUM : 0;
}

static int gem_probe(struct device *dev, const struct dt_match *m)
{
	struct gem *g;
	uintptr_t base;
	size_t size;
	int irq = dev_irq(dev, 0);

	if (irq < 0) {
		return irq;
	}
	base = dev_mmio(dev, 0, &size);
	if (base == 0 || size < GEM_SIZE) {
		return -EINVAL;
	}
	if (field_get(mmio_read32(base + MODULE_ID), MID_MODULE) < MID_GEM) {
		return -ENODEV;
	}
	g = kzalloc(sizeof(*g));
	if (g == NULL) {
		return -ENOMEM;
	}
	g->base = base;
	g->dev.ops = &gem_ops;
	g->dev.name = dev->name;
	g->dev.mtu = 1500;
	g->coherent = dt_has(dev->node, "dma-coherent");
	g->phy.ops = &gem_mdio;
	g->phy.changed = link_changed;
	g->phy.name = dev->name;
	if (m->data == QUIRK_FU540) {
		g->tx_clock = dev_mmio(dev, 1, NULL);
	}
	read_design(g);
	if (g->words == 2 && !onboard_ram_is_low()) {
		log_error("gem %s: its addresses have 32 bits, and there is memory beyond",
			  dev->name);
		kfree(g);
		return -EOPNOTSUPP;
	}
	/* On a failure the device stays off and keeps its memory; a boot without network goes on. */
	return gem_start(g, dev, irq);
}

static const struct dt_match gem_match[] = {
	{ "sifive,fu540-c000-gem", QUIRK_FU540 },
	{ "microchip,mpfs-macb", QUIRK_NONE },
	{ "xlnx,versal-gem", QUIRK_NONE },
	{ "cdns,versal-gem", QUIRK_NONE },
	{ "xlnx,zynqmp-gem", QUIRK_NONE },
	{ "cdns,zynqmp-gem", QUIRK_NONE },
	{ "cdns,gem", QUIRK_NONE },
	{ "cdns,macb", QUIRK_NONE },
	{ NULL, 0 },
};

DRIVER(STAGE_DEVICE, gem, gem_match, gem_probe);
