/* SPDX-License-Identifier: MIT */
/* Private to net/: how its files know each other. All of it under net_lock unless it says otherwise. */
#pragma once

#include <drivers/netdev.h>
#include <kernel/types.h>
#include <lwip/netif.h>
#include <net/net.h>

#define NET_DEVICES 4

/* An interface: a device and lwIP's view of it. */
struct net_if {
	struct netif netif;
	struct netdev *dev;
	unsigned index;		 /* eth0 is 0, whatever lwIP counts */
	_Atomic bool link_event; /* set in any context, looked at by the next poll */
	bool use_dhcp;
};

/* core.c */
/* lwIP with loopback: the first device or the first socket's stage starts it. Boot; net_lock not held. */
void net_start(void);
uint64_t net_now(void); /* ns, as of the latest poll: cheap, and early by a poll's age at most */
void net_retry_later(void); /* what was short is there again: the next poll restarts senders */
void net_flush_later(void); /* a packet was queued: net_unlock() rings */
struct net_if *net_if_at(unsigned i); /* NULL past the end */
void net_retry_when_looped(void);     /* the loopback's queue is full: as soon as it is empty */
/* netif.c */
bool net_if_poll(struct net_if *n, unsigned budget);
/* Does @f's device take so many packets now? If not, senders look again when it does. */
bool net_tx_room(struct netif *f, unsigned packets);
/* config.c */
void net_config_start(struct net_if *n);
void net_config_link(struct net_if *n);
/* port/memp.c */
void net_pools_init(size_t free_bytes);
unsigned net_pool_used(unsigned type); /* elements of pool MEMP_* in use */
/* port/pcbs.c */
void net_pcbs_init(void);
/* port/timeouts.c */
void net_timers_run(uint64_t now);
uint64_t net_timers_next(uint64_t now);
/* dns.c */
bool net_dns_asking(void);
/* tcp_io.c, dgram.c, raw.c: memory or room is back */
struct sock;
struct udp_pcb;
void net_tcp_restart(void);
void net_dgram_restart(void);
void net_raw_restart(void (*look_again)(struct sock *s));
/* udp.c: what marks a PCB of ours among those of lwIP itself (DHCP, DNS) */
void net_udp_on_packet(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from,
		       u16_t port);
/* ifinfo.c */
struct net_if *net_if_of(const struct netif *f); /* NULL: the loopback */
struct netif *net_netif_by_name(const char *name);
void net_netif_name(const struct netif *f, char *name, size_t n);
