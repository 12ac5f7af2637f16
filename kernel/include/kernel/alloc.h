/* SPDX-License-Identifier: MIT */
/* malloc: size classes in slabs, above the page allocator; kernel and application share it.
 * Out of memory gives NULL. Any context (a handler may free), so never blocks. The C names
 * malloc, calloc, realloc, free, memalign... are defined in libc/malloc.c over these. */
#pragma once

#include <kernel/types.h>

void kmalloc_init(void); /* boot, before the first use */
void *kmalloc(size_t n); /* 16-byte aligned; n = 0 gives a unique pointer */
void *kzalloc(size_t n);
void *krealloc(void *p, size_t n);
void *kmemalign(size_t align, size_t n); /* align: a power of two */
void kfree(void *p);			 /* NULL is fine; a bad or twice freed pointer panics */
size_t kmalloc_usable(const void *p);
/* Give back what this CPU keeps at hand, so that pages with nothing else on them become free. */
void kmalloc_trim(void);
