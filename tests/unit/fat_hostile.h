/* SPDX-License-Identifier: MIT */
/* Volumes that mean harm: a sound one with bytes changed, and everything done to it that a program can do. Nothing may
 * crash or go on for ever; what comes back is of no interest. */
#pragma once

#include "fat_env.h"

#define HOSTILE_DEPTH 5U
#define HOSTILE_NAMES 400U

/* A volume of @size with files and folders; it is its own original. */
static struct disk *hostile_volume(size_t size)
{
	static uint8_t data[9000];
	struct disk *k = disk_new(size);
	struct mount *m;
	struct vnode *v;
	char path[64];
	int r = filesystems_start->format(&k->d, "HOSTILE");

	m = r == 0 ? mounted(k, 0, &r) : NULL;
	if (m == NULL) {
		abort();
	}
	make_folder(m, "a folder");
	make_folder(m, "a folder/inner");
	for (unsigned i = 0; i < 12; i++) {
		snprintf(path, sizeof(path), i % 2 == 0 ? "a folder/inner/a long name %u" : "F%u",
			 i);
		v = opened(m, path, true, &r);
		wrote(v, data, sizeof(data) / (i + 1), 0);
		closed(v);
	}
	unmounted(m);
	memset(k->touched, 0, size / BLK_SECTOR);
	return k;
}

/* As it was made: k->safe is what it was. */
static void hostile_restore(struct disk *k, const uint8_t *original)
{
	for (size_t s = 0; s < k->size / BLK_SECTOR; s++) {
		if (k->touched[s] != 0) {
			memcpy(k->now + s * BLK_SECTOR, original + s * BLK_SECTOR, BLK_SECTOR);
			memcpy(k->safe + s * BLK_SECTOR, original + s * BLK_SECTOR, BLK_SECTOR);
			k->touched[s] = k->dirty[s] = 0;
		}
	}
}

static void hostile_byte(struct disk *k, size_t at, uint8_t value)
{
	if (at < k->size) {
		k->now[at] = k->safe[at] = value;
		k->touched[at / BLK_SECTOR] = 1;
	}
}

/* Read a file, write to some. */
static void hostile_file(struct vnode *v, unsigned how)
{
	static uint8_t buf[70000];
	const struct fs_ops *ops = v->mount->ops;
	struct stat st;

	v->opens++;
	ops->stat(v, &st);
	was_read(v, buf, sizeof(buf), 0);
	was_read(v, buf, 1000, st.st_size - 1000 < 0 ? 0 : st.st_size - 1000);
	if (how % 3 == 0) {
		wrote(v, buf, 3000, how % 2 == 0 ? st.st_size : 100);
		ops->fsync(v, how % 4 == 0);
	}
	if (how % 5 == 0 && st.st_size < 200000) {
		ops->truncate(v, st.st_size / 2);
		ops->truncate(v, st.st_size + 5000);
	}
	v->opens--;
	ops->close(v);
}

static void hostile_folder(struct vnode *dir, unsigned depth, unsigned *left)
{
	struct mount *m = dir->mount;
	struct dir_pos pos = { .pos = 2 };
	struct dirent d;
	struct vnode *v;

	while (*left > 0 && m->ops->readdir(dir, &pos, &d) == 1) {
		(*left)--;
		if (strlen(d.d_name) > VNODE_NAME_MAX || strchr(d.d_name, '/') != NULL) {
			abort();
		}
		if (vnode_child(dir, d.d_name, strlen(d.d_name), &v) != 0) {
			continue;
		}
		if (S_ISREG(v->mode)) {
			hostile_file(v, *left);
		} else if (depth < HOSTILE_DEPTH) {
			hostile_folder(v, depth + 1, left);
		}
		if (*left % 7 == 0 && dir->opens == 0) {
			int r = S_ISDIR(v->mode) ? m->ops->rmdir(v) : m->ops->unlink(v);

			if (r == 0) {
				vnode_detach(v);
			}
		}
		vnode_put(v);
	}
	m->ops->closedir(dir, &pos);
}

static void hostile_mount(struct disk *k)
{
	unsigned left = HOSTILE_NAMES;
	struct statvfs s;
	struct vnode *v;
	int r;
	struct mount *m = mounted(k, 0, &r);

	if (m == NULL) {
		return;
	}
	hostile_folder(m->root, 0, &left);
	m->ops->statvfs(m, &s);
	make_folder(m, "new");
	renamed(m, "F1", "new/F1");
	renamed(m, "F3", "F5");
	renamed(m, "a folder/inner", "new/inner");
	removed(m, "a folder/inner/a long name 2");
	v = opened(m, "new/a name that is new", true, &r);
	if (v != NULL) {
		hostile_file(v, 15);
		closed(v);
	}
	m->ops->sync(m);
	unmounted(m);
}

/* What a program may do to the volume, twice: the second mount looks for what the first lost. */
static void hostile_use(struct disk *k)
{
	char label[64], uuid[40];

	filesystems_start->identify(&k->d, label, uuid);
	hostile_mount(k);
	k->now[37] |= 1;
	k->now[65] |= 1;
	hostile_mount(k);
}
