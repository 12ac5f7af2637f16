/* SPDX-License-Identifier: MIT */
/* kernel/fdt.c on hostile and damaged trees: it may refuse them, but neither crash nor hang nor read
 * beside the blob, which ends where memory ends.
 * sources: tests/unit/test.c tests/unit/tree.c tests/unit/host/kernel.c @libfdt */
#include "fdt_touch.h"

#include "../../kernel/fdt.c"

#include "test.h"
#include "tree.h"

#define FLIPS 10000

static char blob[1 << 20] __attribute__((aligned(8)));
static size_t blob_size;

/* Parse the @n bytes at @p from a place where every read beyond them is noticed. */
static int parse(const void *p, size_t n)
{
	int r;

	memset(&dt, 0, sizeof(dt));
	r = dt_init(test_at_edge(p, n, 8));
	if ((r != 0) != (dt_error() != NULL)) {
		CHECK(!"dt_error() agrees with dt_init()");
	}
	fdt_touch_all(r == 0);
	return r;
}

static void make_tree(void)
{
	tree_start(blob, sizeof(blob));
	tree_reserve(0x1000, 0x2000);
	tree_begin("");
	tree_cells("#address-cells", 1, 2);
	tree_cells("#size-cells", 1, 1);
	tree_cells("interrupt-parent", 1, 1);
	tree_begin("aliases");
	tree_string("serial0", "/soc/uart@1000");
	tree_end();
	tree_begin("memory@80000000");
	tree_string("device_type", "memory");
	tree_cells("reg", 3, 0, 0x80000000, 0x1000000);
	tree_end();
	tree_begin("chosen");
	tree_string("bootargs", "a=b c");
	tree_end();
	tree_begin("soc");
	tree_cells("#address-cells", 1, 1);
	tree_cells("#size-cells", 1, 1);
	tree_cells("ranges", 4, 0, 0, 0x10000000, 0x10000);
	tree_begin("intc@0");
	tree_cells("phandle", 1, 1);
	tree_cells("#interrupt-cells", 1, 2);
	tree_bytes("interrupt-controller", "", 0);
	tree_end();
	tree_begin("uart@1000");
	tree_bytes("compatible", "a,uart\0b,uart", 14);
	tree_string("status", "okay");
	tree_cells("reg", 2, 0x1000, 0x100);
	tree_cells("interrupts", 2, 3, 4);
	tree_end();
	tree_begin("timer");
	tree_cells("interrupts-extended", 6, 1, 0, 1, 1, 2, 3);
	blob_size = tree_finish();
}

static void put32(char *at, uint32_t v)
{
	v = cpu_to_fdt32(v);
	memcpy(at, &v, 4);
}

static void header_fields(void)
{
	static const uint32_t values[] = { 0,  1,  3,	       4,	   7,	       8,
					   39, 40, 0x7fffffff, 0x80000000, 0xfffffff8, ~0U };
	uint32_t size = (uint32_t)blob_size;

	for (unsigned field = 0; field < 10; field++) {
		uint32_t old = be32(blob + 4 * field);
		uint32_t near[] = { old - 4,  old - 1,	old + 1, old + 4, size - 8,
				    size - 4, size - 1, size,	 size + 1 };

		for (unsigned i = 0; i < ARRAY_SIZE(values) + ARRAY_SIZE(near); i++) {
			uint32_t v = i < ARRAY_SIZE(values) ? values[i]
							    : near[i - ARRAY_SIZE(values)];

			/* A blob that is shorter than it says cannot be told from a good one. */
			if (field == 1 && v > size && v <= BLOB_MAX) {
				continue;
			}
			put32(blob + 4 * field, v);
			parse(blob, blob_size);
		}
		put32(blob + 4 * field, old);
	}
	CHECK_EQ(parse(blob, blob_size), 0);
}

static void test_header(void)
{
	make_tree();
	CHECK(test_apart(header_fields, 20));
}

static void truncations(void)
{
	for (size_t n = sizeof(struct fdt_header); n < blob_size; n++) {
		put32(blob + 4, (uint32_t)n);
		CHECK(parse(blob, n) != 0);
	}
}

static void test_truncated(void)
{
	make_tree();
	CHECK(test_apart(truncations, 20));
}

static void short_blocks(void)
{
	uint32_t structs = be32(blob + 36), strings = be32(blob + 32);

	for (uint32_t n = 0; n < structs; n++) {
		put32(blob + 36, n);
		CHECK(parse(blob, blob_size) != 0);
	}
	put32(blob + 36, structs);
	for (uint32_t n = 0; n < strings; n++) {
		put32(blob + 32, n);
		parse(blob, blob_size);
	}
}

static void test_short_blocks(void)
{
	make_tree();
	CHECK(test_apart(short_blocks, 20));
}

static void flips(void)
{
	static char copy[sizeof(blob)];

	for (unsigned i = 0; i < FLIPS; i++) {
		memcpy(copy, blob, blob_size);
		for (unsigned k = test_below(4) + 1; k > 0; k--) {
			unsigned at = test_below((unsigned)blob_size);

			/* Not in totalsize, see above. */
			if (at < 4 || at >= 8) {
				copy[at] ^= (char)(test_below(3) == 0 ? test_below(256)
								      : 1U << test_below(8));
			}
		}
		parse(copy, blob_size);
	}
}

static void test_flips(void)
{
	make_tree();
	CHECK(test_apart(flips, 60));
}

/* Words of the structure block replaced by tokens and lengths that mean something. */
static void words(void)
{
	static const uint32_t values[] = {
		FDT_BEGIN_NODE, FDT_END_NODE, FDT_PROP,	  FDT_NOP,   FDT_END, 0, 5,
		0x100,		0xfffffffc,   0xffffffff, 0x7fffffff
	};
	uint32_t at = be32(blob + 8), end = at + be32(blob + 36);

	for (; at < end; at += 4) {
		uint32_t old = be32(blob + at);

		for (unsigned i = 0; i < ARRAY_SIZE(values); i++) {
			put32(blob + at, values[i]);
			parse(blob, blob_size);
		}
		put32(blob + at, old);
	}
}

static void test_words(void)
{
	make_tree();
	CHECK(test_apart(words, 60));
}

/* --- what can be said against a tree ---------------------------------------------- */

static void test_refusals(void)
{
	static char big[64] __attribute__((aligned(8)));

	CHECK(dt_init(NULL) == -EINVAL && dt_error() != NULL);
	make_tree();
	CHECK(dt_init(blob + 4) == -EINVAL && dt_error() != NULL);
	memcpy(big, blob, sizeof(big));
	put32(big + 4, BLOB_MAX + 1);
	CHECK(dt_init(big) == -EINVAL);
	put32(blob + 20, 16); /* version 16 has no size of the structure block */
	put32(blob + 24, 16);
	CHECK_EQ(parse(blob, blob_size), -EINVAL);
}

/* A tree with @depth nested nodes, or @count children of the root. */
static int nested(unsigned depth, unsigned count)
{
	char name[16];

	tree_start(blob, sizeof(blob));
	tree_begin("");
	tree_begin("console");
	tree_end();
	for (unsigned i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		tree_begin(name);
		tree_end();
	}
	for (unsigned i = 2; i <= depth; i++) {
		tree_begin("d");
	}
	blob_size = tree_finish();
	return parse(blob, blob_size);
}

static void test_limits(void)
{
	CHECK_EQ(nested(DEPTH_MAX, 0), 0);
	CHECK_EQ(nested(DEPTH_MAX + 1, 0), -EINVAL);
	CHECK(dt_find("/console") != NULL);
	CHECK_EQ(nested(1, NODES - 2), 0);
	CHECK_EQ(nested(1, NODES - 1), -EINVAL);
	CHECK_STR(dt_error(), "more than 2048 nodes");
	CHECK(dt_find("/console") != NULL && dt_find("/n2045") != NULL);
}

/* The structure block of the words at @w, of which @n are given. */
static int raw(const uint32_t *w, unsigned n)
{
	memset(blob, 0, sizeof(blob));
	tree_start(blob, sizeof(blob));
	tree_begin("");
	tree_cells("x", 1, 0);
	tree_finish();
	blob_size = ALIGN_UP(be32(blob + 4), 8) + 256;
	put32(blob + 4, (uint32_t)blob_size);
	put32(blob + 8, (uint32_t)blob_size - 256);
	put32(blob + 36, n * 4);
	for (unsigned i = 0; i < n; i++) {
		put32(blob + blob_size - 256 + i * 4, w[i]);
	}
	return parse(blob, blob_size);
}

static void test_structure(void)
{
	static const uint32_t good[] = {
		FDT_NOP, FDT_BEGIN_NODE, 0, FDT_NOP, FDT_END_NODE, FDT_END
	};
	static const uint32_t two[] = { FDT_BEGIN_NODE, 0,	FDT_END_NODE, FDT_BEGIN_NODE, 0,
					FDT_END_NODE,	FDT_END };
	static const uint32_t none[] = { FDT_END };
	static const uint32_t open[] = { FDT_BEGIN_NODE, 0, FDT_END };
	static const uint32_t stray_end[] = { FDT_BEGIN_NODE, 0, FDT_END_NODE, FDT_END_NODE,
					      FDT_END };
	static const uint32_t stray_prop[] = { FDT_PROP, 0, 0, FDT_END };
	static const uint32_t bad_name[] = { FDT_BEGIN_NODE, 0,	     FDT_PROP, 0, 0x1000,
					     FDT_END_NODE,   FDT_END };
	static const uint32_t long_prop[] = { FDT_BEGIN_NODE, 0,      FDT_PROP, 0xfffffff0, 0,
					      FDT_END_NODE,   FDT_END };
	static const uint32_t late_prop[] = {
		FDT_BEGIN_NODE, 0,	FDT_BEGIN_NODE, 0x61000000, FDT_END_NODE, FDT_PROP, 0, 0,
		FDT_END_NODE,	FDT_END
	};

#define RAW(w) raw(w, ARRAY_SIZE(w))
	CHECK_EQ(RAW(good), 0);
	CHECK_EQ(RAW(two), -EINVAL);
	CHECK_EQ(RAW(none), -EINVAL);
	CHECK_EQ(RAW(open), -EINVAL);
	CHECK_EQ(RAW(stray_end), -EINVAL);
	CHECK_EQ(RAW(stray_prop), -EINVAL);
	CHECK_EQ(RAW(bad_name), -EINVAL);
	CHECK_EQ(RAW(long_prop), -EINVAL);
	/* The specification forbids a property behind a child; firmware that does it still boots. */
	RAW(late_prop);
	CHECK_EQ(raw(good, ARRAY_SIZE(good) - 1), -EINVAL);
}

static const struct test tests[] = {
	{ "each field of the header may hold anything", test_header },
	{ "a blob cut off at any byte is refused", test_truncated },
	{ "structure and strings blocks cut off anywhere", test_short_blocks },
	{ "10,000 times random bytes and bits changed", test_flips },
	{ "each word of the structure block replaced by tokens and extreme numbers", test_words },
	{ "no blob, misaligned, too large, too old: refused with a reason", test_refusals },
	{ "32 levels and 2,048 nodes; beyond that an error, and what was read stays usable",
	  test_limits },
	{ "a structure block that is no tree is refused", test_structure },
};
TEST_MAIN(tests)
