/* SPDX-License-Identifier: MIT */
/* The POSIX headers of libc/include: structures have Linux's layout, names their values, and calls
 * that programs use are declared without any -D. Compiled only, for each target, by tests/system/test_sdk.py. */
#include <arpa/inet.h>
#include <assert.h>
#include <byteswap.h>
#include <dirent.h>
#include <endian.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <limits.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define SIZE(type, n)	    static_assert(sizeof(type) == (n), #type)
#define AT(type, member, n) static_assert(offsetof(type, member) == (n), #type "." #member)
#define IS(name, n)	    static_assert((name) == (n), #name)

SIZE(struct sockaddr, 16);
SIZE(struct sockaddr_in, 16);
SIZE(struct sockaddr_in6, 28);
SIZE(struct sockaddr_storage, 128);
SIZE(struct sockaddr_un, 110);
static_assert(_Alignof(struct sockaddr_storage) == 8, "sockaddr_storage is aligned");
AT(struct sockaddr, sa_data, 2);
AT(struct sockaddr_in, sin_port, 2);
AT(struct sockaddr_in, sin_addr, 4);
AT(struct sockaddr_in6, sin6_flowinfo, 4);
AT(struct sockaddr_in6, sin6_addr, 8);
AT(struct sockaddr_in6, sin6_scope_id, 24);
static_assert(sizeof(sa_family_t) == 2 && sizeof(socklen_t) == 4, "types");

SIZE(struct iovec, 16);
SIZE(struct msghdr, 56);
AT(struct msghdr, msg_iov, 16);
AT(struct msghdr, msg_control, 32);
AT(struct msghdr, msg_flags, 48);
SIZE(struct mmsghdr, 64);
SIZE(struct cmsghdr, 16);
IS(CMSG_LEN(4), 20);
IS(CMSG_SPACE(4), 24);
SIZE(struct linger, 8);
SIZE(struct ip_mreq, 8);
SIZE(struct ip_mreqn, 12);
SIZE(struct ip_mreq_source, 12);
SIZE(struct ipv6_mreq, 20);
SIZE(struct group_req, 136);
SIZE(struct in_pktinfo, 12);
SIZE(struct in6_pktinfo, 20);
SIZE(struct addrinfo, 48);
AT(struct addrinfo, ai_addr, 24);
AT(struct addrinfo, ai_next, 40);
SIZE(struct hostent, 32);
SIZE(struct servent, 32);
SIZE(struct ifaddrs, 56);
SIZE(struct tcphdr, 20);
AT(struct tcphdr, th_flags, 13);
AT(struct tcphdr, window, 14);
SIZE(struct udphdr, 8);
SIZE(struct ip, 20);
SIZE(struct iphdr, 20);
SIZE(struct tcp_info, 104);
AT(struct tcp_info, tcpi_rto, 8);
AT(struct tcp_info, tcpi_rtt, 68);

SIZE(struct pollfd, 8);
SIZE(struct epoll_event, 16);
AT(struct epoll_event, data, 8);
SIZE(fd_set, 128);
SIZE(struct timeval, 16);
SIZE(struct timespec, 16);
SIZE(struct utsname, 390);
SIZE(struct sysinfo, 112);
SIZE(struct winsize, 8);
SIZE(((struct dirent *)0)->d_name, 256);

SIZE(pthread_t, sizeof(void *));
SIZE(sem_t, 32);

IS(AF_INET, 2);
IS(AF_INET6, 10);
IS(SOCK_STREAM, 1);
IS(SOCK_NONBLOCK, O_NONBLOCK);
IS(SOCK_CLOEXEC, O_CLOEXEC);
IS(EFD_NONBLOCK, O_NONBLOCK);
IS(EFD_CLOEXEC, O_CLOEXEC);
IS(EPOLL_CLOEXEC, O_CLOEXEC);
static_assert(((SOCK_NONBLOCK | SOCK_CLOEXEC) & 0xf) == 0, "type and flags share an argument");
IS(SOL_SOCKET, 1);
IS(SO_REUSEADDR, 2);
IS(SO_ERROR, 4);
IS(SO_KEEPALIVE, 9);
IS(SO_REUSEPORT, 15);
IS(SO_RCVTIMEO, 20);
IS(MSG_PEEK, 2);
IS(MSG_DONTWAIT, 0x40);
IS(MSG_NOSIGNAL, 0x4000);
IS(IPPROTO_TCP, 6);
IS(IPV6_V6ONLY, 26);
IS(TCP_NODELAY, 1);
IS(TCP_USER_TIMEOUT, 18);
IS(INADDR_LOOPBACK, 0x7f000001);
IS(EAI_NONAME, -2);
IS(EAI_SYSTEM, -11);
IS(POLLRDHUP, 0x2000);
IS(EPOLLET, 0x80000000);
IS(EPOLLIN, POLLIN);
IS(EPOLLOUT, POLLOUT);
IS(EPOLLERR, POLLERR);
IS(EPOLLHUP, POLLHUP);
IS(EPOLLRDHUP, POLLRDHUP);
IS(FIONREAD, 0x541b);
IS(FIONBIO, 0x5421);
IS(FD_SETSIZE, 1024);
IS(htons(0x1234), 0x3412);
IS(ntohl(0x12345678), 0x78563412);
IS(htobe64(1), 1ULL << 56);
IS(bswap_32(1), 1U << 24);
IS(SSIZE_MAX, LONG_MAX);
IS(DTTOIF(DT_REG), S_IFREG);
IS(IFTODT(S_IFDIR), DT_DIR);
static_assert(ESHUTDOWN != ENOTCONN && EWOULDBLOCK == EAGAIN, "errno");
static_assert(CLOCK_MONOTONIC != CLOCK_REALTIME && CLOCK_BOOTTIME != CLOCK_MONOTONIC_RAW &&
		      CLOCK_PROCESS_CPUTIME_ID != CLOCK_THREAD_CPUTIME_ID,
	      "clocks");
static_assert(_SC_NPROCESSORS_ONLN != _SC_PHYS_PAGES && _SC_AVPHYS_PAGES != _SC_PAGESIZE &&
		      _SC_OPEN_MAX != _SC_PAGE_SIZE,
	      "sysconf");

struct initialised {
	pthread_mutex_t mutex, recursive;
	pthread_cond_t cond;
	pthread_rwlock_t rwlock;
	pthread_once_t once;
	struct sockaddr_in in;
	struct in6_addr any, loopback;
	struct sigaction ignore, act;
};

extern struct initialised initialised;
struct initialised initialised = {
	PTHREAD_MUTEX_INITIALIZER, PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP,
	PTHREAD_COND_INITIALIZER,  PTHREAD_RWLOCK_INITIALIZER,
	PTHREAD_ONCE_INIT,	   { AF_INET, htons(80), { htonl(INADDR_LOOPBACK) }, { 0 } },
	IN6ADDR_ANY_INIT,	   IN6ADDR_LOOPBACK_INIT,
	{ .sa_handler = SIG_IGN }, { .sa_sigaction = NULL, .sa_flags = SA_SIGINFO | SA_RESTART },
};

/* A call is declared, with the type that POSIX or Linux gives it, if its address can stand here. */
struct calls {
	ssize_t (*read)(int, void *, size_t);
	ssize_t (*write)(int, const void *, size_t);
	ssize_t (*pread)(int, void *, size_t, off_t);
	ssize_t (*pwrite)(int, const void *, size_t, off_t);
	int (*accept4)(int, struct sockaddr *, socklen_t *, int);
	int (*pipe2)(int[2], int);
	int (*dup3)(int, int, int);
	int (*getentropy)(void *, size_t);
	ssize_t (*getrandom)(void *, size_t, unsigned);
	int (*gethostname)(char *, size_t);
	int (*getpagesize)(void);
	int (*usleep)(useconds_t);
	long (*sysconf)(int);
	char *(*strdup)(const char *);
	int (*strcasecmp)(const char *, const char *);
	ssize_t (*getline)(char **, size_t *, FILE *);
	int (*sigaction)(int, const struct sigaction *, struct sigaction *);
	int (*clock_gettime)(clockid_t, struct timespec *);
	int (*nanosleep)(const struct timespec *, struct timespec *);
	int (*clock_nanosleep)(clockid_t, int, const struct timespec *, struct timespec *);
	int (*lstat)(const char *, struct stat *);
	int (*fstatat)(int, const char *, struct stat *, int);
	int (*posix_memalign)(void **, size_t, size_t);
	void *(*aligned_alloc)(size_t, size_t);
	int (*setenv)(const char *, const char *, int);
	int (*gettimeofday)(struct timeval *, void *);
	int (*sched_yield)(void);
	int (*select)(int, fd_set *, fd_set *, fd_set *, struct timeval *);
	DIR *(*opendir)(const char *);
	uint16_t (*htons)(uint16_t);
};

extern const struct calls calls;
const struct calls calls = {
	read,	   write,	    pread,	 pwrite,      accept4,	      pipe2,
	dup3,	   getentropy,	    getrandom,	 gethostname, getpagesize,    usleep,
	sysconf,   strdup,	    strcasecmp,	 getline,     sigaction,      clock_gettime,
	nanosleep, clock_nanosleep, lstat,	 fstatat,     posix_memalign, aligned_alloc,
	setenv,	   gettimeofday,    sched_yield, select,      opendir,	      htons,
};

/* The macros that are code: used as programs use them. */
int control_fds(struct msghdr *m);
int control_fds(struct msghdr *m)
{
	int n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && *CMSG_DATA(c)) {
			n++;
		}
	}
	return n;
}

int address_kind(const struct in6_addr *a);
int address_kind(const struct in6_addr *a)
{
	return IN6_IS_ADDR_UNSPECIFIED(a) | IN6_IS_ADDR_LOOPBACK(a) << 1 |
	       IN6_IS_ADDR_MULTICAST(a) << 2 | IN6_IS_ADDR_LINKLOCAL(a) << 3 |
	       IN6_IS_ADDR_V4MAPPED(a) << 4 | IN6_ARE_ADDR_EQUAL(a, &in6addr_loopback) << 5 |
	       IN6_IS_ADDR_MC_LINKLOCAL(a) << 6;
}

void with_cleanup(pthread_mutex_t *m, void (*unlock)(void *));
void with_cleanup(pthread_mutex_t *m, void (*unlock)(void *))
{
	fd_set set;

	pthread_cleanup_push(unlock, m);
	FD_ZERO(&set);
	FD_SET(FD_SETSIZE - 1, &set);
	h_errno = errno = select(FD_SETSIZE, &set, NULL, NULL, NULL);
	pthread_cleanup_pop(1);
}
