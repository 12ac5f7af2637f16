/* SPDX-License-Identifier: MIT */
/* Requests of the cache: reads of what is missing, write-back in ascending order, and its clock. */
#include "cachecore.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/page.h>
#include <kernel/time.h>
#include <string.h>

#define SPARES	 8U
#define AGAIN_NS (10 * NS_PER_MS) /* write-back that could not go on */

uint64_t cache_pages_of(const struct blkdev *d)
{
	return (d->sectors * BLK_SECTOR + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/* --- requests; there is always one: free, or on its way ---------------------------------------------------- */

static struct cio *io_get(struct cdisk *cd)
{
	irqstate_t s = spin_lock_save(&cache.lock);
	struct cio *io = cache.spare;

	if (io != NULL) {
		cache.spare = io->next;
		cache.spare_count--;
	}
	spin_unlock_restore(&cache.lock, s);
	if (io == NULL) {
		io = kmalloc(sizeof(*io));
	}
	if (io != NULL) {
		io->disk = cd;
		io->n = 0;
		io->r = (struct blk_req){ .iov = io->iov, .owner = io };
	}
	return io;
}

/* Locked. */
static void io_put(struct cio *io)
{
	if (cache.spare_count >= SPARES) {
		kfree(io);
		return;
	}
	io->next = cache.spare;
	cache.spare = io;
	cache.spare_count++;
}

static void io_drop(struct cio *io)
{
	irqstate_t s = spin_lock_save(&cache.lock);

	io_put(io);
	spin_unlock_restore(&cache.lock, s);
}

/* Locked. One more page at the end; pages that lie side by side in memory are one piece. False: it is full. */
static bool io_add(struct cio *io, struct cpage *p)
{
	const struct blkdev *d = io->disk->dev;
	struct iovec *last = io->r.n > 0 ? &io->iov[io->r.n - 1] : NULL;

	if (io->n == RUN_MAX) {
		return false;
	}
	if (last != NULL && (char *)last->iov_base + last->iov_len == p->data &&
	    last->iov_len + p->bytes <= d->max_piece) {
		last->iov_len += p->bytes;
	} else if (io->r.n < MIN(d->max_pieces, BLK_MAX_PIECES)) {
		io->iov[io->r.n++] = (struct iovec){ p->data, p->bytes };
	} else {
		return false;
	}
	io->pages[io->n++] = p;
	io->r.count += p->bytes / BLK_SECTOR;
	return true;
}

/* Locked. */
static void read_ended(struct cpage *p, int status)
{
	p->flags &= (uint16_t)~READING;
	p->error = status;
	if (status == 0) {
		p->flags = (uint16_t)((p->flags & ~ALONE) | VALID);
		cache_lru_add(p);
	} else {
		cache_kill(p);
	}
}

/* Locked. */
static void write_ended(struct cpage *p, int status)
{
	struct cdisk *cd = p->disk;

	p->error = status;
	if (status == 0) {
		cache_set_clean(p);
		cache_lru_add(p);
		cache.stats.written_back++;
		return;
	}
	cd->failures++;
	cd->failure = status;
	if (status == -ENODEV) {
		cache_set_clean(p);
		cache_kill(p);
		return;
	}
	p->flags = (uint16_t)((p->flags & ~WRITING) | DIRTY | ALONE);
	cache_set_due(cd, time_after(CACHE_AGE_NS));
}

/* The disk's lock is held. */
static void io_ended(struct blk_req *r)
{
	struct cio *io = r->owner;
	bool reads = r->op == BLK_READ;
	int status = atomic_load_explicit(&r->status, memory_order_acquire);
	irqstate_t s = spin_lock_save(&cache.lock);

	for (unsigned i = 0; i < io->n; i++) {
		if (reads) {
			read_ended(io->pages[i], status);
		} else {
			write_ended(io->pages[i], status);
		}
		cache_unpin(io->pages[i]);
	}
	*(reads ? &cache.reads : &cache.writes) -= 1;
	cache.ended++;
	io_put(io);
	cache_wake_unlock(s);
}

static void submit(struct cio *io, enum blk_op op, bool more)
{
	io->r.op = op;
	io->r.sector = io->pages[0]->index << (PAGE_SHIFT - 9);
	io->r.done = io_ended;
	blk_submit(io->disk->dev, &io->r, more);
}

/* --- reads ------------------------------------------------------------------------------------------------ */

/* How many of @n pages from @index on are missing. */
static unsigned count_missing(struct cdisk *cd, uint64_t index, unsigned n)
{
	irqstate_t s = spin_lock_save(&cache.lock);
	unsigned i = 0;

	while (i < n && cache_find(cd, index + i) == NULL) {
		i++;
	}
	spin_unlock_restore(&cache.lock, s);
	return i;
}

/* @p comes with the request; false: it cannot. */
static bool take_in(struct cio *io, struct cpage *p, uint64_t index, uint64_t mark)
{
	irqstate_t s = spin_lock_save(&cache.lock);
	bool ok = cache_insert(p, io->disk, index);

	if (ok && !io_add(io, p)) {
		cache_kill(p);
		ok = false;
	}
	if (ok) {
		p->flags |= (uint16_t)(UNSEEN | (index == mark ? MARK : 0));
		cache.stats.misses += index < mark;
		cache.stats.read_ahead += index >= mark;
	}
	spin_unlock_restore(&cache.lock, s);
	return ok;
}

int cache_fill(struct cdisk *cd, uint64_t index, unsigned n, uint64_t mark, struct cpage **first)
{
	unsigned missing = count_missing(cd, index, MIN(n, RUN_MAX));
	struct cio *io = missing > 0 ? io_get(cd) : NULL;
	int r = missing > 0 ? -ENOMEM : -EAGAIN;
	irqstate_t s;

	if (io == NULL) {
		return r;
	}
	for (unsigned i = 0; i < missing; i++) {
		struct cpage *p = cache_page_new();

		if (p == NULL) {
			break;
		}
		if (!take_in(io, p, index + i, mark)) {
			/* Its only pin is ours. */
			cache_release(p);
			r = -EAGAIN;
			break;
		}
		if (p->bytes < PAGE_SIZE) {
			memset(p->data + p->bytes, 0, PAGE_SIZE - p->bytes);
		}
	}
	if (io->n == 0) {
		io_drop(io);
		return r;
	}
	r = (int)io->n;
	if (r == 1) {
		io->pages[0]->flags |= ALONE; /* READING: it is ours */
	}
	if (first != NULL) {
		*first = io->pages[0];
		cache_pin(*first);
	}
	s = spin_lock_save(&cache.lock);
	cache.reads++;
	spin_unlock_restore(&cache.lock, s);
	submit(io, BLK_READ, false);
	return r;
}

/* --- write-back -------------------------------------------------------------------------------------------- */

void cache_set_due(struct cdisk *cd, uint64_t due)
{
	cd->due = MIN(cd->due, due);
	if (due < atomic_load_explicit(&cache.due, memory_order_relaxed)) {
		atomic_store_explicit(&cache.due, due, memory_order_relaxed);
		timer_start(&cache.timer, due);
	}
}

/* Locked. A run of dirty pages from *from on, which moves behind it, is lent to the device. What is just written to
 * is left for later, or, with @edited, ends the search: pinned there. @told: errors that were not told. */
static void gather(struct cio *io, uint64_t *from, uint64_t last, struct cpage **edited, int *told)
{
	struct cdisk *cd = io->disk;
	struct cpage *p = cache_unclean(cd, *from);

	for (; p != NULL && p->index <= last; p = cache_unclean(cd, *from)) {
		bool edits = (cache_use(p) & USE_EDITS) != 0, dirty = (p->flags & DIRTY) != 0;
		bool alone = (p->flags & ALONE) != 0;

		if (io->n > 0 && (p->index != *from || !dirty || edits || alone)) {
			break;
		}
		if (dirty && edits && edited != NULL) {
			cache_pin(p);
			*edited = p;
			break;
		}
		if (dirty && edits) {
			cache_set_due(cd, time_after(AGAIN_NS));
		}
		if (dirty && !edits) {
			if (!io_add(io, p)) {
				break;
			}
			p->flags = (uint16_t)((p->flags & ~DIRTY) | WRITING);
			cache_pin(p);
			if (told != NULL && p->error != 0) {
				*told = p->error;
				p->error = 0;
			}
		}
		*from = p->index + 1;
		if (io->n > 0 && alone) {
			break;
		}
	}
	cache.writes += io->n > 0;
}

/* The next request's pages; NULL: there are none, or one is written to, or there is no room for another request. */
static struct cio *next_write(struct cdisk *cd, uint64_t *from, uint64_t last,
			      struct cpage **edited, int *told, bool *full)
{
	struct cio *io = cache.writes >= IOS_MAX ? NULL : io_get(cd);
	irqstate_t s;

	*full = io == NULL;
	if (io == NULL) {
		return NULL;
	}
	s = spin_lock_save(&cache.lock);
	gather(io, from, last, edited, told);
	if (io->n == 0) {
		io_put(io);
		io = NULL;
		cd->pushing &= from != &cd->cursor;
	}
	spin_unlock_restore(&cache.lock, s);
	return io;
}

/* Each request goes when the next one is known: one doorbell for all. @told: wait for room, and for those who write to
 * a page; NULL: go as far as there is room. Returns false if that was not the end. */
static bool write_all(struct cdisk *cd, uint64_t *from, uint64_t last, int *told)
{
	struct cio *io, *prev = NULL;
	struct cpage *edited = NULL;
	bool full;

	for (;;) {
		io = next_write(cd, from, last, told != NULL ? &edited : NULL, told, &full);
		if (prev != NULL) {
			submit(prev, BLK_WRITE, io != NULL);
		}
		prev = io;
		if (io != NULL) {
			continue;
		}
		if (edited != NULL) {
			cache_wait_edits(edited);
			cache_unpin(edited);
			edited = NULL;
		} else if (!full) {
			return true;
		} else if (told == NULL) {
			return false;
		} else {
			cache_wait_io();
		}
	}
}

/* Wait for what is on its way in [first, last]. */
static int wait_all(struct cdisk *cd, uint64_t first, uint64_t last)
{
	int r = 0;

	for (;;) {
		irqstate_t s = spin_lock_save(&cache.lock);
		struct cpage *p = cache_unclean(cd, first);
		bool found = p != NULL && p->index <= last, writing = false;

		if (found) {
			cache_pin(p);
			writing = (p->flags & WRITING) != 0;
		}
		spin_unlock_restore(&cache.lock, s);
		if (!found) {
			return r;
		}
		if (writing) {
			cache_wait_page(p, WRITING);
		}
		s = spin_lock_save(&cache.lock);
		if (p->error != 0) {
			r = p->error;
			p->error = 0;
		}
		first = p->index + 1;
		spin_unlock_restore(&cache.lock, s);
		cache_unpin(p);
	}
}

int cache_write_range(struct cdisk *cd, uint64_t first, uint64_t last)
{
	irqstate_t s = spin_lock_save(&cache.lock);
	unsigned failures = cd->failures;
	bool any = cd->unclean_count > 0;
	int told = 0, r;

	spin_unlock_restore(&cache.lock, s);
	if (!any) {
		return 0;
	}
	write_all(cd, &(uint64_t){ first }, last, &told);
	r = wait_all(cd, first, last);
	s = spin_lock_save(&cache.lock);
	/* Another sync may have taken a page's error: both covered it. */
	if (r == 0 && cd->failures != failures) {
		r = cd->failure;
	}
	spin_unlock_restore(&cache.lock, s);
	return r != 0 ? r : told;
}

/* Go on where there was no room. */
static void push_on(struct cdisk *cd)
{
	bool all = write_all(cd, &cd->cursor, UINT64_MAX - 1, NULL);
	irqstate_t s = spin_lock_save(&cache.lock);

	if (!all) {
		cache_set_due(cd, time_after(AGAIN_NS));
	} else if (cd->again) {
		cd->again = false;
		cache_set_due(cd, time_after(CACHE_AGE_NS / 2));
	}
	spin_unlock_restore(&cache.lock, s);
}

void cache_push(struct cdisk *cd)
{
	irqstate_t s = spin_lock_save(&cache.lock);
	bool any = cd->unclean_count > 0;

	if (any && !cd->pushing) {
		cd->pushing = true;
		cd->cursor = 0;
		cd->due = TIME_NEVER;
	}
	spin_unlock_restore(&cache.lock, s);
	if (any) {
		push_on(cd);
	}
}

/* After @cd, or the first for NULL. */
static struct cdisk *next_disk(struct cdisk *cd)
{
	irqstate_t s = spin_lock_save(&cache.lock);
	struct list *l = cd != NULL ? cd->link.next : cache.disks.next;

	spin_unlock_restore(&cache.lock, s);
	return l != &cache.disks ? list_entry(l, struct cdisk, link) : NULL;
}

int cache_make_room(void)
{
	struct cdisk *cd = NULL;

	while ((cd = next_disk(cd)) != NULL) {
		cache_push(cd);
	}
	return cache_wait_io() ? 0 : -ENOMEM;
}

/* --- the clock: while nothing is dirty it stands ------------------------------------------------------------- */

static bool is_due(void)
{
	uint64_t due = atomic_load_explicit(&cache.due, memory_order_relaxed);

	return unlikely(due != TIME_NEVER) && due <= time_now();
}

/* Start what is due on @cd. */
static void look_at(struct cdisk *cd, uint64_t now)
{
	irqstate_t s = spin_lock_save(&cache.lock);
	bool due = cd->due <= now;

	if (due) {
		cd->due = TIME_NEVER;
	} else if (cd->due != TIME_NEVER) {
		cache_set_due(cd, cd->due);
	}
	spin_unlock_restore(&cache.lock, s);
	if (due) {
		cache_push(cd);
	}
}

static bool poll(struct poller *poller)
{
	struct cdisk *cd = NULL;
	uint64_t now;

	(void)poller;
	if (!is_due()) {
		return false;
	}
	now = time_now();
	/* From here on whatever is due later starts the timer. */
	atomic_store_explicit(&cache.due, TIME_NEVER, memory_order_relaxed);
	while ((cd = next_disk(cd)) != NULL) {
		look_at(cd, now);
	}
	return true;
}

static bool arm(struct poller *poller)
{
	(void)poller;
	return is_due();
}

static void timer_fired(struct timer *t)
{
	(void)t;
	poller_kick();
}

void cache_io_init(void)
{
	timer_init(&cache.timer, timer_fired);
	cache.poller = (struct poller){ .poll = poll, .arm = arm };
	poller_register(&cache.poller);
}
