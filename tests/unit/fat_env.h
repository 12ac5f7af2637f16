/* SPDX-License-Identifier: MIT */
/* What fs/fat*.c needs around it: disks in memory whose writes stay volatile until a sync, so that power can be cut at
 * any of them, and the few calls of the layer above. The vnodes are the real ones. */
#pragma once

#pragma GCC diagnostic ignored "-Wunused-function" /* each test uses a part */

#include "../../fs/vnode.h"
#include "host/kernel.h"
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fs/cache.h>
#include <kernel/alloc.h>
#include <kernel/rand.h>
#include <kernel/time.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct disk {
	struct blkdev d;
	uint8_t *now;	  /* what the cache shows */
	uint8_t *safe;	  /* what is on the medium for sure */
	uint8_t *dirty;	  /* sectors that differ, or may */
	uint8_t *touched; /* sectors that were ever written */
	size_t size;
	unsigned long writes, syncs;
	long fail_in;	 /* this many accesses from now on an error; -1: never */
	unsigned failed; /* how many were */
	bool eager;	 /* dirty sectors may reach the medium at any time, as they are then */
	void (*on_write)(struct disk *k);
};

static int allocations_left = -1; /* -1: any number */
static unsigned allocations_refused;
static uint64_t wall = 1764547200ULL * 1000000000ULL;

static bool refused(void)
{
	if (allocations_left == 0) {
		allocations_refused++;
		return true;
	}
	allocations_left -= allocations_left > 0;
	return false;
}

void *kmalloc(size_t n)
{
	return refused() ? NULL : malloc(n);
}

void *kzalloc(size_t n)
{
	return refused() ? NULL : calloc(1, n);
}

void *krealloc(void *p, size_t n)
{
	return refused() ? NULL : realloc(p, n);
}

void kfree(void *p)
{
	free(p);
}

uint64_t time_wall(void)
{
	return wall;
}

uint32_t rand_u32(void)
{
	return (uint32_t)test_random();
}

void mutex_lock(struct mutex *m)
{
	(void)m;
}

void mutex_unlock(struct mutex *m)
{
	(void)m;
}

/* --- disks ----------------------------------------------------------------------------------------- */

static struct disk *disk_of(struct blkdev *d)
{
	return container_of(d, struct disk, d);
}

static struct disk *disk_new(size_t size)
{
	struct disk *k = calloc(1, sizeof(*k));

	k->now = calloc(1, size);
	k->safe = calloc(1, size);
	k->dirty = calloc(1, size / BLK_SECTOR);
	k->touched = calloc(1, size / BLK_SECTOR);
	k->size = size;
	k->fail_in = -1;
	k->d.sectors = size / BLK_SECTOR;
	k->d.block_size = BLK_SECTOR;
	k->d.physical_size = 4096;
	k->d.volatile_cache = true;
	strcpy(k->d.name, "vda");
	return k;
}

static void disk_free(struct disk *k)
{
	free(k->now);
	free(k->safe);
	free(k->dirty);
	free(k->touched);
	free(k);
}

static int access_at(struct disk *k, uint64_t off, size_t n)
{
	if (off > k->size || n > k->size - off) {
		return -EINVAL;
	}
	if (k->fail_in == 0) {
		k->failed++;
		return -EIO;
	}
	k->fail_in -= k->fail_in > 0;
	return 0;
}

static void write_back(struct disk *k, size_t sector)
{
	memcpy(k->safe + sector * BLK_SECTOR, k->now + sector * BLK_SECTOR, BLK_SECTOR);
	k->dirty[sector] = 0;
}

int cache_read(struct blkdev *d, uint64_t off, void *buf, size_t n)
{
	struct disk *k = disk_of(d);
	int r = access_at(k, off, n);

	if (r == 0) {
		memcpy(buf, k->now + off, n);
	}
	return r;
}

int cache_write(struct blkdev *d, uint64_t off, const void *buf, size_t n)
{
	struct disk *k = disk_of(d);
	int r = access_at(k, off, n);

	if (r != 0 || n == 0) {
		return r;
	}
	k->writes++;
	/* Sector by sector: power may go between them. */
	for (size_t done = 0; done < n;) {
		size_t sector = (off + done) / BLK_SECTOR;
		size_t part = MIN(n - done, BLK_SECTOR - (off + done) % BLK_SECTOR);

		memcpy(k->now + off + done, (const uint8_t *)buf + done, part);
		k->dirty[sector] = k->touched[sector] = 1;
		if (k->eager && test_below(4) == 0) {
			write_back(k, sector);
		}
		done += part;
	}
	if (k->on_write != NULL) {
		k->on_write(k);
	}
	return 0;
}

int cache_sync_range(struct blkdev *d, uint64_t off, uint64_t n, bool flush)
{
	struct disk *k = disk_of(d);
	int r = access_at(k, off, n);

	(void)flush;
	for (size_t s = off / BLK_SECTOR; r == 0 && s < (off + n + BLK_SECTOR - 1) / BLK_SECTOR;
	     s++) {
		if (k->dirty[s] != 0) {
			write_back(k, s);
		}
	}
	k->syncs++;
	return r;
}

/* Nothing is synced by itself here. */
void mount_changed(struct mount *m)
{
	(void)m;
}

int cache_sync(struct blkdev *d)
{
	return cache_sync_range(d, 0, disk_of(d)->size, true);
}

/* Copy what is not zeros to where there are zeros: volumes are mostly empty. */
static void copy_used(uint8_t *to, const uint8_t *from, size_t n)
{
	static const uint8_t zeros[4096];

	for (size_t at = 0; at < n; at += sizeof(zeros)) {
		size_t part = MIN(n - at, sizeof(zeros));

		if (memcmp(from + at, zeros, part) != 0) {
			memcpy(to + at, from + at, part);
		}
	}
}

/* What a power cut would leave now: of the dirty sectors any may be there. */
static struct disk *disk_cut(struct disk *k)
{
	struct disk *cut = disk_new(k->size);

	copy_used(cut->safe, k->safe, k->size);
	for (size_t s = 0; s < k->size / BLK_SECTOR; s++) {
		if (k->dirty[s] != 0 && test_below(2) == 0) {
			memcpy(cut->safe + s * BLK_SECTOR, k->now + s * BLK_SECTOR, BLK_SECTOR);
		}
	}
	copy_used(cut->now, cut->safe, k->size);
	return cut;
}

static bool disk_load(struct disk *k, const char *path)
{
	FILE *file = fopen(path, "rb");
	size_t n = file == NULL ? 0 : fread(k->now, 1, k->size, file);

	if (file != NULL) {
		fclose(file);
	}
	memcpy(k->safe, k->now, k->size);
	return n == k->size;
}

static void disk_save(const struct disk *k, const char *path)
{
	static const uint8_t zeros[4096];
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (!CHECK(fd >= 0 && ftruncate(fd, (off_t)k->size) == 0)) {
		return;
	}
	for (size_t at = 0; at < k->size; at += sizeof(zeros)) {
		size_t part = MIN(k->size - at, sizeof(zeros));

		if (memcmp(k->now + at, zeros, part) != 0) {
			CHECK_EQ(pwrite(fd, k->now + at, part, (off_t)at), (long)part);
		}
	}
	close(fd);
}

/* --- the layer above ------------------------------------------------------------------------------- */

static struct mount *mounted(struct disk *k, unsigned flags, int *error)
{
	struct mount *m = calloc(1, sizeof(*m));

	m->ops = filesystems_start;
	m->dev = &k->d;
	m->flags = flags;
	m->mask = 15;
	m->table = calloc(16, sizeof(*m->table));
	m->root = vnode_new(m, NULL, "", 0);
	*error = m->ops->mount(m, "");
	if (*error != 0) {
		free(m->root);
		free(m->table);
		free(m);
		return NULL;
	}
	return m;
}

static void unmounted(struct mount *m)
{
	m->ops->unmount(m);
	CHECK_EQ(m->count, 0);
	free(m->root);
	free(m->table);
	free(m);
}

/* The folder of the last part of @path, as a reference. */
static int parent_of(struct mount *m, const char *path, struct vnode **dir, const char **last)
{
	struct vnode *v = vnode_get(m->root), *next;
	const char *slash;
	int r;

	while ((slash = strchr(path, '/')) != NULL) {
		r = S_ISDIR(v->mode) ? vnode_child(v, path, (size_t)(slash - path), &next)
				     : -ENOTDIR;
		vnode_put(v);
		if (r != 0) {
			return r;
		}
		v = next;
		path = slash + 1;
	}
	*dir = v;
	*last = path;
	return 0;
}

static int find_vnode(struct mount *m, const char *path, struct vnode **v)
{
	struct vnode *dir;
	int r = parent_of(m, path, &dir, &path);

	if (r != 0) {
		return r;
	}
	r = path[0] == '\0'	 ? 0
	    : S_ISDIR(dir->mode) ? vnode_child(dir, path, strlen(path), v)
				 : -ENOTDIR;
	if (path[0] == '\0') {
		*v = dir;
	} else {
		vnode_put(dir);
	}
	return r;
}

/* A new file or folder; the reference goes to *@v. */
static int make(struct mount *m, const char *path, uint32_t mode, struct vnode **out)
{
	struct vnode *dir, *v;
	int r = parent_of(m, path, &dir, &path);

	if (r != 0) {
		return r;
	}
	r = vnode_child(dir, path, strlen(path), &v);
	if (r == 0) {
		vnode_put(v);
		r = -EEXIST;
	} else if (r == -ENOENT) {
		v = vnode_new(m, dir, path, strlen(path));
		r = v == NULL ? -ENOMEM : m->ops->create(v, mode, NULL);
		if (r == 0) {
			vnode_enter(v);
			*out = v;
		} else if (v != NULL) {
			v->fs = NULL;
			vnode_put(v);
		}
	}
	vnode_put(dir);
	return r;
}

/* Open, made if it is not there. NULL: *@error. */
static struct vnode *opened(struct mount *m, const char *path, bool create, int *error)
{
	struct vnode *v = NULL;
	int r = find_vnode(m, path, &v);

	if (r == -ENOENT && create) {
		r = make(m, path, S_IFREG | 0644, &v);
	}
	*error = r;
	if (r != 0) {
		return NULL;
	}
	v->opens++;
	return v;
}

static void closed(struct vnode *v)
{
	if (--v->opens == 0 && S_ISREG(v->mode)) {
		v->mount->ops->close(v);
	}
	vnode_put(v);
}

static int make_folder(struct mount *m, const char *path)
{
	struct vnode *v;
	int r = make(m, path, S_IFDIR | 0755, &v);

	if (r == 0) {
		vnode_put(v);
	}
	return r;
}

static int removed(struct mount *m, const char *path)
{
	struct vnode *v;
	int r = find_vnode(m, path, &v);

	if (r != 0) {
		return r;
	}
	r = S_ISDIR(v->mode) ? m->ops->rmdir(v) : m->ops->unlink(v);
	if (r == 0) {
		vnode_detach(v);
	}
	vnode_put(v);
	return r;
}

static int renamed(struct mount *m, const char *from, const char *to)
{
	struct vnode *v, *t = NULL, *dir = NULL;
	int r = find_vnode(m, from, &v);

	if (r != 0) {
		return r;
	}
	r = find_vnode(m, to, &t);
	if (r == 0 && t == v &&
	    strcmp(strrchr(to, '/') != NULL ? strrchr(to, '/') + 1 : to, v->name) != 0) {
		vnode_put(t); /* to be spelled anew */
		r = -ENOENT;
	}
	if (r == -ENOENT) {
		r = parent_of(m, to, &dir, &to);
		t = r == 0 ? vnode_new(m, dir, to, strlen(to)) : NULL;
	}
	if (r == 0 && t != v) {
		r = t->mode != 0 && S_ISDIR(t->mode) != S_ISDIR(v->mode) ? -EISDIR
									 : m->ops->rename(v, t);
		if (r == 0) {
			vnode_move(v, t);
		}
	}
	if (t != NULL) {
		vnode_put(t);
	}
	if (dir != NULL) {
		vnode_put(dir);
	}
	vnode_put(v);
	return r;
}

static ssize_t wrote(struct vnode *v, const void *buf, size_t n, off_t pos)
{
	return v->mount->ops->write(v, buf, n, &pos);
}

static ssize_t was_read(struct vnode *v, void *buf, size_t n, off_t pos)
{
	return v->mount->ops->read(v, buf, n, pos);
}

static off_t size_of(struct vnode *v)
{
	struct stat st;

	memset(&st, 0, sizeof(st));
	v->mount->ops->stat(v, &st);
	return st.st_size;
}

/* The whole file, in memory of its own; NULL: *@error. */
static uint8_t *content(struct mount *m, const char *path, size_t *n, int *error)
{
	struct vnode *v = opened(m, path, false, error);
	uint8_t *p;
	ssize_t r;

	if (v == NULL) {
		return NULL;
	}
	*n = (size_t)size_of(v);
	p = malloc(*n + 1);
	r = was_read(v, p, *n + 1, 0);
	if (r != (ssize_t)*n) {
		*error = r < 0 ? (int)r : -EIO;
		free(p);
		p = NULL;
	}
	closed(v);
	return p;
}
