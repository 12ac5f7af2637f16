/* SPDX-License-Identifier: MIT */
/* Partition tables: GPT (UEFI 2.10, chapter 5.3) and MBR (5.2, and its logical partitions). Bytes come through a
 * callback; whatever they hold ends in partitions that lie within the disk and apart from each other, and
 * messages about the rest. Private to fs/. */
#pragma once

#include <kernel/types.h>

#define PARTITIONS_MAX 128U

struct partition {
	unsigned number;	    /* 1 ... */
	uint64_t first, count;	    /* blocks of the disk */
	uint8_t type[16], uuid[16]; /* GPT: as on the disk */
	uint32_t disk_id;	    /* MBR: the disk's signature; 0 for GPT */
	char label[37 * 3];	    /* UTF-8, terminated */
};

struct partition_table {
	/* The caller's: */
	const char *name;				   /* the disk, for messages */
	uint32_t block_size;				   /* 512 ... 4096 */
	uint64_t blocks;				   /* of the disk */
	uint8_t *block;					   /* room for one */
	int (*read)(void *arg, uint64_t block, void *buf); /* one block; 0 or -errno */
	void *arg;
	/* What was found: */
	unsigned n;
	struct partition part[PARTITIONS_MAX];
};

/* Fill part[]. 0 with n == 0: the disk has no table. -errno: it could not be read. */
int partitions_read(struct partition_table *t);
/* Its GPT; @expected: the MBR says that there is one. -ENOENT: there is none. */
int gpt_read(struct partition_table *t, bool expected);
/* Add one, if it lies within [first, last] and apart from the others; else say why not. @p->count may be 0. */
void partition_add(struct partition_table *t, const struct partition *p, uint64_t first,
		   uint64_t last);

static inline uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
