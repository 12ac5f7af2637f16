/* SPDX-License-Identifier: MIT */
/* Fuzzes the partition tables: what is found lies within the disk and apart from each other. The input is the block
 * size, whether CRCs are made right first, and runs of bytes at blocks of the disk. */
#include "../../fs/partition.h"

#include <errno.h>
#include <kernel/log.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS 200U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static uint8_t *image;
static unsigned size, reads;

void log_printf(int level, const char *fmt, ...)
{
	(void)level, (void)fmt;
}

static int read_image(void *arg, uint64_t at, void *buf)
{
	(void)arg;
	if (at >= BLOCKS) {
		abort();
	}
	/* Twice the largest table at most, and the chain. */
	if (++reads > 4 * (4096 * 1024 / 512) + 200) {
		abort();
	}
	memcpy(buf, image + at * size, size);
	return 0;
}

static uint32_t crc_of(const uint8_t *p, size_t len)
{
	uint32_t crc = ~0U;

	while (len-- > 0) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++) {
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
		}
	}
	return ~crc;
}

static void seal(uint64_t header)
{
	uint8_t *h = image + header * size;
	uint64_t entries;
	uint32_t count, each, crc, len;

	memcpy(&entries, h + 72, 8);
	memcpy(&count, h + 80, 4);
	memcpy(&each, h + 84, 4);
	memcpy(&len, h + 12, 4);
	if (entries < BLOCKS && (uint64_t)count * each <= (BLOCKS - entries) * size) {
		crc = crc_of(image + entries * size, (size_t)count * each);
		memcpy(h + 88, &crc, 4);
	}
	if (len <= size) {
		memset(h + 16, 0, 4);
		crc = crc_of(h, len);
		memcpy(h + 16, &crc, 4);
	}
}

static void check(const struct partition_table *t)
{
	for (unsigned i = 0; i < t->n; i++) {
		const struct partition *p = &t->part[i];

		if (p->count == 0 || p->first == 0 || p->first >= BLOCKS ||
		    p->count > BLOCKS - p->first || strlen(p->label) >= sizeof(p->label)) {
			abort();
		}
		for (unsigned k = 0; k < i; k++) {
			const struct partition *q = &t->part[k];

			if (p->first < q->first + q->count && q->first < p->first + p->count) {
				abort();
			}
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct partition_table t;
	uint8_t block[4096];
	unsigned flags;

	if (n < 1) {
		return -1;
	}
	flags = *data++;
	n--;
	size = 512U << (flags & 3);
	reads = 0;
	image = calloc(BLOCKS, size);
	/* A run: its block (255: the last), its length in units of 16 bytes, the bytes. */
	while (n > 2) {
		size_t at = data[0] >= BLOCKS ? BLOCKS - 1 : data[0];
		size_t len = 16UL * (data[1] + 1);

		len = len > n - 2 ? n - 2 : len;
		len = len > (BLOCKS - at) * size ? (BLOCKS - at) * size : len;
		memcpy(image + at * size, data + 2, len);
		data += 2 + len;
		n -= 2 + len;
	}
	if ((flags & 4) != 0) {
		seal(1);
	}
	if ((flags & 8) != 0) {
		seal(BLOCKS - 1);
	}
	t.name = "vda";
	t.block_size = size;
	t.blocks = BLOCKS;
	t.block = block;
	t.read = read_image;
	if (partitions_read(&t) == 0) {
		check(&t);
	}
	free(image);
	return 0;
}
