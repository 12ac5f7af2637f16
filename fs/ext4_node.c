/* SPDX-License-Identifier: MIT */
/* Inodes of ext2, ext3 and ext4, and their content: extents, block maps, or kept in the inode. */
#include "ext4.h"

#include <errno.h>
#include <fs/cache.h>
#include <kernel/alloc.h>
#include <kernel/log.h>
#include <string.h>
#include <sys/stat.h>

#define LINK_MAX_SIZE 4096U
#define RUN_MAX	      256U /* blocks of a block map that are looked up at once */
#define EA_SYSTEM     7U   /* e_name_index of "system." */

/* --- damage ---------------------------------------------------------------------------------------- */

int ext4_damage(struct ext4 *e, ext2_ino_t ino, const char *what)
{
	if (e->complaints < EXT4_COMPLAINTS) {
		e->complaints++;
		log_error("%s: ext4: inode %u: %s%s", e->dev->name, ino, what,
			  e->complaints == EXT4_COMPLAINTS ? " (no more of these are told)" : "");
	}
	return -EIO;
}

int ext4_error(struct ext4 *e, ext2_ino_t ino, errcode_t error)
{
	if (error == 0) {
		return 0;
	}
	if (error == EXT2_ET_NO_MEMORY) {
		return -ENOMEM;
	}
	/* Below the library's are the cache's own. */
	if (error < EXT2_ET_BASE) {
		return (int)-error;
	}
	if (ino == 0) {
		log_error("%s: ext4: cannot be opened: %s", e->dev->name, ext4_error_name(error));
		return -EIO;
	}
	return ext4_damage(e, ino, ext4_error_name(error));
}

/* --- inodes ---------------------------------------------------------------------------------------- */

/* What does not fit into i_block is the attribute "system.data", in the inode as well. */
static bool find_tail(struct ext4_node *n, size_t inode_size)
{
	const uint8_t *raw = (const uint8_t *)&n->inode;
	size_t at = EXT2_GOOD_OLD_INODE_SIZE + n->inode.i_extra_isize, first;
	struct ext2_ext_attr_entry a;
	uint32_t magic;

	if (inode_size < EXT2_GOOD_OLD_INODE_SIZE + 4 || at % 4 != 0 || at + 4 > inode_size) {
		return false;
	}
	memcpy(&magic, raw + at, sizeof(magic));
	first = at + 4;
	for (at = first; magic == EXT2_EXT_ATTR_MAGIC && at + sizeof(a) <= inode_size;) {
		memcpy(&a, raw + at, sizeof(a));
		if (a.e_name_len == 0 && a.e_name_index == 0 && a.e_value_offs == 0) {
			break;
		}
		if (at + sizeof(a) + a.e_name_len > inode_size) {
			return false;
		}
		if (a.e_name_index == EA_SYSTEM && a.e_name_len == 4 &&
		    memcmp(raw + at + sizeof(a), "data", 4) == 0) {
			n->tail = first + a.e_value_offs;
			n->tail_size = a.e_value_size;
			return a.e_value_inum == 0 && n->tail <= inode_size &&
			       n->tail_size <= inode_size - n->tail;
		}
		at += EXT2_EXT_ATTR_LEN(a.e_name_len);
	}
	return true;
}

static const char *check_content(struct ext4 *e, struct ext4_node *n)
{
	struct ext3_extent_header h;

	if (ext4_is_inline(n)) {
		if (!find_tail(n, EXT2_INODE_SIZE(e->fs->super)) ||
		    n->size > EXT4_MIN_INLINE_DATA_SIZE + n->tail_size) {
			return "the data kept in it is not all there";
		}
		return NULL;
	}
	memcpy(&h, n->inode.i_block, sizeof(h));
	if ((n->inode.i_flags & EXT4_EXTENTS_FL) != 0 && h.eh_depth > EXT4_DEPTH_MAX) {
		return "its extent tree is too deep";
	}
	if (S_ISDIR(n->inode.i_mode) &&
	    (n->size % e->block != 0 || n->size / e->block > ext2fs_blocks_count(e->fs->super))) {
		return "a folder of a size that cannot be";
	}
	return NULL;
}

/* NULL: it may be used. */
static const char *check(struct ext4 *e, struct ext4_node *n)
{
	const struct ext2_inode_large *i = &n->inode;

	n->size = EXT2_I_SIZE(i);
	switch (i->i_mode & S_IFMT) {
	case S_IFREG:
		break;
	case S_IFDIR:
		/* Otherwise that field is another one. */
		if (!ext2fs_has_feature_largedir(e->fs->super)) {
			n->size = i->i_size;
		}
		break;
	case S_IFLNK:
		if (n->size > LINK_MAX_SIZE) {
			return "a link that is too long";
		}
		break;
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		n->size = 0;
		return i->i_links_count == 0 ? "it is free" : NULL;
	default:
		return "it is of no kind of file";
	}
	if (i->i_links_count == 0 || n->size > INT64_MAX) {
		return i->i_links_count == 0 ? "it is free" : "a file of a size that cannot be";
	}
	return check_content(e, n);
}

int ext4_node_get(struct ext4 *e, ext2_ino_t ino, struct ext4_node **out)
{
	size_t size = MAX(EXT2_INODE_SIZE(e->fs->super), sizeof(struct ext2_inode_large));
	struct ext4_node *n = kzalloc(offsetof(struct ext4_node, inode) + size);
	const char *what;
	errcode_t error;
	int r;

	if (n == NULL) {
		return -ENOMEM;
	}
	n->ino = ino;
	error = ext2fs_read_inode_full(e->fs, ino, ext4_inode(n), (int)size);
	if (error != 0) {
		/* One whose checksum is wrong is in the library's cache under the name of another. */
		ext2fs_flush_icache(e->fs);
		r = ext4_error(e, ino, error);
	} else {
		what = check(e, n);
		r = what == NULL ? 0 : ext4_damage(e, ino, what);
	}
	if (r != 0) {
		kfree(n);
		return r;
	}
	*out = n;
	return 0;
}

void ext4_node_free(struct ext4_node *n)
{
	if (n != NULL) {
		ext2fs_extent_free(n->extents);
		kfree(n);
	}
}

/* --- where it is ----------------------------------------------------------------------------------- */

/* Block @first is in a hole: as far as the next extent. */
static errcode_t map_hole(struct ext4_node *n, uint64_t first, struct ext4_run *run)
{
	struct ext2fs_extent x;
	errcode_t error = ext2fs_extent_get(n->extents, EXT2_EXTENT_CURRENT, &x);

	*run = (struct ext4_run){ .first = first, .count = UINT64_MAX - first };
	if (error == 0 && x.e_lblk <= first) {
		error = ext2fs_extent_get(n->extents, EXT2_EXTENT_NEXT_LEAF, &x);
	}
	if (error == EXT2_ET_NO_CURRENT_NODE || error == EXT2_ET_EXTENT_NO_NEXT) {
		return 0;
	}
	if (error == 0) {
		run->count = x.e_lblk - first;
		error = x.e_lblk <= first ? EXT2_ET_EXTENT_LEAF_BAD : 0;
	}
	return error;
}

static errcode_t map_extents(struct ext4 *e, struct ext4_node *n, uint64_t first,
			     struct ext4_run *run)
{
	struct ext2fs_extent x;
	errcode_t error = 0;

	if (n->extents == NULL) {
		error = ext2fs_extent_open2(e->fs, n->ino, ext4_inode(n), &n->extents);
	}
	error = error == 0 ? ext2fs_extent_goto(n->extents, first) : error;
	if (error == EXT2_ET_EXTENT_NOT_FOUND) {
		return map_hole(n, first, run);
	}
	error = error == 0 ? ext2fs_extent_get(n->extents, EXT2_EXTENT_CURRENT, &x) : error;
	if (error == 0) {
		run->first = first;
		run->count = x.e_lblk + x.e_len - first;
		run->at = (x.e_flags & EXT2_EXTENT_FLAGS_UNINIT) != 0
				  ? 0
				  : x.e_pblk + (first - x.e_lblk);
		if (run->at == 0 && (x.e_flags & EXT2_EXTENT_FLAGS_UNINIT) == 0) {
			error = EXT2_ET_EXTENT_LEAF_BAD;
		}
	}
	return error;
}

static errcode_t map_one(struct ext4 *e, struct ext4_node *n, uint64_t block, uint64_t *at)
{
	blk64_t found = 0;
	errcode_t error =
		ext2fs_bmap2(e->fs, n->ino, ext4_inode(n), e->map, 0, block, NULL, &found);

	*at = found;
	/* Behind the last that a map can have is nothing. */
	return error == EXT2_ET_FILE_TOO_BIG ? 0 : error;
}

static errcode_t map_blocks(struct ext4 *e, struct ext4_node *n, uint64_t first,
			    struct ext4_run *run)
{
	uint64_t at, last = n->size / e->block;
	errcode_t error;

	run->first = first;
	run->count = 1;
	error = map_one(e, n, first, &run->at);
	while (error == 0 && run->count < RUN_MAX && first + run->count <= last) {
		error = map_one(e, n, first + run->count, &at);
		if (error != 0 || at != (run->at == 0 ? 0 : run->at + run->count)) {
			return 0; /* an error is for who needs that block */
		}
		run->count++;
	}
	return error;
}

int ext4_map(struct ext4 *e, struct ext4_node *n, uint64_t first, struct ext4_run *run)
{
	uint64_t end = ext2fs_blocks_count(e->fs->super);
	struct ext4_run *u = &n->run;
	errcode_t error = 0;

	if (first < u->first || first - u->first >= u->count) {
		error = (n->inode.i_flags & EXT4_EXTENTS_FL) != 0 ? map_extents(e, n, first, u)
								  : map_blocks(e, n, first, u);
		if (error == 0 && u->at != 0 && (u->at >= end || u->count > end - u->at)) {
			error = EXT2_FILSYS_CORRUPTED;
		}
		if (error != 0) {
			u->count = 0;
			return ext4_error(e, n->ino, error);
		}
	}
	run->first = first;
	run->count = u->count - (first - u->first);
	run->at = u->at == 0 ? 0 : u->at + (first - u->first);
	return 0;
}

/* --- content --------------------------------------------------------------------------------------- */

static void copy_inline(const struct ext4_node *n, uint8_t *to, size_t count, uint64_t pos)
{
	const uint8_t *raw = (const uint8_t *)&n->inode, *head = (const uint8_t *)n->inode.i_block;
	size_t part = pos >= EXT4_MIN_INLINE_DATA_SIZE
			      ? 0
			      : MIN(count, (size_t)(EXT4_MIN_INLINE_DATA_SIZE - pos));

	memcpy(to, head + (part > 0 ? pos : 0), part);
	if (count > part) {
		memcpy(to + part, raw + n->tail + (pos + part - EXT4_MIN_INLINE_DATA_SIZE),
		       count - part);
	}
}

/* As much as lies side by side. */
static ssize_t read_run(struct ext4 *e, struct ext4_node *n, uint8_t *to, size_t want, uint64_t pos)
{
	uint64_t skip = pos % e->block, most;
	struct ext4_run run;
	int r = ext4_map(e, n, pos / e->block, &run);

	if (r != 0) {
		return r;
	}
	most = run.count > want / e->block + 1 ? want : run.count * e->block - skip;
	want = MIN(want, most);
	if (run.at == 0) {
		memset(to, 0, want);
	} else {
		r = cache_read(e->dev, run.at * e->block + skip, to, want);
	}
	return r != 0 ? r : (ssize_t)want;
}

ssize_t ext4_content(struct ext4 *e, struct ext4_node *n, void *buf, size_t want, uint64_t pos)
{
	size_t done = 0;
	ssize_t r = 0;

	if (pos >= n->size) {
		return 0;
	}
	want = (size_t)MIN((uint64_t)want, n->size - pos);
	if (ext4_is_inline(n)) {
		copy_inline(n, buf, want, pos);
		return (ssize_t)want;
	}
	while (done < want) {
		r = read_run(e, n, (uint8_t *)buf + done, want - done, pos + done);
		if (r < 0) {
			break;
		}
		done += (size_t)r;
	}
	return done > 0 ? (ssize_t)done : r;
}
