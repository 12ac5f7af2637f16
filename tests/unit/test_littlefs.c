/* SPDX-License-Identifier: MIT */
/* Contract: every operation of fs/littlefs*.c, with its errors.
 * sources: fs/littlefs.c fs/littlefs_dev.c fs/littlefs_dir.c fs/littlefs_file.c fs/littlefs_ctz.c
	fs/littlefs_over.c fs/littlefs_mount.c fs/vnode.c @micropython:lib/littlefs/lfs2.c tests/unit/littlefs_env.c
	tests/unit/test.c tests/unit/host/kernel.c
 * isystem: micropython/lib/littlefs
 * flags: -DLFS2_DEFINES=lfs_port.h -Ifs */
#include "littlefs_env.h"

#include "host/kernel.h"
#include "test.h"

#include "../../fs/littlefs.h"

#include <dirent.h>
#include <errno.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

static struct disk disk;
static struct mount *m;

static void start(uint64_t bytes)
{
	int r;

	disk_init(&disk, bytes);
	CHECK_EQ(filesystems_start->format(&disk.dev, "data"), 0);
	m = fs_mount(&disk, 0, "", &r);
	CHECK_EQ(r, 0);
}

static void again(unsigned flags, const char *options)
{
	int r;

	fs_umount(m);
	m = fs_mount(&disk, flags, options, &r);
	CHECK_EQ(r, 0);
}

static void stop(void)
{
	fs_umount(m);
	disk_free(&disk);
	CHECK_EQ(env_allocated, 0);
}

static struct stat stat_of(const char *path)
{
	struct stat st = { 0 };
	struct vnode *v;

	if (CHECK_EQ(fs_look(m, path, &v), 0)) {
		m->ops->stat(v, &st);
		fs_put(v);
	}
	return st;
}

static void test_files(void)
{
	static const size_t sizes[] = { 0,    1,    511,  512,	513,	4087,
					4088, 4096, 4097, 8192, 100000, 3000000 };

	start(16 << 20);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		char name[16];

		snprintf(name, sizeof(name), "f%zu", i);
		CHECK_EQ(fs_put_file(m, name, (uint32_t)i, sizes[i]), 0);
		CHECK(fs_has_file(m, name, (uint32_t)i, sizes[i]));
	}
	again(0, "");
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		char name[16];

		snprintf(name, sizeof(name), "f%zu", i);
		CHECK(fs_has_file(m, name, (uint32_t)i, sizes[i]));
		CHECK_EQ(stat_of(name).st_size, sizes[i]);
		CHECK_EQ(fs_put_file(m, name, 100 + (uint32_t)i, sizes[ARRAY_SIZE(sizes) - 1 - i]),
			 0);
		CHECK(fs_has_file(m, name, 100 + (uint32_t)i, sizes[ARRAY_SIZE(sizes) - 1 - i]));
	}
	stop();
}

static void test_names(void)
{
	char name[300], path[600];
	struct vnode *v;

	start(4 << 20);
	memset(name, 'n', sizeof(name));
	name[255] = '\0';
	CHECK_EQ(fs_put_file(m, name, 1, 100), 0);
	CHECK(fs_has_file(m, name, 1, 100));
	name[255] = 'n';
	name[256] = '\0';
	CHECK_EQ(fs_look(m, name, &v), -ENAMETOOLONG);
	CHECK_EQ(fs_unlink(m, "none"), -ENOENT);
	CHECK_EQ(fs_make(m, "d", S_IFDIR | 0700, NULL), 0);
	CHECK_EQ(fs_make(m, "d", S_IFDIR | 0700, NULL), -EEXIST);
	CHECK_EQ(fs_make(m, "d", S_IFREG | 0600, NULL), -EEXIST);
	CHECK_EQ(fs_make(m, "dev", S_IFCHR | 0600, NULL), -EPERM);
	CHECK_EQ(fs_make(m, "d/e", S_IFDIR | 0700, NULL), 0);
	CHECK_EQ(fs_unlink(m, "d"), -ENOTEMPTY);
	CHECK_EQ(fs_rename(m, "d", "d/e/f"), -EINVAL);
	CHECK_EQ(fs_put_file(m, "d/e/x", 2, 5000), 0);
	CHECK_EQ(fs_rename(m, "d", "moved"), 0);
	CHECK(fs_has_file(m, "moved/e/x", 2, 5000));
	CHECK_EQ(fs_rename(m, "moved/e/x", "y"), 0);
	CHECK_EQ(fs_unlink(m, "moved/e"), 0);
	CHECK_STR(fs_list(m, "moved"), "");
	CHECK_EQ(fs_make(m, "other", S_IFDIR | 0700, NULL), 0);
	CHECK_EQ(fs_rename(m, "moved", "other"), 0); /* over an empty one */
	CHECK_EQ(fs_unlink(m, "other"), 0);
	CHECK(fs_has_file(m, "y", 2, 5000));
	/* As deep as paths go. */
	path[0] = '\0';
	for (int i = 0; i < 40; i++) {
		strcat(path, i > 0 ? "/deeper" : "deeper");
		CHECK_EQ(fs_make(m, path, S_IFDIR | 0755, NULL), 0);
	}
	again(0, "");
	CHECK_EQ(fs_look(m, path, &v), 0);
	fs_put(v);
	stop();
}

static void test_links(void)
{
	char target[800], buf[800];
	struct vnode *v;

	start(4 << 20);
	memset(target, 't', sizeof(target));
	target[512] = '\0';
	CHECK_EQ(fs_make(m, "l", S_IFLNK | 0777, "some/where"), 0);
	CHECK_EQ(fs_make(m, "long", S_IFLNK | 0777, target), 0);
	target[512] = 't';
	target[513] = '\0';
	CHECK_EQ(fs_make(m, "too", S_IFLNK | 0777, target), -ENAMETOOLONG);
	again(0, "");
	CHECK(S_ISLNK(stat_of("l").st_mode));
	CHECK_EQ(stat_of("long").st_size, 512);
	CHECK_EQ(fs_look(m, "l", &v), 0);
	CHECK_EQ(m->ops->readlink(v, buf, sizeof(buf)), 10);
	CHECK(memcmp(buf, "some/where", 10) == 0);
	CHECK_EQ(m->ops->readlink(v, buf, 4), 4);
	fs_put(v);
	CHECK_EQ(fs_rename(m, "l", "k"), 0);
	CHECK(S_ISLNK(stat_of("k").st_mode));
	CHECK_EQ(fs_unlink(m, "k"), 0);
	CHECK_STR(fs_list(m, ""), "long");
	stop();
}

static void set(const char *path, struct vattr a)
{
	struct vnode *v;

	CHECK_EQ(fs_look(m, path, &v), 0);
	CHECK_EQ(m->ops->setattr(v, &a), 0);
	fs_put(v);
}

static void test_attributes(void)
{
	const struct vattr all = { .valid = ATTR_MODE | ATTR_UID | ATTR_GID | ATTR_MTIME |
					    ATTR_ATIME,
				   .mode = 04751,
				   .uid = 70000,
				   .gid = 5,
				   .mtime = { -5, 250 },
				   .atime = { 1234567, 89 } };
	struct stat st;
	uint64_t ino;

	start(4 << 20);
	CHECK_EQ(fs_put_file(m, "f", 1, 3000), 0);
	CHECK_EQ(fs_make(m, "d", S_IFDIR | 0711, NULL), 0);
	st = stat_of("f");
	ino = st.st_ino;
	CHECK_EQ(st.st_mode, S_IFREG | 0644);
	CHECK_EQ(st.st_mtim.tv_sec, env_now / 1000000000);
	CHECK_EQ(st.st_nlink, 1);
	set("f", all);
	set("d", all);
	again(0, "");
	for (int i = 0; i < 2; i++) {
		st = stat_of(i == 0 ? "f" : "d");
		CHECK_EQ(st.st_mode, (i == 0 ? S_IFREG : S_IFDIR) | 04751);
		CHECK_EQ(st.st_uid, 70000);
		CHECK_EQ(st.st_gid, 5);
		CHECK_EQ(st.st_mtim.tv_sec, -5);
		CHECK_EQ(st.st_mtim.tv_nsec, 250);
		CHECK_EQ(st.st_atim.tv_sec, 1234567);
	}
	CHECK_EQ(fs_rename(m, "f", "d/g"), 0);
	CHECK_EQ(stat_of("d/g").st_ino, ino);
	/* The folder's time is new, now and after a sync. */
	env_now += 7000000000LL;
	CHECK_EQ(fs_put_file(m, "d/h", 1, 1), 0);
	CHECK_EQ(stat_of("d").st_mtim.tv_sec, env_now / 1000000000);
	CHECK_EQ(m->ops->sync(m), 0);
	/* The content was not touched by any of it. */
	CHECK(fs_has_file(m, "d/g", 1, 3000));
	stop();
}

/* A file that another system made has no attributes of ours. */
static void test_made_elsewhere(void)
{
	struct lfs_fs *fs;
	struct stat st, st2;
	lfs2_file_t h;

	start(4 << 20);
	fs = m->fs;
	CHECK_EQ(lfs2_mkdir(&fs->lfs, "dir"), 0);
	CHECK_EQ(lfs2_file_open(&fs->lfs, &h, "dir/file", LFS2_O_WRONLY | LFS2_O_CREAT), 0);
	CHECK_EQ(lfs2_file_write(&fs->lfs, &h, "elsewhere", 9), 9);
	CHECK_EQ(lfs2_file_close(&fs->lfs, &h), 0);
	again(0, "");
	st = stat_of("dir/file");
	CHECK_EQ(st.st_mode, S_IFREG | 0644);
	CHECK_EQ(st.st_size, 9);
	CHECK_EQ(stat_of("dir").st_mode, S_IFDIR | 0755);
	CHECK(st.st_ino != stat_of("dir").st_ino && st.st_ino > 1);
	st2 = stat_of("dir/file");
	CHECK_EQ(st.st_ino, st2.st_ino);
	CHECK_STR(fs_list(m, "dir"), "file");
	set("dir/file", (struct vattr){ .valid = ATTR_MODE, .mode = 0600 });
	CHECK_EQ(fs_rename(m, "dir/file", "file"), 0);
	again(0, "");
	CHECK_EQ(stat_of("file").st_mode, S_IFREG | 0600);
	CHECK_EQ(stat_of("file").st_ino, st.st_ino);
	stop();
}

static void test_positions(void)
{
	uint8_t buf[10000];
	struct vnode *v;
	off_t pos;

	start(4 << 20);
	CHECK_EQ(fs_open(m, "f", &v), 0);
	for (int again_ = 0; again_ < 2; again_++) {
		pos = 9000;
		CHECK_EQ(m->ops->write(v, "end", 3, &pos), 3);
		CHECK_EQ(pos, 9003);
		pos = -1;
		CHECK_EQ(m->ops->write(v, "more", 4, &pos), 4);
		CHECK_EQ(pos, 9007);
		memset(buf, 1, sizeof(buf));
		CHECK_EQ(m->ops->read(v, buf, sizeof(buf), 0), 9007);
		for (int i = 0; i < 9000; i++) {
			if (buf[i] != 0) {
				CHECK_EQ(i, -1);
				break;
			}
		}
		CHECK(memcmp(buf + 9000, "endmore", 7) == 0);
		CHECK_EQ(m->ops->read(v, buf, 5, 9007), 0);
		CHECK_EQ(m->ops->read(v, buf, 5, 1LL << 40), 0);
		CHECK_EQ(m->ops->read(v, buf, 5, 9005), 2);
		/* What a shorter file had behind its end does not come back. */
		CHECK_EQ(m->ops->fsync(v, false), 0);
		CHECK_EQ(m->ops->truncate(v, 9001), 0);
		CHECK_EQ(m->ops->truncate(v, 9007), 0);
		CHECK_EQ(m->ops->read(v, buf, 10, 9000), 7);
		CHECK(memcmp(buf, "e\0\0\0\0\0\0", 7) == 0);
		CHECK_EQ(m->ops->fsync(v, false), 0);
		CHECK_EQ(m->ops->read(v, buf, 10, 9000), 7);
		CHECK(memcmp(buf, "e\0\0\0\0\0\0", 7) == 0);
		CHECK_EQ(m->ops->truncate(v, 0), 0);
		CHECK_EQ(m->ops->read(v, buf, 10, 0), 0);
	}
	pos = 1LL << 31;
	CHECK_EQ(m->ops->write(v, "x", 1, &pos), -EFBIG);
	CHECK_EQ(m->ops->truncate(v, 1LL << 31), -EFBIG);
	CHECK_EQ(m->ops->truncate(v, 1 << 30), -ENOSPC);
	pos = 1 << 30;
	CHECK_EQ(m->ops->write(v, "x", 1, &pos), -ENOSPC);
	CHECK_EQ(m->ops->allocate(v, 100, 5000), 0);
	CHECK_EQ(m->ops->allocate(v, 100, 50), 0);
	fs_close(v);
	CHECK_EQ(stat_of("f").st_size, 5100);
	stop();
}

static unsigned long free_blocks(void)
{
	struct statvfs sv = { 0 };

	CHECK_EQ(m->ops->statvfs(m, &sv), 0);
	return (unsigned long)sv.f_bfree;
}

/* A file without a name is there until its last close, and its blocks are free then, also after a cut. */
static void test_unlinked(void)
{
	static uint8_t a[100000], b[100000];
	unsigned long before;
	struct vnode *v;
	off_t pos = 0;

	start(4 << 20);
	CHECK_EQ(fs_put_file(m, "x", 1, 10), 0);
	before = free_blocks();
	CHECK_EQ(fs_put_file(m, "f", 5, sizeof(a)), 0);
	CHECK_EQ(fs_open(m, "f", &v), 0);
	CHECK_EQ(fs_unlink(m, "f"), 0);
	CHECK(free_blocks() + 20 < before);
	/* Others take what blocks there are: not these. */
	CHECK_EQ(fs_put_file(m, "g", 6, 1500000), 0);
	fs_bytes(a, 5, sizeof(a));
	CHECK_EQ(m->ops->read(v, b, sizeof(b), 0), sizeof(b));
	CHECK(memcmp(a, b, sizeof(a)) == 0);
	CHECK_EQ(m->ops->write(v, "new", 3, &pos), 3);
	CHECK_EQ(m->ops->fsync(v, false), 0);
	CHECK_EQ(fs_put_file(m, "f", 9, 100), 0); /* another of the name */
	CHECK_EQ(fs_put_file(m, "g", 7, 1500000), 0);
	memcpy(a, "new", 3);
	CHECK_EQ(m->ops->read(v, b, sizeof(b), 0), sizeof(b));
	CHECK(memcmp(a, b, sizeof(a)) == 0);
	fs_close(v);
	CHECK(fs_has_file(m, "f", 9, 100));
	CHECK_EQ(fs_unlink(m, "g"), 0);
	CHECK_EQ(free_blocks(), before);
	stop();
}

static void test_rename_open(void)
{
	static uint8_t a[20000], b[20001];
	struct vnode *from, *to;
	off_t pos = 0;

	start(4 << 20);
	CHECK_EQ(fs_put_file(m, "to", 1, sizeof(a)), 0);
	CHECK_EQ(fs_open(m, "to", &to), 0);
	CHECK_EQ(fs_open(m, "from", &from), 0);
	fs_bytes(a, 2, sizeof(a));
	CHECK_EQ(m->ops->write(from, a, sizeof(a), &pos), sizeof(a));
	CHECK_EQ(fs_rename(m, "from", "to"), 0);
	pos = -1;
	CHECK_EQ(m->ops->write(from, "+", 1, &pos), 1);
	fs_bytes(a, 1, sizeof(a));
	CHECK_EQ(m->ops->read(to, b, sizeof(b), 0), sizeof(a));
	CHECK(memcmp(a, b, sizeof(a)) == 0);
	fs_close(to);
	CHECK_EQ(m->ops->fsync(from, false), 0);
	fs_close(from);
	CHECK_STR(fs_list(m, ""), "to");
	CHECK_EQ(stat_of("to").st_size, sizeof(a) + 1);
	stop();
}

/* Each name that stays is given once, whatever else happens between two calls; a told place is found again. */
static void test_readdir(void)
{
	static unsigned seen[600];
	struct dir_pos pos = { .pos = 2 };
	struct dirent d;
	struct vnode *dir;
	off_t told = 0;
	char name[40], at_told[64] = "";
	unsigned n = 0;

	start(4 << 20);
	CHECK_EQ(fs_make(m, "dir", S_IFDIR | 0755, NULL), 0);
	for (unsigned i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "dir/%u", i);
		CHECK_EQ(fs_make(m, name, i % 3 == 0 ? S_IFDIR | 0755 : S_IFREG | 0644, NULL), 0);
	}
	CHECK_EQ(fs_look(m, "dir", &dir), 0);
	memset(seen, 0, sizeof(seen));
	while (m->ops->readdir(dir, &pos, &d) == 1) {
		unsigned i = (unsigned)atoi(d.d_name);

		seen[i]++;
		CHECK_EQ(d.d_type, i % 3 == 0 ? DT_DIR : DT_REG);
		n++;
		if (n == 100) {
			told = pos.pos;
		} else if (n == 101) {
			strcpy(at_told, d.d_name);
		}
		if (n % 7 == 0) { /* close and find the place again */
			m->ops->closedir(dir, &pos);
		}
		snprintf(name, sizeof(name), "dir/%u", 300 + n % 250);
		fs_make(m, name, (300 + n % 250) % 3 == 0 ? S_IFDIR | 0755 : S_IFREG | 0644, NULL);
		snprintf(name, sizeof(name), "dir/%u", 300 + (n * 7) % 250);
		fs_unlink(m, name);
	}
	m->ops->closedir(dir, &pos);
	for (unsigned i = 0; i < 300; i++) {
		CHECK_EQ(seen[i], 1);
	}
	pos.pos = told;
	CHECK_EQ(m->ops->readdir(dir, &pos, &d), 1);
	if (atoi(at_told) < 300) {
		CHECK_STR(d.d_name, at_told);
	}
	snprintf(name, sizeof(name), "dir/%.30s", d.d_name);
	CHECK_EQ(d.d_ino, stat_of(name).st_ino);
	m->ops->closedir(dir, &pos);
	fs_put(dir);
	stop();
}

/* The error is write()'s, what was there stays, and what was taken is not lost at the close. */
static void test_full(void)
{
	static uint8_t data[300000], back[300001];
	unsigned n = 0, full = 0;
	char name[20];
	int r;

	start(1 << 20);
	CHECK_EQ(fs_put_file(m, "kept", 1, 50000), 0);
	while ((r = fs_put_file(m, (snprintf(name, sizeof(name), "f%u", n), name), n, 9000)) == 0) {
		n++;
	}
	CHECK_EQ(r, -ENOSPC);
	CHECK(n > 60);
	for (unsigned size = 1000; size < 200000; size += 7777) {
		struct vnode *v;
		off_t pos = -1;
		ssize_t got;
		long old;

		CHECK_EQ(fs_open(m, "grows", &v), 0);
		old = stat_of("grows").st_size;
		got = m->ops->write(v, data, size, &pos);
		full += got < (ssize_t)size;
		CHECK(got > 0 || got == -ENOSPC);
		CHECK_EQ(m->ops->fsync(v, false), 0);
		fs_close(v);
		CHECK_EQ(stat_of("grows").st_size, old + (got > 0 ? got : 0));
		if (size > 100000) { /* names still go, and what they had can be used */
			CHECK_EQ(fs_unlink(m, (snprintf(name, sizeof(name), "f%u", --n), name)), 0);
		}
	}
	CHECK(full > 3);
	CHECK(fs_has_file(m, "kept", 1, 50000));
	/* Over what is there: a new version needs room beside the old one. */
	CHECK_EQ(fs_unlink(m, "grows"), 0);
	while ((r = fs_put_file(m, (snprintf(name, sizeof(name), "g%u", n), name), n, 30000)) ==
	       0) {
		n++;
	}
	r = fs_put_file(m, "kept", 2, 50000);
	CHECK(r == 0 || r == -ENOSPC);
	again(0, "");
	if (r == 0) {
		CHECK(fs_has_file(m, "kept", 2, 50000));
	}
	while (n > 0) {
		n--;
		fs_unlink(m, (snprintf(name, sizeof(name), "g%u", n), name));
		fs_unlink(m, (snprintf(name, sizeof(name), "f%u", n), name));
	}
	CHECK_EQ(fs_put_file(m, "big", 3, 600000), 0);
	CHECK(fs_has_file(m, "big", 3, 600000));
	(void)back;
	stop();
}

/* Full of names: then a name can still be removed. */
static void test_full_of_names(void)
{
	unsigned n = 0;
	char name[220];
	int r;

	start(128 << 10);
	memset(name, 'x', sizeof(name));
	do {
		snprintf(name + 180, 20, "%u", n);
		r = fs_make(m, name, n % 2 == 0 ? S_IFREG | 0644 : S_IFDIR | 0755, NULL);
	} while (r == 0 && ++n < 10000);
	CHECK_EQ(r, -ENOSPC);
	for (unsigned i = 0; i < n; i++) {
		snprintf(name + 180, 20, "%u", i);
		CHECK_EQ(fs_unlink(m, name), 0);
	}
	CHECK_STR(fs_list(m, ""), "");
	CHECK_EQ(fs_put_file(m, "again", 1, 40000), 0);
	stop();
}

static int some_work(void)
{
	int r = fs_put_file(m, "a", 3, 20000), e;

	e = fs_make(m, "sub", S_IFDIR | 0755, NULL);
	r = r != 0 ? r : e;
	e = fs_rename(m, "a", "sub/b");
	r = r != 0 ? r : e;
	e = fs_put_file(m, "c", 4, 100);
	r = r != 0 ? r : e;
	e = fs_unlink(m, "c");
	r = r != 0 ? r : e;
	e = m->ops->sync(m);
	return r != 0 ? r : e;
}

/* The n-th access to the device fails: somebody is told, and a device that works again is enough to go on. */
static void test_device_errors(void)
{
	for (int kind = 0; kind < 3; kind++) {
		unsigned told = 0;

		for (long i = 1; i < 60; i += 1 + i / 10) {
			int r;

			start(2 << 20);
			CHECK_EQ(fs_put_file(m, "old", 1, 30000), 0);
			CHECK_EQ(m->ops->sync(m), 0);
			*(kind == 0   ? &disk.fail_read
			  : kind == 1 ? &disk.fail_write
				      : &disk.fail_sync) = i;
			r = some_work();
			told += r != 0;
			disk.fail_read = disk.fail_write = disk.fail_sync = 0;
			CHECK_EQ(m->ops->sync(m), 0);
			CHECK(fs_has_file(m, "old", 1, 30000));
			CHECK_EQ(fs_put_file(m, "later", 2, 30000), 0);
			again(0, "");
			CHECK(fs_has_file(m, "old", 1, 30000));
			CHECK(fs_has_file(m, "later", 2, 30000));
			CHECK(fs_hash_tree(m) != 0);
			stop();
		}
		CHECK(told > 5);
	}
}

static void test_no_memory(void)
{
	for (long i = 0; i < 120; i++) {
		struct vnode *root;
		int r;

		start(2 << 20);
		CHECK_EQ(fs_put_file(m, "old", 1, 30000), 0);
		CHECK_EQ(fs_look(m, "", &root), 0);
		env_mallocs = i;
		{
			struct vnode *v;
			off_t pos = 0;

			r = fs_look(m, "old", &v);
			if (r == 0) {
				fs_put(v);
				r = fs_open(m, "old", &v);
			}
			if (r == 0) {
				r = (int)m->ops->write(v, "abc", 3, &pos);
				r = r > 0 ? m->ops->fsync(v, false) : r;
				env_mallocs = -1; /* the close has to keep what was promised */
				fs_close(v);
			}
		}
		env_mallocs = -1;
		CHECK(r == 0 || r == -ENOMEM);
		CHECK(fs_hash_tree(m) != 0);
		fs_put(root);
		stop();
	}
}

static void test_read_only(void)
{
	unsigned long writes;
	struct vnode *v;
	uint8_t b[10];
	int r;

	start(2 << 20);
	CHECK_EQ(fs_put_file(m, "f", 1, 5000), 0);
	again(MS_RDONLY, "");
	writes = disk.writes;
	CHECK(fs_has_file(m, "f", 1, 5000));
	CHECK_EQ(fs_look(m, "f", &v), 0);
	CHECK_EQ(m->ops->open(v), 0);
	CHECK_EQ(m->ops->read(v, b, 10, 0), 10);
	m->ops->close(v);
	fs_put(v);
	CHECK(free_blocks() > 400);
	CHECK_EQ(m->ops->sync(m), 0);
	again(0, "");
	CHECK_EQ(disk.writes, writes);
	disk.dev.read_only = true;
	again(0, "");
	CHECK_EQ(fs_make(m, "g", S_IFREG | 0644, NULL), -EROFS);
	CHECK_EQ(disk.writes, writes);
	(void)r;
	stop();
}

static void test_identify(void)
{
	char label[64], uuid[40], uuid2[40];
	struct mount *none;
	int r;

	disk_init(&disk, 1 << 20);
	CHECK(!filesystems_start->identify(&disk.dev, label, uuid));
	none = fs_mount(&disk, 0, "", &r);
	CHECK(none == NULL);
	CHECK_EQ(r, -EINVAL);
	CHECK_EQ(filesystems_start->format(&disk.dev, "a label"), 0);
	disk.read_bytes = 0;
	CHECK(filesystems_start->identify(&disk.dev, label, uuid));
	CHECK(disk.read_bytes < 20000);
	CHECK_STR(label, "a label");
	CHECK_EQ(strlen(uuid), 36);
	m = fs_mount(&disk, 0, "", &r);
	CHECK_EQ(r, 0);
	/* A name in the root must not cost the label: twenty times, so that either half of the pair was written. */
	for (int i = 0; i < 20; i++) {
		CHECK_EQ(fs_put_file(m, "f", (uint32_t)i, 300), 0);
	}
	CHECK_EQ(m->ops->sync(m), 0);
	CHECK(filesystems_start->identify(&disk.dev, label, uuid2));
	CHECK_STR(label, "a label");
	CHECK_STR(uuid, uuid2);
	/* Either half of the root's pair alone will do. */
	for (int half = 0; half < 2; half++) {
		uint8_t *b = disk.now + half * 4096, keep[4096];
		struct mount *second;

		memcpy(keep, b, 4096);
		memset(b, 0xee, 4096);
		CHECK(filesystems_start->identify(&disk.dev, label, uuid2));
		second = fs_mount(&disk, MS_RDONLY, "", &r);
		CHECK_EQ(r, 0);
		fs_umount(second);
		memcpy(b, keep, 4096);
	}
	fs_umount(m);
	/* A device that is shorter than what it was made for. */
	disk.dev.sectors -= 8;
	none = fs_mount(&disk, 0, "", &r);
	CHECK(none == NULL);
	CHECK_EQ(r, -EINVAL);
	disk.dev.sectors = 16;
	CHECK_EQ(filesystems_start->format(&disk.dev, ""), -ENOSPC);
	disk_free(&disk);
	CHECK_EQ(env_allocated, 0);
}

static void test_options(void)
{
	unsigned long before;

	start(8 << 20);
	CHECK_EQ(fs_put_file(m, "f", 1, 100000), 0);
	again(0, "discard");
	CHECK(disk.discarded > 6 << 20);
	CHECK(fs_has_file(m, "f", 1, 100000));
	CHECK_EQ(fs_unlink(m, "f"), 0);
	again(0, "x,discard,y");
	CHECK_EQ(fs_put_file(m, "g", 2, 100000), 0);
	before = free_blocks();
	again(0, "");
	CHECK(fs_has_file(m, "g", 2, 100000));
	/* Larger by half. */
	disk.dev.sectors /= 2;
	fs_umount(m);
	CHECK_EQ(filesystems_start->format(&disk.dev, ""), 0);
	disk.dev.sectors *= 2;
	m = NULL;
	{
		int r;

		m = fs_mount(&disk, 0, "grow", &r);
		CHECK_EQ(r, 0);
	}
	CHECK(free_blocks() >= before);
	stop();
}

/* What a call reads does not grow with what is on the disk. */
static void test_effort(void)
{
	unsigned long reads, most = 0;
	struct vnode *v;
	char name[20];

	start(16 << 20);
	CHECK_EQ(fs_put_file(m, "large", 1, 6000000), 0);
	CHECK_EQ(fs_put_file(m, "first", 1, 5000), 0);
	for (unsigned i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		reads = disk.reads;
		CHECK_EQ(fs_look(m, "nothing", &v), -ENOENT);
		CHECK_EQ(fs_put_file(m, name, i, 5000), 0);
		most = MAX(most, disk.reads - reads);
	}
	printf("# %lu reads at most for a new file\n", most);
	CHECK(most < 30);
	/* 4 KiB anywhere: two pieces, once the list is known. */
	CHECK_EQ(fs_open(m, "large", &v), 0);
	for (unsigned pass = 0; pass < 2; pass++) {
		reads = disk.reads;
		for (unsigned i = 0; i < 1400; i++) {
			static uint8_t b[4096];

			CHECK_EQ(m->ops->read(v, b, sizeof(b), (off_t)((i * 577) % 1400) * 4096),
				 4096);
		}
		printf("# %lu reads of the cache for each 4 KiB at random\n",
		       (disk.reads - reads + 1399) / 1400);
		if (pass == 1) {
			CHECK(disk.reads - reads <= 2 * 1400);
		}
	}
	fs_close(v);
	stop();
}

static const struct test tests[] = {
	{ "files of all sizes hold what was written, also after a mount", test_files },
	{ "names, folders, moves, and what is refused", test_names },
	{ "symbolic links", test_links },
	{ "attributes stay, over rename and mount", test_attributes },
	{ "files made elsewhere have sensible ones", test_made_elsewhere },
	{ "positions: holes, append, truncation, limits", test_positions },
	{ "an unlinked file lives until its last close", test_unlinked },
	{ "rename of and onto open files", test_rename_open },
	{ "readdir gives what stays exactly once", test_readdir },
	{ "a full disk is told by write(), and loses nothing", test_full },
	{ "a disk full of names lets them go", test_full_of_names },
	{ "a failing device is told, and not the end", test_device_errors },
	{ "no memory is -ENOMEM", test_no_memory },
	{ "read-only mounts write nothing", test_read_only },
	{ "identify: label and UUID, damaged halves, wrong sizes", test_identify },
	{ "options discard and grow", test_options },
	{ "no call reads the whole disk", test_effort },
};

TEST_MAIN(tests)
