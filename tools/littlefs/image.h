/* SPDX-License-Identifier: MIT */
/* The littlefs in a file, or in a partition of a GPT disk in a file. */
#pragma once

#include "lfs_disk.h"

#include <lfs2.h>

#define PATH_ROOM 4096

struct image {
	int fd;
	const char *name;
	uint64_t offset, size; /* of the part */
	lfs2_t lfs;
	struct lfs2_config cfg;
	char label[LFS_LABEL_MAX + 1];
	uint8_t uuid[16];
};

extern int complaints;

/* Says it on stderr and counts it. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Says it and ends the program. */
void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
const char *lfs_reason(int error);

/* @part: NULL, or a partition's number or name. @write: programs reach the file. */
void image_open(struct image *im, const char *name, uint64_t offset, const char *part, bool write);
/* Find the file system in it, and mount it. */
void image_mount(struct image *im);
void image_configure(struct image *im, uint32_t block_size, uint32_t blocks);

struct entry {
	char path[PATH_ROOM];
	struct lfs_attr a;
	uint32_t size;
	bool attributed;   /* it has attributes of ours */
	char target[1023]; /* of a link */
};

/* All that is in the folder @path, each before what is in it, by name. */
void walk(struct image *im, const char *path,
	  void (*fn)(struct image *im, struct entry *e, void *arg), void *arg);

int list(struct image *im);
int extract(struct image *im, const char *folder);
int check(struct image *im);
int create(struct image *im, const char *folder, const char *label, const char *uuid,
	   uint32_t block_size);
