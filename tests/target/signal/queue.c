/* SPDX-License-Identifier: MIT */
/* Real-time signals wait in order with their values; sigwait() and its like take what is blocked. */
#define _GNU_SOURCE
#include "signal_test.h"

#include <time.h>
#include <unistd.h>

static int values[16], taken;

static void take_value(int s, siginfo_t *info, void *context)
{
	(void)context;
	values[taken++ % 16] = (s - SIGRTMIN) * 100 + info->si_value.sival_int;
	seen.code = info->si_code;
}

static void real_time(void)
{
	struct sigaction a = { .sa_sigaction = take_value, .sa_flags = SA_SIGINFO };
	static const int want[] = { 1, 2, 3, 101, 102 };
	sigset_t set = set_of(SIGRTMIN) | set_of(SIGRTMIN + 1);
	bool same = true;

	sigfillset(&a.sa_mask);
	sigaction(SIGRTMIN, &a, NULL);
	sigaction(SIGRTMIN + 1, &a, NULL);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigqueue(getpid(), SIGRTMIN + 1, (union sigval){ .sival_int = 1 });
	for (int i = 1; i <= 3; i++) {
		sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = i });
	}
	sigqueue(getpid(), SIGRTMIN + 1, (union sigval){ .sival_int = 2 });
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	is(taken, 5, "each of a real-time signal comes");
	for (int i = 0; i < 5; i++) {
		same = same && values[i] == want[i];
	}
	ok(same, "the lowest number first, each number in order");
	is(seen.code, SI_QUEUE, "si_code is SI_QUEUE");
}

static void limits(void)
{
	sigset_t set = set_of(SIGRTMIN);
	union sigval v = { .sival_int = 7 };
	siginfo_t info;
	int n = 0, got = 0;

	sigprocmask(SIG_BLOCK, &set, NULL);
	while (n < 5000 && sigqueue(getpid(), SIGRTMIN, v) == 0) {
		n++;
	}
	ok(n >= 32 && n < 5000 && errno == EAGAIN, "the queue has an end");
	while (sigtimedwait(&set, &info, &(struct timespec){ 0 }) == SIGRTMIN) {
		got += info.si_value.sival_int == 7;
	}
	is(got, n, "and gives back what it took");
	is(errno, EAGAIN, "then there is none");
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	fails(sigqueue(getpid(), NSIG, v), EINVAL, "sigqueue() knows its signals");
	fails(sigqueue(4242, SIGRTMIN, v), ESRCH, "and its process");
}

static void wait_here(void)
{
	sigset_t set = set_of(SIGUSR1) | set_of(SIGUSR2);
	siginfo_t info;
	int s = 0;

	catch (SIGUSR1, 0);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR1);
	is(sigwait(&set, &s), 0, "sigwait() takes a pending signal");
	is(s, SIGUSR1, "and says which");
	is(seen.count, 0, "no handler runs");
	kill(getpid(), SIGUSR2);
	is(sigwaitinfo(&set, &info), SIGUSR2, "sigwaitinfo() takes the process's");
	is(info.si_code, SI_USER, "with information");
	is(info.si_pid, getpid(), "and the sender");
	fails(sigtimedwait(&set, NULL, &(struct timespec){ 0, 20000000 }), EAGAIN,
	      "sigtimedwait() gives up in time");
	fails(sigtimedwait(&set, NULL, &(struct timespec){ 0, -1 }), EINVAL, "or at once");
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static volatile int ready, got_signal;

static void *waiter(void *arg)
{
	sigset_t set = *(sigset_t *)arg;
	int s;

	ready = 1;
	if (sigwait(&set, &s) == 0) {
		got_signal = s;
	}
	return NULL;
}

/* All threads block a signal, one waits for it. */
static void wait_in_thread(void)
{
	sigset_t set = set_of(SIGTERM);
	pthread_t t;

	pthread_sigmask(SIG_BLOCK, &set, NULL);
	pthread_create(&t, NULL, waiter, &set);
	reached(&ready);
	nap(20);
	kill(getpid(), SIGTERM);
	pthread_join(t, NULL);
	is(got_signal, SIGTERM, "the process's signal wakes the thread that waits for it");
	got_signal = ready = 0;
	pthread_create(&t, NULL, waiter, &set);
	reached(&ready);
	pthread_kill(t, SIGTERM);
	pthread_join(t, NULL);
	is(got_signal, SIGTERM, "so does one that is sent to it");
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static void *interrupted_waiter(void *arg)
{
	sigset_t set = set_of(SIGUSR1);
	siginfo_t info;

	(void)arg;
	ready = 1;
	got_signal = sigwaitinfo(&set, &info);
	return (void *)(long)errno;
}

static void wait_interrupted(void)
{
	sigset_t set = set_of(SIGUSR1);
	void *error;
	pthread_t t;

	ready = 0;
	catch (SIGUSR2, SA_RESTART);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	pthread_create(&t, NULL, interrupted_waiter, NULL);
	reached(&ready);
	nap(20);
	pthread_kill(t, SIGUSR2);
	pthread_join(t, &error);
	is(got_signal, -1, "a handler ends sigwaitinfo()");
	is((long)error, EINTR, "with EINTR, SA_RESTART or not");
	ok(seen.thread == t, "it ran on the thread that it was sent to");
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* --- cancellation ---------------------------------------------------------------------------------- */

static void *in_sigwait(void *arg)
{
	sigset_t set = set_of(SIGHUP);
	int s;

	ready = 1;
	sigwait(&set, &s);
	return arg;
}

static void *in_sigsuspend(void *arg)
{
	sigset_t none = 0;

	ready = 1;
	sigsuspend(&none);
	return arg;
}

static void *in_pause(void *arg)
{
	ready = 1;
	pause();
	return arg;
}

static void *in_sigtimedwait(void *arg)
{
	sigset_t set = set_of(SIGHUP);

	ready = 1;
	sigtimedwait(&set, NULL, &(struct timespec){ 600, 0 });
	return arg;
}

static void cancelled(void)
{
	static void *(*const calls[])(void *) = { in_sigwait, in_sigsuspend, in_pause,
						  in_sigtimedwait };
	static const char *const names[] = { "sigwait", "sigsuspend", "pause", "sigtimedwait" };

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		pthread_t t;
		void *r;

		ready = 0;
		pthread_create(&t, NULL, calls[i], NULL);
		reached(&ready);
		nap(10);
		pthread_cancel(t);
		pthread_join(t, &r);
		ok(r == PTHREAD_CANCELED, "%s() is a cancellation point", names[i]);
	}
}

void queue_tests(void)
{
	real_time();
	limits();
	wait_here();
	wait_in_thread();
	wait_interrupted();
	cancelled();
}
