/* SPDX-License-Identifier: MIT */
/* <ucontext.h>: coroutines, and contexts that interrupts do not disturb. */
#define _GNU_SOURCE
#include "signal_test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>

#define STACK 32768

static ucontext_t back, co[2];
static int trace[16], steps;

static void step(int a, int b)
{
	for (int i = 0; i < 3; i++) {
		trace[steps++] = a * 10 + i;
		swapcontext(&co[a], b < 0 ? &back : &co[b]);
	}
}

static void coroutines(void)
{
	static const int want[] = { 0, 10, 1, 11, 2, 12 };

	for (int i = 0; i < 2; i++) {
		getcontext(&co[i]);
		co[i].uc_stack.ss_sp = malloc(STACK);
		co[i].uc_stack.ss_size = STACK;
		co[i].uc_link = &back;
	}
	makecontext(&co[0], (void (*)(void))step, 2, 0, 1);
	makecontext(&co[1], (void (*)(void))step, 2, 1, 0);
	is(swapcontext(&back, &co[0]), 0, "two coroutines take turns and come back by uc_link");
	is(steps, 6, "each took its steps");
	ok(memcmp(trace, want, sizeof(want)) == 0, "in turns");
	for (int i = 0; i < 2; i++) {
		free(co[i].uc_stack.ss_sp);
	}
}

static volatile int ticks;

static void tick(int s)
{
	(void)s;
	ticks++;
}

/* A coroutine's stack lies anywhere; interrupts and handlers must not mind. */
static void busy(void)
{
	volatile unsigned long n = 0;

	while (ticks < 3) {
		n++;
	}
}

static void interrupted_coroutine(void)
{
	struct itimerval often = { { 0, 10000 }, { 0, 10000 } }, off = { { 0, 0 }, { 0, 0 } };
	char *stack = malloc(STACK);

	signal(SIGALRM, tick);
	getcontext(&co[0]);
	co[0].uc_stack.ss_sp = stack;
	co[0].uc_stack.ss_size = STACK;
	co[0].uc_link = &back;
	makecontext(&co[0], busy, 0);
	setitimer(ITIMER_REAL, &often, NULL);
	swapcontext(&back, &co[0]);
	setitimer(ITIMER_REAL, &off, NULL);
	ok(ticks >= 3, "signals arrive on a coroutine's stack");
	signal(SIGALRM, SIG_DFL);
	free(stack);
}

static void again(void)
{
	volatile int n = 0;
	sigset_t mask = set_of(SIGUSR1), now;
	ucontext_t here;

	getcontext(&here);
	n++;
	pthread_sigmask(SIG_BLOCK, &mask, NULL);
	if (n < 3) {
		setcontext(&here);
	}
	is(n, 3, "setcontext() goes back to getcontext()");
	here.uc_sigmask = 0;
	n = 0;
	getcontext(&here);
	here.uc_sigmask = 0;
	if (n++ == 0) {
		setcontext(&here);
	}
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	is(now, 0, "the mask comes with it");
}

static void eight(int a, int b, int c, int d, int e, int f, int g, int h)
{
	steps = a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h;
}

static void arguments(void)
{
	char *stack = malloc(STACK);

	getcontext(&co[0]);
	co[0].uc_stack.ss_sp = stack;
	co[0].uc_stack.ss_size = STACK;
	co[0].uc_link = &back;
	makecontext(&co[0], (void (*)(void))eight, 8, 1, 2, 3, 4, 5, 6, 7, -8);
	swapcontext(&back, &co[0]);
	is(steps, 1 + 4 + 9 + 16 + 25 + 36 + 49 - 64, "eight arguments arrive");
	free(stack);
}

/* A handler sees the interrupted registers and may change them. */
static void skip(int s, siginfo_t *info, void *context)
{
	ucontext_t *u = context;

	(void)s, (void)info;
	seen.mask = u->uc_sigmask;
	sigaddset(&u->uc_sigmask, SIGUSR2);
}

static void handler_context(void)
{
	struct sigaction a = { .sa_sigaction = skip, .sa_flags = SA_SIGINFO };
	sigset_t mask = set_of(SIGHUP), now, want = set_of(SIGHUP) | set_of(SIGUSR2);

	sigaction(SIGUSR1, &a, NULL);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	raise(SIGUSR1);
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	is(seen.mask, mask, "a handler sees the mask that it interrupted");
	is(now, want, "and may change what comes after it");
	mask = 0;
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	signal(SIGUSR1, SIG_DFL);
}

void context_tests(void)
{
	coroutines();
	interrupted_coroutine();
	again();
	arguments();
	handler_context();
}
