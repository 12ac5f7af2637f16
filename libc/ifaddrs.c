/* SPDX-License-Identifier: MIT */
/* Network interfaces by name, number and address. */
#include "libc.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/net.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdlib.h>
#include <string.h>

unsigned if_nametoindex(const char *name)
{
	struct net_ifinfo info;

	for (unsigned i = 0; net_ifinfo(i, &info); i++) {
		if (strcmp(info.name, name) == 0) {
			return info.index;
		}
	}
	errno = ENODEV;
	return 0;
}

char *if_indextoname(unsigned index, char *name)
{
	struct net_ifinfo info;

	for (unsigned i = 0; net_ifinfo(i, &info); i++) {
		if (info.index == index) {
			strlcpy(name, info.name, IF_NAMESIZE);
			return name;
		}
	}
	errno = ENXIO;
	return NULL;
}

struct if_nameindex *if_nameindex(void)
{
	struct net_ifinfo info;
	struct if_nameindex *list;
	unsigned n = 0;
	char *names;

	while (net_ifinfo(n, &info)) {
		n++;
	}
	list = calloc(1, (n + 1) * sizeof(*list) + n * IF_NAMESIZE);
	if (list == NULL) {
		return NULL;
	}
	names = (char *)(list + n + 1);
	for (unsigned i = 0; i < n && net_ifinfo(i, &info); i++) {
		list[i].if_index = info.index;
		list[i].if_name = names + i * IF_NAMESIZE;
		strlcpy(list[i].if_name, info.name, IF_NAMESIZE);
	}
	return list;
}

void if_freenameindex(struct if_nameindex *list)
{
	free(list);
}

/* An entry with all that its pointers point at. */
struct entry {
	struct ifaddrs ifa;
	struct sockaddr_in6 addr, mask, broadcast; /* large enough for all kinds */
	char name[IF_NAMESIZE];
};

static struct entry *new_entry(const struct net_ifinfo *info)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (e != NULL) {
		strlcpy(e->name, info->name, sizeof(e->name));
		e->ifa.ifa_name = e->name;
		e->ifa.ifa_flags = info->flags;
		e->ifa.ifa_addr = (struct sockaddr *)&e->addr;
		e->ifa.ifa_netmask = (struct sockaddr *)&e->mask;
	}
	return e;
}

static void put_v4(struct sockaddr_in6 *to, struct in_addr a)
{
	struct sockaddr_in *in = (struct sockaddr_in *)to;

	in->sin_family = AF_INET;
	in->sin_addr = a;
}

static struct entry *v4_entry(const struct net_ifinfo *info)
{
	struct entry *e = new_entry(info);

	if (e != NULL) {
		put_v4(&e->addr, info->addr);
		put_v4(&e->mask, info->netmask);
		if ((info->flags & IFF_BROADCAST) != 0) {
			put_v4(&e->broadcast, info->broadcast);
			e->ifa.ifa_broadaddr = (struct sockaddr *)&e->broadcast;
		}
	}
	return e;
}

/* Every prefix is of 64 bits, as SLAAC makes them, but the loopback address. */
static struct entry *v6_entry(const struct net_ifinfo *info, const struct in6_addr *a)
{
	struct entry *e = new_entry(info);

	if (e != NULL) {
		e->addr.sin6_family = AF_INET6;
		e->addr.sin6_addr = *a;
		e->addr.sin6_scope_id = IN6_IS_ADDR_LINKLOCAL(a) ? info->index : 0;
		e->mask.sin6_family = AF_INET6;
		memset(&e->mask.sin6_addr, 0xff, IN6_IS_ADDR_LOOPBACK(a) ? 16 : 8);
	}
	return e;
}

static void put_link(struct sockaddr_in6 *to, const struct net_ifinfo *info, const void *mac)
{
	struct sockaddr_ll *ll = (struct sockaddr_ll *)to;
	bool loopback = (info->flags & IFF_LOOPBACK) != 0;

	ll->sll_family = AF_PACKET;
	ll->sll_ifindex = (int)info->index;
	ll->sll_hatype = loopback ? ARPHRD_LOOPBACK : ARPHRD_ETHER;
	ll->sll_halen = sizeof(info->mac);
	memcpy(ll->sll_addr, mac, sizeof(info->mac));
}

/* The link itself, which an interface without an address has, too. */
static struct entry *link_entry(const struct net_ifinfo *info)
{
	static const uint8_t all[2][sizeof(info->mac)] = { { 0 },
							   { 255, 255, 255, 255, 255, 255 } };
	struct entry *e = new_entry(info);

	if (e != NULL) {
		put_link(&e->addr, info, info->mac);
		put_link(&e->broadcast, info, all[(info->flags & IFF_BROADCAST) != 0]);
		e->ifa.ifa_netmask = NULL;
		e->ifa.ifa_broadaddr = (struct sockaddr *)&e->broadcast;
	}
	return e;
}

/* Append @e to the list that ends at *@tail; false: it is NULL. */
static bool append(struct ifaddrs ***tail, struct entry *e)
{
	if (e == NULL) {
		return false;
	}
	**tail = &e->ifa;
	*tail = &e->ifa.ifa_next;
	return true;
}

int getifaddrs(struct ifaddrs **out)
{
	struct ifaddrs *first = NULL, **tail = &first;
	struct net_ifinfo info;
	bool ok = true;

	for (unsigned i = 0; ok && net_ifinfo(i, &info); i++) {
		ok = append(&tail, link_entry(&info));
		if (ok && info.addr.s_addr != 0) {
			ok = append(&tail, v4_entry(&info));
		}
		for (unsigned k = 0; ok && k < info.addr6_count; k++) {
			ok = append(&tail, v6_entry(&info, &info.addr6[k]));
		}
	}
	if (!ok) {
		freeifaddrs(first);
		return fail(ENOMEM);
	}
	*out = first;
	return 0;
}

void freeifaddrs(struct ifaddrs *a)
{
	while (a != NULL) {
		struct ifaddrs *next = a->ifa_next;

		free(container_of(a, struct entry, ifa));
		a = next;
	}
}
