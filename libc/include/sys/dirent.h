/* SPDX-License-Identifier: MIT */
/* What newlib's <dirent.h> leaves to the system: struct dirent, DIR and the file types. */
#pragma once

#include <sys/types.h>

typedef struct __dirstream DIR;

struct dirent {
	ino_t d_ino;
	off_t d_off; /* where the next entry is: telldir() */
	unsigned short d_reclen;
	unsigned char d_type; /* DT_* */
	char d_name[256];
};

#define DT_UNKNOWN 0
#define DT_FIFO	   1
#define DT_CHR	   2
#define DT_DIR	   4
#define DT_BLK	   6
#define DT_REG	   8
#define DT_LNK	   10
#define DT_SOCK	   12
#define DT_WHT	   14

#define IFTODT(mode) (((mode)&0170000) >> 12)
#define DTTOIF(type) ((type) << 12)
