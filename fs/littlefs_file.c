/* SPDX-License-Identifier: MIT */
/* Content of files: pages of what was written, the pass that makes blocks of them, the commit. See littlefs.h. */
#include "littlefs.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/log.h>
#include <string.h>

#define DIRTY_AGE_NS (5 * 1000000000LL)
#define PAGE	     ((uint32_t)PAGE_SIZE)

int64_t lfs_now(void)
{
	return (int64_t)fs_now();
}

void lfs_touch(struct lfs_node *n)
{
	if (list_empty(&n->dirty)) {
		n->since = (uint64_t)lfs_now();
		list_add_tail(&n->fs->dirty, &n->dirty);
		mount_changed(n->v->mount);
	}
}

/* --- what a pass would write ----------------------------------------------------------------------- */

/* The lowest byte that the base has not or has otherwise. */
static uint32_t dirty_from(const struct lfs_node *n)
{
	uint32_t from = n->size;

	if (n->is_inline) {
		return 0;
	}
	if (n->size != n->base_size || n->keep < n->base_size) {
		from = MIN(n->keep, n->size);
	}
	for (uint32_t i = 0; i < n->over_n; i++) {
		if (n->over[i].dirty) {
			return MIN(from, n->over[i].page * PAGE);
		}
	}
	return from;
}

static uint64_t blocks_from(const struct lfs_node *n, uint32_t from, uint32_t size)
{
	uint32_t off, pieces = lfs_pieces(n->fs, size), first = lfs_piece(n->fs, from, &off);

	if (size <= n->fs->lfs.inline_max) {
		return 0;
	}
	return pieces > first ? pieces - first + 1 : 1;
}

static void set_promise(struct lfs_node *n, uint64_t blocks)
{
	n->fs->promised += blocks - n->promise;
	n->promise = blocks;
}

/* Blocks for a pass that begins at @from (or where it would anyhow) and ends at @size: promised, so that it will not
 * lack them. What commits free helps: also the version on the disk that this file's new one replaces. */
static int promise(struct lfs_node *n, uint32_t from, uint32_t size)
{
	uint64_t want = blocks_from(n, n->changed ? MIN(from, dirty_from(n)) : from, size);
	int r;

	if (want > n->promise && !lfs_room(n->fs, want - n->promise)) {
		r = n->changed || n->uncommitted ? lfs_commit(n) : 0;
		if (r != 0) {
			return r;
		}
		want = blocks_from(n, n->changed ? MIN(from, dirty_from(n)) : from, size);
		if (want > n->promise && !lfs_room(n->fs, want - n->promise)) {
			return -ENOSPC;
		}
	}
	set_promise(n, MAX(want, n->promise));
	return 0;
}

/* --- the pass -------------------------------------------------------------------------------------- */

int lfs_handle_open(struct lfs_node *n)
{
	struct lfs_fs *fs = n->fs;
	lfs2_file_t *h;
	void *buf;
	int r;

	if (n->h != NULL) {
		return 0;
	}
	h = kzalloc(sizeof(*h));
	buf = kmalloc(fs->cfg.cache_size);
	r = h == NULL || buf == NULL ? -ENOMEM : lfs_path(n->v, fs->path);
	if (r == 0) {
		lfs_attr_pack(&n->a, n->packed);
		n->hattr = (struct lfs2_attr){ LFS_ATTR, n->packed, LFS_ATTR_SIZE };
		n->hcfg = (struct lfs2_file_config){ .buffer = buf,
						     .attrs = &n->hattr,
						     .attr_count = fs->keeps_attr };
		lfs_begin(fs);
		r = lfs_end(fs, lfs2_file_opencfg(&fs->lfs, h, fs->path, LFS2_O_WRONLY, &n->hcfg));
	}
	if (r != 0) {
		kfree(h);
		kfree(buf);
		return r;
	}
	n->h = h;
	return 0;
}

void lfs_handle_close(struct lfs_node *n)
{
	if (n->h != NULL) {
		/* What should be committed was; what was not shall not be. */
		n->h->flags |= LFS2_F_ERRED;
		lfs2_file_close(&n->fs->lfs, n->h);
		kfree(n->hcfg.buffer);
		kfree(n->h);
		n->h = NULL;
		n->fs->used_exact = false;
	}
}

/* One run for the pass, at most to the end of its page. */
static int pass_piece(struct lfs_node *n, uint32_t pos, uint32_t len)
{
	struct lfs_fs *fs = n->fs;
	uint32_t i = lfs_over_at(n, pos / PAGE), off = pos % PAGE;
	const uint8_t *from = fs->scratch + off;
	lfs2_ssize_t r;
	int error = 0;

	if (i < n->over_n && n->over[i].page == pos / PAGE) {
		from = n->over[i].data + off;
	} else {
		uint32_t have = n->keep > pos ? MIN(n->keep - pos, len) : 0;

		memset(fs->scratch + off + have, 0, len - have);
		error = have > 0 ? lfs_base_read(n, pos, fs->scratch + off, have) : 0;
	}
	if (error != 0) {
		fs->dev_error = error;
		return LFS2_ERR_IO;
	}
	r = lfs2_file_write(&fs->lfs, n->h, from, len);
	return r < 0 ? (int)r : (uint32_t)r == len ? 0 : LFS2_ERR_IO;
}

static int pass(struct lfs_node *n, uint32_t from)
{
	lfs2_t *l = &n->fs->lfs;
	lfs2_soff_t r = 0;

	if (n->is_inline) {
		r = lfs2_file_truncate(l, n->h, 0);
	} else if (n->keep < n->base_size) {
		r = lfs2_file_truncate(l, n->h, n->keep);
	}
	if (r >= 0) {
		r = lfs2_file_seek(l, n->h, (lfs2_soff_t)from, LFS2_SEEK_SET);
	}
	for (uint32_t pos = from, len; r >= 0 && pos < n->size; pos += len) {
		len = MIN(PAGE - pos % PAGE, n->size - pos);
		r = pass_piece(n, pos, len);
	}
	/* A seek makes blocks of what littlefs still has in its cache. */
	if (r >= 0) {
		r = lfs2_file_seek(l, n->h, 0, LFS2_SEEK_SET);
	}
	if (r >= 0 && n->h->ctz.size != n->size) {
		r = LFS2_ERR_IO;
	}
	return r < 0 ? (int)r : 0;
}

/* The base is what the pass has made. */
static void adopt(struct lfs_node *n, uint32_t from)
{
	n->is_inline = (n->h->flags & LFS2_F_INLINE) != 0;
	n->head = n->h->ctz.head;
	n->base_size = n->is_inline ? 0 : n->size;
	n->keep = n->base_size;
	n->loaded = n->is_inline;
	if (n->is_inline) {
		lfs_over_cut(n, 1);
		for (uint32_t i = 0; i < n->over_n; i++) {
			n->over[i].dirty = false;
		}
	} else {
		lfs_over_cut(n, 0);
	}
	lfs_index_moved(n, from);
	n->next_read = 0;
	n->ahead = 0;
	n->changed = false;
	n->uncommitted = true;
	set_promise(n, 0);
}

/* A file that ends small goes back to its name's block: then its first page is wanted whole. */
static int become_small(struct lfs_node *n)
{
	struct lfs_over *o;
	int r = 0;

	if (!n->is_inline && MIN(n->keep, n->size) <= n->fs->lfs.inline_max) {
		r = n->size > 0 ? lfs_over_get(n, 0, false, &o) : 0;
		if (r == 0) {
			n->keep = 0;
			if (n->size > 0) {
				o->dirty = true;
			}
		}
	}
	return r;
}

/* Pages become blocks. If that fails, all is as before. */
static int spill(struct lfs_node *n)
{
	struct lfs_fs *fs = n->fs;
	struct lfs2_ctz ctz;
	uint32_t from, flags;
	int r;

	if (!n->changed) {
		return 0;
	}
	r = lfs_handle_open(n);
	if (r == 0) {
		r = become_small(n);
	}
	if (r != 0) {
		return r;
	}
	from = dirty_from(n);
	ctz = n->h->ctz;
	flags = n->h->flags;
	lfs_begin(fs);
	fs->in_data = true;
	r = pass(n, from);
	fs->in_data = false;
	if (r != 0) {
		n->h->ctz = ctz;
		n->h->flags = (flags & ~(uint32_t)(LFS2_F_WRITING | LFS2_F_READING)) | LFS2_F_DIRTY;
		n->h->cache.block = LFS_NONE;
		n->h->pos = 0;
		fs->used_exact = false;
		return lfs_end(fs, r);
	}
	adopt(n, from);
	return 0;
}

static int commit_attr(struct lfs_node *n)
{
	struct lfs_fs *fs = n->fs;
	int r = lfs_path(n->v, fs->path);

	if (r != 0 || !fs->keeps_attr) {
		return r;
	}
	lfs_attr_pack(&n->a, n->packed);
	lfs_begin(fs);
	return lfs_end(fs, lfs2_setattr(&fs->lfs, fs->path, LFS_ATTR, n->packed, LFS_ATTR_SIZE));
}

static int commit_handle(struct lfs_node *n)
{
	struct lfs_fs *fs = n->fs;
	int r;

	lfs_attr_pack(&n->a, n->packed);
	n->h->flags |= LFS2_F_DIRTY;
	lfs_begin(fs);
	r = lfs2_file_sync(&fs->lfs, n->h);
	/* It says 0 for ever after an error; we may try again. */
	if (r == 0 && (n->h->flags & LFS2_F_ERRED) != 0) {
		r = LFS2_ERR_IO;
	}
	n->h->flags &= ~(uint32_t)LFS2_F_ERRED;
	return lfs_end(fs, r);
}

int lfs_commit(struct lfs_node *n)
{
	int r;

	if (n->gone) {
		return 0;
	}
	r = spill(n);
	if (r == 0 && (n->uncommitted || n->attr_dirty)) {
		r = n->h != NULL && n->uncommitted ? commit_handle(n) : commit_attr(n);
		n->fs->used_exact = false;
	}
	if (r == 0) {
		n->uncommitted = false;
		n->attr_dirty = false;
		list_del(&n->dirty);
	}
	return r;
}

void lfs_drop(struct lfs_node *n)
{
	lfs_over_cut(n, 0);
	lfs_index_free(n);
	set_promise(n, 0);
	n->changed = false;
	n->loaded = false;
	n->attr_dirty = false;
	list_del(&n->dirty);
}

/* Too many pages: the file that has the most of them lets them go. */
static int make_room(struct lfs_fs *fs)
{
	struct lfs_node *most = NULL;
	struct list *p;

	if (fs->pages < fs->pages_max) {
		return 0;
	}
	list_for_each(p, &fs->dirty) {
		struct lfs_node *n = list_entry(p, struct lfs_node, dirty);

		if (n->changed && (most == NULL || n->over_n > most->over_n)) {
			most = n;
		}
	}
	return most != NULL ? spill(most) : 0;
}

/* What was written long ago goes out when something is written; the oldest is in front. */
static void age(struct lfs_fs *fs)
{
	struct list *p = fs->dirty.next;
	struct lfs_node *n;
	int r;

	while (p != &fs->dirty && list_entry(p, struct lfs_node, dirty)->gone) {
		p = p->next;
	}
	n = list_entry(p, struct lfs_node, dirty);
	if (p == &fs->dirty || lfs_now() - (int64_t)n->since <= DIRTY_AGE_NS) {
		return;
	}
	r = lfs_commit(n);
	if (r != 0) {
		n->error = r;
		n->since = (uint64_t)lfs_now();
	}
}

/* --- operations ------------------------------------------------------------------------------------ */

static int load(struct lfs_node *n)
{
	struct lfs_fs *fs = n->fs;
	struct lfs2_entry e = { 0 };
	struct lfs_over *o;
	int r;

	if (!n->is_inline || n->loaded || n->size == 0) {
		n->loaded = n->is_inline;
		return 0;
	}
	r = lfs_over_get(n, 0, false, &o);
	if (r != 0) {
		return r;
	}
	e.data = o->data;
	e.data_size = n->size;
	e.attr = (struct lfs2_attr){ LFS_ATTR, n->packed, 0 };
	r = lfs_path(n->v, fs->path);
	if (r == 0) {
		lfs_begin(fs);
		r = lfs_end(fs, lfs2_entry(&fs->lfs, fs->path, &e));
	}
	if (r == 0 && (!e.isinline || e.size != n->size)) {
		r = lfs_damaged(fs);
	}
	if (r != 0) {
		lfs_over_cut(n, 0);
	}
	n->loaded = r == 0;
	return r;
}

int lfs_file_open(struct vnode *v)
{
	return load(lfs_node(v));
}

void lfs_file_close(struct vnode *v)
{
	struct lfs_node *n = lfs_node(v);
	int r = lfs_commit(n);

	if (r != 0) {
		log_error("littlefs %s: %s: what was written last is lost: %d", v->mount->source,
			  v->name, r);
	}
	lfs_drop(n);
	lfs_handle_close(n);
	if (r != 0) {
		/* The next open shows what the disk has. */
		struct lfs2_entry e = { 0 };

		e.attr = (struct lfs2_attr){ LFS_ATTR, n->packed, 0 };
		if (lfs_path(v, n->fs->path) == 0 &&
		    lfs2_entry(&n->fs->lfs, n->fs->path, &e) == 0) {
			n->is_inline = e.isinline;
			n->head = e.head;
			n->size = e.size;
			n->base_size = n->keep = e.isinline ? 0 : e.size;
		}
		n->uncommitted = false;
	}
}

ssize_t lfs_file_read(struct vnode *v, void *buf, size_t len, off_t pos)
{
	struct lfs_node *n = lfs_node(v);
	uint8_t *to = buf;
	uint32_t at, end;

	if (pos >= (off_t)n->size) {
		return 0;
	}
	at = (uint32_t)pos;
	end = (uint32_t)MIN((uint64_t)n->size, (uint64_t)pos + len);
	while (at < end) {
		uint32_t i = lfs_over_at(n, at / PAGE), run = end - at, r = 0;

		if (i < n->over_n && n->over[i].page == at / PAGE) {
			run = MIN(run, PAGE - at % PAGE);
			memcpy(to, n->over[i].data + at % PAGE, run);
		} else {
			run = i < n->over_n ? MIN(run, n->over[i].page * PAGE - at) : run;
			r = n->keep > at ? MIN(n->keep - at, run) : 0;
			memset(to + r, 0, run - r);
		}
		if (r > 0) {
			int error = lfs_base_read(n, at, to, r);

			if (error != 0) {
				return at > (uint32_t)pos ? (ssize_t)(at - (uint32_t)pos) : error;
			}
		}
		at += run;
		to += run;
	}
	return (ssize_t)(end - (uint32_t)pos);
}

static int write_page(struct lfs_node *n, uint32_t at, const uint8_t *from, uint32_t len)
{
	struct lfs_over *o;
	int r = make_room(n->fs);

	if (r == 0) {
		r = promise(n, MIN(at / PAGE * PAGE, n->size), MAX(n->size, at + len));
	}
	if (r == 0) {
		r = lfs_over_get(n, at / PAGE, len == PAGE, &o);
	}
	if (r != 0) {
		set_promise(n, n->changed ? n->promise : 0);
		return r;
	}
	memcpy(o->data + at % PAGE, from, len);
	o->dirty = true;
	n->size = MAX(n->size, at + len);
	n->changed = true;
	lfs_touch(n);
	return 0;
}

static void changed_now(struct lfs_node *n)
{
	n->a.mtime = lfs_now();
	n->a.ctime = n->a.mtime;
	n->attr_dirty = true;
	lfs_touch(n);
}

ssize_t lfs_file_write(struct vnode *v, const void *buf, size_t len, off_t *pos)
{
	struct lfs_node *n = lfs_node(v);
	const uint8_t *from = buf;
	uint32_t at, start, end;
	int r = 0;

	if (len == 0) {
		return 0;
	}
	if (*pos >= (off_t)n->fs->lfs.file_max || (*pos < 0 && n->size >= n->fs->lfs.file_max)) {
		return -EFBIG;
	}
	age(n->fs);
	start = *pos < 0 ? n->size : (uint32_t)*pos;
	end = (uint32_t)MIN((uint64_t)start + len, (uint64_t)n->fs->lfs.file_max);
	for (at = start; at < end && r == 0;) {
		uint32_t run = MIN(end - at, PAGE - at % PAGE);

		r = write_page(n, at, from, run);
		if (r == 0) {
			at += run;
			from += run;
		}
	}
	if (at == start) {
		return r;
	}
	changed_now(n);
	*pos = at;
	return (ssize_t)(at - start);
}

static void shrink(struct lfs_node *n, uint32_t size)
{
	uint32_t i = lfs_over_at(n, size / PAGE);

	if (i < n->over_n && n->over[i].page == size / PAGE && size % PAGE != 0) {
		memset(n->over[i].data + size % PAGE, 0, PAGE - size % PAGE);
		i++;
	}
	lfs_over_cut(n, i);
	n->keep = MIN(n->keep, size);
}

int lfs_file_truncate(struct vnode *v, off_t to)
{
	struct lfs_node *n = lfs_node(v);
	uint32_t size;
	int r = 0;

	if (to > (off_t)n->fs->lfs.file_max) {
		return -EFBIG;
	}
	size = (uint32_t)to;
	if (size > n->size) {
		r = promise(n, n->size, size);
	} else if (size < n->size) {
		shrink(n, size);
	}
	if (r != 0) {
		return r;
	}
	n->changed |= size != n->size;
	n->size = size;
	if (n->changed) {
		set_promise(n, blocks_from(n, dirty_from(n), size));
	}
	changed_now(n);
	return 0;
}

int lfs_file_fsync(struct vnode *v, bool data)
{
	struct lfs_node *n = lfs_node(v);
	int error = n->error, r = lfs_commit(n);

	(void)data; /* the size is in the commit, and that has the times */
	n->error = 0;
	if (r == 0) {
		r = lfs_flush(n->fs);
	}
	return r != 0 ? r : error;
}
