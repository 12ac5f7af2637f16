/* SPDX-License-Identifier: MIT */
/* Addresses: `ip=`, DHCP, SLAAC, and what the log says of them. */
#include "ipparam.h"
#include "net.h"

#include <errno.h>
#include <kernel/device.h>
#include <kernel/log.h>
#include <kernel/params.h>
#include <kernel/poller.h>
#include <kernel/time.h>
#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/priv/tcp_priv.h>
#include <string.h>

#define WAIT_FOR_ADDRESS (10 * NS_PER_SEC)

#define IP_PARAMS 8 /* ip= that are looked at */

static struct {
	struct ip_param ip[IP_PARAMS]; /* in the bootargs' order */
	unsigned ip_count;
	netif_ext_callback_t callback;
	struct waiter waiter; /* main thread, before main() */
	bool has_address;
	char hostname[64];
} cfg;

static void log_v4(const struct net_if *n, const char *how)
{
	const struct netif *f = &n->netif;
	char name[NET_NAME_MAX], addr[16], gw[16], dns[NET_ADDR_MAX];
	uint32_t mask = __builtin_bswap32(netif_ip4_netmask(f)->addr);
	const ip_addr_t *server = dns_getserver(0);

	ip4addr_ntoa_r(netif_ip4_addr(f), addr, sizeof(addr));
	ip4addr_ntoa_r(netif_ip4_gw(f), gw, sizeof(gw));
	net_addr_text(server, dns, sizeof(dns));
	net_netif_name(f, name, sizeof(name));
	log_info("%s: %s/%u, gateway %s, dns %s (%s)", name, addr,
		 (unsigned)__builtin_popcount(mask), ip4_addr_isany(netif_ip4_gw(f)) ? "none" : gw,
		 ip_addr_isany(server) ? "none" : dns, how);
}

static void log_v6(const struct net_if *n, int i)
{
	const struct netif *f = &n->netif;
	char name[NET_NAME_MAX], addr[NET_ADDR_MAX];

	net_netif_name(f, name, sizeof(name));
	net_addr_text(netif_ip_addr6(f, i), addr, sizeof(addr));
	log_info("%s: %s%s", name, addr, net_dhcp6_gave(f, i) ? "/128 (dhcpv6)" : "/64");
}

static void log_duplicate(const struct net_if *n, int i)
{
	char name[NET_NAME_MAX], addr[NET_ADDR_MAX];

	net_netif_name(&n->netif, name, sizeof(name));
	net_addr_text(netif_ip_addr6(&n->netif, i), addr, sizeof(addr));
	log_warn("%s: %s is in use by another host: not ours", name, addr);
}

static void on_v6_change(struct net_if *n, int i, uint8_t old)
{
	uint8_t state = netif_ip6_addr_state(&n->netif, i);

	if (ip6_addr_ispreferred(state) && !ip6_addr_ispreferred(old)) {
		log_v6(n, i);
	} else if (ip6_addr_isduplicated(state)) {
		log_duplicate(n, i);
		net_dhcp6_duplicate(&n->netif, i);
	}
}

static void on_change(struct netif *f, netif_nsc_reason_t reason,
		      const netif_ext_callback_args_t *a)
{
	struct net_if *n = net_if_of(f);

	if (n == NULL) {
		return;
	}
	net_timers_soon();
	if (tcp_active_pcbs != NULL) {
		net_retry_later(); /* what found no route may find one now */
	}
	if ((reason & LWIP_NSC_IPV4_ADDR_VALID) != 0 && !ip4_addr_isany(netif_ip4_addr(f))) {
		if ((reason & (LWIP_NSC_IPV4_ADDRESS_CHANGED | LWIP_NSC_IPV4_NETMASK_CHANGED |
			       LWIP_NSC_IPV4_GATEWAY_CHANGED)) != 0) {
			log_v4(n, n->use_dhcp ? "dhcp" : "static");
		}
		net_ntp_start();
		cfg.has_address = true;
		waiter_wake(&cfg.waiter);
	}
	if ((reason & LWIP_NSC_IPV4_ADDRESS_CHANGED) != 0 && n->use_dhcp &&
	    ip4_addr_isany(netif_ip4_addr(f))) {
		log_warn("eth%u: the lease has ended: asking for another", n->index);
	}
	if ((reason & LWIP_NSC_IPV6_ADDR_STATE_CHANGED) != 0 && a != NULL) {
		on_v6_change(n, a->ipv6_addr_state_changed.addr_index,
			     a->ipv6_addr_state_changed.old_state);
	}
}

static void set_static(struct net_if *n, const struct ip_param *ip)
{
	ip4_addr_t addr = { ip->client }, mask = { ip->netmask }, gw = { ip->gateway };

	for (unsigned i = 0; i < 2; i++) {
		if (ip->dns[i] != 0) {
			ip_addr_t dns = IPADDR4_INIT(ip->dns[i]);

			net_dns_setserver4((u8_t)i, &dns);
		}
	}
	netif_set_addr(&n->netif, &addr, &mask, &gw);
}

/* Which ip= is for @n: the last that names it, else the last that names none; but an address is for one
 * interface, the first. NULL: none is. */
static const struct ip_param *param_for(const struct net_if *n)
{
	const struct ip_param *any = NULL;
	char name[NET_NAME_MAX];

	net_netif_name(&n->netif, name, sizeof(name));
	for (unsigned i = cfg.ip_count; i-- > 0;) {
		const struct ip_param *p = &cfg.ip[i];

		if (strcmp(p->device, name) == 0) {
			return p;
		}
		if (p->device[0] == '\0' && any == NULL &&
		    (p->client == 0 || (n->index == 0 && n->vlan == 0))) {
			any = p;
		}
	}
	return any;
}

void net_config_start(struct net_if *n)
{
	const struct ip_param *ip = param_for(n);
	bool up = n->dev->link;

	netif_set_hostname(&n->netif, cfg.hostname);
	netif_set_up(&n->netif);
	if (up) {
		netif_set_link_up(&n->netif);
	}
	if (ip == NULL || ip->off) {
		return;
	}
	if (ip->client != 0) {
		set_static(n, ip);
	} else {
		n->use_dhcp = true;
		if (dhcp_start(&n->netif) != ERR_OK) {
			log_error("eth%u: DHCP does not start: no memory", n->index);
		}
	}
}

/* lwIP itself asks DHCP again and renews SLAAC on link up. */
static void set_link(struct netif *f, bool up)
{
	if (up) {
		netif_set_link_up(f);
	} else {
		net_dhcp6_link_down(f);
		netif_set_link_down(f);
	}
}

/* The cable came or went. */
void net_config_link(struct net_if *n)
{
	bool up = n->dev->link;
	struct netif *f;

	if (up == (netif_is_link_up(&n->netif) != 0)) {
		return;
	}
	log_info("eth%u: link %s", n->index, up ? "up" : "down");
	NETIF_FOREACH(f)
	{
		const struct net_if *i = net_if_of(f);

		if (i != NULL && i->dev == n->dev) {
			set_link(f, up);
		}
	}
}

/* Without any ip=, or with one that nobody can read: DHCP. */
static void read_params(void)
{
	const char *name = param("hostname"), *s;

	for (; cfg.ip_count < IP_PARAMS && (s = param_nth("ip", cfg.ip_count)) != NULL;
	     cfg.ip_count++) {
		struct ip_param *ip = &cfg.ip[cfg.ip_count];

		if (!ip_param_parse(s, ip)) {
			log_error("ip=%s: not understood, using DHCP; write "
				  "ip=ADDRESS::GATEWAY:NETMASK::eth0:off",
				  s);
		}
		if (ip->hostname[0] != '\0' && name == NULL) {
			name = ip->hostname;
		}
	}
	if (cfg.ip_count == 0) {
		cfg.ip_count = ip_param_parse(NULL, &cfg.ip[0]);
	}
	strlcpy(cfg.hostname, name != NULL && name[0] != '\0' ? name : "coracle",
		sizeof(cfg.hostname));
	net_ntp_config(cfg.ip[0].ntp);
}

void net_init(void)
{
	struct net_if *n;

	net_start();
	waiter_init(&cfg.waiter);
	net_lock();
	read_params();
	netif_add_ext_callback(&cfg.callback, on_change);
	for (unsigned i = 0; (n = net_if_at(i)) != NULL; i++) {
		net_config_start(n);
	}
	net_vlan_init();
	net_unlock();
	if (net_if_at(0) == NULL) {
		log_notice("net: no network device");
	}
}

static bool has_address(void *arg)
{
	(void)arg;
	return cfg.has_address;
}

/* Is an address of IPv4 on its way that is worth waiting for? */
static bool expects_address(void)
{
	const struct ip_param *ip;
	struct netif *f;

	NETIF_FOREACH(f)
	{
		const struct net_if *n = net_if_of(f);

		ip = n == NULL ? NULL : param_for(n);
		if (ip != NULL && !ip->off && n->dev->link) {
			return true;
		}
	}
	return false;
}

int net_wait_configured(uint64_t timeout_ns)
{
	bool wait;

	net_lock();
	wait = expects_address();
	net_unlock();
	if (!wait) {
		return 0;
	}
	return waiter_wait(&cfg.waiter, has_address, NULL, time_after(timeout_ns));
}

/* --- in the boot order -------------------------------------------------------------------- */

static int service_probe(struct device *dev, const struct dt_match *m)
{
	(void)dev;
	(void)m;
	net_init();
	return 0;
}

static int main_probe(struct device *dev, const struct dt_match *m)
{
	(void)dev;
	(void)m;
	if (net_wait_configured(WAIT_FOR_ADDRESS) != 0) {
		log_warn("net: no address after 10 s; going on without (ip= in the bootargs sets "
			 "one)");
	}
	return 0;
}

DRIVER(STAGE_SERVICE, net, NULL, service_probe);
DRIVER(STAGE_MAIN, net_wait, NULL, main_probe);
