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
#include <string.h>

#define WAIT_FOR_ADDRESS (10 * NS_PER_SEC)

static struct {
	struct ip_param ip;
	netif_ext_callback_t callback;
	struct waiter waiter; /* main thread, before main() */
	bool has_address;
	char hostname[64];
} cfg;

static void log_v4(const struct net_if *n, const char *how)
{
	const struct netif *f = &n->netif;
	char addr[16], gw[16], dns[16];
	uint32_t mask = __builtin_bswap32(netif_ip4_netmask(f)->addr);
	const ip_addr_t *server = dns_getserver(0);

	ip4addr_ntoa_r(netif_ip4_addr(f), addr, sizeof(addr));
	ip4addr_ntoa_r(netif_ip4_gw(f), gw, sizeof(gw));
	ipaddr_ntoa_r(server, dns, sizeof(dns));
	log_info("eth%u: %s/%u, gateway %s, dns %s (%s)", n->index, addr,
		 (unsigned)__builtin_popcount(mask), ip4_addr_isany(netif_ip4_gw(f)) ? "none" : gw,
		 ip_addr_isany(server) ? "none" : dns, how);
}

static void log_v6(const struct net_if *n, int i)
{
	char addr[48];

	ip6addr_ntoa_r(netif_ip6_addr(&n->netif, i), addr, sizeof(addr));
	log_info("eth%u: %s/64", n->index, addr);
}

static void on_change(struct netif *f, netif_nsc_reason_t reason,
		      const netif_ext_callback_args_t *a)
{
	struct net_if *n = net_if_of(f);

	if (n == NULL) {
		return;
	}
	if ((reason & LWIP_NSC_IPV4_ADDR_VALID) != 0 && !ip4_addr_isany(netif_ip4_addr(f))) {
		log_v4(n, n->use_dhcp ? "dhcp" : "static");
		cfg.has_address = true;
		waiter_wake(&cfg.waiter);
	}
	if ((reason & LWIP_NSC_IPV6_ADDR_STATE_CHANGED) != 0 && a != NULL) {
		int i = (uint8_t)a->ipv6_addr_state_changed.addr_index;

		if (ip6_addr_ispreferred(netif_ip6_addr_state(f, i)) &&
		    !ip6_addr_ispreferred(a->ipv6_addr_state_changed.old_state)) {
			log_v6(n, i);
		}
	}
}

static void set_static(struct net_if *n)
{
	ip4_addr_t addr = { cfg.ip.client }, mask = { cfg.ip.netmask }, gw = { cfg.ip.gateway };

	for (unsigned i = 0; i < 2; i++) {
		if (cfg.ip.dns[i] != 0) {
			ip_addr_t dns = IPADDR4_INIT(cfg.ip.dns[i]);

			dns_setserver((u8_t)i, &dns);
		}
	}
	netif_set_addr(&n->netif, &addr, &mask, &gw);
}

static bool is_for(const struct net_if *n)
{
	const char *d = cfg.ip.device;

	return d[0] == '\0' ||
	       (strncmp(d, "eth", 3) == 0 && d[3] == '0' + (char)n->index && d[4] == '\0');
}

void net_config_start(struct net_if *n)
{
	bool up = n->dev->link;

	netif_set_hostname(&n->netif, cfg.hostname);
	netif_set_up(&n->netif);
	if (up) {
		netif_set_link_up(&n->netif);
	}
	if (!is_for(n) || cfg.ip.off) {
		return;
	}
	if (cfg.ip.client != 0) {
		set_static(n);
	} else {
		n->use_dhcp = true;
		if (dhcp_start(&n->netif) != ERR_OK) {
			log_error("eth%u: DHCP does not start: no memory", n->index);
		}
	}
}

/* The cable came or went. lwIP itself asks DHCP again and renews SLAAC on link up. */
void net_config_link(struct net_if *n)
{
	bool up = n->dev->link;

	if (up == (netif_is_link_up(&n->netif) != 0)) {
		return;
	}
	log_info("eth%u: link %s", n->index, up ? "up" : "down");
	if (up) {
		netif_set_link_up(&n->netif);
	} else {
		netif_set_link_down(&n->netif);
	}
}

void net_init(void)
{
	const char *ip = param("ip");
	struct net_if *n;

	net_start();
	waiter_init(&cfg.waiter);
	if (!ip_param_parse(ip, &cfg.ip)) {
		log_error("ip=%s: not understood, using DHCP; write "
			  "ip=ADDRESS::GATEWAY:NETMASK::eth0:off",
			  ip);
	}
	strlcpy(cfg.hostname, cfg.ip.hostname[0] != '\0' ? cfg.ip.hostname : "coracle",
		sizeof(cfg.hostname));
	net_lock();
	netif_add_ext_callback(&cfg.callback, on_change);
	for (unsigned i = 0; (n = net_if_at(i)) != NULL; i++) {
		net_config_start(n);
	}
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

int net_wait_configured(uint64_t timeout_ns)
{
	if (net_if_at(0) == NULL || cfg.ip.off || !net_if_at(0)->dev->link) {
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
