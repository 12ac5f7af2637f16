/* SPDX-License-Identifier: MIT */
/* drivers/net: the FEC with lwIP's real pbufs and the PHY, against a model that gives and takes frames, lies about them,
 * and stops in all the ways that the manual knows.
 * sources: tests/unit/test.c tests/unit/host/kernel.c drivers/net/fec.c drivers/net/fec_ring.c drivers/net/onboard.c
	drivers/net/phy.c net/checksum.c @lwip:core/pbuf.c @lwip:core/mem.c @lwip:core/inet_chksum.c */
#include "../../drivers/net/fec.h"

#define BASE	  0x30be0000UL
#define NIC_IRQS  3
#define NIC_MATCH 2

#include "nic_env.h"

#include <sys/mman.h>

static struct fec *fec;
static bool beyond; /* memory is above 4 GiB */

/* --- the device ---------------------------------------------------------------------- */

/* Memory that 32 bits reach, unless the test is of the other. */
static void *low_pages(size_t align, size_t n)
{
	char *p = mmap(NULL, n + align, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | (beyond ? 0 : MAP_32BIT), -1, 0);

	host_require(p != MAP_FAILED, "memory");
	return (void *)ALIGN_UP((uintptr_t)p, align);
}

static uint32_t *at(uint64_t a)
{
	return (uint32_t *)(uintptr_t)a;
}

static uint64_t step(uint64_t a, uint32_t ctrl, unsigned base)
{
	return (ctrl & BD_WRAP) != 0 ? REG(base) : a + 32;
}

static bool running(void)
{
	return (REG(ECR) & ECR_ETHEREN) != 0;
}

static void transmit(void)
{
	REG(TDAR) = 0;
	if (m.tx_fail) {
		/* Of the bus: it is off until it is set up again. */
		m.tx_fail = false;
		REG(EIR) |= INT_EBERR;
		REG(ECR) &= ~ECR_ETHEREN;
	}
	while (running() && !m.tx_hold && (*at(m.tx_at) & BD_OWNED) != 0) {
		uint32_t *d = at(m.tx_at);
		unsigned n = d[D_CTRL] & BD_LENGTH;

		host_require((d[D_CTRL] & (BD_LAST | BD_TX_CRC)) == (BD_LAST | BD_TX_CRC) &&
				     n <= 1536 && d[D_ADDR] % 64 == 0 && d[D_DONE] == 0,
			     "a whole frame at an aligned address");
		memcpy(m.sent[m.sent_n % 1024], at(d[D_ADDR]), n);
		m.sent_len[m.sent_n++ % 1024] = n;
		REG(EIR) |= (d[D_EXT] & EXT_TX_INT) != 0 ? INT_TXF : 0;
		d[D_DONE] = BIT32(31);
		m.tx_at = step(m.tx_at, d[D_CTRL], TDSR);
		d[D_CTRL] &= ~BD_OWNED;
	}
}

static void control(uint32_t v)
{
	host_require((v & (ECR_EN1588 | ECR_DBSWP)) == (ECR_EN1588 | ECR_DBSWP),
		     "enhanced descriptors, little-endian");
	if ((v & ECR_ETHEREN) == 0) {
		m.rx_at = m.tx_at = 0;
		REG(RDAR) = REG(TDAR) = 0;
	} else if (!running()) {
		m.rx_at = REG(RDSR);
		m.tx_at = REG(TDSR);
	}
	REG(ECR) = v;
}

uint64_t host_mmio_read(uintptr_t a, unsigned size)
{
	unsigned reg = (unsigned)(a - BASE);

	host_require(size == 4 && reg < 0x1000, "registers of 32 bits");
	return REG(reg);
}

static void plain_write(unsigned reg, uint32_t v)
{
	host_require(!running() || (reg != RCR && reg != TCR && reg != RDSR && reg != TDSR),
		     "off while it is set up");
	host_require(reg != MSCR || REG(MMFR) == 0, "no frame is left when the bus gets its clock");
	REG(reg) = v;
}

void host_mmio_write(uintptr_t a, unsigned size, uint64_t v64)
{
	unsigned reg = (unsigned)(a - BASE);
	uint32_t v = (uint32_t)v64;

	host_require(size == 4 && reg < 0x1000, "registers of 32 bits");
	if (reg == ECR) {
		control(v);
	} else if (reg == EIR) {
		REG(EIR) &= ~v;
	} else if (reg == MMFR && v != 0) {
		host_require((REG(EIR) & INT_MII) == 0, "one access at a time");
		REG(MMFR) = mdio(v);
		REG(EIR) |= m.mdio_dead ? 0 : INT_MII;
	} else if (reg == TDAR) {
		host_require(REG(TDAR) == 0, "ERR007885");
		m.starts++;
		REG(TDAR) = BIT32(24);
		if (m.tx_lazy) {
			m.tx_lazy = false;
			REG(TDAR) = 0;
		} else {
			transmit();
		}
	} else if (reg == RDAR) {
		m.rx_stopped = false;
		REG(RDAR) = running() ? BIT32(24) : 0;
	} else {
		plain_write(reg, v);
	}
}

/* A frame of @n bytes comes in, @ctrl besides: what the device says of it. False: it found no buffer. */
static bool arrive(unsigned n, uint32_t ctrl)
{
	uint32_t *d = at(m.rx_at);
	uint8_t *to;

	if (!running() || m.rx_stopped || (d[D_CTRL] & BD_OWNED) == 0) {
		m.rx_stopped = true;
		REG(RDAR) = 0;
		return false;
	}
	host_require(d[D_ADDR] % 64 == 0 && d[D_DONE] == 0, "an aligned buffer");
	to = (uint8_t *)(uintptr_t)d[D_ADDR] + RX_OFFSET;
	for (unsigned i = 0; i < MIN(n, REG(FTRL) - RX_OFFSET); i++) {
		to[i] = frame_byte(i, n);
	}
	REG(EIR) |= (d[D_EXT] & EXT_RX_INT) != 0 ? INT_RXF : 0;
	m.rx_at = step(m.rx_at, d[D_CTRL], RDSR);
	d[D_DONE] = BIT32(31);
	d[D_CTRL] = (d[D_CTRL] & BD_WRAP) | ctrl;
	return true;
}

static uint32_t whole(unsigned n)
{
	return BD_LAST | (n + RX_OFFSET + FEC_CRC);
}

static bool frame(unsigned n)
{
	return arrive(n, whole(n));
}

/* --- from boot to the end --------------------------------------------------------------- */

static void power_on(void)
{
	nic_power_on();
	m.pages_low = low_pages;
	REG(ECR) = ECR_DBSWP | ECR_EN1588 | ECR_ETHEREN; /* the boot program used it */
	REG(EIMR) = ~0U;
	REG(MMFR) = 0x60020000;
	REG(PALR) = 0x52540012;
	REG(PAUR) = 0x34568808;
}

static int start(const struct dt_node *n)
{
	int r = probe(n);

	fec = nic != NULL ? container_of(nic, struct fec, dev) : NULL;
	return r;
}

static void boot(void)
{
	power_on();
	host_require(start(&mac_node) == 0 && fec != NULL, "probed");
}

/* Everything that the stack held is back, and each buffer is in the ring or free. */
static void halt(void)
{
	if (fec != NULL) {
		free_got();
		m.tx_hold = false;
		flush();
		poll();
		poll();
		CHECK_EQ(m.pbufs, 0);
		CHECK_EQ(fec->pool.count + fec->rx.used, 2 * fec->rx.size);
		CHECK_EQ(fec->tx.used, 0);
	}
	fec = NULL;
	free_kept();
}

/* --- receive ---------------------------------------------------------------------- */

#define RX_RING (&fec->rx)
#include "nic_tests.h"

static void test_lies(void)
{
	static const uint32_t bad[] = {
		BD_LAST,		      /* no length */
		BD_LAST | 6,		      /* nothing but what is around a frame */
		BD_LAST | 1601,		      /* more than the buffer */
		BD_LAST | 0xffff,	      /* and a lot more */
		BD_LAST | BD_TRUNCATED | 106, /* the device gave up */
		BD_LAST | BIT32(17) | 106,
		BD_LAST | BIT32(18) | 106,
		BD_LAST | BIT32(20) | 106,
		106,	       /* goes on in another buffer */
		BD_LAST | 106, /* that is its end, no frame */
		0,	       /* the same, of three pieces */
		1600,
		BD_LAST | 80,
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
	CHECK_EQ(nic->rx_errors, 20 * ARRAY_SIZE(bad));

	/* A descriptor that comes back ahead of its turn gives nothing, and does no harm. */
	at(REG(RDSR))[(fec->rx.tail + 3) % fec->rx.size * D_WORDS] &= ~BD_OWNED;
	CHECK_EQ(poll(), 0);
	for (unsigned i = 0; i < fec->rx.size; i++) {
		at(REG(RDSR))[i * D_WORDS] &= ~BD_OWNED;
	}
	CHECK(poll() <= 2 * fec->rx.size);
	CHECK(got_count <= fec->rx.size);
	halt();
}

static void test_no_buffer(void)
{
	boot();
	for (unsigned round = 0; round < 3; round++) {
		unsigned before = got_count;

		while (frame(300)) {
		}
		CHECK(m.rx_stopped);
		while (poll() > 0) {
		}
		CHECK_EQ(got_count - before, fec->rx.size);
		CHECK(!m.rx_stopped);
		CHECK(frame(300));
		CHECK_EQ(poll(), 1);
		free_got();
	}
	/* The same when the poll's budget is less than the ring. */
	while (frame(300)) {
	}
	CHECK_EQ(nic->ops->poll(nic, 3), 3);
	CHECK(!m.rx_stopped);
	while (poll() > 0) {
	}
	halt();
}

/* --- transmit ----------------------------------------------------------------------- */

static void test_send(void)
{
	boot();
	for (unsigned i = 0; i < 400; i++) {
		unsigned pieces = i % 15 + 1, each = 1 + test_below(100);

		CHECK_EQ(send(chain(pieces, each), 0), 0);
		/* It is a copy: the stack has its own back. */
		CHECK_EQ(m.pbufs, 0);
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
	CHECK(nic->tx_packets == 400 && nic->tx_dropped == 0);
	CHECK_EQ(send(chain(2, 1000), 0), -EINVAL);
	CHECK_EQ(send(pbuf_alloc(PBUF_RAW, 0, PBUF_RAM), 0), -EINVAL);
	halt();
}

static void test_full(void)
{
	unsigned n = 0;

	boot();
	m.tx_hold = true;
	while (send(chain(1, 60), 0) == 0) {
		n++;
	}
	CHECK_EQ(n, fec->tx.size);
	CHECK(!nic->ops->room(nic, 2));
	CHECK(m.rooms == 0 && nic->tx_dropped == 1);
	flush();
	CHECK(nic->ops->irq(nic, true) == false);
	CHECK((REG(EIMR) & INT_TXF) != 0);
	m.tx_hold = false;
	transmit();
	CHECK((REG(EIR) & INT_TXF) != 0);
	CHECK(nic->ops->irq(nic, true));
	CHECK_EQ(m.sent_n, n);
	CHECK_EQ(poll(), 1);
	CHECK_EQ(m.rooms, 1);
	CHECK(nic->ops->room(nic, 2));
	CHECK_EQ(send(chain(3, 60), 0), 0);
	flush();
	CHECK_EQ(m.sent_n, n + 1);
	halt();
}

/* It is busy for as long as TDAR is set, and may have stopped just before a descriptor was filled. */
static void test_lost_start(void)
{
	boot();
	m.tx_lazy = true;
	CHECK_EQ(send(chain(2, 60), 0), 0);
	flush();
	CHECK_EQ(m.sent_n, 0);
	poll();
	CHECK_EQ(m.sent_n, 1);
	poll();
	REG(TDAR) = BIT32(24);
	CHECK_EQ(send(chain(2, 60), 0), 0);
	flush();
	poll();
	CHECK(m.sent_n == 1 && m.starts == 2);
	REG(TDAR) = 0;
	poll();
	CHECK_EQ(m.sent_n, 2);
	halt();
}

static void test_bus_error(void)
{
	boot();
	for (unsigned round = 0; round < 3; round++) {
		uint64_t dropped = nic->tx_dropped;

		frame(100);
		poll();
		m.tx_fail = true;
		CHECK_EQ(send(chain(3, 60), 0), 0);
		CHECK_EQ(send(chain(1, 60), 0), 0);
		nic->ops->irq(nic, true);
		flush();
		CHECK(!running() && (REG(EIR) & REG(EIMR) & INT_EBERR) != 0);
		m.handler(m.handler_arg);
		poll();
		CHECK(running() && nic->tx_dropped == dropped + 2 && fec->tx.used == 0);
		CHECK(frame(100));
		CHECK_EQ(poll(), 1);
		CHECK_EQ(send(chain(2, 70), 0), 0);
		flush();
		CHECK_EQ(m.sent_n, round + 1);
		poll();
	}
	halt();
}

static void test_tx_checksum(void)
{
	boot();
	for (unsigned v6 = 0; v6 < 2; v6++) {
		struct pbuf *p = chain(2, 101);
		uint8_t *f = p->payload;
		uint32_t *d = at(m.tx_at);

		f[12] = v6 ? 0x86 : 0x08;
		f[13] = v6 ? 0xdd : 0;
		CHECK_EQ(send(p, 34), 0);
		flush();
		CHECK((d[D_EXT] & EXT_TX_SUM) != 0);
		/* The device fills in IPv4's; IPv6's is there. */
		CHECK((m.sent[v6][34 + 16] == 0 && m.sent[v6][34 + 17] == 0) == !v6);
		poll();
	}
	halt();
}

/* --- interrupts ---------------------------------------------------------------------- */

static void test_interrupts(void)
{
	boot();
	CHECK(REG(EIMR) == 0 && m.irqs == 3);
	CHECK(!nic->ops->irq(nic, true));
	CHECK((REG(EIMR) & (INT_RXF | INT_EBERR | INT_TXF)) == (INT_RXF | INT_EBERR));
	frame(60);
	REG(EIR) |= INT_MII;
	m.handler(m.handler_arg);
	/* What the PHY's bus waits for is left alone. */
	CHECK(m.kicks > 0 && REG(EIMR) == 0 && REG(EIR) == INT_MII);
	CHECK(nic->ops->irq(nic, true)); /* it is there already */
	nic->ops->irq(nic, false);
	CHECK_EQ(REG(EIMR), 0);
	CHECK_EQ(poll(), 1);
	/* An error that came while they were off is told when they are on. */
	REG(EIR) |= INT_EBERR;
	nic->ops->irq(nic, true);
	CHECK((REG(EIR) & REG(EIMR) & INT_EBERR) != 0);
	halt();
}

/* --- set-up ---------------------------------------------------------------------------- */

static void test_setup(void)
{
	struct dt_node n = mac_node;

	n.mode = "rgmii-id";
	power_on();
	CHECK_EQ(start(&n), 0);
	CHECK(memcmp(nic->mac, "\x52\x54\x00\x12\x34\x56", 6) == 0);
	CHECK((REG(RCR) & (RCR_RGMII | RCR_RMII | RCR_MII)) == (RCR_RGMII | RCR_MII));
	CHECK((REG(RCR) & BIT32(3)) == 0); /* not all frames */
	CHECK(REG(GAUR) == ~0U && REG(GALR) == ~0U && REG(IAUR) == 0 && REG(IALR) == 0);
	CHECK(REG(MRBR) == RX_SIZE && REG(FTRL) == RX_SIZE);
	CHECK(m.uncached == 1 && m.invals > 0);
	CHECK_EQ(send(chain(2, 60), 0), 0);
	CHECK_EQ(m.cleans, 1);
	halt();
	n.mode = "rmii";
	n.coherent = true;
	n.local_mac = "\x02\x01\x02\x03\x04\x05";
	power_on();
	CHECK_EQ(start(&n), 0);
	CHECK((REG(RCR) & (RCR_RGMII | RCR_RMII)) == RCR_RMII);
	CHECK(REG(PALR) == 0x02010203 && REG(PAUR) == 0x04058808);
	CHECK(m.uncached == 0 && m.invals == 0);
	halt();
	/* A page of descriptors, 32 of buffers to send from, and 8 to receive into at least. */
	for (unsigned pages = 0; pages < 41; pages += 4) {
		power_on();
		m.pages_left = pages;
		CHECK_EQ(start(&mac_node), -ENOMEM);
		CHECK(!running());
		halt();
	}
	power_on();
	beyond = true;
	CHECK_EQ(start(&mac_node), -EOPNOTSUPP);
	CHECK(!running() && m.irqs == 0);
	beyond = false;
	halt();
}

/* --- the link -------------------------------------------------------------------------- */

static bool is_set_to(unsigned speed, bool full)
{
	return ((REG(ECR) & ECR_SPEED) != 0) == (speed == 1000) &&
	       ((REG(RCR) & RCR_RMII_10) != 0) == (speed == 10) &&
	       ((REG(TCR) & TCR_FULL) != 0) == full && running();
}

static void test_link(void)
{
	unsigned links;

	boot();
	CHECK(nic->link && is_set_to(1000, true));
	links = m.links;
	time_passes(20);
	CHECK_EQ(m.links, links);
	m.phy[1] &= (uint16_t)~0x24U;
	time_passes(4);
	CHECK(!nic->link && m.links == links + 1);
	/* Up again and slower: what is on its way when it is set up again is lost, and nothing after. */
	m.phy[1] |= 0x24;
	m.phy[10] = 0;
	m.phy[5] = 0x4021;
	frame(60);
	time_passes(8);
	CHECK(nic->link && m.links == links + 2 && nic->ops->irq(nic, true));
	poll();
	CHECK(is_set_to(10, false) && !nic->ops->irq(nic, true));
	CHECK(frame(60));
	CHECK_EQ(poll(), 1);
	CHECK_EQ(send(chain(2, 70), 0), 0);
	flush();
	CHECK_EQ(m.sent_n, 1);
	halt();
}

static void test_phy_bus(void)
{
	struct dt_node n = mac_node;
	uint64_t before;

	n.phy = NULL;
	power_on();
	m.phy_addr = 7;
	CHECK_EQ(start(&n), 0);
	CHECK(fec->phy.addr == 7 && nic->link);
	halt();
	power_on();
	m.mdio_dead = true;
	before = m.now;
	CHECK_EQ(start(&mac_node), 0);
	CHECK(nic->link && m.timer == NULL && is_set_to(1000, true));
	CHECK(m.now - before < NS_PER_SEC / 10);
	halt();
	/* It dies later: the link stays what it was. */
	boot();
	m.mdio_dead = true;
	REG(EIR) &= ~INT_MII;
	time_passes(1000);
	CHECK(m.timer == NULL && nic->link);
	halt();
}

static const struct test tests[] = {
	{ "receive: frames of every length, round and round the ring", test_receive },
	{ "receive: lengths, pieces, errors and owners that lie", test_lies },
	{ "receive: a slow reader gets copies, then nothing, and the ring stays full",
	  test_slow_reader },
	{ "receive: a device that found no buffer goes on", test_no_buffer },
	{ "send: chains in one piece, round and round the ring", test_send },
	{ "send: a full ring, and room again", test_full },
	{ "send: a start that was lost is made up for; none while it is at work", test_lost_start },
	{ "send: an error of the bus loses what was queued, and nothing after", test_bus_error },
	{ "send: sums over IPv4 by the device, over IPv6 by us", test_tx_checksum },
	{ "interrupts are off while polled, and tell of what was there", test_interrupts },
	{ "the address, the wires, coherence, and what is not to be had", test_setup },
	{ "the link: down, and up again at another speed", test_link },
	{ "the PHY: found, and a bus that does not answer, from the first or later", test_phy_bus },
};

TEST_MAIN(tests)
