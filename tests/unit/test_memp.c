/* SPDX-License-Identifier: MIT */
/* net/port/memp.c when memory runs out: who lacked some is told to try again at once when there is more, and less and
 * less often when there is none; the account is exact, and pools keep what they got.
 * sources: tests/unit/test.c tests/unit/host/kernel.c
 * lwip: headers */
#include "test.h"

#include "../../net/port/memp.c"

#define LIMIT (64U << 10)

static uint64_t now = NS_PER_SEC;

uint64_t time_now(void)
{
	return now;
}

void *page_alloc(size_t n, size_t align)
{
	return aligned_alloc(align * PAGE_SIZE, n * PAGE_SIZE);
}

void *kmalloc(size_t n)
{
	return malloc(n);
}

void kfree(void *p)
{
	free(p);
}

static void begin(void)
{
	memset(&mem, 0, sizeof(mem));
	net_pools_init(2 * LIMIT);
	now += 10 * NS_PER_SEC;
}

/* All that there is, in @blocks; returns how many. */
static unsigned fill(void **blocks, unsigned most)
{
	unsigned n = 0;

	while (n < most && (blocks[n] = net_mem_alloc(1000)) != NULL) {
		n++;
	}
	return n;
}

static void test_account(void)
{
	void *blocks[128];
	unsigned n;

	begin();
	n = fill(blocks, 128);
	CHECK(n > 50 && n < 128);
	CHECK(mem.used >= LIMIT && mem.used < LIMIT + 1100);
	CHECK_EQ(mem.failed, 1);
	while (n > 0) {
		net_mem_free(blocks[--n]);
	}
	CHECK_EQ(mem.used, 0);
}

static void test_nothing_lacks(void)
{
	void *p;

	begin();
	p = net_mem_alloc(100);
	net_mem_free(p);
	CHECK(net_memory_due() == TIME_NEVER);
	CHECK(!net_memory_back(UINT64_MAX));
}

/* Somebody gets a bit, lacks the rest and gives back what he has got. */
static void try_in_vain(void)
{
	void *bit = kmalloc(sizeof(struct block) + 16);

	((struct block *)bit)->kind = LARGE;
	((struct block *)bit)->size = 32;
	mem.used += 32;
	CHECK(net_mem_alloc(1000) == NULL);
	net_mem_free(((struct block *)bit)->data);
}

static void test_in_vain(void)
{
	void *blocks[128];
	unsigned n;

	begin();
	n = fill(blocks, 128);
	/* At first at once, then after 1, 2, 4 ... 512 ms, and so on every 512. */
	CHECK(net_memory_due() == now && net_memory_back(now));
	for (uint64_t pause = 1; pause < 4000; pause *= 2) {
		uint64_t due = now + MIN(pause, 512) * NS_PER_MS;

		CHECK(net_memory_due() == TIME_NEVER);
		try_in_vain();
		CHECK_EQ(net_memory_due(), due);
		CHECK(!net_memory_back(due - 1));
		now = due;
		CHECK(net_memory_back(due));
	}
	/* More than before: at once, though the pause has just begun. */
	try_in_vain();
	CHECK(net_memory_due() > now);
	net_mem_free(blocks[--n]);
	CHECK_EQ(net_memory_due(), now);
	CHECK(net_memory_back(now));
	/* And the next one in vain begins anew. */
	blocks[n++] = net_mem_alloc(1000);
	try_in_vain();
	CHECK_EQ(net_memory_due(), now);
	while (n > 0) {
		net_mem_free(blocks[--n]);
	}
}

static void test_long_ago(void)
{
	void *blocks[128];
	unsigned n;

	begin();
	n = fill(blocks, 128);
	for (unsigned i = 0; i < 12; i++) {
		now = net_memory_due();
		CHECK(net_memory_back(now));
		try_in_vain();
	}
	CHECK(net_memory_due() - now == 512 * NS_PER_MS);
	now = net_memory_due();
	CHECK(net_memory_back(now));
	/* A lack much later has nothing to do with it. */
	now += 5 * NS_PER_SEC;
	try_in_vain();
	CHECK_EQ(net_memory_due(), now);
	while (n > 0) {
		net_mem_free(blocks[--n]);
	}
}

static void test_pool_is_full(void)
{
	static void *elements[17];

	begin();
	for (unsigned i = 0; i < 16; i++) {
		elements[i] = memp_malloc(MEMP_REASSDATA);
		CHECK(elements[i] != NULL);
	}
	CHECK(memp_malloc(MEMP_REASSDATA) == NULL);
	CHECK_EQ(net_pool_used(MEMP_REASSDATA), 16);
	CHECK(net_memory_due() != TIME_NEVER);
	memp_free(MEMP_REASSDATA, elements[7]);
	CHECK(memp_malloc(MEMP_REASSDATA) == elements[7]);
}

static const struct test tests[] = {
	{ "what is used is accounted for, up to the limit and back to nothing", test_account },
	{ "without a lack nobody is told to try", test_nothing_lacks },
	{ "tries in vain become rare; a gain is told at once", test_in_vain },
	{ "a lack long ago does not count", test_long_ago },
	{ "a pool ends at its limit, and gives again what came back", test_pool_is_full },
};

TEST_MAIN(tests)
