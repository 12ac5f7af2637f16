/* SPDX-License-Identifier: MIT */
/* What the files of the page cache share: private to fs/.
 *
 * One spinlock, cache.lock, guards pages, lists, trees and the state of disks; done() of requests takes it with a
 * disk's lock held, so nothing is submitted, and no memory is asked for, while it is held. A page is in one of
 * these states:
 *   READING            in the hash; its content comes; nobody looks at it yet
 *   VALID              clean: in a list of the LRU
 *   VALID and DIRTY    in its disk's tree, in no list
 *   VALID and WRITING  likewise, lent to the device: may be read, not written to
 * and maybe dead: no longer in the hash, kept until the last pin goes. Only who has a pin kills a page, and
 * pins are taken under the lock by way of the hash: without pins a page that lives stays alive. */
#pragma once

#include <drivers/blkdev.h>
#include <fs/cache.h>
#include <kernel/list.h>
#include <kernel/poller.h>
#include <kernel/timer.h>

#define RUN_MAX	   32U /* pages of one request */
#define IOS_MAX	   32U /* requests of write-back on their way */
#define TRIES	   64U /* to find room for a page */
#define STREAMS	   4U  /* places of a disk that are read in sequence */
#define DIRECT_MIN 8U  /* pages that are worth a request of their own, past the cache */
#define DIRECT_MAX 256U

enum {
	VALID = 1,
	READING = 2,
	DIRTY = 4,
	WRITING = 8,
	HOT = 16,     /* of the hot list, or goes there when it is clean */
	TOUCHED = 32, /* since it came, or since it was looked at for eviction */
	UNSEEN = 64,  /* it was read, and nobody has asked for it since */
	MARK = 128,   /* who comes here starts the next read-ahead */
	ALONE = 256,  /* a request failed: the next one is for this page only */
};

/* struct cpage.use */
#define USE_PIN	  1U
#define USE_EDIT  (1U << 16)
#define USE_EDITS (0x7fffU << 16)
#define USE_DEAD  (1U << 31)

struct cpage {
	struct cpage *next; /* of its bucket */
	struct cdisk *disk;
	uint64_t index; /* on the disk */
	char *data;
	_Atomic uint32_t use; /* pins, edits (each has a pin too), USE_DEAD */
	uint16_t flags;
	uint16_t bytes;		    /* less than a page at the end of the disk */
	int error;		    /* of the last try; of a write: that was not told */
	struct list lru;	    /* hot or cold */
	struct cpage *left, *right; /* the disk's tree of what is unclean */
};

/* Pages that go past the cache now, or are being forgotten: nobody may bring them in. */
struct cbusy {
	struct list link;
	uint64_t first, last;
};

struct cstream {
	uint64_t next;	 /* page: whoever comes here reads in sequence */
	unsigned window; /* pages that were read ahead last */
};

struct cdisk {
	struct list link;
	struct blkdev *dev;
	struct cpage *unclean; /* DIRTY and WRITING, a treap by index */
	size_t unclean_count;
	uint64_t due;	 /* when what is dirty is written back; TIME_NEVER: nothing waits for it */
	uint64_t cursor; /* write-back goes on here */
	bool pushing;
	bool again; /* something became dirty meanwhile, maybe behind the cursor */
	struct list busy;
	unsigned failures; /* writes that failed, and ... */
	int failure;	   /* ... how the last one did */
	uint64_t flush_started, flush_done, flush_failed;
	int flush_error;
	bool flushing;
	struct cstream streams[STREAMS];
	unsigned oldest;
	uint64_t last; /* page that was asked for last */
};

/* A request of whole pages. */
struct cio {
	struct cio *next; /* free */
	struct cdisk *disk;
	unsigned n;
	struct cpage *pages[RUN_MAX];
	struct iovec iov[RUN_MAX];
	struct blk_req r;
};

/* Somebody who sleeps until @ready. */
struct cwait {
	bool (*ready)(struct cwait *w); /* under the lock */
	struct cdisk *disk;
	struct cpage *p; /* pinned */
	uint64_t first, last;
	unsigned flags;
	struct list link;
	struct waiter w;
};

extern struct cache {
	struct spinlock lock;
	bool ready;
	struct cpage **hash;
	size_t mask;
	struct cpage *husks;   /* pages without memory */
	struct list hot, cold; /* clean pages, the latest first */
	size_t hot_count, cold_count;
	_Atomic size_t pages;
	_Atomic size_t dirty; /* DIRTY and WRITING */
	size_t bound, dirty_max, low;
	struct list disks;
	struct list waits; /* struct cwait */
	_Atomic unsigned waiting;
	struct cio *spare;
	unsigned spare_count;
	unsigned reads, writes; /* requests on their way */
	uint64_t ended;		/* requests so far */
	_Atomic uint64_t due;	/* the earliest of the disks' */
	struct timer timer;
	struct poller poller;
	struct cache_stats stats;
} cache;

/* --- cachepage.c: pages. "Locked": cache.lock is held -------------------------------------------------- */

static inline uint64_t cache_mix(const struct cdisk *cd, uint64_t index)
{
	return (index + ((uintptr_t)cd >> 6)) * 0x9e3779b97f4a7c15UL;
}

static inline struct cpage **cache_bucket(const struct cdisk *cd, uint64_t index)
{
	return &cache.hash[cache_mix(cd, index) >> 32 & cache.mask];
}

/* Locked. NULL: there is none. */
static inline struct cpage *cache_find(const struct cdisk *cd, uint64_t index)
{
	struct cpage *p = *cache_bucket(cd, index);

	while (p != NULL && (p->index != index || p->disk != cd)) {
		p = p->next;
	}
	return p;
}

/* Locked. */
static inline void cache_pin(struct cpage *p)
{
	atomic_fetch_add_explicit(&p->use, USE_PIN, memory_order_relaxed);
}

static inline unsigned cache_use(struct cpage *p)
{
	return atomic_load_explicit(&p->use, memory_order_acquire);
}

void cache_release(struct cpage *p);
/* Any. */
static inline void cache_unpin(struct cpage *p)
{
	/* Release: the page is another's only after this one's last look at it. */
	if (atomic_fetch_sub_explicit(&p->use, USE_PIN, memory_order_acq_rel) ==
	    (USE_DEAD | USE_PIN)) {
		cache_release(p);
	}
}

/* A page with memory, in no list, pinned once; NULL: nothing can be evicted. Not locked. */
struct cpage *cache_page_new(void);
bool cache_reclaim(size_t n);
/* Locked; the page is READING. False: there is one already, or the place is busy. */
bool cache_insert(struct cpage *p, struct cdisk *cd, uint64_t index);
/* Locked, pinned, in no LRU list and no tree. */
void cache_kill(struct cpage *p);
/* Locked: it is clean now. / It will be dirty, or killed. */
void cache_lru_add(struct cpage *p);
void cache_lru_del(struct cpage *p);
/* Locked. Into the tree as DIRTY if it is not. / Out of it. */
void cache_set_dirty(struct cpage *p);
void cache_set_clean(struct cpage *p);
/* Locked. The first unclean page from @index on. */
struct cpage *cache_unclean(struct cdisk *cd, uint64_t index);
/* Locked: keep pages of the range out. / Not locked: no longer. / Locked. */
void cache_set_busy(struct cdisk *cd, struct cbusy *b, uint64_t first, uint64_t last);
void cache_clear_busy(struct cbusy *b);
bool cache_is_busy(struct cdisk *cd, uint64_t first, uint64_t last);
void cache_wait(struct cwait *w);
/* Until @p, which is pinned, has none of @flags. / Until nobody writes to it. */
void cache_wait_page(struct cpage *p, unsigned flags);
void cache_wait_edits(struct cpage *p);
/* Until nobody keeps pages of the range out. */
void cache_wait_busy(struct cdisk *cd, uint64_t first, uint64_t last);
/* Until a request ends; false: none is on its way. */
bool cache_wait_io(void);
/* Locked until then: wake whoever can go on. */
void cache_wake_unlock(irqstate_t s);

/* --- cache.c ---------------------------------------------------------------------------------------------- */

/* [off, off + n) of @d: where on which disk. */
int cache_place(struct blkdev *d, uint64_t off, uint64_t n, struct cdisk **cd, uint64_t *at);

/* --- cacheget.c: a page, by what is wanted of it ------------------------------------------------------------------ */

/* What is wanted of a page. */
enum want {
	LOOK,  /* its content */
	EDIT,  /* to write to a part of it */
	WHOLE, /* to write to all of it: it need not be read */
};

/* Locked. Several accesses to one page in a row are one: what is read once, in small parts, stays cold. */
static inline void cache_touch(struct cdisk *cd, struct cpage *p)
{
	if (p->index != cd->last) {
		cd->last = p->index;
		p->flags |= (p->flags & UNSEEN) != 0 ? 0 : TOUCHED;
		p->flags &= (uint16_t)~UNSEEN;
	}
}

/* Locked: it may be changed, and is dirty from now on. */
void cache_begin_edit(struct cdisk *cd, struct cpage *p);
void cache_end_edit(struct cpage *p);
/* A new page that was written to as a whole has its content. */
void cache_end_fresh(struct cdisk *cd, struct cpage *p);
/* The reader came to a page with MARK: start the next read-ahead. */
void cache_read_on(struct cdisk *cd, struct cpage *p);
/* Pages to read at once, at most. */
unsigned cache_window_max(void);
/* Page @index, of which @need bytes must be there, pinned. @n pages are wanted from there on. *@fresh: it is new, and
 * the caller's until cache_end_fresh(). */
int cache_get_page(struct cdisk *cd, uint64_t index, unsigned n, enum want want, size_t need,
		   struct cpage **out, bool *fresh);

/* The page is there, and what is wanted of it can be had at once: pinned, and with an edit begun. */
static inline struct cpage *cache_hit(struct cdisk *cd, uint64_t index, enum want want, size_t need,
				      bool *mark)
{
	irqstate_t s = spin_lock_save(&cache.lock);
	struct cpage *p = cache_find(cd, index);
	unsigned bad = want == LOOK ? 0 : WRITING;

	if (unlikely(p == NULL || (p->flags & (VALID | bad)) != VALID || need > p->bytes)) {
		p = NULL;
	} else {
		cache_pin(p);
		cache_touch(cd, p);
		cache.stats.hits++;
		*mark = (p->flags & MARK) != 0;
		if (want != LOOK) {
			cache_begin_edit(cd, p);
		}
	}
	spin_unlock_restore(&cache.lock, s);
	return p;
}

/* --- cacheio.c: requests --------------------------------------------------------------------------------- */

uint64_t cache_pages_of(const struct blkdev *d);
/* Start to read @n pages from @index on, as far as none is there, in one request. Returns how many, or -EAGAIN: the
 * first one is there or busy, -ENOMEM: there is no room. @mark: this page gets MARK; from there on they are
 * read ahead. *@first, unless NULL: the first page, pinned. */
int cache_fill(struct cdisk *cd, uint64_t index, unsigned n, uint64_t mark, struct cpage **first);
/* Write what is dirty in [first, last]; wait until it is written. The first error, or 0. */
int cache_write_range(struct cdisk *cd, uint64_t first, uint64_t last);
/* Start to write all that is dirty. */
void cache_push(struct cdisk *cd);
/* Room for more: by writing, or by waiting for what is on its way. -ENOMEM: there is none. */
int cache_make_room(void);
/* Locked: it must be written back by then. */
void cache_set_due(struct cdisk *cd, uint64_t due);
void cache_io_init(void);
