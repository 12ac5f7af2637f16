/* SPDX-License-Identifier: MIT */
/* Files by name: open files of the read-only tree, and the calls that take a path. */
#include <fs/vfs.h>

#include "romfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <kernel/alloc.h>
#include <kernel/time.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct open_file {
	struct file file;
	struct node *node;
	off_t pos;	     /* bytes, of a directory entries; guarded by file.lock */
	struct node *cursor; /* the entry at @pos, of a directory; NULL: the end, or look it up */
};

static _Atomic(struct node *) current; /* directory; NULL: the root */

static struct node *cwd(void)
{
	struct node *n = atomic_load_explicit(&current, memory_order_relaxed);

	return n != NULL ? n : romfs_root();
}

static struct open_file *open_file(struct file *f)
{
	return container_of(f, struct open_file, file);
}

/* --- open files ------------------------------------------------------------------------------ */

/* Claim up to @want bytes: moves the file's position when @pos is -1. */
static size_t claim(struct open_file *o, off_t *pos, size_t want)
{
	size_t n;
	irqstate_t s;

	if (*pos >= 0) {
		return (size_t)*pos >= o->node->size ? 0 : MIN(want, o->node->size - (size_t)*pos);
	}
	s = spin_lock_save(&o->file.lock);
	*pos = o->pos;
	n = (size_t)*pos >= o->node->size ? 0 : MIN(want, o->node->size - (size_t)*pos);
	o->pos += (off_t)n;
	spin_unlock_restore(&o->file.lock, s);
	return n;
}

static ssize_t file_read(struct file *f, const struct iovec *iov, int n, off_t pos, bool nonblock)
{
	struct open_file *o = open_file(f);
	size_t want = 0, left, done = 0;

	(void)nonblock;
	if (S_ISDIR(o->node->mode)) {
		return -EISDIR;
	}
	for (int i = 0; i < n; i++) {
		want += iov[i].iov_len;
	}
	left = claim(o, &pos, want);
	for (int i = 0; i < n && left > 0; i++) {
		size_t part = MIN(left, iov[i].iov_len);

		memcpy(iov[i].iov_base, (const char *)o->node->data + pos + done, part);
		done += part;
		left -= part;
	}
	return (ssize_t)done;
}

static off_t file_seek(struct file *f, off_t off, int whence)
{
	struct open_file *o = open_file(f);
	irqstate_t s = spin_lock_save(&f->lock);
	off_t base = whence == SEEK_CUR ? o->pos : whence == SEEK_END ? (off_t)o->node->size : 0;
	off_t to;

	if (whence != SEEK_SET && whence != SEEK_CUR && whence != SEEK_END) {
		to = -EINVAL;
	} else if (add_overflow(base, off, &to)) {
		to = -EOVERFLOW;
	} else if (to < 0) {
		to = -EINVAL;
	} else {
		o->pos = to;
		o->cursor = NULL;
	}
	spin_unlock_restore(&f->lock, s);
	return to;
}

static int file_stat(struct file *f, struct stat *st)
{
	romfs_stat(open_file(f)->node, st);
	return 0;
}

static int file_map(struct file *f, off_t off, size_t len, void **addr)
{
	const struct node *n = open_file(f)->node;

	if (!S_ISREG(n->mode)) {
		return -ENODEV;
	}
	if (off < 0 || (size_t)off > n->size || len > n->size - (size_t)off) {
		return -ENXIO;
	}
	*addr = (char *)(uintptr_t)n->data + off;
	return 0;
}

/* Entry number @pos of a directory: ".", "..", then the children. */
static struct node *entry_at(struct node *dir, off_t pos)
{
	struct node *n = dir->child;

	if (pos < 2) {
		return pos == 0 ? dir : dir->parent;
	}
	for (off_t i = 2; i < pos && n != NULL; i++) {
		n = n->sibling;
	}
	return n;
}

static int file_readdir(struct file *f, struct dirent *d)
{
	struct open_file *o = open_file(f);
	struct node *n;
	irqstate_t s;
	off_t at;

	if (!S_ISDIR(o->node->mode)) {
		return -ENOTDIR;
	}
	s = spin_lock_save(&f->lock);
	at = o->pos;
	n = o->cursor != NULL ? o->cursor : entry_at(o->node, at);
	if (n != NULL) {
		o->pos = at + 1;
		o->cursor = at < 2 ? NULL : n->sibling;
	}
	spin_unlock_restore(&f->lock, s);
	if (n == NULL) {
		return 0;
	}
	d->d_ino = (ino_t)n->ino;
	d->d_off = at + 1;
	d->d_reclen = sizeof(*d);
	d->d_type = (unsigned char)IFTODT(n->mode);
	if (at < 2) {
		strlcpy(d->d_name, at == 0 ? "." : "..", sizeof(d->d_name));
	} else {
		memcpy(d->d_name, n->name, n->len);
		d->d_name[n->len] = '\0';
	}
	return 1;
}

static void file_close(struct file *f)
{
	kfree(open_file(f));
}

static const struct file_ops file_ops = {
	.read = file_read,
	.seek = file_seek,
	.stat = file_stat,
	.map = file_map,
	.readdir = file_readdir,
	.close = file_close,
	.constant = true, /* archives used in place, for good */
};

/* --- by path --------------------------------------------------------------------------------- */

static const char *dev_name(const char *path)
{
	return strncmp(path, "/dev/", 5) == 0 ? path + 5 : NULL;
}

static int may_open(const struct node *n, int flags)
{
	if ((flags & O_CREAT) != 0 && (flags & O_EXCL) != 0) {
		return -EEXIST;
	}
	if (S_ISLNK(n->mode)) {
		return -ELOOP; /* O_NOFOLLOW */
	}
	if (S_ISDIR(n->mode)) {
		return (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0 ? -EISDIR : 0;
	}
	if ((flags & O_DIRECTORY) != 0) {
		return -ENOTDIR;
	}
	return (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0 ? -EROFS : 0;
}

/* Length of the directory part of @path. */
static size_t dir_len(const char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/') {
		n--;
	}
	while (n > 0 && path[n - 1] != '/') {
		n--;
	}
	return n;
}

static int modify(const char *path)
{
	char dir[256];
	struct node *n;
	size_t len = dir_len(path);
	int r;

	if (path[0] == '\0' || len >= sizeof(dir)) {
		return path[0] == '\0' ? -ENOENT : -EROFS;
	}
	if (len == 0) {
		return -EROFS; /* the directory is the current one */
	}
	memcpy(dir, path, len);
	dir[len] = '\0';
	r = romfs_walk(cwd(), dir, true, &n);
	return r != 0 ? r : S_ISDIR(n->mode) ? -EROFS : -ENOTDIR;
}

int vfs_open(const char *path, int flags, uint32_t mode, struct file **out)
{
	struct open_file *o;
	struct node *n;
	int r = romfs_walk(cwd(), path, (flags & O_NOFOLLOW) == 0, &n);

	(void)mode;
	if (r == -ENOENT && dev_name(path) != NULL) {
		r = dev_open(dev_name(path), flags, out);
		if (r != -ENOENT) {
			return r;
		}
	}
	if (r != 0) {
		return r == -ENOENT && (flags & O_CREAT) != 0 ? modify(path) : r;
	}
	r = may_open(n, flags);
	if (r != 0) {
		return r;
	}
	o = kmalloc(sizeof(*o));
	if (o == NULL) {
		return -ENOMEM;
	}
	file_init(&o->file, &file_ops, (unsigned)flags & (O_ACCMODE | O_NONBLOCK));
	file_ready(&o->file, POLLIN | POLLOUT);
	o->node = n;
	o->pos = 0;
	o->cursor = NULL;
	*out = &o->file;
	return 0;
}

int vfs_stat(const char *path, bool follow, struct stat *st)
{
	struct node *n;
	int r = romfs_walk(cwd(), path, follow, &n);

	if (r == 0) {
		romfs_stat(n, st);
	} else if (r == -ENOENT && dev_name(path) != NULL) {
		r = dev_stat(dev_name(path), st);
	}
	return r;
}

ssize_t vfs_readlink(const char *path, char *buf, size_t n)
{
	struct node *node;
	int r = romfs_walk(cwd(), path, false, &node);

	if (r != 0) {
		return r;
	}
	if (!S_ISLNK(node->mode)) {
		return -EINVAL;
	}
	n = MIN(n, node->size);
	memcpy(buf, node->data, n);
	return (ssize_t)n;
}

/* Absolute name of @node: from the last part to the first at the end of the buffer, then moved. */
static int name_of(struct node *node, char *buf, size_t n)
{
	size_t at = n;

	if (n < 2) {
		return -ERANGE;
	}
	buf[--at] = '\0';
	if (node == romfs_root()) {
		buf[--at] = '/';
	}
	for (; node != romfs_root(); node = node->parent) {
		if (at < node->len + 1) {
			return -ERANGE;
		}
		at -= node->len;
		memcpy(buf + at, node->name, node->len);
		buf[--at] = '/';
	}
	memmove(buf, buf + at, n - at);
	return 0;
}

int vfs_realpath(const char *path, char *buf, size_t n)
{
	struct node *node;
	int r = romfs_walk(cwd(), path, true, &node);

	return r != 0 ? r : name_of(node, buf, n);
}

int vfs_dir_path(struct file *f, char *buf, size_t n)
{
	if (f->ops != &file_ops || !S_ISDIR(open_file(f)->node->mode)) {
		return -ENOTDIR;
	}
	return name_of(open_file(f)->node, buf, n);
}

static int change_to(struct node *n)
{
	if (!S_ISDIR(n->mode)) {
		return -ENOTDIR;
	}
	atomic_store_explicit(&current, n, memory_order_relaxed);
	return 0;
}

int vfs_chdir(const char *path)
{
	struct node *n;
	int r = romfs_walk(cwd(), path, true, &n);

	return r != 0 ? r : change_to(n);
}

int vfs_fchdir(struct file *f)
{
	return f->ops != &file_ops ? -ENOTDIR : change_to(open_file(f)->node);
}

/* --- what would change the tree ------------------------------------------------------------------ */

int vfs_mkdir(const char *path, uint32_t mode)
{
	(void)mode;
	return modify(path);
}

int vfs_rmdir(const char *path)
{
	return modify(path);
}

int vfs_unlink(const char *path)
{
	return modify(path);
}

int vfs_rename(const char *from, const char *to, bool replace)
{
	(void)to, (void)replace;
	return modify(from);
}

int vfs_link(const char *from, const char *to, bool follow)
{
	(void)from, (void)follow;
	return modify(to);
}

int vfs_symlink(const char *target, const char *path)
{
	(void)target;
	return modify(path);
}

int vfs_truncate(const char *path, off_t size)
{
	(void)size;
	return modify(path);
}

int vfs_setattr(const char *path, bool follow, const struct vattr *a)
{
	(void)follow, (void)a;
	return modify(path);
}

static void fill_statvfs(struct statvfs *v)
{
	uint64_t bytes, files;

	vfs_usage(&bytes, &files);
	memset(v, 0, sizeof(*v));
	v->f_bsize = PAGE_SIZE;
	v->f_frsize = PAGE_SIZE;
	v->f_blocks = (fsblkcnt_t)((bytes + PAGE_SIZE - 1) / PAGE_SIZE);
	v->f_files = (fsfilcnt_t)files;
	v->f_flag = ST_RDONLY;
	v->f_namemax = 255;
}

int vfs_statvfs(const char *path, struct statvfs *v)
{
	struct stat st;
	int r = vfs_stat(path, true, &st);

	if (r == 0) {
		fill_statvfs(v);
	}
	return r;
}

int vfs_sync(void)
{
	return 0;
}

int vfs_mount(const char *source, const char *target, const char *type, unsigned flags,
	      const char *options)
{
	(void)source, (void)target, (void)type, (void)flags, (void)options;
	return -ENODEV; /* needs := files */
}

int vfs_umount(const char *target)
{
	struct stat st;
	int r = vfs_stat(target, true, &st);

	return r != 0 ? r : -EINVAL;
}

void vfs_init(void)
{
	romfs_init();
}
