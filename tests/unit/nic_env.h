/* SPDX-License-Identifier: MIT */
/* The machine around one network device of a board: tree, memory, stack, timers, a PHY. For gem_env.h and test_fec.c, which
 * say where the registers are (BASE) and add a model of the device. */
#pragma once

#include "../../drivers/net/onboard.h"

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

#define REG(r)	m.regs[(r) / 4]
#define NIC_IRQ 63

struct dt_node {
	const char *name, *mode, *mac, *local_mac;
	bool coherent, full_duplex;
	uint32_t reg, speed;
	const struct dt_node *child, *phy;
};

static struct {
	uint32_t regs[0x1000 / 4];
	/* the device's side */
	bool rx_stopped;       /* found no buffer */
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
	/* the kernel's side */
	struct timer *timer;
	uint64_t now;
	size_t free_pages, ram_top;
	unsigned pages_left;			    /* of page_alloc() */
	void *(*pages_low)(size_t align, size_t n); /* where they are, if not anywhere */
	bool no_copies;
	int pbufs;
	unsigned uncached, kicks, rooms, links, cleans, invals, irqs;
	irq_handler_t handler;
	void *handler_arg;
	void *kept[1200];
	unsigned kept_n;
} m;

static struct netdev *nic; /* that was registered */
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
	return m.pages_low != NULL ? m.pages_low(align * PAGE_SIZE, n * PAGE_SIZE)
				   : keep(align * PAGE_SIZE, n * PAGE_SIZE);
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
	CHECK(irq >= NIC_IRQ && irq < NIC_IRQ + NIC_IRQS);
	m.irqs++;
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
	return i < NIC_IRQS ? NIC_IRQ + (int)i : -ENOENT;
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
	nic = d;
	return 0;
}

void netdev_input(struct netdev *d, struct pbuf *p, bool csum_ok)
{
	CHECK(d == nic && p->tot_len > 0);
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

/* --- the PHY ------------------------------------------------------------------------------ */

/* What a register answers to that frame on the bus. */
static uint32_t mdio(uint32_t v)
{
	unsigned reg = v >> 18 & 31;
	bool mine = (v >> 23 & 31) == m.phy_addr;

	if ((v >> 28 & 3) == 1 && mine) {
		m.phy[reg] = (uint16_t)v;
	}
	m.mdio_reads += (v >> 28 & 3) == 2;
	return (v & ~0xffffU) | (mine ? m.phy[reg] : 0xffff);
}

/* --- from boot to the end --------------------------------------------------------------- */

static const struct dt_node phy_node = { .name = "ethernet-phy", .reg = 12 };
static const struct dt_node mac_node = { .name = "ethernet", .phy = &phy_node };

/* But the registers. */
static void nic_power_on(void)
{
	memset(&m, 0, sizeof(m));
	m.free_pages = 1024; /* a ring of 64 */
	m.ram_top = 4UL << 30;
	m.pages_left = 1000;
	m.phy_addr = 12;
	m.phy[0] = 0x1140;
	m.phy[1] = 0x796d;
	m.phy[4] = 0x01e1;
	m.phy[5] = 0xcde1;
	m.phy[9] = 0x0300;
	m.phy[10] = 0x7c00;
	got_count = 0;
	nic = NULL;
	env.logged[3] = 0;
}

static int probe(const struct dt_node *n)
{
	static struct device dev;

	dev = (struct device){ .node = n, .driver = drivers_start, .name = "/ethernet" };
	return drivers_start[0].probe(&dev, &drivers_start[0].match[NIC_MATCH]);
}

static void free_got(void)
{
	while (got_count > 0) {
		pbuf_free(got[--got_count]);
	}
}

static unsigned poll(void)
{
	return nic->ops->poll(nic, 64);
}

static void free_kept(void)
{
	while (m.kept_n > 0) {
		free(m.kept[--m.kept_n]);
	}
}

/* The timer's work for a while. */
static void time_passes(unsigned ticks)
{
	while (ticks-- > 0 && m.timer != NULL) {
		struct timer *t = m.timer;

		m.timer = NULL;
		m.now = MAX(m.now, t->deadline);
		t->fn(t);
	}
}

/* --- packets ------------------------------------------------------------------------------- */

/* The byte of a received frame of @n bytes. */
static uint8_t frame_byte(unsigned i, unsigned n)
{
	return (uint8_t)(i * 7 + n);
}

static void frame_is_right(const struct pbuf *p, unsigned n)
{
	const uint8_t *b = p->payload;

	if (!CHECK_EQ(p->tot_len, n) || !CHECK_EQ(p->len, n)) {
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		if (b[i] != frame_byte(i, n)) {
			CHECK(!"the frame's content");
			return;
		}
	}
}

/* A chain of @pieces, some of them empty. */
static struct pbuf *chain(unsigned pieces, unsigned each)
{
	struct pbuf *p = NULL;

	for (unsigned i = 0; i < pieces; i++) {
		struct pbuf *q = pbuf_alloc(PBUF_RAW, (u16_t)each, PBUF_RAM);

		memset(q->payload, (int)(i + each), each);
		if (p == NULL) {
			p = q;
		} else {
			pbuf_cat(p, q);
		}
	}
	return p;
}

static int send(struct pbuf *p, uint16_t csum_start)
{
	const struct net_tx tx = { .p = p, .csum_start = csum_start, .csum_offset = 16 };
	int r = nic->ops->send(nic, &tx);

	pbuf_free(p);
	return r;
}

static void flush(void)
{
	nic->ops->flush(nic);
}
