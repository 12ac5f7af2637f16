/* SPDX-License-Identifier: MIT */
/* The machine around one virtqueue: memory, a transport, a device that takes and finishes chains, and
 * a driver that counts what it has posted. Of test_virtq.c and test_virtq_lies.c; defines what
 * drivers/virtio/virtq.c calls. */
#pragma once

#include "kernel.h"
#include "test.h"

#include <drivers/virtio.h>
#include <drivers/virtq.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/page.h>

#define F_NEXT	1
#define F_WRITE 2
#define TOKENS	32768U

/* --- the machine around the queue ------------------------------------------------- */

static struct {
	unsigned max;	  /* entries that the device offers */
	int enable;	  /* what queue_enable() returns */
	unsigned allowed; /* allocations that still succeed */
	int held;	  /* allocations alive */
	unsigned notified, broken;
	/* the device's side */
	uint16_t avail, used;	/* next to look at; next to write */
	uint16_t heads[TOKENS]; /* taken from the avail ring and not yet used */
	unsigned taken;
} m;

static inline unsigned queue_max(struct virtio_device *v, unsigned i)
{
	(void)v;
	return i == 0 ? m.max : 0;
}

static inline int queue_enable(struct virtio_device *v, struct virtq *q)
{
	(void)v;
	(void)q;
	return m.enable;
}

static inline void notify(struct virtio_device *v, struct virtq *q)
{
	(void)v;
	(void)q;
	m.notified++;
}

/* Read to order accesses, no more. */
static inline uint8_t get_status(struct virtio_device *v)
{
	(void)v;
	return 15;
}

static const struct virtio_transport transport = { .get_status = get_status,
						   .queue_max = queue_max,
						   .queue_enable = queue_enable,
						   .notify = notify };
static struct virtio_device dev = { .ops = &transport, .name = "/virtio" };

bool virtio_has(const struct virtio_device *v, uint64_t feature)
{
	return (v->features & feature) != 0;
}

void virtio_broken(struct virtio_device *v, const char *what)
{
	(void)v;
	CHECK(what[0] != '\0');
	m.broken++;
}

static inline void *allocate(size_t n, size_t align)
{
	void *p = NULL;

	if (m.allowed > 0 && posix_memalign(&p, align, n) == 0) {
		m.allowed--;
		m.held++;
	}
	return p;
}

void *page_alloc(size_t n, size_t align)
{
	void *p = allocate(n * PAGE_SIZE, align * PAGE_SIZE);

	return p == NULL ? NULL : memset(p, 0xcc, n * PAGE_SIZE);
}

void page_free(void *p, size_t n)
{
	(void)n;
	m.held--;
	free(p);
}

void *kzalloc(size_t n)
{
	void *p = allocate(n, 16);

	return p == NULL ? NULL : memset(p, 0, n);
}

void kfree(void *p)
{
	m.held -= p != NULL;
	free(p);
}

static inline struct virtq *create(unsigned max, bool legacy, bool event_idx)
{
	memset(&m, 0, sizeof(m));
	m.max = max;
	m.allowed = ~0U;
	dev.legacy = legacy;
	dev.features = event_idx ? VIRTIO_F_EVENT_IDX : 0;
	return virtq_create(&dev, 0, max);
}

static inline void destroy(struct virtq *q)
{
	page_free(q->desc, q->pages);
	kfree(q->slots);
	kfree(q);
	CHECK_EQ(m.held, 0);
}

/* --- the device ------------------------------------------------------------------- */

static inline uint16_t *avail_event(struct virtq *q)
{
	return (uint16_t *)&q->used->ring[q->size];
}

/* Take what the driver has shown. Every chain must end and stay within the table. */
static inline void device_take(struct virtq *q)
{
	while (m.avail != q->avail->idx) {
		uint16_t head = q->avail->ring[m.avail++ % q->size];
		unsigned n = 1;

		for (uint16_t i = head; CHECK(i < q->size) && q->desc[i].flags & F_NEXT; n++) {
			i = q->desc[i].next;
			if (!CHECK(n <= q->size)) {
				return;
			}
		}
		m.heads[m.taken++] = head;
	}
}

static inline void device_put(struct virtq *q, uint32_t id, uint32_t len)
{
	q->used->ring[m.used % q->size] = (struct vring_used_elem){ id, len };
	q->used->idx = ++m.used;
}

/* Finish a chain in any order: writes all its room, says so. */
static inline void device_finish_one(struct virtq *q)
{
	unsigned k = test_below(m.taken);
	uint16_t head = m.heads[k], i = head;
	uint32_t room = 0;

	for (bool more = true; more; i = q->desc[i].next) {
		struct vring_desc d = q->desc[i];

		if (d.flags & F_WRITE) {
			memset((void *)d.addr, 0xdd, d.len);
			room += d.len;
		}
		more = d.flags & F_NEXT;
	}
	m.heads[k] = m.heads[--m.taken];
	device_put(q, head, room > 0 ? room - test_below(2) : 0);
}

/* --- the driver ------------------------------------------------------------------- */

static struct {
	bool posted;
	uint32_t room;
	uint8_t buf[4][8];
} tok[TOKENS];
static unsigned free_tokens[TOKENS], free_count, posted;

static inline void tokens(unsigned n)
{
	memset(tok, 0, sizeof(tok));
	posted = 0;
	free_count = n;
	for (unsigned i = 0; i < n; i++) {
		free_tokens[i] = i;
	}
}

/* Post a chain of @out and @in pieces. Returns virtq_push()'s result. */
static inline int post(struct virtq *q, unsigned out, unsigned in)
{
	unsigned t = free_tokens[free_count - 1];
	struct virtq_buf b[4];
	int r;

	tok[t].room = 0;
	for (unsigned i = 0; i < out + in; i++) {
		b[i] = (struct virtq_buf){ tok[t].buf[i], 1 + test_below(8) };
		tok[t].room += i >= out ? b[i].len : 0;
	}
	r = virtq_push(q, b, out, in, &tok[t]);
	if (r == 0) {
		tok[t].posted = true;
		free_count--;
		posted++;
	}
	return r;
}

static inline bool collect(struct virtq *q)
{
	uint32_t len = ~0U;
	void *p = virtq_pop(q, &len);
	unsigned t;

	if (p == NULL) {
		return false;
	}
	t = (unsigned)(((char *)p - (char *)tok) / (long)sizeof(tok[0]));
	CHECK(t < TOKENS && p == &tok[t] && tok[t].posted);
	CHECK(len <= tok[t].room);
	tok[t].posted = false;
	free_tokens[free_count++] = t;
	posted--;
	return true;
}
