/* SPDX-License-Identifier: MIT */
/* Files in memory: pages as they are written, holes cost nothing. Bounded by the option size=, half of the free
 * memory otherwise. */
#include "vnode.h"

#include <dirent.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/page.h>
#include <kernel/time.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define FIRST_BUCKETS 16U
#define ENTRY_ROOM    128U /* bytes that a name is counted as */

/* A file, folder or link, whatever its names. */
struct tnode {
	uint64_t ino;
	uint32_t mode;
	uid_t uid;
	gid_t gid;
	unsigned links;		      /* names; of a folder 2 and its folders */
	unsigned users;		      /* vnodes */
	uint64_t atime, mtime, ctime; /* ns since 1970 */
	uint64_t size;
	/* A file's. */
	void **pages; /* NULL: a hole */
	size_t room;  /* of pages */
	size_t held;  /* pages that are there */
	/* A folder's, in the order of their making. */
	struct list entries;
	uint64_t next_seq;
	struct tentry *hint; /* the one that readdir() gave last */
	char *target;	     /* a link's */
};

/* A name in a folder. */
struct tentry {
	struct list link;
	struct tentry *chain; /* next in the hash bucket */
	struct tnode *dir, *node;
	uint64_t seq;
	uint32_t hash;
	size_t len;
	char name[];
};

struct tmpfs {
	size_t limit, used; /* pages */
	uint64_t last_ino;
	struct tentry **buckets;
	unsigned mask, count;
};

static struct tmpfs *tmpfs_of(const struct vnode *v)
{
	return v->mount->fs;
}

static struct tnode *tnode_of(const struct vnode *v)
{
	return v->fs;
}

/* --- entries ------------------------------------------------------------------------------------- */

static uint32_t hash_of(const struct tnode *dir, const char *name, size_t len)
{
	uint32_t h = 2166136261U ^ (uint32_t)dir->ino;

	for (size_t i = 0; i < len; i++) {
		h = (h ^ (unsigned char)name[i]) * 16777619U;
	}
	return h;
}

static struct tentry **find(struct tmpfs *fs, const struct tnode *dir, const char *name, size_t len)
{
	uint32_t h = hash_of(dir, name, len);
	struct tentry **at = &fs->buckets[h & fs->mask];

	while (*at != NULL && !((*at)->hash == h && (*at)->dir == dir && (*at)->len == len &&
				memcmp((*at)->name, name, len) == 0)) {
		at = &(*at)->chain;
	}
	return at;
}

/* Twice the buckets. Without memory for them the chains just get longer. */
static void grow_table(struct tmpfs *fs)
{
	unsigned n = fs->mask + 1;
	struct tentry **b = kzalloc(2UL * n * sizeof(*b));

	if (b == NULL) {
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		for (struct tentry *e = fs->buckets[i], *next; e != NULL; e = next) {
			next = e->chain;
			e->chain = b[e->hash & (2 * n - 1)];
			b[e->hash & (2 * n - 1)] = e;
		}
	}
	kfree(fs->buckets);
	fs->buckets = b;
	fs->mask = 2 * n - 1;
}

static void touch(struct tnode *n)
{
	n->mtime = n->ctime = fs_now();
}

/* -ENOSPC: no memory. Counts a link of @node. */
static int add_entry(struct tmpfs *fs, struct tnode *dir, const char *name, size_t len,
		     struct tnode *node)
{
	struct tentry *e = kmalloc(sizeof(*e) + len);

	if (e == NULL) {
		return -ENOSPC;
	}
	if (++fs->count > fs->mask) {
		grow_table(fs);
	}
	e->dir = dir;
	e->node = node;
	e->seq = dir->next_seq++;
	e->hash = hash_of(dir, name, len);
	e->len = len;
	memcpy(e->name, name, len);
	e->chain = fs->buckets[e->hash & fs->mask];
	fs->buckets[e->hash & fs->mask] = e;
	list_add_tail(&dir->entries, &e->link);
	node->links++;
	dir->links += S_ISDIR(node->mode);
	dir->size += ENTRY_ROOM;
	touch(dir);
	node->ctime = dir->ctime;
	return 0;
}

static void free_pages(struct tmpfs *fs, struct tnode *n, size_t from)
{
	for (size_t i = from; i < n->room && n->held > 0; i++) {
		if (n->pages[i] != NULL) {
			page_free(n->pages[i], 1);
			n->pages[i] = NULL;
			n->held--;
			fs->used--;
		}
	}
}

static void free_unused(struct tmpfs *fs, struct tnode *n)
{
	if (n->users > 0 || n->links > (S_ISDIR(n->mode) ? 1U : 0U) || !list_empty(&n->entries)) {
		return;
	}
	free_pages(fs, n, 0);
	kfree(n->pages);
	kfree(n->target);
	kfree(n);
}

static void remove_entry(struct tmpfs *fs, struct tentry **at)
{
	struct tentry *e = *at;
	struct tnode *n = e->node, *dir = e->dir;

	*at = e->chain;
	list_del(&e->link);
	if (dir->hint == e) {
		dir->hint = NULL;
	}
	fs->count--;
	n->links--;
	dir->links -= S_ISDIR(n->mode);
	dir->size -= ENTRY_ROOM;
	touch(dir);
	n->ctime = dir->ctime;
	kfree(e);
	free_unused(fs, n);
}

static struct tnode *new_node(struct tmpfs *fs, uint32_t mode)
{
	struct tnode *n = kzalloc(sizeof(*n));

	if (n == NULL) {
		return NULL;
	}
	n->ino = ++fs->last_ino;
	n->mode = mode;
	n->links = S_ISDIR(mode) ? 1 : 0; /* its own "." */
	list_init(&n->entries);
	touch(n);
	n->atime = n->mtime;
	return n;
}

/* @v is a vnode of @n. */
static void fill(struct vnode *v, struct tnode *n)
{
	n->users++;
	v->fs = n;
	v->mode = n->mode;
	v->ino = n->ino;
}

/* --- mount --------------------------------------------------------------------------------------- */

/* size=BYTES, with k, m, g or % of memory behind. */
static size_t limit_of(const char *options)
{
	const char *p = strstr(options, "size=");
	char *end;
	uint64_t n;

	if (p == NULL) {
		return page_free_count() / 2;
	}
	n = strtoull(p + 5, &end, 0);
	switch (*end) {
	case '%':
		return page_total() * n / 100;
	case 'g':
	case 'G':
		n <<= 10;
		__attribute__((fallthrough));
	case 'm':
	case 'M':
		n <<= 10;
		__attribute__((fallthrough));
	case 'k':
	case 'K':
		n <<= 10;
		break;
	default:
		break;
	}
	return (n + PAGE_SIZE - 1) / PAGE_SIZE;
}

static int tmpfs_mount(struct mount *m, const char *options)
{
	struct tmpfs *fs = kzalloc(sizeof(*fs));
	struct tnode *root = fs == NULL ? NULL : new_node(fs, S_IFDIR | 01777);

	if (root != NULL) {
		fs->buckets = kzalloc(FIRST_BUCKETS * sizeof(*fs->buckets));
	}
	if (root == NULL || fs->buckets == NULL) {
		kfree(root);
		kfree(fs);
		return -ENOMEM;
	}
	fs->mask = FIRST_BUCKETS - 1;
	fs->limit = limit_of(options);
	root->links = 2;
	fill(m->root, root);
	m->fs = fs;
	return 0;
}

static void free_tree(struct tmpfs *fs)
{
	for (unsigned i = 0; i <= fs->mask; i++) {
		while (fs->buckets[i] != NULL) {
			struct tnode *dir = fs->buckets[i]->dir;

			remove_entry(fs, &fs->buckets[i]);
			free_unused(fs, dir); /* its own name may have gone before */
		}
	}
}

static int tmpfs_statvfs(struct mount *m, struct statvfs *v)
{
	struct tmpfs *fs = m->fs;

	v->f_bsize = PAGE_SIZE;
	v->f_frsize = PAGE_SIZE;
	v->f_blocks = fs->limit;
	v->f_bfree = fs->used < fs->limit ? fs->limit - fs->used : 0;
	v->f_bavail = v->f_bfree = MIN(v->f_bfree, page_free_count());
	v->f_files = fs->count + v->f_bfree;
	v->f_ffree = v->f_favail = v->f_bfree;
	v->f_namemax = VNODE_NAME_MAX;
	return 0;
}

/* --- names --------------------------------------------------------------------------------------- */

static int tmpfs_lookup(struct vnode *v)
{
	struct tentry *e = *find(tmpfs_of(v), tnode_of(v->parent), v->name, v->len);

	if (e == NULL) {
		return -ENOENT;
	}
	fill(v, e->node);
	return 0;
}

static int tmpfs_create(struct vnode *v, uint32_t mode, const char *target)
{
	struct tmpfs *fs = tmpfs_of(v);
	struct tnode *n = new_node(fs, mode);
	int r = -ENOSPC;

	if (n == NULL) {
		return -ENOSPC;
	}
	if (target != NULL) {
		n->size = strlen(target);
		n->target = kmalloc(n->size + 1);
	}
	if (target == NULL || n->target != NULL) {
		if (target != NULL) {
			strcpy(n->target, target);
		}
		r = add_entry(fs, tnode_of(v->parent), v->name, v->len, n);
	}
	if (r != 0) {
		kfree(n->target);
		kfree(n);
		return r;
	}
	fill(v, n);
	return 0;
}

static int tmpfs_unlink(struct vnode *v)
{
	struct tmpfs *fs = tmpfs_of(v);

	remove_entry(fs, find(fs, tnode_of(v->parent), v->name, v->len));
	return 0;
}

static int tmpfs_rmdir(struct vnode *v)
{
	return list_empty(&tnode_of(v)->entries) ? tmpfs_unlink(v) : -ENOTEMPTY;
}

/* The name @e is @n's from now on; what it named before is of the same kind. */
static void replace(struct tmpfs *fs, struct tentry *e, struct tnode *n)
{
	struct tnode *old = e->node;

	e->node = n;
	n->links++;
	old->links--;
	touch(e->dir);
	old->ctime = n->ctime = e->dir->ctime;
	free_unused(fs, old);
}

static int tmpfs_rename(struct vnode *v, struct vnode *to)
{
	struct tmpfs *fs = tmpfs_of(v);
	struct tnode *n = tnode_of(v), *old = tnode_of(to);
	int r;

	if (old == n) {
		return 0; /* two names of one file: POSIX wants nothing done */
	}
	if (old != NULL && S_ISDIR(old->mode) && !list_empty(&old->entries)) {
		return -ENOTEMPTY;
	}
	if (old != NULL) {
		replace(fs, *find(fs, tnode_of(to->parent), to->name, to->len), n);
	} else {
		r = add_entry(fs, tnode_of(to->parent), to->name, to->len, n);
		if (r != 0) {
			return r;
		}
	}
	remove_entry(fs, find(fs, tnode_of(v->parent), v->name, v->len));
	return 0;
}

static int tmpfs_link(struct vnode *v, struct vnode *to)
{
	struct tnode *n = tnode_of(v);
	int r = add_entry(tmpfs_of(v), tnode_of(to->parent), to->name, to->len, n);

	if (r == 0) {
		fill(to, n);
	}
	return r;
}

static ssize_t tmpfs_readlink(struct vnode *v, char *buf, size_t n)
{
	size_t len = MIN(n, tnode_of(v)->size);

	memcpy(buf, tnode_of(v)->target, len);
	return (ssize_t)len;
}

/* The entry that position @pos is at: the first one made with or after its number. */
static struct tentry *entry_at(struct tnode *dir, off_t pos)
{
	struct list *p = dir->entries.next;

	if (dir->hint != NULL && (off_t)dir->hint->seq + 3 == pos) {
		p = dir->hint->link.next;
	}
	while (p != &dir->entries && (off_t)list_entry(p, struct tentry, link)->seq + 2 < pos) {
		p = p->next;
	}
	return p == &dir->entries ? NULL : list_entry(p, struct tentry, link);
}

static int tmpfs_readdir(struct vnode *dir, struct dir_pos *pos, struct dirent *d)
{
	struct tentry *e = entry_at(tnode_of(dir), pos->pos);

	if (e == NULL) {
		return 0;
	}
	memcpy(d->d_name, e->name, e->len);
	d->d_name[e->len] = '\0';
	d->d_ino = e->node->ino;
	d->d_type = (unsigned char)IFTODT(e->node->mode);
	pos->pos = (off_t)e->seq + 3;
	tnode_of(dir)->hint = e;
	return 1;
}

static void tmpfs_closedir(struct vnode *dir, struct dir_pos *pos)
{
	(void)dir, (void)pos;
}

static void tmpfs_forget(struct vnode *v)
{
	tnode_of(v)->users--;
	free_unused(tmpfs_of(v), tnode_of(v));
}

static void tmpfs_unmount(struct mount *m)
{
	struct tmpfs *fs = m->fs;
	struct tnode *root = m->root->fs;

	free_tree(fs);
	kfree(root);
	kfree(fs->buckets);
	kfree(fs);
}

/* --- content ------------------------------------------------------------------------------------- */

static ssize_t tmpfs_read(struct vnode *v, void *buf, size_t want, off_t pos)
{
	struct tnode *n = tnode_of(v);
	size_t left = (uint64_t)pos >= n->size ? 0 : MIN(want, n->size - (uint64_t)pos), done = 0;

	while (done < left) {
		size_t page = ((size_t)pos + done) / PAGE_SIZE;
		size_t at = ((size_t)pos + done) % PAGE_SIZE;
		size_t part = MIN(left - done, PAGE_SIZE - at);
		const char *data = page < n->room ? n->pages[page] : NULL;

		if (data != NULL) {
			memcpy((char *)buf + done, data + at, part);
		} else {
			memset((char *)buf + done, 0, part);
		}
		done += part;
	}
	return (ssize_t)done;
}

/* Room for the pointer to page @i. */
static int make_room(struct tnode *n, size_t i)
{
	size_t room = MAX(n->room * 2, MAX(i + 1, (size_t)8));
	void **pages;

	if (i < n->room) {
		return 0;
	}
	if (i >= SIZE_MAX / sizeof(*pages) / 2) {
		return -EFBIG;
	}
	pages = krealloc(n->pages, room * sizeof(*pages));
	if (pages == NULL) {
		return -ENOSPC;
	}
	memset(pages + n->room, 0, (room - n->room) * sizeof(*pages));
	n->pages = pages;
	n->room = room;
	return 0;
}

/* Page @i, made if need be. @whole: all of it is about to be written. NULL: no space. */
static char *page_for(struct tmpfs *fs, struct tnode *n, size_t i, bool whole)
{
	if (n->pages[i] != NULL) {
		return n->pages[i];
	}
	if (fs->used >= fs->limit) {
		return NULL;
	}
	n->pages[i] = page_alloc(1, 1);
	if (n->pages[i] != NULL) {
		n->held++;
		fs->used++;
		if (!whole) {
			memset(n->pages[i], 0, PAGE_SIZE);
		}
	}
	return n->pages[i];
}

static ssize_t tmpfs_write(struct vnode *v, const void *buf, size_t want, off_t *pos)
{
	struct tmpfs *fs = tmpfs_of(v);
	struct tnode *n = tnode_of(v);
	off_t from = *pos < 0 ? (off_t)n->size : *pos;
	size_t done = 0;
	int r = 0;

	while (done < want) {
		size_t page = ((size_t)from + done) / PAGE_SIZE;
		size_t at = ((size_t)from + done) % PAGE_SIZE;
		size_t part = MIN(want - done, PAGE_SIZE - at);
		char *data;

		r = make_room(n, page);
		data = r != 0 ? NULL : page_for(fs, n, page, part == PAGE_SIZE);
		if (data == NULL) {
			r = r != 0 ? r : -ENOSPC;
			break;
		}
		memcpy(data + at, (const char *)buf + done, part);
		done += part;
	}
	if (done == 0) {
		return r;
	}
	n->size = MAX(n->size, (uint64_t)from + done);
	touch(n);
	*pos = from + (off_t)done;
	return (ssize_t)done;
}

static int tmpfs_truncate(struct vnode *v, off_t size)
{
	struct tnode *n = tnode_of(v);
	size_t whole = ((size_t)size + PAGE_SIZE - 1) / PAGE_SIZE, tail = (size_t)size % PAGE_SIZE;

	if ((uint64_t)size < n->size) {
		free_pages(tmpfs_of(v), n, whole);
		if (tail != 0 && whole - 1 < n->room && n->pages[whole - 1] != NULL) {
			memset((char *)n->pages[whole - 1] + tail, 0, PAGE_SIZE - tail);
		}
	}
	n->size = (uint64_t)size;
	touch(n);
	return 0;
}

static int tmpfs_allocate(struct vnode *v, off_t off, off_t len)
{
	struct tnode *n = tnode_of(v);
	size_t end = ((size_t)(off + len) + PAGE_SIZE - 1) / PAGE_SIZE;
	int r = make_room(n, end - 1);

	for (size_t i = (size_t)off / PAGE_SIZE; r == 0 && i < end; i++) {
		r = page_for(tmpfs_of(v), n, i, false) == NULL ? -ENOSPC : 0;
	}
	if (r == 0 && (uint64_t)(off + len) > n->size) {
		n->size = (uint64_t)(off + len);
		touch(n);
	}
	return r;
}

/* --- attributes ---------------------------------------------------------------------------------- */

static struct timespec time_of(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / NS_PER_SEC),
				  .tv_nsec = (long)(ns % NS_PER_SEC) };
}

static uint64_t ns_of(struct timespec t)
{
	return t.tv_sec < 0 ? 0 : (uint64_t)t.tv_sec * NS_PER_SEC + (uint64_t)t.tv_nsec;
}

static int tmpfs_stat(struct vnode *v, struct stat *st)
{
	const struct tnode *n = tnode_of(v);

	st->st_ino = n->ino;
	st->st_mode = n->mode;
	st->st_nlink = (nlink_t)n->links;
	st->st_uid = n->uid;
	st->st_gid = n->gid;
	st->st_size = (off_t)n->size;
	st->st_blksize = (blksize_t)PAGE_SIZE;
	st->st_blocks = (blkcnt_t)(n->held * (PAGE_SIZE / 512));
	st->st_atim = time_of(n->atime);
	st->st_mtim = time_of(n->mtime);
	st->st_ctim = time_of(n->ctime);
	return 0;
}

static int tmpfs_setattr(struct vnode *v, const struct vattr *a)
{
	struct tnode *n = tnode_of(v);

	if ((a->valid & ATTR_MODE) != 0) {
		n->mode = v->mode = (n->mode & S_IFMT) | (a->mode & 07777);
	}
	n->uid = (a->valid & ATTR_UID) != 0 ? a->uid : n->uid;
	n->gid = (a->valid & ATTR_GID) != 0 ? a->gid : n->gid;
	n->atime = (a->valid & ATTR_ATIME) != 0 ? ns_of(a->atime) : n->atime;
	n->mtime = (a->valid & ATTR_MTIME) != 0 ? ns_of(a->mtime) : n->mtime;
	n->ctime = fs_now();
	return 0;
}

FILESYSTEM(tmpfs) = {
	.name = "tmpfs",
	.mount = tmpfs_mount,
	.unmount = tmpfs_unmount,
	.statvfs = tmpfs_statvfs,
	.lookup = tmpfs_lookup,
	.create = tmpfs_create,
	.unlink = tmpfs_unlink,
	.rmdir = tmpfs_rmdir,
	.rename = tmpfs_rename,
	.link = tmpfs_link,
	.readlink = tmpfs_readlink,
	.readdir = tmpfs_readdir,
	.closedir = tmpfs_closedir,
	.forget = tmpfs_forget,
	.read = tmpfs_read,
	.write = tmpfs_write,
	.truncate = tmpfs_truncate,
	.allocate = tmpfs_allocate,
	.stat = tmpfs_stat,
	.setattr = tmpfs_setattr,
};
