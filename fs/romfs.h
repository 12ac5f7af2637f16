/* SPDX-License-Identifier: MIT */
/* The tree of the read-only file system: private to fs/. Made at boot, constant afterwards. */
#pragma once

#include <kernel/types.h>

struct node {
	const char *name; /* in the archive, not terminated */
	size_t len;
	uint32_t hash;
	uint32_t ino;
	uint32_t mode;
	uint32_t mtime;
	const void *data; /* in the archive; of a link its target */
	size_t size;
	struct node *parent; /* the root's is itself */
	struct node *child, *sibling;
	struct node *chain; /* next in the hash bucket */
};

struct node *romfs_root(void);
struct node *romfs_find(const struct node *dir, const char *name, size_t len);
/* Make the folder @path, absolute, and those above it, where there is none. Boot, or with the lock of whoever mounts:
 * walkers may find it at once. Returns 0, -EINVAL (a file is in the way), -ENOMEM. */
int romfs_folder(const char *path);
/* Look @path up from @dir. @follow: also follow a link that the last part is.
 * Returns 0, -ENOENT, -ENOTDIR, -ELOOP, -ENAMETOOLONG. */
int romfs_walk(struct node *dir, const char *path, bool follow, struct node **out);
struct stat;
void romfs_stat(const struct node *n, struct stat *st);
