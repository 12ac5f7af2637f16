/* SPDX-License-Identifier: MIT */
/* Processes: there is one, in one address space, so nothing that makes or replaces one can work. It
 * all fails with ENOSYS, and a link that pulls it in says so (tools/link-image shows the warning).
 * There is no child to wait for either. */
#define _GNU_SOURCE
#include "libc.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The linker's own mechanism: a section whose text it prints when an object refers to @name. The "#"
 * makes the assembler ignore the flags that the compiler gives to sections. */
#define ONE_PROCESS(name)                                                             \
	static const char warning_##name[]                                            \
		__attribute__((used, section(".gnu.warning." #name "\n\t#"))) = #name \
		"() always fails with ENOSYS: the image is one process"

ONE_PROCESS(fork);
ONE_PROCESS(_Fork);
ONE_PROCESS(vfork);
ONE_PROCESS(execl);
ONE_PROCESS(execle);
ONE_PROCESS(execlp);
ONE_PROCESS(execv);
ONE_PROCESS(execve);
ONE_PROCESS(execvp);
ONE_PROCESS(execvpe);
ONE_PROCESS(fexecve);
ONE_PROCESS(posix_spawn);
ONE_PROCESS(posix_spawnp);

pid_t fork(void)
{
	return fail(ENOSYS);
}

pid_t _Fork(void)
{
	return fail(ENOSYS);
}

pid_t vfork(void)
{
	return fail(ENOSYS);
}

int execl(const char *path, const char *arg, ...)
{
	(void)path, (void)arg;
	return fail(ENOSYS);
}

int execle(const char *path, const char *arg, ...)
{
	(void)path, (void)arg;
	return fail(ENOSYS);
}

int execlp(const char *file, const char *arg, ...)
{
	(void)file, (void)arg;
	return fail(ENOSYS);
}

int execv(const char *path, char *const argv[])
{
	(void)path, (void)argv;
	return fail(ENOSYS);
}

int execve(const char *path, char *const argv[], char *const envp[])
{
	(void)path, (void)argv, (void)envp;
	return fail(ENOSYS);
}

int execvp(const char *file, char *const argv[])
{
	(void)file, (void)argv;
	return fail(ENOSYS);
}

int execvpe(const char *file, char *const argv[], char *const envp[])
{
	(void)file, (void)argv, (void)envp;
	return fail(ENOSYS);
}

int fexecve(int fd, char *const argv[], char *const envp[])
{
	(void)fd, (void)argv, (void)envp;
	return fail(ENOSYS);
}

int posix_spawn(pid_t *restrict pid, const char *restrict path,
		const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *restrict attr,
		char *const argv[restrict], char *const envp[restrict])
{
	(void)pid, (void)path, (void)actions, (void)attr, (void)argv, (void)envp;
	return ENOSYS;
}

int posix_spawnp(pid_t *restrict pid, const char *restrict file,
		 const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *restrict attr,
		 char *const argv[restrict], char *const envp[restrict])
{
	return posix_spawn(pid, file, actions, attr, argv, envp);
}

/* NULL asks whether there is a shell. */
int system(const char *command)
{
	return command == NULL ? 0 : fail(ENOSYS);
}

FILE *popen(const char *command, const char *mode)
{
	(void)command, (void)mode;
	errno = ENOSYS;
	return NULL;
}

int pclose(FILE *f)
{
	(void)f;
	return fail(ECHILD);
}

/* --- children -------------------------------------------------------------------------------- */

pid_t wait(int *status)
{
	(void)status;
	return fail(ECHILD);
}

pid_t waitpid(pid_t pid, int *status, int options)
{
	(void)pid, (void)status;
	return fail((options & ~(WNOHANG | WUNTRACED | WCONTINUED)) != 0 ? EINVAL : ECHILD);
}

int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	(void)type, (void)id, (void)info, (void)options;
	return fail(ECHILD);
}

pid_t wait3(int *status, int options, struct rusage *u)
{
	(void)u;
	return waitpid(-1, status, options);
}

pid_t wait4(pid_t pid, int *status, int options, struct rusage *u)
{
	(void)u;
	return waitpid(pid, status, options);
}
