/* SPDX-License-Identifier: MIT */
/* Message queues: priorities, full and empty, deadlines, no waiting, poll(), notification, names. */
#define _GNU_SOURCE
#include "../tap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define SIZE 16

static mqd_t q;
static char buf[SIZE];

static mqd_t make(const char *name, int flags, long max)
{
	struct mq_attr a = { .mq_maxmsg = max, .mq_msgsize = SIZE };

	return mq_open(name, O_CREAT | flags, 0600, &a);
}

static struct timespec soon(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += 20000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

static bool reached(const struct timespec *t)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec > t->tv_sec || (now.tv_sec == t->tv_sec && now.tv_nsec >= t->tv_nsec);
}

/* --- names and attributes */

static void test_names(void)
{
	struct mq_attr a, old, bad = { .mq_maxmsg = 0, .mq_msgsize = 1 };
	char name[NAME_MAX + 3];
	mqd_t other;

	fails(mq_open("/q", O_RDWR), ENOENT, "no queue of this name");
	fails(mq_open("q", O_RDWR | O_CREAT, 0600, NULL), EINVAL, "a name without a slash");
	fails(mq_open("/a/b", O_RDWR | O_CREAT, 0600, NULL), EACCES, "a name with two");
	fails(mq_open("/", O_RDWR | O_CREAT, 0600, NULL), ENOENT, "no name");
	memset(name, 'x', sizeof(name));
	name[0] = '/';
	name[sizeof(name) - 1] = 0;
	fails(mq_open(name, O_RDWR | O_CREAT, 0600, NULL), ENAMETOOLONG, "a name too long");
	fails(mq_open("/q", O_RDWR | O_CREAT, 0600, &bad), EINVAL, "a queue for nothing");
	q = mq_open("/q", O_RDWR | O_CREAT, 0600, NULL);
	ok(q >= 0 && mq_getattr(q, &a) == 0 && a.mq_maxmsg == 10 && a.mq_msgsize == 8192 &&
		   a.mq_curmsgs == 0 && a.mq_flags == 0,
	   "the default's attributes");
	fails(mq_open("/q", O_RDWR | O_CREAT | O_EXCL, 0600, NULL), EEXIST, "not made anew");
	other = mq_open("/q", O_RDWR | O_NONBLOCK);
	ok(other >= 0 && other != q, "opened again");
	ok(mq_getattr(other, &a) == 0 && a.mq_flags == O_NONBLOCK, "with flags of its own");
	is(mq_send(q, "x", 1, 3), 0, "what is sent by one");
	ok(mq_getattr(other, &a) == 0 && a.mq_curmsgs == 1, "is there for the other");
	is(mq_unlink("/q"), 0, "unlink");
	fails(mq_unlink("/q"), ENOENT, "once");
	fails(mq_open("/q", O_RDWR), ENOENT, "the name is free");
	is(mq_send(other, "y", 1, 4), 0, "the queue lives while it is open");
	a.mq_flags = O_NONBLOCK;
	is(mq_setattr(q, &a, &old), 0, "no more waiting");
	ok(old.mq_flags == 0 && mq_getattr(q, &a) == 0 && a.mq_flags == O_NONBLOCK, "old and new");
	is(mq_close(q), 0, "close");
	is(close(other), 0, "a queue is a descriptor");
	fails(mq_close(q), EBADF, "closed");
	fails(mq_send(0, "x", 1, 0), EBADF, "a descriptor that is no queue");
	fails(mq_getattr(99, &a), EBADF, "nor open");
}

/* --- messages */

static void test_order(void)
{
	static const struct {
		const char *text;
		unsigned prio;
	} sent[] = { { "c", 5 }, { "e", 1 }, { "a", 9 }, { "d", 5 }, { "b", 9 }, { "f", 0 } };
	char order[8] = "";
	unsigned prio, last = UINT_MAX;
	bool falls = true;

	q = make("/order", O_RDWR, 10);
	for (unsigned i = 0; i < 6; i++) {
		mq_send(q, sent[i].text, 1, sent[i].prio);
	}
	for (unsigned i = 0; i < 6; i++) {
		if (mq_receive(q, buf, SIZE, &prio) == 1) {
			order[i] = buf[0];
		}
		falls &= prio <= last;
		last = prio;
	}
	if (!ok(strcmp(order, "abcdef") == 0 && falls, "by priority, equals by age")) {
		diag("# %s", order);
	}
	is(mq_send(q, "", 0, MQ_PRIO_MAX - 1), 0, "an empty message of the highest priority");
	ok(mq_receive(q, buf, SIZE, &prio) == 0 && prio == MQ_PRIO_MAX - 1, "arrives");
	fails(mq_send(q, "", 0, MQ_PRIO_MAX), EINVAL, "no higher");
	fails(mq_send(q, buf, SIZE + 1, 0), EMSGSIZE, "too large a message");
	mq_send(q, "x", 1, 0);
	fails(mq_receive(q, buf, SIZE - 1, NULL), EMSGSIZE, "too small a buffer");
	is(mq_receive(q, buf, SIZE, NULL), 1, "the message is still there");
	mq_close(q);
	mq_unlink("/order");
}

static void test_modes(void)
{
	mqd_t in = make("/modes", O_RDONLY, 2), out = mq_open("/modes", O_WRONLY);

	fails(mq_send(in, "x", 1, 0), EBADF, "opened for reading only");
	fails(mq_receive(out, buf, SIZE, NULL), EBADF, "opened for writing only");
	is(mq_send(out, "x", 1, 0), 0, "each way");
	is(mq_receive(in, buf, SIZE, NULL), 1, "as it is meant");
	mq_close(in);
	mq_close(out);
	mq_unlink("/modes");
}

static void *receive(void *arg)
{
	return (void *)(intptr_t)mq_receive(q, arg, SIZE, NULL);
}

static void *send_it(void *arg)
{
	return (void *)(intptr_t)mq_send(q, arg, 1, 0);
}

static void test_waiting(void)
{
	struct timespec t = soon(), bad = { .tv_nsec = -1 };
	pthread_t thread;
	char got[SIZE];
	void *result;

	q = make("/wait", O_RDWR, 2);
	fails(mq_timedreceive(q, buf, SIZE, NULL, &t), ETIMEDOUT, "nothing comes");
	ok(reached(&t), "not early");
	fails(mq_timedreceive(q, buf, SIZE, NULL, &bad), EINVAL, "a time that is none");
	pthread_create(&thread, NULL, receive, got);
	usleep(20000);
	mq_send(q, "r", 1, 0);
	pthread_join(thread, &result);
	ok((intptr_t)result == 1 && got[0] == 'r', "a receiver waits for a message");
	ok(mq_send(q, "1", 1, 0) == 0 && mq_send(q, "2", 1, 0) == 0, "full");
	t = soon();
	fails(mq_timedsend(q, "3", 1, 0, &t), ETIMEDOUT, "no room comes");
	ok(reached(&t), "not early");
	pthread_create(&thread, NULL, send_it, "3");
	usleep(20000);
	is(mq_receive(q, buf, SIZE, NULL), 1, "room");
	pthread_join(thread, &result);
	is((intptr_t)result, 0, "a sender waits for room");
	ok(mq_receive(q, buf, SIZE, NULL) == 1 && buf[0] == '2' &&
		   mq_timedreceive(q, buf, SIZE, NULL, &bad) == 1 && buf[0] == '3',
	   "nothing is lost; what is there needs no time");
	mq_close(q);
	mq_unlink("/wait");
}

static void test_poll(void)
{
	struct epoll_event e = { .events = EPOLLIN };
	struct pollfd p;
	int ep = epoll_create1(0);

	q = make("/poll", O_RDWR | O_NONBLOCK, 2);
	p = (struct pollfd){ .fd = q, .events = POLLIN | POLLOUT };
	ok(poll(&p, 1, 0) == 1 && p.revents == POLLOUT, "empty: room, no message");
	fails(mq_receive(q, buf, SIZE, NULL), EAGAIN, "nothing without waiting");
	epoll_ctl(ep, EPOLL_CTL_ADD, q, &e);
	is(epoll_wait(ep, &e, 1, 0), 0, "epoll sees nothing");
	mq_send(q, "x", 1, 0);
	is(epoll_wait(ep, &e, 1, -1), 1, "then a message");
	ok(poll(&p, 1, 0) == 1 && p.revents == (POLLIN | POLLOUT), "one: both");
	mq_send(q, "x", 1, 0);
	ok(poll(&p, 1, 0) == 1 && p.revents == POLLIN, "full: no room");
	fails(mq_send(q, "x", 1, 0), EAGAIN, "no room without waiting");
	mq_receive(q, buf, SIZE, NULL);
	ok(poll(&p, 1, 0) == 1 && p.revents == (POLLIN | POLLOUT), "one again: both");
	close(ep);
	mq_close(q);
	mq_unlink("/poll");
}

/* --- many senders and receivers */

#define SENDERS 4
#define EACH	500

static _Atomic unsigned long sum;

static void *send_many(void *arg)
{
	for (unsigned i = 1; i <= EACH; i++) {
		mq_send(q, (const char *)&i, sizeof(i), i % 8);
	}
	return arg;
}

static void *receive_many(void *arg)
{
	char own[SIZE];
	unsigned v;

	for (unsigned i = 1; i <= EACH && mq_receive(q, own, SIZE, NULL) == sizeof(v); i++) {
		memcpy(&v, own, sizeof(v));
		sum += v;
	}
	return arg;
}

static void test_many(void)
{
	pthread_t t[2 * SENDERS];
	struct mq_attr a;

	q = make("/many", O_RDWR, 3);
	for (int i = 0; i < 2 * SENDERS; i++) {
		pthread_create(&t[i], NULL, i % 2 == 0 ? send_many : receive_many, NULL);
	}
	for (int i = 0; i < 2 * SENDERS; i++) {
		pthread_join(t[i], NULL);
	}
	is(sum, SENDERS * EACH * (EACH + 1UL) / 2, "each message arrives once");
	ok(mq_getattr(q, &a) == 0 && a.mq_curmsgs == 0, "none is left");
	mq_close(q);
	mq_unlink("/many");
}

/* --- notification */

static sem_t told;
static _Atomic int value;

static void on_signal(int s, siginfo_t *info, void *context)
{
	(void)context;
	value = s == SIGUSR1 && info->si_code == SI_MESGQ ? info->si_value.sival_int : -1;
	sem_post(&told);
}

static void on_thread(union sigval v)
{
	value = v.sival_int;
	sem_post(&told);
}

static bool is_told(int want)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += 20;
	while (sem_timedwait(&told, &t) != 0) {
		if (errno != EINTR) {
			return false;
		}
	}
	return value == want;
}

static void test_notify(void)
{
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
			       .sigev_signo = SIGUSR1,
			       .sigev_value = { .sival_int = 7 } };
	struct sigevent thread = { .sigev_notify = SIGEV_THREAD,
				   .sigev_value = { .sival_int = 8 },
				   .sigev_notify_function = on_thread };
	struct sigevent none = { .sigev_notify = SIGEV_NONE };
	struct timespec t;
	pthread_t waiting;
	mqd_t other;
	char got[SIZE];

	sem_init(&told, 0, 0);
	sigaction(SIGUSR1, &sa, NULL);
	q = make("/notify", O_RDWR, 4);
	other = mq_open("/notify", O_RDWR);
	is(mq_notify(q, &ev), 0, "a signal, please");
	fails(mq_notify(other, &none), EBUSY, "one at a time");
	mq_send(other, "1", 1, 0);
	ok(is_told(7), "told by a signal, with its value");
	mq_send(other, "2", 1, 0);
	is(mq_notify(q, &thread), 0, "once: free again; now a thread");
	mq_send(other, "3", 1, 0);
	t = soon();
	fails(sem_timedwait(&told, &t), ETIMEDOUT, "not when the queue was not empty");
	for (int i = 0; i < 3; i++) {
		mq_receive(q, buf, SIZE, NULL);
	}
	pthread_create(&waiting, NULL, receive, got);
	usleep(20000);
	mq_send(other, "4", 1, 0);
	pthread_join(waiting, NULL);
	t = soon();
	fails(sem_timedwait(&told, &t), ETIMEDOUT, "nor when somebody waits for the message");
	mq_send(other, "5", 1, 0);
	ok(is_told(8), "told by a thread");
	mq_receive(q, buf, SIZE, NULL);
	is(mq_notify(q, &ev), 0, "again");
	is(mq_notify(q, NULL), 0, "taken back");
	is(mq_notify(other, &none), 0, "free for others");
	mq_close(other);
	is(mq_notify(q, &ev), 0, "free when its owner is closed");
	mq_send(q, "6", 1, 0);
	ok(is_told(7), "told");
	ev.sigev_signo = 1000;
	fails(mq_notify(q, &ev), EINVAL, "a signal that is none");
	mq_close(q);
	mq_unlink("/notify");
}

/* --- interrupted and cancelled */

static void nothing(int s)
{
	(void)s;
}

static void *receive_interrupted(void *arg)
{
	intptr_t r = mq_receive(q, buf, SIZE, NULL);

	(void)arg;
	return (void *)(r == -1 ? (intptr_t)errno : 0);
}

static void test_interrupted(void)
{
	struct sigaction sa = { .sa_handler = nothing };
	pthread_t t;
	void *result;

	sigaction(SIGUSR2, &sa, NULL);
	q = make("/intr", O_RDWR, 1);
	pthread_create(&t, NULL, receive_interrupted, NULL);
	usleep(20000);
	pthread_kill(t, SIGUSR2);
	pthread_join(t, &result);
	is((intptr_t)result, EINTR, "a signal ends the wait for a message");
	pthread_create(&t, NULL, receive_interrupted, NULL);
	usleep(20000);
	pthread_cancel(t);
	pthread_join(t, &result);
	ok(result == PTHREAD_CANCELED, "so does a cancellation");
	mq_send(q, "x", 1, 0);
	pthread_create(&t, NULL, send_it, "y");
	usleep(20000);
	pthread_cancel(t);
	pthread_join(t, &result);
	ok(result == PTHREAD_CANCELED, "and of the wait for room");
	ok(mq_receive(q, buf, SIZE, NULL) == 1 && buf[0] == 'x', "what was sent is there");
	mq_close(q);
	mq_unlink("/intr");
}

int main(void)
{
	test_names();
	test_order();
	test_modes();
	test_waiting();
	test_poll();
	test_many();
	test_notify();
	test_interrupted();
	return tap_done();
}
