/* SPDX-License-Identifier: MIT */
/* A block device for tests of the page cache that completes late, out of order and with errors, keeps what is
 * written volatile until a flush, and looks at memory it was lent twice: it must not change meanwhile.
 * The kernel around it is a thread's that runs alone (test_cache.c), or the real one (test_cache_threads.c). */
#pragma once

#include "../../fs/cachecore.h"
#include "test.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/page.h>
#include <kernel/params.h>
#include <kernel/time.h>

#define FAKE_SECTORS_MAX 4096U
#define FAKE_QUEUE	 128U
#define FAKE_LOG	 4096U

struct fake_event {
	enum blk_op op;
	uint64_t sector, count;
	bool start; /* or the end */
	unsigned pieces;
};

static struct {
	struct blkdev disk;
	uint8_t content[FAKE_SECTORS_MAX * 512];  /* as the device would give it now */
	uint8_t medium[FAKE_SECTORS_MAX * 512];	  /* as it is after a power cut */
	uint8_t flushing[FAKE_SECTORS_MAX * 512]; /* what was written when the flush came */
	unsigned flushes;			  /* on their way */
	struct blk_req *queue[FAKE_QUEUE];
	uint64_t sums[FAKE_QUEUE]; /* of what was lent for writing */
	unsigned queued, most_queued;
	struct fake_event log[FAKE_LOG];
	unsigned logged;
	unsigned doorbells;
	/* Whether a request fails, and how; NULL: none does. */
	int (*fault)(const struct blk_req *r);
	bool in_order;
	bool held; /* nothing ends */
} fake;

/* Of the includer: around what the disk's lock guards; what was submitted has to be looked after from there on. */
static void fake_lock(void);
static void fake_unlock(void);

static uint64_t fake_sum(const struct blk_req *r)
{
	uint64_t h = 14695981039346656037UL;

	for (unsigned i = 0; i < r->n; i++) {
		const uint8_t *p = r->iov[i].iov_base;

		for (size_t k = 0; k < r->iov[i].iov_len; k++) {
			h = (h ^ p[k]) * 1099511628211UL;
		}
	}
	return h;
}

static void fake_log(const struct blk_req *r, bool start)
{
	if (fake.logged < FAKE_LOG) {
		fake.log[fake.logged++] =
			(struct fake_event){ r->op, r->sector, r->count, start, r->n };
	}
}

/* By the rules of drivers/blkdev.h. */
static void fake_check(const struct blk_req *r)
{
	uint64_t bytes = 0;

	if (r->op == BLK_FLUSH) {
		CHECK(r->count == 0);
		return;
	}
	CHECK(r->count > 0 && r->sector + r->count <= fake.disk.sectors);
	CHECK((r->sector | r->count) % (fake.disk.block_size / 512) == 0);
	if (r->op > BLK_WRITE) {
		return;
	}
	CHECK(r->n > 0 && r->n <= MIN(fake.disk.max_pieces, BLK_MAX_PIECES));
	for (unsigned i = 0; i < r->n; i++) {
		CHECK(r->iov[i].iov_len % 512 == 0 && r->iov[i].iov_len <= fake.disk.max_piece);
		bytes += r->iov[i].iov_len;
	}
	CHECK_EQ(bytes, r->count * 512);
}

/* On the fake, which knows no partitions: the cache speaks of disks. */
void blk_submit(struct blkdev *d, struct blk_req *r, bool more)
{
	CHECK(d == &fake.disk && !host.masked);
	fake_lock();
	if (fake.queued == FAKE_QUEUE) {
		CHECK(!"the fake has room");
		abort();
	}
	fake_check(r);
	atomic_store(&r->status, BLK_PENDING);
	r->dev = d;
	fake.sums[fake.queued] = r->op == BLK_WRITE ? fake_sum(r) : 0;
	fake.queue[fake.queued++] = r;
	fake.most_queued = MAX(fake.most_queued, fake.queued);
	fake.doorbells += !more;
	fake_log(r, true);
	if (r->op == BLK_FLUSH && fake.flushes++ == 0) {
		memcpy(fake.flushing, fake.content, sizeof(fake.flushing));
	}
	fake_unlock();
}

static void fake_transfer(struct blk_req *r)
{
	uint8_t *p = fake.content + r->sector * 512;

	for (unsigned i = 0; i < r->n; i++) {
		if (r->op == BLK_READ) {
			memcpy(r->iov[i].iov_base, p, r->iov[i].iov_len);
		} else {
			memcpy(p, r->iov[i].iov_base, r->iov[i].iov_len);
		}
		p += r->iov[i].iov_len;
	}
	if (r->op == BLK_DISCARD) {
		memset(p, 0xdd, r->count * 512);
	}
	if (r->op == BLK_FLUSH) {
		CHECK_EQ(fake.flushes, 1);
		memcpy(fake.medium, fake.flushing, sizeof(fake.medium));
	}
}

/* One request ends; false: there is none. */
static bool fake_step(void)
{
	unsigned i = fake.in_order || fake.queued == 0 ? 0 : test_below(fake.queued);
	struct blk_req *r = fake.queue[i];
	int status = 0;

	if (fake.queued == 0 || fake.held) {
		return false;
	}
	CHECK(r->op != BLK_WRITE || fake.sums[i] == fake_sum(r));
	memmove(&fake.queue[i], &fake.queue[i + 1], (fake.queued - i - 1) * sizeof(fake.queue[0]));
	memmove(&fake.sums[i], &fake.sums[i + 1], (fake.queued - i - 1) * sizeof(fake.sums[0]));
	fake.queued--;
	if (fake.disk.gone) {
		status = -ENODEV;
	} else if (fake.fault != NULL) {
		status = fake.fault(r);
	}
	if (status == 0) {
		fake_transfer(r);
	}
	fake_log(r, false);
	fake.flushes -= r->op == BLK_FLUSH;
	atomic_store(&r->status, status);
	if (r->done != NULL) {
		r->done(r);
	}
	return true;
}

static void fake_reset(uint64_t sectors)
{
	memset(&fake, 0, sizeof(fake));
	fake.disk = (struct blkdev){ .sectors = sectors,
				     .block_size = 512,
				     .physical_size = 512,
				     .max_pieces = 64,
				     .max_piece = 1 << 20,
				     .max_discard = 1 << 20,
				     .volatile_cache = true,
				     .name = "fake" };
	fake.disk.disk = &fake.disk;
	for (size_t i = 0; i < sizeof(fake.content); i++) {
		fake.content[i] = (uint8_t)test_random();
	}
	memcpy(fake.medium, fake.content, sizeof(fake.medium));
}

/* --- what fs/block.c offers to those who wait: over the fake ------------------------------------------------- */

static bool fake_ended(void *arg)
{
	struct blk_req *r = arg;

	return atomic_load(&r->status) != BLK_PENDING;
}

static void fake_wake(struct blk_req *r)
{
	waiter_wake(r->owner);
}

static int fake_do(struct blkdev *d, struct blk_req *r)
{
	struct waiter me;

	waiter_init(&me);
	r->owner = &me;
	r->done = fake_wake;
	blk_submit(d, r, false);
	waiter_wait_through(&me, fake_ended, r);
	return atomic_load(&r->status);
}

int blk_rw(struct blkdev *d, enum blk_op op, uint64_t sector, void *buf, size_t bytes)
{
	struct iovec iov = { buf, bytes };
	struct blk_req r = {
		.op = op, .sector = sector, .count = bytes / 512, .iov = &iov, .n = 1
	};

	return fake_do(d, &r);
}

int blk_flush(struct blkdev *d)
{
	struct blk_req r = { .op = BLK_FLUSH };

	return fake_do(d, &r);
}

int blk_discard(struct blkdev *d, uint64_t sector, uint64_t count)
{
	struct blk_req r = { .op = BLK_DISCARD, .sector = sector, .count = count };

	return fake_do(d, &r);
}

/* --- memory: so many pages, each of them watched ---------------------------------------------------------------- */

static struct {
	size_t left, used;
	long objects;
	unsigned fail; /* one in so many allocations; 0: none */
	const char *param;
} mem;

bool (*page_reclaim)(size_t n);

size_t page_free_count(void)
{
	return mem.left;
}

const char *param(const char *name)
{
	return strcmp(name, "cache") == 0 ? mem.param : NULL;
}

uint64_t param_number(const char *name, uint64_t def)
{
	return param(name) != NULL ? strtoul(param(name), NULL, 10) : def;
}

/* What the header of cachecore.h says of pages, lists and trees. */
static size_t check_tree(const struct cpage *p, uint64_t lo, uint64_t hi)
{
	if (p == NULL) {
		return 0;
	}
	CHECK(p->index >= lo && p->index < hi && (p->flags & (DIRTY | WRITING)) != 0);
	return 1 + check_tree(p->left, lo, p->index) + check_tree(p->right, p->index + 1, hi);
}

static void cache_check(void)
{
	size_t pages = 0, listed = 0, unclean = 0, dirty = 0;
	struct list *l;

	for (size_t i = 0; cache.hash != NULL && i <= cache.mask; i++) {
		for (struct cpage *p = cache.hash[i]; p != NULL; p = p->next) {
			unsigned f = p->flags;

			pages++;
			CHECK((p->use & USE_DEAD) == 0);
			CHECK(((f & VALID) != 0) != ((f & READING) != 0));
			CHECK((f & DIRTY) == 0 || (f & WRITING) == 0);
			CHECK((f & (DIRTY | WRITING)) == 0 || (f & VALID) != 0);
			listed += (f & (READING | DIRTY | WRITING)) == 0;
			dirty += (f & (DIRTY | WRITING)) != 0;
		}
	}
	CHECK(pages <= cache.pages && cache.pages <= cache.bound);
	CHECK_EQ(listed, cache.hot_count + cache.cold_count);
	list_for_each(l, &cache.hot) {
		CHECK((list_entry(l, struct cpage, lru)->flags & HOT) != 0);
		listed--;
	}
	list_for_each(l, &cache.cold) {
		CHECK((list_entry(l, struct cpage, lru)->flags & HOT) == 0);
		listed--;
	}
	CHECK_EQ(listed, 0);
	list_for_each(l, &cache.disks) {
		struct cdisk *cd = list_entry(l, struct cdisk, link);

		unclean += cd->unclean_count;
		CHECK_EQ(check_tree(cd->unclean, 0, UINT64_MAX), cd->unclean_count);
	}
	CHECK_EQ(unclean, dirty);
	CHECK_EQ(dirty, cache.dirty);
}
