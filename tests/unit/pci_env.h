/* SPDX-License-Identifier: MIT */
/* A machine with a PCI host bridge: functions whose configuration space the test writes, behind bridges that pass on what
 * their bus numbers say, and stand-ins for the kernel. Of test_pci.c. */
#pragma once

#include "kernel.h"
#include "test.h"
#include "tree.h"

#include <drivers/msi.h>
#include <drivers/pci.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/page.h>
#include <kernel/pagetable.h>
#include <stdlib.h>
#include <string.h>

#define ECAM	   0x4010000000UL
#define RAM	   0x80000000UL /* 1 GiB */
#define RAM_SIZE   0x40000000UL
#define MEM	   0x10000000UL
#define MEM_SIZE   0x20000000UL
#define HIGH	   0x8000000000UL
#define HIGH_SIZE  0x8000000000UL
#define IO_CPU	   0x3eff0000UL
#define FUNCTIONS  64
#define VENDOR	   0x1234
#define T_IO	   1U
#define T_64	   4U
#define T_PREFETCH 8U

/* One function. BARs and windows behave as the standard has them, the rest is plain memory. */
struct fn {
	int bridge; /* index of the one it is behind; -1: first bus */
	unsigned devfn;
	uint8_t cfg[4096];
	uint64_t size[6]; /* of BARs; 0: none */
	uint32_t type[6];
	bool is_bridge, stubborn; /* takes no bus numbers */
};

static struct model {
	struct fn fn[FUNCTIONS];
	unsigned count;
	unsigned outside; /* accesses of what is not mapped */
	uint64_t (*mmio)(uintptr_t a, unsigned size, bool write, uint64_t v); /* of BARs */
	struct {
		uint64_t start, end;
	} mapped[512];
	unsigned maps;
	int msi; /* what msi_alloc() returns */
	unsigned msi_most, msi_ids[8], msi_calls;
	int irq_last;
	irq_handler_t handler[256];
	void *handler_arg[256];
	struct pci_dev *probed[FUNCTIONS];
	unsigned probes;
	bool all_forever; /* every function of every bus is this one */
} m;

static char blob[65536] __attribute__((aligned(8)));

static inline void put16(struct fn *f, unsigned r, unsigned v)
{
	f->cfg[r] = (uint8_t)v;
	f->cfg[r + 1] = (uint8_t)(v >> 8);
}

static inline void put32(struct fn *f, unsigned r, uint32_t v)
{
	put16(f, r, v);
	put16(f, r + 2, v >> 16);
}

static inline uint32_t get32(const struct fn *f, unsigned r)
{
	uint32_t v;

	memcpy(&v, f->cfg + r, 4);
	return v;
}

static inline struct fn *add_fn(int bridge, unsigned dev, uint16_t id, uint32_t class)
{
	struct fn *f = &m.fn[m.count++];

	f->bridge = bridge;
	f->devfn = dev << 3;
	put32(f, 0, (uint32_t)id << 16 | VENDOR);
	put32(f, 8, class << 8);
	f->cfg[0x3d] = 1;
	return f;
}

static inline int add_bridge(int bridge, unsigned dev)
{
	struct fn *f = add_fn(bridge, dev, 0xb, 0x060400);

	f->is_bridge = true;
	f->cfg[0xe] = 1;
	return (int)(m.count - 1);
}

static inline void bar(struct fn *f, unsigned i, uint64_t size, uint32_t type)
{
	f->size[i] = size;
	f->type[i] = type;
	put32(f, 0x10 + 4 * i, type);
}

/* Which function answers: a bridge leads to the bus that it was told. */
static inline struct fn *find(unsigned bus, unsigned devfn)
{
	for (unsigned i = 0; i < m.count; i++) {
		struct fn *f = &m.fn[i];
		unsigned on = f->bridge < 0 ? 0 : m.fn[f->bridge].cfg[0x19];

		if (on == bus && f->devfn == devfn && (f->bridge < 0 || on != 0)) {
			return f;
		}
	}
	return m.all_forever ? &m.fn[0] : NULL;
}

static inline void write_bar_word(struct fn *f, unsigned i, uint32_t v)
{
	bool upper = i > 0 && (f->type[i - 1] & (T_64 | T_IO)) == T_64 && f->size[i - 1] != 0;
	uint64_t size = upper ? f->size[i - 1] : f->size[i];
	uint64_t mask = upper ? ~(size - 1) >> 32 : ~(size - 1);

	put32(f, 0x10 + 4 * i, size == 0 ? 0 : (v & (uint32_t)mask) | (upper ? 0 : f->type[i]));
}

static inline void write_config(struct fn *f, unsigned r, unsigned size, uint64_t v)
{
	if (!f->is_bridge && r >= 0x10 && r < 0x28 && size == 4) {
		write_bar_word(f, (r - 0x10) / 4, (uint32_t)v);
		return;
	}
	if (r < 4 || (r >= 8 && r < 0xc) || r == 0xe ||
	    (f->is_bridge && f->stubborn && r == 0x18)) {
		return;
	}
	memcpy(f->cfg + r, &v, size);
	if (f->is_bridge) {
		f->cfg[0x24] = (uint8_t)((f->cfg[0x24] & 0xf0) | 1);
		f->cfg[0x26] = (uint8_t)((f->cfg[0x26] & 0xf0) | 1);
	}
}

static inline bool is_mapped(uintptr_t a, unsigned size)
{
	for (unsigned i = 0; i < m.maps; i++) {
		if (a >= m.mapped[i].start && a + size <= m.mapped[i].end) {
			return true;
		}
	}
	return false;
}

static inline uint64_t access(uintptr_t a, unsigned size, bool write, uint64_t v)
{
	uint64_t off = a - ECAM;
	struct fn *f;

	if (!is_mapped(a, size) || (a & (size - 1)) != 0) {
		m.outside++;
		return 0;
	}
	if (off >= 256UL << 20) {
		return m.mmio != NULL ? m.mmio(a, size, write, v) : 0;
	}
	f = find((unsigned)(off >> 20), (unsigned)(off >> 12 & 255));
	if (f != NULL && write) {
		write_config(f, off & 4095, size, v);
	} else if (f != NULL) {
		v = 0;
		memcpy(&v, f->cfg + (off & 4095), size);
	}
	return f != NULL ? v : UINT64_MAX;
}

uint64_t host_mmio_read(uintptr_t a, unsigned size)
{
	return access(a, size, false, 0);
}

void host_mmio_write(uintptr_t a, unsigned size, uint64_t v)
{
	access(a, size, true, v);
}

/* --- the kernel ------------------------------------------------------------------------------------ */

/* Functions and lines are for ever; that they are known to somebody is what the leak checker wants to see. */
static struct block {
	struct block *next, *prev;
} blocks = { &blocks, &blocks };

void *kzalloc(size_t n)
{
	struct block *b = calloc(1, sizeof(*b) + n);

	b->next = blocks.next;
	b->prev = &blocks;
	b->next->prev = b;
	blocks.next = b;
	return b + 1;
}

void kfree(void *p)
{
	struct block *b = (struct block *)p - 1;

	b->next->prev = b->prev;
	b->prev->next = b->next;
	free(b);
}

bool page_overlaps_ram(paddr_t start, uint64_t size)
{
	return start < RAM + RAM_SIZE && start + size > RAM;
}

int pagetable_map(paddr_t pa, uint64_t size, unsigned attr)
{
	CHECK_EQ(attr, MAP_READ | MAP_WRITE | MAP_DEVICE);
	if (pa + size > 1UL << 47 || m.maps == ARRAY_SIZE(m.mapped)) {
		return -EINVAL;
	}
	m.mapped[m.maps].start = pa;
	m.mapped[m.maps++].end = pa + size;
	return 0;
}

int msi_alloc(const struct dt_node *bridge, uint32_t rid, unsigned n, struct msi_vector *v)
{
	CHECK(bridge != NULL);
	m.msi_ids[m.msi_calls++ % 8] = rid;
	if (m.msi != 0 || n > m.msi_most) {
		return m.msi != 0 ? m.msi : -ENOSPC;
	}
	for (unsigned i = 0; i < n; i++) {
		v[i] = (struct msi_vector){ 0x1234500000000UL + 64 * i, 0x77 + i, (int)(100 + i) };
	}
	return 0;
}

/* Interrupt specifiers of one cell are the number of the irq. */
int irq_map(const struct dt_node *ctl, const uint32_t *cells, unsigned n)
{
	return ctl != NULL && n == 1 ? (int)cells[0] : -EINVAL;
}

int irq_request(int irq, irq_handler_t fn, void *arg, const char *name)
{
	CHECK(name[0] != '\0' && irq >= 0 && irq < 256);
	if (m.handler[irq] != NULL) {
		return -EBUSY;
	}
	m.irq_last = irq;
	m.handler[irq] = fn;
	m.handler_arg[irq] = arg;
	return 0;
}

static int probe(struct pci_dev *d)
{
	m.probed[m.probes++ % FUNCTIONS] = d;
	return 0;
}

static const struct pci_match match[] = { { VENDOR, 0x10, 0, 0 },
					  { PCI_ANY, PCI_ANY, 0x010802, 0xffffff },
					  { 0 } };
PCI_DRIVER(test, match, probe);

/* --- the tree -------------------------------------------------------------------------------------- */

static inline void start_tree(void)
{
	tree_start(blob, sizeof(blob));
	tree_begin("");
	tree_cells("#address-cells", 1, 2);
	tree_cells("#size-cells", 1, 2);
	tree_begin("plic");
	tree_cells("phandle", 1, 7);
	tree_cells("#interrupt-cells", 1, 1);
	tree_end();
	tree_begin("pcie");
	tree_cells("#address-cells", 1, 3);
	tree_cells("#size-cells", 1, 2);
	tree_cells("#interrupt-cells", 1, 1);
	tree_cells("reg", 4, 0x40, 0x10000000, 0, 0x10000000);
}

static inline void usual_map(void)
{
	/* Slots 0 and 1 of four; pins lead to 32 and up. */
	tree_cells("interrupt-map-mask", 4, 0x800, 0, 0, 7);
	tree_cells("interrupt-map", 48, 0, 0, 0, 1, 7, 32, 0, 0, 0, 2, 7, 33, 0, 0, 0, 3, 7, 34, 0,
		   0, 0, 4, 7, 35, 0x800, 0, 0, 1, 7, 33, 0x800, 0, 0, 2, 7, 34, 0x800, 0, 0, 3, 7,
		   35, 0x800, 0, 0, 4, 7, 32);
}

static inline void usual_ranges(void)
{
	tree_cells("ranges", 21, 0x1000000, 0, 0, 0, 0x3eff0000, 0, 0x10000, 0x2000000, 0,
		   0x10000000, 0, 0x10000000, 0, 0x20000000, 0x3000000, 0x80, 0, 0x80, 0, 0x80, 0);
}

static inline void new_machine(void)
{
	memset(&m, 0, sizeof(m));
	memset(env.logged, 0, sizeof(env.logged));
	m.msi = -ENODEV;
	m.msi_most = 8;
}
