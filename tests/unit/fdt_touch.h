/* SPDX-License-Identifier: MIT */
/* Asks the device tree everything that can be asked, and reads every byte of the answers: for trees
 * that are damaged. Shared by tests/unit and tests/fuzz. */
#pragma once

#include <kernel/fdt.h>
#include <string.h>

static volatile unsigned fdt_touch_sum;

static inline void fdt_touch_bytes(const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; p != NULL && i < n; i++) {
		fdt_touch_sum += b[i];
	}
}

static inline void fdt_touch_string(const char *s)
{
	if (s != NULL) {
		fdt_touch_bytes(s, strlen(s) + 1);
	}
}

static inline void fdt_touch_properties(const struct dt_node *n)
{
	static const char *const names[] = { "reg",	    "ranges",	   "interrupts",
					     "status",	    "compatible",  "phandle",
					     "bootargs",    "stdout-path", "rng-seed",
					     "device_type", "absent" };
	uint64_t v;

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t len = 0;

		fdt_touch_bytes(dt_prop(n, names[i], &len), len);
		fdt_touch_string(dt_str(n, names[i]));
		fdt_touch_sum += dt_number(n, names[i], &v) ? dt_u32(n, names[i], 1, 0) : 0;
		fdt_touch_sum += dt_ref(n, names[i]) != NULL;
	}
	for (const char *s = NULL; (s = dt_next_compatible(n, s)) != NULL;) {
		fdt_touch_string(s);
	}
}

static inline void fdt_touch_node(const struct dt_node *n)
{
	const struct dt_node *ctl;
	uint64_t addr, size;
	uint32_t cells[4];
	char path[96];
	unsigned count;

	fdt_touch_string(dt_name(n));
	fdt_touch_string(dt_path(n, path, sizeof(path)));
	fdt_touch_sum += dt_find(path) != NULL;
	fdt_touch_sum += dt_enabled(n) || dt_parent(n) != NULL || dt_child(n) != NULL ||
			 dt_sibling(n) != NULL;
	fdt_touch_properties(n);
	for (unsigned i = 0; i < 3; i++) {
		dt_reg(n, i, &addr, &size);
		dt_irq(n, i, &ctl, cells, &count);
	}
}

/* @whole: dt_init() had no complaint. Otherwise the nodes alone stay usable. */
static inline void fdt_touch_all(bool whole)
{
	uint64_t addr, size;

	for (const struct dt_node *n = dt_next(NULL); n != NULL; n = dt_next(n)) {
		fdt_touch_node(n);
	}
	fdt_touch_sum += dt_find("/chosen") != NULL || dt_find("serial0") != NULL;
	for (unsigned i = 0; whole && i < 8 && dt_reservation(i, &addr, &size); i++) {
	}
}
