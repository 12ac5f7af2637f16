/* SPDX-License-Identifier: MIT */
/* Pages that are not at hand: reads, read-ahead, new ones; and changes of those that are. */
#include "cachecore.h"

#include <errno.h>
#include <kernel/time.h>
#include <string.h>

#define AHEAD_MIN 4U /* the first window */

/* --- changes ------------------------------------------------------------------------------------------------ */

/* Locked; the page is in no list. */
static void make_dirty(struct cdisk *cd, struct cpage *p)
{
	cache_set_dirty(p);
	if (cd->due == TIME_NEVER) {
		cache_set_due(cd, time_after(CACHE_AGE_NS));
	}
	cd->again |= cd->pushing;
}

void cache_begin_edit(struct cdisk *cd, struct cpage *p)
{
	if ((p->flags & DIRTY) == 0) {
		cache_lru_del(p);
		make_dirty(cd, p);
	}
	atomic_fetch_add_explicit(&p->use, USE_EDIT, memory_order_relaxed);
}

void cache_end_edit(struct cpage *p)
{
	/* In one order with cache.waiting: either we see who waits, or they see that it has ended. */
	uint32_t use = atomic_fetch_sub(&p->use, USE_EDIT);

	if ((use & USE_EDITS) == USE_EDIT && unlikely(atomic_load(&cache.waiting) != 0)) {
		irqstate_t s = spin_lock_save(&cache.lock);

		cache_wake_unlock(s);
	}
}

void cache_end_fresh(struct cdisk *cd, struct cpage *p)
{
	irqstate_t s = spin_lock_save(&cache.lock);

	p->flags = (uint16_t)((p->flags & ~READING) | VALID);
	make_dirty(cd, p);
	cache_wake_unlock(s);
}

/* --- read-ahead ----------------------------------------------------------------------------------------- */

unsigned cache_window_max(void)
{
	return (unsigned)MIN(cache.bound / 4, RUN_MAX);
}

/* Pages [index, index + n) are wanted and not there: how many behind them should come as well. */
static unsigned look_ahead(struct cdisk *cd, uint64_t index, unsigned n)
{
	irqstate_t s = spin_lock_save(&cache.lock);
	struct cstream *found = NULL;

	for (unsigned i = 0; i < STREAMS; i++) {
		if (cd->streams[i].next == index && index != 0) {
			found = &cd->streams[i];
		}
	}
	if (found != NULL) {
		found->window = MIN(MAX(2 * found->window, AHEAD_MIN), cache_window_max());
	} else {
		found = &cd->streams[cd->oldest++ % STREAMS];
		found->window = 0;
	}
	found->next = index + n + found->window;
	n = found->window;
	spin_unlock_restore(&cache.lock, s);
	return n;
}

/* The reader came to the first page of the last window: start the next one. */
void cache_read_on(struct cdisk *cd, struct cpage *p)
{
	irqstate_t s = spin_lock_save(&cache.lock);
	struct cstream *found = NULL;
	uint64_t start = 0;
	unsigned n = 0;

	for (unsigned i = 0; i < STREAMS && (p->flags & MARK) != 0; i++) {
		uint64_t left = cd->streams[i].next - p->index;

		if (left > 0 && left <= cd->streams[i].window) {
			found = &cd->streams[i];
		}
	}
	p->flags &= (uint16_t)~MARK;
	if (found != NULL) {
		start = found->next;
		found->window = MIN(MAX(2 * found->window, AHEAD_MIN), cache_window_max());
		found->next += found->window;
		n = found->window;
	}
	spin_unlock_restore(&cache.lock, s);
	if (n > 0) {
		cache_fill(cd, start, n, start, NULL);
	}
}

/* --- a page that is not at hand ---------------------------------------------------------------------------- */

/* In the hash as READING, the content is the caller's to write. */
static int add_fresh(struct cdisk *cd, uint64_t index, struct cpage **out)
{
	struct cpage *p = cache_page_new();
	irqstate_t s;
	bool ok;

	if (p == NULL) {
		return -ENOMEM;
	}
	s = spin_lock_save(&cache.lock);
	ok = cache_insert(p, cd, index);
	cd->last = index;
	spin_unlock_restore(&cache.lock, s);
	if (!ok) {
		cache_release(p);
		return -EAGAIN;
	}
	if (p->bytes < PAGE_SIZE) {
		memset(p->data + p->bytes, 0, PAGE_SIZE - p->bytes);
	}
	*out = p;
	return 0;
}

/* Start to read page @index, which comes pinned, and the @n - 1 behind it. -EAGAIN: something else must come first. */
static int bring_in(struct cdisk *cd, uint64_t index, unsigned n, bool alone, struct cpage **first)
{
	unsigned ahead = alone ? 0 : look_ahead(cd, index, n), did = 0;
	int r;

	n = alone ? 1 : n;
	do {
		r = cache_fill(cd, index + did, n + ahead - did, index + n, first);
		did += (unsigned)MAX(r, 0);
		first = NULL;
	} while (r > 0 && did < n + ahead);
	return did > 0 ? 0 : r;
}

/* The disk grew: what is cached of its last page was all there was. */
static void forget_short(struct cdisk *cd, struct cpage *p)
{
	irqstate_t s;

	cache_write_range(cd, p->index, p->index);
	s = spin_lock_save(&cache.lock);
	if ((p->flags & (VALID | DIRTY | WRITING)) == VALID && (cache_use(p) & USE_DEAD) == 0) {
		cache_lru_del(p);
		cache_kill(p);
	}
	spin_unlock_restore(&cache.lock, s);
}

/* Pinned; NULL: there is none. */
static struct cpage *find_pinned(struct cdisk *cd, uint64_t index)
{
	irqstate_t s = spin_lock_save(&cache.lock);
	struct cpage *p = cache_find(cd, index);

	if (p != NULL) {
		cache_pin(p);
	}
	spin_unlock_restore(&cache.lock, s);
	return p;
}

/* @p, pinned until now, is on its way from the device or to it. Returns an error of a read for this page alone, or 0:
 * look again. *@alone: the read failed, but maybe for another page's sake. */
static int wait_for_page(struct cdisk *cd, struct cpage *p, enum want want, size_t need,
			 bool *alone)
{
	irqstate_t s;
	int r = 0;

	cache_wait_page(p, want == LOOK ? READING : READING | WRITING);
	s = spin_lock_save(&cache.lock);
	if ((p->flags & VALID) == 0) {
		r = (p->flags & ALONE) != 0 || p->error == -ENODEV ? p->error : 0;
		*alone = true;
	}
	spin_unlock_restore(&cache.lock, s);
	if ((p->flags & VALID) != 0 && need > p->bytes) {
		forget_short(cd, p);
	}
	cache_unpin(p);
	return r;
}

/* Have the page come, or be new, or whatever stands in the way pass. Returns 0: look again; 1: *@out is new. */
static int come_closer(struct cdisk *cd, uint64_t index, unsigned n, enum want want, size_t need,
		       struct cpage **out, bool *alone)
{
	struct cpage *p = NULL;
	int r;

	if (want == WHOLE) {
		r = add_fresh(cd, index, out);
		if (r == 0) {
			return 1;
		}
	} else {
		r = bring_in(cd, index, n, *alone, &p);
	}
	if (r == -EAGAIN) {
		p = find_pinned(cd, index);
		r = 0;
		if (p == NULL) {
			cache_wait_busy(cd, index, index);
		}
	}
	return p != NULL ? wait_for_page(cd, p, want, need, alone) : r;
}

int cache_get_page(struct cdisk *cd, uint64_t index, unsigned n, enum want want, size_t need,
		   struct cpage **out, bool *fresh)
{
	bool alone = false, mark = false;
	unsigned tries = 0;

	*fresh = false;
	for (;;) {
		int r;

		*out = cache_hit(cd, index, want, need, &mark);
		if (*out != NULL) {
			if (mark) {
				cache_read_on(cd, *out);
			}
			return 0;
		}
		r = come_closer(cd, index, n, want, need, out, &alone);
		if (r > 0) {
			*fresh = true;
			return 0;
		}
		if (r == -ENOMEM && ++tries <= TRIES) {
			r = cache_make_room();
		}
		if (r < 0) {
			return r;
		}
	}
}
