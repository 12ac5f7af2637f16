/* SPDX-License-Identifier: MIT */
/* Fuzzes fs/littlefs*.c and littlefs itself on a disk that lies: the input is changes of 8 bytes each to a good image, by
 * byte or by tag, whose checksums are then made right. It is mounted, read and changed; tests/unit/littlefs_damage.c. */
#include "../unit/littlefs_damage.h"

#include "../unit/host/kernel.h"
#include "../unit/test.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct disk good;
	struct disk d;
	bool write;

	if (good.now == NULL) {
		damage_make(&good);
	}
	if (n < 1) {
		return 0;
	}
	write = (data[0] & 1) != 0;
	disk_init(&d, DAMAGE_BLOCKS * DAMAGE_BLOCK);
	memcpy(d.now, good.now, DAMAGE_BLOCKS * DAMAGE_BLOCK);
	memcpy(d.medium, good.now, DAMAGE_BLOCKS * DAMAGE_BLOCK);
	for (const uint8_t *p = data + 1; p + 8 <= data + n; p += 8) {
		uint32_t block = p[1] % DAMAGE_BLOCKS, i = (uint32_t)(p[2] | p[3] << 8), v;

		memcpy(&v, p + 4, 4);
		if ((p[0] & 1) == 0) {
			damage_tag(&d, block, i % 200, v);
		} else {
			i %= DAMAGE_BLOCK - 4;
			memcpy(d.now + block * DAMAGE_BLOCK + i, &v, p[0] & 2 ? 4 : 1);
		}
	}
	if ((data[0] & 2) == 0) {
		damage_resum(&d);
	}
	test_seed(1);
	damage_use(&d, write);
	disk_free(&d);
	if (env_allocated != 0) {
		abort();
	}
	return 0;
}
