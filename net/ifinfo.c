/* SPDX-License-Identifier: MIT */
/* Interfaces as programs see them: names, and what getifaddrs() and the SIOC* requests tell. */
#include "net.h"

#include <kernel/log.h>
#include <net/if.h>
#include <string.h>

struct net_if *net_if_of(const struct netif *f)
{
	return f->state; /* that of the loopback has none */
}

void net_netif_name(const struct netif *f, char *name, size_t n)
{
	const struct net_if *i = net_if_of(f);

	if (i == NULL) {
		strlcpy(name, "lo", n);
	} else if (i->vlan == 0) {
		fmt_snprintf(name, n, "eth%u", i->index);
	} else {
		fmt_snprintf(name, n, "eth%u.%u", i->index, i->vlan);
	}
}

/* RFC 5952, 4.3: in lower case. */
void net_addr_text(const ip_addr_t *a, char *text, size_t n)
{
	ipaddr_ntoa_r(a, text, (int)n);
	for (; *text != '\0'; text++) {
		*text |= *text >= 'A' && *text <= 'F' ? 0x20 : 0;
	}
}

struct netif *net_netif_by_name(const char *name)
{
	struct netif *f;

	NETIF_FOREACH(f)
	{
		char its[NET_NAME_MAX];

		net_netif_name(f, its, sizeof(its));
		if (strcmp(its, name) == 0) {
			return f;
		}
	}
	return NULL;
}

static unsigned flags_of(const struct netif *f, bool loopback)
{
	unsigned flags = IFF_MULTICAST | (loopback ? IFF_LOOPBACK : IFF_BROADCAST);

	if (netif_is_up(f)) {
		flags |= IFF_UP | (netif_is_link_up(f) ? IFF_RUNNING : 0);
	}
	return flags;
}

static void fill_info(struct netif *f, struct net_ifinfo *out)
{
	bool loopback = net_if_of(f) == NULL;

	memset(out, 0, sizeof(*out));
	net_netif_name(f, out->name, sizeof(out->name));
	out->index = netif_get_index(f);
	out->flags = flags_of(f, loopback);
	memcpy(out->mac, f->hwaddr, sizeof(out->mac));
	out->mtu = loopback ? 65536 : f->mtu;
	out->addr.s_addr = netif_ip4_addr(f)->addr;
	out->netmask.s_addr = netif_ip4_netmask(f)->addr;
	out->broadcast.s_addr = out->addr.s_addr | ~out->netmask.s_addr;
	for (int i = 0; i < LWIP_IPV6_NUM_ADDRESSES && out->addr6_count < ARRAY_SIZE(out->addr6);
	     i++) {
		if (ip6_addr_isvalid(netif_ip6_addr_state(f, i))) {
			memcpy(&out->addr6[out->addr6_count++], netif_ip6_addr(f, i)->addr, 16);
		}
	}
}

bool net_ifinfo(unsigned i, struct net_ifinfo *out)
{
	struct netif *f;
	bool found = false;

	net_lock();
	NETIF_FOREACH(f)
	{
		if (i-- == 0) {
			fill_info(f, out);
			found = true;
			break;
		}
	}
	net_unlock();
	return found;
}
