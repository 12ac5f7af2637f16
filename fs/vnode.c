/* SPDX-License-Identifier: MIT */
/* The vnodes of a mount: one for each name in use, found by parent and name. mount->lock guards all. */
#include "vnode.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/time.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

static uint32_t fold(const struct mount *m, char c)
{
	return m->ops->fold_case && c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20)
							 : (unsigned char)c;
}

/* FNV-1a over the name, started with the folder. */
static uint32_t hash_of(const struct vnode *dir, const char *name, size_t len)
{
	uint32_t h = 2166136261U ^ (uint32_t)((uintptr_t)dir >> 4);

	for (size_t i = 0; i < len; i++) {
		h = (h ^ fold(dir->mount, name[i])) * 16777619U;
	}
	return h;
}

static bool same(const struct vnode *v, const struct vnode *dir, const char *name, size_t len)
{
	if (v->parent != dir || v->len != len) {
		return false;
	}
	return v->mount->ops->fold_case ? strncasecmp(v->name, name, len) == 0
					: memcmp(v->name, name, len) == 0;
}

static struct vnode **bucket(struct mount *m, uint32_t hash)
{
	return &m->table[hash & m->mask].first;
}

/* Twice the buckets. Without memory for them the chains just get longer. */
static void grow(struct mount *m)
{
	unsigned old = m->mask + 1;
	struct vnode_bucket *was = m->table, *b = kzalloc(2 * old * sizeof(*b));

	if (b == NULL) {
		return;
	}
	m->table = b;
	m->mask = 2 * old - 1;
	for (unsigned i = 0; i < old; i++) {
		for (struct vnode *v = was[i].first, *next; v != NULL; v = next) {
			next = v->chain;
			v->chain = *bucket(m, v->hash);
			*bucket(m, v->hash) = v;
		}
	}
	kfree(was);
}

struct vnode *vnode_new(struct mount *m, struct vnode *dir, const char *name, size_t len)
{
	struct vnode *v = kzalloc(sizeof(*v));

	if (v == NULL) {
		return NULL;
	}
	v->mount = m;
	atomic_init(&v->refs, 1);
	if (dir != NULL) {
		v->name = kmalloc(len + 1);
		if (v->name == NULL) {
			kfree(v);
			return NULL;
		}
		memcpy(v->name, name, len);
		v->name[len] = '\0';
		v->len = len;
		v->parent = vnode_get(dir);
	}
	return v;
}

void vnode_enter(struct vnode *v)
{
	struct mount *m = v->mount;

	if (++m->count > 2 * m->mask) {
		grow(m);
	}
	v->hash = hash_of(v->parent, v->name, v->len);
	v->chain = *bucket(m, v->hash);
	*bucket(m, v->hash) = v;
	v->named = true;
}

void vnode_detach(struct vnode *v)
{
	struct vnode **at = bucket(v->mount, v->hash);

	if (!v->named) {
		return;
	}
	while (*at != v) {
		at = &(*at)->chain;
	}
	*at = v->chain;
	v->mount->count--;
	v->named = false;
}

void vnode_move(struct vnode *v, struct vnode *to)
{
	struct vnode *parent = v->parent;
	char *name = v->name;
	size_t len = v->len;

	vnode_detach(to);
	vnode_detach(v);
	v->parent = to->parent;
	v->name = to->name;
	v->len = to->len;
	to->parent = parent;
	to->name = name;
	to->len = len;
	vnode_enter(v);
}

void vnode_put_locked(struct vnode *v)
{
	while (v != NULL && atomic_fetch_sub_explicit(&v->refs, 1, memory_order_acq_rel) == 1) {
		struct vnode *parent = v->parent;

		vnode_detach(v);
		if (v->fs != NULL && v->mount->ops->forget != NULL) {
			v->mount->ops->forget(v);
		}
		kfree(v->name);
		kfree(v);
		v = parent;
	}
}

void vnode_put(struct vnode *v)
{
	struct mount *m = v->mount;
	unsigned refs = atomic_load_explicit(&v->refs, memory_order_relaxed);

	while (refs > 1) {
		if (atomic_compare_exchange_weak_explicit(&v->refs, &refs, refs - 1,
							  memory_order_release,
							  memory_order_relaxed)) {
			return;
		}
	}
	mutex_lock(&m->lock);
	vnode_put_locked(v);
	mutex_unlock(&m->lock);
}

int vnode_child(struct vnode *dir, const char *name, size_t len, struct vnode **out)
{
	struct mount *m = dir->mount;
	struct vnode *v = *bucket(m, hash_of(dir, name, len));
	int r;

	while (v != NULL && !same(v, dir, name, len)) {
		v = v->chain;
	}
	if (v != NULL) {
		*out = vnode_get(v);
		return 0;
	}
	if (len > VNODE_NAME_MAX) {
		return -ENAMETOOLONG;
	}
	v = vnode_new(m, dir, name, len);
	if (v == NULL) {
		return -ENOMEM;
	}
	r = m->ops->lookup(v);
	if (r != 0) {
		v->fs = NULL;
		vnode_put_locked(v);
		return r;
	}
	vnode_enter(v);
	*out = v;
	return 0;
}

int vnode_path(const struct vnode *v, char *buf, size_t n)
{
	size_t at = n;

	if (n == 0) {
		return -ENAMETOOLONG;
	}
	buf[--at] = '\0';
	for (; v->parent != NULL; v = v->parent) {
		if (at < v->len + 1) {
			return -ENAMETOOLONG;
		}
		at -= v->len;
		memcpy(buf + at, v->name, v->len);
		buf[--at] = '/';
	}
	/* Without the slash in front. */
	if (at < n - 1) {
		at++;
	}
	memmove(buf, buf + at, n - at);
	return (int)(n - at - 1);
}

int vnode_stat(struct vnode *v, struct stat *st)
{
	int r;

	mutex_lock(&v->mount->lock);
	memset(st, 0, sizeof(*st));
	st->st_dev = v->mount->id;
	r = v->mount->ops->stat(v, st);
	mutex_unlock(&v->mount->lock);
	return r;
}

int vnode_statvfs(struct vnode *v, struct statvfs *s)
{
	int r;

	memset(s, 0, sizeof(*s));
	mutex_lock(&v->mount->lock);
	r = v->mount->ops->statvfs(v->mount, s);
	mutex_unlock(&v->mount->lock);
	s->f_flag = vnode_read_only(v) ? ST_RDONLY : 0;
	return r;
}

int vnode_setattr(struct vnode *v, const struct vattr *a)
{
	int r;

	if (vnode_read_only(v)) {
		return -EROFS;
	}
	if (v->mount->ops->setattr == NULL) {
		return -EPERM;
	}
	mutex_lock(&v->mount->lock);
	r = v->mount->ops->setattr(v, a);
	mutex_unlock(&v->mount->lock);
	return r;
}

uint64_t fs_now(void)
{
	return time_wall();
}
