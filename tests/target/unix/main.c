/* SPDX-License-Identifier: MIT */
/* Pairs of sockets: the bytes of streams, the borders of datagrams and records, limits, ends, options. */
#include "../tap.h"
#include "unix_test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

static char big[300000], back[300000];

static void test_stream(void)
{
	struct stat st;
	int s[2], n = -1;

	is(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, s), 0, "a pair");
	ok((fcntl(s[0], F_GETFL) & O_NONBLOCK) != 0 && (fcntl(s[1], F_GETFD) & FD_CLOEXEC) != 0,
	   "with its flags");
	is(events_of(s[0]), POLLOUT, "can be written");
	fails(read(s[0], back, 1), EAGAIN, "not read");
	is(send(s[0], "abc", 3, 0) + send(s[0], "defg", 4, 0), 7, "two pieces");
	is(events_of(s[1]), POLLIN | POLLOUT, "can be read");
	ok(ioctl(s[1], FIONREAD, &n) == 0 && n == 7, "FIONREAD");
	is(recv(s[1], back, 5, MSG_PEEK), 5, "a look");
	ok(memcmp(back, "abcde", 5) == 0, "across pieces");
	is(recv(s[1], back, 2, 0), 2, "a part");
	is(recv(s[1], back + 2, 100, 0), 5, "the rest, of both pieces");
	ok(memcmp(back, "abcdefg", 7) == 0, "in order");
	is(events_of(s[1]), POLLOUT, "nothing left");
	is(send(s[0], "", 0, 0), 0, "nothing sent");
	is(events_of(s[1]), POLLOUT, "nothing comes");
	is(recv(s[1], back, 0, 0), 0, "nothing asked for");
	ok(fstat(s[0], &st) == 0 && S_ISSOCK(st.st_mode), "fstat() says what it is");
	fails(lseek(s[0], 0, SEEK_SET), ESPIPE, "no position");
	is(write(s[1], "back", 4), 4, "the other way");
	is(read(s[0], back, 10), 4, "works too");
	close(s[0]);
	close(s[1]);
	fails(socketpair(AF_INET, SOCK_STREAM, 0, s), EAFNOSUPPORT, "pairs are local");
	fails(socketpair(AF_UNIX, SOCK_RAW, 0, s), ESOCKTNOSUPPORT, "of three types");
	fails(socketpair(AF_UNIX, SOCK_STREAM, 77, s), EPROTONOSUPPORT, "and one protocol");
}

static void test_full(void)
{
	ssize_t sent = 0, got = 0, n;
	int s[2], small = 4096;

	for (size_t i = 0; i < sizeof(big); i++) {
		big[i] = (char)(i * 7 >> 4);
	}
	socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s);
	setsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	sent = send(s[0], big, sizeof(big), 0);
	ok(sent > 4096 && sent < (ssize_t)sizeof(big), "a full socket takes a part");
	fails(send(s[0], big, 1, 0), EAGAIN, "then no more");
	is(events_of(s[0]), 0, "as poll() says");
	is(recv(s[1], back, 100, 0), 100, "a little is read");
	is(events_of(s[0]), 0, "not yet enough");
	for (got = 100; (n = recv(s[1], back + got, 1000, 0)) > 0; got += n) {
	}
	ok(got == sent && memcmp(big, back, (size_t)got) == 0, "what was taken comes");
	is(events_of(s[0]), POLLOUT, "room again");
	close(s[0]);
	close(s[1]);
}

static void test_records(int type, const char *name)
{
	struct iovec iov = { back, 2 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	int s[2], n = 0, sent = 0;

	is(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, s), 0, "%s", name);
	is(send(s[0], "one", 3, 0) + send(s[0], "", 0, 0) + send(s[0], "three", 5, 0), 8,
	   "three, one empty");
	ok(ioctl(s[1], FIONREAD, &n) == 0 && n == 3, "FIONREAD is about the next");
	is(recv(s[1], back, 100, MSG_PEEK), 3, "a look");
	is(recvmsg(s[1], &m, 0), 2, "cut to the buffer");
	ok((m.msg_flags & MSG_TRUNC) != 0 && memcmp(back, "on", 2) == 0, "which MSG_TRUNC tells");
	is(recv(s[1], back, 100, 0), 0, "the empty one");
	is(recv(s[1], back, 1, MSG_TRUNC), 5, "MSG_TRUNC asks for the length");
	fails(recv(s[1], back, 100, 0), EAGAIN, "what was cut off is gone");
	fails(send(s[0], big, sizeof(big), 0), EMSGSIZE, "too large for the buffer");
	while (send(s[0], big, 1000, 0) == 1000) {
		sent++;
	}
	ok(errno == EAGAIN && sent > 10, "until it is full (%d)", sent);
	is(events_of(s[0]), 0, "as poll() says");
	while (recv(s[1], back, 2000, 0) == 1000) {
		n++;
	}
	is(n - 3, sent, "all of them come");
	is(events_of(s[0]), POLLOUT, "room again");
	close(s[0]);
	close(s[1]);
}

static void test_ends(void)
{
	int s[2], e = -1;
	socklen_t len = sizeof(e);

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	send(s[0], "left", 4, 0);
	close(s[0]);
	is(events_of(s[1]), POLLIN | POLLOUT | POLLHUP | POLLRDHUP, "the peer closed");
	is(recv(s[1], back, 10, 0), 4, "what it sent is there");
	is(recv(s[1], back, 10, 0), 0, "then the end");
	fails(send(s[1], "x", 1, MSG_NOSIGNAL), EPIPE, "nobody reads");
	close(s[1]);

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	send(s[0], "lost", 4, 0);
	close(s[1]);
	ok((events_of(s[0]) & POLLERR) != 0, "the peer closed with bytes unread");
	ok(getsockopt(s[0], SOL_SOCKET, SO_ERROR, &e, &len) == 0 && e == ECONNRESET, "a reset");
	ok(getsockopt(s[0], SOL_SOCKET, SO_ERROR, &e, &len) == 0 && e == 0, "told once");
	is(recv(s[0], back, 10, 0), 0, "then the end");
	close(s[0]);

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	is(shutdown(s[0], SHUT_WR), 0, "half closed");
	is(recv(s[1], back, 1, 0), 0, "the end for the other");
	is(events_of(s[1]), POLLIN | POLLOUT | POLLRDHUP, "which may still write");
	is(send(s[1], "yes", 3, 0), 3, "and does");
	is(recv(s[0], back, 10, 0), 3, "to who closed its half");
	fails(send(s[0], "x", 1, MSG_NOSIGNAL), EPIPE, "who may not");
	is(shutdown(s[0], SHUT_RD), 0, "the other half");
	fails(send(s[1], "x", 1, MSG_NOSIGNAL), EPIPE, "now neither may");
	ok((events_of(s[1]) & POLLHUP) != 0, "hung up");
	fails(shutdown(s[0], 7), EINVAL, "no such half");
	close(s[0]);
	close(s[1]);

	socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
	close(s[1]);
	fails(send(s[0], "x", 1, 0), ECONNREFUSED, "a datagram to nobody");
	fails(send(s[0], "x", 1, 0), ENOTCONN, "is connected no more");
	close(s[0]);
}

static void test_edge(void)
{
	struct epoll_event in = { .events = EPOLLIN | EPOLLET }, e[4];
	int s[2], ep = epoll_create1(0);

	socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s);
	epoll_ctl(ep, EPOLL_CTL_ADD, s[1], &in);
	is(epoll_wait(ep, e, 4, 0), 0, "edge: nothing");
	send(s[0], "a", 1, 0);
	is(epoll_wait(ep, e, 4, 0), 1, "edge: a byte");
	send(s[0], "b", 1, 0);
	is(epoll_wait(ep, e, 4, 0), 1, "another, though the first was not read");
	recv(s[1], back, 1, 0);
	is(epoll_wait(ep, e, 4, 0), 0, "reading is none");
	close(s[0]);
	ok(epoll_wait(ep, e, 4, 0) == 1 && (e[0].events & EPOLLHUP) != 0, "edge: the end");
	close(s[1]);
	close(ep);
}

static int option(int fd, int name)
{
	int v = -1;
	socklen_t len = sizeof(v);

	return getsockopt(fd, SOL_SOCKET, name, &v, &len) == 0 ? v : -errno;
}

static void test_options(void)
{
	struct timeval tv = { 0, 20000 }, got = { 0 };
	struct ucred c = { 0 };
	socklen_t len = sizeof(c);
	int s[2], one = 1;

	socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s);
	ok(option(s[0], SO_TYPE) == SOCK_SEQPACKET && option(s[0], SO_DOMAIN) == AF_UNIX &&
		   option(s[0], SO_ACCEPTCONN) == 0 && option(s[0], SO_ERROR) == 0,
	   "type, domain, state");
	ok(getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &c, &len) == 0 && c.pid == getpid() &&
		   c.uid == getuid(),
	   "SO_PEERCRED");
	is(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)), 0, "SO_RCVTIMEO");
	len = sizeof(got);
	ok(getsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &got, &len) == 0 && got.tv_usec == 20000,
	   "is kept");
	fails(recv(s[0], back, 1, 0), EAGAIN, "and ends a wait");
	is(setsockopt(s[1], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)), 0, "SO_SNDTIMEO");
	while (send(s[1], big, 1000, 0) == 1000) {
	}
	is(errno, EAGAIN, "too");
	is(setsockopt(s[0], SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one)), 0, "what means nothing");
	fails(setsockopt(s[0], SOL_SOCKET, 9999, &one, sizeof(one)), ENOPROTOOPT, "unknown");
	fails(setsockopt(s[0], 6, 1, &one, sizeof(one)), EOPNOTSUPP, "TCP has no say");
	fails(send(s[0], "x", 1, MSG_OOB), EOPNOTSUPP, "no urgent data");
	close(s[0]);
	close(s[1]);
}

static volatile sig_atomic_t pipes;

static void on_pipe(int sig)
{
	(void)sig;
	pipes++;
}

static void test_signal(void)
{
	int s[2];

	signal(SIGPIPE, on_pipe);
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	close(s[1]);
	fails(send(s[0], "x", 1, MSG_NOSIGNAL), EPIPE, "MSG_NOSIGNAL");
	is(pipes, 0, "raises nothing");
	fails(send(s[0], "x", 1, 0), EPIPE, "without it");
	is(pipes, 1, "SIGPIPE comes");
	fails(write(s[0], "x", 1), EPIPE, "write()");
	is(pipes, 2, "raises it too");
	close(s[0]);
}

int main(void)
{
	/* Who is told by EPIPE. */
	signal(SIGPIPE, SIG_IGN);
	test_stream();
	test_full();
	test_records(SOCK_DGRAM, "datagrams");
	test_records(SOCK_SEQPACKET, "records");
	test_ends();
	test_edge();
	test_options();
	test_names();
	test_rights();
	test_threads();
	test_signals();
	test_signal();
	return tap_done();
}
