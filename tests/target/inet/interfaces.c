/* SPDX-License-Identifier: MIT */
/* Interfaces by ioctl(), by name and number and as a list, and the names of hosts and services. */
#include "inet.h"

#include "../tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netdb.h>
#include <netpacket/packet.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool ask(int fd, unsigned long request, struct ifreq *r)
{
	memset(r, 0, sizeof(*r));
	strcpy(r->ifr_name, "lo");
	return ioctl(fd, request, r) == 0;
}

static in_addr_t v4_of(const struct sockaddr *a)
{
	return ((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr;
}

static void test_ioctls(int fd)
{
	struct ifreq r, list[4];
	struct ifconf c = { .ifc_len = sizeof(list), .ifc_req = list };
	int value = 0;

	ok(ask(fd, SIOCGIFADDR, &r) && v4_of(&r.ifr_addr) == htonl(INADDR_LOOPBACK), "SIOCGIFADDR");
	ok(ask(fd, SIOCGIFNETMASK, &r) && v4_of(&r.ifr_netmask) == htonl(0xff000000),
	   "SIOCGIFNETMASK");
	ok(ask(fd, SIOCGIFFLAGS, &r) && (r.ifr_flags & (IFF_UP | IFF_RUNNING | IFF_LOOPBACK)) ==
						(IFF_UP | IFF_RUNNING | IFF_LOOPBACK),
	   "SIOCGIFFLAGS");
	ok(ask(fd, SIOCGIFMTU, &r) && r.ifr_mtu == 65536, "SIOCGIFMTU");
	ok(ask(fd, SIOCGIFHWADDR, &r) && r.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK,
	   "SIOCGIFHWADDR");
	ok(ask(fd, SIOCGIFINDEX, &r) && (unsigned)r.ifr_ifindex == if_nametoindex("lo"),
	   "SIOCGIFINDEX");
	r.ifr_name[0] = '\0';
	ok(ioctl(fd, SIOCGIFNAME, &r) == 0 && strcmp(r.ifr_name, "lo") == 0, "SIOCGIFNAME");
	ok(ioctl(fd, SIOCGIFCONF, &c) == 0 && c.ifc_len == sizeof(list[0]) &&
		   strcmp(list[0].ifr_name, "lo") == 0,
	   "SIOCGIFCONF");
	strcpy(r.ifr_name, "nope");
	fails(ioctl(fd, SIOCGIFADDR, &r), ENODEV, "no such interface");
	fails(ioctl(fd, 0x89ff, &r), ENOTTY, "no such request");
	ok(ioctl(fd, SIOCATMARK, &value) == 0 && value == 0, "SIOCATMARK");
	value = 1;
	is(ioctl(fd, FIONBIO, &value), 0, "FIONBIO");
	fails(recv(fd, &value, 1, 0), EAGAIN, "does not wait any more");
}

void test_interfaces(void)
{
	int fd = datagram(AF_INET);
	struct if_nameindex *names = if_nameindex();
	struct ifaddrs *list = NULL;
	unsigned kinds = 0;
	char name[IF_NAMESIZE];

	test_ioctls(fd);
	close(fd);
	ok(names != NULL && strcmp(names[0].if_name, "lo") == 0 && names[1].if_name == NULL,
	   "if_nameindex");
	ok(if_indextoname(names[0].if_index, name) != NULL && strcmp(name, "lo") == 0,
	   "if_indextoname");
	if_freenameindex(names);
	fails(if_indextoname(99, name) == NULL ? -1 : 0, ENXIO, "no such number");
	is(getifaddrs(&list), 0, "getifaddrs");
	for (struct ifaddrs *i = list; i != NULL; i = i->ifa_next) {
		const struct sockaddr_ll *ll =
			(const struct sockaddr_ll *)(const void *)i->ifa_addr;

		kinds |= i->ifa_addr->sa_family == AF_INET    ? 1U
			 : i->ifa_addr->sa_family == AF_INET6 ? 2U
			 : i->ifa_addr->sa_family == AF_PACKET &&
					 ll->sll_hatype == ARPHRD_LOOPBACK && ll->sll_halen == 6
				 ? 4U
				 : 8U;
	}
	is(kinds, 7, "both families and the link");
	freeifaddrs(list);
}

/* --- names --------------------------------------------------------------------------------------------- */

static int resolve(const char *host, const char *service, int flags, int family,
		   struct addrinfo **out)
{
	struct addrinfo hints = { .ai_flags = flags,
				  .ai_family = family,
				  .ai_socktype = SOCK_STREAM };

	*out = NULL;
	return getaddrinfo(host, service, &hints, out);
}

static void test_scope(void)
{
	struct addrinfo *r;
	char host[NI_MAXHOST], service[NI_MAXSERV];

	is(resolve("fe80::1%lo", "http", AI_NUMERICHOST, AF_UNSPEC, &r), 0, "a scoped address");
	ok(r != NULL &&
		   ((struct sockaddr_in6 *)r->ai_addr)->sin6_scope_id == if_nametoindex("lo") &&
		   ((struct sockaddr_in6 *)r->ai_addr)->sin6_port == htons(80),
	   "with its interface and port");
	ok(getnameinfo(r->ai_addr, r->ai_addrlen, host, sizeof(host), service, sizeof(service),
		       NI_NUMERICHOST) == 0 &&
		   strcmp(host, "fe80::1%lo") == 0 && strcmp(service, "http") == 0,
	   "getnameinfo turns it back");
	freeaddrinfo(r);
}

void test_names(void)
{
	struct addrinfo *r;
	struct servent *s;
	struct protoent *p;

	test_scope();
	ok(resolve("localhost", NULL, 0, AF_INET, &r) == 0 &&
		   v4_of(r->ai_addr) == htonl(INADDR_LOOPBACK),
	   "localhost");
	freeaddrinfo(r);
	is(resolve("127.0.0.1", "no-such-service", 0, AF_INET, &r), EAI_SERVICE, "no such service");
	is(resolve("127.0.0.1", "99999", 0, AF_INET, &r), EAI_SERVICE, "no such port");
	is(resolve(NULL, NULL, 0, AF_INET, &r), EAI_NONAME, "nothing asked");
	is(resolve("127.0.0.1", "80", 0x8000, AF_INET, &r), EAI_BADFLAGS, "a flag there is not");
	ok(resolve("10.1.2.3", "80", AI_V4MAPPED, AF_INET6, &r) == 0 &&
		   IN6_IS_ADDR_V4MAPPED(&((struct sockaddr_in6 *)r->ai_addr)->sin6_addr),
	   "AI_V4MAPPED");
	freeaddrinfo(r);
	s = getservbyname("https", "tcp");
	ok(s != NULL && ntohs((uint16_t)s->s_port) == 443, "getservbyname");
	s = getservbyport(htons(53), "udp");
	ok(s != NULL && strcmp(s->s_name, "domain") == 0, "getservbyport");
	p = getprotobyname("tcp");
	ok(p != NULL && p->p_proto == IPPROTO_TCP, "getprotobyname");
}
