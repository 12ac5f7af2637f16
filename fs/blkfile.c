/* SPDX-License-Identifier: MIT */
/* Disks and partitions as files, /dev/vda: any bytes through the page cache, whole blocks past it with O_DIRECT. */
#include "blkcore.h"

#include <errno.h>
#include <fcntl.h>
#include <fs/cache.h>
#include <fs/devices.h>
#include <kernel/alloc.h>
#include <kernel/device.h>
#include <kernel/file.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define MAJOR	    254 /* Linux gives virtio's disks one of those for local use */
#define BLANK_BYTES 65536U
#define CHUNK	    16384U /* of zeros that are written, or looked for */

struct blk_file {
	struct file file;
	struct blkdev *dev;
	struct mutex lock; /* pos, and a read or write that moves it */
	off_t pos;
};

static struct blk_file *blk_file(struct file *f)
{
	return container_of(f, struct blk_file, file);
}

static uint64_t size_of(const struct blkdev *d)
{
	return d->sectors * BLK_SECTOR;
}

/* --- past the cache -------------------------------------------------------------------------------- */

static bool is_aligned(const struct blkdev *d, const struct iovec *iov, int n, uint64_t at)
{
	uint64_t bits = at;

	for (int i = 0; i < n; i++) {
		bits |= iov[i].iov_len;
		if (((uintptr_t)iov[i].iov_base & (BLK_SECTOR - 1)) != 0) {
			return false;
		}
	}
	return (bits & (d->block_size - 1)) == 0;
}

/* Buffers from *@i on as pieces of one request. Returns its bytes. */
static size_t gather(const struct blkdev *d, struct iovec *to, struct blk_req *r,
		     const struct iovec *iov, int n, int *i, size_t *off, size_t left)
{
	size_t bytes = 0;

	for (r->n = 0; *i < n && r->n < MIN(d->max_pieces, BLK_MAX_PIECES) && bytes < left;) {
		size_t part = MIN(MIN(iov[*i].iov_len - *off, (size_t)d->max_piece), left - bytes);

		if (part > 0) {
			to[r->n++] = (struct iovec){ (char *)iov[*i].iov_base + *off, part };
		}
		bytes += part;
		*off += part;
		if (*off == iov[*i].iov_len) {
			++*i;
			*off = 0;
		}
	}
	r->count = bytes / BLK_SECTOR;
	return bytes;
}

/* @left bytes at @at, all aligned. The cache must have nothing of them before, and of writes nothing after. */
static ssize_t direct(struct blkdev *d, enum blk_op op, const struct iovec *iov, int n, uint64_t at,
		      size_t left)
{
	struct iovec pieces[BLK_MAX_PIECES];
	uint64_t start = at;
	size_t off = 0, bytes = left;
	int i = 0, r = cache_bypass(d, at, left);

	while (r == 0 && left > 0) {
		struct blk_req req = { .op = op, .sector = at / BLK_SECTOR, .iov = pieces };
		size_t part = gather(d, pieces, &req, iov, n, &i, &off, left);

		blk_submit(d, &req, false);
		r = blk_wait(&req);
		at += r == 0 ? part : 0;
		left -= r == 0 ? part : 0;
	}
	if (op == BLK_WRITE && bytes > 0) {
		int again = cache_bypass(d, start, bytes);

		r = r == 0 ? again : r;
	}
	return at > start ? (ssize_t)(at - start) : r;
}

/* --- reading and writing ---------------------------------------------------------------------------- */

static ssize_t through_cache(struct blkdev *d, enum blk_op op, const struct iovec *iov, int n,
			     uint64_t at, size_t left)
{
	uint64_t start = at;
	int r = 0;

	for (int i = 0; i < n && left > 0 && r == 0; i++) {
		size_t part = MIN(left, iov[i].iov_len);

		if (part == 0) {
			continue;
		}
		r = op == BLK_READ ? cache_read(d, at, iov[i].iov_base, part)
				   : cache_write(d, at, iov[i].iov_base, part);
		at += r == 0 ? part : 0;
		left -= r == 0 ? part : 0;
	}
	return at > start ? (ssize_t)(at - start) : r;
}

/* On the medium, as O_SYNC promises. */
static int sync_written(struct blkdev *d, unsigned flags, uint64_t at, size_t n)
{
	if ((flags & O_SYNC) == 0) {
		return 0;
	}
	return (flags & O_DIRECT) != 0 ? blk_flush(d) : cache_sync_range(d, at, n, true);
}

static ssize_t transfer(struct blk_file *o, enum blk_op op, const struct iovec *iov, int n,
			uint64_t at)
{
	unsigned flags = atomic_load_explicit(&o->file.flags, memory_order_relaxed);
	struct blkdev *d = o->dev;
	uint64_t size = size_of(d);
	size_t want = 0, left;
	ssize_t done;
	int r;

	for (int i = 0; i < n; i++) {
		want += iov[i].iov_len;
	}
	left = at >= size ? 0 : (size_t)MIN((uint64_t)want, size - at);
	if ((flags & O_DIRECT) != 0 && !is_aligned(d, iov, n, at)) {
		return -EINVAL;
	}
	if (left == 0) {
		return op == BLK_READ || want == 0 ? 0 : -ENOSPC;
	}
	done = (flags & O_DIRECT) != 0 ? direct(d, op, iov, n, at, left)
				       : through_cache(d, op, iov, n, at, left);
	if (op == BLK_WRITE && done > 0) {
		r = sync_written(d, flags, at, (size_t)done);
		done = r != 0 ? r : done;
	}
	return done;
}

static ssize_t at_position(struct file *f, enum blk_op op, const struct iovec *iov, int n,
			   off_t pos)
{
	struct blk_file *o = blk_file(f);
	ssize_t r;

	if (pos >= 0) {
		return transfer(o, op, iov, n, (uint64_t)pos);
	}
	mutex_lock(&o->lock);
	r = transfer(o, op, iov, n, (uint64_t)o->pos);
	o->pos += r > 0 ? r : 0;
	mutex_unlock(&o->lock);
	return r;
}

static ssize_t file_read(struct file *f, const struct iovec *iov, int n, off_t pos, bool nonblock)
{
	(void)nonblock;
	return at_position(f, BLK_READ, iov, n, pos);
}

static ssize_t file_write(struct file *f, const struct iovec *iov, int n, off_t pos, bool nonblock)
{
	(void)nonblock;
	return at_position(f, BLK_WRITE, iov, n, pos);
}

static off_t file_seek(struct file *f, off_t off, int whence)
{
	struct blk_file *o = blk_file(f);
	off_t base, to;

	if (whence != SEEK_SET && whence != SEEK_CUR && whence != SEEK_END) {
		return -EINVAL;
	}
	mutex_lock(&o->lock);
	base = whence == SEEK_CUR ? o->pos : whence == SEEK_END ? (off_t)size_of(o->dev) : 0;
	if (add_overflow(base, off, &to)) {
		to = -EOVERFLOW;
	} else if (to < 0) {
		to = -EINVAL;
	} else {
		o->pos = to;
	}
	mutex_unlock(&o->lock);
	return to;
}

static int file_sync(struct file *f, bool data)
{
	(void)data;
	return cache_sync(blk_file(f)->dev);
}

/* --- control ------------------------------------------------------------------------------------------- */

/* Zeros through the cache, where the device makes none itself. */
static int write_zeros(struct blkdev *d, uint64_t off, uint64_t n)
{
	void *zeros = kzalloc(CHUNK);
	int r = zeros == NULL ? -ENOMEM : 0;

	while (r == 0 && n > 0) {
		size_t part = (size_t)MIN(n, (uint64_t)CHUNK);

		r = cache_write(d, off, zeros, part);
		off += part;
		n -= part;
	}
	kfree(zeros);
	return r;
}

static int zero_range(struct blkdev *d, uint64_t off, uint64_t n)
{
	int r = d->max_zero == 0 ? -EOPNOTSUPP : cache_bypass(d, off, n);

	if (r == 0) {
		r = blk_zero(d, off / BLK_SECTOR, n / BLK_SECTOR);
	}
	if (r == 0) {
		r = cache_bypass(d, off, n);
	}
	return r == -EOPNOTSUPP ? write_zeros(d, off, n) : r;
}

static int change_range(struct blk_file *o, unsigned long cmd, const uint64_t range[2])
{
	unsigned flags = atomic_load_explicit(&o->file.flags, memory_order_relaxed);
	struct blkdev *d = o->dev;

	if ((flags & O_ACCMODE) == O_RDONLY) {
		return -EBADF;
	}
	if (((range[0] | range[1]) & (d->block_size - 1)) != 0 || range[1] == 0 ||
	    range[0] > size_of(d) || range[1] > size_of(d) - range[0]) {
		return -EINVAL;
	}
	if (cmd == BLKZEROOUT) {
		return zero_range(d, range[0], range[1]);
	}
	return d->max_discard == 0 ? -EOPNOTSUPP : cache_discard(d, range[0], range[1]);
}

static int file_ioctl(struct file *f, unsigned long cmd, void *arg)
{
	struct blk_file *o = blk_file(f);
	struct blkdev *d = o->dev;
	int r;

	switch (cmd) {
	case BLKFLSBUF:
		r = cache_sync(d);
		return r != 0 ? r : cache_bypass(d, 0, size_of(d));
	case BLKROGET:
		*(int *)arg = d->read_only;
		return 0;
	case BLKGETSIZE:
		*(unsigned long *)arg = d->sectors;
		return 0;
	case BLKGETSIZE64:
		*(uint64_t *)arg = size_of(d);
		return 0;
	case BLKSSZGET:
		*(int *)arg = (int)d->block_size;
		return 0;
	case BLKPBSZGET:
		*(unsigned *)arg = d->physical_size;
		return 0;
	case BLKDISCARD:
	case BLKZEROOUT:
		return change_range(o, cmd, arg);
	default:
		return -ENOTTY;
	}
}

/* --- files by name -------------------------------------------------------------------------------------- */

static unsigned index_of(const struct blkdev *d)
{
	unsigned i = 0;

	for (const struct blkdev *p = blkdev_next(NULL); p != d; i++) {
		p = blkdev_next((struct blkdev *)p);
	}
	return i;
}

static void fill_stat(const struct blkdev *d, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFBLK | (d->read_only ? 0440 : 0660);
	st->st_nlink = 1;
	st->st_rdev = makedev(MAJOR, index_of(d));
	st->st_blksize = (blksize_t)PAGE_SIZE;
}

static int file_stat(struct file *f, struct stat *st)
{
	fill_stat(blk_file(f)->dev, st);
	return 0;
}

static void file_close(struct file *f)
{
	kfree(blk_file(f));
}

static const struct file_ops ops = {
	.read = file_read,
	.write = file_write,
	.seek = file_seek,
	.sync = file_sync,
	.ioctl = file_ioctl,
	.stat = file_stat,
	.close = file_close,
};

static struct blkdev *by_name(const char *name)
{
	struct blkdev *d = blkdev_find(name);
	bool part = strncmp(name, "PART", 4) == 0 && strchr(name, '=') != NULL;

	/* "PARTLABEL=kvd" opens too, though no folder lists it; a name in another case does not. */
	return d != NULL && (part || strcmp(d->name, name) == 0) ? d : NULL;
}

static int open_name(const char *name, int flags, struct file **out)
{
	struct blkdev *d = by_name(name);
	struct blk_file *o;

	if (d == NULL) {
		return -ENOENT;
	}
	if ((flags & O_DIRECTORY) != 0) {
		return -ENOTDIR;
	}
	if (d->read_only && (flags & O_ACCMODE) != O_RDONLY) {
		return -EROFS;
	}
	o = kzalloc(sizeof(*o));
	if (o == NULL) {
		return -ENOMEM;
	}
	file_init(&o->file, &ops, (unsigned)flags & (O_ACCMODE | O_NONBLOCK | O_SYNC | O_DIRECT));
	file_ready(&o->file, POLLIN | POLLOUT);
	mutex_init(&o->lock);
	o->dev = d;
	*out = &o->file;
	return 0;
}

static int stat_name(const char *name, struct stat *st)
{
	const struct blkdev *d = by_name(name);

	if (d == NULL) {
		return -ENOENT;
	}
	fill_stat(d, st);
	return 0;
}

static const char *nth(unsigned i)
{
	struct blkdev *d;

	blkdev_scan();
	d = blkdev_next(NULL);
	while (d != NULL && i-- > 0) {
		d = blkdev_next(d);
	}
	return d == NULL ? NULL : d->name;
}

/* Does all of the @n bytes at @off equal their first one, which is 0 or 0xff and the same everywhere? */
static bool is_filled(struct blkdev *d, uint64_t off, uint64_t n, uint8_t *buf, int *with)
{
	while (n > 0) {
		size_t part = (size_t)MIN(n, (uint64_t)CHUNK);

		if (blk_rw(d, BLK_READ, off / BLK_SECTOR, buf, part) != 0) {
			return false;
		}
		if (*with < 0) {
			*with = buf[0];
		}
		if (buf[0] != *with || (*with != 0 && *with != 0xff) ||
		    memcmp(buf, buf + 1, part - 1) != 0) {
			return false;
		}
		off += part;
		n -= part;
	}
	return true;
}

static bool is_blank(struct blkdev *d)
{
	uint8_t *buf = kmemalign(PAGE_SIZE, CHUNK);
	uint64_t size = size_of(d), n = MIN(size, (uint64_t)BLANK_BYTES);
	int with = -1;
	bool blank = buf != NULL && n > 0 && is_filled(d, 0, n, buf, &with) &&
		     is_filled(d, size - n, n, buf, &with);

	kfree(buf);
	return blank;
}

static const struct device_names names = {
	.find = blkdev_find,
	.nth = nth,
	.open = open_name,
	.stat = stat_name,
	.is_blank = is_blank,
};

static int names_probe(struct device *dev, const struct dt_match *match)
{
	(void)dev, (void)match;
	device_names = blkdev_next(NULL) != NULL ? &names : NULL;
	return 0;
}

DRIVER(STAGE_SERVICE, block_names, NULL, names_probe);
