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

size_t page_total(void); /* pages of RAM that the machine has */
size_t page_free_count(void);
/* [start, size) of RAM range i as the firmware gave it; false past the end. */
bool page_ram(unsigned i, paddr_t *start, uint64_t *size);
/* Any of [start, start + size) is RAM. */
bool page_overlaps_ram(paddr_t start, uint64_t size);
bool page_is_ram(paddr_t pa);

/* The byte that the page of @p carries for its owner (alloc.c); 0 when free or never set.
 * Only for pages that page_alloc() gave. */
uint8_t page_tag(const void *p);
void page_set_tag(void *p, uint8_t tag);
