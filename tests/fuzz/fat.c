/* SPDX-License-Identifier: MIT */
/* FAT on a volume of which the input changes bytes: each three of it are a place in the first 64 KiB, where the boot
 * sector, the tables and the folders are, and what is there then. */
#include "fat_hostile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const size_t sizes[] = { 256UL << 10, 5UL << 20 };
	static struct disk *disks[2];
	static uint8_t *originals[2];
	unsigned kind = n > 0 && data[0] % 8 == 0;
	struct disk *k;

	if (disks[kind] == NULL) {
		disks[kind] = hostile_volume(sizes[kind]);
		originals[kind] = malloc(sizes[kind]);
		memcpy(originals[kind], disks[kind]->now, sizes[kind]);
	}
	k = disks[kind];
	for (size_t i = 1; i + 3 <= n; i += 3) {
		hostile_byte(k, data[i] | (size_t)data[i + 1] << 8, data[i + 2]);
	}
	hostile_use(k);
	hostile_restore(k, originals[kind]);
	return 0;
}
