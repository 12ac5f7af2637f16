/* SPDX-License-Identifier: MIT */
/* kernel/rand.c: the cipher of RFC 8439, key erasure, and that nothing comes twice.
 * sources: tests/unit/test.c tests/unit/host/kernel.c */
#include "../../kernel/rand.c"

#include "test.h"

static void reset(void)
{
	memset(&rng, 0, sizeof(rng));
	host.counter = 0;
}

/* RFC 8439, 2.3.2: the test vector's state, whose last four words are counter and nonce. */
static void test_vector(void)
{
	static const uint32_t want[16] = { 0xe4e7f110, 0x15593bd1, 0x1fdd0f50, 0xc47120a3,
					   0xc7f4d1c7, 0x0368c033, 0x9aaa2204, 0x4e6cd4c3,
					   0x466482d2, 0x09aa9f07, 0x05d7c214, 0xa2028bd9,
					   0xd19c12b5, 0xb94e16de, 0xe883d0cb, 0x4e3c50a2 };

	reset();
	for (unsigned i = 0; i < 32; i++) {
		((uint8_t *)rng.key)[i] = (uint8_t)i;
	}
	/* Words 12 to 15 are 1, 0x09000000, 0x4a000000, 0. */
	rng.counter = 0x0900000000000001;
	host.counter = 0x4a000000;
	step();
	CHECK(memcmp(rng.key, want, 32) == 0);
	CHECK(memcmp(rng.out, want + 8, 32) == 0);
	CHECK_EQ(rng.counter, 0x0900000000000002);
}

static void test_deterministic(void)
{
	uint8_t a[200], b[200], c[200];

	for (unsigned i = 0; i < 3; i++) {
		reset();
		rand_add("seed", 4, 8);
		host.counter = i == 2 ? 1 : 0;
		rand_bytes(i == 0 ? a : i == 1 ? b : c, sizeof(a));
	}
	CHECK(memcmp(a, b, sizeof(a)) == 0);
	CHECK(memcmp(a, c, sizeof(a)) != 0); /* the time is mixed in */
	reset();
	rand_add("sead", 4, 8);
	rand_bytes(c, sizeof(c));
	CHECK(memcmp(a, c, sizeof(a)) != 0);
}

/* Every byte of a long seed counts. */
static void test_seeds(void)
{
	uint8_t seed[100] = { 0 }, first[32], other[32];

	reset();
	rand_add(seed, sizeof(seed), 0);
	rand_bytes(first, 32);
	for (unsigned i = 0; i < sizeof(seed); i++) {
		reset();
		seed[i] = 1;
		rand_add(seed, sizeof(seed), 0);
		rand_bytes(other, 32);
		CHECK(memcmp(first, other, 32) != 0);
		seed[i] = 0;
	}
}

/* What comes in short pieces counts as much as in one: none undoes another, nor takes its place. */
static void test_short_seeds(void)
{
	uint8_t seed[40], whole[32], pieces[32];

	for (unsigned n = 1; n <= sizeof(seed); n++) {
		for (unsigned i = 0; i < sizeof(seed); i++) {
			seed[i] = (uint8_t)test_random();
		}
		reset();
		rand_add(seed, sizeof(seed), 0);
		rand_bytes(whole, 32);
		reset();
		for (unsigned at = 0; at < sizeof(seed); at += n) {
			rand_add(seed + at, MIN(n, (unsigned)sizeof(seed) - at), 0);
		}
		rand_bytes(pieces, 32);
		CHECK(memcmp(whole, pieces, 32) == 0);
	}
	/* The same twice is not the same as never. */
	reset();
	rand_bytes(whole, 32);
	reset();
	rand_add("12345678", 8, 64);
	rand_add("12345678", 8, 64);
	rand_bytes(pieces, 32);
	CHECK(memcmp(whole, pieces, 32) != 0);
}

static void test_seeded(void)
{
	reset();
	CHECK(!rand_seeded());
	rand_add("", 0, 0);
	rand_add("x", 1, 127);
	CHECK(!rand_seeded());
	rand_add("x", 1, 1);
	CHECK(rand_seeded());
	rand_add("x", 1, ~0U);
	rand_add("x", 1, ~0U); /* the estimate does not wrap */
	CHECK(rand_seeded());
}

/* What was given out is nowhere in the generator's memory. */
static void test_erasure(void)
{
	uint8_t out[64];

	reset();
	rand_add("seed", 4, 200);
	for (unsigned n = 4; n <= 64; n++) {
		rand_bytes(out, n);
		for (unsigned at = 0; at + 4 <= n; at++) {
			CHECK(memmem(&rng, sizeof(rng), out + at, 4) == NULL);
		}
	}
}

/* The same stream, however it is asked for; nothing is given twice. */
static void test_pieces(void)
{
	uint8_t whole[1000], part[1000];
	unsigned n;

	reset();
	rand_bytes(whole, sizeof(whole));
	reset();
	for (unsigned at = 0; at < sizeof(part); at += n) {
		n = test_below(50) + 1;
		n = MIN(n, (unsigned)sizeof(part) - at);
		rand_bytes(part + at, n);
	}
	CHECK(memcmp(whole, part, sizeof(whole)) == 0);
	rand_bytes(part, 0);
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, 8);
}

static void test_no_repeats(void)
{
	static uint64_t v[50000];
	unsigned ones = 0;

	reset();
	rand_bytes(v, sizeof(v));
	for (unsigned i = 0; i < ARRAY_SIZE(v); i++) {
		ones += (unsigned)__builtin_popcountl(v[i]);
	}
	/* 3.2 million bits: 10 standard deviations are 8,944. */
	CHECK(ones > 1600000 - 8944 && ones < 1600000 + 8944);
	qsort(v, ARRAY_SIZE(v), sizeof(v[0]), compare);
	for (unsigned i = 1; i < ARRAY_SIZE(v); i++) {
		CHECK(v[i] != v[i - 1]);
	}
	CHECK(rand_u32() != rand_u32());
}

static const struct test tests[] = {
	{ "the block function is RFC 8439's ChaCha20", test_vector },
	{ "the output follows from seed and time alone", test_deterministic },
	{ "every byte of a seed counts", test_seeds },
	{ "a seed in short pieces counts as much as in one", test_short_seeds },
	{ "seeded from 128 bits on", test_seeded },
	{ "what was given out cannot be found in memory", test_erasure },
	{ "one stream, in pieces of any size", test_pieces },
	{ "400,000 bytes: no word twice, as many ones as zeros", test_no_repeats },
};
TEST_MAIN(tests)
