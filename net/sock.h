/* SPDX-License-Identifier: MIT */
/* Sockets inside net/: the common part, and what each protocol supplies. All under net_lock
 * unless a comment says otherwise. */
#pragma once

/* Of send(), beside MSG_*: the bytes stay as they are for ever. */
#define SEND_CONSTANT 0x80000

#include "net.h"

#include <kernel/file.h>
#include <lwip/ip.h>
#include <lwip/ip_addr.h>
#include <lwip/pbuf.h>
#include <sys/socket.h>

struct sock;
struct membership;

/* What goes with bytes to send: the address, and what ancillary data said. */
struct sock_tx {
	ip_addr_t to;
	uint16_t port; /* 0: as connected, and @to says nothing */
	bool has_to;   /* @to holds for a protocol without ports too */
	bool has_src;
	ip_addr_t src;
	uint8_t ifindex; /* 0: by the route */
	int ttl, tos;	 /* -1: the socket's */
};

/* What comes with received bytes: more than @from only where SOCK_WANT_* asked. */
struct sock_rx {
	struct sockaddr_storage from; /* AF_UNSPEC: none */
	int flags;		      /* MSG_TRUNC, MSG_CTRUNC */
	bool has_info;
	ip_addr_t dest;
	ip_addr_t local; /* our address on that interface, when @dest is of many */
	uint8_t ifindex, ttl, tos;
	uint64_t when; /* wall clock, ns */
};

/* Bits of sock.want: ancillary data that recvmsg() gives. */
enum {
	SOCK_WANT_PKTINFO = 1,
	SOCK_WANT_TTL = 2,
	SOCK_WANT_TOS = 4,
	SOCK_WANT_TIME = 8,
	SOCK_WANT_TIMENS = 16,
};

/* Operations of a protocol; called with net_lock held, never block. @addr is lwIP's form. */
struct sock_proto {
	int (*bind)(struct sock *s, const ip_addr_t *addr, uint16_t port);
	/* 0 done, -EINPROGRESS: POLLOUT tells the end, s->err how it ended. */
	int (*connect)(struct sock *s, const ip_addr_t *addr, uint16_t port);
	/* Bytes taken, -EAGAIN when there is no room. @tx: NULL when there is nothing to say. */
	ssize_t (*send)(struct sock *s, const struct iovec *iov, int n, const struct sock_tx *tx,
			int flags);
	/* Bytes given, -EAGAIN when there is none; @rx may be NULL. */
	ssize_t (*recv)(struct sock *s, const struct iovec *iov, int n, int flags,
			struct sock_rx *rx);
	int (*shutdown)(struct sock *s, int how);
	int (*name)(struct sock *s, bool peer, ip_addr_t *addr, uint16_t *port);
	/* What sockopt.c and ipopt.c do not know. @v is as the program gave it. */
	int (*setopt)(struct sock *s, int level, int name, const void *v, socklen_t len);
	int (*getopt)(struct sock *s, int level, int name, void *v, socklen_t *len);
	/* FIONREAD and TIOCOUTQ: bytes that wait, this way or that. */
	int (*queued)(struct sock *s, bool out);
	/* The buffer sizes or the low water mark changed. May be NULL. */
	void (*resized)(struct sock *s);
	void (*close)(struct sock *s);
};

struct sock {
	struct file file; /* first */
	const struct sock_proto *proto;
	int domain, type, protocol;
	int err; /* pending, for SO_ERROR and the next call */
	bool v6only, reuse_port;
	unsigned want;			   /* SOCK_WANT_* */
	uint64_t rcv_timeout, snd_timeout; /* ns, 0: for ever */
	int rcvbuf, sndbuf, priority;
	size_t rcvlowat;
	struct linger linger;
	struct membership *groups; /* mcast.c's */
	union {
		struct ip_pcb *ip; /* what all of lwIP's have in common; NULL: gave up */
		struct tcp_pcb *tcp;
		struct udp_pcb *udp;
		struct raw_pcb *raw;
		void *pcb;
	};
};

extern const struct sock_proto tcp_proto, udp_proto, raw_proto;

/* A new socket with its PCB; NULL when there is no memory. */
struct sock *sock_tcp_new(int domain);
struct sock *sock_udp_new(int domain);
/* SOCK_RAW, or SOCK_DGRAM with IPPROTO_ICMP or IPPROTO_ICMPV6. */
struct sock *sock_raw_new(int domain, int type, int protocol);

/* TCP alone. */
int sock_tcp_listen(struct sock *s, int backlog);
/* A connection that waits: 0, -EAGAIN, -EINVAL when not listening. */
int sock_tcp_accept(struct sock *s, struct sock **out);
/* SO_KEEPALIVE changed: lwIP's timers look at the connection again. */
void sock_tcp_timed(struct sock *s);
/* SO_LINGER: close() was called; true once nothing is left to wait for. */
bool sock_tcp_linger(struct sock *s);

/* sock.c, for the protocols */
struct sock *sock_new(int domain, int type, int protocol, const struct sock_proto *proto,
		      size_t size);
static inline struct sock *sock_of(struct file *f)
{
	return (struct sock *)f;
}
/* Take pending error, or 0. */
int sock_take_error(struct sock *s);

/* address.c */
int sock_errno(err_t e);
/* IPADDR_TYPE_* that a new PCB of this socket takes. */
uint8_t sock_ip_type(const struct sock *s);
/* The program's address in lwIP's form. 0, -EINVAL, -EAFNOSUPPORT. */
int sock_get_address(const struct sock *s, const struct sockaddr *a, socklen_t len, ip_addr_t *out,
		     uint16_t *port);
void sock_put_address(const struct sock *s, const ip_addr_t *a, uint16_t port,
		      struct sockaddr_storage *out);
/* To the caller's buffer, cut to its size; *len says the whole. */
void sock_copy_address(const struct sockaddr_storage *from, struct sockaddr *a, socklen_t *len);
struct in6_addr sock_in6(const ip_addr_t *a); /* IPv4 is mapped */

/* sockopt.c */
/* An int, or one byte as BSD's programs have it. 0 or -EINVAL. */
int sock_opt_int(const void *v, socklen_t len, int *out);
/* Give @n bytes, cut to *len; returns 0. */
int sock_opt_give(void *v, socklen_t *len, const void *from, size_t n);
static inline int sock_opt_give_int(void *v, socklen_t *len, int value)
{
	return sock_opt_give(v, len, &value, sizeof(value));
}

/* ipopt.c: IPPROTO_IP and IPPROTO_IPV6, of every protocol. */
int sock_ip_setopt(struct sock *s, int level, int name, const void *v, socklen_t len);
int sock_ip_getopt(struct sock *s, int level, int name, void *v, socklen_t *len);

/* mcast.c: multicast's part of them; -ENOPROTOOPT for all else. */
int sock_mcast_setopt(struct sock *s, int level, int name, const void *v, socklen_t len);
int sock_mcast_getopt(struct sock *s, int level, int name, void *v, socklen_t *len);
void sock_mcast_leave_all(struct sock *s);

/* cmsg.c */
/* What the message's ancillary data asks for. 0, -EINVAL, -ENETUNREACH, -EADDRNOTAVAIL. */
int sock_cmsg_read(const struct sock *s, const struct msghdr *m, struct sock_tx *tx);
/* Put what was asked for into m->msg_control and set msg_controllen; MSG_CTRUNC when it is short. */
void sock_cmsg_write(const struct sock *s, struct msghdr *m, struct sock_rx *rx);

/* ifioctl.c: SIOCGIF* and the like; -ENOTTY for what is none of them. net_lock not held. */
int sock_if_ioctl(unsigned long cmd, void *arg);
