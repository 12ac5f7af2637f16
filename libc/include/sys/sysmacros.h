/* SPDX-License-Identifier: MIT */
/* Parts of device numbers. */
#pragma once

#include <sys/types.h>

#define major(dev) ((unsigned)((dev) >> 8) & 0xfffU)
#define minor(dev) ((unsigned)((dev)&0xff) | ((unsigned)((dev) >> 12) & 0xfff00U))
#define makedev(major, minor) \
	((dev_t)(((major)&0xfffU) << 8 | ((minor)&0xffU) | (dev_t)((minor)&0xfff00U) << 12))
