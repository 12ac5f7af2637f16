/* SPDX-License-Identifier: MIT */
/* Class of network devices: rings of packets. The stack is above (net/), the registers below. */
#pragma once

#include <kernel/types.h>

struct pbuf;
struct netdev;

/* What the device can do, and was told to. */
enum {
	NETDEV_TX_CSUM = 1, /* fills in TCP and UDP checksums from a partial one */
	NETDEV_RX_CSUM = 2, /* reports checksums as checked */
	NETDEV_TX_TSO4 = 4, /* cuts large TCP segments, over IPv4 ... */
	NETDEV_TX_TSO6 = 8, /* ... and IPv6; with NETDEV_TX_CSUM alone */
};

/* One packet to send. */
struct net_tx {
	struct pbuf *p; /* Ethernet frame; the driver takes its own reference while it is queued */
	/* Where the checksummed part begins, from the frame's start (0: no checksum to fill in), and where
	 * in it the checksum is stored. */
	uint16_t csum_start, csum_offset;
	/* Bytes of payload in each TCP segment that the device is to make of it (0: send it as it is), and
	 * of what goes in front of each, from the frame's start. */
	uint16_t gso_size, hdr_len;
	bool gso_v6;
};

struct netdev_ops {
	/* Queue a packet; never blocks. 0, -ENOBUFS (ring full: netdev_tx_room() will be called when there
	 * is room again), -EINVAL (too many pieces or too long). net_lock held. */
	int (*send)(struct netdev *d, const struct net_tx *tx);
	/* Room for so many packets of up to three pieces each? If not, netdev_tx_room() will be called when
	 * there is (or when nothing is queued any more). net_lock held. */
	bool (*room)(struct netdev *d, unsigned packets);
	/* One doorbell for what send() queued; nothing if nothing was. net_lock held. */
	void (*flush)(struct netdev *d);
	/* Give up to @budget received packets to netdev_input() and free finished transmissions.
	 * Returns how many packets came in (+1 when only transmissions were reaped). net_lock held. */
	unsigned (*poll)(struct netdev *d, unsigned budget);
	/* What netdev_announce() asked for has been sent. net_lock held. Never without netdev_announce(). */
	void (*announced)(struct netdev *d);
	/* Switch the ring interrupts; on: true if work is already there. net_lock held. */
	bool (*irq)(struct netdev *d, bool on);
};

/* Embedded in the driver's structure; the driver fills it and calls netdev_register(). */
struct netdev {
	const struct netdev_ops *ops;
	const char *name; /* of the driver's device, for messages */
	uint8_t mac[6];
	uint16_t mtu;	   /* largest IP packet */
	unsigned features; /* NETDEV_* */
	bool link;	   /* the cable is in */
	void *stack;	   /* (private to net/) */
	/* Counters, for `if` statistics; written under net_lock. */
	uint64_t rx_packets, rx_bytes, rx_dropped, rx_errors;
	uint64_t tx_packets, tx_bytes, tx_dropped;
};

/* --- the stack's side (net/netif.c), called by drivers ------------------------- */

/* Boot or thread. Returns 0 or -ENOMEM, -ENOSPC. */
int netdev_register(struct netdev *d);
/* A received frame; takes @p. @csum_ok: the device vouches for the TCP/UDP checksum. net_lock held. */
void netdev_input(struct netdev *d, struct pbuf *p, bool csum_ok);
/* The ring was full and has room again. net_lock held. */
void netdev_tx_room(struct netdev *d);
/* d->link changed. Any context. */
void netdev_link_changed(struct netdev *d);
/* The machine was moved, to another place in its network maybe: our addresses are told anew. Any context. */
void netdev_announce(struct netdev *d);
/* There is work in a ring: interrupt handler. Any context. */
void netdev_kick(struct netdev *d);
