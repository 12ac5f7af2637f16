/* SPDX-License-Identifier: MIT */
/* Sets of epoll in sets, and poll() on sets. */
#include "../tap.h"
#include "poll_test.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define CHAIN 5

static int add(int ep, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.fd = fd };

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
}

static int ready(int ep)
{
	struct epoll_event e[8];

	return epoll_wait(ep, e, 8, 0);
}

static short events_of(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1 ? p.revents : 0;
}

static void test_level(void)
{
	int outer = epoll_create1(0), inner = epoll_create1(0), fd = eventfd(0, EFD_NONBLOCK);
	struct epoll_event e;
	eventfd_t v;

	is(add(inner, fd, EPOLLIN), 0, "a set with a descriptor");
	is(add(outer, inner, EPOLLIN), 0, "in a set");
	fails(add(outer, inner, EPOLLIN), EEXIST, "once");
	is(ready(outer), 0, "nothing");
	eventfd_write(fd, 1);
	ok(epoll_wait(outer, &e, 1, -1) == 1 && e.events == EPOLLIN && e.data.fd == inner,
	   "the outer one tells of the inner one");
	is(events_of(inner), POLLIN, "so does poll()");
	is(events_of(outer), POLLIN, "of both");
	is(ready(inner), 1, "which tells of the descriptor");
	is(ready(outer), 1, "as long as nobody reads");
	eventfd_read(fd, &v);
	is(events_of(outer), 0, "read: poll() knows, though nobody looked into the inner one");
	is(ready(outer), 0, "and the outer set");
	eventfd_write(fd, 1);
	eventfd_read(fd, &v);
	is(ready(outer), 0, "come and gone");
	is(events_of(inner), 0, "for poll() too");
	eventfd_write(fd, 1);
	is(ready(outer), 1, "again");
	close(fd);
	is(ready(outer), 0, "the descriptor closed");
	fd = eventfd(1, 0);
	add(inner, fd, EPOLLIN);
	is(ready(outer), 1, "another that is ready at once");
	close(inner);
	is(ready(outer), 0, "the inner set closed");
	close(outer);
	close(fd);
}

static void test_edge(void)
{
	int outer = epoll_create1(0), inner = epoll_create1(0), fd = eventfd(0, EFD_NONBLOCK);
	eventfd_t v;

	add(inner, fd, EPOLLIN);
	add(outer, inner, EPOLLIN | EPOLLET);
	is(ready(outer), 0, "edge: nothing");
	eventfd_write(fd, 1);
	is(ready(outer), 1, "edge: an event");
	is(ready(outer), 0, "told once");
	eventfd_write(fd, 1);
	is(ready(outer), 1, "another, though nobody looked into the inner one");
	eventfd_read(fd, &v);
	is(ready(outer), 0, "reading is none");
	close(outer);
	close(inner);
	close(fd);
}

static void test_shapes(void)
{
	int ep[CHAIN + 1], fd = eventfd(0, EFD_NONBLOCK), bad = 0;

	for (int i = 0; i <= CHAIN; i++) {
		ep[i] = epoll_create1(0);
	}
	fails(add(ep[0], ep[0], EPOLLIN), EINVAL, "not in itself");
	for (int i = 0; i + 1 < CHAIN; i++) {
		bad += add(ep[i], ep[i + 1], EPOLLIN) != 0;
	}
	is(bad, 0, "five sets in each other");
	fails(add(ep[CHAIN - 1], ep[CHAIN], EPOLLIN), ELOOP, "no sixth inside");
	fails(add(ep[CHAIN], ep[0], EPOLLIN), ELOOP, "none around");
	fails(add(ep[CHAIN - 1], ep[0], EPOLLIN), ELOOP, "no ring");
	fails(add(ep[1], ep[0], EPOLLIN), ELOOP, "not of two either");
	is(add(ep[0], ep[2], EPOLLIN), 0, "a shorter way beside the longer");
	is(add(ep[CHAIN - 1], fd, EPOLLIN), 0, "a descriptor in the innermost");
	eventfd_write(fd, 1);
	is(ready(ep[0]), 2, "the outermost hears it both ways");
	close(ep[2]);
	is(ready(ep[0]), 0, "until the chain breaks");
	is(ready(ep[3]), 1, "its end goes on");
	is(add(ep[3], ep[1], EPOLLIN), 0, "what was a ring is one no more");
	for (int i = 0; i <= CHAIN; i++) {
		close(ep[i]);
	}
	close(fd);
}

/* --- several threads --------------------------------------------------------------------------- */

#define EVENTS 2000

static int outer, inner, source;

static void *drains(void *arg)
{
	struct epoll_event e;
	uintptr_t got = 0;
	eventfd_t v;

	(void)arg;
	while (epoll_wait(outer, &e, 1, -1) == 1 && e.data.fd == inner) {
		if (epoll_wait(inner, &e, 1, 0) == 1 && eventfd_read(source, &v) == 0) {
			got += (uintptr_t)v;
		}
	}
	return (void *)got;
}

/* A wake-up that is lost on the way through two sets leaves everybody asleep. */
static void test_threads(void)
{
	int end = eventfd(0, 0);
	pthread_t t[3];
	uintptr_t sum = 0;
	void *got;

	outer = epoll_create1(0);
	inner = epoll_create1(0);
	source = eventfd(0, EFD_SEMAPHORE | EFD_NONBLOCK);
	add(inner, source, EPOLLIN);
	add(outer, inner, EPOLLIN);
	for (int i = 0; i < 3; i++) {
		pthread_create(&t[i], NULL, drains, NULL);
	}
	for (int i = 0; i < EVENTS; i++) {
		struct pollfd p = { .fd = inner, .events = POLLIN };

		eventfd_write(source, 1);
		while (i % 16 == 0 && poll(&p, 1, 0) == 1) {
			sched_yield();
		}
	}
	while (events_of(inner) != 0) {
		sched_yield();
	}
	add(outer, end, EPOLLIN);
	eventfd_write(end, 1);
	for (int i = 0; i < 3; i++) {
		pthread_join(t[i], &got);
		sum += (uintptr_t)got;
	}
	is(sum, EVENTS, "each event comes once, through two sets to three threads");
	close(outer);
	close(inner);
	close(source);
	close(end);
}

/* --- everything changes at once ----------------------------------------------------------------- */

#define CHANGES 1500

static bool over;

static bool is_over(void)
{
	return __atomic_load_n(&over, __ATOMIC_SEQ_CST);
}

static void *moves_sets(void *arg)
{
	while (!is_over()) {
		int middle = epoll_create1(0);

		add(middle, inner, EPOLLIN | EPOLLET);
		add(outer, middle, EPOLLIN);
		epoll_ctl(outer, EPOLL_CTL_DEL, inner, NULL);
		add(outer, inner, EPOLLIN);
		close(middle); /* takes itself out of both */
	}
	return arg;
}

static void *looks(void *arg)
{
	while (!is_over()) {
		struct pollfd p[2] = { { .fd = outer, .events = POLLIN },
				       { .fd = inner, .events = POLLIN } };

		poll(p, 2, 1);
		ready(outer);
		ready(inner);
	}
	return arg;
}

static void *rings(void *arg)
{
	/* Only one of the two ways round may ever be there. */
	while (!is_over()) {
		if (add(inner, outer, EPOLLIN) == 0) {
			epoll_ctl(inner, EPOLL_CTL_DEL, outer, NULL);
		}
	}
	return arg;
}

static void test_changes(void)
{
	static void *(*const work[])(void *) = { moves_sets, looks, looks, rings };
	pthread_t t[4];
	int fd;

	outer = epoll_create1(0);
	inner = epoll_create1(0);
	__atomic_store_n(&over, false, __ATOMIC_SEQ_CST);
	for (int i = 0; i < 4; i++) {
		pthread_create(&t[i], NULL, work[i], NULL);
	}
	for (int i = 0; i < CHANGES; i++) {
		fd = eventfd(0, EFD_NONBLOCK);
		add(inner, fd, EPOLLIN);
		eventfd_write(fd, 1);
		close(fd);
	}
	__atomic_store_n(&over, true, __ATOMIC_SEQ_CST);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
	}
	is(ready(outer), 0, "sets, descriptors and events that come and go leave nothing");
	fd = eventfd(1, EFD_NONBLOCK);
	add(inner, fd, EPOLLIN);
	epoll_ctl(outer, EPOLL_CTL_DEL, inner, NULL);
	is(add(outer, inner, EPOLLIN), 0, "and sets that work:");
	is(ready(outer), 1, "the next event comes");
	close(fd);
	close(outer);
	close(inner);
}

void test_nested(void)
{
	test_level();
	test_edge();
	test_shapes();
	test_threads();
	test_changes();
}
