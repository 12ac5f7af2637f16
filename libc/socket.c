/* SPDX-License-Identifier: MIT */
/* BSD sockets: descriptors in front of what each family supplies (kernel/socket.h). */
#define _GNU_SOURCE
#include "libc.h"
#include "unix.h"

#include <kernel/socket.h>
#include <kernel/time.h>

static bool cloexec(int type)
{
	return (type & SOCK_CLOEXEC) != 0;
}

int socket(int domain, int type, int protocol)
{
	struct file *f;
	int r = -EAFNOSUPPORT;

	if (domain == AF_UNIX) {
		r = un_create(type, protocol, &f);
	} else if (socket_inet != NULL) {
		r = socket_inet(domain, type, protocol, &f);
	}
	return (int)result(r != 0 ? r : fd_make(f, cloexec(type)));
}

int socketpair(int domain, int type, int protocol, int fds[2])
{
	struct file *f[2];
	int r = domain == AF_UNIX ? un_pair(type, protocol, f) : -EAFNOSUPPORT;

	return (int)result(r != 0 ? r : fd_make_pair(f[0], f[1], cloexec(type), fds));
}

/* The socket behind @fd, to be given back by fd_put(); NULL and @error else. */
static inline struct file *get(int fd, int *error)
{
	struct file *f = fd_get(fd);

	if (unlikely(f == NULL)) {
		*error = -EBADF;
		return NULL;
	}
	if (unlikely(f->ops->socket == NULL)) {
		fd_put(f);
		*error = -ENOTSOCK;
		return NULL;
	}
	return f;
}

/* Give @f (maybe NULL) back after the call that returned @r. */
static inline ssize_t put(struct file *f, ssize_t r)
{
	if (likely(f != NULL)) {
		fd_put(f);
	}
	return r;
}

/* One operation of the socket behind @fd, from descriptor to result. */
#define CALL(fd, op, ...)                                                                        \
	({                                                                                       \
		int error_;                                                                      \
		struct file *f_ = get(fd, &error_);                                              \
		put(f_, unlikely(f_ == NULL) ? error_ : f_->ops->socket->op(f_, ##__VA_ARGS__)); \
	})

int bind(int fd, const struct sockaddr *a, socklen_t len)
{
	return (int)result(CALL(fd, bind, a, len));
}

int listen(int fd, int backlog)
{
	return (int)result(CALL(fd, listen, backlog));
}

int connect(int fd, const struct sockaddr *a, socklen_t len)
{
	cancel_point();
	return (int)result(CALL(fd, connect, a, len));
}

int shutdown(int fd, int how)
{
	return (int)result(CALL(fd, shutdown, how));
}

int getsockname(int fd, struct sockaddr *restrict a, socklen_t *restrict len)
{
	return (int)result(CALL(fd, getname, a, len, false));
}

int getpeername(int fd, struct sockaddr *restrict a, socklen_t *restrict len)
{
	return (int)result(CALL(fd, getname, a, len, true));
}

int setsockopt(int fd, int level, int name, const void *v, socklen_t len)
{
	return (int)result(CALL(fd, setopt, level, name, v, len));
}

int getsockopt(int fd, int level, int name, void *restrict v, socklen_t *restrict len)
{
	return (int)result(CALL(fd, getopt, level, name, v, len));
}

int accept4(int fd, struct sockaddr *restrict a, socklen_t *restrict len, int flags)
{
	struct file *made = NULL;
	long r;

	cancel_point();
	if ((flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != 0) {
		return fail(EINVAL);
	}
	r = RESTARTING(CALL(fd, accept, a, len, flags, &made));
	return (int)result(r != 0 ? r : fd_make(made, cloexec(flags)));
}

int accept(int fd, struct sockaddr *restrict a, socklen_t *restrict len)
{
	return accept4(fd, a, len, 0);
}

/* --- data ------------------------------------------------------------------------------------ */

/* EPIPE raises a signal, as result() has it, unless the caller wants none. */
static inline ssize_t sent(ssize_t r, int flags)
{
	if (unlikely(r == -EPIPE) && (flags & MSG_NOSIGNAL) != 0) {
		return fail(EPIPE);
	}
	return result(r);
}

ssize_t send(int fd, const void *p, size_t n, int flags)
{
	cancel_point();
	return sent(RESTARTING(CALL(fd, send, p, n, flags)), flags);
}

ssize_t recv(int fd, void *p, size_t n, int flags)
{
	cancel_point();
	return result(RESTARTING(CALL(fd, recv, p, n, flags)));
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	cancel_point();
	return sent(RESTARTING(CALL(fd, sendmsg, m, flags)), flags);
}

ssize_t recvmsg(int fd, struct msghdr *m, int flags)
{
	cancel_point();
	return result(RESTARTING(CALL(fd, recvmsg, m, flags)));
}

ssize_t sendto(int fd, const void *p, size_t n, int flags, const struct sockaddr *a, socklen_t len)
{
	struct iovec iov = { (void *)(uintptr_t)p, n };
	struct msghdr m = { .msg_name = (void *)(uintptr_t)a,
			    .msg_namelen = len,
			    .msg_iov = &iov,
			    .msg_iovlen = 1 };

	return a == NULL ? send(fd, p, n, flags) : sendmsg(fd, &m, flags);
}

ssize_t recvfrom(int fd, void *restrict p, size_t n, int flags, struct sockaddr *restrict a,
		 socklen_t *restrict len)
{
	struct iovec iov = { p, n };
	struct msghdr m = { .msg_name = a, .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t r;

	if (a == NULL) {
		return recv(fd, p, n, flags);
	}
	m.msg_namelen = *len;
	r = recvmsg(fd, &m, flags);
	if (r >= 0) {
		*len = m.msg_namelen;
	}
	return r;
}

int sendmmsg(int fd, struct mmsghdr *v, unsigned n, int flags)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		ssize_t r = sendmsg(fd, &v[i].msg_hdr, flags);

		if (r < 0) {
			return i > 0 ? (int)i : -1;
		}
		v[i].msg_len = (unsigned)r;
	}
	return (int)i;
}

/* @timeout is looked at between messages only, as on Linux it is. */
int recvmmsg(int fd, struct mmsghdr *v, unsigned n, int flags, struct timespec *timeout)
{
	uint64_t deadline;
	int error = deadline_in(timeout, &deadline);
	unsigned i;

	if (error != 0) {
		return (int)result(error);
	}
	for (i = 0; i < n && (i == 0 || timeout == NULL || deadline > time_now()); i++) {
		ssize_t r = recvmsg(fd, &v[i].msg_hdr, flags & ~MSG_WAITFORONE);

		if (r < 0) {
			return i > 0 ? (int)i : -1;
		}
		v[i].msg_len = (unsigned)r;
		if ((flags & MSG_WAITFORONE) != 0) {
			flags |= MSG_DONTWAIT;
		}
	}
	return (int)i;
}

int sockatmark(int fd)
{
	int r = 0;
	struct file *f = get(fd, &r);

	/* Urgent data stays in line, unmarked. */
	return (int)result(put(f, r));
}
