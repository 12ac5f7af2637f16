/* SPDX-License-Identifier: MIT */
/* Folders of ext2, ext3 and ext4: lists of entries, with or without a tree of hashes in front of them. */
#include "ext4.h"

#include <dirent.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <string.h>

#define ENTRY_HEAD  8U /* bytes of an entry in front of its name */
#define INLINE_HEAD 4U /* of a folder kept in its inode: the parent's number */
#define HASH_MASK   0xFFFFFFFEU
#define BLOCK_MASK  0x0FFFFFFFU
#define FIRST	    2 /* the position of byte 0: 0 and 1 are "." and ".." */

/* --- blocks ----------------------------------------------------------------------------------------- */

struct ext4_chunk *ext4_chunk_new(const struct ext4 *e)
{
	struct ext4_chunk *c = kmalloc(sizeof(*c) + e->block);

	if (c != NULL) {
		c->len = 0;
	}
	return c;
}

static struct ext2_dir_entry_2 *entry_at(struct ext4_chunk *c, uint32_t off)
{
	return (void *)(c->data + off);
}

/* In blocks of 64 KiB the two low bits are the high ones. */
static uint32_t entry_size(const struct ext4 *e, const struct ext2_dir_entry_2 *d)
{
	if (e->block < 65536) {
		return d->rec_len;
	}
	return d->rec_len == 65535 || d->rec_len == 0
		       ? e->block
		       : (d->rec_len & 65532U) | (d->rec_len & 3U) << 16;
}

static bool is_dots(const struct ext2_dir_entry_2 *d)
{
	return d->name[0] == '.' && (d->name_len == 1 || (d->name_len == 2 && d->name[1] == '.'));
}

/* Its entries follow each other to the end, and names are names. */
static bool is_sound(const struct ext4 *e, struct ext4_chunk *c)
{
	for (uint32_t off = 0; off < c->len;) {
		const struct ext2_dir_entry_2 *d = entry_at(c, off);
		uint32_t n;

		if (c->len - off < ENTRY_HEAD) {
			return false;
		}
		n = entry_size(e, d);
		if (n < ENTRY_HEAD || n % 4 != 0 || n > c->len - off ||
		    (d->inode != 0 && (d->name_len == 0 || d->name_len + ENTRY_HEAD > n ||
				       memchr(d->name, '/', d->name_len) != NULL ||
				       memchr(d->name, '\0', d->name_len) != NULL))) {
			return false;
		}
		off += n;
	}
	return true;
}

static int load_inline(struct ext4 *e, struct ext4_node *dir, uint64_t off, struct ext4_chunk *c)
{
	ssize_t n;

	c->at = off < EXT4_MIN_INLINE_DATA_SIZE ? INLINE_HEAD : EXT4_MIN_INLINE_DATA_SIZE;
	n = ext4_content(e, dir, c->data,
			 off < EXT4_MIN_INLINE_DATA_SIZE ? EXT4_MIN_INLINE_DATA_SIZE - INLINE_HEAD
							 : e->block,
			 c->at);
	c->len = n > 0 ? (uint32_t)n : 0;
	return n < 0 ? (int)n : 0;
}

/* The block that has byte @off of the folder, which is in it. */
static int load(struct ext4 *e, struct ext4_node *dir, uint64_t off, struct ext4_chunk *c)
{
	struct ext4_run run = { 0 };
	int r;

	c->len = c->hint = 0;
	if (ext4_is_inline(dir)) {
		r = load_inline(e, dir, off, c);
	} else {
		c->at = off - off % e->block;
		r = ext4_map(e, dir, off / e->block, &run);
		if (r == 0 && run.at == 0) {
			return ext4_damage(e, dir->ino, "a hole in a folder");
		}
		r = r != 0 ? r
			   : ext4_error(e, dir->ino,
					ext2fs_read_dir_block4(e->fs, run.at, c->data, 0,
							       dir->ino));
		c->len = r == 0 ? e->block : 0;
	}
	if (r == 0 && (c->len == 0 || !is_sound(e, c))) {
		c->len = 0;
		return ext4_damage(e, dir->ino, "a block of a folder is damaged");
	}
	return r;
}

static bool has(const struct ext4_chunk *c, uint64_t off)
{
	return off >= c->at && off - c->at < c->len;
}

static uint64_t first_byte(const struct ext4_node *dir)
{
	return ext4_is_inline(dir) ? INLINE_HEAD : 0;
}

/* --- lookup ------------------------------------------------------------------------------------------ */

/* 0: not in this block. */
static ext2_ino_t find_in(const struct ext4 *e, struct ext4_chunk *c, const char *name, size_t len)
{
	for (uint32_t off = 0; off < c->len; off += entry_size(e, entry_at(c, off))) {
		const struct ext2_dir_entry_2 *d = entry_at(c, off);

		if (d->inode != 0 && d->name_len == len && memcmp(d->name, name, len) == 0) {
			return d->inode;
		}
	}
	return 0;
}

static int find_linear(struct ext4 *e, struct ext4_node *dir, const char *name, size_t len,
		       ext2_ino_t *ino)
{
	struct ext4_chunk *c = e->chunk;

	for (uint64_t off = first_byte(dir); off < dir->size; off = c->at + c->len) {
		int r = load(e, dir, off, c);

		if (r != 0) {
			return r;
		}
		*ino = find_in(e, c, name, len);
		if (*ino != 0) {
			return 0;
		}
	}
	return -ENOENT;
}

/* One node of the tree: its entry for @hash. @from: where its entries are in the block. *@next becomes the hash of the
 * entry behind that one, if there is one. False: it is damaged. */
static bool descend(const struct ext4_chunk *c, uint32_t from, uint32_t hash, uint32_t *block,
		    uint32_t *next)
{
	const struct ext2_dx_entry *x = (const void *)(c->data + from);
	const struct ext2_dx_countlimit *n = (const void *)x;
	uint32_t low = 0, high = n->count;

	if (n->count == 0 || n->count > n->limit ||
	    n->count > (c->len - from) / sizeof(struct ext2_dx_entry)) {
		return false;
	}
	/* The first one has no hash: it is for all that is below the second. */
	while (high - low > 1) {
		uint32_t mid = (low + high) / 2;

		if ((x[mid].hash & HASH_MASK) > hash) {
			high = mid;
		} else {
			low = mid;
		}
	}
	/* Of several with one hash, which the low bit marks as a continuation, the first. */
	while (low > 0 && (x[low].hash & HASH_MASK) == hash && (x[low].hash & 1) != 0) {
		low--;
	}
	*block = x[low].block & BLOCK_MASK;
	if (low + 1 < n->count) {
		*next = x[low + 1].hash;
	}
	return true;
}

static bool hash_of(const struct ext4 *e, unsigned version, const char *name, size_t len,
		    ext2_dirhash_t *hash)
{
	const struct ext2_super_block *s = e->fs->super;
	ext2_dirhash_t minor;

	if (version > EXT2_HASH_TEA) {
		return false;
	}
	version += (s->s_flags & EXT2_FLAGS_UNSIGNED_HASH) != 0 ? EXT2_HASH_LEGACY_UNSIGNED : 0;
	return ext2fs_dirhash((int)version, name, (int)len, s->s_hash_seed, hash, &minor) == 0;
}

/* Where @name is, if anywhere. 1: the tree does not tell, all blocks are to be looked through. */
static int find_by_hash(struct ext4 *e, struct ext4_node *dir, const char *name, size_t len,
			ext2_ino_t *ino)
{
	const uint32_t root = 2 * 12; /* behind "." and ".." */
	struct ext4_chunk *c = e->chunk;
	struct ext2_dx_root_info info;
	uint32_t from = root + sizeof(info), block, next = 0;
	ext2_dirhash_t hash;
	int r = load(e, dir, 0, c);

	if (r != 0) {
		return r;
	}
	memcpy(&info, c->data + root, sizeof(info));
	if (info.reserved_zero != 0 || info.info_length != sizeof(info) ||
	    info.indirect_levels > 3 || !hash_of(e, info.hash_version, name, len, &hash)) {
		return 1;
	}
	hash &= HASH_MASK;
	for (unsigned level = 0; level <= info.indirect_levels; level++) {
		if (!descend(c, from, hash, &block, &next) || block >= dir->size / e->block) {
			return 1;
		}
		r = load(e, dir, (uint64_t)block * e->block, c);
		if (r != 0) {
			return r;
		}
		from = ENTRY_HEAD;
	}
	*ino = find_in(e, c, name, len);
	if (*ino != 0) {
		return 0;
	}
	/* Names of one hash may go on in the next block. */
	return (next & 1) != 0 && (next & HASH_MASK) == hash ? 1 : -ENOENT;
}

int ext4_find(struct ext4 *e, struct ext4_node *dir, const char *name, size_t len, ext2_ino_t *ino)
{
	const unsigned kinds = EXT2_FLAGS_SIGNED_HASH | EXT2_FLAGS_UNSIGNED_HASH;
	int r = 1;

	if ((dir->inode.i_flags & EXT2_INDEX_FL) != 0 && !ext4_is_inline(dir) && dir->size > 0 &&
	    ext2fs_has_feature_dir_index(e->fs->super)) {
		r = find_by_hash(e, dir, name, len, ino);
		if (r == -ENOENT && (e->fs->super->s_flags & kinds) == 0) {
			r = 1; /* it may be the other kind of hash */
		}
	}
	return r > 0 ? find_linear(e, dir, name, len, ino) : r;
}

/* --- readdir ----------------------------------------------------------------------------------------- */

static unsigned char type_of(const struct ext2_dir_entry_2 *d)
{
	static const unsigned char types[] = { DT_UNKNOWN, DT_REG,  DT_DIR,  DT_CHR,
					       DT_BLK,	   DT_FIFO, DT_SOCK, DT_LNK };

	return d->file_type < ARRAY_SIZE(types) ? types[d->file_type] : DT_UNKNOWN;
}

/* The next entry from byte *@off of the folder, which @c has; *@off moves behind it. NULL: none in this block. */
static const struct ext2_dir_entry_2 *next_entry(const struct ext4 *e, struct ext4_chunk *c,
						 uint64_t *off)
{
	uint32_t want = (uint32_t)(*off - c->at), at = want >= c->hint ? c->hint : 0, n;

	for (; at < c->len; at += n) {
		const struct ext2_dir_entry_2 *d = entry_at(c, at);

		n = entry_size(e, d);
		if (at >= want && d->inode != 0 && !is_dots(d)) {
			c->hint = at + n;
			*off = c->at + at + n;
			return d;
		}
	}
	*off = c->at + c->len;
	return NULL;
}

/* A position is the place of an entry in the folder, which stays. */
int ext4_readdir(struct vnode *dir, struct dir_pos *pos, struct dirent *d)
{
	struct ext4 *e = ext4_of(dir);
	struct ext4_node *n = ext4_node_of(dir);
	struct ext4_chunk *c = pos->fs != NULL ? pos->fs : (pos->fs = ext4_chunk_new(e));
	uint64_t off = MAX((uint64_t)(pos->pos - FIRST), first_byte(n));

	if (c == NULL) {
		return -ENOMEM;
	}
	while (off < n->size) {
		const struct ext2_dir_entry_2 *found;
		int r = has(c, off) ? 0 : load(e, n, off, c);

		if (r != 0) {
			return r;
		}
		found = next_entry(e, c, &off);
		if (found != NULL) {
			memcpy(d->d_name, found->name, found->name_len);
			d->d_name[found->name_len] = '\0';
			d->d_ino = found->inode;
			d->d_type = type_of(found);
			pos->pos = (off_t)off + FIRST;
			return 1;
		}
	}
	return 0;
}

void ext4_closedir(struct vnode *dir, struct dir_pos *pos)
{
	(void)dir;
	kfree(pos->fs);
	pos->fs = NULL;
}
