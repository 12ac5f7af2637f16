/* SPDX-License-Identifier: MIT */
/* fs/blkfile.c and blkscan.c: disks and their partitions as files, through a cache and past it.
 * sources: tests/unit/test.c tests/unit/host/kernel.c kernel/sched.c kernel/sync.c kernel/semaphore.c kernel/wait.c
	kernel/timer.c kernel/poller.c kernel/file.c kernel/fmt.c fs/block.c fs/blkio.c fs/blkscan.c fs/partition.c
	fs/gpt.c fs/blkfile.c */
#include "blk_env.h"

#include <fcntl.h>
#include <fs/cache.h>
#include <fs/devices.h>
#include <kernel/device.h>
#include <kernel/file.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE (DISK_SECTORS * BLK_SECTOR)

const struct device_names *device_names;

void *kmemalign(size_t align, size_t n)
{
	void *p = NULL;

	w.held++;
	return posix_memalign(&p, align, n) == 0 ? p : NULL;
}

/* --- the cache: writes through, and counts ------------------------------------------------------- */

static struct {
	unsigned reads, writes, syncs, flushes, discards, bypasses;
	int result; /* of everything */
} c;

static uint8_t *at(struct blkdev *d, uint64_t off, size_t n)
{
	CHECK(off + n <= d->sectors * BLK_SECTOR);
	return disk.data + d->first * BLK_SECTOR + off;
}

int cache_read(struct blkdev *d, uint64_t off, void *buf, size_t n)
{
	c.reads++;
	memcpy(buf, at(d, off, n), n);
	return c.result;
}

int cache_write(struct blkdev *d, uint64_t off, const void *buf, size_t n)
{
	c.writes++;
	memcpy(at(d, off, n), buf, n);
	return c.result;
}

int cache_sync_range(struct blkdev *d, uint64_t off, uint64_t n, bool flush)
{
	at(d, off, n);
	c.syncs++;
	c.flushes += flush;
	return c.result;
}

int cache_sync(struct blkdev *d)
{
	return cache_sync_range(d, 0, d->sectors * BLK_SECTOR, true);
}

int cache_discard(struct blkdev *d, uint64_t off, uint64_t n)
{
	at(d, off, n);
	c.discards++;
	return c.result;
}

int cache_bypass(struct blkdev *d, uint64_t off, uint64_t n)
{
	at(d, off, n);
	c.bypasses++;
	return c.result;
}

/* --- a thread with files ---------------------------------------------------------------------------- */

static void (*story)(void);
static unsigned finished;

static void *tell_story(void *arg)
{
	story();
	finished++;
	return arg;
}

static void put(uint8_t *p, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		p[i] = (uint8_t)(v >> (8 * i));
	}
}

/* With an MBR: partition 1 at sector 100, 200 long; 2 at 400, one. */
static void start_story(void)
{
	new_disk(4);
	memset(disk.data, 0, BLK_SECTOR);
	put(disk.data + 440, 0xaabbccdd, 4);
	put(disk.data + 446 + 4, 0x83, 1);
	put(disk.data + 446 + 8, 100, 4);
	put(disk.data + 446 + 12, 200, 4);
	put(disk.data + 462 + 4, 0x83, 1);
	put(disk.data + 462 + 8, 400, 4);
	put(disk.data + 462 + 12, 1, 4);
	put(disk.data + 510, 0xaa55, 2);
	memcpy(disk.dev.serial, "ser", 3);
	CHECK_EQ(drivers_start[0].probe(NULL, NULL), 0);
	CHECK(device_names == NULL);
	CHECK_EQ(blkdev_register(&disk.dev), 0);
	CHECK_EQ(drivers_start[0].probe(NULL, NULL), 0);
	spawn(tell_story, NULL, 17, true);
}

static void run_story(void)
{
	run(start_story, 10);
	CHECK_EQ(finished, 1);
}

static void apart(void (*fn)(void))
{
	story = fn;
	CHECK(test_apart(run_story, 20));
}

static struct file *open_file(const char *name, int flags)
{
	struct file *f = NULL;

	CHECK_EQ(device_names->open(name, flags, &f), 0);
	return f;
}

static uint8_t buf[32768] __attribute__((aligned(4096)));

static ssize_t rd(struct file *f, void *p, size_t n, off_t pos)
{
	struct iovec v = { p, n };

	return f->ops->read(f, &v, 1, pos, false);
}

static ssize_t wr(struct file *f, void *p, size_t n, off_t pos)
{
	struct iovec v = { p, n };

	return f->ops->write(f, &v, 1, pos, false);
}

static void through_cache(void)
{
	struct file *f = open_file("vda1", O_RDWR);
	struct iovec two[2] = { { buf, 10 }, { buf + 100, 20 } };

	CHECK_EQ(rd(f, buf, 7, 3), 7);
	CHECK(memcmp(buf, disk.data + 100 * BLK_SECTOR + 3, 7) == 0);
	CHECK_EQ(f->ops->read(f, two, 2, -1, false), 30);
	CHECK(memcmp(buf + 100, disk.data + 100 * BLK_SECTOR + 10, 20) == 0);
	CHECK_EQ(f->ops->seek(f, 0, SEEK_CUR), 30);
	CHECK_EQ(f->ops->seek(f, -5, SEEK_END), 200 * 512 - 5);
	CHECK_EQ(rd(f, buf, 100, -1), 5);
	CHECK_EQ(rd(f, buf, 100, -1), 0);
	CHECK_EQ(wr(f, buf, 100, -1), -ENOSPC);
	CHECK_EQ(wr(f, buf, 0, -1), 0);
	CHECK_EQ(wr(f, buf, 100, 200 * 512 - 10), 10);
	CHECK_EQ(f->ops->seek(f, -1, SEEK_SET), -EINVAL);
	CHECK_EQ(f->ops->seek(f, 0, 77), -EINVAL);
	CHECK_EQ(f->ops->seek(f, INT64_MAX, SEEK_END), -EOVERFLOW);
	CHECK(c.syncs == 0 && c.bypasses == 0 && c.writes == 1);
	CHECK_EQ(f->ops->sync(f, true), 0);
	CHECK_EQ(c.flushes, 1);
	c.result = -EIO;
	CHECK_EQ(rd(f, buf, 7, 3), -EIO);
	CHECK_EQ(f->ops->sync(f, true), -EIO);
	c.result = 0;
	file_put(f);
	f = open_file("vda", O_WRONLY | O_SYNC);
	CHECK_EQ(wr(f, buf, 100, 1000), 100);
	CHECK(c.flushes == 3 && c.syncs == 3);
	file_put(f);
}

static void past_cache(void)
{
	struct file *f = open_file("vda", O_RDWR | O_DIRECT);
	struct iovec v[6] = { { buf, 512 },	    { buf + 1024, 1024 }, { buf + 4096, 0 },
			      { buf + 8192, 8192 }, { buf + 16384, 512 }, { buf + 20480, 1536 } };
	uint8_t *p = disk.data + 50 * BLK_SECTOR;

	memset(buf, 0x5a, sizeof(buf));
	CHECK_EQ(f->ops->read(f, v, 6, 50 * 512, false), 11776);
	CHECK(memcmp(buf, p, 512) == 0 && memcmp(buf + 1024, p + 512, 1024) == 0);
	CHECK(memcmp(buf + 8192, p + 1536, 8192) == 0 && memcmp(buf + 16384, p + 9728, 512) == 0);
	CHECK(memcmp(buf + 20480, p + 10240, 1536) == 0 && buf[512] == 0x5a && buf[22016] == 0x5a);
	CHECK(c.reads == 0 && c.bypasses == 1);
	memset(buf, 0x77, sizeof(buf));
	CHECK_EQ(f->ops->write(f, v, 6, 60 * 512, false), 11776);
	p = disk.data + 60 * BLK_SECTOR;
	CHECK(p[-1] != 0x77 && p[0] == 0x77 && p[11775] == 0x77 && memcmp(p, p + 1, 11775) == 0);
	CHECK(c.writes == 0 && c.bypasses == 3);
	/* Misaligned: offset, length, memory. */
	CHECK_EQ(rd(f, buf, 512, 100), -EINVAL);
	CHECK_EQ(rd(f, buf, 100, 512), -EINVAL);
	CHECK_EQ(rd(f, buf + 4, 512, 512), -EINVAL);
	CHECK_EQ(wr(f, buf + 256, 512, 512), -EINVAL);
	/* The end: what is left, then nothing. */
	CHECK_EQ(rd(f, buf, 4096, SIZE - 1024), 1024);
	CHECK_EQ(rd(f, buf, 4096, SIZE), 0);
	CHECK_EQ(wr(f, buf, 4096, SIZE), -ENOSPC);
	/* An error after some of it: so much; at once: the error. */
	disk.bad = 40;
	CHECK_EQ(rd(f, buf, sizeof(buf), 0), 16384); /* a request is 4 pieces of 4 KiB here */
	CHECK_EQ(rd(f, buf, 512, 40 * 512), -EIO);
	CHECK_EQ(disk.dev.flushes, 0);
	disk.bad = UINT64_MAX;
	file_put(f);
	f = open_file("vda", O_RDWR | O_DIRECT | O_SYNC);
	CHECK_EQ(wr(f, buf, 512, 0), 512);
	CHECK_EQ(disk.dev.flushes, 1);
	file_put(f);
}

static int control(struct file *f, unsigned long cmd, void *arg)
{
	return f->ops->ioctl(f, cmd, arg);
}

static void controls(void)
{
	struct file *f = open_file("vda1", O_RDWR), *ro = open_file("vda1", O_RDONLY);
	uint64_t size = 0, range[2] = { 512, 1024 };
	unsigned long sectors = 0;
	int n = -1;

	CHECK(control(f, BLKGETSIZE64, &size) == 0 && size == 200 * 512);
	CHECK(control(f, BLKGETSIZE, &sectors) == 0 && sectors == 200);
	CHECK(control(f, BLKSSZGET, &n) == 0 && n == 512);
	CHECK(control(f, BLKPBSZGET, &n) == 0 && n == 4096);
	CHECK(control(f, BLKROGET, &n) == 0 && n == 0);
	CHECK(control(f, BLKFLSBUF, NULL) == 0 && c.flushes == 1 && c.bypasses == 1);
	CHECK_EQ(control(f, 0x1234, NULL), -ENOTTY);
	CHECK(control(f, BLKDISCARD, range) == 0 && c.discards == 1);
	CHECK_EQ(control(ro, BLKDISCARD, range), -EBADF);
	CHECK_EQ(control(f, BLKZEROOUT, range), 0);
	for (unsigned i = 0; i < 2048; i++) {
		CHECK(disk.data[100 * 512 + i] == 0 || i < 512 || i >= 1536);
	}
	CHECK(disk.data[101 * 512 + 5] == 0 && disk.data[102 * 512 + 511] == 0 &&
	      disk.data[103 * 512 + 1] != 0);
	disk.dev.max_zero = blkdev_find("vda1")->max_zero = 0;
	blkdev_find("vda1")->max_discard = 0;
	range[0] = 4096, range[1] = 40960;
	CHECK_EQ(control(f, BLKZEROOUT, range), 0); /* by hand */
	CHECK(disk.data[108 * 512] == 0 && disk.data[187 * 512] == 0 &&
	      disk.data[188 * 512 + 1] != 0);
	CHECK_EQ(control(f, BLKDISCARD, range), -EOPNOTSUPP);
	range[1] = 200 * 512;
	CHECK_EQ(control(f, BLKZEROOUT, range), -EINVAL);
	range[0] = 100, range[1] = 512;
	CHECK_EQ(control(f, BLKZEROOUT, range), -EINVAL);
	range[0] = 0, range[1] = 0;
	CHECK_EQ(control(f, BLKZEROOUT, range), -EINVAL);
	file_put(f);
	file_put(ro);
}

static void names(void)
{
	struct stat st, other;
	struct file *f;

	CHECK_STR(device_names->nth(0), "vda");
	CHECK_STR(device_names->nth(1), "vda1");
	CHECK_STR(device_names->nth(2), "vda2");
	CHECK_STR(device_names->nth(3), NULL);
	CHECK(device_names->stat("vda", &st) == 0 && S_ISBLK(st.st_mode) && st.st_rdev != 0);
	CHECK(device_names->stat("vda1", &other) == 0 && st.st_rdev != other.st_rdev);
	CHECK_EQ(device_names->stat("vdb", &st), -ENOENT);
	CHECK_EQ(device_names->open("SERIAL=ser", O_RDONLY, &f), -ENOENT);
	CHECK_EQ(device_names->open("VDA", O_RDONLY, &f), -ENOENT);
	CHECK_EQ(device_names->open("PARTUUID=aabbccdd-03", O_RDONLY, &f), -ENOENT);
	CHECK(device_names->stat("PARTUUID=aabbccdd-01", &st) == 0 && st.st_rdev == other.st_rdev);
	f = open_file("PARTUUID=AABBCCDD-01", O_RDONLY);
	CHECK(f->ops->stat(f, &st) == 0 && st.st_rdev == other.st_rdev);
	file_put(f);
	CHECK(device_names->find("SERIAL=ser") == &disk.dev);
	CHECK(device_names->find("/dev/vda2")->part_number == 2);
	CHECK(device_names->find("PARTUUID=AABBCCDD-01")->part_number == 1);
	CHECK(device_names->find("PARTUUID=aabbccdd-03") == NULL);
	CHECK(device_names->find("PARTUUID=00000000-0000-0000-0000-000000000000") == NULL);
	CHECK(device_names->find("PARTLABEL=") == NULL && device_names->find("") == NULL);
	CHECK_EQ(device_names->open("vda", O_RDONLY | O_DIRECTORY, &f), -ENOTDIR);
	disk.dev.read_only = true;
	CHECK_EQ(device_names->open("vda", O_RDWR, &f), -EROFS);
	f = open_file("vda", O_RDONLY);
	CHECK(f->ops->stat(f, &other) == 0 && S_ISBLK(other.st_mode));
	file_put(f);
}

static void blank(void)
{
	struct blkdev *one = blkdev_find("vda1"), *small = blkdev_find("vda2");
	uint8_t *p = disk.data + 100 * BLK_SECTOR;

	CHECK(!device_names->is_blank(one));
	memset(p, 0, 200 * BLK_SECTOR);
	CHECK(device_names->is_blank(one));
	p[200 * BLK_SECTOR - 1] = 1;
	CHECK(!device_names->is_blank(one));
	memset(p, 0xff, 200 * BLK_SECTOR);
	CHECK(device_names->is_blank(one));
	memset(p, 0, 512);
	CHECK(!device_names->is_blank(one));
	memset(p, 0x11, 200 * BLK_SECTOR);
	CHECK(!device_names->is_blank(one));
	memset(disk.data + 400 * BLK_SECTOR, 0, BLK_SECTOR);
	CHECK(device_names->is_blank(small));
	disk.bad = 400;
	CHECK(!device_names->is_blank(small));
}

static void test_cache(void)
{
	apart(through_cache);
}

static void test_direct(void)
{
	apart(past_cache);
}

static void test_control(void)
{
	apart(controls);
}

static void test_names(void)
{
	apart(names);
	apart(blank);
}

static const struct test tests[] = {
	{ "any bytes through the cache, up to the end; O_SYNC and fsync reach the medium",
	  test_cache },
	{ "whole blocks past the cache, from the caller's memory; the rest is refused",
	  test_direct },
	{ "ioctl(): sizes, discard, zeros", test_control },
	{ "names, stat(), what is blank", test_names },
};
TEST_MAIN(tests)
