/* SPDX-License-Identifier: MIT */
/* Signals that the program sends itself, which is all there are: a handler runs inside raise() or
 * kill(). What is not caught or ignored ends the machine. newlib's own table is per thread. */
#include "libc.h"

#include <kernel/panic.h>
#include <signal.h>
#include <unistd.h>

/* newlib's macros of the same names shift an int. */
#undef sigaddset
#undef sigdelset
#undef sigismember
#undef sigemptyset
#undef sigfillset

static struct {
	struct spinlock lock;
	struct sigaction actions[NSIG]; /* guarded by lock */
} sig;

static _Thread_local sigset_t mask;

static bool valid(int s)
{
	return s > 0 && s < NSIG;
}

int sigaction(int s, const struct sigaction *restrict new, struct sigaction *restrict old)
{
	irqstate_t state;

	if (!valid(s) || (new != NULL && (s == SIGKILL || s == SIGSTOP))) {
		return fail(EINVAL);
	}
	state = spin_lock_save(&sig.lock);
	if (old != NULL) {
		*old = sig.actions[s];
	}
	if (new != NULL) {
		sig.actions[s] = *new;
	}
	spin_unlock_restore(&sig.lock, state);
	return 0;
}

_sig_func_ptr signal(int s, _sig_func_ptr handler)
{
	struct sigaction new = { .sa_flags = SA_RESTART }, old;

	new.sa_handler = handler;
	return sigaction(s, &new, &old) != 0 ? SIG_ERR : old.sa_handler;
}

static bool ignored_by_default(int s)
{
	return s == SIGCHLD || s == SIGURG || s == SIGWINCH || s == SIGCONT;
}

static void __attribute__((noreturn)) end(int s)
{
	if (s == SIGTERM || s == SIGINT || s == SIGHUP || s == SIGKILL || s == SIGPIPE) {
		_exit(128 + s);
	}
	panic("ended by signal %d, sent by the program itself", s);
}

static void call(int s, struct sigaction *a)
{
	siginfo_t info = { .si_signo = s, .si_code = SI_USER };

	if ((a->sa_flags & SA_SIGINFO) != 0) {
		a->sa_sigaction(s, &info, NULL);
	} else {
		a->sa_handler(s);
	}
}

int raise(int s)
{
	struct sigaction a, dfl = { 0 };

	if (!valid(s)) {
		return s == 0 ? 0 : fail(EINVAL);
	}
	if (s == SIGKILL || s == SIGSTOP) {
		end(s);
	}
	sigaction(s, NULL, &a);
	if (a.sa_handler == SIG_IGN || (a.sa_handler == SIG_DFL && ignored_by_default(s))) {
		return 0;
	}
	if (a.sa_handler == SIG_DFL) {
		end(s);
	}
	if ((a.sa_flags & (int)SA_RESETHAND) != 0) {
		sigaction(s, &dfl, NULL);
	}
	call(s, &a);
	return 0;
}

int kill(pid_t pid, int s)
{
	if (pid != getpid() && pid != 0 && pid != -1) {
		return fail(ESRCH);
	}
	return raise(s);
}

int killpg(pid_t group, int s)
{
	return kill(group, s);
}

/* The mask is kept and reported; a signal that is raised while blocked is delivered all the same,
 * since only the thread itself can raise one. */
int pthread_sigmask(int how, const sigset_t *restrict set, sigset_t *restrict old)
{
	if (old != NULL) {
		*old = mask;
	}
	if (set == NULL) {
		return 0;
	}
	switch (how) {
	case SIG_BLOCK:
		mask |= *set;
		return 0;
	case SIG_UNBLOCK:
		mask &= ~*set;
		return 0;
	case SIG_SETMASK:
		mask = *set;
		return 0;
	default:
		return EINVAL;
	}
}

int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	return (int)result(-pthread_sigmask(how, set, old));
}

int sigpending(sigset_t *set)
{
	*set = 0;
	return 0;
}

int sigaltstack(const stack_t *restrict new, stack_t *restrict old)
{
	if (old != NULL) {
		*old = (stack_t){ .ss_flags = SS_DISABLE };
	}
	return new != NULL && (new->ss_flags &SS_DISABLE) == 0 ? fail(ENOSYS) : 0;
}

unsigned alarm(unsigned seconds)
{
	(void)seconds;
	errno = ENOSYS;
	return 0;
}
