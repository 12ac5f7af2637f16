/* SPDX-License-Identifier: MIT */
/* A card as a block device: one request at a time, as a card can do no more, its data in one command. What was
 * written is on the medium when the card has left the programming state (4.3.4): a request ends behind
 * that, and so there is no cache to flush. Spec: SD Physical Layer Simplified 6.00, 4.3.3, 4.3.4, 4.10.1. */
#include "mmc.h"

#include <errno.h>
#include <kernel/log.h>

#define CMD_STOP	   12
#define CMD_SEND_STATUS	   13
#define CMD_READ_SINGLE	   17
#define CMD_READ_MULTIPLE  18
#define CMD_WRITE_BLOCK	   24
#define CMD_WRITE_MULTIPLE 25

#define TRIES	   3U /* bits that flipped on the way */
#define MAX_PIECE  (128U << 10)
#define MAX_PIECES 32U /* so that blocks of a command fit into 16 bits */

enum phase { PHASE_DATA, PHASE_STOP, PHASE_STATUS };

static struct mmc *mmc_of(struct blkdev *d)
{
	return container_of(d, struct mmc, disk);
}

/* --- a request in phases --------------------------------------------------------------------------- */

static void begin(struct mmc *m, enum phase phase, const struct mmc_cmd *c)
{
	m->phase = (uint8_t)phase;
	m->cmd = *c;
	m->started = true;
	m->ops->start(m, &m->cmd);
}

static void begin_data(struct mmc *m)
{
	const struct blk_req *r = m->req;
	bool read = r->op == BLK_READ, many = r->count > 1;
	struct mmc_cmd c = {
		.index = read ? (many ? CMD_READ_MULTIPLE : CMD_READ_SINGLE)
			      : (many ? CMD_WRITE_MULTIPLE : CMD_WRITE_BLOCK),
		.resp = RESP_R1,
		.arg = (uint32_t)(m->blocks ? r->at : r->at << MMC_SECTOR_SHIFT),
		.iov = r->iov,
		.n = r->n,
		.blocks = (uint32_t)r->count,
		.block_size = BLK_SECTOR,
		.read = read,
		.dma = true,
	};

	begin(m, PHASE_DATA, &c);
}

static void begin_stop(struct mmc *m)
{
	begin(m, PHASE_STOP, &(struct mmc_cmd){ .index = CMD_STOP, .resp = RESP_R1B });
}

static void begin_status(struct mmc *m)
{
	begin(m, PHASE_STATUS,
	      &(struct mmc_cmd){ .index = CMD_SEND_STATUS, .resp = RESP_R1, .arg = m->rca });
}

static void end(struct mmc *m, int status)
{
	struct blk_req *r = m->req;

	m->req = NULL;
	blkdev_done(&m->disk, r, status);
}

/* No request any more. */
static void lost(struct mmc *m)
{
	int status = m->ops->present(m) ? -EIO : -ENODEV;

	m->ops->stop(m);
	end(m, status);
	blkdev_gone(&m->disk);
}

/* The card comes back to where it takes requests, and this one is tried again if bits flipped; or it does not come
 * back, and is gone. True: the request has ended. */
static bool failed(struct mmc *m, int status)
{
	uint32_t errors;

	if (!m->ops->present(m) || mmc_settle(m, &errors) != 0) {
		lost(m);
		return true;
	}
	if (status == -EILSEQ && ++m->tries < TRIES) {
		begin_data(m);
		return false;
	}
	end(m, -EIO);
	return true;
}

/* The host saw the end of busy, and the card says that it is not at its end: it is waited for. */
static bool still_busy(struct mmc *m)
{
	uint32_t errors;

	if (mmc_settle(m, &errors) != 0) {
		lost(m);
	} else {
		end(m, errors != 0 ? -EIO : 0);
	}
	return true;
}

/* The command has ended: what follows. True: the request has. */
static bool advance(struct mmc *m)
{
	const struct mmc_cmd *c = &m->cmd;
	bool read = m->req->op == BLK_READ;
	uint32_t errors = c->response[0] & R1_ERRORS;

	m->started = false;
	if (c->status != 0) {
		return failed(m, c->status);
	}
	/* 4.3.3: a read of the last block may have looked behind it already. */
	if (m->phase == PHASE_STOP && read) {
		errors &= ~R1_OUT_OF_RANGE;
	}
	if (errors != 0) {
		return failed(m, -EIO);
	}
	if (m->phase == PHASE_DATA && m->req->count > 1) {
		begin_stop(m);
		return false;
	}
	/* 4.10.1: errors of programming are told to the next command. */
	if (!read && m->phase != PHASE_STATUS) {
		begin_status(m);
		return false;
	}
	if (!read && R1_STATE(c->response[0]) != STATE_TRAN) {
		return still_busy(m);
	}
	end(m, 0);
	return true;
}

/* --- what the class asks -------------------------------------------------------------------------------- */

static int disk_submit(struct blkdev *d, struct blk_req *r)
{
	struct mmc *m = mmc_of(d);

	if (m->req != NULL) {
		return -EBUSY;
	}
	m->req = r;
	m->tries = 0;
	m->started = false;
	return 0;
}

static void disk_kick(struct blkdev *d)
{
	struct mmc *m = mmc_of(d);

	if (m->req != NULL && !m->started) {
		begin_data(m);
	}
}

static bool disk_poll(struct blkdev *d)
{
	struct mmc *m = mmc_of(d);

	while (m->req != NULL && m->started && m->ops->poll(m)) {
		if (advance(m)) {
			return true;
		}
	}
	return false;
}

static bool disk_irq(struct blkdev *d)
{
	struct mmc *m = mmc_of(d);

	return m->ops->irq(m);
}

static void disk_stop(struct blkdev *d)
{
	struct mmc *m = mmc_of(d);

	m->ops->stop(m);
	m->req = NULL;
}

static const struct blkdev_ops disk_ops = {
	.submit = disk_submit,
	.kick = disk_kick,
	.poll = disk_poll,
	.irq = disk_irq,
	.stop = disk_stop,
};

void mmc_removed(struct mmc *m)
{
	blkdev_resized(&m->disk, 0);
	blkdev_kick(&m->disk);
}

int mmc_disk_add(struct mmc *m)
{
	static unsigned count;
	struct blkdev *d = &m->disk;

	d->ops = &disk_ops;
	d->node = m->node;
	d->block_size = BLK_SECTOR;
	d->physical_size = BLK_SECTOR;
	d->max_pieces = MAX_PIECES;
	d->max_piece = MAX_PIECE;
	fmt_snprintf(d->name, sizeof(d->name), "mmcblk%u", count++);
	return blkdev_register(d);
}
