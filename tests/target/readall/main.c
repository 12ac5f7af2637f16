/* SPDX-License-Identifier: MIT */
/* readall FOLDER: a line for each name below it, in no order: its kind, permissions, links, size, time of change and sum
 * (FNV-1a, 64 bits) of its content or target. Also for the host. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BASIS 0xCBF29CE484222325U
#define PRIME 0x100000001B3U

static int failed;

static void wrong(const char *path, const char *what)
{
	printf("%s: %s: %s\n", path, what, strerror(errno));
	failed = 1;
}

static uint64_t add(uint64_t sum, const char *p, ssize_t n)
{
	for (ssize_t i = 0; i < n; i++) {
		sum = (sum ^ (uint8_t)p[i]) * PRIME;
	}
	return sum;
}

static uint64_t content(const char *path)
{
	static char buf[65536];
	uint64_t sum = BASIS;
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0) {
		wrong(path, "open");
		return 0;
	}
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		sum = add(sum, buf, n);
	}
	if (n < 0) {
		wrong(path, "read");
	}
	close(fd);
	return sum;
}

static uint64_t target(const char *path)
{
	char buf[4096];
	ssize_t n = readlink(path, buf, sizeof(buf));

	if (n < 0) {
		wrong(path, "readlink");
	}
	return add(BASIS, buf, n);
}

static void list(const char *path, size_t skip);

static void show(const char *path, size_t skip)
{
	uint64_t sum = 0;
	struct stat st;

	if (lstat(path, &st) != 0) {
		wrong(path, "lstat");
		return;
	}
	if (S_ISREG(st.st_mode)) {
		sum = content(path);
	} else if (S_ISLNK(st.st_mode)) {
		sum = target(path);
	}
	/* What a folder's links and size are is the file system's. */
	printf("- %o %d %lld %lld %016llx %s\n", (unsigned)st.st_mode,
	       S_ISDIR(st.st_mode) ? 0 : (int)st.st_nlink,
	       S_ISDIR(st.st_mode) ? 0LL : (long long)st.st_size, (long long)st.st_mtime,
	       (unsigned long long)sum, path + skip);
	if (S_ISDIR(st.st_mode)) {
		list(path, skip);
	}
}

static void list(const char *path, size_t skip)
{
	DIR *d = opendir(path);
	struct dirent *e;

	if (d == NULL) {
		wrong(path, "opendir");
		return;
	}
	while (errno = 0, (e = readdir(d)) != NULL) {
		char *inner = malloc(strlen(path) + strlen(e->d_name) + 2);

		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
		    strcmp(e->d_name, "lost+found") != 0) {
			sprintf(inner, "%s/%s", path, e->d_name);
			show(inner, skip);
		}
		free(inner);
	}
	if (errno != 0) {
		wrong(path, "readdir");
	}
	closedir(d);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		list(argv[i], strlen(argv[i]) + 1);
	}
	printf("end\n");
	return failed;
}
