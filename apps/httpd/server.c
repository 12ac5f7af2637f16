/* SPDX-License-Identifier: MIT */
/* One thread and one epoll set, level-triggered. */
#include "server.h"

#include "conn.h"
#include "status.h"
#include "tick.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG	     1024
#define MAX_EVENTS   64
#define ACCEPT_BATCH 64 /* in a round, so that newcomers do not keep others waiting */

struct watch {
	void (*fn)(int fd);
	int fd;
};

static struct {
	int epoll;
	int fd;			/* listens */
	struct timer pause;	/* runs while nobody is accepted */
	uint64_t pause_clients; /* how many there were when it began */
	unsigned watches;
	struct watch watch[4];
	struct watch *plain; /* the port without TLS; NULL: none */
} server;

static int listen_on(int family, const void *address, socklen_t len)
{
	int one = 1, zero = 0, fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		return -1;
	}
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if ((family == AF_INET6 &&
	     setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero)) != 0) ||
	    bind(fd, address, len) != 0 || listen(fd, BACKLOG) != 0) {
		int err = errno;

		close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

int server_listen(uint16_t port)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = NULL };

	server.fd = listen_on(AF_INET6, &six, sizeof(six));
	if (server.fd < 0) {
		server.fd = listen_on(AF_INET, &four, sizeof(four));
	}
	if (server.fd < 0) {
		return -1;
	}
	server.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (server.epoll < 0) {
		return -1;
	}
	stats.boot_us = tick_us();
	conn_init(server.epoll);
	return epoll_ctl(server.epoll, EPOLL_CTL_ADD, server.fd, &e);
}

int server_watch(int fd, void (*fn)(int fd))
{
	struct watch *w = &server.watch[server.watches];
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = w };

	if (server.watches == sizeof(server.watch) / sizeof(server.watch[0])) {
		errno = ENOSPC;
		return -1;
	}
	*w = (struct watch){ .fn = fn, .fd = fd };
	server.watches++;
	return epoll_ctl(server.epoll, EPOLL_CTL_ADD, fd, &e);
}

/* Events of connections name those, which are not in here. */
static bool is_watch(const struct watch *w)
{
	return w >= server.watch && w < server.watch + server.watches;
}

static void watch_listener(uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = NULL };

	epoll_ctl(server.epoll, EPOLL_CTL_MOD, server.fd, &e);
	if (server.plain != NULL) {
		e.data.ptr = server.plain;
		epoll_ctl(server.epoll, EPOLL_CTL_MOD, server.plain->fd, &e);
	}
}

/* No descriptor or no memory for another client: to ask again at once would be to spin. */
static void pause_accepting(void)
{
	watch_listener(0);
	timer_start(&server.pause, TIMER_ACCEPT);
	server.pause_clients = stats.connections;
}

static void resume_accepting(void)
{
	timer_stop(&server.pause);
	watch_listener(EPOLLIN);
}

/* Is the error the listening socket's own, rather than that of one client that went away? */
static bool is_shortage(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOMEM || err == ENOBUFS;
}

static void accept_clients(int listener, int (*open)(int fd))
{
	for (int i = 0; i < ACCEPT_BATCH; i++) {
		int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			return;
		}
		if (fd < 0 && !is_shortage(errno)) {
			continue;
		}
		if ((fd < 0 || open(fd) != 0) && !conn_evict()) {
			pause_accepting();
			return;
		}
	}
}

static void accept_plain(int listener)
{
	accept_clients(listener, conn_open_plain);
}

int server_redirect(uint16_t port)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = listen_on(AF_INET6, &six, sizeof(six));

	if (fd < 0) {
		fd = listen_on(AF_INET, &four, sizeof(four));
	}
	if (fd < 0 || server_watch(fd, accept_plain) != 0) {
		return -1;
	}
	server.plain = &server.watch[server.watches - 1];
	return 0;
}

static void expire(void)
{
	struct timer *t;

	while ((t = timers_expired()) != NULL) {
		if (t->kind == TIMER_ACCEPT) {
			resume_accepting();
		} else {
			conn_expire(t);
		}
	}
}

void server_run(void)
{
	struct epoll_event events[MAX_EVENTS];
	bool more = false;

	tick_take();
	while (!conn_power_off()) {
		int n = epoll_wait(server.epoll, events, MAX_EVENTS, more ? 0 : timers_timeout());

		tick_take();
		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == NULL) {
				accept_clients(server.fd, conn_open);
			} else if (is_watch(events[i].data.ptr)) {
				const struct watch *w = events[i].data.ptr;

				w->fn(w->fd);
			} else {
				conn_event(events[i].data.ptr, events[i].events);
			}
		}
		expire();
		more = conn_turn();
		conn_bury();
		if (server.pause.kind != TIMER_NONE && stats.connections < server.pause_clients) {
			resume_accepting();
		}
	}
}
