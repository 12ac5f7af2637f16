/* SPDX-License-Identifier: MIT */
/* Requests of a block device, as tests/system/test_blk.py tells by arguments: WHAT DISK. Each sector of a disk
 * holds 64 times its number, and in the top bits of that who wrote it: the host 0, this test 1. */
#include "../tap.h"

#include <drivers/blkdev.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CHUNK	65536U
#define MANY	48U
#define PIECES	6U
#define WRITTEN 2048U /* sectors, from the middle of the disk */
#define READERS 4

static struct blkdev *disk;
static uint8_t buf[CHUNK] __attribute__((aligned(4096)));

static void fill(void *p, uint64_t sector, unsigned sectors, uint64_t tag)
{
	uint64_t *w = p;

	for (unsigned i = 0; i < sectors * 64; i++) {
		w[i] = (sector + i / 64) | tag << 56;
	}
}

static bool holds(const void *p, uint64_t sector, unsigned sectors, uint64_t tag)
{
	const uint64_t *w = p;

	for (unsigned i = 0; i < sectors * 64; i++) {
		if (w[i] != ((sector + i / 64) | tag << 56)) {
			diag("# sector %lu, word %u: %lx", sector + i / 64, i % 64, w[i]);
			return false;
		}
	}
	return true;
}

static uint64_t middle(void)
{
	return disk->sectors / 2;
}

static uint64_t tag_of(uint64_t sector)
{
	return sector >= middle() && sector < middle() + WRITTEN;
}

/* Whether all of it is as the host and write_middle() left it. */
static bool read_all(uint64_t first, uint64_t step)
{
	uint8_t *p = aligned_alloc(4096, CHUNK);
	bool good = true;

	for (uint64_t s = first; s < disk->sectors && good; s += step) {
		unsigned n = CHUNK / 512;

		n = s + n > disk->sectors ? (unsigned)(disk->sectors - s) : n;
		good = blk_rw(disk, BLK_READ, s, p, n * 512) == 0;
		for (unsigned i = 0; i < n && good; i++) {
			good = holds(p + i * 512, s + i, 1, tag_of(s + i));
		}
	}
	free(p);
	return good;
}

/* --- many at once ---------------------------------------------------------------------------------- */

static struct many {
	struct blk_req r;
	struct iovec iov[PIECES];
	uint8_t *mem;
} many[MANY];

static unsigned done_count;

static void count_done(struct blk_req *r)
{
	(void)r;
	done_count++; /* under the disk's lock */
}

/* Prepare request @i: @n pieces of a block each, that lie apart in memory. */
static void prepare(unsigned i, enum blk_op op, uint64_t sector, unsigned n)
{
	struct many *m = &many[i];
	unsigned bs = disk->block_size;

	memset(&m->r, 0, sizeof(m->r));
	m->r.op = op;
	m->r.sector = sector;
	m->r.count = n * bs / 512;
	m->r.iov = m->iov;
	m->r.n = n;
	m->r.done = count_done;
	for (unsigned k = 0; k < n; k++) {
		m->iov[k] = (struct iovec){ m->mem + 2 * k * bs, bs };
		fill(m->iov[k].iov_base, sector + k * bs / 512, bs / 512, op == BLK_WRITE ? 1 : 7);
	}
}

/* Submit @n of them with one doorbell. Returns how many failed. */
static unsigned submit_all(unsigned n)
{
	unsigned bad = 0;

	done_count = 0;
	for (unsigned i = 0; i < n; i++) {
		blk_submit(disk, &many[i].r, i + 1 < n);
	}
	for (unsigned i = n; i-- > 0;) {
		bad += blk_wait(&many[i].r) != 0;
	}
	return bad;
}

static void write_middle(void)
{
	unsigned per = disk->block_size / 512, pieces, n;
	uint64_t at = middle(), end = at + WRITTEN;
	unsigned most = disk->max_pieces < PIECES ? disk->max_pieces : PIECES;
	bool good = true;

	while (at < end) {
		for (n = 0, pieces = 1; n < MANY && at < end; n++) {
			while (pieces > 1 && at + pieces * per > end) {
				pieces--;
			}
			prepare(n, BLK_WRITE, at, pieces);
			at += pieces * per;
			pieces = pieces % most + 1;
		}
		good = submit_all(n) == 0 && done_count == n && good;
	}
	ok(good, "writes of 1 to %u pieces, up to %u at once", most, MANY);
}

static void read_scattered(void)
{
	unsigned per = disk->block_size / 512;
	bool good;

	for (unsigned i = 0; i < MANY; i++) {
		prepare(i, BLK_READ, (uint64_t)(i * 37 % MANY) * 4 * per, 1 + i % 2);
	}
	good = submit_all(MANY) == 0 && done_count == MANY;
	for (unsigned i = 0; i < MANY && good; i++) {
		for (unsigned k = 0; k < many[i].r.n && good; k++) {
			good = holds(many[i].iov[k].iov_base, many[i].r.sector + k * per, per, 0);
		}
	}
	ok(good, "%u reads at once, each has its sectors", MANY);
}

static void *reader(void *arg)
{
	uint64_t n = (uintptr_t)arg;

	return (void *)(uintptr_t)read_all(n * CHUNK / 512, READERS * CHUNK / 512);
}

static void threads(void)
{
	pthread_t t[READERS];
	void *good;

	for (unsigned i = 0; i < READERS; i++) {
		pthread_create(&t[i], NULL, reader, (void *)(uintptr_t)i);
	}
	for (unsigned i = 0; i < READERS; i++) {
		pthread_join(t[i], &good);
		ok(good != NULL, "thread %u has read its part", i);
	}
}

static void test_rw(void)
{
	uint64_t last = disk->sectors - disk->block_size / 512;

	for (unsigned i = 0; i < MANY; i++) {
		many[i].mem = aligned_alloc(4096, 2 * PIECES * 4096);
	}
	read_scattered();
	write_middle();
	is(blk_flush(disk), 0, "flush");
	ok(read_all(0, CHUNK / 512), "all of the disk");
	threads();
	is(blk_rw(disk, BLK_READ, last, buf, disk->block_size), 0, "the last block");
	ok(holds(buf, last, disk->block_size / 512, 0), "its content");
	is(blk_rw(disk, BLK_READ, disk->sectors, buf, disk->block_size), -EINVAL, "behind the end");
	is(blk_rw(disk, BLK_WRITE, last, buf, 2 * disk->block_size), -EINVAL, "across the end");
	is(disk->errors, 0, "no errors");
}

/* --- the rest ------------------------------------------------------------------------------------------- */

static void test_ro(void)
{
	ok(disk->read_only, "read-only");
	ok(read_all(disk->sectors, 1) && blk_rw(disk, BLK_READ, 0, buf, CHUNK) == 0 &&
		   holds(buf, 0, CHUNK / 512, 0),
	   "can be read");
	is(blk_rw(disk, BLK_WRITE, 0, buf, CHUNK), -EROFS, "cannot be written");
	is(blk_discard(disk, 0, 8), -EROFS, "or discarded");
	is(blk_flush(disk), 0, "flush");
}

static void test_discard(void)
{
	unsigned per = 4096 / 512;
	bool zero = true;

	ok(disk->max_discard > 0 && disk->max_zero > 0, "discards and makes zeros");
	is(blk_zero(disk, per, 3 * per), 0, "zeros");
	is(blk_discard(disk, 8 * per, 8 * per), 0, "discard");
	is(blk_rw(disk, BLK_READ, 0, buf, 5 * 4096), 0, "read");
	for (unsigned i = 4096; i < 4 * 4096; i++) {
		zero = zero && buf[i] == 0;
	}
	ok(zero && holds(buf, 0, per, 0) && holds(buf + 4 * 4096, 4 * per, per, 0),
	   "exactly those are zeros");
	is(blk_zero(disk, disk->sectors - per, 2 * per), -EINVAL, "zeros across the end");
}

/* What each operation says; the host knows which must fail. */
static void test_errors(void)
{
	for (unsigned i = 0; i < 2; i++) {
		printf("read 0: %d\n", blk_rw(disk, BLK_READ, 0, buf, 4096));
		printf("read 800: %d\n", blk_rw(disk, BLK_READ, 800, buf, 4096));
		fill(buf, 1600, 8, 1);
		printf("write 1600: %d\n", blk_rw(disk, BLK_WRITE, 1600, buf, 4096));
		printf("flush: %d\n", blk_flush(disk));
	}
	printf("%lu errors\n", disk->errors);
}

static void test_resize(void)
{
	for (;;) {
		uint64_t before = disk->sectors;

		printf("size %lu: %d %d\n", before, blk_rw(disk, BLK_READ, before - 8, buf, 4096),
		       blk_rw(disk, BLK_READ, before, buf, 4096));
		if (before == 1024) {
			return;
		}
		while (disk->sectors == before) {
			usleep(10000);
		}
	}
}

static void test_timeout(void)
{
	printf("read: %d\n", blk_rw(disk, BLK_READ, 0, buf, 4096));
	printf("again: %d\n", blk_rw(disk, BLK_READ, 0, buf, 4096));
}

/* The disk as /dev/NAME: bytes through the cache, blocks past it, and each sees the other's. The host looks for the
 * words. */
static void test_file(void)
{
	char name[32];
	uint64_t size = 0;
	int fd, direct, bs = 0;

	snprintf(name, sizeof(name), "/dev/%s", disk->name);
	fd = open(name, O_RDWR);
	direct = open(name, O_RDWR | O_DIRECT);
	ok(fd >= 0 && direct >= 0, "open %s twice", name);
	is(ioctl(fd, BLKGETSIZE64, &size), 0, "size");
	ok(size == disk->sectors * 512 && lseek(fd, 0, SEEK_END) == (off_t)size, "as the end says");
	is(ioctl(fd, BLKSSZGET, &bs), 0, "block size");
	is(pread(fd, buf, 1000, 12345 * 8), 1000, "read at an odd place");
	ok(*(uint64_t *)buf == 12345 / 64, "its content");
	is(pwrite(fd, "through the cache", 17, 1000001), 17, "write at an odd place");
	is(pread(direct, buf, 8192, 999424), 8192, "read past the cache");
	ok(memcmp(buf + 1000001 - 999424, "through the cache", 17) == 0, "sees it");
	memcpy(buf + 100, "past the cache", 14);
	is(pwrite(direct, buf, 8192, 999424), 8192, "write past the cache");
	is(pread(fd, buf + 10000, 14, 999424 + 100), 14, "read through it");
	ok(memcmp(buf + 10000, "past the cache", 14) == 0, "sees that");
	fails(pread(direct, buf + 1, 4096, 0), EINVAL, "memory that is not aligned");
	fails(pread(direct, buf, 4096, 100), EINVAL, "nor the place");
	is(pread(fd, buf, 4096, (off_t)size - 100), 100, "a read ends at the end");
	fails(pwrite(fd, buf, 1, (off_t)size), ENOSPC, "a write cannot begin there");
	is(pwrite(fd, "synced", 6, 2000003), 6, "write");
	is(fsync(fd), 0, "fsync");
	ok(disk->flushes > 0, "the device has flushed");
	close(fd);
	close(direct);
}

static void list(void)
{
	blkdev_scan();
	for (struct blkdev *d = blkdev_next(NULL); d != NULL; d = blkdev_next(d)) {
		printf("%s: %lu+%lu %u/%u %s%s%s\n", d->disk->serial, d->first, d->sectors,
		       d->block_size, d->physical_size, d->disk == d ? "disk" : d->part_label,
		       d->read_only ? " ro" : "", d->volatile_cache ? " cached" : "");
	}
}

/* Names that lead to a device, or not. */
static void find(int n, char **name)
{
	for (int i = 0; i < n; i++) {
		struct blkdev *d = blkdev_find(name[i]);

		printf("%s: %s %u\n", name[i], d == NULL ? "none" : d->disk->serial,
		       d == NULL ? 0 : d->part_number);
	}
}

static const struct {
	const char *what;
	void (*fn)(void);
} tests[] = {
	{ "rw", test_rw },	   { "ro", test_ro },	      { "discard", test_discard },
	{ "errors", test_errors }, { "resize", test_resize }, { "timeout", test_timeout },
	{ "file", test_file },
};

int main(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "list") == 0) {
		list();
		return 0;
	}
	if (strcmp(argv[1], "find") == 0) {
		find(argc - 2, argv + 2);
		return 0;
	}
	/* WHAT DISK, again and again. */
	for (int i = 1; i + 1 < argc; i += 2) {
		disk = blkdev_find(argv[i + 1]);
		ok(disk != NULL, "there is %s", argv[i + 1]);
		for (unsigned k = 0; disk != NULL && k < sizeof(tests) / sizeof(tests[0]); k++) {
			if (strcmp(tests[k].what, argv[i]) == 0) {
				tests[k].fn();
			}
		}
	}
	return tap_done();
}
