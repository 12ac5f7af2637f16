/* SPDX-License-Identifier: MIT */
/* /dev as a folder: the devices of dev.c, and the disks. */
#include "vnode.h"

#include <dirent.h>
#include <errno.h>
#include <fs/devices.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

static int devfs_mount(struct mount *m, const char *options)
{
	(void)options;
	m->root->mode = S_IFDIR | 0755;
	m->root->ino = 1;
	return 0;
}

static void devfs_unmount(struct mount *m)
{
	(void)m;
}

static int devfs_statvfs(struct mount *m, struct statvfs *v)
{
	(void)m;
	v->f_bsize = PAGE_SIZE;
	v->f_frsize = PAGE_SIZE;
	v->f_namemax = VNODE_NAME_MAX;
	return 0;
}

/* Name of the @i-th device. */
static const char *nth(unsigned i)
{
	unsigned count = dev_count();

	if (i < count) {
		return dev_nth(i);
	}
	return device_names != NULL ? device_names->nth(i - count) : NULL;
}

static int stat_name(const char *name, struct stat *st)
{
	int r = dev_stat(name, st);

	return r == -ENOENT && device_names != NULL ? device_names->stat(name, st) : r;
}

/* The inode is where nth() has it. */
static uint64_t ino_of(const char *name)
{
	const char *other;
	unsigned i = 0;

	while ((other = nth(i)) != NULL && strcmp(other, name) != 0) {
		i++;
	}
	return i + 2;
}

static int devfs_lookup(struct vnode *v)
{
	struct stat st;
	int r = stat_name(v->name, &st);

	if (r == 0) {
		v->mode = st.st_mode;
		v->ino = ino_of(v->name);
	}
	return r;
}

static int devfs_readdir(struct vnode *dir, struct dir_pos *pos, struct dirent *d)
{
	const char *name = nth((unsigned)pos->pos - 2);
	struct stat st;

	(void)dir;
	if (name == NULL) {
		return 0;
	}
	strlcpy(d->d_name, name, sizeof(d->d_name));
	d->d_ino = (ino_t)pos->pos;
	d->d_type = stat_name(name, &st) == 0 ? (unsigned char)IFTODT(st.st_mode) : DT_UNKNOWN;
	pos->pos++;
	return 1;
}

static void devfs_closedir(struct vnode *dir, struct dir_pos *pos)
{
	(void)dir, (void)pos;
}

static int devfs_stat(struct vnode *v, struct stat *st)
{
	dev_t dev = st->st_dev;
	int r;

	if (v->parent != NULL) {
		r = stat_name(v->name, st);
		st->st_dev = dev;
		st->st_ino = v->ino;
		return r;
	}
	st->st_mode = v->mode;
	st->st_ino = v->ino;
	st->st_nlink = 2;
	st->st_blksize = (blksize_t)PAGE_SIZE;
	return 0;
}

static int devfs_device(struct vnode *v, int flags, struct file **out)
{
	int r = dev_open(v->name, flags, out);

	return r == -ENOENT && device_names != NULL ? device_names->open(v->name, flags, out) : r;
}

FILESYSTEM(devices) = {
	.name = "devices",
	.mount = devfs_mount,
	.unmount = devfs_unmount,
	.statvfs = devfs_statvfs,
	.lookup = devfs_lookup,
	.readdir = devfs_readdir,
	.closedir = devfs_closedir,
	.stat = devfs_stat,
	.device = devfs_device,
};
