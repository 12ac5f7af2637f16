/* SPDX-License-Identifier: MIT */
/* Calls on names of files. Without `needs := files` the tree is read-only, and whatever would change it fails with
 * EROFS (fs/vfs_rom.c). */
#define _GNU_SOURCE
#include "libc.h"

#include <fcntl.h>
#include <fs/vfs.h>
#include <kernel/alloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <unistd.h>
#include <utime.h>

#define PATH_ROOM 4096

static _Atomic mode_t mask = 022;

static uint32_t masked(mode_t mode)
{
	return mode & 07777 & ~atomic_load_explicit(&mask, memory_order_relaxed);
}

mode_t umask(mode_t m)
{
	return atomic_exchange_explicit(&mask, m & 0777, memory_order_relaxed);
}

int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	struct file *f;
	va_list ap;
	int r;

	if ((flags & O_CREAT) != 0) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	cancel_point();
	r = vfs_open(path, flags, masked(mode), &f);
	return (int)result(r != 0 ? r : fd_make(f, (flags & O_CLOEXEC) != 0));
}

int creat(const char *path, mode_t mode)
{
	return open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

const struct path_sockets *path_sockets;

static int path_stat(const char *path, bool follow, struct stat *st)
{
	int r = vfs_stat(path, follow, st);

	return r == -ENOENT && path_sockets != NULL ? path_sockets->stat(path, st) : r;
}

int stat(const char *restrict path, struct stat *restrict st)
{
	return (int)result(path_stat(path, true, st));
}

int lstat(const char *restrict path, struct stat *restrict st)
{
	return (int)result(path_stat(path, false, st));
}

static int access_to(const char *path, int mode)
{
	struct statvfs v;
	struct stat st;
	int r = path_stat(path, true, &st);

	if (r != 0) {
		return r;
	}
	if ((mode & W_OK) != 0 && !S_ISCHR(st.st_mode) && !S_ISSOCK(st.st_mode) &&
	    vfs_statvfs(path, &v) == 0 && (v.f_flag & ST_RDONLY) != 0) {
		return -EROFS;
	}
	return (mode & X_OK) != 0 && (st.st_mode & 0111) == 0 ? -EACCES : 0;
}

int access(const char *path, int mode)
{
	return (int)result(access_to(path, mode));
}

/* The one user has all rights: real and effective are the same. */
int eaccess(const char *path, int mode)
{
	return access(path, mode);
}

int euidaccess(const char *path, int mode)
{
	return access(path, mode);
}

ssize_t readlink(const char *restrict path, char *restrict buf, size_t n)
{
	return result(vfs_readlink(path, buf, n));
}

int chdir(const char *path)
{
	return (int)result(vfs_chdir(path));
}

int fchdir(int fd)
{
	struct file *f = fd_get(fd);
	int r;

	if (f == NULL) {
		return fail(EBADF);
	}
	r = vfs_fchdir(f);
	fd_put(f);
	return (int)result(r);
}

/* Into @buf, or when that is NULL into memory of its own. */
static char *real_name(const char *path, char *buf, size_t n)
{
	char *to = buf != NULL ? buf : malloc(n);
	int r;

	if (to == NULL) {
		return NULL;
	}
	r = vfs_realpath(path, to, n);
	if (r != 0) {
		if (buf == NULL) {
			free(to);
		}
		errno = -r;
		return NULL;
	}
	return to;
}

char *getcwd(char *buf, size_t n)
{
	if (buf != NULL && n == 0) {
		errno = EINVAL;
		return NULL;
	}
	return real_name(".", buf, n == 0 ? PATH_ROOM : n);
}

char *realpath(const char *restrict path, char *restrict buf)
{
	return real_name(path, buf, PATH_ROOM);
}

char *canonicalize_file_name(const char *path)
{
	return real_name(path, NULL, PATH_ROOM);
}

char *get_current_dir_name(void)
{
	return getcwd(NULL, 0);
}

/* @buf has PATH_MAX bytes. */
char *getwd(char *buf)
{
	return getcwd(buf, PATH_ROOM);
}

int statvfs(const char *restrict path, struct statvfs *restrict v)
{
	return (int)result(vfs_statvfs(path, v));
}

/* What is no file of a file system is asked for as the root. */
static int statvfs_of(int fd, struct statvfs *v)
{
	struct file *f = fd_get(fd);
	int r;

	if (f == NULL) {
		return -EBADF;
	}
	r = f->ops->statvfs != NULL ? f->ops->statvfs(f, v) : vfs_statvfs("/", v);
	fd_put(f);
	return r;
}

int fstatvfs(int fd, struct statvfs *v)
{
	return (int)result(statvfs_of(fd, v));
}

static int to_statfs(int r, const struct statvfs *v, struct statfs *s)
{
	if (r != 0) {
		return r;
	}
	memset(s, 0, sizeof(*s));
	s->f_bsize = s->f_frsize = (long)v->f_bsize;
	s->f_blocks = v->f_blocks;
	s->f_bfree = v->f_bfree;
	s->f_bavail = v->f_bavail;
	s->f_files = v->f_files;
	s->f_ffree = v->f_ffree;
	s->f_flags = (long)v->f_flag;
	s->f_namelen = (long)v->f_namemax;
	return 0;
}

int statfs(const char *path, struct statfs *s)
{
	struct statvfs v;

	return to_statfs(statvfs(path, &v), &v, s);
}

int fstatfs(int fd, struct statfs *s)
{
	struct statvfs v;

	return to_statfs(fstatvfs(fd, &v), &v, s);
}

/* --- names --------------------------------------------------------------------------------------- */

/* A name that only sockets have can go, and change its rights, which nothing looks at. */
static bool is_socket(const char *path)
{
	struct stat st;

	return path_sockets != NULL && path_stat(path, false, &st) == 0 && S_ISSOCK(st.st_mode);
}

int unlink(const char *path)
{
	return (int)result(is_socket(path) ? path_sockets->unlink(path) : vfs_unlink(path));
}

int rmdir(const char *path)
{
	return (int)result(vfs_rmdir(path));
}

int remove(const char *path)
{
	struct stat st;

	return lstat(path, &st) != 0 ? -1 : S_ISDIR(st.st_mode) ? rmdir(path) : unlink(path);
}

int mkdir(const char *path, mode_t mode)
{
	return (int)result(vfs_mkdir(path, masked(mode)));
}

/* No file system here keeps special files. Of one that is read-only that comes first. */
static int no_special(const char *path)
{
	struct stat st;
	int r = vfs_mkdir(path, 0700);

	if (r == 0) {
		vfs_rmdir(path);
		r = -EPERM;
	}
	return (int)result(r == -EROFS && vfs_stat(path, false, &st) == 0 ? -EEXIST : r);
}

int mkfifo(const char *path, mode_t mode)
{
	(void)mode;
	return no_special(path);
}

int mknod(const char *path, mode_t mode, dev_t dev)
{
	int fd;

	(void)dev;
	if (!S_ISREG(mode) && (mode & S_IFMT) != 0) {
		return no_special(path);
	}
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, mode & 07777);
	return fd < 0 ? -1 : close(fd);
}

int rename(const char *from, const char *to)
{
	return (int)result(vfs_rename(from, to, true));
}

int link(const char *from, const char *to)
{
	return (int)result(vfs_link(from, to, false));
}

int symlink(const char *target, const char *path)
{
	return (int)result(vfs_symlink(target, path));
}

int truncate(const char *path, off_t len)
{
	return len < 0 ? fail(EINVAL) : (int)result(vfs_truncate(path, len));
}

/* --- attributes ---------------------------------------------------------------------------------- */

int path_setattr(const char *path, bool follow, const struct vattr *a)
{
	return is_socket(path) ? 0 : (int)result(vfs_setattr(path, follow, a));
}

static int set_open(int fd, const struct vattr *a)
{
	struct file *f = fd_get(fd);
	int r;

	if (f == NULL) {
		return fail(EBADF);
	}
	r = f->ops->setattr != NULL ? f->ops->setattr(f, a) : -EROFS;
	fd_put(f);
	return (int)result(r);
}

static struct vattr attr_mode(mode_t mode)
{
	return (struct vattr){ .valid = ATTR_MODE, .mode = mode & 07777 };
}

struct vattr attr_owner(uid_t uid, gid_t gid)
{
	return (struct vattr){ .valid = (uid != (uid_t)-1 ? ATTR_UID : 0U) |
					(gid != (gid_t)-1 ? ATTR_GID : 0U),
			       .uid = uid,
			       .gid = gid };
}

/* One of utimensat()'s times; false: it makes no sense. */
static bool put_time(const struct timespec *t, struct timespec *to, unsigned bit, unsigned *valid)
{
	if (t == NULL || t->tv_nsec == UTIME_NOW) {
		clock_gettime(CLOCK_REALTIME, to);
	} else if (t->tv_nsec == UTIME_OMIT) {
		return true;
	} else if (t->tv_nsec < 0 || t->tv_nsec >= 1000000000L) {
		return false;
	} else {
		*to = *t;
	}
	*valid |= bit;
	return true;
}

bool attr_times(const struct timespec t[2], struct vattr *a)
{
	*a = (struct vattr){ 0 };
	return put_time(t, &a->atime, ATTR_ATIME, &a->valid) &&
	       put_time(t != NULL ? t + 1 : NULL, &a->mtime, ATTR_MTIME, &a->valid);
}

/* The same of the older calls' microseconds. @t: not NULL. */
static bool attr_timevals(const struct timeval t[2], struct vattr *a)
{
	struct timespec s[2];

	for (int i = 0; i < 2; i++) {
		if (t[i].tv_usec < 0 || t[i].tv_usec >= 1000000) {
			return false;
		}
		s[i] = (struct timespec){ .tv_sec = t[i].tv_sec, .tv_nsec = t[i].tv_usec * 1000L };
	}
	return attr_times(s, a);
}

int chmod(const char *path, mode_t mode)
{
	struct vattr a = attr_mode(mode);

	return path_setattr(path, true, &a);
}

int fchmod(int fd, mode_t mode)
{
	struct vattr a = attr_mode(mode);

	return set_open(fd, &a);
}

int chown(const char *path, uid_t uid, gid_t gid)
{
	struct vattr a = attr_owner(uid, gid);

	return path_setattr(path, true, &a);
}

int lchown(const char *path, uid_t uid, gid_t gid)
{
	struct vattr a = attr_owner(uid, gid);

	return path_setattr(path, false, &a);
}

int fchown(int fd, uid_t uid, gid_t gid)
{
	struct vattr a = attr_owner(uid, gid);

	return set_open(fd, &a);
}

static int set_timevals(const char *path, bool follow, const struct timeval t[2])
{
	struct vattr a;

	if (!(t == NULL ? attr_times(NULL, &a) : attr_timevals(t, &a))) {
		return fail(EINVAL);
	}
	return path_setattr(path, follow, &a);
}

int utimes(const char *path, const struct timeval t[2])
{
	return set_timevals(path, true, t);
}

int lutimes(const char *path, const struct timeval t[2])
{
	return set_timevals(path, false, t);
}

int utime(const char *path, const struct utimbuf *t)
{
	struct timeval v[2];

	if (t == NULL) {
		return utimes(path, NULL);
	}
	v[0] = (struct timeval){ .tv_sec = t->actime };
	v[1] = (struct timeval){ .tv_sec = t->modtime };
	return utimes(path, v);
}

int futimens(int fd, const struct timespec t[2])
{
	struct vattr a;

	return attr_times(t, &a) ? set_open(fd, &a) : fail(EINVAL);
}

int futimes(int fd, const struct timeval t[2])
{
	struct vattr a;

	if (!(t == NULL ? attr_times(NULL, &a) : attr_timevals(t, &a))) {
		return fail(EINVAL);
	}
	return set_open(fd, &a);
}
