/* SPDX-License-Identifier: MIT */
/* Contract: a power cut at any moment, which leaves any mixture of what was written since the last flush, leaves a file
 * system that mounts without repair and shows the state behind some operation, not older than the last that
 * was acknowledged as durable, whole.
 * sources: fs/littlefs.c fs/littlefs_dev.c fs/littlefs_dir.c fs/littlefs_file.c fs/littlefs_ctz.c
	fs/littlefs_over.c fs/littlefs_mount.c fs/vnode.c @micropython:lib/littlefs/lfs2.c tests/unit/littlefs_env.c
	tests/unit/test.c tests/unit/host/kernel.c
 * isystem: micropython/lib/littlefs
 * flags: -DLFS2_DEFINES=lfs_port.h -Ifs */
#include "littlefs_env.h"

#include "host/kernel.h"
#include "test.h"

#include <errno.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define STATES 8192
#define FILES  16
#define SIZE   60000

/* What is there, as far as a commit has said so, and what was written since to files that are open. */
struct model_file {
	char path[32]; /* "": none */
	uint32_t kind;
	uint8_t *data, *live;
	size_t len, live_len;
	struct vnode *v; /* open */
	bool changed;
};

static struct {
	struct disk disk;
	struct mount *m;
	struct model_file file[FILES];
	uint64_t states[STATES];
	size_t count, durable; /* states[durable] is the oldest that a cut may show */
	unsigned long cuts;
	unsigned rate; /* one event of so many is a cut */
	unsigned failed;
} t;

/* --- the model ------------------------------------------------------------------------------------- */

/* The entry behind @after in the folder @dir ("" or "d/"), in order. */
static struct model_file *next_in(const char *dir, const struct model_file *after)
{
	struct model_file *best = NULL;

	for (unsigned i = 0; i < FILES; i++) {
		struct model_file *f = &t.file[i];

		if (f->path[0] == '\0' || strncmp(f->path, dir, strlen(dir)) != 0 ||
		    strchr(f->path + strlen(dir), '/') != NULL ||
		    (after != NULL && strcmp(f->path, after->path) <= 0)) {
			continue;
		}
		if (best == NULL || strcmp(f->path, best->path) < 0) {
			best = f;
		}
	}
	return best;
}

static uint64_t model_dir(const char *dir, uint64_t h)
{
	struct model_file *f = NULL;

	while ((f = next_in(dir, f)) != NULL) {
		const char *name = f->path + strlen(dir);
		char below[40];

		h = fs_mix(h, name, strlen(name) + 1);
		h = fs_mix(h, &f->kind, 4);
		snprintf(below, sizeof(below), "%s/", f->path);
		h = f->kind == S_IFDIR ? model_dir(below, h) : fs_mix(h, f->data, f->len);
		h = fs_mix(h, "|", 1);
	}
	return h;
}

/* A commit is about to be made, or was. */
static void state(void)
{
	uint64_t h = model_dir("", FS_HASH_START) | 1;

	if (t.count == STATES) {
		memmove(t.states, t.states + t.durable, (t.count - t.durable) * sizeof(h));
		t.count -= t.durable;
		t.durable = 0;
	}
	if (t.count == 0 || t.states[t.count - 1] != h) {
		t.states[t.count++] = h;
	}
}

static void durable(void)
{
	t.durable = t.count - 1;
}

static void committed(struct model_file *f)
{
	if (f->kind == S_IFREG && f->changed) {
		f->data = realloc(f->data, f->live_len + 1);
		memcpy(f->data, f->live, f->live_len);
		f->len = f->live_len;
		f->changed = false;
	}
	state();
}

static struct model_file *model_find(const char *path)
{
	for (unsigned i = 0; i < FILES; i++) {
		if (strcmp(t.file[i].path, path) == 0) {
			return &t.file[i];
		}
	}
	return NULL;
}

static void model_forget(struct model_file *f)
{
	free(f->data);
	free(f->live);
	memset(f, 0, sizeof(*f));
}

/* --- cuts ------------------------------------------------------------------------------------------ */

/* The hash of what a cut leaves; 0: it does not mount, or cannot be read. */
static uint64_t hash_of(struct disk *d, bool write)
{
	int r;
	struct mount *m = fs_mount(d, 0, "", &r);
	uint64_t h;

	if (m == NULL) {
		printf("# no mount: %d\n", r);
		return 0;
	}
	h = fs_hash_tree(m);
	if (write && h != 0) {
		/* It takes new files, and what was interrupted gets finished by the first write. */
		CHECK_EQ(fs_put_file(m, "after", 7, 3000), 0);
		CHECK(fs_has_file(m, "after", 7, 3000));
		CHECK_EQ(fs_unlink(m, "after"), 0);
		h = CHECK(fs_hash_tree(m) == h) ? h : 0;
	}
	fs_umount(m);
	return h;
}

static void cut_here(struct disk *d)
{
	struct disk left;
	uint64_t h;
	size_t i;

	if (t.failed > 3 || test_below(t.rate) != 0) {
		return;
	}
	t.cuts++;
	disk_cut(&left, d);
	h = hash_of(&left, test_below(4) == 0);
	for (i = t.durable; i < t.count && t.states[i] != h; i++) {
	}
	if (!CHECK(h != 0 && i < t.count)) {
		for (i = 0; i < t.durable && t.states[i] != h; i++) {
		}
		printf("# cut %lu: one of states %zu to %zu should be there, but %s %zu\n", t.cuts,
		       t.durable, t.count, i < t.durable ? "it is" : "none is", i);
		t.failed++;
	}
	disk_free(&left);
}

/* --- operations ------------------------------------------------------------------------------------ */

static const char *const names[] = { "a",   "b",   "c",	  "d/a",
				     "d/b", "e/x", "e/y", "long-name-of-a-file" };

static void do_write(void)
{
	const char *path = names[test_below(ARRAY_SIZE(names))];
	struct model_file *f = model_find(path);
	static uint8_t data[SIZE];
	size_t at, n;
	off_t pos;

	if (f == NULL) {
		f = model_find("");
		if (f == NULL) {
			return;
		}
		strcpy(f->path, path);
		f->kind = S_IFREG;
		f->data = malloc(1);
		state();
	}
	if (f->v == NULL) {
		CHECK_EQ(fs_open(t.m, path, &f->v), 0);
		f->live = realloc(f->live, SIZE);
		memset(f->live, 0, SIZE);
		memcpy(f->live, f->data, f->len);
		f->live_len = f->len;
	}
	at = test_below(3) == 0 ? f->live_len : test_below((unsigned)f->live_len + 600);
	n = test_below(test_below(3) == 0 ? 20000 : 300) + 1;
	if (at + n > SIZE) {
		at = 0;
	}
	fs_bytes(data, (uint32_t)test_random(), n);
	pos = (off_t)at;
	CHECK_EQ(t.m->ops->write(f->v, data, n, &pos), n);
	memcpy(f->live + at, data, n);
	f->live_len = MAX(f->live_len, at + n);
	f->changed = true;
}

static struct model_file *any(bool open)
{
	for (unsigned i = 0, at = test_below(FILES); i < FILES; i++) {
		struct model_file *f = &t.file[(at + i) % FILES];

		if (f->path[0] != '\0' && f->kind == S_IFREG && (f->v != NULL) == open) {
			return f;
		}
	}
	return NULL;
}

static void do_truncate(void)
{
	struct model_file *f = any(true);
	size_t n;

	if (f != NULL) {
		n = test_below((unsigned)f->live_len + 1000);
		n = MIN(n, (size_t)SIZE);
		CHECK_EQ(t.m->ops->truncate(f->v, (off_t)n), 0);
		if (n < f->live_len) {
			memset(f->live + n, 0, f->live_len - n);
		}
		f->live_len = n;
		f->changed = true;
	}
}

static void do_sync(void)
{
	struct model_file *f = any(true);

	if (f != NULL) {
		committed(f);
		CHECK_EQ(t.m->ops->fsync(f->v, false), 0);
		durable();
	}
}

static void do_close(void)
{
	struct model_file *f = any(true);

	if (f != NULL) {
		committed(f);
		fs_close(f->v);
		f->v = NULL;
	}
}

/* Also of a file that is open: then its content is in memory alone. */
static void do_unlink(void)
{
	struct model_file *f = any(test_below(2) == 0);
	struct vnode *v;
	char path[32];

	if (f != NULL) {
		strcpy(path, f->path);
		v = f->v;
		model_forget(f);
		state();
		CHECK_EQ(fs_unlink(t.m, path), 0);
		if (v != NULL) {
			off_t pos = 0;

			CHECK_EQ(t.m->ops->write(v, "held", 4, &pos), 4);
			fs_close(v);
		}
	}
}

static void do_rename(void)
{
	struct model_file *f = any(test_below(2) == 0), *over;
	const char *to = names[test_below(ARRAY_SIZE(names))];
	struct vnode *v = NULL;
	char from[32];

	if (f == NULL || strcmp(f->path, to) == 0) {
		return;
	}
	committed(f);
	strcpy(from, f->path);
	over = model_find(to);
	if (over != NULL) {
		v = over->v;
		model_forget(over);
	}
	strcpy(f->path, to);
	state();
	CHECK_EQ(fs_rename(t.m, from, to), 0);
	if (v != NULL) {
		fs_close(v);
	}
}

static void do_folder(void)
{
	struct model_file *f = model_find("f");

	if (f != NULL) {
		model_forget(f);
		state();
		CHECK_EQ(fs_unlink(t.m, "f"), 0);
		return;
	}
	f = model_find("");
	if (f != NULL) {
		strcpy(f->path, "f");
		f->kind = S_IFDIR;
		state();
		CHECK_EQ(fs_make(t.m, "f", S_IFDIR | 0755, NULL), 0);
	}
}

static void do_sync_all(void)
{
	for (unsigned i = 0; i < FILES; i++) {
		struct model_file *f = &t.file[i];

		/* In the order that they were written to first: either may be there without the other. */
		if (f->path[0] != '\0' && f->v != NULL) {
			committed(f);
			CHECK_EQ(t.m->ops->fsync(f->v, true), 0);
			durable();
		}
	}
	CHECK_EQ(t.m->ops->sync(t.m), 0);
	durable();
}

static void start(uint64_t bytes, uint32_t physical, unsigned rate)
{
	int r;

	memset(&t, 0, sizeof(t));
	t.rate = rate;
	disk_init(&t.disk, bytes);
	t.disk.dev.physical_size = physical;
	CHECK_EQ(filesystems_start->format(&t.disk.dev, "cut"), 0);
	t.m = fs_mount(&t.disk, 0, "", &r);
	CHECK_EQ(r, 0);
	for (unsigned i = 0; i < 2; i++) {
		strcpy(t.file[i].path, i == 0 ? "d" : "e");
		t.file[i].kind = S_IFDIR;
		CHECK_EQ(fs_make(t.m, t.file[i].path, S_IFDIR | 0755, NULL), 0);
	}
	CHECK_EQ(t.m->ops->sync(t.m), 0);
	state();
	durable();
	t.disk.on_event = cut_here;
}

static void stop(void)
{
	t.disk.on_event = NULL;
	for (unsigned i = 0; i < FILES; i++) {
		if (t.file[i].v != NULL) {
			fs_close(t.file[i].v);
		}
		model_forget(&t.file[i]);
	}
	fs_umount(t.m);
	disk_free(&t.disk);
	CHECK_EQ(env_allocated, 0);
	printf("# %lu cuts\n", t.cuts);
}

static void run(unsigned steps)
{
	static void (*const ops[])(void) = { do_write,	  do_write,  do_write,	do_write,
					     do_truncate, do_sync,   do_close,	do_unlink,
					     do_rename,	  do_rename, do_folder, do_sync_all };

	for (unsigned i = 0; i < steps && t.failed == 0; i++) {
		ops[test_below(ARRAY_SIZE(ops))]();
	}
}

static void test_cuts(void)
{
	for (unsigned seed = 1; seed <= 2; seed++) {
		test_seed(seed);
		start(4 << 20, 512, 3);
		run(100);
		stop();
	}
}

static void test_cuts_4k(void)
{
	test_seed(11);
	start(8 << 20, 4096, 4);
	run(100);
	stop();
}

/* Few pages for what is written: a file goes out piece by piece before its commit. */
static void test_cuts_small_memory(void)
{
	test_seed(21);
	env_pages = 0;
	start(4 << 20, 512, 4);
	run(100);
	stop();
	env_pages = 65536;
}

static const struct test tests[] = {
	{ "cuts anywhere, sectors of 512 bytes", test_cuts },
	{ "cuts anywhere, a physical sector of 4096", test_cuts_4k },
	{ "cuts anywhere, with little memory", test_cuts_small_memory },
};

TEST_MAIN(tests)
