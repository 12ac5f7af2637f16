/* SPDX-License-Identifier: MIT */
/* eventfd, poll and select: readiness, time limits of 0, short and for ever, bad descriptors. */
#include "../tap.h"
#include "poll_test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <unistd.h>

static void test_eventfd(void)
{
	int fd = eventfd(3, EFD_NONBLOCK);
	eventfd_t v = 0;
	char small[4];

	ok(fd >= 0 && eventfd_read(fd, &v) == 0 && v == 3, "the initial value is read");
	fails(read(fd, &v, 8), EAGAIN, "an empty one has nothing");
	is(eventfd_write(fd, 5) | eventfd_write(fd, 6), 0, "writes");
	ok(eventfd_read(fd, &v) == 0 && v == 11, "add up");
	fails(read(fd, small, 4), EINVAL, "a buffer too small");
	v = UINT64_MAX;
	fails(write(fd, &v, 8), EINVAL, "the largest value is no value");
	is(eventfd_write(fd, UINT64_MAX - 1), 0, "the largest that fits");
	fails(eventfd_write(fd, 1), EAGAIN, "full");
	close(fd);
	fd = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
	ok(eventfd_read(fd, &v) == 0 && v == 1 && eventfd_read(fd, &v) == 0 && v == 1,
	   "as a semaphore");
	fails(read(fd, &v, 8), EAGAIN, "until it is empty");
	close(fd);
}

/* --- a thread that makes descriptors ready later */

static int late_fd;

static void *late(void *arg)
{
	const struct timespec pause = { 0, 5000000 };

	nanosleep(&pause, NULL);
	eventfd_write(late_fd, 1);
	return arg;
}

static void test_poll(void)
{
	int fd = eventfd(0, EFD_NONBLOCK);
	struct pollfd p[3] = { { .fd = fd, .events = POLLIN }, { .fd = -1, .events = POLLIN } };
	unsigned long before;
	pthread_t t;
	eventfd_t v;

	is(poll(p, 2, 0), 0, "nothing is ready, do not wait");
	before = ms_now();
	is(poll(p, 2, 20), 0, "nothing is ready, wait a little");
	ok(ms_now() - before >= 20, "not less than asked");
	is(poll(NULL, 0, 5), 0, "no descriptors: a sleep");
	p[0].events = POLLIN | POLLOUT;
	ok(poll(p, 2, -1) == 1 && p[0].revents == POLLOUT && p[1].revents == 0, "ready to write");
	p[0].events = POLLIN;
	late_fd = fd;
	pthread_create(&t, NULL, late, NULL);
	ok(poll(p, 2, -1) == 1 && p[0].revents == POLLIN,
	   "waits for ever until another thread writes");
	pthread_join(t, NULL);
	is(poll(p, 2, 0), 1, "it stays ready");
	eventfd_read(fd, &v);
	is(poll(p, 2, 0), 0, "until it is read");
	p[2] = (struct pollfd){ .fd = 999, .events = POLLIN };
	ok(poll(p, 3, -1) == 1 && p[2].revents == POLLNVAL, "a closed descriptor is POLLNVAL");
	close(fd);
}

static void test_select(void)
{
	int a = eventfd(0, EFD_NONBLOCK), b = eventfd(1, EFD_NONBLOCK);
	struct timeval zero = { 0, 0 }, little = { 0, 20000 };
	fd_set in, out;
	unsigned long before;

	FD_ZERO(&in);
	FD_SET(a, &in);
	FD_SET(b, &in);
	is(select(b + 1, &in, NULL, NULL, NULL), 1, "one of two is ready");
	ok(!FD_ISSET(a, &in) && FD_ISSET(b, &in), "the right one");
	FD_ZERO(&in);
	FD_SET(a, &in);
	is(select(a + 1, &in, NULL, NULL, &zero), 0, "none, do not wait");
	ok(!FD_ISSET(a, &in), "its bit is cleared");
	FD_SET(a, &in);
	before = ms_now();
	is(select(a + 1, &in, NULL, NULL, &little), 0, "none, wait a little");
	ok(ms_now() - before >= 20, "not less than asked");
	FD_ZERO(&in);
	FD_SET(b, &in);
	FD_ZERO(&out);
	FD_SET(a, &out);
	FD_SET(b, &out);
	is(select(b + 1, &in, &out, NULL, NULL), 3, "reading and writing count apart");
	FD_ZERO(&in);
	FD_SET(40, &in);
	fails(select(41, &in, NULL, NULL, &zero), EBADF, "a closed descriptor");
	fails(select(-1, NULL, NULL, NULL, &zero), EINVAL, "a negative count");
	close(a);
	close(b);
}

int main(void)
{
	test_eventfd();
	test_poll();
	test_select();
	test_epoll();
	test_exclusive();
	test_nested();
	test_masks();
	return tap_done();
}
