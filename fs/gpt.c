/* SPDX-License-Identifier: MIT */
/* GUID partition table. Spec: UEFI 2.10, 5.3. A header counts if its own CRC and its entries' are right and all
 * places that it names lie within the disk; if the first does not, the one at the disk's end is used. */
#include "partition.h"

#include <errno.h>
#include <kernel/log.h>
#include <string.h>

#define HEADER_MIN  92U
#define ENTRY_MIN   128U
#define ENTRIES_MAX 1024U
#define ENTRY_MAX   4096U
#define LABEL_UNITS 36
#define PRIMARY	    1 /* block of the header */

struct gpt {
	uint64_t first, last; /* usable blocks */
	uint64_t entries;     /* their first block */
	uint32_t count, size;
	uint32_t crc;
};

static const char no_signature[] = "no signature";

static uint64_t le64(const uint8_t *p)
{
	return (uint64_t)le32(p) | (uint64_t)le32(p + 4) << 32;
}

/* CRC-32 (ISO 3309), by half bytes: a table of 16 words does for a few kilobytes. */
static uint32_t crc32(uint32_t crc, const uint8_t *p, size_t n)
{
	static const uint32_t table[16] = { 0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
					    0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
					    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
					    0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c };

	crc = ~crc;
	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		crc = table[crc & 15] ^ (crc >> 4);
		crc = table[crc & 15] ^ (crc >> 4);
	}
	return ~crc;
}

/* --- header ---------------------------------------------------------------------------------------- */

/* Why the header in t->block, read from block @at, is not good; NULL: it is. */
static const char *check_header(const struct partition_table *t, uint64_t at, struct gpt *g)
{
	uint8_t *h = t->block;
	uint32_t size = le32(h + 12), crc = le32(h + 16);
	uint64_t room;

	if (memcmp(h, "EFI PART", 8) != 0) {
		return no_signature;
	}
	if (size < HEADER_MIN || size > t->block_size) {
		return "size of the header";
	}
	memset(h + 16, 0, 4);
	if (crc32(0, h, size) != crc) {
		return "CRC of the header";
	}
	if (le32(h + 8) >> 16 != 1 || le64(h + 24) != at) {
		return "version or place";
	}
	*g = (struct gpt){ .first = le64(h + 40),
			   .last = le64(h + 48),
			   .entries = le64(h + 72),
			   .count = le32(h + 80),
			   .size = le32(h + 84),
			   .crc = le32(h + 88) };
	if (g->size < ENTRY_MIN || g->size > ENTRY_MAX || (g->size & (g->size - 1)) != 0 ||
	    g->count == 0 || g->count > ENTRIES_MAX) {
		return "number or size of the entries";
	}
	room = ((uint64_t)g->count * g->size + t->block_size - 1) / t->block_size;
	if (g->first > g->last || g->last >= t->blocks || g->entries < 2 ||
	    g->entries >= t->blocks || room > t->blocks - g->entries) {
		return "places outside the disk";
	}
	/* Neither table may lie where partitions may. */
	if (g->first <= PRIMARY || (g->entries <= g->last && g->entries + room > g->first)) {
		return "places that overlap";
	}
	return NULL;
}

/* Run @fn over all entries; they may be larger than a block, or many in one. */
static int each_piece(struct partition_table *t, const struct gpt *g,
		      void (*fn)(struct partition_table *t, const struct gpt *g, uint64_t off,
				 size_t n, void *arg),
		      void *arg)
{
	uint64_t bytes = (uint64_t)g->count * g->size;

	for (uint64_t off = 0; off < bytes; off += t->block_size) {
		int r = t->read(t->arg, g->entries + off / t->block_size, t->block);

		if (r != 0) {
			return r;
		}
		fn(t, g, off, (size_t)MIN(bytes - off, (uint64_t)t->block_size), arg);
	}
	return 0;
}

static void add_crc(struct partition_table *t, const struct gpt *g, uint64_t off, size_t n,
		    void *arg)
{
	uint32_t *crc = arg;

	(void)g, (void)off;
	*crc = crc32(*crc, t->block, n);
}

/* The header at block @at and the CRC of its entries. 0, -EINVAL (*@why), or what the read said. */
static int try_header(struct partition_table *t, uint64_t at, struct gpt *g, const char **why)
{
	uint32_t crc = 0;
	int r = t->read(t->arg, at, t->block);

	*why = "cannot be read";
	if (r != 0) {
		return r;
	}
	*why = check_header(t, at, g);
	if (*why != NULL) {
		return -EINVAL;
	}
	*why = "entries cannot be read";
	r = each_piece(t, g, add_crc, &crc);
	if (r == 0 && crc != g->crc) {
		*why = "CRC of the entries";
		return -EINVAL;
	}
	return r;
}

/* --- entries ----------------------------------------------------------------------------------------- */

static char *put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		*to++ = (char)(c < 0x20 || c == 0x7f ? '_' : c);
	} else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	} else {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 0x3f));
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	}
	return to;
}

/* From UTF-16; what is half a pair becomes U+FFFD, and control characters an underscore. Three bytes a unit
 * are enough: a pair of units becomes four. */
static void read_label(char *to, const uint8_t *name)
{
	for (unsigned i = 0; i < LABEL_UNITS; i++) {
		uint32_t c = (uint32_t)name[2 * i] | (uint32_t)name[2 * i + 1] << 8;
		uint32_t low = i + 1 < LABEL_UNITS
				       ? (uint32_t)name[2 * i + 2] | (uint32_t)name[2 * i + 3] << 8
				       : 0;

		if (c == 0) {
			break;
		}
		if (c >= 0xd800 && c < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			i++;
		} else if (c >= 0xd800 && c < 0xe000) {
			c = 0xfffd;
		}
		to = put_utf8(to, c);
	}
	*to = '\0';
}

static void add_entries(struct partition_table *t, const struct gpt *g, uint64_t off, size_t n,
			void *arg)
{
	static const uint8_t unused[16];

	(void)arg;
	/* The known part of an entry never crosses a block: both sizes are powers of two. */
	for (size_t at = 0; at + ENTRY_MIN <= n; at += g->size) {
		const uint8_t *e = t->block + at;
		struct partition p = { .number = (unsigned)((off + at) / g->size) + 1 };
		uint64_t last = le64(e + 40);

		if ((off + at) % g->size != 0 || memcmp(e, unused, sizeof(unused)) == 0) {
			continue;
		}
		p.first = le64(e + 32);
		p.count = last < p.first ? 0 : last - p.first + 1;
		memcpy(p.type, e, sizeof(p.type));
		memcpy(p.uuid, e + 16, sizeof(p.uuid));
		read_label(p.label, e + 56);
		partition_add(t, &p, g->first, g->last);
	}
}

int gpt_read(struct partition_table *t, bool expected)
{
	const char *why, *why_backup;
	struct gpt g;
	int r = try_header(t, PRIMARY, &g, &why), second;

	if (r == 0) {
		return each_piece(t, &g, add_entries, NULL);
	}
	/* A backup alone may be what is left of an older use of the disk. */
	if (why == no_signature && !expected) {
		return -ENOENT;
	}
	second = try_header(t, t->blocks - 1, &g, &why_backup);
	if (why == no_signature && why_backup == no_signature) {
		return -ENOENT;
	}
	if (second != 0) {
		log_error("blk %s: GPT: %s; the backup: %s: it is not used", t->name, why,
			  why_backup);
		return second != -EINVAL ? second : r != -EINVAL ? r : 0;
	}
	log_warn("blk %s: GPT: %s: the backup at block %lu is used", t->name, why, t->blocks - 1);
	return each_piece(t, &g, add_entries, NULL);
}
