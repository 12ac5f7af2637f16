/* SPDX-License-Identifier: MIT */
/* Cancellation points, each in a call that blocks for good. */
#define _GNU_SOURCE
#include "cancel_test.h"

#include <poll.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define LONG 1000 /* seconds */

static int fd;
static sem_t sem;
static pthread_t sleeper;

static struct timespec far(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	t.tv_sec += LONG;
	return t;
}

static void enter_testcancel(void)
{
	for (;;) {
		pthread_testcancel();
		sched_yield();
	}
}

/* --- conditions, semaphores, threads */

static void unlock(void *m)
{
	pthread_mutex_unlock(m);
}

static void enter_cond_wait(void)
{
	pthread_mutex_lock(&lock);
	pthread_cleanup_push(unlock, &lock);
	for (;;) {
		pthread_cond_wait(&cond, &lock);
	}
	pthread_cleanup_pop(0);
}

static void enter_cond_timedwait(void)
{
	struct timespec t = far(CLOCK_REALTIME);

	pthread_mutex_lock(&lock);
	pthread_cleanup_push(unlock, &lock);
	while (pthread_cond_timedwait(&cond, &lock, &t) == 0) {
	}
	pthread_cleanup_pop(0);
}

static void enter_cond_clockwait(void)
{
	struct timespec t = far(CLOCK_MONOTONIC);

	pthread_mutex_lock(&lock);
	pthread_cleanup_push(unlock, &lock);
	while (pthread_cond_clockwait(&cond, &lock, CLOCK_MONOTONIC, &t) == 0) {
	}
	pthread_cleanup_pop(0);
}

static void make_sem(void)
{
	sem_init(&sem, 0, 0);
}

static void end_sem(void)
{
	sem_destroy(&sem);
}

static void enter_sem_wait(void)
{
	sem_wait(&sem);
}

static void enter_sem_timedwait(void)
{
	struct timespec t = far(CLOCK_REALTIME);

	sem_timedwait(&sem, &t);
}

static void enter_sem_clockwait(void)
{
	struct timespec t = far(CLOCK_MONOTONIC);

	sem_clockwait(&sem, CLOCK_MONOTONIC, &t);
}

static void *wait_for_end(void *arg)
{
	sem_wait(&sem);
	return arg;
}

static void make_sleeper(void)
{
	make_sem();
	pthread_create(&sleeper, NULL, wait_for_end, NULL);
}

static void end_sleeper(void)
{
	sem_post(&sem);
	pthread_join(sleeper, NULL); /* still joinable */
	sem_destroy(&sem);
}

static void enter_join(void)
{
	pthread_join(sleeper, NULL);
}

static void enter_timedjoin(void)
{
	struct timespec t = far(CLOCK_REALTIME);

	pthread_timedjoin_np(sleeper, NULL, &t);
}

/* --- time */

static void enter_nanosleep(void)
{
	struct timespec t = { .tv_sec = LONG };

	nanosleep(&t, NULL);
}

static void enter_clock_nanosleep(void)
{
	struct timespec t = far(CLOCK_MONOTONIC);

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static void enter_sleep(void)
{
	sleep(LONG);
}

static void enter_usleep(void)
{
	usleep(LONG * 1000000U);
}

/* --- descriptors: an event counter that stays 0, and for writing one that is full */

static void make_empty(void)
{
	fd = eventfd(0, 0);
}

static void make_full(void)
{
	fd = eventfd(0, 0);
	eventfd_write(fd, UINT64_MAX - 1);
}

static void close_fd(void)
{
	close(fd);
}

static void enter_read(void)
{
	uint64_t v;

	(void)!read(fd, &v, sizeof(v));
}

static void enter_readv(void)
{
	uint64_t v;
	struct iovec iov = { &v, sizeof(v) };

	(void)!readv(fd, &iov, 1);
}

static void enter_write(void)
{
	uint64_t v = 1;

	(void)!write(fd, &v, sizeof(v));
}

static void enter_writev(void)
{
	uint64_t v = 1;
	struct iovec iov = { &v, sizeof(v) };

	(void)!writev(fd, &iov, 1);
}

static void enter_poll(void)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	poll(&p, 1, -1);
}

static void enter_ppoll(void)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	ppoll(&p, 1, NULL, NULL);
}

static void enter_select(void)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	select(fd + 1, &set, NULL, NULL, NULL);
}

static void enter_pselect(void)
{
	struct timespec t = { .tv_sec = LONG };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	pselect(fd + 1, &set, NULL, NULL, &t, NULL);
}

static void make_epoll(void)
{
	fd = epoll_create1(0);
}

static void enter_epoll(void)
{
	struct epoll_event e;

	epoll_wait(fd, &e, 1, -1);
}

void pause_for_ever(void)
{
	sem_t never;

	sem_init(&never, 0, 0);
	for (;;) {
		sem_wait(&never);
	}
}

const struct point points[] = {
	{ "pthread_testcancel", NULL, enter_testcancel, NULL },
	{ "pthread_cond_wait", NULL, enter_cond_wait, NULL },
	{ "pthread_cond_timedwait", NULL, enter_cond_timedwait, NULL },
	{ "pthread_cond_clockwait", NULL, enter_cond_clockwait, NULL },
	{ "sem_wait", make_sem, enter_sem_wait, end_sem },
	{ "sem_timedwait", make_sem, enter_sem_timedwait, end_sem },
	{ "sem_clockwait", make_sem, enter_sem_clockwait, end_sem },
	{ "pthread_join", make_sleeper, enter_join, end_sleeper },
	{ "pthread_timedjoin_np", make_sleeper, enter_timedjoin, end_sleeper },
	{ "nanosleep", NULL, enter_nanosleep, NULL },
	{ "clock_nanosleep", NULL, enter_clock_nanosleep, NULL },
	{ "sleep", NULL, enter_sleep, NULL },
	{ "usleep", NULL, enter_usleep, NULL },
	{ "read", make_empty, enter_read, close_fd },
	{ "readv", make_empty, enter_readv, close_fd },
	{ "write", make_full, enter_write, close_fd },
	{ "writev", make_full, enter_writev, close_fd },
	{ "poll", make_empty, enter_poll, close_fd },
	{ "ppoll", make_empty, enter_ppoll, close_fd },
	{ "select", make_empty, enter_select, close_fd },
	{ "pselect", make_empty, enter_pselect, close_fd },
	{ "epoll_wait", make_epoll, enter_epoll, close_fd },
	{ NULL, NULL, NULL, NULL },
};
