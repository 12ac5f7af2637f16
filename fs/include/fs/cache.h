/* SPDX-License-Identifier: MIT */
/* Page cache of block devices: pages of 4 KiB by device and place, shared by the file systems, written back
 * later. Bounded by memory: clean pages go when the page allocator or the bound wants them; at most half of
 * the bound is dirty before a writer must wait. What is dirty is written back after CACHE_AGE at the latest, by the
 * waiter (kernel/poller.h), without a thread. A partition's pages are its disk's: there is one truth.
 * A page that could not be written stays dirty; the error is told by the next cache_sync(), once.
 *
 * Context: thread, no spinlock held; all may sleep. Offsets and lengths are bytes of any alignment within
 * the device. Returns 0 or -errno: -EIO, -ENODEV, -EROFS, -EINVAL (outside the device), -ENOMEM. */
#pragma once

#include <drivers/blkdev.h>

#define CACHE_AGE_NS (5 * 1000000000ULL)

int cache_read(struct blkdev *d, uint64_t off, void *buf, size_t n);
int cache_write(struct blkdev *d, uint64_t off, const void *buf, size_t n);
/* Start to read what will be wanted; a hint, never an error. */
void cache_read_ahead(struct blkdev *d, uint64_t off, size_t n);
/* Write what is dirty in the range and wait; then, with @flush, have the device flush. */
int cache_sync_range(struct blkdev *d, uint64_t off, uint64_t n, bool flush);
/* All of it, with a flush: what was written before is on the medium when this returns 0. Ordering: nothing
 * written to the cache after this began is needed for what was before. */
int cache_sync(struct blkdev *d);
/* Forget the range, dirty or not: its content does not matter any more (told to the device if it can discard). */
int cache_discard(struct blkdev *d, uint64_t off, uint64_t n);
/* For I/O past the cache (O_DIRECT): write what is dirty in the range, then forget it. */
int cache_bypass(struct blkdev *d, uint64_t off, uint64_t n);
/* A page in place: pinned until cache_put(). *@data is PAGE_SIZE bytes. cache_dirty(): it was written to. */
struct cpage;
int cache_get(struct blkdev *d, uint64_t page, struct cpage **p, void **data);
void cache_dirty(struct cpage *p);
void cache_put(struct cpage *p);

/* For tests, /metrics and the bench. */
struct cache_stats {
	uint64_t hits, misses, read_ahead, written_back;
	size_t pages, dirty, bound;
};
void cache_stats(struct cache_stats *s);
