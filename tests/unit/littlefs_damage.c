/* SPDX-License-Identifier: MIT */
#include "littlefs_damage.h"

#include "host/kernel.h"
#include "test.h"

#include <dirent.h>
#include <fs/cache.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define ENTRIES_MAX 400 /* looked at in one walk: folders may contain each other */
#define READS_MAX   2000000UL

uint32_t lfs_crc(uint32_t crc, const void *p, size_t n);

void damage_make(struct disk *d)
{
	struct mount *m;
	char name[80];
	int r;

	disk_init(d, DAMAGE_BLOCKS * DAMAGE_BLOCK);
	filesystems_start->format(&d->dev, "hostile");
	m = fs_mount(d, 0, "", &r);
	fs_make(m, "d", S_IFDIR | 0755, NULL);
	fs_make(m, "d/e", S_IFDIR | 0755, NULL);
	fs_make(m, "empty", S_IFDIR | 0755, NULL);
	fs_make(m, "link", S_IFLNK | 0777, "d/small");
	fs_put_file(m, "d/small", 1, 100);
	fs_put_file(m, "d/e/large", 2, 50000);
	fs_put_file(m, "gone", 3, 5000);
	fs_unlink(m, "gone");
	for (int i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "d/%d-a-name-that-takes-some-room", i);
		fs_put_file(m, name, (uint32_t)i, 30);
	}
	fs_rename(m, "d/small", "moved");
	fs_umount(m);
	cache_sync(&d->dev);
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put_be32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static uint32_t tag_bytes(uint32_t tag)
{
	return 4 + ((tag & 0x3ff) == 0x3ff ? 0 : tag & 0x3ff);
}

/* Walk the tags of a block: @fn has each with its place; what it returns is where to go on, 0: stop. */
static void each_tag(uint8_t *b, bool (*fn)(uint8_t *b, uint32_t off, uint32_t tag, void *arg),
		     void *arg)
{
	uint32_t ptag = 0xffffffff, off = 4;

	while (off + 4 <= DAMAGE_BLOCK) {
		uint32_t tag = be32(b + off) ^ ptag;

		if ((tag & 0x80000000) != 0 || off + tag_bytes(tag) > DAMAGE_BLOCK ||
		    !fn(b, off, tag, arg)) {
			return;
		}
		ptag = tag;
		if ((tag & 0x78000000) == 0x50000000) {
			ptag ^= (tag >> 20 & 1) << 31;
		}
		off += tag_bytes(tag);
	}
}

struct change {
	uint32_t i, mask;
};

static bool change_tag(uint8_t *b, uint32_t off, uint32_t tag, void *arg)
{
	struct change *c = arg;
	uint32_t next = off + tag_bytes(tag);

	if (c->i-- > 0) {
		return true;
	}
	put_be32(b + off, be32(b + off) ^ c->mask);
	if (next + 4 <= DAMAGE_BLOCK) {
		put_be32(b + next, be32(b + next) ^ c->mask);
	}
	return false;
}

void damage_tag(struct disk *d, uint32_t block, uint32_t i, uint32_t mask)
{
	each_tag(d->now + (size_t)block * DAMAGE_BLOCK, change_tag,
		 &(struct change){ i, mask & 0x7fffffff });
}

static bool resum_tag(uint8_t *b, uint32_t off, uint32_t tag, void *arg)
{
	uint32_t *from = arg, crc;

	if ((tag & 0x78000000) == 0x50000000 && off + 8 <= DAMAGE_BLOCK) {
		crc = lfs_crc(0xffffffff, b + *from, off + 4 - *from);
		for (int i = 0; i < 4; i++) {
			b[off + 4 + (uint32_t)i] = (uint8_t)(crc >> (8 * i));
		}
		*from = off + tag_bytes(tag);
	}
	return true;
}

void damage_resum(struct disk *d)
{
	for (uint32_t i = 0; i < DAMAGE_BLOCKS; i++) {
		uint32_t from = 0;

		each_tag(d->now + (size_t)i * DAMAGE_BLOCK, resum_tag, &from);
	}
}

static void check_bound(const struct disk *d)
{
	if (d->reads > READS_MAX) {
		printf("# more than %lu reads of a disk of %u blocks\n", READS_MAX, DAMAGE_BLOCKS);
		abort();
	}
}

static void read_some(struct vnode *v)
{
	static uint8_t buf[70000];
	struct stat st;

	v->mount->ops->stat(v, &st);
	if (S_ISLNK(v->mode)) {
		v->mount->ops->readlink(v, (char *)buf, sizeof(buf));
	} else if (S_ISREG(v->mode) && v->mount->ops->open(v) == 0) {
		v->opens++;
		v->mount->ops->read(v, buf, sizeof(buf), 0);
		v->mount->ops->read(v, buf, 100, st.st_size - 50);
		v->opens--;
		v->mount->ops->close(v);
	}
}

static void look_around(struct vnode *dir, int depth, unsigned *left)
{
	struct dir_pos pos = { .pos = 2 };
	struct dirent d;
	struct vnode *v;

	while (*left > 0 && dir->mount->ops->readdir(dir, &pos, &d) == 1) {
		--*left;
		if (strlen(d.d_name) > VNODE_NAME_MAX || strchr(d.d_name, '/') != NULL) {
			abort();
		}
		if (vnode_child(dir, d.d_name, strlen(d.d_name), &v) != 0) {
			continue;
		}
		if (S_ISDIR(v->mode) && depth < 10) {
			look_around(v, depth + 1, left);
		}
		read_some(v);
		fs_put(v);
	}
	dir->mount->ops->closedir(dir, &pos);
}

static void change(struct mount *m)
{
	struct vnode *v;
	off_t pos = 4000;

	fs_put_file(m, "new", 9, 9000);
	fs_make(m, "new-folder", S_IFDIR | 0755, NULL);
	fs_rename(m, "moved", "d/back");
	fs_rename(m, "new", "moved");
	fs_rename(m, "d", "new-folder/d");
	if (fs_open(m, "new-folder/d/e/large", &v) == 0) {
		m->ops->write(v, "changed", 7, &pos);
		m->ops->truncate(v, 20000);
		fs_unlink(m, "new-folder/d/e/large");
		m->ops->write(v, "again", 5, &pos);
		fs_close(v);
	}
	fs_unlink(m, "empty");
	fs_unlink(m, "link");
	fs_unlink(m, "new-folder/d/7-a-name-that-takes-some-room");
	fs_unlink(m, "new-folder/d/e");
	m->ops->sync(m);
}

void damage_use(struct disk *d, bool write)
{
	unsigned left = ENTRIES_MAX;
	char label[64], uuid[40];
	struct mount *m;
	int r;

	d->reads = 0;
	filesystems_start->identify(&d->dev, label, uuid);
	m = fs_mount(d, write ? 0 : MS_RDONLY, "", &r);
	if (m == NULL) {
		return;
	}
	look_around(m->root, 0, &left);
	check_bound(d);
	if (write) {
		change(m);
		check_bound(d);
		left = ENTRIES_MAX;
		look_around(m->root, 0, &left);
	}
	fs_umount(m);
	check_bound(d);
}
