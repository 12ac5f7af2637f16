/* SPDX-License-Identifier: MIT */
/* epoll: level and edge triggered, one shot, descriptors that are closed while in a set, several
 * threads that wait, and the errors. */
#include "../tap.h"
#include "poll_test.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int add(int ep, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.fd = fd };

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
}

static int modify(int ep, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.fd = fd };

	return epoll_ctl(ep, EPOLL_CTL_MOD, fd, &e);
}

static int ready(int ep, struct epoll_event *e)
{
	return epoll_wait(ep, e, 8, 0);
}

static void test_level(int ep)
{
	struct epoll_event e[8];
	int fd = eventfd(0, EFD_NONBLOCK);
	eventfd_t v;

	is(add(ep, fd, EPOLLIN), 0, "level triggered: add");
	is(ready(ep, e), 0, "not ready");
	eventfd_write(fd, 1);
	ok(ready(ep, e) == 1 && e[0].events == EPOLLIN && e[0].data.fd == fd, "ready");
	is(ready(ep, e), 1, "and still, as long as nobody reads");
	eventfd_read(fd, &v);
	is(ready(ep, e), 0, "read: no more");
	is(modify(ep, fd, EPOLLIN | EPOLLOUT), 0, "modify");
	ok(ready(ep, e) == 1 && e[0].events == EPOLLOUT, "shows what is ready now");
	is(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL), 0, "delete");
	is(ready(ep, e), 0, "gone");
	close(fd);
}

static void test_edge(int ep)
{
	struct epoll_event e[8];
	int fd = eventfd(1, EFD_NONBLOCK);
	eventfd_t v;

	is(add(ep, fd, EPOLLIN | EPOLLET), 0, "edge triggered: add what is ready already");
	is(ready(ep, e), 1, "is an edge");
	is(ready(ep, e), 0, "told once");
	eventfd_write(fd, 1);
	is(ready(ep, e), 1, "more input is another edge, though the first was not read");
	eventfd_read(fd, &v);
	is(ready(ep, e), 0, "reading is none");
	eventfd_write(fd, 1);
	eventfd_write(fd, 1);
	is(ready(ep, e), 1, "two writes before a look are one event");
	is(modify(ep, fd, EPOLLIN | EPOLLET), 0, "modify");
	is(ready(ep, e), 1, "arms it again");
	close(fd);
}

static void test_one_shot(int ep)
{
	struct epoll_event e[8];
	int fd = eventfd(1, EFD_NONBLOCK);

	is(add(ep, fd, EPOLLIN | EPOLLONESHOT), 0, "one shot: add");
	is(ready(ep, e), 1, "the shot");
	eventfd_write(fd, 1);
	is(ready(ep, e), 0, "then silence");
	is(modify(ep, fd, EPOLLIN | EPOLLONESHOT), 0, "modify");
	is(ready(ep, e), 1, "the next shot");
	is(ready(ep, e), 0, "and silence");
	close(fd);
}

static void test_closed(int ep)
{
	struct epoll_event e[8];
	int fd = eventfd(1, EFD_NONBLOCK), other;

	add(ep, fd, EPOLLIN);
	is(ready(ep, e), 1, "a ready descriptor");
	close(fd);
	is(ready(ep, e), 0, "closed, it left the set");
	other = eventfd(0, EFD_NONBLOCK);
	is(other, fd, "its number is used again");
	eventfd_write(other, 1);
	is(ready(ep, e), 0, "the new one is not in the set");
	is(add(ep, other, EPOLLIN), 0, "until it is added");
	is(ready(ep, e), 1, "now it is");
	close(other);
}

static void test_many(int ep)
{
	struct epoll_event e[8];
	int fd[20], seen[20] = { 0 }, n, rounds = 0, total = 0;
	eventfd_t v;

	for (int i = 0; i < 20; i++) {
		fd[i] = eventfd(1, EFD_NONBLOCK);
		add(ep, fd[i], EPOLLIN);
	}
	/* Fewer places than events: each must get its turn. */
	while ((n = epoll_wait(ep, e, 3, 0)) > 0 && rounds++ < 100) {
		for (int i = 0; i < n; i++) {
			seen[e[i].data.fd - fd[0]]++;
			total++;
			eventfd_read(e[i].data.fd, &v);
		}
	}
	for (n = 0; n < 20 && seen[n] == 1; n++) {
	}
	ok(n == 20 && total == 20, "with room for three events each of twenty comes once");
	for (int i = 0; i < 20; i++) {
		close(fd[i]);
	}
}

static void test_errors(int ep)
{
	struct epoll_event e[8];
	int fd = eventfd(0, 0);

	fails(add(ep, 999, EPOLLIN), EBADF, "a closed descriptor");
	fails(add(fd, fd, EPOLLIN), EINVAL, "a set that is none");
	fails(add(ep, ep, EPOLLIN), EINVAL, "a set in itself");
	fails(modify(ep, fd, EPOLLIN), ENOENT, "modify what was not added");
	fails(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL), ENOENT, "delete what was not added");
	is(add(ep, fd, EPOLLIN), 0, "add");
	fails(add(ep, fd, EPOLLIN), EEXIST, "add twice");
	fails(epoll_wait(ep, e, 0, 0), EINVAL, "room for no event");
	fails(epoll_wait(fd, e, 1, 0), EINVAL, "wait on what is no set");
	fails(epoll_wait(999, e, 1, 0), EBADF, "wait on nothing");
	close(fd);
}

static int late_fd;

static void *late(void *arg)
{
	const struct timespec pause = { 0, 5000000 };

	nanosleep(&pause, NULL);
	eventfd_write(late_fd, 1);
	return arg;
}

static void test_waiting(int ep)
{
	struct epoll_event e[8];
	unsigned long before = ms_now();
	int fd = eventfd(0, EFD_NONBLOCK);
	pthread_t t;

	is(epoll_wait(ep, e, 8, 20), 0, "a short wait for nothing");
	ok(ms_now() - before >= 20, "not less than asked");
	add(ep, fd, EPOLLIN);
	late_fd = fd;
	pthread_create(&t, NULL, late, NULL);
	is(epoll_wait(ep, e, 8, -1), 1, "waits for ever until another thread writes");
	pthread_join(t, NULL);
	close(fd);
}

static void *wait_once(void *arg)
{
	struct epoll_event e;

	return (void *)(intptr_t)epoll_wait(*(int *)arg, &e, 1, 30000);
}

static void test_two_waiters(int ep)
{
	int fd[2] = { eventfd(0, EFD_NONBLOCK), eventfd(0, EFD_NONBLOCK) };
	pthread_t t[2];
	void *n[2];

	add(ep, fd[0], EPOLLIN | EPOLLONESHOT);
	add(ep, fd[1], EPOLLIN | EPOLLONESHOT);
	pthread_create(&t[0], NULL, wait_once, &ep);
	pthread_create(&t[1], NULL, wait_once, &ep);
	usleep(2000);
	eventfd_write(fd[0], 1);
	eventfd_write(fd[1], 1);
	pthread_join(t[0], &n[0]);
	pthread_join(t[1], &n[1]);
	ok(n[0] == (void *)1 && n[1] == (void *)1, "two threads that wait get an event each");
	close(fd[0]);
	close(fd[1]);
}

void test_epoll(void)
{
	int ep = epoll_create1(EPOLL_CLOEXEC);

	ok(ep >= 0, "epoll_create1");
	test_level(ep);
	test_edge(ep);
	test_one_shot(ep);
	test_closed(ep);
	test_many(ep);
	test_errors(ep);
	test_waiting(ep);
	test_two_waiters(ep);
	close(ep);
}
