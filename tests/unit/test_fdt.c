/* SPDX-License-Identifier: MIT */
/* kernel/fdt.c on good trees: shape, names, properties, addresses, interrupts.
 * sources: tests/unit/test.c tests/unit/tree.c tests/unit/host/kernel.c @libfdt */
#include "tree.h"

#include "../../kernel/fdt.c"

#include "test.h"

#include <stdarg.h>

static char blob[65536] __attribute__((aligned(8)));

static void load(void)
{
	tree_finish();
	CHECK_EQ(dt_init(blob), 0);
	CHECK(dt_error() == NULL);
}

static void begin(uint32_t address_cells, uint32_t size_cells)
{
	tree_start(blob, sizeof(blob));
	tree_begin("");
	tree_cells("#address-cells", 1, address_cells);
	tree_cells("#size-cells", 1, size_cells);
}

static const char *path_of(const struct dt_node *n)
{
	static char buf[128];

	return n == NULL ? NULL : dt_path(n, buf, sizeof(buf));
}

/* --- shape ------------------------------------------------------------------------ */

static void make_shape(void)
{
	begin(2, 2);
	tree_begin("aliases");
	tree_string("serial0", "/soc/serial@1000");
	tree_string("empty", "");
	tree_string("loop", "loop");
	tree_string("gone", "/soc/none");
	tree_end();
	tree_begin("soc");
	tree_begin("serial@1000");
	tree_end();
	tree_begin("serial@2000");
	tree_begin("deep");
	tree_end();
	tree_end();
	tree_begin("serial-2@1000");
	tree_end();
	tree_end();
	tree_begin("chosen");
	tree_end();
	load();
}

static void test_shape(void)
{
	static const char *const order[] = { "/",
					     "/aliases",
					     "/soc",
					     "/soc/serial@1000",
					     "/soc/serial@2000",
					     "/soc/serial@2000/deep",
					     "/soc/serial-2@1000",
					     "/chosen" };
	const struct dt_node *n = NULL, *soc;

	make_shape();
	for (unsigned i = 0; i < ARRAY_SIZE(order); i++) {
		n = dt_next(n);
		CHECK_STR(path_of(n), order[i]);
	}
	CHECK(dt_next(n) == NULL);
	CHECK(dt_parent(dt_root()) == NULL && dt_sibling(dt_root()) == NULL);
	soc = dt_sibling(dt_child(dt_root()));
	CHECK_STR(dt_name(soc), "soc");
	CHECK_STR(dt_name(dt_child(soc)), "serial@1000");
	CHECK_STR(dt_name(dt_sibling(dt_sibling(dt_child(soc)))), "serial-2@1000");
	CHECK(dt_sibling(dt_sibling(dt_sibling(dt_child(soc)))) == NULL);
	CHECK(dt_parent(dt_child(soc)) == soc && dt_parent(soc) == dt_root());
	CHECK(dt_child(dt_child(soc)) == NULL);
	CHECK(dt_index_end() == (paddr_t)(nodes + ARRAY_SIZE(order)));
	CHECK(dt_used_size() > 72 && dt_used_size() <= fdt_totalsize(blob));
}

static void test_find(void)
{
	static const struct {
		const char *path, *node;
	} t[] = {
		{ "/", "/" },
		{ "/soc", "/soc" },
		{ "/soc/", "/soc" },
		{ "/soc/serial@2000", "/soc/serial@2000" },
		{ "/soc/serial", "/soc/serial@1000" }, /* without unit address: the first */
		{ "/soc/serial-2", "/soc/serial-2@1000" },
		{ "/soc/serial@2000/deep", "/soc/serial@2000/deep" },
		{ "/soc/serial@1000:115200n8", "/soc/serial@1000" },
		{ "serial0", "/soc/serial@1000" },
		{ "serial0:115200", "/soc/serial@1000" },
		{ "/soc/serial@10", NULL },
		{ "/soc/seria", NULL },
		{ "/soc/serial@1000/x", NULL },
		{ "/none/serial@1000", NULL },
		{ "serial1", NULL },
		{ "empty", NULL },
		{ "loop", NULL },
		{ "gone", NULL },
		{ "", NULL },
		{ ":115200", NULL },
		{ "a-name-that-no-alias-can-have-as-it-is-too-long", NULL },
	};

	make_shape();
	for (unsigned i = 0; i < ARRAY_SIZE(t); i++) {
		if (!CHECK_STR(path_of(dt_find(t[i].path)), t[i].node)) {
			printf("# looking for \"%s\"\n", t[i].path);
		}
	}
}

static void test_path_room(void)
{
	char buf[32];

	make_shape();
	for (size_t size = 1; size < sizeof(buf); size++) {
		memset(buf, '#', sizeof(buf));
		dt_path(dt_find("/soc/serial@2000/deep"), buf, size);
		CHECK(strlen(buf) < size && buf[size] == '#');
		dt_path(dt_root(), buf, size);
		CHECK(strlen(buf) < size);
	}
}

/* --- properties ------------------------------------------------------------------- */

static void test_properties(void)
{
	const struct dt_node *n;
	uint64_t v = 7;
	size_t len;

	begin(2, 2);
	tree_begin("n");
	tree_cells("one", 1, 0x12345678);
	tree_cells("two", 2, 1, 2);
	tree_cells("three", 3, 1, 2, 3);
	tree_bytes("none", "", 0);
	tree_bytes("short", "ab", 2);
	tree_string("text", "hello");
	tree_bytes("unterminated", "hello", 5);
	tree_bytes("list", "a\0b\0", 4);
	load();
	n = dt_find("/n");
	CHECK_EQ(dt_u32(n, "one", 0, 9), 0x12345678);
	CHECK_EQ(dt_u32(n, "one", 1, 9), 9);
	CHECK_EQ(dt_u32(n, "two", 1, 9), 2);
	CHECK_EQ(dt_u32(n, "two", 0x40000001, 9), 9);
	CHECK_EQ(dt_u32(n, "two", 0xffffffff, 9), 9);
	CHECK_EQ(dt_u32(n, "short", 0, 9), 9);
	CHECK_EQ(dt_u32(n, "absent", 0, 9), 9);
	CHECK(dt_number(n, "one", &v) && v == 0x12345678);
	CHECK(dt_number(n, "two", &v) && v == 0x100000002);
	CHECK(!dt_number(n, "three", &v) && !dt_number(n, "none", &v) &&
	      !dt_number(n, "absent", &v));
	CHECK(dt_has(n, "none") && !dt_has(n, "absent"));
	CHECK(dt_prop(n, "none", &len) != NULL && len == 0);
	CHECK(dt_prop(n, "three", &len) != NULL && len == 12);
	CHECK_STR(dt_str(n, "text"), "hello");
	CHECK_STR(dt_str(n, "list"), "a");
	CHECK_STR(dt_str(n, "unterminated"), NULL);
	CHECK_STR(dt_str(n, "none"), NULL);
	CHECK_STR(dt_str(n, "absent"), NULL);
}

static void test_compatible(void)
{
	const struct dt_node *n;
	const char *s = NULL;

	begin(2, 2);
	tree_begin("a");
	tree_bytes("compatible", "x,best\0x,good\0old\0", 18);
	tree_end();
	tree_begin("b");
	tree_bytes("compatible", "x,best", 6);
	tree_end();
	tree_begin("c");
	load();
	n = dt_find("/a");
	s = dt_next_compatible(n, s);
	CHECK_STR(s, "x,best");
	s = dt_next_compatible(n, s);
	CHECK_STR(s, "x,good");
	s = dt_next_compatible(n, s);
	CHECK_STR(s, "old");
	CHECK(dt_next_compatible(n, s) == NULL);
	CHECK(dt_compatible(n, "old") && !dt_compatible(n, "x,b") && !dt_compatible(n, "x,best,r"));
	CHECK(dt_next_compatible(dt_find("/b"), NULL) == NULL);
	CHECK(dt_next_compatible(dt_find("/c"), NULL) == NULL && !dt_compatible(dt_find("/c"), ""));
}

static void test_status(void)
{
	static const struct {
		const char *value;
		int len;
		bool enabled;
	} t[] = { { "okay", 5, true },	    { "ok", 3, true },		{ "disabled", 9, false },
		  { "fail", 5, false },	    { "reserved", 9, false },	{ "", 1, false },
		  { "fail-sss", 9, false }, { "okey-doke", 10, false }, { "oka", 4, false } };
	char name[8];

	begin(2, 2);
	for (unsigned i = 0; i < ARRAY_SIZE(t); i++) {
		snprintf(name, sizeof(name), "n%u", i);
		tree_begin(name);
		tree_bytes("status", t[i].value, t[i].len);
		tree_end();
	}
	tree_begin("absent");
	load();
	for (unsigned i = 0; i < ARRAY_SIZE(t); i++) {
		snprintf(name, sizeof(name), "/n%u", i);
		if (!CHECK_EQ(dt_enabled(dt_find(name)), t[i].enabled)) {
			printf("# status \"%s\"\n", t[i].value);
		}
	}
	CHECK(dt_enabled(dt_find("/absent")));
}

static void test_phandle(void)
{
	begin(2, 2);
	tree_begin("a");
	tree_cells("phandle", 1, 1);
	tree_end();
	tree_begin("b");
	tree_cells("linux,phandle", 1, 0xfffffffe);
	tree_cells("to-a", 1, 1);
	tree_cells("to-b", 1, 0xfffffffe);
	tree_cells("to-none", 1, 5);
	tree_cells("to-zero", 1, 0);
	tree_end();
	tree_begin("c");
	tree_cells("phandle", 2, 0, 5);
	load();
	CHECK_STR(path_of(dt_by_phandle(1)), "/a");
	CHECK_STR(path_of(dt_by_phandle(0xfffffffe)), "/b");
	CHECK(dt_by_phandle(0) == NULL && dt_by_phandle(5) == NULL);
	CHECK(dt_ref(dt_find("/b"), "to-a") == dt_find("/a"));
	CHECK(dt_ref(dt_find("/b"), "to-b") == dt_find("/b"));
	CHECK(dt_ref(dt_find("/b"), "to-none") == NULL);
	CHECK(dt_ref(dt_find("/b"), "to-zero") == NULL);
	CHECK(dt_ref(dt_find("/b"), "absent") == NULL);
}

static void test_reservations(void)
{
	uint64_t addr, size;

	tree_start(blob, sizeof(blob));
	tree_reserve(0x80000000, 0x1000);
	tree_reserve(0x123456789abc, 1);
	tree_begin("");
	load();
	CHECK(dt_reservation(0, &addr, &size) && addr == 0x80000000 && size == 0x1000);
	CHECK(dt_reservation(1, &addr, &size) && addr == 0x123456789abc && size == 1);
	CHECK(!dt_reservation(2, &addr, &size));
	CHECK(!dt_reservation(0x80000000, &addr, &size) &&
	      !dt_reservation(UINT32_MAX, &addr, &size));
}

/* --- interrupts ------------------------------------------------------------------- */

static void make_interrupts(void)
{
	begin(1, 1);
	tree_cells("interrupt-parent", 1, 1);
	tree_begin("gic");
	tree_cells("phandle", 1, 1);
	tree_cells("#interrupt-cells", 1, 3);
	tree_bytes("interrupt-controller", "", 0);
	tree_end();
	tree_begin("plic");
	tree_cells("phandle", 1, 2);
	tree_cells("#interrupt-cells", 1, 1);
	tree_bytes("interrupt-controller", "", 0);
	tree_begin("child");
	tree_cells("interrupts", 1, 5);
	tree_end();
	tree_end();
	tree_begin("wide");
	tree_cells("phandle", 1, 3);
	tree_cells("#interrupt-cells", 1, 5);
	tree_end();
	tree_begin("mute");
	tree_cells("phandle", 1, 4);
	tree_end();
	tree_begin("inherits");
	tree_cells("interrupts", 6, 0, 1, 4, 1, 2, 8);
	tree_end();
	tree_begin("own");
	tree_cells("interrupt-parent", 1, 2);
	tree_cells("interrupts", 2, 10, 11);
	tree_end();
	tree_begin("extended");
	tree_cells("interrupts", 1, 99);
	tree_cells("interrupts-extended", 8, 2, 7, 1, 0, 9, 4, 2, 8);
	tree_end();
	tree_begin("bad");
	tree_cells("interrupts-extended", 2, 77, 1);
	tree_end();
	tree_begin("wide-user");
	tree_cells("interrupts-extended", 6, 3, 1, 2, 3, 4, 5);
	tree_end();
	tree_begin("mute-user");
	tree_cells("interrupt-parent", 1, 4);
	tree_cells("interrupts", 1, 1);
	tree_end();
	tree_begin("cut");
	tree_cells("interrupts-extended", 3, 1, 0, 1);
	tree_end();
	load();
}

static void expect_irq(const char *path, unsigned i, const char *ctl, int n, ...)
{
	const struct dt_node *c = NULL;
	uint32_t cells[4];
	unsigned count = 0;
	va_list ap;
	int r = dt_irq(dt_find(path), i, &c, cells, &count);

	if (n < 0) {
		if (!CHECK_EQ(r, n)) {
			printf("# %s, interrupt %u\n", path, i);
		}
		return;
	}
	if (!CHECK_EQ(r, 0) || !CHECK_STR(path_of(c), ctl) || !CHECK_EQ(count, n)) {
		printf("# %s, interrupt %u\n", path, i);
		return;
	}
	va_start(ap, n);
	for (int k = 0; k < n; k++) {
		CHECK_EQ(cells[k], va_arg(ap, int));
	}
	va_end(ap);
}

static void test_interrupts(void)
{
	make_interrupts();
	expect_irq("/inherits", 0, "/gic", 3, 0, 1, 4);
	expect_irq("/inherits", 1, "/gic", 3, 1, 2, 8);
	expect_irq("/inherits", 2, NULL, -ENOENT);
	expect_irq("/own", 1, "/plic", 1, 11);
	expect_irq("/own", 2, NULL, -ENOENT);
	expect_irq("/plic/child", 0, "/plic", 1, 5);
	expect_irq("/extended", 0, "/plic", 1, 7);
	expect_irq("/extended", 1, "/gic", 3, 0, 9, 4);
	expect_irq("/extended", 2, "/plic", 1, 8);
	expect_irq("/extended", 3, NULL, -ENOENT);
	expect_irq("/extended", 0x7fffffff, NULL, -ENOENT);
	expect_irq("/bad", 0, NULL, -EINVAL);
	expect_irq("/wide-user", 0, NULL, -EINVAL);
	expect_irq("/mute-user", 0, NULL, -EINVAL);
	expect_irq("/cut", 0, NULL, -EINVAL);
	expect_irq("/gic", 0, NULL, -ENOENT);
}

static const struct test tests[] = {
	{ "nodes are met in tree order, with parent, child, sibling and path", test_shape },
	{ "dt_find(): paths, unit addresses left out, aliases, options", test_find },
	{ "dt_path() stays within the buffer and terminates it", test_path_room },
	{ "cells, numbers of 32 and 64 bits, strings; short ones give the default",
	  test_properties },
	{ "compatible: every string in order, whole strings only", test_compatible },
	{ "status: absent, ok and okay enable, nothing else does", test_status },
	{ "phandles lead to their node; 0 and unknown ones to none", test_phandle },
	{ "memory reservations, and nothing past their end", test_reservations },
	{ "interrupts by parent, ancestor and interrupts-extended", test_interrupts },
};
TEST_MAIN(tests)
