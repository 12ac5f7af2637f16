/* SPDX-License-Identifier: MIT */
/* ioctl() requests of block devices, numbers as on Linux. */
#pragma once

#define BLKROGET     0x125e	/* int *: 1 if it cannot be written */
#define BLKGETSIZE   0x1260	/* unsigned long *: sectors of 512 bytes */
#define BLKFLSBUF    0x1261	/* write what is cached, then forget it */
#define BLKSSZGET    0x1268	/* int *: bytes of a logical block */
#define BLKDISCARD   0x1277	/* uint64_t[2]: offset and length in bytes */
#define BLKPBSZGET   0x127b	/* unsigned *: bytes of a physical block */
#define BLKZEROOUT   0x127f	/* uint64_t[2] */
#define BLKGETSIZE64 0x80081272 /* uint64_t *: bytes */
