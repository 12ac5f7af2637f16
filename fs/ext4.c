/* SPDX-License-Identifier: MIT */
/* ext2, ext3 and ext4, to read: the mount and the operations of its vnodes. */
#include "ext4.h"

#include <errno.h>
#include <fs/cache.h>
#include <kernel/alloc.h>
#include <kernel/log.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define NS_MAX	      1000000000U
#define BLOCK_LOG_MAX (EXT2_MAX_BLOCK_LOG_SIZE - EXT2_MIN_BLOCK_LOG_SIZE)

/* --- may it be mounted? --------------------------------------------------------------------------- */

static int read_super(struct blkdev *d, struct ext2_super_block *s)
{
	int r = d->sectors * BLK_SECTOR < SUPERBLOCK_OFFSET + SUPERBLOCK_SIZE
			? -EINVAL
			: cache_read(d, SUPERBLOCK_OFFSET, s, sizeof(*s));

	return r == 0 && s->s_magic != EXT2_SUPER_MAGIC ? -EINVAL : r;
}

/* What reading must know about and does not. */
static int check_features(const struct blkdev *d, const struct ext2_super_block *s)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} known[] = {
		{ EXT2_FEATURE_INCOMPAT_COMPRESSION, "compression" },
		{ EXT3_FEATURE_INCOMPAT_JOURNAL_DEV, "journal_dev" },
		{ EXT4_FEATURE_INCOMPAT_DIRDATA, "dirdata" },
		{ EXT4_FEATURE_INCOMPAT_ENCRYPT, "encrypt" },
		{ EXT4_FEATURE_INCOMPAT_CASEFOLD, "casefold" },
	};
	const uint32_t can = EXT2_FEATURE_INCOMPAT_FILETYPE | EXT3_FEATURE_INCOMPAT_RECOVER |
			     EXT2_FEATURE_INCOMPAT_META_BG | EXT3_FEATURE_INCOMPAT_EXTENTS |
			     EXT4_FEATURE_INCOMPAT_64BIT | EXT4_FEATURE_INCOMPAT_MMP |
			     EXT4_FEATURE_INCOMPAT_FLEX_BG | EXT4_FEATURE_INCOMPAT_EA_INODE |
			     EXT4_FEATURE_INCOMPAT_CSUM_SEED | EXT4_FEATURE_INCOMPAT_LARGEDIR |
			     EXT4_FEATURE_INCOMPAT_INLINE_DATA;
	uint32_t cannot = s->s_feature_incompat & ~can;

	if (cannot == 0) {
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if ((cannot & known[i].bit) != 0) {
			log_error("%s: ext4: has the feature %s, which is not supported", d->name,
				  known[i].name);
			return -EOPNOTSUPP;
		}
	}
	log_error("%s: ext4: has features that are not known: 0x%x", d->name, cannot);
	return -EOPNOTSUPP;
}

/* What its journal has is not where it belongs. */
static int check_clean(const struct blkdev *d, const struct ext2_super_block *s, bool noload)
{
	if ((s->s_feature_incompat & EXT3_FEATURE_INCOMPAT_RECOVER) != 0) {
		if (!noload) {
			log_error("%s: ext4: was not unmounted cleanly: run e2fsck on it, or mount "
				  "it "
				  "with the option noload to read it as it is",
				  d->name);
			return -EOPNOTSUPP;
		}
		log_warn("%s: ext4: is read without its journal: what was written last may be "
			 "missing or damaged",
			 d->name);
	} else if ((s->s_state & EXT2_VALID_FS) == 0 || (s->s_state & EXT2_ERROR_FS) != 0) {
		log_warn("%s: ext4: has errors or was not unmounted cleanly: e2fsck is recommended",
			 d->name);
	}
	return 0;
}

static int check_size(const struct blkdev *d, struct ext2_super_block *s)
{
	uint64_t have = d->sectors * BLK_SECTOR;

	if (s->s_log_block_size > BLOCK_LOG_MAX ||
	    ext2fs_blocks_count(s) > have >> (EXT2_MIN_BLOCK_LOG_SIZE + s->s_log_block_size)) {
		log_error("%s: ext4: is larger than what it is on", d->name);
		return -EIO;
	}
	return 0;
}

static bool has_option(const char *options, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = options; p != NULL && *p != '\0'; p += *p == ',') {
		size_t len = strcspn(p, ",");

		if (len == n && memcmp(p, word, n) == 0) {
			return true;
		}
		p += len;
	}
	return false;
}

/* --- mount ----------------------------------------------------------------------------------------- */

static void free_ext4(struct ext4 *e)
{
	ext2fs_free(e->fs);
	kfree(e->map);
	kfree(e->chunk);
	kfree(e);
}

static int check_groups(struct ext4 *e)
{
	for (dgrp_t g = 0; g < e->fs->group_desc_count; g++) {
		if (!ext2fs_group_desc_csum_verify(e->fs, g)) {
			log_error("%s: ext4: group %u: its descriptor has a wrong checksum",
				  e->dev->name, g);
			return -EIO;
		}
	}
	return 0;
}

static int open_on(struct blkdev *d, struct ext4 **out)
{
	struct ext4 *e = kzalloc(sizeof(*e));
	errcode_t error;
	char name[20];
	int r;

	if (e == NULL) {
		return -ENOMEM;
	}
	e->dev = d;
	ext4_io_name(d, name);
	error = ext2fs_open2(name, NULL, EXT2_FLAG_64BITS | EXT2_FLAG_SKIP_MMP, 0, 0, &ext4_io,
			     &e->fs);
	r = ext4_error(e, 0, error);
	if (r == 0) {
		e->block = e->fs->blocksize;
		e->map = kmalloc(2 * (size_t)e->block);
		e->chunk = ext4_chunk_new(e);
		r = e->map == NULL || e->chunk == NULL ? -ENOMEM : check_groups(e);
	}
	if (r != 0) {
		free_ext4(e);
		return r;
	}
	*out = e;
	return 0;
}

static void fill(struct vnode *v, struct ext4_node *n)
{
	v->fs = n;
	v->mode = n->inode.i_mode;
	v->ino = n->ino;
}

static int ext4_mount(struct mount *m, const char *options)
{
	bool noload = has_option(options, "noload") || has_option(options, "norecovery");
	struct ext2_super_block *s = kmalloc(sizeof(*s));
	struct ext4_node *n = NULL;
	struct ext4 *e = NULL;
	int r;

	if (s == NULL) {
		return -ENOMEM;
	}
	r = read_super(m->dev, s);
	r = r == 0 ? check_features(m->dev, s) : r;
	r = r == 0 ? check_clean(m->dev, s, noload) : r;
	r = r == 0 ? check_size(m->dev, s) : r;
	kfree(s);
	r = r == 0 ? open_on(m->dev, &e) : r;
	if (r != 0) {
		return r;
	}
	r = ext4_node_get(e, EXT2_ROOT_INO, &n);
	if (r == 0 && !S_ISDIR(n->inode.i_mode)) {
		r = ext4_damage(e, EXT2_ROOT_INO, "the root is no folder");
	}
	if (r != 0) {
		ext4_node_free(n);
		free_ext4(e);
		return r;
	}
	m->fs = e;
	m->flags |= MS_RDONLY;
	fill(m->root, n);
	return 0;
}

static void ext4_unmount(struct mount *m)
{
	ext4_node_free(m->root->fs);
	m->root->fs = NULL;
	free_ext4(m->fs);
	m->fs = NULL;
}

static bool ext4_identify(struct blkdev *d, char label[64], char uuid[40])
{
	struct ext2_super_block *s = kmalloc(sizeof(*s));
	const uint8_t *u;
	bool is;

	if (s == NULL) {
		return false;
	}
	is = read_super(d, s) == 0 &&
	     (s->s_feature_incompat & EXT3_FEATURE_INCOMPAT_JOURNAL_DEV) == 0;
	if (is) {
		u = s->s_uuid;
		snprintf(label, 64, "%.*s", (int)sizeof(s->s_volume_name),
			 (const char *)s->s_volume_name);
		snprintf(uuid, 40,
			 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
			 u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11],
			 u[12], u[13], u[14], u[15]);
	}
	kfree(s);
	return is;
}

static int ext4_statvfs(struct mount *m, struct statvfs *v)
{
	const struct ext4 *e = m->fs;
	struct ext2_super_block *s = e->fs->super;
	uint64_t blocks = ext2fs_blocks_count(s);
	uint64_t left = s->s_free_blocks_count |
			(ext2fs_has_feature_64bit(s) ? (uint64_t)s->s_free_blocks_hi << 32 : 0);

	v->f_bsize = v->f_frsize = e->block;
	v->f_blocks = (fsblkcnt_t)blocks;
	v->f_bfree = v->f_bavail = (fsblkcnt_t)MIN(left, blocks);
	v->f_files = s->s_inodes_count;
	v->f_ffree = v->f_favail = MIN(s->s_free_inodes_count, s->s_inodes_count);
	v->f_namemax = VNODE_NAME_MAX;
	return 0;
}

/* --- files ----------------------------------------------------------------------------------------- */

/* A folder that is inside itself would have no end. */
static bool is_above(const struct vnode *v, ext2_ino_t ino)
{
	for (v = v->parent; v != NULL; v = v->parent) {
		if (v->ino == ino) {
			return true;
		}
	}
	return false;
}

static int ext4_lookup(struct vnode *v)
{
	struct ext4 *e = ext4_of(v);
	struct ext4_node *n = NULL;
	ext2_ino_t ino = 0;
	int r = ext4_find(e, ext4_node_of(v->parent), v->name, v->len, &ino);

	r = r == 0 ? ext4_node_get(e, ino, &n) : r;
	if (r == 0 && S_ISDIR(n->inode.i_mode) && is_above(v, ino)) {
		ext4_node_free(n);
		return ext4_damage(e, ino, "a folder that is inside itself");
	}
	if (r == 0) {
		fill(v, n);
	}
	return r;
}

/* A short target is where the numbers of blocks would be. */
static bool is_fast_link(const struct ext4 *e, const struct ext4_node *n)
{
	uint32_t other = n->inode.i_file_acl != 0 ? (uint32_t)EXT2_CLUSTER_SIZE(e->fs->super) / 512
						  : 0;

	return n->size < sizeof(n->inode.i_block) && !ext4_is_inline(n) &&
	       (n->inode.i_flags & EXT4_EXTENTS_FL) == 0 && n->inode.i_blocks <= other;
}

static ssize_t ext4_readlink(struct vnode *v, char *buf, size_t want)
{
	struct ext4_node *n = ext4_node_of(v);

	if (!is_fast_link(ext4_of(v), n)) {
		return ext4_content(ext4_of(v), n, buf, want, 0);
	}
	want = MIN(want, (size_t)n->size);
	memcpy(buf, n->inode.i_block, want);
	return (ssize_t)want;
}

static ssize_t ext4_read(struct vnode *v, void *buf, size_t n, off_t pos)
{
	return ext4_content(ext4_of(v), ext4_node_of(v), buf, n, (uint64_t)pos);
}

/* Two bits more of the seconds, and the nanoseconds, are behind the old inode. */
static struct timespec time_of(const struct ext4_node *n, uint32_t seconds, uint32_t extra,
			       size_t extra_end)
{
	struct timespec t = { .tv_sec = (int32_t)seconds };

	if (EXT2_GOOD_OLD_INODE_SIZE + (size_t)n->inode.i_extra_isize >= extra_end) {
		t.tv_sec += (time_t)(extra & EXT4_EPOCH_MASK) << 32;
		t.tv_nsec = (long)MIN(extra >> EXT4_EPOCH_BITS, NS_MAX - 1);
	}
	return t;
}

#define TIME_OF(n, field)                                      \
	time_of(n, (n)->inode.field, (n)->inode.field##_extra, \
		offsetof(struct ext2_inode_large, field##_extra) + sizeof(uint32_t))

static int ext4_stat(struct vnode *v, struct stat *st)
{
	const struct ext4 *e = ext4_of(v);
	const struct ext4_node *n = ext4_node_of(v);
	const struct ext2_inode_large *i = &n->inode;
	uint64_t blocks = i->i_blocks;

	if (ext2fs_has_feature_huge_file(e->fs->super)) {
		blocks |= (uint64_t)i->osd2.linux2.l_i_blocks_hi << 32;
		blocks *= (i->i_flags & EXT4_HUGE_FILE_FL) != 0 ? e->block / 512 : 1;
	}
	st->st_ino = n->ino;
	st->st_mode = v->mode;
	st->st_nlink = i->i_links_count;
	st->st_uid = (uid_t)(i->i_uid | (uint32_t)i->osd2.linux2.l_i_uid_high << 16);
	st->st_gid = (gid_t)(i->i_gid | (uint32_t)i->osd2.linux2.l_i_gid_high << 16);
	st->st_size = (off_t)n->size;
	st->st_blksize = (blksize_t)e->block;
	st->st_blocks = (blkcnt_t)blocks;
	st->st_atim = TIME_OF(n, i_atime);
	st->st_mtim = TIME_OF(n, i_mtime);
	st->st_ctim = TIME_OF(n, i_ctime);
	return 0;
}

/* Numbers of devices mean those of another system. */
static int ext4_device(struct vnode *v, int flags, struct file **out)
{
	(void)v, (void)flags, (void)out;
	return -ENXIO;
}

static void ext4_forget(struct vnode *v)
{
	ext4_node_free(v->fs);
	v->fs = NULL;
}

FILESYSTEM(ext4) = {
	.name = "ext4",
	.needs_dev = true,
	.read_only = true,
	.mount = ext4_mount,
	.unmount = ext4_unmount,
	.identify = ext4_identify,
	.statvfs = ext4_statvfs,
	.lookup = ext4_lookup,
	.readlink = ext4_readlink,
	.readdir = ext4_readdir,
	.closedir = ext4_closedir,
	.read = ext4_read,
	.stat = ext4_stat,
	.device = ext4_device,
	.forget = ext4_forget,
};
