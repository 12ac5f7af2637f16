/* SPDX-License-Identifier: MIT */
/* drivers/pci: buses are numbered, BARs placed, interrupts found, and what firmware has done well is kept.
 * sources: tests/unit/test.c tests/unit/tree.c tests/unit/host/kernel.c kernel/fdt.c kernel/fmt.c @libfdt drivers/pci/ecam.c drivers/pci/scan.c
	drivers/pci/bar.c drivers/pci/assign.c drivers/pci/intx.c drivers/pci/irq.c */
#include "pci_env.h"

#include <kernel/device.h>

extern const struct driver drivers_start[];

static int run(void)
{
	static struct device dev;

	tree_finish();
	CHECK_EQ(dt_init(blob), 0);
	memset(&dev, 0, sizeof(dev));
	dev.node = dt_find("/pcie");
	strcpy(dev.name, "/pcie");
	return drivers_start[0].probe(&dev, drivers_start[0].match);
}

static int run_usual(void)
{
	start_tree();
	usual_ranges();
	usual_map();
	return run();
}

static uint64_t bar64(const struct fn *f, unsigned i)
{
	return (get32(f, 0x10 + 4 * i) & ~15U) | (uint64_t)get32(f, 0x14 + 4 * i) << 32;
}

/* --- where things are ------------------------------------------------------------------------------- */

static void test_assign(void)
{
	struct fn *a, *b;

	new_machine();
	add_fn(-1, 0, 0x1, 0x060000);
	a = add_fn(-1, 1, 0x10, 0x020000);
	bar(a, 0, 32, T_IO);
	bar(a, 1, 4096, 0);
	bar(a, 4, 16384, T_64 | T_PREFETCH);
	b = add_fn(-1, 2, 0x10, 0x020000);
	bar(b, 0, 0x100000, T_64);
	CHECK_EQ(run_usual(), 0);
	CHECK_EQ(m.probes, 2);
	CHECK((get32(a, 0x10) & ~3U) >= 0x1000 && (get32(a, 0x10) & 31) == T_IO);
	CHECK(get32(a, 0x14) >= MEM && get32(a, 0x14) < MEM + MEM_SIZE);
	CHECK(bar64(a, 4) >= HIGH && bar64(a, 4) % 16384 == 0);
	CHECK(bar64(b, 0) >= MEM && bar64(b, 0) < MEM + MEM_SIZE && bar64(b, 0) % 0x100000 == 0);
	CHECK_EQ(m.probed[0]->bar[0].addr, IO_CPU + (get32(a, 0x10) & ~3U));
	CHECK_EQ(m.probed[0]->bar[4].addr, bar64(a, 4));
	CHECK_STR(m.probed[1]->name, "0000:00:02.0");
	CHECK_EQ(get32(a, 4) & 7, 0); /* not enabled before its driver wants it */
	pci_enable(m.probed[0]);
	CHECK_EQ(get32(a, 4) & 0x407, 0x407);
	CHECK_EQ(m.outside, 0);
}

static void test_no_room(void)
{
	struct fn *a, *b;

	new_machine();
	a = add_fn(-1, 1, 0x10, 0x020000);
	bar(a, 0, 0x40000000, 0); /* more than the window */
	b = add_fn(-1, 2, 0x10, 0x020000);
	bar(b, 0, 0x10000000, 0);
	CHECK_EQ(run_usual(), 0);
	CHECK(m.probed[0]->bar[0].addr == 0 && m.probed[1]->bar[0].addr != 0);
	CHECK_EQ(env.logged[4], 1);
	CHECK_EQ(pci_map(m.probed[0], 0, 0, 16), 0);
}

static void test_bridges(void)
{
	int top, low;
	struct fn *a, *b;
	uint32_t window;

	new_machine();
	top = add_bridge(-1, 1);
	low = add_bridge(top, 3);
	add_bridge(-1, 2);
	a = add_fn(low, 0, 0x10, 0x020000);
	bar(a, 0, 0x4000, 0);
	bar(a, 2, 0x200000, T_64 | T_PREFETCH);
	b = add_fn(top, 4, 0x10, 0x020000);
	bar(b, 0, 64, T_IO);
	CHECK_EQ(run_usual(), 0);
	CHECK_EQ(m.probes, 2);
	CHECK_EQ(get32(&m.fn[top], 0x18) & 0xffffff, 0x020100);
	CHECK_EQ(get32(&m.fn[low], 0x18) & 0xffffff, 0x020201);
	CHECK_EQ(get32(&m.fn[2], 0x18) & 0xffffff, 0x030300);
	window = get32(&m.fn[low], 0x20);
	CHECK(get32(a, 0x10) >= (window & 0xfff0) << 16 &&
	      get32(a, 0x10) + 0x3fff <= ((window & 0xfff00000) | 0xfffff));
	CHECK(get32(&m.fn[top], 0x20) == window);
	CHECK(bar64(a, 2) >= HIGH && (get32(&m.fn[low], 0x28) == bar64(a, 2) >> 32));
	CHECK((get32(&m.fn[low], 0x1c) & 0xf0) >
	      (get32(&m.fn[low], 0x1c) >> 8 & 0xf0)); /* closed */
	CHECK_EQ(get32(&m.fn[top], 4) & 7, 7);
	CHECK_EQ(m.outside, 0);
}

/* As UEFI leaves it: numbers, windows, BARs, all of it good. */
static void test_kept(void)
{
	int top;
	struct fn *a, *b;

	new_machine();
	top = add_bridge(-1, 1);
	put32(&m.fn[top], 0x18, 0x070500);
	put32(&m.fn[top], 0x20, 0x12201200); /* 0x12000000 to 0x122fffff */
	a = add_fn(top, 0, 0x10, 0x020000);
	bar(a, 0, 0x1000, 0);
	put32(a, 0x10, 0x12100000);
	put16(a, 4, 6);
	b = add_fn(-1, 2, 0x10, 0x020000);
	bar(b, 0, 0x100000, 0); /* firmware has none for it */
	CHECK_EQ(run_usual(), 0);
	CHECK_EQ(get32(&m.fn[top], 0x18) & 0xffffff, 0x070500);
	CHECK_EQ(get32(&m.fn[top], 0x20), 0x12201200);
	CHECK_EQ(get32(a, 0x10), 0x12100000);
	CHECK(get32(b, 0x10) >= MEM &&
	      (get32(b, 0x10) + 0x100000 <= 0x12000000 || get32(b, 0x10) >= 0x12300000));
	CHECK_STR(m.probed[0]->name + 5, "00:02.0");
	CHECK_STR(m.probed[1]->name + 5, "05:00.0");
}

/* A place on RAM, on another BAR, outside of all windows, not aligned, of nothing: a new one. */
static void test_not_kept(void)
{
	static const uint32_t bad[] = { 0x80000000, 0x10100000, 0x5000000, 0x10200010, 0 };

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		struct fn *a, *b;

		new_machine();
		a = add_fn(-1, 1, 0x10, 0x020000);
		bar(a, 0, 0x1000, 0);
		put32(a, 0x10, 0x10100000);
		put16(a, 4, 2);
		b = add_fn(-1, 2, 0x10, 0x020000);
		bar(b, 0, 0x1000, 0);
		put32(b, 0x10, bad[i]);
		put16(b, 4, 2);
		CHECK_EQ(run_usual(), 0);
		CHECK_EQ(get32(a, 0x10), 0x10100000);
		CHECK(get32(b, 0x10) != bad[i] && m.probed[1]->bar[0].addr == get32(b, 0x10));
		CHECK(get32(b, 0x10) >= MEM && get32(b, 0x10) < MEM + MEM_SIZE);
	}
}

/* No `ranges`: addresses are the CPU's, none is given out. */
static void test_fixed(void)
{
	struct fn *a, *b;

	new_machine();
	a = add_fn(-1, 1, 0x10, 0x020000);
	bar(a, 0, 0x1000, 0);
	put32(a, 0x10, 0x50000000);
	b = add_fn(-1, 2, 0x10, 0x020000);
	bar(b, 0, 0x1000, 0);
	put32(b, 0x10, RAM + 0x1000);
	bar(b, 1, 0x1000, 0);
	start_tree();
	CHECK_EQ(run(), 0);
	CHECK_EQ(m.probed[0]->bar[0].addr, 0x50000000);
	CHECK(m.probed[1]->bar[0].addr == 0 && m.probed[1]->bar[1].addr == 0);
	CHECK_EQ(get32(b, 0x14), 0);
}

/* --- interrupts ------------------------------------------------------------------------------------- */

static unsigned calls[4];

static void count(void *arg)
{
	calls[(uintptr_t)arg]++;
}

static void test_pins(void)
{
	int top;
	struct fn *a;

	new_machine();
	top = add_bridge(-1, 3);
	a = add_fn(-1, 1, 0x10, 0x020000);
	a->cfg[0x3d] = 4; /* slot 1, INTD: 32 */
	a = add_fn(top, 6, 0x10, 0x020000);
	a->cfg[0x3d] = 2; /* INTB at 6 is the bridge's INTD, which is in slot 3: 32 as well */
	a = add_fn(-1, 2, 0x10, 0x020000);
	a->cfg[0x3d] = 0;
	memset(calls, 0, sizeof(calls));
	CHECK_EQ(run_usual(), 0);
	CHECK_EQ(m.probes, 3);
	CHECK_EQ(pci_irq_alloc(m.probed[0], 2, true), 1);
	CHECK_EQ(pci_irq_alloc(m.probed[1], 2, true), -ENOENT); /* no pin */
	CHECK_EQ(pci_irq_alloc(m.probed[2], 2, true), 1);
	CHECK(m.probed[0]->intx == 32 && m.probed[2]->intx == 32);
	CHECK_EQ(pci_irq_request(m.probed[0], 0, count, (void *)0), 0);
	CHECK_EQ(pci_irq_request(m.probed[2], 0, count, (void *)2), 0);
	m.handler[32](m.handler_arg[32]);
	CHECK(calls[0] == 1 && calls[2] == 1);
	CHECK_EQ(get32(&m.fn[1], 4) & 0x400, 0);
	CHECK_EQ(get32(&m.fn[3], 4) & 0x400, 0x400);
}

static void test_bad_map(void)
{
	static const struct {
		int n;
		uint32_t phandle;
	} maps[] = { { 5, 7 }, { 6, 99 }, { 3, 7 }, { 0, 7 } };

	for (unsigned i = 0; i < ARRAY_SIZE(maps); i++) {
		new_machine();
		add_fn(-1, 0, 0x10, 0x020000);
		start_tree();
		usual_ranges();
		tree_cells("interrupt-map", maps[i].n, 0, 0, 0, 1, maps[i].phandle, 32);
		CHECK_EQ(run(), 0);
		CHECK(pci_irq_alloc(m.probed[0], 1, true) < 0);
	}
}

static uint32_t table[64];

static uint64_t table_access(uintptr_t a, unsigned size, bool write, uint64_t v)
{
	unsigned i = (unsigned)(a & 0xff) / 4;

	CHECK_EQ(size, 4);
	if (write) {
		table[i] = (uint32_t)v;
	}
	return table[i];
}

static struct fn *with_msix(uint32_t where, unsigned entries)
{
	struct fn *a;

	new_machine();
	m.msi = 0;
	m.mmio = table_access;
	memset(table, 0xff, sizeof(table));
	a = add_fn(-1, 1, 0x10, 0x020000);
	bar(a, 1, 0x1000, 0);
	put16(a, 6, 0x10);
	a->cfg[0x34] = 0x40;
	put32(a, 0x40, 0x11 | (entries - 1) << 16);
	put32(a, 0x44, where);
	CHECK_EQ(run_usual(), 0);
	return a;
}

static void test_msix(void)
{
	struct fn *a = with_msix(0x801, 3);
	struct pci_dev *d = m.probed[0];

	CHECK_EQ(pci_irq_alloc(d, 2, false), 2);
	CHECK(d->irq_kind == PCI_MSIX && m.msi_ids[0] == 8);
	CHECK(table[0] == 0 && table[1] == 0x12345 && table[2] == 0x77 && table[3] == 1);
	CHECK(table[4] == 64 && table[6] == 0x78 && table[7] == 1 && table[11] == UINT32_MAX);
	CHECK_EQ(get32(a, 0x40) >> 30, 2); /* enabled, not masked */
	CHECK_EQ(pci_irq_request(d, 1, count, (void *)1), 0);
	CHECK(table[3] == 1 && table[7] == 0 && m.irq_last == 101);
	CHECK_EQ(pci_irq_request(d, 2, count, NULL), -EINVAL);
	/* Fewer than wanted: by the device, by the controller. */
	with_msix(0x801, 1);
	CHECK_EQ(pci_irq_alloc(m.probed[0], 2, false), 1);
	with_msix(0x801, 8);
	m.msi_most = 1;
	CHECK_EQ(pci_irq_alloc(m.probed[0], 2, false), 1);
	CHECK_EQ(m.probed[0]->irq_kind, PCI_MSIX);
	CHECK_EQ(m.outside, 0);
}

/* A table outside of its BAR, in a BAR that is not there or no BAR at all: the pin. */
static void test_bad_msix(void)
{
	static const uint32_t where[] = { 0xff9, 0x1001, 0xfffffff9, 0x2, 0x7, 0x6 };

	for (unsigned i = 0; i < ARRAY_SIZE(where); i++) {
		struct fn *a = with_msix(where[i], 2);

		CHECK_EQ(pci_irq_alloc(m.probed[0], 2, false), 1);
		CHECK_EQ(m.probed[0]->irq_kind, PCI_INTX);
		CHECK_EQ(get32(a, 0x40) >> 31, 0);
		CHECK_EQ(m.outside, 0);
	}
}

static void test_msi(void)
{
	for (unsigned wide = 0; wide < 2; wide++) {
		struct fn *a = with_msix(0x801, 1);

		put32(a, 0x40, wide ? 0x01800005 : 0x00000005);
		CHECK_EQ(pci_irq_alloc(m.probed[0], 2, true), 1);
		/* The message's address has more than 32 bits. */
		CHECK_EQ(m.probed[0]->irq_kind, wide ? PCI_MSI : PCI_INTX);
		CHECK_EQ(get32(a, 0x40) >> 16 & 1, wide);
		CHECK(!wide || (get32(a, 0x48) == 0x12345 && (get32(a, 0x4c) & 0xffff) == 0x77));
	}
}

/* --- lies ------------------------------------------------------------------------------------------- */

static void test_caps(void)
{
	struct fn *a = with_msix(0x801, 1);
	struct pci_dev *d = m.probed[0];
	unsigned n = 0;

	put32(a, 0x40, 0x4009); /* points at itself */
	CHECK(pci_cap(d, 0, 0x11) == 0 && pci_cap(d, 0, 9) == 0x40);
	put32(a, 0x40, 0x5009);
	put32(a, 0x50, 0x4109); /* a circle, with low bits that do not count */
	for (unsigned at = pci_cap(d, 0, 9); at != 0 && n < PCI_CAPS_MAX; n++) {
		at = pci_cap(d, at, 9);
	}
	CHECK_EQ(n, PCI_CAPS_MAX);
	put32(a, 0x50, 0x0c09); /* into the header */
	CHECK_EQ(pci_cap(d, 0x50, 9), 0);
	a->cfg[0x34] = 0;
	CHECK_EQ(pci_cap(d, 0, 9), 0);
	a->cfg[0x34] = 0x40;
	put16(a, 6, 0); /* no list */
	CHECK_EQ(pci_cap(d, 0, 9), 0);
}

static void test_bar_sizes(void)
{
	struct fn *a;

	new_machine();
	a = add_fn(-1, 1, 0x10, 0x020000);
	bar(a, 0, 1UL << 63, T_64); /* more than there is */
	bar(a, 2, 1UL << 40, T_64 | T_PREFETCH);
	bar(a, 5, 0x1000, T_64); /* its upper half would be no BAR */
	CHECK_EQ(run_usual(), 0);
	for (unsigned i = 0; i < PCI_BARS; i++) {
		CHECK_EQ(m.probed[0]->bar[i].addr, 0);
		CHECK_EQ(pci_map(m.probed[0], i, 0, 1), 0);
	}
	CHECK_EQ(pci_map(m.probed[0], 6, 0, 1), 0);
}

static void test_map_bounds(void)
{
	struct pci_dev *d;

	with_msix(0x801, 1);
	d = m.probed[0];
	CHECK(pci_map(d, 1, 0, 0x1000) == d->bar[1].addr);
	CHECK(pci_map(d, 1, 0xfff, 1) == d->bar[1].addr + 0xfff);
	CHECK_EQ(pci_map(d, 1, 0, 0x1001), 0);
	CHECK_EQ(pci_map(d, 1, 0x1001, 1), 0);
	CHECK_EQ(pci_map(d, 1, 0x800, UINT64_MAX), 0);
	CHECK_EQ(pci_map(d, 1, 0, 0), 0);
	CHECK_EQ(pci_map(d, 0, 0, 4), 0);
}

static void test_endless(void)
{
	int b;

	/* Every function of every bus is a bridge. */
	new_machine();
	b = add_bridge(-1, 0);
	m.fn[b].cfg[0xe] = 0x81;
	m.all_forever = true;
	CHECK_EQ(run_usual(), 0);
	CHECK_EQ(env.logged[3], 1);
	/* One whose bus numbers do not stick. */
	new_machine();
	b = add_bridge(-1, 0);
	m.fn[b].stubborn = true;
	add_fn(b, 0, 0x10, 0x020000);
	CHECK_EQ(run_usual(), 0);
	CHECK_EQ(m.probes, 0);
	/* Numbers that make no sense: its own bus, backwards. */
	for (unsigned i = 0; i < 2; i++) {
		new_machine();
		b = add_bridge(-1, 0);
		put32(&m.fn[b], 0x18, i == 0 ? 0xff0000 : 0x020500);
		add_fn(b, 0, 0x10, 0x020000);
		CHECK_EQ(run_usual(), 0);
		CHECK_EQ(m.probes, 1);
		CHECK_EQ(get32(&m.fn[b], 0x18) & 0xffffff, 0x010100);
	}
}

static void test_bad_host(void)
{
	new_machine();
	add_fn(-1, 0, 0x10, 0x020000);
	start_tree();
	tree_cells("bus-range", 2, 5, 4);
	CHECK_EQ(run(), -EINVAL);
	start_tree();
	tree_cells("#size-cells", 1, 1); /* twice: the first is read */
	tree_cells("ranges", 3, 0x2000000, 0, 0x10000000);
	CHECK_EQ(run(), 0); /* an entry that is cut off is none */
	CHECK_EQ(m.probes, 1);
	new_machine();
	bar(add_fn(-1, 0, 0x10, 0x020000), 0, 4096, 0);
	start_tree();
	/* On RAM; beyond what 32 bits hold; around the end. */
	tree_cells("ranges", 21, 0x2000000, 0, 0x80000000, 0, 0x80000000, 0, 0x1000000, 0x2000000,
		   0, 0xfff00000, 0, 0x10000000, 0, 0x20000000, 0x3000000, 0xffffffff, 0xfff00000,
		   0x80, 0, 0x80, 0);
	CHECK_EQ(run(), 0);
	CHECK(m.probed[0]->bar[0].addr == 0 && env.logged[3] == 3);
}

static void check_places(void)
{
	for (unsigned a = 0; a < MIN(m.probes, (unsigned)FUNCTIONS); a++) {
		for (unsigned i = 0; i < PCI_BARS; i++) {
			const struct pci_bar *x = &m.probed[a]->bar[i];

			if (x->addr == 0) {
				continue;
			}
			CHECK(!page_overlaps_ram(x->addr, x->size) && x->addr % x->size == 0);
			for (unsigned b = 0; b < a; b++) {
				for (unsigned k = 0; k < PCI_BARS; k++) {
					const struct pci_bar *y = &m.probed[b]->bar[k];

					CHECK(y->addr == 0 || x->addr >= y->addr + y->size ||
					      y->addr >= x->addr + x->size);
				}
			}
		}
	}
}

/* Configuration spaces at random: no end is missed, no BAR is on RAM or on another. */
static void test_random_spaces(void)
{
	test_seed(1);
	for (unsigned round = 0; round < 300; round++) {
		new_machine();
		for (unsigned i = 0; i < 12; i++) {
			int behind = m.count > 0 && m.fn[m.count - 1].is_bridge &&
						     test_below(2) != 0
					     ? (int)m.count - 1
					     : -1;

			if (test_below(3) == 0) {
				add_bridge(behind, i);
			} else {
				add_fn(behind, i, 0x10, 0x020000);
			}
			for (unsigned r = 0x10; r < 256; r++) {
				m.fn[m.count - 1].cfg[r] =
					(uint8_t)(test_below(3) == 0 ? test_random() : 0);
			}
			for (unsigned k = 0; k < 6 && !m.fn[m.count - 1].is_bridge; k += 2) {
				m.fn[m.count - 1].type[k] =
					(uint32_t[]){ 0, 1, 4, 12 }[test_below(4)];
				m.fn[m.count - 1].size[k] = 16UL << test_below(30);
				write_bar_word(&m.fn[m.count - 1], k,
					       test_below(2) != 0 ? (uint32_t)test_random()
								  : 0x10000000);
			}
			put16(&m.fn[m.count - 1], 4, test_below(8));
		}
		CHECK_EQ(run_usual(), 0);
		check_places();
		for (unsigned i = 0; i < MIN(m.probes, (unsigned)FUNCTIONS); i++) {
			m.msi = 0;
			pci_irq_alloc(m.probed[i], 1 + test_below(3), true);
		}
		CHECK_EQ(m.outside, 0);
	}
}

static const struct test tests[] = {
	{ "BARs: aligned, in the windows of their kind, nothing enabled", test_assign },
	{ "one without room is told and has no address", test_no_room },
	{ "bridges: buses in order, windows around what is behind them", test_bridges },
	{ "what firmware did well stays, and is kept clear of", test_kept },
	{ "a place on RAM, another BAR or nowhere is not kept", test_not_kept },
	{ "a host without ranges is as firmware left it", test_fixed },
	{ "pins: turned by bridges, and shared", test_pins },
	{ "an interrupt-map that ends early or points nowhere", test_bad_map },
	{ "MSI-X: the table is written masked; fewer vectors than wanted", test_msix },
	{ "a table that is not within its BAR: the pin", test_bad_msix },
	{ "MSI, where the address fits", test_msi },
	{ "capabilities: circles, the header, no list", test_caps },
	{ "sizes beyond everything, upper halves that are not there", test_bar_sizes },
	{ "what is mapped lies within the BAR", test_map_bounds },
	{ "bridges without end, without numbers, with senseless ones", test_endless },
	{ "a host's node that makes no sense", test_bad_host },
	{ "configuration spaces at random", test_random_spaces },
};
TEST_MAIN(tests)
