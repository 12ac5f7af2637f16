/* SPDX-License-Identifier: MIT */
/* (private) What the drivers of MACs on a chip share: memory for rings, buffers that are pbufs, the address, the sum that
 * is left to the device. */
#pragma once

#include <drivers/netdev.h>
#include <kernel/arch.h>
#include <kernel/device.h>
#include <lwip/pbuf.h>

#define RING_MAX 256U
#define RING_MIN 16U

#define RX_BUF	  2048U /* a buffer with our own part in front */
#define RX_SIZE	  1600U /* of it, told to the device; frames of 1,536 bytes and the offset */
#define RX_ALIGN  64U	/* a cache line: two buffers share none */
#define RX_OFFSET 2U	/* in front of a frame, so that the IP header is aligned */

struct rx_pool;

struct rx_buf {
	struct pbuf_custom pc;
	struct rx_pool *pool;
	struct rx_buf *next;
	char data[] __attribute__((aligned(RX_ALIGN)));
};

/* Buffers that are neither in the ring nor with a reader. net_lock. */
struct rx_pool {
	struct rx_buf *free;
	unsigned count;
};

/* Take one; the pool must have one. */
struct rx_buf *rx_take(struct rx_pool *pool);
/* And give it back. */
void rx_give(struct rx_buf *b);
/* Fill it up to @count. 0, or -ENOMEM: fewer than any ring needs. Boot. */
int rx_fill(struct rx_pool *pool, unsigned count);
/* The frame of @len bytes in @b as a pbuf; the buffer goes with it or back. It stays with the reader as long as @missing
 * others are there to fill the ring with. NULL: no memory, and the frame is lost. net_lock held. */
struct pbuf *rx_wrap(struct rx_buf *b, unsigned len, unsigned missing);

/* Descriptors of a ring, for the machine's memory. */
unsigned onboard_ring_size(void);
/* Memory for rings of @bytes, at a multiple of their size and so within 4 GiB, cleared; NULL: none. Without coherence with
 * the caches it is mapped without them: the device and we write to the same lines. Boot. */
void *onboard_ring_memory(size_t bytes, bool coherent);
/* All RAM is below 4 GiB: a device of 32 bits reaches it. */
bool onboard_ram_is_low(void);
/* Binding ethernet-controller: @mac, the device's own, becomes what the boot program used or the board has, if the tree
 * says so, and one of ours if it is none. */
void onboard_mac(const struct dt_node *n, uint8_t mac[6]);
/* What is stored as sum before the device, which finds the place by itself in a TCP or UDP packet over IPv4, completes
 * it: 0. Of others the sum is made here, since QEMU's models know IPv4 alone and no bit says so. */
void onboard_sum(const struct net_tx *tx);
