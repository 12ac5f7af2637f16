/* SPDX-License-Identifier: MIT */
/* What a socket does beyond reading and writing, by family: net/ has AF_INET and AF_INET6, libc/ AF_UNIX.
 * Addresses and option values are POSIX's (<sys/socket.h>). @flags may hold MSG_DONTWAIT.
 * Everything returns 0, a count or -errno. Thread context. None is NULL. */
#pragma once

#include <kernel/file.h>
#include <sys/socket.h>

struct socket_ops {
	int (*bind)(struct file *f, const struct sockaddr *a, socklen_t len);
	int (*listen)(struct file *f, int backlog);
	/* @a may be NULL. @flags: SOCK_NONBLOCK, SOCK_CLOEXEC. On success *out owns one reference. */
	int (*accept)(struct file *f, struct sockaddr *a, socklen_t *len, int flags,
		      struct file **out);
	int (*connect)(struct file *f, const struct sockaddr *a, socklen_t len);
	ssize_t (*sendmsg)(struct file *f, const struct msghdr *m, int flags);
	ssize_t (*recvmsg)(struct file *f, struct msghdr *m, int flags);
	/* The one-buffer forms, without a msghdr to build: the hot path. */
	ssize_t (*send)(struct file *f, const void *p, size_t n, int flags);
	ssize_t (*recv)(struct file *f, void *p, size_t n, int flags);
	/* Like send(), of bytes that never change nor go away: they need no copy. NULL: there is none. */
	ssize_t (*send_constant)(struct file *f, const void *p, size_t n);
	int (*shutdown)(struct file *f, int how);
	int (*getname)(struct file *f, struct sockaddr *a, socklen_t *len, bool peer);
	int (*setopt)(struct file *f, int level, int name, const void *v, socklen_t len);
	int (*getopt)(struct file *f, int level, int name, void *v, socklen_t *len);
};

/* Makes a socket of AF_INET or AF_INET6; @type may carry SOCK_NONBLOCK and SOCK_CLOEXEC. On success *out owns
 * one reference. net_start() sets it: NULL in an image without the network. */
extern int (*socket_inet)(int domain, int type, int protocol, struct file **out);
