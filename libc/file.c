/* SPDX-License-Identifier: MIT */
/* Calls on descriptors: read, write, seek, duplicate, control. */
#define _GNU_SOURCE
#include "libc.h"

#include <fcntl.h>
#include <fs/vfs.h>
#include <kernel/alloc.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define STATUS_FLAGS (O_NONBLOCK | O_APPEND) /* what F_SETFL changes */
#define IO_MAX	     ((size_t)0x7ffff000)    /* of one call, as on Linux */

/* --- read and write -------------------------------------------------------------------------- */

/* Inlined into each caller, where @writing and mostly @pos are constant: this is the hot path. */
static inline __attribute__((always_inline)) ssize_t transfer(int fd, const struct iovec *iov,
							      int n, off_t pos, bool writing)
{
	struct file *f = fd_get(fd);
	unsigned flags;
	ssize_t r;

	if (unlikely(f == NULL)) {
		return -EBADF;
	}
	flags = atomic_load_explicit(&f->flags, memory_order_relaxed);
	if (unlikely((flags & O_ACCMODE) == (writing ? O_RDONLY : O_WRONLY))) {
		r = -EBADF;
	} else if (unlikely((writing ? f->ops->write : f->ops->read) == NULL)) {
		r = -EINVAL;
	} else if (unlikely(pos != -1 && f->ops->seek == NULL)) {
		r = -ESPIPE;
	} else {
		r = (writing ? f->ops->write : f->ops->read)(f, iov, n, pos,
							     (flags & O_NONBLOCK) != 0);
	}
	fd_put(f);
	return r;
}

ssize_t read(int fd, void *buf, size_t n)
{
	struct iovec iov = { buf, MIN(n, IO_MAX) };

	cancel_point();
	return result(RESTARTING(transfer(fd, &iov, 1, -1, false)));
}

ssize_t write(int fd, const void *buf, size_t n)
{
	struct iovec iov = { (void *)(uintptr_t)buf, MIN(n, IO_MAX) };

	cancel_point();
	return result(RESTARTING(transfer(fd, &iov, 1, -1, true)));
}

ssize_t pread(int fd, void *buf, size_t n, off_t pos)
{
	struct iovec iov = { buf, MIN(n, IO_MAX) };

	cancel_point();
	return pos < 0 ? fail(EINVAL) : result(RESTARTING(transfer(fd, &iov, 1, pos, false)));
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t pos)
{
	struct iovec iov = { (void *)(uintptr_t)buf, MIN(n, IO_MAX) };

	cancel_point();
	return pos < 0 ? fail(EINVAL) : result(RESTARTING(transfer(fd, &iov, 1, pos, true)));
}

/* 0, or -EINVAL when the lengths do not fit a result. */
static int check_iov(const struct iovec *iov, int n)
{
	size_t total = 0;

	if (n < 0 || n > UIO_MAXIOV) {
		return -EINVAL;
	}
	for (int i = 0; i < n; i++) {
		if (add_overflow(total, iov[i].iov_len, &total) || total > SSIZE_MAX) {
			return -EINVAL;
		}
	}
	return 0;
}

ssize_t readv(int fd, const struct iovec *iov, int n)
{
	int r = check_iov(iov, n);

	cancel_point();
	return result(r != 0 ? r : RESTARTING(transfer(fd, iov, n, -1, false)));
}

ssize_t writev(int fd, const struct iovec *iov, int n)
{
	int r = check_iov(iov, n);

	cancel_point();
	return result(r != 0 ? r : RESTARTING(transfer(fd, iov, n, -1, true)));
}

ssize_t preadv(int fd, const struct iovec *iov, int n, off_t pos)
{
	int r = pos < 0 ? -EINVAL : check_iov(iov, n);

	cancel_point();
	return result(r != 0 ? r : RESTARTING(transfer(fd, iov, n, pos, false)));
}

ssize_t pwritev(int fd, const struct iovec *iov, int n, off_t pos)
{
	int r = pos < 0 ? -EINVAL : check_iov(iov, n);

	cancel_point();
	return result(r != 0 ? r : RESTARTING(transfer(fd, iov, n, pos, true)));
}

off_t lseek(int fd, off_t off, int whence)
{
	struct file *f = fd_get(fd);
	off_t r;

	if (f == NULL) {
		return fail(EBADF);
	}
	r = f->ops->seek == NULL ? -ESPIPE : f->ops->seek(f, off, whence);
	fd_put(f);
	return result(r);
}

/* --- descriptors ----------------------------------------------------------------------------- */

int close(int fd)
{
	struct file *f;

	cancel_point();
	f = fd_take(fd);
	if (f == NULL) {
		return fail(EBADF);
	}
	fd_release(f);
	return 0;
}

int close_range(unsigned first, unsigned last, int flags)
{
	if (first > last || (flags & ~CLOSE_RANGE_CLOEXEC) != 0) {
		return fail(EINVAL);
	}
	last = MIN(last, fd_limit());
	for (unsigned fd = first; fd <= last; fd++) {
		struct file *f;

		if (flags != 0) {
			fd_set_cloexec((int)fd, true);
		} else if ((f = fd_take((int)fd)) != NULL) {
			fd_release(f);
		}
	}
	return 0;
}

static int dup_from(int fd, int min, bool cloexec)
{
	struct file *f = fd_get(fd);
	int r;

	if (f == NULL || min < 0) {
		r = f == NULL ? -EBADF : -EINVAL;
	} else {
		r = fd_alloc(file_get(f), min, cloexec);
		if (r < 0) {
			fd_release(f);
		}
		if (r == -EMFILE && (unsigned)min >= fd_limit()) {
			r = -EINVAL;
		}
	}
	if (f != NULL) {
		fd_put(f);
	}
	return (int)result(r);
}

int dup(int fd)
{
	return dup_from(fd, 0, false);
}

static int dup_to(int fd, int to, bool cloexec)
{
	struct file *f = fd_get(fd), *old = NULL;
	int r;

	if (f == NULL) {
		return fail(EBADF);
	}
	r = fd_replace(to, file_get(f), cloexec, &old);
	if (r != 0) {
		fd_release(f);
	} else if (old != NULL) {
		fd_release(old);
	}
	fd_put(f);
	return (int)result(r == 0 ? to : r);
}

int dup2(int fd, int to)
{
	if (fd == to) {
		return fd_cloexec(fd) < 0 ? fail(EBADF) : to;
	}
	return dup_to(fd, to, false);
}

int dup3(int fd, int to, int flags)
{
	if (fd == to || (flags & ~O_CLOEXEC) != 0) {
		return fail(EINVAL);
	}
	return dup_to(fd, to, (flags & O_CLOEXEC) != 0);
}

static void set_flags(struct file *f, unsigned set)
{
	unsigned old = atomic_load_explicit(&f->flags, memory_order_relaxed);

	while (!atomic_compare_exchange_weak_explicit(
		&f->flags, &old, (old & ~(unsigned)STATUS_FLAGS) | (set & STATUS_FLAGS),
		memory_order_relaxed, memory_order_relaxed)) {
	}
}

static int lock_control(int cmd, struct flock *l)
{
	if (cmd == F_GETLK) {
		l->l_type = F_UNLCK;
	}
	return 0;
}

/* Record locks exclude other processes, and there are none. */
int lockf(int fd, int command, off_t len)
{
	(void)len;
	if (fd_cloexec(fd) < 0) {
		return fail(EBADF);
	}
	return command < F_ULOCK || command > F_TEST ? fail(EINVAL) : 0;
}

/* A pipe knows these as its own requests. */
static int pipe_control(struct file *f, int cmd, int arg)
{
	int r = f->ops->ioctl == NULL ? -EBADF
				      : f->ops->ioctl(f, (unsigned long)cmd, (void *)(intptr_t)arg);

	return r == -ENOTTY ? -EBADF : r;
}

static int file_control(struct file *f, int cmd, va_list ap)
{
	switch (cmd) {
	case F_GETFL:
		return (int)atomic_load_explicit(&f->flags, memory_order_relaxed);
	case F_SETFL:
		set_flags(f, (unsigned)va_arg(ap, int));
		return 0;
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
		return lock_control(cmd, va_arg(ap, struct flock *));
	case F_GETOWN:
	case F_SETOWN:
		return 0;
	case F_GETPIPE_SZ:
	case F_SETPIPE_SZ:
		return pipe_control(f, cmd, cmd == F_SETPIPE_SZ ? va_arg(ap, int) : 0);
	default:
		return -EINVAL;
	}
}

static int fd_control(int fd, int cmd, va_list ap)
{
	struct file *f;
	int r;

	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		return dup_from(fd, va_arg(ap, int), cmd == F_DUPFD_CLOEXEC);
	case F_GETFD:
		return (int)result(fd_cloexec(fd));
	case F_SETFD:
		return (int)result(fd_set_cloexec(fd, (va_arg(ap, int) & FD_CLOEXEC) != 0));
	}
	f = fd_get(fd);
	if (f == NULL) {
		return fail(EBADF);
	}
	r = file_control(f, cmd, ap);
	fd_put(f);
	return (int)result(r);
}

int fcntl(int fd, int cmd, ...)
{
	va_list ap;
	int r;

	va_start(ap, cmd);
	r = fd_control(fd, cmd, ap);
	va_end(ap);
	return r;
}

static int file_ioctl(struct file *f, unsigned long cmd, void *arg)
{
	unsigned flags;

	if (cmd == FIONBIO) {
		flags = atomic_load_explicit(&f->flags, memory_order_relaxed) &
			~(unsigned)O_NONBLOCK;
		set_flags(f, flags | (*(int *)arg != 0 ? O_NONBLOCK : 0));
		return 0;
	}
	return f->ops->ioctl == NULL ? -ENOTTY : f->ops->ioctl(f, cmd, arg);
}

int ioctl(int fd, unsigned long cmd, ...)
{
	struct file *f;
	va_list ap;
	void *arg;
	int r;

	va_start(ap, cmd);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (cmd == FIOCLEX || cmd == FIONCLEX) {
		return (int)result(fd_set_cloexec(fd, cmd == FIOCLEX));
	}
	f = fd_get(fd);
	if (f == NULL) {
		return fail(EBADF);
	}
	r = file_ioctl(f, cmd, arg);
	fd_put(f);
	return (int)result(r);
}

/* --- about the file -------------------------------------------------------------------------- */

static int stat_of(int fd, struct stat *st)
{
	struct file *f = fd_get(fd);
	int r = 0;

	if (f == NULL) {
		return -EBADF;
	}
	if (f->ops->stat != NULL) {
		r = f->ops->stat(f, st);
	} else {
		memset(st, 0, sizeof(*st));
		st->st_mode = f->ops->socket != NULL ? S_IFSOCK | 0777 : 0600;
		st->st_nlink = 1;
		st->st_blksize = (blksize_t)PAGE_SIZE;
	}
	fd_put(f);
	return r;
}

int fstat(int fd, struct stat *st)
{
	return (int)result(stat_of(fd, st));
}

/* The devices of fs/dev.c have a number; the console, the only terminal, has none. */
int isatty(int fd)
{
	struct stat st;
	int r = stat_of(fd, &st);

	if (r == 0 && S_ISCHR(st.st_mode) && st.st_rdev == 0) {
		return 1;
	}
	errno = r == 0 ? ENOTTY : EBADF;
	return 0;
}

/* What @call, which uses @f, gives; files that have no @op: @none. */
#define FILE_CALL(fd, op, none, call)                                                \
	({                                                                           \
		struct file *f = fd_get(fd);                                         \
		int got = f == NULL ? -EBADF : f->ops->op != NULL ? (call) : (none); \
		if (f != NULL) {                                                     \
			fd_put(f);                                                   \
		}                                                                    \
		got;                                                                 \
	})

int fsync(int fd)
{
	cancel_point();
	return (int)result(
		FILE_CALL(fd, sync, f->ops->seek != NULL ? 0 : -EINVAL, f->ops->sync(f, false)));
}

int fdatasync(int fd)
{
	cancel_point();
	return (int)result(
		FILE_CALL(fd, sync, f->ops->seek != NULL ? 0 : -EINVAL, f->ops->sync(f, true)));
}

void sync(void)
{
	vfs_sync();
}

int syncfs(int fd)
{
	return fd_cloexec(fd) < 0 ? fail(EBADF) : (int)result(vfs_sync());
}

int flock(int fd, int operation)
{
	return (int)result(RESTARTING(FILE_CALL(fd, flock, 0, f->ops->flock(f, operation))));
}

static bool may_write(const struct file *f)
{
	return (atomic_load_explicit(&f->flags, memory_order_relaxed) & O_ACCMODE) != O_RDONLY;
}

int ftruncate(int fd, off_t len)
{
	return (int)result(
		FILE_CALL(fd, truncate, -EINVAL,
			  len < 0 || !may_write(f) ? -EINVAL : f->ops->truncate(f, len)));
}

/* Errors are returned, not set. */
int posix_fallocate(int fd, off_t off, off_t len)
{
	if (off < 0 || len <= 0) {
		return EINVAL;
	}
	return -FILE_CALL(fd, allocate, -ENODEV,
			  !may_write(f) ? -EBADF : f->ops->allocate(f, off, len));
}

int posix_fadvise(int fd, off_t off, off_t len, int advice)
{
	(void)off, (void)len, (void)advice;
	return fd_cloexec(fd) < 0 ? EBADF : 0;
}
