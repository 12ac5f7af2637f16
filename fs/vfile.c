/* SPDX-License-Identifier: MIT */
/* Open files of vnodes: position, reads and writes in the order they come, folders entry by entry, locks. */
#include "vnode.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <kernel/alloc.h>
#include <kernel/file.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

struct vfile {
	struct file file;
	struct vnode *v;
	struct dir_pos at; /* position; guarded by the mount's lock */
	int locked;	   /* LOCK_SH, LOCK_EX or 0; guarded by locks.lock */
	struct list waits; /* in locks.waiting */
};

/* flock(): of open files against each other. */
static struct {
	struct spinlock lock;
	struct list held, waiting; /* struct vfile.waits: a file is in one of them */
} locks = { .held = LIST_INIT(locks.held), .waiting = LIST_INIT(locks.waiting) };

static struct vfile *vfile(struct file *f)
{
	return container_of(f, struct vfile, file);
}

static void lock(struct vfile *o)
{
	mutex_lock(&o->v->mount->lock);
}

static void unlock(struct vfile *o)
{
	mutex_unlock(&o->v->mount->lock);
}

/* --- reading and writing ----------------------------------------------------------------------- */

static ssize_t vfile_read(struct file *f, const struct iovec *iov, int n, off_t pos, bool nonblock)
{
	struct vfile *o = vfile(f);
	ssize_t (*read)(struct vnode *, void *, size_t, off_t) = o->v->mount->ops->read;
	off_t at;
	ssize_t r = 0, done = 0;

	(void)nonblock;
	if (!S_ISREG(o->v->mode)) {
		return -EISDIR;
	}
	lock(o);
	at = pos >= 0 ? pos : o->at.pos;
	for (int i = 0; i < n; i++) {
		if (iov[i].iov_len == 0) {
			continue;
		}
		r = read(o->v, iov[i].iov_base, iov[i].iov_len, at + done);
		done += r > 0 ? r : 0;
		if (r < 0 || (size_t)r < iov[i].iov_len) {
			break;
		}
	}
	if (pos < 0) {
		o->at.pos = at + done;
	}
	unlock(o);
	return done > 0 ? done : r;
}

static int sync_locked(struct vnode *v, bool data)
{
	return v->mount->ops->fsync != NULL ? v->mount->ops->fsync(v, data) : 0;
}

/* Must what is written be on the medium at once? */
static bool is_synchronous(const struct vfile *o, unsigned flags)
{
	return (flags & O_SYNC) != 0 || (o->v->mount->flags & MS_SYNCHRONOUS) != 0;
}

/* All of @iov at *@at, which moves. The lock is held. */
static ssize_t write_all(struct vnode *v, const struct iovec *iov, int n, off_t *at)
{
	ssize_t r = 0, done = 0;

	for (int i = 0; i < n; i++) {
		off_t limit;

		if (iov[i].iov_len == 0) {
			continue;
		}
		if (*at >= 0 && add_overflow(*at, (off_t)iov[i].iov_len, &limit)) {
			r = -EFBIG;
			break;
		}
		r = v->mount->ops->write(v, iov[i].iov_base, iov[i].iov_len, at);
		done += r > 0 ? r : 0;
		if (r < 0 || (size_t)r < iov[i].iov_len) {
			break;
		}
	}
	return done > 0 ? done : r;
}

static ssize_t vfile_write(struct file *f, const struct iovec *iov, int n, off_t pos, bool nonblock)
{
	struct vfile *o = vfile(f);
	unsigned flags = atomic_load_explicit(&f->flags, memory_order_relaxed);
	off_t at;
	ssize_t r;
	int error;

	(void)nonblock;
	if (!S_ISREG(o->v->mode) || o->v->mount->ops->write == NULL) {
		return -EBADF;
	}
	lock(o);
	at = (flags & O_APPEND) != 0 ? -1 : pos >= 0 ? pos : o->at.pos;
	r = write_all(o->v, iov, n, &at);
	if (pos < 0 && at >= 0) {
		o->at.pos = at;
	}
	if (r > 0 && is_synchronous(o, flags)) {
		error = sync_locked(o->v, false);
		r = error != 0 ? error : r;
	}
	unlock(o);
	return r;
}

static off_t end_of(struct vnode *v)
{
	struct stat st;
	int r = v->mount->ops->stat(v, &st);

	return r != 0 ? r : st.st_size;
}

static void rewind_dir(struct vfile *o)
{
	if (o->at.fs != NULL) {
		o->v->mount->ops->closedir(o->v, &o->at);
		o->at.fs = NULL;
	}
}

static off_t vfile_seek(struct file *f, off_t off, int whence)
{
	struct vfile *o = vfile(f);
	off_t base, to;

	if (whence != SEEK_SET && whence != SEEK_CUR && whence != SEEK_END) {
		return -EINVAL;
	}
	lock(o);
	base = whence == SEEK_CUR ? o->at.pos : whence == SEEK_END ? end_of(o->v) : 0;
	if (base < 0) {
		to = base;
	} else if (add_overflow(base, off, &to)) {
		to = -EOVERFLOW;
	} else if (to < 0) {
		to = -EINVAL;
	} else {
		rewind_dir(o);
		o->at.pos = to;
	}
	unlock(o);
	return to;
}

static int vfile_truncate(struct file *f, off_t size)
{
	struct vfile *o = vfile(f);
	int r;

	if (!S_ISREG(o->v->mode) || o->v->mount->ops->truncate == NULL) {
		return -EINVAL;
	}
	lock(o);
	r = o->v->mount->ops->truncate(o->v, size);
	unlock(o);
	return r;
}

/* Without the file system's help: a byte of zero in the last block of each part that is not there. */
static int write_zeros(struct vnode *v, off_t from, off_t to)
{
	static const char zeros[512];
	ssize_t r = 0;

	while (from < to && r >= 0) {
		r = v->mount->ops->write(v, zeros, (size_t)MIN(to - from, (off_t)sizeof(zeros)),
					 &from);
		r = r == 0 ? -ENOSPC : r;
	}
	return r < 0 ? (int)r : 0;
}

static int allocate_locked(struct vnode *v, off_t off, off_t len)
{
	off_t end = end_of(v), to;
	int r;

	if (add_overflow(off, len, &to)) {
		return -EFBIG;
	}
	if (v->mount->ops->allocate != NULL) {
		return v->mount->ops->allocate(v, off, len);
	}
	r = end < 0 ? (int)end : write_zeros(v, end, to);
	if (r != 0 && end >= 0) {
		v->mount->ops->truncate(v, end);
	}
	return r;
}

static int vfile_allocate(struct file *f, off_t off, off_t len)
{
	struct vfile *o = vfile(f);
	int r;

	if (!S_ISREG(o->v->mode) || o->v->mount->ops->write == NULL) {
		return -ENODEV;
	}
	lock(o);
	r = allocate_locked(o->v, off, len);
	unlock(o);
	return r;
}

static int vfile_sync(struct file *f, bool data)
{
	struct vfile *o = vfile(f);
	int r;

	lock(o);
	r = sync_locked(o->v, data);
	unlock(o);
	return r;
}

/* --- about the file ----------------------------------------------------------------------------- */

static int vfile_stat(struct file *f, struct stat *st)
{
	return vnode_stat(vfile(f)->v, st);
}

static int vfile_setattr(struct file *f, const struct vattr *a)
{
	return vnode_setattr(vfile(f)->v, a);
}

static int vfile_statvfs(struct file *f, struct statvfs *v)
{
	return vnode_statvfs(vfile(f)->v, v);
}

static int vfile_map(struct file *f, off_t off, size_t len, void **addr)
{
	struct vfile *o = vfile(f);

	return S_ISREG(o->v->mode) ? o->v->mount->ops->map(o->v, off, len, addr) : -ENODEV;
}

static void dot(struct vfile *o, struct dirent *d)
{
	struct vnode *v = o->at.pos == 1 && o->v->parent != NULL ? o->v->parent : o->v;

	strlcpy(d->d_name, o->at.pos == 0 ? "." : "..", sizeof(d->d_name));
	d->d_ino = v->ino;
	d->d_type = DT_DIR;
	o->at.pos++;
}

static int vfile_readdir(struct file *f, struct dirent *d)
{
	struct vfile *o = vfile(f);
	int r = 1;

	if (!S_ISDIR(o->v->mode)) {
		return -ENOTDIR;
	}
	lock(o);
	if (o->at.pos < 2) {
		dot(o, d);
	} else {
		r = vnode_gone(o->v) ? 0 : o->v->mount->ops->readdir(o->v, &o->at, d);
	}
	d->d_off = o->at.pos;
	d->d_reclen = sizeof(*d);
	unlock(o);
	return r;
}

/* --- flock() ------------------------------------------------------------------------------------ */

/* May @o have the lock @how beside what others hold? locks.lock held. */
static bool may_lock(const struct vfile *o, int how)
{
	struct list *p;

	list_for_each(p, &locks.held) {
		const struct vfile *h = list_entry(p, struct vfile, waits);

		if (h != o && h->v->mount == o->v->mount && h->v->ino == o->v->ino &&
		    (how == LOCK_EX || h->locked == LOCK_EX)) {
			return false;
		}
	}
	return true;
}

/* Those that wait look again. locks.lock held. */
static void tell_waiting(void)
{
	struct list *p;

	list_for_each(p, &locks.waiting) {
		file_ready(&list_entry(p, struct vfile, waits)->file, FILE_CHANGED);
	}
}

static bool try_lock(struct vfile *o, int how)
{
	irqstate_t s = spin_lock_save(&locks.lock);
	bool may = how == LOCK_UN || may_lock(o, how);

	if (may) {
		list_del(&o->waits);
		o->locked = how == LOCK_UN ? 0 : how;
		if (how != LOCK_UN) {
			list_add(&locks.held, &o->waits);
		}
		if (how != LOCK_EX) {
			tell_waiting();
		}
	}
	spin_unlock_restore(&locks.lock, s);
	return may;
}

struct lock_wait {
	struct vfile *o;
	int how;
};

static bool got_lock(void *arg)
{
	struct lock_wait *w = arg;

	return try_lock(w->o, w->how);
}

static int vfile_flock(struct file *f, int operation)
{
	struct lock_wait w = { vfile(f), operation & ~LOCK_NB };
	irqstate_t s;
	int r;

	if (w.how != LOCK_SH && w.how != LOCK_EX && w.how != LOCK_UN) {
		return -EINVAL;
	}
	if (try_lock(w.o, w.how)) {
		return 0;
	}
	if ((operation & LOCK_NB) != 0) {
		return -EWOULDBLOCK;
	}
	s = spin_lock_save(&locks.lock);
	list_del(&w.o->waits); /* as on Linux: a lock that is to change is given up first */
	w.o->locked = 0;
	list_add_tail(&locks.waiting, &w.o->waits);
	tell_waiting();
	spin_unlock_restore(&locks.lock, s);
	r = file_wait_until(f, FILE_CHANGED, got_lock, &w, TIME_NEVER);
	if (r != 0) {
		s = spin_lock_save(&locks.lock);
		list_del(&w.o->waits);
		spin_unlock_restore(&locks.lock, s);
	}
	return r;
}

/* --- open and close ----------------------------------------------------------------------------- */

static void vfile_close(struct file *f)
{
	struct vfile *o = vfile(f);
	struct vnode *v = o->v;
	struct mount *m = v->mount;

	if (o->locked != 0) {
		try_lock(o, LOCK_UN);
	}
	mutex_lock(&m->lock);
	rewind_dir(o);
	if (--v->opens == 0 && S_ISREG(v->mode) && m->ops->close != NULL) {
		m->ops->close(v);
	}
	vnode_put_locked(v);
	mutex_unlock(&m->lock);
	kfree(o);
}

#define VFILE_OPS                                                                         \
	.read = vfile_read, .write = vfile_write, .seek = vfile_seek, .stat = vfile_stat, \
	.readdir = vfile_readdir, .close = vfile_close, .sync = vfile_sync,               \
	.truncate = vfile_truncate, .setattr = vfile_setattr, .statvfs = vfile_statvfs,   \
	.allocate = vfile_allocate, .flock = vfile_flock

static const struct file_ops vfile_ops = { VFILE_OPS };
/* Of file systems whose content is in place for good. */
static const struct file_ops constant_ops = { VFILE_OPS, .map = vfile_map, .constant = true };

int vfile_open(struct vnode *v, int flags, struct file **out)
{
	const struct fs_ops *ops = v->mount->ops;
	struct vfile *o = kzalloc(sizeof(*o));
	int r = 0;

	if (o == NULL) {
		return -ENOMEM;
	}
	mutex_lock(&v->mount->lock);
	if (v->opens == 0 && S_ISREG(v->mode) && ops->open != NULL) {
		r = ops->open(v);
	}
	v->opens += r == 0;
	mutex_unlock(&v->mount->lock);
	if (r != 0) {
		kfree(o);
		return r;
	}
	file_init(&o->file, ops->map != NULL ? &constant_ops : &vfile_ops,
		  (unsigned)flags & (O_ACCMODE | O_NONBLOCK | O_APPEND | O_SYNC));
	file_ready(&o->file, POLLIN | POLLOUT);
	o->v = v;
	list_init(&o->waits);
	*out = &o->file;
	return 0;
}

struct vnode *vfile_vnode(struct file *f)
{
	return f->ops == &vfile_ops || f->ops == &constant_ops ? vfile(f)->v : NULL;
}
