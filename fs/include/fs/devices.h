/* SPDX-License-Identifier: MIT */
/* How fs/ finds block devices, so that images without any carry nothing of them. */
#pragma once

#include <kernel/types.h>

struct blkdev;
struct file;
struct stat;

/* fs/block.c's. Thread context, may sleep. */
struct device_names {
	/* "vda1", "PARTLABEL=data"...: blkdev_find(). */
	struct blkdev *(*find)(const char *name);
	/* Name of the @i-th disk or partition; NULL past the last. */
	const char *(*nth)(unsigned i);
	/* As a file: open() and stat() of /dev/@name. -ENOENT. */
	int (*open)(const char *name, int flags, struct file **out);
	int (*stat)(const char *name, struct stat *st);
	/* Are the first and last 64 KiB all zeros (or all 0xff)? What cannot be read is not blank. */
	bool (*is_blank)(struct blkdev *d);
};

/* NULL until the first disk is registered. */
extern const struct device_names *device_names;
