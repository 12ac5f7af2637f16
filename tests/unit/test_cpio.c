/* SPDX-License-Identifier: MIT */
/* Contract: cpio_next() reads newc archives entry by entry, and whatever is wrong with one ends in
 * -EINVAL with a reason, never in a read outside.
 * sources: fs/cpio.c tests/unit/test.c tests/unit/host/kernel.c */
#include "test.h"

#include <errno.h>
#include <fs/cpio.h>
#include <sys/stat.h>

static char archive[4096];
static size_t size;

static void pad(void)
{
	while (size % 4 != 0) {
		archive[size++] = '\0';
	}
}

static size_t put(const char *name, unsigned mode, const char *data)
{
	size_t at = size;

	size += (size_t)sprintf(archive + size,
				"070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08zX%08X", 1,
				mode, 0, 0, 1, 1234567890, (unsigned)strlen(data), 0, 0, 0, 0,
				strlen(name) + 1, 0);
	size += (size_t)sprintf(archive + size, "%s", name) + 1;
	pad();
	memcpy(archive + size, data, strlen(data));
	size += strlen(data);
	pad();
	return at;
}

static void make(void)
{
	memset(archive, 0, sizeof(archive));
	size = 0;
	put("dir", S_IFDIR | 0755, "");
	put("dir/file", S_IFREG | 0644, "hello");
	put("x", S_IFREG | 0600, "");
	put("TRAILER!!!", 0, "");
}

static void test_good(void)
{
	struct cpio_entry e;
	const char *why = NULL;
	size_t pos = 0;

	make();
	CHECK_EQ(cpio_next(archive, size, &pos, &e, &why), 1);
	CHECK_STR(e.name, "dir");
	CHECK(S_ISDIR(e.mode) && e.size == 0 && e.mtime == 1234567890);
	CHECK_EQ(cpio_next(archive, size, &pos, &e, &why), 1);
	CHECK_STR(e.name, "dir/file");
	CHECK(e.name_len == 8 && e.size == 5 && memcmp(e.data, "hello", 5) == 0);
	CHECK_EQ(e.mode, S_IFREG | 0644);
	CHECK_EQ(cpio_next(archive, size, &pos, &e, &why), 1);
	CHECK_STR(e.name, "x");
	CHECK_EQ(cpio_next(archive, size, &pos, &e, &why), 0);
	CHECK_EQ(pos, size);
	CHECK(why == NULL);
}

/* Where in the header of "dir/file" to put what. */
static const struct {
	size_t offset;
	const char *text;
} damage[] = {
	{ 0, "070702" }, /* the CRC kind is welcome: the first call gives 1 */
	{ 0, "070707" },    { 0, "\x1f\x8b" },	{ 14, "0000G000" }, { 54, "FFFFFFFF" },
	{ 54, "00000FFF" }, { 54, "-0000001" }, { 54, "        " }, { 94, "00000000" },
	{ 94, "00000001" }, { 94, "FFFFFFFF" }, { 94, "00000008" }, { 94, "0000000A" },
	{ 94, "00000F00" }, { 46, "0x000001" },
};

static void test_damage(void)
{
	for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		struct cpio_entry e;
		const char *why = NULL;
		size_t pos = 0;
		int r;

		make();
		cpio_next(archive, size, &pos, &e, &why);
		memcpy(archive + pos + damage[i].offset, damage[i].text, strlen(damage[i].text));
		r = cpio_next(test_at_edge(archive, size, 4), size, &pos, &e, &why);
		if (!CHECK(i == 0 ? r == 1 : r == -EINVAL && why != NULL)) {
			printf("# case %zu: \"%s\"\n", i, damage[i].text);
		}
	}
}

static volatile char sink;

static int read_all(const char *p, size_t n)
{
	struct cpio_entry e;
	const char *why = NULL;
	size_t pos = 0;
	int r;

	while ((r = cpio_next(p, n, &pos, &e, &why)) == 1) {
		CHECK(pos <= n + 3);
		CHECK_EQ(strlen(e.name), e.name_len);
		for (size_t i = 0; i < e.size; i++) {
			sink = ((const char *)e.data)[i]; /* for the sanitizer to see */
		}
	}
	CHECK(r == 0 || why != NULL);
	return r;
}

static void test_truncated(void)
{
	make();
	for (size_t n = 0; n < size; n++) {
		int r = read_all(test_at_edge(archive, n, 1), n);

		/* Only the padding behind the last name may be missing. */
		CHECK_EQ(r, n + 3 >= size ? r : -EINVAL);
	}
	CHECK_EQ(read_all(archive, size), 0);
}

static void test_noise(void)
{
	for (int i = 0; i < 20000; i++) {
		make();
		for (unsigned k = test_below(8) + 1; k > 0; k--) {
			archive[test_below((unsigned)size)] =
				"0123456789ABCDEF/.\0\xff"[test_below(20)];
		}
		read_all(test_at_edge(archive, size, 4), size);
	}
}

static const struct test tests[] = {
	{ "entries, their names, contents and the trailer", test_good },
	{ "each damaged field is refused with a reason", test_damage },
	{ "an archive cut short is refused", test_truncated },
	{ "random damage is never read outside", test_noise },
};
TEST_MAIN(tests)
