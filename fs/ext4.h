/* SPDX-License-Identifier: MIT */
/* ext2, ext3 and ext4, to read: ext4_port.c is what libext2fs (third_party/ext2fs.mk) finds around it; ext4_node.c
 * inodes and their content, ext4_dir.c folders, ext4.c the mount. Private to them.
 *
 * Nothing that the disk says is believed before it is looked at: where the library would follow it anywhere, what is
 * wrong is refused here, before it is asked. Damage is -EIO and a line in the log, EXT4_COMPLAINTS of them a mount. */
#pragma once

#include "ext4/config.h"
#include "vnode.h"

#include <ext2fs/ext2fs.h>

#define EXT4_COMPLAINTS 16
#define EXT4_DEPTH_MAX	5 /* of an extent tree: so deep is one of 2^32 blocks of 1 KiB */

struct ext4 {
	struct blkdev *dev;
	ext2_filsys fs;
	uint32_t block; /* bytes */
	unsigned complaints;
	char *map;		  /* two blocks, for ext2fs_bmap2() */
	struct ext4_chunk *chunk; /* for lookup */
};

/* Blocks of a file that lie side by side. */
struct ext4_run {
	uint64_t first, count; /* in the file */
	uint64_t at;	       /* on the disk; 0: zeros */
};

/* A file or folder, for its vnode. */
struct ext4_node {
	ext2_ino_t ino;
	uint64_t size;
	ext2_extent_handle_t extents; /* NULL: not asked for yet, or there is a block map */
	struct ext4_run run;	      /* the last one that was used */
	/* Content kept in the inode: EXT4_MIN_INLINE_DATA_SIZE bytes in i_block, @tail_size at @tail of the inode. */
	size_t tail, tail_size;
	struct ext2_inode_large inode; /* and behind it the rest of what the disk has */
};

static inline struct ext4 *ext4_of(const struct vnode *v)
{
	return v->mount->fs;
}
static inline struct ext4_node *ext4_node_of(const struct vnode *v)
{
	return v->fs;
}
static inline bool ext4_is_inline(const struct ext4_node *n)
{
	return (n->inode.i_flags & EXT4_INLINE_DATA_FL) != 0;
}
static inline struct ext2_inode *ext4_inode(struct ext4_node *n)
{
	return (struct ext2_inode *)(void *)&n->inode;
}

/* --- ext4_port.c --------------------------------------------------------------------------------- */

extern struct struct_io_manager ext4_io;
/* The name by which ext4_io opens @d. */
void ext4_io_name(struct blkdev *d, char name[20]);
const char *ext4_error_name(errcode_t error);

/* --- ext4_node.c --------------------------------------------------------------------------------- */

/* What libext2fs says about inode @ino (0: all of it) as -errno; damage is also a line in the log. */
int ext4_error(struct ext4 *e, ext2_ino_t ino, errcode_t error);
int ext4_damage(struct ext4 *e, ext2_ino_t ino, const char *what);
int ext4_node_get(struct ext4 *e, ext2_ino_t ino, struct ext4_node **out);
void ext4_node_free(struct ext4_node *n);
/* The run that begins with block @first of the file: at least one block. */
int ext4_map(struct ext4 *e, struct ext4_node *n, uint64_t first, struct ext4_run *run);
ssize_t ext4_content(struct ext4 *e, struct ext4_node *n, void *buf, size_t want, uint64_t pos);

/* --- ext4_dir.c ---------------------------------------------------------------------------------- */

/* A block of a folder, which was found to be sound. */
struct ext4_chunk {
	uint64_t at; /* in the folder */
	uint32_t len;
	uint32_t hint; /* an entry begins here */
	uint8_t data[];
};

struct ext4_chunk *ext4_chunk_new(const struct ext4 *e);
int ext4_find(struct ext4 *e, struct ext4_node *dir, const char *name, size_t len, ext2_ino_t *ino);
int ext4_readdir(struct vnode *dir, struct dir_pos *pos, struct dirent *d);
void ext4_closedir(struct vnode *dir, struct dir_pos *pos);
