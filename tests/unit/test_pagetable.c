/* SPDX-License-Identifier: MIT */
/* kernel/pagetable.c with the entries of both architectures, against a flat model: one byte a page
 * that says what may be done there.
 * sources: tests/unit/test.c tests/unit/host/kernel.c
 * variants: aarch64 riscv64 */
#include "../../kernel/pagetable.c"

#include "kernel.h"
#include "test.h"

#define TOP    ((paddr_t)1 << 39)
#define BASE   ((uintptr_t)0x7fe00000) /* 2 MiB before a boundary of 1 GiB */
#define PAGES  2048U		       /* of the model, from BASE on */
#define TABLES 512U

/* An image of three, one and two pages, and the linker's marks in it. */
extern char image[6 * 4096];
char image[6 * 4096] __attribute__((aligned(4096)));
__asm__(".globl _image_start, _rodata_start, _data_start, _image_end\n"
	".set _image_start, image\n"
	".set _rodata_start, image + 3 * 4096\n"
	".set _data_start, image + 4 * 4096\n"
	".set _image_end, image + 6 * 4096\n");

static struct {
	pte_t tables[TABLES][512] __attribute__((aligned(4096)));
	unsigned used, limit; /* tables given out, and how many there may be */
	unsigned replaced;    /* calls of arch_pte_replace() */
	unsigned flushes;
	uintptr_t flush_va;
	size_t flush_size;
	paddr_t top; /* of the address space */
	uint8_t model[PAGES];
} h;

/* --- the rest of the kernel ------------------------------------------------------- */

void *page_alloc(size_t n, size_t align)
{
	CHECK(n == 1 && align == 1);
	if (h.used == h.limit) {
		return NULL;
	}
	memset(h.tables[h.used], 0xff, sizeof(h.tables[0]));
	return h.tables[h.used++];
}

paddr_t arch_address_top(void)
{
	return h.top;
}

/* A live block may only become a table that says the same of every page in it. */
void arch_pte_replace(pte_t *e, pte_t to)
{
	const pte_t *sub = (const pte_t *)pte_pa(to);
	paddr_t step = pte_pa(sub[1]) - pte_pa(sub[0]);

	h.replaced++;
	CHECK(host.masked && pt.live && pte_valid(*e));
	CHECK(step == PAGE_SIZE || step == 512 * PAGE_SIZE);
	for (unsigned i = 0; i < 512; i++) {
		if (!CHECK(pte_valid(sub[i]) && pte_attr(sub[i]) == pte_attr(*e) &&
			   pte_pa(sub[i]) == pte_pa(*e) + i * step)) {
			break;
		}
	}
	*e = to;
}

void arch_tlb_flush(uintptr_t va, size_t size)
{
	h.flushes++;
	h.flush_va = va;
	h.flush_size = size;
}

static void reset(void)
{
	memset(&h, 0, sizeof(h));
	h.limit = TABLES;
	h.top = TOP;
	memset(&pt, 0, sizeof(pt));
	pt.boot_used = ARRAY_SIZE(boot_tables); /* the boot's own have a test of their own */
	pt.root = table_alloc();
	pt.live = true;
}

/* What the CPU would do with @va: rights and the physical address. 0: a fault. */
static unsigned cpu_walk(uintptr_t va, paddr_t *pa)
{
	const pte_t *t = pt.root;

	for (unsigned level = ROOT_LEVEL;; level--) {
		pte_t e = t[va >> (PAGE_SHIFT + 9 * level) & 511];

		if (!pte_is_table(e, level)) {
			*pa = pte_pa(e) + (va & (span_of(level) - 1));
			/* A block of the root's level does not exist on either architecture. */
			CHECK(!pte_valid(e) || level <= LEAF_LEVEL);
			return pte_valid(e) ? pte_attr(e) : 0;
		}
		t = (const pte_t *)pte_pa(e);
	}
}

static void check_page(uintptr_t va, unsigned want)
{
	paddr_t pa;
	unsigned attr = cpu_walk(va, &pa);

	if (attr != want || (attr != 0 && pa != va) || pagetable_query(va) != want) {
		CHECK_EQ(attr, want);
		CHECK(attr == 0 || pa == va);
		CHECK_EQ(pagetable_query(va), want);
		printf("# at 0x%lx\n", va);
	}
}

static void check_model(void)
{
	for (unsigned i = 0; i < PAGES; i++) {
		check_page(BASE + i * PAGE_SIZE, h.model[i]);
	}
	check_page(BASE - 1, 0);
	check_page(BASE + PAGES * PAGE_SIZE, 0);
}

/* --- tests ------------------------------------------------------------------------ */

static const uint8_t attrs[] = { MAP_READ, MAP_READ | MAP_WRITE, MAP_READ | MAP_EXEC,
				 MAP_READ | MAP_WRITE | MAP_DEVICE, MAP_READ | MAP_DEVICE };

static void test_encoding(void)
{
	static const paddr_t pas[] = { PAGE_SIZE, 0x40000000, TOP - 0x40000000, (paddr_t)1 << 47 };

	for (unsigned level = 0; level <= LEAF_LEVEL; level++) {
		for (unsigned i = 0; i < ARRAY_SIZE(attrs) * ARRAY_SIZE(pas); i++) {
			paddr_t pa = ALIGN_DOWN(pas[i % ARRAY_SIZE(pas)], span_of(level));
			pte_t e = pte_leaf(pa, attrs[i / ARRAY_SIZE(pas)], level);

			CHECK(pte_valid(e) && !pte_is_table(e, level));
			CHECK_EQ(pte_pa(e), pa);
			CHECK_EQ(pte_attr(e), attrs[i / ARRAY_SIZE(pas)]);
		}
	}
	for (unsigned level = 1; level <= ROOT_LEVEL; level++) {
		pte_t e = pte_table(0x123456000);

		CHECK(pte_valid(e) && pte_is_table(e, level) && pte_pa(e) == 0x123456000);
	}
	CHECK(!pte_valid(0) && !pte_is_table(0, 1));
}

static void change(unsigned first, unsigned n, unsigned attr, bool replace)
{
	uintptr_t va = BASE + first * PAGE_SIZE;
	unsigned flushes = h.flushes;

	CHECK_EQ(replace ? pagetable_protect(va, n * PAGE_SIZE, attr)
			 : pagetable_map(va, n * PAGE_SIZE, attr),
		 0);
	for (unsigned i = first; i < first + n; i++) {
		if (replace || h.model[i] == 0) {
			h.model[i] = (uint8_t)attr;
		}
	}
	if (replace) {
		CHECK_EQ(h.flushes, flushes + 1);
		CHECK(h.flush_va <= va && h.flush_va + h.flush_size >= va + n * PAGE_SIZE);
	}
}

static void random_step(unsigned i)
{
	unsigned n = test_below(20) == 0 ? test_below(PAGES) + 1 : test_below(40) + 1;
	unsigned first = test_below(PAGES - n + 1);
	unsigned attr = attrs[test_below(ARRAY_SIZE(attrs))];

	if (test_below(10) == 0) {
		/* Whole blocks of 2 MiB, which stay blocks. */
		first = ALIGN_DOWN(first, 512U);
		n = 512 * (1 + test_below(3));
		n = MIN(n, PAGES - first);
	}
	if (i % 4 == 0) {
		change(first, n, attr, false);
	} else {
		change(first, n, test_below(5) == 0 ? 0 : attr, true);
	}
}

static void test_random_changes(void)
{
	reset();
	for (unsigned i = 0; i < 20000; i++) {
		random_step(i);
		if (i % 100 == 0) {
			check_model();
		}
	}
	check_model();
	/* root, 1 GiB's worth on both sides of the boundary, 2 MiB's worth each */
	CHECK(h.used <= 1 + 1 + 2 + PAGES / 512);
	CHECK(!spin_is_locked(&pt.lock) && !host.masked);
}

static void test_blocks(void)
{
	reset();
	CHECK_EQ(pagetable_map(0x40000000, 0x80000000, MAP_READ | MAP_WRITE), 0);
	CHECK_EQ(h.used, 2); /* the root, and one table of blocks of 1 GiB */
	CHECK_EQ(h.replaced, 0);
	CHECK_EQ(pagetable_protect(0x50000000, PAGE_SIZE, 0), 0);
	CHECK_EQ(h.used, 4);
	CHECK_EQ(h.replaced, 2);
	check_page(0x50000000, 0);
	check_page(0x50000000 - 1, MAP_READ | MAP_WRITE);
	check_page(0x50001000, MAP_READ | MAP_WRITE);
	check_page(0x7fffffff, MAP_READ | MAP_WRITE);
	/* Back: no more tables, nothing to break. */
	CHECK_EQ(pagetable_protect(0x50000000, PAGE_SIZE, MAP_READ | MAP_WRITE), 0);
	CHECK_EQ(h.used, 4);
	CHECK_EQ(h.replaced, 2);
	/* What is mapped stays, and what is beside it gets mapped. */
	CHECK_EQ(pagetable_map(0xbffff000, 0x2000, MAP_READ | MAP_DEVICE), 0);
	check_page(0xbffff000, MAP_READ | MAP_WRITE);
	check_page(0xc0000000, MAP_READ | MAP_DEVICE);
	check_page(0xc0001000, 0);
}

static void test_bounds(void)
{
	static const struct {
		uint64_t va, size;
		int want;
	} t[] = {
		{ 0, PAGE_SIZE, -EINVAL },
		{ 1, PAGE_SIZE, -EINVAL },
		{ PAGE_SIZE - 1, 1, -EINVAL },
		{ 0, ~0UL, -EINVAL },
		{ PAGE_SIZE, PAGE_SIZE, 0 },
		{ TOP - PAGE_SIZE, PAGE_SIZE, 0 },
		{ TOP - 1, 1, 0 },
		{ TOP - PAGE_SIZE, PAGE_SIZE + 1, -EINVAL },
		{ TOP, PAGE_SIZE, -EINVAL },
		{ TOP - PAGE_SIZE, ~0UL, -EINVAL },
		{ ~0UL, 1, -EINVAL },
		{ ~0xfffUL, 0xfff, -EINVAL },
		{ ~0UL - 10, 100, -EINVAL },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(t); i++) {
		reset();
		if (!CHECK_EQ(pagetable_map(t[i].va, t[i].size, MAP_READ), t[i].want) ||
		    !CHECK_EQ(pagetable_protect(t[i].va, t[i].size, MAP_READ), t[i].want)) {
			printf("# 0x%lx, 0x%lx\n", t[i].va, t[i].size);
		}
		check_page(0, 0);
		CHECK_EQ(pagetable_query(TOP), 0);
		CHECK_EQ(pagetable_query(~0UL), 0);
	}
	/* Parts of a page are the page. */
	reset();
	CHECK_EQ(pagetable_map(0x5fff, 2, MAP_READ), 0);
	check_page(0x5000, MAP_READ);
	check_page(0x6000, MAP_READ);
	check_page(0x7000, 0);
}

static void test_no_memory(void)
{
	for (unsigned limit = 1; limit < 12; limit++) {
		unsigned failed = 0;

		reset();
		h.limit = limit;
		for (unsigned i = 0; i < 300; i++) {
			uintptr_t va = BASE + test_below(PAGES - 512) * PAGE_SIZE;
			size_t size = (test_below(512) + 1) * PAGE_SIZE;
			int r = test_below(2) == 0
					? pagetable_map(va, size, MAP_READ | MAP_WRITE)
					: pagetable_protect(va, size, MAP_READ | MAP_WRITE);

			CHECK(r == 0 || r == -ENOMEM);
			failed += r != 0;
		}
		CHECK((failed > 0) == (limit < 8));
		/* Whatever was reached is mapped as asked; nothing else is. */
		for (unsigned i = 0; i < PAGES; i++) {
			paddr_t pa;
			unsigned attr = cpu_walk(BASE + i * PAGE_SIZE, &pa);

			CHECK(attr == 0 ||
			      (attr == (MAP_READ | MAP_WRITE) && pa == BASE + i * PAGE_SIZE));
		}
		CHECK(!spin_is_locked(&pt.lock) && !host.masked);
	}
}

/* Splitting what is mapped fails as a whole: the block stays. */
static void test_no_memory_to_split(void)
{
	reset();
	CHECK_EQ(pagetable_map(0x40000000, 0x40000000, MAP_READ | MAP_WRITE), 0);
	for (unsigned more = 0; more < 2; more++) {
		h.limit = h.used + more;
		CHECK_EQ(pagetable_protect(0x41000000, PAGE_SIZE, MAP_READ), -ENOMEM);
		check_page(0x41000000, MAP_READ | MAP_WRITE);
		check_page(0x40000000, MAP_READ | MAP_WRITE);
		check_page(0x7ffff000, MAP_READ | MAP_WRITE);
	}
	h.limit = TABLES;
	CHECK_EQ(pagetable_protect(0x41000000, PAGE_SIZE, MAP_READ), 0);
	check_page(0x41000000, MAP_READ);
	check_page(0x41001000, MAP_READ | MAP_WRITE);
}

static void check_boot(paddr_t fdt, unsigned fdt_attr)
{
	check_page((uintptr_t)_image_start, MAP_READ | MAP_EXEC);
	check_page((uintptr_t)_rodata_start - 1, MAP_READ | MAP_EXEC);
	check_page((uintptr_t)_rodata_start, MAP_READ);
	check_page((uintptr_t)_data_start, MAP_READ | MAP_WRITE);
	check_page((uintptr_t)_image_end - 1, MAP_READ | MAP_WRITE);
	check_page((uintptr_t)_image_end, 0);
	check_page((uintptr_t)_image_start - 1, 0);
	check_page(0, 0);
	check_page(fdt, fdt_attr);
	CHECK(pt.live && h.used == 0 && h.replaced == 0);
}

static void test_boot(void)
{
	static const struct {
		paddr_t fdt;
		unsigned attr;
	} t[] = { { 0x48000000, MAP_READ | MAP_WRITE },
		  { 0x7fffe008, MAP_READ | MAP_WRITE },
		  { 0, 0 },
		  { 0x1ffff8, 0 },	     /* in the block of the null page */
		  { (paddr_t)1 << 47, 0 } }; /* nonsense */

	if ((uintptr_t)_image_start >> 39 != (uintptr_t)_image_end >> 39) {
		test_skip("the test's own image lies across a boundary of 512 GiB");
		return;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(t); i++) {
		memset(&pt, 0, sizeof(pt));
		memset(&h, 0, sizeof(h));
		h.top = (paddr_t)1 << 48;
		memset(boot_tables, 0xff, sizeof(boot_tables));
		CHECK_EQ(pagetable_boot(t[i].fdt), (paddr_t)boot_tables[0]);
		check_boot(t[i].fdt, t[i].attr);
	}
	/* Two megabytes from anywhere in the first block. */
	memset(&pt, 0, sizeof(pt));
	pagetable_boot(0x485ffff8);
	check_page(0x485ffff8 + (2 << 20) - 1, MAP_READ | MAP_WRITE);
	CHECK(pt.boot_used <= ARRAY_SIZE(boot_tables));
}

static const struct test tests[] = {
	{ "entries: what is encoded is decoded, at each level", test_encoding },
	{ "20,000 random map and protect calls do what a flat table would", test_random_changes },
	{ "large blocks are used, split by break before make, and only when needed", test_blocks },
	{ "the null page, the top of the address space and wraps are refused", test_bounds },
	{ "short of tables: -ENOMEM, and nothing wrong is mapped", test_no_memory },
	{ "short of tables in a split: the block keeps its rights", test_no_memory_to_split },
	{ "the boot's tables: sections with their rights, the tree, no page 0", test_boot },
};
TEST_MAIN(tests)
