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

/* --- names ----------------------------------------------------------------------------------------- */

static void names(struct disk *k, struct mount *m)
{
	static const char *const good[] = { "lower.txt", "UPPER.TXT", "Mixed.Txt", "no extension",
					    "a.b.c.d",	 ".hidden",   "Größe.txt", "日本語",
					    "+,;=[]",	 " blank",    "x" };
	static const char *const bad[] = { "a:b", "a*b",   "a?b",   "a\"b",    "a<b",
					   "a>b", "a|b",   "a\\b",  "a.",      "a ",
					   "...", "a\x01", "a\x7f", "\xff\xfe" };
	struct vnode *v;
	char path[300];

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		CHECK_EQ(put_file(m, good[i], 600, (unsigned)i), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CHECK_EQ(make(m, bad[i], S_IFREG | 0644, &v), -EINVAL);
		CHECK_EQ(find_vnode(m, bad[i], &v), -ENOENT);
		CHECK_EQ(renamed(m, "x", bad[i]), -EINVAL);
	}
	CHECK_EQ(m->ops->sync(m), 0);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		CHECK(has_file(m, good[i], 600, (unsigned)i));
		CHECK(host_lists(k, "/", good[i]));
	}
	CHECK(host_has_file(k, "/Größe.txt", 600, 6));
	CHECK(host_has_file(k, "/日本語", 600, 7));
	/* One file, whatever the case of its letters. */
	CHECK(has_file(m, "LOWER.TXT", 600, 0));
	CHECK_EQ(make(m, "Lower.Txt", S_IFREG | 0644, &v), -EEXIST);
	CHECK_EQ(make(m, "größe.TXT", S_IFREG | 0644, &v), -EEXIST);
	/* Spelled anew, there and back. */
	CHECK_EQ(renamed(m, "LOWER.TXT", "Lower.TXT"), 0);
	CHECK_EQ(m->ops->sync(m), 0);
	CHECK(sound(k, CLEAN));
	CHECK(host_lists(k, "/", "Lower.TXT"));
	CHECK_EQ(renamed(m, "Lower.TXT", "lower.txt"), 0);
	CHECK(has_file(m, "lower.txt", 600, 0));
	/* Letters that vnodes do not fold, and short names, are not a second way to it. */
	CHECK_EQ(find_vnode(m, "GRÖSSE.TXT", &v), -ENOENT);
	CHECK_EQ(find_vnode(m, "GRÖßE.TXT", &v), -ENOENT);
	CHECK_EQ(find_vnode(m, "NOEXTE~1", &v), -ENOENT);
	CHECK_EQ(make(m, "NOEXTE~1", S_IFREG | 0644, &v), -EEXIST);
	/* The longest. */
	memset(path, 'n', sizeof(path));
	path[255] = '\0';
	CHECK_EQ(put_file(m, path, 10, 1), 0);
	CHECK(has_file(m, path, 10, 1));
	path[255] = 'n';
	path[256] = '\0';
	CHECK_EQ(find_vnode(m, path, &v), -ENAMETOOLONG);
	CHECK_EQ(make(m, "link", S_IFLNK | 0777, &v), -EPERM);
	CHECK_EQ(make(m, "pipe", S_IFIFO | 0666, &v), -EPERM);
	CHECK(m->ops->link == NULL && m->ops->readlink == NULL);
}

static void test_names(void)
{
	each_kind(names);
}

/* What readdir gives from @pos on: how many, and the position behind the @stop-th. */
static unsigned list(struct mount *m, const char *path, off_t from, unsigned stop, char seen[][64],
		     off_t *at)
{
	struct dir_pos pos = { .pos = from };
	struct dirent d;
	struct vnode *v;
	unsigned n = 0;

	if (find_vnode(m, path, &v) != 0) {
		return 0;
	}
	memset(&d, 0, sizeof(d));
	while (n < stop && m->ops->readdir(v, &pos, &d) == 1) {
		if (seen != NULL) {
			snprintf(seen[n], 64, "%.63s", d.d_name);
		}
		n++;
	}
	*at = pos.pos;
	m->ops->closedir(v, &pos);
	CHECK(pos.fs == NULL);
	vnode_put(v);
	return n;
}

static void folders(struct disk *k, struct mount *m)
{
	static char all[200][64], rest[200][64];
	off_t at, end;
	char path[64];
	unsigned n;

	(void)k;
	CHECK_EQ(make_folder(m, "d"), 0);
	CHECK_EQ(list(m, "d", 2, 200, NULL, &at), 0);
	for (unsigned i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), i % 3 == 0 ? "d/F%u" : "d/a file with a long name %u",
			 i);
		CHECK_EQ(i % 10 == 0 ? make_folder(m, path) : put_file(m, path, i, i), 0);
	}
	CHECK_EQ(list(m, "d", 2, 200, all, &end), 100);
	for (unsigned stop = 0; stop < 100; stop += 7) {
		CHECK_EQ(list(m, "d", 2, stop, NULL, &at), stop);
		n = list(m, "d", at, 200, rest, &end);
		if (CHECK_EQ(n, 100 - stop)) {
			CHECK_STR(rest[0], all[stop]);
		}
	}
	CHECK_EQ(list(m, "d", end, 200, rest, &at), 0);
	CHECK_EQ(list(m, "d", 1L << 40, 200, rest, &at), 0);
	/* Removed while it is read: each other one is still given once. */
	for (unsigned i = 0; i < 100; i += 2) {
		snprintf(path, sizeof(path), "d/%.60s", all[i]);
		CHECK_EQ(removed(m, path), 0);
	}
	CHECK_EQ(list(m, "d", 2, 200, rest, &at), 50);
	CHECK_EQ(removed(m, "d"), -ENOTEMPTY);
	for (unsigned i = 1; i < 100; i += 2) {
		snprintf(path, sizeof(path), "d/%.60s", all[i]);
		CHECK_EQ(removed(m, path), 0);
	}
	CHECK_EQ(removed(m, "d"), 0);
}

static void test_folders(void)
{
	each_kind(folders);
}

/* --- renames and open files -------------------------------------------------------------------------- */

static void renames(struct disk *k, struct mount *m)
{
	struct vnode *v, *old;
	uint8_t b[8];
	uint64_t ino;
	int r;

	CHECK_EQ(make_folder(m, "from"), 0);
	CHECK_EQ(make_folder(m, "to"), 0);
	CHECK_EQ(make_folder(m, "from/inner"), 0);
	CHECK_EQ(put_file(m, "from/inner/file", 5000, 1), 0);
	CHECK_EQ(put_file(m, "a", 3000, 2), 0);
	CHECK_EQ(put_file(m, "b", 2000, 3), 0);
	/* Onto a name that is in use, open and unsynced. */
	v = opened(m, "a", false, &r);
	old = opened(m, "b", false, &r);
	CHECK_EQ(wrote(v, "1234", 4, 3000), 4);
	ino = v->ino;
	CHECK_EQ(renamed(m, "a", "b"), 0);
	CHECK_EQ(find_vnode(m, "a", &v), -ENOENT);
	CHECK_EQ(find_vnode(m, "b", &v), 0);
	CHECK(v->ino == ino);
	vnode_put(v);
	CHECK_EQ(size_of(v), 3004);
	CHECK_EQ(size_of(old), 2000);
	CHECK_EQ(was_read(old, b, 8, 1996), 4);
	CHECK_EQ(wrote(old, "more", 4, 2000), 4);
	CHECK_EQ(was_read(old, b, 8, 2000), 4);
	CHECK(memcmp(b, "more", 4) == 0);
	CHECK_EQ(m->ops->fsync(old, false), 0);
	closed(old);
	/* Still the same file under the new name. */
	CHECK_EQ(wrote(v, "5678", 4, 3004), 4);
	/* Its old place is another file's now, with another number. */
	CHECK_EQ(put_file(m, "a", 10, 4), 0);
	CHECK_EQ(find_vnode(m, "a", &old), 0);
	CHECK(old->ino != v->ino);
	vnode_put(old);
	closed(v);
	v = opened(m, "b", false, &r);
	CHECK_EQ(was_read(v, b, 8, 3000), 8);
	CHECK(memcmp(b, "12345678", 8) == 0);
	closed(v);
	/* Folders, with an open file below. */
	v = opened(m, "from/inner/file", false, &r);
	CHECK_EQ(renamed(m, "from/inner", "to/moved folder"), 0);
	CHECK_EQ(wrote(v, "xy", 2, 5000), 2);
	closed(v);
	CHECK_EQ(find_vnode(m, "from/inner", &v), -ENOENT);
	CHECK_EQ(find_vnode(m, "to/moved folder/file", &v), 0);
	CHECK_EQ(size_of(v), 5002);
	vnode_put(v);
	CHECK_EQ(renamed(m, "from", "to"), -ENOTEMPTY);
	CHECK_EQ(make_folder(m, "empty"), 0);
	CHECK_EQ(renamed(m, "to/moved folder", "empty"), 0);
	CHECK_EQ(renamed(m, "empty", "to/moved folder"), 0);
	CHECK_EQ(m->ops->sync(m), 0);
	CHECK(sound(k, CLEAN));
	CHECK(host_lists(k, "/to", "moved folder/"));
	CHECK(host_has_file(k, "/to/moved folder/file", 5000, 1));
}

static void test_renames(void)
{
	each_kind(renames);
}

static void nameless(struct disk *k, struct mount *m)
{
	struct statvfs before, after;
	struct vnode *v;
	uint8_t b[4];
	int r;

	CHECK_EQ(m->ops->statvfs(m, &before), 0);
	CHECK_EQ(put_file(m, "gone", 40000, 5), 0);
	v = opened(m, "gone", false, &r);
	CHECK_EQ(removed(m, "gone"), 0);
	CHECK_EQ(put_file(m, "gone", 100, 6), 0); /* another file of that name */
	CHECK_EQ(wrote(v, "tail", 4, 40000), 4);
	CHECK_EQ(m->ops->truncate(v, 40002), 0);
	CHECK_EQ(was_read(v, b, 4, 40000), 2);
	CHECK(memcmp(b, "ta", 2) == 0);
	/* After a sync the volume still counts as in use: its clusters have no name. */
	CHECK_EQ(m->ops->sync(m), 0);
	CHECK(sound(k, CUT));
	CHECK(k->safe[is_fat32(k) ? 65 : 37] & 1);
	closed(v);
	CHECK(has_file(m, "gone", 100, 6));
	CHECK_EQ(removed(m, "gone"), 0);
	CHECK_EQ(m->ops->statvfs(m, &after), 0);
	CHECK_EQ(after.f_bfree, before.f_bfree);
}

static void test_nameless(void)
{
	each_kind(nameless);
}

/* --- sizes ----------------------------------------------------------------------------------------- */

static void sizes(struct disk *k, struct mount *m)
{
	struct vnode *v;
	uint8_t b[3000], none[3000] = { 0 };
	struct statvfs before, after;
	off_t pos = -1;
	int r;

	(void)k;
	v = opened(m, "f", true, &r);
	CHECK_EQ(m->ops->statvfs(m, &before), 0);
	CHECK_EQ(was_read(v, b, 10, 0), 0);
	CHECK_EQ(wrote(v, "", 0, 5000), 0);
	CHECK_EQ(size_of(v), 0);
	/* Old bytes of clusters are not seen in what was skipped. */
	memset(b, 0xAA, sizeof(b));
	CHECK_EQ(wrote(v, b, 3000, 0), 3000);
	CHECK_EQ(m->ops->truncate(v, 0), 0);
	CHECK_EQ(m->ops->fsync(v, false), 0);
	CHECK_EQ(wrote(v, "x", 1, 2500), 1);
	CHECK_EQ(was_read(v, b, 2500, 0), 2500);
	CHECK(memcmp(b, none, 2500) == 0);
	CHECK_EQ(m->ops->truncate(v, 100), 0);
	CHECK_EQ(m->ops->truncate(v, 2600), 0);
	CHECK_EQ(was_read(v, b, 3000, 0), 2600);
	CHECK(memcmp(b, none, 2600) == 0);
	CHECK_EQ(m->ops->write(v, "end", 3, &pos), 3);
	CHECK_EQ(pos, 2603);
	CHECK_EQ(was_read(v, b, 10, 2600), 3);
	CHECK_EQ(was_read(v, b, 10, 1L << 40), 0);
	/* FAT's limit. */
	CHECK_EQ(wrote(v, "x", 1, 0xFFFFFFFFL), -EFBIG);
	CHECK_EQ(m->ops->truncate(v, 0x100000000L), -EFBIG);
	CHECK_EQ(size_of(v), 2603);
	/* No space: as it was. */
	CHECK_EQ(m->ops->truncate(v, 0xFFFFFFFFL), -ENOSPC);
	CHECK_EQ(wrote(v, "x", 1, 0x7FFFFFFFL), -ENOSPC);
	CHECK_EQ(size_of(v), 2603);
	CHECK_EQ(was_read(v, b, 10, 2600), 3);
	CHECK(memcmp(b, "end", 3) == 0);
	CHECK_EQ(m->ops->truncate(v, 0), 0);
	CHECK_EQ(m->ops->statvfs(m, &after), 0);
	CHECK_EQ(after.f_bfree, before.f_bfree);
	closed(v);
}

static void test_sizes(void)
{
	each_kind(sizes);
}

static void full(struct disk *k, struct mount *m)
{
	uint8_t *p = bytes(1 << 16, 9);
	struct vnode *v;
	struct statvfs s;
	char path[64];
	ssize_t n;
	int r;

	CHECK_EQ(put_file(m, "before", 3000, 1), 0);
	v = opened(m, "big", true, &r);
	while ((n = wrote(v, p, 1 << 16, size_of(v))) == 1 << 16) {
	}
	CHECK(n > 0 || n == -ENOSPC);
	CHECK_EQ(wrote(v, p, 1 << 16, size_of(v)), -ENOSPC);
	CHECK_EQ(m->ops->fsync(v, false), 0);
	CHECK_EQ(m->ops->statvfs(m, &s), 0);
	CHECK_EQ(s.f_bfree, 0);
	CHECK_EQ(make_folder(m, "no room"), -ENOSPC);
	CHECK(put_file(m, "before", 3000, 1) == 0); /* of what it had */
	CHECK(has_file(m, "before", 3000, 1));
	CHECK_EQ(wrote(v, "over", 4, 1000), 4);
	closed(v);
	CHECK(sound(k, CUT));
	/* What is freed can be used at once. */
	CHECK_EQ(removed(m, "big"), 0);
	CHECK_EQ(put_file(m, "again", 100000, 7), 0);
	CHECK(has_file(m, "again", 100000, 7));
	/* A fixed root is full before the volume is. */
	for (unsigned i = 0; i < 2000; i++) {
		snprintf(path, sizeof(path), "R%u", i);
		r = put_file(m, path, 0, 0);
		if (r != 0) {
			CHECK_EQ(r, -ENOSPC);
			CHECK(i > 100);
			break;
		}
	}
	CHECK(r == -ENOSPC || is_fat32(k));
	free(p);
}

static void test_full(void)
{
	each_kind(full);
}

/* --- attributes ------------------------------------------------------------------------------------ */

static void attributes(struct disk *k, struct mount *m)
{
	struct vattr a = { .valid = ATTR_MODE | ATTR_UID | ATTR_ATIME, .mode = 0444, .uid = 7 };
	struct stat st = { 0 };
	struct vnode *v;
	int r;

	(void)k;
	CHECK_EQ(put_file(m, "f", 1000, 1), 0);
	v = opened(m, "f", false, &r);
	CHECK_EQ(m->ops->stat(v, &st), 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0644);
	CHECK_EQ(st.st_nlink, 1);
	CHECK_EQ(st.st_mtim.tv_sec, (long)(wall / 1000000000));
	CHECK(st.st_blocks >= 2);
	CHECK_EQ(m->ops->setattr(v, &a), 0);
	a = (struct vattr){ .valid = ATTR_MTIME,
			    .mtime = { .tv_sec = 951782399 } }; /* 2000-02-28 23:59:59 */
	CHECK_EQ(m->ops->setattr(v, &a), 0);
	closed(v);
	CHECK_EQ(find_vnode(m, "f", &v), 0);
	CHECK_EQ(m->ops->stat(v, &st), 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0444);
	CHECK_EQ(st.st_mtim.tv_sec, 951782398);
	vnode_put(v);
	CHECK(has_file(m, "f", 1000, 1));
	CHECK_EQ(removed(m, "f"), 0); /* the folder says who may */
	CHECK_EQ(make_folder(m, "d"), 0);
	CHECK_EQ(find_vnode(m, "d", &v), 0);
	CHECK_EQ(m->ops->stat(v, &st), 0);
	CHECK_EQ(st.st_mode, S_IFDIR | 0755);
	vnode_put(v);
}

static void test_attributes(void)
{
	each_kind(attributes);
}

uint32_t fat_time(uint64_t ns);
uint64_t fat_time_ns(uint32_t time);

static void test_times(void)
{
	const uint64_t first = 315532800, end = 4354819200; /* 1980, 2108 */

	for (uint64_t s = first; s < end; s += 86400 * 3 + 12346) {
		struct tm tm;
		time_t t = (time_t)s;
		uint32_t f = fat_time(s * 1000000000);

		gmtime_r(&t, &tm);
		CHECK_EQ(f >> 25, tm.tm_year - 80);
		CHECK_EQ(f >> 21 & 15, tm.tm_mon + 1);
		CHECK_EQ(f >> 16 & 31, tm.tm_mday);
		CHECK_EQ(f >> 11 & 31, tm.tm_hour);
		CHECK_EQ(f >> 5 & 63, tm.tm_min);
		CHECK_EQ((f & 31) * 2, tm.tm_sec & ~1);
		CHECK_EQ(fat_time_ns(f), (s & ~1UL) * 1000000000);
	}
	CHECK_EQ(fat_time(0), fat_time(first * 1000000000));
	CHECK_EQ(fat_time_ns(fat_time(end * 1000000000)), (end - 2) * 1000000000);
	CHECK_EQ(fat_time_ns(fat_time(UINT64_MAX)), (end - 2) * 1000000000);
}

/* --- volumes --------------------------------------------------------------------------------------- */

/* Where the first cluster is, in bytes. */
static uint32_t first_cluster(const struct disk *k)
{
	const uint8_t *b = k->now;
	uint32_t sector = b[11] | (uint32_t)b[12] << 8, reserved = b[14] | (uint32_t)b[15] << 8;
	uint32_t table = b[22] | (uint32_t)b[23] << 8, root = b[17] | (uint32_t)b[18] << 8;

	if (table == 0) {
		table = b[36] | (uint32_t)b[37] << 8 | (uint32_t)b[38] << 16;
	}
	return (reserved + b[16] * table) * sector + root * 32;
}

static void test_format(void)
{
	static const size_t made[] = { 64UL << 10, 1UL << 20, 16UL << 20, 100UL << 20,
				       600UL << 20 };
	char label[64], uuid[40], command[128], *out, id[48];
	int r, status;

	for (size_t i = 0; i < ARRAY_SIZE(made); i++) {
		struct disk *k = disk_new(made[i]);
		struct mount *m;

		CHECK(!filesystems_start->identify(&k->d, label, uuid));
		CHECK(mounted(k, 0, &r) == NULL);
		CHECK_EQ(r, -EINVAL);
		CHECK_EQ(filesystems_start->format(&k->d, "my data+more"), 0);
		CHECK_EQ(first_cluster(k) % 4096, 0);
		CHECK(sound(k, CLEAN));
		CHECK(filesystems_start->identify(&k->d, label, uuid));
		CHECK_STR(label, "MY DATA_MOR");
		snprintf(command, sizeof(command), "/sbin/blkid -p -o value -s UUID %s 2>/dev/null",
			 image());
		out = run(command, &status);
		snprintf(id, sizeof(id), "%s\n", uuid);
		CHECK(status != 0 || strcmp(out, id) == 0);
		free(out);
		m = mounted(k, 0, &r);
		if (CHECK_EQ(r, 0)) {
			CHECK_EQ(make_folder(m, "d"), 0);
			CHECK_EQ(put_file(m, "d/a file", 5000, 1), 0);
			unmounted(m);
		}
		CHECK(sound(k, CLEAN));
		CHECK(host_has_file(k, "/d/a file", 5000, 1));
		disk_free(k);
	}
}

/* mkfs.vfat -F 32 makes it, Linux takes it; by the specification it would be FAT16. */
static void test_few_clusters(void)
{
	static const struct kind few = { "FAT32", "-F 32 -s 2", 4UL << 20 };
	struct disk *k = made_by_host(&few);
	int r;
	struct mount *m = mounted(k, 0, &r);

	if (CHECK_EQ(r, 0)) {
		CHECK_EQ(make_folder(m, "d"), 0);
		CHECK_EQ(put_file(m, "d/a file", 50000, 1), 0);
		unmounted(m);
		CHECK(sound(k, CLEAN));
		m = mounted(k, 0, &r);
		CHECK(has_file(m, "d/a file", 50000, 1));
		unmounted(m);
	}
	disk_free(k);
}

static void test_identify(void)
{
	char label[64], uuid[40];

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct disk *k = made_by_host(&kinds[i]);

		CHECK(filesystems_start->identify(&k->d, label, uuid));
		CHECK_STR(label, "CORACLE");
		CHECK_STR(uuid, "1234-ABCD");
		CHECK_EQ(k->writes, 0);
		disk_free(k);
	}
}

static void test_read_only(void)
{
	struct disk *k = made_by_host(&kinds[1]);
	struct mount *m;
	struct vnode *v;
	struct statvfs s;
	unsigned long writes;
	int r;

	m = mounted(k, 0, &r);
	CHECK_EQ(put_file(m, "f", 1000, 1), 0);
	unmounted(m);
	writes = k->writes;
	for (unsigned how = 0; how < 2; how++) {
		k->d.read_only = how == 1;
		m = mounted(k, how == 0 ? MS_RDONLY : 0, &r);
		if (!CHECK_EQ(r, 0)) {
			break;
		}
		CHECK((m->flags & MS_RDONLY) != 0);
		CHECK(has_file(m, "f", 1000, 1));
		CHECK_EQ(put_file(m, "g", 1, 1), -EROFS);
		CHECK_EQ(removed(m, "f"), -EROFS);
		v = opened(m, "f", false, &r);
		CHECK_EQ(wrote(v, "x", 1, 0), -EROFS);
		CHECK_EQ(m->ops->fsync(v, false), 0);
		closed(v);
		CHECK_EQ(m->ops->statvfs(m, &s), 0);
		unmounted(m);
	}
	CHECK_EQ(k->writes, writes);
	disk_free(k);
}

/* The mark goes to the medium before anything else does, and comes off when all is there. */
static void test_in_use(void)
{
	struct disk *k = made_by_host(&kinds[2]);
	struct mount *m;
	unsigned long syncs;
	int r;

	m = mounted(k, 0, &r);
	CHECK(!(k->safe[65] & 1));
	CHECK_EQ(k->writes, 0);
	CHECK_EQ(put_file(m, "f", 1000, 1), 0);
	CHECK(k->safe[65] & 1);
	CHECK_EQ(m->ops->sync(m), 0);
	CHECK(!(k->safe[65] & 1));
	CHECK(memcmp(k->safe, k->now, k->size) == 0);
	syncs = k->syncs;
	CHECK_EQ(m->ops->sync(m), 0);
	CHECK_EQ(k->syncs, syncs);
	CHECK_EQ(put_file(m, "g", 1000, 1), 0);
	CHECK(k->safe[65] & 1);
	unmounted(m);
	CHECK(!(k->safe[65] & 1));
	CHECK(memcmp(k->safe, k->now, k->size) == 0);
	CHECK(sound(k, CLEAN));
	disk_free(k);
}

/* --- errors ---------------------------------------------------------------------------------------- */

/* Each access fails once: no crash, the error arrives, and the volume is as sound as after a power cut. */
static void test_errors(void)
{
	struct disk *k = made_by_host(&kinds[0]);
	uint8_t *first = malloc(k->size);
	int r;
	struct mount *m = mounted(k, 0, &r);
	unsigned fine = 0;

	CHECK_EQ(make_folder(m, "d"), 0);
	CHECK_EQ(put_file(m, "d/old file", 3000, 1), 0);
	unmounted(m);
	memcpy(first, k->safe, k->size);
	for (long at = 0; at < 400 && fine < 3; at++) {
		memcpy(k->now, first, k->size);
		memcpy(k->safe, first, k->size);
		memset(k->dirty, 0, k->size / BLK_SECTOR);
		k->fail_in = at;
		m = mounted(k, 0, &r);
		if (m == NULL) {
			CHECK_EQ(r, -EIO);
			continue;
		}
		r = put_file(m, "d/a new file with a long name", 3000, 2);
		r = r != 0 ? r : renamed(m, "d/a new file with a long name", "d/old file");
		r = r != 0 ? r : removed(m, "d/old file");
		r = r != 0 ? r : m->ops->sync(m);
		fine += r == 0 && k->fail_in > 0;
		CHECK(r == 0 || r == -EIO);
		k->fail_in = -1;
		unmounted(m);
		CHECK(sound(k, CUT_RENAME));
		m = mounted(k, 0, &r);
		if (CHECK_EQ(r, 0)) {
			CHECK((m->flags & MS_RDONLY) == 0);
			unmounted(m);
			CHECK(sound(k, CLEAN));
		}
	}
	CHECK_EQ(fine, 3);
	free(first);
	disk_free(k);
}

static void test_memory(void)
{
	struct disk *k = made_by_host(&kinds[1]);
	struct mount *m = NULL;
	int r = 0;

	for (int n = 0; m == NULL && n < 50; n++) {
		allocations_left = n + 1; /* the root's vnode */
		m = mounted(k, 0, &r);
		allocations_left = -1;
		CHECK(m != NULL || r == -ENOMEM);
	}
	for (int n = 0; n < 30; n++) {
		allocations_left = n;
		r = put_file(m, "d", 100, 1);
		r = r != 0 ? r : removed(m, "d");
		allocations_left = -1;
		CHECK(r == 0 || r == -ENOMEM);
		removed(m, "d");
	}
	CHECK_EQ(r, 0);
	unmounted(m);
	CHECK(sound(k, CLEAN));
	disk_free(k);
}

static const struct test tests[] = {
	{ "files of all sizes in folders, read again by us and by mtools, removed again",
	  test_files },
	{ "names: long, short, UTF-8, of any case, impossible ones", test_names },
	{ "folders are listed from any position, also while they change", test_folders },
	{ "rename replaces in one step, moves folders, and open files go with it", test_renames },
	{ "a removed file is there until its last close", test_nameless },
	{ "sizes: holes are zeros, the limit of 4 GiB, what fails changes nothing", test_sizes },
	{ "a full volume says ENOSPC and keeps what it has", test_full },
	{ "attributes: mode and time are kept, the rest is not", test_attributes },
	{ "times are UTC from 1980 to 2107", test_times },
	{ "format makes what the host's tools take for sound, of any size", test_format },
	{ "FAT32 may have few clusters", test_few_clusters },
	{ "label and serial number are found, and nothing is written", test_identify },
	{ "read-only is never written to", test_read_only },
	{ "the mark of a volume in use comes first and goes last", test_in_use },
	{ "each access to the device may fail", test_errors },
	{ "each allocation may fail", test_memory },
};

TEST_MAIN(tests)
