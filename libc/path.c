/* SPDX-License-Identifier: MIT */
/* Calls on names of files. The tree is read-only, so whatever would change it fails with EROFS. */
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

int open(const char *path, int flags, ...)
{
	struct file *f;
	int r = vfs_open(path, flags, &f);

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
	struct stat st;
	int r = path_stat(path, true, &st);

	if (r != 0) {
		return r;
	}
	if ((mode & W_OK) != 0 && !S_ISCHR(st.st_mode) && !S_ISSOCK(st.st_mode)) {
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

static int fill_statvfs(struct statvfs *v)
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
	return 0;
}

int statvfs(const char *restrict path, struct statvfs *restrict v)
{
	struct stat st;
	int r = vfs_stat(path, true, &st);

	return (int)result(r != 0 ? r : fill_statvfs(v));
}

int fstatvfs(int fd, struct statvfs *v)
{
	return fd_cloexec(fd) < 0 ? fail(EBADF) : fill_statvfs(v);
}

static int to_statfs(int r, const struct statvfs *v, struct statfs *s)
{
	if (r != 0) {
		return r;
	}
	memset(s, 0, sizeof(*s));
	s->f_bsize = s->f_frsize = (long)v->f_bsize;
	s->f_blocks = v->f_blocks;
	s->f_files = v->f_files;
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

mode_t umask(mode_t mask)
{
	static _Atomic mode_t current = 022;

	return atomic_exchange_explicit(&current, mask & 0777, memory_order_relaxed);
}

/* --- changes: refused ------------------------------------------------------------------------ */

static int modify(const char *path)
{
	return (int)result(vfs_modify(path));
}

/* A name that only sockets have can go, and change its rights, which nothing looks at. */
static bool is_socket(const char *path)
{
	struct stat st;

	return path_sockets != NULL && path_stat(path, false, &st) == 0 && S_ISSOCK(st.st_mode);
}

int unlink(const char *path)
{
	return is_socket(path) ? (int)result(path_sockets->unlink(path)) : modify(path);
}

int rmdir(const char *path)
{
	return modify(path);
}

int remove(const char *path)
{
	return unlink(path);
}

int mkdir(const char *path, mode_t mode)
{
	(void)mode;
	return modify(path);
}

int mkfifo(const char *path, mode_t mode)
{
	(void)mode;
	return modify(path);
}

int mknod(const char *path, mode_t mode, dev_t dev)
{
	(void)mode, (void)dev;
	return modify(path);
}

int rename(const char *from, const char *to)
{
	(void)to;
	return modify(from);
}

int link(const char *from, const char *to)
{
	(void)from;
	return modify(to);
}

int symlink(const char *target, const char *path)
{
	(void)target;
	return modify(path);
}

int truncate(const char *path, off_t len)
{
	(void)len;
	return modify(path);
}

int chmod(const char *path, mode_t mode)
{
	(void)mode;
	return is_socket(path) ? 0 : modify(path);
}

int chown(const char *path, uid_t uid, gid_t gid)
{
	(void)uid, (void)gid;
	return is_socket(path) ? 0 : modify(path);
}

int lchown(const char *path, uid_t uid, gid_t gid)
{
	return chown(path, uid, gid);
}

int utimes(const char *path, const struct timeval t[2])
{
	(void)t;
	return modify(path);
}

int lutimes(const char *path, const struct timeval t[2])
{
	return utimes(path, t);
}

int utime(const char *path, const struct utimbuf *t)
{
	(void)t;
	return modify(path);
}

static int modify_open(int fd)
{
	return fail(fd_cloexec(fd) < 0 ? EBADF : EROFS);
}

int fchmod(int fd, mode_t mode)
{
	(void)mode;
	return modify_open(fd);
}

int fchown(int fd, uid_t uid, gid_t gid)
{
	(void)uid, (void)gid;
	return modify_open(fd);
}

int futimens(int fd, const struct timespec t[2])
{
	(void)t;
	return modify_open(fd);
}

int futimes(int fd, const struct timeval t[2])
{
	(void)t;
	return modify_open(fd);
}

/* Errors are returned, not set. */
int posix_fallocate(int fd, off_t off, off_t len)
{
	return off < 0 || len <= 0 ? EINVAL : fd_cloexec(fd) < 0 ? EBADF : ENODEV;
}
