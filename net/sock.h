/* SPDX-License-Identifier: MIT */
/* Sockets inside net/: the common part, and what each protocol supplies. All under net_lock
 * unless a comment says otherwise. */
#pragma once

#include "net.h"

#include <kernel/file.h>
#include <lwip/ip_addr.h>
#include <lwip/pbuf.h>
#include <sys/socket.h>

struct sock;

/* Operations of a protocol; called with net_lock held, never block. @addr is lwIP's form. */
struct sock_proto {
	int (*bind)(struct sock *s, const ip_addr_t *addr, uint16_t port);
	/* 0 done, -EINPROGRESS: POLLOUT tells the end, s->err how it ended. */
	int (*connect)(struct sock *s, const ip_addr_t *addr, uint16_t port);
	/* Bytes taken, -EAGAIN when there is no room. @to: NULL or port 0 for a connected socket. */
	ssize_t (*send)(struct sock *s, const struct iovec *iov, int n, const ip_addr_t *to,
			uint16_t port, int flags);
	/* Bytes given, -EAGAIN when there is none; @from may be NULL. @truncated: out, datagrams. */
	ssize_t (*recv)(struct sock *s, const struct iovec *iov, int n, int flags,
			struct sockaddr_storage *from, int *out_flags);
	int (*shutdown)(struct sock *s, int how);
	int (*name)(struct sock *s, bool peer, ip_addr_t *addr, uint16_t *port);
	int (*setopt)(struct sock *s, int level, int name, int value);
	int (*getopt)(struct sock *s, int level, int name, int *value);
	void (*close)(struct sock *s);
};

struct sock {
	struct file file; /* first */
	const struct sock_proto *proto;
	int domain, type, protocol;
	int err; /* pending, for SO_ERROR and the next call */
	bool v6only;
	uint64_t rcv_timeout, snd_timeout; /* ns, 0: for ever */
	int rcvbuf;
	struct linger linger;
	union {
		struct tcp_pcb *tcp;
		struct udp_pcb *udp;
		void *pcb;
	};
};

extern const struct sock_proto tcp_proto, udp_proto;

/* A new socket with its PCB; NULL when there is no memory. */
struct sock *sock_tcp_new(int domain);
struct sock *sock_udp_new(int domain);

/* TCP alone. */
int sock_tcp_listen(struct sock *s, int backlog);
/* A connection that waits: 0, -EAGAIN, -EINVAL when not listening. */
int sock_tcp_accept(struct sock *s, struct sock **out);

/* sock.c, for the protocols */
struct sock *sock_new(int domain, int type, int protocol, const struct sock_proto *proto,
		      size_t size);
static inline struct sock *sock_of(struct file *f)
{
	return (struct sock *)f;
}
int sock_errno(err_t e);
/* IPADDR_TYPE_* that a new PCB of this socket takes. */
uint8_t sock_ip_type(const struct sock *s);
void sock_put_address(const struct sock *s, const ip_addr_t *a, uint16_t port,
		      struct sockaddr_storage *out);
/* Take pending error, or 0. */
int sock_take_error(struct sock *s);
