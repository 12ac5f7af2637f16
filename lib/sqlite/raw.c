/* SPDX-License-Identifier: MIT */
/* A disk or partition as a database without a file system: a head of one page, room for the write-ahead log, then the
 * database. Neither part has a size on the disk: SQLite finds the log's end by checksums and salts, and the database's
 * in its header (page size and count; "Database File Format", 1.3) or in the log. So a commit is the log's frames and
 * one flush, and nothing else is kept that a power cut could tear. A new one is a database without tables, in WAL mode
 * already: there is no room for a rollback journal. */
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE	     4096
#define WAL_PART     8		 /* of the disk, that is one eighth, but */
#define WAL_LEAST    (8LL << 20) /* SQLite brings it into the database after 4 MiB */
#define WAL_MOST     (64LL << 20)
#define WAL_SUFFIX   "-wal"
#define DB_MAGIC     "SQLite format 3"
#define WAL_MAGIC    0x377f0682U /* or one more */
#define DB_PAGE_SIZE 16
#define DB_PAGES     28
#define DB_LEAST     (1LL << 20)
#define BLANK	     (128 << 10) /* bytes at either end, zeros on a disk that is nobody's */

/* The first sector, little-endian. What is not ours is not written to unless it is blank. */
struct head {
	char magic[16];
	uint64_t wal_size;
	uint64_t check; /* magic's and size's */
};
#define MAGIC "coracle sqlite 1"

bool raw_is(const char *name)
{
	return strncmp(name, "/dev/", 5) == 0;
}

static uint64_t check_of(const struct head *h)
{
	uint64_t sum = h->wal_size * 0x9e3779b97f4a7c15ULL;

	for (size_t i = 0; i < sizeof(h->magic); i++) {
		sum = (sum ^ (unsigned char)h->magic[i]) * 0x100000001b3ULL;
	}
	return sum;
}

static uint32_t big_endian(const unsigned char *p, unsigned n)
{
	uint32_t v = 0;

	while (n-- > 0) {
		v = v << 8 | *p++;
	}
	return v;
}

static bool ends_with(const char *name, size_t n, const char *suffix)
{
	size_t tail = strlen(suffix);

	return n > tail && memcmp(name + n - tail, suffix, tail) == 0;
}

/* The disk's name without the suffix; false: too long, or a rollback journal, for which there is no room. */
static bool disk_name(const char *name, char *disk, size_t room, bool *wal)
{
	size_t n = strlen(name);

	*wal = ends_with(name, n, WAL_SUFFIX);
	n -= *wal ? strlen(WAL_SUFFIX) : 0;
	if (n >= room || ends_with(name, n, "-journal") || strstr(name, "-mj") != NULL) {
		errno = ENOTSUP;
		return false;
	}
	memcpy(disk, name, n);
	disk[n] = '\0';
	return true;
}

static void put(unsigned char *p, uint32_t v, unsigned n)
{
	while (n-- > 0) {
		*p++ = (unsigned char)(v >> 8 * n);
	}
}

/* Page 1 of a database without tables ("Database File Format", 1.3 and 1.6). */
static int make_database(int fd, off_t at)
{
	static unsigned char page[PAGE];

	memcpy(page, DB_MAGIC, sizeof(DB_MAGIC));
	put(page + DB_PAGE_SIZE, PAGE, 2);
	put(page + 18, 0x0202, 2);   /* write and read version: WAL */
	put(page + 21, 0x402020, 3); /* payload fractions */
	put(page + 24, 1, 4);	     /* change counter */
	put(page + DB_PAGES, 1, 4);
	put(page + 56, 1, 4); /* UTF-8 */
	put(page + 92, 1, 4); /* the change that the page count is valid for */
	put(page + 96, SQLITE_VERSION_NUMBER, 4);
	page[100] = 13; /* a leaf of a table, without cells: */
	put(page + 105, PAGE, 2);
	return pwrite(fd, page, PAGE, at) == PAGE ? SQLITE_OK : SQLITE_IOERR_WRITE;
}

/* Is there nothing in the @n bytes at @at? What cannot be read is not nothing. */
static bool is_blank(int fd, off_t at, off_t n)
{
	unsigned char page[PAGE];

	for (off_t end = at + n; at < end; at += PAGE) {
		if (pread(fd, page, PAGE, at) != PAGE || page[0] != 0 ||
		    memcmp(page, page + 1, PAGE - 1) != 0) {
			return false;
		}
	}
	return true;
}

/* Of a blank disk; anything else is refused, so that nobody's file system becomes a database: many of those begin with
 * zeros (GPT, ext4), or say at the end what they are. The head comes last, when what it stands for is there. */
static int make_head(int fd, struct head *h, uint64_t bytes)
{
	static const char no_log[PAGE];

	if (!is_blank(fd, 0, BLANK) || !is_blank(fd, (off_t)bytes - BLANK, BLANK)) {
		errno = EEXIST;
		return SQLITE_CANTOPEN;
	}
	memcpy(h->magic, MAGIC, sizeof(h->magic));
	h->wal_size = bytes / WAL_PART / PAGE * PAGE;
	h->wal_size = h->wal_size < WAL_LEAST  ? WAL_LEAST
		      : h->wal_size > WAL_MOST ? WAL_MOST
					       : h->wal_size;
	h->check = check_of(h);
	if (pwrite(fd, no_log, PAGE, PAGE) != PAGE ||
	    make_database(fd, PAGE + (off_t)h->wal_size) != SQLITE_OK || fsync(fd) != 0) {
		return SQLITE_IOERR_WRITE;
	}
	if (pwrite(fd, h, sizeof(*h), 0) != (ssize_t)sizeof(*h) || fsync(fd) != 0) {
		return SQLITE_IOERR_WRITE;
	}
	return SQLITE_OK;
}

static int read_head(int fd, struct head *h, uint64_t bytes, bool may_make)
{
	if (pread(fd, h, sizeof(*h), 0) != (ssize_t)sizeof(*h)) {
		return SQLITE_IOERR_READ;
	}
	if (memcmp(h->magic, MAGIC, sizeof(h->magic)) == 0 && h->check == check_of(h) &&
	    h->wal_size >= PAGE && h->wal_size <= bytes - 3 * (uint64_t)PAGE) {
		return SQLITE_OK;
	}
	return may_make ? make_head(fd, h, bytes) : SQLITE_CANTOPEN;
}

/* How much of the database part is used, as its header says; at most all. Never nothing: of a damaged one SQLite would make a
 * new one, instead of saying so. */
static sqlite3_int64 database_size(struct file *f)
{
	unsigned char b[100];
	sqlite3_int64 size;

	if (pread(f->fd, b, sizeof(b), f->start) != (ssize_t)sizeof(b) ||
	    memcmp(b, DB_MAGIC, sizeof(DB_MAGIC)) != 0) {
		return PAGE;
	}
	size = big_endian(b + DB_PAGE_SIZE, 2);
	size = (size == 1 ? 65536 : size) * (sqlite3_int64)big_endian(b + DB_PAGES, 4);
	return size < PAGE ? PAGE : size < f->room ? size : f->room;
}

/* A log with a header may go on to the end of its room: what is stale there has another salt. */
static sqlite3_int64 log_size(struct file *f)
{
	unsigned char b[4];

	if (pread(f->fd, b, sizeof(b), f->start) != (ssize_t)sizeof(b)) {
		return 0;
	}
	return (big_endian(b, 4) & ~1U) == WAL_MAGIC ? f->room : 0;
}

static int open_part(struct file *f, bool may_make)
{
	uint64_t bytes;
	struct head h;
	int r;

	if (ioctl(f->fd, BLKGETSIZE64, &bytes) != 0 || bytes < WAL_LEAST + DB_LEAST) {
		errno = ENOSPC;
		return SQLITE_CANTOPEN;
	}
	r = read_head(f->fd, &h, bytes, may_make);
	if (r != SQLITE_OK) {
		return r;
	}
	f->start = PAGE + (f->wal ? 0 : (sqlite3_int64)h.wal_size);
	f->room = f->wal ? (sqlite3_int64)h.wal_size : (sqlite3_int64)bytes - f->start;
	return SQLITE_OK;
}

sqlite3_int64 raw_size(struct file *f)
{
	return f->wal ? log_size(f) : database_size(f);
}

int raw_open(struct file *f, const char *name, int flags)
{
	char disk[64];
	int r;

	if (!disk_name(name, disk, sizeof(disk), &f->wal)) {
		return SQLITE_CANTOPEN;
	}
	f->fd = open(disk, (flags & SQLITE_OPEN_READONLY) != 0 ? O_RDONLY : O_RDWR);
	if (f->fd < 0) {
		return SQLITE_CANTOPEN;
	}
	r = open_part(f, (flags & SQLITE_OPEN_CREATE) != 0 && !f->wal);
	if (r != SQLITE_OK) {
		close(f->fd);
		f->fd = -1;
	}
	return r;
}

int raw_exists(const char *name, int *out)
{
	struct file f = { .fd = -1 };

	*out = 0;
	if (raw_open(&f, name, SQLITE_OPEN_READONLY) == SQLITE_OK) {
		*out = raw_size(&f) > 0;
		close(f.fd);
	}
	return SQLITE_OK;
}

int raw_delete(const char *name)
{
	static const char zeros[PAGE];
	struct file f = { .fd = -1 };
	int r;

	if (raw_open(&f, name, SQLITE_OPEN_READWRITE) != SQLITE_OK) {
		return SQLITE_OK; /* there is none */
	}
	r = pwrite(f.fd, zeros, sizeof(zeros), f.start) == PAGE && fsync(f.fd) == 0
		    ? SQLITE_OK
		    : SQLITE_IOERR_DELETE;
	close(f.fd);
	return r;
}
