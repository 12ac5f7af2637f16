/* SPDX-License-Identifier: MIT */
/* drivers/virtio/net.c with the real virtqueue and lwIP's real pbufs, against a device that sends and
 * receives packets, and one that lies about them.
 * sources: tests/unit/test.c tests/unit/host/kernel.c drivers/virtio/virtq.c @lwip:core/pbuf.c
	@lwip:core/mem.c */
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
	unsigned doorbells, kicks, links, rooms;
	uint16_t avail[2], used[2]; /* the device's side of both queues */
	void *pages[600];
	unsigned page_count;
} m;

static struct virtio_device dev;
static struct virtio_net *net;

/* What the stack was given. */
static struct pbuf *got[300];
static unsigned got_count;
static bool got_csum[300];

/* --- the kernel ------------------------------------------------------------------------------- */

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

void *net_mem_alloc(unsigned long n)
{
	m.pbufs += !m.no_copies;
	return m.no_copies ? NULL : malloc(n);
}

void *net_mem_calloc(unsigned long n, unsigned long size)
{
	m.pbufs++;
	return calloc(n, size);
}

void net_mem_free(void *p)
{
	m.pbufs--;
	free(p);
}

void *memp_malloc(memp_t type)
{
	(void)type;
	return net_mem_alloc(sizeof(struct pbuf));
}

void memp_free(memp_t type, void *p)
{
	(void)type;
	net_mem_free(p);
}

/* pbuf.c would take memory back from connections. */
struct tcp_pcb *tcp_active_pcbs;

void tcp_free_ooseq(struct tcp_pcb *pcb)
{
	(void)pcb;
}

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

void netdev_kick(struct netdev *d)
{
	(void)d;
	m.kicks++;
}

/* --- the transport ------------------------------------------------------------------------------ */

static unsigned queue_max(struct virtio_device *v, unsigned i)
{
	(void)v;
	return i < 2 ? m.ring : 0;
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
	dev = (struct virtio_device){ .ops = &transport,
				      .name = "/net",
				      .features = features &
						  (virtio_drivers_start[0].wanted |
						   VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX) };
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

/* --- the device's side -------------------------------------------------------------------------- */

/* The next chain of queue @i, or -1. */
static int take(unsigned i)
{
	struct virtq *q = i == 0 ? net->rx : net->tx;

	return m.avail[i] == q->avail->idx ? -1 : q->avail->ring[m.avail[i]++ % q->size];
}

static void put(unsigned i, uint32_t id, uint32_t len)
{
	struct virtq *q = i == 0 ? net->rx : net->tx;

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

/* --- receive ---------------------------------------------------------------------------------------- */

#define MODERN (VIRTIO_F_VERSION_1 | F_MAC | F_STATUS)

static void test_receive(void)
{
	static const uint64_t kinds[] = { 0, VIRTIO_F_VERSION_1, F_MRG_RXBUF,
					  VIRTIO_F_VERSION_1 | F_MRG_RXBUF | VIRTIO_F_EVENT_IDX };

	for (unsigned k = 0; k < ARRAY_SIZE(kinds); k++) {
		boot(kinds[k] | F_MAC | F_STATUS | F_GUEST_CSUM, 16);
		for (unsigned i = 0; i < 500; i++) {
			unsigned n = test_below(1500) + 1;

			send_packet(n, 1, (uint8_t)test_below(3), 1);
			CHECK(poll() >= 1);
			if (CHECK_EQ(got_count, 1)) {
				packet_is_right(got[0], n);
				/* 14 bytes on, the IP header lies on a multiple of 4. */
				CHECK(((uintptr_t)got[0]->payload + 14) % 4 == 0);
			}
			free_got();
		}
		CHECK(net->dev.rx_packets == 500 && net->dev.rx_dropped == 0 && !m.broken);
		halt();
	}
}

static void test_checksums(void)
{
	static const bool want[4] = { false, true, true, true };

	for (unsigned offered = 0; offered < 2; offered++) {
		boot(MODERN | (offered ? F_GUEST_CSUM : 0), 16);
		for (unsigned flags = 0; flags < 4; flags++) {
			send_packet(60, 1, (uint8_t)flags, 1);
		}
		poll();
		for (unsigned flags = 0; CHECK_EQ(got_count, 4) && flags < 4; flags++) {
			CHECK_EQ(got_csum[flags], offered && want[flags]);
		}
		halt();
	}
}

static void test_merged(void)
{
	boot(MODERN | F_MRG_RXBUF, 64);
	for (unsigned pieces = 2; pieces < 32; pieces++) {
		send_packet(pieces * 1000 + 1, pieces, 0, (uint16_t)pieces);
		poll();
		if (CHECK_EQ(got_count, 1)) {
			packet_is_right(got[0], pieces * 1000 + 1);
		}
		free_got();
	}
	/* No number of buffers at all is as good as one. */
	send_packet(100, 1, 0, 0);
	poll();
	CHECK(got_count == 1 && !m.broken);
	halt();
}

/* The stack keeps everything: packets are copied, so that the ring never runs dry. */
static void test_slow_reader(void)
{
	boot(MODERN, 16);
	for (unsigned i = 0; i < 200; i++) {
		send_packet(200, 1, 0, 1);
		CHECK(poll() >= 1);
	}
	if (!CHECK(got_count == 200 && m.pbufs > 100)) {
		printf("# %u packets, %d copies\n", got_count, m.pbufs);
	}
	for (unsigned i = 0; i < 200; i++) {
		packet_is_right(got[i], 200);
	}
	/* And without memory they are dropped and counted, and it goes on. */
	m.no_copies = true;
	for (unsigned i = 0; i < 100; i++) {
		send_packet(200, 1, 0, 1);
		poll();
	}
	CHECK(got_count == 200 && net->dev.rx_dropped == 100 && !m.broken);
	m.no_copies = false;
	free_got();
	send_packet(200, 1, 0, 1);
	poll();
	CHECK_EQ(got_count, 1);
	halt();
}

static void test_bad_packets(void)
{
	int id;

	boot(MODERN, 16);
	for (uint32_t len = 0; len <= net->hdr_len; len++) {
		id = take(0);
		put(0, (uint32_t)id, len);
		poll();
	}
	CHECK(got_count == 0 && net->dev.rx_errors == net->hdr_len + 1 && !m.broken);
	send_packet(60, 1, 0, 1);
	poll();
	CHECK_EQ(got_count, 1);
	id = take(0);
	put(0, (uint32_t)id, net->rx->desc[id].len + 1);
	poll();
	CHECK(m.broken && got_count == 1);
	CHECK(poll() == 0 && !net->dev.ops->irq(&net->dev, true));
	halt();
}

static void test_lying_merges(void)
{
	/* More buffers than there are. */
	boot(MODERN | F_MRG_RXBUF, 16);
	send_packet(3000, 2, 0, 3);
	poll();
	CHECK(m.broken && got_count == 0);
	halt();
	boot(MODERN | F_MRG_RXBUF, 16);
	send_packet(60, 1, 0, 0xffff);
	poll();
	CHECK(m.broken && got_count == 0);
	halt();
	/* More than a packet's length can say. */
	boot(MODERN | F_MRG_RXBUF, 256);
	send_packet(40 * 1900, 40, 0, 40);
	poll();
	CHECK(m.broken && got_count == 0);
	halt();
	/* Out of memory in the middle: the packet is dropped whole, the next one is fine. */
	boot(MODERN | F_MRG_RXBUF, 16);
	while (net->free_count >= LOW_WATER) {
		send_packet(60, 1, 0, 1);
		poll();
	}
	m.no_copies = true;
	send_packet(3000, 2, 0, 2);
	poll();
	m.no_copies = false;
	CHECK_EQ(net->dev.rx_dropped, 1);
	free_got();
	send_packet(3000, 2, 0, 2);
	poll();
	CHECK(got_count == 1 && packet_is_right(got[0], 3000));
	halt();
}

/* --- transmit ------------------------------------------------------------------------------------------ */

static int transmit(unsigned n, unsigned pieces, uint16_t csum_start)
{
	struct pbuf *p = NULL;
	struct net_tx tx = { NULL, csum_start, csum_start != 0 ? 16 : 0 };
	int r;

	for (unsigned k = 0, at = 0; k < pieces; k++) {
		unsigned part = k + 1 == pieces ? n - at : n / pieces;
		struct pbuf *q = pbuf_alloc(k == 0 ? PBUF_LINK : PBUF_RAW, (u16_t)part, PBUF_RAM);

		if (k == 0) {
			pbuf_add_header(q, 14); /* the stack's own room for the Ethernet header */
			pbuf_remove_header(q, 14);
		}
		for (unsigned i = 0; i < part; i++, at++) {
			((uint8_t *)q->payload)[i] = (uint8_t)(at * 7);
		}
		if (p == NULL) {
			p = q;
		} else {
			pbuf_cat(p, q);
		}
	}
	tx.p = p;
	r = net->dev.ops->send(&net->dev, &tx);
	pbuf_free(p); /* the driver has its own reference */
	return r;
}

/* The device reads one packet: @n bytes behind a header that says @csum_start. */
static void expect_sent(unsigned n, uint16_t csum_start)
{
	int id = take(1);
	static uint8_t b[70000];
	const struct net_hdr *h = (const struct net_hdr *)b;
	unsigned len = 0;

	if (!CHECK(id >= 0)) {
		return;
	}
	for (int i = id;; i = net->tx->desc[i].next) {
		const struct vring_desc *d = &net->tx->desc[i];

		memcpy(b + len, (void *)d->addr, d->len);
		len += d->len;
		if ((d->flags & DESC_NEXT) == 0) {
			break;
		}
	}
	CHECK_EQ(len, n + net->hdr_len);
	for (unsigned i = 0; i < n; i++) {
		if (!CHECK(b[net->hdr_len + i] == (uint8_t)(i * 7))) {
			break;
		}
	}
	CHECK(h->gso_type == 0 && h->csum_start == csum_start && h->flags == (csum_start != 0));
	CHECK(csum_start == 0 || h->csum_offset == 16);
	put(1, (uint32_t)id, 0);
}

static void test_transmit(void)
{
	static const uint64_t kinds[] = { 0, VIRTIO_F_VERSION_1, F_MRG_RXBUF,
					  VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX };

	for (unsigned k = 0; k < ARRAY_SIZE(kinds); k++) {
		boot(kinds[k] | F_MAC | F_CSUM, 16);
		for (unsigned i = 0; i < 1000; i++) {
			unsigned n = test_below(1400) + 100, pieces = test_below(PIECES - 1) + 1;
			uint16_t csum = test_below(2) == 0 ? 34 : 0;

			CHECK_EQ(transmit(n, pieces, csum), 0);
			net->dev.ops->flush(&net->dev);
			expect_sent(n, csum);
			poll();
			CHECK_EQ(m.pbufs, 0);
		}
		CHECK(net->dev.tx_packets == 1000 && net->tx->free == net->tx->size && !m.broken);
		halt();
	}
}

static void test_full(void)
{
	unsigned sent = 0;

	boot(MODERN, 32);
	m.doorbells = 0;
	while (transmit(100, 2, 0) == 0) {
		sent++;
	}
	CHECK(sent >= 8 && sent <= 32 && net->dev.tx_dropped == 1);
	CHECK_EQ(transmit(100, 2, 0), -ENOBUFS);
	CHECK_EQ(m.doorbells, 0);
	net->dev.ops->flush(&net->dev);
	CHECK_EQ(m.doorbells, 1);
	net->dev.ops->flush(&net->dev);
	CHECK_EQ(m.doorbells, 1);
	/* The stack waits: an interrupt on transmission is asked for, and room is told once. */
	CHECK(!net->dev.ops->irq(&net->dev, true));
	CHECK_EQ(net->tx->avail->flags, 0);
	expect_sent(100, 0);
	CHECK(net->dev.ops->irq(&net->dev, true));
	poll();
	poll();
	CHECK_EQ(m.rooms, 1);
	CHECK_EQ(transmit(100, 2, 0), 0);
	net->dev.ops->flush(&net->dev);
	for (; sent > 0; sent--) {
		expect_sent(100, 0);
	}
	poll();
	CHECK(net->tx->free == net->tx->size && m.pbufs == 0);
	CHECK_EQ(transmit(2000, PIECES + 3, 0), -EINVAL);
	halt();
}

static void test_lying_transmit(void)
{
	boot(MODERN, 16);
	transmit(100, 1, 0);
	net->dev.ops->flush(&net->dev);
	put(1, 9, 0);
	poll();
	CHECK(m.broken && transmit(100, 1, 0) == -ENOBUFS);
	m.doorbells = 0;
	net->dev.ops->flush(&net->dev);
	CHECK_EQ(m.doorbells, 0);
	CHECK_EQ(m.pbufs, 1); /* lent to the device for good: it may still read it */
	m.pbufs = 0;
	free(net->tx->slots[0].token);
	halt();
}

/* --- the rest ---------------------------------------------------------------------------------------------- */

static void test_identity(void)
{
	boot(MODERN | F_MTU, 16);
	CHECK(memcmp(net->dev.mac, "\x52\x54\x00\x12\x34\x56", 6) == 0);
	CHECK(net->dev.link && net->dev.mtu == 1500); /* an MTU of 0 is no MTU */
	halt();
	boot(VIRTIO_F_VERSION_1, 16);
	CHECK((net->dev.mac[0] & 3) == 2 && net->dev.link); /* made up: local, unicast */
	CHECK_EQ(net->dev.features, 0);
	halt();
	boot(MODERN | F_CSUM | F_GUEST_CSUM, 16);
	CHECK_EQ(net->dev.features, NETDEV_TX_CSUM | NETDEV_RX_CSUM);
	m.config[CONFIG_STATUS] = 0;
	dev.on_config(&dev);
	CHECK(!net->dev.link && m.links == 1);
	halt();
}

static void test_interrupt(void)
{
	boot(MODERN, 16);
	CHECK(!net->dev.ops->irq(&net->dev, true));
	CHECK_EQ(net->rx->avail->flags, 0);
	send_packet(60, 1, 0, 1);
	CHECK(net->dev.ops->irq(&net->dev, true)); /* there already */
	dev.on_used(&dev);
	CHECK(m.kicks == 1 && net->rx->avail->flags == 1);
	CHECK_EQ(got_count, 0); /* the handler does no work */
	poll();
	CHECK_EQ(got_count, 1);
	halt();
}

static void test_small_machine(void)
{
	static const size_t pages[] = { 0, 100, 1000, 1000000 };

	for (unsigned i = 0; i < ARRAY_SIZE(pages); i++) {
		boot(MODERN, 1024);
		m.free_pages = pages[i];
		dev.queues = NULL;
		CHECK_EQ(virtio_drivers_start[0].probe(&dev), 0);
		CHECK(net->rx->size >= RING_MIN && net->rx->size <= RING_MAX);
		CHECK(net->rx->free == 0 && net->free_count >= LOW_WATER);
		halt();
	}
}

static const struct test tests[] = {
	{ "packets of every length arrive whole, legacy and modern, merged or not", test_receive },
	{ "checksums are vouched for only if that was negotiated", test_checksums },
	{ "packets over up to 31 buffers", test_merged },
	{ "a stack that keeps its packets gets copies; without memory they are dropped",
	  test_slow_reader },
	{ "packets shorter than their header, longer than their buffer", test_bad_packets },
	{ "a device that lies about merged buffers", test_lying_merges },
	{ "packets leave whole behind their header, in up to 12 pieces", test_transmit },
	{ "a full ring: said, one doorbell a batch, and told when there is room", test_full },
	{ "a device that lies about what it has sent", test_lying_transmit },
	{ "address, MTU, link and offloads as the device says", test_identity },
	{ "interrupts: off while work is done, none is missed", test_interrupt },
	{ "rings fit the machine's memory", test_small_machine },
};
TEST_MAIN(tests)
