/* SPDX-License-Identifier: MIT */
/* load ADDRESS PORT PATH CONNECTIONS REQUESTS BODY-FILE: asks exactly REQUESTS times for PATH over
 * CONNECTIONS keep-alive connections, one request at a time on each, and holds each response against
 * BODY-FILE: status 200, Content-Length and every byte. Prints one line of JSON; progress goes to
 * stderr. The status is 0 if all were right. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1024
#define BODY_MAX	65536U
#define HEAD_MAX	4096U
#define EVENTS_MAX	64
/* No answer at all for so long ends the run; what was asked for and not answered counts as lost. */
#define PATIENCE_MS 10000
#define PROGRESS_S  10

struct conn {
	int fd;	      /* -1: none */
	bool waiting; /* a request has been sent and not been answered */
	size_t have;  /* bytes of the response in buf */
	char buf[HEAD_MAX + BODY_MAX];
};

static struct {
	struct sockaddr_in server;
	int epoll;
	char request[512];
	size_t request_len;
	char body[BODY_MAX];
	size_t body_len;
	uint64_t wanted, sent, answered;
	uint64_t bad_status, bad_body, closed, failed_connects, lost;
} load;

static struct conn conns[CONNECTIONS_MAX];

static void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(2);
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void drop(struct conn *c)
{
	close(c->fd);
	c->fd = -1;
	c->have = 0;
	c->waiting = false;
}

static bool open_conn(struct conn *c)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };
	int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0) {
		die("socket");
	}
	if (connect(c->fd, (struct sockaddr *)&load.server, sizeof(load.server)) != 0) {
		load.failed_connects++;
		drop(c);
		return false;
	}
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	if (epoll_ctl(load.epoll, EPOLL_CTL_ADD, c->fd, &e) != 0) {
		die("epoll_ctl");
	}
	return true;
}

/* The request is far smaller than a socket's send buffer, which is empty whenever we come here. */
static void ask(struct conn *c)
{
	if (load.sent == load.wanted) {
		return;
	}
	load.sent++;
	c->waiting = true;
	if (send(c->fd, load.request, load.request_len, MSG_NOSIGNAL) !=
	    (ssize_t)load.request_len) {
		load.closed++;
		drop(c);
	}
}

/* The server went away: count what it owed us, and go on over a new connection. */
static void on_close(struct conn *c)
{
	load.closed++;
	drop(c);
	if (load.sent < load.wanted && open_conn(c)) {
		ask(c);
	}
}

static size_t content_length(const char *head)
{
	const char *field = strcasestr(head, "\r\nContent-Length:");

	return field != NULL ? strtoul(field + sizeof("\r\nContent-Length:") - 1, NULL, 10)
			     : SIZE_MAX;
}

/* Returns whether the response is complete. */
static bool judge(struct conn *c)
{
	char *end;
	size_t head, length;

	c->buf[c->have] = '\0';
	end = strstr(c->buf, "\r\n\r\n");
	if (end == NULL) {
		return false;
	}
	head = (size_t)(end - c->buf) + 4;
	length = content_length(c->buf);
	if (length <= BODY_MAX && c->have < head + length) {
		return false;
	}
	if (strncmp(c->buf, "HTTP/1.1 200 ", 13) != 0) {
		load.bad_status++;
	} else if (length != load.body_len || c->have != head + length ||
		   memcmp(c->buf + head, load.body, length) != 0) {
		load.bad_body++;
	}
	return true;
}

static void on_readable(struct conn *c)
{
	ssize_t n = recv(c->fd, c->buf + c->have, sizeof(c->buf) - 1 - c->have, 0);

	if (n < 0 && errno == EAGAIN) {
		return;
	}
	if (n <= 0) {
		on_close(c);
		return;
	}
	c->have += (size_t)n;
	if (!c->waiting) { /* nobody asked */
		load.bad_body++;
		c->have = 0;
	} else if (judge(c)) {
		load.answered++;
		c->have = 0;
		c->waiting = false;
		ask(c);
	} else if (c->have == sizeof(c->buf) - 1) {
		load.bad_body++;
		on_close(c);
	}
}

static void show_progress(double start)
{
	static double last;
	double now = now_s();

	if (last == 0) {
		last = start;
	}
	if (now - last >= PROGRESS_S) {
		last = now;
		fprintf(stderr, "  LOAD    %llu of %llu requests, %.0f a second\n",
			(unsigned long long)load.answered, (unsigned long long)load.wanted,
			(double)load.answered / (now - start));
	}
}

/* Until each request has been answered or has failed. */
static void run(double start)
{
	struct epoll_event events[EVENTS_MAX];

	while (load.answered + load.closed < load.sent || load.sent < load.wanted) {
		int n = epoll_wait(load.epoll, events, EVENTS_MAX, PATIENCE_MS);

		if (n == 0) {
			break;
		}
		for (int i = 0; i < n; i++) {
			on_readable(events[i].data.ptr);
		}
		show_progress(start);
	}
	load.lost = load.wanted - load.answered;
}

static void read_body(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0) {
		die(path);
	}
	n = read(fd, load.body, sizeof(load.body));
	if (n < 0) {
		die(path);
	}
	load.body_len = (size_t)n;
	close(fd);
}

static void prepare(char **argv)
{
	load.server.sin_family = AF_INET;
	load.server.sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10));
	if (inet_pton(AF_INET, argv[1], &load.server.sin_addr) != 1) {
		die(argv[1]);
	}
	load.request_len = (size_t)snprintf(load.request, sizeof(load.request),
					    "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", argv[3],
					    argv[1]);
	if (load.request_len >= sizeof(load.request)) {
		errno = ENAMETOOLONG;
		die("path");
	}
	load.wanted = strtoull(argv[5], NULL, 10);
	read_body(argv[6]);
	load.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (load.epoll < 0) {
		die("epoll_create1");
	}
}

static uint64_t report(double seconds)
{
	uint64_t errors =
		load.lost + load.bad_status + load.bad_body + load.closed + load.failed_connects;

	printf("{\"requests\": %llu, \"answered\": %llu, \"errors\": %llu, \"lost\": %llu, "
	       "\"bad_status\": %llu, \"bad_body\": %llu, \"closed\": %llu, "
	       "\"failed_connects\": %llu, \"seconds\": %.3f}\n",
	       (unsigned long long)load.wanted, (unsigned long long)load.answered,
	       (unsigned long long)errors, (unsigned long long)load.lost,
	       (unsigned long long)load.bad_status, (unsigned long long)load.bad_body,
	       (unsigned long long)load.closed, (unsigned long long)load.failed_connects, seconds);
	return errors;
}

int main(int argc, char **argv)
{
	double start = now_s();
	int n;

	n = argc == 7 ? atoi(argv[4]) : 0;
	if (n < 1 || n > CONNECTIONS_MAX) {
		fprintf(stderr, "usage: load ADDRESS PORT PATH CONNECTIONS REQUESTS BODY-FILE\n");
		return 2;
	}
	prepare(argv);
	for (int i = 0; i < n; i++) {
		open_conn(&conns[i]);
	}
	for (int i = 0; i < n; i++) {
		if (conns[i].fd >= 0) {
			ask(&conns[i]);
		}
	}
	run(start);
	for (int i = 0; i < n; i++) {
		if (conns[i].fd >= 0) {
			drop(&conns[i]);
		}
	}
	return report(now_s() - start) == 0 ? 0 : 1;
}
