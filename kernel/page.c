/* SPDX-License-Identifier: MIT */
/* Buddy allocator over banks of RAM. A bank's bookkeeping is one byte a page, at the bank's
 * start; pages beyond its frontier were never handed out and have no valid byte yet. */
#include <kernel/arch.h>
#include <kernel/list.h>
#include <kernel/page.h>
#include <kernel/pagetable.h>
#include <kernel/panic.h>
#include <kernel/spinlock.h>
#include <string.h>

#define ORDERS	  28   /* largest block: 2^27 pages, 512 GiB */
#define TAG_FREE  1    /* TAG_FREE + order: first page of a free block */
#define TAG_OWNER 0x40 /* and above: the owner's */
#define RANGES	  128
#define RECLAIMS  4 /* tries to have enough given back */

struct range {
	paddr_t start, end;
};

struct page_bank page_banks[RANGES];
bool (*page_reclaim)(size_t n);

static struct {
	struct spinlock lock;
	struct range ram[RANGES], reserved[RANGES];
	unsigned ram_count, reserved_count, bank_count;
	struct list free[ORDERS]; /* guarded by lock; links lie in the free pages */
	size_t free_pages, total_pages;
} pg;

static void add_range(struct range *list, unsigned *count, paddr_t start, paddr_t end)
{
	if (start < end) {
		if (*count == RANGES) {
			panic("device tree: more than %u memory ranges", RANGES);
		}
		list[(*count)++] = (struct range){ start, end };
	}
}

void page_add_ram(paddr_t start, uint64_t size)
{
	paddr_t end;

	if (add_overflow(start, size, &end)) {
		end = ~(paddr_t)0;
	}
	/* Page 0 is the null page: never mapped, never used. */
	end = ALIGN_DOWN(end, PAGE_SIZE);
	start = start >= end ? end : MAX(ALIGN_UP(start, PAGE_SIZE), PAGE_SIZE);
	if (start < end) {
		add_range(pg.ram, &pg.ram_count, start, end);
		pg.total_pages += (end - start) >> PAGE_SHIFT;
	}
}

void page_reserve(paddr_t start, uint64_t size)
{
	paddr_t end;

	if (add_overflow(start, size, &end) || add_overflow(end, PAGE_SIZE - 1, &end)) {
		end = ~(paddr_t)0;
	}
	add_range(pg.reserved, &pg.reserved_count, ALIGN_DOWN(start, PAGE_SIZE),
		  ALIGN_DOWN(end, PAGE_SIZE));
}

static struct page_bank *bank_of(size_t page)
{
	for (unsigned i = 0; i < pg.bank_count; i++) {
		if (page >= page_banks[i].first && page < page_banks[i].end) {
			return &page_banks[i];
		}
	}
	return NULL;
}

static uint8_t *tag_of(struct page_bank *b, size_t page)
{
	return &b->map[page - b->first];
}

static void insert_block(struct page_bank *b, size_t page, unsigned order)
{
	*tag_of(b, page) = (uint8_t)(TAG_FREE + order);
	list_add(&pg.free[order], (struct list *)(page << PAGE_SHIFT));
}

static void remove_block(struct page_bank *b, size_t page)
{
	*tag_of(b, page) = 0;
	list_del((struct list *)(page << PAGE_SHIFT));
}

/* Free one naturally aligned block, merging it with its buddy as far as that goes. */
static void free_block(struct page_bank *b, size_t page, unsigned order)
{
	while (order < ORDERS - 1) {
		size_t buddy = page ^ ((size_t)1 << order);

		if (buddy < b->first || buddy + ((size_t)1 << order) > b->frontier ||
		    *tag_of(b, buddy) != TAG_FREE + order) {
			break;
		}
		remove_block(b, buddy);
		page &= buddy;
		order++;
	}
	insert_block(b, page, order);
}

/* Free [page, end) piece by piece, each as large as its alignment allows. */
static void free_run(struct page_bank *b, size_t page, size_t end)
{
	memset(tag_of(b, page), 0, end - page);
	while (page < end) {
		unsigned order = (unsigned)__builtin_ctzl(page | (size_t)1 << (ORDERS - 1));

		while (page + ((size_t)1 << order) > end) {
			order--;
		}
		free_block(b, page, order);
		page += (size_t)1 << order;
	}
}

/* Take @n pages from beyond the frontier of a bank. */
static size_t take_fresh(size_t n, size_t align)
{
	for (unsigned i = 0; i < pg.bank_count; i++) {
		struct page_bank *b = &page_banks[i];
		size_t page = ALIGN_UP(b->frontier, align), old = b->frontier;

		if (page + n > b->end || page + n < page) {
			continue;
		}
		b->frontier = page + n;
		memset(tag_of(b, old), 0, b->frontier - old);
		if (old < page) {
			free_run(b, old, page);
		}
		return page;
	}
	return 0;
}

static size_t take_block(size_t n, size_t align)
{
	unsigned order = 0;

	while (order < ORDERS && (size_t)1 << order < MAX(n, align)) {
		order++;
	}
	for (unsigned o = order; o < ORDERS; o++) {
		if (!list_empty(&pg.free[o])) {
			size_t page = (uintptr_t)pg.free[o].next >> PAGE_SHIFT;
			struct page_bank *b = bank_of(page);

			remove_block(b, page);
			if (n < (size_t)1 << o) {
				free_run(b, page + n, page + ((size_t)1 << o));
			}
			return page;
		}
	}
	return 0;
}

static size_t block_pages(struct page_bank *b, size_t page)
{
	uint8_t tag = *tag_of(b, page);

	return tag >= TAG_FREE && tag < TAG_FREE + ORDERS ? (size_t)1 << (tag - TAG_FREE) : 0;
}

/* @n free pages side by side, whatever blocks they lie in; 0: there are none. */
static size_t find_run(struct page_bank *b, size_t n, size_t align)
{
	size_t page = b->first, start = ALIGN_UP(page, align);

	while (page < b->frontier && page < start + n) {
		size_t block = block_pages(b, page);

		page += MAX(block, 1UL);
		if (block == 0) {
			start = ALIGN_UP(page, align);
		}
	}
	return start + n <= b->end ? start : 0;
}

/* Cut [start, end), which is free, out of its blocks and of what lies beyond the frontier. */
static void cut_run(struct page_bank *b, size_t start, size_t end)
{
	size_t lo = start, hi = end;

	for (size_t page = b->first; page < MIN(end, b->frontier);) {
		size_t next = page + MAX(block_pages(b, page), 1UL);

		if (next > start) {
			remove_block(b, page);
			lo = MIN(lo, page);
			hi = MAX(hi, next);
		}
		page = next;
	}
	if (end > b->frontier) {
		memset(tag_of(b, b->frontier), 0, end - b->frontier);
		b->frontier = end;
	}
	free_run(b, lo, start);
	free_run(b, end, hi);
}

/* No block is large enough: the slow way, for large requests when memory is short. */
static size_t take_run(size_t n, size_t align)
{
	for (unsigned i = 0; i < pg.bank_count; i++) {
		size_t start = find_run(&page_banks[i], n, align);

		if (start != 0) {
			cut_run(&page_banks[i], start, start + n);
			return start;
		}
	}
	return 0;
}

static void *take_pages(size_t n, size_t align)
{
	irqstate_t s = spin_lock_save(&pg.lock);
	size_t page = 0;

	if (n > 0 && n <= pg.free_pages) {
		page = take_block(n, align);
		if (page == 0) {
			page = take_fresh(n, align);
		}
		if (page == 0) {
			page = take_run(n, align);
		}
		if (page != 0) {
			pg.free_pages -= n;
		}
	}
	spin_unlock_restore(&pg.lock, s);
	return (void *)(page << PAGE_SHIFT);
}

void *page_alloc(size_t n, size_t align)
{
	void *p = take_pages(n, align);

	for (int i = 0; unlikely(p == NULL) && n > 0 && i < RECLAIMS; i++) {
		if (page_reclaim == NULL || !page_reclaim(n)) {
			break;
		}
		p = take_pages(n, align);
	}
	return p;
}

void page_free(void *p, size_t n)
{
	size_t page = (uintptr_t)p >> PAGE_SHIFT;
	irqstate_t s = spin_lock_save(&pg.lock);
	struct page_bank *b = bank_of(page);

	ASSERT(b != NULL && page + n <= b->frontier && ((uintptr_t)p & (PAGE_SIZE - 1)) == 0);
	ASSERT(*tag_of(b, page) == 0 || *tag_of(b, page) >= TAG_OWNER);
	free_run(b, page, page + n);
	pg.free_pages += n;
	spin_unlock_restore(&pg.lock, s);
}

/* Make a bank of [start, end); too small a piece is not worth its bookkeeping. */
static void add_bank(paddr_t start, paddr_t end)
{
	size_t pages = (end - start) >> PAGE_SHIFT;
	size_t map_pages = (pages + PAGE_SIZE - 1) >> PAGE_SHIFT;
	struct page_bank *b = &page_banks[pg.bank_count];

	if (pages < map_pages + 2 || pg.bank_count == RANGES ||
	    pagetable_map(start, end - start, MAP_READ | MAP_WRITE) != 0) {
		return;
	}
	b->first = (start >> PAGE_SHIFT) + map_pages;
	b->frontier = b->first;
	b->end = end >> PAGE_SHIFT;
	b->map = (uint8_t *)start;
	pg.free_pages += b->end - b->first;
	/* page_tag() looks at the first one first: that is the largest. */
	if (b->end - b->first > page_banks[0].end - page_banks[0].first) {
		struct page_bank largest = *b;

		*b = page_banks[0];
		page_banks[0] = largest;
	}
	pg.bank_count++;
}

/* Banks of [start, end) less the reservations from number @from on. */
static void carve(paddr_t start, paddr_t end, unsigned from)
{
	for (unsigned i = from; i < pg.reserved_count; i++) {
		const struct range *r = &pg.reserved[i];

		if (r->start < end && r->end > start) {
			if (r->start > start) {
				carve(start, r->start, i + 1); /* depth: at most RANGES */
			}
			if (r->end >= end) {
				return;
			}
			start = r->end;
		}
	}
	if (start < end) {
		add_bank(start, end);
	}
}

uint64_t page_init(void)
{
	for (unsigned i = 0; i < ORDERS; i++) {
		list_init(&pg.free[i]);
	}
	for (unsigned i = 0; i < pg.ram_count; i++) {
		const struct range *r = &pg.ram[i];

		carve(r->start, MIN(r->end, arch_address_top()), 0);
		/* A later range that overlaps this one must not hand it out twice. */
		page_reserve(r->start, r->end - r->start);
	}
	return pg.free_pages << PAGE_SHIFT;
}

size_t page_total(void)
{
	return pg.total_pages;
}

size_t page_free_count(void)
{
	return pg.free_pages;
}

bool page_ram(unsigned i, paddr_t *start, uint64_t *size)
{
	if (i >= pg.ram_count) {
		return false;
	}
	*start = pg.ram[i].start;
	*size = pg.ram[i].end - pg.ram[i].start;
	return true;
}

bool page_overlaps_ram(paddr_t start, uint64_t size)
{
	for (unsigned i = 0; i < pg.ram_count; i++) {
		if (start < pg.ram[i].end && start + size > pg.ram[i].start) {
			return true;
		}
	}
	return false;
}

bool page_is_ram(paddr_t pa)
{
	for (unsigned i = 0; i < pg.ram_count; i++) {
		if (pa >= pg.ram[i].start && pa < pg.ram[i].end) {
			return true;
		}
	}
	return false;
}

uint8_t page_tag_more(size_t page)
{
	for (unsigned i = 1; i < pg.bank_count; i++) {
		const struct page_bank *b = &page_banks[i];

		if (page - b->first < b->frontier - b->first) {
			return b->map[page - b->first];
		}
	}
	return 0;
}

void page_set_tag(void *p, uint8_t tag)
{
	size_t page = (uintptr_t)p >> PAGE_SHIFT;

	*tag_of(bank_of(page), page) = tag;
}
