/* SPDX-License-Identifier: MIT */
/* Open files and folders over 9P: data goes between the caller's memory and the host. */
#include "names.h"
#include "p9.h"

#include <dirent.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <string.h>

#define DIR_ROOM  4096U
#define READ_HEAD (P9_HEADER + 4U) /* in front of the data of an answer */

/* --- folders --------------------------------------------------------------------------------------- */

/* An open folder, and the entries of it that came last. */
struct p9dir {
	uint32_t fid;
	struct p9_msg entries;
	uint8_t data[DIR_ROOM];
};

/* The host's positions are numbers of its own, from 0; ours begin behind the dots. Large ones (hashes) stay as they are. */
#define LARGE (1ULL << 62)

static off_t to_pos(uint64_t cookie)
{
	return (off_t)(cookie < LARGE ? cookie + 2 : cookie);
}

static uint64_t to_cookie(off_t pos)
{
	return (uint64_t)pos < LARGE + 2 ? (uint64_t)pos - 2 : (uint64_t)pos;
}

static struct p9dir *open_dir(struct vnode *v)
{
	struct p9 *fs = p9_of(v);
	struct p9dir *d = kzalloc(sizeof(*d));

	if (d == NULL || p9_walk(fs, node_of(v)->fid, NULL, 0, &d->fid) != 0) {
		kfree(d);
		return NULL;
	}
	if (p9_open_fid(fs, d->fid, L_RDONLY | L_DIRECTORY) != 0) {
		p9_clunk(fs, d->fid);
		kfree(d);
		return NULL;
	}
	return d;
}

static int read_entries(struct p9 *fs, struct p9dir *d, uint64_t cookie)
{
	struct p9_msg m = p9_begin_fid(fs, P9_TREADDIR, d->fid), a;
	struct iovec data = { d->data, sizeof(d->data) };
	size_t n;
	int r;

	p9_put(&m, cookie, 8);
	p9_put(&m, sizeof(d->data), 4);
	r = p9_call_data(fs, &m, &data, false, READ_HEAD, &a);
	n = r == 0 ? p9_get(&a, 4) : 0;
	if (r == 0 && (a.bad || n > sizeof(d->data))) {
		r = -EIO;
	}
	d->entries = (struct p9_msg){ .data = d->data, .room = r == 0 ? n : 0 };
	return r;
}

static bool is_hidden(const char *name, size_t len)
{
	return len >= strlen(P9_HIDDEN) && memcmp(name, P9_HIDDEN, strlen(P9_HIDDEN)) == 0;
}

static int get_entry(struct p9dir *from, struct dir_pos *pos, struct dirent *d)
{
	struct p9_qid qid = p9_get_qid(&from->entries);
	uint64_t cookie = p9_get(&from->entries, 8);
	const char *name;
	size_t len;

	d->d_type = (unsigned char)p9_get(&from->entries, 1);
	name = p9_get_string(&from->entries, &len);
	if (from->entries.bad) {
		return -EIO;
	}
	pos->pos = to_pos(cookie);
	if (is_dot(name, len) || is_dot_dot(name, len) || is_hidden(name, len) ||
	    len > VNODE_NAME_MAX) {
		return 0;
	}
	memcpy(d->d_name, name, len);
	d->d_name[len] = '\0';
	d->d_ino = qid.path;
	return 1;
}

int p9_readdir(struct vnode *v, struct dir_pos *pos, struct dirent *d)
{
	struct p9dir *from = pos->fs;
	int r = 0;

	if (from == NULL) {
		from = pos->fs = open_dir(v);
	}
	if (from == NULL) {
		return -EIO;
	}
	while (r == 0) {
		if (from->entries.at == from->entries.room) {
			r = read_entries(p9_of(v), from, to_cookie(pos->pos));
			if (r != 0 || from->entries.room == 0) {
				return r;
			}
		}
		r = get_entry(from, pos, d);
	}
	return r;
}

void p9_closedir(struct vnode *v, struct dir_pos *pos)
{
	struct p9dir *d = pos->fs;

	p9_clunk(p9_of(v), d->fid);
	kfree(d);
}

/* --- content --------------------------------------------------------------------------------------- */

int p9_open(struct vnode *v)
{
	static const uint32_t ways[] = { L_RDWR, L_RDONLY, L_WRONLY };
	struct p9 *fs = p9_of(v);
	uint32_t fid;
	int r = -EIO;

	for (size_t i = 0; i < ARRAY_SIZE(ways) && r != 0; i++) {
		r = p9_walk(fs, node_of(v)->fid, NULL, 0, &fid);
		if (r != 0) {
			return r;
		}
		r = p9_open_fid(fs, fid, ways[i]);
		if (r != 0) {
			p9_clunk(fs, fid);
		}
		/* Not allowed to write, or to read: maybe the other is enough. */
		if (r != -EACCES && r != -EROFS && r != -EPERM) {
			break;
		}
	}
	if (r == 0) {
		node_of(v)->open = fid;
	}
	return r;
}

void p9_close_fid(struct vnode *v)
{
	p9_clunk(p9_of(v), node_of(v)->open);
	node_of(v)->open = P9_NO_FID;
}

ssize_t p9_read(struct vnode *v, void *buf, size_t want, off_t pos)
{
	struct p9 *fs = p9_of(v);
	size_t done = 0;

	while (done < want) {
		struct iovec data = { (char *)buf + done,
				      MIN(want - done, (size_t)fs->msize - READ_HEAD) };
		struct p9_msg m = p9_begin_fid(fs, P9_TREAD, node_of(v)->open), a;
		size_t n;
		int r;

		p9_put(&m, (uint64_t)pos + done, 8);
		p9_put(&m, data.iov_len, 4);
		r = p9_call_data(fs, &m, &data, false, READ_HEAD, &a);
		n = r == 0 ? p9_get(&a, 4) : 0;
		if (r == 0 && (a.bad || n > data.iov_len)) {
			r = -EIO;
		}
		if (r != 0) {
			return done > 0 ? (ssize_t)done : r;
		}
		done += n;
		if (n == 0) {
			break;
		}
	}
	return (ssize_t)done;
}

/* The size, to append at. */
static off_t end_of(struct vnode *v)
{
	struct stat st;
	int r = p9_get_attr(p9_of(v), node_of(v)->fid, &st);

	return r != 0 ? r : st.st_size;
}

ssize_t p9_write(struct vnode *v, const void *buf, size_t want, off_t *pos)
{
	struct p9 *fs = p9_of(v);
	off_t from = *pos < 0 ? end_of(v) : *pos;
	size_t done = 0;

	if (from < 0) {
		return from;
	}
	while (done < want) {
		/* Header, fid, offset and count go in front. */
		struct iovec data = { (char *)(uintptr_t)buf + done,
				      MIN(want - done, (size_t)fs->msize - P9_HEADER - 16) };
		struct p9_msg m = p9_begin_fid(fs, P9_TWRITE, node_of(v)->open), a;
		size_t n;
		int r;

		p9_put(&m, (uint64_t)from + done, 8);
		p9_put(&m, data.iov_len, 4);
		r = p9_call_data(fs, &m, &data, true, sizeof(fs->in), &a);
		n = r == 0 ? p9_get(&a, 4) : 0;
		if (r == 0 && (a.bad || n == 0 || n > data.iov_len)) {
			r = -EIO;
		}
		if (r != 0 && done == 0) {
			return r;
		}
		if (r != 0) {
			break;
		}
		done += n;
	}
	*pos = from + (off_t)done;
	return (ssize_t)done;
}

int p9_fsync(struct vnode *v, bool data)
{
	struct p9_msg m = p9_begin_fid(p9_of(v), P9_TFSYNC, node_of(v)->open);

	if (node_of(v)->open == P9_NO_FID) {
		return 0; /* a folder: the host's own care */
	}
	p9_put(&m, data, 4);
	return p9_call(p9_of(v), &m, NULL);
}
