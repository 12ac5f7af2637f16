/* SPDX-License-Identifier: MIT */
/* The calls that take a path, over vnodes. */
#include "vnode.h"

#include <errno.h>
#include <fcntl.h>
#include <kernel/alloc.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* --- open --------------------------------------------------------------------------------------- */

static int may_open(const struct vnode *v, int flags)
{
	bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0;

	if (S_ISLNK(v->mode)) {
		return -ELOOP; /* O_NOFOLLOW */
	}
	if (S_ISDIR(v->mode)) {
		return (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0 ? -EISDIR : 0;
	}
	if ((flags & O_DIRECTORY) != 0) {
		return -ENOTDIR;
	}
	return writes && S_ISREG(v->mode) && vnode_read_only(v) ? -EROFS : 0;
}

/* A new entry at @p: a reference. Lock held. */
static int make(struct place *p, uint32_t mode, const char *target, struct vnode **out)
{
	struct mount *m = p->dir->mount;
	struct vnode *v;
	int r;

	if (vnode_gone(p->dir)) {
		return -ENOENT;
	}
	if (p->len > VNODE_NAME_MAX) {
		return -ENAMETOOLONG;
	}
	if (vnode_read_only(p->dir)) {
		return -EROFS;
	}
	if (m->ops->create == NULL) {
		return -EPERM;
	}
	v = vnode_new(m, p->dir, p->name, p->len);
	if (v == NULL) {
		return -ENOMEM;
	}
	r = m->ops->create(v, mode, target);
	if (r != 0) {
		v->fs = NULL;
		vnode_put_locked(v);
		return r;
	}
	vnode_enter(v);
	*out = v;
	return 0;
}

/* The entry at @p for open(): found, or made. *@made says which. */
static int find_or_make(struct place *p, int flags, uint32_t mode, struct vnode **out, bool *made)
{
	int r;

	mutex_lock(&p->dir->mount->lock);
	r = vnode_gone(p->dir) ? -ENOENT : vnode_child(p->dir, p->name, p->len, out);
	*made = false;
	if (r == 0) {
		if ((flags & O_CREAT) != 0 && (flags & O_EXCL) != 0) {
			vnode_put_locked(*out);
			r = -EEXIST;
		}
	} else if (r == -ENOENT && (flags & O_CREAT) != 0) {
		r = p->slash ? -EISDIR : make(p, S_IFREG | (mode & 07777), NULL, out);
		*made = r == 0;
	}
	mutex_unlock(&p->dir->mount->lock);
	return r;
}

static int open_from(struct vnode *start, const char *path, int flags, uint32_t mode, int links,
		     struct vnode **out, bool *made);

/* The link *@v in @dir: on to what it points at, which O_CREAT may make. */
static int open_link(struct vnode *dir, struct vnode *link, int flags, uint32_t mode, int links,
		     struct vnode **out, bool *made)
{
	char *target;
	int r = links == 0 ? -ELOOP : walk_readlink(link, &target);

	if (r != 0) {
		return r;
	}
	r = open_from(target[0] == '/' ? walk_start("/") : vnode_get(dir), target, flags, mode,
		      links - 1, out, made);
	kfree(target);
	return r;
}

/* Takes @start. */
static int open_from(struct vnode *start, const char *path, int flags, uint32_t mode, int links,
		     struct vnode **out, bool *made)
{
	struct place p;
	struct vnode *v = NULL;
	int r = walk_parent_from(start, path, links, &p);

	if (r != 0) {
		return r;
	}
	if (p.len == 0) {
		*out = p.dir;
		*made = false;
		return (flags & O_CREAT) != 0 && (flags & O_EXCL) != 0 ? (vnode_put(p.dir), -EEXIST)
								       : 0;
	}
	r = find_or_make(&p, flags, mode, &v, made);
	if (r == 0) {
		v = walk_down(v);
		if (S_ISLNK(v->mode) && ((flags & O_NOFOLLOW) == 0 || p.slash)) {
			struct vnode *to = NULL;

			r = open_link(p.dir, v, flags, mode, links, &to, made);
			vnode_put(v);
			v = to;
		}
	}
	if (r == 0 && p.slash && !S_ISDIR(v->mode)) {
		vnode_put(v);
		r = -ENOTDIR;
	}
	vnode_put(p.dir);
	*out = v;
	return r;
}

static int truncate_locked(struct vnode *v, off_t size)
{
	return v->mount->ops->truncate == NULL ? -EINVAL : v->mount->ops->truncate(v, size);
}

/* Open @v, which was found; takes the reference on success. */
static int open_found(struct vnode *v, int flags, struct file **out)
{
	int r = may_open(v, flags);

	if (r != 0) {
		return r;
	}
	if (S_ISCHR(v->mode) || S_ISBLK(v->mode)) {
		/* On a host's folder or a foreign disk there may be one, which means nothing here. */
		r = v->mount->ops->device == NULL ? -ENXIO : v->mount->ops->device(v, flags, out);
		if (r == 0) {
			vnode_put(v);
		}
		return r;
	}
	r = vfile_open(v, flags, out);
	if (r == 0 && (flags & O_TRUNC) != 0 && S_ISREG(v->mode)) {
		mutex_lock(&v->mount->lock);
		r = truncate_locked(v, 0);
		mutex_unlock(&v->mount->lock);
		if (r != 0) {
			vnode_get(v); /* the file gives its own back */
			file_put(*out);
		}
	}
	return r;
}

int vfs_open(const char *path, int flags, uint32_t mode, struct file **out)
{
	struct vnode *v = NULL;
	bool made;
	int r = path[0] == '\0' ? -ENOENT : strnlen(path, PATH_MAX) == PATH_MAX ? -ENAMETOOLONG : 0;

	if (r == 0) {
		r = open_from(walk_start(path), path, flags, mode, MAX_LINKS, &v, &made);
	}
	if (r != 0) {
		return r;
	}
	r = open_found(v, made ? flags & ~O_TRUNC : flags, out);
	if (r != 0) {
		vnode_put(v);
	}
	return r;
}

/* --- about files --------------------------------------------------------------------------------- */

int vfs_stat(const char *path, bool follow, struct stat *st)
{
	struct vnode *v;
	int r = walk(path, follow, &v);

	if (r == 0) {
		r = vnode_stat(v, st);
		vnode_put(v);
	}
	return r;
}

ssize_t vfs_readlink(const char *path, char *buf, size_t n)
{
	struct vnode *v;
	ssize_t r = walk(path, false, &v);

	if (r != 0) {
		return r;
	}
	if (!S_ISLNK(v->mode)) {
		r = -EINVAL;
	} else {
		mutex_lock(&v->mount->lock);
		r = v->mount->ops->readlink(v, buf, n);
		mutex_unlock(&v->mount->lock);
	}
	vnode_put(v);
	return r;
}

int vfs_realpath(const char *path, char *buf, size_t n)
{
	struct vnode *v;
	int r = walk(path, true, &v);

	if (r == 0) {
		r = walk_name(v, buf, n);
		vnode_put(v);
	}
	return r;
}

int vfs_dir_path(struct file *f, char *buf, size_t n)
{
	struct vnode *v = vfile_vnode(f);

	return v == NULL || !S_ISDIR(v->mode) ? -ENOTDIR : walk_name(v, buf, n);
}

int vfs_chdir(const char *path)
{
	struct vnode *v;
	int r = walk(path, true, &v);

	if (r == 0) {
		r = walk_chdir(v);
		if (r != 0) {
			vnode_put(v);
		}
	}
	return r;
}

int vfs_fchdir(struct file *f)
{
	struct vnode *v = vfile_vnode(f);
	int r = v == NULL ? -ENOTDIR : walk_chdir(vnode_get(v));

	if (r != 0 && v != NULL) {
		vnode_put(v);
	}
	return r;
}

int vfs_statvfs(const char *path, struct statvfs *s)
{
	struct vnode *v;
	int r = walk(path, true, &v);

	if (r == 0) {
		r = vnode_statvfs(v, s);
		vnode_put(v);
	}
	return r;
}

int vfs_truncate(const char *path, off_t size)
{
	struct file *f;
	int r = vfs_open(path, O_WRONLY, 0, &f);

	if (r == 0) {
		r = f->ops->truncate == NULL ? -EINVAL : f->ops->truncate(f, size);
		file_put(f);
	}
	return r;
}

int vfs_setattr(const char *path, bool follow, const struct vattr *a)
{
	struct vnode *v;
	int r = walk(path, follow, &v);

	if (r == 0) {
		r = vnode_setattr(v, a);
		vnode_put(v);
	}
	return r;
}

/* --- names --------------------------------------------------------------------------------------- */

/* A new entry that must not exist. @folder: a slash may follow its name. */
static int make_new(const char *path, uint32_t mode, const char *target)
{
	struct place p;
	struct vnode *v;
	int r = walk_parent(path, &p);

	if (r != 0) {
		return r;
	}
	mutex_lock(&p.dir->mount->lock);
	r = p.len == 0 ? 0 : vnode_child(p.dir, p.name, p.len, &v);
	if (r == 0) {
		if (p.len != 0) {
			vnode_put_locked(v);
		}
		r = -EEXIST;
	} else if (r == -ENOENT) {
		r = p.slash && !S_ISDIR(mode) ? -ENOENT : make(&p, mode, target, &v);
		if (r == 0) {
			vnode_put_locked(v);
		}
	}
	mutex_unlock(&p.dir->mount->lock);
	vnode_put(p.dir);
	return r;
}

int vfs_mkdir(const char *path, uint32_t mode)
{
	return make_new(path, S_IFDIR | (mode & 07777), NULL);
}

int vfs_symlink(const char *target, const char *path)
{
	size_t n = strnlen(target, PATH_MAX);

	if (n == 0 || n == PATH_MAX) {
		return n == 0 ? -ENOENT : -ENAMETOOLONG;
	}
	return make_new(path, S_IFLNK | 0777, target);
}

/* May the name of @v go? Lock held. */
static int may_remove(const struct vnode *v, bool folder)
{
	if (folder != S_ISDIR(v->mode)) {
		return folder ? -ENOTDIR : -EISDIR;
	}
	if (atomic_load_explicit(&v->covered, memory_order_relaxed) != NULL) {
		return -EBUSY;
	}
	return vnode_read_only(v) ? -EROFS : 0;
}

static int remove_locked(struct vnode *v, bool folder)
{
	const struct fs_ops *ops = v->mount->ops;
	int (*op)(struct vnode *) = folder ? ops->rmdir : ops->unlink;
	int r = may_remove(v, folder);

	r = r == 0 && op == NULL ? -EPERM : r;
	if (r == 0) {
		r = op(v);
	}
	if (r == 0) {
		vnode_detach(v);
	}
	return r;
}

static int remove_entry(const char *path, bool folder)
{
	struct place p;
	struct vnode *v;
	int r = walk_parent(path, &p);

	if (r != 0) {
		return r;
	}
	if (p.len == 0) {
		/* "." cannot go, ".." has an entry, a root is in use. */
		r = !folder ? -EISDIR : p.dir->parent == NULL ? -EBUSY : -EINVAL;
		vnode_put(p.dir);
		return r;
	}
	mutex_lock(&p.dir->mount->lock);
	r = vnode_gone(p.dir) ? -ENOENT : vnode_child(p.dir, p.name, p.len, &v);
	if (r == 0) {
		r = p.slash && !S_ISDIR(v->mode) ? -ENOTDIR : remove_locked(v, folder);
		vnode_put_locked(v);
	}
	mutex_unlock(&p.dir->mount->lock);
	vnode_put(p.dir);
	return r;
}

int vfs_unlink(const char *path)
{
	return remove_entry(path, false);
}

int vfs_rmdir(const char *path)
{
	return remove_entry(path, true);
}

/* --- rename and link ----------------------------------------------------------------------------- */

static bool is_within(const struct vnode *v, const struct vnode *dir)
{
	while (v != NULL && v != dir) {
		v = v->parent;
	}
	return v != NULL;
}

/* The same file under the same letters, but other ones: where case does not tell names apart. */
static bool is_respelled(const struct vnode *v, const struct vnode *from, const struct place *to)
{
	return v == from && memcmp(v->name, to->name, to->len) != 0;
}

/* The entry that @to names, or a vnode without content when there is none (or when it is @from, to be spelled
 * anew). A reference. Lock held. */
static int target_of(struct place *to, const struct vnode *from, struct vnode **out)
{
	int r = vnode_gone(to->dir) ? -ENOENT : vnode_child(to->dir, to->name, to->len, out);

	if (r == 0 && is_respelled(*out, from, to)) {
		vnode_put_locked(*out);
		r = -ENOENT;
	}
	if (r != -ENOENT || vnode_gone(to->dir)) {
		return r;
	}
	*out = vnode_new(to->dir->mount, to->dir, to->name, to->len);
	return *out == NULL ? -ENOMEM : 0;
}

/* May @v take the place of @to? */
static int may_rename(const struct vnode *v, const struct vnode *to, bool replace, bool slash)
{
	bool folder = S_ISDIR(v->mode);

	if (vnode_read_only(v)) {
		return -EROFS;
	}
	if (v->mount->ops->rename == NULL) {
		return -EPERM;
	}
	if (slash && !folder) {
		return -ENOTDIR;
	}
	if (folder && is_within(to, v)) {
		return -EINVAL;
	}
	if (to->mode != 0 && !replace) {
		return -EEXIST;
	}
	if (to->mode != 0 && is_within(v->parent, to)) {
		return -ENOTEMPTY; /* of @v, whatever that is: as Linux has it */
	}
	if (to->mode != 0 && folder != S_ISDIR(to->mode)) {
		return folder ? -ENOTDIR : -EISDIR;
	}
	return atomic_load_explicit(&v->covered, memory_order_relaxed) != NULL ||
			       atomic_load_explicit(&to->covered, memory_order_relaxed) != NULL
		       ? -EBUSY
		       : 0;
}

static int rename_locked(struct place *from, struct place *to, bool replace)
{
	struct vnode *v, *t;
	int r = vnode_gone(from->dir) ? -ENOENT : vnode_child(from->dir, from->name, from->len, &v);

	if (r != 0) {
		return r;
	}
	r = target_of(to, v, &t);
	if (r == 0) {
		if (v == t) {
			r = replace ? 0 : -EEXIST;
		} else {
			r = may_rename(v, t, replace, from->slash || to->slash);
			if (r == 0) {
				r = v->mount->ops->rename(v, t);
			}
			if (r == 0) {
				vnode_move(v, t);
			}
		}
		vnode_put_locked(t);
	}
	vnode_put_locked(v);
	return r;
}

/* Both places of a call with two names; -EXDEV when a mount is between. */
static int two_places(const char *from, const char *to, struct place *a, struct place *b)
{
	int r = walk_parent(from, a);

	if (r != 0) {
		return r;
	}
	r = walk_parent(to, b);
	if (r != 0) {
		vnode_put(a->dir);
		return r;
	}
	r = a->dir->mount != b->dir->mount ? -EXDEV : 0;
	if (r == 0 && (a->len == 0 || b->len == 0)) {
		r = -EBUSY; /* dots and roots */
	}
	if (r != 0) {
		vnode_put(a->dir);
		vnode_put(b->dir);
	}
	return r;
}

int vfs_rename(const char *from, const char *to, bool replace)
{
	struct place a, b;
	int r = two_places(from, to, &a, &b);

	if (r == 0) {
		mutex_lock(&a.dir->mount->lock);
		r = rename_locked(&a, &b, replace);
		mutex_unlock(&a.dir->mount->lock);
		vnode_put(a.dir);
		vnode_put(b.dir);
	}
	return r;
}

static int link_locked(struct vnode *v, struct place *to)
{
	struct vnode *t;
	int r;

	if (vnode_read_only(v)) {
		return -EROFS;
	}
	if (S_ISDIR(v->mode) || v->mount->ops->link == NULL) {
		return -EPERM;
	}
	if (vnode_gone(v)) {
		return -ENOENT;
	}
	r = target_of(to, NULL, &t);
	if (r != 0) {
		return r;
	}
	r = t->mode != 0 ? -EEXIST : to->slash ? -ENOENT : v->mount->ops->link(v, t);
	if (r == 0) {
		vnode_enter(t);
	} else if (t->mode == 0) {
		t->fs = NULL;
	}
	vnode_put_locked(t);
	return r;
}

int vfs_link(const char *from, const char *to, bool follow)
{
	struct place p;
	struct vnode *v;
	int r = walk(from, follow, &v);

	if (r != 0) {
		return r;
	}
	r = walk_parent(to, &p);
	if (r == 0) {
		mutex_lock(&p.dir->mount->lock);
		r = p.len == 0 ? -EEXIST : p.dir->mount != v->mount ? -EXDEV : link_locked(v, &p);
		mutex_unlock(&p.dir->mount->lock);
		vnode_put(p.dir);
	}
	vnode_put(v);
	return r;
}

/* --- whole file systems ---------------------------------------------------------------------------- */

static int sync_mount(struct mount *m)
{
	int r = 0;

	mutex_lock(&m->lock);
	if (m->ops->sync != NULL && (m->flags & MS_RDONLY) == 0) {
		r = m->ops->sync(m);
	}
	mutex_unlock(&m->lock);
	return r;
}

int vfs_sync(void)
{
	return mounts_each(sync_mount);
}
