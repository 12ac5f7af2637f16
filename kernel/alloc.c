/* SPDX-License-Identifier: MIT */
/* malloc: objects up to 2 KiB in slabs of one size class, with a few free ones at each CPU's hand; larger
 * ones are page runs in sizes of four steps per power of two. The page's tag tells free() which it is. */
#include <kernel/alloc.h>
#include <kernel/cpu.h>
#include <kernel/list.h>
#include <kernel/page.h>
#include <kernel/panic.h>
#include <kernel/spinlock.h>
#include <string.h>

#define SMALL_MAX     2048
#define CACHE_BYTES   2048U
#define CACHE_OBJECTS 32U
#define TAG_SLAB      0x40 /* + order of the slab */
#define TAG_LARGE     0x80 /* + size code */

static const uint16_t sizes[] = { 16,  32,  48,	 64,  80,  96,	112, 128,  160,	 192,  224,  256,
				  320, 384, 448, 512, 640, 768, 896, 1024, 1280, 1536, 1792, 2048 };
#define CLASSES ARRAY_SIZE(sizes)

/* At the start of 2^order pages; objects follow. */
struct slab {
	struct list link; /* in class.partial while it has room */
	struct object *free;
	/* From the first object on: where those lie that were never handed out, and where the last may. */
	uint32_t fresh, end;
	uint16_t used, size;
	uint8_t class, order;
};

#define FIRST ALIGN_UP(sizeof(struct slab), 16)

/* A freed object. */
struct object {
	struct object *next;
	uintptr_t mark; /* ~address: a second free is noticed */
};

struct class
{
	struct spinlock lock;
	struct list partial; /* slabs with room */
	struct slab *spare;  /* one empty slab kept, so that the edge does not flap */
};

static struct class classes[CLASSES];

/* Class of a size, by 16 bytes up: four classes a power of two from 128 on, steps of 16 below. A table,
 * since counting zeros is a library call where the ISA has no instruction for it. */
static uint8_t class_table[SMALL_MAX / 16 + 1];

static unsigned class_of(size_t n)
{
	return class_table[(n + 15) / 16];
}

static struct slab *slab_new(unsigned c)
{
	unsigned order = sizes[c] <= 256 ? 0 : 2;
	size_t pages = (size_t)1 << order;
	struct slab *s = page_alloc(pages, pages);

	if (s == NULL && order > 0) {
		order = 0;
		pages = 1;
		s = page_alloc(1, 1);
	}
	if (s == NULL) {
		return NULL;
	}
	for (size_t i = 0; i < pages; i++) {
		page_set_tag((char *)s + i * PAGE_SIZE, (uint8_t)(TAG_SLAB + order));
	}
	*s = (struct slab){ .size = sizes[c], .class = (uint8_t)c, .order = (uint8_t)order };
	s->end = (uint32_t)(pages * PAGE_SIZE - FIRST - sizes[c]);
	return s;
}

static struct slab *slab_of(const void *p, unsigned order)
{
	unsigned shift = PAGE_SHIFT + order;

	return (struct slab *)((uintptr_t)p >> shift << shift);
}

static bool slab_full(const struct slab *s)
{
	return s->free == NULL && s->fresh > s->end;
}

/* One object of a slab with room; NULL without memory. k->lock held. */
static struct object *slab_take(struct class *k, unsigned c)
{
	struct slab *s;
	struct object *o;

	if (list_empty(&k->partial)) {
		s = k->spare != NULL ? k->spare : slab_new(c);
		k->spare = NULL;
		if (s == NULL) {
			return NULL;
		}
		list_add(&k->partial, &s->link);
	}
	s = list_entry(k->partial.next, struct slab, link);
	o = s->free;
	if (o != NULL) {
		s->free = o->next;
	} else {
		o = (struct object *)((char *)s + FIRST + s->fresh);
		s->fresh += sizes[c];
	}
	s->used++;
	if (slab_full(s)) {
		list_del(&s->link);
	}
	return o;
}

/* Returns the slab if it is empty now and one more than is kept. k->lock held. */
static struct slab *slab_give(struct class *k, struct slab *s, struct object *o)
{
	struct slab *gone = NULL;

	ASSERT(s->used > 0);
	if (slab_full(s)) {
		list_add(&k->partial, &s->link);
	}
	o->next = s->free;
	s->free = o;
	if (--s->used == 0) {
		list_del(&s->link);
		gone = k->spare;
		k->spare = s;
	}
	return gone;
}

/* --- the CPU's own ------------------------------------------------------------------------
 * Free objects that this CPU may hand out without a lock, at most 2 KiB of a class. Masked. */

struct malloc_cache {
	struct object *head;
	unsigned room; /* for so many more */
};

/* The last one is of single pages, which have no slab: programs like buffers of that size. */
#define PAGE_CLASS   CLASSES
#define PAGE_OBJECTS 4U
static struct malloc_cache caches[CPU_MAX][CLASSES + 1];

static unsigned cache_max(unsigned c)
{
	return MIN(CACHE_BYTES / sizes[c], CACHE_OBJECTS);
}

__attribute__((cold)) void kmalloc_init(void)
{
	unsigned c = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(class_table); i++) {
		c += i * 16 > sizes[c];
		class_table[i] = (uint8_t)c;
	}
	for (c = 0; c < CLASSES; c++) {
		list_init(&classes[c].partial); /* as data, each pointer would be a relocation */
	}
	for (unsigned cpu = 0; cpu < CPU_MAX; cpu++) {
		cpus[cpu].caches = caches[cpu];
		for (c = 0; c < CLASSES; c++) {
			caches[cpu][c].room = cache_max(c);
		}
		caches[cpu][PAGE_CLASS].room = PAGE_OBJECTS;
	}
}

static struct malloc_cache *cache_of(unsigned c)
{
	return &cpu_self()->caches[c];
}

static __attribute__((cold, noreturn)) void bad_free(const void *p, const char *why)
{
	panic("free(%p): %s", p, why);
}

static void mark_free(struct object *o)
{
	if (unlikely(o->mark == ~(uintptr_t)o)) {
		bad_free(o, "freed twice");
	}
	o->mark = ~(uintptr_t)o;
}

/* Half a cache at once: the lock is taken once for many. */
static struct object *refill(struct malloc_cache *cache, unsigned c)
{
	struct class *k = &classes[c];
	unsigned keep_room = cache_max(c) - cache_max(c) / 2;
	struct object *o, *more;

	spin_lock(&k->lock);
	o = slab_take(k, c);
	while (o != NULL && cache->room > keep_room && (more = slab_take(k, c)) != NULL) {
		more->mark = ~(uintptr_t)more;
		more->next = cache->head;
		cache->head = more;
		cache->room--;
	}
	spin_unlock(&k->lock);
	return o;
}

/* Give objects back to their slabs until there is room for @room. */
static void drain(struct malloc_cache *cache, unsigned c, unsigned room)
{
	struct class *k = &classes[c];

	while (cache->room < room) {
		struct object *o = cache->head;
		struct slab *s = slab_of(o, page_tag(o) - TAG_SLAB), *gone;

		cache->head = o->next;
		cache->room++;
		spin_lock(&k->lock);
		gone = slab_give(k, s, o);
		spin_unlock(&k->lock);
		if (gone != NULL) {
			page_free(gone, (size_t)1 << gone->order);
		}
	}
}

static __attribute__((noinline)) void *small_refill(struct malloc_cache *cache, unsigned c,
						    irqstate_t s)
{
	struct object *o = refill(cache, c);

	if (unlikely(o == NULL)) {
		kmalloc_trim(); /* what other classes keep may be a page's last */
		o = refill(cache, c);
	}
	arch_irq_restore(s);
	if (likely(o != NULL)) {
		o->mark = 0; /* also in a fresh one: the page may have been a slab before */
	}
	return o;
}

/* NULL: there is none. */
static struct object *cache_take(struct malloc_cache *cache)
{
	struct object *o = cache->head;

	if (likely(o != NULL)) {
		cache->head = o->next;
		cache->room++;
	}
	return o;
}

static void *small_alloc(unsigned c)
{
	irqstate_t s = arch_irq_save();
	struct malloc_cache *cache = cache_of(c);
	struct object *o = cache_take(cache);

	if (unlikely(o == NULL)) {
		return small_refill(cache, c, s);
	}
	arch_irq_restore(s);
	o->mark = 0;
	return o;
}

/* @p is the start of an object that was handed out at least once. */
static bool is_object(const struct slab *s, const void *p)
{
	/* Before the first one, the difference is huge. */
	size_t at = (size_t)((const char *)p - (const char *)s) - FIRST;

	return at < s->fresh && (uint32_t)at % s->size == 0;
}

static void cache_put(struct malloc_cache *cache, struct object *o)
{
	o->next = cache->head;
	cache->head = o;
	cache->room--;
}

static __attribute__((noinline)) void small_drain(struct malloc_cache *cache, unsigned c,
						  struct object *o, irqstate_t s)
{
	drain(cache, c, cache_max(c) - cache_max(c) / 2);
	cache_put(cache, o);
	arch_irq_restore(s);
}

static void small_free(struct object *o, unsigned order)
{
	struct slab *s = slab_of(o, order);
	struct malloc_cache *cache;
	irqstate_t st;

	if (unlikely(!is_object(s, o))) {
		bad_free(o, "not the start of an object");
	}
	mark_free(o);
	st = arch_irq_save();
	cache = cache_of(s->class);
	if (unlikely(cache->room == 0)) {
		small_drain(cache, s->class, o, st);
	} else {
		cache_put(cache, o);
		arch_irq_restore(st);
	}
}

__attribute__((cold)) void kmalloc_trim(void)
{
	irqstate_t st = arch_irq_save();

	for (unsigned c = 0; c < CLASSES; c++) {
		drain(cache_of(c), c, cache_max(c));
	}
	for (void *p; (p = cache_take(cache_of(PAGE_CLASS))) != NULL;) {
		page_free(p, 1);
	}
	arch_irq_restore(st);
}

/* Size code to pages: (4 + low two bits) << rest, less 3 for the small ones: 1 2 3 4 5 6 7 8 10 12 ... */
static size_t code_pages(unsigned code)
{
	return code < 4 ? code + 1 : (size_t)(4 + (code & 3)) << (code / 4 - 1);
}

static unsigned pages_code(size_t n)
{
	unsigned log, code;

	if (n <= 4) {
		return (unsigned)n - 1;
	}
	log = 63 - (unsigned)__builtin_clzl(n); /* 2 for 4..7 */
	code = (log - 1) * 4 + (unsigned)(n >> (log - 2) & 3);
	return code_pages(code) < n ? code + 1 : code;
}

static void *pages_alloc(size_t pages, size_t align)
{
	void *p = page_alloc(pages, align);

	if (unlikely(p == NULL)) {
		kmalloc_trim();
		p = page_alloc(pages, align);
	}
	return p;
}

static void *page_take(void)
{
	irqstate_t s = arch_irq_save();
	struct object *o = cache_take(cache_of(PAGE_CLASS));

	arch_irq_restore(s);
	if (likely(o != NULL)) {
		o->mark = 0;
		return o;
	}
	o = pages_alloc(1, 1);
	if (o != NULL) {
		o->mark = 0;
		page_set_tag(o, TAG_LARGE);
	}
	return o;
}

static void page_give(struct object *o)
{
	irqstate_t s = arch_irq_save();
	struct malloc_cache *cache = cache_of(PAGE_CLASS);

	mark_free(o);
	if (likely(cache->room > 0)) {
		cache_put(cache, o);
	} else {
		page_free(o, 1);
	}
	arch_irq_restore(s);
}

static void *large_alloc(size_t n, size_t align)
{
	size_t pages;
	unsigned code;
	void *p;

	if (n <= PAGE_SIZE && align <= PAGE_SIZE) {
		return page_take();
	}
	if (add_overflow(n, PAGE_SIZE - 1, &pages) || n > SIZE_MAX / 4) {
		return NULL;
	}
	code = pages_code(pages >> PAGE_SHIFT);
	p = pages_alloc(code_pages(code), MAX(align >> PAGE_SHIFT, 1UL));
	if (p != NULL) {
		page_set_tag(p, (uint8_t)(TAG_LARGE + code));
	}
	return p;
}

__attribute__((noinline)) void *kmalloc(size_t n)
{
	return n <= SMALL_MAX ? small_alloc(class_of(n)) : large_alloc(n, PAGE_SIZE);
}

void *kzalloc(size_t n)
{
	void *p = kmalloc(n);

	return p == NULL ? NULL : memset(p, 0, n);
}

void *kmemalign(size_t align, size_t n)
{
	/* Slabs promise 16 bytes; more than that takes pages. */
	return align <= 16 ? kmalloc(n) : large_alloc(MAX(n, 1UL), MAX(align, PAGE_SIZE));
}

static __attribute__((noinline)) void other_free(void *p, unsigned tag)
{
	if (tag == TAG_LARGE && ((uintptr_t)p & (PAGE_SIZE - 1)) == 0) {
		page_give(p);
	} else if (tag > TAG_LARGE && ((uintptr_t)p & (PAGE_SIZE - 1)) == 0) {
		page_free(p, code_pages(tag - TAG_LARGE));
	} else if (p != NULL) {
		bad_free(p, "not allocated, or freed twice");
	}
}

void kfree(void *p)
{
	unsigned tag = page_tag(p);

	if (likely(tag >= TAG_SLAB && tag < TAG_LARGE)) {
		small_free(p, tag - TAG_SLAB);
	} else {
		other_free(p, tag);
	}
}

size_t kmalloc_usable(const void *p)
{
	uint8_t tag = page_tag(p);

	if (tag >= TAG_LARGE) {
		return code_pages(tag - TAG_LARGE) << PAGE_SHIFT;
	}
	ASSERT(tag >= TAG_SLAB);
	return slab_of(p, tag - TAG_SLAB)->size;
}

void *krealloc(void *p, size_t n)
{
	size_t have;
	void *q;

	if (p == NULL) {
		return kmalloc(n);
	}
	have = kmalloc_usable(p);
	if (n <= have && n > have / 4) {
		return p;
	}
	q = kmalloc(n);
	if (q == NULL) {
		return n <= have ? p : NULL;
	}
	memcpy(q, p, MIN(have, n));
	kfree(p);
	return q;
}
