/* SPDX-License-Identifier: MIT */
/* The machine around one network device: memory, stack, transport, and the device's side of both
 * queues. The first half of test_virtio_net.c, which has the driver's source in the same unit. */
#pragma once

#include "../../drivers/virtio/net.c"

#include "kernel.h"
#include "test.h"

#include <lwip/memp.h>
#include <lwip/priv/tcp_priv.h>

extern const struct virtio_driver virtio_drivers_start[];

#define DESC_NEXT 1

static struct {
	uint64_t features;
	uint8_t config[16];
	unsigned ring; /* largest */
	size_t free_pages;
	bool no_copies; /* the stack's memory is used up */
	int pbufs;	/* of that memory, alive */
	bool broken;
	unsigned doorbells, kicks, links, rooms, announcements;
	uint16_t avail[3], used[3]; /* the device's side of the queues */
	void *pages[600];
	unsigned page_count;
} m;

static struct virtio_device dev;
static struct virtio_net *net;

/* What the stack was given. */
static struct pbuf *got[300];
static unsigned got_count;
static bool got_csum[300];

/* --- the kernel ------------------------------------------------------------------- */

void *page_alloc(size_t n, size_t align)
{
	void *p = NULL;

	if (m.page_count == ARRAY_SIZE(m.pages) ||
	    posix_memalign(&p, align * PAGE_SIZE, n * PAGE_SIZE) != 0) {
		return NULL;
	}
	memset(p, 0xcc, n * PAGE_SIZE);
	m.pages[m.page_count++] = p;
	return p;
}

void page_free(void *p, size_t n)
{
	(void)p; /* all end with the test */
	(void)n;
}

size_t page_free_count(void)
{
	return m.free_pages;
}

void *kzalloc(size_t n)
{
	void *p = page_alloc(ALIGN_UP(n, PAGE_SIZE) >> PAGE_SHIFT, 1);

	return p == NULL ? NULL : memset(p, 0, n);
}

void kfree(void *p)
{
	(void)p;
}

void rand_bytes(void *p, size_t n)
{
	memset(p, 0xff, n);
}

#include "pbuf_env.h"

bool virtio_has(const struct virtio_device *v, uint64_t feature)
{
	return (v->features & feature) != 0;
}

void virtio_ready(struct virtio_device *v)
{
	(void)v;
}

void virtio_broken(struct virtio_device *v, const char *what)
{
	(void)what;
	CHECK(!m.broken); /* once */
	m.broken = true;
	for (struct virtq *q = v->queues; q != NULL; q = q->sibling) {
		q->broken = true;
	}
}

int netdev_register(struct netdev *d)
{
	net = net_of(d);
	return 0;
}

void netdev_input(struct netdev *d, struct pbuf *p, bool csum_ok)
{
	CHECK(d == &net->dev && p->tot_len > 0);
	got_csum[got_count] = csum_ok;
	got[got_count++] = p;
}

void netdev_tx_room(struct netdev *d)
{
	(void)d;
	m.rooms++;
}

void netdev_link_changed(struct netdev *d)
{
	(void)d;
	m.links++;
}

void netdev_announce(struct netdev *d)
{
	(void)d;
	m.announcements++;
}

void netdev_kick(struct netdev *d)
{
	(void)d;
	m.kicks++;
}

/* --- the transport ---------------------------------------------------------------- */

static unsigned queue_max(struct virtio_device *v, unsigned i)
{
	(void)v;
	return i < 2 || (i == QUEUE_CTRL && (m.features & F_CTRL_VQ) != 0) ? m.ring : 0;
}

static int queue_enable(struct virtio_device *v, struct virtq *q)
{
	(void)v;
	(void)q;
	return 0;
}

static void read_config(struct virtio_device *v, unsigned off, void *buf, size_t n)
{
	(void)v;
	memcpy(buf, m.config + off, n);
}

static void notify(struct virtio_device *v, struct virtq *q)
{
	(void)v;
	(void)q;
	m.doorbells++;
}

static uint8_t get_status(struct virtio_device *v)
{
	(void)v;
	return 15;
}

static const struct virtio_transport transport = { .get_status = get_status,
						   .queue_max = queue_max,
						   .queue_enable = queue_enable,
						   .read_config = read_config,
						   .notify = notify };

static void boot(uint64_t features, unsigned ring)
{
	memset(&m, 0, sizeof(m));
	m.features = features;
	m.ring = ring;
	m.free_pages = 100000;
	memcpy(m.config, "\x52\x54\x00\x12\x34\x56\x01\x00", 8);
	dev = (struct virtio_device){ .ops = &transport, .name = "/net" };
	dev.features = virtio_drivers_start[0].choose(
		&dev, features & (virtio_drivers_start[0].wanted | VIRTIO_F_VERSION_1 |
				  VIRTIO_F_EVENT_IDX));
	dev.legacy = (features & VIRTIO_F_VERSION_1) == 0;
	got_count = 0;
	net = NULL;
	CHECK_EQ(virtio_drivers_start[0].probe(&dev), 0);
	CHECK(net != NULL);
}

static void free_got(void)
{
	while (got_count > 0) {
		pbuf_free(got[--got_count]);
	}
}

/* Everything that the stack held is back. */
static void halt(void)
{
	free_got();
	CHECK_EQ(m.pbufs, 0);
	while (m.page_count > 0) {
		free(m.pages[--m.page_count]);
	}
}

/* --- the device's side ------------------------------------------------------------ */

static struct virtq *queue(unsigned i)
{
	return i == QUEUE_RX ? net->rx : i == QUEUE_TX ? net->tx : net->ctrl.q;
}

/* The next chain of queue @i, or -1. */
static int take(unsigned i)
{
	struct virtq *q = queue(i);

	return m.avail[i] == q->avail->idx ? -1 : q->avail->ring[m.avail[i]++ % q->size];
}

static void put(unsigned i, uint32_t id, uint32_t len)
{
	struct virtq *q = queue(i);

	q->used->ring[m.used[i] % q->size] = (struct vring_used_elem){ id, len };
	q->used->idx = ++m.used[i];
}

/* One packet of @n bytes over as many buffers as @pieces says, the first with a header. */
static void send_packet(unsigned n, unsigned pieces, uint8_t flags, uint16_t claimed)
{
	unsigned at = 0;

	for (unsigned k = 0; k < pieces; k++) {
		int id = take(0);
		struct vring_desc *d = &net->rx->desc[id];
		unsigned head = k == 0 ? net->hdr_len : 0,
			 part = k + 1 == pieces ? n - at : n / pieces;
		struct net_hdr h = { .flags = flags, .num_buffers = claimed };

		if (!CHECK(id >= 0) || !CHECK(head + part <= d->len)) {
			return;
		}
		memcpy((char *)d->addr, &h, head);
		for (unsigned i = 0; i < part; i++, at++) {
			((uint8_t *)d->addr)[head + i] = (uint8_t)(at * 7);
		}
		put(0, (uint32_t)id, head + part);
	}
}

static bool packet_is_right(struct pbuf *p, unsigned n)
{
	uint8_t b[65536];

	if (!CHECK_EQ(p->tot_len, n) || !CHECK_EQ(pbuf_copy_partial(p, b, (u16_t)n, 0), n)) {
		return false;
	}
	for (unsigned i = 0; i < n; i++) {
		if (b[i] != (uint8_t)(i * 7)) {
			return CHECK(!"the packet's content");
		}
	}
	return true;
}

static unsigned poll(void)
{
	return net->dev.ops->poll(&net->dev, 64);
}
