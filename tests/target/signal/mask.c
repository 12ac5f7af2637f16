/* SPDX-License-Identifier: MIT */
/* Dispositions, masks, and what a thread sends itself: delivered before the call returns. */
#define _GNU_SOURCE
#include "signal_test.h"

#include <setjmp.h>
#include <string.h>
#include <unistd.h>

static void refused(void)
{
	struct sigaction a = { .sa_handler = note };

	fails(sigaction(SIGKILL, &a, NULL), EINVAL, "SIGKILL cannot be handled");
	fails(sigaction(SIGSTOP, &a, NULL), EINVAL, "nor SIGSTOP");
	fails(sigaction(0, &a, NULL), EINVAL, "nor signal 0");
	fails(sigaction(NSIG, &a, NULL), EINVAL, "nor one beyond the last");
	is(sigaction(SIGKILL, NULL, &a), 0, "but it may be asked for");
	ok(a.sa_handler == SIG_DFL, "and is the default");
	fails(raise(NSIG), EINVAL, "no signal beyond the last can be sent");
	is(raise(0), 0, "signal 0 does nothing");
	is(kill(getpid(), 0), 0, "the process is there");
	fails(kill(12345, 0), ESRCH, "no other is");
	is(pthread_kill(pthread_self(), NSIG), EINVAL, "pthread_kill() returns its error");
}

static void actions(void)
{
	struct sigaction a;

	catch (SIGUSR1, 0);
	errno = EBUSY;
	is(raise(SIGUSR1), 0, "raise() works");
	is(errno, EBUSY, "errno is as it was before the handler");
	is(seen.count, 1, "the handler ran once");
	ok((seen.mask & set_of(SIGUSR1)) != 0, "its signal was blocked meanwhile");
	pthread_sigmask(SIG_BLOCK, NULL, &a.sa_mask);
	is(a.sa_mask, 0, "and is not any more");
	catch (SIGUSR1, SA_NODEFER);
	raise(SIGUSR1);
	ok((seen.mask & set_of(SIGUSR1)) == 0, "SA_NODEFER: not blocked");
	catch (SIGUSR1, (int)SA_RESETHAND);
	kill(0, SIGUSR1);
	is(seen.count, 1, "kill(0) sends to the process");
	is(seen.code, SI_USER, "si_code says so");
	sigaction(SIGUSR1, NULL, &a);
	ok(a.sa_handler == SIG_DFL, "SA_RESETHAND: the default is back");
	catch (SIGUSR1, 0);
	sigaction(SIGUSR1, NULL, &a);
	ok(a.sa_sigaction == note_info && (a.sa_flags & SA_SIGINFO) != 0, "the action can be read");
	killpg(getpid(), SIGUSR1);
	kill(-getpid(), SIGUSR1);
	is(seen.count, 2, "the process's group is the process");
	ok(signal(SIGUSR1, SIG_IGN) != SIG_ERR, "signal() installs");
	raise(SIGUSR1);
	is(seen.count, 2, "an ignored signal does nothing");
	raise(SIGCHLD);
	raise(SIGCONT);
	raise(SIGURG);
	raise(SIGWINCH);
	raise(SIGTSTP);
	ok(true, "signals that are ignored by default do no harm");
	ok(signal(SIGUSR1, note) == SIG_IGN && signal(SIGUSR1, SIG_DFL) == note,
	   "signal() returns what was");
	ok(signal(SIGKILL, note) == SIG_ERR, "or SIG_ERR");
}

static void blocked(void)
{
	sigset_t one = set_of(SIGUSR1), two = set_of(SIGUSR2), old, pending;

	catch (SIGUSR1, 0);
	catch (SIGUSR2, 0);
	is(sigprocmask(SIG_BLOCK, &one, NULL), 0, "a signal is blocked");
	raise(SIGUSR1);
	raise(SIGUSR1);
	is(seen.count, 0, "no handler runs");
	sigpending(&pending);
	is(pending, one, "it is pending");
	is(pthread_sigmask(SIG_BLOCK, &two, &old), 0, "another is blocked too");
	is(old, one, "the old mask is told");
	kill(getpid(), SIGUSR2);
	sigpending(&pending);
	is(pending, one | two, "both are pending, one of the thread, one of the process");
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	is(seen.count, 1, "unblocked it comes, once, before the call returns");
	sigemptyset(&old);
	sigprocmask(SIG_SETMASK, &old, &pending);
	is(pending, two, "the mask was the other");
	is(seen.signal, SIGUSR2, "which comes now");
	is(pthread_sigmask(77, &old, NULL), EINVAL, "an unknown way is refused");
	sigfillset(&old);
	sigprocmask(SIG_SETMASK, &old, NULL);
	sigprocmask(SIG_SETMASK, NULL, &pending);
	is(sigismember(&pending, SIGKILL) + sigismember(&pending, SIGSTOP), 0,
	   "SIGKILL and SIGSTOP cannot be blocked");
	raise(SIGUSR1);
	signal(SIGUSR1, SIG_IGN);
	sigpending(&pending);
	is(pending, 0, "ignoring a signal throws a pending one away");
	sigemptyset(&old);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static volatile int depth, deepest;

static void nested(int s)
{
	depth++;
	deepest = depth > deepest ? depth : deepest;
	if (s == SIGUSR1) {
		raise(SIGUSR1); /* blocked: after this one */
		raise(SIGUSR2); /* at once */
	}
	if (s == SIGUSR1) {
		signal(SIGUSR1, SIG_IGN);
	}
	depth--;
	seen.count++;
}

static void nesting(void)
{
	struct sigaction a = { .sa_handler = nested };

	seen.count = 0;
	sigaction(SIGUSR1, &a, NULL);
	sigaction(SIGUSR2, &a, NULL);
	raise(SIGUSR1);
	is(deepest, 2, "a handler is interrupted by another signal");
	is(seen.count, 2, "each ran once: the second of the first number was ignored in time");
	a.sa_mask = set_of(SIGUSR2);
	deepest = 0;
	sigaction(SIGUSR1, &a, NULL);
	raise(SIGUSR1);
	is(deepest, 1, "unless sa_mask blocks it");
}

static sigjmp_buf jump;

static void leave(int s)
{
	siglongjmp(jump, s);
}

static void jumps(void)
{
	sigset_t now;
	volatile int times = 0;

	signal(SIGUSR1, leave);
	for (volatile int i = 0; i < 3; i++) {
		if (sigsetjmp(jump, 1) == 0) {
			raise(SIGUSR1);
		} else {
			times++;
		}
	}
	is(times, 3, "siglongjmp() leaves a handler, and again");
	sigprocmask(SIG_SETMASK, NULL, &now);
	is(now, 0, "the mask is as it was at sigsetjmp()");
	if (sigsetjmp(jump, 0) == 0) {
		raise(SIGUSR1);
	}
	sigprocmask(SIG_SETMASK, NULL, &now);
	is(now, set_of(SIGUSR1), "not saved it stays as the handler had it");
	sigprocmask(SIG_UNBLOCK, &now, NULL);
	is(sigsetjmp(jump, 1) == 0 ? (siglongjmp(jump, 0), 0) : 1, 1, "a jump with 0 gives 1");
	signal(SIGUSR1, SIG_DFL);
}

static void sets(void)
{
	sigset_t set;
	char name[SIG2STR_MAX];
	int s = 0;

	sigemptyset(&set);
	is(sigaddset(&set, SIGRTMAX), 0, "a set holds the last signal");
	is(sigismember(&set, SIGRTMAX), 1, "it is in");
	is(sigismember(&set, SIGRTMIN), 0, "another is not");
	is(sigdelset(&set, SIGRTMAX), 0, "it can go");
	ok(sigisemptyset(&set), "nothing is left");
	fails(sigaddset(&set, 0), EINVAL, "0 is no signal");
	fails(sigismember(&set, NSIG), EINVAL, "nor is NSIG");
	ok(strcmp(strsignal(SIGSEGV), "Segmentation fault") == 0, "strsignal() knows SIGSEGV");
	ok(strcmp(strsignal(SIGRTMIN + 2), "Real-time signal 2") == 0, "and real-time signals");
	ok(strcmp(strsignal(999), "Unknown signal 999") == 0, "and what is none");
	ok(sig2str(SIGTERM, name) == 0 && strcmp(name, "TERM") == 0, "sig2str()");
	ok(sig2str(SIGRTMAX - 1, name) == 0 && strcmp(name, "RTMAX-1") == 0, "of a real-time one");
	is(sig2str(NSIG, name), -1, "of none");
	ok(str2sig("RTMIN+3", &s) == 0 && s == SIGRTMIN + 3, "str2sig()");
	ok(str2sig("USR1", &s) == 0 && s == SIGUSR1, "by name");
	ok(str2sig("15", &s) == 0 && s == SIGTERM, "by number");
	is(str2sig("NOPE", &s), -1, "not by nonsense");
	psignal(SIGTERM, "# psignal");
}

static void *mask_of_thread(void *arg)
{
	pthread_sigmask(SIG_SETMASK, NULL, arg);
	return NULL;
}

static void inheritance(void)
{
	sigset_t mine = set_of(SIGUSR2), theirs = 0;
	pthread_t t;

	pthread_sigmask(SIG_SETMASK, &mine, NULL);
	pthread_create(&t, NULL, mask_of_thread, &theirs);
	pthread_join(t, NULL);
	is(theirs, mine, "a new thread has its creator's mask");
	pthread_sigmask(SIG_UNBLOCK, &mine, NULL);
}

static void older(void)
{
	catch (SIGUSR1, 0);
	sighold(SIGUSR1);
	raise(SIGUSR1);
	is(seen.count, 0, "sighold() blocks");
	sigrelse(SIGUSR1);
	is(seen.count, 1, "sigrelse() unblocks");
	ok(sigset(SIGUSR1, SIG_HOLD) != SIG_ERR, "sigset() holds");
	ok(sigset(SIGUSR1, SIG_DFL) == SIG_HOLD, "and tells");
	sigignore(SIGUSR1);
	raise(SIGUSR1);
	ok(true, "sigignore() ignores");
}

void mask_tests(void)
{
	refused();
	actions();
	blocked();
	nesting();
	jumps();
	sets();
	inheritance();
	older();
}
