/* SPDX-License-Identifier: MIT */
/* A call a line from the console, and its result: "-> 4096", "-> EIO". Files are numbers 0 to 9.
 *
 *   open F PATH [rwcetasd]   read, write, creat, excl, trunc, append, sync, direct
 *   write F SIZE SEED [AT]   bytes that SEED and their place in the file give; without AT: where the file is
 *   read F SIZE SEED [AT]    "wrong at N" if they are others
 *   fsync F, fdatasync F, close F, ftruncate F SIZE, size F
 *   mkdir, rmdir, unlink, stat PATH; rename FROM TO; truncate PATH SIZE; ls PATH: how many names
 *   mount SOURCE TARGET TYPE [ro|rw] [OPTIONS], umount TARGET, free PATH: KiB, sync
 *   echo WORD, exit STATUS */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define WORDS 8
#define FILES 10
#define MOST  (64 * 1024)

static int files[FILES];
static unsigned char *buffer; /* page aligned, for O_DIRECT */

struct args {
	int n;
	char *word[WORDS];
};

static const char *error_name(int error)
{
	static const struct {
		int error;
		const char *name;
	} names[] = {
#define NAME(e) { e, #e }
		NAME(EPERM),	 NAME(ENOENT),	  NAME(EIO),	NAME(EBADF),	 NAME(ENOMEM),
		NAME(EACCES),	 NAME(EBUSY),	  NAME(EEXIST), NAME(EXDEV),	 NAME(ENODEV),
		NAME(ENOTDIR),	 NAME(EISDIR),	  NAME(EINVAL), NAME(EFBIG),	 NAME(ENOSPC),
		NAME(EROFS),	 NAME(ENOTEMPTY), NAME(ENXIO),	NAME(ETIMEDOUT), NAME(ENAMETOOLONG),
		NAME(EOPNOTSUPP)
#undef NAME
	};
	static char number[16];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].error == error) {
			return names[i].name;
		}
	}
	snprintf(number, sizeof(number), "errno %d", error);
	return number;
}

static void say(const char *text)
{
	dprintf(STDOUT_FILENO, "-> %s\n", text);
}

/* What a call returned, or its errno. */
static void result(long n)
{
	int error = errno;

	if (n < 0) {
		say(error_name(error));
	} else {
		dprintf(STDOUT_FILENO, "-> %ld\n", n);
	}
}

static const char *word(const struct args *a, int i)
{
	return i < a->n ? a->word[i] : "";
}

static long value(const struct args *a, int i)
{
	return strtol(word(a, i), NULL, 0);
}

static int *file(const struct args *a)
{
	return &files[(unsigned long)value(a, 1) % FILES];
}

static void do_open(const struct args *a)
{
	const char *how = word(a, 3);
	bool reads = strchr(how, 'r') != NULL, writes = strchr(how, 'w') != NULL;
	int flags = writes ? (reads ? O_RDWR : O_WRONLY) : O_RDONLY;

	flags |= strchr(how, 'c') != NULL ? O_CREAT : 0;
	flags |= strchr(how, 'e') != NULL ? O_EXCL : 0;
	flags |= strchr(how, 't') != NULL ? O_TRUNC : 0;
	flags |= strchr(how, 'a') != NULL ? O_APPEND : 0;
	flags |= strchr(how, 's') != NULL ? O_SYNC : 0;
	flags |= strchr(how, 'd') != NULL ? O_DIRECT : 0;
	*file(a) = open(word(a, 2), flags, 0644);
	result(*file(a) < 0 ? -1 : 0);
}

static unsigned char byte_at(long seed, long at)
{
	uint32_t x = (uint32_t)(at + 1) * 2654435761U + (uint32_t)seed * 40503U;

	return (unsigned char)((x ^ x >> 15) >> 7);
}

/* Where a transfer begins: AT, or the file's place. */
static long place(const struct args *a, bool *here)
{
	*here = a->n < 5;
	return *here ? lseek(*file(a), 0, SEEK_CUR) : value(a, 4);
}

static void do_write(const struct args *a)
{
	long size = value(a, 2), at;
	bool here;

	at = place(a, &here);
	for (long i = 0; i < size && i < MOST; i++) {
		buffer[i] = byte_at(value(a, 3), at + i);
	}
	result(here ? write(*file(a), buffer, (size_t)size)
		    : pwrite(*file(a), buffer, (size_t)size, at));
}

static void do_read(const struct args *a)
{
	long size = value(a, 2), at, n;
	bool here;

	at = place(a, &here);
	n = here ? read(*file(a), buffer, (size_t)size) : pread(*file(a), buffer, (size_t)size, at);
	for (long i = 0; i < n; i++) {
		if (buffer[i] != byte_at(value(a, 3), at + i)) {
			dprintf(STDOUT_FILENO, "-> wrong at %ld\n", at + i);
			return;
		}
	}
	result(n);
}

static void do_fsync(const struct args *a)
{
	result(fsync(*file(a)));
}

static void do_fdatasync(const struct args *a)
{
	result(fdatasync(*file(a)));
}

static void do_close(const struct args *a)
{
	result(close(*file(a)));
}

static void do_ftruncate(const struct args *a)
{
	result(ftruncate(*file(a), value(a, 2)));
}

static void do_size(const struct args *a)
{
	struct stat st;

	result(fstat(*file(a), &st) == 0 ? (long)st.st_size : -1);
}

static void do_mkdir(const struct args *a)
{
	result(mkdir(word(a, 1), 0755));
}

static void do_rmdir(const struct args *a)
{
	result(rmdir(word(a, 1)));
}

static void do_unlink(const struct args *a)
{
	result(unlink(word(a, 1)));
}

static void do_stat(const struct args *a)
{
	struct stat st;

	result(stat(word(a, 1), &st) == 0 ? (long)st.st_size : -1);
}

static void do_rename(const struct args *a)
{
	result(rename(word(a, 1), word(a, 2)));
}

static void do_truncate(const struct args *a)
{
	result(truncate(word(a, 1), value(a, 2)));
}

static void do_ls(const struct args *a)
{
	DIR *d = opendir(word(a, 1));
	int error;
	long n = 0;

	if (d == NULL) {
		result(-1);
		return;
	}
	errno = 0;
	while (readdir(d) != NULL) {
		n++;
	}
	error = errno;
	closedir(d);
	errno = error;
	result(error != 0 ? -1 : n);
}

static void do_mount(const struct args *a)
{
	mkdir(word(a, 2), 0755);
	result(mount(word(a, 1), word(a, 2), word(a, 3),
		     strcmp(word(a, 4), "ro") == 0 ? MS_RDONLY : 0, word(a, 5)));
}

static void do_umount(const struct args *a)
{
	result(umount(word(a, 1)));
}

static void do_free(const struct args *a)
{
	struct statvfs v;

	result(statvfs(word(a, 1), &v) == 0 ? (long)(v.f_bavail * v.f_frsize / 1024) : -1);
}

static void do_sync(const struct args *a)
{
	(void)a;
	sync();
	result(0);
}

static void do_echo(const struct args *a)
{
	say(word(a, 1));
}

static void do_exit(const struct args *a)
{
	exit((int)value(a, 1));
}

static const struct {
	const char *name;
	void (*run)(const struct args *a);
} commands[] = {
	{ "open", do_open },	       { "write", do_write },	      { "read", do_read },
	{ "fsync", do_fsync },	       { "fdatasync", do_fdatasync }, { "close", do_close },
	{ "ftruncate", do_ftruncate }, { "size", do_size },	      { "mkdir", do_mkdir },
	{ "rmdir", do_rmdir },	       { "unlink", do_unlink },	      { "stat", do_stat },
	{ "rename", do_rename },       { "truncate", do_truncate },   { "ls", do_ls },
	{ "mount", do_mount },	       { "umount", do_umount },	      { "free", do_free },
	{ "sync", do_sync },	       { "echo", do_echo },	      { "exit", do_exit },
};

static void run(char *line)
{
	struct args a = { 0, { NULL } };
	char *rest = NULL;

	for (char *w = strtok_r(line, " \r\n", &rest); w != NULL && a.n < WORDS;
	     w = strtok_r(NULL, " \r\n", &rest)) {
		a.word[a.n++] = w;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(word(&a, 0), commands[i].name) == 0) {
			commands[i].run(&a);
			return;
		}
	}
	if (a.n > 0) {
		say("what?");
	}
}

int main(void)
{
	static char line[512];

	buffer = aligned_alloc(4096, MOST);
	if (buffer == NULL) {
		return 2;
	}
	for (size_t i = 0; i < FILES; i++) {
		files[i] = -1;
	}
	dprintf(STDOUT_FILENO, "filesh: ready\n");
	while (fgets(line, sizeof(line), stdin) != NULL) {
		run(line);
	}
	return 0;
}
