/* SPDX-License-Identifier: MIT */
/* (private) Cadence's Gigabit Ethernet MAC. Descriptors are rings of two words each, of four when addresses have 64
 * bits; a bit in the descriptor says whose it is. gem.c sets it up, gem_rx.c and gem_tx.c have a ring each, gem_mdio.c
 * talks to the PHY. All but the interrupt handler and the PHY's timer runs under net_lock.
 * Spec: Zynq UltraScale+ Device Technical Reference Manual (UG1085) 34, Register Reference (UG1087), module GEM;
 * PolarFire SoC MSS Technical Reference Manual 3.12.4 for what is newer. */
#pragma once

#include "onboard.h"
#include "phy.h"

#include <drivers/field.h>
#include <stdatomic.h>

#define NETWORK_CONTROL 0x000
#define NC_RX_EN	BIT32(2)
#define NC_TX_EN	BIT32(3)
#define NC_MAN_PORT_EN	BIT32(4)
#define NC_CLEAR_STATS	BIT32(5)
#define NC_TX_START	BIT32(9)

#define NETWORK_CONFIG	   0x004
#define CFG_SPEED	   BIT32(0) /* 100 Mbit/s */
#define CFG_FULL_DUPLEX	   BIT32(1)
#define CFG_MULTICAST_HASH BIT32(6)
#define CFG_RX_1536	   BIT32(8) /* frames with a tag are longer than 1518 */
#define CFG_GIGABIT	   BIT32(10)
#define CFG_PCS		   BIT32(11)
#define CFG_RX_OFFSET	   FIELD(15, 14)
#define CFG_FCS_REMOVE	   BIT32(17)
#define CFG_MDC_DIV	   FIELD(20, 18)
#define MDC_DIV_224	   7 /* for any pclk: the PHY's clock may be slower than 2.5 MHz */
#define CFG_BUS_WIDTH	   FIELD(22, 21)
#define CFG_RX_CHECKSUM	   BIT32(24)
#define CFG_SGMII	   BIT32(27)

#define NETWORK_STATUS 0x008
#define NS_MAN_DONE    BIT32(2)

#define DMA_CONFIG	0x010
#define DMA_BURST	FIELD(4, 0)
#define DMA_BURST_16	16
#define DMA_RX_BUF	FIELD(9, 8) /* all of the packet memory */
#define DMA_TX_BUF	BIT32(10)
#define DMA_TX_CHECKSUM BIT32(11)
#define DMA_RX_SIZE	FIELD(23, 16) /* of a receive buffer, in 64 bytes */
#define DMA_RX_DISCARD	BIT32(24)     /* what finds no buffer does not block what follows */
#define DMA_ADDR_64	BIT32(30)

#define TRANSMIT_STATUS 0x014
#define TS_GO		BIT32(3)
#define TS_ERRORS \
	(BIT32(2) | BIT32(4) | BIT32(6) | BIT32(8)) /* retries, bus, underrun, bus response */
#define RECEIVE_Q_PTR	    0x018
#define TRANSMIT_Q_PTR	    0x01c
#define RECEIVE_STATUS	    0x020
#define RS_NO_BUFFER	    BIT32(0)
#define INT_STATUS	    0x024
#define INT_ENABLE	    0x028
#define INT_DISABLE	    0x02c
#define INT_RX_DONE	    BIT32(1)
#define INT_RX_NO_BUFFER    BIT32(2)
#define INT_TX_ERRORS	    (BIT32(4) | BIT32(5) | BIT32(6) | BIT32(11))
#define INT_TX_DONE	    BIT32(7)
#define INT_RX_OVERRUN	    BIT32(10)
#define PHY_MANAGEMENT	    0x034
#define HASH_BOTTOM	    0x080
#define HASH_TOP	    0x084
#define SPEC_ADD1_BOTTOM    0x088
#define SPEC_ADD1_TOP	    0x08c
#define SPEC_ADD_TOP(i)	    (0x08c + (i)*8U) /* writing the bottom one of a pair turns it off */
#define SPEC_ADD_BOTTOM(i)  (0x088 + (i)*8U)
#define SPEC_ADDS	    4
#define MODULE_ID	    0x0fc
#define MID_MODULE	    FIELD(27, 16)
#define MID_GEM		    2	  /* below: the older MAC of 100 Mbit/s, with other registers */
#define RX_RESOURCE_ERRS    0x1a0 /* counters, cleared by a read */
#define RX_OVERRUNS	    0x1a4
#define DESIGN_CFG1	    0x280
#define DC1_IRQ_READ_CLEARS BIT32(23)
#define DC1_BUS_WIDTH	    FIELD(27, 25) /* 1, 2, 4: words */
#define DESIGN_CFG2	    0x284
#define DC2_RX_PKT_BUFFER   BIT32(20)
#define DC2_TX_PKT_BUFFER   BIT32(21)
#define DESIGN_CFG6	    0x294
#define DC6_QUEUES	    FIELD(7, 1) /* a bit each, besides the first */
#define DC6_ADDR_64	    BIT32(23)
/* Of queue q, 1 to 7. */
#define TRANSMIT_Q_PTR_OF(q) (0x440 + ((q)-1) * 4U)
#define RECEIVE_Q_PTR_OF(q)  (0x480 + ((q)-1) * 4U)
#define INT_DISABLE_OF(q)    (0x620 + ((q)-1) * 4U)
/* Upper halves, for all queues. */
#define TRANSMIT_Q_HIGH 0x4c8
#define RECEIVE_Q_HIGH	0x4d4
#define GEM_SIZE	0x800

/* Words of a descriptor: address, control, upper half of the address, none. */
enum { D_ADDR, D_CTRL, D_HIGH };
#define RX_OWNED       BIT32(0) /* in D_ADDR: ours */
#define RX_WRAP	       BIT32(1)
#define RX_LENGTH      FIELD(12, 0)
#define RX_START       BIT32(14)
#define RX_END	       BIT32(15)
#define RX_CHECKED     FIELD(23, 22)
#define RX_CHECKED_TCP 2U
#define TX_LENGTH      FIELD(13, 0)
#define TX_LAST	       BIT32(15)
#define TX_BAD	       (BIT32(26) | BIT32(27) | BIT32(29)) /* late collision, bus, retries */
#define TX_WRAP	       BIT32(30)
#define TX_OWNED       BIT32(31) /* in D_CTRL: ours; of a frame it is in the first one alone */

#define GEM_PIECES 12 /* of one packet to send: longer chains are rare and copied */

/* [tail, tail + used) are the device's or wait for us, the rest is free. */
struct gem_ring {
	_Atomic uint32_t *desc;
	unsigned size, tail, used;
};

struct gem {
	struct netdev dev;
	uintptr_t base;
	uint32_t control; /* what NETWORK_CONTROL holds but its commands */
	unsigned words;	  /* of a descriptor */
	bool coherent;	  /* the device sees the caches */
	bool ack;	  /* INT_STATUS is cleared by writing, not by reading */
	bool offload;	  /* it sums up */
	struct gem_ring rx, tx;
	struct rx_buf **rx_buf; /* of each receive descriptor */
	struct pbuf **tx_pbuf;	/* of each first transmit descriptor */
	uint8_t *tx_count;	/* and how many it takes */
	bool tx_waiting;	/* send() since the last doorbell */
	bool tx_stalled;	/* the stack waits for room */
	unsigned tx_need;	/* free descriptors that make it worth telling */
	struct rx_pool pool;
	struct phy phy;
	uintptr_t tx_clock; /* register that chooses the transmit clock, or 0 */
};

static inline uint32_t gem_read(const struct gem *g, unsigned reg)
{
	return mmio_read32(g->base + reg);
}

static inline void gem_write(const struct gem *g, unsigned reg, uint32_t v)
{
	mmio_write32(g->base + reg, v);
}

/* The ring's i-th descriptor, counted from anywhere. */
static inline unsigned gem_at(const struct gem_ring *r, unsigned i)
{
	return i >= r->size ? i - r->size : i;
}

static inline _Atomic uint32_t *gem_desc(const struct gem *g, const struct gem_ring *r, unsigned i)
{
	return r->desc + (size_t)i * g->words;
}

static inline uint32_t gem_get(_Atomic uint32_t *word)
{
	return atomic_load_explicit(word, memory_order_relaxed);
}

static inline void gem_put(_Atomic uint32_t *word, uint32_t v)
{
	atomic_store_explicit(word, v, memory_order_relaxed);
}

/* --- gem_rx.c --- */

void gem_rx_init(struct gem *g);
/* Post what is free, and have the device go on where it found nothing. net_lock held. */
void gem_rx_refill(struct gem *g);
/* Up to @budget packets to the stack. net_lock held. */
unsigned gem_rx_poll(struct gem *g, unsigned budget);
bool gem_rx_work(const struct gem *g);

/* --- gem_tx.c --- */

void gem_tx_init(struct gem *g);
int gem_tx_send(struct netdev *d, const struct net_tx *tx);
bool gem_tx_room(struct netdev *d, unsigned packets);
void gem_tx_flush(struct netdev *d);
/* Free what has been sent; start again what stands still. True if anything was. net_lock held. */
bool gem_tx_reap(struct gem *g);
bool gem_tx_work(const struct gem *g);

/* --- gem_mdio.c --- */

extern const struct mdio_ops gem_mdio;
