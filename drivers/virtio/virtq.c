/* SPDX-License-Identifier: MIT */
/* Split virtqueue. Spec: virtio 1.2, 2.7. The device may write the used ring and nothing else of
 * ours; all that is read back from it is checked first. */
#include <drivers/virtio.h>
#include <drivers/virtq.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/arch.h>
#include <kernel/log.h>
#include <kernel/page.h>
#include <string.h>

#define DESC_F_NEXT	   1
#define DESC_F_WRITE	   2
#define AVAIL_NO_INTERRUPT 1
#define USED_NO_NOTIFY	   1
#define RING_MOST	   32768U
#define LEGACY_ALIGN	   4096 /* 2.7.2: the used ring of the legacy layout starts on a page */

_Static_assert(sizeof(struct vring_desc) == 16, "2.7.5");
_Static_assert(sizeof(struct vring_used_elem) == 8, "2.7.8");

/* The event fields lie behind the rings (2.7.6, 2.7.8). */
static volatile uint16_t *used_event(const struct virtq *q)
{
	return &q->avail->ring[q->size];
}

static volatile uint16_t *avail_event(const struct virtq *q)
{
	return (volatile uint16_t *)&q->used->ring[q->size];
}

static uint16_t device_used_idx(const struct virtq *q)
{
	return *(volatile uint16_t *)&q->used->idx;
}

static int alloc_rings(struct virtq *q, bool legacy)
{
	size_t align = legacy ? LEGACY_ALIGN : 64;
	size_t avail = sizeof(struct vring_desc) * q->size;
	size_t used = ALIGN_UP(avail + sizeof(struct vring_avail) + 2UL * q->size + 2, align);
	size_t end =
		used + sizeof(struct vring_used) + sizeof(struct vring_used_elem) * q->size + 2;
	char *mem;

	q->pages = ALIGN_UP(end, PAGE_SIZE) >> PAGE_SHIFT;
	mem = page_alloc(q->pages, 1);
	q->slots = kzalloc(sizeof(*q->slots) * q->size);
	if (mem == NULL || q->slots == NULL) {
		if (mem != NULL) {
			page_free(mem, q->pages);
		}
		kfree(q->slots);
		return -ENOMEM;
	}
	memset(mem, 0, end);
	q->desc = (struct vring_desc *)mem;
	q->avail = (struct vring_avail *)(mem + avail);
	q->used = (struct vring_used *)(mem + used);
	for (unsigned i = 0; i < q->size; i++) {
		q->slots[i].next = (uint16_t)(i + 1);
	}
	return 0;
}

__attribute__((cold)) struct virtq *virtq_create(struct virtio_device *v, unsigned index,
						 unsigned size)
{
	unsigned max = v->ops->queue_max(v, index);
	struct virtq *q;

	if (max == 0) {
		log_error("virtio %s: no queue %u", v->name, index);
		return NULL;
	}
	size = MIN(MIN(MAX(size, v->ring_least), max), RING_MOST);
	q = kzalloc(sizeof(*q));
	if (q == NULL) {
		return NULL;
	}
	q->dev = v;
	q->index = index;
	q->size = (uint16_t)(1U << (31 - __builtin_clz(size))); /* 2.7: a power of two */
	q->free = q->size;
	q->event_idx = virtio_has(v, VIRTIO_F_EVENT_IDX);
	if (alloc_rings(q, v->legacy) != 0) {
		log_error("virtio %s: no memory for queue %u of %u entries", v->name, index,
			  q->size);
		goto free_queue;
	}
	if (v->ops->queue_enable(v, q) != 0) {
		log_error("virtio %s: queue %u: the device refuses it", v->name, index);
		goto free_rings;
	}
	q->sibling = v->queues;
	v->queues = q;
	return q;

free_rings:
	page_free(q->desc, q->pages);
	kfree(q->slots);
free_queue:
	kfree(q);
	return NULL;
}

int virtq_push(struct virtq *q, const struct virtq_buf *bufs, unsigned out, unsigned in,
	       void *token)
{
	struct virtq_slot *slots = q->slots, *slot;
	unsigned n = out + in, k = 0;
	uint16_t head = q->head, i = head, idx = q->avail_idx;
	uint32_t room = 0;

	if (n == 0 || token == NULL) {
		return -EINVAL;
	}
	if (n > q->free || q->broken) {
		return n > q->size ? -EINVAL : -ENOBUFS;
	}
	for (;;) {
		struct vring_desc *d = &q->desc[i];
		uint32_t len = bufs[k].len;
		uint16_t flags = k >= out ? DESC_F_WRITE : 0;

		if (len == 0) {
			return -EINVAL; /* nothing was taken off the free list yet */
		}
		d->addr = (uintptr_t)bufs[k].addr;
		d->len = len;
		room += flags != 0 ? len : 0;
		i = slots[i].next;
		if (++k == n) {
			d->flags = flags;
			break;
		}
		d->flags = flags | DESC_F_NEXT;
		d->next = i;
	}
	slot = &slots[head];
	slot->token = token;
	slot->room = room;
	slot->count = (uint16_t)n;
	q->head = i;
	q->free = (uint16_t)(q->free - n);
	q->avail->ring[idx & (q->size - 1)] = head;
	q->avail_idx = (uint16_t)(idx + 1);
	return 0;
}

/* The device waits for a doorbell that lies in what it was shown since the last one. Counting from the
 * last doorbell, and not from the last index, also finds one that was left out wrongly. */
static bool wants_kick(const struct virtq *q)
{
	uint16_t unannounced = (uint16_t)(q->published - q->kicked);

	if (unannounced == 0) {
		return false;
	}
	if (q->event_idx) {
		/* 2.7.10: if its event lies in [kicked, published). */
		return (uint16_t)(q->published - *avail_event(q) - 1) < unannounced;
	}
	return (*(volatile uint16_t *)&q->used->flags & USED_NO_NOTIFY) == 0;
}

bool virtq_publish(struct virtq *q)
{
	if (q->published == q->avail_idx) {
		return false;
	}
	dma_wmb(); /* 2.7.13.3.1: descriptors and ring entries before the index that shows them */
	*(volatile uint16_t *)&q->avail->idx = q->avail_idx;
	q->published = q->avail_idx;
	/* No more than a ring can be unseen; keeps the distance far from the index's wrap. */
	if ((uint16_t)(q->published - q->kicked) > q->size) {
		q->kicked = (uint16_t)(q->published - q->size);
	}
	dma_mb(); /* 2.7.13.4.1: the index before we ask whether the device wants to hear of it */
	return wants_kick(q);
}

void virtq_kick(struct virtq *q)
{
	if (!q->broken) {
		q->kicked = q->published;
		q->dev->ops->notify(q->dev, q);
	}
}

void virtq_kick_missed(struct virtq *q)
{
	if (wants_kick(q)) {
		virtq_kick(q);
	}
}

static void *broken(struct virtq *q, const char *what)
{
	q->broken = true;
	virtio_broken(q->dev, what);
	return NULL;
}

void *virtq_pop(struct virtq *q, uint32_t *len)
{
	uint16_t idx = q->used_idx, ready = (uint16_t)(device_used_idx(q) - idx), size = q->size;
	struct virtq_slot *slots = q->slots, *slot;
	volatile struct vring_used_elem *e;
	uint16_t last, free = q->free;
	uint32_t id, n;
	void *token;

	if (ready == 0 || q->broken) {
		return NULL;
	}
	if (ready > size - free) {
		return broken(q, "used index runs ahead");
	}
	dma_rmb(); /* the index before the entry that it shows */
	e = &q->used->ring[idx & (size - 1)];
	id = e->id;
	n = e->len;
	if (id >= size || slots[id].token == NULL) {
		return broken(q, "used entry names a buffer that it does not have");
	}
	slot = &slots[id];
	if (n > slot->room) {
		return broken(q, "used length exceeds the buffer");
	}
	token = slot->token;
	slot->token = NULL;
	last = (uint16_t)id;
	for (unsigned k = slot->count; k > 1; k--) {
		last = slots[last].next;
	}
	slots[last].next = q->head;
	q->head = (uint16_t)id;
	q->free = (uint16_t)(free + slot->count);
	q->used_idx = (uint16_t)(idx + 1);
	*len = n;
	return token;
}

bool virtq_has_used(const struct virtq *q)
{
	return device_used_idx(q) != q->used_idx && !q->broken;
}

bool virtq_irq_on(struct virtq *q)
{
	if (q->event_idx) {
		*used_event(q) = q->used_idx;
	} else {
		*(volatile uint16_t *)&q->avail->flags = 0;
	}
	dma_mb(); /* ask first, then look: an entry between the two would go unnoticed */
	/* QEMU with one emulated CPU leaves fences out (tcg_gen_mb() needs CF_PARALLEL) although its device
	 * threads run beside the CPU; an access to the device orders there as well. Once a sleep. */
	q->dev->ops->get_status(q->dev);
	return virtq_has_used(q);
}

void virtq_irq_off(struct virtq *q)
{
	if (q->event_idx) {
		/* The farthest index there is; a stray interrupt after 32,768 entries does no harm. */
		*used_event(q) = (uint16_t)(q->used_idx - 1);
	} else {
		*(volatile uint16_t *)&q->avail->flags = AVAIL_NO_INTERRUPT;
	}
}
