/* SPDX-License-Identifier: MIT */
/* The devices that programs expect under /dev: null, zero, full, random, urandom, console, tty. */
#include <errno.h>
#include <fcntl.h>
#include <fs/vfs.h>
#include <kernel/alloc.h>
#include <kernel/console.h>
#include <kernel/rand.h>
#include <string.h>
#include <sys/stat.h>

static int char_stat(struct file *f, struct stat *st)
{
	(void)f;
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFCHR | 0666;
	st->st_rdev = 0x100; /* isatty() tells the console by its having none */
	st->st_nlink = 1;
	st->st_blksize = (blksize_t)PAGE_SIZE;
	return 0;
}

/* Runs @fill over every buffer; the result is the sum of the lengths. */
static ssize_t each(const struct iovec *iov, int n, void (*fill)(void *p, size_t len))
{
	ssize_t total = 0;

	for (int i = 0; i < n; i++) {
		fill(iov[i].iov_base, iov[i].iov_len);
		total += (ssize_t)iov[i].iov_len;
	}
	return total;
}

static void fill_zero(void *p, size_t n)
{
	memset(p, 0, n);
}

static void fill_nothing(void *p, size_t n)
{
	(void)p;
	(void)n;
}

static ssize_t read_end(struct file *f, const struct iovec *iov, int n, off_t pos, bool nonblock)
{
	(void)f, (void)iov, (void)n, (void)pos, (void)nonblock;
	return 0;
}

static ssize_t read_zero(struct file *f, const struct iovec *iov, int n, off_t pos, bool nonblock)
{
	(void)f, (void)pos, (void)nonblock;
	return each(iov, n, fill_zero);
}

static ssize_t read_random(struct file *f, const struct iovec *iov, int n, off_t pos, bool nonblock)
{
	(void)f, (void)pos, (void)nonblock;
	return each(iov, n, rand_bytes);
}

static ssize_t write_all(struct file *f, const struct iovec *iov, int n, off_t pos, bool nonblock)
{
	(void)f, (void)pos, (void)nonblock;
	return each(iov, n, fill_nothing);
}

static ssize_t write_full(struct file *f, const struct iovec *iov, int n, off_t pos, bool nonblock)
{
	(void)f, (void)iov, (void)n, (void)pos, (void)nonblock;
	return -ENOSPC;
}

static void char_close(struct file *f)
{
	kfree(f);
}

#define CHAR_OPS(r, w)                                                        \
	{                                                                     \
		.read = r, .write = w, .stat = char_stat, .close = char_close \
	}

static const struct {
	const char *name;
	struct file_ops ops;
} devices[] = {
	{ "null", CHAR_OPS(read_end, write_all) },
	{ "zero", CHAR_OPS(read_zero, write_all) },
	{ "full", CHAR_OPS(read_zero, write_full) },
	{ "random", CHAR_OPS(read_random, write_all) },
	{ "urandom", CHAR_OPS(read_random, write_all) },
};

static const char *const consoles[] = { "console", "tty" };

static bool is_console(const char *name)
{
	return strcmp(name, consoles[0]) == 0 || strcmp(name, consoles[1]) == 0;
}

static const struct file_ops *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		if (strcmp(devices[i].name, name) == 0) {
			return &devices[i].ops;
		}
	}
	return NULL;
}

int dev_open(const char *name, int flags, struct file **out)
{
	const struct file_ops *ops = find(name);
	struct file *f;

	if (ops == NULL) {
		if (!is_console(name)) {
			return -ENOENT;
		}
		*out = console_file();
		return 0;
	}
	if ((flags & O_DIRECTORY) != 0) {
		return -ENOTDIR;
	}
	f = kmalloc(sizeof(*f));
	if (f == NULL) {
		return -ENOMEM;
	}
	file_init(f, ops, (unsigned)flags & (O_ACCMODE | O_NONBLOCK));
	file_ready(f, POLLIN | POLLOUT);
	*out = f;
	return 0;
}

int dev_stat(const char *name, struct stat *st)
{
	if (find(name) == NULL && !is_console(name)) {
		return -ENOENT;
	}
	char_stat(NULL, st);
	st->st_rdev = find(name) == NULL ? 0 : st->st_rdev;
	return 0;
}

unsigned dev_count(void)
{
	return ARRAY_SIZE(devices) + ARRAY_SIZE(consoles);
}

const char *dev_nth(unsigned i)
{
	return i < ARRAY_SIZE(devices) ? devices[i].name : consoles[i - ARRAY_SIZE(devices)];
}
