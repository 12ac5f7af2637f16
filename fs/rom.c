/* SPDX-License-Identifier: MIT */
/* The read-only tree (romfs.c) as a file system under vnodes: content in place. */
#include "romfs.h"
#include "vnode.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

static void fill(struct vnode *v, struct node *n)
{
	v->fs = n;
	v->mode = n->mode;
	v->ino = n->ino;
}

static struct node *node_of(const struct vnode *v)
{
	return v->fs;
}

static int rom_mount(struct mount *m, const char *options)
{
	(void)options;
	fill(m->root, romfs_root());
	return 0;
}

static void rom_unmount(struct mount *m)
{
	(void)m;
}

static int rom_statvfs(struct mount *m, struct statvfs *v)
{
	uint64_t bytes, files;

	(void)m;
	vfs_usage(&bytes, &files);
	v->f_bsize = PAGE_SIZE;
	v->f_frsize = PAGE_SIZE;
	v->f_blocks = (fsblkcnt_t)((bytes + PAGE_SIZE - 1) / PAGE_SIZE);
	v->f_files = (fsfilcnt_t)files;
	v->f_namemax = VNODE_NAME_MAX;
	return 0;
}

static int rom_lookup(struct vnode *v)
{
	struct node *n = romfs_find(node_of(v->parent), v->name, v->len);

	if (n == NULL) {
		return -ENOENT;
	}
	fill(v, n);
	return 0;
}

static ssize_t copy_out(const struct node *n, void *buf, size_t want, off_t pos)
{
	size_t part = (size_t)pos >= n->size ? 0 : MIN(want, n->size - (size_t)pos);

	memcpy(buf, (const char *)n->data + (part > 0 ? pos : 0), part);
	return (ssize_t)part;
}

static ssize_t rom_readlink(struct vnode *v, char *buf, size_t n)
{
	return copy_out(node_of(v), buf, n, 0);
}

static ssize_t rom_read(struct vnode *v, void *buf, size_t n, off_t pos)
{
	return copy_out(node_of(v), buf, n, pos);
}

static int rom_map(struct vnode *v, off_t off, size_t len, void **addr)
{
	const struct node *n = node_of(v);

	if (off < 0 || (size_t)off > n->size || len > n->size - (size_t)off) {
		return -ENXIO;
	}
	*addr = (char *)(uintptr_t)n->data + off;
	return 0;
}

static int rom_stat(struct vnode *v, struct stat *st)
{
	romfs_stat(node_of(v), st);
	return 0;
}

/* The cursor is the entry at pos; after a seek it is counted out. */
static int rom_readdir(struct vnode *dir, struct dir_pos *pos, struct dirent *d)
{
	struct node *n = pos->fs;

	if (n == NULL) {
		n = node_of(dir)->child;
		for (off_t i = 2; i < pos->pos && n != NULL; i++) {
			n = n->sibling;
		}
	}
	if (n == NULL) {
		return 0;
	}
	memcpy(d->d_name, n->name, n->len);
	d->d_name[n->len] = '\0';
	d->d_ino = n->ino;
	d->d_type = (unsigned char)IFTODT(n->mode);
	pos->pos++;
	pos->fs = n->sibling;
	return 1;
}

static void rom_closedir(struct vnode *dir, struct dir_pos *pos)
{
	(void)dir, (void)pos;
}

FILESYSTEM(romfs) = {
	.name = "romfs",
	.read_only = true,
	.mount = rom_mount,
	.unmount = rom_unmount,
	.statvfs = rom_statvfs,
	.lookup = rom_lookup,
	.readlink = rom_readlink,
	.readdir = rom_readdir,
	.closedir = rom_closedir,
	.read = rom_read,
	.map = rom_map,
	.stat = rom_stat,
};
