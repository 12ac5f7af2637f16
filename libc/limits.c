/* SPDX-License-Identifier: MIT */
/* Limits and priorities of the process, and other answers of a system with one process. */
#define _GNU_SOURCE
#include "libc.h"

#include <kernel/page.h>
#include <kernel/thread.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <ulimit.h>
#include <unistd.h>

/* --- limits: what the machine has; lower ones are accepted and not enforced ------------------ */

static rlim_t limit_of(int resource)
{
	switch (resource) {
	case RLIMIT_NOFILE:
		return fd_limit();
	case RLIMIT_NPROC:
		return 1;
	case RLIMIT_CORE:
		return 0;
	case RLIMIT_AS:
	case RLIMIT_DATA:
	case RLIMIT_RSS:
	case RLIMIT_MEMLOCK:
		return page_total() * PAGE_SIZE;
	default:
		return RLIM_INFINITY;
	}
}

int getrlimit(int resource, struct rlimit *l)
{
	if (resource < 0 || resource >= RLIM_NLIMITS) {
		return fail(EINVAL);
	}
	l->rlim_cur = l->rlim_max = limit_of(resource);
	return 0;
}

int setrlimit(int resource, const struct rlimit *l)
{
	if (resource < 0 || resource >= RLIM_NLIMITS || l->rlim_cur > l->rlim_max) {
		return fail(EINVAL);
	}
	return l->rlim_cur != RLIM_INFINITY && l->rlim_cur > limit_of(resource) ? fail(EPERM) : 0;
}

int prlimit(pid_t pid, int resource, const struct rlimit *new, struct rlimit *old)
{
	if (pid != 0 && pid != getpid()) {
		return fail(ESRCH);
	}
	if (old != NULL && getrlimit(resource, old) != 0) {
		return -1;
	}
	return new != NULL ? setrlimit(resource, new) : 0;
}

long ulimit(int command, ...)
{
	switch (command) {
	case UL_GETFSIZE:
		return LONG_MAX;
	case UL_SETFSIZE:
		return LONG_MAX; /* not enforced */
	default:
		return fail(EINVAL);
	}
}

/* --- nice values: kept; threads have priorities of their own (pthread_setschedparam) --------- */

#define NICE_MAX 19
#define NICE_MIN (-20)

static _Atomic int nice_value;

static int check_target(int which, id_t who)
{
	if (which != PRIO_PROCESS && which != PRIO_PGRP && which != PRIO_USER) {
		return EINVAL;
	}
	return who == 0 || (which != PRIO_USER && who == (id_t)getpid()) ? 0 : ESRCH;
}

int getpriority(int which, id_t who)
{
	int error = check_target(which, who);

	return error != 0 ? fail(error) : nice_value;
}

int setpriority(int which, id_t who, int value)
{
	int error = check_target(which, who);

	if (error != 0) {
		return fail(error);
	}
	nice_value = MAX(NICE_MIN, MIN(NICE_MAX, value));
	return 0;
}

int nice(int by)
{
	setpriority(PRIO_PROCESS, 0, MAX(-40, MIN(40, by)) + nice_value);
	return nice_value;
}

/* --- other answers --------------------------------------------------------------------------- */

size_t confstr(int name, char *buf, size_t n)
{
	const char *value;

	switch (name) {
	case _CS_PATH:
		value = "/bin:/usr/bin";
		break;
	case _CS_POSIX_V7_WIDTH_RESTRICTED_ENVS:
		value = "POSIX_V7_LP64_OFF64";
		break;
	default:
		errno = EINVAL;
		return 0;
	}
	if (n > 0) {
		strlcpy(buf, value, n);
	}
	return strlen(value) + 1;
}

unsigned long getauxval(unsigned long type)
{
	switch (type) {
	case AT_PAGESZ:
		return PAGE_SIZE;
	case AT_CLKTCK:
		return (unsigned long)sysconf(_SC_CLK_TCK);
	case AT_UID:
	case AT_EUID:
	case AT_GID:
	case AT_EGID:
	case AT_SECURE:
		return 0;
	default:
		errno = ENOENT;
		return 0;
	}
}

/* Rights cannot be gained here, dumps not written: what asks for less is granted. */
int prctl(int option, ...)
{
	va_list ap;
	char *name;

	va_start(ap, option);
	name = va_arg(ap, char *);
	va_end(ap);
	switch (option) {
	case PR_SET_NAME:
		return (int)result(-pthread_setname_np(pthread_self(), name));
	case PR_GET_NAME:
		return (int)result(-pthread_getname_np(pthread_self(), name, 16));
	case PR_GET_DUMPABLE:
	case PR_SET_DUMPABLE:
	case PR_SET_NO_NEW_PRIVS:
		return 0;
	case PR_GET_NO_NEW_PRIVS:
		return 1;
	default:
		return fail(EINVAL);
	}
}

pid_t gettid(void)
{
	return (pid_t)thread_self()->id;
}

pid_t tcgetpgrp(int fd)
{
	return isatty(fd) ? getpgrp() : -1;
}

int tcsetpgrp(int fd, pid_t group)
{
	if (!isatty(fd)) {
		return -1;
	}
	return group == getpgrp() ? 0 : fail(group < 0 ? EINVAL : EPERM);
}

long gethostid(void)
{
	char host[65];
	unsigned hash = 0;

	gethostname(host, sizeof(host));
	for (const char *p = host; *p != '\0'; p++) {
		hash = hash * 31 + (unsigned char)*p;
	}
	return (long)hash;
}
