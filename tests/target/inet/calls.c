/* SPDX-License-Identifier: MIT */
/* Several messages in one call, and the older calls about names and addresses. */
#define _GNU_SOURCE
#include "inet.h"

#include "../tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* --- several messages ----------------------------------------------------------------------------- */

#define MANY 4

static void prepare(struct mmsghdr m[], struct iovec v[], char text[][8])
{
	memset(m, 0, MANY * sizeof(m[0]));
	for (unsigned i = 0; i < MANY; i++) {
		v[i] = (struct iovec){ text[i], i };
		m[i].msg_hdr.msg_iov = &v[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
}

void test_many(int family)
{
	static char out[MANY][8] = { "", "a", "bc", "def" }, in[MANY][8];
	struct timespec soon = { 0, 20000000 };
	struct mmsghdr m[MANY];
	struct iovec v[MANY];
	struct sockaddr_storage to;
	int a = datagram(family), b = datagram(family);
	socklen_t n = loopback(family, port_of(b), &to);

	connect(a, (struct sockaddr *)&to, n);
	prepare(m, v, out);
	is(sendmmsg(a, m, MANY, 0), MANY, "sendmmsg: four datagrams");
	ok(m[0].msg_len == 0 && m[3].msg_len == 3, "and their lengths");
	prepare(m, v, in);
	for (unsigned i = 0; i < MANY; i++) {
		v[i].iov_len = sizeof(in[i]);
	}
	is(recvmmsg(b, m, 3, 0, NULL), 3, "recvmmsg: as many as asked for");
	ok(m[0].msg_len == 0 && m[1].msg_len == 1 && m[2].msg_len == 2 &&
		   memcmp(in[2], "bc", 2) == 0,
	   "in order");
	is(recvmmsg(b, m, MANY, MSG_WAITFORONE, NULL), 1, "MSG_WAITFORONE: what is there");
	ok(m[0].msg_len == 3 && memcmp(in[0], "def", 3) == 0, "the last");
	fails(recvmmsg(b, m, MANY, MSG_DONTWAIT, NULL), EAGAIN, "MSG_DONTWAIT: nothing");
	send(a, "x", 1, 0);
	is(recvmmsg(b, m, 1, 0, &soon), 1, "with a time limit");
	soon.tv_nsec = -1;
	fails(recvmmsg(b, m, 1, 0, &soon), EINVAL, "that is none");
	shutdown(a, SHUT_WR);
	close(b);
	close(a);
	fails(sendmmsg(a, m, 1, 0), EBADF, "sendmmsg of what is closed");
}

void test_mark(int family)
{
	int p[2];

	stream_pair(family, p);
	is(sockatmark(p[0]), 0, "sockatmark: no urgent data");
	close(p[0]);
	close(p[1]);
	fails(sockatmark(p[0]), EBADF, "sockatmark of what is closed");
}

/* --- addresses in words ---------------------------------------------------------------------------- */

static void test_words(void)
{
	struct in_addr a;

	ok(inet_aton("10.1.2.3", &a) != 0 && a.s_addr == htonl(0x0a010203), "inet_aton");
	ok(inet_aton("10.258", &a) != 0 && a.s_addr == htonl(0x0a000102), "of two parts");
	ok(inet_aton("0x7f.1", &a) != 0 && a.s_addr == htonl(INADDR_LOOPBACK), "in hexadecimal");
	ok(inet_aton("10.1.2.256", &a) == 0 && inet_aton("ten", &a) == 0, "none at all");
	is(inet_addr("192.168.0.1"), htonl(0xc0a80001), "inet_addr");
	is(inet_addr("no"), INADDR_NONE, "inet_addr of none");
	a.s_addr = htonl(0x01020304);
	is(strcmp(inet_ntoa(a), "1.2.3.4"), 0, "inet_ntoa");
	is(ntohl(htonl(0x12345678)), 0x12345678, "ntohl");
}

static void test_hosts(void)
{
	struct hostent *h = gethostbyname("localhost"), own;
	char room[2048];
	int error = 0;

	ok(h != NULL && h->h_addrtype == AF_INET && h->h_length == 4 &&
		   memcmp(h->h_addr_list[0], "\x7f\0\0\1", 4) == 0,
	   "gethostbyname");
	h = gethostbyname2("::1", AF_INET6);
	ok(h != NULL && h->h_length == 16 &&
		   memcmp(h->h_addr_list[0], &in6addr_loopback, 16) == 0 &&
		   h->h_addr_list[1] == NULL,
	   "gethostbyname2");
	ok(gethostbyname_r("10.0.0.1", &own, room, sizeof(room), &h, &error) == 0 && h == &own &&
		   memcmp(h->h_addr_list[0], "\x0a\0\0\1", 4) == 0,
	   "gethostbyname_r");
	ok(gethostbyname_r("10.0.0.1", &own, room, 8, &h, &error) == ERANGE && h == NULL,
	   "with too little room");
	ok(gethostbyname2("localhost", AF_UNIX) == NULL && h_errno == NO_RECOVERY,
	   "no such family");
	ok(gethostbyaddr("\x7f\0\0\1", 4, AF_INET) == NULL && h_errno == HOST_NOT_FOUND,
	   "gethostbyaddr: nobody is known by the address");
	is(strcmp(hstrerror(HOST_NOT_FOUND), "Unknown host"), 0, "hstrerror");
	ok(gai_strerror(EAI_NONAME)[0] != '\0' &&
		   strcmp(gai_strerror(EAI_NONAME), gai_strerror(EAI_AGAIN)) != 0 &&
		   gai_strerror(12345)[0] != '\0',
	   "gai_strerror: words for each, and for none");
	ok(getprotobynumber(IPPROTO_UDP) != NULL &&
		   strcmp(getprotobynumber(IPPROTO_UDP)->p_name, "udp") == 0 &&
		   getprotobynumber(222) == NULL,
	   "getprotobynumber");
}

static void test_more_ioctls(void)
{
	struct ifreq r = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	is(ioctl(fd, SIOCGIFBRDADDR, &r), 0, "SIOCGIFBRDADDR");
	is(((struct sockaddr_in *)&r.ifr_addr)->sin_addr.s_addr, 0, "the loopback has none");
	ok(ioctl(fd, SIOCGIFDSTADDR, &r) == 0 &&
		   ((struct sockaddr_in *)&r.ifr_addr)->sin_addr.s_addr == htonl(INADDR_LOOPBACK),
	   "SIOCGIFDSTADDR");
	ok(ioctl(fd, SIOCGIFMETRIC, &r) == 0 && r.ifr_metric == 0, "SIOCGIFMETRIC");
	close(fd);
}

void test_old_calls(void)
{
	test_words();
	test_hosts();
	test_more_ioctls();
}
