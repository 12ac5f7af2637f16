/* SPDX-License-Identifier: MIT */
/* Directory streams. */
#define _GNU_SOURCE
#include "libc.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct __dirstream {
	int fd;
	struct dirent entry;
};

DIR *fdopendir(int fd)
{
	struct stat st;
	DIR *d;

	if (fstat(fd, &st) != 0) {
		return NULL;
	}
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return NULL;
	}
	d = malloc(sizeof(*d));
	if (d != NULL) {
		d->fd = fd;
	}
	return d;
}

DIR *opendir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && d == NULL) {
		close(fd);
	}
	return d;
}

static int read_entry(int fd, struct dirent *e)
{
	struct file *f = fd_get(fd);
	int r;

	if (f == NULL) {
		return -EBADF;
	}
	r = f->ops->readdir == NULL ? -ENOTDIR : f->ops->readdir(f, e);
	fd_put(f);
	return r;
}

struct dirent *readdir(DIR *d)
{
	return result(read_entry(d->fd, &d->entry)) > 0 ? &d->entry : NULL;
}

int readdir_r(DIR *restrict d, struct dirent *restrict e, struct dirent **restrict out)
{
	int r = read_entry(d->fd, e);

	*out = r > 0 ? e : NULL;
	return r < 0 ? -r : 0;
}

void rewinddir(DIR *d)
{
	lseek(d->fd, 0, SEEK_SET);
}

void seekdir(DIR *d, long pos)
{
	lseek(d->fd, pos, SEEK_SET);
}

long telldir(DIR *d)
{
	return lseek(d->fd, 0, SEEK_CUR);
}

int dirfd(DIR *d)
{
	return d->fd;
}

int closedir(DIR *d)
{
	int fd = d->fd;

	free(d);
	return close(fd);
}

int alphasort(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int versionsort(const struct dirent **a, const struct dirent **b)
{
	return strverscmp((*a)->d_name, (*b)->d_name);
}

struct names {
	struct dirent **list;
	size_t count, room;
};

static int keep(struct names *n, const struct dirent *e)
{
	struct dirent *copy;

	if (n->count == n->room) {
		size_t room = n->room == 0 ? 16 : n->room * 2;
		struct dirent **list = reallocarray(n->list, room, sizeof(*list));

		if (list == NULL) {
			return -1;
		}
		n->list = list;
		n->room = room;
	}
	copy = malloc(sizeof(*copy));
	if (copy == NULL) {
		return -1;
	}
	*copy = *e;
	n->list[n->count++] = copy;
	return 0;
}

static void drop(struct names *n)
{
	while (n->count > 0) {
		free(n->list[--n->count]);
	}
	free(n->list);
}

int scandir(const char *path, struct dirent ***out, int (*select)(const struct dirent *),
	    int (*compare)(const struct dirent **, const struct dirent **))
{
	DIR *d = opendir(path);
	struct names n = { 0 };
	struct dirent *e;

	if (d == NULL) {
		return -1;
	}
	while ((e = readdir(d)) != NULL) {
		if ((select == NULL || select(e) != 0) && keep(&n, e) != 0) {
			drop(&n);
			closedir(d);
			return fail(ENOMEM);
		}
	}
	closedir(d);
	if (compare != NULL && n.count > 1) {
		qsort(n.list, n.count, sizeof(*n.list),
		      (int (*)(const void *, const void *))compare);
	}
	*out = n.list;
	return (int)n.count;
}
