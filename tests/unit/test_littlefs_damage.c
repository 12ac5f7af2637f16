/* SPDX-License-Identifier: MIT */
/* Contract: no damage to a littlefs ends in a crash or takes for ever, whether its checksums tell (flipped bits) or do not
 * (a hostile maker).
 * sources: fs/littlefs.c fs/littlefs_dev.c fs/littlefs_dir.c fs/littlefs_file.c fs/littlefs_ctz.c
	fs/littlefs_over.c fs/littlefs_mount.c fs/vnode.c @micropython:lib/littlefs/lfs2.c tests/unit/littlefs_env.c
	tests/unit/littlefs_damage.c tests/unit/test.c tests/unit/host/kernel.c
 * isystem: micropython/lib/littlefs
 * flags: -DLFS2_DEFINES=lfs_port.h -Ifs */
#include "littlefs_damage.h"

#include "host/kernel.h"
#include "test.h"

static struct disk good;

static void copy(struct disk *d)
{
	disk_init(d, DAMAGE_BLOCKS * DAMAGE_BLOCK);
	memcpy(d->now, good.now, DAMAGE_BLOCKS * DAMAGE_BLOCK);
	memcpy(d->medium, good.now, DAMAGE_BLOCKS * DAMAGE_BLOCK);
}

static void use(struct disk *d, bool write)
{
	damage_use(d, write);
	disk_free(d);
	CHECK_EQ(env_allocated, 0);
}

/* Is there a log of commits? */
static bool is_metadata(uint32_t block)
{
	const uint8_t *b = good.now + (size_t)block * DAMAGE_BLOCK;

	/* Only folders' blocks have a first tag that is one. */
	return (b[4] & 0x80) != 0 && b[1] == 0 && b[2] == 0 && b[3] == 0;
}

static void test_flips(void)
{
	struct disk d;
	unsigned n = 0;

	for (uint32_t block = 0; block < DAMAGE_BLOCKS; block++) {
		for (uint32_t i = 0; is_metadata(block) && i < DAMAGE_BLOCK;
		     i += 1 + test_below(60)) {
			copy(&d);
			d.now[block * DAMAGE_BLOCK + i] ^= (uint8_t)(1U << test_below(8));
			use(&d, test_below(2) == 0);
			n++;
		}
	}
	printf("# %u bits\n", n);
	CHECK(n > 300);
}

/* As above, but the checksums are right. */
static void test_lies(void)
{
	struct disk d;

	for (unsigned n = 0; n < 600; n++) {
		uint32_t block = test_below(DAMAGE_BLOCKS);

		copy(&d);
		for (unsigned k = 0; k < 1 + n % 3; k++) {
			if (test_below(2) == 0) {
				damage_tag(&d, block, test_below(40), 1U << test_below(31));
			} else {
				d.now[block * DAMAGE_BLOCK + test_below(1200)] =
					(uint8_t)test_random();
			}
		}
		damage_resum(&d);
		use(&d, n % 2 == 0);
	}
}

/* Whole blocks changed for others, or lost. */
static void test_blocks(void)
{
	struct disk d;

	for (unsigned n = 0; n < 150; n++) {
		uint32_t a = test_below(DAMAGE_BLOCKS), b = test_below(DAMAGE_BLOCKS);

		copy(&d);
		if (n % 2 == 0) {
			memcpy(d.now + a * DAMAGE_BLOCK, good.now + b * DAMAGE_BLOCK, DAMAGE_BLOCK);
		} else {
			memset(d.now + a * DAMAGE_BLOCK, n % 4 == 1 ? 0 : 0xff, DAMAGE_BLOCK);
		}
		use(&d, n % 3 == 0);
	}
}

static void test_good(void)
{
	struct disk d;

	damage_make(&good);
	copy(&d);
	damage_resum(&d);
	/* What the test itself works out agrees with littlefs. */
	CHECK(memcmp(d.now, good.now, 2 * DAMAGE_BLOCK) == 0);
	use(&d, true);
}

static const struct test tests[] = {
	{ "the undamaged image is used without a complaint", test_good },
	{ "flipped bits in metadata", test_flips },
	{ "lies with checksums that are right", test_lies },
	{ "blocks of one place in another, and lost ones", test_blocks },
};

TEST_MAIN(tests)
