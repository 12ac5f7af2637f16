/* SPDX-License-Identifier: MIT */
/* Names: paths, abstract ones, made up ones; listening, connecting, datagrams to names. */
#include "../tap.h"
#include "unix_test.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char back[1000];

static int bound(int type, const char *path)
{
	struct sockaddr_un a;
	socklen_t len = address(&a, path);
	int s = socket(AF_UNIX, type, 0);

	return bind(s, (struct sockaddr *)&a, len) == 0 ? s : -1;
}

static int connect_to(int s, const char *path)
{
	struct sockaddr_un a;
	socklen_t len = address(&a, path);

	return connect(s, (struct sockaddr *)&a, len);
}

static void test_path(void)
{
	int s = bound(SOCK_STREAM, "/run/../tmp/./a.sock"), c = socket(AF_UNIX, SOCK_STREAM, 0), b;
	struct sockaddr_un a;
	socklen_t len = sizeof(a);
	struct stat st;

	ok(s >= 0, "bound to a path");
	ok(getsockname(s, (struct sockaddr *)&a, &len) == 0 &&
		   strcmp(a.sun_path, "/run/../tmp/./a.sock") == 0,
	   "whose name is as given");
	ok(stat("/tmp/a.sock", &st) == 0 && S_ISSOCK(st.st_mode), "stat() finds a socket");
	is(access("/tmp/a.sock", W_OK), 0, "access() too");
	is(chmod("/tmp/a.sock", 0600), 0, "chmod()");
	fails(bound(SOCK_STREAM, "/tmp/a.sock"), EADDRINUSE, "no second one");
	fails(bound(SOCK_STREAM, "/"), EADDRINUSE, "nor where something else is");
	fails(connect_to(c, "/tmp/a.sock"), ECONNREFUSED, "not listening");
	is(listen(s, 1), 0, "listen");
	is(connect_to(c, "tmp/a.sock"), 0, "connect, by a relative name");
	fails(connect_to(c, "tmp/a.sock"), EISCONN, "once");
	is(events_of(s), POLLIN, "somebody waits");
	len = sizeof(a);
	b = accept(s, (struct sockaddr *)&a, &len);
	ok(b >= 0 && len == 2 && a.sun_family == AF_UNIX, "accept: a peer without a name");
	len = sizeof(a);
	ok(getpeername(c, (struct sockaddr *)&a, &len) == 0 &&
		   strcmp(a.sun_path, "/run/../tmp/./a.sock") == 0,
	   "the client sees the listener's");
	ok(send(c, "hi", 2, 0) == 2 && recv(b, back, 10, 0) == 2, "talk");
	close(b);
	close(s);
	is(recv(c, back, 1, 0), 0, "closed");
	close(c);
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	fails(connect_to(c, "/tmp/a.sock"), ECONNREFUSED, "the name is left, with nobody there");
	fails(bound(SOCK_STREAM, "/tmp/a.sock"), EADDRINUSE, "and taken");
	is(unlink("/tmp/a.sock"), 0, "until unlink()");
	fails(unlink("/tmp/a.sock"), ENOENT, "once");
	fails(connect_to(c, "/tmp/a.sock"), ENOENT, "no such name");
	s = bound(SOCK_STREAM, "/tmp/a.sock");
	ok(s >= 0, "free again");
	is(remove("/tmp/a.sock"), 0, "removed while bound");
	is(listen(s, 1), 0, "it still listens, but nobody finds it");
	close(s);
	close(c);
}

static void test_abstract(void)
{
	int s = bound(SOCK_STREAM, "@here"), c = socket(AF_UNIX, SOCK_STREAM, 0), d, e;
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(a);
	int n = 0;

	ok(s >= 0, "an abstract name");
	fails(bound(SOCK_STREAM, "@here"), EADDRINUSE, "is taken");
	fails(connect_to(c, "@there"), ECONNREFUSED, "another is not");
	fails(accept(s, NULL, NULL), EINVAL, "not listening");
	is(listen(s, 0), 0, "listen");
	ok(getsockopt(s, SOL_SOCKET, SO_ACCEPTCONN, &n, &(socklen_t){ sizeof(n) }) == 0 && n == 1,
	   "SO_ACCEPTCONN");
	is(connect_to(c, "@here"), 0, "connect");
	d = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	fails(connect_to(d, "@here"), EAGAIN, "the list is full");
	e = accept4(s, NULL, NULL, SOCK_NONBLOCK);
	fails(recv(e, back, 1, 0), EAGAIN, "accept4() with its flags");
	is(connect_to(d, "@here"), 0, "now there is room");
	close(s);
	is(recv(d, back, 1, 0), 0, "a connection that nobody accepted ends with the listener");
	s = bound(SOCK_STREAM, "@here");
	ok(s >= 0, "the name went with it");
	close(s);
	close(c);
	close(d);
	close(e);
	s = socket(AF_UNIX, SOCK_DGRAM, 0);
	is(bind(s, (struct sockaddr *)&a, offsetof(struct sockaddr_un, sun_path)), 0, "any name");
	ok(getsockname(s, (struct sockaddr *)&a, &len) == 0 &&
		   len == offsetof(struct sockaddr_un, sun_path) + 6 && a.sun_path[0] == '\0',
	   "has five characters");
	close(s);
}

static void test_datagrams(void)
{
	int s = bound(SOCK_DGRAM, "/s"), c = bound(SOCK_DGRAM, "@c"), x;
	struct sockaddr_un to, from;
	socklen_t len = address(&to, "/s"), from_len = sizeof(from);

	is(sendto(c, "ping", 4, 0, (struct sockaddr *)&to, len), 4, "a datagram to a name");
	is(recvfrom(s, back, 10, 0, (struct sockaddr *)&from, &from_len), 4, "comes");
	ok(from_len == offsetof(struct sockaddr_un, sun_path) + 2 && from.sun_path[0] == 0 &&
		   from.sun_path[1] == 'c',
	   "with its sender's");
	is(sendto(s, "pong", 4, 0, (struct sockaddr *)&from, from_len), 4, "the answer");
	is(recv(c, back, 10, 0), 4, "comes back");
	is(connect(c, (struct sockaddr *)&to, len), 0, "connected");
	is(send(c, "x", 1, 0), 1, "without a name");
	is(connect_to(s, "@c"), 0, "the other way");
	x = socket(AF_UNIX, SOCK_DGRAM, 0);
	fails(sendto(x, "x", 1, 0, (struct sockaddr *)&to, len), EPERM,
	      "who is connected hears no other");
	fails(send(x, "x", 1, 0), ENOTCONN, "who is not sends to nobody");
	fails(recv(x, back, 1, MSG_DONTWAIT), EAGAIN, "nothing comes");
	from.sun_family = AF_UNSPEC;
	is(connect(s, (struct sockaddr *)&from, sizeof(from)), 0, "connected no more");
	is(sendto(x, "x", 1, 0, (struct sockaddr *)&to, len), 1, "it hears all");
	is(recv(s, back, 10, 0), 1, "the one before");
	from_len = sizeof(from);
	ok(recvfrom(s, back, 10, 0, (struct sockaddr *)&from, &from_len) == 1 && from_len == 0,
	   "a sender without a name");
	fails(listen(s, 1), EOPNOTSUPP, "datagrams do not listen");
	fails(accept(s, NULL, NULL), EOPNOTSUPP, "nor accept");
	fails(connect_to(x, "/none"), ENOENT, "no such name");
	close(s);
	fails(send(c, "x", 1, 0), ECONNREFUSED, "it closed");
	close(c);
	close(x);
	unlink("/s");
}

static void test_wrong(void)
{
	int s = bound(SOCK_STREAM, "@s"), d = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct sockaddr_un a;
	socklen_t len = address(&a, "@s");

	listen(s, 5);
	fails(connect_to(d, "@s"), EPROTOTYPE, "a type that does not fit");
	fails(sendto(d, "x", 1, 0, (struct sockaddr *)&a, len), EPROTOTYPE, "for datagrams too");
	fails(bind(s, (struct sockaddr *)&a, len), EINVAL, "a second name");
	fails(bind(d, (struct sockaddr *)&a, sizeof(a) + 1), EINVAL, "too long");
	a.sun_family = AF_INET;
	fails(bind(d, (struct sockaddr *)&a, len), EAFNOSUPPORT, "another family");
	fails(recv(s, back, 1, 0), EINVAL, "a listener has no data");
	close(s);
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	is(events_of(s), POLLOUT | POLLHUP, "a socket that is not connected");
	fails(recv(s, back, 1, 0), ENOTCONN, "receives nothing");
	fails(send(s, "x", 1, MSG_NOSIGNAL), ENOTCONN, "sends nothing");
	fails(getpeername(s, (struct sockaddr *)&a, &len), ENOTCONN, "has no peer");
	fails(shutdown(s, SHUT_RD), ENOTCONN, "has no halves");
	fails(listen(s, 1), EINVAL, "and no name to listen on");
	close(s);
	close(d);
}

void test_names(void)
{
	test_path();
	test_abstract();
	test_datagrams();
	test_wrong();
}
