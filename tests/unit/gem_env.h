/* SPDX-License-Identifier: MIT */
/* The machine around one GEM: tree, memory, stack, timers, and a model of the device with its PHY. The first half of
 * test_gem.c. */
#pragma once

#include "../../drivers/net/gem.h"

#include "host.h"
#include "kernel.h"
#include "test.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/page.h>
#include <kernel/pagetable.h>
#include <kernel/rand.h>
#include <kernel/time.h>
#include <lwip/memp.h>
#include <lwip/priv/tcp_priv.h>

#define BASE   0xff0e0000UL
#define REG(r) m.regs[(r) / 4]

struct dt_node {
	const char *name, *mode, *mac, *local_mac;
	bool coherent, full_duplex;
	uint32_t reg, speed;
	const struct dt_node *child, *phy;
};

static struct {
	uint32_t regs[0x1000 / 4];
	bool rx_stopped;       /* found no buffer: until receiving is switched on again */
	bool tx_hold, tx_lazy; /* sends nothing; misses a start */
	bool tx_fail;	       /* halts with an error at the next frame */
	uint64_t rx_at, tx_at; /* the device's places in the rings */
	uint8_t sent[1024][1600];
	unsigned sent_len[1024], sent_n;
	unsigned starts;
	uint16_t phy[32];
	unsigned phy_addr;
	bool mdio_dead;
	unsigned mdio_reads;
	bool phy_latched;
	/* the kernel's side */
	struct timer *timer;
	uint64_t now;
	size_t free_pages, ram_top;
	unsigned pages_left; /* of page_alloc() */
	bool no_copies;
	int pbufs;
	unsigned uncached, kicks, rooms, links, cleans, invals;
	irq_handler_t handler;
	void *handler_arg;
	void *kept[1200];
	unsigned kept_n;
} m;

static struct gem *gem;
static struct pbuf *got[600];
static bool got_csum[600];
static unsigned got_count;

/* --- the kernel ------------------------------------------------------------------- */

static void *keep(size_t align, size_t n)
{
	void *p = NULL;

	host_require(m.kept_n < ARRAY_SIZE(m.kept) && posix_memalign(&p, align, n) == 0, "memory");
	memset(p, 0xcc, n);
	m.kept[m.kept_n++] = p;
	return p;
}

void *page_alloc(size_t n, size_t align)
{
	if (m.pages_left < n) {
		return NULL;
	}
	m.pages_left -= (unsigned)n;
	return keep(align * PAGE_SIZE, n * PAGE_SIZE);
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

bool page_ram(unsigned i, paddr_t *start, uint64_t *size)
{
	*start = 0;
	*size = m.ram_top;
	return i == 0;
}

int pagetable_protect(uintptr_t va, size_t size, unsigned attr)
{
	CHECK(va % PAGE_SIZE == 0 && size % PAGE_SIZE == 0 &&
	      attr == (MAP_READ | MAP_WRITE | MAP_DEVICE));
	m.uncached++;
	return 0;
}

void arch_dcache_clean(void *p, size_t n)
{
	(void)p;
	m.cleans += n > 0;
}

void arch_dcache_inval(void *p, size_t n)
{
	(void)p;
	m.invals += n > 0;
}

void *kzalloc(size_t n)
{
	return memset(keep(16, n), 0, n);
}

void kfree(void *p)
{
	(void)p;
}

void rand_bytes(void *p, size_t n)
{
	memset(p, 0xff, n);
}

uint64_t time_now(void)
{
	return m.now += 10 * NS_PER_US;
}

uint64_t time_after(uint64_t ns)
{
	return m.now + ns;
}

void timer_init(struct timer *t, void (*fn)(struct timer *t))
{
	t->fn = fn;
}

void timer_start(struct timer *t, uint64_t deadline)
{
	t->deadline = deadline;
	m.timer = t;
}

int irq_request(int irq, irq_handler_t fn, void *arg, const char *name)
{
	(void)name;
	CHECK_EQ(irq, 63);
	m.handler = fn;
	m.handler_arg = arg;
	return 0;
}

/* --- the tree ---------------------------------------------------------------------- */

uintptr_t dev_mmio(struct device *dev, unsigned i, size_t *size)
{
	(void)dev;
	if (size != NULL) {
		*size = 0x1000;
	}
	return i == 0 ? BASE : BASE + 0xffc; /* FU540's choice of a clock */
}

int dev_irq(struct device *dev, unsigned i)
{
	(void)dev;
	return i == 0 ? 63 : -ENOENT;
}

bool dt_has(const struct dt_node *n, const char *name)
{
	return strcmp(name, "dma-coherent") == 0 ? n->coherent : n->full_duplex;
}

const char *dt_str(const struct dt_node *n, const char *name)
{
	return strcmp(name, "phy-mode") == 0 ? n->mode : NULL;
}

uint32_t dt_u32(const struct dt_node *n, const char *name, unsigned i, uint32_t def)
{
	(void)i;
	(void)def;
	return strcmp(name, "speed") == 0 ? n->speed : n->reg;
}

const void *dt_prop(const struct dt_node *n, const char *name, size_t *len)
{
	*len = 6;
	return strcmp(name, "mac-address") == 0 ? n->mac : n->local_mac;
}

const struct dt_node *dt_ref(const struct dt_node *n, const char *name)
{
	(void)name;
	return n->phy;
}

const struct dt_node *dt_child(const struct dt_node *n)
{
	return n->child;
}

const struct dt_node *dt_sibling(const struct dt_node *n)
{
	(void)n;
	return NULL;
}

const char *dt_name(const struct dt_node *n)
{
	return n->name;
}

/* --- the stack ---------------------------------------------------------------------- */

#include "pbuf_env.h"

int netdev_register(struct netdev *d)
{
	gem = container_of(d, struct gem, dev);
	return 0;
}

void netdev_input(struct netdev *d, struct pbuf *p, bool csum_ok)
{
	CHECK(d == &gem->dev && p->tot_len > 0);
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

/* --- the device ---------------------------------------------------------------------- */

static uint64_t address(const uint32_t *d)
{
	return d[D_ADDR] | (uint64_t)d[D_HIGH] << 32;
}

/* The descriptor behind the one at @at; the bit of the last one leads back to the start. */
static uint64_t step(uint64_t at, bool wrap, unsigned queue_ptr, unsigned high)
{
	return wrap ? REG(queue_ptr) | (uint64_t)REG(high) << 32 : at + 16;
}

/* One frame, as far as it is there: its first descriptor alone is given back. */
static bool send_one(void)
{
	uint32_t *first = (uint32_t *)m.tx_at;
	unsigned len = 0, pieces = 0;

	if ((first[D_CTRL] & TX_OWNED) != 0) {
		return false;
	}
	for (bool last = false; !last; pieces++) {
		uint32_t *d = (uint32_t *)m.tx_at;
		unsigned n = d[D_CTRL] & TX_LENGTH;

		host_require(pieces <= GEM_PIECES && (d[D_CTRL] & TX_OWNED) == 0 && len + n <= 1600,
			     "the frame has an end");
		memcpy(m.sent[m.sent_n % 1024] + len, (void *)address(d), n);
		len += n;
		last = (d[D_CTRL] & TX_LAST) != 0;
		m.tx_at =
			step(m.tx_at, (d[D_CTRL] & TX_WRAP) != 0, TRANSMIT_Q_PTR, TRANSMIT_Q_HIGH);
	}
	m.sent_len[m.sent_n++ % 1024] = len;
	first[D_CTRL] |= TX_OWNED;
	return true;
}

static void transmit(void)
{
	if (m.tx_fail) {
		REG(TRANSMIT_STATUS) |= BIT32(6);
		m.tx_fail = false;
		return;
	}
	while (!m.tx_hold && send_one()) {
	}
}

static void control(uint32_t v)
{
	uint32_t old = REG(NETWORK_CONTROL);

	if ((v & NC_RX_EN) != 0 && (old & NC_RX_EN) == 0) {
		m.rx_stopped = false;
		m.rx_at = m.rx_at != 0 ? m.rx_at : step(0, true, RECEIVE_Q_PTR, RECEIVE_Q_HIGH);
	}
	if ((v & NC_TX_EN) == 0) {
		m.tx_at = 0;
	} else if ((old & NC_TX_EN) == 0) {
		m.tx_at = step(0, true, TRANSMIT_Q_PTR, TRANSMIT_Q_HIGH);
	}
	REG(NETWORK_CONTROL) = v & ~(NC_TX_START | NC_CLEAR_STATS);
	if ((v & NC_TX_START) != 0) {
		m.starts++;
		if (m.tx_lazy) {
			m.tx_lazy = false;
		} else {
			transmit();
		}
	}
}

static void manage(uint32_t v)
{
	unsigned reg = v >> 18 & 31;
	bool mine = (v >> 23 & 31) == m.phy_addr;

	if ((v >> 28 & 3) == 1 && mine) {
		m.phy[reg] = (uint16_t)v;
	}
	m.mdio_reads += (v >> 28 & 3) == 2;
	REG(PHY_MANAGEMENT) = (v & ~0xffffU) | (mine ? m.phy[reg] : 0xffff);
}

uint64_t host_mmio_read(uintptr_t a, unsigned size)
{
	unsigned reg = (unsigned)(a - BASE);
	uint32_t v;

	host_require(size == 4 && reg < 0x1000, "registers of 32 bits");
	v = REG(reg);
	if (reg == INT_STATUS || reg == RX_RESOURCE_ERRS || reg == RX_OVERRUNS) {
		REG(reg) = 0;
	}
	return reg == NETWORK_STATUS ? (m.mdio_dead ? 0 : NS_MAN_DONE) : v;
}

void host_mmio_write(uintptr_t a, unsigned size, uint64_t v)
{
	unsigned reg = (unsigned)(a - BASE);

	host_require(size == 4 && reg < 0x1000, "registers of 32 bits");
	if (reg == NETWORK_CONTROL) {
		control((uint32_t)v);
	} else if (reg == PHY_MANAGEMENT) {
		manage((uint32_t)v);
	} else if (reg == INT_ENABLE) {
		REG(INT_ENABLE) |= (uint32_t)v; /* here: what is on */
	} else if (reg == INT_DISABLE) {
		REG(INT_ENABLE) &= ~(uint32_t)v;
	} else if (reg == TRANSMIT_STATUS || reg == RECEIVE_STATUS || reg == INT_STATUS) {
		REG(reg) &= ~(uint32_t)v;
	} else {
		REG(reg) = (uint32_t)v;
	}
}

/* A frame of @n bytes comes in; @ctrl besides: what the device says of it. False: it found no buffer. */
static bool arrive(unsigned n, uint32_t ctrl)
{
	uint32_t *d = (uint32_t *)m.rx_at;
	uint8_t *to;

	if (m.rx_stopped || (d[D_ADDR] & RX_OWNED) != 0) {
		m.rx_stopped = true;
		REG(RECEIVE_STATUS) |= RS_NO_BUFFER;
		REG(RX_RESOURCE_ERRS)++;
		return false;
	}
	to = (uint8_t *)(address(d) & ~3ULL) + GEM_OFFSET;
	for (unsigned i = 0; i < MIN(n, GEM_RX_SIZE - GEM_OFFSET); i++) {
		to[i] = (uint8_t)(i * 7 + n);
	}
	m.rx_at = step(m.rx_at, (d[D_ADDR] & RX_WRAP) != 0, RECEIVE_Q_PTR, RECEIVE_Q_HIGH);
	d[D_CTRL] = ctrl;
	d[D_ADDR] |= RX_OWNED;
	return true;
}

static bool frame(unsigned n)
{
	return arrive(n, n | RX_START | RX_END);
}

/* --- from boot to the end --------------------------------------------------------------- */

static const struct dt_node phy_node = { .name = "ethernet-phy", .reg = 12 };
static const struct dt_node mac_node = { .name = "ethernet", .phy = &phy_node };

static void power_on(void)
{
	memset(&m, 0, sizeof(m));
	m.free_pages = 1024; /* a ring of 64 */
	m.ram_top = 4UL << 30;
	m.pages_left = 1000;
	REG(MODULE_ID) = 0x00020118;
	REG(DESIGN_CFG1) = 0x02d00111;
	REG(DESIGN_CFG2) = 0x2ab10000 | 10240;
	REG(DESIGN_CFG6) = DC6_ADDR_64 | BIT32(1);
	REG(SPEC_ADD1_BOTTOM) = 0x12005452;
	REG(SPEC_ADD1_TOP) = 0x5634;
	m.phy_addr = 12;
	m.phy[0] = 0x1140;
	m.phy[1] = 0x796d;
	m.phy[4] = 0x01e1;
	m.phy[5] = 0xcde1;
	m.phy[9] = 0x0300;
	m.phy[10] = 0x7c00;
	got_count = 0;
	gem = NULL;
	env.logged[3] = 0;
}

static int probe(const struct dt_node *n)
{
	static struct device dev;
	static const struct dt_match plain = { "cdns,gem", 0 };

	dev = (struct device){ .node = n, .driver = drivers_start, .name = "/ethernet" };
	return drivers_start[0].probe(&dev, &plain);
}

static void boot(void)
{
	power_on();
	host_require(probe(&mac_node) == 0 && gem != NULL, "probed");
}

static void free_got(void)
{
	while (got_count > 0) {
		pbuf_free(got[--got_count]);
	}
}

static unsigned poll(void)
{
	return gem->dev.ops->poll(&gem->dev, 64);
}

/* Everything that the stack held is back, and each buffer is in the ring or free. */
static void halt(void)
{
	if (gem != NULL) {
		free_got();
		m.tx_hold = false;
		gem->dev.ops->flush(&gem->dev);
		poll();
		poll();
		CHECK_EQ(m.pbufs, 0);
		CHECK_EQ(gem->free_count + gem->rx.used, 2 * gem->rx.size);
		CHECK_EQ(gem->tx.used, 0);
	}
	while (m.kept_n > 0) {
		free(m.kept[--m.kept_n]);
	}
}
