/* SPDX-License-Identifier: MIT */
#include "littlefs_env.h"

#include "host/host.h"
#include "host/kernel.h"
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fs/cache.h>
#include <kernel/alloc.h>
#include <kernel/page.h>
#include <kernel/rand.h>
#include <kernel/sync.h>
#include <kernel/time.h>
#include <sys/mount.h>
#include <sys/stat.h>

int64_t env_now = 1700000000000000000LL;
size_t env_pages = 65536;
long env_mallocs = -1, env_allocated;
const struct fs_ops *fs_ops;

/* --- the kernel's ---------------------------------------------------------------------------------- */

void *kmalloc(size_t n)
{
	if (env_mallocs == 0) {
		return NULL;
	}
	env_mallocs -= env_mallocs > 0;
	env_allocated++;
	return malloc(n == 0 ? 1 : n);
}

void *kzalloc(size_t n)
{
	void *p = kmalloc(n);

	return p != NULL ? memset(p, 0, n) : NULL;
}

void *krealloc(void *p, size_t n)
{
	if (p == NULL) {
		return kmalloc(n);
	}
	if (env_mallocs == 0) {
		return NULL;
	}
	env_mallocs -= env_mallocs > 0;
	return realloc(p, n);
}

void kfree(void *p)
{
	env_allocated -= p != NULL;
	free(p);
}

size_t page_total(void)
{
	return env_pages;
}

uint64_t time_wall(void)
{
	return (uint64_t)env_now;
}

void rand_bytes(void *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		((uint8_t *)p)[i] = (uint8_t)test_random();
	}
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

/* --- the disk -------------------------------------------------------------------------------------- */

void disk_init(struct disk *d, uint64_t bytes)
{
	memset(d, 0, sizeof(*d));
	d->dev.sectors = bytes / SECTOR;
	d->dev.block_size = SECTOR;
	d->dev.physical_size = SECTOR;
	strcpy(d->dev.name, "vda1");
	d->now = malloc(bytes);
	d->medium = malloc(bytes);
	/* What was there before: not zeros, nor all the same. */
	for (uint64_t i = 0; i < bytes; i += SECTOR) {
		memset(d->now + i, (int)(i / SECTOR), SECTOR);
	}
	memcpy(d->medium, d->now, bytes);
	d->error = -EIO;
}

void disk_free(struct disk *d)
{
	free(d->now);
	free(d->medium);
	free(d->versions);
}

static struct disk *disk_of(struct blkdev *dev)
{
	return container_of(dev, struct disk, dev);
}

static bool fails(long *n)
{
	if (*n == 0) {
		return false;
	}
	if (*n > 1) {
		--*n;
		return false;
	}
	return true;
}

static int in_range(const struct disk *d, uint64_t off, size_t n)
{
	return off <= d->dev.sectors * SECTOR && n <= d->dev.sectors * SECTOR - off ? 0 : -EINVAL;
}

int cache_read(struct blkdev *dev, uint64_t off, void *buf, size_t n)
{
	struct disk *d = disk_of(dev);

	if (in_range(d, off, n) != 0) {
		return -EINVAL;
	}
	if (fails(&d->fail_read)) {
		return d->error;
	}
	d->reads++;
	d->read_bytes += n;
	memcpy(buf, d->now + off, n);
	return 0;
}

static void event(struct disk *d)
{
	if (d->on_event != NULL && !d->in_event) {
		d->in_event = true;
		d->on_event(d);
		d->in_event = false;
	}
}

static void keep_version(struct disk *d, uint64_t sector)
{
	if (d->version_count == d->version_max) {
		d->version_max = d->version_max == 0 ? 64 : 2 * d->version_max;
		d->versions = realloc(d->versions, d->version_max * sizeof(*d->versions));
	}
	d->versions[d->version_count].sector = sector;
	memcpy(d->versions[d->version_count++].data, d->now + sector * SECTOR, SECTOR);
}

int cache_write(struct blkdev *dev, uint64_t off, const void *buf, size_t n)
{
	struct disk *d = disk_of(dev);

	if (in_range(d, off, n) != 0) {
		return -EINVAL;
	}
	if (fails(&d->fail_write)) {
		return d->error;
	}
	d->writes++;
	memcpy(d->now + off, buf, n);
	for (uint64_t s = off / SECTOR; s <= (off + n - 1) / SECTOR; s++) {
		keep_version(d, s);
	}
	event(d);
	return 0;
}

/* Nothing is synced by itself here. */
void mount_changed(struct mount *m)
{
	(void)m;
}

int cache_sync(struct blkdev *dev)
{
	struct disk *d = disk_of(dev);

	event(d);
	if (fails(&d->fail_sync)) {
		return d->error;
	}
	d->syncs++;
	for (size_t i = 0; i < d->version_count; i++) {
		memcpy(d->medium + d->versions[i].sector * SECTOR, d->versions[i].data, SECTOR);
	}
	d->version_count = 0;
	event(d);
	return 0;
}

int cache_discard(struct blkdev *dev, uint64_t off, uint64_t n)
{
	struct disk *d = disk_of(dev);

	memset(d->now + off, 0xdb, n);
	memset(d->medium + off, 0xdb, n);
	d->discarded += n;
	return 0;
}

void cache_read_ahead(struct blkdev *dev, uint64_t off, size_t n)
{
	host_require(in_range(disk_of(dev), off, n) == 0, "read-ahead outside the disk");
}

void disk_cut(struct disk *to, const struct disk *from)
{
	size_t bytes = from->dev.sectors * SECTOR;
	unsigned how = test_below(8);

	disk_init(to, bytes);
	to->dev = from->dev;
	memcpy(to->now, from->medium, bytes);
	/* All, none, or some: a version that is left out leaves the one before it. */
	for (size_t i = 0; how != 0 && i < from->version_count; i++) {
		const struct version *v = &from->versions[i];

		if (how == 1 || test_below(how) == 0) {
			memcpy(to->now + v->sector * SECTOR, v->data, SECTOR);
		}
	}
	memcpy(to->medium, to->now, bytes);
}

/* --- mounts and names ------------------------------------------------------------------------------ */

struct mount *fs_mount(struct disk *d, unsigned flags, const char *options, int *error)
{
	struct mount *m = kzalloc(sizeof(*m));

	fs_ops = filesystems_start;
	m->ops = fs_ops;
	m->mask = 15;
	m->table = kzalloc(16 * sizeof(*m->table));
	m->source = d->dev.name;
	m->flags = flags;
	m->dev = &d->dev;
	m->root = vnode_new(m, NULL, "", 0);
	*error = m->ops->mount(m, options);
	if (*error != 0) {
		kfree(m->root);
		kfree(m->table);
		kfree(m);
		return NULL;
	}
	return m;
}

void fs_umount(struct mount *m)
{
	m->ops->unmount(m);
	kfree(m->root);
	kfree(m->table);
	kfree(m);
}

void fs_put(struct vnode *v)
{
	vnode_put_locked(v);
}

/* The folder of the last part, and that part. */
static int parent_of(struct mount *m, const char *path, struct vnode **dir, const char **name)
{
	const char *slash;

	*dir = vnode_get(m->root);
	*name = path;
	while ((slash = strchr(*name, '/')) != NULL) {
		struct vnode *v;
		int r = vnode_child(*dir, *name, (size_t)(slash - *name), &v);

		fs_put(*dir);
		if (r != 0) {
			return r;
		}
		*dir = v;
		*name = slash + 1;
		if (!S_ISDIR(v->mode)) {
			fs_put(v);
			return -ENOTDIR;
		}
	}
	return 0;
}

int fs_look(struct mount *m, const char *path, struct vnode **v)
{
	struct vnode *dir;
	const char *name;
	int r;

	if (path[0] == '\0') {
		*v = vnode_get(m->root);
		return 0;
	}
	r = parent_of(m, path, &dir, &name);
	if (r == 0) {
		r = vnode_child(dir, name, strlen(name), v);
		fs_put(dir);
	}
	return r;
}

static int make(struct mount *m, const char *path, uint32_t mode, const char *target,
		struct vnode **out)
{
	struct vnode *dir, *v;
	const char *name;
	int r = parent_of(m, path, &dir, &name);

	if (r != 0) {
		return r;
	}
	v = vnode_new(m, dir, name, strlen(name));
	r = m->ops->create(v, mode, target);
	fs_put(dir);
	if (r != 0) {
		fs_put(v);
		return r;
	}
	vnode_enter(v);
	*out = v;
	return 0;
}

int fs_make(struct mount *m, const char *path, uint32_t mode, const char *target)
{
	struct vnode *v;
	int r = make(m, path, mode, target, &v);

	if (r == 0) {
		fs_put(v);
	}
	return r;
}

int fs_open(struct mount *m, const char *path, struct vnode **v)
{
	int r = fs_look(m, path, v);

	if (r == -ENOENT) {
		r = make(m, path, S_IFREG | 0644, NULL, v);
	}
	if (r == 0 && S_ISREG((*v)->mode) && (*v)->opens == 0) {
		r = m->ops->open(*v);
		if (r != 0) {
			fs_put(*v);
		}
	}
	if (r == 0) {
		(*v)->opens++;
	}
	return r;
}

void fs_close(struct vnode *v)
{
	if (--v->opens == 0 && S_ISREG(v->mode)) {
		v->mount->ops->close(v);
	}
	fs_put(v);
}

int fs_unlink(struct mount *m, const char *path)
{
	struct vnode *v;
	int r = fs_look(m, path, &v);

	if (r != 0) {
		return r;
	}
	r = S_ISDIR(v->mode) ? m->ops->rmdir(v) : m->ops->unlink(v);
	if (r == 0) {
		vnode_detach(v);
	}
	fs_put(v);
	return r;
}

int fs_rename(struct mount *m, const char *from, const char *to)
{
	struct vnode *v, *t, *dir;
	const char *name;
	int r = fs_look(m, from, &v);

	if (r != 0) {
		return r;
	}
	r = fs_look(m, to, &t);
	if (r == -ENOENT) {
		r = parent_of(m, to, &dir, &name);
		if (r == 0) {
			t = vnode_new(m, dir, name, strlen(name));
			fs_put(dir);
		}
	}
	if (r != 0) {
		fs_put(v);
		return r;
	}
	r = v == t ? 0 : m->ops->rename(v, t);
	if (r == 0 && v != t) {
		vnode_move(v, t);
	}
	fs_put(t);
	fs_put(v);
	return r;
}

/* --- contents -------------------------------------------------------------------------------------- */

void fs_bytes(uint8_t *to, uint32_t seed, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		seed = seed * 1664525 + 1013904223;
		to[i] = (uint8_t)(seed >> 24);
	}
}

int fs_put_file(struct mount *m, const char *path, uint32_t seed, size_t n)
{
	uint8_t *data = malloc(n + 1);
	struct vnode *v;
	off_t pos = 0;
	int r = fs_open(m, path, &v);

	fs_bytes(data, seed, n);
	if (r == 0) {
		ssize_t done;

		r = m->ops->truncate(v, 0);
		done = r == 0 ? m->ops->write(v, data, n, &pos) : r;
		r = done < 0 ? (int)done : (size_t)done < n ? -ENOSPC : 0;
		fs_close(v);
	}
	free(data);
	return r;
}

bool fs_has_file(struct mount *m, const char *path, uint32_t seed, size_t n)
{
	uint8_t *want = malloc(n + 1), *have = malloc(n + 1);
	struct vnode *v;
	bool is = false;

	if (fs_look(m, path, &v) == 0) {
		fs_put(v);
		if (fs_open(m, path, &v) == 0) {
			fs_bytes(want, seed, n);
			is = m->ops->read(v, have, n + 1, 0) == (ssize_t)n &&
			     memcmp(want, have, n) == 0;
			fs_close(v);
		}
	}
	free(want);
	free(have);
	return is;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted names, malloc()ed; -errno. */
static int names_of(struct vnode *dir, char ***out)
{
	struct dir_pos pos = { .pos = 2 };
	struct dirent d;
	char **names = NULL;
	int n = 0, r;

	while ((r = fs_ops->readdir(dir, &pos, &d)) == 1) {
		names = realloc(names, (size_t)(n + 1) * sizeof(*names));
		names[n++] = strdup(d.d_name);
	}
	fs_ops->closedir(dir, &pos);
	if (n > 0) {
		qsort(names, (size_t)n, sizeof(*names), by_name);
	}
	*out = names;
	if (r < 0) {
		while (n > 0) {
			free(names[--n]);
		}
		free(names);
		return r;
	}
	return n;
}

const char *fs_list(struct mount *m, const char *path)
{
	static char text[65536];
	struct vnode *v;
	char **names;
	int n;

	if (fs_look(m, path, &v) != 0) {
		return "?";
	}
	n = names_of(v, &names);
	fs_put(v);
	text[0] = '\0';
	for (int i = 0; i < n; i++) {
		strcat(strcat(text, i > 0 ? " " : ""), names[i]);
		free(names[i]);
	}
	if (n >= 0) {
		free(names);
	}
	return n < 0 ? "?" : text;
}

uint64_t fs_mix(uint64_t h, const void *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		h = (h ^ ((const uint8_t *)p)[i]) * 1099511628211ULL;
	}
	return h;
}

static uint64_t hash_file(struct vnode *v, uint64_t h, bool *bad)
{
	uint8_t buf[5000];
	off_t pos = 0;
	ssize_t r = 0;

	if (S_ISLNK(v->mode)) {
		r = v->mount->ops->readlink(v, (char *)buf, sizeof(buf));
		*bad |= r < 0;
		return r < 0 ? h : fs_mix(h, buf, (size_t)r);
	}
	if (v->opens == 0 && v->mount->ops->open(v) != 0) {
		*bad = true;
		return h;
	}
	v->opens++;
	while ((r = v->mount->ops->read(v, buf, sizeof(buf), pos)) > 0) {
		h = fs_mix(h, buf, (size_t)r);
		pos += r;
	}
	*bad |= r < 0;
	if (--v->opens == 0) {
		v->mount->ops->close(v);
	}
	return h;
}

static uint64_t hash_dir(struct vnode *dir, uint64_t h, bool *bad, int depth)
{
	char **names;
	int n = depth > 20 ? -ELOOP : names_of(dir, &names);

	if (n < 0) {
		*bad = true;
		return h;
	}
	for (int i = 0; i < n; i++) {
		struct vnode *v;

		h = fs_mix(h, names[i], strlen(names[i]) + 1);
		if (vnode_child(dir, names[i], strlen(names[i]), &v) != 0) {
			*bad = true;
		} else {
			h = fs_mix(h, &(uint32_t){ v->mode & S_IFMT }, 4);
			h = S_ISDIR(v->mode) ? hash_dir(v, h, bad, depth + 1)
					     : hash_file(v, h, bad);
			fs_put(v);
		}
		free(names[i]);
		h = fs_mix(h, "|", 1);
	}
	free(names);
	return h;
}

uint64_t fs_hash_tree(struct mount *m)
{
	bool bad = false;
	uint64_t h = hash_dir(m->root, FS_HASH_START, &bad, 0);

	return bad ? 0 : h | 1;
}
