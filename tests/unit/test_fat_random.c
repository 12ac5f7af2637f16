/* SPDX-License-Identifier: MIT */
/* Contract: a random sequence of operations gives what the same sequence gives on plain memory, across remounts, and
 * the volume stays sound.
 * sources: fs/fat.c fs/fatff.c fs/fat_node.c fs/fat_file.c fs/fat_name.c fs/fat_sweep.c fs/vnode.c tests/unit/test.c
	tests/unit/host/kernel.c
 * isystem: micropython/lib/oofatfs */
#include "fat_tools.h"

#define FILES 10U
#define MOST  120000U

static struct file_model {
	bool there, named;
	char path[64];
	uint8_t *data;
	size_t size;
	struct vnode *open; /* NULL: not */
} files[FILES];

static unsigned folders, serial;

static void new_name(char path[64])
{
	char folder[16] = "";

	if (folders > 0 && test_below(3) > 0) {
		snprintf(folder, sizeof(folder), "dir %u/", test_below(folders));
	}
	snprintf(path, 64, test_below(2) == 0 ? "%sS%u.X" : "%sa long name, number %u.text", folder,
		 serial++);
}

static void with_file(struct mount *m, struct file_model *f,
		      void (*fn)(struct file_model *, struct vnode *))
{
	int r = 0;
	struct vnode *v = f->open != NULL ? f->open : opened(m, f->path, false, &r);

	if (CHECK_EQ(r, 0)) {
		fn(f, v);
	}
	if (f->open == NULL && r == 0) {
		closed(v);
	}
}

static void compare(struct file_model *f, struct vnode *v)
{
	size_t at = test_below((unsigned)f->size + 10), n = test_below(5000);
	uint8_t *b = malloc(n + 1);
	size_t want = at >= f->size ? 0 : MIN(n, f->size - at);

	CHECK_EQ(size_of(v), (long)f->size);
	CHECK_EQ(was_read(v, b, n, (off_t)at), (long)want);
	CHECK(memcmp(b, f->data + at, want) == 0);
	free(b);
}

static void scribble(struct file_model *f, struct vnode *v)
{
	size_t at = test_below(4) == 0 ? test_below(MOST - 10000)
				       : test_below((unsigned)f->size + 1);
	size_t n = test_below(test_below(5) == 0 ? 10000 : 700);
	off_t pos = at == f->size && test_below(2) == 0 ? -1 : (off_t)at;
	uint8_t *b = malloc(n + 1);

	at = MIN(at, MOST - n);
	pos = pos < 0 ? pos : (off_t)at;
	for (size_t i = 0; i < n; i++) {
		b[i] = (uint8_t)test_random();
	}
	CHECK_EQ(v->mount->ops->write(v, b, n, &pos), (long)n);
	if (n > 0) {
		if (at > f->size) {
			memset(f->data + f->size, 0, at - f->size);
		}
		memcpy(f->data + at, b, n);
		f->size = MAX(f->size, at + n);
	}
	free(b);
}

static void resize(struct file_model *f, struct vnode *v)
{
	size_t size = test_below(5) == 0 ? 0 : test_below(MOST);

	CHECK_EQ(v->mount->ops->truncate(v, (off_t)size), 0);
	if (size > f->size) {
		memset(f->data + f->size, 0, size - f->size);
	}
	f->size = size;
}

static void begin_file(struct mount *m, struct file_model *f)
{
	int r;

	new_name(f->path);
	f->open = opened(m, f->path, true, &r);
	if (CHECK_EQ(r, 0)) {
		f->there = f->named = true;
		f->size = 0;
		if (test_below(2) == 0) {
			closed(f->open);
			f->open = NULL;
		}
	}
}

static void toggle(struct mount *m, struct file_model *f)
{
	int r;

	if (f->open != NULL) {
		closed(f->open);
		f->open = NULL;
		f->there = f->named;
	} else {
		f->open = opened(m, f->path, false, &r);
		CHECK_EQ(r, 0);
	}
}

static void move(struct mount *m, struct file_model *f)
{
	struct file_model *onto = &files[test_below(FILES)];
	char to[64];

	new_name(to);
	if (onto->there && onto->named && onto != f) {
		strcpy(to, onto->path);
		onto->named = false;
		onto->there = onto->open != NULL;
	}
	CHECK_EQ(renamed(m, f->path, to), 0);
	strcpy(f->path, to);
}

static struct mount *again(struct disk *k, struct mount *m)
{
	int r;

	for (unsigned i = 0; i < FILES; i++) {
		if (files[i].there && files[i].open != NULL) {
			toggle(m, &files[i]);
		}
	}
	unmounted(m);
	CHECK(sound(k, CLEAN));
	m = mounted(k, 0, &r);
	CHECK_EQ(r, 0);
	return m;
}

static void random_step(struct mount *m)
{
	struct file_model *f = &files[test_below(FILES)];
	char path[64];

	if (!f->there) {
		begin_file(m, f);
		return;
	}
	switch (test_below(12)) {
	case 0:
		if (f->named) {
			CHECK_EQ(removed(m, f->path), 0);
			f->named = false;
			f->there = f->open != NULL;
		}
		break;
	case 1:
		if (f->named) {
			move(m, f);
		}
		break;
	case 2:
		with_file(m, f, resize);
		break;
	case 3:
		toggle(m, f);
		break;
	case 4:
		if (folders < 5) {
			snprintf(path, sizeof(path), "dir %u", folders++);
			CHECK_EQ(make_folder(m, path), 0);
		}
		break;
	case 5:
		CHECK_EQ(m->ops->sync(m), 0);
		break;
	case 6:
	case 7:
	case 8:
		with_file(m, f, compare);
		break;
	default:
		with_file(m, f, scribble);
		break;
	}
}

static void run_kind(const struct kind *kind, unsigned steps)
{
	struct disk *k = made_by_host(kind);
	int r;
	struct mount *m = mounted(k, 0, &r);

	test_seed(kind->size);
	memset(files, 0, sizeof(files));
	folders = 0;
	for (unsigned i = 0; i < FILES; i++) {
		files[i].data = malloc(MOST);
	}
	for (unsigned i = 0; m != NULL && i < steps; i++) {
		random_step(m);
		wall += 1500000000;
		if (i % 300 == 299) {
			m = again(k, m);
		}
	}
	if (m != NULL) {
		unmounted(again(k, m));
	}
	for (unsigned i = 0; i < FILES; i++) {
		free(files[i].data);
	}
	disk_free(k);
}

static void test_random_12(void)
{
	run_kind(&kinds[0], 2000);
}

static void test_random_16(void)
{
	run_kind(&kinds[1], 2000);
}

static void test_random_32(void)
{
	run_kind(&kinds[2], 2000);
}

static const struct test tests[] = {
	{ "FAT12: random operations are as on memory", test_random_12 },
	{ "FAT16: random operations are as on memory", test_random_16 },
	{ "FAT32: random operations are as on memory", test_random_32 },
};

TEST_MAIN(tests)
