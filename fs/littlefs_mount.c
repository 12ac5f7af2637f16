/* SPDX-License-Identifier: MIT */
/* littlefs as a whole: mounted, written out, counted, given back. */
#include "littlefs.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/log.h>
#include <kernel/page.h>
#include <kernel/rand.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#define PAGES_MIN 16U
#define PAGES_MAX 1024U

static int commit_all(struct lfs_fs *fs)
{
	struct list *p, *next;
	int r = 0, error;

	list_for_each_safe(p, next, &fs->dirty) {
		struct lfs_node *n = list_entry(p, struct lfs_node, dirty);

		error = n->gone ? 0 : lfs_commit(n);
		if (error != 0) {
			n->error = error;
			r = error;
		}
	}
	return r;
}

int lfs_sync(struct mount *m)
{
	struct lfs_fs *fs = lfs_of(m);
	int r, error;

	if (fs->read_only) {
		return 0;
	}
	r = commit_all(fs);
	error = lfs_flush(fs);
	return r != 0 ? r : error;
}

int lfs_statvfs(struct mount *m, struct statvfs *v)
{
	struct lfs_fs *fs = lfs_of(m);

	v->f_bsize = fs->cfg.block_size;
	v->f_frsize = fs->cfg.block_size;
	v->f_blocks = (fsblkcnt_t)fs->lfs.block_count;
	v->f_bfree = (fsblkcnt_t)lfs_free_blocks(fs);
	v->f_bavail = v->f_bfree;
	v->f_fsid = (unsigned long)lfs_take(fs->uuid, 8);
	v->f_namemax = fs->lfs.name_max;
	return 0;
}

static bool has_word(const char *options, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = options; p != NULL && *p != '\0'; p = strchr(p, ',')) {
		p += *p == ',';
		if (strncmp(p, word, n) == 0 && (p[n] == '\0' || p[n] == ',')) {
			return true;
		}
	}
	return false;
}

static void configure(struct lfs_fs *fs, const char *options)
{
	fs->read_only = (fs->m->flags & MS_RDONLY) != 0 || fs->dev->read_only;
	fs->discard = has_word(options, "discard");
	fs->pages_max = MIN(MAX(page_total() / 64, PAGES_MIN), PAGES_MAX);
	fs->ino_base = (uint64_t)(rand_u32() & 0x7fffff) << 32 | rand_u32();
	fs->ino_base += 2;
	list_init(&fs->dirty);
}

/* The disk has grown. */
static int extend(struct lfs_fs *fs, const char *options)
{
	uint64_t blocks = fs->dev->sectors * BLK_SECTOR / fs->cfg.block_size;

	if (fs->read_only || !has_word(options, "grow") || blocks <= fs->cfg.block_count) {
		return 0;
	}
	lfs_begin(fs);
	return lfs_end(fs, lfs2_fs_grow(&fs->lfs, (lfs2_size_t)MIN(blocks, (uint64_t)INT32_MAX)));
}

static int start(struct lfs_fs *fs, const char *options)
{
	struct mount *m = fs->m;
	struct lfs_node *n;
	int r;

	lfs_begin(fs);
	r = lfs_end(fs, lfs2_mount(&fs->lfs, &fs->cfg));
	if (r != 0) {
		return r;
	}
	fs->keeps_attr = fs->lfs.attr_max >= LFS_ATTR_SIZE;
	r = extend(fs, options);
	strcpy(fs->path, "/");
	if (r == 0) {
		r = lfs_read_node(fs, m->root, &n);
	}
	if (r != 0) {
		lfs2_unmount(&fs->lfs);
		return r;
	}
	n->a.ino = LFS_INO_ROOT;
	lfs_attach(m->root, n);
	if (fs->discard && !fs->read_only) {
		lfs_trim(fs);
	}
	return 0;
}

int lfs_mount(struct mount *m, const char *options)
{
	struct lfs_fs *fs = kzalloc(sizeof(*fs));
	int r;

	if (fs == NULL) {
		return -ENOMEM;
	}
	r = lfs_find(fs, m->dev);
	if (r == 0) {
		r = lfs_buffers(fs);
	}
	if (r != 0) {
		kfree(fs);
		return r;
	}
	fs->m = m;
	m->fs = fs;
	configure(fs, options != NULL ? options : "");
	r = start(fs, options != NULL ? options : "");
	if (r != 0) {
		lfs_free_buffers(fs);
		kfree(fs);
		m->fs = NULL;
	}
	return r;
}

void lfs_unmount(struct mount *m)
{
	struct lfs_fs *fs = lfs_of(m);
	int r = lfs_sync(m);

	if (r != 0) {
		log_error("littlefs %s: not all that was written is on the disk: %d", m->source, r);
	}
	if (fs->discard && !fs->read_only) {
		lfs_trim(fs);
	}
	lfs_drop(lfs_node(m->root));
	kfree(m->root->fs);
	m->root->fs = NULL;
	lfs2_unmount(&fs->lfs);
	lfs_free_buffers(fs);
	kfree(fs);
	m->fs = NULL;
}
