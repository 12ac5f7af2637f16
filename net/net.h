/* SPDX-License-Identifier: MIT */
/* Private to net/: how its files know each other. All of it under net_lock unless it says otherwise. */
#pragma once

#include <drivers/netdev.h>
#include <kernel/types.h>
#include <lwip/netif.h>
#include <net/net.h>

#define NET_DEVICES  4
#define NET_NAME_MAX 16 /* IFNAMSIZ */

/* What happened to a device: set in any context, looked at by the next poll. */
enum { NET_EVENT_LINK = 1, NET_EVENT_ANNOUNCE = 2 };

/* An interface: lwIP's view of a device, or of a VLAN on it, whose name is then eth0.VLAN. */
struct net_if {
	struct netif netif;
	struct netdev *dev;
	unsigned index; /* of the device: eth0 is 0, whatever lwIP counts */
	unsigned vlan;	/* 802.1Q's VLAN id; 0: the device itself */
	_Atomic unsigned events;
	bool use_dhcp;
	bool queued; /* packets wait for the doorbell: in core.c's list */
	struct net_if *next_queued;
};

/* core.c */
/* lwIP with loopback: the first device or the first socket's stage starts it. Boot; net_lock not held. */
void net_start(void);
uint64_t net_now(void); /* ns, as of the latest poll: cheap, and early by a poll's age at most */
void net_retry_later(void); /* what was short is there again: the next poll restarts senders */
void net_flush_later(struct net_if *n); /* a packet was queued: net_unlock() rings */
void net_wake_by(uint64_t at);		/* the next poll is not later. net_lock held */
struct net_if *net_if_at(unsigned i);	/* devices; NULL past the end */
void net_retry_when_looped(void);	/* the loopback's queue is full: as soon as it is empty */
/* finish.c: until all that was sent is with its peer, two seconds at most. Thread, nothing held. */
void net_finish(void);
/* netif.c */
bool net_if_poll(struct net_if *n, unsigned budget);
/* lwIP's interface for n->dev and n->vlan, which are set. 0 or -ENOMEM. */
int net_if_add(struct net_if *n);
/* netif.c: one frame that lwIP made to the device of @netif */
err_t net_if_output(struct netif *netif, struct pbuf *p);
/* Does @f's device take so many packets now? If not, senders look again when it does. */
bool net_tx_room(struct netif *f, unsigned packets);
/* config.c */
void net_config_start(struct net_if *n);
/* The device's link changed: for the interface and its VLANs. */
void net_config_link(struct net_if *n);
/* ntp.c: what the bootargs say of time servers (@addr: that of `ip=`, 0: none); the client may ask now */
void net_ntp_config(uint32_t addr);
void net_ntp_start(void);
/* dhcp6.c */
void net_dhcp6_link_down(struct netif *f);
bool net_dhcp6_gave(const struct netif *f, int slot); /* the address in this slot is its own */
void net_dhcp6_duplicate(struct netif *f, int slot);
/* vlan.c: the interfaces that `vlan=` asks for. Boot; net_lock held. */
void net_vlan_init(void);
/* announce.c: tell the link again who has our addresses: it may have us elsewhere now. */
void net_announce(const struct netdev *dev);
/* port/memp.c */
void net_pools_init(size_t free_bytes);
unsigned net_pool_used(unsigned type); /* elements of pool MEMP_* in use */
/* Who lacked memory is to look again at that time; TIME_NEVER: nobody does. */
uint64_t net_memory_due(void);
bool net_memory_back(uint64_t now); /* it is time */
/* port/pcbs.c */
void net_pcbs_init(void);
/* port/timeouts.c */
void net_timers_run(uint64_t now);
uint64_t net_timers_next(uint64_t now);
void net_timers_news(uint64_t now); /* tcp_due_news: TCP has got a deadline that may come first */
void net_timers_soon(void);	    /* an address or a link changed: something may be to ask */
/* dns.c: the servers that DHCP (and `ip=`) and those that IPv6 name; slots from 0. NULL: none */
void net_dns_setserver4(u8_t slot, const ip_addr_t *addr);
void net_dns_setserver6(u8_t slot, const ip_addr_t *addr);
/* tcp_io.c, dgram.c, raw.c: memory or room is back */
struct sock;
struct udp_pcb;
void net_tcp_restart(void);
/* tcp.c: memory is short */
void net_tcp_reclaim(void);
void net_dgram_restart(void);
void net_raw_restart(void (*look_again)(struct sock *s));
/* udp.c: what marks a PCB of ours among those of lwIP itself (DHCP, DNS) */
void net_udp_on_packet(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from,
		       u16_t port);
/* ifinfo.c */
struct net_if *net_if_of(const struct netif *f); /* NULL: the loopback */
struct netif *net_netif_by_name(const char *name);
void net_netif_name(const struct netif *f, char *name, size_t n);
#define NET_ADDR_MAX 48
void net_addr_text(const ip_addr_t *a, char *text, size_t n); /* for a log */
