/* SPDX-License-Identifier: MIT */
/* A file system from a folder: the same folder makes the same image. */
#define _GNU_SOURCE
#include "image.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR_SIZE  512U
#define DEFAULT_TIME 315532800LL /* 1980-01-01 */

static struct {
	struct image *im;
	int64_t time;
	uint64_t ino;
} made;

static void made_or_die(int r, const char *path)
{
	if (r < 0) {
		die("%s: %s", path, lfs_reason(r));
	}
}

static void pack(uint32_t mode, uint8_t packed[LFS_ATTR_SIZE])
{
	struct lfs_attr a = { .mode = mode,
			      .ino = made.ino++,
			      .mtime = made.time,
			      .ctime = made.time,
			      .atime = made.time };

	lfs_attr_pack(&a, packed);
}

static void put_file(const char *from, const char *to, uint32_t mode)
{
	static char buf[65536];
	uint8_t packed[LFS_ATTR_SIZE];
	struct lfs2_attr attr = { LFS_ATTR, packed, sizeof(packed) };
	struct lfs2_file_config fc = { .attrs = &attr, .attr_count = 1 };
	lfs2_t *l = &made.im->lfs;
	int fd = open(from, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf));
	lfs2_file_t f;

	pack(mode, packed);
	if (n >= 0 && (size_t)n <= l->inline_max) {
		made_or_die(lfs2_create(l, to, buf, (lfs2_size_t)n, &attr, 1), to);
		close(fd);
		return;
	}
	made_or_die(lfs2_file_opencfg(l, &f, to, LFS2_O_WRONLY | LFS2_O_CREAT | LFS2_O_EXCL, &fc),
		    to);
	for (; n > 0; n = read(fd, buf, sizeof(buf))) {
		made_or_die(lfs2_file_write(l, &f, buf, (lfs2_size_t)n), to);
	}
	if (n < 0) {
		die("%s: %s", from, strerror(errno));
	}
	close(fd);
	made_or_die(lfs2_file_close(l, &f), to);
}

static void put_link(const char *from, const char *to)
{
	char target[1024];
	uint8_t packed[LFS_ATTR_SIZE];
	struct lfs2_attr attr = { LFS_ATTR, packed, sizeof(packed) };
	ssize_t n = readlink(from, target, sizeof(target));

	if (n < 0) {
		die("%s: %s", from, strerror(errno));
	}
	pack(S_IFLNK | 0777, packed);
	made_or_die(lfs2_create(&made.im->lfs, to, target, (lfs2_size_t)n, &attr, 1), to);
}

static void put_folder(const char *from, const char *to);

static void put(const char *from, const char *to)
{
	uint8_t packed[LFS_ATTR_SIZE];
	struct lfs2_attr attr = { LFS_ATTR, packed, sizeof(packed) };
	struct stat st;

	if (lstat(from, &st) != 0) {
		die("%s: %s", from, strerror(errno));
	}
	if (S_ISREG(st.st_mode)) {
		put_file(from, to, S_IFREG | (st.st_mode & 07777));
	} else if (S_ISLNK(st.st_mode)) {
		put_link(from, to);
	} else if (S_ISDIR(st.st_mode)) {
		pack(S_IFDIR | (st.st_mode & 07777), packed);
		made_or_die(lfs2_mkdirattr(&made.im->lfs, to, &attr, 1), to);
		put_folder(from, to);
	} else {
		die("%s: neither a file nor a folder nor a link", from);
	}
}

static int not_dots(const struct dirent *d)
{
	return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void put_folder(const char *from, const char *to)
{
	struct dirent **names;
	int n = scandir(from, &names, not_dots, by_bytes);

	if (n < 0) {
		die("%s: %s", from, strerror(errno));
	}
	for (int i = 0; i < n; i++) {
		char *below, *there;

		if (asprintf(&below, "%s/%s", from, names[i]->d_name) < 0 ||
		    asprintf(&there, "%s%s%s", to, to[0] == '\0' ? "" : "/", names[i]->d_name) <
			    0) {
			die("no memory");
		}
		put(below, there);
		free(below);
		free(there);
		free(names[i]);
	}
	free(names);
}

/* 8-4-4-4-12 digits, or from the label, so that the same call makes the same. */
static void make_uuid(const char *text, const char *label, uint8_t uuid[16])
{
	uint64_t h[2] = { lfs_hash(label, strlen(label)), 0 };
	int n = 0;

	if (text == NULL) {
		h[1] = lfs_hash(&h[0], 8);
		memcpy(uuid, h, 16);
		uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x80);
		uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
		return;
	}
	for (const char *p = text; *p != '\0' && n < 32; p++) {
		unsigned v;

		if (*p == '-') {
			continue;
		}
		if (sscanf(p, "%1x", &v) != 1) {
			die("%s: not a UUID", text);
		}
		uuid[n / 2] = (uint8_t)(uuid[n / 2] << 4 | v);
		n++;
	}
	if (n != 32) {
		die("%s: not a UUID", text);
	}
}

int create(struct image *im, const char *folder, const char *label, const char *uuid,
	   uint32_t block_size)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	uint8_t id[16] = { 0 };
	int r;

	if (block_size == 0) {
		block_size = lfs_block_size(im->size, SECTOR_SIZE);
	}
	if (im->size / block_size < 8) {
		die("%s: too small", im->name);
	}
	made.im = im;
	made.time = (epoch != NULL ? strtoll(epoch, NULL, 10) : DEFAULT_TIME) * 1000000000LL;
	made.ino = LFS_INO_ROOT + 1;
	image_configure(im, block_size, (uint32_t)(im->size / block_size));
	r = lfs2_format(&im->lfs, &im->cfg);
	made_or_die(r == 0 ? lfs2_mount(&im->lfs, &im->cfg) : r, im->name);
	make_uuid(uuid, label, id);
	made_or_die(lfs2_setattr(&im->lfs, "/", LFS_ATTR_UUID, id, sizeof(id)), "/");
	if (label[0] != '\0') {
		made_or_die(lfs2_setattr(&im->lfs, "/", LFS_ATTR_LABEL, label,
					 (lfs2_size_t)strnlen(label, LFS_LABEL_MAX)),
			    "/");
	}
	if (folder != NULL) {
		put_folder(folder, "");
	}
	lfs2_unmount(&im->lfs);
	if (fsync(im->fd) != 0) {
		die("%s: %s", im->name, strerror(errno));
	}
	return 0;
}
