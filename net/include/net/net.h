/* SPDX-License-Identifier: MIT */
/* The network as the rest of the system sees it. */
#pragma once

#include <kernel/types.h>
#include <netinet/in.h>

struct ifaddrs;

/* Boot, after the devices are probed: configure interfaces as `ip=` says (default: DHCP and SLAAC).
 * Returns at once; addresses arrive while threads wait. */
void net_init(void);
/* Wait until the first interface has an IPv4 address (or a static one was given), at most
 * @timeout_ns: called before main() so that an app starts with a network. Thread. 0 or -ETIMEDOUT. */
int net_wait_configured(uint64_t timeout_ns);

/* One core lock over lwIP and the devices' rings. net_unlock() rings the doorbells of what was sent. */
void net_lock(void);
void net_unlock(void);
bool net_lock_held(void);

/* Resolve @host with DNS (or a literal) to at most @max addresses of the wanted family (AF_UNSPEC: both);
 * waits. Returns how many, or -errno (-ENOENT: no such name, -EAGAIN: no answer, -EHOSTUNREACH: no server). */
int net_resolve(const char *host, int family, struct sockaddr_storage *out, int max);
/* Interface i: name, index, addresses, mac, flags; for getifaddrs() and SIOCGIF*. false past the end. */
struct net_ifinfo {
	char name[16];
	unsigned index;
	unsigned flags; /* IFF_* */
	uint8_t mac[6];
	unsigned mtu;
	struct in_addr addr, netmask, broadcast;
	struct in6_addr addr6[6];
	unsigned addr6_count;
};
bool net_ifinfo(unsigned i, struct net_ifinfo *out);
