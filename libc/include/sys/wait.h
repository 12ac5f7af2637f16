/* SPDX-License-Identifier: MIT */
/* Waiting for children; there are none, so every call fails with ECHILD. Statuses as on Linux. */
#pragma once

#include <signal.h>
#include <sys/cdefs.h>
#include <sys/types.h>

#define WNOHANG	   1
#define WUNTRACED  2
#define WSTOPPED   2
#define WEXITED	   4
#define WCONTINUED 8
#define WNOWAIT	   0x1000000

#define WEXITSTATUS(s)	(((s) >> 8) & 0xff)
#define WTERMSIG(s)	((s)&0x7f)
#define WSTOPSIG(s)	WEXITSTATUS(s)
#define WCOREDUMP(s)	((s)&0x80)
#define WIFEXITED(s)	(WTERMSIG(s) == 0)
#define WIFSTOPPED(s)	(((s)&0xff) == 0x7f)
#define WIFSIGNALED(s)	(WTERMSIG(s) != 0 && WTERMSIG(s) != 0x7f)
#define WIFCONTINUED(s) ((s) == 0xffff)

typedef enum { P_ALL, P_PID, P_PGID } idtype_t;

__BEGIN_DECLS

struct rusage;

pid_t wait(int *);
pid_t waitpid(pid_t, int *, int);
int waitid(idtype_t, id_t, siginfo_t *, int);
pid_t wait3(int *, int, struct rusage *);
pid_t wait4(pid_t, int *, int, struct rusage *);

__END_DECLS
