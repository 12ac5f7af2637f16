/* SPDX-License-Identifier: MIT */
/* VLANs: `vlan=eth0:100` makes eth0.100, an interface of its own whose frames carry the tag on the
 * device's wire. Spec: IEEE 802.1Q, 9.6. */
#include "net.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/log.h>
#include <kernel/params.h>
#include <lwip/prot/ethernet.h>
#include <netif/ethernet.h>
#include <string.h>

#define VLAN_ID_MAX 4094U
#define MACS	    12U /* bytes in front of the tag */

static struct net_if *find(const struct netdev *dev, unsigned vlan)
{
	struct netif *f;

	NETIF_FOREACH(f)
	{
		struct net_if *n = net_if_of(f);

		if (n != NULL && n->dev == dev && n->vlan == vlan) {
			return n;
		}
	}
	return NULL;
}

/* A frame that is neither IP nor ARP, its Ethernet header in front. lwIP's hook: ERR_OK takes @p. */
err_t net_vlan_input(struct pbuf *p, struct netif *netif)
{
	const struct net_if *dev = net_if_of(netif);
	uint8_t *f = p->payload;
	struct net_if *n;

	/* One tag: a VLAN's interface takes none within. */
	if (dev == NULL || dev->vlan != 0 || p->len <= SIZEOF_ETH_HDR + SIZEOF_VLAN_HDR ||
	    f[12] != ETHTYPE_VLAN >> 8 || f[13] != (ETHTYPE_VLAN & 0xff)) {
		return ERR_VAL;
	}
	/* Id 0 has a priority alone, and is the device's own. */
	n = find(dev->dev, (f[14] & 15U) << 8 | f[15]);
	if (n == NULL) {
		return ERR_VAL;
	}
	memmove(f + SIZEOF_VLAN_HDR, f, MACS);
	pbuf_remove_header(p, SIZEOF_VLAN_HDR);
	p->if_idx = NETIF_NO_INDEX;
	n->netif.chksum_flags = netif->chksum_flags;
	return n->netif.input(p, &n->netif);
}

static err_t output(struct netif *netif, struct pbuf *p)
{
	const struct net_if *n = net_if_of(netif);
	uint8_t *f;

	if (pbuf_add_header(p, SIZEOF_VLAN_HDR) != 0) {
		return ERR_BUF;
	}
	f = p->payload;
	memmove(f, f + SIZEOF_VLAN_HDR, MACS);
	f[12] = ETHTYPE_VLAN >> 8;
	f[13] = ETHTYPE_VLAN & 0xff;
	f[14] = (uint8_t)(n->vlan >> 8);
	f[15] = (uint8_t)n->vlan;
	return net_if_output(netif, p);
}

/* "eth0:100" */
static struct net_if *parse(const char *s, unsigned *vlan)
{
	struct net_if *n;
	const char *at;

	if (strncmp(s, "eth", 3) != 0 || s[3] < '0' || s[3] > '9' || s[4] != ':') {
		return NULL;
	}
	n = net_if_at((unsigned)(s[3] - '0'));
	*vlan = 0;
	for (at = s + 5; *at >= '0' && *at <= '9' && *vlan <= VLAN_ID_MAX; at++) {
		*vlan = *vlan * 10 + (unsigned)(*at - '0');
	}
	return *at == '\0' && *vlan >= 1 && *vlan <= VLAN_ID_MAX ? n : NULL;
}

static int add(struct net_if *dev, unsigned vlan)
{
	struct net_if *n = kzalloc(sizeof(*n));

	if (n == NULL) {
		return -ENOMEM;
	}
	n->dev = dev->dev;
	n->index = dev->index;
	n->vlan = vlan;
	if (net_if_add(n) != 0) {
		kfree(n);
		return -ENOMEM;
	}
	n->netif.linkoutput = output;
	n->netif.flags &= (u8_t)~NETIF_FLAG_TSO; /* not every device cuts tagged frames */
	net_config_start(n);
	return 0;
}

void net_vlan_init(void)
{
	const char *s;

	for (unsigned i = 0; (s = param_nth("vlan", i)) != NULL; i++) {
		unsigned vlan;
		struct net_if *dev = parse(s, &vlan);

		if (dev == NULL) {
			log_error("vlan=%s: not understood, or no such device; write vlan=eth0:100 "
				  "(1 to %u)",
				  s, VLAN_ID_MAX);
		} else if (find(dev->dev, vlan) != NULL) {
			log_warn("vlan=%s: there already", s);
		} else if (add(dev, vlan) != 0) {
			log_error("vlan=%s: no memory", s);
		}
	}
}
