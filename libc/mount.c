/* SPDX-License-Identifier: MIT */
/* mount(), umount(). */
#include "libc.h"

#include <fs/vfs.h>
#include <sys/mount.h>

int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *options)
{
	return (int)result(vfs_mount(source, target, type, (unsigned)flags, options));
}

int umount(const char *target)
{
	return (int)result(vfs_umount(target));
}

int umount2(const char *target, int flags)
{
	(void)flags;
	return umount(target);
}
