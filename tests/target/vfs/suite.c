/* SPDX-License-Identifier: MIT */
/* Every call on names and files. Cases are relative to the current folder, which is the one given. */
#define _GNU_SOURCE
#include "suite.h"

#include "../tap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096

static unsigned can;
static const char *top;

static int make(const char *name, const char *content)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);

	if (fd >= 0 && write(fd, content, strlen(content)) != (ssize_t)strlen(content)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void put(const char *name, const char *content)
{
	int fd = make(name, content);

	ok(fd >= 0, "%s can be made", name);
	close(fd);
}

/* Does the file hold just this? */
static bool holds(const char *name, const char *content)
{
	char buf[256] = "";
	int fd = open(name, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf));

	close(fd);
	return n == (ssize_t)strlen(content) && memcmp(buf, content, (size_t)n) == 0;
}

static off_t size_of(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 ? st.st_size : -1;
}

static void test_open(void)
{
	int fd, other;

	fails(open("none", O_RDONLY), ENOENT, "a file that is not there");
	fails(open("none/file", O_RDWR | O_CREAT, 0644), ENOENT, "a folder that is not there");
	fails(open("", O_RDWR | O_CREAT, 0644), ENOENT, "no name");
	fd = open("a", O_RDWR | O_CREAT | O_EXCL, 0644);
	ok(fd >= 0, "O_CREAT makes a file");
	is(size_of("a"), 0, "which is empty");
	fails(open("a", O_RDWR | O_CREAT | O_EXCL, 0644), EEXIST, "O_EXCL");
	fails(open("a", O_RDONLY | O_DIRECTORY), ENOTDIR, "O_DIRECTORY of a file");
	fails(open("a/", O_RDONLY), ENOTDIR, "a slash behind a file");
	fails(open("a/b", O_RDWR | O_CREAT, 0644), ENOTDIR, "a file as a folder");
	fails(open("new/", O_RDWR | O_CREAT, 0644), EISDIR, "make a file with a slash behind");
	is(write(fd, "0123456789", 10), 10, "write");
	is(lseek(fd, 0, SEEK_CUR), 10, "the position is behind it");
	other = open("a", O_RDONLY);
	is(size_of("a"), 10, "stat() sees the size before the close");
	char buf[16] = "";
	is(read(other, buf, 16), 10, "another descriptor sees it at once");
	ok(memcmp(buf, "0123456789", 10) == 0, "its bytes");
	fails(write(other, "x", 1), EBADF, "write to a descriptor for reading");
	fails(ftruncate(other, 1), EINVAL, "ftruncate of one for reading");
	close(other);
	other = open("a", O_WRONLY);
	fails(read(other, buf, 1), EBADF, "read from a descriptor for writing");
	is(write(other, "AB", 2), 2, "write at the start");
	close(other);
	is(pread(fd, buf, 4, 0), 4, "pread");
	ok(memcmp(buf, "AB23", 4) == 0, "one file, whatever the descriptor");
	other = open("a", O_WRONLY | O_TRUNC);
	is(size_of("a"), 0, "O_TRUNC");
	close(other);
	is(read(fd, buf, 4), 0, "read behind the end");
	close(fd);
	is(unlink("a"), 0, "unlink");
	fails(unlink("a"), ENOENT, "unlink twice");
}

static void test_write(void)
{
	char buf[64];
	struct iovec iov[3] = { { (void *)"one", 3 }, { NULL, 0 }, { (void *)"three", 5 } };
	int fd = make("w", ""), append;

	is(writev(fd, iov, 3), 8, "writev");
	ok(holds("w", "onethree"), "gathers");
	is(pwrite(fd, "XY", 2, 1), 2, "pwrite");
	is(lseek(fd, 0, SEEK_CUR), 8, "leaves the position alone");
	ok(holds("w", "oXYthree"), "in the middle");
	append = open("w", O_WRONLY | O_APPEND);
	is(write(append, "!", 1), 1, "O_APPEND");
	is(lseek(append, 0, SEEK_CUR), 9, "moves to the end");
	is(write(fd, "?", 1), 1, "another descriptor overwrites it");
	is(write(append, "+", 1), 1, "and O_APPEND goes on at the end");
	ok(holds("w", "oXYthree?+"), "so it says");
	close(append);
	is(pwrite(fd, "end", 3, 20), 3, "write beyond the end");
	is(size_of("w"), 23, "the size with the hole");
	memset(buf, 'x', sizeof(buf));
	is(pread(fd, buf, 64, 8), 15, "read over the hole");
	ok(memcmp(buf, "?+\0\0\0\0\0\0\0\0\0\0end", 15) == 0, "it is zeros");
	is(write(fd, "", 0), 0, "write nothing");
	is(write(fd, NULL, 0), 0, "from nowhere");
	is(lseek(fd, 100, SEEK_SET), 100, "seek beyond the end");
	is(size_of("w"), 23, "changes no size");
	is(read(fd, buf, 1), 0, "read there");
	is(lseek(fd, -3, SEEK_END), 20, "seek from the end");
	fails(lseek(fd, -1, SEEK_SET), EINVAL, "seek before the start");
	fails(pread(fd, buf, 1, -1), EINVAL, "pread before the start");
	is(preadv(fd, &(struct iovec){ buf, 3 }, 1, 20), 3, "preadv");
	close(fd);
	unlink("w");
}

static void test_large(void)
{
	static char block[3 * PAGE + 17];
	const int rounds = 20;
	int fd = make("big", ""), wrong = 0;

	for (int i = 0; i < rounds; i++) {
		memset(block, 'a' + i, sizeof(block));
		wrong += write(fd, block, sizeof(block)) != (ssize_t)sizeof(block);
	}
	is(wrong, 0, "a file of many pages, written at odd places");
	is(size_of("big"), rounds * (long)sizeof(block), "its size");
	memset(block, '#', sizeof(block));
	is(pwrite(fd, block, PAGE + 1, 5 * PAGE - 3), PAGE + 1, "overwrite across pages");
	is(fsync(fd), 0, "fsync");
	close(fd);
	fd = open("big", O_RDONLY);
	for (int i = 0; i < rounds; i++) {
		wrong += read(fd, block, sizeof(block)) != (ssize_t)sizeof(block);
		for (size_t k = 0; k < sizeof(block); k++) {
			size_t at = (size_t)i * sizeof(block) + k;
			bool over = at >= 5 * PAGE - 3 && at < 6 * PAGE - 2;

			wrong += block[k] != (over ? '#' : 'a' + i);
		}
	}
	is(wrong, 0, "all of it reads back");
	close(fd);
	unlink("big");
}

static void test_truncate(void)
{
	char buf[16];
	int fd = make("t", "0123456789");

	is(ftruncate(fd, 4), 0, "ftruncate shorter");
	is(size_of("t"), 4, "its size");
	is(ftruncate(fd, 8), 0, "ftruncate longer");
	is(pread(fd, buf, 16, 0), 8, "its size");
	ok(memcmp(buf, "0123\0\0\0\0", 8) == 0, "what was cut off does not come back");
	is(truncate("t", 2), 0, "truncate by name, while it is open");
	is(lseek(fd, 0, SEEK_END), 2, "the descriptor sees it");
	is(ftruncate(fd, 3 * PAGE), 0, "to pages of nothing");
	is(size_of("t"), 3 * PAGE, "its size");
	is(pread(fd, buf, 16, 2 * PAGE), 16, "read there");
	ok(memcmp(buf, "\0\0\0\0\0\0\0\0", 8) == 0, "zeros");
	is(ftruncate(fd, 0), 0, "to nothing");
	fails(ftruncate(fd, -1), EINVAL, "to less than nothing");
	fails(truncate("t", -1), EINVAL, "by name");
	fails(truncate("none", 1), ENOENT, "of nothing");
	fails(truncate(".", 1), EISDIR, "of a folder");
	is(posix_fallocate(fd, 0, 2 * PAGE + 1), 0, "posix_fallocate");
	is(size_of("t"), 2 * PAGE + 1, "makes it as long");
	is(posix_fallocate(fd, 0, 10), 0, "posix_fallocate of less");
	is(size_of("t"), 2 * PAGE + 1, "leaves it as long");
	is(posix_fallocate(fd, 0, 0), EINVAL, "of nothing");
	close(fd);
	unlink("t");
}

static int count_entries(const char *dir, bool *dots)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int n = 0, dot = 0;

	while (d != NULL && (e = readdir(d)) != NULL) {
		dot += strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
		n++;
	}
	if (d != NULL) {
		closedir(d);
	}
	*dots = dot == 2;
	return n - dot;
}

static void test_folders(void)
{
	struct stat st, up;
	char name[64];
	bool dots;
	int wrong = 0;

	is(mkdir("d", 0755), 0, "mkdir");
	fails(mkdir("d", 0755), EEXIST, "mkdir twice");
	fails(mkdir("none/d", 0755), ENOENT, "mkdir in nothing");
	is(mkdir("d/e/", 0755), 0, "mkdir with a slash behind");
	is(stat("d", &st), 0, "stat");
	ok(S_ISDIR(st.st_mode), "of a folder");
	is(stat("d/e/..", &up), 0, "stat of dots");
	ok(up.st_ino == st.st_ino && up.st_dev == st.st_dev, "lead back up");
	is(count_entries("d", &dots), 1, "a folder in a folder");
	ok(dots, "with its dots");
	fails(rmdir("d"), ENOTEMPTY, "rmdir of a full folder");
	fails(unlink("d/e"), EISDIR, "unlink of a folder");
	fails(open("d", O_RDWR), EISDIR, "open a folder for writing");
	fails(rmdir("d/e/."), EINVAL, "rmdir of a dot");
	put("d/e/f", "1");
	fails(rmdir("d/e/f"), ENOTDIR, "rmdir of a file");
	is(unlink("d/e/f"), 0, "unlink in a folder");
	is(rmdir("d/e"), 0, "rmdir");
	for (int i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "d/entry with a longer name %d", i);
		wrong += close(make(name, "x")) != 0;
	}
	is(wrong, 0, "many files in a folder");
	is(count_entries("d", &dots), 60, "are all listed");
	for (int i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "d/entry with a longer name %d", i);
		wrong += unlink(name) != 0;
	}
	is(wrong, 0, "and go");
	is(count_entries("d", &dots), 0, "all of them");
	is(rmdir("d"), 0, "rmdir of what is empty again");
	fails(opendir("d") == NULL ? -1 : 0, ENOENT, "opendir of nothing");
}

/* Entries that stay are seen once each while others come and go. */
static void test_readdir_changes(void)
{
	char name[32], seen[40] = "";
	struct dirent *e;
	int n = 0, doubled = 0, missed = 0;
	long middle = -1;
	DIR *d;

	mkdir("r", 0755);
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "r/f%02d", i);
		close(make(name, ""));
	}
	d = opendir("r");
	while ((e = readdir(d)) != NULL) {
		int i = e->d_name[0] == 'f' ? atoi(e->d_name + 1) : -1;

		if (i < 0 || i >= 40) {
			continue;
		}
		doubled += seen[i]++ != 0;
		if (++n == 10) {
			for (int k = 0; k < 40; k += 4) {
				snprintf(name, sizeof(name), "r/f%02d", k);
				unlink(name);
			}
			close(make("r/new", ""));
			middle = telldir(d);
		}
	}
	for (int i = 0; i < 40; i++) {
		missed += i % 4 != 0 && seen[i] == 0;
	}
	is(doubled, 0, "no entry comes twice");
	is(missed, 0, "none of those that stay is missed");
	ok(middle > 0, "telldir");
	rewinddir(d);
	ok(readdir(d) != NULL, "rewinddir");
	closedir(d);
	unlink("r/new");
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "r/f%02d", i);
		unlink(name);
	}
	is(rmdir("r"), 0, "the folder is empty then");
}

static void test_rename(void)
{
	struct stat before, after;
	char buf[8];
	int fd, old;

	put("x", "old x");
	put("y", "old y");
	fd = open("x", O_RDWR);
	old = open("y", O_RDWR);
	fstat(fd, &before);
	is(rename("x", "y"), 0, "rename over a file");
	ok(holds("y", "old x"), "it has the content");
	fails(open("x", O_RDONLY), ENOENT, "the old name is gone");
	is(pwrite(fd, "NEW", 3, 0), 3, "write by the descriptor of before");
	ok(holds("y", "NEW x"), "it is the same file");
	fstat(fd, &after);
	ok(before.st_ino == after.st_ino, "with the same inode");
	is(pread(old, buf, 5, 0), 5, "the file that was replaced is still open");
	ok(memcmp(buf, "old y", 5) == 0, "with its content");
	is(pwrite(old, "dead", 4, 0), 4, "and can be written");
	close(old);
	ok(holds("y", "NEW x"), "without harm");
	close(fd);
	is(rename("y", "y"), 0, "rename to itself");
	fails(rename("none", "z"), ENOENT, "rename of nothing");
	fails(rename("y", "none/z"), ENOENT, "rename into nothing");
	mkdir("d1", 0755);
	mkdir("d2", 0755);
	put("d1/f", "content");
	is(rename("d1/f", "d2/g"), 0, "rename into another folder");
	ok(holds("d2/g", "content"), "its content");
	fails(rename("y", "d1"), EISDIR, "a file over a folder");
	fails(rename("d1", "y"), ENOTDIR, "a folder over a file");
	fails(rename("d1", "d2"), ENOTEMPTY, "a folder over a full one");
	fails(rename("d2", "d2/in"), EINVAL, "a folder into itself");
	fd = open("d2/g", O_RDWR);
	is(rename("d2", "d1"), 0, "a folder over an empty one");
	ok(holds("d1/g", "content"), "with its files");
	is(pwrite(fd, "C", 1, 0), 1, "which stay open");
	ok(holds("d1/g", "Content"), "and the same");
	close(fd);
	fails(renameat2(AT_FDCWD, "y", AT_FDCWD, "d1/g", RENAME_NOREPLACE), EEXIST,
	      "RENAME_NOREPLACE");
	is(renameat2(AT_FDCWD, "y", AT_FDCWD, "d1/h", RENAME_NOREPLACE), 0, "where nothing is");
	unlink("d1/g");
	unlink("d1/h");
	is(rmdir("d1"), 0, "nothing else is left");
}

static void test_unlinked(void)
{
	struct stat st;
	char buf[8];
	int fd = make("u", "first"), other;
	bool dots;

	is(unlink("u"), 0, "unlink an open file");
	fails(stat("u", &st), ENOENT, "its name is gone");
	is(fstat(fd, &st), 0, "fstat");
	is(st.st_nlink, 0, "no name is left");
	is(pwrite(fd, "more and more", 13, 5), 13, "it can be written");
	is(pread(fd, buf, 5, 0), 5, "and read");
	other = make("u", "second");
	ok(memcmp(buf, "first", 5) == 0 && holds("u", "second"), "beside a new one of its name");
	is(lseek(fd, 0, SEEK_END), 18, "each has its size");
	is(fsync(fd), 0, "fsync of what has no name");
	close(fd);
	ok(holds("u", "second"), "the other one stays");
	close(other);
	unlink("u");
	is(count_entries(".", &dots), 0, "no trace is left");
}

static void test_attributes(void)
{
	struct timespec t[2] = { { 1000000000, 123456789 }, { 1100000000, 987654321 } };
	struct stat st;
	struct statvfs v;
	int fd = make("m", "x");

	is(fstat(fd, &st), 0, "fstat");
	ok(S_ISREG(st.st_mode), "of a file");
	is(st.st_size, 1, "its size");
	is(st.st_nlink, 1, "one name");
	ok(st.st_blksize > 0, "a block size");
	if ((can & CAN_MODE) != 0) {
		is(st.st_mode & 07777, 0644, "its permissions");
		is(chmod("m", 0600), 0, "chmod");
		is(fstat(fd, &st), 0, "fstat");
		is(st.st_mode & 07777, 0600, "its new permissions");
		is(fchmod(fd, 0640), 0, "fchmod");
		is(chown("m", 12, 34), 0, "chown");
		is(stat("m", &st), 0, "stat");
		ok((st.st_mode & 07777) == 0640 && st.st_uid == 12 && st.st_gid == 34,
		   "all are kept");
		is(chown("m", (uid_t)-1, 35), 0, "chown of the group");
		is(stat("m", &st), 0, "stat");
		ok(st.st_uid == 12 && st.st_gid == 35, "leaves the user");
	}
	is(utimensat(AT_FDCWD, "m", t, 0), 0, "utimensat");
	is(stat("m", &st), 0, "stat");
	is(st.st_mtim.tv_sec, 1100000000, "its time");
	if ((can & CAN_FINE_TIMES) != 0) {
		is(st.st_mtim.tv_nsec, 987654321, "to the nanosecond");
	}
	t[1].tv_nsec = UTIME_OMIT;
	is(futimens(fd, t), 0, "futimens with UTIME_OMIT");
	is(stat("m", &st), 0, "stat");
	is(st.st_mtim.tv_sec, 1100000000, "leaves it");
	t[1].tv_nsec = 1000000000;
	fails(futimens(fd, t), EINVAL, "a time that makes no sense");
	is(statvfs("m", &v), 0, "statvfs");
	ok(v.f_blocks > 0 && v.f_bfree > 0 && v.f_bfree <= v.f_blocks && v.f_frsize > 0,
	   "%lu of %lu blocks of %lu are free", (unsigned long)v.f_bfree, (unsigned long)v.f_blocks,
	   v.f_frsize);
	ok((v.f_flag & ST_RDONLY) == 0 && v.f_namemax >= 12, "can be written");
	is(fstatvfs(fd, &v), 0, "fstatvfs");
	is(access("m", W_OK | R_OK), 0, "access");
	fails(access("none", F_OK), ENOENT, "access to nothing");
	close(fd);
	unlink("m");
}

static void test_links(void)
{
	struct stat st, other;
	char buf[64] = "";

	put("l", "linked");
	if ((can & CAN_SYMLINK) == 0) {
		fails(symlink("l", "s"), EPERM, "symlink where there are none");
	} else {
		is(symlink("l", "s"), 0, "symlink");
		fails(symlink("l", "s"), EEXIST, "symlink twice");
		is(readlink("s", buf, sizeof(buf)), 1, "readlink");
		ok(buf[0] == 'l', "its target");
		is(lstat("s", &st), 0, "lstat");
		ok(S_ISLNK(st.st_mode), "of a link");
		ok(holds("s", "linked"), "it leads to the file");
		fails(open("s", O_RDONLY | O_NOFOLLOW), ELOOP, "O_NOFOLLOW");
		is(symlink("made", "dangling"), 0, "symlink to nothing");
		fails(open("dangling", O_RDONLY), ENOENT, "leads nowhere");
		close(open("dangling", O_WRONLY | O_CREAT, 0644));
		is(size_of("made"), 0, "O_CREAT makes its target");
		is(symlink("loop", "loop"), 0, "a link to itself");
		fails(open("loop", O_RDONLY), ELOOP, "is followed a while");
		fails(readlink("l", buf, 1), EINVAL, "readlink of a file");
		is(rename("s", "s2"), 0, "rename a link");
		ok(holds("s2", "linked"), "it still leads there");
		unlink("s2");
		unlink("dangling");
		unlink("made");
		is(unlink("loop"), 0, "unlink a link");
	}
	if ((can & CAN_LINK) == 0) {
		fails(link("l", "h"), EPERM, "link where there are none");
	} else {
		is(link("l", "h"), 0, "link");
		fails(link("l", "h"), EEXIST, "link twice");
		stat("l", &st);
		stat("h", &other);
		ok(st.st_ino == other.st_ino && other.st_nlink == 2, "two names of one file");
		is(unlink("l"), 0, "one goes");
		ok(holds("h", "linked"), "the other has the content");
		stat("h", &other);
		is(other.st_nlink, 1, "alone");
		fails(link(".", "folder"), EPERM, "link to a folder");
		is(rename("h", "l"), 0, "rename it back");
	}
	unlink("l");
}

static void test_names(void)
{
	char longest[NAME_MAX + 1], cwd[PATH_MAX], *real;
	int dir;

	memset(longest, 'n', sizeof(longest));
	longest[NAME_MAX] = '\0';
	put(longest, "long");
	ok(holds(longest, "long"), "a name of %d characters", NAME_MAX);
	unlink(longest);
	char longer[NAME_MAX + 2];
	memset(longer, 'n', sizeof(longer));
	longer[NAME_MAX + 1] = '\0';
	fails(open(longer, O_RDWR | O_CREAT, 0644), ENAMETOOLONG, "one more");
	put("sp ace", "1");
	put("\xc3\xa4\xc3\xb6.txt", "2");
	ok(holds("sp ace", "1") && holds("\xc3\xa4\xc3\xb6.txt", "2"), "blanks and UTF-8 in names");
	unlink("sp ace");
	unlink("\xc3\xa4\xc3\xb6.txt");
	put("Case", "upper");
	if ((can & CASE) != 0) {
		fails(open("case", O_RDONLY), ENOENT, "case tells names apart");
	} else {
		ok(holds("case", "upper"), "case does not tell names apart");
		is(rename("Case", "CASE"), 0, "but can be changed");
	}
	unlink((can & CASE) != 0 ? "Case" : "CASE");
	mkdir("cd", 0755);
	is(chdir("cd"), 0, "chdir");
	ok(getcwd(cwd, sizeof(cwd)) != NULL, "getcwd: %s", cwd);
	ok(strncmp(cwd, top, strlen(top)) == 0 && strcmp(cwd + strlen(top), "/cd") == 0,
	   "is right");
	put("in", "here");
	chdir("..");
	ok(holds("cd/in", "here"), "made in the current folder");
	real = realpath("cd/./../cd/in", NULL);
	ok(real != NULL && strcmp(real + strlen(top), "/cd/in") == 0, "realpath");
	free(real);
	dir = open("cd", O_RDONLY | O_DIRECTORY);
	ok(faccessat(dir, "in", R_OK, 0) == 0, "faccessat");
	is(renameat(dir, "in", AT_FDCWD, "out"), 0, "renameat");
	is(unlinkat(AT_FDCWD, "out", 0), 0, "unlinkat");
	is(mkdirat(dir, "sub", 0755), 0, "mkdirat");
	is(unlinkat(dir, "sub", AT_REMOVEDIR), 0, "unlinkat of a folder");
	fails(fsync(-1), EBADF, "fsync of nothing");
	close(dir);
	is(rmdir("cd"), 0, "rmdir");
}

static void test_locks(void)
{
	int a = make("lock", ""), b = open("lock", O_RDWR);

	is(flock(a, LOCK_EX), 0, "flock");
	fails(flock(b, LOCK_EX | LOCK_NB), EWOULDBLOCK, "another one of the same file");
	fails(flock(b, LOCK_SH | LOCK_NB), EWOULDBLOCK, "to share it");
	is(flock(a, LOCK_SH), 0, "make it a shared one");
	is(flock(b, LOCK_SH | LOCK_NB), 0, "which two can have");
	fails(flock(a, LOCK_EX | LOCK_NB), EWOULDBLOCK, "and then none alone");
	close(b);
	is(flock(a, LOCK_EX | LOCK_NB), 0, "until the other is closed");
	is(flock(a, LOCK_UN), 0, "unlock");
	fails(flock(a, 99), EINVAL, "nonsense");
	is(lockf(a, F_LOCK, 0), 0, "lockf");
	close(a);
	unlink("lock");
}

static void test_map(void)
{
	static char page[PAGE];
	int fd = make("map", "");
	char *p;

	memset(page, 'p', PAGE);
	write(fd, page, PAGE);
	write(fd, "tail", 4);
	p = mmap(NULL, PAGE + 4, PROT_READ, MAP_PRIVATE, fd, 0);
	ok(p != MAP_FAILED && p[0] == 'p' && p[PAGE] == 't' && p[PAGE + 4] == '\0',
	   "a private mapping to read, zeros behind the end");
	munmap(p, PAGE + 4);
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, PAGE);
	ok(p != MAP_FAILED && memcmp(p, "tail", 4) == 0, "the second page, to write");
	if (p != MAP_FAILED) {
		p[0] = 'T';
		munmap(p, PAGE);
	}
	is(pread(fd, page, 4, PAGE), 4, "read");
	ok(memcmp(page, "tail", 4) == 0, "what is written there is not the file's");
	fails(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 8 * PAGE) == MAP_FAILED ? -1 : 0, ENXIO,
	      "behind the end");
	fails(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED ? -1 : 0,
	      EACCES, "shared, to write");
	close(fd);
	unlink("map");
}

static void test_stdio(void)
{
	char line[64];
	FILE *f = fopen("stdio", "w+");

	ok(f != NULL, "fopen");
	is(fprintf(f, "line %d\nline %d\n", 1, 2), 14, "fprintf");
	is(fflush(f), 0, "fflush");
	rewind(f);
	ok(fgets(line, sizeof(line), f) != NULL && strcmp(line, "line 1\n") == 0, "fgets");
	is(fclose(f), 0, "fclose");
	f = fopen("stdio", "a");
	ok(f != NULL && fputs("line 3\n", f) >= 0 && fclose(f) == 0, "append");
	ok(holds("stdio", "line 1\nline 2\nline 3\n"), "what is in it");
	is(remove("stdio"), 0, "remove");
	char name[] = "tempXXXXXX";
	int fd = mkstemp(name);
	ok(fd >= 0 && strcmp(name, "tempXXXXXX") != 0, "mkstemp");
	close(fd);
	unlink(name);
	is(remove("none") == -1 ? errno : 0, ENOENT, "remove nothing");
}

static void test_sync(void)
{
	int fd = open("s", O_WRONLY | O_CREAT | O_SYNC, 0644);

	is(write(fd, "synced", 6), 6, "O_SYNC");
	is(fdatasync(fd), 0, "fdatasync");
	is(syncfs(fd), 0, "syncfs");
	sync();
	close(fd);
	ok(holds("s", "synced"), "its content");
	unlink("s");
}

void suite(const char *dir, unsigned what)
{
	bool dots;

	can = what;
	top = dir;
	diag("# in %s", dir);
	if (!ok(chdir(dir) == 0, "chdir to %s", dir)) {
		return;
	}
	is(count_entries(".", &dots), 0, "it is empty");
	test_open();
	test_write();
	test_large();
	test_truncate();
	test_folders();
	test_readdir_changes();
	test_rename();
	test_unlinked();
	test_attributes();
	test_links();
	test_names();
	test_locks();
	test_map();
	test_stdio();
	test_sync();
	is(count_entries(".", &dots), 0, "%s is empty again", dir);
	chdir("/");
}
