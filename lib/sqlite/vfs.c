/* SPDX-License-Identifier: MIT */
/* SQLite's view of the system ("coracle", the default VFS): names, time, random numbers. */
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MODE	   0644
#define UNIX_EPOCH 210866760000000LL /* in ms of the Julian day that SQLite counts from */

int last_error;

static int open_flags(int flags)
{
	int how = (flags & SQLITE_OPEN_READWRITE) != 0 ? O_RDWR : O_RDONLY;

	how |= (flags & SQLITE_OPEN_CREATE) != 0 ? O_CREAT : 0;
	return how | ((flags & SQLITE_OPEN_EXCLUSIVE) != 0 ? O_EXCL : 0) | O_CLOEXEC;
}

/* "" for a name without one; NULL: no memory. */
static char *folder_of(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash == name ? strdup("/")
			     : strndup(name, slash == NULL ? 0 : (size_t)(slash - name));
}

/* A file without a name. */
static int open_temporary(void)
{
	char name[] = "/tmp/sqliteXXXXXX";
	int fd = mkstemp(name);

	if (fd >= 0) {
		unlink(name);
	}
	return fd;
}

static int open_file(struct file *f, const char *name, int flags)
{
	if (name != NULL && raw_is(name)) {
		return raw_open(f, name, flags);
	}
	f->fd = name == NULL ? open_temporary() : open(name, open_flags(flags), MODE);
	if (f->fd < 0) {
		return SQLITE_CANTOPEN;
	}
	if (name != NULL && (flags & SQLITE_OPEN_CREATE) != 0) {
		f->new_in = folder_of(name);
		if (f->new_in == NULL) {
			close(f->fd);
			return SQLITE_NOMEM;
		}
	}
	return SQLITE_OK;
}

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *got)
{
	struct file *f = (struct file *)base;
	struct stat st;
	int r;

	(void)vfs;
	memset(f, 0, sizeof(*f));
	r = open_file(f, name, flags);
	/* A database that cannot be written to can still be read. */
	if (r == SQLITE_CANTOPEN && (flags & SQLITE_OPEN_READWRITE) != 0 &&
	    (errno == EROFS || errno == EACCES)) {
		flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) |
			SQLITE_OPEN_READONLY;
		r = open_file(f, name, flags);
	}
	if (r == SQLITE_OK && (flags & SQLITE_OPEN_MAIN_DB) != 0) {
		r = fstat(f->fd, &st) != 0
			    ? SQLITE_IOERR_FSTAT
			    : lock_join(f, S_ISBLK(st.st_mode) ? st.st_rdev : st.st_dev,
					S_ISBLK(st.st_mode) ? 0 : st.st_ino);
		if (r != SQLITE_OK) {
			close(f->fd);
			free(f->new_in);
		} else if (f->room > 0 && f->shared->users == 1) {
			f->shared->size = raw_size(f);
		}
	}
	if (r != SQLITE_OK) {
		last_error = errno;
		return r;
	}
	f->base.pMethods = &file_methods;
	if (got != NULL) {
		*got = flags;
	}
	return SQLITE_OK;
}

int sync_folder(const char *dir)
{
	int fd = open(dir[0] != '\0' ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r, err;

	if (fd < 0) {
		return -1;
	}
	r = fsync(fd);
	err = errno;
	close(fd);
	errno = err;
	return r;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	char *dir;
	int r;

	(void)vfs;
	if (raw_is(name)) {
		return raw_delete(name);
	}
	if (unlink(name) != 0) {
		last_error = errno;
		return errno == ENOENT ? SQLITE_IOERR_DELETE_NOENT : SQLITE_IOERR_DELETE;
	}
	if (sync == 0) {
		return SQLITE_OK;
	}
	dir = folder_of(name);
	r = dir != NULL ? sync_folder(dir) : -1;
	last_error = r == 0 ? last_error : errno;
	free(dir);
	return r == 0 ? SQLITE_OK : SQLITE_IOERR_DIR_FSYNC;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
	struct stat st;

	(void)vfs;
	if (raw_is(name)) {
		return raw_exists(name, out);
	}
	if (flags == SQLITE_ACCESS_EXISTS) {
		*out = stat(name, &st) == 0 && (!S_ISREG(st.st_mode) || st.st_size > 0);
	} else {
		*out = access(name, flags == SQLITE_ACCESS_READWRITE ? R_OK | W_OK : R_OK) == 0;
	}
	return SQLITE_OK;
}

static int vfs_full_name(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
	char cwd[PATH_MAX] = "";

	(void)vfs;
	if (name[0] != '/' && getcwd(cwd, sizeof(cwd)) == NULL) {
		last_error = errno;
		return SQLITE_CANTOPEN;
	}
	return snprintf(out, (size_t)n, "%s%s%s", cwd, name[0] == '/' ? "" : "/", name) < n
		       ? SQLITE_OK
		       : SQLITE_CANTOPEN;
}

static int vfs_randomness(sqlite3_vfs *vfs, int n, char *out)
{
	(void)vfs;
	return getrandom(out, (size_t)n, 0) == n ? n : 0;
}

static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	usleep((useconds_t)us);
	return us;
}

static int vfs_time_ms(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
	struct timespec t;

	(void)vfs;
	clock_gettime(CLOCK_REALTIME, &t);
	*out = UNIX_EPOCH + t.tv_sec * 1000LL + t.tv_nsec / 1000000;
	return SQLITE_OK;
}

static int vfs_time(sqlite3_vfs *vfs, double *out)
{
	sqlite3_int64 ms;

	vfs_time_ms(vfs, &ms);
	*out = (double)ms / 86400000.0;
	return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *vfs, int n, char *out)
{
	(void)vfs;
	snprintf(out, (size_t)n, "%s", strerror(last_error));
	return last_error;
}

int sqlite3_os_init(void)
{
	static sqlite3_vfs vfs = {
		.iVersion = 2,
		.szOsFile = sizeof(struct file),
		.mxPathname = PATH_MAX,
		.zName = "coracle",
		.xOpen = vfs_open,
		.xDelete = vfs_delete,
		.xAccess = vfs_access,
		.xFullPathname = vfs_full_name,
		.xRandomness = vfs_randomness,
		.xSleep = vfs_sleep,
		.xCurrentTime = vfs_time,
		.xGetLastError = vfs_last_error,
		.xCurrentTimeInt64 = vfs_time_ms,
	};

	return sqlite3_vfs_register(&vfs, 1);
}

int sqlite3_os_end(void)
{
	return SQLITE_OK;
}
