/* SPDX-License-Identifier: MIT */
/* Pages of the cache: their memory, which of them go first, which are dirty, and who waits for one. */
#include "cachecore.h"

#include <kernel/alloc.h>
#include <kernel/page.h>
#include <kernel/thread.h>
#include <string.h>

#define SCAN	    64U /* pages looked at for eviction with the lock held */
#define RECLAIM_MIN 16U /* pages given back at once, as far as there are */

struct cache cache = {
	.hot = LIST_INIT(cache.hot),
	.cold = LIST_INIT(cache.cold),
	.disks = LIST_INIT(cache.disks),
	.waits = LIST_INIT(cache.waits),
	.due = TIME_NEVER,
};

/* --- the LRU: what comes is cold, and becomes hot when it was asked for again before it is at the end -------- */

void cache_lru_add(struct cpage *p)
{
	if ((p->flags & HOT) != 0) {
		list_add(&cache.hot, &p->lru);
		cache.hot_count++;
	} else {
		list_add(&cache.cold, &p->lru);
		cache.cold_count++;
	}
}

void cache_lru_del(struct cpage *p)
{
	list_del(&p->lru);
	if ((p->flags & HOT) != 0) {
		cache.hot_count--;
	} else {
		cache.cold_count--;
	}
}

static void unhash(struct cpage *p)
{
	struct cpage **b = cache_bucket(p->disk, p->index);

	while (*b != p) {
		b = &(*b)->next;
	}
	*b = p->next;
}

/* To the head of the hot or the cold list. */
static void move(struct cpage *p, bool hot)
{
	cache_lru_del(p);
	p->flags = (uint16_t)((p->flags & ~(HOT | TOUCHED)) | (hot ? HOT : 0));
	cache_lru_add(p);
}

/* A page that can go, out of hash and lists; NULL: none was found this time. Locked. */
static struct cpage *evict(void)
{
	for (unsigned i = 0; i < SCAN; i++) {
		bool from_hot = list_empty(&cache.cold) || cache.hot_count > 2 * cache.cold_count;
		struct list *l = from_hot ? cache.hot.prev : cache.cold.prev;
		struct cpage *p = list_entry(l, struct cpage, lru);

		if (l == &cache.hot) {
			return NULL;
		}
		if (from_hot || (p->flags & TOUCHED) != 0) {
			move(p, (p->flags & TOUCHED) != 0);
		} else if (cache_use(p) != 0) {
			move(p, false);
		} else {
			cache_lru_del(p);
			unhash(p);
			return p;
		}
	}
	return NULL;
}

/* --- memory -------------------------------------------------------------------------------------------- */

void cache_release(struct cpage *p)
{
	page_free(p->data, 1);
	kfree(p);
	atomic_fetch_sub_explicit(&cache.pages, 1, memory_order_relaxed);
}

static struct cpage *find_victim(void)
{
	size_t tries = 2 + 2 * atomic_load_explicit(&cache.pages, memory_order_relaxed) / SCAN;
	struct cpage *p = NULL;

	while (p == NULL && tries-- > 0) {
		irqstate_t s = spin_lock_save(&cache.lock);

		p = evict();
		spin_unlock_restore(&cache.lock, s);
	}
	return p;
}

/* page_reclaim(): without kfree(), which the caller may be in. */
bool cache_reclaim(size_t n)
{
	irqstate_t s = arch_irq_save();
	struct cpage *p;
	bool any = false;

	/* More than all that is clean is of no use. */
	if (n > cache.bound || !spin_trylock(&cache.lock)) {
		arch_irq_restore(s);
		return false;
	}
	for (size_t i = 0; i < MAX(n, RECLAIM_MIN) && (p = evict()) != NULL; i++) {
		page_free(p->data, 1);
		p->next = cache.husks;
		cache.husks = p;
		atomic_fetch_sub_explicit(&cache.pages, 1, memory_order_relaxed);
		any = true;
	}
	spin_unlock_restore(&cache.lock, s);
	return any;
}

static struct cpage *husk_new(void)
{
	irqstate_t s = spin_lock_save(&cache.lock);
	struct cpage *p = cache.husks;

	if (p != NULL) {
		cache.husks = p->next;
	}
	spin_unlock_restore(&cache.lock, s);
	return p != NULL ? p : kmalloc(sizeof(*p));
}

static struct cpage *grow(void)
{
	struct cpage *p;

	/* Counted first: the bound holds for all CPUs. */
	if (atomic_fetch_add_explicit(&cache.pages, 1, memory_order_relaxed) >= cache.bound) {
		atomic_fetch_sub_explicit(&cache.pages, 1, memory_order_relaxed);
		return NULL;
	}
	p = husk_new();
	if (p != NULL) {
		p->data = page_alloc(1, 1);
	}
	if (p == NULL || p->data == NULL) {
		kfree(p);
		atomic_fetch_sub_explicit(&cache.pages, 1, memory_order_relaxed);
		return NULL;
	}
	return p;
}

struct cpage *cache_page_new(void)
{
	bool short_of = page_free_count() < cache.low;
	struct cpage *p = NULL;

	if (short_of) {
		/* One for the caller, one for the others. */
		p = find_victim();
		if (p != NULL) {
			cache_release(p);
		}
		p = find_victim();
	}
	if (p == NULL) {
		p = grow();
	}
	if (p == NULL && !short_of) {
		p = find_victim();
	}
	if (p != NULL) {
		char *data = p->data;

		*p = (struct cpage){ .data = data, .use = USE_PIN, .lru = LIST_INIT(p->lru) };
	}
	return p;
}

bool cache_insert(struct cpage *p, struct cdisk *cd, uint64_t index)
{
	struct cpage **b = cache_bucket(cd, index);
	uint64_t end = cd->dev->sectors * BLK_SECTOR, at = index << PAGE_SHIFT;

	if (cache_find(cd, index) != NULL || cache_is_busy(cd, index, index) || at >= end) {
		return false;
	}
	p->disk = cd;
	p->index = index;
	p->flags = READING;
	p->bytes = (uint16_t)MIN(end - at, PAGE_SIZE);
	p->next = *b;
	*b = p;
	return true;
}

void cache_kill(struct cpage *p)
{
	unhash(p);
	atomic_fetch_or_explicit(&p->use, USE_DEAD, memory_order_relaxed);
}

/* --- the tree of what is unclean: a treap, the mixed index is the priority ------------------------------------ */

static uint64_t weight(const struct cpage *p)
{
	uint64_t w = cache_mix(p->disk, p->index);

	return (w ^ w >> 29) * 0xbf58476d1ce4e5b9UL;
}

static void tree_insert(struct cdisk *cd, struct cpage *n)
{
	struct cpage **pp = &cd->unclean, **left = &n->left, **right = &n->right, *t;

	while (*pp != NULL && weight(*pp) >= weight(n)) {
		pp = n->index < (*pp)->index ? &(*pp)->left : &(*pp)->right;
	}
	t = *pp;
	*pp = n;
	while (t != NULL) {
		if (t->index < n->index) {
			*left = t;
			left = &t->right;
			t = t->right;
		} else {
			*right = t;
			right = &t->left;
			t = t->left;
		}
	}
	*left = NULL;
	*right = NULL;
}

static void tree_erase(struct cdisk *cd, struct cpage *n)
{
	struct cpage **pp = &cd->unclean, *l = n->left, *r = n->right;

	while (*pp != n) {
		pp = n->index < (*pp)->index ? &(*pp)->left : &(*pp)->right;
	}
	while (l != NULL && r != NULL) {
		if (weight(l) >= weight(r)) {
			*pp = l;
			pp = &l->right;
			l = l->right;
		} else {
			*pp = r;
			pp = &r->left;
			r = r->left;
		}
	}
	*pp = l != NULL ? l : r;
}

struct cpage *cache_unclean(struct cdisk *cd, uint64_t index)
{
	struct cpage *best = NULL, *p = cd->unclean;

	while (p != NULL) {
		if (p->index >= index) {
			best = p;
			p = p->left;
		} else {
			p = p->right;
		}
	}
	return best;
}

void cache_set_dirty(struct cpage *p)
{
	if ((p->flags & DIRTY) == 0) {
		p->flags |= DIRTY;
		p->disk->unclean_count++;
		atomic_fetch_add_explicit(&cache.dirty, 1, memory_order_relaxed);
		tree_insert(p->disk, p);
	}
}

void cache_set_clean(struct cpage *p)
{
	p->flags &= (uint16_t) ~(DIRTY | WRITING | ALONE);
	p->disk->unclean_count--;
	atomic_fetch_sub_explicit(&cache.dirty, 1, memory_order_relaxed);
	tree_erase(p->disk, p);
}

/* --- waiting --------------------------------------------------------------------------------------------- */

bool cache_is_busy(struct cdisk *cd, uint64_t first, uint64_t last)
{
	struct list *l;

	list_for_each(l, &cd->busy) {
		const struct cbusy *b = list_entry(l, struct cbusy, link);

		if (b->first <= last && first <= b->last) {
			return true;
		}
	}
	return false;
}

void cache_set_busy(struct cdisk *cd, struct cbusy *b, uint64_t first, uint64_t last)
{
	b->first = first;
	b->last = last;
	list_add(&cd->busy, &b->link);
}

void cache_clear_busy(struct cbusy *b)
{
	irqstate_t s = spin_lock_save(&cache.lock);

	list_del(&b->link);
	cache_wake_unlock(s);
}

static bool look(void *arg)
{
	struct cwait *w = arg;
	irqstate_t s = spin_lock_save(&cache.lock);
	bool ready = w->ready(w);

	spin_unlock_restore(&cache.lock, s);
	return ready;
}

void cache_wait(struct cwait *w)
{
	irqstate_t s = spin_lock_save(&cache.lock);
	bool ready;

	waiter_init(&w->w);
	list_add_tail(&cache.waits, &w->link);
	/* Before the look: see end_edit(). */
	atomic_fetch_add(&cache.waiting, 1);
	ready = w->ready(w);
	spin_unlock_restore(&cache.lock, s);
	if (!ready) {
		waiter_wait_through(&w->w, look, w);
	}
	s = spin_lock_save(&cache.lock);
	list_del(&w->link);
	atomic_fetch_sub(&cache.waiting, 1);
	spin_unlock_restore(&cache.lock, s);
}

void cache_wake_unlock(irqstate_t s)
{
	struct list *l;

	list_for_each(l, &cache.waits) {
		struct cwait *w = list_entry(l, struct cwait, link);

		if (w->ready(w)) {
			waiter_wake(&w->w);
		}
	}
	spin_unlock_restore(&cache.lock, s);
	sched_check();
}

static bool has_no_flags(struct cwait *w)
{
	return (w->p->flags & w->flags) == 0;
}

void cache_wait_page(struct cpage *p, unsigned flags)
{
	struct cwait w = { .ready = has_no_flags, .p = p, .flags = flags };

	cache_wait(&w);
}

static bool has_no_edits(struct cwait *w)
{
	return (atomic_load(&w->p->use) & USE_EDITS) == 0;
}

void cache_wait_edits(struct cpage *p)
{
	struct cwait w = { .ready = has_no_edits, .p = p };

	cache_wait(&w);
}

static bool is_free(struct cwait *w)
{
	return !cache_is_busy(w->disk, w->first, w->last);
}

void cache_wait_busy(struct cdisk *cd, uint64_t first, uint64_t last)
{
	struct cwait w = { .ready = is_free, .disk = cd, .first = first, .last = last };

	cache_wait(&w);
}

static bool has_ended(struct cwait *w)
{
	return cache.ended != w->first || cache.reads + cache.writes == 0;
}

bool cache_wait_io(void)
{
	struct cwait w = { .ready = has_ended };
	irqstate_t s = spin_lock_save(&cache.lock);
	bool any = cache.reads + cache.writes != 0;

	w.first = cache.ended;
	spin_unlock_restore(&cache.lock, s);
	if (any) {
		cache_wait(&w);
	}
	return any;
}
