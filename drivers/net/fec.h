/* SPDX-License-Identifier: MIT */
/* (private) NXP's Fast Ethernet Controller as it is from i.MX 6SoloX on: 1000 Mbit/s, enhanced buffer descriptors, of its
 * three queues the first. A bit in the descriptor says whose it is. fec.c sets it up, fec_ring.c has the rings. All but
 * the interrupt handler and the PHY's timer runs under net_lock.
 * Spec: i.MX 8M Plus Applications Processor Reference Manual (IMX8MPRM), Ethernet MAC (ENET); binding net/fsl,fec. */
#pragma once

#include "onboard.h"
#include "phy.h"

#include <drivers/field.h>
#include <stdatomic.h>

/* clang-format off */
#define EIR		0x004 /* writing 1 clears */
#define EIMR		0x008
#define  INT_TXF	BIT32(27)
#define  INT_RXF	BIT32(25)
#define  INT_MII	BIT32(23) /* an access to the PHY is over */
#define  INT_EBERR	BIT32(22) /* of the bus: it has switched itself off */
#define RDAR		0x010 /* written: there are receive descriptors; 0 when it found none */
#define TDAR		0x014 /* the same to send */
#define ECR		0x024
#define  ECR_ETHEREN	BIT32(1)
#define  ECR_EN1588	BIT32(4) /* enhanced descriptors */
#define  ECR_SPEED	BIT32(5) /* 1000 Mbit/s */
#define  ECR_DBSWP	BIT32(8) /* descriptors are little-endian */
#define MMFR		0x040
#define MSCR		0x044
#define  MSCR_SPEED	FIELD(6, 1)
#define  MSCR_HOLD	FIELD(10, 8)
#define RCR		0x084
#define  RCR_MII	BIT32(2) /* always */
#define  RCR_RGMII	BIT32(6)
#define  RCR_RMII	BIT32(8)
#define  RCR_RMII_10	BIT32(9)
#define  RCR_MAX_LEN	FIELD(29, 16)
#define TCR		0x0c4
#define  TCR_FULL	BIT32(2)
#define PALR		0x0e4
#define PAUR		0x0e8
#define  PAUR_TYPE	0x8808U
#define OPD		0x0ec
#define IAUR		0x118 /* hashes of addresses that are let in: of ours none, of groups all */
#define IALR		0x11c
#define GAUR		0x120
#define GALR		0x124
#define TFWR		0x144
#define  TFWR_STRFWD	BIT32(8) /* whole frames: what the sum is made of */
#define RDSR		0x180
#define TDSR		0x184
#define MRBR		0x188
#define FTRL		0x1b0
#define TACC		0x1c0
#define  TACC_PROCHK	BIT32(4)
#define RACC		0x1c4
#define  RACC_LINEDIS	BIT32(6) /* frames with an error are dropped */
#define  RACC_SHIFT16	BIT32(7) /* two bytes in front of each */
#define FEC_SIZE	0x1000
/* clang-format on */

/* Words of a descriptor; the others are for times. */
enum { D_CTRL, D_ADDR, D_EXT, D_DONE = 4, D_WORDS = 8 };
#define BD_LENGTH     FIELD(15, 0)
#define BD_TRUNCATED  BIT32(16)
#define BD_RX_ERRORS  (BIT32(17) | BIT32(18) | BIT32(20)) /* overrun, CRC, not whole bytes */
#define BD_TX_CRC     BIT32(26)
#define BD_LAST	      BIT32(27)
#define BD_WRAP	      BIT32(29)
#define BD_OWNED      BIT32(31)		      /* the device's */
#define EXT_RX_INT    BIT32(23)		      /* raises RXF */
#define EXT_TX_SUM    BIT32(28)		      /* fill in the sum of TCP or UDP */
#define EXT_TX_INT    BIT32(30)		      /* raises TXF */
#define EXT_TX_ERRORS (BIT32(15) | BIT32(13)) /* and which; underflow */

#define FEC_CRC 4U /* bytes at a received frame's end */
#define FEC_MAX 1536U

/* [tail, tail + used) are the device's or wait for us, the rest is free. */
struct fec_ring {
	_Atomic uint32_t *desc;
	unsigned size, tail, used;
};

struct fec {
	struct netdev dev;
	uintptr_t base;
	uint32_t interface; /* bits of RCR for the wires to the PHY */
	bool coherent;	    /* the device sees the caches */
	struct fec_ring rx, tx;
	struct rx_pool pool;
	struct rx_buf **rx_buf; /* of each receive descriptor */
	char *tx_buf;		/* RX_BUF bytes for each transmit descriptor */
	bool rx_torn;		/* in a frame that has several descriptors */
	bool tx_waiting;	/* send() since the last doorbell */
	bool tx_stalled;	/* the stack waits for room */
	unsigned tx_need;	/* free descriptors that make it worth telling */
	_Atomic bool again; /* to be set up again: another link, or it has switched itself off */
	struct phy phy;
	bool mdio_busy;
};

static inline uint32_t fec_read(const struct fec *f, unsigned reg)
{
	return mmio_read32(f->base + reg);
}

static inline void fec_write(const struct fec *f, unsigned reg, uint32_t v)
{
	mmio_write32(f->base + reg, v);
}

/* --- fec.c --- */

/* Off, and on again as the link is now: the rings begin anew. net_lock held, or boot. */
void fec_again(struct fec *f);

/* --- fec_ring.c --- */

/* The device is off: what was to be sent is lost, and all descriptors are ours. */
void fec_rings_empty(struct fec *f);
/* Post what is free. net_lock held. */
void fec_rx_refill(struct fec *f);
/* Up to @budget packets to the stack. net_lock held. */
unsigned fec_rx_poll(struct fec *f, unsigned budget);
bool fec_rx_work(const struct fec *f);
int fec_tx_send(struct netdev *d, const struct net_tx *tx);
bool fec_tx_room(struct netdev *d, unsigned packets);
void fec_tx_flush(struct netdev *d);
/* Take back what has been sent. True if anything was. net_lock held. */
bool fec_tx_reap(struct fec *f);
bool fec_tx_work(const struct fec *f);
