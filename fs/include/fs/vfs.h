/* SPDX-License-Identifier: MIT */
/* Files by name. One read-only tree, made at boot from cpio archives that are used in place,
 * and a few devices under /dev. Relative paths start at the current directory.
 * Everything returns 0 or -errno. Context: thread; nothing here blocks or takes a lock, as the
 * tree does not change after boot. */
#pragma once

#include <kernel/file.h>

struct stat;

/* Boot, before main(): the archive in the image, then the initrd that /chosen names. */
void romfs_init(void);
/* Boot, before main(): add the files of a cpio archive, which must stay in memory for good. A file
 * that exists already is replaced. At damage the error is logged, and what came before is kept.
 * @what: for messages. Returns 0, -EINVAL, -ENOMEM. */
int romfs_add(const void *start, size_t size, const char *what);

/* @flags: O_*. On success *@out is one reference. -EROFS for whatever would write to the tree. */
int vfs_open(const char *path, int flags, struct file **out);
/* @follow: if the last part is a symbolic link, look at its target. */
int vfs_stat(const char *path, bool follow, struct stat *st);
/* Returns the length, unterminated as readlink() has it, or -EINVAL when it is no link. */
ssize_t vfs_readlink(const char *path, char *buf, size_t n);
/* Absolute name without links and dots. -ERANGE when @buf is too small. */
int vfs_realpath(const char *path, char *buf, size_t n);
/* The same of an open directory; -ENOTDIR for any other file. */
int vfs_dir_path(struct file *f, char *buf, size_t n);
int vfs_chdir(const char *path);
int vfs_fchdir(struct file *f);
/* What happens on a try to change the entry @path: -EROFS, or why it could not be found. */
int vfs_modify(const char *path);
/* Bytes that all files hold, and how many files and directories there are. */
void vfs_usage(uint64_t *bytes, uint64_t *files);

/* The devices of /dev, fs/dev.c: @name is what follows "/dev/". */
int dev_open(const char *name, int flags, struct file **out);
int dev_stat(const char *name, struct stat *st);
