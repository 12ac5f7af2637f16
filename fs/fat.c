/* SPDX-License-Identifier: MIT */
/* FAT12, FAT16 and FAT32 with long names: the operations of a mount. The order of what is written: fat.h. */
#include "fat.h"

#include <dirent.h>
#include <errno.h>
#include <fs/cache.h>
#include <kernel/alloc.h>
#include <kernel/log.h>
#include <kernel/rand.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#define NS  1000000000ULL
#define DAY 86400ULL
/* Days from 1970 to 1980, and to 2108. */
#define FIRST_DAY 3652U
#define END_DAY	  50404U

static struct fat *fat_of(const struct vnode *v)
{
	return v->mount->fs;
}

static struct fat_node *node_of(const struct vnode *v)
{
	return v->fs;
}

/* First cluster of the folder that @v is in. */
static uint32_t folder_of(const struct vnode *v)
{
	return node_of(v->parent)->first;
}

/* --- times ----------------------------------------------------------------------------------------- */

static unsigned days_in(unsigned year, unsigned month)
{
	return month == 2 ? (year % 4 == 0 && year != 2100 ? 29 : 28)
			  : 30 + (month + (month > 7)) % 2;
}

uint32_t fat_time(uint64_t ns)
{
	uint64_t s = ns / NS, day = s / DAY;
	unsigned year = 1980, month = 1, left;

	if (day < FIRST_DAY) {
		s = (uint64_t)FIRST_DAY * DAY;
	} else if (day >= END_DAY) {
		s = (uint64_t)END_DAY * DAY - 1;
	}
	left = (unsigned)(s / DAY) - FIRST_DAY;
	while (left >= 337 + days_in(year, 2)) {
		left -= 337 + days_in(year++, 2);
	}
	while (left >= days_in(year, month)) {
		left -= days_in(year, month++);
	}
	s %= DAY;
	return (year - 1980) << 25 | month << 21 | (left + 1) << 16 | (uint32_t)(s / 3600) << 11 |
	       (uint32_t)(s / 60 % 60) << 5 | (uint32_t)(s % 60 / 2);
}

uint64_t fat_time_ns(uint32_t time)
{
	unsigned year = 1980 + (time >> 25), month = time >> 21 & 15, days = FIRST_DAY;

	for (unsigned y = 1980; y < year; y++) {
		days += 337 + days_in(y, 2);
	}
	for (unsigned m = 1; m < MIN(month, 13U); m++) {
		days += days_in(year, m);
	}
	days += MAX(time >> 16 & 31, 1U) - 1;
	return (days * DAY + (time >> 11 & 31) * 3600ULL + (time >> 5 & 63) * 60ULL +
		(time & 31) * 2ULL) *
	       NS;
}

static struct timespec timespec_of(uint32_t time)
{
	return (struct timespec){ .tv_sec = (time_t)(fat_time_ns(time) / NS) };
}

/* --- nodes ----------------------------------------------------------------------------------------- */

static uint64_t ino_at(const struct fat *f, uint32_t sect, uint32_t off)
{
	return (uint64_t)sect * (f->sector_size / FAT_ENTRY) + off / FAT_ENTRY + 2;
}

static struct fat_node *node_at(struct fat *f, uint32_t sect, uint32_t off)
{
	struct list *p;

	list_for_each(p, &f->nodes) {
		struct fat_node *n = list_entry(p, struct fat_node, link);

		if (n->sect == sect && n->off == off) {
			return n;
		}
	}
	return NULL;
}

/* Places of entries are numbers of files, as long as no renamed file still has the one of where it was. */
static uint64_t free_ino(struct fat *f, uint64_t ino)
{
	struct list *p;

	list_for_each(p, &f->nodes) {
		if (list_entry(p, struct fat_node, link)->ino == ino) {
			return free_ino(f, ino + (1ULL << 40));
		}
	}
	return ino;
}

static uint32_t mode_of(uint8_t attr)
{
	return ((attr & AM_DIR) != 0 ? S_IFDIR | 0755 : S_IFREG | 0644) &
	       ((attr & (AM_DIR | AM_RDO)) == AM_RDO ? ~0222U : ~0U);
}

/* The node of @v, of the entry at @e. */
static int add_node(struct fat *f, struct vnode *v, const struct fat_found *e)
{
	struct fat_node *n = kzalloc(sizeof(*n));
	uint8_t *b;
	int r = n == NULL ? -ENOMEM : fat_entry(f, e->sect, e->off, &b);

	if (r == 0) {
		n->attr = b[FAT_ATTR] & FAT_ATTR_MASK;
		n->first = fat_entry_first(f, b);
		n->size = (n->attr & AM_DIR) != 0 ? 0 : fat_entry_size(b);
		n->time = fat_entry_time(b);
		/* The root has no entry, and cluster 0 is its. */
		r = (n->attr & AM_DIR) != 0 && !fat_valid(f, n->first) ? -EIO : 0;
	}
	if (r != 0) {
		kfree(n);
		return r;
	}
	n->v = v;
	n->sect = e->sect;
	n->off = e->off;
	n->ino = free_ino(f, ino_at(f, e->sect, e->off));
	fat_forget_chain(n);
	list_add_tail(&f->nodes, &n->link);
	v->fs = n;
	v->ino = n->ino;
	v->mode = mode_of(n->attr);
	return 0;
}

int fat_write_entry(struct fat *f, struct fat_node *n)
{
	uint8_t *b;
	int r = fat_entry(f, n->sect, n->off, &b);

	if (r == 0) {
		b[FAT_ATTR] |= AM_ARC;
		fat_entry_set(f, b, n->first, n->size, n->time);
		fat_entry_changed(f);
		n->grown = n->touched = false;
	}
	return r;
}

int fat_settle(struct fat *f, struct fat_node *n)
{
	int r = 0;

	if (n->removed || !(n->grown || n->touched)) {
		return 0;
	}
	if (n->grown) {
		r = fat_barrier(f);
	}
	return r == 0 ? fat_write_entry(f, n) : r;
}

/* Something will be written: the medium says first that the volume is in use. */
static int begin(struct fat *f)
{
	if (f->read_only) {
		return -EROFS;
	}
	return f->in_use ? 0 : fat_mark(f, true);
}

/* --- mount ----------------------------------------------------------------------------------------- */

static struct fat *new_fat(struct blkdev *d, bool read_only)
{
	struct fat *f = kzalloc(sizeof(*f));

	if (f != NULL) {
		f->dev = d;
		f->read_only = read_only;
		list_init(&f->nodes);
		list_init(&f->root.link);
		f->root.ino = 1;
		f->root.attr = AM_DIR;
	}
	return f;
}

/* The volume on @d, not looked at further. */
static int open_on(struct blkdev *d, bool read_only, struct fat **out)
{
	uint8_t boot[BLK_SECTOR];
	struct fat *f;
	int r = d->sectors == 0 ? -EINVAL : cache_read(d, 0, boot, sizeof(boot));
	uint32_t size = r == 0 ? fat_geometry(boot, d->sectors) : 0;

	if (size == 0) {
		return r != 0 ? r : -EINVAL;
	}
	f = new_fat(d, read_only);
	if (f == NULL) {
		return -ENOMEM;
	}
	f->sector_size = size;
	r = fat_open_volume(f);
	if (r != 0) {
		kfree(f);
		return r;
	}
	*out = f;
	return 0;
}

static void check(struct mount *m, struct fat *f)
{
	bool in_use = false, damage = false;
	int r = fat_is_marked(f, &in_use);

	if (r != 0 || !in_use || f->read_only) {
		return;
	}
	f->in_use = true;
	r = fat_sweep(f, &damage);
	if (r == -ENOMEM) {
		log_error("%s: FAT: was not unmounted, and there is no memory to look for lost "
			  "clusters",
			  f->dev->name);
		f->lost = true;
	} else if (r != 0 || damage) {
		/* To write would spoil more: two files may have one cluster. */
		log_error("%s: FAT: damaged, so it is read-only: run fsck.vfat on it",
			  f->dev->name);
		f->read_only = true;
		m->flags |= MS_RDONLY;
	}
}

static int fat_mount(struct mount *m, const char *options)
{
	struct fat *f = NULL;
	int r;

	(void)options;
	if (m->dev->read_only) {
		m->flags |= MS_RDONLY;
	}
	r = open_on(m->dev, (m->flags & MS_RDONLY) != 0, &f);
	if (r != 0) {
		return r;
	}
	check(m, f);
	m->fs = f;
	f->root.v = m->root;
	m->root->fs = &f->root;
	m->root->ino = f->root.ino;
	m->root->mode = S_IFDIR | 0755;
	return 0;
}

static bool fat_identify(struct blkdev *d, char label[64], char uuid[40])
{
	struct fat *f = NULL;
	uint32_t serial = 0;
	int r = open_on(d, true, &f);

	if (r == 0) {
		r = fat_label(f, label, &serial);
		snprintf(uuid, 40, "%04X-%04X", (unsigned)(serial >> 16),
			 (unsigned)(serial & 0xFFFF));
	}
	kfree(f);
	return r == 0;
}

static int fat_format(struct blkdev *d, const char *label)
{
	struct fat *f = new_fat(d, false);
	int r;

	if (f == NULL) {
		return -ENOMEM;
	}
	f->sector_size = MAX(d->block_size, BLK_SECTOR);
	r = fat_make(f, label, rand_u32());
	kfree(f);
	return r;
}

static int settle_all(struct fat *f)
{
	struct list *p;
	int r = 0;

	list_for_each(p, &f->nodes) {
		int e = fat_settle(f, list_entry(p, struct fat_node, link));

		r = r == 0 ? e : r;
	}
	return r;
}

/* A file without a name has clusters that the next mount must find, if this one does not end well. */
static bool has_nameless(const struct fat *f)
{
	struct list *p;

	list_for_each(p, &f->nodes) {
		const struct fat_node *n = list_entry(p, struct fat_node, link);

		if (n->removed && n->first != 0) {
			return true;
		}
	}
	return false;
}

static int fat_do_sync(struct fat *f)
{
	int r;

	if (f->read_only || !f->in_use) {
		return 0;
	}
	r = settle_all(f);
	r = r == 0 ? fat_barrier(f) : r;
	/* That freed clusters, and the count is known. */
	r = r == 0 ? fat_write_info(f) : r;
	r = r == 0 ? fat_barrier(f) : r;
	return r != 0 || f->lost || has_nameless(f) ? r : fat_mark(f, false);
}

static int fat_sync(struct mount *m)
{
	return fat_do_sync(m->fs);
}

static void fat_unmount(struct mount *m)
{
	int r = fat_do_sync(m->fs);

	if (r != 0) {
		log_error("%s: FAT: not all was written: %d", m->dev->name, r);
	}
	kfree(m->fs);
	m->fs = NULL;
}

static int fat_statvfs(struct mount *m, struct statvfs *v)
{
	struct fat *f = m->fs;
	uint32_t n;
	int r = f->gone_count > 0 ? fat_barrier(f) : 0;

	r = r == 0 ? fat_count_free(f, &n) : r;
	if (r == 0) {
		v->f_bsize = v->f_frsize = f->cluster;
		v->f_blocks = f->ff.n_fatent - 2;
		v->f_bfree = v->f_bavail = n;
		v->f_namemax = VNODE_NAME_MAX;
	}
	return r;
}

/* --- names ----------------------------------------------------------------------------------------- */

static int fat_lookup(struct vnode *v)
{
	struct fat *f = fat_of(v);
	struct fat_found e;
	int r = fat_good_name(v->name) && !node_of(v->parent)->removed
			? fat_find(f, folder_of(v), v->name, &e)
			: -ENOENT;

	if (r != 0) {
		return r == -EINVAL ? -ENOENT : r;
	}
	/* Found by its short name, or by the case of letters that vnodes do not fold: it would be a file twice. */
	return strcasecmp(e.info.fname, v->name) != 0 ? -ENOENT : add_node(f, v, &e);
}

static int fat_create(struct vnode *v, uint32_t mode, const char *target)
{
	struct fat *f = fat_of(v);
	uint8_t b[FAT_ENTRY] = { [FAT_ATTR] = AM_ARC };
	uint32_t now = fat_time(fs_now()), first = 0;
	struct fat_found e;
	int r;

	(void)target;
	if (!S_ISREG(mode) && !S_ISDIR(mode)) {
		return -EPERM;
	}
	if (!fat_good_name(v->name)) {
		return -EINVAL;
	}
	r = node_of(v->parent)->removed ? -ENOENT : begin(f);
	if (r == 0 && S_ISDIR(mode)) {
		b[FAT_ATTR] = AM_DIR;
		r = fat_new_folder(f, folder_of(v), now, &first);
		r = r == 0 ? fat_barrier(f) : r;
	} else if ((mode & 0222) == 0) {
		b[FAT_ATTR] |= AM_RDO;
	}
	fat_entry_set(f, b, first, 0, now);
	r = r == 0 ? fat_enter(f, folder_of(v), v->name, b, &e) : r;
	if (r != 0 && first != 0) {
		fat_gone(f, first);
	}
	if (r != 0) {
		return r;
	}
	r = add_node(f, v, &e);
	if (r != 0 && fat_find(f, folder_of(v), v->name, &e) == 0 && fat_remove(f, &e) == 0) {
		fat_gone(f, first);
	}
	return r;
}

/* The entry of @v, as it was found again by its name. */
static int entry_of(struct fat *f, const struct vnode *v, struct fat_found *e)
{
	int r = fat_find(f, folder_of(v), v->name, e);

	return r != 0 ? r : e->sect != node_of(v)->sect || e->off != node_of(v)->off ? -EIO : 0;
}

/* No entry names @n's clusters. They are its until the last close. */
static void nameless(struct fat *f, struct fat_node *n)
{
	n->removed = true;
	n->grown = n->touched = false;
	n->sect = n->off = 0;
	if (n->v->opens == 0 || (n->attr & AM_DIR) != 0) {
		fat_gone(f, n->first);
		n->first = n->size = 0;
		fat_forget_chain(n);
	}
}

static int fat_unlink(struct vnode *v)
{
	struct fat *f = fat_of(v);
	struct fat_found e;
	int r = begin(f);

	r = r == 0 ? entry_of(f, v, &e) : r;
	r = r == 0 ? fat_remove(f, &e) : r;
	if (r == 0) {
		nameless(f, node_of(v));
	}
	return r;
}

static int must_be_empty(struct fat *f, const struct fat_node *n)
{
	int r = fat_is_empty(f, n->first);

	return r < 0 ? r : r == 0 ? -ENOTEMPTY : 0;
}

static int fat_rmdir(struct vnode *v)
{
	struct fat *f = fat_of(v);
	struct fat_found e;
	int r = must_be_empty(f, node_of(v));

	r = r == 0 ? begin(f) : r;
	r = r == 0 ? entry_of(f, v, &e) : r;
	r = r == 0 ? fat_remove(f, &e) : r;
	if (r == 0) {
		nameless(f, node_of(v));
	}
	return r;
}

/* The entry at @old names what @b does; its own bytes come back in @was. One sector: it is the one or the other. */
static int replace(struct fat *f, const struct fat_node *old, const uint8_t *b, uint8_t *was)
{
	uint8_t *to;
	int r = fat_entry(f, old->sect, old->off, &to);

	if (r == 0) {
		memcpy(was, to, FAT_ENTRY);
		to[FAT_ATTR] = b[FAT_ATTR];
		to[FAT_CASE] = (uint8_t)((to[FAT_CASE] & 0x3F) | fat_turn(b) << FAT_TURN_SHIFT);
		memcpy(to + FAT_CASE + 1, b + FAT_CASE + 1, FAT_ENTRY - FAT_CASE - 1);
		fat_entry_changed(f);
	}
	return r;
}

static void put_back(struct fat *f, const struct fat_node *old, const uint8_t *was)
{
	uint8_t *to;

	if (fat_entry(f, old->sect, old->off, &to) == 0) {
		memcpy(to, was, FAT_ENTRY);
		fat_entry_changed(f);
	}
}

/* The second entry for @n, with the next turn, at @to. */
static int second_entry(struct fat *f, struct fat_node *n, struct vnode *to, struct fat_found *e,
			uint8_t *was)
{
	struct fat_node *old = node_of(to);
	uint8_t *b, bytes[FAT_ENTRY];
	int r = fat_entry(f, n->sect, n->off, &b);

	if (r != 0) {
		return r;
	}
	memcpy(bytes, b, FAT_ENTRY);
	bytes[FAT_CASE] = (uint8_t)(fat_next_turn(fat_turn(bytes)) << FAT_TURN_SHIFT);
	if (old == NULL) {
		return fat_enter(f, folder_of(to), to->name, bytes, e);
	}
	e->sect = old->sect;
	e->off = old->off;
	return replace(f, old, bytes, was);
}

static int may_rename(struct fat *f, struct vnode *v, struct vnode *to)
{
	struct fat_node *n = node_of(v), *old = node_of(to);
	int r = old != NULL && S_ISDIR(to->mode) ? must_be_empty(f, old) : 0;

	if (old == NULL && !fat_good_name(to->name)) {
		return -EINVAL;
	}
	if (node_of(to->parent)->removed) {
		return -ENOENT;
	}
	r = r == 0 ? begin(f) : r;
	/* Both entries must say the same: what is new of the file goes to the first before there is a second. */
	if (r == 0 && n->grown) {
		r = fat_settle(f, n);
		r = r == 0 ? fat_barrier(f) : r;
	}
	return r == 0 ? fat_settle(f, n) : r;
}

static int fat_rename(struct vnode *v, struct vnode *to)
{
	struct fat *f = fat_of(v);
	struct fat_node *n = node_of(v), *old = node_of(to);
	uint8_t was[FAT_ENTRY];
	struct fat_found first, second;
	int r = may_rename(f, v, to);

	r = r == 0 ? second_entry(f, n, to, &second, was) : r;
	if (r != 0) {
		return r;
	}
	r = fat_barrier(f);
	r = r == 0 ? entry_of(f, v, &first) : r;
	if (r == 0 && S_ISDIR(v->mode)) {
		r = fat_set_parent(f, n->first, folder_of(to));
	}
	r = r == 0 ? fat_remove(f, &first) : r;
	if (r != 0) {
		if (old != NULL) {
			put_back(f, old, was);
		} else if (fat_find(f, folder_of(to), to->name, &second) == 0) {
			fat_remove(f, &second);
		}
		return r;
	}
	if (old != NULL) {
		nameless(f, old);
	}
	n->sect = second.sect;
	n->off = second.off;
	return 0;
}

/* Positions are 2 and the entry's number in the folder. */
static int fat_readdir(struct vnode *dir, struct dir_pos *pos, struct dirent *d)
{
	struct fat *f = fat_of(dir);
	struct fat_found *e = pos->fs;
	struct fat_node *n;
	int r = 1;

	if (e == NULL) {
		e = kmalloc(sizeof(*e));
		if (e == NULL) {
			return -ENOMEM;
		}
		r = pos->pos - 2 > UINT32_MAX / FAT_ENTRY
			    ? -ENOENT
			    : fat_rewind(f, node_of(dir)->first,
					 (uint32_t)(pos->pos - 2) * FAT_ENTRY, e);
		if (r != 0) {
			kfree(e);
			return r == -ENOENT ? 0 : r;
		}
		pos->fs = e;
	}
	do {
		r = fat_read_entry(f, e);
	} while (r == 1 && !fat_good_name(e->info.fname));
	if (r != 1) {
		/* What comes later is found by the position. */
		kfree(e);
		pos->fs = NULL;
		return r;
	}
	n = node_at(f, e->sect, e->off);
	d->d_ino = n != NULL ? n->ino : ino_at(f, e->sect, e->off);
	d->d_type = (e->info.fattrib & AM_DIR) != 0 ? DT_DIR : DT_REG;
	snprintf(d->d_name, sizeof(d->d_name), "%s", e->info.fname);
	pos->pos = (off_t)(e->d.dptr / FAT_ENTRY) + 3;
	return 1;
}

static void fat_closedir(struct vnode *dir, struct dir_pos *pos)
{
	(void)dir;
	kfree(pos->fs);
	pos->fs = NULL;
}

/* --- files ----------------------------------------------------------------------------------------- */

/* What grew is found after a power cut from here on, not only after fsync(). */
static void fat_close(struct vnode *v)
{
	struct fat *f = fat_of(v);
	struct fat_node *n = node_of(v);

	if (n->removed) {
		fat_gone(f, n->first);
		n->first = n->size = 0;
		fat_forget_chain(n);
	} else {
		fat_settle(f, n); /* or, if that failed, by sync or forget */
	}
}

static ssize_t fat_read(struct vnode *v, void *buf, size_t n, off_t pos)
{
	return fat_file_read(fat_of(v), node_of(v), buf, n, pos);
}

static ssize_t fat_write(struct vnode *v, const void *buf, size_t n, off_t *pos)
{
	int r = begin(fat_of(v));

	return r == 0 ? fat_file_write(fat_of(v), node_of(v), buf, n, pos) : r;
}

static int fat_truncate(struct vnode *v, off_t size)
{
	int r = begin(fat_of(v));

	r = r == 0 ? fat_file_truncate(fat_of(v), node_of(v), size) : r;
	if (v->opens == 0) {
		int e = fat_settle(fat_of(v), node_of(v));

		r = r == 0 ? e : r;
	}
	return r;
}

static int fat_fsync(struct vnode *v, bool data)
{
	struct fat *f = fat_of(v);
	struct fat_node *n = node_of(v);
	int r = 0;

	if (f->read_only) {
		return 0;
	}
	if (n->grown || !data) {
		r = fat_settle(f, n);
	}
	return r == 0 ? fat_barrier(f) : r;
}

static int fat_stat(struct vnode *v, struct stat *st)
{
	const struct fat *f = fat_of(v);
	const struct fat_node *n = node_of(v);
	uint64_t clusters = n->size / f->cluster + (n->size % f->cluster != 0);

	st->st_ino = n->ino;
	st->st_mode = v->mode;
	st->st_nlink = n->removed ? 0 : 1;
	st->st_size = (off_t)n->size;
	st->st_blksize = (blksize_t)f->cluster;
	st->st_blocks = (blkcnt_t)(clusters * (f->cluster / 512));
	st->st_atim = st->st_mtim = st->st_ctim = timespec_of(n->time);
	return 0;
}

static int fat_setattr(struct vnode *v, const struct vattr *a)
{
	struct fat *f = fat_of(v);
	struct fat_node *n = node_of(v);
	uint8_t *b;
	int r = 0;

	if ((a->valid & ATTR_MODE) != 0 && S_ISREG(v->mode)) {
		n->attr = (uint8_t)((n->attr & ~AM_RDO) | ((a->mode & 0222) == 0 ? AM_RDO : 0));
		v->mode = mode_of(n->attr);
	}
	if ((a->valid & ATTR_MTIME) != 0) {
		n->time = fat_time(a->mtime.tv_sec < 0 ? 0 : (uint64_t)a->mtime.tv_sec * NS);
	}
	if ((a->valid & (ATTR_MODE | ATTR_MTIME)) == 0 || n->sect == 0) {
		return 0; /* the root, and what has no name, keep nothing on the medium */
	}
	r = begin(f);
	r = r == 0 ? fat_entry(f, n->sect, n->off, &b) : r;
	if (r == 0) {
		b[FAT_ATTR] = (uint8_t)((b[FAT_ATTR] & ~AM_RDO) | (n->attr & AM_RDO));
		fat_entry_set(f, b, fat_entry_first(f, b), fat_entry_size(b), n->time);
		fat_entry_changed(f);
		n->touched = false;
	}
	return r;
}

static void fat_forget(struct vnode *v)
{
	struct fat *f = fat_of(v);
	struct fat_node *n = node_of(v);
	int r = f->read_only ? 0 : fat_settle(f, n);

	if (r != 0) {
		log_error("%s: FAT: %s: its size was not written: %d", f->dev->name, v->name, r);
	}
	list_del(&n->link);
	kfree(n);
	v->fs = NULL;
}

FILESYSTEM(fat) = {
	.name = "fat",
	.needs_dev = true,
	.mount = fat_mount,
	.unmount = fat_unmount,
	.format = fat_format,
	.identify = fat_identify,
	.sync = fat_sync,
	.statvfs = fat_statvfs,
	.lookup = fat_lookup,
	.create = fat_create,
	.unlink = fat_unlink,
	.rmdir = fat_rmdir,
	.rename = fat_rename,
	.readdir = fat_readdir,
	.closedir = fat_closedir,
	.close = fat_close,
	.read = fat_read,
	.write = fat_write,
	.truncate = fat_truncate,
	.fsync = fat_fsync,
	.stat = fat_stat,
	.setattr = fat_setattr,
	.forget = fat_forget,
	.fold_case = true,
};
