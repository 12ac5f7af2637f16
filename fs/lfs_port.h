/* SPDX-License-Identifier: MIT */
/* What littlefs (third_party/littlefs.mk) calls of ours; it includes this by LFS2_DEFINES. Its messages are left out: the
 * glue says what went wrong, with the name of the mount. Assertions are about its callers alone since our patches. */
#pragma once

#include <kernel/alloc.h>
#include <kernel/panic.h>

#define LFS2_NO_DEBUG
#define LFS2_NO_WARN
#define LFS2_NO_ERROR
#define LFS2_NO_VALIDATE
#define LFS2_ASSERT(c)	  ASSERT(c)
#define LFS2_MALLOC(n)	  kmalloc(n)
#define LFS2_FREE(p)	  kfree(p)
#define LFS2_CRC(c, p, n) lfs_crc(c, p, n)

uint32_t lfs_crc(uint32_t crc, const void *p, size_t n);
