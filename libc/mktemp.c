/* SPDX-License-Identifier: MIT */
/* Files and folders with names of their own. newlib's know no mkdir(). */
#define _GNU_SOURCE
#include "libc.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARKS 6
#define TRIES 100

/* Where the six X are, before the last @suffix characters; NULL with errno set. */
static char *marks_of(char *name, int suffix)
{
	size_t len = strlen(name);
	char *marks = name + len - (size_t)suffix - MARKS;

	if (suffix < 0 || len < (size_t)suffix + MARKS || memcmp(marks, "XXXXXX", MARKS) != 0) {
		errno = EINVAL;
		return NULL;
	}
	return marks;
}

static void choose(char *marks)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

	for (int i = 0; i < MARKS; i++) {
		marks[i] = letters[arc4random_uniform(sizeof(letters) - 1)];
	}
}

int mkostemps(char *name, int suffix, int flags)
{
	char *marks = marks_of(name, suffix);
	int fd = -1;

	for (int i = 0; i < TRIES && marks != NULL && fd < 0 && (i == 0 || errno == EEXIST); i++) {
		choose(marks);
		fd = open(name, O_RDWR | O_CREAT | O_EXCL | flags, 0600);
	}
	return fd;
}

int mkstemp(char *name)
{
	return mkostemps(name, 0, 0);
}

int mkostemp(char *name, int flags)
{
	return mkostemps(name, 0, flags);
}

int mkstemps(char *name, int suffix)
{
	return mkostemps(name, suffix, 0);
}

char *mkdtemp(char *name)
{
	char *marks = marks_of(name, 0);
	int r = -1;

	for (int i = 0; i < TRIES && marks != NULL && r < 0 && (i == 0 || errno == EEXIST); i++) {
		choose(marks);
		r = mkdir(name, 0700);
	}
	return r < 0 ? NULL : name;
}

/* A name that nobody has now; "" when there is none. */
char *mktemp(char *name)
{
	char *marks = marks_of(name, 0);
	struct stat st;

	for (int i = 0; i < TRIES && marks != NULL; i++) {
		choose(marks);
		if (lstat(name, &st) != 0) {
			if (errno == ENOENT) {
				return name;
			}
			break;
		}
	}
	name[0] = '\0';
	return name;
}
