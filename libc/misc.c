/* SPDX-License-Identifier: MIT */
/* Facts about the system and the one process that runs on it. */
#define _GNU_SOURCE
#include "libc.h"

#include <kernel/arch.h>
#include <kernel/cpu.h>
#include <kernel/page.h>
#include <kernel/params.h>
#include <kernel/time.h>
#include <kernel/version.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#define CLOCK_TICKS 100
#define HOST_MAX    64

static struct {
	struct spinlock lock;
	char name[HOST_MAX + 1]; /* guarded by lock; empty: not set yet */
} host;

/* The sixth field of ip=, as Linux has it, else the parameter hostname=. */
static void first_name(char *name, size_t n)
{
	const char *ip = param("ip"), *p = param("hostname");
	size_t len;

	if (p == NULL && ip != NULL) {
		p = ip;
		for (int field = 0; field < 4 && p != NULL; field++) {
			p = strchr(p, ':');
			p = p == NULL ? NULL : p + 1;
		}
	}
	len = p == NULL ? 0 : strcspn(p, ":");
	if (len == 0 || len >= n) {
		p = "coracle";
		len = strlen(p);
	}
	memcpy(name, p, len);
	name[len] = '\0';
}

static void host_name(char *to, size_t n)
{
	irqstate_t s = spin_lock_save(&host.lock);

	if (host.name[0] == '\0') {
		first_name(host.name, sizeof(host.name));
	}
	strlcpy(to, host.name, n);
	spin_unlock_restore(&host.lock, s);
}

int gethostname(char *name, size_t n)
{
	char full[HOST_MAX + 1];

	host_name(full, sizeof(full));
	return strlcpy(name, full, n) < n ? 0 : fail(ENAMETOOLONG);
}

int sethostname(const char *name, size_t n)
{
	irqstate_t s;

	if (n == 0 || n > HOST_MAX) {
		return fail(EINVAL);
	}
	s = spin_lock_save(&host.lock);
	memcpy(host.name, name, n);
	host.name[n] = '\0';
	spin_unlock_restore(&host.lock, s);
	return 0;
}

int getdomainname(char *name, size_t n)
{
	return strlcpy(name, "(none)", n) < n ? 0 : fail(EINVAL);
}

int uname(struct utsname *u)
{
	memset(u, 0, sizeof(*u));
	strlcpy(u->sysname, "Coracle", sizeof(u->sysname));
	host_name(u->nodename, sizeof(u->nodename));
	strlcpy(u->release, CORACLE_VERSION, sizeof(u->release));
	strlcpy(u->version, "#1", sizeof(u->version));
	strlcpy(u->machine, arch_machine, sizeof(u->machine));
	return 0;
}

int getpagesize(void)
{
	return (int)PAGE_SIZE;
}

int getdtablesize(void)
{
	return (int)fd_limit();
}

int sysinfo(struct sysinfo *i)
{
	memset(i, 0, sizeof(*i));
	i->uptime = (long)(time_now() / NS_PER_SEC);
	i->totalram = page_total();
	i->freeram = page_free_count();
	i->procs = 1;
	i->mem_unit = PAGE_SIZE;
	return 0;
}

int get_nprocs(void)
{
	return (int)cpu_count;
}

int get_nprocs_conf(void)
{
	return (int)cpu_count;
}

long get_phys_pages(void)
{
	return (long)page_total();
}

long get_avphys_pages(void)
{
	return (long)page_free_count();
}

/* --- the process: number 1, user 0 ----------------------------------------------------------- */

pid_t getpid(void)
{
	return 1;
}

pid_t getppid(void)
{
	return 0;
}

pid_t getpgrp(void)
{
	return 1;
}

pid_t getpgid(pid_t pid)
{
	return pid == 0 || pid == 1 ? 1 : fail(ESRCH);
}

pid_t getsid(pid_t pid)
{
	return getpgid(pid);
}

pid_t setsid(void)
{
	return fail(EPERM); /* it leads a group already */
}

int setpgid(pid_t pid, pid_t group)
{
	return (pid == 0 || pid == 1) && (group == 0 || group == 1) ? 0 : fail(EPERM);
}

int setpgrp(void)
{
	return 0;
}

int daemon(int nochdir, int noclose)
{
	(void)nochdir, (void)noclose;
	return 0; /* what it asks for is so already: no parent waits, no terminal is shared */
}
