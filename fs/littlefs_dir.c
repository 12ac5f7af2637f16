/* SPDX-License-Identifier: MIT */
/* Reading a folder. All its names are read at once, in the order of a hash of the name, which is also what telldir()
 * shows: so an entry that stays is given exactly once, whatever comes and goes meanwhile, and a place that was told
 * stays the same place after another opendir(). */
#include "littlefs.h"

#include <dirent.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <string.h>
#include <sys/stat.h>

#define FIRST_POS 2 /* behind "." and ".." */

struct entry {
	uint64_t key, ino;
	uint32_t name; /* offset in names */
	uint32_t mode;
};

struct cursor {
	struct entry *e;
	size_t n, max, at;
	char *names;
	size_t bytes, room;
};

static uint64_t key_of(const char *name, size_t len)
{
	uint64_t key = lfs_hash(name, len) >> 2;

	return key < FIRST_POS ? FIRST_POS : key;
}

static int grow(void **p, size_t *max, size_t want, size_t size)
{
	size_t n = *max == 0 ? 64 : *max;
	void *q;

	while (n < want) {
		n *= 2;
	}
	if (n == *max) {
		return 0;
	}
	q = krealloc(*p, n * size);
	if (q == NULL) {
		return -ENOMEM;
	}
	*p = q;
	*max = n;
	return 0;
}

static bool sane(const char *name, size_t len)
{
	return len > 0 && memchr(name, '/', len) == NULL && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

static int add(struct cursor *c, lfs2_t *l, lfs2_dir_t *d, const struct lfs2_info *info,
	       const char *path)
{
	size_t len = strlen(info->name);
	uint8_t packed[LFS_ATTR_SIZE];
	struct lfs_attr a;
	struct entry *e;
	int r;

	if (!sane(info->name, len)) {
		return 0; /* no path leads there */
	}
	r = grow((void **)&c->e, &c->max, c->n + 1, sizeof(*c->e));
	if (r == 0) {
		r = grow((void **)&c->names, &c->room, c->bytes + len + 1, 1);
	}
	if (r != 0) {
		return r;
	}
	e = &c->e[c->n++];
	e->key = key_of(info->name, len);
	e->name = (uint32_t)c->bytes;
	if (!lfs_attr_unpack(&a, packed, lfs2_dir_attr(l, d, LFS_ATTR, packed, sizeof(packed)))) {
		a.mode = 0;
		a.ino = lfs_ino_by_path(path, info->name);
	}
	e->ino = a.ino;
	e->mode = info->type == LFS2_TYPE_DIR ? S_IFDIR : S_ISLNK(a.mode) ? S_IFLNK : S_IFREG;
	memcpy(c->names + c->bytes, info->name, len + 1);
	c->bytes += len + 1;
	return 0;
}

/* A list of blocks that bites its tail gives names for ever: count the blocks. */
static int read_all(struct lfs_fs *fs, lfs2_dir_t *d, struct cursor *c)
{
	struct lfs2_info info;
	lfs2_block_t at = LFS_NONE, left = fs->lfs.block_count;
	int r;

	while ((r = lfs2_dir_read(&fs->lfs, d, &info)) > 0) {
		if (d->m.pair[0] != at) {
			at = d->m.pair[0];
			if (left-- == 0) {
				return LFS2_ERR_CORRUPT;
			}
		}
		r = d->pos <= FIRST_POS ? 0 : add(c, &fs->lfs, d, &info, fs->path);
		if (r != 0) {
			return LFS2_ERR_NOMEM;
		}
	}
	return r;
}

static bool before(const struct cursor *c, const struct entry *a, const struct entry *b)
{
	return a->key != b->key ? a->key < b->key
				: strcmp(c->names + a->name, c->names + b->name) < 0;
}

static void sift(struct cursor *c, size_t at, size_t n)
{
	struct entry moved = c->e[at];
	size_t child;

	while ((child = 2 * at + 1) < n) {
		child += child + 1 < n && before(c, &c->e[child], &c->e[child + 1]);
		if (!before(c, &moved, &c->e[child])) {
			break;
		}
		c->e[at] = c->e[child];
		at = child;
	}
	c->e[at] = moved;
}

static void sort(struct cursor *c)
{
	for (size_t i = c->n / 2; i > 0; i--) {
		sift(c, i - 1, c->n);
	}
	for (size_t n = c->n; n > 1; n--) {
		struct entry last = c->e[n - 1];

		c->e[n - 1] = c->e[0];
		c->e[0] = last;
		sift(c, 0, n - 1);
	}
}

static void free_cursor(struct cursor *c)
{
	kfree(c->e);
	kfree(c->names);
	kfree(c);
}

static int open_dir(struct vnode *dir, off_t pos, struct cursor **out)
{
	struct lfs_fs *fs = lfs_of(dir->mount);
	struct cursor *c = kzalloc(sizeof(*c));
	lfs2_dir_t d;
	int r;

	if (c == NULL) {
		return -ENOMEM;
	}
	r = lfs_path(dir, fs->path);
	if (r == 0) {
		lfs_begin(fs);
		r = lfs2_dir_open(&fs->lfs, &d, fs->path);
		if (r == 0) {
			r = read_all(fs, &d, c);
			lfs2_dir_close(&fs->lfs, &d);
		}
		r = lfs_end(fs, r);
	}
	if (r != 0) {
		free_cursor(c);
		return r;
	}
	sort(c);
	while (c->at < c->n && c->e[c->at].key < (uint64_t)pos) {
		c->at++;
	}
	*out = c;
	return 0;
}

int lfs_readdir(struct vnode *dir, struct dir_pos *pos, struct dirent *d)
{
	struct cursor *c = pos->fs;
	const struct entry *e;
	int r;

	if (c == NULL) {
		r = open_dir(dir, pos->pos, &c);
		if (r != 0) {
			return r;
		}
		pos->fs = c;
	}
	if (c->at == c->n) {
		return 0;
	}
	e = &c->e[c->at++];
	pos->pos = (off_t)(e->key + 1);
	d->d_ino = (ino_t)e->ino;
	d->d_type = (unsigned char)IFTODT(e->mode);
	strcpy(d->d_name, c->names + e->name);
	return 1;
}

void lfs_closedir(struct vnode *dir, struct dir_pos *pos)
{
	(void)dir;
	if (pos->fs != NULL) {
		free_cursor(pos->fs);
		pos->fs = NULL;
	}
}
