/* SPDX-License-Identifier: MIT */
/* Between a device's rings and lwIP's interface: input, output with checksum offload, doorbells, link. */
#include "net.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/log.h>
#include <kernel/poller.h>
#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/pbuf.h>
#include <lwip/prot/ethernet.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/ip6.h>
#include <lwip/prot/tcp.h>
#include <netif/ethernet.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <string.h>

#define TCP_CSUM_OFFSET 16

static struct {
	struct net_if *at[NET_DEVICES];
	unsigned count;
} ifs;

struct net_if *net_if_at(unsigned i)
{
	return i < ifs.count ? ifs.at[i] : NULL;
}

/* --- out ------------------------------------------------------------------------------ */

/* Sum of the pseudo header, folded and not inverted: what a device expects in the field. */
static uint16_t pseudo_sum(const uint8_t *addrs, unsigned words, unsigned proto, unsigned len)
{
	uint64_t sum =
		__builtin_bswap16((uint16_t)proto) + (uint64_t)__builtin_bswap16((uint16_t)len);

	for (unsigned i = 0; i < words; i++) {
		sum += net_word_at(addrs, i);
	}
	return net_fold(sum);
}

/* A TCP segment that lwIP left without checksum: say to the device where it goes, and what the device is
 * to cut it into. TCP alone, since it is never fragmented; the headers lie in the first pbuf. */
static void offload(struct net_tx *tx)
{
	const struct pbuf *p = tx->p;
	uint8_t *f = p->payload, *ip = f + SIZEOF_ETH_HDR;
	unsigned type = (unsigned)f[12] << 8 | f[13], tag = 0, at, sum;

	if (type == ETHTYPE_VLAN) {
		tag = SIZEOF_VLAN_HDR;
		ip += tag;
		type = (unsigned)ip[-2] << 8 | ip[-1];
	}
	if (type == ETHTYPE_IP && p->len >= SIZEOF_ETH_HDR + tag + 40 && ip[9] == IPPROTO_TCP) {
		at = SIZEOF_ETH_HDR + tag + (ip[0] & 15U) * 4;
		sum = pseudo_sum(ip + 12, 2, IPPROTO_TCP, p->tot_len - at);
	} else if (type == ETHTYPE_IPV6 && p->len >= SIZEOF_ETH_HDR + tag + 60 &&
		   ip[6] == IPPROTO_TCP) {
		at = SIZEOF_ETH_HDR + tag + 40;
		sum = pseudo_sum(ip + 8, 8, IPPROTO_TCP, p->tot_len - at);
	} else {
		return;
	}
	memcpy(f + at + TCP_CSUM_OFFSET, &(uint16_t){ (uint16_t)sum }, 2);
	tx->csum_start = (uint16_t)at;
	tx->csum_offset = TCP_CSUM_OFFSET;
	if (p->gso_size != 0) {
		tx->gso_size = p->gso_size;
		tx->gso_v6 = type == ETHTYPE_IPV6;
		tx->hdr_len = (uint16_t)(at + (f[at + 12] >> 4) * 4U);
	}
}

err_t net_if_output(struct netif *netif, struct pbuf *p)
{
	struct net_if *n = netif->state;
	struct net_tx tx = { .p = p };
	struct pbuf *flat = NULL;
	int r;

	if ((n->dev->features & NETDEV_TX_CSUM) != 0) {
		offload(&tx);
	}
	r = n->dev->ops->send(n->dev, &tx);
	if (r == -EINVAL) {
		/* More pieces than the device takes: one copy. */
		flat = pbuf_clone(PBUF_RAW_TX, PBUF_RAM, p);
		tx.p = flat;
		r = flat == NULL ? -ENOMEM : n->dev->ops->send(n->dev, &tx);
		if (flat != NULL) {
			pbuf_free(flat);
		}
	}
	if (r != 0) {
		/* A full ring tells when it has room, by netdev_tx_room(). */
		return ERR_MEM;
	}
	net_flush_later(n);
	return ERR_OK;
}

bool net_tx_room(struct netif *f, unsigned packets)
{
	struct net_if *n = net_if_of(f);

	return n == NULL || n->dev->ops->room(n->dev, packets);
}

void netdev_tx_room(struct netdev *d)
{
	(void)d;
	net_retry_later();
}

/* --- in --------------------------------------------------------------------------------- */

void netdev_input(struct netdev *d, struct pbuf *p, bool csum_ok)
{
	struct net_if *n = d->stack;
	uint16_t check = NETIF_CHECKSUM_CHECK_UDP | NETIF_CHECKSUM_CHECK_TCP;

	if (csum_ok) {
		n->netif.chksum_flags &= (uint16_t)~check;
	} else {
		n->netif.chksum_flags |= check;
	}
	if (n->netif.input(p, &n->netif) != ERR_OK) {
		pbuf_free(p);
	}
}

bool net_if_poll(struct net_if *n, unsigned budget)
{
	unsigned events = atomic_load_explicit(&n->events, memory_order_relaxed);

	if (unlikely(events != 0)) {
		events = atomic_exchange(&n->events, 0);
		if ((events & NET_EVENT_LINK) != 0) {
			net_config_link(n);
		}
		if ((events & NET_EVENT_ANNOUNCE) != 0) {
			net_announce(n->dev);
			n->dev->ops->announced(n->dev);
		}
	}
	return n->dev->ops->poll(n->dev, budget) > 0;
}

void netdev_kick(struct netdev *d)
{
	(void)d;
	poller_kick();
}

static void happened(struct netdev *d, unsigned event)
{
	struct net_if *n = d->stack;

	if (n != NULL) {
		atomic_fetch_or(&n->events, event);
		poller_kick();
	}
}

void netdev_link_changed(struct netdev *d)
{
	happened(d, NET_EVENT_LINK);
}

void netdev_announce(struct netdev *d)
{
	happened(d, NET_EVENT_ANNOUNCE);
}

/* --- registration ------------------------------------------------------------------------- */

static err_t netif_setup(struct netif *netif)
{
	struct net_if *n = netif->state;
	unsigned tso = NETDEV_TX_TSO4 | NETDEV_TX_TSO6;
	uint16_t flags = NETIF_CHECKSUM_ENABLE_ALL;

	netif->name[0] = 'e';
	netif->name[1] = 'n';
	netif->output = etharp_output;
	netif->output_ip6 = ethip6_output;
	netif->linkoutput = net_if_output;
	netif->mtu = n->dev->mtu;
	netif->hwaddr_len = ETH_HWADDR_LEN;
	memcpy(netif->hwaddr, n->dev->mac, ETH_HWADDR_LEN);
	netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET |
		       NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
	if ((n->dev->features & NETDEV_TX_CSUM) != 0) {
		flags &= (uint16_t)~NETIF_CHECKSUM_GEN_TCP;
	}
	if ((n->dev->features & tso) == tso) {
		netif->flags |= NETIF_FLAG_TSO;
	}
	NETIF_SET_CHECKSUM_CTRL(netif, flags);
	return ERR_OK;
}

int net_if_add(struct net_if *n)
{
	if (netif_add_noaddr(&n->netif, n, netif_setup, ethernet_input) == NULL) {
		return -ENOMEM;
	}
	netif_create_ip6_linklocal_address(&n->netif, 1);
	netif_set_ip6_autoconfig_enabled(&n->netif, 1);
	return 0;
}

int netdev_register(struct netdev *d)
{
	struct net_if *n;

	net_start();
	n = ifs.count == NET_DEVICES ? NULL : kzalloc(sizeof(*n));
	if (n == NULL) {
		return ifs.count == NET_DEVICES ? -ENOSPC : -ENOMEM;
	}
	n->dev = d;
	n->index = ifs.count;
	net_lock();
	if (net_if_add(n) != 0) {
		net_unlock();
		kfree(n);
		return -ENOMEM;
	}
	if (ifs.count == 0) {
		netif_set_default(&n->netif);
	}
	d->stack = n;
	ifs.at[ifs.count++] = n;
	net_unlock();
	return 0;
}
