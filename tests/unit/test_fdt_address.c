/* SPDX-License-Identifier: MIT */
/* kernel/fdt.c: "reg" and its translation through `ranges` (Devicetree Specification 2.3.6, 2.3.8).
 * sources: tests/unit/test.c tests/unit/tree.c tests/unit/host/kernel.c kernel/fdt.c @libfdt */
#include "tree.h"

#include "test.h"

#include <errno.h>
#include <kernel/fdt.h>

static char blob[65536] __attribute__((aligned(8)));

static void begin(uint32_t address_cells, uint32_t size_cells)
{
	tree_start(blob, sizeof(blob));
	tree_begin("");
	tree_cells("#address-cells", 1, address_cells);
	tree_cells("#size-cells", 1, size_cells);
}

static void bus(const char *name, uint32_t address_cells, uint32_t size_cells)
{
	tree_begin(name);
	tree_cells("#address-cells", 1, address_cells);
	tree_cells("#size-cells", 1, size_cells);
}

static void load(void)
{
	tree_finish();
	CHECK_EQ(dt_init(blob), 0);
}

static void expect(const char *path, unsigned i, int r, uint64_t addr, uint64_t size)
{
	const struct dt_node *n = dt_find(path);
	uint64_t a = 0, s = 0;

	if (!CHECK(n != NULL) || !CHECK_EQ(dt_reg(n, i, &a, &s), r) ||
	    (r == 0 && (!CHECK_EQ(a, addr) || !CHECK_EQ(s, size)))) {
		printf("# %s, reg %u\n", path, i);
	}
}

static void test_cells(void)
{
	begin(2, 2);
	tree_begin("a");
	tree_cells("reg", 8, 1, 2, 0, 0x1000, 0, 0x8000, 3, 4);
	tree_end();
	tree_begin("no-reg");
	tree_end();
	tree_begin("short");
	tree_cells("reg", 3, 0, 1, 0);
	tree_end();
	bus("one", 1, 0);
	tree_cells("ranges", 4, 0, 0, 0x10000000, 0);
	tree_begin("cpu");
	tree_cells("reg", 2, 0, 5);
	tree_end();
	tree_end();
	bus("none", 0, 0);
	tree_begin("x");
	tree_cells("reg", 1, 1);
	tree_end();
	tree_end();
	bus("many", 5, 1);
	tree_begin("x");
	tree_cells("reg", 6, 0, 0, 0, 0, 1, 1);
	tree_end();
	tree_end();
	load();
	expect("/a", 0, 0, 0x100000002, 0x1000);
	expect("/a", 1, 0, 0x8000, 0x300000004);
	expect("/a", 2, -ENOENT, 0, 0);
	expect("/a", 0xffffffff, -ENOENT, 0, 0);
	expect("/no-reg", 0, -ENOENT, 0, 0);
	expect("/short", 0, -ENOENT, 0, 0);
	expect("/none/x", 0, -ENOENT, 0, 0);
	expect("/many/x", 0, -EINVAL, 0, 0);
	CHECK_EQ(dt_reg(dt_root(), 0, &(uint64_t){ 0 }, &(uint64_t){ 0 }), -EINVAL);
}

static void test_ranges(void)
{
	begin(2, 2);
	bus("same", 2, 2);
	tree_bytes("ranges", "", 0);
	tree_begin("x");
	tree_cells("reg", 4, 1, 0x1000, 0, 0x100);
	tree_end();
	tree_end();
	bus("moved", 1, 1);
	/* child 0x0 -> 0x1_00000000, 64 KiB; child 0x80000000 -> 0x9000, 4 KiB */
	tree_cells("ranges", 8, 0, 1, 0, 0x10000, 0x80000000, 0, 0x9000, 0x1000);
	tree_begin("a");
	tree_cells("reg", 6, 0x40, 0x10, 0x80000ff0, 0x10, 0x80000ff0, 0x11);
	tree_end();
	tree_begin("b");
	tree_cells("reg", 6, 0xffff, 1, 0xffff, 2, 0x10000, 1);
	tree_end();
	bus("inner", 1, 1);
	tree_cells("ranges", 3, 0x100, 0x8000, 0x100);
	tree_begin("c");
	tree_cells("reg", 2, 0x180, 0x80);
	tree_end();
	tree_end();
	tree_end();
	bus("opaque", 1, 1); /* no ranges: nothing behind it can be reached */
	tree_begin("d");
	tree_cells("reg", 2, 0, 1);
	tree_end();
	tree_end();
	load();
	expect("/same/x", 0, 0, 0x100001000, 0x100);
	expect("/moved/a", 0, 0, 0x100000040, 0x10);
	expect("/moved/a", 1, 0, 0x9ff0, 0x10);
	expect("/moved/a", 2, -EINVAL, 0, 0);
	expect("/moved/b", 0, 0, 0x10000ffff, 1);
	expect("/moved/b", 1, -EINVAL, 0, 0);
	expect("/moved/b", 2, -EINVAL, 0, 0);
	expect("/moved/inner/c", 0, 0, 0x100008080, 0x80);
	expect("/opaque/d", 0, -EINVAL, 0, 0);
}

/* PCI: three cells, of which the first holds flags: not an address that a CPU can reach. */
static void test_three_cells(void)
{
	begin(2, 2);
	bus("pcie", 3, 2);
	tree_cells("ranges", 7, 0x1000000, 0, 0, 0, 0x3eff0000, 0, 0x10000);
	tree_begin("x");
	tree_cells("reg", 5, 0, 0, 0x1000, 0, 0x100);
	tree_end();
	tree_begin("flagged");
	tree_cells("reg", 5, 0x1000000, 0, 0x1000, 0, 0x100);
	tree_end();
	tree_end();
	bus("plain", 3, 1);
	tree_cells("ranges", 6, 0, 0, 0x10, 0, 0x2000, 0x100);
	tree_begin("x");
	tree_cells("reg", 4, 0, 0, 0x20, 8);
	load();
	expect("/pcie/x", 0, -EINVAL, 0, 0);
	expect("/pcie/flagged", 0, -EINVAL, 0, 0);
	expect("/plain/x", 0, 0, 0x2010, 8);
}

static void test_overflow(void)
{
	begin(2, 2);
	tree_begin("end");
	tree_cells("reg", 12, ~0U, ~0U, 0, 1, ~0U, 0xfffff000, 0, 0x1000, ~0U, 0xfffff000, 0,
		   0xfff);
	tree_end();
	bus("child-wraps", 2, 2);
	tree_cells("ranges", 6, ~0U, 0xfffff000, 0, 0x8000, 0, 0x2000);
	tree_begin("x");
	tree_cells("reg", 8, ~0U, 0xfffff800, 0, 0x400, ~0U, 0xfffff800, 0, 0x1000);
	tree_end();
	tree_end();
	bus("parent-wraps", 2, 2);
	tree_cells("ranges", 6, 0, 0, ~0U, 0xfffff000, 0, 0x10000);
	tree_begin("x");
	tree_cells("reg", 4, 0, 0x2000, 0, 0x100);
	tree_end();
	tree_begin("y");
	tree_cells("reg", 4, 0, 0x800, 0, 0x100);
	load();
	expect("/end", 0, -EINVAL, 0, 0);
	expect("/end", 1, -EINVAL, 0, 0);
	expect("/end", 2, 0, 0xfffffffffffff000, 0xfff);
	expect("/child-wraps/x", 0, 0, 0x8800, 0x400);
	expect("/parent-wraps/y", 0, 0, 0xfffffffffffff800, 0x100);
	expect("/parent-wraps/x", 0, -EINVAL, 0, 0);
}

/* A row of no cells at all, beneath a bus that can be translated. */
static void zero_cells(void)
{
	begin(0, 0);
	bus("outer", 0, 0);
	tree_cells("ranges", 1, 0);
	bus("inner", 1, 1);
	tree_bytes("ranges", "", 0);
	tree_begin("x");
	tree_cells("reg", 2, 1, 1);
	load();
	expect("/outer/inner/x", 0, -EINVAL, 0, 0);
}

static void test_zero_cells(void)
{
	CHECK(test_apart(zero_cells, 2));
}

static void test_odd_length(void)
{
	begin(1, 1);
	bus("b", 1, 1);
	tree_cells("ranges", 5, 0x1000, 0x5000, 0x100, 0, 0);
	tree_begin("x");
	tree_cells("reg", 3, 0x1000, 4, 0);
	tree_end();
	tree_begin("y");
	tree_cells("reg", 2, 0, 4);
	load();
	expect("/b/x", 0, 0, 0x5000, 4);
	expect("/b/x", 1, -ENOENT, 0, 0);
	expect("/b/y", 0, -EINVAL, 0, 0);
}

static const struct test tests[] = {
	{ "reg is read with its bus's cells; entries that are not there: -ENOENT", test_cells },
	{ "ranges: equal, moved, nested, out of window, none", test_ranges },
	{ "addresses of three cells translate only if the first is 0", test_three_cells },
	{ "an address or a window that wraps is refused", test_overflow },
	{ "ranges of zero cells end in an error, not in a hang", test_zero_cells },
	{ "a last row that is cut off is not read", test_odd_length },
};
TEST_MAIN(tests)
