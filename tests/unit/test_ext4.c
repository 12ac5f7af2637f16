/* SPDX-License-Identifier: MIT */
/* Contract: what mke2fs puts on an ext2, ext3 or ext4 volume is what is read, byte by byte, name by name; what cannot be
 * read is refused by name; whatever the disk has, whatever memory and I/O refuse, is an error and never more.
 * sources: fs/ext4.c fs/ext4_node.c fs/ext4_dir.c fs/ext4_port.c fs/vnode.c
	@e2fsprogs:lib/ext2fs/openfs.c @e2fsprogs:lib/ext2fs/freefs.c @e2fsprogs:lib/ext2fs/inode.c
	@e2fsprogs:lib/ext2fs/extent.c @e2fsprogs:lib/ext2fs/bmap.c @e2fsprogs:lib/ext2fs/i_block.c
	@e2fsprogs:lib/ext2fs/dirblock.c @e2fsprogs:lib/ext2fs/dirhash.c @e2fsprogs:lib/ext2fs/csum.c
	tests/unit/test.c tests/unit/host/kernel.c
 * isystem: e2fsprogs/lib
 * flags: -Ifs/ext4 */
#include "ext4_env.h"

#define MANY 900

/* --- the same as the host's ------------------------------------------------------------------------- */

static void same_content(struct vnode *v, const char *path, size_t size)
{
	/* Most files are small: a fresh megabyte for each is a million page faults. */
	const size_t part = size < 1 << 16 ? 1 << 16 : 1 << 20;
	uint8_t *want = malloc(part), *got = malloc(part);
	int fd = open(path, O_RDONLY);
	bool same = true;

	for (size_t at = 0; same && at < size + 1; at += part) {
		ssize_t n = pread(fd, want, part, (off_t)at);

		memset(got, 0x5A, part);
		same = v->mount->ops->read(v, got, part, (off_t)at) == n &&
		       memcmp(want, got, (size_t)n) == 0;
	}
	/* Any part of it, too. */
	for (unsigned i = 0; same && i < 50 && size > 0; i++) {
		size_t at = test_random() % size, n = 1 + test_below(20000);
		ssize_t r = pread(fd, want, n, (off_t)at);

		same = v->mount->ops->read(v, got, n, (off_t)at) == r &&
		       memcmp(want, got, (size_t)r) == 0;
	}
	if (!CHECK(same)) {
		printf("# %s\n", path);
	}
	close(fd);
	free(want);
	free(got);
}

static void same_link(struct vnode *v, const char *path)
{
	char want[4096], got[4096];
	ssize_t n = readlink(path, want, sizeof(want));

	CHECK_EQ(v->mount->ops->readlink(v, got, sizeof(got)), n);
	CHECK(memcmp(want, got, (size_t)n) == 0);
	CHECK_EQ(v->mount->ops->readlink(v, got, 3), 3);
}

static void same_folder(struct vnode *v, const char *path);

static void same(struct vnode *v, const char *path)
{
	struct stat want, got = { 0 };

	CHECK_EQ(lstat(path, &want), 0);
	CHECK_EQ(v->mount->ops->stat(v, &got), 0);
	if (!CHECK_EQ(got.st_mode, want.st_mode)) {
		printf("# %s\n", path);
		return;
	}
	CHECK_EQ(got.st_uid, want.st_uid);
	CHECK_EQ(got.st_gid, want.st_gid);
	if (S_ISDIR(want.st_mode)) {
		same_folder(v, path);
		return;
	}
	CHECK_EQ(got.st_nlink, want.st_nlink);
	if (S_ISREG(want.st_mode)) {
		CHECK_EQ(got.st_size, want.st_size);
		same_content(v, path, (size_t)want.st_size);
	} else if (S_ISLNK(want.st_mode)) {
		same_link(v, path);
	}
}

/* Every place that readdir() told leads to the entry behind it. */
static void check_places(struct vnode *v, const off_t *places, char (*names)[256], unsigned n)
{
	for (unsigned i = 0; i < MIN(n, 200U); i++) {
		unsigned at = test_below(n);
		struct dir_pos pos = { .pos = places[at] };
		struct dirent d;

		CHECK_EQ(v->mount->ops->readdir(v, &pos, &d), 1);
		CHECK_STR(d.d_name, names[at]);
		v->mount->ops->closedir(v, &pos);
	}
}

static void same_folder(struct vnode *v, const char *path)
{
	static const char *const extra = "lost+found";
	struct dir_pos pos = { .pos = 2 };
	off_t *places = calloc(MANY + 100, sizeof(*places));
	char(*names)[256] = calloc(MANY + 100, sizeof(*names));
	unsigned n = 0, on_host = 0, extras = 0;
	struct dirent d;
	DIR *mine = opendir(path);

	while (readdir(mine) != NULL) {
		on_host++;
	}
	closedir(mine);
	for (places[0] = pos.pos; v->mount->ops->readdir(v, &pos, &d) == 1 && n < MANY + 99;
	     places[++n] = pos.pos) {
		char *inner = malloc(strlen(path) + 300);
		struct vnode *child;

		strcpy(names[n], d.d_name);
		sprintf(inner, "%s/%s", path, d.d_name);
		if (CHECK_EQ(vnode_child(v, d.d_name, strlen(d.d_name), &child), 0)) {
			CHECK_EQ(child->ino, d.d_ino);
			CHECK(d.d_type == DT_UNKNOWN || d.d_type == IFTODT(child->mode));
			if (strcmp(d.d_name, extra) == 0) {
				extras++;
			} else {
				same(child, inner);
			}
			vnode_put(child);
		}
		free(inner);
	}
	v->mount->ops->closedir(v, &pos);
	CHECK_EQ(n - extras, on_host - 2);
	check_places(v, places, names, n);
	free(places);
	free(names);
}

static const struct kind {
	const char *options;
	unsigned block;
} kinds[] = {
	{ "-t ext2 -r 0 -b 1024 -I 128 -O none", 1024 },
	{ "-t ext2 -b 1024", 1024 },
	{ "-t ext2 -b 4096 -O ^dir_index,^filetype", 4096 },
	{ "-t ext3 -b 1024 -I 128", 1024 },
	{ "-t ext3 -b 4096", 4096 },
	{ "-t ext4 -b 1024 -O metadata_csum,64bit", 1024 },
	{ "-t ext4 -b 4096 -O metadata_csum,64bit,metadata_csum_seed", 4096 },
	{ "-t ext4 -b 4096 -O ^metadata_csum,uninit_bg,^64bit", 4096 },
	{ "-t ext4 -b 2048 -O inline_data,metadata_csum -I 256", 2048 },
	{ "-t ext4 -b 1024 -g 1024 -O inline_data,meta_bg,^resize_inode,large_dir -I 512", 1024 },
	{ "-t ext4 -b 4096 -O bigalloc -C 16384", 4096 },
	{ "-t ext4 -b 65536 -O metadata_csum,^has_journal -N 2000", 65536 },
};

static void test_all_kinds(void)
{
	make_files(MANY);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		/* With inline_data, mke2fs 1.47.0 leaves out a hole at the end. */
		struct disk *k =
			make_image(kinds[i].options, 48UL << 20,
				   "/usr/sbin/debugfs -w -R 'sif sparse size 75000000' img");
		char label[64], uuid[40], path[128];
		struct statvfs s = { 0 };
		struct mount *m;
		struct vnode *v;
		int r;

		printf("# %s\n", kinds[i].options);
		if (!CHECK(k != NULL)) {
			continue;
		}
		CHECK(filesystems_start->identify(&k->d, label, uuid));
		CHECK_STR(label, "a label");
		CHECK_STR(uuid, UUID);
		m = mounted_with(k, "", &r);
		if (CHECK_EQ(r, 0)) {
			snprintf(path, sizeof(path), "%s/files", top);
			same_folder(m->root, path);
			CHECK_EQ(vnode_child(m->root, "missing", 7, &v), -ENOENT);
			CHECK_EQ(vnode_child(m->root, "On", 2, &v), -ENOENT);
			CHECK_EQ(m->ops->statvfs(m, &s), 0);
			CHECK_EQ(s.f_bsize, kinds[i].block);
			CHECK(s.f_bfree > 0 && s.f_bfree < s.f_blocks &&
			      s.f_blocks <= k->size / kinds[i].block);
			CHECK(s.f_ffree > 0 && s.f_ffree < s.f_files);
			unmounted(m);
		}
		disk_free(k);
	}
	remove_files();
}

/* --- what only debugfs makes ------------------------------------------------------------------------- */

static struct vnode *child_of(struct mount *m, const char *name)
{
	struct vnode *v = NULL;

	CHECK_EQ(vnode_child(m->root, name, strlen(name), &v), 0);
	return v;
}

static void test_made_by_debugfs(void)
{
	static uint8_t buf[40000];
	struct stat st = { 0 };
	struct mount *m;
	struct disk *k;
	struct vnode *v;
	size_t zeros = 0;
	int r;

	make_files(3);
	k = make_image("-t ext4 -b 1024 -O ^metadata_csum", 16UL << 20,
		       "debugfs=/usr/sbin/debugfs; $debugfs -w -R 'fallocate nothing 0 31' img && "
		       "$debugfs -w -R 'sif nothing size 32768' img && "
		       "$debugfs -w -R 'sif one size 0x123456789ab' img && "
		       "$debugfs -w -R 'sif one mtime @0x80000000' img && "
		       "$debugfs -w -R 'sif one mtime_extra 0x00000015' img && "
		       "$debugfs -w -R 'sif one atime @0xFFFFFFFF' img && "
		       "$debugfs -w -R 'sif one atime_extra 0' img && "
		       "$debugfs -w -R 'mknod console c 5 1' img");
	m = mounted_with(k, "", &r);
	if (CHECK_EQ(r, 0)) {
		v = child_of(m, "nothing");
		memset(buf, 0x5A, sizeof(buf));
		CHECK_EQ(m->ops->read(v, buf, sizeof(buf), 0), 32768);
		while (zeros < sizeof(buf) && buf[zeros] == 0) {
			zeros++;
		}
		CHECK_EQ(zeros, 32768);
		vnode_put(v);
		v = child_of(m, "one");
		CHECK_EQ(m->ops->stat(v, &st), 0);
		CHECK_EQ(st.st_size, 0x123456789abL);
		CHECK_EQ(st.st_mtim.tv_sec, -0x80000000L + (1L << 32)); /* epoch 1 */
		CHECK_EQ(st.st_mtim.tv_nsec, 5);
		CHECK_EQ(st.st_atim.tv_sec, -1);
		CHECK_EQ(m->ops->read(v, buf, 100, 0x12345678900L), 100);
		CHECK(buf[0] == 0 && buf[99] == 0);
		CHECK_EQ(m->ops->read(v, buf, 100, 0x123456789a0L), 11);
		CHECK_EQ(m->ops->read(v, buf, 100, 0x123456789abL), 0);
		vnode_put(v);
		v = child_of(m, "console");
		CHECK_EQ(v->mode, S_IFCHR);
		CHECK_EQ(m->ops->device(v, O_RDONLY, NULL), -ENXIO);
		vnode_put(v);
		unmounted(m);
	}
	disk_free(k);
	remove_files();
}

/* With a tree of hashes a name takes a few blocks of the many. */
static void test_hashes(void)
{
	struct mount *m;
	struct disk *k;
	struct vnode *dir, *v;
	char name[64];
	long most = 0;
	int r;

	make_files(MANY);
	k = make_image("-t ext4 -b 1024 -O metadata_csum", 16UL << 20, NULL);
	m = mounted_with(k, "", &r);
	if (CHECK_EQ(r, 0)) {
		dir = child_of(m, "large");
		for (unsigned i = 0; i < 2 * MANY; i++) {
			sprintf(name, "entry number %u with a long name, ÄÖÜ", i);
			k->fail_in = 1000;
			r = vnode_child(dir, name, strlen(name), &v);
			CHECK_EQ(r, i < MANY ? 0 : -ENOENT);
			most = MAX(most, 1000 - k->fail_in);
			if (r == 0) {
				vnode_put(v);
			}
		}
		CHECK(most >= 2 && most <= 6);
		k->fail_in = -1;
		vnode_put(dir);
		unmounted(m);
	}
	disk_free(k);
	remove_files();
}

static void is_refused(struct disk *k, const char *options, int error, const char *word)
{
	int r;
	struct mount *m = mounted_with(k, options, &r);

	CHECK_EQ(r, error);
	if (m != NULL) {
		unmounted(m);
	}
	if (word != NULL && !CHECK(strstr(env.log, word) != NULL)) {
		printf("# %s: %s\n", word, env.log);
	}
}

static void test_refusals(void)
{
	struct disk *k;
	uint8_t *incompat;
	int r;
	struct mount *m;

	make_files(3);
	k = make_image("-t ext4 -b 1024 -O ^metadata_csum", 16UL << 20, NULL);
	incompat = k->now + 1024 + 0x60;
	incompat[0] |= 4; /* needs_recovery */
	is_refused(k, "", -EOPNOTSUPP, "e2fsck");
	is_refused(k, "noloads,xnoload,noloa", -EOPNOTSUPP, "noload");
	m = mounted_with(k, "x,noload", &r);
	CHECK_EQ(r, 0);
	unmounted(m);
	incompat[0] &= (uint8_t)~4U;
	incompat[2] |= 1;
	is_refused(k, "", -EOPNOTSUPP, "encrypt");
	incompat[2] = 2;
	is_refused(k, "noload", -EOPNOTSUPP, "casefold");
	incompat[2] = 0;
	incompat[0] |= 1;
	is_refused(k, "", -EOPNOTSUPP, "compression");
	incompat[0] &= (uint8_t)~1U;
	incompat[3] = 0x40;
	is_refused(k, "", -EOPNOTSUPP, "0x40000000");
	incompat[3] = 0;
	k->d.sectors -= 2;
	is_refused(k, "", -EIO, "larger");
	k->d.sectors = 4;
	is_refused(k, "", -EIO, "larger");
	k->d.sectors = 3;
	is_refused(k, "", -EINVAL, NULL);
	k->d.sectors = 0;
	is_refused(k, "", -EINVAL, NULL);
	k->d.sectors = k->size / BLK_SECTOR;
	k->now[1024 + 0x38] ^= 1;
	is_refused(k, "", -EINVAL, NULL);
	k->now[1024 + 0x38] ^= 1;
	m = mounted_with(k, "", &r);
	CHECK_EQ(r, 0);
	unmounted(m);
	disk_free(k);
	remove_files();
}

/* --- what goes wrong ---------------------------------------------------------------------------------- */

/* Blocks that are no file's content, as far as they are used: most of what damage can hit. */
static size_t some_byte(const struct disk *k)
{
	for (;;) {
		size_t at = test_below(4) == 0 ? 1024 + test_below(1024) : test_random() % k->size;

		if (k->safe[at] != 0 || test_below(64) == 0) {
			return at;
		}
	}
}

static void damage(const char *options, unsigned rounds)
{
	struct disk *k = make_image(options, 2560UL << 10, NULL);
	unsigned refusals = 0;

	if (!CHECK(k != NULL)) {
		return;
	}
	CHECK_EQ(visit_all(k), 0);
	CHECK(visited > 60);
	for (unsigned i = 0; i < rounds; i++) {
		size_t at[8];
		unsigned n = 1 + test_below(8);
		int r;

		for (unsigned j = 0; j < n; j++) {
			at[j] = some_byte(k);
			k->now[at[j]] ^= (uint8_t)(1U << test_below(8));
		}
		r = visit_all(k);
		CHECK(r == 0 || r == -EIO || r == -EINVAL || r == -EOPNOTSUPP || r == -ENOENT ||
		      r == -ENOMEM);
		refusals += r != 0;
		for (unsigned j = 0; j < n; j++) {
			k->now[at[j]] = k->safe[at[j]];
		}
	}
	printf("# %s: %u of %u rounds had an error\n", options, refusals, rounds);
	CHECK(refusals > rounds / 50);
	disk_free(k);
}

static void test_damage(void)
{
	make_few_files();
	damage("-t ext4 -b 1024 -N 200 -O ^has_journal,^metadata_csum,^resize_inode,inline_data",
	       1500);
	damage("-t ext4 -b 1024 -N 200 -O ^has_journal,metadata_csum,^resize_inode,inline_data",
	       400);
	damage("-t ext2 -b 1024 -N 200 -O ^resize_inode,dir_index", 800);
	remove_files();
}

/* The first access that fails is any; the next time all is well. */
static void test_io_errors(void)
{
	struct disk *k;
	long i = 0, r = -EIO;

	make_few_files();
	k = make_image("-t ext4 -b 1024 -N 200 -O ^has_journal,^resize_inode,inline_data",
		       2560UL << 10, NULL);
	for (; r != 0 && i < 3000; i += 1 + i / 30) {
		k->fail_in = i;
		k->failed = 0;
		r = visit_all(k);
		CHECK_EQ(r, k->failed > 0 ? -EIO : 0);
	}
	CHECK(i > 50 && r == 0);
	disk_free(k);
	remove_files();
}

static void test_no_memory(void)
{
	struct disk *k;
	int i = 0, r = -ENOMEM;

	make_few_files();
	k = make_image("-t ext4 -b 1024 -N 200 -O ^has_journal,^resize_inode,inline_data",
		       2560UL << 10, NULL);
	for (; r != 0 && i < 5000; i += 1 + i / 30) {
		allocations_left = i;
		allocations_refused = 0;
		r = visit_all(k);
		CHECK_EQ(r, allocations_refused > 0 ? -ENOMEM : 0);
	}
	allocations_left = -1;
	CHECK(i > 20 && r == 0);
	CHECK_EQ(visit_all(k), 0);
	disk_free(k);
	remove_files();
}

static const struct test tests[] = {
	{ "all that mke2fs makes of a folder is read as it is", test_all_kinds },
	{ "a large folder's tree of hashes is used", test_hashes },
	{ "unwritten extents, sizes and times of 64 bits, devices", test_made_by_debugfs },
	{ "what cannot be read is refused, and the log says why", test_refusals },
	{ "flipped bits are errors at most", test_damage },
	{ "an I/O error anywhere is told", test_io_errors },
	{ "no memory anywhere is told, and nothing is lost", test_no_memory },
};

TEST_MAIN(tests)
