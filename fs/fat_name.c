/* SPDX-License-Identifier: MIT */
/* Names in the folders of a FAT volume: to find, make, remove and rename them. */
#include "fat.h"

#include <dirent.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* First cluster of the folder that @v is in. */
static uint32_t folder_of(const struct vnode *v)
{
	return fat_node_of(v->parent)->first;
}

bool fat_good_name(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || name[n - 1] == '.' || name[n - 1] == ' ') {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)name[i] < ' ' || strchr("\"*/:<>?\\|\x7F", name[i]) != NULL) {
			return false;
		}
	}
	return true;
}

int fat_find_at(struct fat *f, uint32_t dir, uint32_t sect, uint32_t off, struct fat_found *e)
{
	int r = fat_rewind(f, dir, 0, e);

	while (r == 0 && (r = fat_read_entry(f, e)) == 1) {
		if (e->sect == sect && e->off == off) {
			return 0;
		}
		r = 0;
	}
	return r == 0 ? -ENOENT : r;
}

int fat_is_empty(struct fat *f, uint32_t dir)
{
	struct fat_found *e = kmalloc(sizeof(*e));
	int r = e == NULL ? -ENOMEM : fat_rewind(f, dir, 0, e);

	r = r == 0 ? fat_read_entry(f, e) : r;
	kfree(e);
	return r < 0 ? r : r == 0;
}

int fat_lookup(struct vnode *v)
{
	struct fat *f = fat_of(v);
	struct fat_found e;
	int r = fat_good_name(v->name) && !fat_node_of(v->parent)->removed
			? fat_find(f, folder_of(v), v->name, &e)
			: -ENOENT;

	if (r != 0) {
		return r == -EINVAL ? -ENOENT : r;
	}
	/* Found by its short name, or by the case of letters that vnodes do not fold: it would be a file twice. */
	return strcasecmp(e.info.fname, v->name) != 0 ? -ENOENT : fat_add_node(f, v, &e);
}

int fat_create(struct vnode *v, uint32_t mode, const char *target)
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
	r = fat_node_of(v->parent)->removed ? -ENOENT : fat_begin(f);
	if (r == 0 && S_ISDIR(mode)) {
		b[FAT_ATTR] = AM_DIR;
		r = fat_new_folder(f, folder_of(v), now, &first);
		r = r == 0 ? fat_barrier(f) : r;
	} else if ((mode & 0222) == 0) {
		b[FAT_ATTR] |= AM_RDO;
	}
	fat_entry_set(f, b, first, 0, now);
	r = r == 0 ? fat_enter(f, folder_of(v), v->name, b, false, &e) : r;
	if (r != 0 && first != 0) {
		fat_gone(f, first);
	}
	if (r != 0) {
		return r;
	}
	r = fat_add_node(f, v, &e);
	if (r != 0 && fat_find(f, folder_of(v), v->name, &e) == 0 && fat_remove(f, &e) == 0) {
		fat_gone(f, first);
	}
	return r;
}

static int entry_of(struct fat *f, const struct vnode *v, struct fat_found *e)
{
	return fat_find_at(f, folder_of(v), fat_node_of(v)->sect, fat_node_of(v)->off, e);
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

int fat_unlink(struct vnode *v)
{
	struct fat *f = fat_of(v);
	struct fat_found e;
	int r = fat_begin(f);

	r = r == 0 ? entry_of(f, v, &e) : r;
	r = r == 0 ? fat_remove(f, &e) : r;
	if (r == 0) {
		nameless(f, fat_node_of(v));
	}
	return r;
}

static int must_be_empty(struct fat *f, const struct fat_node *n)
{
	int r = fat_is_empty(f, n->first);

	return r < 0 ? r : r == 0 ? -ENOTEMPTY : 0;
}

int fat_rmdir(struct vnode *v)
{
	struct fat *f = fat_of(v);
	struct fat_found e;
	int r = must_be_empty(f, fat_node_of(v));

	r = r == 0 ? fat_begin(f) : r;
	r = r == 0 ? entry_of(f, v, &e) : r;
	r = r == 0 ? fat_remove(f, &e) : r;
	if (r == 0) {
		nameless(f, fat_node_of(v));
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

/* The second entry for @v's file, with the next turn, at @to. */
static int second_entry(struct fat *f, struct vnode *v, struct vnode *to, struct fat_found *e,
			uint8_t *was)
{
	struct fat_node *n = fat_node_of(v), *old = fat_node_of(to);
	bool respelled = v->parent == to->parent && strcasecmp(v->name, to->name) == 0;
	uint8_t *b, bytes[FAT_ENTRY];
	int r = fat_entry(f, n->sect, n->off, &b);

	if (r != 0) {
		return r;
	}
	memcpy(bytes, b, FAT_ENTRY);
	bytes[FAT_CASE] = (uint8_t)(fat_next_turn(fat_turn(bytes)) << FAT_TURN_SHIFT);
	if (old == NULL) {
		return fat_enter(f, folder_of(to), to->name, bytes, respelled, e);
	}
	e->sect = old->sect;
	e->off = old->off;
	return replace(f, old, bytes, was);
}

static int may_rename(struct fat *f, struct vnode *v, struct vnode *to)
{
	struct fat_node *n = fat_node_of(v), *old = fat_node_of(to);
	int r = old != NULL && S_ISDIR(to->mode) ? must_be_empty(f, old) : 0;

	if (old == NULL && !fat_good_name(to->name)) {
		return -EINVAL;
	}
	if (fat_node_of(to->parent)->removed) {
		return -ENOENT;
	}
	r = r == 0 ? fat_begin(f) : r;
	r = r == 0 ? fat_settle(f, n) : r;
	/* Both entries must say the same: what is new of the file is in the first before there is a second. */
	return r == 0 && f->resized ? fat_barrier(f) : r;
}

int fat_rename(struct vnode *v, struct vnode *to)
{
	struct fat *f = fat_of(v);
	struct fat_node *n = fat_node_of(v), *old = fat_node_of(to);
	uint8_t was[FAT_ENTRY];
	struct fat_found first, second;
	int r = may_rename(f, v, to);

	r = r == 0 ? second_entry(f, v, to, &second, was) : r;
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
		} else if (fat_find_at(f, folder_of(to), second.sect, second.off, &second) == 0) {
			fat_remove(f, &second);
		}
		return r;
	}
	if (old != NULL) {
		nameless(f, old);
	}
	n->sect = second.sect;
	n->off = second.off;
	f->renamed = true;
	return 0;
}

/* Positions are 2 and the entry's number in the folder. */
int fat_readdir(struct vnode *dir, struct dir_pos *pos, struct dirent *d)
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
			    : fat_rewind(f, fat_node_of(dir)->first,
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
	n = fat_node_at(f, e->sect, e->off);
	d->d_ino = n != NULL ? n->ino : fat_ino(f, e->sect, e->off);
	d->d_type = (e->info.fattrib & AM_DIR) != 0 ? DT_DIR : DT_REG;
	snprintf(d->d_name, sizeof(d->d_name), "%s", e->info.fname);
	pos->pos = (off_t)(e->d.dptr / FAT_ENTRY) + 3;
	return 1;
}

void fat_closedir(struct vnode *dir, struct dir_pos *pos)
{
	(void)dir;
	kfree(pos->fs);
	pos->fs = NULL;
}
