/* SPDX-License-Identifier: MIT */
/* The page cache as file systems see it (fs/cache.h; docs/storage.md). Numbers of bytes and pages are the disk's from
 * here on, whatever partition was named. */
#include "cachecore.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/log.h>
#include <kernel/page.h>
#include <kernel/params.h>
#include <kernel/time.h>
#include <string.h>

#define BOUND_MIN   16U
#define BUCKETS_MAX (1UL << 17)

static struct mutex setup = MUTEX_INIT(setup);

/* --- the first use -------------------------------------------------------------------------------------- */

static size_t bound_wanted(void)
{
	const char *s = param("cache");
	uint64_t n = param_number("cache", 0);

	if (n == 0) {
		return page_free_count() / 8;
	}
	for (; *s >= '0' && *s <= '9'; s++) {
	}
	n *= *s == 'G' ? 1UL << 30 : *s == 'M' ? 1UL << 20 : *s == 'K' ? 1UL << 10 : 1;
	return MIN(n >> PAGE_SHIFT, page_free_count() / 2);
}

static int set_up_cache(void)
{
	size_t buckets = 8;

	cache.bound = MAX(bound_wanted(), BOUND_MIN);
	cache.dirty_max = cache.bound / 2;
	cache.low = MAX(page_total() / 64, 16UL);
	while (buckets < cache.bound && buckets < BUCKETS_MAX) {
		buckets *= 2;
	}
	cache.hash = kzalloc(buckets * sizeof(struct cpage *));
	cache.spare = kzalloc(sizeof(struct cio));
	if (cache.hash == NULL || cache.spare == NULL) {
		kfree(cache.hash);
		kfree(cache.spare);
		cache.hash = NULL;
		cache.spare = NULL;
		return -ENOMEM;
	}
	cache.spare_count = 1;
	cache.mask = buckets - 1;
	cache_io_init();
	cache.ready = true;
	page_reclaim = cache_reclaim;
	return 0;
}

static int set_up_disk(struct blkdev *disk)
{
	struct cdisk *cd;
	irqstate_t s;
	int r = 0;

	mutex_lock(&setup);
	if (disk->cache == NULL && disk->max_piece < PAGE_SIZE) {
		log_error("cache: %s takes %u bytes at once only", disk->name, disk->max_piece);
		r = -EINVAL;
	} else if (disk->cache == NULL && !cache.ready) {
		r = set_up_cache();
	}
	if (disk->cache == NULL && r == 0) {
		cd = kzalloc(sizeof(*cd));
		r = cd == NULL ? -ENOMEM : 0;
		if (cd != NULL) {
			cd->dev = disk;
			cd->due = TIME_NEVER;
			list_init(&cd->busy);
			s = spin_lock_save(&cache.lock);
			list_add_tail(&cache.disks, &cd->link);
			spin_unlock_restore(&cache.lock, s);
			__atomic_store_n(&disk->cache, cd, __ATOMIC_RELEASE);
		}
	}
	mutex_unlock(&setup);
	return r;
}

int cache_place(struct blkdev *d, uint64_t off, uint64_t n, struct cdisk **cd, uint64_t *at)
{
	struct blkdev *disk = d->disk;
	uint64_t size = d->sectors * BLK_SECTOR;
	int r;

	if (unlikely(disk->gone || disk->sectors == 0)) {
		return -ENODEV;
	}
	/* A disk may have shrunk to less than its partitions. */
	*at = d->first * BLK_SECTOR + off;
	if (unlikely(off > size || n > size - off || *at + n > disk->sectors * BLK_SECTOR)) {
		return -EINVAL;
	}
	*cd = __atomic_load_n(&disk->cache, __ATOMIC_ACQUIRE);
	if (unlikely(*cd == NULL)) {
		r = set_up_disk(disk);
		*cd = disk->cache;
		return r;
	}
	return 0;
}

/* --- runs that go past the cache ---------------------------------------------------------------------------- */

/* Locked: how many of @n pages from @index on are not in the cache. @drop: clean ones that nobody has go. */
static unsigned count_absent(struct cdisk *cd, uint64_t index, unsigned n, bool drop)
{
	for (unsigned i = 0; i < n; i++) {
		struct cpage *p = cache_find(cd, index + i);

		if (p != NULL) {
			if (!drop || (p->flags & (VALID | DIRTY | WRITING)) != VALID ||
			    cache_use(p) != 0) {
				return i;
			}
			cache_pin(p);
			cache_lru_del(p);
			cache_kill(p);
			cache_unpin(p);
		}
	}
	return n;
}

/* The first of [at, at + n) without the cache, if that is worth it. Returns how many bytes, 0, or -errno. */
static ssize_t direct(struct cdisk *cd, enum blk_op op, uint64_t at, void *buf, size_t n)
{
	unsigned want = (unsigned)MIN(n >> PAGE_SHIFT, DIRECT_MAX), pages;
	uint64_t index = at >> PAGE_SHIFT;
	struct cbusy b;
	irqstate_t s;
	int r;

	if (want < DIRECT_MIN || (at & (PAGE_SIZE - 1)) != 0) {
		return 0;
	}
	s = spin_lock_save(&cache.lock);
	pages = count_absent(cd, index, want, op == BLK_WRITE);
	if (pages < DIRECT_MIN || cache_is_busy(cd, index, index + pages - 1)) {
		pages = 0;
	} else if (op == BLK_WRITE) {
		cache_set_busy(cd, &b, index, index + pages - 1);
	}
	cache.stats.direct += pages;
	spin_unlock_restore(&cache.lock, s);
	if (pages == 0) {
		return 0;
	}
	r = blk_rw(cd->dev, op, at / BLK_SECTOR, buf, (size_t)pages << PAGE_SHIFT);
	if (op == BLK_WRITE) {
		cache_clear_busy(&b);
	}
	return r != 0 ? r : (ssize_t)pages << PAGE_SHIFT;
}

/* --- read and write ------------------------------------------------------------------------------------------ */

/* How many pages to read at once for [at, at + n). */
static unsigned pages_in(uint64_t at, size_t n)
{
	size_t in = at & (PAGE_SIZE - 1), behind = in + n - MIN(in + n, PAGE_SIZE);

	if (in > 0 && behind >> PAGE_SHIFT >= DIRECT_MIN) {
		return 1; /* the rest may go past the cache */
	}
	return (unsigned)MIN(((at & (PAGE_SIZE - 1)) + n + PAGE_SIZE - 1) >> PAGE_SHIFT,
			     (size_t)cache_window_max());
}

int cache_read(struct blkdev *d, uint64_t off, void *buf, size_t n)
{
	struct cdisk *cd;
	char *to = buf;
	uint64_t at;
	int r = cache_place(d, off, n, &cd, &at);

	while (r == 0 && n > 0) {
		size_t in = at & (PAGE_SIZE - 1), part = MIN(PAGE_SIZE - in, n);
		bool mark = false, fresh;
		struct cpage *p = cache_hit(cd, at >> PAGE_SHIFT, LOOK, in + part, &mark);

		if (unlikely(p == NULL)) {
			ssize_t got = direct(cd, BLK_READ, at, to, n);

			if (got == 0) {
				r = cache_get_page(cd, at >> PAGE_SHIFT, pages_in(at, n), LOOK,
						   in + part, &p, &fresh);
			} else if (got < 0) {
				r = (int)got;
			}
			part = got > 0 ? (size_t)got : part;
		} else if (unlikely(mark)) {
			cache_read_on(cd, p);
		}
		if (p != NULL && r == 0) {
			memcpy(to, p->data + in, part);
			cache_unpin(p);
		}
		to += part;
		at += part;
		n -= part;
	}
	return r;
}

/* Too much is dirty: have it written, and wait while it is far too much. */
static int slow_down(struct cdisk *cd)
{
	irqstate_t s = spin_lock_save(&cache.lock);
	unsigned failures = cd->failures;
	bool idle = cache.writes == 0, failing = false;

	spin_unlock_restore(&cache.lock, s);
	if (idle) {
		cache_push(cd);
	}
	/* Not for ever: it may be another disk that takes nothing. */
	for (unsigned i = 0;
	     i < TRIES &&
	     atomic_load_explicit(&cache.dirty, memory_order_relaxed) >= cache.dirty_max;
	     i++) {
		if (failing) {
			return cd->failure;
		}
		if (cache_make_room() != 0) {
			break;
		}
		s = spin_lock_save(&cache.lock);
		failing = cd->failures != failures;
		spin_unlock_restore(&cache.lock, s);
	}
	return 0;
}

static inline int throttle(struct cdisk *cd)
{
	return likely(atomic_load_explicit(&cache.dirty, memory_order_relaxed) <
		      cache.dirty_max / 2)
		       ? 0
		       : slow_down(cd);
}

/* A part of one page. */
static int write_part(struct cdisk *cd, uint64_t at, const char *from, size_t part)
{
	uint64_t index = at >> PAGE_SHIFT,
		 left = cd->dev->sectors * BLK_SECTOR - (at & ~(PAGE_SIZE - 1));
	size_t in = at & (PAGE_SIZE - 1);
	bool whole = in == 0 && part == MIN(left, PAGE_SIZE), fresh;
	struct cpage *p;
	int r = throttle(cd);

	if (r == 0) {
		r = cache_get_page(cd, index, 1, whole ? WHOLE : EDIT, in + part, &p, &fresh);
	}
	if (r != 0) {
		return r;
	}
	memcpy(p->data + in, from, part);
	if (fresh) {
		cache_end_fresh(cd, p);
	} else {
		cache_end_edit(p);
	}
	cache_unpin(p);
	return 0;
}

int cache_write(struct blkdev *d, uint64_t off, const void *buf, size_t n)
{
	const char *from = buf;
	struct cdisk *cd;
	uint64_t at;
	int r = cache_place(d, off, n, &cd, &at);

	if (r == 0 && (d->read_only || d->disk->read_only)) {
		r = -EROFS;
	}
	while (r == 0 && n > 0) {
		size_t part = MIN(PAGE_SIZE - (at & (PAGE_SIZE - 1)), n);
		ssize_t did = direct(cd, BLK_WRITE, at, (void *)(uintptr_t)from, n);

		if (did > 0) {
			part = (size_t)did;
		} else {
			r = did < 0 ? (int)did : write_part(cd, at, from, part);
		}
		from += part;
		at += part;
		n -= part;
	}
	return r;
}

void cache_read_ahead(struct blkdev *d, uint64_t off, size_t n)
{
	struct cdisk *cd;
	uint64_t at, index, left;

	if (n == 0 || cache_place(d, off, n, &cd, &at) != 0) {
		return;
	}
	index = at >> PAGE_SHIFT;
	left = MIN(((at + n - 1) >> PAGE_SHIFT) - index + 1, cache.bound / 4);
	while (left > 0) {
		int did = cache_fill(cd, index, (unsigned)MIN(left, RUN_MAX), index, NULL);

		if (did == -ENOMEM) {
			return;
		}
		did = MAX(did, 1); /* one that is there is passed over */
		index += (unsigned)did;
		left -= (unsigned)did;
	}
}

/* --- pages in place ------------------------------------------------------------------------------------------ */

int cache_get(struct blkdev *d, uint64_t page, struct cpage **p, void **data)
{
	uint64_t size = d->sectors * BLK_SECTOR, off = page << PAGE_SHIFT, at;
	struct cdisk *cd;
	bool fresh;
	int r;

	if (page >= cache_pages_of(d) || (d->first * BLK_SECTOR & (PAGE_SIZE - 1)) != 0) {
		return -EINVAL;
	}
	r = cache_place(d, off, MIN(size - off, PAGE_SIZE), &cd, &at);
	if (r == 0) {
		r = cache_get_page(cd, at >> PAGE_SHIFT, 1, LOOK, MIN(size - off, PAGE_SIZE), p,
				   &fresh);
	}
	if (r == 0) {
		*data = (*p)->data;
	}
	return r;
}

int cache_edit(struct cpage *p)
{
	struct cdisk *cd = p->disk;
	int r = cd->dev->read_only ? -EROFS : throttle(cd);

	while (r == 0) {
		irqstate_t s = spin_lock_save(&cache.lock);
		bool writing = (p->flags & WRITING) != 0;

		if ((cache_use(p) & USE_DEAD) != 0) {
			r = -ENODEV;
		} else if (!writing) {
			cache_begin_edit(cd, p);
		}
		spin_unlock_restore(&cache.lock, s);
		if (!writing) {
			break;
		}
		cache_wait_page(p, WRITING);
	}
	return r;
}

void cache_dirty(struct cpage *p)
{
	cache_end_edit(p);
}

void cache_put(struct cpage *p)
{
	cache_unpin(p);
}
