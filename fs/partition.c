/* SPDX-License-Identifier: MIT */
/* Which partition table a disk has, and the MBR's. Spec: UEFI 2.10, 5.2. */
#include "partition.h"

#include <errno.h>
#include <kernel/log.h>
#include <string.h>

#define MBR_DISK_ID   440
#define MBR_ENTRIES   446
#define MBR_MAGIC     510
#define ENTRY_SIZE    16
#define TYPE_GPT      0xee
#define LOGICAL_FIRST 5	 /* number of the first logical partition */
#define CHAIN_MAX     64 /* logical partitions that are looked at */

struct mbr_entry {
	uint8_t boot, type;
	uint32_t first, count;
};

static const struct partition *overlapped(const struct partition_table *t,
					  const struct partition *p)
{
	for (unsigned i = 0; i < t->n; i++) {
		const struct partition *q = &t->part[i];

		if (p->first < q->first + q->count && q->first < p->first + p->count) {
			return q;
		}
	}
	return NULL;
}

void partition_add(struct partition_table *t, const struct partition *p, uint64_t first,
		   uint64_t last)
{
	const struct partition *other;

	if (p->count == 0) {
		log_warn("blk %s: partition %u is empty: left out", t->name, p->number);
		return;
	}
	if (p->first < first || p->first > last || p->count - 1 > last - p->first) {
		log_warn("blk %s: partition %u, %lu blocks at %lu, is outside %lu to %lu: left out",
			 t->name, p->number, p->count, p->first, first, last);
		return;
	}
	other = overlapped(t, p);
	if (other != NULL) {
		log_warn("blk %s: partition %u overlaps partition %u: left out", t->name, p->number,
			 other->number);
		return;
	}
	if (t->n == PARTITIONS_MAX) {
		log_warn("blk %s: partition %u is one too many: left out", t->name, p->number);
		return;
	}
	t->part[t->n++] = *p;
}

/* --- MBR ----------------------------------------------------------------------------------------- */

static struct mbr_entry entry_at(const uint8_t *block, unsigned i)
{
	const uint8_t *p = block + MBR_ENTRIES + i * ENTRY_SIZE;

	return (struct mbr_entry){ p[0], p[4], le32(p + 8), le32(p + 12) };
}

static bool has_magic(const uint8_t *block)
{
	return block[MBR_MAGIC] == 0x55 && block[MBR_MAGIC + 1] == 0xaa;
}

static bool is_extended(uint8_t type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

/* A FAT volume without partitions has the same magic, and code or text where the table would be. */
static bool is_table(const uint8_t *block)
{
	bool any = false;

	if (!has_magic(block) || memcmp(block + 54, "FAT", 3) == 0 ||
	    memcmp(block + 82, "FAT32", 5) == 0) {
		return false;
	}
	for (unsigned i = 0; i < 4; i++) {
		struct mbr_entry e = entry_at(block, i);

		if ((e.boot & 0x7f) != 0) {
			return false;
		}
		any |= e.type != 0;
	}
	return any;
}

static bool is_protective(const uint8_t *block)
{
	for (unsigned i = 0; i < 4; i++) {
		if (entry_at(block, i).type == TYPE_GPT) {
			return true;
		}
	}
	return false;
}

static void add_mbr(struct partition_table *t, uint32_t disk_id, unsigned number,
		    const struct mbr_entry *e, uint64_t base, uint64_t first, uint64_t last)
{
	struct partition p = {
		.number = number, .first = base + e->first, .count = e->count, .disk_id = disk_id
	};

	p.type[0] = e->type;
	partition_add(t, &p, first, last);
}

/* The chain of an extended partition: each link has a partition behind itself and the place of the next link. As
 * the links must go up, the chain has an end. */
static int read_logical(struct partition_table *t, uint32_t disk_id, const struct mbr_entry *ext)
{
	uint64_t start = ext->first, end = start + ext->count, at = start;
	unsigned number = LOGICAL_FIRST;

	for (unsigned i = 0; i < CHAIN_MAX; i++) {
		struct mbr_entry e, next;
		int r = t->read(t->arg, at, t->block);

		if (r != 0) {
			return r;
		}
		if (!has_magic(t->block)) {
			log_warn("blk %s: no link of logical partitions at block %lu", t->name, at);
			return 0;
		}
		e = entry_at(t->block, 0);
		next = entry_at(t->block, 1);
		if (e.type != 0) {
			add_mbr(t, disk_id, number, &e, at, at + 1, end - 1);
		}
		number++;
		if (next.type == 0 || next.first == 0) {
			return 0;
		}
		if (!is_extended(next.type) || start + next.first <= at ||
		    start + next.first >= end) {
			log_warn("blk %s: the link at block %lu leads astray", t->name, at);
			return 0;
		}
		at = start + next.first;
	}
	log_warn("blk %s: more than %u logical partitions: left out", t->name, CHAIN_MAX);
	return 0;
}

static int mbr_read(struct partition_table *t)
{
	struct mbr_entry entries[4], *ext = NULL;
	uint32_t disk_id = le32(t->block + MBR_DISK_ID);

	for (unsigned i = 0; i < 4; i++) {
		entries[i] = entry_at(t->block, i);
	}
	for (unsigned i = 0; i < 4; i++) {
		struct mbr_entry *e = &entries[i];

		if (is_extended(e->type)) {
			if (ext != NULL || e->count == 0 || e->first == 0 ||
			    e->first >= t->blocks || e->count > t->blocks - e->first) {
				log_warn("blk %s: extended partition %u is not believed", t->name,
					 i + 1);
			} else {
				ext = e;
			}
		} else if (e->type != 0 && e->type != TYPE_GPT) {
			add_mbr(t, disk_id, i + 1, e, 0, 1, t->blocks - 1);
		}
	}
	return ext == NULL ? 0 : read_logical(t, disk_id, ext);
}

/* --- which ------------------------------------------------------------------------------------------ */

int partitions_read(struct partition_table *t)
{
	bool table, protective;
	int r;

	t->n = 0;
	if (t->blocks < 2) {
		return 0;
	}
	r = t->read(t->arg, 0, t->block);
	if (r != 0) {
		return r;
	}
	table = is_table(t->block);
	protective = table && is_protective(t->block);
	/* Where block 0 is lost as a whole, the GPT behind it may still be good. */
	if (protective || !has_magic(t->block)) {
		r = gpt_read(t, protective);
		if (r == 0 && !protective) {
			log_warn("blk %s: GPT without a protective MBR", t->name);
		}
		if (r != -ENOENT || !protective) {
			return r == -ENOENT ? 0 : r;
		}
		/* A hybrid's other entries, if there are any, are better than nothing. */
		log_warn("blk %s: the MBR says there is a GPT, but there is none", t->name);
		r = t->read(t->arg, 0, t->block);
		if (r != 0) {
			return r;
		}
	}
	return table ? mbr_read(t) : 0;
}
