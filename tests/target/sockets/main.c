/* SPDX-License-Identifier: MIT */
/* Sockets over the loopback: TCP and UDP, IPv4 and IPv6, and getaddrinfo() with numbers. */
#include "sockets_test.h"

#include "../tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

socklen_t loopback(int family, uint16_t port, struct sockaddr_storage *a)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)a;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)a;

	memset(a, 0, sizeof(*a));
	a->ss_family = (sa_family_t)family;
	if (family == AF_INET) {
		v4->sin_port = htons(port);
		v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return sizeof(*v4);
	}
	v6->sin6_port = htons(port);
	v6->sin6_addr = (struct in6_addr)IN6ADDR_LOOPBACK_INIT;
	return sizeof(*v6);
}

uint16_t port_of(int fd)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof(a);

	if (getsockname(fd, (struct sockaddr *)&a, &n) != 0) {
		return 0;
	}
	/* The port lies at the same place in both. */
	return ntohs(((struct sockaddr_in *)&a)->sin_port);
}

int listener(int family, int backlog)
{
	struct sockaddr_storage a;
	int fd = socket(family, SOCK_STREAM, 0);
	socklen_t n = loopback(family, 0, &a);

	if (fd >= 0 && (bind(fd, (struct sockaddr *)&a, n) != 0 || listen(fd, backlog) != 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

int dial(int family, uint16_t port)
{
	struct sockaddr_storage a;
	int fd = socket(family, SOCK_STREAM, 0), error;
	socklen_t n = loopback(family, port, &a);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, n) != 0) {
		error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static bool numeric(const char *host, int family)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM };
	struct addrinfo *r = NULL;
	bool good = getaddrinfo(host, "8080", &hints, &r) == 0 && r->ai_family == family &&
		    ntohs(((struct sockaddr_in *)r->ai_addr)->sin_port) == 8080;

	if (r != NULL) {
		freeaddrinfo(r);
	}
	return good;
}

static void test_names(void)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST };
	struct addrinfo *r;
	char text[INET6_ADDRSTRLEN];
	struct in6_addr a;

	ok(numeric("127.0.0.1", AF_INET), "getaddrinfo: numbers of IPv4");
	ok(numeric("::1", AF_INET6), "and of IPv6");
	is(getaddrinfo("not-a-number", "80", &hints, &r), EAI_NONAME, "a name is no number");
	ok(inet_pton(AF_INET6, "fe80::1:2", &a) == 1 &&
		   strcmp(inet_ntop(AF_INET6, &a, text, sizeof(text)), "fe80::1:2") == 0,
	   "inet_pton and inet_ntop");
	is(inet_pton(AF_INET, "1.2.3.256", &a), 0, "256 is no byte");
}

static void test_errors(void)
{
	struct sockaddr_storage a;
	socklen_t n = loopback(AF_INET, 9, &a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char c;

	fails(socket(99, SOCK_STREAM, 0), EAFNOSUPPORT, "an unknown family");
	fails(socket(AF_INET, SOCK_RDM, 0), ESOCKTNOSUPPORT, "a type we lack");
	fails(recv(fd, &c, 1, 0), ENOTCONN, "receive before connect");
	fails(listen(STDOUT_FILENO, 1), ENOTSOCK, "the console does not listen");
	fails(bind(fd, (struct sockaddr *)&a, 2), EINVAL, "an address cut short");
	fails(accept(fd, NULL, NULL), EINVAL, "accept without listen");
	fails(connect(999, (struct sockaddr *)&a, n), EBADF, "no descriptor");
	close(fd);
}

int main(void)
{
	static const int families[] = { AF_INET, AF_INET6 };

	test_names();
	test_errors();
	for (int i = 0; i < 2; i++) {
		diag("# IPv%d", families[i] == AF_INET ? 4 : 6);
		test_streams(families[i]);
		test_crowd(families[i]);
		test_datagrams(families[i]);
	}
	return tap_done();
}
