/* SPDX-License-Identifier: MIT */
/* Several threads: blocking, ends that close meanwhile, full lists, descriptors passed while they close. */
#include "../tap.h"
#include "unix_test.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LARGE 1000000

static char out[LARGE], in[LARGE];

struct job {
	int fd;
	size_t n;
	int flags;
	ssize_t result;
	int error;
};

static void *receives(void *arg)
{
	struct job *j = arg;

	j->result = recv(j->fd, in, j->n, j->flags);
	j->error = errno;
	return NULL;
}

static void *sends(void *arg)
{
	struct job *j = arg;

	j->result = send(j->fd, out, j->n, j->flags | MSG_NOSIGNAL);
	j->error = errno;
	return NULL;
}

static void test_blocking(void)
{
	struct job j = { .n = 100 };
	pthread_t t;
	int s[2];

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	j.fd = s[1];
	pthread_create(&t, NULL, receives, &j);
	usleep(5000);
	send(s[0], "late", 4, 0);
	pthread_join(t, NULL);
	is(j.result, 4, "a blocked receiver gets what comes");
	j.flags = MSG_WAITALL;
	pthread_create(&t, NULL, receives, &j);
	for (int i = 0; i < 10; i++) {
		usleep(500);
		send(s[0], out, 10, 0);
	}
	pthread_join(t, NULL);
	is(j.result, 100, "MSG_WAITALL waits for all");
	pthread_create(&t, NULL, receives, &j);
	send(s[0], out, 10, 0);
	usleep(5000);
	close(s[0]);
	pthread_join(t, NULL);
	is(j.result, 10, "or the end");
	close(s[1]);

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	for (size_t i = 0; i < LARGE; i++) {
		out[i] = (char)(i * 13 >> 5);
	}
	j = (struct job){ .fd = s[0], .n = LARGE };
	pthread_create(&t, NULL, sends, &j);
	is(recv(s[1], in, LARGE, MSG_WAITALL), LARGE, "more than any buffer");
	pthread_join(t, NULL);
	ok(j.result == LARGE && memcmp(out, in, LARGE) == 0, "sent in one call");
	pthread_create(&t, NULL, sends, &j);
	usleep(5000);
	close(s[1]);
	pthread_join(t, NULL);
	ok(j.result > 0 && j.result < LARGE, "a blocked sender whose peer goes sent a part");
	close(s[0]);
}

/* Senders that block at a full datagram socket, which closes. */
static void *floods(void *arg)
{
	struct sockaddr_un a;
	socklen_t len = address(&a, "@flood");
	int s = socket(AF_UNIX, SOCK_DGRAM, 0);
	intptr_t n = 0;

	(void)arg;
	while (sendto(s, out, 20000, 0, (struct sockaddr *)&a, len) == 20000) {
		n++;
	}
	n = errno == ECONNREFUSED ? n : -errno;
	close(s);
	return (void *)n;
}

static void test_flood(void)
{
	struct sockaddr_un a;
	socklen_t len = address(&a, "@flood");
	int s = socket(AF_UNIX, SOCK_DGRAM, 0);
	pthread_t t[4];
	intptr_t sent = 0, got = 0;
	bool refused = true;
	void *n;

	bind(s, (struct sockaddr *)&a, len);
	for (int i = 0; i < 4; i++) {
		pthread_create(&t[i], NULL, floods, NULL);
	}
	while (got < 100 && recv(s, in, LARGE, 0) == 20000) {
		got++;
	}
	usleep(5000);
	close(s);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], &n);
		refused = refused && (intptr_t)n >= 0;
		sent += (intptr_t)n;
	}
	ok(got == 100 && sent >= got && refused,
	   "blocked senders hear that the receiver closed (%d sent)", (int)sent);
}

/* --- a server and its clients ------------------------------------------------------------------- */

#define CLIENTS 6
#define CALLS	40

static void *client(void *arg)
{
	struct sockaddr_un a;
	socklen_t len = address(&a, "@server");
	uintptr_t good = 0;

	(void)arg;
	for (unsigned i = 0; i < CALLS; i++) {
		int s = socket(AF_UNIX, SOCK_STREAM, 0);
		unsigned got = 0;

		/* The list of one is full most of the time: connect() waits. */
		if (connect(s, (struct sockaddr *)&a, len) == 0 &&
		    send(s, &i, sizeof(i), 0) == sizeof(i) &&
		    recv(s, &got, sizeof(got), MSG_WAITALL) == sizeof(got) && got == i + 1) {
			good++;
		}
		close(s);
	}
	return (void *)good;
}

static void *server(void *arg)
{
	int s = *(int *)arg, c;
	unsigned v;

	while ((c = accept(s, NULL, NULL)) >= 0) {
		if (recv(c, &v, sizeof(v), MSG_WAITALL) == sizeof(v)) {
			v++;
			send(c, &v, sizeof(v), MSG_NOSIGNAL);
		}
		close(c);
	}
	return (void *)(intptr_t)errno;
}

static void test_server(void)
{
	struct sockaddr_un a;
	socklen_t len = address(&a, "@server");
	int s = socket(AF_UNIX, SOCK_STREAM, 0);
	pthread_t t[CLIENTS], srv[2];
	uintptr_t good = 0;
	void *n;

	bind(s, (struct sockaddr *)&a, len);
	listen(s, 0);
	pthread_create(&srv[0], NULL, server, &s);
	pthread_create(&srv[1], NULL, server, &s);
	for (int i = 0; i < CLIENTS; i++) {
		pthread_create(&t[i], NULL, client, NULL);
	}
	for (int i = 0; i < CLIENTS; i++) {
		pthread_join(t[i], &n);
		good += (uintptr_t)n;
	}
	is(good, CLIENTS * CALLS, "clients at a listener with no list to speak of");
	shutdown(s, SHUT_RDWR);
	pthread_join(srv[0], &n);
	pthread_join(srv[1], &n);
	is((intptr_t)n, EINVAL, "shutdown() ends who accepts");
	close(s);
}

/* --- descriptors that are passed while others close --------------------------------------------- */

#define PASSES 300

static int chan[2];

static void *passes(void *arg)
{
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
	struct iovec iov = { out, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control };

	for (int i = 0; i < PASSES; i++) {
		struct cmsghdr *c;
		int p[2];

		pipe(p);
		m.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &p[1], sizeof(int));
		sendmsg(chan[0], &m, MSG_NOSIGNAL);
		close(p[1]);
		/* The receiver closes its copy, so this ends. */
		while (read(p[0], in, 1) > 0) {
		}
		close(p[0]);
	}
	return arg;
}

static void *takes(void *arg)
{
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
	uintptr_t got = 0;

	(void)arg;
	for (;;) {
		struct iovec iov = { &(char){ 0 }, 1 };
		struct msghdr m = { .msg_iov = &iov,
				    .msg_iovlen = 1,
				    .msg_control = control,
				    .msg_controllen = sizeof(control) };
		struct cmsghdr *c;
		int fd;

		if (recvmsg(chan[1], &m, 0) <= 0) {
			return (void *)got;
		}
		c = CMSG_FIRSTHDR(&m);
		if (c != NULL) {
			memcpy(&fd, CMSG_DATA(c), sizeof(fd));
			write(fd, "x", 1);
			close(fd);
			got++;
		}
	}
}

static void test_passing(void)
{
	pthread_t p[2], t[3];
	uintptr_t got = 0;
	void *n;

	socketpair(AF_UNIX, SOCK_SEQPACKET, 0, chan);
	for (int i = 0; i < 3; i++) {
		pthread_create(&t[i], NULL, takes, NULL);
	}
	for (int i = 0; i < 2; i++) {
		pthread_create(&p[i], NULL, passes, NULL);
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(p[i], NULL);
	}
	close(chan[0]);
	for (int i = 0; i < 3; i++) {
		pthread_join(t[i], &n);
		got += (uintptr_t)n;
	}
	is(got, 2 * PASSES, "descriptors passed among threads, each used and closed");
	close(chan[1]);
}

/* Both ends close at the same time, with messages in both queues. */
static void *closes(void *arg)
{
	close((int)(intptr_t)arg);
	return NULL;
}

static void test_closing(void)
{
	for (int i = 0; i < 100; i++) {
		int s[2], type = i % 3 == 0   ? SOCK_DGRAM
				 : i % 3 == 1 ? SOCK_STREAM
					      : SOCK_SEQPACKET;
		pthread_t t;

		socketpair(AF_UNIX, type, 0, s);
		send(s[0], "a", 1, 0);
		send(s[1], "b", 1, 0);
		pthread_create(&t, NULL, closes, (void *)(intptr_t)s[0]);
		close(s[1]);
		pthread_join(t, NULL);
	}
	ok(true, "both ends close at once");
}

void test_threads(void)
{
	test_blocking();
	test_flood();
	test_server();
	test_passing();
	test_closing();
}
