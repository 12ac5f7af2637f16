/* SPDX-License-Identifier: MIT */
/* A file system on a disk: FS=littlefs or fat on DEV (environment, by bootargs). The suite twice, with another mount between;
 * what was synced is there after it; full and read-only. */
#include "../tap.h"
#include "../vfs/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define WHERE "/mnt"

static const char *fs, *dev;

static unsigned abilities(void)
{
	return strcmp(fs, "littlefs") == 0 ? CAN_SYMLINK | CAN_MODE | CAN_FINE_TIMES | CASE : 0;
}

static void put(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	is(write(fd, text, strlen(text)), strlen(text), "write %s", name);
	is(fsync(fd), 0, "fsync");
	close(fd);
}

static bool holds(const char *name, const char *text)
{
	char buf[64] = "";
	int fd = open(name, O_RDONLY);
	ssize_t n = read(fd, buf, sizeof(buf) - 1);

	close(fd);
	return n == (ssize_t)strlen(text) && strcmp(buf, text) == 0;
}

static void test_again(void)
{
	struct stat before, after;

	is(mkdir(WHERE "/folder", 0750), 0, "mkdir");
	put(WHERE "/folder/kept", "what was written");
	is(stat(WHERE "/folder/kept", &before), 0, "stat");
	is(umount(WHERE), 0, "umount");
	fails(open(WHERE "/folder/kept", O_RDONLY), ENOENT, "gone with it");
	is(mount(dev, WHERE, NULL, 0, NULL), 0, "mount of whatever is there");
	ok(holds(WHERE "/folder/kept", "what was written"), "it is there again");
	is(stat(WHERE "/folder/kept", &after), 0, "stat");
	ok(before.st_mtime == after.st_mtime && before.st_mode == after.st_mode,
	   "as old, with the same permissions");
	is(unlink(WHERE "/folder/kept"), 0, "unlink");
	is(rmdir(WHERE "/folder"), 0, "rmdir");
}

static void test_read_only(void)
{
	put(WHERE "/file", "text");
	is(umount(WHERE), 0, "umount");
	is(mount(dev, WHERE, fs, MS_RDONLY, NULL), 0, "mount it read-only");
	ok(holds(WHERE "/file", "text"), "it can be read");
	fails(open(WHERE "/file", O_RDWR), EROFS, "not written");
	fails(open(WHERE "/new", O_WRONLY | O_CREAT, 0644), EROFS, "nothing made");
	fails(unlink(WHERE "/file"), EROFS, "nothing removed");
	fails(rename(WHERE "/file", WHERE "/other"), EROFS, "nothing renamed");
	fails(chmod(WHERE "/file", 0600), EROFS, "nothing changed");
	is(umount(WHERE), 0, "umount");
	is(mount(dev, WHERE, fs, 0, NULL), 0, "mount it to write");
	is(unlink(WHERE "/file"), 0, "then it can go");
}

/* Until no more fits: what was there stays whole, and room comes back. */
static void test_full(void)
{
	static char block[65536];
	struct statvfs v;
	off_t size = 0;
	ssize_t n;
	int fd;

	put(WHERE "/before", "was here before");
	fd = open(WHERE "/fill", O_WRONLY | O_CREAT, 0644);
	memset(block, 'f', sizeof(block));
	while ((n = write(fd, block, sizeof(block))) > 0) {
		size += n;
		if (fsync(fd) != 0) {
			break;
		}
	}
	is(errno, ENOSPC, "a full disk says so");
	ok(size > 1 << 20, "after %ld KiB", (long)size >> 10);
	close(fd);
	ok(holds(WHERE "/before", "was here before"), "another file is whole");
	is(statvfs(WHERE, &v), 0, "statvfs");
	ok(v.f_bfree * 8 < v.f_blocks, "%lu of %lu blocks are free", (unsigned long)v.f_bfree,
	   (unsigned long)v.f_blocks);
	is(unlink(WHERE "/fill"), 0, "the large one can go");
	put(WHERE "/after", "there is room again");
	ok(holds(WHERE "/after", "there is room again"), "and is used");
	is(unlink(WHERE "/after"), 0, "unlink");
	is(unlink(WHERE "/before"), 0, "unlink");
}

int main(void)
{
	fs = getenv("FS");
	dev = getenv("DEV") != NULL ? getenv("DEV") : "vda";
	fails(mount(dev, WHERE, fs, 0, NULL), EINVAL, "a blank disk has no file system");
	is(mount(dev, WHERE, fs, 0, "format"), 0, "format");
	suite(WHERE, abilities());
	is(umount(WHERE), 0, "umount");
	is(mount(dev, WHERE, fs, 0, "format"), 0, "`format` leaves what is there alone");
	suite(WHERE, abilities());
	test_again();
	test_read_only();
	test_full();
	is(umount(WHERE), 0, "umount at the end");
	return tap_done();
}
