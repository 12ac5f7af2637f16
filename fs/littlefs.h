/* SPDX-License-Identifier: MIT */
/* Private to fs/littlefs*.c: a mounted littlefs, and what a vnode of it has.
 *
 * littlefs keeps a file as a list of blocks from its end to its beginning, never writes a block twice, and shows a new
 * version of a file by one commit. So a change in the middle rewrites all behind it, and two changes with a seek
 * between them do so twice. Here what is written stays in pages of memory (struct over) until it must go out, and then
 * goes out in one pass from the lowest change to the end. Reads take pages first, then the blocks of the last version
 * by an index of our own.
 *
 * A file has at most one lfs2_file_t, only while it has been written to: it holds blocks that no commit
 * names yet. That also keeps the content of a file that has no name any more. */
#pragma once

#include "lfs_disk.h"
#include "vnode.h"

#include <drivers/blkdev.h>
#include <lfs2.h>

#define LFS_PATH_MAX 4096
#define LFS_NONE     UINT32_MAX
#define LFS_LAZY     32

struct lfs_node;

struct lfs_fs {
	struct mount *m;
	struct blkdev *dev;
	lfs2_t lfs;
	struct lfs2_config cfg;
	bool read_only, discard, keeps_attr;

	/* What the device may not have on its medium yet (littlefs_dev.c). */
	uint32_t meta_block; /* the one block of metadata, LFS_NONE: none */
	bool data_pending;
	bool in_data;  /* what littlefs programs now is content of a file */
	int dev_error; /* the last one, which littlefs knows as -EIO */
	lfs2_gstate_t was, was_on_disk;

	/* Space, in blocks. */
	uint64_t used;	   /* at least this many less are free */
	bool used_exact;   /* used is what a count would give */
	uint64_t promised; /* to pages that are not written yet */

	uint64_t ino_base, ino_next;
	struct list dirty; /* struct lfs_node.dirty */
	size_t pages, pages_max;
	struct { /* times of folders that nobody uses, newest first */
		uint64_t ino;
		int64_t mtime;
	} lazy[LFS_LAZY];

	uint8_t *scratch; /* a page, for the pass that writes a file */
	char path[LFS_PATH_MAX], path2[LFS_PATH_MAX];
	char label[LFS_LABEL_MAX + 1];
	uint8_t uuid[16];
};

struct lfs_over {
	uint32_t page;
	bool dirty; /* or it is there since the file is kept with its name */
	uint8_t *data;
};

struct lfs_node {
	struct lfs_fs *fs;
	struct vnode *v;
	struct list dirty; /* in fs->dirty, or alone */
	struct lfs_attr a;
	bool attr_dirty; /* a is newer than the disk */
	bool gone;	 /* no name */
	int error;	 /* for the next fsync() */

	/* Of a file. The base is its last version that is in blocks: */
	bool is_inline;	  /* it has none: the content is in page 0 */
	bool loaded;	  /* which is there */
	bool changed;	  /* pages or size are newer than the base */
	bool uncommitted; /* the base is newer than the disk knows */
	uint32_t head, base_size;
	uint32_t keep; /* bytes of the base that still hold; behind are zeros */
	uint32_t size;
	uint32_t *index; /* block of the i-th piece, or LFS_NONE; NULL: not made */
	uint32_t index_n;
	struct lfs_over *over; /* by page, ascending */
	uint32_t over_n, over_max;
	uint64_t promise;   /* blocks; its part of fs->promised */
	uint64_t since;	    /* when it became dirty, ns */
	uint32_t next_read; /* where a sequential reader goes on */
	uint32_t ahead;	    /* what was asked for up to there */

	lfs2_file_t *h; /* NULL: none */
	struct lfs2_file_config hcfg;
	struct lfs2_attr hattr;
	uint8_t packed[LFS_ATTR_SIZE];
};

static inline struct lfs_node *lfs_node(const struct vnode *v)
{
	return v->fs;
}

static inline struct lfs_fs *lfs_of(const struct mount *m)
{
	return m->fs;
}

/* --- littlefs_dev.c: the device, and what a call to littlefs is wrapped in -------------------------- */

/* Before and after each call that may change something: gives errno's number of @r, logs damage. */
void lfs_begin(struct lfs_fs *fs);
int lfs_end(struct lfs_fs *fs, int r);
int lfs_damaged(struct lfs_fs *fs); /* says so; -EIO */
/* All that was written is on the medium. */
int lfs_flush(struct lfs_fs *fs);
/* Find the file system on @d: fs->cfg, label and uuid. -EINVAL: there is none. */
int lfs_find(struct lfs_fs *fs, struct blkdev *d);
int lfs_buffers(struct lfs_fs *fs);
void lfs_free_buffers(struct lfs_fs *fs);
int lfs_format(struct blkdev *d, const char *label);
bool lfs_identify(struct blkdev *d, char label[64], char uuid[40]);
/* May @more blocks be promised? Counts again before it says no. */
bool lfs_room(struct lfs_fs *fs, uint64_t more);
uint64_t lfs_free_blocks(struct lfs_fs *fs);
/* Tell the device about all that is free. */
void lfs_trim(struct lfs_fs *fs);

/* --- littlefs_ctz.c: reading a file's blocks ------------------------------------------------------- */

/* How many pieces a file of @size bytes has; index of the piece that @pos is in, *@off within it. */
uint32_t lfs_pieces(const struct lfs_fs *fs, uint32_t size);
uint32_t lfs_piece(const struct lfs_fs *fs, uint32_t pos, uint32_t *off);
/* @n bytes of the base at @pos, all below base_size. */
int lfs_base_read(struct lfs_node *n, uint32_t pos, void *buf, uint32_t len);
/* The base has changed from @from on. */
void lfs_index_moved(struct lfs_node *n, uint32_t from);
void lfs_index_free(struct lfs_node *n);

/* --- littlefs_over.c: pages ------------------------------------------------------------------------ */

/* The first that is @page or behind it: over_n if there is none. */
uint32_t lfs_over_at(const struct lfs_node *n, uint32_t page);
/* Only the first @from are left. */
void lfs_over_cut(struct lfs_node *n, uint32_t from);
/* The page, made if it is not there; @whole: all of it gets written. */
int lfs_over_get(struct lfs_node *n, uint32_t page, bool whole, struct lfs_over **out);

/* --- littlefs_file.c: content ---------------------------------------------------------------------- */

int lfs_file_open(struct vnode *v);
void lfs_file_close(struct vnode *v);
ssize_t lfs_file_read(struct vnode *v, void *buf, size_t n, off_t pos);
ssize_t lfs_file_write(struct vnode *v, const void *buf, size_t n, off_t *pos);
int lfs_file_truncate(struct vnode *v, off_t size);
int lfs_file_fsync(struct vnode *v, bool data);
/* Its lfs2_file_t exists from here on. */
int lfs_handle_open(struct lfs_node *n);
void lfs_handle_close(struct lfs_node *n);
/* Pages to blocks, and blocks and attributes to the disk's directory. */
int lfs_commit(struct lfs_node *n);
/* Forget what is not on the disk. */
void lfs_drop(struct lfs_node *n);
void lfs_touch(struct lfs_node *n); /* it is dirty: into the list */
int64_t lfs_now(void);

/* --- littlefs.c ------------------------------------------------------------------------------------ */

/* Its path as littlefs has it, in fs->path or @buf. */
int lfs_path(const struct vnode *v, char *buf);
/* Of a file without attributes of ours. */
uint64_t lfs_ino_by_path(const char *folder, const char *name);
/* What the disk has about @v, whose path is in fs->path. */
int lfs_read_node(struct lfs_fs *fs, struct vnode *v, struct lfs_node **out);
void lfs_attach(struct vnode *v, struct lfs_node *n);

/* --- littlefs_mount.c ------------------------------------------------------------------------------ */

int lfs_mount(struct mount *m, const char *options);
void lfs_unmount(struct mount *m);
int lfs_sync(struct mount *m);
int lfs_statvfs(struct mount *m, struct statvfs *v);

/* --- littlefs_dir.c -------------------------------------------------------------------------------- */

int lfs_readdir(struct vnode *dir, struct dir_pos *pos, struct dirent *d);
void lfs_closedir(struct vnode *dir, struct dir_pos *pos);
