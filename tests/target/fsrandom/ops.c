/* SPDX-License-Identifier: MIT */
/* Random operations. Compiled for the host as well, which is the model: only what POSIX leaves no choice in. */
#define _GNU_SOURCE
#include "ops.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES 6
#define MOST  20000 /* bytes of one write */
#define END   60000 /* where writes begin, at most */
#define STEP  100

static uint64_t state, sum;
static unsigned number;
static const struct ops *options;
static int files[FILES];
static unsigned char data[MOST];

/* xorshift64* (Marsaglia, Vigna). */
static unsigned pick(unsigned n)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (unsigned)((state * 0x2545f4914f6cdd1dULL) >> 33) % n;
}

static const char *result_name(long r)
{
	static const struct {
		int error;
		const char *name;
	} names[] = {
#define NAME(e) { e, #e }
		NAME(EPERM), NAME(ENOENT),  NAME(EIO),	  NAME(EBADF),	NAME(EEXIST),
		NAME(EXDEV), NAME(ENOTDIR), NAME(EISDIR), NAME(EINVAL), NAME(ENOTEMPTY),
		NAME(ELOOP), NAME(ENOSPC),  NAME(EBUSY),  NAME(EROFS),	NAME(EFBIG),
#undef NAME
	};
	static char text[32];

	snprintf(text, sizeof(text), "%ld", r);
	for (size_t i = 0; r < 0 && i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].error == errno) {
			return names[i].name;
		}
	}
	if (r < 0) {
		snprintf(text, sizeof(text), "errno %d", errno);
	}
	return text;
}

static void add(const void *p, size_t n)
{
	const unsigned char *b = p;

	while (n-- > 0) {
		sum = (sum ^ *b++) * 0x100000001b3ULL;
	}
}

/* The result of the operation that the words say. */
static void tell(long r, const char *fmt, ...)
{
	const char *name = result_name(r);
	char text[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	add(text, (size_t)n);
	add(name, strlen(name));
	if (number >= options->from && number < options->to) {
		printf("%u %s -> %s (%016llx)\n", number, text, name, (unsigned long long)sum);
	}
}

/* A path of one to three parts; few names, so that they meet. */
static const char *path(char *buf)
{
	unsigned depth = 1 + pick(3);
	size_t at = 0;

	for (unsigned i = 0; i < depth; i++) {
		at += (size_t)sprintf(buf + at, "%s%c", i > 0 ? "/" : "", 'a' + (int)pick(4));
	}
	if (pick(8) == 0) {
		sprintf(buf + at, " with a long name.%u", pick(3));
	}
	return buf;
}

static void fill(size_t n)
{
	unsigned seed = pick(1 << 16);

	for (size_t i = 0; i < n; i++) {
		data[i] = (unsigned char)(seed + i * 7 + (i >> 8));
	}
}

static size_t length(void)
{
	static const unsigned most[] = { 1, 10, 600, 5000, MOST };

	return pick(most[pick(5)] + 1);
}

static void op_open(void)
{
	static const int ways[] = { O_RDONLY,
				    O_RDWR,
				    O_RDWR | O_CREAT,
				    O_RDWR | O_CREAT,
				    O_RDWR | O_CREAT | O_TRUNC,
				    O_RDWR | O_CREAT | O_EXCL,
				    O_RDWR | O_CREAT | O_APPEND,
				    O_RDONLY | O_DIRECTORY };
	unsigned i = pick(FILES), way = pick(sizeof(ways) / sizeof(ways[0]));
	char name[64];

	if (files[i] >= 0) {
		tell(close(files[i]), "close %u", i);
		files[i] = -1;
		return;
	}
	path(name);
	files[i] = open(name, ways[way], 0644);
	tell(files[i] < 0 ? -1 : 0, "open %u %s %u", i, name, way);
}

static void op_write(void)
{
	unsigned i = pick(FILES), at = pick(END);
	size_t n = length();

	fill(n);
	if (pick(2) == 0) {
		tell(write(files[i], data, n), "write %u %zu", i, n);
	} else {
		tell(pwrite(files[i], data, n, at), "pwrite %u %zu %u", i, n, at);
	}
}

static void op_read(void)
{
	unsigned i = pick(FILES), at = pick(END);
	size_t n = length();
	long r;

	if (pick(2) == 0) {
		r = read(files[i], data, n);
		tell(r, "read %u %zu", i, n);
	} else {
		r = pread(files[i], data, n, at);
		tell(r, "pread %u %zu %u", i, n, at);
	}
	if (r > 0) {
		add(data, (size_t)r);
	}
}

static void op_seek(void)
{
	unsigned i = pick(FILES), at = pick(END);
	int whence = (int)pick(3);
	struct stat st;

	/* What a folder's position means is its file system's. */
	if (files[i] >= 0 && fstat(files[i], &st) == 0 && S_ISDIR(st.st_mode)) {
		return;
	}
	tell(lseek(files[i], (off_t)at - END / 4, whence), "lseek %u %d %d", i, (int)at - END / 4,
	     whence);
}

static void op_truncate(void)
{
	unsigned i = pick(FILES), at = pick(END);
	char name[64];

	if (pick(2) == 0) {
		tell(ftruncate(files[i], at), "ftruncate %u %u", i, at);
	} else {
		path(name);
		tell(truncate(name, at), "truncate %s %u", name, at);
	}
}

static void op_rename(void)
{
	char from[64], to[64];

	path(from);
	path(to);
	tell(rename(from, to), "rename %s %s", from, to);
}

static void op_remove(void)
{
	char name[64];

	path(name);
	if (pick(3) == 0) {
		tell(rmdir(name), "rmdir %s", name);
	} else {
		tell(unlink(name), "unlink %s", name);
	}
}

static void op_mkdir(void)
{
	char name[64];

	path(name);
	tell(mkdir(name, 0755), "mkdir %s", name);
}

static void op_stat(void)
{
	char name[64];
	struct stat st;
	long r;

	path(name);
	r = pick(2) == 0 ? stat(name, &st) : lstat(name, &st);
	tell(r, "stat %s", name);
	if (r == 0) {
		tell(S_ISREG(st.st_mode) ? (long)st.st_size : -2, "is %o", st.st_mode & S_IFMT);
	}
}

static void op_symlink(void)
{
	char name[64], target[64];
	long r;

	if (!options->links) {
		return;
	}
	path(target);
	path(name);
	if (pick(2) == 0) {
		tell(symlink(target, name), "symlink %s %s", target, name);
	} else {
		r = readlink(name, target, sizeof(target));
		tell(r, "readlink %s", name);
		add(target, r > 0 ? (size_t)r : 0);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Folders list in any order. */
static void op_list(void)
{
	static char names[64][64];
	char name[64];
	struct dirent *e;
	unsigned n = 0;
	DIR *d;

	path(name);
	d = opendir(name);
	tell(d == NULL ? -1 : 0, "list %s", name);
	if (d == NULL) {
		return;
	}
	while ((e = readdir(d)) != NULL && n < 64) {
		snprintf(names[n++], sizeof(names[0]), "%.63s", e->d_name);
	}
	closedir(d);
	qsort(names, n, sizeof(names[0]), by_name);
	for (unsigned i = 0; i < n; i++) {
		tell((long)i, "entry %s", names[i]);
	}
}

static void op_sync(void)
{
	unsigned i = pick(FILES);

	tell(fsync(files[i]), "fsync %u", i);
}

static void run_one(void)
{
	static void (*const ops[])(void) = { op_open,	op_open,   op_open,	op_write,
					     op_write,	op_write,  op_read,	op_read,
					     op_read,	op_seek,   op_truncate, op_rename,
					     op_rename, op_remove, op_mkdir,	op_mkdir,
					     op_stat,	op_list,   op_symlink,	op_sync };

	ops[pick(sizeof(ops) / sizeof(ops[0]))]();
}

void run_ops(const struct ops *o)
{
	options = o;
	state = o->seed * 0x9e3779b97f4a7c15ULL + 1;
	sum = 0xcbf29ce484222325ULL;
	for (unsigned i = 0; i < FILES; i++) {
		files[i] = -1;
	}
	for (number = 0; number < o->count; number++) {
		run_one();
		if (number % STEP == STEP - 1) {
			printf("sum %u %016llx\n", number + 1, (unsigned long long)sum);
		}
	}
	for (unsigned i = 0; i < FILES; i++) {
		if (files[i] >= 0) {
			close(files[i]);
		}
	}
	printf("end of %u operations\n", o->count);
}
