/* SPDX-License-Identifier: MIT */
/* EPOLLEXCLUSIVE: of several sets that watch a descriptor one is woken for each event. */
#include "../tap.h"
#include "poll_test.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define SETS 4

static int control(int ep, int op, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.fd = fd };

	return epoll_ctl(ep, op, fd, &e);
}

static void test_flags(void)
{
	int ep = epoll_create1(0), inner = epoll_create1(0), fd = eventfd(1, EFD_NONBLOCK);
	struct epoll_event e;

	fails(control(ep, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT), EINVAL,
	      "exclusive: not with EPOLLONESHOT");
	fails(control(ep, EPOLL_CTL_ADD, inner, EPOLLIN | EPOLLEXCLUSIVE), EINVAL, "not a set");
	is(control(ep, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLEXCLUSIVE | EPOLLET), 0, "with EPOLLET");
	fails(control(ep, EPOLL_CTL_MOD, fd, EPOLLIN), EINVAL, "never modified");
	is(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL), 0, "deleted");
	is(control(ep, EPOLL_CTL_ADD, fd, EPOLLIN), 0, "added without");
	fails(control(ep, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLEXCLUSIVE), EINVAL, "not by modifying");
	ok(epoll_wait(ep, &e, 1, 0) == 1 && e.events == EPOLLIN, "the flag is never reported");
	close(ep);
	close(inner);
	close(fd);
}

static int sets[SETS], source;
static unsigned woken;

static void *waits(void *arg)
{
	struct epoll_event e;
	eventfd_t v;

	while (epoll_wait(*(int *)arg, &e, 1, -1) == 1 && e.data.fd == source) {
		__atomic_fetch_add(&woken, 1, __ATOMIC_SEQ_CST);
		eventfd_read(source, &v);
	}
	return NULL;
}

static void test_one_of_many(void)
{
	int end = eventfd(0, 0);
	pthread_t t[SETS];

	source = eventfd(0, EFD_NONBLOCK);
	for (int i = 0; i < SETS; i++) {
		sets[i] = epoll_create1(0);
		control(sets[i], EPOLL_CTL_ADD, source, EPOLLIN | EPOLLEXCLUSIVE);
		control(sets[i], EPOLL_CTL_ADD, end, EPOLLIN);
		pthread_create(&t[i], NULL, waits, &sets[i]);
	}
	usleep(50000); /* all of them sleep by now, or the count is less sharp */
	for (unsigned i = 1; i <= 50; i++) {
		eventfd_write(source, 1);
		while (__atomic_load_n(&woken, __ATOMIC_SEQ_CST) < i) {
			usleep(1000);
		}
		usleep(1000);
	}
	ok(woken >= 50 && woken < 100, "one of four is woken by an event (%u by 50)", woken);
	eventfd_write(end, 1);
	for (int i = 0; i < SETS; i++) {
		pthread_join(t[i], NULL);
		close(sets[i]);
	}
	ok(true, "all of them by one that is not exclusive");
	close(end);
	close(source);
}

void test_exclusive(void)
{
	test_flags();
	test_one_of_many();
}
