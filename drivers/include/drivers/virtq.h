/* SPDX-License-Identifier: MIT */
/* Split virtqueue with event index. Descriptors are ours: what we
 * need of them is kept in our own memory and never read back; an index, id or length
 * from the device is checked before use. Spec: virtio 1.2, 2.7. */
#pragma once

#include <kernel/types.h>

struct virtio_device;

struct vring_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

struct vring_avail {
	uint16_t flags;
	uint16_t idx;
	uint16_t ring[]; /* then used_event */
};

struct vring_used_elem {
	uint32_t id;
	uint32_t len;
};

struct vring_used {
	uint16_t flags;
	uint16_t idx;
	struct vring_used_elem ring[]; /* then avail_event */
};

/* One piece of a buffer. */
struct virtq_buf {
	void *addr;
	uint32_t len;
};

/* What we remember of a posted chain, by head descriptor. */
struct virtq_slot {
	void *token;	/* the caller's; NULL: not posted */
	uint32_t room;	/* bytes the device may write */
	uint16_t count; /* descriptors in the chain */
	uint16_t next;	/* (private) free list / chain */
};

/* Not thread safe: the owner's lock is held around every call. */
struct virtq {
	struct virtio_device *dev;
	struct virtq *sibling; /* (private) the device's next queue */
	unsigned index;
	uint16_t size;	    /* power of two */
	uint16_t free;	    /* descriptors left */
	uint16_t head;	    /* (private) first free descriptor */
	uint16_t avail_idx; /* next avail index to publish */
	uint16_t published; /* what the device was last shown */
	uint16_t kicked;    /* what it was last told of */
	uint16_t used_idx;  /* next used entry to look at */
	bool event_idx;
	bool broken;
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	struct virtq_slot *slots;
	size_t pages; /* of the ring memory at desc */
};

/* Make queue @index with at most @size entries and give it to the device. Boot or thread.
 * Returns NULL when the device has no such queue or memory is short (logged). */
struct virtq *virtq_create(struct virtio_device *v, unsigned index, unsigned size);
/* Post a chain: @out readable pieces, then @in writable ones; lent until virtq_pop() returns @token
 * (not NULL). Not visible to the device until virtq_publish(). 0, -ENOBUFS, -EINVAL (no piece, zero length). */
int virtq_push(struct virtq *q, const struct virtq_buf *bufs, unsigned out, unsigned in,
	       void *token);
/* The same with one entry of the ring, for a device with VIRTIO_F_INDIRECT_DESC: @table has room for out + in
 * descriptors, and is lent with the rest. */
int virtq_push_indirect(struct virtq *q, struct vring_desc *table, const struct virtq_buf *bufs,
			unsigned out, unsigned in, void *token);
/* Show the device all that was pushed; true if it wants a doorbell (virtq_kick()). */
bool virtq_publish(struct virtq *q);
/* Ring the doorbell. */
void virtq_kick(struct virtq *q);
/* Before a sleep, after virtq_irq_on(): ring if the device waits for a doorbell that virtq_publish()
 * did not ask for, as it may where a fence is no barrier to the device's thread (see virtq_irq_on()). */
void virtq_kick_missed(struct virtq *q);
/* Next finished chain: its token and the bytes written (never more than its room), or NULL.
 * A device that lies (id never posted, length beyond the buffer, index jumped) breaks the queue. */
void *virtq_pop(struct virtq *q, uint32_t *len);
bool virtq_has_used(const struct virtq *q);
/* Ask for an interrupt on the next used entry; true if one is there already. */
bool virtq_irq_on(struct virtq *q);
void virtq_irq_off(struct virtq *q);
