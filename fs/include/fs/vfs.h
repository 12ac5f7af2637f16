/* SPDX-License-Identifier: MIT */
/* Files by name. One read-only tree, made at boot from cpio archives that are used in place,
 * and a few devices under /dev. Relative paths start at the current directory.
 * Everything returns 0 or -errno. Context: thread; nothing here blocks or takes a lock, as the
 * tree does not change after boot. */
#pragma once

#include <kernel/file.h>
#include <sys/types.h>
#include <time.h>

struct stat;

/* Boot, before main(): the archive in the image, then the initrd that /chosen names. */
void romfs_init(void);
/* Boot, before main(): add the files of a cpio archive, which must stay in memory for good. A file
 * that exists already is replaced. At damage the error is logged, and what came before is kept.
 * @what: for messages. Returns 0, -EINVAL, -ENOMEM. */
int romfs_add(const void *start, size_t size, const char *what);

/* The calls below are twice in the tree: for an image whose app.mk says `needs := files` (or a file system) by
 * the vnode layer, where they may sleep; otherwise for the read-only tree alone, where whatever would write
 * is -EROFS. */

/* @flags: O_*; @mode: permissions of a new file, after the umask. On success *@out is one reference. */
int vfs_open(const char *path, int flags, uint32_t mode, struct file **out);
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

struct statvfs;
enum { ATTR_MODE = 1, ATTR_UID = 2, ATTR_GID = 4, ATTR_ATIME = 8, ATTR_MTIME = 16 };
struct vattr {
	unsigned valid; /* ATTR_* */
	uint32_t mode;	/* permissions */
	uid_t uid;
	gid_t gid;
	struct timespec atime, mtime;
};
int vfs_mkdir(const char *path, uint32_t mode);
int vfs_rmdir(const char *path);
int vfs_unlink(const char *path);
int vfs_rename(const char *from, const char *to, bool replace);
/* @follow: of a symbolic link @from, link its target. */
int vfs_link(const char *from, const char *to, bool follow);
int vfs_symlink(const char *target, const char *path);
int vfs_truncate(const char *path, off_t size);
int vfs_setattr(const char *path, bool follow, const struct vattr *a);
int vfs_statvfs(const char *path, struct statvfs *v);
/* All that was written, of every file system, to its medium. Returns the first error. */
int vfs_sync(void);

/* @source: a block device's name (drivers/blkdev.h), or what the type wants; @type NULL or "auto": whatever is found on the
 * device. @flags: MS_*. @options: of the file system, separated by commas, and `format`: make one if the device is
 * empty. -ENOENT, -ENODEV (no such device or type), -EINVAL (no such file system there), -EBUSY. */
int vfs_mount(const char *source, const char *target, const char *type, unsigned flags,
	      const char *options);
/* -EBUSY while something in it is open. */
int vfs_umount(const char *target);
/* Boot, before main(): the root, /dev, /tmp, then what bootargs (mount=SOURCE:TARGET[:TYPE[:OPTIONS]]) and /etc/fstab ask
 * for. What cannot be mounted is logged. */
void vfs_init(void);

/* Bytes that all files hold, and how many files and directories there are. */
void vfs_usage(uint64_t *bytes, uint64_t *files);

/* The devices of /dev, fs/dev.c: @name is what follows "/dev/". */
int dev_open(const char *name, int flags, struct file **out);
int dev_stat(const char *name, struct stat *st);
/* How many there are, and the name of the @i-th of them. */
unsigned dev_count(void);
const char *dev_nth(unsigned i);
