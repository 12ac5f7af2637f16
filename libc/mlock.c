/* SPDX-License-Identifier: MIT */
/* Calls about memory that need nothing done: all of it is in RAM for good. */
#include "libc.h"
#include "mmap.h"

#include <string.h>
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

int mincore(void *addr, size_t len, unsigned char *resident)
{
	int r = mmap_check_range(addr, &len);

	r = r != 0 ? r : mmap_check_mapped(addr, len);
	if (r == 0) {
		memset(resident, 1, len >> PAGE_SHIFT);
	}
	return (int)result(r);
}

/* No mapping can be written back. */
int msync(void *addr, size_t len, int flags)
{
	int r = (flags & MS_ASYNC) != 0 && (flags & MS_SYNC) != 0 ? -EINVAL : 0;

	if (r == 0 && len > 0) {
		r = mmap_check_range(addr, &len);
		r = r != 0 ? r : mmap_check_mapped(addr, len);
	}
	return (int)result(r);
}
