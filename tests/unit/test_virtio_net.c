/* SPDX-License-Identifier: MIT */
/* drivers/virtio/net.c with the real virtqueue and lwIP's real pbufs, against a device that sends
 * and receives packets, and one that lies about them.
 * sources: tests/unit/test.c tests/unit/host/kernel.c drivers/virtio/virtq.c drivers/virtio/net_ctrl.c @lwip:core/pbuf.c
	@lwip:core/mem.c */
#include "virtio_net_env.h"

/* --- receive ---------------------------------------------------------------------- */

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
	/* As long as lwIP can say, and a byte more. */
	for (unsigned more = 0; more < 2; more++) {
		send_packet(65535 + more, 35, 0, 35);
		poll();
		if (CHECK_EQ(got_count, 1 - more) && more == 0) {
			packet_is_right(got[0], 65535);
		}
		CHECK_EQ(net->dev.rx_dropped, more);
		free_got();
	}
	/* No number of buffers at all is as good as one. */
	send_packet(100, 1, 0, 0);
	poll();
	CHECK(got_count == 1 && !m.broken);
	halt();
}

/* However much of it the stack keeps, a large packet finds room in the ring. */
static void test_large_packets(void)
{
	boot(MODERN | F_MRG_RXBUF | F_GUEST_CSUM | F_GUEST_TSO4, RING_LARGE);
	for (unsigned i = 0; i < 20; i++) {
		send_packet(65000, 17, 0, 17);
		poll();
		CHECK(net->rx->free == 0 && !m.broken);
	}
	CHECK_EQ(got_count, 20);
	for (unsigned i = 0; i < got_count; i++) {
		packet_is_right(got[i], 65000);
	}
	halt();
}

/* Nothing is taken that would be of no use. */
static void test_choice(void)
{
	const uint64_t large = F_GUEST_TSO4 | F_GUEST_TSO6;
	const uint64_t whole = MODERN | F_MRG_RXBUF | F_GUEST_CSUM | large;

	boot(whole, RING_LARGE);
	CHECK_EQ(dev.features & large, large);
	halt();
	boot(whole & ~F_MRG_RXBUF, RING_LARGE);
	CHECK_EQ(dev.features & large, 0);
	halt();
	boot(whole & ~F_GUEST_CSUM, RING_LARGE);
	CHECK_EQ(dev.features & large, 0);
	halt();
	boot(whole, RING_LARGE / 2);
	CHECK_EQ(dev.features & large, 0);
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
	/* No bytes at all. */
	boot(MODERN | F_MRG_RXBUF, 16);
	send_packet(60, 1, 0, 2);
	put(0, (uint32_t)take(0), 0);
	poll();
	CHECK(!m.broken && got_count == 0 && net->dev.rx_dropped == 1);
	halt();
	/* Out of memory in the middle: the packet is dropped whole, the next one is fine. */
	boot(MODERN | F_MRG_RXBUF, 16);
	while (net->free_count >= net->rx->free + 2U) {
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

/* --- transmit --------------------------------------------------------------------- */

static int transmit(unsigned n, unsigned pieces, uint16_t csum_start)
{
	struct pbuf *p = NULL;
	struct net_tx tx = { .csum_start = csum_start, .csum_offset = csum_start != 0 ? 16 : 0 };
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

/* What the device is told of a segment that it is to cut, wherever the header lies. */
static void test_large_segments(void)
{
	static const uint64_t kinds[] = { 0, F_MRG_RXBUF, VIRTIO_F_VERSION_1 };

	for (unsigned k = 0; k < 2 * ARRAY_SIZE(kinds); k++) {
		struct net_tx tx = { .csum_start = 54,
				     .csum_offset = 16,
				     .gso_size = 1440,
				     .hdr_len = 74,
				     .gso_v6 = k % 2 == 1 };
		const struct net_hdr *h;
		unsigned len = 0;
		int id;

		boot(kinds[k / 2] | F_MAC | F_CSUM | F_HOST_TSO4 | F_HOST_TSO6, 16);
		CHECK_EQ(net->dev.features, NETDEV_TX_CSUM | NETDEV_TX_TSO4 | NETDEV_TX_TSO6);
		tx.p = pbuf_alloc(PBUF_LINK, 60000, PBUF_RAM);
		CHECK_EQ(net->dev.ops->send(&net->dev, &tx), 0);
		pbuf_free(tx.p);
		net->dev.ops->flush(&net->dev);
		id = take(1);
		h = (const struct net_hdr *)net->tx->desc[id].addr;
		CHECK(h->flags == 1 && h->gso_type == (tx.gso_v6 ? 4 : 1) && h->gso_size == 1440 &&
		      h->hdr_len == 74 && h->csum_start == 54 && h->csum_offset == 16);
		for (int i = id;; i = net->tx->desc[i].next) {
			len += net->tx->desc[i].len;
			if ((net->tx->desc[i].flags & DESC_NEXT) == 0) {
				break;
			}
		}
		CHECK_EQ(len, 60000 + net->hdr_len);
		put(1, (uint32_t)id, 0);
		poll();
		halt();
	}
	/* Of no use without checksums, and the specification wants both. */
	boot(MODERN | F_HOST_TSO4 | F_HOST_TSO6, 16);
	CHECK_EQ(net->dev.features, 0);
	halt();
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

/* --- the rest --------------------------------------------------------------------- */

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

/* The device takes one command and reads it. */
static bool acknowledged(void)
{
	int id = take(QUEUE_CTRL);
	const struct vring_desc *d = net->ctrl.q->desc;
	const uint8_t *command;

	if (id < 0) {
		return false;
	}
	command = (const uint8_t *)d[id].addr;
	CHECK(d[id].len == 2 && (d[id].flags & DESC_NEXT) != 0 && d[d[id].next].len == 1);
	CHECK(command[0] == 3 && command[1] == 0);
	*(uint8_t *)d[d[id].next].addr = 0;
	return true;
}

static void test_announce(void)
{
	boot(MODERN | F_CTRL_VQ | F_ANNOUNCE, 16);
	m.config[CONFIG_STATUS] = STATUS_LINK_UP;
	dev.on_config(&dev);
	CHECK_EQ(m.announcements, 0);
	m.config[CONFIG_STATUS] |= STATUS_ANNOUNCE;
	for (unsigned i = 0; i < 20; i++) {
		dev.on_config(&dev);
		CHECK_EQ(m.announcements, i + 1);
		net->dev.ops->announced(&net->dev);
		/* It has not read the first command yet: a second of the same is not sent. */
		net->dev.ops->announced(&net->dev);
		CHECK(acknowledged() && !acknowledged());
		put(QUEUE_CTRL, (uint32_t)(net->ctrl.q->avail->ring[i % net->ctrl.q->size]), 1);
	}
	CHECK(net->dev.link);
	halt();
	/* Without a way to acknowledge, it is not asked for; without the status, never told. */
	boot(MODERN | F_ANNOUNCE, 16);
	CHECK(!virtio_has(&dev, F_ANNOUNCE) && net->ctrl.q == NULL);
	m.config[CONFIG_STATUS] = STATUS_LINK_UP | STATUS_ANNOUNCE;
	dev.on_config(&dev);
	CHECK_EQ(m.announcements, 0);
	halt();
	boot((MODERN & ~F_STATUS) | F_CTRL_VQ | F_ANNOUNCE, 16);
	CHECK(!virtio_has(&dev, F_ANNOUNCE | F_CTRL_VQ));
	halt();
	boot(MODERN | F_CTRL_VQ, 16);
	CHECK(!virtio_has(&dev, F_CTRL_VQ) && net->ctrl.q == NULL);
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
		CHECK_EQ(net->rx->free, 0);
		halt();
	}
}

static const struct test tests[] = {
	{ "packets of every length arrive whole, legacy and modern, merged or not", test_receive },
	{ "checksums are vouched for only if that was negotiated", test_checksums },
	{ "packets over up to 31 buffers", test_merged },
	{ "a stack that keeps its packets gets copies; without memory they are dropped",
	  test_slow_reader },
	{ "room for the largest packet at any time", test_large_packets },
	{ "no feature is taken without what it needs", test_choice },
	{ "packets shorter than their header, longer than their buffer", test_bad_packets },
	{ "a device that lies about merged buffers", test_lying_merges },
	{ "packets leave whole behind their header, in up to 12 pieces", test_transmit },
	{ "the device is told what to cut a large segment into", test_large_segments },
	{ "a full ring: said, one doorbell a batch, and told when there is room", test_full },
	{ "a device that lies about what it has sent", test_lying_transmit },
	{ "address, MTU, link and offloads as the device says", test_identity },
	{ "a device that was moved: told to the stack, acknowledged once each", test_announce },
	{ "interrupts: off while work is done, none is missed", test_interrupt },
	{ "rings fit the machine's memory", test_small_machine },
};
TEST_MAIN(tests)
