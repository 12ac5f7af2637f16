/* SPDX-License-Identifier: MIT */
/* Files packed by `files :=`: open, read, seek, stat, folders, the errors that POSIX wants; and
 * descriptors: dup, fcntl, exhaustion. */
#include "../tap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define BIG_SIZE 32768 /* data/big.txt: 4096 lines of eight bytes, each its number */

static void test_read(void)
{
	char buf[32];
	int fd = open("/data/short.txt", O_RDONLY);

	ok(fd >= 3, "open gives a descriptor behind the console's");
	is(read(fd, buf, 10), 10, "read");
	ok(memcmp(buf, "0123456789", 10) == 0, "its bytes");
	is(read(fd, buf, sizeof(buf)), 6, "read up to the end");
	is(read(fd, buf, sizeof(buf)), 0, "read at the end");
	is(lseek(fd, -4, SEEK_END), 12, "lseek from the end");
	is(read(fd, buf, sizeof(buf)), 4, "what is left there");
	is(lseek(fd, 3, SEEK_SET), 3, "lseek from the start");
	is(lseek(fd, 2, SEEK_CUR), 5, "lseek from here");
	is(pread(fd, buf, 3, 10), 3, "pread");
	ok(memcmp(buf, "abc", 3) == 0 && lseek(fd, 0, SEEK_CUR) == 5,
	   "it leaves the position alone");
	fails(lseek(fd, -1, SEEK_SET), EINVAL, "lseek before the start");
	fails(lseek(fd, 0, 99), EINVAL, "lseek from nowhere");
	fails(write(fd, "x", 1), EBADF, "write to a descriptor for reading");
	is(close(fd), 0, "close");
	fails(read(fd, buf, 1), EBADF, "read after close");
	fails(close(fd), EBADF, "close twice");
	fails(read(-1, buf, 1), EBADF, "read from -1");
	fails(read(1 << 20, buf, 1), EBADF, "read from a number far too high");
}

static void test_big(void)
{
	static char buf[5000];
	int fd = open("/data/big.txt", O_RDONLY);
	long total = 0, wrong = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			long line = (total + i) / 8, digit = (total + i) % 8;

			if (digit == 6) {
				wrong += buf[i] != '0' + line % 10;
			}
		}
		total += n;
	}
	is(total, BIG_SIZE, "a file of many pages, in odd pieces");
	is(wrong, 0, "its bytes");
	close(fd);
}

static void test_vectors(void)
{
	char a[4], b[8], c[100];
	const struct iovec v[] = { { a, 4 }, { b, 0 }, { b, 8 }, { c, 100 } };
	int fd = open("/data/short.txt", O_RDONLY);

	is(readv(fd, v, 4), 16, "readv");
	ok(memcmp(a, "0123", 4) == 0 && memcmp(b, "456789ab", 8) == 0 && memcmp(c, "cdef", 4) == 0,
	   "into each part");
	fails(readv(fd, v, -1), EINVAL, "fewer than no parts");
	close(fd);
}

static void test_open_errors(void)
{
	fails(open("/data/none", O_RDONLY), ENOENT, "no such file");
	fails(open("", O_RDONLY), ENOENT, "no name");
	fails(open("/data/short.txt/x", O_RDONLY), ENOTDIR, "a file is no folder");
	fails(open("/data/short.txt", O_WRONLY), EROFS, "writing");
	fails(open("/data/short.txt", O_RDWR), EROFS, "reading and writing");
	fails(open("/data/new", O_WRONLY | O_CREAT, 0644), EROFS, "making a file");
	fails(open("/data/short.txt", O_RDONLY | O_DIRECTORY), ENOTDIR, "a file as a folder");
	fails(open("/data", O_WRONLY), EISDIR, "a folder to write");
	fails(mkdir("/data/d", 0755), EROFS, "mkdir");
	fails(unlink("/data/short.txt"), EROFS, "unlink");
	fails(rename("/data/short.txt", "/data/b"), EROFS, "rename");
	fails(access("/data/none", F_OK), ENOENT, "access to what is not there");
	is(access("/data/short.txt", R_OK), 0, "access to what is");
}

static void test_stat(void)
{
	struct stat st, st2;
	int fd = open("/data/short.txt", O_RDONLY);

	is(stat("/data/short.txt", &st), 0, "stat");
	ok(S_ISREG(st.st_mode) && st.st_size == 16 && (st.st_mode & 0777) == 0644,
	   "kind, size, mode");
	is(fstat(fd, &st2), 0, "fstat");
	ok(st2.st_size == 16 && st2.st_ino == st.st_ino && st2.st_dev == st.st_dev,
	   "the same file");
	close(fd);
	ok(stat("/data/empty", &st) == 0 && st.st_size == 0, "an empty file");
	ok(stat("/data", &st) == 0 && S_ISDIR(st.st_mode), "a folder");
	ok(stat("/", &st) == 0 && S_ISDIR(st.st_mode), "the root");
	fails(stat("/data/none", &st), ENOENT, "stat of nothing");
	ok(stat("/data/./sub/../short.txt", &st) == 0 && st.st_size == 16, "dots in a path");
	ok(stat("//data//short.txt", &st) == 0 && st.st_size == 16, "double slashes");
}

static void test_folder(void)
{
	DIR *d = opendir("/data");
	struct dirent *e;
	unsigned seen = 0, n = 0;

	if (!ok(d != NULL, "opendir")) {
		return;
	}
	while ((e = readdir(d)) != NULL) {
		n++;
		seen |= strcmp(e->d_name, "short.txt") == 0 ? 1u : 0;
		seen |= strcmp(e->d_name, "empty") == 0 ? 2u : 0;
		seen |= strcmp(e->d_name, "sub") == 0 && e->d_type == DT_DIR ? 4u : 0;
		seen |= strcmp(e->d_name, "big.txt") == 0 && e->d_type == DT_REG ? 8u : 0;
		n -= strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
	}
	ok(seen == 15 && n == 4, "every entry once (%u, %x)", n, seen);
	rewinddir(d);
	ok(readdir(d) != NULL, "rewinddir");
	is(closedir(d), 0, "closedir");
	errno = 0;
	ok(opendir("/data/none") == NULL && errno == ENOENT, "no such folder");
	errno = 0;
	ok(opendir("/data/short.txt") == NULL && errno == ENOTDIR, "a file is no folder");
}

static void test_working_folder(void)
{
	char path[64];
	int dir, fd;

	is(chdir("/data/sub"), 0, "chdir");
	ok(getcwd(path, sizeof(path)) != NULL && strcmp(path, "/data/sub") == 0, "getcwd");
	fd = open("deep.txt", O_RDONLY);
	ok(fd >= 0, "a relative path");
	close(fd);
	dir = open("/data", O_RDONLY | O_DIRECTORY);
	fd = openat(dir, "sub/deep.txt", O_RDONLY);
	ok(fd >= 0, "openat() below an open folder");
	close(fd);
	fails(openat(dir, "none", O_RDONLY), ENOENT, "openat() of nothing there");
	fails(openat(99, "sub/deep.txt", O_RDONLY), EBADF, "openat() below what is not open");
	fd = openat(dir, "/data/sub/deep.txt", O_RDONLY);
	ok(dir >= 0 && fd >= 0, "openat() of a full path");
	close(fd);
	close(dir);
	fails(chdir("/none"), ENOENT, "chdir to nowhere");
	is(chdir("/"), 0, "and back");
}

static void test_dup(void)
{
	char c;
	int fd = open("/data/short.txt", O_RDONLY), other = dup(fd);

	ok(other > fd, "dup gives the lowest free number");
	read(fd, &c, 1);
	ok(read(other, &c, 1) == 1 && c == '1', "both share the position");
	is(dup2(fd, 20), 20, "dup2 to a number");
	is(dup2(fd, fd), fd, "dup2 to itself");
	fails(dup2(50, 51), EBADF, "dup2 of nothing");
	fails(dup2(fd, -1), EBADF, "dup2 to -1");
	is(close(fd), 0, "close one");
	ok(read(20, &c, 1) == 1 && c == '2', "the others live on");
	is(fcntl(20, F_DUPFD, 30), 30, "F_DUPFD");
	is(fcntl(20, F_GETFD), 0, "not close-on-exec");
	is(fcntl(20, F_SETFD, FD_CLOEXEC), 0, "F_SETFD");
	is(fcntl(20, F_GETFD), FD_CLOEXEC, "F_GETFD");
	is(fcntl(20, F_GETFL) & O_ACCMODE, O_RDONLY, "F_GETFL");
	is(fcntl(20, F_SETFL, O_NONBLOCK), 0, "F_SETFL");
	ok(fcntl(20, F_GETFL) & O_NONBLOCK, "is kept");
	fails(fcntl(20, 9999), EINVAL, "an unknown command");
	fails(fcntl(77, F_GETFD), EBADF, "fcntl of nothing");
	close(other);
	close(20);
	close(30);
}

static void test_exhaustion(void)
{
	int first = -1, fd, n = 0;

	while ((fd = open("/data/short.txt", O_RDONLY)) >= 0) {
		first = first < 0 ? fd : first;
		n++;
	}
	is(errno, EMFILE, "descriptors end with EMFILE (after %d)", n);
	fails(dup(first), EMFILE, "dup as well");
	for (fd = first; fd < first + n; fd++) {
		close(fd);
	}
	fd = open("/data/short.txt", O_RDONLY);
	is(fd, first, "after that the lowest is free again");
	close(fd);
}

static void test_map(void)
{
	int fd = open("/data/big.txt", O_RDONLY);
	char *p = mmap(NULL, BIG_SIZE, PROT_READ, MAP_PRIVATE, fd, 0);

	ok(p != MAP_FAILED && memcmp(p + 8, "0000001\n", 8) == 0, "mmap of a file");
	is(munmap(p, BIG_SIZE), 0, "munmap");
	close(fd);
	p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ok(p != MAP_FAILED && p[0] == 0 && p[65535] == 0, "anonymous memory is zero");
	p[65535] = 1;
	is(munmap(p, 65536), 0, "munmap of it");
}

static void test_devices(void)
{
	char c[4] = "abc";
	int fd = open("/dev/null", O_RDWR);

	ok(fd >= 0 && write(fd, c, 3) == 3 && read(fd, c, 3) == 0, "/dev/null");
	close(fd);
	fd = open("/dev/zero", O_RDONLY);
	ok(fd >= 0 && read(fd, c, 3) == 3 && c[0] == 0 && c[2] == 0, "/dev/zero");
	close(fd);
	fd = open("/dev/urandom", O_RDONLY);
	is(read(fd, c, 4), 4, "/dev/urandom");
	close(fd);
}

int main(void)
{
	test_read();
	test_big();
	test_vectors();
	test_open_errors();
	test_stat();
	test_folder();
	test_working_folder();
	test_dup();
	test_exhaustion();
	test_map();
	test_devices();
	return tap_done();
}
