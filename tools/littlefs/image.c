/* SPDX-License-Identifier: MIT */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR	  512U
#define BLOCK_MAX (1U << 22)
#define DEEPEST	  200 /* folders in folders; more is a folder in itself */

int complaints;

void complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("lfs: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	complaints++;
}

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("lfs: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

const char *lfs_reason(int error)
{
	return error == LFS2_ERR_CORRUPT ? "damaged" : strerror(-error);
}

/* --- the device ------------------------------------------------------------------------------------ */

static off_t place(const struct lfs2_config *c, lfs2_block_t block, lfs2_off_t off)
{
	const struct image *im = c->context;

	return (off_t)(im->offset + (uint64_t)block * c->block_size + off);
}

static int dev_read(const struct lfs2_config *c, lfs2_block_t block, lfs2_off_t off, void *buf,
		    lfs2_size_t n)
{
	const struct image *im = c->context;

	return pread(im->fd, buf, n, place(c, block, off)) == (ssize_t)n ? 0 : LFS2_ERR_IO;
}

static int dev_prog(const struct lfs2_config *c, lfs2_block_t block, lfs2_off_t off,
		    const void *buf, lfs2_size_t n)
{
	const struct image *im = c->context;

	return pwrite(im->fd, buf, n, place(c, block, off)) == (ssize_t)n ? 0 : LFS2_ERR_IO;
}

static int dev_erase(const struct lfs2_config *c, lfs2_block_t block)
{
	(void)c, (void)block;
	return 0;
}

static int dev_sync(const struct lfs2_config *c)
{
	(void)c;
	return 0;
}

void image_configure(struct image *im, uint32_t block_size, uint32_t blocks)
{
	struct lfs2_config *c = &im->cfg;

	memset(c, 0, sizeof(*c));
	c->context = im;
	c->read = dev_read;
	c->prog = dev_prog;
	c->erase = dev_erase;
	c->sync = dev_sync;
	c->block_size = block_size;
	c->block_count = blocks;
	c->block_cycles = -1;
	c->cache_size = block_size % 4096 == 0 ? 4096 : block_size;
	c->read_size = SECTOR;
	c->prog_size = SECTOR;
	c->lookahead_size = (blocks / 8 + 8) & ~7U;
}

/* --- where it is ----------------------------------------------------------------------------------- */

static void read_at(struct image *im, uint64_t at, void *buf, size_t n)
{
	if (pread(im->fd, buf, n, (off_t)at) != (ssize_t)n) {
		die("%s: cannot read %zu bytes at %llu", im->name, n, (unsigned long long)at);
	}
}

/* An entry's name, UTF-16, is @name? (ASCII only.) */
static bool has_name(const uint8_t *entry, const char *name)
{
	size_t i;

	for (i = 0; i < 36 && name[i] != '\0'; i++) {
		if (entry[56 + 2 * i] != (uint8_t)name[i] || entry[57 + 2 * i] != 0) {
			return false;
		}
	}
	return name[i] == '\0' && (i == 36 || (entry[56 + 2 * i] == 0 && entry[57 + 2 * i] == 0));
}

static void find_partition(struct image *im, const char *part)
{
	static const uint8_t none[16];
	uint8_t h[92], entry[128];
	char *end;
	unsigned long number = strtoul(part, &end, 10);
	uint64_t table, count;
	uint32_t size;

	read_at(im, SECTOR, h, sizeof(h));
	size = (uint32_t)lfs_take(h + 84, 4);
	if (memcmp(h, "EFI PART", 8) != 0 || size < sizeof(entry) || size > 4096) {
		die("%s: there is no GPT", im->name);
	}
	table = lfs_take(h + 72, 8);
	count = lfs_take(h + 80, 4);
	for (uint64_t i = 0; i < count && i < 1024; i++) {
		read_at(im, table * SECTOR + i * size, entry, sizeof(entry));
		if (memcmp(entry, none, 16) != 0 &&
		    ((*end == '\0' && number == i + 1) || has_name(entry, part))) {
			uint64_t first = lfs_take(entry + 32, 8), last = lfs_take(entry + 40, 8);

			if (last < first || last >= im->size / SECTOR) {
				die("%s: partition %s is not inside", im->name, part);
			}
			im->offset = first * SECTOR;
			im->size = (last - first + 1) * SECTOR;
			return;
		}
	}
	die("%s: there is no partition %s", im->name, part);
}

void image_open(struct image *im, const char *name, uint64_t offset, const char *part, bool write)
{
	struct stat st;

	memset(im, 0, sizeof(*im));
	im->name = name;
	im->fd = open(name, write ? O_RDWR : O_RDONLY);
	if (im->fd < 0 || fstat(im->fd, &st) != 0) {
		die("%s: %s", name, strerror(errno));
	}
	im->size = (uint64_t)lseek(im->fd, 0, SEEK_END);
	if (offset > im->size) {
		die("%s: it ends before %llu", name, (unsigned long long)offset);
	}
	im->offset = offset;
	im->size -= offset;
	if (part != NULL) {
		find_partition(im, part);
	}
}

/* As fs/littlefs_dev.c does: block 0 tells the block size, or block 1, wherever that begins. */
static bool probe(struct image *im, uint64_t at, uint32_t want, lfs2_superblock_t *sb)
{
	const struct lfs2_attr attrs[] = { { LFS_ATTR_LABEL, im->label, LFS_LABEL_MAX },
					   { LFS_ATTR_UUID, im->uuid, sizeof(im->uuid) } };
	uint8_t head[28];
	uint32_t size;

	if (at + sizeof(head) > im->size) {
		return false;
	}
	read_at(im, im->offset + at, head, sizeof(head));
	size = (uint32_t)lfs_take(head + 24, 4);
	if (memcmp(head + 8, "littlefs", 8) != 0 || size < SECTOR || size % SECTOR != 0 ||
	    size > BLOCK_MAX || 2 * (uint64_t)size > im->size || (want != 0 && size != want)) {
		return false;
	}
	image_configure(im, size, (uint32_t)(im->size / size));
	return lfs2_probe(&im->lfs, &im->cfg, sb, attrs, 2) == 0 && sb->block_size == size;
}

void image_mount(struct image *im)
{
	lfs2_superblock_t sb;
	bool found = probe(im, 0, 0, &sb);
	int r;

	for (uint32_t at = SECTOR; !found && at <= BLOCK_MAX; at *= 2) {
		found = probe(im, at, at, &sb);
	}
	if (!found) {
		die("%s: there is no littlefs", im->name);
	}
	if (sb.block_count < 2 || (uint64_t)sb.block_count * sb.block_size > im->size) {
		die("%s: made for %u blocks of %u bytes, more than there are", im->name,
		    sb.block_count, sb.block_size);
	}
	image_configure(im, sb.block_size, sb.block_count);
	r = lfs2_mount(&im->lfs, &im->cfg);
	if (r != 0) {
		die("%s: cannot be mounted: %s", im->name, lfs_reason(r));
	}
}

/* --- what is in it --------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted; -1: it cannot be read. */
static int names_of(struct image *im, const char *path, char ***out)
{
	struct lfs2_info info;
	lfs2_dir_t d;
	int n = 0, r = lfs2_dir_open(&im->lfs, &d, path);

	*out = NULL;
	if (r != 0) {
		complain("%s: %s", path, lfs_reason(r));
		return -1;
	}
	while ((r = lfs2_dir_read(&im->lfs, &d, &info)) > 0 && n < 1000000) {
		if (d.pos <= 2) {
			continue;
		}
		if (strchr(info.name, '/') != NULL || info.name[0] == '\0' ||
		    strcmp(info.name, ".") == 0 || strcmp(info.name, "..") == 0) {
			complain("%s: a name that no path leads to: \"%s\"", path, info.name);
			continue;
		}
		*out = realloc(*out, (size_t)(n + 1) * sizeof(**out));
		(*out)[n++] = strdup(info.name);
	}
	if (r != 0) {
		complain("%s: %s", path, r > 0 ? "names without end" : lfs_reason(r));
	}
	lfs2_dir_close(&im->lfs, &d);
	qsort(*out, (size_t)n, sizeof(**out), by_name);
	return n;
}

static bool read_entry(struct image *im, struct entry *e)
{
	uint8_t packed[LFS_ATTR_SIZE];
	struct lfs2_entry le = { .data = e->target, .data_size = sizeof(e->target) - 1 };
	uint32_t type;
	int r;

	le.attr = (struct lfs2_attr){ LFS_ATTR, packed, sizeof(packed) };
	memset(e->target, 0, sizeof(e->target));
	r = lfs2_entry(&im->lfs, e->path, &le);
	if (r != 0) {
		complain("%s: %s", e->path, lfs_reason(r));
		return false;
	}
	type = le.type == LFS2_TYPE_DIR ? S_IFDIR : S_IFREG;
	e->size = le.size;
	e->attributed = lfs_attr_unpack(&e->a, packed, le.attr_size);
	if (!e->attributed) {
		memset(&e->a, 0, sizeof(e->a));
		e->a.mode = type == S_IFDIR ? 0755 : 0644;
	} else if (type == S_IFREG && S_ISLNK(e->a.mode) && le.isinline) {
		type = S_IFLNK;
	}
	e->a.mode = type | (e->a.mode & 07777);
	return true;
}

static void walk_in(struct image *im, const char *path, int depth,
		    void (*fn)(struct image *im, struct entry *e, void *arg), void *arg)
{
	char **names;
	int n = names_of(im, path[0] == '\0' ? "/" : path, &names);
	struct entry *e = malloc(sizeof(*e));

	for (int i = 0; i < n; i++) {
		int len = snprintf(e->path, sizeof(e->path), "%s%s%s", path,
				   path[0] == '\0' ? "" : "/", names[i]);

		if (len >= (int)sizeof(e->path) || depth > DEEPEST) {
			complain("%s: too deep", path);
			break;
		}
		if (read_entry(im, e)) {
			fn(im, e, arg);
			if (S_ISDIR(e->a.mode)) {
				walk_in(im, e->path, depth + 1, fn, arg);
			}
		}
	}
	while (n > 0) {
		free(names[--n]);
	}
	free(names);
	free(e);
}

void walk(struct image *im, const char *path,
	  void (*fn)(struct image *im, struct entry *e, void *arg), void *arg)
{
	walk_in(im, path, 0, fn, arg);
}
