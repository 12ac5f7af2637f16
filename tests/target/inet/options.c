/* SPDX-License-Identifier: MIT */
/* Options: what is set is kept, what has an effect shows it, what there is not says so. */
#include "inet.h"

#include "../tap.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

static const struct {
	int name, value;
	const char *what;
} kept[] = {
	{ SO_REUSEADDR, 1, "SO_REUSEADDR" }, { SO_REUSEPORT, 1, "SO_REUSEPORT" },
	{ SO_KEEPALIVE, 1, "SO_KEEPALIVE" }, { SO_BROADCAST, 1, "SO_BROADCAST" },
	{ SO_OOBINLINE, 1, "SO_OOBINLINE" }, { SO_PRIORITY, 4, "SO_PRIORITY" },
	{ SO_RCVBUF, 65536, "SO_RCVBUF" },   { SO_SNDBUF, 32768, "SO_SNDBUF" },
	{ SO_RCVLOWAT, 3, "SO_RCVLOWAT" },
};

static void test_kept(int fd, const char *kind)
{
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		ok(set_int(fd, SOL_SOCKET, kept[i].name, kept[i].value) &&
			   get_int(fd, SOL_SOCKET, kept[i].name) == kept[i].value,
		   "%s: %s is kept", kind, kept[i].what);
	}
}

static void test_identity(int fd, int family, int type, int protocol)
{
	is(get_int(fd, SOL_SOCKET, SO_DOMAIN), family, "SO_DOMAIN");
	is(get_int(fd, SOL_SOCKET, SO_TYPE), type, "SO_TYPE");
	is(get_int(fd, SOL_SOCKET, SO_PROTOCOL), protocol, "SO_PROTOCOL");
	is(get_int(fd, SOL_SOCKET, SO_ERROR), 0, "SO_ERROR");
	is(get_int(fd, SOL_SOCKET, SO_ACCEPTCONN), 0, "SO_ACCEPTCONN");
}

static void test_device(int fd)
{
	char name[IFNAMSIZ] = "?";
	socklen_t n = sizeof(name);

	is(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3), 0, "SO_BINDTODEVICE");
	ok(getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &n) == 0 && strcmp(name, "lo") == 0,
	   "is kept");
	fails(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "nope", 5), ENODEV, "no such device");
	is(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "", 0), 0, "and off again");
}

static void test_wrong(int fd)
{
	int one = 1;
	socklen_t n = sizeof(one);
	char byte = 0;
	struct msghdr m = { .msg_name = NULL };

	fails(setsockopt(fd, SOL_SOCKET, 999, &one, sizeof(one)), ENOPROTOOPT, "no such option");
	fails(setsockopt(fd, IPPROTO_IP, 999, &one, sizeof(one)), ENOPROTOOPT, "nor of IP");
	fails(setsockopt(fd, 77, 1, &one, sizeof(one)), ENOPROTOOPT, "nor such a level");
	fails(getsockopt(fd, SOL_SOCKET, 999, &one, &n), ENOPROTOOPT, "nor to be read");
	fails(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &byte, 1), EINVAL, "a value cut short");
	fails(send(fd, "x", 1, MSG_OOB), EOPNOTSUPP, "MSG_OOB");
	fails(recvmsg(fd, &m, MSG_ERRQUEUE), EOPNOTSUPP, "MSG_ERRQUEUE");
}

static void test_ip(int fd, int family)
{
	int level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
	int hops = family == AF_INET ? IP_TTL : IPV6_UNICAST_HOPS;
	int tos = family == AF_INET ? IP_TOS : IPV6_TCLASS;
	int zero = 0;

	is(get_int(fd, level, hops), 64, "hops: the default");
	ok(set_int(fd, level, hops, 9) && get_int(fd, level, hops) == 9, "are kept");
	fails(setsockopt(fd, level, hops, &zero, sizeof(zero)), EINVAL, "0 hops lead nowhere");
	ok(set_int(fd, level, hops, -1) && get_int(fd, level, hops) == 64, "-1 is the default");
	ok(set_int(fd, level, tos, 0x10) && get_int(fd, level, tos) == 0x10, "type of service");
	if (family == AF_INET6) {
		is(get_int(fd, IPPROTO_IPV6, IPV6_V6ONLY), 0, "both families are heard");
		ok(set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
			   get_int(fd, IPPROTO_IPV6, IPV6_V6ONLY) == 1,
		   "IPV6_V6ONLY");
	}
}

void test_options(int family)
{
	int s = socket(family, SOCK_STREAM, 0), d = socket(family, SOCK_DGRAM, 0);

	test_identity(s, family, SOCK_STREAM, IPPROTO_TCP);
	test_identity(d, family, SOCK_DGRAM, IPPROTO_UDP);
	test_kept(s, "stream");
	test_kept(d, "datagram");
	test_device(s);
	test_device(d);
	test_wrong(d);
	test_ip(s, family);
	test_ip(d, family);
	close(s);
	close(d);
}

/* --- TCP ------------------------------------------------------------------------------------- */

static void test_inherited(int family)
{
	int l = listener(family, 4), a, b;

	ok(set_int(l, IPPROTO_TCP, TCP_NODELAY, 1) && set_int(l, IPPROTO_TCP, TCP_KEEPIDLE, 33) &&
		   set_int(l, SOL_SOCKET, SO_KEEPALIVE, 1) &&
		   set_int(l, SOL_SOCKET, SO_RCVBUF, 9999),
	   "a listener takes the options of connections");
	is(get_int(l, SOL_SOCKET, SO_ACCEPTCONN), 1, "SO_ACCEPTCONN");
	a = dial(family, port_of(l));
	b = accept(l, NULL, NULL);
	ok(get_int(b, IPPROTO_TCP, TCP_NODELAY) == 1 &&
		   get_int(b, IPPROTO_TCP, TCP_KEEPIDLE) == 33 &&
		   get_int(b, SOL_SOCKET, SO_KEEPALIVE) == 1 &&
		   get_int(b, SOL_SOCKET, SO_RCVBUF) == 9999,
	   "which they inherit");
	close(a);
	close(b);
	close(l);
}

/* Twice a second what is held goes out after all: one of a few tries comes between two such moments. */
static bool holds(const int p[2], int flags)
{
	struct pollfd poller = { .fd = p[1], .events = POLLIN };
	char buf[16];

	for (int i = 0; i < 8; i++) {
		send(p[0], "ab", 2, flags);
		if (poll(&poller, 1, 20) == 0) {
			return true;
		}
		recv(p[1], buf, sizeof(buf), 0);
	}
	return false;
}

static void test_cork(int family)
{
	int p[2];
	char buf[16];

	stream_pair(family, p);
	ok(set_int(p[0], IPPROTO_TCP, TCP_CORK, 1) && holds(p, 0), "TCP_CORK holds a write back");
	ok(set_int(p[0], IPPROTO_TCP, TCP_CORK, 0) && recv(p[1], buf, sizeof(buf), 0) == 2,
	   "pulled, it comes");
	ok(holds(p, MSG_MORE), "MSG_MORE holds back, too");
	send(p[0], "ef", 2, 0);
	is(recv(p[1], buf, 4, MSG_WAITALL), 4, "until the next write");
	set_int(p[0], IPPROTO_TCP, TCP_CORK, 1);
	send(p[0], "gh", 2, 0);
	is(recv(p[1], buf, sizeof(buf), 0), 2, "and a forgotten cork not for ever");
	close(p[0]);
	close(p[1]);
}

static void test_info(int family)
{
	struct tcp_info info;
	socklen_t n = sizeof(info);
	char name[16] = "";
	int p[2];

	stream_pair(family, p);
	ok(getsockopt(p[0], IPPROTO_TCP, TCP_INFO, &info, &n) == 0 && n == sizeof(info) &&
		   info.tcpi_state == TCP_ESTABLISHED && info.tcpi_snd_mss > 500 &&
		   info.tcpi_snd_cwnd > 0 && info.tcpi_total_retrans == 0,
	   "TCP_INFO");
	n = sizeof(name);
	ok(getsockopt(p[0], IPPROTO_TCP, TCP_CONGESTION, name, &n) == 0 &&
		   setsockopt(p[0], IPPROTO_TCP, TCP_CONGESTION, name, n) == 0,
	   "TCP_CONGESTION: the one there is may be set");
	fails(setsockopt(p[0], IPPROTO_TCP, TCP_CONGESTION, "bbr", 3), ENOENT, "others not");
	close(p[0]);
	close(p[1]);
}

void test_tcp_options(int family)
{
	int fd = socket(family, SOCK_STREAM, 0), one = 1;

	ok(set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, 60) &&
		   set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5) &&
		   set_int(fd, IPPROTO_TCP, TCP_KEEPCNT, 3) &&
		   get_int(fd, IPPROTO_TCP, TCP_KEEPIDLE) == 60 &&
		   get_int(fd, IPPROTO_TCP, TCP_KEEPINTVL) == 5 &&
		   get_int(fd, IPPROTO_TCP, TCP_KEEPCNT) == 3,
	   "TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT");
	ok(set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 5000) &&
		   get_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT) == 5000,
	   "TCP_USER_TIMEOUT");
	ok(set_int(fd, IPPROTO_TCP, TCP_MAXSEG, 600) && get_int(fd, IPPROTO_TCP, TCP_MAXSEG) > 0,
	   "TCP_MAXSEG");
	ok(set_int(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 1) &&
		   set_int(fd, IPPROTO_TCP, TCP_QUICKACK, 1),
	   "TCP_DEFER_ACCEPT and TCP_QUICKACK are taken");
	fails(setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN, &one, sizeof(one)), EOPNOTSUPP,
	      "TCP_FASTOPEN is not");
	close(fd);
	test_inherited(family);
	test_cork(family);
	test_info(family);
}
