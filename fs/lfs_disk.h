/* SPDX-License-Identifier: MIT */
/* What we keep on a littlefs beyond what littlefs does itself: fs/littlefs*.c and tools/lfs agree on it here.
 *
 * A file or folder has one attribute of LFS_ATTR_SIZE bytes, little-endian:
 *	0  u8   version, 1; what a later one adds comes behind
 *	1  u8   0
 *	2  u16  mode: type (S_IFREG, S_IFDIR, S_IFLNK) and permissions
 *	4  u32  uid
 *	8  u32  gid
 *	12 u32  0
 *	16 u64  inode number
 *	24 s64  time of the last change of the content, ns since 1970
 *	32 s64  of the last change of anything
 *	40 s64  of the last access, as far as it was set
 * A symbolic link is a small file whose content is the target: that is what other readers see.
 * The root has its label and its UUID as two attributes more. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define LFS_ATTR       0x43
#define LFS_ATTR_SIZE  48
#define LFS_ATTR_LABEL 0x4c /* up to 63 bytes */
#define LFS_ATTR_UUID  0x55 /* 16 bytes */
#define LFS_LABEL_MAX  63

#define LFS_INO_ROOT 1

struct lfs_attr {
	uint32_t mode, uid, gid;
	uint64_t ino;
	int64_t mtime, ctime, atime;
};

static inline void lfs_put(uint8_t *to, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		to[i] = (uint8_t)(v >> (8 * i));
	}
}

static inline uint64_t lfs_take(const uint8_t *from, unsigned n)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < n; i++) {
		v |= (uint64_t)from[i] << (8 * i);
	}
	return v;
}

static inline void lfs_attr_pack(const struct lfs_attr *a, uint8_t to[LFS_ATTR_SIZE])
{
	lfs_put(to, 1, 2);
	lfs_put(to + 2, a->mode, 2);
	lfs_put(to + 4, a->uid, 4);
	lfs_put(to + 8, a->gid, 4);
	lfs_put(to + 12, 0, 4);
	lfs_put(to + 16, a->ino, 8);
	lfs_put(to + 24, (uint64_t)a->mtime, 8);
	lfs_put(to + 32, (uint64_t)a->ctime, 8);
	lfs_put(to + 40, (uint64_t)a->atime, 8);
}

/* False: it is none of ours. @n: how many bytes the disk has. */
static inline bool lfs_attr_unpack(struct lfs_attr *a, const uint8_t *from, int32_t n)
{
	if (n < LFS_ATTR_SIZE || from[0] == 0) {
		return false;
	}
	a->mode = (uint32_t)lfs_take(from + 2, 2);
	a->uid = (uint32_t)lfs_take(from + 4, 4);
	a->gid = (uint32_t)lfs_take(from + 8, 4);
	a->ino = lfs_take(from + 16, 8);
	a->mtime = (int64_t)lfs_take(from + 24, 8);
	a->ctime = (int64_t)lfs_take(from + 32, 8);
	a->atime = (int64_t)lfs_take(from + 40, 8);
	return true;
}

/* Bytes that are programmed at once: a later commit must not touch a sector that an earlier one is in, for a cut may
 * leave neither its old nor its new content. That is the physical sector, not the logical one, where the two differ
 * (512e): the drive itself reads, changes and writes the whole. */
static inline uint32_t lfs_prog_size(uint32_t logical, uint32_t physical)
{
	uint32_t n = physical > logical ? physical : logical;

	return n > 4096 ? 4096 : n;
}

/* Bytes of a block for a new file system: a block takes some commits before it must be compacted, and large disks
 * have fewer, larger ones, which makes the allocator's pass over all of them shorter. */
static inline uint32_t lfs_block_size(uint64_t disk, uint32_t prog)
{
	uint32_t n = disk < (1ULL << 30) ? 4096 : 16384;

	return n < 8 * prog ? 8 * prog : n;
}

/* FNV-1a: inode numbers of what has none, and the order of readdir(). */
static inline uint64_t lfs_hash(const void *p, uint64_t n)
{
	const uint8_t *c = (const uint8_t *)p;
	uint64_t h = 14695981039346656037ULL;

	for (uint64_t i = 0; i < n; i++) {
		h = (h ^ c[i]) * 1099511628211ULL;
	}
	return h;
}
