/* SPDX-License-Identifier: MIT */
/* Contract: whatever is on a volume, nothing is read out of bounds, nothing goes on for ever; the geometries that FatFs
 * computes wrong sums of are refused; and a chain that is a circle, or two files' at once, spoils no other file.
 * sources: fs/fat.c fs/fatff.c fs/fat_node.c fs/fat_file.c fs/fat_name.c fs/fat_sweep.c fs/vnode.c tests/unit/test.c
	tests/unit/host/kernel.c
 * isystem: micropython/lib/oofatfs */
#include "fat_hostile.h"

static const size_t sizes[] = { 256UL << 10, 5UL << 20 };

static uint8_t *original_of(const struct disk *k)
{
	uint8_t *p = malloc(k->size);

	memcpy(p, k->now, k->size);
	return p;
}

/* Bytes of the boot sector, the tables, the folders and of file data at random. */
static void test_bytes(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct disk *k = hostile_volume(sizes[i]);
		uint8_t *original = original_of(k);

		test_seed(i);
		for (unsigned n = 0; n < (i == 0 ? 400U : 60U); n++) {
			unsigned area = n % 4 == 0 ? 512 : n % 4 == 1 ? 8192 : 1U << 17;

			for (unsigned b = test_below(n % 4 == 3 ? 300 : 12) + 1; b > 0; b--) {
				hostile_byte(k, test_below(area), (uint8_t)test_random());
			}
			hostile_use(k);
			hostile_restore(k, original);
		}
		free(original);
		disk_free(k);
	}
}

/* Each byte of the boot sector's numbers, with values at the edges. */
static void test_boot_sector(void)
{
	static const uint8_t values[] = { 0, 1, 2, 0x7F, 0x80, 0xFF };
	struct disk *k = hostile_volume(sizes[0]);
	uint8_t *original = original_of(k);

	for (unsigned at = 0; at < 90; at++) {
		for (unsigned v = 0; v < ARRAY_SIZE(values); v++) {
			hostile_byte(k, at, values[v]);
			hostile_use(k);
			hostile_restore(k, original);
		}
	}
	free(original);
	disk_free(k);
}

static void put32(struct disk *k, size_t at, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++) {
		hostile_byte(k, at + i, (uint8_t)(v >> 8 * i));
	}
}

/* CVE-2026-6682: twice the size of a table is computed in 32 bits. */
static void test_geometry(void)
{
	struct disk *k = hostile_volume(sizes[1]);
	uint8_t *original = original_of(k);
	int r;

	hostile_byte(k, 22, 0); /* the size is the one of 32 bits */
	hostile_byte(k, 23, 0);
	put32(k, 36, 0x80000001);
	CHECK(mounted(k, 0, &r) == NULL);
	CHECK_EQ(r, -EINVAL);
	hostile_restore(k, original);
	/* More sectors than the device has. */
	put32(k, 19, 0);
	put32(k, 32, 1U << 20);
	CHECK(mounted(k, 0, &r) == NULL);
	CHECK_EQ(r, -EINVAL);
	free(original);
	disk_free(k);
}

/* FAT12's entry of cluster @c, in both tables. */
static void set_entry(struct disk *k, unsigned c, unsigned v)
{
	unsigned fats = 512U * (k->now[14] + 256U * k->now[15]);
	unsigned size = 512U * (k->now[22] + 256U * k->now[23]);

	for (unsigned t = 0; t < 2; t++) {
		size_t at = fats + t * size + c * 3 / 2;

		if (c % 2 == 0) {
			hostile_byte(k, at, (uint8_t)v);
			hostile_byte(k, at + 1, (uint8_t)((k->now[at + 1] & 0xF0) | v >> 8));
		} else {
			hostile_byte(k, at, (uint8_t)((k->now[at] & 0x0F) | v << 4));
			hostile_byte(k, at + 1, (uint8_t)(v >> 4));
		}
	}
}

/* All chains lead to @to. */
static void circle(struct disk *k, unsigned to, bool in_use)
{
	struct mount *m;
	int r;

	for (unsigned c = 2; c < 60; c++) {
		set_entry(k, c, to == 0 ? c : to);
	}
	hostile_byte(k, 37, in_use);
	m = mounted(k, 0, &r);
	if (CHECK_EQ(r, 0)) {
		/* One that was not unmounted is looked through: two files in one cluster. */
		CHECK_EQ((m->flags & MS_RDONLY) != 0, in_use);
		unmounted(m);
	}
	hostile_use(k);
}

static void test_circles(void)
{
	struct disk *k = hostile_volume(sizes[0]);
	uint8_t *original = original_of(k);

	for (unsigned to = 0; to < 8; to++) {
		for (unsigned in_use = 0; in_use < 2; in_use++) {
			circle(k, to == 1 ? 2 : to, in_use != 0);
			hostile_restore(k, original);
		}
	}
	free(original);
	disk_free(k);
}

static const struct test tests[] = {
	{ "bytes changed at random do no harm", test_bytes },
	{ "every number of the boot sector may be anything", test_boot_sector },
	{ "sizes whose sums do not fit are refused", test_geometry },
	{ "chains that are circles end, and a shared cluster makes the volume read-only",
	  test_circles },
};

TEST_MAIN(tests)
