/* SPDX-License-Identifier: MIT */
/* Contract: every operation of fs/littlefs*.c, with its errors.
 * sources: fs/littlefs.c fs/littlefs_dev.c fs/littlefs_dir.c fs/littlefs_file.c fs/littlefs_ctz.c fs/vnode.c
	@micropython:lib/littlefs/lfs2.c tests/unit/littlefs_env.c tests/unit/test.c tests/unit/host/kernel.c
 * isystem: micropython/lib/littlefs
 * flags: -DLFS2_DEFINES=lfs_port.h -Ifs */
#include "littlefs_env.h"

#include "host/kernel.h"
#include "test.h"

#include "../../fs/lfs_disk.h"

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

static const struct test tests[] = {
	{ "files of all sizes hold what was written, also after a mount", test_files },
};

TEST_MAIN(tests)
