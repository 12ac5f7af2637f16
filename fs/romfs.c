/* SPDX-License-Identifier: MIT */
/* The read-only tree: nodes that point into the archives, found by a hash of parent and name.
 * One pass over each archive's headers at boot makes it; contents stay where they are. */
#include "romfs.h"

#include "names.h"

#include <errno.h>
#include <fs/cpio.h>
#include <fs/vfs.h>
#include <kernel/alloc.h>
#include <kernel/fdt.h>
#include <kernel/log.h>
#include <kernel/page.h>
#include <kernel/pagetable.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_LINKS   8 /* of a path; also bounds the recursion */
#define MAX_PATH    4096
#define MAX_NAME    255 /* what struct dirent holds */
#define MIN_BUCKETS 16
#define GZIP_MAGIC  "\x1f\x8b"

extern const char romfs_start[], romfs_end[]; /* kernel/image.lds.h */

static struct node *first_buckets[MIN_BUCKETS];

static struct {
	struct node root;
	struct node **buckets;
	uint32_t mask;	/* number of buckets - 1 */
	uint32_t count; /* nodes made, the root included */
	uint64_t bytes;
} fs = {
	.root = { .name = "/", .ino = 1, .mode = S_IFDIR | 0755, .parent = &fs.root },
	.buckets = first_buckets,
	.mask = MIN_BUCKETS - 1,
	.count = 1,
};

struct node *romfs_root(void)
{
	return &fs.root;
}

void vfs_usage(uint64_t *bytes, uint64_t *files)
{
	*bytes = fs.bytes;
	*files = fs.count;
}

/* FNV-1a over the name, started with the directory. */
static uint32_t hash_of(const struct node *dir, const char *name, size_t len)
{
	uint32_t h = 2166136261U ^ dir->ino;

	for (size_t i = 0; i < len; i++) {
		h = (h ^ (unsigned char)name[i]) * 16777619U;
	}
	return h;
}

struct node *romfs_find(const struct node *dir, const char *name, size_t len)
{
	uint32_t h = hash_of(dir, name, len);
	struct node *n = fs.buckets[h & fs.mask];

	while (n != NULL && !(n->hash == h && n->parent == dir && n->len == len &&
			      memcmp(n->name, name, len) == 0)) {
		n = n->chain;
	}
	return n;
}

/* Twice the buckets. Without memory for them the chains just get longer. */
static void grow(void)
{
	uint32_t mask = fs.mask * 2 + 1;
	struct node **b = kzalloc((mask + 1UL) * sizeof(*b)), *n, *next;

	if (b == NULL) {
		return;
	}
	for (uint32_t i = 0; i <= fs.mask; i++) {
		for (n = fs.buckets[i]; n != NULL; n = next) {
			next = n->chain;
			n->chain = b[n->hash & mask];
			b[n->hash & mask] = n;
		}
	}
	if (fs.buckets != first_buckets) {
		kfree(fs.buckets);
	}
	fs.buckets = b;
	fs.mask = mask;
}

static struct node *add(struct node *dir, const char *name, size_t len)
{
	struct node *n = kzalloc(sizeof(*n));

	if (n == NULL) {
		return NULL;
	}
	if (fs.count > fs.mask) {
		grow();
	}
	n->name = name;
	n->len = len;
	n->hash = hash_of(dir, name, len);
	n->ino = ++fs.count;
	n->mode = S_IFDIR | 0755;
	n->parent = dir;
	n->sibling = dir->child;
	dir->child = n;
	n->chain = fs.buckets[n->hash & fs.mask];
	fs.buckets[n->hash & fs.mask] = n;
	return n;
}

/* The node for an archive's name, made with its directories if need be. NULL: no memory, or a
 * name that leads outside (*why says which). */
static struct node *make(const struct cpio_entry *e, const char **why)
{
	const char *p = e->name, *end = p + e->name_len, *part;
	struct node *n = &fs.root, *dir;
	size_t len;

	while (next_part(&p, end, &part, &len)) {
		if (is_dot(part, len)) {
			continue;
		}
		if (is_dot_dot(part, len) || len > MAX_NAME) {
			*why = "a name with \"..\" or a part that is too long";
			return NULL;
		}
		/* A file where a directory must be gives way: later entries win. */
		if (!S_ISDIR(n->mode)) {
			n->mode = S_IFDIR | 0755;
		}
		dir = n;
		n = romfs_find(dir, part, len);
		if (n == NULL) {
			n = add(dir, part, len);
		}
		if (n == NULL) {
			*why = "no memory for the index";
			return NULL;
		}
	}
	return n;
}

int romfs_folder(const char *path)
{
	size_t len = strlen(path);
	char *name = kzalloc(len + 1);
	struct cpio_entry e = { .name = name, .name_len = len, .mode = S_IFDIR | 0755 };
	const char *why;

	if (name == NULL) {
		return -ENOMEM;
	}
	memcpy(name, path, len + 1);
	/* The name stays the tree's. */
	return make(&e, &why) == NULL ? -EINVAL : 0;
}

static int add_entry(const struct cpio_entry *e, const char **why)
{
	struct node *n;

	/* Devices and the like cannot be had from here. */
	if (!S_ISREG(e->mode) && !S_ISDIR(e->mode) && !S_ISLNK(e->mode)) {
		return 0;
	}
	n = make(e, why);
	if (n == NULL) {
		return -EINVAL;
	}
	n->mode = e->mode;
	n->mtime = e->mtime;
	n->data = e->data;
	n->size = S_ISDIR(e->mode) ? 0 : e->size;
	fs.bytes += n->size;
	if (n == &fs.root) {
		n->mode = S_IFDIR | (e->mode & 07777);
	}
	return 0;
}

/* Archives may follow one another, with zeros between (Linux, buffer-format.rst). */
static size_t skip_zeros(const char *base, size_t size, size_t pos)
{
	while (pos < size && base[pos] == '\0') {
		pos++;
	}
	return pos;
}

int romfs_add(const void *start, size_t size, const char *what)
{
	const char *why = "";
	struct cpio_entry e;
	size_t pos = 0, at = 0;
	int r = 1;

	if (size >= 2 && memcmp(start, GZIP_MAGIC, 2) == 0) {
		log_error("%s: compressed with gzip; give it as plain cpio (newc)", what);
		return -EINVAL;
	}
	while (pos < size) {
		at = pos;
		r = cpio_next(start, size, &pos, &e, &why);
		if (r == 0) {
			pos = skip_zeros(start, size, pos);
			continue;
		}
		if (r > 0) {
			r = add_entry(&e, &why);
		}
		if (r < 0) {
			log_error("%s: %s, at byte %lu of %lu; the files before it stay", what, why,
				  (unsigned long)at, (unsigned long)size);
			return r;
		}
	}
	return 0;
}

/* The loader's archive: kernel/main.c reserved its memory, and nothing maps it yet. */
static void add_initrd(uint64_t start, uint64_t end)
{
	uint64_t from = ALIGN_DOWN(start, PAGE_SIZE), to;
	int r;

	if (end <= start || !page_is_ram(start) || !page_is_ram(end - 1)) {
		log_error("initrd: [0x%lx, 0x%lx) is not in RAM", start, end);
		return;
	}
	to = ALIGN_UP(end, PAGE_SIZE);
	r = pagetable_map(from, to - from, MAP_READ);
	if (r != 0) {
		log_error("initrd: cannot be mapped: %d", r);
		return;
	}
	romfs_add((const void *)start, end - start, "initrd");
}

void romfs_init(void)
{
	const struct dt_node *chosen = dt_find("/chosen");
	uint64_t start, end;

	romfs_add(romfs_start, (size_t)(romfs_end - romfs_start), "built-in files");
	if (chosen != NULL && dt_number(chosen, "linux,initrd-start", &start) &&
	    dt_number(chosen, "linux,initrd-end", &end)) {
		add_initrd(start, end);
	}
}

static int walk(struct node *n, const char *path, size_t path_len, bool follow, int links,
		struct node **out)
{
	const char *p = path, *end = path + path_len, *part;
	size_t len;

	if (path_len > 0 && path[0] == '/') {
		n = &fs.root;
	}
	while (next_part(&p, end, &part, &len)) {
		struct node *dir = n;

		if (!S_ISDIR(n->mode)) {
			return -ENOTDIR;
		}
		if (is_dot(part, len)) {
			continue;
		}
		n = is_dot_dot(part, len) ? n->parent : romfs_find(n, part, len);
		if (n == NULL) {
			return -ENOENT;
		}
		if (S_ISLNK(n->mode) && (follow || p < end)) {
			int r = links == 0 ? -ELOOP
					   : walk(dir, n->data, n->size, true, links - 1, &n);

			if (r != 0) {
				return r;
			}
		}
	}
	/* A slash at the end asks for a directory. */
	if (path_len > 0 && end[-1] == '/' && !S_ISDIR(n->mode)) {
		return -ENOTDIR;
	}
	*out = n;
	return 0;
}

int romfs_walk(struct node *dir, const char *path, bool follow, struct node **out)
{
	size_t len = strnlen(path, MAX_PATH);

	if (len == 0 || len == MAX_PATH) {
		return len == 0 ? -ENOENT : -ENAMETOOLONG;
	}
	return walk(dir, path, len, follow, MAX_LINKS, out);
}

void romfs_stat(const struct node *n, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_dev = 1;
	st->st_ino = (ino_t)n->ino;
	st->st_mode = n->mode;
	st->st_nlink = S_ISDIR(n->mode) ? 2 : 1;
	st->st_size = (off_t)n->size;
	st->st_mtim.tv_sec = (time_t)n->mtime;
	st->st_atim = st->st_mtim;
	st->st_ctim = st->st_mtim;
	st->st_blksize = (blksize_t)PAGE_SIZE;
	st->st_blocks = (blkcnt_t)((n->size + 511) / 512);
}
