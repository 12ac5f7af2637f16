/* SPDX-License-Identifier: MIT */
/* A folder of the host over 9P2000.L, to share files while developing: `mount=TAG:/host:9p`. Nothing is cached, so both
 * sides see each other's changes at once. Spec: p9msg.h. */
#include "p9.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/log.h>
#include <string.h>
#include <sys/statvfs.h>

#define PATH_ROOM     4096U
#define HIDDEN_ROOM   32
#define ROOT_FID      0U
#define AT_REMOVE_DIR 0x200U
#define SET_MODE      1U
#define SET_UID	      2U
#define SET_GID	      4U
#define SET_SIZE      8U
#define SET_ATIME     16U
#define SET_MTIME     32U
#define SET_ATIME_TO  128U
#define SET_MTIME_TO  256U

static struct list devices = LIST_INIT(devices);

void p9dev_register(struct p9dev *d)
{
	list_add_tail(&devices, &d->link);
}

/* --- mount ---------------------------------------------------------------------------------------- */

static int attach(struct p9 *fs)
{
	struct p9_msg m = p9_begin_fid(fs, P9_TATTACH, ROOT_FID);

	p9_put(&m, P9_NO_FID, 4); /* without authentication */
	p9_put_string(&m, "root", 4);
	p9_put_string(&m, "", 0);
	p9_put(&m, 0, 4); /* uid */
	return p9_call(fs, &m, NULL);
}

/* The vnode @v is the file of @fid. */
static int fill(struct p9 *fs, struct vnode *v, uint32_t fid)
{
	struct p9node *n = kzalloc(sizeof(*n));
	struct stat st;
	int r = n == NULL ? -ENOMEM : p9_get_attr(fs, fid, &st);

	if (r != 0) {
		kfree(n);
		return r;
	}
	n->fid = fid;
	n->open = P9_NO_FID;
	v->fs = n;
	v->mode = st.st_mode;
	v->ino = st.st_ino;
	return 0;
}

static struct p9dev *find_tag(const char *tag)
{
	struct list *p;

	list_for_each(p, &devices) {
		struct p9dev *d = list_entry(p, struct p9dev, link);

		if (strcmp(d->tag, tag) == 0) {
			return d;
		}
	}
	return NULL;
}

static int p9_mount(struct mount *m, const char *options)
{
	struct p9dev *d = find_tag(m->source);
	struct p9 *fs;
	int r;

	(void)options;
	if (d == NULL) {
		return -ENOENT;
	}
	fs = kzalloc(sizeof(*fs));
	if (fs == NULL) {
		return -ENOMEM;
	}
	fs->dev = d;
	r = p9_version(fs);
	if (r == 0) {
		r = attach(fs);
	}
	if (r == 0) {
		r = fill(fs, m->root, ROOT_FID);
	}
	if (r == 0 && !S_ISDIR(m->root->mode)) {
		kfree(m->root->fs);
		r = -ENOTDIR;
	}
	if (r != 0) {
		kfree(fs);
		return r;
	}
	m->fs = fs;
	return 0;
}

static void p9_unmount(struct mount *m)
{
	p9_clunk(m->fs, ROOT_FID);
	kfree(m->root->fs);
	kfree(m->fs);
}

static int p9_statvfs(struct mount *m, struct statvfs *v)
{
	struct p9 *fs = m->fs;
	struct p9_msg q = p9_begin_fid(fs, P9_TSTATFS, ROOT_FID), a;
	int r = p9_call(fs, &q, &a);

	if (r != 0) {
		return r;
	}
	p9_get(&a, 4); /* type */
	v->f_bsize = v->f_frsize = p9_get(&a, 4);
	v->f_blocks = p9_get(&a, 8);
	v->f_bfree = p9_get(&a, 8);
	v->f_bavail = p9_get(&a, 8);
	v->f_files = p9_get(&a, 8);
	v->f_ffree = v->f_favail = p9_get(&a, 8);
	v->f_fsid = p9_get(&a, 8);
	v->f_namemax = MIN(p9_get(&a, 4), (uint64_t)VNODE_NAME_MAX);
	return a.bad ? -EIO : 0;
}

/* --- names ---------------------------------------------------------------------------------------- */

static int p9_lookup(struct vnode *v)
{
	struct p9 *fs = p9_of(v);
	uint32_t fid;
	int r = p9_walk(fs, node_of(v->parent)->fid, v->name, v->len, &fid);

	if (r == 0) {
		r = fill(fs, v, fid);
		if (r != 0) {
			p9_clunk(fs, fid);
		}
	}
	return r;
}

/* The fid that made a file is open; only the name is wanted. */
static int create_file(struct p9 *fs, struct vnode *v, uint32_t mode)
{
	struct p9_msg m;
	uint32_t fid;
	int r = p9_walk(fs, node_of(v->parent)->fid, NULL, 0, &fid);

	if (r != 0) {
		return r;
	}
	m = p9_begin_fid(fs, P9_TLCREATE, fid);
	p9_put_string(&m, v->name, v->len);
	p9_put(&m, L_RDWR | L_CREAT | L_EXCL, 4);
	p9_put(&m, mode & 07777, 4);
	p9_put(&m, 0, 4); /* gid */
	r = p9_call(fs, &m, NULL);
	p9_clunk(fs, fid);
	return r;
}

static int create_other(struct p9 *fs, struct vnode *v, uint32_t mode, const char *target)
{
	struct p9_msg m =
		p9_begin_fid(fs, target != NULL ? P9_TSYMLINK : P9_TMKDIR, node_of(v->parent)->fid);

	p9_put_string(&m, v->name, v->len);
	if (target != NULL) {
		p9_put_string(&m, target, strlen(target));
	} else {
		p9_put(&m, mode & 07777, 4);
	}
	p9_put(&m, 0, 4); /* gid */
	return p9_call(fs, &m, NULL);
}

static int p9_create(struct vnode *v, uint32_t mode, const char *target)
{
	struct p9 *fs = p9_of(v);
	int r = S_ISREG(mode) ? create_file(fs, v, mode) : create_other(fs, v, mode, target);

	return r != 0 ? r : p9_lookup(v);
}

static int remove_name(struct vnode *dir, const char *name, uint32_t flags)
{
	struct p9_msg m = p9_begin_fid(p9_of(dir), P9_TUNLINKAT, node_of(dir)->fid);

	p9_put_string(&m, name, strlen(name));
	p9_put(&m, flags, 4);
	return p9_call(p9_of(dir), &m, NULL);
}

static int rename_to(struct vnode *v, struct vnode *dir, const char *name)
{
	struct p9_msg m = p9_begin_fid(p9_of(v), P9_TRENAMEAT, node_of(v->parent)->fid);

	p9_put_string(&m, v->name, v->len);
	p9_put(&m, node_of(dir)->fid, 4);
	p9_put_string(&m, name, strlen(name));
	return p9_call(p9_of(v), &m, NULL);
}

/* Servers find open files by name, as QEMU does: a file that is still open gets one that nobody sees instead of none. */
static void hidden_name(unsigned number, char name[HIDDEN_ROOM])
{
	fmt_snprintf(name, HIDDEN_ROOM, P9_HIDDEN "%u", number);
}

/* The name of @v goes. */
static int hide(struct vnode *v)
{
	char name[HIDDEN_ROOM];
	int r;

	hidden_name(++p9_of(v)->last_hidden, name);
	r = rename_to(v, v->parent, name);
	if (r == 0) {
		node_of(v)->hidden = p9_of(v)->last_hidden;
	}
	return r;
}

static int p9_unlink(struct vnode *v)
{
	return v->opens > 0 ? hide(v) : remove_name(v->parent, v->name, 0);
}

static int p9_rmdir(struct vnode *v)
{
	return remove_name(v->parent, v->name, AT_REMOVE_DIR);
}

static int p9_rename(struct vnode *v, struct vnode *to)
{
	int r = to->fs != NULL && to->opens > 0 && S_ISREG(to->mode) ? hide(to) : 0;

	return r != 0 ? r : rename_to(v, to->parent, to->name);
}

static int p9_link(struct vnode *v, struct vnode *to)
{
	struct p9_msg m = p9_begin_fid(p9_of(v), P9_TLINK, node_of(to->parent)->fid);
	int r;

	p9_put(&m, node_of(v)->fid, 4);
	p9_put_string(&m, to->name, to->len);
	r = p9_call(p9_of(v), &m, NULL);
	return r != 0 ? r : p9_lookup(to);
}

static ssize_t p9_readlink(struct vnode *v, char *buf, size_t n)
{
	struct p9 *fs = p9_of(v);
	struct p9_msg m = p9_begin_fid(fs, P9_TREADLINK, node_of(v)->fid), a;
	struct iovec rest;
	const char *text;
	size_t len;
	uint8_t *room = kmalloc(PATH_ROOM);
	int r;

	if (room == NULL) {
		return -ENOMEM;
	}
	rest = (struct iovec){ room, PATH_ROOM };
	/* The length in the first piece, the target in the second. */
	r = p9_call_data(fs, &m, &rest, false, P9_HEADER + 2, &a);
	len = r == 0 ? p9_get(&a, 2) : 0;
	text = (const char *)room;
	if (r == 0 && (a.bad || len > PATH_ROOM)) {
		r = -EIO;
	}
	len = MIN(len, n);
	memcpy(buf, text, len);
	kfree(room);
	return r != 0 ? r : (ssize_t)len;
}

static void p9_close(struct vnode *v)
{
	struct p9node *n = node_of(v);
	char name[HIDDEN_ROOM];

	p9_close_fid(v);
	if (n->hidden != 0) {
		hidden_name(n->hidden, name);
		remove_name(v->parent, name, 0);
		n->hidden = 0;
	}
}

/* --- attributes ---------------------------------------------------------------------------------- */

static int set_attr(struct vnode *v, uint32_t valid, const struct vattr *a, off_t size)
{
	struct p9_msg m = p9_begin_fid(p9_of(v), P9_TSETATTR, node_of(v)->fid);

	p9_put(&m, valid, 4);
	p9_put(&m, a->mode, 4);
	p9_put(&m, a->uid, 4);
	p9_put(&m, a->gid, 4);
	p9_put(&m, (uint64_t)size, 8);
	p9_put(&m, (uint64_t)a->atime.tv_sec, 8);
	p9_put(&m, (uint64_t)a->atime.tv_nsec, 8);
	p9_put(&m, (uint64_t)a->mtime.tv_sec, 8);
	p9_put(&m, (uint64_t)a->mtime.tv_nsec, 8);
	return p9_call(p9_of(v), &m, NULL);
}

static int p9_truncate(struct vnode *v, off_t size)
{
	static const struct vattr none;

	return set_attr(v, SET_SIZE, &none, size);
}

static int p9_setattr(struct vnode *v, const struct vattr *a)
{
	static const uint32_t bits[][2] = { { ATTR_MODE, SET_MODE },
					    { ATTR_UID, SET_UID },
					    { ATTR_GID, SET_GID },
					    { ATTR_ATIME, SET_ATIME | SET_ATIME_TO },
					    { ATTR_MTIME, SET_MTIME | SET_MTIME_TO } };
	uint32_t valid = 0;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
		valid |= (a->valid & bits[i][0]) != 0 ? bits[i][1] : 0;
	}
	r = set_attr(v, valid, a, 0);
	if (r == 0 && (a->valid & ATTR_MODE) != 0) {
		v->mode = (v->mode & S_IFMT) | (a->mode & 07777);
	}
	return r;
}

static int p9_stat(struct vnode *v, struct stat *st)
{
	struct p9node *n = node_of(v);
	dev_t dev = st->st_dev;
	int r = p9_get_attr(p9_of(v), n->fid, st);

	st->st_dev = dev;
	if (r == 0) {
		v->mode = st->st_mode;
		if (n->hidden != 0 && st->st_nlink > 0) {
			st->st_nlink--;
		}
	}
	if (r == -ENOENT && vnode_gone(v)) {
		/* A folder that was removed while it is open: the host finds it by its name. */
		st->st_mode = v->mode;
		st->st_ino = v->ino;
		r = 0;
	}
	return r;
}

static void p9_forget(struct vnode *v)
{
	p9_clunk(p9_of(v), node_of(v)->fid);
	kfree(v->fs);
}

FILESYSTEM(p9) = {
	.name = "9p",
	.mount = p9_mount,
	.unmount = p9_unmount,
	.statvfs = p9_statvfs,
	.lookup = p9_lookup,
	.create = p9_create,
	.unlink = p9_unlink,
	.rmdir = p9_rmdir,
	.rename = p9_rename,
	.link = p9_link,
	.readlink = p9_readlink,
	.readdir = p9_readdir,
	.closedir = p9_closedir,
	.forget = p9_forget,
	.open = p9_open,
	.close = p9_close,
	.read = p9_read,
	.write = p9_write,
	.truncate = p9_truncate,
	.fsync = p9_fsync,
	.stat = p9_stat,
	.setattr = p9_setattr,
};
