/* SPDX-License-Identifier: MIT */
/* Over newlib's, whose device, inode and user numbers have 16 bits. newlib itself is built with the
 * same widths (third_party/newlib.mk): struct stat is part of its interface. */
#pragma once

#define __machine_dev_t_defined
#define __machine_ino_t_defined
#define __machine_uid_t_defined
#define __machine_gid_t_defined
#define __machine_fsfilcnt_t_defined

typedef __UINT64_TYPE__ __dev_t;
typedef __UINT64_TYPE__ __ino_t;
typedef __UINT32_TYPE__ __uid_t;
typedef __UINT32_TYPE__ __gid_t;
typedef __UINT64_TYPE__ __fsfilcnt_t;

#include_next <sys/_types.h>
