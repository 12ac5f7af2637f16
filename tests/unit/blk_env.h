/* SPDX-License-Identifier: MIT */
/* A disk that answers when it likes, under the real scheduler: for tests of fs/block.c and what is above it. */
#pragma once

#include "sched_env.h"

#include <drivers/blkdev.h>
#include <kernel/params.h>

#define DISK_SECTORS 4096U
#define RING_MAX     16U

static struct {
	struct blkdev dev;
	uint8_t data[DISK_SECTORS * BLK_SECTOR];
	unsigned ring; /* requests that it holds */
	unsigned slow; /* ns that one takes, at most */
	bool silent;   /* it answers no more */
	bool deaf;     /* it misses doorbells now and then: those are rung again by irq() */
	uint64_t bad;  /* the sector that fails; UINT64_MAX: none */
	bool irq_on, stopped;
	unsigned doorbells, kicked_none, posts, interrupts, most;
	/* Posted, then shown by a doorbell, then finished. */
	struct blk_req *posted[RING_MAX], *shown[RING_MAX], *finished[RING_MAX];
	unsigned n_posted, n_shown, n_finished;
} disk;

static uint64_t timeout_s;

uint64_t param_number(const char *name, uint64_t def)
{
	return strcmp(name, "blk.timeout") == 0 && timeout_s != 0 ? timeout_s : def;
}

static inline void schedule(void)
{
	bool work = disk.n_shown > 0 && !disk.silent && !disk.stopped;

	w.next = work ? w.now + 1 + test_below(disk.slow) : UINT64_MAX;
}

static int disk_submit(struct blkdev *d, struct blk_req *r)
{
	CHECK(mutex_held(&d->lock) && !disk.stopped);
	if (disk.n_posted + disk.n_shown + disk.n_finished == disk.ring) {
		return -EBUSY;
	}
	disk.posts++;
	disk.posted[disk.n_posted++] = r;
	disk.most = MAX(disk.most, disk.n_posted + disk.n_shown + disk.n_finished);
	return 0;
}

static void show(void)
{
	for (unsigned i = 0; i < disk.n_posted; i++) {
		disk.shown[disk.n_shown++] = disk.posted[i];
	}
	disk.n_posted = 0;
	if (w.next == UINT64_MAX) {
		schedule();
	}
}

static void disk_kick(struct blkdev *d)
{
	CHECK(mutex_held(&d->lock));
	if (disk.n_posted == 0) {
		return;
	}
	disk.doorbells++;
	if (!disk.deaf || test_below(4) != 0) {
		show();
	}
}

static void disk_move(struct blk_req *r)
{
	uint8_t *at = disk.data + r->at * BLK_SECTOR;

	for (unsigned i = 0; i < r->n; i++) {
		if (r->op == BLK_READ) {
			memcpy(r->iov[i].iov_base, at, r->iov[i].iov_len);
		} else {
			memcpy(at, r->iov[i].iov_base, r->iov[i].iov_len);
		}
		at += r->iov[i].iov_len;
	}
	if (r->op == BLK_ZERO) {
		memset(at, 0, r->count * BLK_SECTOR);
	}
}

/* The device's interrupt is due: it has finished one, any of them. */
static void disk_works(void)
{
	unsigned k;
	struct blk_req *r;

	if (disk.n_shown == 0 || disk.silent || disk.stopped) {
		w.next = UINT64_MAX;
		return;
	}
	k = test_below(disk.n_shown);
	r = disk.shown[k];
	disk.shown[k] = disk.shown[--disk.n_shown];
	disk_move(r);
	disk.finished[disk.n_finished++] = r;
	schedule();
	if (disk.irq_on) {
		disk.irq_on = false;
		disk.interrupts++;
		blkdev_kick(&disk.dev);
	}
}

static bool disk_poll(struct blkdev *d)
{
	unsigned n = disk.n_finished;

	CHECK(mutex_held(&d->lock));
	while (disk.n_finished > 0) {
		struct blk_req *r = disk.finished[--disk.n_finished];
		bool bad = r->at <= disk.bad && disk.bad - r->at < r->count;

		point();
		blkdev_done(d, r, bad ? -EIO : 0);
	}
	return n > 0;
}

/* Now and then the next end comes between the last look at the ring and the interrupt that is asked for. */
static void happen_now(void)
{
	if (w.next != UINT64_MAX && test_below(4) == 0) {
		w.next = w.now;
		point();
	}
}

static bool disk_irq(struct blkdev *d)
{
	CHECK(mutex_held(&d->lock));
	happen_now();
	disk.irq_on = true;
	show();
	point();
	/* As with an event index: what is there already is told by no interrupt, nor what comes after it. */
	disk.irq_on &= disk.n_finished == 0;
	return disk.n_finished > 0;
}

static void disk_stop(struct blkdev *d)
{
	CHECK(mutex_held(&d->lock) && !disk.stopped);
	disk.stopped = true;
	disk.n_posted = disk.n_shown = disk.n_finished = 0;
}

static const struct blkdev_ops disk_ops = { .submit = disk_submit,
					    .kick = disk_kick,
					    .poll = disk_poll,
					    .irq = disk_irq,
					    .stop = disk_stop };

/* A new disk, with a pattern on it; the caller may change it before blkdev_register(). */
static inline void new_disk(unsigned ring)
{
	memset(&disk, 0, sizeof(disk));
	disk.dev = (struct blkdev){ .ops = &disk_ops,
				    .node = "/disk",
				    .sectors = DISK_SECTORS,
				    .block_size = 512,
				    .physical_size = 4096,
				    .max_pieces = 4,
				    .max_piece = 4096,
				    .max_discard = 100,
				    .max_zero = 100,
				    .volatile_cache = true };
	disk.ring = ring;
	disk.slow = 100000;
	disk.bad = UINT64_MAX;
	for (unsigned i = 0; i < sizeof(disk.data); i++) {
		disk.data[i] = (uint8_t)(i / BLK_SECTOR * 7 + i);
	}
	w.device = disk_works;
}
