/* SPDX-License-Identifier: MIT */
/* Name and version of the system; fields as long as on Linux. */
#pragma once

#include <sys/cdefs.h>
#include <sys/features.h>

#define _UTSNAME_LENGTH 65

struct utsname {
	char sysname[_UTSNAME_LENGTH];
	char nodename[_UTSNAME_LENGTH];
	char release[_UTSNAME_LENGTH];
	char version[_UTSNAME_LENGTH];
	char machine[_UTSNAME_LENGTH];
#if __GNU_VISIBLE
	char domainname[_UTSNAME_LENGTH];
#else
	char __domainname[_UTSNAME_LENGTH];
#endif
};

__BEGIN_DECLS

int uname(struct utsname *);

__END_DECLS
