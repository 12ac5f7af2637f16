/* SPDX-License-Identifier: MIT */
/* kernel/alloc.c over the real page allocator: contents, limits, misuse, and no page lost.
 * sources: tests/unit/test.c tests/unit/host/kernel.c kernel/page.c */
#include "../../kernel/alloc.c"

#include "kernel.h"
#include "test.h"

#include <kernel/pagetable.h>
#include <sys/mman.h>

#define RAM_PAGES 4096U
#define LIVE	  2000U

static char *ram;

int pagetable_map(paddr_t pa, uint64_t size, unsigned attr)
{
	(void)pa;
	(void)size;
	(void)attr;
	return 0;
}

paddr_t arch_address_top(void)
{
	return (paddr_t)1 << 48;
}

/* The machine is made once: there is no way back to before page_init(). */
static void start(void)
{
	ram = mmap(NULL, RAM_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		   -1, 0);
	if (ram == MAP_FAILED) {
		abort();
	}
	page_add_ram((paddr_t)ram, RAM_PAGES * PAGE_SIZE);
	page_init();
	kmalloc_init();
}

/* Give the empty slabs back, so that all memory is accounted for. */
static void drop_spares(void)
{
	kmalloc_trim();
	for (unsigned i = 0; i < CLASSES; i++) {
		struct class *k = &classes[i];

		CHECK(list_empty(&k->partial));
		CHECK(!spin_is_locked(&k->lock));
		if (k->spare != NULL) {
			page_free(k->spare, (size_t)1 << k->spare->order);
			k->spare = NULL;
		}
	}
}

static size_t all_pages(void)
{
	drop_spares();
	return page_free_count();
}

static void test_sizes(void)
{
	size_t before = all_pages();

	for (size_t n = 0; n <= 20000; n += n < 5000 ? 1 : 97) {
		char *p = kmalloc(n);
		size_t room = kmalloc_usable(p);

		CHECK(((uintptr_t)p & 15) == 0);
		CHECK(room >= n);
		/* At most a quarter is lost, but for the smallest and for single pages. */
		CHECK(room <= 16 || room - n < 16 ||
		      room - n <= n / 4 + PAGE_SIZE * (n > SMALL_MAX));
		memset(p, 0xee, room);
		kfree(p);
	}
	CHECK_EQ(all_pages(), before);
}

static void test_unique(void)
{
	char *a = kmalloc(0), *b = kmalloc(0);

	CHECK(a != NULL && b != NULL && a != b);
	kfree(a);
	kfree(b);
	kfree(NULL);
	CHECK(kmalloc(SIZE_MAX) == NULL && kmalloc(SIZE_MAX - PAGE_SIZE) == NULL);
	CHECK(kmalloc((size_t)1 << 62) == NULL && kmalloc((size_t)PTRDIFF_MAX) == NULL);
	CHECK(kzalloc(SIZE_MAX) == NULL && krealloc(NULL, SIZE_MAX) == NULL);
}

static void test_size_codes(void)
{
	for (size_t n = 1; n < 1 << 20; n += n < 5000 ? 1 : 1009) {
		unsigned code = pages_code(n);

		CHECK(code_pages(code) >= n);
		CHECK(code == 0 || code_pages(code - 1) < n ||
		      code_pages(code - 1) == code_pages(code));
		CHECK(code_pages(code) - n <= n / 4);
	}
	for (size_t n = 0; n <= SMALL_MAX; n++) {
		unsigned c = class_of(n);

		CHECK(sizes[c] >= n && (c == 0 || sizes[c - 1] < n));
	}
}

static void test_zeroed(void)
{
	static const size_t n[] = { 1, 16, 100, 2048, 2049, 50000 };

	for (unsigned i = 0; i < ARRAY_SIZE(n); i++) {
		char *p = kmalloc(n[i]), sum = 0;

		memset(p, 0xff, n[i]);
		kfree(p);
		p = kzalloc(n[i]);
		for (size_t k = 0; k < n[i]; k++) {
			sum |= p[k];
		}
		CHECK_EQ(sum, 0);
		kfree(p);
	}
}

/* --- random use ------------------------------------------------------------------- */

static struct {
	unsigned char *p;
	size_t n;
	unsigned char fill;
} live[LIVE];
static unsigned count;

static size_t random_size(void)
{
	switch (test_below(10)) {
	case 0:
		return test_below(4) * 16;
	case 1:
		return 2040 + test_below(20);
	case 2:
		return test_below(40000);
	case 3:
		return test_below(8) == 0 ? test_below(1000000) : 4096;
	default:
		return test_below(600);
	}
}

static void fill(unsigned i)
{
	live[i].fill = (unsigned char)test_random();
	memset(live[i].p, live[i].fill, live[i].n);
}

static void check_fill(unsigned i, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		if (live[i].p[k] != live[i].fill) {
			CHECK(!"the content is kept");
			return;
		}
	}
}

static void make(void)
{
	size_t n = random_size();
	size_t align = test_below(10) == 0 ? (size_t)1 << test_below(16) : 1;
	unsigned char *p = align > 1 ? kmemalign(align, n) : kmalloc(n);

	if (p != NULL) {
		CHECK(((uintptr_t)p & (align - 1)) == 0 && kmalloc_usable(p) >= n);
		live[count].p = p;
		live[count].n = n;
		fill(count++);
	}
}

static void change(unsigned i)
{
	size_t n = random_size();
	unsigned char *p = krealloc(live[i].p, n);

	if (p != NULL) {
		live[i].p = p;
		check_fill(i, MIN(n, live[i].n));
		live[i].n = n;
		fill(i);
	} else {
		check_fill(i, live[i].n);
	}
}

static void end(unsigned i)
{
	check_fill(i, live[i].n);
	kfree(live[i].p);
	live[i] = live[--count];
}

static void test_random_use(void)
{
	size_t before = all_pages();

	for (unsigned i = 0; i < 100000; i++) {
		unsigned what = test_below(100), grow = i / 10000 % 2 == 0 ? 55 : 30;

		if (count < LIVE && what < grow) {
			make();
		} else if (count > 0 && what < 65) {
			change(test_below(count));
		} else if (count > 0) {
			end(test_below(count));
		}
	}
	while (count > 0) {
		end(count - 1);
	}
	CHECK_EQ(all_pages(), before);
}

static void test_out_of_memory(void)
{
	size_t before = all_pages();

	for (unsigned round = 0; round < CLASSES + 3; round++) {
		size_t n = round < CLASSES ? sizes[round] : (size_t)3000 << (4 * (round - CLASSES));
		void **list = NULL, **p, *q;

		while ((p = kmalloc(n)) != NULL) {
			*p = list;
			list = p;
		}
		CHECK(list != NULL && kzalloc(n) == NULL && kmemalign(64, n) == NULL);
		CHECK(krealloc(list, (size_t)RAM_PAGES * PAGE_SIZE) == NULL);
		CHECK(round >= CLASSES || page_free_count() == 0);
		/* One back, one more. */
		q = *list;
		kfree(list);
		list = q;
		p = kmalloc(n);
		CHECK(p != NULL);
		kfree(p);
		for (; list != NULL; list = q) {
			q = *list;
			kfree(list);
		}
		CHECK_EQ(all_pages(), before);
	}
}

/* A smaller size can always be had: the old place serves. */
static void test_shrink_when_full(void)
{
	size_t before = all_pages();
	void *big = kmalloc(40000), **list = NULL, **p;

	while ((p = kmalloc(4096)) != NULL) {
		*p = list;
		list = p;
	}
	while ((p = kmalloc(16)) != NULL) {
		*p = list;
		list = p;
	}
	memset(big, 0x77, 40000);
	p = krealloc(big, 10);
	if (CHECK(p != NULL)) {
		CHECK(*(char *)p == 0x77);
		big = p;
	}
	kfree(big);
	for (void *next; list != NULL; list = next) {
		next = *list;
		kfree(list);
	}
	CHECK_EQ(all_pages(), before);
}

/* Memory that the program never wrote to is freed like any other, whatever it held before. */
static void test_stale_memory(void)
{
	static void *p[3000];
	size_t before = all_pages();

	for (unsigned c = 0; c < CLASSES; c++) {
		for (unsigned round = 0; round < 3; round++) {
			for (unsigned i = 0; i < 3000; i++) {
				p[i] = kmalloc(sizes[c]);
			}
			for (unsigned i = 0; i < 3000; i++) {
				kfree(p[i]);
			}
		}
	}
	CHECK_EQ(all_pages(), before);
}

/* --- misuse ----------------------------------------------------------------------- */

static void reset_classes(void)
{
	for (unsigned i = 0; i < CLASSES; i++) {
		classes[i].lock = (struct spinlock)SPINLOCK_INIT;
	}
}

static void expect_panic(void *p, const char *what)
{
	if (!CHECK(PANICS(kfree(p)))) {
		printf("# %s\n", what);
	}
	reset_classes();
}

static void test_double_free(void)
{
	static const size_t n[] = { 0, 16, 64, 100, 2048, 2049, 10000, 100000 };

	for (unsigned i = 0; i < ARRAY_SIZE(n); i++) {
		char *keep = kmalloc(n[i]), *p = kmalloc(n[i]);

		kfree(p);
		expect_panic(p, "freed twice");
		/* The last of its slab, too. */
		kfree(keep);
		expect_panic(keep, "freed twice, and the slab is empty");
	}
}

static void test_wild_free(void)
{
	char *small = kmalloc(64), *other = kmalloc(64), *large = kmalloc(20000), local[64];

	expect_panic(small + 8, "not aligned");
	expect_panic(small + 16, "inside an object");
	expect_panic(small + 48, "inside an object");
	expect_panic((char *)ALIGN_DOWN((uintptr_t)small, PAGE_SIZE), "the slab itself");
	expect_panic((char *)ALIGN_DOWN((uintptr_t)small, PAGE_SIZE) + 16, "the slab's header");
	expect_panic((char *)ALIGN_UP((uintptr_t)small + 1, PAGE_SIZE) - 64, "never handed out");
	expect_panic(large + 16, "inside a large one");
	expect_panic(large + PAGE_SIZE, "a later page of a large one");
	expect_panic(ram + 0x1000 * 4000, "a page that nobody has");
	expect_panic(ram, "the page allocator's own");
	expect_panic(local, "the stack");
	expect_panic((void *)16, "the null page");
	expect_panic((void *)~0xfUL, "no memory at all");
	kfree(small);
	kfree(other);
	kfree(large);
}

static const struct test tests[] = {
	{ "every size from 0: aligned, roomy enough, little lost", test_sizes },
	{ "0 bytes are unique; impossible sizes give NULL", test_unique },
	{ "size classes and codes are the smallest that fit", test_size_codes },
	{ "kzalloc() clears memory that was used", test_zeroed },
	{ "100,000 random calls keep contents and lose no page", test_random_use },
	{ "out of memory gives NULL, and all comes back", test_out_of_memory },
	{ "realloc() to less never fails", test_shrink_when_full },
	{ "memory never written to can be freed, on used pages too", test_stale_memory },
	{ "a second free panics, small or large", test_double_free },
	{ "freeing what malloc did not give panics", test_wild_free },
};

int main(void)
{
	start();
	return test_run(tests, ARRAY_SIZE(tests));
}
