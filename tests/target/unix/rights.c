/* SPDX-License-Identifier: MIT */
/* Descriptors and credentials that travel. */
#include "../tap.h"
#include "unix_test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#define MANY 10

static char back[100];

static ssize_t send_fds(int s, const char *bytes, size_t len, const int *fds, int n)
{
	char control[CMSG_SPACE(MANY * sizeof(int))] __attribute__((aligned(8))) = { 0 };
	struct iovec iov = { (void *)(uintptr_t)bytes, len };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = CMSG_SPACE((size_t)n * sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN((size_t)n * sizeof(int));
	memcpy(CMSG_DATA(c), fds, (size_t)n * sizeof(int));
	return sendmsg(s, &m, MSG_DONTWAIT);
}

/* Returns the bytes; *n says how many descriptors came, up to @room. */
static ssize_t recv_fds(int s, size_t len, int *fds, int room, int *n, int flags, int *out)
{
	char control[CMSG_SPACE(MANY * sizeof(int))] __attribute__((aligned(8)));
	struct iovec iov = { back, len };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = CMSG_LEN((size_t)room * sizeof(int)) };
	ssize_t r = recvmsg(s, &m, flags | MSG_DONTWAIT);
	struct cmsghdr *c = r < 0 ? NULL : CMSG_FIRSTHDR(&m);

	*n = 0;
	if (c != NULL && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
		*n = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(c), (size_t)*n * sizeof(int));
	}
	*out = m.msg_flags;
	return r;
}

static void test_pass(void)
{
	int s[2], p[2], fds[MANY], n, flags;

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	pipe(p);
	is(send(s[0], "before", 6, 0), 6, "bytes before");
	is(send_fds(s[0], "with", 4, p, 2), 4, "two descriptors");
	is(send(s[0], "after", 5, 0), 5, "bytes after");
	close(p[1]);
	is(recv_fds(s[1], 100, fds, MANY, &n, 0, &flags), 6, "what was before comes alone");
	is(recv_fds(s[1], 100, fds, MANY, &n, MSG_CMSG_CLOEXEC, &flags), 4, "then those with");
	ok(n == 2 && (flags & MSG_CTRUNC) == 0 && (fcntl(fds[0], F_GETFD) & FD_CLOEXEC) != 0,
	   "two, closed on exec");
	is(recv(s[1], back, 100, 0), 5, "then what was after");
	ok(write(fds[1], "x", 1) == 1 && read(p[0], back, 1) == 1, "they are the same files");
	close(fds[1]);
	is(read(p[0], back, 1), 0, "the writing end was the last");
	close(fds[0]);
	close(p[0]);

	pipe(p);
	send_fds(s[0], "x", 1, &p[1], 1);
	close(p[1]);
	is(read(s[1], back, 10), 1, "who does not ask for descriptors");
	is(read(p[0], back, 1), 0, "has them closed");
	close(p[0]);
	fails(send_fds(s[0], "x", 1, (int[]){ s[0], 999 }, 2), EBADF, "a closed one does not go");
	close(s[0]);
	close(s[1]);
}

static void test_too_many(void)
{
	int s[2], p[2], fds[MANY], send[MANY], n, flags;

	socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s);
	pipe(p);
	for (int i = 0; i < MANY; i++) {
		send[i] = p[1];
	}
	is(send_fds(s[0], "", 0, send, MANY), 0, "ten with an empty record");
	is(recv_fds(s[1], 10, fds, 3, &n, 0, &flags), 0, "room for three");
	ok(n == 3 && (flags & MSG_CTRUNC) != 0, "three come, and MSG_CTRUNC");
	close(p[1]);
	for (int i = 0; i < n; i++) {
		close(fds[i]);
	}
	is(read(p[0], back, 1), 0, "the others are closed");
	close(p[0]);

	pipe(p);
	send_fds(s[0], "y", 1, &p[1], 1);
	is(recv_fds(s[1], 10, fds, MANY, &n, MSG_PEEK, &flags), 1, "a look");
	is(n, 1, "gives a descriptor");
	close(fds[0]);
	is(recv_fds(s[1], 10, fds, MANY, &n, 0, &flags), 1, "and the message");
	is(n, 1, "another");
	close(fds[0]);
	close(p[1]);
	is(read(p[0], back, 1), 0, "all closed");
	close(p[0]);
	close(s[0]);
	close(s[1]);
}

static void test_in_flight(void)
{
	int s[2], p[2], chain[2], next[2];

	socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
	pipe(p);
	is(send_fds(s[0], "x", 1, &p[1], 1), 1, "a descriptor");
	close(p[1]);
	fails(recv(s[0], back, 1, MSG_DONTWAIT), EAGAIN, "on its way");
	close(s[1]);
	is(read(p[0], back, 1), 0, "is closed with the socket it waited at");
	close(s[0]);
	close(p[0]);

	/* Each socket on its way in the next: closing the last must not go as deep as the chain is long. */
	pipe(p);
	socketpair(AF_UNIX, SOCK_STREAM, 0, chain);
	send_fds(chain[0], "x", 1, &p[1], 1);
	close(p[1]);
	for (int i = 0; i < 1000; i++) {
		socketpair(AF_UNIX, SOCK_STREAM, 0, next);
		send_fds(next[0], "x", 1, chain, 2);
		close(chain[0]);
		close(chain[1]);
		chain[0] = next[0];
		chain[1] = next[1];
	}
	close(chain[0]);
	close(chain[1]);
	is(read(p[0], back, 1), 0, "a thousand sockets in each other, all closed");
	close(p[0]);
}

static void test_credentials(void)
{
	char control[CMSG_SPACE(sizeof(struct ucred))] __attribute__((aligned(8))) = { 0 };
	struct iovec iov = { back, 10 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	struct ucred u = { 0 };
	int s[2], one = 1;

	socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
	is(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)), 0, "SO_PASSCRED");
	send(s[0], "me", 2, 0);
	is(recvmsg(s[1], &m, 0), 2, "a message");
	c = CMSG_FIRSTHDR(&m);
	ok(c != NULL && c->cmsg_type == SCM_CREDENTIALS && c->cmsg_len == CMSG_LEN(sizeof(u)),
	   "with credentials");
	memcpy(&u, CMSG_DATA(c), sizeof(u));
	ok(u.pid == getpid() && u.uid == getuid() && u.gid == getgid(), "which are ours");
	iov.iov_len = 2;
	is(sendmsg(s[0], &m, 0), 2, "they can be sent");
	u.pid++;
	memcpy(CMSG_DATA(c), &u, sizeof(u));
	fails(sendmsg(s[0], &m, 0), EPERM, "but not somebody else's");
	c->cmsg_len = 3;
	fails(sendmsg(s[0], &m, 0), EINVAL, "a broken header");
	close(s[0]);
	close(s[1]);
}

void test_rights(void)
{
	test_pass();
	test_too_many();
	test_in_flight();
	test_credentials();
}
