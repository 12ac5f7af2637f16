/* SPDX-License-Identifier: MIT */
/* AF_INET and AF_INET6 sockets: straight on lwIP's callback API, each a struct file with the operations
 * of kernel/socket.h, which take net_lock themselves. libc/socket.c comes by socket_inet. */
#pragma once

#include <kernel/socket.h>

/* type may carry SOCK_NONBLOCK, SOCK_CLOEXEC. On success *out owns one reference. */
int sock_create(int domain, int type, int protocol, struct file **out);
/* struct socket_ops */
int sock_bind(struct file *f, const struct sockaddr *a, socklen_t len);
int sock_listen(struct file *f, int backlog);
int sock_accept(struct file *f, struct sockaddr *a, socklen_t *len, int flags, struct file **out);
int sock_connect(struct file *f, const struct sockaddr *a, socklen_t len);
ssize_t sock_sendmsg(struct file *f, const struct msghdr *m, int flags);
ssize_t sock_recvmsg(struct file *f, struct msghdr *m, int flags);
ssize_t sock_send(struct file *f, const void *p, size_t n, int flags);
ssize_t sock_recv(struct file *f, void *p, size_t n, int flags);
ssize_t sock_send_constant(struct file *f, const void *p, size_t n);
int sock_shutdown(struct file *f, int how);
int sock_getname(struct file *f, struct sockaddr *a, socklen_t *len, bool peer);
int sock_setopt(struct file *f, int level, int name, const void *v, socklen_t len);
int sock_getopt(struct file *f, int level, int name, void *v, socklen_t *len);
