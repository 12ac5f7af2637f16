/* SPDX-License-Identifier: MIT */
/* Device trees for tests (tree.h). */
#include "tree.h"

#include <libfdt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *tree;
static int reserving, depth;

static void must(int r)
{
	if (r != 0) {
		printf("# tree: %s\n", fdt_strerror(r));
		abort();
	}
}

void tree_start(void *buf, size_t size)
{
	tree = buf;
	must(fdt_create(buf, (int)size));
	reserving = 1;
	depth = 0;
}

void tree_reserve(uint64_t addr, uint64_t size)
{
	must(fdt_add_reservemap_entry(tree, addr, size));
}

void tree_begin(const char *name)
{
	if (reserving) {
		must(fdt_finish_reservemap(tree));
		reserving = 0;
	}
	must(fdt_begin_node(tree, name));
	depth++;
}

void tree_end(void)
{
	must(fdt_end_node(tree));
	depth--;
}

void tree_cells(const char *name, int n, ...)
{
	fdt32_t cells[64];
	va_list ap;

	va_start(ap, n);
	for (int i = 0; i < n; i++) {
		cells[i] = cpu_to_fdt32(va_arg(ap, uint32_t));
	}
	va_end(ap);
	must(fdt_property(tree, name, cells, n * 4));
}

void tree_string(const char *name, const char *s)
{
	must(fdt_property(tree, name, s, (int)strlen(s) + 1));
}

void tree_bytes(const char *name, const void *p, int n)
{
	must(fdt_property(tree, name, p, n));
}

size_t tree_finish(void)
{
	while (depth > 0) {
		tree_end();
	}
	must(fdt_finish(tree));
	return fdt_totalsize(tree);
}
