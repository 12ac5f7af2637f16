/* SPDX-License-Identifier: MIT */
/* Datagrams that are heard and said, to one host or to a group. */
#include "ask.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOCKETS 8

static int fds[SOCKETS]; /* v4 and v6 of each port in turn */
static unsigned count;

int heard_fd(unsigned i)
{
	return i < count ? fds[i] : -1;
}

static socklen_t make(const char *text, int port, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((in_port_t)port);
		return sizeof(*v4);
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((in_port_t)port);
		return sizeof(*v6);
	}
	return 0;
}

static void complain(const char *what, bool good)
{
	if (!good) {
		printf("%s: %s\n", what, strerror(errno));
	}
}

static void open_one(const char *any, int port)
{
	struct sockaddr_storage a;
	socklen_t n = make(any, port, &a);
	int fd = socket(a.ss_family, SOCK_DGRAM, 0), on = 1;

	if (a.ss_family == AF_INET6) {
		complain("V6ONLY", setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0);
	}
	complain("bind", bind(fd, (struct sockaddr *)&a, n) == 0);
	fds[count++] = fd;
}

void do_udp(char **w)
{
	if (count + 2 <= SOCKETS) {
		open_one("0.0.0.0", atoi(w[1]));
		open_one("::", atoi(w[1]));
	}
}

void hear(int fd)
{
	struct sockaddr_storage from = { 0 };
	socklen_t len = sizeof(from);
	char text[64], buf[2048];
	ssize_t n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len);

	if (n < 0) {
		printf("recvfrom: %s\n", strerror(errno));
	} else {
		printf("heard %zd from %s: %.*s\n", n,
		       text_of((struct sockaddr *)&from, text, sizeof(text)), n > 60 ? 60 : (int)n,
		       buf);
	}
	fflush(stdout);
}

/* By the socket of the first port, whose family is the group's. */
static void change(char **w, int name)
{
	struct group_req r = { .gr_interface = if_nametoindex(w[2]) };
	socklen_t n = make(w[1], 0, &r.gr_group);
	bool v6 = n == sizeof(struct sockaddr_in6);

	complain(w[0], count > 0 && setsockopt(fds[v6], v6 ? IPPROTO_IPV6 : IPPROTO_IP, name, &r,
					       sizeof(r)) == 0);
}

void do_join(char **w)
{
	change(w, MCAST_JOIN_GROUP);
}

void do_leave(char **w)
{
	change(w, MCAST_LEAVE_GROUP);
}

void do_say(char **w)
{
	struct sockaddr_storage a;
	socklen_t n = make(w[1], atoi(w[2]), &a);
	int fd = socket(a.ss_family, SOCK_DGRAM, 0), index = (int)if_nametoindex(w[4]);
	bool v6 = a.ss_family == AF_INET6;
	struct ip_mreqn by = { .imr_ifindex = index };

	if (index != 0 && v6) {
		complain("by", setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index,
					  sizeof(index)) == 0);
	} else if (index != 0) {
		complain("by", setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &by, sizeof(by)) == 0);
	}
	complain("say", sendto(fd, w[3], strlen(w[3]), 0, (struct sockaddr *)&a, n) ==
				(ssize_t)strlen(w[3]));
	close(fd);
}
