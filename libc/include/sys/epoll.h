/* SPDX-License-Identifier: MIT */
/* epoll of Linux. The event is not packed on these architectures. */
#pragma once

#include <stdint.h>
#include <sys/_sigset.h>
#include <sys/cdefs.h>
#include <sys/timespec.h>

#define EPOLL_CLOEXEC 0x40000 /* O_CLOEXEC */

#define EPOLL_CTL_ADD 1
#define EPOLL_CTL_DEL 2
#define EPOLL_CTL_MOD 3

#define EPOLLIN	       0x0001
#define EPOLLPRI       0x0002
#define EPOLLOUT       0x0004
#define EPOLLERR       0x0008
#define EPOLLHUP       0x0010
#define EPOLLRDNORM    0x0040
#define EPOLLRDBAND    0x0080
#define EPOLLWRNORM    0x0100
#define EPOLLWRBAND    0x0200
#define EPOLLMSG       0x0400
#define EPOLLRDHUP     0x2000
#define EPOLLEXCLUSIVE (1U << 28)
#define EPOLLWAKEUP    (1U << 29)
#define EPOLLONESHOT   (1U << 30)
#define EPOLLET	       (1U << 31)

typedef union epoll_data {
	void *ptr;
	int fd;
	uint32_t u32;
	uint64_t u64;
} epoll_data_t;

struct epoll_event {
	uint32_t events;
	epoll_data_t data;
};

__BEGIN_DECLS

int epoll_create(int);
int epoll_create1(int);
int epoll_ctl(int, int, int, struct epoll_event *);
int epoll_wait(int, struct epoll_event *, int, int);
int epoll_pwait(int, struct epoll_event *, int, int, const __sigset_t *);
int epoll_pwait2(int, struct epoll_event *, int, const struct timespec *, const __sigset_t *);

__END_DECLS
