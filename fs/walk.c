/* SPDX-License-Identifier: MIT */
/* From paths to vnodes and back: parts, dots, symbolic links, mounts. A step holds the lock of one mount at most. */
#include "names.h"
#include "vnode.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/spinlock.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

static struct {
	struct spinlock lock;
	struct vnode *dir; /* a reference; NULL: the root */
} cwd;

struct vnode *walk_down(struct vnode *v)
{
	while (atomic_load_explicit(&v->covered, memory_order_acquire) != NULL) {
		struct vnode *root = mount_covering(v);

		if (root == NULL) {
			break;
		}
		vnode_put(v);
		v = root;
	}
	return v;
}

static struct vnode *root_dir(void)
{
	return walk_down(vnode_get(root_mount->root));
}

struct vnode *walk_start(const char *path)
{
	struct vnode *v = NULL;
	irqstate_t s;

	if (path[0] == '/') {
		return root_dir();
	}
	s = spin_lock_save(&cwd.lock);
	if (cwd.dir != NULL) {
		v = vnode_get(cwd.dir);
	}
	spin_unlock_restore(&cwd.lock, s);
	return v != NULL ? v : root_dir();
}

int walk_chdir(struct vnode *v)
{
	struct vnode *old;
	irqstate_t s;

	if (!S_ISDIR(v->mode)) {
		return -ENOTDIR;
	}
	s = spin_lock_save(&cwd.lock);
	old = cwd.dir;
	cwd.dir = v;
	spin_unlock_restore(&cwd.lock, s);
	if (old != NULL) {
		vnode_put(old);
	}
	return 0;
}

/* The folder above @dir, as a reference: that of the folder it is mounted on, for a root. */
static struct vnode *above(struct vnode *dir)
{
	struct vnode *v = vnode_get(dir), *on, *up = NULL;

	while (v->parent == NULL && (on = mount_covered(v)) != NULL) {
		vnode_put(v);
		v = on;
	}
	if (v->parent == NULL) {
		return v;
	}
	mutex_lock(&v->mount->lock);
	up = vnode_get(v->parent);
	mutex_unlock(&v->mount->lock);
	vnode_put(v);
	return up;
}

/* The entry @part of @dir as a reference, through mounts; links are left alone. */
static int step(struct vnode *dir, const char *part, size_t len, struct vnode **out)
{
	int r;

	if (!S_ISDIR(dir->mode)) {
		return -ENOTDIR;
	}
	if (is_dot_dot(part, len)) {
		*out = above(dir);
		return 0;
	}
	mutex_lock(&dir->mount->lock);
	r = vnode_gone(dir) ? -ENOENT : vnode_child(dir, part, len, out);
	mutex_unlock(&dir->mount->lock);
	if (r == 0) {
		*out = walk_down(*out);
	}
	return r;
}

int walk_readlink(struct vnode *v, char **target)
{
	char *buf = kmalloc(PATH_MAX);
	ssize_t n;

	if (buf == NULL) {
		return -ENOMEM;
	}
	mutex_lock(&v->mount->lock);
	n = v->mount->ops->readlink(v, buf, PATH_MAX - 1);
	mutex_unlock(&v->mount->lock);
	if (n < 0) {
		kfree(buf);
		return (int)n;
	}
	buf[n] = '\0';
	*target = buf;
	return 0;
}

/* From the link *@v, which is in @dir, to what it points at. */
static int follow_link(struct vnode *dir, struct vnode **v, int links)
{
	struct vnode *start;
	char *target;
	int r;

	if (links == 0) {
		return -ELOOP;
	}
	r = walk_readlink(*v, &target);
	if (r != 0) {
		return r;
	}
	start = target[0] == '/' ? root_dir() : vnode_get(dir);
	r = walk_from(start, target, true, links - 1, &start);
	kfree(target);
	if (r == 0) {
		vnode_put(*v);
		*v = start;
	}
	return r;
}

static bool more_parts(const char *p)
{
	return *p == '/'; /* a slash at the end asks for a folder, which a link may lead to */
}

int walk_from(struct vnode *at, const char *path, bool follow, int links, struct vnode **out)
{
	const char *end = path + strlen(path), *part;
	size_t len;
	int r = path[0] == '\0' ? -ENOENT : 0;

	while (r == 0 && next_part(&path, end, &part, &len)) {
		struct vnode *next;

		if (is_dot(part, len)) {
			r = S_ISDIR(at->mode) ? 0 : -ENOTDIR;
			continue;
		}
		r = step(at, part, len, &next);
		if (r != 0) {
			break;
		}
		if (S_ISLNK(next->mode) && (follow || more_parts(path))) {
			r = follow_link(at, &next, links);
		}
		vnode_put(r == 0 ? at : next);
		at = r == 0 ? next : at;
		if (r == 0 && more_parts(path) && !S_ISDIR(at->mode)) {
			r = -ENOTDIR;
		}
	}
	if (r != 0) {
		vnode_put(at);
		return r;
	}
	*out = at;
	return 0;
}

int walk(const char *path, bool follow, struct vnode **out)
{
	if (strnlen(path, PATH_MAX) == PATH_MAX) {
		return -ENAMETOOLONG;
	}
	return walk_from(walk_start(path), path, follow, MAX_LINKS, out);
}

/* Where the last part of @path begins; what follows it is slashes. */
static const char *last_part(const char *path, size_t *len, bool *slash)
{
	size_t end = strlen(path), at;

	*slash = false;
	while (end > 0 && path[end - 1] == '/') {
		end--;
		*slash = true;
	}
	at = end;
	while (at > 0 && path[at - 1] != '/') {
		at--;
	}
	*len = end - at;
	return path + at;
}

int walk_parent_from(struct vnode *start, const char *path, int links, struct place *p)
{
	size_t n;
	char *dir;
	int r;

	p->name = last_part(path, &p->len, &p->slash);
	if (p->len == 0 || is_dot(p->name, p->len) || is_dot_dot(p->name, p->len)) {
		p->len = 0;
		return walk_from(start, path, true, links, &p->dir);
	}
	n = (size_t)(p->name - path);
	if (n == 0) {
		p->dir = start;
	} else {
		dir = kmalloc(n + 1);
		if (dir == NULL) {
			vnode_put(start);
			return -ENOMEM;
		}
		memcpy(dir, path, n);
		dir[n] = '\0';
		r = walk_from(start, dir, true, links, &p->dir);
		kfree(dir);
		if (r != 0) {
			return r;
		}
	}
	if (!S_ISDIR(p->dir->mode)) {
		vnode_put(p->dir);
		return -ENOTDIR;
	}
	return 0;
}

int walk_parent(const char *path, struct place *p)
{
	if (path[0] == '\0') {
		return -ENOENT;
	}
	if (strnlen(path, PATH_MAX) == PATH_MAX) {
		return -ENAMETOOLONG;
	}
	return walk_parent_from(walk_start(path), path, MAX_LINKS, p);
}

/* The name of @v in front of what is at buf[*@at]; its mount's lock is not held. */
static int put_name(struct vnode *v, char *buf, size_t *at)
{
	int r = 0;

	mutex_lock(&v->mount->lock);
	if (vnode_gone(v)) {
		r = -ENOENT;
	} else if (*at < v->len + 1) {
		r = -ERANGE;
	} else {
		*at -= v->len;
		memcpy(buf + *at, v->name, v->len);
		buf[--*at] = '/';
	}
	mutex_unlock(&v->mount->lock);
	return r;
}

int walk_name(struct vnode *v, char *buf, size_t n)
{
	size_t at = n;
	int r = 0;

	if (n < 2) {
		return -ERANGE;
	}
	buf[--at] = '\0';
	vnode_get(v);
	for (;;) {
		struct vnode *up = NULL;

		if (v->parent == NULL) {
			up = mount_covered(v);
			if (up == NULL) {
				break;
			}
		} else {
			r = put_name(v, buf, &at);
			if (r != 0) {
				break;
			}
			mutex_lock(&v->mount->lock);
			up = vnode_get(v->parent);
			mutex_unlock(&v->mount->lock);
		}
		vnode_put(v);
		v = up;
	}
	vnode_put(v);
	if (r == 0 && buf[at] == '\0') {
		buf[--at] = '/';
	}
	memmove(buf, buf + at, n - at);
	return r;
}
