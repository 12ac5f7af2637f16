/* SPDX-License-Identifier: MIT */
/* kernel/page.c against a flat model: one byte a page that says who has it.
 * sources: tests/unit/test.c tests/unit/host/kernel.c */
#include "../../kernel/page.c"

#include "kernel.h"
#include "test.h"

#include <sys/mman.h>

#define PAGES 4096U /* of the arena that the machine's RAM lies in */
#define LIVE  600U

enum { NONE, RAM, RESERVED, TAKEN };

static char *arena;
static uint8_t model[PAGES];
static unsigned map_calls;
static bool map_fails;

int pagetable_map(paddr_t pa, uint64_t size, unsigned attr)
{
	(void)pa;
	(void)size;
	map_calls++;
	CHECK(attr == (MAP_READ | MAP_WRITE));
	return map_fails ? -1 : 0;
}

paddr_t arch_address_top(void)
{
	return (paddr_t)1 << 48;
}

/* Everything as at power-on. The arena is full of @fill, unless that is 0. */
static void reset(int fill)
{
	if (arena == NULL) {
		/* Aligned to its size, so that blocks of every order occur. */
		char *p = mmap(NULL, 2 * PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED) {
			abort();
		}
		arena = (char *)ALIGN_UP((uintptr_t)p, PAGES * PAGE_SIZE);
	}
	if (fill != 0) {
		memset(arena, fill, PAGES * PAGE_SIZE);
	}
	memset(&pg, 0, sizeof(pg));
	memset(model, NONE, sizeof(model));
	map_fails = false;
}

static paddr_t at(unsigned page)
{
	return (paddr_t)arena + (paddr_t)page * PAGE_SIZE;
}

static unsigned number(const void *p)
{
	return (unsigned)(((uintptr_t)p - (uintptr_t)arena) >> PAGE_SHIFT);
}

/* Free pages in the order lists, which must be whole blocks, in a bank, below the frontier. */
static size_t listed(unsigned count[ORDERS])
{
	size_t pages = 0;

	for (unsigned o = 0; o < ORDERS; o++) {
		struct list *p;

		count[o] = 0;
		list_for_each(p, &pg.free[o]) {
			size_t page = (uintptr_t)p >> PAGE_SHIFT;
			struct page_bank *b = bank_of(page);

			CHECK(b != NULL && page + ((size_t)1 << o) <= b->frontier);
			CHECK((page & (((size_t)1 << o) - 1)) == 0);
			CHECK_EQ(*tag_of(b, page), TAG_FREE + o);
			pages += (size_t)1 << o;
			count[o]++;
		}
	}
	return pages;
}

/* All is free: the lists hold what a fresh split of [first, frontier) would give. */
static void check_merged(void)
{
	unsigned count[ORDERS], want[ORDERS] = { 0 };
	size_t recorded = listed(count), used = 0;

	for (unsigned i = 0; i < pg.bank_count; i++) {
		const struct page_bank *b = &page_banks[i];

		used += b->frontier - b->first;
		for (size_t p = b->first; p < b->frontier;) {
			unsigned o = (unsigned)__builtin_ctzl(p);

			while (p + ((size_t)1 << o) > b->frontier) {
				o--;
			}
			want[o]++;
			p += (size_t)1 << o;
		}
	}
	CHECK_EQ(recorded, used);
	CHECK(memcmp(count, want, sizeof(want)) == 0);
}

/* --- random use ------------------------------------------------------------------- */

static struct {
	unsigned page, n;
} live[LIVE];
static unsigned live_count;

static void stamp(unsigned page, unsigned n)
{
	for (unsigned i = page; i < page + n; i++) {
		*(uint64_t *)at(i) = i * 0x9e3779b97f4a7c15U;
		*(uint64_t *)(at(i) + PAGE_SIZE - 8) = ~(uint64_t)i;
	}
}

static void take(unsigned n, unsigned align)
{
	size_t before = page_free_count();
	char *p = page_alloc(n, align);
	unsigned page = number(p);

	if (p == NULL) {
		CHECK_EQ(page_free_count(), before);
		return;
	}
	CHECK_EQ(page_free_count(), before - n);
	CHECK(((uintptr_t)p & (align * PAGE_SIZE - 1)) == 0);
	for (unsigned i = page; i < page + n; i++) {
		CHECK_EQ(model[i], RAM);
		CHECK_EQ(page_tag((char *)at(i)), 0);
		model[i] = TAKEN;
	}
	stamp(page, n);
	page_set_tag(p, (uint8_t)(TAG_OWNER + page % 100));
	live[live_count].page = page;
	live[live_count++].n = n;
}

static void give(unsigned i, unsigned first, unsigned n)
{
	unsigned page = live[i].page + first;

	for (unsigned k = page; k < page + n; k++) {
		CHECK(*(uint64_t *)at(k) == k * 0x9e3779b97f4a7c15U);
		CHECK(*(uint64_t *)(at(k) + PAGE_SIZE - 8) == ~(uint64_t)k);
		model[k] = RAM;
	}
	page_free((void *)at(page), n);
}

/* All of it, or its front, its end or its middle. */
static void give_some(unsigned i)
{
	unsigned n = live[i].n, page = live[i].page, cut = n > 2 ? test_below(n - 1) + 1 : 0;

	CHECK_EQ(page_tag((void *)at(page)), TAG_OWNER + page % 100);
	if (cut != 0 && test_below(3) == 0) {
		give(i, cut, n - cut);
		live[i].n = cut;
	} else if (cut != 0 && test_below(3) == 0) {
		give(i, 0, cut);
		live[i].page += cut;
		live[i].n = n - cut;
		page_set_tag((void *)at(page + cut), (uint8_t)(TAG_OWNER + (page + cut) % 100));
	} else {
		give(i, 0, n);
		live[i] = live[--live_count];
	}
}

static void add_model_ram(unsigned first, unsigned n)
{
	page_add_ram(at(first), n * PAGE_SIZE);
	memset(model + first, RAM, n);
}

static void test_random_use(void)
{
	size_t start;

	reset(0);
	add_model_ram(3, 1500);
	add_model_ram(1600, 64);
	add_model_ram(2049, 2000);
	page_init();
	CHECK_EQ(pg.bank_count, 3);
	start = page_free_count();
	CHECK_EQ(start, 1500 + 64 + 2000 - 3);
	live_count = 0;
	for (unsigned i = 0; i < 100000; i++) {
		unsigned big = test_below(8) == 0 ? 64 : 6;

		if (live_count < LIVE && test_below(100) < (i / 5000 % 2 == 0 ? 65U : 35U)) {
			take(test_below(big) + 1, 1U << test_below(test_below(4) == 0 ? 8 : 3));
		} else if (live_count > 0) {
			give_some(test_below(live_count));
		}
	}
	while (live_count > 0) {
		give(live_count - 1, 0, live[live_count - 1].n);
		live_count--;
	}
	CHECK_EQ(page_free_count(), start);
	check_merged();
}

/* --- banks and reservations ------------------------------------------------------- */

/* Pages that must come out of a machine: each run of usable pages less the one for its map. */
static unsigned expected_pages(const unsigned ram[][2], unsigned n)
{
	bool seen[PAGES] = { false };
	unsigned sum = 0;

	for (unsigned i = 0; i < n; i++) {
		unsigned run = 0;

		for (unsigned p = ram[i][0]; p <= ram[i][0] + ram[i][1]; p++) {
			bool usable = p < ram[i][0] + ram[i][1] && model[p] != RESERVED && !seen[p];

			if (!usable) {
				sum += run >= 3 ? run - 1 : 0;
				run = 0;
			} else {
				run++;
			}
		}
		memset(seen + ram[i][0], true, ram[i][1]);
	}
	return sum;
}

static void check_all_come_out(unsigned want)
{
	unsigned got = 0;
	char *p;

	CHECK_EQ(page_free_count(), want);
	while ((p = page_alloc(1, 1)) != NULL && got <= PAGES) {
		if (!CHECK_EQ(model[number(p)], RAM)) {
			break;
		}
		model[number(p)] = TAKEN;
		memset(p, 0xff, PAGE_SIZE);
		got++;
	}
	CHECK_EQ(got, want);
	CHECK_EQ(page_free_count(), 0);
}

static void test_reservations(void)
{
	for (unsigned round = 0; round < 3000; round++) {
		unsigned ram[4][2], n = test_below(4) + 1, reserved = test_below(12);
		unsigned taken[12][2], want;

		reset(0);
		for (unsigned i = 0; i < n; i++) {
			ram[i][0] = test_below(200) + 1;
			ram[i][1] = test_below(80) + 1;
			add_model_ram(ram[i][0], ram[i][1]);
		}
		for (unsigned i = 0; i < reserved; i++) {
			/* Bytes, not pages: a page that is touched at all is reserved. */
			uint64_t off = test_below(4096) * (test_below(2) == 0 ? 1U : 0U);
			uint64_t size = test_below(12) * PAGE_SIZE + test_below(4096);

			taken[i][0] = test_below(300);
			taken[i][1] = (unsigned)((off + size + PAGE_SIZE - 1) >> PAGE_SHIFT);
			page_reserve(at(taken[i][0]) + off, size);
			if (size > 0) {
				memset(model + taken[i][0], RESERVED, taken[i][1]);
			}
		}
		want = expected_pages(ram, n);
		CHECK_EQ(page_init(), want * PAGE_SIZE);
		check_all_come_out(want);
	}
}

static void test_extremes(void)
{
	paddr_t start;
	uint64_t size;

	reset(0);
	page_add_ram(at(10) + 1, 5 * PAGE_SIZE); /* pages 11 to 14 */
	page_add_ram(at(20), 0);
	page_add_ram(at(30) + 5, 100);
	page_add_ram(0, 100);
	page_add_ram(~(paddr_t)0 - 100, 1000);
	page_reserve(~(paddr_t)0 - 100, 1000);
	page_reserve(0, PAGE_SIZE);
	CHECK_EQ(page_total(), 4);
	CHECK_EQ(page_init(), 3 * PAGE_SIZE);
	CHECK(page_ram(0, &start, &size) && start == at(11) && size == 4 * PAGE_SIZE);
	CHECK(!page_ram(1, &start, &size));
	CHECK(page_is_ram(at(11)) && page_is_ram(at(15) - 1) && !page_is_ram(at(15)));
	CHECK(!page_is_ram(at(11) - 1) && !page_is_ram(0));
	CHECK(page_overlaps_ram(at(10), 2 * PAGE_SIZE) &&
	      page_overlaps_ram(at(1), 100 * PAGE_SIZE));
	CHECK(page_overlaps_ram(at(14) + 1, 1) && !page_overlaps_ram(at(15), PAGE_SIZE));
	CHECK(!page_overlaps_ram(at(10), PAGE_SIZE));

	/* Above what the CPU can address, and a reservation of everything. */
	reset(0);
	page_add_ram((paddr_t)1 << 50, 1 << 20);
	CHECK_EQ(page_init(), 0);
	reset(0);
	page_add_ram(at(1), 100 * PAGE_SIZE);
	page_reserve(0, ~0UL);
	CHECK_EQ(page_init(), 0);
	CHECK(page_alloc(1, 1) == NULL);
}

static void test_too_many(void)
{
	reset(0);
	for (unsigned i = 0; i < RANGES; i++) {
		page_add_ram(at(4 * i), 3 * PAGE_SIZE);
	}
	CHECK(PANICS(page_add_ram(at(4 * RANGES), PAGE_SIZE)));
	CHECK_EQ(page_init(), 2 * RANGES * PAGE_SIZE);
	reset(0);
	page_add_ram(at(1), 100 * PAGE_SIZE);
	map_fails = true;
	CHECK_EQ(page_init(), 0);
}

/* --- details ---------------------------------------------------------------------- */

static void test_frontier(void)
{
	const char *p;
	unsigned used;

	reset(0x5a);
	page_add_ram(at(8), 1000 * PAGE_SIZE);
	page_init();
	for (unsigned i = 0; i < 100; i++) {
		CHECK(page_alloc(1 + i % 3, 1) != NULL);
	}
	used = (unsigned)(page_banks[0].frontier - page_banks[0].first);
	CHECK_EQ(used, 199);
	/* Neither the pages beyond nor their bookkeeping were written. */
	for (p = (char *)at(9 + used); p < (char *)at(1008); p++) {
		if (!CHECK(*p == 0x5a)) {
			break;
		}
	}
	for (p = (char *)at(8) + used; p < (char *)at(9); p++) {
		if (!CHECK(*p == 0x5a)) {
			break;
		}
	}
}

static void test_refusals(void)
{
	void *p;

	reset(0);
	page_add_ram(at(1), 65 * PAGE_SIZE);
	page_init();
	CHECK_EQ(page_free_count(), 64);
	CHECK(page_alloc(0, 1) == NULL);
	CHECK(page_alloc(65, 1) == NULL);
	CHECK(page_alloc(SIZE_MAX, 1) == NULL);
	CHECK(page_alloc(SIZE_MAX / 2, 1) == NULL);
	CHECK(page_alloc(1, (size_t)1 << 40) == NULL);
	CHECK(page_alloc(1, (size_t)1 << 51) == NULL);
	p = page_alloc(64, 1);
	CHECK(p != NULL && page_alloc(1, 1) == NULL && page_free_count() == 0);
	page_free(p, 64);
	CHECK_EQ(page_free_count(), 64);
	p = page_alloc(1, 64);
	CHECK(p == (void *)at(64));
}

static void test_tags(void)
{
	char *p;

	reset(0xff);
	page_add_ram(at(1), 65 * PAGE_SIZE);
	page_init();
	CHECK_EQ(page_tag((void *)at(3)), 0); /* beyond the frontier, where the byte is not valid */
	CHECK_EQ(page_tag((void *)at(1)), 0);
	CHECK_EQ(page_tag((void *)at(2000)), 0);
	CHECK_EQ(page_tag(NULL), 0);
	p = page_alloc(4, 4);
	page_set_tag(p, 0x40);
	page_set_tag(p + 3 * PAGE_SIZE, 0xff);
	CHECK_EQ(page_tag(p), 0x40);
	CHECK_EQ(page_tag(p + 1), 0x40);
	CHECK_EQ(page_tag(p + 2 * PAGE_SIZE), 0);
	CHECK_EQ(page_tag(p + 4 * PAGE_SIZE - 1), 0xff);
	page_free(p, 4);
	CHECK(page_tag(p) < TAG_OWNER && page_tag(p + 3 * PAGE_SIZE) < TAG_OWNER);
	CHECK(page_alloc(4, 4) == p && page_tag(p) == 0 && page_tag(p + 3 * PAGE_SIZE) == 0);
}

static void test_bad_frees(void)
{
	char *p;

	for (unsigned i = 0; i < 7; i++) {
		reset(0);
		page_add_ram(at(1), 65 * PAGE_SIZE);
		page_init();
		p = page_alloc(4, 4);
		switch (i) {
		case 0:
			page_free(p, 4);
			CHECK(PANICS(page_free(p, 4)));
			break;
		case 1:
			CHECK(PANICS(page_free(p + 16, 1)));
			break;
		case 2:
			CHECK(PANICS(page_free((void *)at(1), 1)));
			break;
		case 3:
			CHECK(PANICS(page_free((void *)at(40), 1)));
			break;
		case 4:
			CHECK(PANICS(page_free(NULL, 1)));
			break;
		case 5:
			CHECK(PANICS(page_free((void *)at(3000), 1)));
			break;
		default:
			CHECK(PANICS(page_free(p, 60)));
			break;
		}
	}
}

/* What was used and given back serves a large request as well as fresh memory does. */
static void test_whole_again(void)
{
	static void *p[1500];
	unsigned n = 0;

	reset(0);
	page_add_ram(at(700), 1400 * PAGE_SIZE);
	page_init();
	CHECK(page_alloc(1399, 1) == (void *)at(701));
	page_free((void *)at(701), 1399);
	while ((p[n] = page_alloc(1, 1)) != NULL) {
		n++;
	}
	CHECK_EQ(n, 1399);
	while (n > 0) {
		page_free(p[--n], 1);
	}
	check_merged();
	CHECK(page_alloc(1399, 1) != NULL);
}

/* --- given back ----------------------------------------------------------------------------------------- */

static struct {
	void *kept[40];
	unsigned count, calls, at_once;
} keeper;

static bool give_back(size_t n)
{
	unsigned before = keeper.count;

	CHECK(n > 0 && !spin_is_locked(&pg.lock));
	keeper.calls++;
	for (unsigned i = 0; i < keeper.at_once && keeper.count > 0; i++) {
		page_free(keeper.kept[--keeper.count], 1);
	}
	return keeper.count != before;
}

static void test_reclaim(void)
{
	reset(0);
	page_add_ram(at(0), 64 * PAGE_SIZE);
	page_init();
	page_reclaim = give_back;
	keeper.at_once = 2;
	while (keeper.count < ARRAY_SIZE(keeper.kept)) {
		keeper.kept[keeper.count++] = page_alloc(1, 1);
	}
	while (page_free_count() > 0) {
		CHECK(page_alloc(1, 1) != NULL);
	}
	CHECK_EQ(keeper.calls, 0);
	CHECK(page_alloc(0, 1) == NULL);
	CHECK_EQ(keeper.calls, 0);
	/* As often as it takes, but not for what needs all of them. */
	CHECK(page_alloc(1, 1) != NULL);
	CHECK_EQ(keeper.calls, 1);
	CHECK(page_alloc(7, 1) != NULL);
	CHECK(keeper.calls >= 4 && keeper.calls <= 1 + RECLAIMS);
	keeper.calls = 0;
	CHECK(page_alloc(40, 1) == NULL);
	CHECK_EQ(keeper.calls, RECLAIMS);
	keeper.at_once = 0;
	CHECK(page_alloc(40, 1) == NULL);
	CHECK_EQ(keeper.calls, RECLAIMS + 1);
	page_reclaim = NULL;
	CHECK(page_alloc(40, 1) == NULL);
}

static const struct test tests[] = {
	{ "100,000 random requests: aligned, disjoint, untouched; all merges again",
	  test_random_use },
	{ "3,000 machines: exactly the unreserved pages come out, each once", test_reservations },
	{ "ranges that are odd, empty, at both ends of the address space", test_extremes },
	{ "too many ranges panic; a bank that cannot be mapped is left out", test_too_many },
	{ "memory that nobody asked for is not written, nor is its bookkeeping", test_frontier },
	{ "what cannot be had gives NULL and changes nothing", test_refusals },
	{ "tags: kept while allocated, gone when free", test_tags },
	{ "freeing what was not allocated panics", test_bad_frees },
	{ "a run that exists is found, after use too", test_whole_again },
	{ "who keeps pages is asked for them when there is none, a few times", test_reclaim },
};
TEST_MAIN(tests)
