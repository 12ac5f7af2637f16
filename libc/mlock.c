/* SPDX-License-Identifier: MIT */
/* Calls about memory that need nothing done: all of it is in RAM for good. */
#include "libc.h"

#include <sys/mman.h>

int mlock(const void *addr, size_t len)
{
	(void)addr, (void)len;
	return 0;
}

int munlock(const void *addr, size_t len)
{
	(void)addr, (void)len;
	return 0;
}

int mlockall(int flags)
{
	return flags == 0 || (flags & ~(MCL_CURRENT | MCL_FUTURE)) != 0 ? fail(EINVAL) : 0;
}

int munlockall(void)
{
	return 0;
}

int posix_madvise(void *addr, size_t len, int advice)
{
	(void)addr, (void)len;
	return advice >= POSIX_MADV_NORMAL && advice <= POSIX_MADV_DONTNEED ? 0 : EINVAL;
}
