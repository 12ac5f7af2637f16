/* SPDX-License-Identifier: MIT */
/* Pages: buddy allocator over every bank of RAM. Bookkeeping is one byte a page, and is
 * written only as far as memory was ever used (the bank's frontier), so a large machine
 * boots as fast as a small one. */
#pragma once

#include <kernel/types.h>

/* Boot: what the machine has, and what of it is taken. Order does not matter. */
void page_add_ram(paddr_t start, uint64_t size);
void page_reserve(paddr_t start, uint64_t size);
/* Build the banks. Returns the number of free bytes. */
uint64_t page_init(void);

/* @n contiguous pages, aligned to @align pages (a power of two); contents undefined.
 * NULL when there is no such run. Any context. */
void *page_alloc(size_t n, size_t align);
/* Return pages [p, p + n): whole or part of what page_alloc() gave. Any context. */
void page_free(void *p, size_t n);

/* Whoever keeps pages that it can do without (the page cache) sets this: called when there is no run of @n pages, gives
 * some back, false if none. Any context, maybe with locks held, malloc's too: it may only try its own, and calls
 * nothing but page_free(). NULL: nobody. */
extern bool (*page_reclaim)(size_t n);

size_t page_total(void); /* pages of RAM that the machine has */
size_t page_free_count(void);
/* [start, size) of RAM range i as the firmware gave it; false past the end. */
bool page_ram(unsigned i, paddr_t *start, uint64_t *size);
/* Any of [start, start + size) is RAM. */
bool page_overlaps_ram(paddr_t start, uint64_t size);
bool page_is_ram(paddr_t pa);

/* (private) Pages [first, end) of RAM; frontier: all from there on are free and unrecorded. */
struct page_bank {
	size_t first, frontier, end; /* page numbers */
	uint8_t *map;		     /* byte of page first + i */
};
extern struct page_bank page_banks[];
uint8_t page_tag_more(size_t page);

/* The byte that the page of @p carries for its owner (alloc.c); 0 when free, never set or no RAM at all:
 * @p may be anything. Inline for free(): nearly all of RAM is in the first bank. */
static inline uint8_t page_tag(const void *p)
{
	const struct page_bank *b = &page_banks[0];
	size_t page = (uintptr_t)p >> PAGE_SHIFT;

	return likely(page - b->first < b->frontier - b->first) ? b->map[page - b->first]
								: page_tag_more(page);
}

/* Only for pages that page_alloc() gave. */
void page_set_tag(void *p, uint8_t tag);
