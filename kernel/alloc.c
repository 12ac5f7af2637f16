/* SPDX-License-Identifier: MIT */
/* malloc: objects up to 2 KiB in slabs of one size class; larger ones are page runs in sizes
 * of four steps per power of two. The page's tag tells free() which it is. */
#include <kernel/alloc.h>
#include <kernel/arch.h>
#include <kernel/list.h>
#include <kernel/page.h>
#include <kernel/panic.h>
#include <kernel/spinlock.h>
#include <string.h>

#define SMALL_MAX  2048
#define TAG_SLAB   0x40 /* + order of the slab */
#define TAG_LARGE  0x80 /* + size code */
#define FREE_MAGIC 0xf4eeb10cf4eeb10cUL

static const uint16_t sizes[] = { 16,  32,  48,	 64,  80,  96,	112, 128,  160,	 192,  224,  256,
				  320, 384, 448, 512, 640, 768, 896, 1024, 1280, 1536, 1792, 2048 };
#define CLASSES ARRAY_SIZE(sizes)

/* At the start of 2^order pages; objects follow. */
struct slab {
	struct list link; /* in class.partial while it has room */
	struct object *free;
	char *fresh, *end; /* objects that were never handed out */
	uint16_t used;
	uint8_t class, order;
};

/* A freed object. */
struct object {
	struct object *next;
	uint64_t magic; /* FREE_MAGIC ^ address: a second free is noticed */
};

struct class
{
	struct spinlock lock;
	struct list partial; /* slabs with room */
	struct slab *spare;  /* one empty slab kept, so that the edge does not flap */
};

static struct class classes[CLASSES] = {
#define CLASS(i) [i] = { SPINLOCK_INIT, LIST_INIT(classes[i].partial), NULL }
	CLASS(0),  CLASS(1),  CLASS(2),	 CLASS(3),  CLASS(4),  CLASS(5),  CLASS(6),  CLASS(7),
	CLASS(8),  CLASS(9),  CLASS(10), CLASS(11), CLASS(12), CLASS(13), CLASS(14), CLASS(15),
	CLASS(16), CLASS(17), CLASS(18), CLASS(19), CLASS(20), CLASS(21), CLASS(22), CLASS(23),
};

/* Class of a size, by 16 bytes up: four classes a power of two from 128 on, steps of 16 below. A table,
 * since counting zeros is a library call where the ISA has no instruction for it. */
static uint8_t class_table[SMALL_MAX / 16 + 1];

static unsigned class_of(size_t n)
{
	return class_table[(n + 15) / 16];
}

void kmalloc_init(void)
{
	unsigned c = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(class_table); i++) {
		c += i * 16 > sizes[c];
		class_table[i] = (uint8_t)c;
	}
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
	*s = (struct slab){ .class = (uint8_t)c, .order = (uint8_t)order };
	s->fresh = (char *)s + ALIGN_UP(sizeof(*s), 16);
	s->end = (char *)s + pages * PAGE_SIZE - sizes[c];
	return s;
}

static bool slab_full(const struct slab *s)
{
	return s->free == NULL && s->fresh > s->end;
}

static void *small_alloc(unsigned c)
{
	struct class *k = &classes[c];
	irqstate_t st = spin_lock_save(&k->lock);
	struct slab *s;
	void *p;

	if (unlikely(list_empty(&k->partial))) {
		s = k->spare != NULL ? k->spare : slab_new(c);
		k->spare = NULL;
		if (s == NULL) {
			spin_unlock_restore(&k->lock, st);
			return NULL;
		}
		list_add(&k->partial, &s->link);
	}
	s = list_entry(k->partial.next, struct slab, link);
	if (s->free != NULL) {
		p = s->free;
		s->free = s->free->next;
	} else {
		p = s->fresh;
		s->fresh += sizes[c];
	}
	/* Also in fresh ones: the page may have been a slab before. */
	((struct object *)p)->magic = 0;
	s->used++;
	if (slab_full(s)) {
		list_del(&s->link);
	}
	spin_unlock_restore(&k->lock, st);
	return p;
}

/* @p is the start of an object that was handed out at least once. */
static bool is_object(const struct slab *s, const void *p)
{
	const char *first = (const char *)s + ALIGN_UP(sizeof(*s), 16), *at = p;

	return at >= first && at < s->fresh && (uint32_t)(at - first) % sizes[s->class] == 0;
}

static void small_free(void *p, unsigned order)
{
	struct slab *s = (struct slab *)ALIGN_DOWN((uintptr_t)p, PAGE_SIZE << order), *gone = NULL;
	struct class *k = &classes[s->class];
	struct object *o = p;
	irqstate_t st = spin_lock_save(&k->lock);

	if (unlikely(!is_object(s, p))) {
		panic("free(%p): not the start of an object", p);
	}
	if (unlikely(o->magic == (FREE_MAGIC ^ (uintptr_t)o) || s->used == 0)) {
		panic("free(%p): freed twice", p);
	}
	if (slab_full(s)) {
		list_add(&k->partial, &s->link);
	}
	o->next = s->free;
	o->magic = FREE_MAGIC ^ (uintptr_t)o;
	s->free = o;
	if (--s->used == 0) {
		list_del(&s->link);
		gone = k->spare;
		k->spare = s;
	}
	spin_unlock_restore(&k->lock, st);
	if (gone != NULL) {
		page_free(gone, (size_t)1 << gone->order);
	}
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

static void *large_alloc(size_t n, size_t align)
{
	size_t pages;
	unsigned code;
	void *p;

	if (add_overflow(n, PAGE_SIZE - 1, &pages) || n > SIZE_MAX / 4) {
		return NULL;
	}
	code = pages_code(pages >> PAGE_SHIFT);
	p = page_alloc(code_pages(code), MAX(align >> PAGE_SHIFT, 1UL));
	if (p != NULL) {
		page_set_tag(p, (uint8_t)(TAG_LARGE + code));
	}
	return p;
}

void *kmalloc(size_t n)
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

void kfree(void *p)
{
	uint8_t tag;

	if (p == NULL) {
		return;
	}
	tag = page_tag(p);
	if (tag >= TAG_LARGE && ((uintptr_t)p & (PAGE_SIZE - 1)) == 0) {
		page_free(p, code_pages(tag - TAG_LARGE));
	} else if (tag >= TAG_SLAB && tag < TAG_LARGE && ((uintptr_t)p & 15) == 0) {
		small_free(p, tag - TAG_SLAB);
	} else {
		panic("free(%p): not allocated, or freed twice", p);
	}
}

size_t kmalloc_usable(const void *p)
{
	uint8_t tag = page_tag(p);

	if (tag >= TAG_LARGE) {
		return code_pages(tag - TAG_LARGE) << PAGE_SHIFT;
	}
	ASSERT(tag >= TAG_SLAB);
	return sizes[((struct slab *)ALIGN_DOWN((uintptr_t)p, PAGE_SIZE << (tag - TAG_SLAB)))
			     ->class];
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
