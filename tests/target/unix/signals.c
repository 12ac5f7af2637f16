/* SPDX-License-Identifier: MIT */
/* Signals and cancellation while a thread waits at a socket. */
#include "../tap.h"
#include "unix_test.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

static char bytes[500000];
static volatile unsigned seen;

static void on_signal(int sig)
{
	(void)sig;
	seen++;
}

static void catch (int flags)
{
	struct sigaction a = { .sa_handler = on_signal, .sa_flags = flags };

	sigaction(SIGUSR1, &a, NULL);
}

/* What a thread that is to be interrupted does. */
enum what { RECV, SEND, ACCEPT, CONNECT };

struct call {
	enum what what;
	int fd;
	size_t n; /* bytes to send */
	struct sockaddr_un to;
	socklen_t len;
	volatile bool over;
	ssize_t result;
	int error;
};

static void *calls(void *arg)
{
	struct call *c = arg;

	switch (c->what) {
	case RECV:
		c->result = recv(c->fd, bytes, 1, 0);
		break;
	case SEND:
		c->result = send(c->fd, bytes, c->n, MSG_NOSIGNAL);
		break;
	case ACCEPT:
		c->result = accept(c->fd, NULL, NULL);
		break;
	case CONNECT:
		c->result = connect(c->fd, (struct sockaddr *)&c->to, c->len);
		break;
	}
	c->error = errno;
	c->over = true;
	return NULL;
}

/* Signals until the call ends, or with @restart until @n handlers ran. */
static void disturb(pthread_t t, struct call *c, unsigned n, bool restart)
{
	while (!c->over && (!restart || seen < n)) {
		pthread_kill(t, SIGUSR1);
		usleep(1000);
	}
}

static void test_recv(void)
{
	struct call c = { .what = RECV };
	pthread_t t;
	int s[2];

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	c.fd = s[1];
	catch (0);
	pthread_create(&t, NULL, calls, &c);
	disturb(t, &c, 0, false);
	pthread_join(t, NULL);
	ok(c.result == -1 && c.error == EINTR, "a handler ends recv()");
	catch (SA_RESTART);
	c.over = false;
	seen = 0;
	pthread_create(&t, NULL, calls, &c);
	disturb(t, &c, 5, true);
	ok(!c.over && seen >= 5, "with SA_RESTART it goes on");
	send(s[0], "x", 1, 0);
	pthread_join(t, NULL);
	is(c.result, 1, "until something comes");
	close(s[0]);
	close(s[1]);
}

static void test_send(void)
{
	struct call c = { .what = SEND, .n = sizeof(bytes) };
	pthread_t t;
	size_t got = 0;
	ssize_t n;
	int s[2];

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	c.fd = s[0];
	catch (SA_RESTART);
	pthread_create(&t, NULL, calls, &c);
	disturb(t, &c, 0, false);
	pthread_join(t, NULL);
	ok(c.result > 0 && c.result < (ssize_t)sizeof(bytes), "send() ends with what went");
	while ((n = recv(s[1], bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		got += (size_t)n;
	}
	is(got, c.result, "which is what comes");
	while (send(s[0], bytes, 1000, MSG_DONTWAIT) > 0) {
	}
	catch (0);
	c.over = false;
	pthread_create(&t, NULL, calls, &c);
	disturb(t, &c, 0, false);
	pthread_join(t, NULL);
	ok(c.result == -1 && c.error == EINTR, "when nothing went with EINTR");
	close(s[0]);
	close(s[1]);
}

static void test_connect(void)
{
	struct call a = { .what = ACCEPT }, c = { .what = CONNECT };
	int s = socket(AF_UNIX, SOCK_STREAM, 0), first = socket(AF_UNIX, SOCK_STREAM, 0);
	pthread_t t;

	c.len = address(&c.to, "@signals");
	c.fd = socket(AF_UNIX, SOCK_STREAM, 0);
	bind(s, (struct sockaddr *)&c.to, c.len);
	listen(s, 0);
	a.fd = s;
	catch (0);
	pthread_create(&t, NULL, calls, &a);
	disturb(t, &a, 0, false);
	pthread_join(t, NULL);
	ok(a.result == -1 && a.error == EINTR, "a handler ends accept()");
	connect(first, (struct sockaddr *)&c.to, c.len);
	pthread_create(&t, NULL, calls, &c);
	disturb(t, &c, 0, false);
	pthread_join(t, NULL);
	ok(c.result == -1 && c.error == EINTR, "and connect() at a full list");
	close(accept(s, NULL, NULL));
	is(connect(c.fd, (struct sockaddr *)&c.to, c.len), 0, "which can be tried again");
	close(accept(s, NULL, NULL));
	catch (SA_RESTART);
	a.over = false;
	seen = 0;
	pthread_create(&t, NULL, calls, &a);
	disturb(t, &a, 5, true);
	close(first);
	first = socket(AF_UNIX, SOCK_STREAM, 0);
	connect(first, (struct sockaddr *)&c.to, c.len);
	pthread_join(t, NULL);
	ok(a.result >= 0, "with SA_RESTART accept() goes on");
	close((int)a.result);
	close(first);
	close(c.fd);
	close(s);
}

/* A thread that is cancelled in a call leaves nothing behind that others wait for. */
static void test_cancel(void)
{
	static const enum what whats[] = { RECV, SEND };
	void *result;

	for (unsigned i = 0; i < 2; i++) {
		struct call c = { .what = whats[i], .n = 1000 };
		pthread_t t;
		int s[2];

		socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s);
		while (i == 1 && send(s[0], bytes, 1000, MSG_DONTWAIT) > 0) {
		}
		c.fd = s[i == 0];
		pthread_create(&t, NULL, calls, &c);
		usleep(5000);
		pthread_cancel(t);
		pthread_join(t, &result);
		ok(result == PTHREAD_CANCELED, i == 0 ? "recv() cancelled" : "send() cancelled");
		while (recv(s[1], bytes, sizeof(bytes), MSG_DONTWAIT) > 0) {
		}
		ok(send(s[0], "x", 1, 0) == 1 && recv(s[1], bytes, 10, 0) == 1,
		   "its socket goes on");
		close(s[0]);
		close(s[1]);
	}
}

void test_signals(void)
{
	test_recv();
	test_send();
	test_connect();
	test_cancel();
	signal(SIGUSR1, SIG_DFL);
}
