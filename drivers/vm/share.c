/* SPDX-License-Identifier: MIT */
/* Mapping of what the hypervisor shares. */
#include "share.h"

#include <kernel/log.h>
#include <kernel/pagetable.h>

#define SHARE_ALIGN 8U

uintptr_t vm_share(struct device *dev, size_t size)
{
	uint64_t at, len, end;
	paddr_t page;
	int r = dt_reg(dev->node, 0, &at, &len);

	if (r != 0 || len < size || at % SHARE_ALIGN != 0 || add_overflow(at, size, &end)) {
		log_error("%s %s: makes no sense as memory", dev->driver->name, dev->name);
		return 0;
	}
	page = ALIGN_DOWN(at, PAGE_SIZE);
	/* What is mapped already stays: a tree that names our own memory gets that read. */
	r = pagetable_map(page, ALIGN_UP(end - page, PAGE_SIZE), MAP_READ | MAP_WRITE);
	if (r != 0) {
		log_error("%s %s: cannot be mapped: %d", dev->driver->name, dev->name, r);
		return 0;
	}
	return at;
}
