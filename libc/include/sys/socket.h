/* SPDX-License-Identifier: MIT */
/* BSD sockets: structures and numbers of Linux, but SOCK_NONBLOCK and SOCK_CLOEXEC equal
 * newlib's O_NONBLOCK and O_CLOEXEC. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/cdefs.h>
#include <sys/timespec.h>
#include <sys/types.h>
#include <sys/uio.h>

typedef uint16_t sa_family_t;
typedef uint32_t socklen_t;

#define PF_UNSPEC  0
#define PF_LOCAL   1
#define PF_UNIX	   PF_LOCAL
#define PF_INET	   2
#define PF_INET6   10
#define PF_NETLINK 16
#define PF_PACKET  17
#define PF_VSOCK   40
#define PF_MAX	   46
#define AF_UNSPEC  PF_UNSPEC
#define AF_LOCAL   PF_LOCAL
#define AF_UNIX	   PF_UNIX
#define AF_INET	   PF_INET
#define AF_INET6   PF_INET6
#define AF_NETLINK PF_NETLINK
#define AF_PACKET  PF_PACKET
#define AF_VSOCK   PF_VSOCK
#define AF_MAX	   PF_MAX

#define SOCK_STREAM    1
#define SOCK_DGRAM     2
#define SOCK_RAW       3
#define SOCK_RDM       4
#define SOCK_SEQPACKET 5
#define SOCK_NONBLOCK  0x4000  /* O_NONBLOCK */
#define SOCK_CLOEXEC   0x40000 /* O_CLOEXEC */

#define SOL_SOCKET	1
#define SO_DEBUG	1
#define SO_REUSEADDR	2
#define SO_TYPE		3
#define SO_ERROR	4
#define SO_DONTROUTE	5
#define SO_BROADCAST	6
#define SO_SNDBUF	7
#define SO_RCVBUF	8
#define SO_KEEPALIVE	9
#define SO_OOBINLINE	10
#define SO_NO_CHECK	11
#define SO_PRIORITY	12
#define SO_LINGER	13
#define SO_REUSEPORT	15
#define SO_PASSCRED	16
#define SO_PEERCRED	17
#define SO_RCVLOWAT	18
#define SO_SNDLOWAT	19
#define SO_RCVTIMEO	20
#define SO_SNDTIMEO	21
#define SO_BINDTODEVICE 25
#define SO_TIMESTAMP	29
#define SO_ACCEPTCONN	30
#define SO_SNDBUFFORCE	32
#define SO_RCVBUFFORCE	33
#define SO_TIMESTAMPNS	35
#define SO_MARK		36
#define SO_PROTOCOL	38
#define SO_DOMAIN	39
#define SO_RXQ_OVFL	40
#define SO_BUSY_POLL	46
#define SO_INCOMING_CPU 49
#define SO_ZEROCOPY	60

#define SOMAXCONN 4096

#define MSG_OOB		 0x0001
#define MSG_PEEK	 0x0002
#define MSG_DONTROUTE	 0x0004
#define MSG_CTRUNC	 0x0008
#define MSG_TRUNC	 0x0020
#define MSG_DONTWAIT	 0x0040
#define MSG_EOR		 0x0080
#define MSG_WAITALL	 0x0100
#define MSG_CONFIRM	 0x0800
#define MSG_ERRQUEUE	 0x2000
#define MSG_NOSIGNAL	 0x4000
#define MSG_MORE	 0x8000
#define MSG_WAITFORONE	 0x10000
#define MSG_ZEROCOPY	 0x4000000
#define MSG_FASTOPEN	 0x20000000
#define MSG_CMSG_CLOEXEC 0x40000000

#define SHUT_RD	  0
#define SHUT_WR	  1
#define SHUT_RDWR 2

struct sockaddr {
	sa_family_t sa_family;
	char sa_data[14];
};

struct sockaddr_storage {
	sa_family_t ss_family;
	char __padding[118];
	unsigned long __align;
};

struct linger {
	int l_onoff;
	int l_linger; /* seconds */
};

struct msghdr {
	void *msg_name;
	socklen_t msg_namelen;
	struct iovec *msg_iov;
	size_t msg_iovlen;
	void *msg_control;
	size_t msg_controllen;
	int msg_flags;
};

struct mmsghdr {
	struct msghdr msg_hdr;
	unsigned int msg_len;
};

struct cmsghdr {
	size_t cmsg_len; /* this header and the data, without padding */
	int cmsg_level;
	int cmsg_type;
};

#define SCM_RIGHTS	0x01
#define SCM_CREDENTIALS 0x02
#define SCM_TIMESTAMP	SO_TIMESTAMP
#define SCM_TIMESTAMPNS SO_TIMESTAMPNS

struct ucred {
	pid_t pid;
	uid_t uid;
	gid_t gid;
};

#define CMSG_ALIGN(len) (((len) + sizeof(size_t) - 1) & ~(sizeof(size_t) - 1))
#define CMSG_SPACE(len) (CMSG_ALIGN(sizeof(struct cmsghdr)) + CMSG_ALIGN(len))
#define CMSG_LEN(len)	(CMSG_ALIGN(sizeof(struct cmsghdr)) + (len))
#define CMSG_DATA(cmsg) ((unsigned char *)((struct cmsghdr *)(cmsg) + 1))
#define CMSG_FIRSTHDR(mh)                                       \
	((size_t)(mh)->msg_controllen >= sizeof(struct cmsghdr) \
		 ? (struct cmsghdr *)(mh)->msg_control          \
		 : (struct cmsghdr *)0)
#define CMSG_NXTHDR(mh, cmsg) __cmsg_next(mh, cmsg)

/* The header after @c in @m, or NULL if what is left holds none, or @c is too short to be one. */
static __inline__ struct cmsghdr *__cmsg_next(const struct msghdr *m, struct cmsghdr *c)
{
	size_t left = m->msg_controllen - (size_t)((char *)c - (char *)m->msg_control);

	if (c->cmsg_len < sizeof(*c) || c->cmsg_len > left ||
	    left - CMSG_ALIGN(c->cmsg_len) > left || left - CMSG_ALIGN(c->cmsg_len) < sizeof(*c)) {
		return (struct cmsghdr *)0;
	}
	return (struct cmsghdr *)(void *)((char *)c + CMSG_ALIGN(c->cmsg_len));
}

__BEGIN_DECLS

int socket(int, int, int);
int socketpair(int, int, int, int[2]);
int bind(int, const struct sockaddr *, socklen_t);
int listen(int, int);
int accept(int, struct sockaddr *__restrict, socklen_t *__restrict);
int accept4(int, struct sockaddr *__restrict, socklen_t *__restrict, int);
int connect(int, const struct sockaddr *, socklen_t);
int shutdown(int, int);
int getsockname(int, struct sockaddr *__restrict, socklen_t *__restrict);
int getpeername(int, struct sockaddr *__restrict, socklen_t *__restrict);
int getsockopt(int, int, int, void *__restrict, socklen_t *__restrict);
int setsockopt(int, int, int, const void *, socklen_t);
ssize_t send(int, const void *, size_t, int);
ssize_t sendto(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
ssize_t sendmsg(int, const struct msghdr *, int);
int sendmmsg(int, struct mmsghdr *, unsigned, int);
ssize_t recv(int, void *, size_t, int);
ssize_t recvfrom(int, void *__restrict, size_t, int, struct sockaddr *__restrict,
		 socklen_t *__restrict);
ssize_t recvmsg(int, struct msghdr *, int);
int recvmmsg(int, struct mmsghdr *, unsigned, int, struct timespec *);
int sockatmark(int);

__END_DECLS
