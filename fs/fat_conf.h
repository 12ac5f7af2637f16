/* SPDX-License-Identifier: MIT */
/* FatFs as fs/fatff.c has it. Left out: files and paths of its own (fs/fat.c reads and writes clusters, and walks by
 * vnodes), exFAT, its locks (mount->lock), and trimming, which it would do before the directory is safe. */
#pragma once

#define FFCONF_DEF 86604 /* R0.13c */

#define FF_FS_READONLY	0
#define FF_FS_MINIMIZE	0
#define FF_USE_STRFUNC	0
#define FF_USE_FIND	0
#define FF_USE_MKFS	1
#define FF_USE_FASTSEEK 0
#define FF_USE_EXPAND	0
#define FF_USE_CHMOD	0
#define FF_USE_LABEL	1
#define FF_USE_FORWARD	0

/* Names are UTF-8. One that is longer than 255 bytes of it shows as its short name, whose page is Linux's default. */
#define FF_CODE_PAGE   437
#define FF_USE_LFN     2
#define FF_MAX_LFN     255
#define FF_LFN_UNICODE 2
#define FF_LFN_BUF     255
#define FF_SFN_BUF     34
#define FF_STRF_ENCODE 3

#define FF_FS_RPATH	   0
#define FF_VOLUMES	   1
#define FF_STR_VOLUME_ID   0
#define FF_MULTI_PARTITION 0
#define FF_MIN_SS	   512
#define FF_MAX_SS	   4096
#define FF_USE_TRIM	   0
#define FF_FS_NOFSINFO	   1 /* the count of free clusters may be stale: it is not believed */

#define FF_FS_TINY	1
#define FF_FS_EXFAT	0
#define FF_FS_NORTC	0
#define FF_FS_LOCK	0
#define FF_FS_REENTRANT 0
