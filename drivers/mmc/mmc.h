/* SPDX-License-Identifier: MIT */
/* Between a host controller and the card behind it. Spec: SD Physical Layer Simplified 6.00 (chapters
 * are its own), SD Host Controller Simplified 3.00. */
#pragma once

#include <drivers/blkdev.h>
#include <kernel/device.h>

/* What a card answers, 4.9. */
enum mmc_resp {
	RESP_NONE,
	RESP_R1,
	RESP_R1B, /* and busy on DAT0 after it */
	RESP_R2,  /* CID or CSD */
	RESP_R3,  /* OCR: without a checksum */
	RESP_R6,
	RESP_R7,
};

/* A command, and what came of it. Data is blocks of block_size bytes, in pieces of memory of which each but
 * the last is a multiple of it. */
struct mmc_cmd {
	uint8_t index;
	enum mmc_resp resp;
	uint32_t arg;
	const struct iovec *iov; /* NULL: no data */
	unsigned n;
	uint32_t blocks, block_size;
	bool read;
	bool dma; /* the memory may be the device's; else the bytes are copied through a register */
	/* 0, -ETIMEDOUT (no answer, no data, no end of busy), -EILSEQ (came damaged), -EIO. */
	int status;
	/* [0] of all but R2, of which these are bits 127 to 8: [0] begins with bit 8. */
	uint32_t response[4];
};

struct mmc;

/* Lock of the disk held, or at boot. */
struct mmc_host_ops {
	/* Begin it; never blocks for longer than the lines need to fall idle. */
	void (*start)(struct mmc *m, struct mmc_cmd *c);
	/* True when it is over, and c->status says how. A host that failed it is ready for the next. */
	bool (*poll)(struct mmc *m);
	/* Switch the interrupt on; true if work is there already. Its handler switches it off. */
	bool (*irq)(struct mmc *m);
	/* The fastest clock that is not above @hz; bus of four lines or one; timing of high speed. */
	void (*setup)(struct mmc *m, uint32_t hz, bool wide, bool high_speed);
	bool (*present)(struct mmc *m);
	/* For good: whatever runs ends, no memory is touched any more. */
	void (*stop)(struct mmc *m);
};

/* A slot with a card, embedded in the host's structure, which fills the first part. */
struct mmc {
	const struct mmc_host_ops *ops;
	const char *node;
	uint32_t max_hz;
	bool wide, fast; /* four data lines; high speed */
	bool protected;	 /* the slot says that the card's switch is at "lock" */

	/* --- the card's (card.c) --- */
	uint32_t ocr;
	uint32_t rca; /* in the upper half, as arguments have it */
	bool blocks;  /* it is addressed by blocks, not by bytes */

	/* --- requests (disk.c) --- */
	struct blkdev disk;
	struct mmc_cmd cmd;
	struct blk_req *req; /* NULL: idle */
	bool started;	     /* cmd is with the host */
	uint8_t phase;
	uint8_t tries;
};

#define R1_ERRORS	0xfdf98008U /* 4.10.1: all that says error */
#define R1_OUT_OF_RANGE (1U << 31)
#define R1_LOCKED	(1U << 25)
#define R1_READY	(1U << 8)
#define R1_STATE(r)	((r) >> 9 & 15)
#define STATE_TRAN	4U
#define STATE_DATA	5U
#define STATE_RCV	6U

#define MMC_SECTOR_SHIFT 9
#define MMC_HZ_IDENTIFY	 400000U /* 6.6.6: before a card is known */

/* Send and wait, at most as long as the host waits, and @ns. Returns c->status. Boot, or lock held. */
int mmc_do(struct mmc *m, struct mmc_cmd *c, uint64_t ns);
/* Wait until the card is in the transfer state again, by CMD12 if need be; @errors of R1 that it told meanwhile. 0 or an
 * error. Lock held. */
int mmc_settle(struct mmc *m, uint32_t *errors);
/* Find the card in the slot, ask it what it is, register its disk. Boot. */
int mmc_attach(struct mmc *m);
/* What disk.c adds: called by mmc_attach() with size, serial number and read_only set. */
int mmc_disk_add(struct mmc *m);
/* The card was taken out: the host ends what runs at its next poll(). Any context. */
void mmc_removed(struct mmc *m);
