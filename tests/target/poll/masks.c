/* SPDX-License-Identifier: MIT */
/* The signal masks of ppoll(), pselect(), epoll_pwait() and epoll_pwait2(): with the wait and not before it. */
#include "../tap.h"
#include "poll_test.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <unistd.h>

#define WAYS   4
#define ROUNDS 400

static int ep, fd;
static unsigned seen;

static void on_signal(int sig)
{
	(void)sig;
	__atomic_fetch_add(&seen, 1, __ATOMIC_SEQ_CST);
}

static unsigned handled(void)
{
	return __atomic_load_n(&seen, __ATOMIC_SEQ_CST);
}

/* Wait for @fd in one of the ways. */
static int wait_with(int way, const struct timespec *timeout, const sigset_t *mask)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct epoll_event e;
	fd_set set;

	switch (way) {
	case 0:
		return ppoll(&p, 1, timeout, mask);
	case 1:
		FD_ZERO(&set);
		FD_SET(fd, &set);
		return pselect(fd + 1, &set, NULL, NULL, timeout, mask);
	case 2:
		return epoll_pwait(ep, &e, 1,
				   timeout == NULL ? -1
						   : (int)(timeout->tv_sec * 1000 +
							   timeout->tv_nsec / 1000000),
				   mask);
	default:
		return epoll_pwait2(ep, &e, 1, timeout, mask);
	}
}

static const char *const names[WAYS] = { "ppoll()", "pselect()", "epoll_pwait()",
					 "epoll_pwait2()" };

static bool blocked_now(void)
{
	sigset_t now;

	pthread_sigmask(SIG_SETMASK, NULL, &now);
	return sigismember(&now, SIGUSR1) == 1;
}

static void test_pending(int way)
{
	struct timespec no_time = { 0, 0 };
	unsigned before = handled();
	sigset_t one, none;
	eventfd_t v;

	sigemptyset(&none);
	sigemptyset(&one);
	sigaddset(&one, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &one, NULL);
	raise(SIGUSR1);
	is(wait_with(way, &no_time, NULL), 0, "%s: no mask, no signal", names[way]);
	is(wait_with(way, &no_time, &one), 0, "a mask that has it: no signal");
	is(handled(), before, "its handler did not run");
	fails(wait_with(way, NULL, &none), EINTR, "a mask that lets it in");
	is(handled(), before + 1, "its handler ran");
	ok(blocked_now(), "then the mask is the old one");
	raise(SIGUSR1);
	eventfd_write(fd, 1);
	is(wait_with(way, NULL, &none), 1, "a descriptor that is ready goes first");
	eventfd_read(fd, &v);
	fails(wait_with(way, NULL, &none), EINTR, "the signal next");
	is(handled(), before + 2, "lost by nobody");
	pthread_sigmask(SIG_UNBLOCK, &one, NULL);
}

static pthread_t waiter;
static bool over;

static void *kills(void *arg)
{
	for (unsigned i = 1; i <= ROUNDS; i++) {
		pthread_kill(waiter, SIGUSR1);
		while (handled() < i) {
			sched_yield();
		}
	}
	__atomic_store_n(&over, true, __ATOMIC_SEQ_CST);
	pthread_kill(waiter, SIGUSR1);
	return arg;
}

/* A signal between a look at @over and the wait must end the wait. One that is lost there stops both. */
static void test_race(int way)
{
	unsigned ends = 0, wrong = 0;
	sigset_t one, none;
	pthread_t t;

	sigemptyset(&none);
	sigemptyset(&one);
	sigaddset(&one, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &one, NULL);
	__atomic_store_n(&seen, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&over, false, __ATOMIC_SEQ_CST);
	waiter = pthread_self();
	pthread_create(&t, NULL, kills, NULL);
	while (!__atomic_load_n(&over, __ATOMIC_SEQ_CST)) {
		if (wait_with(way, NULL, &none) == -1 && errno == EINTR) {
			ends++;
		} else {
			wrong++;
		}
	}
	pthread_join(t, NULL);
	/* Two signals may come in one wait: the second while the first one's handler runs. */
	ok(ends > 0 && wrong == 0 && blocked_now(), "%s: every signal ends a wait (%u by %u)",
	   names[way], ends, ROUNDS);
	signal(SIGUSR1, SIG_IGN); /* one may be pending */
	pthread_sigmask(SIG_UNBLOCK, &one, NULL);
	signal(SIGUSR1, on_signal);
}

void test_masks(void)
{
	struct epoll_event e = { .events = EPOLLIN };

	signal(SIGUSR1, on_signal);
	fd = eventfd(0, EFD_NONBLOCK);
	ep = epoll_create1(0);
	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
	for (int way = 0; way < WAYS; way++) {
		test_pending(way);
	}
	for (int way = 0; way < WAYS; way++) {
		test_race(way);
	}
	close(ep);
	close(fd);
}
