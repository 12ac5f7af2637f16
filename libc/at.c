/* SPDX-License-Identifier: MIT */
/* Calls on names that start at an open directory: the name is put behind the directory's own. */
#define _GNU_SOURCE
#include "libc.h"

#include <dirent.h>
#include <fcntl.h>
#include <fs/vfs.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The name to use, and memory to free after it (NULL: none). */
struct place {
	const char *path;
	char *made;
};

static int join(struct file *f, const char *path, struct place *p)
{
	size_t len = strlen(path), at;
	int r;

	p->made = malloc(PATH_MAX);
	if (p->made == NULL) {
		return -ENOMEM;
	}
	r = vfs_dir_path(f, p->made, PATH_MAX);
	at = r == 0 ? strlen(p->made) : 0;
	if (r == 0 && len > PATH_MAX - 2 - at) {
		r = -ENAMETOOLONG;
	}
	if (r != 0) {
		free(p->made);
		return r;
	}
	p->made[at] = '/';
	memcpy(p->made + at + 1, path, len + 1);
	p->path = p->made;
	return 0;
}

/* Returns false with errno set when there is no such place. */
static bool place(int dir, const char *path, struct place *p)
{
	struct file *f;
	int r;

	p->path = path;
	p->made = NULL;
	if (dir == AT_FDCWD || path[0] == '/') {
		return true;
	}
	if (path[0] == '\0') {
		errno = ENOENT;
		return false;
	}
	f = fd_get(dir);
	if (f == NULL) {
		errno = EBADF;
		return false;
	}
	r = join(f, path, p);
	fd_put(f);
	return result(r) == 0;
}

/* What @call, which uses at.path, gives for @path from @dir; -1 when that is no place. */
#define AT(dir, name, call)                      \
	({                                       \
		struct place at;                 \
		long r_ = -1;                    \
		if (place((dir), (name), &at)) { \
			r_ = (call);             \
			free(at.made);           \
		}                                \
		r_;                              \
	})

int openat(int dir, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if ((flags & O_CREAT) != 0) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return (int)AT(dir, path, open(at.path, flags, mode));
}

int fstatat(int dir, const char *restrict path, struct stat *restrict st, int flags)
{
	if ((flags & AT_EMPTY_PATH) != 0 && path[0] == '\0') {
		return dir == AT_FDCWD ? stat(".", st) : fstat(dir, st);
	}
	return (int)AT(dir, path,
		       (flags & AT_SYMLINK_NOFOLLOW) != 0 ? lstat(at.path, st) : stat(at.path, st));
}

int faccessat(int dir, const char *path, int mode, int flags)
{
	(void)flags;
	return (int)AT(dir, path, access(at.path, mode));
}

ssize_t readlinkat(int dir, const char *restrict path, char *restrict buf, size_t n)
{
	return AT(dir, path, readlink(at.path, buf, n));
}

int scandirat(int dir, const char *path, struct dirent ***out, int (*select)(const struct dirent *),
	      int (*compare)(const struct dirent **, const struct dirent **))
{
	return (int)AT(dir, path, scandir(at.path, out, select, compare));
}

int mkdirat(int dir, const char *path, mode_t mode)
{
	return (int)AT(dir, path, mkdir(at.path, mode));
}

int mkfifoat(int dir, const char *path, mode_t mode)
{
	return (int)AT(dir, path, mkfifo(at.path, mode));
}

int mknodat(int dir, const char *path, mode_t mode, dev_t dev)
{
	return (int)AT(dir, path, mknod(at.path, mode, dev));
}

int unlinkat(int dir, const char *path, int flags)
{
	return (int)AT(dir, path, (flags & AT_REMOVEDIR) != 0 ? rmdir(at.path) : unlink(at.path));
}

int fchmodat(int dir, const char *path, mode_t mode, int flags)
{
	(void)flags;
	return (int)AT(dir, path, chmod(at.path, mode));
}

int fchownat(int dir, const char *path, uid_t uid, gid_t gid, int flags)
{
	struct vattr a = attr_owner(uid, gid);

	return (int)AT(dir, path, path_setattr(at.path, (flags & AT_SYMLINK_NOFOLLOW) == 0, &a));
}

int utimensat(int dir, const char *path, const struct timespec t[2], int flags)
{
	struct vattr a;

	if (!attr_times(t, &a)) {
		return fail(EINVAL);
	}
	return (int)AT(dir, path, path_setattr(at.path, (flags & AT_SYMLINK_NOFOLLOW) == 0, &a));
}

int symlinkat(const char *target, int dir, const char *path)
{
	return (int)AT(dir, path, symlink(target, at.path));
}

int linkat(int from_dir, const char *from, int dir, const char *path, int flags)
{
	struct place source;
	long r;

	if (!place(from_dir, from, &source)) {
		return -1;
	}
	r = AT(dir, path, result(vfs_link(source.path, at.path, (flags & AT_SYMLINK_FOLLOW) != 0)));
	free(source.made);
	return (int)r;
}

static int rename_at(int dir, const char *path, int to_dir, const char *to, bool replace)
{
	struct place source;
	long r;

	if (!place(dir, path, &source)) {
		return -1;
	}
	r = AT(to_dir, to, result(vfs_rename(source.path, at.path, replace)));
	free(source.made);
	return (int)r;
}

int renameat(int dir, const char *path, int to_dir, const char *to)
{
	return rename_at(dir, path, to_dir, to, true);
}

int renameat2(int dir, const char *path, int to_dir, const char *to, unsigned flags)
{
	return (flags & ~(unsigned)RENAME_NOREPLACE) != 0
		       ? fail(EINVAL)
		       : rename_at(dir, path, to_dir, to, flags == 0);
}
