/* SPDX-License-Identifier: MIT */
/* ext2 and ext4 volumes of which the input changes bytes, then everything on them is read: the first byte says which
 * volume, each four then a line of 16 bytes that is not all zeros (two of them), a byte in it, and what is there then. */
#include "ext4_env.h"

#define LINE 16

static struct volume {
	const char *options;
	struct disk *k;
	uint32_t *lines, count;
} volumes[] = {
	{ .options = "-t ext4 -b 1024 -N 200 -O "
		     "^has_journal,^metadata_csum,^resize_inode,inline_data" },
	{ .options = "-t ext4 -b 1024 -N 200 -O "
		     "^has_journal,^metadata_csum,^resize_inode,^64bit,uninit_bg" },
	{ .options = "-t ext2 -b 1024 -N 200 -O ^resize_inode,dir_index" },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void make_volume(struct volume *v)
{
	static const uint8_t zeros[LINE];

	make_few_files();
	v->k = make_image(v->options, 2560UL << 10, NULL);
	remove_files();
	if (v->k == NULL) {
		abort();
	}
	v->lines = calloc(v->k->size / LINE, sizeof(*v->lines));
	for (size_t at = 0; at < v->k->size; at += LINE) {
		if (memcmp(v->k->now + at, zeros, LINE) != 0) {
			v->lines[v->count++] = (uint32_t)at;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct volume *v = &volumes[n > 0 ? data[0] % ARRAY_SIZE(volumes) : 0];

	if (v->k == NULL) {
		make_volume(v);
	}
	for (size_t i = 1; i + 4 <= n; i += 4) {
		uint32_t line = v->lines[(data[i] | (uint32_t)data[i + 1] << 8) % v->count];

		v->k->now[line + data[i + 2] % LINE] = data[i + 3];
	}
	visit_all(v->k);
	for (size_t i = 1; i + 4 <= n; i += 4) {
		uint32_t line = v->lines[(data[i] | (uint32_t)data[i + 1] << 8) % v->count];

		memcpy(v->k->now + line, v->k->safe + line, LINE);
	}
	return 0;
}
