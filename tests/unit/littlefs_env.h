/* SPDX-License-Identifier: MIT */
/* fs/littlefs*.c with the real vnodes, over a disk in memory whose page cache may lose what was not flushed: of
 * each sector any version since the last flush may be what a cut leaves. */
#pragma once

#include "../../fs/vnode.h"

#include <drivers/blkdev.h>

#define SECTOR 512U

struct disk {
	struct blkdev dev;
	uint8_t *now;	 /* what the cache has */
	uint8_t *medium; /* what was flushed */
	struct version {
		uint64_t sector;
		uint8_t data[SECTOR];
	} * versions; /* since then, oldest first */
	size_t version_count, version_max;
	unsigned long reads, writes, syncs, read_bytes, discarded;
	long fail_read, fail_write, fail_sync; /* the n-th from now on fails; 0: none */
	int error;
	void (*on_event)(struct disk *d); /* behind each write and sync */
	bool in_event;
};

extern int64_t env_now;	   /* ns */
extern size_t env_pages;   /* page_total() */
extern long env_mallocs;   /* so many work; -1: all */
extern long env_allocated; /* blocks of memory in use */

void disk_init(struct disk *d, uint64_t bytes);
void disk_free(struct disk *d);
/* A disk that holds what a power cut leaves of @d now. */
void disk_cut(struct disk *to, const struct disk *from);

/* The mount, or NULL with *error. */
struct mount *fs_mount(struct disk *d, unsigned flags, const char *options, int *error);
void fs_umount(struct mount *m);
extern const struct fs_ops *fs_ops;

/* By path from the root, without a slash in front. 0 or -errno. */
int fs_look(struct mount *m, const char *path, struct vnode **v);
int fs_open(struct mount *m, const char *path, struct vnode **v); /* made if it is not there */
void fs_close(struct vnode *v);
void fs_put(struct vnode *v);
int fs_make(struct mount *m, const char *path, uint32_t mode, const char *target);
int fs_unlink(struct mount *m, const char *path);
int fs_rename(struct mount *m, const char *from, const char *to);
/* Make the file @path hold @n bytes that @seed determines: open, write, close. */
int fs_put_file(struct mount *m, const char *path, uint32_t seed, size_t n);
/* Whether it holds them. */
bool fs_has_file(struct mount *m, const char *path, uint32_t seed, size_t n);
void fs_bytes(uint8_t *to, uint32_t seed, size_t n);
/* Names in the folder, sorted, with blanks between. */
const char *fs_list(struct mount *m, const char *path);
/* A hash over all names, kinds and contents; 0 when something could not be read. For each name of a folder, sorted: the
 * name with its end, the kind (S_IFMT) as 4 bytes, what is in it, "|". */
#define FS_HASH_START 14695981039346656037ULL
uint64_t fs_mix(uint64_t h, const void *p, size_t n);
uint64_t fs_hash_tree(struct mount *m);
