/* SPDX-License-Identifier: MIT */
/* sysconf() and pathconf(): what programs may ask the system for at run time. */
#define _GNU_SOURCE
#include "libc.h"

#include <kernel/cpu.h>
#include <kernel/page.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLOCK_TICKS 100

struct value {
	short name;
	long value;
};

/* By name, the same in every image. Options that are not here are not supported: -1. */
static const struct value values[] = {
	{ _SC_ARG_MAX, ARG_MAX },
	{ _SC_CHILD_MAX, 0 },
	{ _SC_CLK_TCK, CLOCK_TICKS },
	{ _SC_NGROUPS_MAX, NGROUPS_MAX },
	{ _SC_VERSION, 200809L },
	{ _SC_PAGESIZE, (long)PAGE_SIZE },
	{ _SC_MQ_PRIO_MAX, MQ_PRIO_MAX },
	{ _SC_RTSIG_MAX, RTSIG_MAX },
	{ _SC_SEM_VALUE_MAX, SEM_VALUE_MAX },
	{ _SC_SIGQUEUE_MAX, SIGQUEUE_MAX },
	{ _SC_TZNAME_MAX, _POSIX_TZNAME_MAX },
	{ _SC_FSYNC, 200809L },
	{ _SC_MAPPED_FILES, 200809L },
	{ _SC_MEMLOCK, 200809L },
	{ _SC_MEMLOCK_RANGE, 200809L },
	{ _SC_MEMORY_PROTECTION, 200809L },
	{ _SC_MESSAGE_PASSING, 200809L },
	{ _SC_REALTIME_SIGNALS, 200809L },
	{ _SC_SEMAPHORES, 200809L },
	{ _SC_SYNCHRONIZED_IO, 200809L },
	{ _SC_TIMERS, 200809L },
	{ _SC_DELAYTIMER_MAX, INT_MAX },
	{ _SC_THREAD_KEYS_MAX, PTHREAD_KEYS_MAX },
	{ _SC_THREAD_STACK_MIN, PTHREAD_STACK_MIN },
	{ _SC_TTY_NAME_MAX, TTY_NAME_MAX },
	{ _SC_THREADS, 200809L },
	{ _SC_THREAD_ATTR_STACKADDR, 200809L },
	{ _SC_THREAD_ATTR_STACKSIZE, 200809L },
	{ _SC_THREAD_PRIORITY_SCHEDULING, 200809L },
	{ _SC_THREAD_PRIO_INHERIT, 200809L },
	{ _SC_THREAD_PRIO_PROTECT, 200809L },
	{ _SC_THREAD_SAFE_FUNCTIONS, 200809L },
	{ _SC_GETGR_R_SIZE_MAX, 64 },
	{ _SC_GETPW_R_SIZE_MAX, 64 },
	{ _SC_LOGIN_NAME_MAX, LOGIN_NAME_MAX },
	{ _SC_THREAD_DESTRUCTOR_ITERATIONS, PTHREAD_DESTRUCTOR_ITERATIONS },
	{ _SC_ADVISORY_INFO, 200809L },
	{ _SC_ATEXIT_MAX, INT_MAX },
	{ _SC_BARRIERS, 200809L },
	{ _SC_BC_BASE_MAX, BC_BASE_MAX },
	{ _SC_BC_DIM_MAX, BC_DIM_MAX },
	{ _SC_BC_SCALE_MAX, BC_SCALE_MAX },
	{ _SC_BC_STRING_MAX, BC_STRING_MAX },
	{ _SC_CLOCK_SELECTION, 200809L },
	{ _SC_COLL_WEIGHTS_MAX, COLL_WEIGHTS_MAX },
	{ _SC_CPUTIME, 200809L },
	{ _SC_EXPR_NEST_MAX, EXPR_NEST_MAX },
	{ _SC_HOST_NAME_MAX, HOST_NAME_MAX },
	{ _SC_IOV_MAX, IOV_MAX },
	{ _SC_IPV6, 200809L },
	{ _SC_LINE_MAX, LINE_MAX },
	{ _SC_MONOTONIC_CLOCK, 200809L },
	{ _SC_READER_WRITER_LOCKS, 200809L },
	{ _SC_REGEXP, 1 },
	{ _SC_RE_DUP_MAX, RE_DUP_MAX },
	{ _SC_SPIN_LOCKS, 200809L },
	{ _SC_SYMLOOP_MAX, SYMLOOP_MAX },
	{ _SC_THREAD_CPUTIME, 200809L },
	{ _SC_TIMEOUTS, 200809L },
	{ _SC_V7_LP64_OFF64, 1 },
	{ _SC_V6_LP64_OFF64, 1 },
	{ _SC_STREAM_MAX, INT_MAX },
	{ _SC_PRIORITY_SCHEDULING, 200809L },
	{ _SC_THREAD_ROBUST_PRIO_INHERIT, 200809L },
};

/* Names without a value: no limit, or an option that does not exist here. */
static bool is_name(int name)
{
	return name >= 0 && name <= _SC_LEVEL4_CACHE_LINESIZE;
}

long sysconf(int name)
{
	switch (name) {
	case _SC_PHYS_PAGES:
		return (long)page_total();
	case _SC_AVPHYS_PAGES:
		return (long)page_free_count();
	case _SC_NPROCESSORS_CONF:
	case _SC_NPROCESSORS_ONLN:
		return (long)cpu_count;
	case _SC_OPEN_MAX:
		return (long)fd_limit();
	}
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		if (values[i].name == name) {
			return values[i].value;
		}
	}
	return is_name(name) ? -1 : fail(EINVAL);
}

static long path_value(int name)
{
	switch (name) {
	case _PC_NAME_MAX:
		return NAME_MAX;
	case _PC_PATH_MAX:
		return PATH_MAX;
	case _PC_PIPE_BUF:
		return PIPE_BUF;
	case _PC_LINK_MAX:
	case _PC_CHOWN_RESTRICTED:
	case _PC_NO_TRUNC:
	case _PC_SYNC_IO:
	case _PC_2_SYMLINKS:
		return 1;
	case _PC_MAX_CANON:
	case _PC_MAX_INPUT:
		return _POSIX_MAX_CANON;
	case _PC_VDISABLE:
		return 0;
	case _PC_FILESIZEBITS:
		return FILESIZEBITS;
	case _PC_SYMLINK_MAX:
		return SYMLINK_MAX;
	case _PC_ALLOC_SIZE_MIN:
	case _PC_REC_XFER_ALIGN:
	case _PC_REC_MIN_XFER_SIZE:
		return (long)PAGE_SIZE;
	case _PC_TIMESTAMP_RESOLUTION:
		return 1000000000L; /* a second, in ns */
	case _PC_ASYNC_IO:
	case _PC_PRIO_IO:
	case _PC_REC_INCR_XFER_SIZE:
	case _PC_REC_MAX_XFER_SIZE:
		return -1;
	default:
		return fail(EINVAL);
	}
}

long pathconf(const char *path, int name)
{
	struct stat st;

	return stat(path, &st) != 0 ? -1 : path_value(name);
}

long fpathconf(int fd, int name)
{
	return fd_cloexec(fd) < 0 ? fail(EBADF) : path_value(name);
}
