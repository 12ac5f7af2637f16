/* SPDX-License-Identifier: MIT */
/* Open files of SQLite: of a file system, or a part of a raw disk. */
#include "vfs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct file *file_of(sqlite3_file *f)
{
	return (struct file *)f;
}

static int failed(struct file *f, int code)
{
	f->error = last_error = errno;
	return errno == ENOSPC ? SQLITE_FULL : code;
}

static int file_close(sqlite3_file *base)
{
	struct file *f = file_of(base);

	lock_leave(f);
	free(f->new_in);
	return close(f->fd) == 0 ? SQLITE_OK : failed(f, SQLITE_IOERR_CLOSE);
}

/* All @n bytes, or how many there are. */
static int read_all(struct file *f, char *buf, int n, sqlite3_int64 at)
{
	int done = 0;

	while (done < n) {
		ssize_t r = pread(f->fd, buf + done, (size_t)(n - done), f->start + at + done);

		if (r < 0) {
			return -1;
		}
		if (r == 0) {
			break;
		}
		done += (int)r;
	}
	return done;
}

static int file_read(sqlite3_file *base, void *buf, int n, sqlite3_int64 at)
{
	struct file *f = file_of(base);
	sqlite3_int64 left = f->room > 0 ? f->room - at : n;
	int want = left < 0 ? 0 : left < n ? (int)left : n;
	int got = read_all(f, buf, want, at);

	if (got < 0) {
		return failed(f, SQLITE_IOERR_READ);
	}
	if (got == n) {
		return SQLITE_OK;
	}
	memset((char *)buf + got, 0, (size_t)(n - got));
	return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *buf, int n, sqlite3_int64 at)
{
	struct file *f = file_of(base);
	int done = 0;

	if (f->room > 0 && at + n > f->room) {
		return SQLITE_FULL;
	}
	while (done < n) {
		ssize_t r = pwrite(f->fd, (const char *)buf + done, (size_t)(n - done),
				   f->start + at + done);

		if (r <= 0) {
			return failed(f, SQLITE_IOERR_WRITE);
		}
		done += (int)r;
	}
	if (f->room > 0 && f->shared != NULL && at + n > f->shared->size) {
		f->shared->size = at + n;
	}
	return SQLITE_OK;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size)
{
	struct file *f = file_of(base);

	if (f->room == 0 && ftruncate(f->fd, size) != 0) {
		return failed(f, SQLITE_IOERR_TRUNCATE);
	}
	if (f->room > 0 && f->shared != NULL && size < f->shared->size) {
		f->shared->size = size;
	}
	return SQLITE_OK;
}

static int file_sync(sqlite3_file *base, int flags)
{
	struct file *f = file_of(base);

	if (((flags & SQLITE_SYNC_DATAONLY) != 0 ? fdatasync(f->fd) : fsync(f->fd)) != 0) {
		return failed(f, SQLITE_IOERR_FSYNC);
	}
	if (f->new_in != NULL) {
		if (sync_folder(f->new_in) != 0) {
			return failed(f, SQLITE_IOERR_DIR_FSYNC);
		}
		free(f->new_in);
		f->new_in = NULL;
	}
	return SQLITE_OK;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *size)
{
	struct file *f = file_of(base);
	struct stat st;

	if (f->room > 0) {
		*size = f->shared != NULL ? f->shared->size : raw_size(f);
		return SQLITE_OK;
	}
	if (fstat(f->fd, &st) != 0) {
		return failed(f, SQLITE_IOERR_FSTAT);
	}
	*size = st.st_size;
	return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int op, void *arg)
{
	switch (op) {
	case SQLITE_FCNTL_LOCKSTATE:
		*(int *)arg = file_of(base)->lock;
		return SQLITE_OK;
	case SQLITE_FCNTL_LAST_ERRNO:
		*(int *)arg = file_of(base)->error;
		return SQLITE_OK;
	case SQLITE_FCNTL_SIZE_LIMIT:
		/* What "pragma max_page_count" should be told: else it is the checkpoint that finds no room. */
		if (file_of(base)->room == 0) {
			return SQLITE_NOTFOUND;
		}
		*(sqlite3_int64 *)arg = file_of(base)->room;
		return SQLITE_OK;
	default:
		return SQLITE_NOTFOUND;
	}
}

/* What a disk writes at once: bytes beside those written are safe (virtio: a sector changes as one). */
static int sector_size(sqlite3_file *base)
{
	(void)base;
	return 4096;
}

static int characteristics(sqlite3_file *base)
{
	(void)base;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE | SQLITE_IOCAP_ATOMIC512;
}

const sqlite3_io_methods file_methods = {
	.iVersion = 2,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = lock_file,
	.xUnlock = unlock_file,
	.xCheckReservedLock = check_reserved,
	.xFileControl = file_control,
	.xSectorSize = sector_size,
	.xDeviceCharacteristics = characteristics,
	.xShmMap = shm_map,
	.xShmLock = shm_lock,
	.xShmBarrier = shm_barrier,
	.xShmUnmap = shm_unmap,
};
