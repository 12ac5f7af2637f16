/* SPDX-License-Identifier: MIT */
/* Contract: power may go between any two sectors that are written, and of what was not synced any sector may be there or
 * not. Then fsck.vfat finds lost clusters and the like but nothing shared or broken, the volume mounts read-write, every
 * file is there as far as it was synced, under its old name or its new one, and after an unmount fsck finds nothing.
 * sources: fs/fat.c fs/fatff.c fs/fat_node.c fs/fat_file.c fs/fat_name.c fs/fat_sweep.c fs/vnode.c tests/unit/test.c
	tests/unit/host/kernel.c
 * isystem: micropython/lib/oofatfs */
#include "fat_tools.h"

#define FILES 12U
#define LONG  20000U

/* A file's bytes depend on its number alone, so it has only a length. */
static struct model {
	unsigned id; /* 0: none */
	char path[64];
	char from[64];	   /* "": it was not renamed, or that is safe */
	unsigned replaced; /* what @path was before: its number and what was safe of it */
	long replaced_safe;
	long safe;	/* so much is on the medium for sure; -1: maybe not even its name */
	size_t len;	/* so much was written */
	size_t longest; /* it was */
} model[FILES];

static unsigned last_id, folders, cuts;
static unsigned long every;

static uint8_t byte_of(unsigned id, size_t at)
{
	return (uint8_t)(id * 37 + at * 11 + (at >> 9) * 5);
}

/* How long the file @path is if it begins like number @id; -1: there is none, -2: it is another. */
static long length_of(struct mount *m, const char *path, unsigned id)
{
	size_t n;
	int r;
	uint8_t *p = content(m, path, &n, &r);
	long length = (long)n;

	if (p == NULL) {
		return r == -ENOENT || r == -ENOTDIR ? -1 : -3;
	}
	for (size_t i = 0; i < n && length >= 0; i++) {
		length = p[i] == byte_of(id, i) ? length : -2;
	}
	free(p);
	return length;
}

static void must_be(struct mount *m, const struct model *f)
{
	long n = length_of(m, f->path, f->id);

	if (f->from[0] != '\0' && (n < 0 || (n == 0 && f->safe > 0))) {
		long was = f->replaced != 0 ? length_of(m, f->path, f->replaced) : 0;

		n = length_of(m, f->from, f->id);
		if (f->replaced != 0 && f->replaced_safe >= 0) {
			CHECK(was >= f->replaced_safe);
		}
	}
	if (!CHECK(n >= f->safe) || !CHECK(n <= (long)f->longest)) {
		printf("# %s (from %s): %ld bytes, %ld are safe, %zu were written\n", f->path,
		       f->from, n, f->safe, f->longest);
	}
}

static bool renaming(void)
{
	for (unsigned i = 0; i < FILES; i++) {
		if (model[i].from[0] != '\0') {
			return true;
		}
	}
	return false;
}

static void check_cut(struct disk *k)
{
	struct disk *cut;
	struct mount *m;
	int r;

	if (test_below((unsigned)every) != 0) {
		return;
	}
	cuts++;
	cut = disk_cut(k);
	CHECK(sound(cut, renaming() ? CUT_RENAME : CUT));
	m = mounted(cut, 0, &r);
	if (CHECK_EQ(r, 0)) {
		CHECK((m->flags & MS_RDONLY) == 0);
		for (unsigned i = 0; i < FILES; i++) {
			if (model[i].id != 0 && model[i].safe >= 0) {
				must_be(m, &model[i]);
			}
		}
		unmounted(m);
		CHECK(sound(cut, CLEAN));
	}
	disk_free(cut);
}

static void all_safe(void)
{
	for (unsigned i = 0; i < FILES; i++) {
		model[i].from[0] = '\0';
	}
}

static void new_path(char path[64])
{
	static const char *const forms[] = { "%sfile%u", "%sA rather long name number %u.text",
					     "%sLONGNA%u.X", "%sthe same beginning %u" };
	char folder[16] = "";

	if (folders > 0 && test_below(2) == 0) {
		snprintf(folder, sizeof(folder), "dir%u/", test_below(folders));
	}
	/* Few numbers: names come again. */
	snprintf(path, 64, forms[test_below(ARRAY_SIZE(forms))], folder, test_below(20));
}

static struct model *taken(const char *path)
{
	for (unsigned i = 0; i < FILES; i++) {
		if (model[i].id != 0 && strcasecmp(model[i].path, path) == 0) {
			return &model[i];
		}
	}
	return NULL;
}

/* Write more of it, and maybe sync it. */
static void append(struct mount *m, struct model *f)
{
	size_t n = 1 + test_below(test_below(4) == 0 ? 6000 : 900);
	uint8_t *p = malloc(n);
	bool sync = test_below(2) == 0;
	int r;
	struct vnode *v = opened(m, f->path, true, &r);

	for (size_t i = 0; i < n; i++) {
		p[i] = byte_of(f->id, f->len + i);
	}
	if (CHECK_EQ(r, 0)) {
		f->longest = MAX(f->longest, f->len + n);
		CHECK_EQ(wrote(v, p, n, (off_t)f->len), (ssize_t)n);
		f->len += n;
		if (sync && CHECK_EQ(m->ops->fsync(v, test_below(2) == 0), 0)) {
			all_safe();
			f->safe = (long)f->len;
		}
		closed(v);
	}
	free(p);
}

static void shorten(struct mount *m, struct model *f)
{
	size_t n = test_below(3) == 0 ? 0 : test_below((unsigned)f->len + 1);
	int r;
	struct vnode *v = opened(m, f->path, false, &r);

	if (CHECK_EQ(r, 0)) {
		f->safe = MIN(f->safe, (long)n);
		f->len = n;
		CHECK_EQ(m->ops->truncate(v, (off_t)n), 0);
		closed(v);
	}
}

static void rename_it(struct mount *m, struct model *f)
{
	char to[64];
	struct model *old;

	new_path(to);
	if (test_below(6) == 0) {
		char *last = strrchr(strcpy(to, f->path), '/');

		last = last != NULL ? last + 1 : to;
		*last = (char)(*last ^ 0x20); /* the same in other letters */
	}
	old = taken(to);
	if (old == f || f->from[0] != '\0') {
		return;
	}
	if (old != NULL && old->from[0] != '\0') {
		return;
	}
	f->replaced = 0;
	if (old != NULL) {
		f->replaced = old->id;
		f->replaced_safe = old->safe;
		old->id = 0;
	}
	strcpy(f->from, f->path);
	strcpy(f->path, to);
	CHECK_EQ(renamed(m, f->from, f->path), 0);
}

static void remove_it(struct mount *m, struct model *f)
{
	f->id = 0;
	CHECK_EQ(removed(m, f->path), 0);
}

/* A name that a cut may bring back is not taken by another. */
static bool in_doubt(const char *path)
{
	for (unsigned i = 0; i < FILES; i++) {
		if (model[i].id != 0 && strcasecmp(model[i].from, path) == 0) {
			return true;
		}
	}
	return false;
}

static void step(struct mount *m)
{
	struct model *f = &model[test_below(FILES)];
	char path[64];

	if (f->id == 0) {
		new_path(path);
		if (taken(path) == NULL && !in_doubt(path)) {
			*f = (struct model){ .id = ++last_id, .safe = -1 };
			strcpy(f->path, path);
			append(m, f);
		}
		return;
	}
	switch (test_below(10)) {
	case 0:
		remove_it(m, f);
		break;
	case 1:
	case 2:
		rename_it(m, f);
		break;
	case 3:
		shorten(m, f);
		break;
	case 4:
		if (folders < 6) {
			snprintf(path, sizeof(path), "dir%u", folders);
			CHECK_EQ(make_folder(m, path), 0);
			folders++;
		}
		break;
	case 5:
		CHECK_EQ(m->ops->sync(m), 0);
		all_safe();
		for (unsigned i = 0; i < FILES; i++) {
			model[i].safe = (long)model[i].len;
		}
		break;
	default:
		if (f->len < LONG) {
			append(m, f);
		}
		break;
	}
}

/* POWER_SEEDS=N in the environment: N more runs, with other random numbers. */
static void cut_once(const struct kind *kind, unsigned steps, unsigned long cut_every,
		     uint64_t seed)
{
	struct disk *k;
	struct mount *m;
	int r;

	test_seed(seed);
	k = made_by_host(kind);
	m = mounted(k, 0, &r);
	memset(model, 0, sizeof(model));
	folders = cuts = 0;
	every = cut_every;
	k->eager = true;
	k->on_write = check_cut;
	for (unsigned i = 0; CHECK_EQ(r, 0) && i < steps; i++) {
		step(m);
	}
	k->on_write = NULL;
	unmounted(m);
	CHECK(sound(k, CLEAN));
	CHECK(cuts > 20);
	printf("# %s: %lu writes, %lu syncs, %u cuts\n", kind->name, k->writes, k->syncs, cuts);
	disk_free(k);
}

static void cut_often(const struct kind *kind, unsigned steps, unsigned long cut_every,
		      uint64_t seed)
{
	const char *more = getenv("POWER_SEEDS");

	for (int i = 0; i <= (more != NULL ? atoi(more) : 0); i++) {
		cut_once(kind, steps, cut_every, seed + 100U * (unsigned)i);
	}
}

static void test_fat12(void)
{
	cut_often(&kinds[0], 500, 30, 1);
}

static void test_fat16(void)
{
	cut_often(&kinds[1], 500, 30, 2);
}

static void test_fat32(void)
{
	cut_often(&kinds[2], 200, 20, 3);
}

static const struct test tests[] = {
	{ "FAT12: cut at random writes", test_fat12 },
	{ "FAT16: cut at random writes", test_fat16 },
	{ "FAT32: cut at random writes", test_fat32 },
};

TEST_MAIN(tests)
