/* SPDX-License-Identifier: MIT */
/* The page cache towards the medium: syncs, which share flushes, and what forgets pages. */
#include "cachecore.h"

#include <errno.h>
#include <string.h>

/* --- flush ------------------------------------------------------------------------------------------------- */

static bool flush_has_ended(struct cwait *w)
{
	return w->disk->flush_done >= w->first || !w->disk->flushing;
}

/* A flush that began after now has ended, whoever asked the device for it. */
static int flush(struct cdisk *cd)
{
	struct cwait w = { .ready = flush_has_ended, .disk = cd };
	irqstate_t s = spin_lock_save(&cache.lock);
	bool mine = false;
	int r;

	w.first = cd->flush_started + 1;
	while (cd->flush_done < w.first) {
		uint64_t number;

		mine = !cd->flushing;
		if (!mine) {
			spin_unlock_restore(&cache.lock, s);
			cache_wait(&w);
			s = spin_lock_save(&cache.lock);
			continue;
		}
		cd->flushing = true;
		number = ++cd->flush_started;
		cache.stats.flushes++;
		spin_unlock_restore(&cache.lock, s);
		r = blk_flush(cd->dev);
		s = spin_lock_save(&cache.lock);
		cd->flushing = false;
		cd->flush_done = number;
		if (r != 0) {
			cd->flush_failed = number;
			cd->flush_error = r;
		}
		cache_wake_unlock(s);
		s = spin_lock_save(&cache.lock);
	}
	cache.stats.flushes_saved += !mine;
	r = cd->flush_failed >= w.first ? cd->flush_error : 0;
	spin_unlock_restore(&cache.lock, s);
	return r;
}

/* --- forgetting -------------------------------------------------------------------------------------------- */

/* Locked. False: it is in use. */
static bool forget_page(struct cpage *p, bool keep_dirty)
{
	if ((p->flags & (READING | WRITING)) != 0 || (cache_use(p) & USE_EDITS) != 0) {
		return false;
	}
	if ((p->flags & DIRTY) != 0 && keep_dirty) {
		return true;
	}
	cache_pin(p);
	if ((p->flags & DIRTY) != 0) {
		cache_set_clean(p);
	} else {
		cache_lru_del(p);
	}
	cache_kill(p);
	cache_unpin(p);
	return true;
}

/* Forget the pages of [first, last] in @chain; one that is in use comes back pinned. Locked. */
static struct cpage *forget_chain(struct cdisk *cd, struct cpage *chain, uint64_t first,
				  uint64_t last, bool keep_dirty)
{
	while (chain != NULL) {
		struct cpage *p = chain;

		chain = p->next;
		if (p->disk == cd && p->index >= first && p->index <= last &&
		    !forget_page(p, keep_dirty)) {
			cache_pin(p);
			return p;
		}
	}
	return NULL;
}

static void forget_all(struct cdisk *cd, struct cpage **bucket, uint64_t first, uint64_t last,
		       bool keep_dirty)
{
	struct cpage *p;

	do {
		irqstate_t s = spin_lock_save(&cache.lock);

		p = forget_chain(cd, *bucket, first, last, keep_dirty);
		spin_unlock_restore(&cache.lock, s);
		if (p != NULL) {
			cache_wait_page(p, READING | WRITING);
			cache_wait_edits(p);
			cache_unpin(p);
		}
	} while (p != NULL);
}

/* Pages [first, last], which are kept out meanwhile. */
static void forget(struct cdisk *cd, uint64_t first, uint64_t last, bool keep_dirty)
{
	if (last - first <= cache.mask) {
		for (uint64_t i = first; i <= last; i++) {
			forget_all(cd, cache_bucket(cd, i), i, i, keep_dirty);
		}
		return;
	}
	for (size_t i = 0; i <= cache.mask; i++) {
		forget_all(cd, &cache.hash[i], first, last, keep_dirty);
	}
}

static void keep_out(struct cdisk *cd, struct cbusy *b, uint64_t first, uint64_t last)
{
	irqstate_t s = spin_lock_save(&cache.lock);

	cache_set_busy(cd, b, first, last);
	spin_unlock_restore(&cache.lock, s);
}

/* The device is gone: nothing of it will be written, nor be asked for. */
static void forget_disk(struct cdisk *cd)
{
	struct cbusy b;

	keep_out(cd, &b, 0, UINT64_MAX);
	forget(cd, 0, UINT64_MAX, false);
	cache_clear_busy(&b);
}

/* --- what is offered ----------------------------------------------------------------------------------------- */

int cache_sync_range(struct blkdev *d, uint64_t off, uint64_t n, bool with_flush)
{
	struct cdisk *cd;
	uint64_t at;
	int r = cache_place(d, off, n, &cd, &at);

	if (r == -ENODEV && d->disk->cache != NULL) {
		forget_disk(d->disk->cache);
	}
	if (r == 0 && n > 0) {
		r = cache_write_range(cd, at >> PAGE_SHIFT, (at + n - 1) >> PAGE_SHIFT);
	}
	if (r == 0 && with_flush) {
		r = flush(cd);
	}
	return r;
}

int cache_sync(struct blkdev *d)
{
	return cache_sync_range(d, 0, d->sectors * BLK_SECTOR, true);
}

int cache_discard(struct blkdev *d, uint64_t off, uint64_t n)
{
	uint64_t at, first, end, size = d->disk->sectors * BLK_SECTOR;
	struct cdisk *cd;
	struct cbusy b;
	int r = cache_place(d, off, n, &cd, &at);

	if (r == 0 && (d->read_only || d->disk->read_only)) {
		r = -EROFS;
	}
	if (r != 0) {
		return r;
	}
	/* A page that has other content as well stays as it is, on the device too. */
	first = (at + PAGE_SIZE - 1) >> PAGE_SHIFT;
	end = at + n == size ? cache_pages_of(cd->dev) : (at + n) >> PAGE_SHIFT;
	if (first >= end) {
		return 0;
	}
	keep_out(cd, &b, first, end - 1);
	forget(cd, first, end - 1, false);
	if (cd->dev->max_discard > 0) {
		at = first << PAGE_SHIFT;
		r = blk_discard(cd->dev, at / BLK_SECTOR,
				(MIN(end << PAGE_SHIFT, size) - at) / BLK_SECTOR);
	}
	cache_clear_busy(&b);
	return r == -EOPNOTSUPP ? 0 : r;
}

int cache_bypass(struct blkdev *d, uint64_t off, uint64_t n)
{
	struct cdisk *cd;
	struct cbusy b;
	uint64_t at;
	int r = cache_place(d, off, n, &cd, &at);

	if (r != 0 || n == 0) {
		return r;
	}
	r = cache_write_range(cd, at >> PAGE_SHIFT, (at + n - 1) >> PAGE_SHIFT);
	if (r == 0) {
		keep_out(cd, &b, at >> PAGE_SHIFT, (at + n - 1) >> PAGE_SHIFT);
		forget(cd, b.first, b.last, true);
		cache_clear_busy(&b);
	}
	return r;
}

void cache_stats(struct cache_stats *st)
{
	irqstate_t s = spin_lock_save(&cache.lock);

	*st = cache.stats;
	/* Each page that was missed is found once more when it has come. */
	st->hits -= MIN(st->hits, st->misses);
	st->pages = atomic_load_explicit(&cache.pages, memory_order_relaxed);
	st->dirty = atomic_load_explicit(&cache.dirty, memory_order_relaxed);
	st->bound = cache.bound;
	spin_unlock_restore(&cache.lock, s);
}
