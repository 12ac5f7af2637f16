/* SPDX-License-Identifier: MIT */
/* The one page-table walker. RAM and devices are mapped one to one; tables are for
 * protection and memory attributes. */
#pragma once

#include <kernel/arch.h>

/* Map [pa, pa + size) to itself with @attr where nothing is mapped yet; what is mapped stays.
 * Returns 0, -ENOMEM, -EINVAL (beyond the address space). Thread or boot. */
int pagetable_map(paddr_t pa, uint64_t size, unsigned attr);
/* Change the rights of mapped pages, splitting blocks as needed, break before make.
 * attr 0 unmaps (a guard page). Page-aligned. Returns 0, -ENOMEM, -EINVAL. */
int pagetable_protect(uintptr_t va, size_t size, unsigned attr);
/* The root table, for a further CPU. */
paddr_t pagetable_root(void);
/* Rights at @va; 0: not mapped. */
unsigned pagetable_query(uintptr_t va);
