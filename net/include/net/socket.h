/* SPDX-License-Identifier: MIT */
/* Sockets for libc/socket.c: straight on lwIP's callback API, each a struct file.
 * Everything returns 0, a count or -errno. Thread context; they take net_lock themselves.
 * Addresses and option values are POSIX's (our <sys/socket.h>). @flags may hold MSG_DONTWAIT. */
#pragma once

#include <kernel/file.h>
#include <sys/socket.h>

/* type may carry SOCK_NONBLOCK, SOCK_CLOEXEC. On success *out owns one reference. */
int sock_create(int domain, int type, int protocol, struct file **out);
int sock_bind(struct file *f, const struct sockaddr *a, socklen_t len);
int sock_listen(struct file *f, int backlog);
int sock_accept(struct file *f, struct sockaddr *a, socklen_t *len, int flags, struct file **out);
int sock_connect(struct file *f, const struct sockaddr *a, socklen_t len);
ssize_t sock_sendmsg(struct file *f, const struct msghdr *m, int flags);
ssize_t sock_recvmsg(struct file *f, struct msghdr *m, int flags);
/* The one-buffer forms, without a msghdr to build: the hot path. */
ssize_t sock_send(struct file *f, const void *p, size_t n, int flags);
ssize_t sock_recv(struct file *f, void *p, size_t n, int flags);
int sock_shutdown(struct file *f, int how);
int sock_getname(struct file *f, struct sockaddr *a, socklen_t *len, bool peer);
int sock_setopt(struct file *f, int level, int name, const void *v, socklen_t len);
int sock_getopt(struct file *f, int level, int name, void *v, socklen_t *len);
