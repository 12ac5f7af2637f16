/* SPDX-License-Identifier: MIT */
/* Dispositions and masks. Sending is in signal_send.c, handlers run in signal_deliver.c, waiting is in
 * sigwait.c. */
#define _GNU_SOURCE
#include "signals.h"

#include "libc.h"
#include "libc_thread.h"

struct signals signals;

/* --- dispositions ---------------------------------------------------------------------------- */

bool signal_default_ignores(int s)
{
	/* Nobody could continue a process that stopped: the signals of terminals that stop do nothing. */
	return s == SIGCHLD || s == SIGURG || s == SIGWINCH || s == SIGCONT || s == SIGTSTP ||
	       s == SIGTTIN || s == SIGTTOU || s == SIGSTOP;
}

static bool ignores(int s, const struct sigaction *a)
{
	return a->sa_handler == SIG_IGN || (a->sa_handler == SIG_DFL && signal_default_ignores(s));
}

int sigaction(int s, const struct sigaction *restrict new, struct sigaction *restrict old)
{
	struct sigaction before;
	irqstate_t state;

	if (!signal_valid(s) || (new != NULL && (s == SIGKILL || s == SIGSTOP))) {
		return fail(EINVAL);
	}
	signals_use();
	state = spin_lock_save(&signals.lock);
	before = signals.action[s];
	if (new != NULL) {
		signals.action[s] = *new;
		signals.action[s].sa_mask &= ~(signal_bit(SIGKILL) | signal_bit(SIGSTOP));
		if (ignores(s, new)) {
			signals_discard(s);
		}
	}
	spin_unlock_restore(&signals.lock, state);
	if (old != NULL) {
		*old = before;
	}
	return 0;
}

_sig_func_ptr signal(int s, _sig_func_ptr handler)
{
	struct sigaction new = { .sa_flags = SA_RESTART }, old;

	if (handler == SIG_ERR) {
		errno = EINVAL;
		return SIG_ERR;
	}
	new.sa_handler = handler;
	return sigaction(s, &new, &old) != 0 ? SIG_ERR : old.sa_handler;
}

int siginterrupt(int s, int interrupt)
{
	struct sigaction a;

	if (sigaction(s, NULL, &a) != 0) {
		return -1;
	}
	a.sa_flags = interrupt ? a.sa_flags & ~SA_RESTART : a.sa_flags | SA_RESTART;
	return sigaction(s, &a, NULL);
}

/* --- masks ----------------------------------------------------------------------------------- */

int pthread_sigmask(int how, const sigset_t *restrict set, sigset_t *restrict old)
{
	struct libc_thread *l;
	sigset_t before, after;
	irqstate_t state;

	signals_use();
	l = libc_thread(thread_self());
	if (l == NULL) {
		return ENOMEM;
	}
	if (set != NULL && how != SIG_BLOCK && how != SIG_UNBLOCK && how != SIG_SETMASK) {
		return EINVAL;
	}
	before = l->sig.mask; /* only the thread itself writes it */
	if (set != NULL) {
		after = how == SIG_BLOCK     ? before | *set
			: how == SIG_UNBLOCK ? before & ~*set
					     : *set;
		state = spin_lock_save(&signals.lock);
		signals_set_mask(l, after);
		spin_unlock_restore(&signals.lock, state);
	}
	if (old != NULL) {
		*old = before;
	}
	signals_check();
	return 0;
}

int sigprocmask(int how, const sigset_t *restrict set, sigset_t *restrict old)
{
	return (int)result(-pthread_sigmask(how, set, old));
}

int sigpending(sigset_t *set)
{
	struct libc_thread *l = libc_thread_peek(thread_self());
	irqstate_t state = spin_lock_save(&signals.lock);

	*set = signals.pending.set;
	if (l != NULL) {
		*set |= l->sig.pending.set;
	}
	spin_unlock_restore(&signals.lock, state);
	return 0;
}

/* --- X/Open's older interface ------------------------------------------------------------------ */

static int mask_one(int how, int s)
{
	sigset_t set;

	if (!signal_valid(s)) {
		return fail(EINVAL);
	}
	set = signal_bit(s);
	return sigprocmask(how, &set, NULL);
}

int sighold(int s)
{
	return mask_one(SIG_BLOCK, s);
}

int sigrelse(int s)
{
	return mask_one(SIG_UNBLOCK, s);
}

int sigignore(int s)
{
	return signal(s, SIG_IGN) == SIG_ERR ? -1 : 0;
}

_sig_func_ptr sigset(int s, _sig_func_ptr handler)
{
	struct sigaction new = { .sa_flags = 0 }, old;
	sigset_t before;

	new.sa_handler = handler;
	if (sigaction(s, handler == SIG_HOLD ? NULL : &new, &old) != 0 ||
	    pthread_sigmask(SIG_BLOCK, NULL, &before) != 0 ||
	    mask_one(handler == SIG_HOLD ? SIG_BLOCK : SIG_UNBLOCK, s) != 0) {
		return SIG_ERR;
	}
	return (before & signal_bit(s)) != 0 ? SIG_HOLD : old.sa_handler;
}

/* --- sets ------------------------------------------------------------------------------------- */

int sigemptyset(sigset_t *set)
{
	*set = 0;
	return 0;
}

int sigfillset(sigset_t *set)
{
	*set = ~(sigset_t)0;
	return 0;
}

int sigaddset(sigset_t *set, int s)
{
	if (!signal_valid(s)) {
		return fail(EINVAL);
	}
	*set |= signal_bit(s);
	return 0;
}

int sigdelset(sigset_t *set, int s)
{
	if (!signal_valid(s)) {
		return fail(EINVAL);
	}
	*set &= ~signal_bit(s);
	return 0;
}

int sigismember(const sigset_t *set, int s)
{
	return signal_valid(s) ? (*set & signal_bit(s)) != 0 : fail(EINVAL);
}

int sigisemptyset(const sigset_t *set)
{
	return *set == 0;
}

int sigorset(sigset_t *to, const sigset_t *a, const sigset_t *b)
{
	*to = *a | *b;
	return 0;
}

int sigandset(sigset_t *to, const sigset_t *a, const sigset_t *b)
{
	*to = *a & *b;
	return 0;
}
