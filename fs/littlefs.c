/* SPDX-License-Identifier: MIT */
/* littlefs as a file system of the vnode layer: mounts, names and attributes. littlefs.h has the whole.
 *
 * Inode numbers are made when a file is, from random bits of the mount and a counter, and kept with the file, so that
 * they survive rename() and reboot. A file made elsewhere has none: until its attributes are first written it is
 * a hash of its path.
 * The times of a folder change with its entries in memory only, and are written by sync() or with its other
 * attributes: a commit more for each new file, in another block, would cost a flush each. */
#include "littlefs.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <string.h>
#include <sys/stat.h>

#define NS 1000000000LL

int lfs_path(const struct vnode *v, char *buf)
{
	int n = vnode_path(v, buf, LFS_PATH_MAX);

	if (n == 0) {
		strcpy(buf, "/");
	}
	return n < 0 ? n : 0;
}

uint64_t lfs_ino_by_path(const char *folder, const char *name)
{
	uint64_t h = strcmp(folder, "/") == 0 ? 0 : lfs_hash(folder, strlen(folder));

	return 1ULL << 55 | ((h * 31 + lfs_hash(name, strlen(name))) & ((1ULL << 55) - 1));
}

/* --- nodes ----------------------------------------------------------------------------------------- */

static struct lfs_node *new_node(struct lfs_fs *fs, struct vnode *v)
{
	struct lfs_node *n = kzalloc(sizeof(*n));

	if (n != NULL) {
		n->fs = fs;
		n->v = v;
		list_init(&n->dirty);
	}
	return n;
}

void lfs_attach(struct vnode *v, struct lfs_node *n)
{
	v->fs = n;
	v->mode = n->a.mode;
	v->ino = n->a.ino;
}

/* The times that a folder had when it was last in use. */
static void recall_times(struct lfs_node *n)
{
	struct lfs_fs *fs = n->fs;

	for (unsigned i = 0; i < LFS_LAZY; i++) {
		if (fs->lazy[i].ino == n->a.ino) {
			n->a.mtime = fs->lazy[i].mtime;
			n->a.ctime = fs->lazy[i].mtime;
			n->attr_dirty = true;
			lfs_touch(n);
			fs->lazy[i].ino = 0;
			return;
		}
	}
}

static void keep_times(struct lfs_node *n)
{
	struct lfs_fs *fs = n->fs;

	if (n->attr_dirty && !n->gone) {
		memmove(&fs->lazy[1], &fs->lazy[0], (LFS_LAZY - 1) * sizeof(fs->lazy[0]));
		fs->lazy[0].ino = n->a.ino;
		fs->lazy[0].mtime = n->a.mtime;
	}
}

static void set_attr(struct lfs_node *n, const struct lfs2_entry *e, const uint8_t *packed)
{
	uint32_t type = e->type == LFS2_TYPE_DIR ? S_IFDIR : S_IFREG;

	if (!lfs_attr_unpack(&n->a, packed, e->attr_size)) {
		memset(&n->a, 0, sizeof(n->a));
		n->a.mode = type | (type == S_IFDIR ? 0755U : 0644U);
	}
	if (type == S_IFREG && S_ISLNK(n->a.mode)) {
		type = S_IFLNK;
	}
	n->a.mode = type | (n->a.mode & 07777);
	n->is_inline = e->isinline;
	n->head = e->head;
	n->size = e->size;
	n->base_size = e->isinline ? 0 : e->size;
	n->keep = n->base_size;
}

int lfs_read_node(struct lfs_fs *fs, struct vnode *v, struct lfs_node **out)
{
	uint8_t packed[LFS_ATTR_SIZE];
	struct lfs2_entry e = { .attr = { LFS_ATTR, packed, sizeof(packed) } };
	struct lfs_node *n;
	int r;

	lfs_begin(fs);
	r = lfs_end(fs, lfs2_entry(&fs->lfs, fs->path, &e));
	if (r != 0) {
		return r;
	}
	n = new_node(fs, v);
	if (n == NULL) {
		return -ENOMEM;
	}
	set_attr(n, &e, packed);
	*out = n;
	return 0;
}

static int lfs_lookup(struct vnode *v)
{
	struct lfs_fs *fs = lfs_of(v->mount);
	struct lfs_node *n;
	int r = lfs_path(v, fs->path);

	if (r == 0) {
		r = lfs_read_node(fs, v, &n);
	}
	if (r != 0) {
		return r;
	}
	if (n->a.ino == 0) {
		r = lfs_path(v->parent, fs->path2);
		n->a.ino = lfs_ino_by_path(r == 0 ? fs->path2 : "", v->name);
	}
	recall_times(n);
	lfs_attach(v, n);
	return 0;
}

static void lfs_forget(struct vnode *v)
{
	struct lfs_node *n = lfs_node(v);

	if (S_ISDIR(v->mode)) {
		keep_times(n);
	} else if (!n->gone && n->attr_dirty) {
		lfs_commit(n);
	}
	lfs_drop(n);
	lfs_handle_close(n);
	kfree(n);
	v->fs = NULL;
}

/* --- names ----------------------------------------------------------------------------------------- */

/* An entry came or went. */
static void touch_folder(struct vnode *v)
{
	struct lfs_node *dir = v->parent != NULL ? lfs_node(v->parent) : NULL;

	if (dir != NULL && !dir->gone) {
		dir->a.mtime = lfs_now();
		dir->a.ctime = dir->a.mtime;
		dir->attr_dirty = true;
		lfs_touch(dir);
	}
}

static int make_name(struct lfs_fs *fs, struct lfs_node *n, const char *target)
{
	uint8_t packed[LFS_ATTR_SIZE];
	const struct lfs2_attr attr = { LFS_ATTR, packed, sizeof(packed) };
	uint32_t size = target != NULL ? (uint32_t)strlen(target) : 0;
	int r;

	if (target != NULL && size > fs->lfs.inline_max) {
		return -ENAMETOOLONG;
	}
	lfs_attr_pack(&n->a, packed);
	lfs_begin(fs);
	if (S_ISDIR(n->a.mode)) {
		r = lfs2_mkdirattr(&fs->lfs, fs->path, &attr, fs->keeps_attr);
		fs->used += 2;
	} else {
		r = lfs2_create(&fs->lfs, fs->path, target, size, &attr, fs->keeps_attr);
	}
	return lfs_end(fs, r);
}

static int lfs_create(struct vnode *v, uint32_t mode, const char *target)
{
	struct lfs_fs *fs = lfs_of(v->mount);
	struct lfs_node *n;
	int r = lfs_path(v, fs->path);

	if (!S_ISREG(mode) && !S_ISDIR(mode) && !S_ISLNK(mode)) {
		return -EPERM;
	}
	if (r != 0) {
		return r;
	}
	n = new_node(fs, v);
	if (n == NULL) {
		return -ENOMEM;
	}
	n->a.mode = mode;
	n->a.ino = fs->ino_base + fs->ino_next++;
	n->a.mtime = n->a.ctime = n->a.atime = lfs_now();
	n->is_inline = !S_ISDIR(mode);
	n->loaded = S_ISREG(mode);
	n->size = target != NULL ? (uint32_t)strlen(target) : 0;
	r = make_name(fs, n, target);
	if (r != 0) {
		kfree(n);
		return r;
	}
	lfs_attach(v, n);
	touch_folder(v);
	return 0;
}

/* The name of @v goes: what it has must outlive that while it is open. Its blocks are held by its lfs2_file_t, which
 * littlefs keeps with the files in use but no longer with a name; and looks at for blocks when it is not as on the disk. */
static int hold(struct vnode *v)
{
	struct lfs_node *n = lfs_node(v);
	int r;

	if (!S_ISREG(v->mode) || v->opens == 0) {
		return 0;
	}
	r = lfs_handle_open(n);
	if (r == 0) {
		n->h->flags |= LFS2_F_DIRTY;
	}
	return r;
}

static void name_gone(struct vnode *v)
{
	struct lfs_node *n = lfs_node(v);

	n->gone = true;
	n->attr_dirty = false;
	if (!n->changed) {
		list_del(&n->dirty);
	}
	n->a.ctime = lfs_now();
	lfs_of(v->mount)->used_exact = false;
}

static int lfs_unlink(struct vnode *v)
{
	struct lfs_fs *fs = lfs_of(v->mount);
	int r = hold(v);

	if (r == 0) {
		r = lfs_path(v, fs->path);
	}
	if (r == 0) {
		lfs_begin(fs);
		r = lfs_end(fs, lfs2_remove(&fs->lfs, fs->path));
	}
	if (r == 0) {
		name_gone(v);
		touch_folder(v);
	}
	return r;
}

/* Is @v @dir or in it? */
static bool is_below(const struct vnode *v, const struct vnode *dir)
{
	while (v != NULL && v != dir) {
		v = v->parent;
	}
	return v != NULL;
}

/* What the vnode layer knows as a new name is one for littlefs too; a link and a file are the same to it. */
static int lfs_rename(struct vnode *v, struct vnode *to)
{
	struct lfs_fs *fs = lfs_of(v->mount);
	struct lfs_node *n = lfs_node(v);
	int r;

	if (S_ISDIR(v->mode) && is_below(to->parent, v)) {
		return -EINVAL;
	}
	/* littlefs does not let an open file follow its name. What was written is safe before the old file of that
	 * name goes, as programs that do without fsync() expect. */
	r = S_ISREG(v->mode) ? lfs_commit(n) : 0;
	if (r == 0) {
		lfs_handle_close(n);
		r = to->fs != NULL ? hold(to) : 0;
	}
	if (r == 0) {
		r = lfs_path(v, fs->path);
	}
	if (r == 0) {
		r = lfs_path(to, fs->path2);
	}
	if (r == 0) {
		lfs_begin(fs);
		r = lfs_end(fs, lfs2_rename(&fs->lfs, fs->path, fs->path2));
	}
	if (r != 0) {
		return r;
	}
	if (to->fs != NULL) {
		name_gone(to);
	}
	touch_folder(v);
	touch_folder(to);
	fs->used_exact = false;
	return 0;
}

static ssize_t lfs_readlink(struct vnode *v, char *buf, size_t len)
{
	struct lfs_fs *fs = lfs_of(v->mount);
	struct lfs2_entry e = { .data = buf, .data_size = (lfs2_size_t)MIN(len, (size_t)0x3fe) };
	uint8_t none[1];
	int r = lfs_path(v, fs->path);

	e.attr = (struct lfs2_attr){ LFS_ATTR, none, 0 };
	if (r == 0) {
		lfs_begin(fs);
		r = lfs_end(fs, lfs2_entry(&fs->lfs, fs->path, &e));
	}
	if (r == 0 && !e.isinline) {
		r = lfs_damaged(fs);
	}
	return r != 0 ? r : (ssize_t)MIN((size_t)e.size, len);
}

/* --- attributes ------------------------------------------------------------------------------------ */

static struct timespec to_timespec(int64_t ns)
{
	int64_t s = ns / NS - (ns % NS < 0);

	return (struct timespec){ .tv_sec = (time_t)s, .tv_nsec = (long)(ns - s * NS) };
}

static int64_t from_timespec(const struct timespec *t)
{
	int64_t ns;

	if (mul_overflow((int64_t)t->tv_sec, NS, &ns) ||
	    add_overflow(ns, (int64_t)t->tv_nsec, &ns)) {
		return t->tv_sec < 0 ? INT64_MIN : INT64_MAX;
	}
	return ns;
}

static int lfs_stat(struct vnode *v, struct stat *st)
{
	const struct lfs_node *n = lfs_node(v);

	st->st_ino = (ino_t)v->ino;
	st->st_mode = v->mode;
	st->st_nlink = n->gone ? 0 : 1;
	st->st_uid = (uid_t)n->a.uid;
	st->st_gid = (gid_t)n->a.gid;
	st->st_size = (off_t)n->size;
	st->st_blksize = (blksize_t)PAGE_SIZE;
	st->st_blocks = (blkcnt_t)((n->size + 511ULL) / 512);
	st->st_mtim = to_timespec(n->a.mtime);
	st->st_ctim = to_timespec(n->a.ctime);
	st->st_atim = to_timespec(MAX(n->a.atime, n->a.mtime));
	return 0;
}

static int lfs_setattr(struct vnode *v, const struct vattr *a)
{
	struct lfs_node *n = lfs_node(v);
	struct lfs_attr was = n->a;
	int r = 0;

	if ((a->valid & ATTR_MODE) != 0) {
		n->a.mode = (n->a.mode & S_IFMT) | (a->mode & 07777);
	}
	if ((a->valid & ATTR_UID) != 0) {
		n->a.uid = a->uid;
	}
	if ((a->valid & ATTR_GID) != 0) {
		n->a.gid = a->gid;
	}
	if ((a->valid & ATTR_ATIME) != 0) {
		n->a.atime = from_timespec(&a->atime);
	}
	if ((a->valid & ATTR_MTIME) != 0) {
		n->a.mtime = from_timespec(&a->mtime);
	}
	n->a.ctime = lfs_now();
	n->attr_dirty = true;
	/* With what was written, if there is something; else at once. */
	if (n->changed || n->uncommitted) {
		lfs_touch(n);
	} else {
		r = lfs_commit(n);
	}
	if (r != 0) {
		n->a = was;
	}
	v->mode = n->a.mode;
	return r;
}

static int lfs_allocate(struct vnode *v, off_t off, off_t len)
{
	off_t end;

	if (add_overflow(off, len, &end)) {
		return -EFBIG;
	}
	return end > (off_t)lfs_node(v)->size ? lfs_file_truncate(v, end) : 0;
}

FILESYSTEM(littlefs) = {
	.name = "littlefs",
	.needs_dev = true,
	.mount = lfs_mount,
	.unmount = lfs_unmount,
	.format = lfs_format,
	.identify = lfs_identify,
	.sync = lfs_sync,
	.statvfs = lfs_statvfs,
	.lookup = lfs_lookup,
	.create = lfs_create,
	.unlink = lfs_unlink,
	.rmdir = lfs_unlink,
	.rename = lfs_rename,
	.readlink = lfs_readlink,
	.readdir = lfs_readdir,
	.closedir = lfs_closedir,
	.open = lfs_file_open,
	.close = lfs_file_close,
	.read = lfs_file_read,
	.write = lfs_file_write,
	.truncate = lfs_file_truncate,
	.allocate = lfs_allocate,
	.fsync = lfs_file_fsync,
	.stat = lfs_stat,
	.setattr = lfs_setattr,
	.forget = lfs_forget,
};
