/* SPDX-License-Identifier: MIT */
/* Contract: a FAT volume is what the host's tools say it is. Made by mkfs.vfat or by us, changed by every operation, it
 * passes fsck.vfat, and mtools read what was written; errors are POSIX's, and leave the old content alone.
 * sources: fs/fat.c fs/fatff.c fs/fat_node.c fs/fat_file.c fs/fat_name.c fs/fat_sweep.c fs/vnode.c tests/unit/test.c tests/unit/host/kernel.c
 * isystem: micropython/lib/oofatfs */
#include "fat_tools.h"

/* @n bytes that depend on @seed. */
static uint8_t *bytes(size_t n, unsigned seed)
{
	uint8_t *p = malloc(n + 1);

	for (size_t i = 0; i < n; i++) {
		p[i] = (uint8_t)(seed * 31 + i * 7 + (i >> 8) * 13);
	}
	return p;
}

static int put_file(struct mount *m, const char *path, size_t n, unsigned seed)
{
	uint8_t *p = bytes(n, seed);
	int r;
	struct vnode *v = opened(m, path, true, &r);

	if (v != NULL) {
		ssize_t w = m->ops->truncate(v, 0) == 0 ? wrote(v, p, n, 0) : -1;

		r = w == (ssize_t)n ? 0 : w < 0 ? (int)w : -ENOSPC;
		closed(v);
	}
	free(p);
	return r;
}

static bool has_file(struct mount *m, const char *path, size_t n, unsigned seed)
{
	uint8_t *want = bytes(n, seed);
	size_t len = 0;
	int r;
	uint8_t *got = content(m, path, &len, &r);
	bool same = got != NULL && len == n && memcmp(want, got, n) == 0;

	if (!same) {
		printf("# %s: %zu bytes, wanted %zu, error %d\n", path, len, n, r);
	}
	free(want);
	free(got);
	return same;
}

/* mtype gives what was written. */
static bool host_has_file(const struct disk *k, const char *path, size_t n, unsigned seed)
{
	uint8_t *want = bytes(n, seed);
	char command[512], *got;
	int status;
	bool same;

	disk_save(k, image());
	snprintf(command, sizeof(command), "LC_ALL=C.UTF-8 mcopy -n -i %s '::%s' - 2>&1", image(),
		 path);
	got = run(command, &status);
	same = status == 0 && memcmp(want, got, n) == 0;
	if (!same) {
		printf("# %s: status %d: %.60s\n", command, status, got);
	}
	free(got);
	free(want);
	return same;
}

static bool host_lists(const struct disk *k, const char *folder, const char *name)
{
	char command[512], line[300], *got;
	int status;
	bool there;

	disk_save(k, image());
	snprintf(command, sizeof(command), "LC_ALL=C.UTF-8 mdir -b -i %s '::%s' 2>&1", image(),
		 folder);
	got = run(command, &status);
	snprintf(line, sizeof(line), "/%s\n", name);
	there = strstr(got, line) != NULL;
	if (!there) {
		printf("# no %s in %s", name, got);
	}
	free(got);
	return there;
}

static void each_kind(void (*fn)(struct disk *k, struct mount *m))
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct disk *k = made_by_host(&kinds[i]);
		int r;
		struct mount *m = mounted(k, 0, &r);

		if (CHECK_EQ(r, 0)) {
			fn(k, m);
			unmounted(m);
			CHECK(sound(k, CLEAN));
		}
		disk_free(k);
	}
}

static void files(struct disk *k, struct mount *m)
{
	static const size_t sizes[] = { 0, 1, 511, 512, 513, 4096, 30000 };
	char path[64];

	CHECK_EQ(make_folder(m, "Folder with a long name"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		snprintf(path, sizeof(path), "Folder with a long name/file number %zu.data", i);
		CHECK_EQ(put_file(m, path, sizes[i], (unsigned)i), 0);
		CHECK(has_file(m, path, sizes[i], (unsigned)i));
		snprintf(path, sizeof(path), "S%zu.TXT", i);
		CHECK_EQ(put_file(m, path, sizes[i], (unsigned)i), 0);
	}
	CHECK_EQ(m->ops->sync(m), 0);
	CHECK(sound(k, CLEAN));
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		snprintf(path, sizeof(path), "Folder with a long name/file number %zu.data", i);
		CHECK(host_has_file(k, path, sizes[i], (unsigned)i));
		snprintf(path, sizeof(path), "S%zu.TXT", i);
		CHECK(host_has_file(k, path, sizes[i], (unsigned)i));
	}
	CHECK_EQ(removed(m, "Folder with a long name"), -ENOTEMPTY);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		snprintf(path, sizeof(path), "FOLDER with a LONG name/file number %zu.data", i);
		CHECK_EQ(removed(m, path), 0);
		CHECK_EQ(removed(m, path), -ENOENT);
	}
	CHECK_EQ(removed(m, "Folder with a long name"), 0);
	CHECK_EQ(removed(m, "Folder with a long name"), -ENOENT);
}

static void test_files(void)
{
	each_kind(files);
}

static const struct test tests[] = {
	{ "files of all sizes in folders, read again by us and by mtools, removed again",
	  test_files },
};

TEST_MAIN(tests)
