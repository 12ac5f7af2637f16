/* SPDX-License-Identifier: MIT */
/* After a migration the link must learn where our addresses are now: gratuitous ARP (RFC 5227, 3), which lwIP
 * sends as when the link comes up, and unsolicited neighbour advertisements (RFC 4861, 7.2.6). */
#include "net.h"

#include <kernel/log.h>
#include <lwip/etharp.h>
#include <lwip/nd6.h>

void net_announce(const struct netdev *dev)
{
	struct netif *f;

	NETIF_FOREACH(f)
	{
		const struct net_if *n = net_if_of(f);

		if (n == NULL || n->dev != dev || !netif_is_up(f) || !netif_is_link_up(f)) {
			continue;
		}
		if (!ip4_addr_isany(netif_ip4_addr(f))) {
			etharp_gratuitous(f);
		}
		nd6_announce(f);
		log_debug("eth%u: announced after a migration", n->index);
	}
}
