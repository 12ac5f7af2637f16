/* SPDX-License-Identifier: MIT */
/* What newlib calls below its stdio, time and signal functions. newlib passes its reentrancy
 * structure, which does not exist here (--enable-newlib-reent-thread-local). */
#include "libc.h"

#include <fcntl.h>
#include <reent.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/times.h>
#include <unistd.h>

_ssize_t _read_r(struct _reent *r, int fd, void *buf, size_t n)
{
	(void)r;
	return read(fd, buf, n);
}

_ssize_t _write_r(struct _reent *r, int fd, const void *buf, size_t n)
{
	(void)r;
	return write(fd, buf, n);
}

int _open_r(struct _reent *r, const char *path, int flags, int mode)
{
	(void)r;
	return open(path, flags, mode);
}

int _close_r(struct _reent *r, int fd)
{
	(void)r;
	return close(fd);
}

_off_t _lseek_r(struct _reent *r, int fd, _off_t off, int whence)
{
	(void)r;
	return lseek(fd, off, whence);
}

int _fstat_r(struct _reent *r, int fd, struct stat *st)
{
	(void)r;
	return fstat(fd, st);
}

int _stat_r(struct _reent *r, const char *path, struct stat *st)
{
	(void)r;
	return stat(path, st);
}

int _isatty_r(struct _reent *r, int fd)
{
	(void)r;
	return isatty(fd);
}

int _fcntl_r(struct _reent *r, int fd, int cmd, int arg)
{
	(void)r;
	return fcntl(fd, cmd, arg);
}

int _unlink_r(struct _reent *r, const char *path)
{
	(void)r;
	return unlink(path);
}

int _remove_r(struct _reent *r, const char *path)
{
	(void)r;
	return remove(path);
}

int _link_r(struct _reent *r, const char *from, const char *to)
{
	(void)r;
	return link(from, to);
}

int _rename_r(struct _reent *r, const char *from, const char *to)
{
	(void)r;
	return rename(from, to);
}

int _mkdir_r(struct _reent *r, const char *path, int mode)
{
	(void)r;
	return mkdir(path, (mode_t)mode);
}

int _gettimeofday_r(struct _reent *r, struct timeval *tv, void *tz)
{
	(void)r;
	return gettimeofday(tv, tz);
}

clock_t _times_r(struct _reent *r, struct tms *t)
{
	(void)r;
	return times(t);
}

int _getpid_r(struct _reent *r)
{
	(void)r;
	return getpid();
}

int _kill_r(struct _reent *r, int pid, int sig)
{
	(void)r;
	return kill(pid, sig);
}

int _getentropy_r(struct _reent *r, void *buf, size_t n)
{
	(void)r;
	return getentropy(buf, n);
}
