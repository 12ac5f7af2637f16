/* SPDX-License-Identifier: MIT */
/* Signals: each file proves a part of docs/signals.md. */
#define _GNU_SOURCE
#include "signal_test.h"

#include <string.h>
#include <time.h>

volatile struct seen seen;

void note(int s)
{
	seen.order[seen.count++ % 64] = s;
	seen.signal = s;
	seen.thread = pthread_self();
	pthread_sigmask(SIG_BLOCK, NULL, (sigset_t *)&seen.mask);
	errno = EDOM; /* must not be seen outside */
}

void note_info(int s, siginfo_t *info, void *context)
{
	(void)context;
	seen.code = info->si_code;
	seen.value = info->si_value.sival_int;
	note(s);
}

void catch (int s, int flags)
{
	struct sigaction a = { .sa_sigaction = note_info, .sa_flags = flags | SA_SIGINFO };

	memset((void *)&seen, 0, sizeof(seen));
	sigaction(s, &a, NULL);
}

sigset_t set_of(int s)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, s);
	return set;
}

void nap(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&t, &t) != 0) {
	}
}

int reached(volatile int *flag)
{
	for (int i = 0; i < 3000 && *flag == 0; i++) {
		nap(10);
	}
	return *flag;
}

int main(void)
{
	mask_tests();
	queue_tests();
	async_tests();
	fault_tests();
	context_tests();
	stress_tests();
	return tap_done();
}
