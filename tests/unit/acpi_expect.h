/* SPDX-License-Identifier: MIT */
/* What a test expects of a translated tree. */
#pragma once

#include "acpi_env.h"
#include "test.h"

#include <kernel/fdt.h>
#include <stdlib.h>
#include <string.h>

/* Translates the tables that QEMU makes for its firmware (tests/unit/run has them made). Without them the test is
 * skipped, for what @why says. */
static inline bool translate_dump(const char *name, const char *why)
{
	const char *path = test_fixture(name);
	void *file;
	size_t n;
	int r;

	if (path == NULL) {
		test_skip(why);
		return false;
	}
	file = test_read_file(path, &n);
	if (!CHECK(file != NULL)) {
		return false;
	}
	r = acpi_env_translate_dump(file, n, 0x50000000);
	free(file);
	return CHECK_EQ(r, 0);
}

/* How many of the root's nodes say that. */
static inline unsigned count_compatible(const char *what)
{
	unsigned n = 0;

	for (const struct dt_node *d = dt_child(dt_root()); d != NULL; d = dt_sibling(d)) {
		n += dt_compatible(d, what);
	}
	return n;
}

static inline void expect_reg(const char *path, unsigned i, uint64_t addr, uint64_t size)
{
	uint64_t a = 0, s = 0;

	if (CHECK(dt_find(path) != NULL) && CHECK_EQ(dt_reg(dt_find(path), i, &a, &s), 0)) {
		CHECK_EQ(a, addr);
		CHECK_EQ(s, size);
	}
}

/* The controller is an interrupt controller, and the specifier these cells. */
static inline void expect_irq(const char *path, unsigned i, unsigned n, const uint32_t *cells)
{
	const struct dt_node *ctl = NULL;
	uint32_t got[4] = { 0 };
	unsigned count = 0;

	if (!CHECK(dt_find(path) != NULL) ||
	    !CHECK_EQ(dt_irq(dt_find(path), i, &ctl, got, &count), 0)) {
		return;
	}
	CHECK(dt_has(ctl, "interrupt-controller"));
	CHECK_EQ(count, n);
	for (unsigned k = 0; k < n && k < count; k++) {
		CHECK_EQ(got[k], cells[k]);
	}
}

static inline void expect_cells(const struct dt_node *node, const char *name, unsigned n,
				const uint32_t *cells)
{
	size_t len = 0;

	if (!CHECK(node != NULL) || !CHECK(dt_prop(node, name, &len) != NULL)) {
		return;
	}
	CHECK_EQ(len, 4UL * n);
	for (unsigned i = 0; i < n; i++) {
		CHECK_EQ(dt_u32(node, name, i, ~0U), cells[i]);
	}
}

/* A later sibling of @n with that name. */
static inline const struct dt_node *dt_sibling_named(const struct dt_node *n, const char *name)
{
	while ((n = dt_sibling(n)) != NULL && strcmp(dt_name(n), name) != 0) {
	}
	return n;
}
