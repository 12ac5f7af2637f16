/* SPDX-License-Identifier: MIT */
/* Signals from other threads and timers: they interrupt loops, and calls that wait. */
#define _GNU_SOURCE
#include "signal_test.h"

#include <poll.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* --- a thread that sends ------------------------------------------------------------------------- */

static struct {
	pthread_t thread, to;
	int signal, after_ms, times;
	volatile bool stop; /* the call came back: enough */
} sender;

static void *send_later(void *arg)
{
	(void)arg;
	for (int i = 0; i < sender.times && !sender.stop; i++) {
		nap(sender.after_ms);
		if (!sender.stop) {
			pthread_kill(sender.to, sender.signal);
		}
	}
	return NULL;
}

/* Again and again, so that the one that counts comes while the call waits. */
static void start_sender(int s)
{
	sender.to = pthread_self();
	sender.signal = s;
	sender.after_ms = 30;
	sender.times = 100;
	sender.stop = false;
	pthread_create(&sender.thread, NULL, send_later, NULL);
}

static void end_sender(void)
{
	sender.stop = true;
	pthread_join(sender.thread, NULL);
}

/* --- loops --------------------------------------------------------------------------------------- */

static volatile double product;

static void float_handler(int s)
{
	double x = 1.5;

	/* Live in every register that a call may change. */
	for (int i = 0; i < 50; i++) {
		x = x * 1.01 + 0.25;
	}
	product = x;
	seen.count++;
	seen.signal = s;
}

static void loops(void)
{
	volatile struct seen *v = &seen;
	double a = 1, b = 2, c = 3;
	unsigned long n = 0;
	bool same = true;

	catch (SIGUSR1, 0);
	start_sender(SIGUSR1);
	while (v->count == 0) {
		n++;
	}
	end_sender();
	ok(v->thread == pthread_self(),
	   "an endless loop is interrupted by another thread's signal");
	is(v->code, SI_TKILL, "si_code says that it was for this thread");

	signal(SIGUSR1, float_handler);
	seen.count = 0;
	start_sender(SIGUSR1);
	while (v->count < 3) {
		for (int i = 1; i < 1000; i++) {
			a = a + 0.5, b = b + 0.25, c = c + 0.125;
		}
		same = same && a - 1 == 2 * (b - 2) && b - 2 == 2 * (c - 3);
		if (a > 1e9) {
			a = 1, b = 2, c = 3;
		}
	}
	end_sender();
	ok(same, "floating-point registers are as they were");
	(void)n;
}

static void on_alarm(int s)
{
	seen.count++;
	seen.signal = s;
}

static sigjmp_buf out;

static void jump_out(int s)
{
	siglongjmp(out, s);
}

static void alarms(void)
{
	struct itimerval soon = { { 0, 0 }, { 0, 20000 } };
	volatile unsigned long n = 0;
	volatile int times = 0;

	seen.count = 0;
	signal(SIGALRM, on_alarm);
	setitimer(ITIMER_REAL, &soon, NULL);
	while (*(volatile int *)&seen.count == 0) {
		n++;
	}
	is(seen.signal, SIGALRM, "SIGALRM interrupts an endless loop");
	signal(SIGALRM, jump_out);
	for (volatile int i = 0; i < 3; i++) {
		if (sigsetjmp(out, 1) == 0) {
			setitimer(ITIMER_REAL, &soon, NULL);
			for (;;) {
				n++;
			}
		}
		times++;
	}
	is(times, 3, "siglongjmp() leaves the loop, and again");
	signal(SIGALRM, SIG_DFL);
}

/* --- calls that wait ----------------------------------------------------------------------------- */

static void sleeps(void)
{
	struct timespec t = { 60, 0 }, left = { 0 };

	catch (SIGUSR1, SA_RESTART);
	start_sender(SIGUSR1);
	fails(nanosleep(&t, &left), EINTR, "a handler ends nanosleep()");
	end_sender();
	ok(left.tv_sec >= 1 && left.tv_sec < 60, "what is left is told");
	start_sender(SIGUSR1);
	is(clock_nanosleep(CLOCK_MONOTONIC, 0, &t, &left), EINTR, "and clock_nanosleep()");
	end_sender();
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += 60;
	left.tv_sec = 77;
	start_sender(SIGUSR1);
	is(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, &left), EINTR, "until a time too");
	end_sender();
	is(left.tv_sec, 77, "which leaves nothing to tell");
	start_sender(SIGUSR1);
	ok(sleep(60) >= 1, "sleep() returns the rest");
	end_sender();
	start_sender(SIGUSR1);
	fails(usleep(60000000), EINTR, "usleep() ends");
	end_sender();
	start_sender(SIGUSR1);
	fails(pause(), EINTR, "pause() ends");
	end_sender();
}

static void files(void)
{
	int fd = eventfd(0, 0), ep = epoll_create1(0);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct epoll_event e = { .events = EPOLLIN };
	struct timespec t = { 60, 0 };
	sigset_t none = 0;
	uint64_t v;
	fd_set set;
	sem_t sem;

	catch (SIGUSR1, 0);
	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
	start_sender(SIGUSR1);
	fails(read(fd, &v, sizeof(v)), EINTR, "a handler ends read()");
	end_sender();
	catch (SIGUSR1, SA_RESTART);
	start_sender(SIGUSR1);
	fails(poll(&p, 1, 60000), EINTR, "and poll(), SA_RESTART or not");
	end_sender();
	start_sender(SIGUSR1);
	fails(ppoll(&p, 1, &t, &none), EINTR, "and ppoll()");
	end_sender();
	FD_ZERO(&set);
	FD_SET(fd, &set);
	start_sender(SIGUSR1);
	fails(select(fd + 1, &set, NULL, NULL, NULL), EINTR, "and select()");
	end_sender();
	start_sender(SIGUSR1);
	fails(epoll_wait(ep, &e, 1, -1), EINTR, "and epoll_wait()");
	end_sender();
	sem_init(&sem, 0, 0);
	start_sender(SIGUSR1);
	catch (SIGUSR1, 0);
	fails(sem_wait(&sem), EINTR, "and sem_wait()");
	end_sender();
	close(ep);
	close(fd);
}

static int event;

static void *write_later(void *arg)
{
	uint64_t one = 1;

	reached((volatile int *)&seen.count);
	nap(50);
	if (write(event, &one, sizeof(one)) != sizeof(one)) {
		return arg;
	}
	return NULL;
}

static void restarted(void)
{
	pthread_t writer;
	uint64_t v = 0;

	event = eventfd(0, 0);
	catch (SIGUSR1, SA_RESTART);
	pthread_create(&writer, NULL, write_later, NULL);
	start_sender(SIGUSR1);
	is(read(event, &v, sizeof(v)), sizeof(v), "SA_RESTART: read() goes on");
	end_sender();
	pthread_join(writer, NULL);
	is(v, 1, "until there is data");
	ok(seen.count > 0, "though the handler ran");
	close(event);
}

/* --- masks while waiting --------------------------------------------------------------------------- */

static void suspended(void)
{
	sigset_t one = set_of(SIGUSR1), none = 0, now;

	catch (SIGUSR1, 0);
	pthread_sigmask(SIG_BLOCK, &one, NULL);
	raise(SIGUSR1);
	fails(sigsuspend(&none), EINTR, "sigsuspend() lets a pending signal in");
	is(seen.count, 1, "its handler ran");
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	is(now, one, "the mask is the old one again");
	start_sender(SIGUSR1);
	fails(sigsuspend(&none), EINTR, "it waits for one");
	end_sender();
	pthread_sigmask(SIG_UNBLOCK, &one, NULL);
}

static void masked_poll(void)
{
	sigset_t one = set_of(SIGUSR1), none = 0, now;
	struct pollfd p = { .fd = eventfd(0, 0), .events = POLLIN };
	struct timespec t = { 60, 0 };

	catch (SIGUSR1, 0);
	pthread_sigmask(SIG_BLOCK, &one, NULL);
	raise(SIGUSR1);
	fails(ppoll(&p, 1, &t, &none), EINTR, "ppoll() lets a pending signal in");
	is(seen.count, 1, "its handler ran");
	raise(SIGUSR1);
	fails(pselect(0, NULL, NULL, NULL, &t, &none), EINTR, "so does pselect()");
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	is(now, one, "the mask is the old one again");
	pthread_sigmask(SIG_UNBLOCK, &one, NULL);
	close(p.fd);
}

static volatile int stop, there;

static void *idle(void *arg)
{
	there = 1;
	reached(&stop);
	return arg;
}

static void elsewhere(void)
{
	sigset_t one = set_of(SIGUSR1);
	pthread_t t;

	catch (SIGUSR1, 0);
	pthread_create(&t, NULL, idle, NULL);
	reached(&there);
	pthread_sigmask(SIG_BLOCK, &one, NULL);
	kill(getpid(), SIGUSR1);
	reached((volatile int *)&seen.count);
	ok(seen.count == 1 && seen.thread == t,
	   "the process's signal goes to a thread that lets it in");
	stop = 1;
	pthread_join(t, NULL);
	is(pthread_kill(pthread_self(), 0), 0, "pthread_kill() with 0 only looks");
	pthread_sigmask(SIG_UNBLOCK, &one, NULL);
}

/* A pipe that nobody reads. */
static void broken_pipe(void)
{
	int p[2];

	if (pipe(p) != 0) {
		return;
	}
	close(p[0]);
	fails(write(p[1], "x", 1), EPIPE,
	      "a write that nobody reads fails, and by default no more");
	catch (SIGPIPE, 0);
	fails(write(p[1], "x", 1), EPIPE, "with a handler it fails as well");
	is(seen.count, 1, "and the handler ran");
	signal(SIGPIPE, SIG_IGN);
	fails(write(p[1], "x", 1), EPIPE, "and when it is ignored");
	signal(SIGPIPE, SIG_DFL);
	close(p[1]);
}

static void aborts(void)
{
	sigset_t one = set_of(SIGABRT);

	signal(SIGABRT, jump_out);
	pthread_sigmask(SIG_BLOCK, &one, NULL);
	if (sigsetjmp(out, 1) == 0) {
		abort();
	}
	ok(true, "a handler may leave abort(), even of a blocked SIGABRT");
	pthread_sigmask(SIG_UNBLOCK, &one, NULL);
	signal(SIGABRT, SIG_DFL);
}

void async_tests(void)
{
	loops();
	alarms();
	sleeps();
	files();
	restarted();
	suspended();
	masked_poll();
	elsewhere();
	aborts();
	broken_pipe();
}
