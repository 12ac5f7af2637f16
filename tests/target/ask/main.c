/* SPDX-License-Identifier: MIT */
/* Judged by tests/system. Does what the lines on its console ask for, and answers each with lines, of which
 * the last one begins with "done":
 *   addrs              the addresses of all interfaces, as getifaddrs() has them
 *   resolve NAME [4|6] what getaddrinfo() says
 *   time               the wall clock and the monotonic one
 *   tcp PORT           accept and echo there, on both families
 *   udp, join, leave, say: see ask.h
 *   quit */
#include "ask.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FDS 24

static int listener = -1, stream = -1;

const char *text_of(const struct sockaddr *a, char *text, size_t n)
{
	const void *addr = a->sa_family == AF_INET
				   ? (const void *)&((const struct sockaddr_in *)a)->sin_addr
				   : (const void *)&((const struct sockaddr_in6 *)a)->sin6_addr;

	return inet_ntop(a->sa_family, addr, text, (socklen_t)n) != NULL ? text : "?";
}

static unsigned ones(const struct sockaddr *mask)
{
	const unsigned char *p =
		mask->sa_family == AF_INET
			? (const void *)&((const struct sockaddr_in *)mask)->sin_addr
			: (const void *)&((const struct sockaddr_in6 *)mask)->sin6_addr;
	unsigned n = 0;

	for (unsigned i = 0; i < (mask->sa_family == AF_INET ? 4U : 16U); i++) {
		n += (unsigned)__builtin_popcount(p[i]);
	}
	return n;
}

static void do_addrs(char **w)
{
	struct ifaddrs *list, *i;
	char text[64];

	(void)w;
	if (getifaddrs(&list) != 0) {
		printf("getifaddrs: %s\n", strerror(errno));
		return;
	}
	for (i = list; i != NULL; i = i->ifa_next) {
		int family = i->ifa_addr == NULL ? AF_UNSPEC : i->ifa_addr->sa_family;

		if (family == AF_INET || family == AF_INET6) {
			printf("addr %s %s/%u%s\n", i->ifa_name,
			       text_of(i->ifa_addr, text, sizeof(text)), ones(i->ifa_netmask),
			       (i->ifa_flags & IFF_RUNNING) != 0 ? "" : " down");
		}
	}
	freeifaddrs(list);
}

static void do_resolve(char **w)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list, *i;
	char text[64];
	int r;

	hints.ai_family = w[2][0] == '4' ? AF_INET : w[2][0] == '6' ? AF_INET6 : AF_UNSPEC;
	r = getaddrinfo(w[1], NULL, &hints, &list);
	if (r != 0) {
		printf("resolve %s: %s\n", w[1], gai_strerror(r));
		return;
	}
	printf("resolve %s:", w[1]);
	for (i = list; i != NULL; i = i->ai_next) {
		printf(" %s", text_of(i->ai_addr, text, sizeof(text)));
	}
	printf("\n");
	freeaddrinfo(list);
}

static void do_time(char **w)
{
	struct timespec wall, mono;

	(void)w;
	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_MONOTONIC, &mono);
	printf("time %lld.%09ld %lld.%09ld\n", (long long)wall.tv_sec, wall.tv_nsec,
	       (long long)mono.tv_sec, mono.tv_nsec);
}

static void do_tcp(char **w)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6,
				  .sin6_port = htons((in_port_t)atoi(w[1])) };

	listener = socket(AF_INET6, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&a, sizeof(a)) != 0 || listen(listener, 4) != 0) {
		printf("tcp: %s\n", strerror(errno));
	}
}

static void do_quit(char **w)
{
	(void)w;
	exit(0);
}

static const struct {
	const char *name;
	void (*fn)(char **w);
} verbs[] = {
	{ "addrs", do_addrs }, { "resolve", do_resolve }, { "time", do_time },
	{ "tcp", do_tcp },     { "udp", do_udp },	  { "join", do_join },
	{ "leave", do_leave }, { "say", do_say },	  { "quit", do_quit },
};

static void serve_line(char *line)
{
	static char nothing[1];
	char *w[WORDS];

	for (unsigned i = 0; i < WORDS; i++) {
		w[i] = strtok(i == 0 ? line : NULL, " ");
		w[i] = w[i] == NULL ? nothing : w[i];
	}
	for (unsigned i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(w[0], verbs[i].name) == 0) {
			verbs[i].fn(w);
		}
	}
	printf("done %s\n", w[0]);
	fflush(stdout);
}

/* What has come on the console, line by line. */
static void serve_console(void)
{
	static char line[256];
	static size_t n;
	char c;

	if (read(0, &c, 1) != 1) {
		exit(0);
	}
	if (c != '\n' && c != '\r') {
		line[n] = c;
		n += n + 1 < sizeof(line);
		return;
	}
	line[n] = '\0';
	if (n > 0) {
		n = 0;
		serve_line(line);
	}
}

static void serve_stream(void)
{
	char buf[2048];
	ssize_t n = recv(stream, buf, sizeof(buf), 0);

	if (n <= 0 || send(stream, buf, (size_t)n, 0) != n) {
		close(stream);
		stream = -1;
	}
}

static void serve_once(void)
{
	struct pollfd p[FDS] = { { .fd = 0, .events = POLLIN },
				 { .fd = stream < 0 ? listener : -1, .events = POLLIN },
				 { .fd = stream, .events = POLLIN } };
	nfds_t n = 3;

	for (; n < FDS && heard_fd((unsigned)n - 3) >= 0; n++) {
		p[n] = (struct pollfd){ .fd = heard_fd((unsigned)n - 3), .events = POLLIN };
	}
	if (poll(p, n, -1) < 0) {
		perror("poll");
		exit(1);
	}
	for (nfds_t i = 3; i < n; i++) {
		if (p[i].revents != 0) {
			hear(p[i].fd);
		}
	}
	if (p[1].revents != 0) {
		stream = accept(listener, NULL, NULL);
	} else if (p[2].revents != 0) {
		serve_stream();
	}
	if (p[0].revents != 0) {
		serve_console();
	}
}

int main(void)
{
	printf("ask: ready\n");
	fflush(stdout);
	for (;;) {
		serve_once();
	}
}
