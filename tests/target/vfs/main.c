/* SPDX-License-Identifier: MIT */
/* Files that can be written, in memory; and what is special about tmpfs, mounts and /dev. */
#include "../tap.h"
#include "suite.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static void test_rom(void)
{
	char buf[16];
	int fd = open("/data/hello.txt", O_RDONLY);

	is(read(fd, buf, sizeof(buf)), 6, "the image's files are there");
	close(fd);
	fails(open("/data/hello.txt", O_RDWR), EROFS, "and cannot be written");
	fails(open("/data/new", O_RDWR | O_CREAT, 0644), EROFS, "nor new ones made");
	fails(unlink("/data/hello.txt"), EROFS, "nor removed");
	fails(mkdir("/new", 0755), EROFS, "nor folders made");
	fails(rename("/data/hello.txt", "/tmp/x"), EXDEV, "nor moved elsewhere");
	fails(rmdir("/tmp"), EBUSY, "a folder that something is mounted on");
	fails(rmdir("/"), EBUSY, "the root");
}

static void test_tmpfs_limit(void)
{
	static char page[4096];
	struct statvfs v;
	long n = 0;
	int fd, error = 0;

	is(mount("none", "/small", "tmpfs", 0, "size=64k"), 0, "a tmpfs of 64 KiB");
	is(statvfs("/small", &v), 0, "statvfs");
	is(v.f_blocks * v.f_frsize, 65536, "says so");
	fd = open("/small/fill", O_RDWR | O_CREAT, 0644);
	memset(page, 'f', sizeof(page));
	while (write(fd, page, sizeof(page)) == (ssize_t)sizeof(page)) {
		n++;
	}
	error = errno;
	is(n, 16, "holds 16 pages");
	is(error, ENOSPC, "and then no more");
	is(pread(fd, page, 1, 15 * 4096), 1, "what it holds can be read");
	is(ftruncate(fd, 4096), 0, "made shorter");
	is(pwrite(fd, page, sizeof(page), 4096), 4096, "there is room again");
	fails(umount("/small"), EBUSY, "umount while a file is open");
	close(fd);
	is(umount("/small"), 0, "umount");
	fails(open("/small/fill", O_RDONLY), ENOENT, "its files are gone");
	fails(umount("/small"), EINVAL, "umount twice");
}

static void test_mounts(void)
{
	fails(mount("none", "/m", "nofs", 0, NULL), ENODEV, "a file system that is not there");
	fails(mount("vdz", "/m", NULL, 0, NULL), ENOENT, "a device that is not there");
	fails(mount("none", "/data/hello.txt", "tmpfs", 0, NULL), ENOTDIR, "on a file");
	is(mount("none", "/a/b", "tmpfs", 0, NULL), 0, "on a folder that is made for it");
	is(mkdir("/a/b/c", 0755), 0, "mkdir in it");
	is(mount("none", "/a/b/c", "tmpfs", MS_RDONLY, NULL), 0, "a mount in a mount, read-only");
	fails(mkdir("/a/b/c/d", 0755), EROFS, "which it is");
	fails(rmdir("/a/b/c"), EBUSY, "rmdir under a mount");
	fails(rename("/a/b/c", "/a/b/d"), EBUSY, "rename under a mount");
	fails(umount("/a/b"), EBUSY, "umount under a mount");
	is(chdir("/a/b/c"), 0, "chdir into it");
	is(chdir(".."), 0, "and up through it");
	char cwd[64];
	ok(strcmp(getcwd(cwd, sizeof(cwd)), "/a/b") == 0, "to where it is");
	chdir("/");
	is(umount("/a/b/c"), 0, "umount");
	is(umount("/a/b"), 0, "the other");
}

static void test_dev(void)
{
	DIR *d = opendir("/dev");
	struct dirent *e;
	struct stat st;
	bool null = false;
	int fd;

	while (d != NULL && (e = readdir(d)) != NULL) {
		null |= strcmp(e->d_name, "null") == 0 && e->d_type == DT_CHR;
	}
	ok(null, "/dev lists null");
	closedir(d);
	fd = open("/dev/null", O_WRONLY);
	is(write(fd, "x", 1), 1, "which takes all");
	close(fd);
	is(stat("/dev/zero", &st), 0, "stat");
	ok(S_ISCHR(st.st_mode), "of a device");
	fails(open("/dev/nothing", O_RDONLY), ENOENT, "what is not there");
	fails(open("/dev/new", O_RDWR | O_CREAT, 0644), EPERM, "and cannot be made");
}

int main(void)
{
	test_rom();
	suite("/tmp", CAN_SYMLINK | CAN_LINK | CAN_MODE | CAN_FINE_TIMES | CASE);
	suite("/tmp", CAN_SYMLINK | CAN_LINK | CAN_MODE | CAN_FINE_TIMES | CASE);
	test_tmpfs_limit();
	test_mounts();
	test_dev();
	return tap_done();
}
