/* SPDX-License-Identifier: MIT */
/* Contract: fs/romfs.c makes one tree of several archives, later entries win, paths with dots,
 * slashes and links lead where POSIX says, and a damaged archive keeps what came before the damage.
 * sources: fs/romfs.c fs/cpio.c tests/unit/test.c tests/unit/host/kernel.c */
#include "../../fs/romfs.h"

#include "host/kernel.h"
#include "test.h"

#include <errno.h>
#include <fs/vfs.h>
#include <kernel/alloc.h>
#include <kernel/fdt.h>
#include <kernel/page.h>
#include <kernel/pagetable.h>
#include <sys/stat.h>

const char romfs_start[1], romfs_end[1];

static char archive[8192];
static size_t size;
static int allocations_left = -1; /* -1: any number */

void *kzalloc(size_t n)
{
	if (allocations_left == 0) {
		return NULL;
	}
	allocations_left -= allocations_left > 0;
	return calloc(1, n);
}

void kfree(void *p)
{
	free(p);
}

const struct dt_node *dt_find(const char *path)
{
	(void)path;
	return NULL;
}

bool dt_number(const struct dt_node *n, const char *name, uint64_t *v)
{
	(void)n, (void)name, (void)v;
	return false;
}

bool page_is_ram(paddr_t pa)
{
	(void)pa;
	return false;
}

int pagetable_map(paddr_t pa, uint64_t n, unsigned attr)
{
	(void)pa, (void)n, (void)attr;
	return -EINVAL;
}

static void put(const char *name, unsigned mode, const char *data)
{
	size += (size_t)sprintf(archive + size,
				"070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08zX%08X", 1,
				mode, 0, 0, 1, 0, (unsigned)strlen(data), 0, 0, 0, 0,
				strlen(name) + 1, 0);
	size += (size_t)sprintf(archive + size, "%s", name) + 1;
	size = (size + 3) & ~(size_t)3;
	size += (size_t)sprintf(archive + size, "%s", data);
	size = (size + 3) & ~(size_t)3;
}

/* The archive so far, in memory that stays. */
static int add(void)
{
	static char pool[1 << 20];
	static size_t used;
	char *keep = pool + used;
	int r;

	used += (size + 7) & ~(size_t)7;
	if (used > sizeof(pool)) {
		abort();
	}

	memcpy(keep, archive, size);
	r = romfs_add(keep, size, "test");
	memset(archive, 0, sizeof(archive));
	size = 0;
	return r;
}

/* Whether @path leads to a file with content @data. */
static bool holds(const char *path, const char *data)
{
	struct node *n;

	return romfs_walk(romfs_root(), path, true, &n) == 0 && S_ISREG(n->mode) &&
	       n->size == strlen(data) && memcmp(n->data, data, n->size) == 0;
}

static int error_of(const char *path)
{
	struct node *n;

	return romfs_walk(romfs_root(), path, true, &n);
}

static void test_paths(void)
{
	struct node *n;

	put(".", S_IFDIR | 0700, "");
	put("./a/b/c", S_IFREG | 0644, "one");
	put("/abs", S_IFREG | 0644, "two");
	put("a/up", S_IFLNK | 0777, "../abs");
	put("a/dir", S_IFLNK | 0777, "b");
	put("loop", S_IFLNK | 0777, "loop");
	put("root", S_IFLNK | 0777, "/a");
	put("TRAILER!!!", 0, "");
	CHECK_EQ(add(), 0);
	CHECK(holds("/a/b/c", "one"));
	CHECK(holds("a/b/c", "one"));
	CHECK(holds("//a///b/./c", "one"));
	CHECK(holds("/a/../a/b/../b/c", "one"));
	CHECK(holds("/../../abs", "two"));
	CHECK(holds("a/up", "two"));
	CHECK(holds("a/dir/c", "one"));
	CHECK(holds("root/dir/c", "one"));
	CHECK_EQ(error_of("/"), 0);
	CHECK_EQ(error_of("/a/"), 0);
	CHECK_EQ(error_of("/abs/"), -ENOTDIR);
	CHECK_EQ(error_of("/abs/."), -ENOTDIR);
	CHECK_EQ(error_of("/abs/x"), -ENOTDIR);
	CHECK_EQ(error_of("/none"), -ENOENT);
	CHECK_EQ(error_of("/none/.."), -ENOENT);
	CHECK_EQ(error_of(""), -ENOENT);
	CHECK_EQ(error_of("loop"), -ELOOP);
	CHECK_EQ(error_of("loop/x"), -ELOOP);
	CHECK(romfs_walk(romfs_root(), "loop", false, &n) == 0 && S_ISLNK(n->mode));
}

static void test_later_wins(void)
{
	put("abs", S_IFREG | 0600, "newer");
	put("a/b", S_IFREG | 0600, "no directory now");
	put("TRAILER!!!", 0, "");
	size += 512; /* zeros between archives, as Linux allows */
	put("late", S_IFREG | 0600, "x");
	put("TRAILER!!!", 0, "");
	CHECK_EQ(add(), 0);
	CHECK(holds("/abs", "newer"));
	CHECK(holds("/a/b", "no directory now"));
	CHECK_EQ(error_of("/a/b/c"), -ENOTDIR);
	CHECK(holds("/late", "x"));
}

static void test_damage(void)
{
	unsigned before = env.logged[3];

	put("early", S_IFREG | 0600, "x");
	put("../out", S_IFREG | 0600, "x");
	put("never", S_IFREG | 0600, "x");
	CHECK_EQ(add(), -EINVAL);
	CHECK(holds("/early", "x"));
	CHECK_EQ(error_of("/never"), -ENOENT);
	CHECK_EQ(env.logged[3] - before, 1);
	memcpy(archive, "\x1f\x8b\x08", 3);
	size = 100;
	CHECK_EQ(add(), -EINVAL);
	CHECK(strstr(env.log, "gzip") != NULL);
	CHECK_EQ(romfs_add("", 0, "empty"), 0);
}

static void test_no_memory(void)
{
	put("short/of/memory", S_IFREG | 0600, "x");
	put("TRAILER!!!", 0, "");
	allocations_left = 1;
	CHECK(add() < 0);
	allocations_left = -1;
	CHECK_EQ(error_of("/short"), 0);
	CHECK_EQ(error_of("/short/of"), -ENOENT);
}

static void test_many(void)
{
	char name[32];

	/* Several growths of the hash table, and one that has no memory for it. */
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "many/%d/f%d", i % 7, i);
		put(name, S_IFREG | 0600, name);
		if (size > sizeof(archive) - 512) {
			put("TRAILER!!!", 0, "");
			CHECK_EQ(add(), 0);
		}
	}
	put("TRAILER!!!", 0, "");
	CHECK_EQ(add(), 0);
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "many/%d/f%d", i % 7, i);
		CHECK(holds(name, name));
	}
}

static const struct test tests[] = {
	{ "paths with dots, slashes and links", test_paths },
	{ "later archives win, and may follow each other", test_later_wins },
	{ "what came before the damage stays; one error line", test_damage },
	{ "without memory the rest of the archive is left out", test_no_memory },
	{ "thousands of files are found", test_many },
};
TEST_MAIN(tests)
