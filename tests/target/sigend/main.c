/* SPDX-License-Identifier: MIT */
/* Judged by tests/system/test_signals.py: lets argv[1] end the machine. Must never come back. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static void *volatile bad = (void *)0x7000000000UL;

static void nothing(int s)
{
	(void)s;
}

static void term(void)
{
	raise(SIGTERM);
}

static void killed(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	kill(getpid(), SIGKILL);
}

static void alarmed(void)
{
	struct itimerval soon = { { 0, 0 }, { 0, 1000 } };

	setitimer(ITIMER_REAL, &soon, NULL);
	for (;;) {
	}
}

static void real_time(void)
{
	sigqueue(0, SIGRTMIN + 1, (union sigval){ 0 });
}

static void unblocked(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR1);
	puts("not yet");
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void *from_thread(void *arg)
{
	pthread_kill(*(pthread_t *)arg, SIGHUP);
	return NULL;
}

static void threaded(void)
{
	pthread_t self = pthread_self(), t;

	pthread_create(&t, NULL, from_thread, &self);
	pthread_join(t, NULL);
}

/* The handler comes back: abort() does not. */
static void aborted(void)
{
	signal(SIGABRT, nothing);
	abort();
}

static void fault(void)
{
	*(volatile int *)bad = 1;
}

static void ignored_fault(void)
{
	signal(SIGSEGV, SIG_IGN);
	fault();
}

static void again(int s)
{
	(void)s;
	fault(); /* SIGSEGV is blocked here */
}

static void double_fault(void)
{
	signal(SIGSEGV, again);
	fault();
}

/* Other signals are in use, but this has no handler. */
static void unhandled_fault(void)
{
	signal(SIGUSR1, nothing);
	raise(SIGUSR1);
	fault();
}

static int __attribute__((noinline)) recurse(int n)
{
	volatile char big[512];

	big[0] = (char)n;
	return n < 0 ? n : recurse(n + 1) + big[0];
}

/* Without an alternate stack there is nowhere to handle it. */
static void overflow(void)
{
	signal(SIGSEGV, nothing);
	exit(recurse(0));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*fn)(void);
	} ways[] = {
		{ "term", term },
		{ "killed", killed },
		{ "alarmed", alarmed },
		{ "real_time", real_time },
		{ "unblocked", unblocked },
		{ "threaded", threaded },
		{ "aborted", aborted },
		{ "ignored_fault", ignored_fault },
		{ "double_fault", double_fault },
		{ "unhandled_fault", unhandled_fault },
		{ "overflow", overflow },
	};

	for (size_t i = 0; argc > 1 && i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(ways[i].name, argv[1]) == 0) {
			puts("before the end");
			ways[i].fn();
			puts("the end did not come");
			return 3;
		}
	}
	puts("no such way");
	return 2;
}
