/* SPDX-License-Identifier: MIT */
/* POSIX timers: what is asked comes, not too early, and overruns are counted. */
#define _GNU_SOURCE
#include "../tap.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000L

static const struct itimerspec off;

static struct itimerspec in_ms(long first, long then)
{
	return (struct itimerspec){ .it_value = { first / 1000, first % 1000 * MS },
				    .it_interval = { then / 1000, then % 1000 * MS } };
}

static int64_t now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static sigset_t set_of(int s)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, s);
	return set;
}

static timer_t make(clockid_t clock, int s, int value)
{
	struct sigevent e = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = s };
	timer_t t = 0;

	e.sigev_value.sival_int = value;
	timer_create(clock, &e, &t);
	return t;
}

/* --- once ---------------------------------------------------------------------------------------- */

static void once(clockid_t clock, const char *name)
{
	sigset_t set = set_of(SIGRTMIN);
	timer_t t = make(clock, SIGRTMIN, 42);
	struct itimerspec soon = in_ms(30, 0), left;
	int64_t start = now_ns(CLOCK_MONOTONIC);
	siginfo_t info;

	is(timer_settime(t, 0, &soon, NULL), 0, "%s: a timer is set", name);
	is(sigwaitinfo(&set, &info), SIGRTMIN, "its signal comes");
	ok(now_ns(CLOCK_MONOTONIC) - start >= 30 * MS, "not before its time");
	is(info.si_code, SI_TIMER, "si_code says what sent it");
	is(info.si_value.sival_int, 42, "with the value");
	is(timer_getoverrun(t), 0, "nothing was missed");
	timer_gettime(t, &left);
	ok(left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0, "it is off then");
	soon.it_value.tv_sec = 50;
	timer_settime(t, 0, &soon, NULL);
	timer_gettime(t, &left);
	ok(left.it_value.tv_sec > 20 && left.it_value.tv_sec <= 50, "what is left is told");
	is(timer_settime(t, 0, &off, &left), 0, "it can be stopped");
	ok(left.it_value.tv_sec >= 20, "and tells what was left");
	is(timer_delete(t), 0, "and deleted");
	fails(timer_delete(t), EINVAL, "once");
	fails(timer_gettime(t, &left), EINVAL, "then it is gone");
}

static void absolute(clockid_t clock, const char *name)
{
	sigset_t set = set_of(SIGRTMIN);
	timer_t t = make(clock, SIGRTMIN, 1);
	int64_t at = now_ns(clock) + 40 * MS;
	struct itimerspec when = { .it_value = { at / 1000000000, at % 1000000000 } };
	siginfo_t info;

	is(timer_settime(t, TIMER_ABSTIME, &when, NULL), 0, "%s: a time may be given", name);
	sigwaitinfo(&set, &info);
	ok(now_ns(clock) >= at, "the timer waits for it");
	is(timer_settime(t, TIMER_ABSTIME, &when, NULL), 0, "a time that is past");
	is(sigwaitinfo(&set, &info), SIGRTMIN, "has come at once");
	timer_delete(t);
}

/* A timer for a time of the wall clock follows when that is set. */
static void clock_set(void)
{
	sigset_t set = set_of(SIGRTMIN);
	timer_t t = make(CLOCK_REALTIME, SIGRTMIN, 1), r = make(CLOCK_REALTIME, SIGRTMIN, 2);
	int64_t at = now_ns(CLOCK_REALTIME) + 3600 * 1000000000L;
	struct itimerspec when = { .it_value = { at / 1000000000, 0 } }, hour = in_ms(3600000, 0);
	struct timespec jump = { at / 1000000000 + 1, 0 };
	siginfo_t info;

	timer_settime(t, TIMER_ABSTIME, &when, NULL);
	timer_settime(r, 0, &hour, NULL);
	clock_settime(CLOCK_REALTIME, &jump);
	is(sigwaitinfo(&set, &info), SIGRTMIN, "setting the wall clock makes a timer due");
	is(info.si_value.sival_int, 1, "the absolute one");
	fails(sigtimedwait(&set, &info, &(struct timespec){ 0, 20 * MS }), EAGAIN,
	      "not the relative one");
	timer_delete(t);
	timer_delete(r);
}

static void *sleep_an_hour(void *arg)
{
	struct timespec t = { *(int64_t *)arg / 1000000000, 0 };

	return (void *)(long)clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL);
}

static void sleepers(void)
{
	int64_t at = now_ns(CLOCK_REALTIME) + 3600 * 1000000000L;
	struct timespec jump = { at / 1000000000 + 1, 0 };
	pthread_t t;
	void *r;

	pthread_create(&t, NULL, sleep_an_hour, &at);
	nanosleep(&(struct timespec){ 0, 20 * MS }, NULL);
	clock_settime(CLOCK_REALTIME, &jump);
	pthread_join(t, &r);
	is((long)r, 0, "setting the wall clock ends a sleep until a time of it");
}

/* --- intervals --------------------------------------------------------------------------------- */

static void intervals(void)
{
	sigset_t set = set_of(SIGRTMIN);
	timer_t t = make(CLOCK_MONOTONIC, SIGRTMIN, 3);
	struct itimerspec every = in_ms(10, 10), left;
	int64_t start = now_ns(CLOCK_MONOTONIC);
	int n = 0, overrun = 0;
	siginfo_t info;

	timer_settime(t, 0, &every, NULL);
	for (int i = 0; i < 5; i++) {
		n += sigwaitinfo(&set, &info) == SIGRTMIN;
		overrun += info.si_overrun;
	}
	is(n, 5, "an interval comes again and again");
	ok(now_ns(CLOCK_MONOTONIC) - start >= (5 + overrun) * 10 * MS, "not too often");
	timer_gettime(t, &left);
	ok(left.it_interval.tv_nsec == 10 * MS && left.it_value.tv_nsec > 0, "it goes on");
	timer_settime(t, 0, &off, NULL);
	while (sigtimedwait(&set, &info, &(struct timespec){ 0 }) == SIGRTMIN) {
	}
	fails(sigtimedwait(&set, &info, &(struct timespec){ 0, 30 * MS }), EAGAIN,
	      "until it is stopped");
	timer_delete(t);
}

static void overruns(void)
{
	sigset_t set = set_of(SIGRTMIN);
	timer_t t = make(CLOCK_MONOTONIC, SIGRTMIN, 4);
	struct itimerspec every = in_ms(1, 1), often = { { 0, 1 }, { 0, 1 } };
	int64_t start = now_ns(CLOCK_MONOTONIC), ms;
	siginfo_t info;
	int n, sum, taken;

	timer_settime(t, 0, &every, NULL);
	while (now_ns(CLOCK_MONOTONIC) - start < 100 * MS) {
	}
	sigwaitinfo(&set, &info);
	n = timer_getoverrun(t);
	ok(n > 0, "what nobody took is counted");
	is(info.si_overrun, n, "the signal's information says so too");
	/* The latest expiries may still be on the way when the machine is slow. */
	for (sum = n + 1, taken = 1; sum < 100; taken++) {
		sigwaitinfo(&set, &info);
		sum += 1 + timer_getoverrun(t);
	}
	ms = (now_ns(CLOCK_MONOTONIC) - start) / MS;
	ok(sum <= ms && taken < 50, "every one, and none twice");
	timer_settime(t, 0, &often, NULL);
	start = now_ns(CLOCK_MONOTONIC);
	while (now_ns(CLOCK_MONOTONIC) - start < 20 * MS) {
	}
	sigwaitinfo(&set, &info);
	timer_settime(t, 0, &off, NULL);
	ok(info.si_overrun > 1000000, "an interval of a nanosecond leaves time for the program");
	timer_delete(t);
	while (sigtimedwait(&set, &info, &(struct timespec){ 0 }) == SIGRTMIN) {
	}
}

static void many(void)
{
	sigset_t set = set_of(SIGRTMIN + 1);
	timer_t t[40];
	unsigned long seen = 0;
	siginfo_t info;

	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < 40; i++) {
		struct itimerspec soon = in_ms(5 + i * 7 % 40, 0);

		t[i] = make(CLOCK_MONOTONIC, SIGRTMIN + 1, i);
		timer_settime(t[i], 0, &soon, NULL);
	}
	for (int i = 0; i < 40; i++) {
		sigwaitinfo(&set, &info);
		seen |= 1UL << info.si_value.sival_int;
	}
	is(seen, (1UL << 40) - 1, "forty timers come, each once");
	for (int i = 0; i < 40; i++) {
		timer_delete(t[i]);
	}
	t[0] = make(CLOCK_MONOTONIC, SIGRTMIN + 1, 0);
	timer_settime(t[0], 0, &(struct itimerspec){ .it_value = { 0, 1 } }, NULL);
	nanosleep(&(struct timespec){ 0, 5 * MS }, NULL);
	timer_delete(t[0]);
	fails(sigtimedwait(&set, &info, &(struct timespec){ 0 }), EAGAIN,
	      "a deleted timer's signal goes with it");
}

/* --- threads ------------------------------------------------------------------------------------- */

static sem_t told;
static struct {
	_Atomic int count, value;
	_Atomic size_t stack;
	_Atomic bool other;
	pthread_t self;
} thread;

static void notify(union sigval v)
{
	pthread_attr_t a;
	size_t size = 0;

	pthread_getattr_np(pthread_self(), &a);
	pthread_attr_getstacksize(&a, &size);
	thread.stack = size;
	thread.value = v.sival_int;
	thread.other = pthread_self() != thread.self;
	thread.count++;
	sem_post(&told);
	pthread_exit(NULL); /* which a thread of its own may do */
}

static void threads(void)
{
	struct sigevent e = { .sigev_notify = SIGEV_THREAD, .sigev_notify_function = notify };
	struct itimerspec every = in_ms(10, 10);
	pthread_attr_t a;
	timer_t t;

	sem_init(&told, 0, 0);
	thread.self = pthread_self();
	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 3 * 65536);
	e.sigev_notify_attributes = &a;
	e.sigev_value.sival_int = 77;
	is(timer_create(CLOCK_MONOTONIC, &e, &t), 0, "SIGEV_THREAD is there");
	timer_settime(t, 0, &every, NULL);
	for (int i = 0; i < 4; i++) {
		sem_wait(&told);
	}
	timer_delete(t);
	ok(thread.count >= 4, "each expiry has its thread");
	is(thread.value, 77, "that gets the value");
	ok(thread.other, "and is another thread");
	is(thread.stack, 3 * 65536, "with the attributes asked for");
	e.sigev_notify_function = NULL;
	fails(timer_create(CLOCK_MONOTONIC, &e, &t), EINVAL, "there must be a function");
}

/* --- edges --------------------------------------------------------------------------------------- */

static volatile int alarms, last;

static void on_alarm(int s, siginfo_t *info, void *context)
{
	(void)context;
	last = info->si_code;
	alarms += s == SIGALRM;
}

/* pause() would miss one that comes before it. */
static void await_alarms(int n)
{
	sigset_t set = set_of(SIGALRM), none;

	sigemptyset(&none);
	sigprocmask(SIG_BLOCK, &set, NULL);
	while (alarms < n) {
		sigsuspend(&none);
	}
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void edges(void)
{
	struct sigevent e = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = 0 };
	struct itimerspec bad = { .it_value = { 1, 1000000000 } }, soon = in_ms(5, 0), left;
	struct sigaction a = { .sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO };
	timer_t t;

	fails(timer_create(CLOCK_MONOTONIC, &e, &t), EINVAL, "signal 0 is none");
	e.sigev_notify = 1234;
	fails(timer_create(CLOCK_MONOTONIC, &e, &t), EINVAL, "an unknown way is refused");
	fails(timer_create(99, NULL, &t), EINVAL, "so is an unknown clock");
	fails(timer_create(CLOCK_PROCESS_CPUTIME_ID, NULL, &t), ENOTSUP, "and processor time");
	e.sigev_notify = SIGEV_NONE;
	is(timer_create(CLOCK_MONOTONIC, &e, &t), 0, "SIGEV_NONE says nothing");
	fails(timer_settime(t, 0, &bad, NULL), EINVAL, "nanoseconds have a bound");
	timer_settime(t, 0, &soon, NULL);
	nanosleep(&(struct timespec){ 0, 10 * MS }, NULL);
	timer_gettime(t, &left);
	is(left.it_value.tv_nsec, 0, "but runs");
	timer_delete(t);
	fails(timer_settime((timer_t)12345, 0, &soon, NULL), EINVAL, "a number is no timer");
	sigaction(SIGALRM, &a, NULL);
	is(timer_create(CLOCK_MONOTONIC, NULL, &t), 0, "without an event it is SIGALRM");
	timer_settime(t, 0, &soon, NULL);
	await_alarms(1);
	is(last, SI_TIMER, "from a timer");
	timer_delete(t);
}

static void itimers(void)
{
	struct itimerval every = { { 0, 5000 }, { 0, 5000 } }, none = { { 0, 0 }, { 0, 0 } }, was;

	alarms = 0;
	is(setitimer(ITIMER_REAL, &every, NULL), 0, "setitimer() starts");
	await_alarms(3);
	getitimer(ITIMER_REAL, &was);
	ok(was.it_interval.tv_usec == 5000 && was.it_value.tv_usec > 0, "getitimer() tells");
	is(setitimer(ITIMER_REAL, &none, &was), 0, "it can be stopped");
	is(was.it_interval.tv_usec, 5000, "the old setting is told");
	every.it_value.tv_usec = 1000000;
	fails(setitimer(ITIMER_REAL, &every, NULL), EINVAL, "microseconds have a bound");
	fails(setitimer(ITIMER_PROF, &none, NULL), ENOTSUP, "there is none of processor time");
	fails(setitimer(99, &none, NULL), EINVAL, "nor an unknown one");
	is(alarm(100), 0, "alarm() starts");
	alarms = 0;
	ok(alarm(1) >= 50, "and tells what was left");
	await_alarms(1);
	is(alarms, 1, "the second one came");
	is(alarm(0), 0, "nothing is left");
}

int main(void)
{
	sigset_t set = set_of(SIGRTMIN);

	sigprocmask(SIG_BLOCK, &set, NULL);
	once(CLOCK_MONOTONIC, "monotonic");
	once(CLOCK_REALTIME, "realtime");
	absolute(CLOCK_MONOTONIC, "monotonic");
	absolute(CLOCK_REALTIME, "realtime");
	clock_set();
	sleepers();
	intervals();
	overruns();
	many();
	threads();
	edges();
	itimers();
	return tap_done();
}
