/* SPDX-License-Identifier: MIT */
/* Names that start at an open directory, walks, what a read-only tree refuses, descriptors. */
#define _GNU_SOURCE
#include "posix_test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <ftw.h>
#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utime.h>

static void test_at(int dir)
{
	struct stat st, same;
	char buf[PATH_MAX];
	int fd;

	ok(fstatat(dir, "a.txt", &st, 0) == 0 && st.st_size == 4, "fstatat");
	ok(stat("/data/tree/a.txt", &same) == 0 && same.st_ino == st.st_ino, "the same file");
	ok(fstatat(dir, "", &st, AT_EMPTY_PATH) == 0 && S_ISDIR(st.st_mode), "AT_EMPTY_PATH");
	fails(fstatat(dir, "", &st, 0), ENOENT, "an empty name");
	fails(fstatat(0, "a.txt", &st, 0), ENOTDIR, "below the console");
	fd = openat(dir, "../tree/sub/c.dat", O_RDONLY);
	ok(fd >= 0 && read(fd, buf, 5) == 5 && memcmp(buf, "three", 5) == 0, "openat");
	is(readv(fd, &(struct iovec){ buf, 8 }, 1), 1, "readv");
	ok(preadv(fd, &(struct iovec){ buf, 8 }, 1, 1) == 5, "preadv");
	close(fd);
	is(faccessat(dir, "b.txt", R_OK, 0), 0, "faccessat");
	fails(faccessat(dir, "none", R_OK, 0), ENOENT, "faccessat of nothing");
	fails(readlinkat(dir, "a.txt", buf, sizeof(buf)), EINVAL, "readlinkat of no link");
	fails(readlink("/data/tree/a.txt", buf, sizeof(buf)), EINVAL, "readlink of no link");
	fails(mkdirat(dir, "new", 0755), EROFS, "mkdirat");
	fails(mkfifoat(dir, "new", 0755), EROFS, "mkfifoat");
	fails(mknodat(dir, "new", 0755, 0), EROFS, "mknodat");
	fails(unlinkat(dir, "a.txt", 0), EROFS, "unlinkat");
	fails(unlinkat(dir, "sub", AT_REMOVEDIR), EROFS, "unlinkat of a folder");
	fails(fchmodat(dir, "a.txt", 0600, 0), EROFS, "fchmodat");
	fails(fchownat(dir, "a.txt", 0, 0, 0), EROFS, "fchownat");
	fails(utimensat(dir, "a.txt", NULL, 0), EROFS, "utimensat");
	fails(symlinkat("x", dir, "new"), EROFS, "symlinkat");
	fails(linkat(dir, "a.txt", dir, "new", 0), EROFS, "linkat");
	fails(renameat(dir, "a.txt", dir, "new"), EROFS, "renameat");
}

static void test_refused(int fd)
{
	const struct timeval tv[2] = { 0 };
	char name[] = "/tmp/fileXXXXXX", other[] = "/data/fileXXXXXX";

	fails(symlink("x", "/data/y"), EROFS, "symlink");
	fails(link("/data/lines.txt", "/data/y"), EROFS, "link");
	fails(rmdir("/data/tree"), EROFS, "rmdir");
	fails(remove("/data/lines.txt"), EROFS, "remove");
	fails(mkfifo("/data/y", 0600), EROFS, "mkfifo");
	fails(mknod("/data/y", 0600, 0), EROFS, "mknod");
	fails(truncate("/data/lines.txt", 0), EROFS, "truncate");
	fails(chmod("/data/lines.txt", 0600), EROFS, "chmod");
	fails(chown("/data/lines.txt", 0, 0), EROFS, "chown");
	fails(lchown("/data/lines.txt", 0, 0), EROFS, "lchown");
	fails(utimes("/data/lines.txt", tv), EROFS, "utimes");
	fails(lutimes("/data/lines.txt", tv), EROFS, "lutimes");
	fails(utime("/data/lines.txt", NULL), EROFS, "utime");
	fails(creat("/data/new", 0600), EROFS, "creat");
	fails(fchmod(fd, 0600), EROFS, "fchmod");
	fails(fchown(fd, 0, 0), EROFS, "fchown");
	fails(futimens(fd, NULL), EROFS, "futimens");
	fails(futimes(fd, tv), EROFS, "futimes");
	fails(ftruncate(fd, 0), EINVAL, "ftruncate of a file for reading");
	is(posix_fallocate(fd, 0, 10), ENODEV, "posix_fallocate");
	is(posix_fallocate(fd, 0, 0), EINVAL, "posix_fallocate of nothing");
	fails(mkstemp(name), ENOENT, "mkstemp without /tmp");
	fails(mkstemp(other), EROFS, "mkstemp");
	strcpy(other, "/data/fileXXXXXX");
	ok(mkdtemp(other) == NULL, "mkdtemp");
	is(errno, EROFS, "its reason");
	ok(tmpfile() == NULL, "tmpfile");
	is(umask(027), 022, "umask");
	is(umask(022), 027, "umask keeps it");
}

static int seen, deepest;

static int visit(const char *path, const struct stat *st, int kind, struct FTW *f)
{
	(void)st;
	seen += kind == FTW_F ? 1 : 100;
	deepest = f->level > deepest ? f->level : deepest;
	return strstr(path, "never") != NULL;
}

static int visit_old(const char *path, const struct stat *st, int kind)
{
	(void)path, (void)st;
	seen += kind == FTW_F ? 1 : 100;
	return 0;
}

static int only_text(const struct dirent *e)
{
	return fnmatch("*.txt", e->d_name, 0) == 0;
}

static void test_walks(int dir)
{
	struct dirent **list;
	glob_t g = { 0 };
	char path[] = "/data/tree/a.txt", copy[] = "/data/tree/a.txt";
	char full[PATH_MAX], *p;
	int n;

	is(nftw("/data/tree", visit, 8, FTW_PHYS), 0, "nftw");
	ok(seen == 203 && deepest == 2, "three files in two folders");
	seen = 0;
	ok(ftw("/data/tree", visit_old, 8) == 0 && seen == 203, "ftw");
	n = scandir("/data/tree", &list, only_text, alphasort);
	ok(n == 2 && strcmp(list[0]->d_name, "a.txt") == 0, "scandir with alphasort");
	free(list[0]);
	free(list[1]);
	free(list);
	n = scandirat(dir, "sub", &list, NULL, versionsort);
	ok(n == 3 && strcmp(list[2]->d_name, "c.dat") == 0, "scandirat with versionsort");
	while (n > 0) {
		free(list[--n]);
	}
	free(list);
	is(glob("/data/tree/[ab].t?t", 0, NULL, &g), 0, "glob");
	ok(g.gl_pathc == 2 && strcmp(g.gl_pathv[1], "/data/tree/b.txt") == 0, "what it finds");
	globfree(&g);
	is(glob("/none*", 0, NULL, &g), GLOB_NOMATCH, "glob of nothing");
	ok(strcmp(basename(path), "a.txt") == 0 && strcmp(dirname(copy), "/data/tree") == 0,
	   "basename, dirname");
	ok(realpath("/data/./tree/../lines.txt", full) != NULL &&
		   strcmp(full, "/data/lines.txt") == 0,
	   "realpath");
	p = canonicalize_file_name("/data//tree/");
	ok(p != NULL && strcmp(p, "/data/tree") == 0, "canonicalize_file_name");
	free(p);
	p = get_current_dir_name();
	ok(p != NULL && strcmp(p, "/") == 0, "get_current_dir_name");
	free(p);
}

static void test_descriptors(int fd)
{
	struct statvfs v;
	struct statfs s;
	off_t at = 6;
	int copy = dup(fd), zero = open("/dev/null", O_WRONLY);

	ok(statvfs("/", &v) == 0 && (v.f_flag & ST_RDONLY) != 0 && fstatvfs(fd, &v) == 0,
	   "statvfs");
	ok(statfs("/", &s) == 0 && s.f_namelen == 255 && fstatfs(fd, &s) == 0, "statfs");
	is(sendfile(zero, fd, &at, 100), 17, "sendfile from an offset to the end");
	is(at, 23, "the offset moves");
	is(lseek(fd, 0, SEEK_CUR), 0, "the file's does not");
	is(sendfile(zero, fd, NULL, 5), 5, "sendfile from the file's position");
	is(lseek(fd, 0, SEEK_CUR), 5, "which moves");
	fails(sendfile(zero, zero, NULL, 5), EINVAL, "sendfile from a device");
	is(fsync(fd) | fdatasync(fd) | syncfs(fd) | flock(fd, LOCK_EX), 0, "fsync and its like");
	is(lockf(fd, F_LOCK, 0), 0, "lockf");
	fails(lockf(fd, 9, 0), EINVAL, "lockf of no command");
	is(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL), 0, "posix_fadvise");
	is(eaccess("/data", R_OK) | euidaccess("/data", R_OK), 0, "eaccess");
	sync();
	is(close_range((unsigned)copy, (unsigned)copy, 0), 0, "close_range");
	fails(close(copy), EBADF, "it is closed");
	fails(close_range(5, 4, 0), EINVAL, "close_range of nothing");
	close(zero);
}

void test_files(void)
{
	int dir = open("/data/tree", O_RDONLY | O_DIRECTORY),
	    fd = open("/data/lines.txt", O_RDONLY);

	test_at(dir);
	test_refused(fd);
	test_walks(dir);
	test_descriptors(fd);
	close(fd);
	close(dir);
}
