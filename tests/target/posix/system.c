/* SPDX-License-Identifier: MIT */
/* The one process: its limits, users, priorities, children that cannot be, the system's answers. */
#define _GNU_SOURCE
#include "posix_test.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <ulimit.h>
#include <unistd.h>

static void test_processes(void)
{
	char *const args[] = { NULL };
	posix_spawn_file_actions_t actions;
	int status;

	fails(fork(), ENOSYS, "fork");
	fails(vfork(), ENOSYS, "vfork");
	fails(_Fork(), ENOSYS, "_Fork");
	fails(execve("/a", args, args), ENOSYS, "execve");
	fails(execv("/a", args), ENOSYS, "execv");
	fails(execvp("a", args), ENOSYS, "execvp");
	fails(execvpe("a", args, args), ENOSYS, "execvpe");
	fails(execl("/a", "a", (char *)NULL), ENOSYS, "execl");
	fails(execlp("a", "a", (char *)NULL), ENOSYS, "execlp");
	fails(execle("/a", "a", (char *)NULL, args), ENOSYS, "execle");
	fails(fexecve(0, args, args), ENOSYS, "fexecve");
	is(posix_spawn(NULL, "/a", NULL, NULL, args, args), ENOSYS, "posix_spawn");
	is(posix_spawnp(NULL, "a", NULL, NULL, args, args), ENOSYS, "posix_spawnp");
	is(posix_spawn_file_actions_init(&actions), ENOSYS, "posix_spawn_file_actions_init");
	is(system(NULL), 0, "system(NULL): no shell");
	fails(system("true"), ENOSYS, "system");
	ok(popen("true", "r") == NULL && errno == ENOSYS, "popen");
	fails(pclose(stdin), ECHILD, "pclose");
	fails(wait(&status), ECHILD, "wait");
	fails(waitpid(-1, &status, WNOHANG), ECHILD, "waitpid");
	fails(waitpid(-1, &status, 0x4000), EINVAL, "waitpid with unknown options");
	fails(waitid(P_ALL, 0, NULL, WEXITED), ECHILD, "waitid");
	fails(wait3(&status, 0, NULL), ECHILD, "wait3");
	fails(wait4(-1, &status, 0, NULL), ECHILD, "wait4");
	ok(WIFEXITED(0x300) && WEXITSTATUS(0x300) == 3 && WIFSIGNALED(9) && WTERMSIG(9) == 9 &&
		   WIFSTOPPED(0x137f) && WSTOPSIG(0x137f) == 0x13 && WIFCONTINUED(0xffff) &&
		   !WIFEXITED(9) && !WIFSIGNALED(0),
	   "parts of a status");
	is(daemon(0, 0), 0, "daemon");
	ok(getpid() == 1 && getppid() == 0 && getpgrp() == 1 && getpgid(0) == 1 && getsid(0) == 1,
	   "numbers of the process");
	fails(getpgid(77), ESRCH, "getpgid of nobody");
	ok(gettid() > 0 && setpgid(0, 0) == 0 && setpgrp() == 0, "gettid, setpgid, setpgrp");
	fails(setsid(), EPERM, "setsid of a leader");
}

static void test_users(void)
{
	struct passwd *p = getpwuid(0), own;
	struct group *g = getgrgid(0), own_group;
	char buf[64];
	uid_t r, e, s;
	gid_t list[2];
	int n = 2;

	ok(p != NULL && strcmp(p->pw_name, "root") == 0 && p->pw_gid == 0, "getpwuid");
	ok(getpwnam("root") == p && getpwnam("nobody") == NULL, "getpwnam");
	ok(getpwnam_r("root", &own, buf, sizeof(buf), &p) == 0 && p == &own, "getpwnam_r");
	ok(getpwuid_r(5, &own, buf, sizeof(buf), &p) == 0 && p == NULL, "getpwuid_r of nobody");
	setpwent();
	ok(getpwent() != NULL && getpwent() == NULL, "getpwent: one user");
	endpwent();
	ok(g != NULL && getgrnam("root") == g && strcmp(g->gr_mem[0], "root") == 0, "getgrgid");
	ok(getgrnam_r("x", &own_group, buf, 64, &g) == 0 && g == NULL, "getgrnam_r of none");
	ok(getgrgid_r(0, &own_group, buf, 64, &g) == 0 && g == &own_group, "getgrgid_r");
	setgrent();
	ok(getgrent() != NULL && getgrent() == NULL, "getgrent: one group");
	endgrent();
	ok(getgrouplist("root", 0, list, &n) == 1 && n == 1 && list[0] == 0, "getgrouplist");
	is(initgroups("root", 0) | setgroups(0, NULL), 0, "initgroups, setgroups");
	is(getuid() | geteuid() | getgid() | getegid(), 0, "root");
	ok(getresuid(&r, &e, &s) == 0 && (r | e | s) == 0 && getresgid(&r, &e, &s) == 0,
	   "getresuid, getresgid");
	is(setuid(5) | setgid(5) | seteuid(5) | setegid(5) | setreuid(5, 5) | setregid(5, 5), 0,
	   "rights can be given up");
	is(setresuid(5, 5, 5) | setresgid(5, 5, 5) | issetugid(), 0, "setresuid, setresgid");
	is(getgroups(0, NULL), 0, "getgroups");
	ok(strcmp(getlogin(), "root") == 0 && getlogin_r(buf, sizeof(buf)) == 0, "getlogin");
	is(getlogin_r(buf, 2), ERANGE, "getlogin_r into too little");
}

static void test_limits(void)
{
	struct rlimit l;
	struct rusage u;
	struct tms t;

	is(getrlimit(RLIMIT_NOFILE, &l), 0, "getrlimit");
	is((long)l.rlim_cur, sysconf(_SC_OPEN_MAX), "descriptors: as sysconf() says");
	l.rlim_cur = 16;
	is(setrlimit(RLIMIT_NOFILE, &l), 0, "setrlimit lower");
	l.rlim_cur = l.rlim_max = 1UL << 40;
	fails(setrlimit(RLIMIT_NOFILE, &l), EPERM, "setrlimit higher");
	fails(getrlimit(99, &l), EINVAL, "getrlimit of nothing");
	is(prlimit(0, RLIMIT_CORE, NULL, &l), 0, "prlimit");
	fails(prlimit(77, RLIMIT_CORE, NULL, &l), ESRCH, "prlimit of nobody");
	ok(ulimit(UL_GETFSIZE) > 0, "ulimit");
	ok(getpriority(PRIO_PROCESS, 0) == 0 && nice(5) == 5 && nice(100) == 19, "nice");
	is(setpriority(PRIO_PROCESS, 0, -30), 0, "setpriority");
	is(getpriority(PRIO_PROCESS, 0), -20, "within its range");
	fails(setpriority(7, 0, 0), EINVAL, "setpriority of nothing");
	setpriority(PRIO_PROCESS, 0, 0);
	ok(getrusage(RUSAGE_SELF, &u) == 0 && u.ru_utime.tv_sec >= 0, "getrusage");
	fails(getrusage(5, &u), EINVAL, "getrusage of nothing");
	ok(times(&t) != (clock_t)-1 && clock() != (clock_t)-1, "times, clock");
}

static void test_answers(void)
{
	struct utsname u;
	struct sysinfo i;
	char buf[64];

	is(sysconf(_SC_PAGESIZE), 4096, "page size");
	ok(getpagesize() == 4096 && getauxval(AT_PAGESZ) == 4096, "the same everywhere");
	ok(sysconf(_SC_NPROCESSORS_ONLN) >= 1 && get_nprocs() == sysconf(_SC_NPROCESSORS_CONF) &&
		   get_nprocs_conf() == get_nprocs(),
	   "processors");
	ok(sysconf(_SC_PHYS_PAGES) > sysconf(_SC_AVPHYS_PAGES) && get_phys_pages() > 0 &&
		   get_avphys_pages() > 0,
	   "pages");
	is(sysconf(_SC_CLK_TCK), 100, "ticks");
	is(sysconf(_SC_IOV_MAX), IOV_MAX, "IOV_MAX");
	errno = 0;
	ok(sysconf(_SC_XOPEN_CRYPT) == -1 && errno == 0, "an option that is not there");
	fails(sysconf(12345), EINVAL, "no such name");
	is(pathconf("/", _PC_NAME_MAX), 255, "pathconf");
	fails(pathconf("/none", _PC_NAME_MAX), ENOENT, "pathconf of nothing");
	fails(pathconf("/", 12345), EINVAL, "pathconf of no name");
	is(fpathconf(0, _PC_PATH_MAX), PATH_MAX, "fpathconf");
	fails(fpathconf(99, _PC_PATH_MAX), EBADF, "fpathconf of nothing open");
	is((long)confstr(_CS_PATH, buf, sizeof(buf)), (long)strlen(buf) + 1, "confstr");
	ok(getauxval(12345) == 0 && errno == ENOENT, "getauxval of nothing");
	ok(uname(&u) == 0 && strcmp(u.sysname, "Coracle") == 0, "uname");
	ok(gethostname(buf, sizeof(buf)) == 0 && strcmp(buf, u.nodename) == 0, "gethostname");
	is(sethostname("boat", 4), 0, "sethostname");
	ok(gethostname(buf, sizeof(buf)) == 0 && strcmp(buf, "boat") == 0, "which is kept");
	ok(getdomainname(buf, sizeof(buf)) == 0 && gethostid() != 0, "getdomainname, gethostid");
	ok(sysinfo(&i) == 0 && i.totalram > i.freeram, "sysinfo");
	is(prctl(PR_SET_NAME, "tester"), 0, "prctl: name of the thread");
	ok(prctl(PR_GET_NAME, buf) == 0 && strcmp(buf, "tester") == 0, "which is kept");
	fails(prctl(12345), EINVAL, "prctl of nothing");
	ok(major(makedev(3, 300)) == 3 && minor(makedev(3, 300)) == 300, "device numbers");
	ok(getdtablesize() > 0 && getprogname() != NULL, "getdtablesize, getprogname");
}

static __attribute__((noinline)) void test_objects(void)
{
	Dl_info info;
	void *list[8];
	char **names;
	int n;

	ok(dlopen("libm.so", RTLD_NOW) == NULL, "nothing can be loaded");
	ok(strstr(dlerror(), "dlopen") != NULL && dlerror() == NULL, "dlerror says so, once");
	ok(dlopen(NULL, RTLD_NOW) != NULL && dlsym(RTLD_DEFAULT, "main") == NULL, "dlsym");
	is(dlclose(dlopen(NULL, RTLD_NOW)), 0, "dlclose");
	ok(dladdr((void *)(uintptr_t)&qsort, &info) != 0 && strcmp(info.dli_sname, "qsort") == 0 &&
		   info.dli_saddr == (void *)(uintptr_t)&qsort,
	   "dladdr");
	is(dladdr(&n, &info), 0, "dladdr of data");
	n = backtrace(list, 8);
	ok(n >= 2, "backtrace");
	names = backtrace_symbols(list, n);
	ok(names != NULL && strstr(names[0], "test_objects+0x") == names[0] &&
		   strstr(names[1], "test_system+0x") == names[1],
	   "backtrace_symbols");
	diag("# %s", names[0]);
	free(names);
}

static void test_terminal(void)
{
	struct termios t, raw;
	char name[32];

	ok(isatty(0) && tcgetattr(0, &t) == 0, "the console is a terminal");
	ok((t.c_lflag & (ICANON | ECHO)) == (ICANON | ECHO), "with lines and echo");
	raw = t;
	cfmakeraw(&raw);
	is(tcsetattr(0, TCSAFLUSH, &raw), 0, "raw");
	ok(tcgetattr(0, &raw) == 0 && (raw.c_lflag & (ICANON | ECHO)) == 0, "it says so");
	is(tcsetattr(0, TCSANOW, &t), 0, "and back");
	ok(cfgetospeed(&t) == B115200 && cfgetispeed(&t) == B115200, "speeds");
	ok(cfsetspeed(&t, B9600) == 0 && cfsetispeed(&t, B1200) == 0 &&
		   cfsetospeed(&t, B300) == 0 && cfgetispeed(&t) == B1200 &&
		   cfgetospeed(&t) == B300,
	   "in the structure");
	fails(tcsetattr(0, 9, &t), EINVAL, "tcsetattr at no time");
	is(tcdrain(1) | tcflow(1, TCOON) | tcflush(0, TCIFLUSH) | tcsendbreak(1, 0), 0, "tc*");
	ok(tcgetpgrp(0) == getpgrp() && tcsetpgrp(0, getpgrp()) == 0 && tcgetsid(0) == getsid(0),
	   "its group");
	ok(ttyname_r(0, name, sizeof(name)) == 0 && strcmp(name, ttyname(0)) == 0, "ttyname");
	is(ttyname_r(0, name, 3), ERANGE, "ttyname_r into too little");
	ok(strcmp(ctermid(NULL), "/dev/console") == 0, "ctermid");
}

void test_system(void)
{
	test_processes();
	test_users();
	test_limits();
	test_answers();
	test_objects();
	test_terminal();
}
