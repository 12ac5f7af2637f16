/* SPDX-License-Identifier: MIT */
/* Block devices for a thread that waits for its request. */
#include "blkcore.h"

#include <errno.h>
#include <kernel/thread.h>

static void init(struct blk_waiter *b, struct blk_req *r)
{
	waiter_init(&b->w);
	b->r = r;
	b->thread = thread_self();
	b->own = false;
}

static bool is_finished(void *arg)
{
	struct blk_waiter *b = arg;

	return atomic_load_explicit(&b->r->status, memory_order_acquire) != BLK_PENDING;
}

static int wait_for(struct blk_waiter *b)
{
	struct blkdev *disk = b->r->dev;

	atomic_fetch_add_explicit(&disk->waiters, 1, memory_order_relaxed);
	waiter_wait_through(&b->w, is_finished, b);
	if (atomic_fetch_sub_explicit(&disk->waiters, 1, memory_order_relaxed) > 1) {
		blk_hand_over(disk);
	}
	if (!b->own) {
		/* Who finished it may be on the way to wake this thread. */
		mutex_lock(&disk->lock);
		mutex_unlock(&disk->lock);
	}
	return atomic_load_explicit(&b->r->status, memory_order_relaxed);
}

int blk_wait(struct blk_req *r)
{
	struct blk_waiter b;
	bool pending;

	mutex_lock(&r->dev->lock);
	pending = atomic_load_explicit(&r->status, memory_order_relaxed) == BLK_PENDING;
	if (pending) {
		init(&b, r);
		r->waiter = &b;
	}
	mutex_unlock(&r->dev->lock);
	return pending ? wait_for(&b) : atomic_load_explicit(&r->status, memory_order_relaxed);
}

static int submit_and_wait(struct blkdev *d, struct blk_req *r)
{
	struct blk_waiter b;

	init(&b, r);
	blk_queue(d, r, false, &b);
	return wait_for(&b);
}

static bool is_outside(const struct blkdev *d, uint64_t sector, uint64_t count)
{
	return sector > d->sectors || count > d->sectors - sector;
}

/* As many pieces of the run at @buf as one request takes. Returns their bytes. */
static size_t cut(const struct blkdev *d, struct iovec *iov, unsigned *n, char *buf, size_t bytes)
{
	size_t done = 0;

	for (*n = 0; *n < MIN(d->max_pieces, BLK_MAX_PIECES) && done < bytes; ++*n) {
		size_t part = MIN(bytes - done, (size_t)d->max_piece);

		iov[*n] = (struct iovec){ buf + done, part };
		done += part;
	}
	return done;
}

int blk_rw(struct blkdev *d, enum blk_op op, uint64_t sector, void *buf, size_t bytes)
{
	struct iovec iov[BLK_MAX_PIECES];
	char *p = buf;

	if ((op != BLK_READ && op != BLK_WRITE) || bytes == 0 || bytes % d->block_size != 0 ||
	    is_outside(d, sector, bytes / BLK_SECTOR)) {
		return -EINVAL;
	}
	while (bytes > 0) {
		struct blk_req r = { .op = op, .sector = sector, .iov = iov };
		size_t part = cut(d, iov, &r.n, p, bytes);
		int status;

		r.count = part / BLK_SECTOR;
		status = submit_and_wait(d, &r);
		if (status != 0) {
			return status;
		}
		sector += r.count;
		p += part;
		bytes -= part;
	}
	return 0;
}

int blk_flush(struct blkdev *d)
{
	struct blk_req r = { .op = BLK_FLUSH };

	return submit_and_wait(d, &r);
}

static int in_parts(struct blkdev *d, enum blk_op op, uint64_t max, uint64_t sector, uint64_t count)
{
	if (max == 0) {
		return -EOPNOTSUPP;
	}
	if (is_outside(d, sector, count)) {
		return -EINVAL; /* not after half of it was done */
	}
	do {
		struct blk_req r = { .op = op, .sector = sector, .count = MIN(count, max) };
		int status = submit_and_wait(d, &r);

		if (status != 0) {
			return status;
		}
		sector += r.count;
		count -= r.count;
	} while (count > 0);
	return 0;
}

int blk_discard(struct blkdev *d, uint64_t sector, uint64_t count)
{
	return in_parts(d, BLK_DISCARD, d->max_discard, sector, count);
}

int blk_zero(struct blkdev *d, uint64_t sector, uint64_t count)
{
	return in_parts(d, BLK_ZERO, d->max_zero, sector, count);
}
