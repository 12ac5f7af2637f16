/* SPDX-License-Identifier: MIT */
/* FAT12, FAT16 and FAT32 with long names: the operations of a mount. The order of what is written: fat.h. */
#include "fat.h"

#include <dirent.h>
#include <errno.h>
#include <fs/cache.h>
#include <kernel/alloc.h>
#include <kernel/log.h>
#include <kernel/rand.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

/* --- mount ----------------------------------------------------------------------------------------- */

static struct fat *new_fat(struct blkdev *d, bool read_only)
{
	struct fat *f = kzalloc(sizeof(*f));

	if (f != NULL) {
		f->dev = d;
		f->read_only = read_only;
		list_init(&f->nodes);
		list_init(&f->root.link);
		f->root.ino = 1;
		f->root.attr = AM_DIR;
	}
	return f;
}

/* The volume on @d, not looked at further. */
static int open_on(struct blkdev *d, bool read_only, struct fat **out)
{
	uint8_t boot[BLK_SECTOR];
	struct fat *f;
	int r = d->sectors == 0 ? -EINVAL : cache_read(d, 0, boot, sizeof(boot));
	uint32_t size = r == 0 ? fat_geometry(boot, d->sectors) : 0;

	if (size == 0) {
		return r != 0 ? r : -EINVAL;
	}
	f = new_fat(d, read_only);
	if (f == NULL) {
		return -ENOMEM;
	}
	f->sector_size = size;
	r = fat_open_volume(f);
	if (r != 0) {
		kfree(f);
		return r;
	}
	*out = f;
	return 0;
}

static void check(struct mount *m, struct fat *f)
{
	bool in_use = false, damage = false;
	int r = fat_is_marked(f, &in_use);

	if (r != 0 || !in_use || f->read_only) {
		return;
	}
	f->in_use = true;
	r = fat_sweep(f, &damage);
	if (r == -ENOMEM) {
		log_error("%s: FAT: was not unmounted, and there is no memory to look for lost "
			  "clusters",
			  f->dev->name);
		f->lost = true;
	} else if (r != 0 || damage) {
		/* To write would spoil more: two files may have one cluster. */
		log_error("%s: FAT: damaged, so it is read-only: run fsck.vfat on it",
			  f->dev->name);
		f->read_only = true;
		m->flags |= MS_RDONLY;
	}
}

static int fat_mount(struct mount *m, const char *options)
{
	struct fat *f = NULL;
	int r;

	(void)options;
	if (m->dev->read_only) {
		m->flags |= MS_RDONLY;
	}
	r = open_on(m->dev, (m->flags & MS_RDONLY) != 0, &f);
	if (r != 0) {
		return r;
	}
	check(m, f);
	m->fs = f;
	f->root.v = m->root;
	m->root->fs = &f->root;
	m->root->ino = f->root.ino;
	m->root->mode = S_IFDIR | 0755;
	return 0;
}

static bool fat_identify(struct blkdev *d, char label[64], char uuid[40])
{
	struct fat *f = NULL;
	uint32_t serial = 0;
	int r = open_on(d, true, &f);

	if (r == 0) {
		r = fat_label(f, label, &serial);
		snprintf(uuid, 40, "%04X-%04X", (unsigned)(serial >> 16),
			 (unsigned)(serial & 0xFFFF));
	}
	kfree(f);
	return r == 0;
}

static int fat_format(struct blkdev *d, const char *label)
{
	struct fat *f = new_fat(d, false);
	int r;

	if (f == NULL) {
		return -ENOMEM;
	}
	f->sector_size = MAX(d->block_size, BLK_SECTOR);
	r = fat_make(f, label, rand_u32());
	kfree(f);
	return r;
}

static int settle_all(struct fat *f)
{
	struct list *p;
	int r = 0;

	list_for_each(p, &f->nodes) {
		int e = fat_settle(f, list_entry(p, struct fat_node, link));

		r = r == 0 ? e : r;
	}
	return r;
}

/* A file without a name has clusters that the next mount must find, if this one does not end well. */
static bool has_nameless(const struct fat *f)
{
	struct list *p;

	list_for_each(p, &f->nodes) {
		const struct fat_node *n = list_entry(p, struct fat_node, link);

		if (n->removed && n->first != 0) {
			return true;
		}
	}
	return false;
}

static int fat_do_sync(struct fat *f)
{
	int r;

	if (f->read_only || !f->in_use) {
		return 0;
	}
	r = settle_all(f);
	r = r == 0 ? fat_barrier(f) : r;
	/* That freed clusters, and the count is known. */
	r = r == 0 ? fat_write_info(f) : r;
	r = r == 0 ? fat_barrier(f) : r;
	return r != 0 || f->lost || has_nameless(f) ? r : fat_mark(f, false);
}

static int fat_sync(struct mount *m)
{
	return fat_do_sync(m->fs);
}

static void fat_unmount(struct mount *m)
{
	int r = fat_do_sync(m->fs);

	if (r != 0) {
		log_error("%s: FAT: not all was written: %d", m->dev->name, r);
	}
	kfree(m->fs);
	m->fs = NULL;
}

static int fat_statvfs(struct mount *m, struct statvfs *v)
{
	struct fat *f = m->fs;
	uint32_t n;
	int r = f->gone_count > 0 ? fat_barrier(f) : 0;

	r = r == 0 ? fat_count_free(f, &n) : r;
	if (r == 0) {
		v->f_bsize = v->f_frsize = f->cluster;
		v->f_blocks = f->ff.n_fatent - 2;
		v->f_bfree = v->f_bavail = n;
		v->f_namemax = VNODE_NAME_MAX;
	}
	return r;
}

/* --- files ----------------------------------------------------------------------------------------- */

/* What grew is found after a power cut from here on, not only after fsync(). */
static void fat_close(struct vnode *v)
{
	struct fat *f = fat_of(v);
	struct fat_node *n = fat_node_of(v);

	if (n->removed) {
		fat_gone(f, n->first);
		n->first = n->size = 0;
		fat_forget_chain(n);
	} else {
		fat_settle(f, n); /* or, if that failed, by sync or forget */
	}
}

static ssize_t fat_read(struct vnode *v, void *buf, size_t n, off_t pos)
{
	return fat_file_read(fat_of(v), fat_node_of(v), buf, n, pos);
}

static ssize_t fat_write(struct vnode *v, const void *buf, size_t n, off_t *pos)
{
	int r = fat_begin(fat_of(v));

	return r == 0 ? fat_file_write(fat_of(v), fat_node_of(v), buf, n, pos) : r;
}

static int fat_truncate(struct vnode *v, off_t size)
{
	int r = fat_begin(fat_of(v));

	r = r == 0 ? fat_file_truncate(fat_of(v), fat_node_of(v), size) : r;
	if (v->opens == 0) {
		int e = fat_settle(fat_of(v), fat_node_of(v));

		r = r == 0 ? e : r;
	}
	return r;
}

static int fat_fsync(struct vnode *v, bool data)
{
	struct fat *f = fat_of(v);
	struct fat_node *n = fat_node_of(v);
	int r = 0;

	if (f->read_only) {
		return 0;
	}
	if (n->grown || !data) {
		r = fat_settle(f, n);
	}
	return r == 0 ? fat_barrier(f) : r;
}

static struct timespec timespec_of(uint32_t time)
{
	return (struct timespec){ .tv_sec = (time_t)(fat_time_ns(time) / FAT_NS) };
}

static int fat_stat(struct vnode *v, struct stat *st)
{
	const struct fat *f = fat_of(v);
	const struct fat_node *n = fat_node_of(v);
	uint64_t clusters = n->size / f->cluster + (n->size % f->cluster != 0);

	st->st_ino = n->ino;
	st->st_mode = v->mode;
	st->st_nlink = n->removed ? 0 : 1;
	st->st_size = (off_t)n->size;
	st->st_blksize = (blksize_t)f->cluster;
	st->st_blocks = (blkcnt_t)(clusters * (f->cluster / 512));
	st->st_atim = st->st_mtim = st->st_ctim = timespec_of(n->time);
	return 0;
}

static int fat_setattr(struct vnode *v, const struct vattr *a)
{
	struct fat *f = fat_of(v);
	struct fat_node *n = fat_node_of(v);
	uint8_t *b;
	int r = 0;

	if ((a->valid & ATTR_MODE) != 0 && S_ISREG(v->mode)) {
		n->attr = (uint8_t)((n->attr & ~AM_RDO) | ((a->mode & 0222) == 0 ? AM_RDO : 0));
		v->mode = fat_mode(n->attr);
	}
	if ((a->valid & ATTR_MTIME) != 0) {
		n->time = fat_time(a->mtime.tv_sec < 0 ? 0 : (uint64_t)a->mtime.tv_sec * FAT_NS);
	}
	if ((a->valid & (ATTR_MODE | ATTR_MTIME)) == 0 || n->sect == 0) {
		return 0; /* the root, and what has no name, keep nothing on the medium */
	}
	r = fat_begin(f);
	r = r == 0 ? fat_entry(f, n->sect, n->off, &b) : r;
	if (r == 0) {
		b[FAT_ATTR] = (uint8_t)((b[FAT_ATTR] & ~AM_RDO) | (n->attr & AM_RDO));
		fat_entry_set(f, b, fat_entry_first(f, b), fat_entry_size(b), n->time);
		fat_entry_changed(f);
		n->touched = false;
	}
	return r;
}

static void fat_forget(struct vnode *v)
{
	struct fat *f = fat_of(v);
	struct fat_node *n = fat_node_of(v);
	int r = f->read_only ? 0 : fat_settle(f, n);

	if (r != 0) {
		log_error("%s: FAT: %s: its size was not written: %d", f->dev->name, v->name, r);
	}
	list_del(&n->link);
	kfree(n);
	v->fs = NULL;
}

FILESYSTEM(fat) = {
	.name = "fat",
	.needs_dev = true,
	.mount = fat_mount,
	.unmount = fat_unmount,
	.format = fat_format,
	.identify = fat_identify,
	.sync = fat_sync,
	.statvfs = fat_statvfs,
	.lookup = fat_lookup,
	.create = fat_create,
	.unlink = fat_unlink,
	.rmdir = fat_rmdir,
	.rename = fat_rename,
	.readdir = fat_readdir,
	.closedir = fat_closedir,
	.close = fat_close,
	.read = fat_read,
	.write = fat_write,
	.truncate = fat_truncate,
	.fsync = fat_fsync,
	.stat = fat_stat,
	.setattr = fat_setattr,
	.forget = fat_forget,
	.fold_case = true,
};
