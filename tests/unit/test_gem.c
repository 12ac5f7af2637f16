/* SPDX-License-Identifier: MIT */
/* drivers/net: the GEM with lwIP's real pbufs and the PHY, against a model that gives and takes frames, lies about them,
 * and stops in all the ways that the manual knows.
 * sources: tests/unit/test.c tests/unit/host/kernel.c drivers/net/gem.c drivers/net/gem_rx.c drivers/net/gem_tx.c
	drivers/net/gem_mdio.c drivers/net/onboard.c drivers/net/phy.c net/checksum.c @lwip:core/pbuf.c @lwip:core/mem.c @lwip:core/inet_chksum.c */
#include "gem_env.h"

/* --- receive ---------------------------------------------------------------------- */

#define RX_RING (&gem->rx)
#include "nic_tests.h"

static void test_batches(void)
{
	boot();
	for (unsigned round = 0; round < 40; round++) {
		unsigned n = test_below(gem->rx.size) + 1, seen = 0;

		for (unsigned i = 0; i < n; i++) {
			CHECK(frame(100 + i));
		}
		for (unsigned k; (k = gem->dev.ops->poll(&gem->dev, 5)) > 0; seen += k) {
			CHECK(k <= 5);
		}
		CHECK_EQ(seen, n);
		for (unsigned i = 0; i < got_count; i++) {
			frame_is_right(got[i], 100 + i);
		}
		free_got();
	}
	CHECK_EQ(gem->dev.rx_dropped, 0);
	halt();
}

static void test_lies(void)
{
	static const uint32_t bad[] = {
		RX_START | RX_END,	  /* no length */
		RX_START | RX_END | 1599, /* more than the buffer */
		RX_START | RX_END | 0x1fff,
		RX_START | 100, /* no end */
		RX_END | 100,	/* no start */
		100,
		0,
	};

	boot();
	for (unsigned round = 0; round < 20; round++) {
		for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
			CHECK(arrive(64, bad[i]));
		}
		CHECK(frame(64));
		CHECK_EQ(poll(), ARRAY_SIZE(bad) + 1);
		CHECK_EQ(got_count, 1);
		free_got();
	}
	CHECK_EQ(gem->dev.rx_errors, 20 * ARRAY_SIZE(bad));

	/* An owner's bit ahead of its turn gives nothing, and does no harm. */
	atomic_fetch_or(gem_desc(gem, &gem->rx, gem_at(&gem->rx, gem->rx.tail + 3)), RX_OWNED);
	CHECK_EQ(poll(), 0);
	for (unsigned i = 0; i < gem->rx.size; i++) {
		atomic_fetch_or(gem_desc(gem, &gem->rx, i), RX_OWNED);
	}
	CHECK(poll() <= 2 * gem->rx.size);
	CHECK(got_count <= gem->rx.size);
	halt();
}

static void test_no_buffer(void)
{
	boot();
	for (unsigned round = 0; round < 3; round++) {
		unsigned before = got_count;

		while (frame(300)) {
		}
		CHECK(m.rx_stopped && !frame(300));
		while (poll() > 0) {
		}
		CHECK_EQ(got_count - before, gem->rx.size);
		CHECK(!m.rx_stopped);
		CHECK((REG(RECEIVE_STATUS) & RS_NO_BUFFER) == 0);
		CHECK_EQ(gem->dev.rx_dropped, 2 * (round + 1));
		CHECK(frame(300));
		CHECK_EQ(poll(), 1);
		free_got();
	}
	/* The same when the poll's budget is less than the ring. */
	while (frame(300)) {
	}
	CHECK_EQ(gem->dev.ops->poll(&gem->dev, 3), 3);
	CHECK(!m.rx_stopped);
	while (poll() > 0) {
	}
	halt();
}

static void test_rx_checksum(void)
{
	boot();
	for (uint32_t kind = 0; kind < 4; kind++) {
		CHECK(arrive(80, 80 | RX_START | RX_END | kind << 22));
	}
	CHECK_EQ(poll(), 4);
	for (unsigned kind = 0; kind < 4; kind++) {
		CHECK_EQ(got_csum[kind], kind >= 2);
	}
	halt();
}

/* --- transmit ----------------------------------------------------------------------- */

static void test_send(void)
{
	boot();
	for (unsigned i = 0; i < 400; i++) {
		unsigned pieces = i % GEM_PIECES + 1, each = 1 + test_below(100);

		CHECK_EQ(send(chain(pieces, each), 0), 0);
		flush();
		CHECK_EQ(m.sent_n, i + 1);
		CHECK_EQ(m.sent_len[i], pieces * each);
		for (unsigned k = 0; k < pieces * each; k++) {
			CHECK(m.sent[i][k] == (uint8_t)(k / each + each));
		}
	}
	CHECK_EQ(m.starts, 400);
	flush();
	CHECK_EQ(m.starts, 400);
	CHECK_EQ(gem->dev.tx_packets, 400);
	halt();
}

static void test_refused(void)
{
	struct pbuf *empty;

	boot();
	CHECK_EQ(send(chain(GEM_PIECES + 1, 10), 0), -EINVAL);
	CHECK_EQ(send(chain(2, 1000), 0), -EINVAL);
	empty = pbuf_alloc(PBUF_RAW, 0, PBUF_RAM);
	CHECK_EQ(send(empty, 0), -EINVAL);
	flush();
	CHECK_EQ(m.starts, 0);
	halt();
}

static void test_full(void)
{
	unsigned n = 0;

	boot();
	m.tx_hold = true;
	REG(TRANSMIT_STATUS) = TS_GO;
	while (send(chain(1, 60), 0) == 0) {
		n++;
	}
	/* One stays free: the device stops there. */
	CHECK_EQ(n, gem->tx.size - 1);
	CHECK(!gem->dev.ops->room(&gem->dev, 2));
	CHECK(m.rooms == 0 && gem->dev.tx_dropped == 1);
	flush();
	CHECK(gem->dev.ops->irq(&gem->dev, true) == false);
	CHECK((REG(INT_ENABLE) & INT_TX_DONE) != 0);
	m.tx_hold = false;
	transmit();
	CHECK(gem->dev.ops->irq(&gem->dev, true));
	CHECK_EQ(m.sent_n, n);
	CHECK_EQ(poll(), 1);
	CHECK_EQ(m.rooms, 1);
	CHECK(gem->dev.ops->room(&gem->dev, 2));
	CHECK_EQ(send(chain(3, 60), 0), 0);
	flush();
	CHECK_EQ(m.sent_n, n + 1);
	halt();
}

static void test_tx_error(void)
{
	boot();
	for (unsigned round = 0; round < 3; round++) {
		uint64_t dropped = gem->dev.tx_dropped;

		CHECK_EQ(send(chain(2, 60), 0), 0);
		flush();
		CHECK_EQ(m.sent_n, 4 * round + 1);
		poll();
		m.tx_fail = true;
		CHECK_EQ(send(chain(3, 60), 0), 0);
		CHECK_EQ(send(chain(1, 60), 0), 0);
		flush();
		CHECK_EQ(m.sent_n, 4 * round + 1);
		poll();
		CHECK_EQ(gem->dev.tx_dropped, dropped + 2);
		CHECK(REG(TRANSMIT_STATUS) == 0 && gem->tx.used == 0 && m.pbufs == 0);
		for (unsigned i = 0; i < 3; i++) {
			CHECK_EQ(send(chain(2, 70), 0), 0);
		}
		flush();
		CHECK_EQ(m.sent_n, 4 * round + 4);
		poll();
	}
	halt();
}

static void test_lost_start(void)
{
	boot();
	m.tx_lazy = true;
	CHECK_EQ(send(chain(2, 60), 0), 0);
	flush();
	CHECK_EQ(m.sent_n, 0);
	poll();
	CHECK_EQ(m.sent_n, 1);
	halt();
	/* Not as long as it is at work. */
	boot();
	m.tx_lazy = true;
	CHECK_EQ(send(chain(2, 60), 0), 0);
	flush();
	REG(TRANSMIT_STATUS) = TS_GO;
	poll();
	CHECK(m.sent_n == 0 && m.starts == 1);
	REG(TRANSMIT_STATUS) = 0;
	halt();
}

static uint16_t sum_of(const uint8_t *p, unsigned n)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < n; i++) {
		sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
	}
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

static void test_tx_checksum(void)
{
	boot();
	for (unsigned odd = 0; odd < 2; odd++) {
		struct pbuf *p = chain(2, 101 + odd);
		uint8_t *f = p->payload;

		f[12] = 0x08;
		f[13] = 0;
		CHECK_EQ(send(p, 34), 0);
		flush();
		CHECK(m.sent[0][34 + 16] == 0 && m.sent[0][34 + 17] == 0);
		p = chain(2, 101 + odd);
		f = p->payload;
		f[12] = 0x86;
		f[13] = 0xdd;
		f[54 + 16] = 0x12; /* the pseudo header's */
		f[54 + 17] = 0x34;
		CHECK_EQ(send(p, 54), 0);
		flush();
		/* The sum over all, with what was there before in place of the field, is complete. */
		CHECK_EQ((uint16_t)(sum_of(m.sent[1] + 54, m.sent_len[1] - 54) + 0x1234 > 0xffff
					    ? sum_of(m.sent[1] + 54, m.sent_len[1] - 54) + 0x1235
					    : sum_of(m.sent[1] + 54, m.sent_len[1] - 54) + 0x1234),
			 0xffff);
		m.sent_n = 0;
		poll();
	}
	halt();
}

/* --- interrupts ---------------------------------------------------------------------- */

static void test_interrupts(void)
{
	boot();
	CHECK_EQ(REG(INT_ENABLE), 0);
	CHECK(!gem->dev.ops->irq(&gem->dev, true));
	CHECK((REG(INT_ENABLE) & (INT_RX_DONE | INT_RX_NO_BUFFER)) ==
	      (INT_RX_DONE | INT_RX_NO_BUFFER));
	CHECK((REG(INT_ENABLE) & INT_TX_DONE) == 0);
	frame(60);
	REG(INT_STATUS) = INT_RX_DONE;
	m.handler(m.handler_arg);
	CHECK(m.kicks == 1 && REG(INT_ENABLE) == 0 && REG(INT_STATUS) == 0);
	CHECK(gem->dev.ops->irq(&gem->dev, true)); /* it is there already */
	gem->dev.ops->irq(&gem->dev, false);
	CHECK_EQ(REG(INT_ENABLE), 0);
	CHECK_EQ(poll(), 1);
	halt();
}

/* --- set-up ---------------------------------------------------------------------------- */

static void test_mac(void)
{
	struct dt_node n = mac_node;

	boot();
	CHECK(memcmp(gem->dev.mac, "\x52\x54\x00\x12\x34\x56", 6) == 0);
	halt();
	n.local_mac = "\x02\x01\x02\x03\x04\x05";
	power_on();
	CHECK_EQ(start(&n), 0);
	CHECK(memcmp(gem->dev.mac, n.local_mac, 6) == 0);
	CHECK(REG(SPEC_ADD1_BOTTOM) == 0x03020102 && REG(SPEC_ADD1_TOP) == 0x0504);
	halt();
	n.mac = "\x02\x0a\x0b\x0c\x0d\x0e";
	power_on();
	CHECK_EQ(start(&n), 0);
	CHECK(memcmp(gem->dev.mac, n.mac, 6) == 0);
	halt();
	/* None, and those of groups, are no address: one of our own. */
	n.mac = "\0\0\0\0\0\0";
	n.local_mac = "\x01\x02\x03\x04\x05\x06";
	power_on();
	REG(SPEC_ADD1_BOTTOM) = REG(SPEC_ADD1_TOP) = 0;
	CHECK_EQ(start(&n), 0);
	CHECK(gem->dev.mac[0] == 0xfe);
	halt();
}

static void test_refusals(void)
{
	power_on();
	REG(MODULE_ID) = 0x00010000;
	CHECK_EQ(start(&mac_node), -ENODEV);
	halt();
	power_on();
	REG(DESIGN_CFG6) = 0;
	m.ram_top++;
	CHECK_EQ(start(&mac_node), -EOPNOTSUPP);
	halt();
	for (unsigned pages = 0; pages < 4; pages++) {
		power_on();
		m.pages_left = pages;
		CHECK_EQ(start(&mac_node), -ENOMEM);
		CHECK((REG(NETWORK_CONTROL) & (NC_RX_EN | NC_TX_EN)) == 0);
		halt();
	}
}

static void test_design(void)
{
	struct dt_node n = mac_node;

	boot();
	CHECK(gem->offload && gem->dev.features == (NETDEV_TX_CSUM | NETDEV_RX_CSUM));
	CHECK((REG(DMA_CONFIG) & (DMA_TX_CHECKSUM | DMA_ADDR_64)) ==
	      (DMA_TX_CHECKSUM | DMA_ADDR_64));
	CHECK(REG(HASH_BOTTOM) == ~0U && REG(HASH_TOP) == ~0U);
	CHECK((REG(NETWORK_CONFIG) & BIT32(4)) == 0); /* not all frames */
	/* The second queue's rings stop at once. */
	CHECK(*(uint32_t *)(REG(RECEIVE_Q_PTR_OF(1)) | (uint64_t)REG(RECEIVE_Q_HIGH) << 32) == 3);
	CHECK(m.uncached == 1 && m.invals > 0);
	CHECK_EQ(send(chain(2, 60), 0), 0);
	CHECK_EQ(m.cleans, 2);
	halt();
	n.coherent = true;
	n.mode = "sgmii";
	power_on();
	REG(DESIGN_CFG2) = 0;
	CHECK_EQ(start(&n), 0);
	CHECK(gem->dev.features == 0 && (REG(DMA_CONFIG) & DMA_TX_CHECKSUM) == 0);
	CHECK((REG(NETWORK_CONFIG) & (CFG_SGMII | CFG_PCS)) == (CFG_SGMII | CFG_PCS));
	CHECK(m.uncached == 0 && m.invals == 0);
	halt();
}

/* --- the link -------------------------------------------------------------------------- */

static uint32_t speed_bits(void)
{
	return REG(NETWORK_CONFIG) & (CFG_SPEED | CFG_FULL_DUPLEX | CFG_GIGABIT);
}

static void test_negotiated(void)
{
	static const struct {
		uint16_t ours, theirs, ours_1000, theirs_1000;
		uint32_t bits;
	} cases[] = {
		{ 0x1e1, 0xcde1, 0x300, 0x7c00, CFG_GIGABIT | CFG_FULL_DUPLEX },
		{ 0x1e1, 0xcde1, 0x300, 0x0400, CFG_GIGABIT },
		{ 0x1e1, 0xcde1, 0x000, 0x7c00, CFG_SPEED | CFG_FULL_DUPLEX },
		{ 0x1e1, 0x40a1, 0x300, 0x0000, CFG_SPEED },
		{ 0x1e1, 0x4061, 0x300, 0x0000, CFG_FULL_DUPLEX },
		{ 0x1e1, 0x4021, 0x300, 0x0000, 0 },
		{ 0x061, 0xcde1, 0x000, 0x0000, CFG_FULL_DUPLEX },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		power_on();
		m.phy[4] = cases[i].ours;
		m.phy[5] = cases[i].theirs;
		m.phy[9] = cases[i].ours_1000;
		m.phy[10] = cases[i].theirs_1000;
		CHECK_EQ(start(&mac_node), 0);
		CHECK(gem->dev.link && speed_bits() == cases[i].bits);
		halt();
	}
}

static void test_flap(void)
{
	unsigned links;

	boot();
	links = m.links;
	time_passes(20);
	CHECK(m.links == links && gem->dev.link);
	for (unsigned round = 0; round < 3; round++) {
		m.phy[1] &= (uint16_t)~0x24U;
		time_passes(4);
		CHECK(!gem->dev.link && m.links == links + 2 * round + 1);
		/* Link without the end of the negotiation is none yet. */
		m.phy[1] |= 0x04;
		time_passes(6);
		CHECK(!gem->dev.link);
		m.phy[10] = round == 1 ? 0 : 0x7c00;
		m.phy[1] |= 0x20;
		time_passes(8);
		CHECK(gem->dev.link && m.links == links + 2 * round + 2);
		CHECK_EQ(speed_bits(), (round == 1 ? CFG_SPEED : CFG_GIGABIT) | CFG_FULL_DUPLEX);
	}
	/* A PHY that is pulled out. */
	m.phy_addr = 3;
	time_passes(4);
	CHECK(!gem->dev.link);
	halt();
}

static void test_no_link_at_boot(void)
{
	power_on();
	m.phy[0] = 0x0800; /* off, and not negotiating */
	m.phy[1] = 0x7949;
	CHECK_EQ(start(&mac_node), 0);
	CHECK(!gem->dev.link && m.phy[0] == 0x1200);
	m.phy[1] = 0x796d;
	time_passes(8);
	CHECK(gem->dev.link);
	halt();
}

static void test_fixed(void)
{
	static const struct dt_node fixed = { .name = "fixed-link",
					      .speed = 100,
					      .full_duplex = true };
	struct dt_node n = { .name = "ethernet", .child = &fixed, .phy = &fixed };

	power_on();
	CHECK_EQ(start(&n), 0);
	CHECK(gem->dev.link && speed_bits() == (CFG_SPEED | CFG_FULL_DUPLEX));
	CHECK(m.mdio_reads == 0 && m.timer == NULL);
	halt();
}

static void test_phy_found(void)
{
	struct dt_node n = mac_node;

	/* Not where the tree says, or the tree does not say. */
	power_on();
	m.phy_addr = 31;
	CHECK_EQ(start(&n), 0);
	CHECK(gem->phy.addr == 31 && gem->dev.link);
	halt();
	n.phy = NULL;
	power_on();
	m.phy_addr = 0;
	CHECK_EQ(start(&n), 0);
	CHECK(gem->phy.addr == 0 && gem->dev.link);
	halt();
	power_on();
	m.phy_addr = 99;
	CHECK_EQ(start(&n), 0);
	CHECK(gem->dev.link && m.timer == NULL && speed_bits() == (CFG_GIGABIT | CFG_FULL_DUPLEX));
	halt();
}

static void test_dead_bus(void)
{
	uint64_t before;

	power_on();
	m.mdio_dead = true;
	before = m.now;
	CHECK_EQ(start(&mac_node), 0);
	CHECK(gem->dev.link && m.timer == NULL);
	CHECK(m.now - before < NS_PER_SEC / 10);
	halt();
	/* It dies later: asked for so long, then no more; the link stays what it was. */
	boot();
	m.mdio_dead = true;
	time_passes(1000);
	CHECK(m.timer == NULL && gem->dev.link);
	halt();
}

static const struct test tests[] = {
	{ "receive: frames of every length, round and round the ring", test_receive },
	{ "receive: many at once, and a budget", test_batches },
	{ "receive: lengths and owners that lie", test_lies },
	{ "receive: a slow reader gets copies, then nothing, and the ring stays full",
	  test_slow_reader },
	{ "receive: a device that found no buffer goes on", test_no_buffer },
	{ "receive: the device's word on sums", test_rx_checksum },
	{ "send: chains as they are, round and round the ring", test_send },
	{ "send: too many pieces, too long, nothing", test_refused },
	{ "send: a full ring, and room again", test_full },
	{ "send: an error loses what was queued, and nothing after", test_tx_error },
	{ "send: a start that was lost is made up for", test_lost_start },
	{ "send: sums over IPv4 by the device, over IPv6 by us", test_tx_checksum },
	{ "interrupts are off while polled, and tell of what was there", test_interrupts },
	{ "the address: of the tree, of the device, our own", test_mac },
	{ "what is not ours, or not to be had", test_refusals },
	{ "what the device can do, with and without coherence", test_design },
	{ "the link: all that can be negotiated", test_negotiated },
	{ "the link: down and up again, at another speed", test_flap },
	{ "the link: none at boot; the PHY is told to negotiate", test_no_link_at_boot },
	{ "the link: fixed", test_fixed },
	{ "the PHY: elsewhere than the tree says, or nowhere", test_phy_found },
	{ "the PHY: a bus that does not answer, from the first or later", test_dead_bus },
};

TEST_MAIN(tests)
