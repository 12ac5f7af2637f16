/* SPDX-License-Identifier: MIT */
/* What servers and clients expect of sockets beyond connecting, sending and receiving. */
#include "inet.h"

#include "../tap.h"

#include <errno.h>
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
	v6->sin6_addr = in6addr_loopback;
	return sizeof(*v6);
}

uint16_t port_of(int fd)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof(a);

	/* The port lies at the same place in both. */
	return getsockname(fd, (struct sockaddr *)&a, &n) == 0
		       ? ntohs(((struct sockaddr_in *)&a)->sin_port)
		       : 0;
}

int datagram(int family)
{
	struct sockaddr_storage a;
	socklen_t n = loopback(family, 0, &a);
	int fd = socket(family, SOCK_DGRAM, 0);

	return bind(fd, (struct sockaddr *)&a, n) == 0 ? fd : -1;
}

int listener(int family, int backlog)
{
	struct sockaddr_storage a;
	socklen_t n = loopback(family, 0, &a);
	int fd = socket(family, SOCK_STREAM, 0);

	return bind(fd, (struct sockaddr *)&a, n) == 0 && listen(fd, backlog) == 0 ? fd : -1;
}

int dial(int family, uint16_t port)
{
	struct sockaddr_storage a;
	socklen_t n = loopback(family, port, &a);
	int fd = socket(family, SOCK_STREAM, 0);

	if (connect(fd, (struct sockaddr *)&a, n) != 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

void stream_pair(int family, int fds[2])
{
	int l = listener(family, 1);

	fds[0] = dial(family, port_of(l));
	fds[1] = accept(l, NULL, NULL);
	close(l);
}

bool set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

int get_int(int fd, int level, int name)
{
	int value = -1;
	socklen_t n = sizeof(value);

	return getsockopt(fd, level, name, &value, &n) == 0 ? value : -1;
}

int main(void)
{
	static const int families[] = { AF_INET, AF_INET6 };

	for (int i = 0; i < 2; i++) {
		int family = families[i];

		diag("# IPv%d", family == AF_INET ? 4 : 6);
		test_options(family);
		test_tcp_options(family);
		test_ancillary(family);
		test_multicast(family);
		test_shared_port(family);
		test_ping(family);
		test_backlog(family);
		test_buffers(family);
		test_ends(family);
		test_reuse(family);
		test_many(family);
		test_mark(family);
		test_sendfile(family);
	}
	test_interfaces();
	test_names();
	test_old_calls();
	test_checksum();
	return tap_done();
}
