/* SPDX-License-Identifier: MIT */
/* mount() as on Linux, for images whose app.mk needs files. */
#pragma once

#include <sys/cdefs.h>

#define MS_RDONLY      1
#define MS_NOSUID      2
#define MS_NODEV       4
#define MS_NOEXEC      8
#define MS_SYNCHRONOUS 16
#define MS_REMOUNT     32
#define MS_NOATIME     1024
#define MS_NODIRATIME  2048
#define MS_SILENT      32768
#define MS_RELATIME    (1 << 21)

#define MNT_FORCE  1
#define MNT_DETACH 2

__BEGIN_DECLS

int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *options);
int umount(const char *target);
int umount2(const char *target, int flags);

__END_DECLS
