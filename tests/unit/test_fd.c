/* SPDX-License-Identifier: MIT */
/* Contract: libc/fd.c gives the lowest free descriptor, keeps files and flags apart, grows up to
 * its limit, and loses nothing when memory is short.
 * sources: libc/fd.c tests/unit/test.c tests/unit/host/kernel.c */
#include "../../libc/libc.h"

#include "test.h"

#include <kernel/alloc.h>
#include <kernel/page.h>

#define SLOTS 1024 /* the limit of a small machine */

static unsigned closed, forgotten;
static bool no_memory;

size_t page_total(void)
{
	return 16;
}

void *kzalloc(size_t n)
{
	return no_memory ? NULL : calloc(1, n);
}

void kfree(void *p)
{
	free(p);
}

static void count_close(struct file *f)
{
	closed++;
	free(f);
}

static struct file *new_file(void)
{
	static const struct file_ops ops = { .close = count_close };
	struct file *f = calloc(1, sizeof(*f));

	f->ops = &ops;
	atomic_init(&f->refs, 1);
	list_init(&f->watches);
	return f;
}

static void close_all(void)
{
	for (int fd = 0; fd < SLOTS; fd++) {
		struct file *f = fd_take(fd);

		if (f != NULL) {
			fd_release(f);
		}
	}
}

static void test_memory(void)
{
	struct file *f = new_file(), *old = NULL;

	/* The first 64 are static. */
	no_memory = true;
	for (int i = 0; i < 64; i++) {
		CHECK_EQ(fd_make(new_file(), false), i);
	}
	CHECK_EQ(fd_alloc(f, 0, false), -ENOMEM);
	CHECK_EQ(fd_replace(500, f, false, &old), -ENOMEM);
	closed = 0;
	CHECK_EQ(fd_make(new_file(), false), -ENOMEM);
	CHECK_EQ(closed, 1);
	no_memory = false;
	CHECK_EQ(fd_alloc(f, 0, false), 64);
	close_all();
	CHECK_EQ(closed, 66);
}

static void test_limit(void)
{
	struct file *f = new_file(), *old = NULL;

	for (int i = 0; i < SLOTS; i++) {
		CHECK_EQ(fd_make(new_file(), false), i);
	}
	CHECK_EQ(fd_limit(), SLOTS);
	CHECK_EQ(fd_alloc(f, 0, false), -EMFILE);
	CHECK_EQ(fd_replace(SLOTS, f, false, &old), -EBADF);
	CHECK_EQ(fd_replace(-1, f, false, &old), -EBADF);
	CHECK(fd_get(SLOTS) == NULL && fd_get(-1) == NULL && fd_get(SLOTS - 1) != NULL);
	fd_release(fd_take(700));
	CHECK_EQ(fd_alloc(f, 701, false), -EMFILE);
	CHECK_EQ(fd_alloc(f, 3, false), 700);
	close_all();
}

/* Against a plain array, with a linear search. */
static void test_model(void)
{
	static struct file *model[SLOTS];
	static bool cloexec[SLOTS];

	for (int step = 0; step < 40000; step++) {
		int fd = (int)test_below(step < 20000 ? SLOTS / 8 : SLOTS);
		int min = test_below(2) == 0 ? 0 : (int)test_below(SLOTS), want = min;
		bool flag = test_below(2) == 0;
		struct file *f, *old = NULL;

		switch (test_below(4)) {
		case 0:
		case 1:
			while (want < SLOTS && model[want] != NULL) {
				want++;
			}
			f = new_file();
			CHECK_EQ(fd_alloc(f, min, flag), want < SLOTS ? want : -EMFILE);
			if (want == SLOTS) {
				free(f);
				break;
			}
			model[want] = f;
			cloexec[want] = flag;
			break;
		case 2:
			f = fd_take(fd);
			CHECK(f == model[fd]);
			if (f != NULL) {
				fd_release(f);
			}
			model[fd] = NULL;
			break;
		default:
			f = new_file();
			CHECK_EQ(fd_replace(fd, f, flag, &old), 0);
			CHECK(old == model[fd]);
			if (old != NULL) {
				fd_release(old);
			}
			model[fd] = f;
			cloexec[fd] = flag;
		}
		CHECK(fd_get(fd) == model[fd]);
		CHECK_EQ(fd_cloexec(fd), model[fd] == NULL ? -EBADF : cloexec[fd]);
	}
	close_all();
}

static void count_forget(struct file *f)
{
	forgotten++;
	list_init(&f->watches);
}

static void test_references(void)
{
	struct file *f = new_file();
	struct file_watch w;
	int fd = fd_make(f, false);

	closed = 0;
	fd_forget = count_forget;
	fd_table.shared = true;
	CHECK(fd_get(fd) == f && atomic_load(&f->refs) == 2);
	fd_release(fd_take(fd));
	CHECK_EQ(closed, 0);
	CHECK(fd_get(fd) == NULL);
	list_add(&f->watches, &w.link);
	fd_put(f);
	CHECK(closed == 1 && forgotten == 1);
	fd_table.shared = false;
	fd = fd_make(new_file(), false);
	f = fd_get(fd);
	CHECK_EQ(atomic_load(&f->refs), 1);
	fd_put(f);
	close_all();
	CHECK(closed == 2 && forgotten == 1);
}

static const struct test tests[] = {
	{ "without memory an error is given and nothing is lost", test_memory },
	{ "the limit holds", test_limit },
	{ "random calls agree with a plain array", test_model },
	{ "with threads a lookup keeps the file; the last reference leaves epoll sets",
	  test_references },
};
TEST_MAIN(tests)
