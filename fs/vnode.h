/* SPDX-License-Identifier: MIT */
/* The vnode layer: what is between names and file systems. Private to fs/.
 *
 * A vnode is a name in a directory of a mounted file system, as long as somebody uses it: there is one for each
 * name in use, so that a file open twice is one file. File systems that know files by path (littlefs, FAT) make it
 * with vnode_path(); those that know inodes keep theirs in vnode.fs. mount->lock is held around every operation and
 * guards all vnodes of the mount; operations may sleep for I/O. Everything returns 0 or -errno. */
#pragma once

#include <fs/vfs.h>
#include <kernel/list.h>
#include <kernel/sync.h>
#include <kernel/types.h>
#include <stdatomic.h>
#include <sys/mount.h>
#include <sys/types.h>

struct blkdev;
struct dirent;
struct file;
struct fs_ops;
struct stat;
struct statvfs;

#define VNODE_NAME_MAX 255

struct vnode {
	struct mount *mount;
	struct vnode *parent;  /* a reference; NULL: the mount's root, or its name is gone */
	struct vnode *chain;   /* (private) next in the mount's bucket */
	bool named;	       /* it is in the table: its name is not gone */
	_Atomic unsigned refs; /* (private) the last one goes under mount->lock */
	unsigned opens;	       /* open files of it */
	uint32_t hash;	       /* (private) */
	uint32_t mode;	       /* S_IFMT and permissions, kept by the file system */
	uint64_t ino; /* kept by the file system; the same for as long as the vnode lives */
	struct mount *_Atomic covered; /* what is mounted on top, which has a reference */
	void *fs; /* the file system's, from lookup() or create() to forget() */
	size_t len;
	char *name; /* terminated, of its own; NULL: the mount's root */
};

/* Where readdir() is: @pos is what telldir() shows (0 and 1 are "." and "..", which the vnode layer makes itself),
 * @fs is the file system's cursor, which closedir() frees; NULL after a seek: find the place by @pos. */
struct dir_pos {
	off_t pos;
	void *fs;
};

/* NULL: the call fails with EPERM or, of a read-only file system, EROFS. Mounted read-only, no
 * changing operation is called. */
struct fs_ops {
	const char *name;
	bool needs_dev; /* its source is a block device */
	bool read_only; /* always */
	/* @m->dev, @m->flags and @m->source are set: read it, set m->fs and the root's mode, ino and fs.
	 * -EINVAL: there is no such file system here. */
	int (*mount)(struct mount *m, const char *options);
	/* Nothing is open. All is written, m->fs is freed. An error is only reported. */
	void (*unmount)(struct mount *m);
	/* Make an empty one on m->dev. Optional. */
	int (*format)(struct blkdev *d, const char *label);
	/* Is one on @d? Then its label and UUID ("" without). Optional. */
	bool (*identify)(struct blkdev *d, char label[64], char uuid[40]);
	int (*sync)(struct mount *m);
	int (*statvfs)(struct mount *m, struct statvfs *v);

	/* Fill the new vnode @v, whose parent and name are set: mode, ino, fs. -ENOENT. */
	int (*lookup)(struct vnode *v);
	/* Make the file, folder, or link to @target (mode's type says which) at the new vnode @v; fill it. */
	int (*create)(struct vnode *v, uint32_t mode, const char *target);
	/* Remove the name: of a file that is still open, the content stays until the last close. */
	int (*unlink)(struct vnode *v);
	int (*rmdir)(struct vnode *v); /* -ENOTEMPTY */
	/* Give @v's file the parent and name of @to; in one step as far as a power cut sees. @to has a file
	 * (of a kind that may be replaced, an empty folder for a folder), which this removes, or @to->fs and mode
	 * are 0. Only afterwards are @v's own parent and name changed. */
	int (*rename)(struct vnode *v, struct vnode *to);
	int (*link)(struct vnode *v, struct vnode *to); /* and fill @to */
	ssize_t (*readlink)(struct vnode *v, char *buf, size_t n);
	/* The entry at @d and move on: name, ino, type. 1, 0 at the end. */
	int (*readdir)(struct vnode *dir, struct dir_pos *pos, struct dirent *d);
	void (*closedir)(struct vnode *dir, struct dir_pos *pos);

	/* The first open of a regular file / the last close. Optional. */
	int (*open)(struct vnode *v);
	void (*close)(struct vnode *v);
	/* One run of bytes of an open regular file; a read is short only at the end. Errors after some bytes: how many. */
	ssize_t (*read)(struct vnode *v, void *buf, size_t n, off_t pos);
	/* *@pos -1: at the end; becomes the position behind what was written. What lies between the old end and
	 * *@pos reads as zeros. */
	ssize_t (*write)(struct vnode *v, const void *buf, size_t n, off_t *pos);
	int (*truncate)(struct vnode *v, off_t size); /* longer: zeros. Open. */
	int (*allocate)(struct vnode *v, off_t off,
			off_t len); /* posix_fallocate(); optional: zeros are written */
	/* On the medium when this returns 0. @data: times need not be. */
	int (*fsync)(struct vnode *v, bool data);
	int (*stat)(struct vnode *v, struct stat *st); /* all but st_dev and st_rdev's default */
	int (*setattr)(struct vnode *v, const struct vattr *a); /* what it cannot keep it ignores */
	/* Open a device, whose mode says so. */
	int (*device)(struct vnode *v, int flags, struct file **out);
	/* In place for good, as files in the image are; optional. */
	int (*map)(struct vnode *v, off_t off, size_t len, void **addr);
	/* The vnode goes (nobody has it): free v->fs. Optional. */
	void (*forget)(struct vnode *v);
	/* Names are compared without regard to case (FAT): a hash and a comparison that agree. Optional. */
	bool fold_case;
};

struct mount {
	const struct fs_ops *ops;
	struct list link;  /* (private) of all mounts */
	struct mutex lock; /* all of it below, and its vnodes */
	struct vnode *root;
	struct vnode *_Atomic covers; /* the folder it is on, a reference; NULL: the root of all */
	struct blkdev *dev;	      /* NULL: none */
	void *fs;		      /* the file system's */
	unsigned flags;		      /* MS_* of <sys/mount.h> */
	uint64_t id;		      /* st_dev */
	struct vnode_bucket {
		struct vnode *first;
	} * table;	       /* (private) vnodes by parent and name */
	unsigned mask, count;  /* (private) of the table: buckets - 1, vnodes */
	char *source, *target; /* for messages */
	_Atomic bool changed;  /* (private) syncer.c is to call sync() */
};

/* FILESYSTEM(littlefs, ...): one constant record in a linker section. */
#define FILESYSTEM(id)                             \
	static const struct fs_ops filesystem_##id \
		__attribute__((used, section(".filesystems." #id)))

/* Path from the mount's root, without a slash in front ("" for the root), into @buf. For operations:
 * mount->lock held. Returns its length or -ENAMETOOLONG. */
int vnode_path(const struct vnode *v, char *buf, size_t n);
/* Now, for times of files: the wall clock in ns, or time since 1970 + uptime where it is not known. */
uint64_t fs_now(void);

extern const struct fs_ops filesystems_start[], filesystems_end[];

/* --- vnode.c -------------------------------------------------------------------------------------- */

/* A vnode with one reference that is not in the table, for @name of @len bytes in @dir (NULL: a root). NULL: no
 * memory. Lock held. */
struct vnode *vnode_new(struct mount *m, struct vnode *dir, const char *name, size_t len);
/* Its name is its mount's from here on / no longer. Lock held. */
void vnode_enter(struct vnode *v);
void vnode_detach(struct vnode *v);
/* Take over the parent and name of @to, which is then without. Lock held. */
void vnode_move(struct vnode *v, struct vnode *to);
/* The entry @name of the folder @dir: a reference. -ENOENT, -ENAMETOOLONG. Lock held. */
int vnode_child(struct vnode *dir, const char *name, size_t len, struct vnode **out);
static inline struct vnode *vnode_get(struct vnode *v)
{
	atomic_fetch_add_explicit(&v->refs, 1, memory_order_relaxed);
	return v;
}
/* About the file and its file system, for paths and open files alike. The lock is not held. */
int vnode_stat(struct vnode *v, struct stat *st);
int vnode_statvfs(struct vnode *v, struct statvfs *s);
int vnode_setattr(struct vnode *v, const struct vattr *a);
/* Give a reference back. The lock is not held / is held. */
void vnode_put(struct vnode *v);
void vnode_put_locked(struct vnode *v);
static inline bool vnode_read_only(const struct vnode *v);

/* --- walk.c --------------------------------------------------------------------------------------- */

/* The last part of a path, and the folder that it is in. */
struct place {
	struct vnode *dir; /* a reference, to be put */
	const char *name;  /* in the path; not terminated */
	size_t len;	   /* 0: the path is all dots and slashes, and names @dir itself */
	bool slash;	   /* a slash behind it asks for a folder */
};

#define MAX_LINKS 8 /* of a path; also bounds the recursion */

/* A reference to what @path names. @follow: also follow a link that the last part is. */
int walk(const char *path, bool follow, struct vnode **out);
/* The same from @start, whose reference it takes. */
int walk_from(struct vnode *start, const char *path, bool follow, int links, struct vnode **out);
int walk_parent(const char *path, struct place *p);
int walk_parent_from(struct vnode *start, const char *path, int links, struct place *p);
/* Where @path begins: a reference to the root or the current folder. */
struct vnode *walk_start(const char *path);
/* The root of what is mounted on @v, if anything is: takes @v, gives a reference. */
struct vnode *walk_down(struct vnode *v);
/* Target of the link @v, terminated, to be freed. */
int walk_readlink(struct vnode *v, char **target);
/* Absolute name of @v. -ERANGE, -ENOENT (the name is gone). */
int walk_name(struct vnode *v, char *buf, size_t n);
int walk_chdir(struct vnode *v); /* takes the reference on success */

/* --- vfile.c -------------------------------------------------------------------------------------- */

/* An open file of @v, whose reference it takes on success. */
int vfile_open(struct vnode *v, int flags, struct file **out);
/* NULL: @f is no file of a vnode. */
struct vnode *vfile_vnode(struct file *f);

/* --- mount.c -------------------------------------------------------------------------------------- */

extern struct mount *root_mount;
/* The next after @m (NULL: the first) that is mounted. Holds no lock: only for what cannot race with umount. */
int mounts_each(int (*fn)(struct mount *m));
/* For walk.c: the mount on @v as a reference to its root, or NULL. */
struct vnode *mount_covering(struct vnode *v);
/* For walk.c: what the mount of the root @v is on, as a reference; NULL: nothing. */
struct vnode *mount_covered(struct vnode *v);

/* --- syncer.c ------------------------------------------------------------------------------------- */

/* Something was written that is safe only after ops->sync(): that is called within 5 s. Lock held. */
void mount_changed(struct mount *m);

static inline bool vnode_read_only(const struct vnode *v)
{
	return (v->mount->flags & MS_RDONLY) != 0;
}

/* Its name was removed; the root's never is. */
static inline bool vnode_gone(const struct vnode *v)
{
	return v->parent != NULL && !v->named;
}
