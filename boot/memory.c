/* SPDX-License-Identifier: MIT */
/* UEFI's memory map as one memory node. What the node does not name, the kernel does not touch: runtime services,
 * ACPI tables, reserved and device memory need no further words. Spec: UEFI 2.10, 7.2 and table 7.10. */
#include "boot.h"

#include <errno.h>
#include <libfdt.h>
#include <string.h>

#define CELLS_MAX 4 /* of an address and a size */

/* The i-th descriptor; false at the end. Its length is the firmware's: fields may have been added at its end. */
static bool descriptor(const struct efi_memory_map *map, size_t i, struct efi_memory_descriptor *d)
{
	if (map->descriptor_size < sizeof(*d) || i >= map->size / map->descriptor_size) {
		return false;
	}
	memcpy(d, (const char *)map->descriptors + i * map->descriptor_size, sizeof(*d));
	return true;
}

/* Its bytes; empty where it is nonsense. */
static struct efi_range range_of(const struct efi_memory_descriptor *d)
{
	struct efi_range r = { d->physical, 0 };
	uint64_t size;

	if ((d->physical & (PAGE_SIZE - 1)) != 0 || mul_overflow(d->pages, PAGE_SIZE, &size) ||
	    add_overflow(r.start, size, &r.end)) {
		r.end = r.start;
	}
	return r;
}

static bool usable(const struct efi_memory_descriptor *d)
{
	switch (d->type) {
	case EFI_LOADER_CODE:
	case EFI_LOADER_DATA:
	case EFI_BOOT_SERVICES_CODE:
	case EFI_BOOT_SERVICES_DATA:
	case EFI_CONVENTIONAL_MEMORY:
		return (d->attribute & EFI_MEMORY_WB) != 0 && (d->attribute & EFI_MEMORY_SP) == 0;
	default:
		return false;
	}
}

static void drop(struct efi_range *ranges, unsigned *n, unsigned i, unsigned count)
{
	memmove(&ranges[i], &ranges[i + count], (*n - i - count) * sizeof(*ranges));
	*n -= count;
}

static unsigned smallest(const struct efi_range *ranges, unsigned n)
{
	unsigned s = 0;

	for (unsigned i = 1; i < n; i++) {
		if (ranges[i].end - ranges[i].start < ranges[s].end - ranges[s].start) {
			s = i;
		}
	}
	return s;
}

/* Into the sorted list of which no two touch. It may become one longer than @max: then the smallest goes. */
static void insert(struct efi_range *ranges, unsigned *n, unsigned max, struct efi_range r)
{
	unsigned first = 0, last;

	while (first < *n && ranges[first].end < r.start) {
		first++;
	}
	for (last = first; last < *n && ranges[last].start <= r.end; last++) {
		r.start = MIN(r.start, ranges[last].start);
		r.end = MAX(r.end, ranges[last].end);
	}
	if (last > first) {
		ranges[first] = r;
		drop(ranges, n, first + 1, last - first - 1);
		return;
	}
	if (*n == max) {
		unsigned s = smallest(ranges, *n);

		if (ranges[s].end - ranges[s].start >= r.end - r.start) {
			return;
		}
		drop(ranges, n, s, 1);
		first -= s < first;
	}
	memmove(&ranges[first + 1], &ranges[first], (*n - first) * sizeof(*ranges));
	ranges[first] = r;
	(*n)++;
}

unsigned efi_usable_memory(const struct efi_memory_map *map, struct efi_range *ranges, unsigned max)
{
	struct efi_memory_descriptor d;
	unsigned n = 0;

	for (size_t i = 0; descriptor(map, i, &d); i++) {
		struct efi_range r = range_of(&d);

		if (usable(&d) && r.end > r.start) {
			insert(ranges, &n, max, r);
		}
	}
	return n;
}

bool efi_is_memory(const struct efi_memory_map *map, uint64_t addr, uint64_t size)
{
	struct efi_memory_descriptor d;
	uint64_t end;

	if (add_overflow(addr, size, &end)) {
		return false;
	}
	for (size_t i = 0; descriptor(map, i, &d); i++) {
		struct efi_range r = range_of(&d);

		if (addr >= r.start && end <= r.end) {
			return d.type != EFI_UNUSABLE_MEMORY && d.type != EFI_MEMORY_MAPPED_IO &&
			       d.type != EFI_MEMORY_MAPPED_PORTS;
		}
	}
	return false;
}

static bool is_memory_node(const void *fdt, int node)
{
	static const char memory[] = "memory";
	int len = 0;
	const char *type = fdt_getprop(fdt, node, "device_type", &len);

	return type != NULL && len == sizeof(memory) && memcmp(type, memory, sizeof(memory)) == 0;
}

/* Of the root: cells of an address or a size, one or two. */
static int cells(int n)
{
	return n == 1 || n == 2 ? n : -EINVAL;
}

int efi_memory_prepare(void *fdt)
{
	const size_t room = EFI_RANGES * CELLS_MAX * sizeof(fdt32_t);
	int node, next, r;
	void *reg;

	if (cells(fdt_address_cells(fdt, 0)) < 0 || cells(fdt_size_cells(fdt, 0)) < 0) {
		return -EINVAL;
	}
	for (node = fdt_first_subnode(fdt, 0); node >= 0; node = next) {
		if (is_memory_node(fdt, node)) {
			r = fdt_del_node(fdt, node);
			if (r != 0) {
				return efi_fdt_error(r);
			}
			next = fdt_first_subnode(fdt, 0);
		} else {
			next = fdt_next_subnode(fdt, node);
		}
	}
	node = fdt_subnode_offset(fdt, 0, "memory");
	node = node >= 0 ? node : fdt_add_subnode(fdt, 0, "memory");
	if (node < 0) {
		return efi_fdt_error(node);
	}
	r = fdt_setprop_placeholder(fdt, node, "reg", (int)room, &reg);
	r = r != 0 ? r : fdt_setprop_string(fdt, node, "device_type", "memory");
	return efi_fdt_error(r);
}

/* @v in so many cells, cut to what they hold. */
static fdt32_t *put(fdt32_t *p, int count, uint64_t v)
{
	if (count == 2) {
		*p++ = cpu_to_fdt32((uint32_t)(v >> 32));
	} else {
		v = MIN(v, ALIGN_DOWN((uint64_t)UINT32_MAX, PAGE_SIZE));
	}
	*p++ = cpu_to_fdt32((uint32_t)v);
	return p;
}

void efi_memory_write(void *fdt, const struct efi_range *ranges, unsigned n)
{
	int ac = fdt_address_cells(fdt, 0), sc = fdt_size_cells(fdt, 0);
	int node = fdt_subnode_offset(fdt, 0, "memory");
	fdt32_t reg[EFI_RANGES * CELLS_MAX], *p = reg;

	for (unsigned i = 0; i < n; i++) {
		/* Beyond what the tree can address: as if it were not there. */
		if (ac == 2 || ranges[i].start <= UINT32_MAX) {
			p = put(p, ac, ranges[i].start);
			p = put(p, sc, ranges[i].end - ranges[i].start);
		}
	}
	/* Shorter than before, or as long. */
	fdt_setprop(fdt, node, "reg", reg, (int)((char *)p - (char *)reg));
}
