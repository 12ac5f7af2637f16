/* SPDX-License-Identifier: MIT */
/* The SIOC* requests on interfaces: what they are, and setting address, mask, state and gateway. */
#include "sock.h"

#include <errno.h>
#include <lwip/dhcp.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>

static void put_v4(struct sockaddr *to, uint32_t addr)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { addr } };

	memcpy(to, &in, sizeof(*to));
}

static uint32_t get_v4(const struct sockaddr *from)
{
	struct sockaddr_in in;

	memcpy(&in, from, sizeof(in));
	return in.sin_addr.s_addr;
}

/* --- the list ------------------------------------------------------------------------------------ */

/* Interfaces with an IPv4 address, as many as there is room for. */
static int get_conf(struct ifconf *c)
{
	struct net_ifinfo info;
	int used = 0;

	for (unsigned i = 0; net_ifinfo(i, &info); i++) {
		struct ifreq r;

		if (info.addr.s_addr == 0) {
			continue;
		}
		if (c->ifc_buf != NULL) {
			if (c->ifc_len - used < (int)sizeof(r)) {
				break;
			}
			memset(&r, 0, sizeof(r));
			strlcpy(r.ifr_name, info.name, sizeof(r.ifr_name));
			put_v4(&r.ifr_addr, info.addr.s_addr);
			memcpy(c->ifc_buf + used, &r, sizeof(r));
		}
		used += (int)sizeof(r);
	}
	c->ifc_len = used;
	return 0;
}

/* --- one interface ---------------------------------------------------------------------------------- */

static bool find(const struct ifreq *r, bool by_index, struct net_ifinfo *info)
{
	for (unsigned i = 0; net_ifinfo(i, info); i++) {
		if (by_index ? (int)info->index == r->ifr_ifindex
			     : strncmp(info->name, r->ifr_name, IFNAMSIZ) == 0) {
			return true;
		}
	}
	return false;
}

static int get_v4_of(struct ifreq *r, const struct net_ifinfo *info, uint32_t addr)
{
	if (info->addr.s_addr == 0) {
		return -EADDRNOTAVAIL;
	}
	put_v4(&r->ifr_addr, addr);
	return 0;
}

static int get_one(unsigned long cmd, struct ifreq *r)
{
	struct net_ifinfo info;

	if (!find(r, cmd == SIOCGIFNAME, &info)) {
		return -ENODEV;
	}
	switch (cmd) {
	case SIOCGIFNAME:
		strlcpy(r->ifr_name, info.name, sizeof(r->ifr_name));
		return 0;
	case SIOCGIFINDEX:
		r->ifr_ifindex = (int)info.index;
		return 0;
	case SIOCGIFFLAGS:
		r->ifr_flags = (short)info.flags;
		return 0;
	case SIOCGIFADDR:
	case SIOCGIFDSTADDR:
		return get_v4_of(r, &info, info.addr.s_addr);
	case SIOCGIFNETMASK:
		return get_v4_of(r, &info, info.netmask.s_addr);
	case SIOCGIFBRDADDR:
		return get_v4_of(r, &info,
				 (info.flags & IFF_BROADCAST) != 0 ? info.broadcast.s_addr : 0);
	case SIOCGIFHWADDR:
		memset(&r->ifr_hwaddr, 0, sizeof(r->ifr_hwaddr));
		r->ifr_hwaddr.sa_family = (info.flags & IFF_LOOPBACK) != 0 ? ARPHRD_LOOPBACK
									   : ARPHRD_ETHER;
		memcpy(r->ifr_hwaddr.sa_data, info.mac, sizeof(info.mac));
		return 0;
	case SIOCGIFMTU:
		r->ifr_mtu = (int)info.mtu;
		return 0;
	default: /* SIOCGIFMETRIC */
		r->ifr_metric = 0;
		return 0;
	}
}

/* --- changes ----------------------------------------------------------------------------------------- */

/* From now on the program decides: DHCP does not come back over it. */
static void stop_dhcp(struct netif *f)
{
	if (netif_dhcp_data(f) != NULL) {
		dhcp_release_and_stop(f);
		dhcp_cleanup(f);
	}
}

/* The mask that a class of addresses has of old. */
static uint32_t class_mask(uint32_t addr)
{
	uint8_t first = (uint8_t)addr;

	return lwip_htonl(first < 128 ? 0xff000000U : first < 192 ? 0xffff0000U : 0xffffff00U);
}

static int set_flags(struct netif *f, short flags)
{
	if ((flags & IFF_UP) != 0) {
		netif_set_up(f);
	} else {
		netif_set_down(f);
	}
	return 0;
}

static int set_mtu(struct netif *f, int mtu)
{
	const struct net_if *n = net_if_of(f);

	if (n == NULL || mtu < 576 || mtu > n->dev->mtu) {
		return -EINVAL;
	}
	f->mtu = (u16_t)mtu;
	return 0;
}

static int set_one(unsigned long cmd, const struct ifreq *r)
{
	char name[IFNAMSIZ];
	struct netif *f;
	ip4_addr_t a;

	strlcpy(name, r->ifr_name, sizeof(name));
	f = net_netif_by_name(name);
	if (f == NULL) {
		return -ENODEV;
	}
	switch (cmd) {
	case SIOCSIFFLAGS:
		return set_flags(f, r->ifr_flags);
	case SIOCSIFMTU:
		return set_mtu(f, r->ifr_mtu);
	case SIOCSIFADDR:
		a.addr = get_v4(&r->ifr_addr);
		stop_dhcp(f);
		netif_set_ipaddr(f, &a);
		a.addr = class_mask(a.addr);
		netif_set_netmask(f, &a);
		return 0;
	default: /* SIOCSIFNETMASK */
		a.addr = get_v4(&r->ifr_netmask);
		netif_set_netmask(f, &a);
		return 0;
	}
}

/* The default gateway is the one route there can be; its interface becomes the default one. */
static int route(const struct rtentry *rt, bool add)
{
	ip4_addr_t gw = { add ? get_v4(&rt->rt_gateway) : 0 };
	struct netif *f = netif_default;

	if (get_v4(&rt->rt_dst) != 0 || get_v4(&rt->rt_genmask) != 0) {
		return -EOPNOTSUPP;
	}
	if (rt->rt_dev != NULL) {
		f = net_netif_by_name(rt->rt_dev);
	}
	if (f == NULL || net_if_of(f) == NULL) {
		return -ENODEV;
	}
	netif_set_gw(f, &gw);
	netif_set_default(f);
	return 0;
}

static int change(unsigned long cmd, void *arg)
{
	int r;

	net_lock();
	r = cmd == SIOCADDRT || cmd == SIOCDELRT ? route(arg, cmd == SIOCADDRT) : set_one(cmd, arg);
	net_unlock();
	return r;
}

int sock_if_ioctl(unsigned long cmd, void *arg)
{
	switch (cmd) {
	case SIOCGIFCONF:
		return get_conf(arg);
	case SIOCGIFNAME:
	case SIOCGIFINDEX:
	case SIOCGIFFLAGS:
	case SIOCGIFADDR:
	case SIOCGIFDSTADDR:
	case SIOCGIFNETMASK:
	case SIOCGIFBRDADDR:
	case SIOCGIFHWADDR:
	case SIOCGIFMTU:
	case SIOCGIFMETRIC:
		return get_one(cmd, arg);
	case SIOCSIFADDR:
	case SIOCSIFNETMASK:
	case SIOCSIFFLAGS:
	case SIOCSIFMTU:
	case SIOCADDRT:
	case SIOCDELRT:
		return change(cmd, arg);
	default:
		return -ENOTTY;
	}
}
