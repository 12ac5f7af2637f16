/* SPDX-License-Identifier: MIT */
/* Page cache of block devices: pages of 4 KiB by device and place, shared by the file systems, written back
 * later. Bounded by memory: clean pages go when the page allocator or the bound wants them; at most half of
 * the bound is dirty before a writer must wait. What is dirty is written back after CACHE_AGE at the latest, by the
 * waiter (kernel/poller.h), without a thread. A partition's pages are its disk's: there is one truth.
 * A page that could not be written stays dirty and is tried again; the error is told by the next cache_sync() that covers
 * it, once, unless the page could be written by then. When the device is gone what is dirty is lost, and all
 * calls fail with -ENODEV. Large runs that are not in the cache go to the device and back without a copy.
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
/* Forget the disk's pages that lie in the range as a whole, dirty or not: their content does not matter any more (told
 * to the device if it can discard). What else is in the range stays as it is. */
int cache_discard(struct blkdev *d, uint64_t off, uint64_t n);
/* For I/O past the cache (O_DIRECT): write what is dirty in the range, then forget it. */
int cache_bypass(struct blkdev *d, uint64_t off, uint64_t n);
/* A page in place, by its number on the device: pinned until cache_put(). *@data is PAGE_SIZE bytes, zeros from the end
 * of the disk on. -EINVAL also for a partition whose first sector is no multiple of a page: its pages would be none of
 * the disk's; use cache_read(). Nobody bypasses or discards what others have pinned. */
struct cpage;
int cache_get(struct blkdev *d, uint64_t page, struct cpage **p, void **data);
/* About to write to it: waits while it is on its way to the device, then keeps it here until cache_dirty(), which says
 * that the change is complete. In between the caller syncs nothing. -EROFS, -EIO (too much is dirty and cannot be
 * written), -ENODEV. */
int cache_edit(struct cpage *p);
void cache_dirty(struct cpage *p);
void cache_put(struct cpage *p);

/* For tests, /metrics and the bench. */
struct cache_stats {
	uint64_t hits, misses, read_ahead, written_back; /* pages */
	uint64_t direct;				 /* pages that went past the cache */
	uint64_t flushes, flushes_saved; /* asked of devices; syncs that another's flush served */
	size_t pages, dirty, bound;
};
void cache_stats(struct cache_stats *s);
