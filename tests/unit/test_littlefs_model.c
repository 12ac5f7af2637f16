/* SPDX-License-Identifier: MIT */
/* Contract: random operations on open, closed, renamed and unlinked files give what a model has, with room and without,
 * with many pages and few, over mounts.
 * sources: fs/littlefs.c fs/littlefs_dev.c fs/littlefs_dir.c fs/littlefs_file.c fs/littlefs_ctz.c
	fs/littlefs_over.c fs/littlefs_mount.c fs/vnode.c @micropython:lib/littlefs/lfs2.c tests/unit/littlefs_env.c
	tests/unit/test.c tests/unit/host/kernel.c
 * isystem: micropython/lib/littlefs
 * flags: -DLFS2_DEFINES=lfs_port.h -Ifs */
#include "littlefs_env.h"

#include "host/kernel.h"
#include "test.h"

#include <errno.h>
#include <sys/stat.h>

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

#define FILES 10
#define SIZE  40000

static struct rfile {
	struct vnode *v; /* open */
	bool exists;
	uint8_t data[SIZE];
	size_t len;
} rf[FILES];

static void random_write(struct rfile *f)
{
	static uint8_t data[SIZE];
	size_t at = test_below((unsigned)f->len + 2000), n = test_below(6000) + 1;
	off_t pos;
	ssize_t r;

	if (test_below(3) == 0) {
		at = f->len;
	}
	if (at + n > SIZE) {
		return;
	}
	fs_bytes(data, (uint32_t)test_random(), n);
	pos = (off_t)at;
	r = m->ops->write(f->v, data, n, &pos);
	CHECK(r == -ENOSPC || (r > 0 && r <= (ssize_t)n));
	if (r > 0) {
		memcpy(f->data + at, data, (size_t)r);
		f->len = MAX(f->len, at + (size_t)r);
	}
}

static void random_check(struct rfile *f)
{
	static uint8_t back[SIZE + 1];
	size_t at = test_below((unsigned)f->len + 100), n = test_below(SIZE);
	ssize_t want = at >= f->len ? 0 : (ssize_t)MIN(n, f->len - at);

	CHECK_EQ(m->ops->read(f->v, back, n, (off_t)at), want);
	CHECK(want == 0 || memcmp(back, f->data + at, (size_t)want) == 0);
}

static void random_step(unsigned i)
{
	struct rfile *f = &rf[i];
	char name[16], other[16];
	unsigned j = test_below(FILES), what = test_below(20);

	snprintf(name, sizeof(name), "d/f%u", i);
	snprintf(other, sizeof(other), "d/f%u", j);
	if (f->v == NULL && what < 12) {
		int r = fs_open(m, name, &f->v);

		CHECK(r == 0 || r == -ENOSPC);
		f->exists |= r == 0;
	} else if (what < 8) {
		random_write(f);
	} else if (what < 13) {
		if (f->v != NULL) {
			random_check(f);
		}
	} else if (what == 13 && f->v != NULL) {
		size_t n = test_below(SIZE);
		int r = m->ops->truncate(f->v, (off_t)n);

		CHECK(r == 0 || r == -ENOSPC);
		if (r == 0) {
			memset(f->data + MIN(n, f->len), 0, SIZE - MIN(n, f->len));
			f->len = n;
		}
	} else if (what == 14 && f->v != NULL) {
		CHECK_EQ(m->ops->fsync(f->v, false), 0);
	} else if (what < 17 && f->v != NULL) {
		fs_close(f->v);
		f->v = NULL;
	} else if (what == 17 && f->exists && i != j) {
		if (rf[j].v != NULL) {
			fs_close(rf[j].v);
			rf[j].v = NULL;
		}
		CHECK_EQ(fs_rename(m, name, other), 0);
		rf[j] = *f;
		memset(f, 0, sizeof(*f));
	} else if (what == 18 && f->exists) {
		CHECK_EQ(fs_unlink(m, name), 0);
		if (f->v != NULL) {
			random_check(f);
			random_write(f);
			random_check(f);
			fs_close(f->v);
		}
		memset(f, 0, sizeof(*f));
	}
}

static void random_run(uint64_t bytes, unsigned steps)
{
	start(bytes);
	memset(rf, 0, sizeof(rf));
	CHECK_EQ(fs_make(m, "d", S_IFDIR | 0755, NULL), 0);
	for (unsigned s = 0; s < steps; s++) {
		random_step(test_below(FILES));
		env_now += test_below(1000) * 1000000LL;
		if (test_below(400) == 0) {
			for (unsigned i = 0; i < FILES; i++) {
				if (rf[i].v != NULL) {
					fs_close(rf[i].v);
					rf[i].v = NULL;
				}
			}
			again(0, "");
		}
	}
	for (unsigned i = 0; i < FILES; i++) {
		if (rf[i].exists && rf[i].v == NULL) {
			char name[16];

			snprintf(name, sizeof(name), "d/f%u", i);
			CHECK_EQ(fs_open(m, name, &rf[i].v), 0);
		}
		if (rf[i].v != NULL) {
			for (int k = 0; k < 5; k++) {
				random_check(&rf[i]);
			}
			fs_close(rf[i].v);
		}
	}
	stop();
}

static void test_model(void)
{
	random_run(4 << 20, 6000);
	random_run(300 << 10, 6000); /* often full */
	env_pages = 0;
	random_run(4 << 20, 4000);
	env_pages = 65536;
}

static const struct test tests[] = {
	{ "random operations as a model has them", test_model },
};

TEST_MAIN(tests)
