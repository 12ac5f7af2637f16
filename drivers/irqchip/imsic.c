/* SPDX-License-Identifier: MIT */
/* RISC-V incoming MSI controller: the supervisor interrupt file of each hart. A message is a store of an identity
 * to the page of one hart's file; the hart sees it as its external interrupt. The binding says which page is whose.
 *
 * A file's enable bits are within reach of its own hart alone. So all identities are enabled in all files, and a
 * masked one is kept in memory until it is unmasked: then it is sent once more. For the same reason a message that
 * reaches a hart to which it is not routed any more, since a device knows the old page, is passed on.
 * Spec: RISC-V Advanced Interrupt Architecture 1.0, 2.1 (CSRs), 3; binding riscv,imsics. */
#include "imsic.h"

#include <arch/csr.h>
#include <drivers/irqchip.h>
#include <drivers/msi.h>
#include <drivers/riscv_cpu.h>
#include <errno.h>
#include <kernel/arch.h>
#include <kernel/cpu.h>
#include <kernel/device.h>
#include <kernel/log.h>
#include <stdatomic.h>

/* 2.1; by number, since assemblers of 2022 do not know the names. */
#define CSR_SISELECT 0x150
#define CSR_SIREG    0x151
#define CSR_STOPEI   0x15c
#define STOPEI_ID    16 /* the identity's lowest bit; the priority is the same number */

/* 3.8: selected by siselect. On RV64 the odd ones of the arrays do not exist. */
#define EIDELIVERY 0x70
#define EITHRESH   0x72
#define EIP0	   0x80
#define EIE0	   0xc0

#define SETEIPNUM_LE 0x000 /* 3.5, in a file's page */
#define FILE_SIZE    0x1000

#define IDS_MAX	    2048 /* 3.1: identities are 1 to 63 at least, 2,047 at most */
#define LINES_MAX   256	 /* no more than we may need */
#define FILES_MAX   16384
#define REGIONS_MAX 16

/* Of an identity, in one word so that a message and an unmask cannot miss each other. */
enum { MASKED = 1, HELD = 2 };

struct identity {
	_Atomic unsigned state;
	_Atomic unsigned cpu; /* that it is routed to */
	uint32_t owner;	      /* the device that sends it, plus one; 0: none, or the APLIC */
};

static struct imsic {
	struct irqchip chip;
	struct msi_controller msi;
	unsigned guest_bits, hart_bits, group_bits, group_shift;
	unsigned regions;
	struct {
		uintptr_t base;
		size_t size;
	} region[REGIONS_MAX];	 /* of interrupt files */
	uintptr_t file[CPU_MAX]; /* page of each CPU's file; 0: none */
	unsigned file_ids;	 /* identities of a file, the one that is none among them */
	unsigned ids;		 /* those that we use: 1 to ids - 1 */
	int first;		 /* irq number of identity 0 */
	struct spinlock lock;
	unsigned used;	   /* identities given away; guarded by lock */
	_Atomic bool lied; /* a number that cannot be was seen, and reported */
	struct identity id[LINES_MAX];
} imsic;

static void file_write(unsigned reg, uint64_t v)
{
	csr_write(CSR_SISELECT, reg);
	csr_write(CSR_SIREG, v);
}

static void send(unsigned cpu, unsigned id)
{
	mmio_write32(imsic.file[cpu] + SETEIPNUM_LE, id);
}

static int imsic_xlate(struct irqchip *c, const uint32_t *cells, unsigned n)
{
	(void)c;
	(void)cells;
	(void)n;
	return -EINVAL; /* no wire leads here */
}

static void imsic_mask(struct irqchip *c, unsigned line)
{
	(void)c;
	atomic_fetch_or(&imsic.id[line].state, MASKED);
}

static void imsic_unmask(struct irqchip *c, unsigned line)
{
	struct identity *i = &imsic.id[line];

	(void)c;
	if ((atomic_exchange(&i->state, 0) & HELD) != 0) {
		send(atomic_load(&i->cpu), line);
	}
}

static int imsic_route(struct irqchip *c, unsigned line, unsigned cpu)
{
	(void)c;
	if (imsic.file[cpu] == 0) {
		return -ENOTSUP;
	}
	atomic_store(&imsic.id[line].cpu, cpu);
	return 0;
}

/* The route may be read relaxed: the old one passes the message on once more. Acquire: irq_request() has stored the
 * handler's argument before it unmasked. */
static void message(unsigned id)
{
	struct identity *i = &imsic.id[id];
	unsigned cpu = atomic_load_explicit(&i->cpu, memory_order_relaxed), state = MASKED;

	if (unlikely(cpu != cpu_self()->index)) {
		send(cpu, id);
	} else if (likely(atomic_load_explicit(&i->state, memory_order_acquire) == 0) ||
		   (!atomic_compare_exchange_strong(&i->state, &state, MASKED | HELD) &&
		    state == 0)) {
		irq_deliver(&imsic.chip, id);
	}
}

/* The hart's external line. The write claims what the read returns (3.10). */
static void imsic_interrupt(void *arg)
{
	(void)arg;
	for (;;) {
		uint64_t id = csr_swap(CSR_STOPEI, 0) >> STOPEI_ID;

		if (id == 0) {
			return;
		}
		if (id < imsic.ids) {
			message((unsigned)id);
		} else if (!atomic_exchange(&imsic.lied, true)) {
			log_error("imsic: identity %u of %u", (unsigned)id, imsic.ids - 1);
		}
	}
}

/* --- the files ---------------------------------------------------------------------------- */

bool imsic_is_supervisor(const struct dt_node *node)
{
	const struct dt_node *ctl;
	uint32_t cells[4];
	unsigned n;

	return node != NULL && dt_irq(node, 0, &ctl, cells, &n) == 0 && n == 1 &&
	       cells[0] == RISCV_SUPERVISOR_EXTERNAL;
}

/* Page of the file at @place: each hart has one for itself, and after it those of its guests. Harts fill one
 * window after the other. 0: none. */
static uintptr_t file_page(unsigned place)
{
	size_t step = (size_t)FILE_SIZE << imsic.guest_bits, offset = place * step;

	for (unsigned i = 0; i < imsic.regions; i++) {
		size_t size = imsic.region[i].size;

		if (offset < size) {
			return size - offset >= FILE_SIZE ? imsic.region[i].base + offset : 0;
		}
		offset -= ALIGN_UP(size, step);
	}
	return 0;
}

/* This hart's file: nothing pending, every identity of ours enabled, all let through. */
static void file_init(void)
{
	file_write(EIDELIVERY, 0);
	for (unsigned reg = 0; reg <= (imsic.file_ids - 1) / 64; reg++) {
		file_write(EIP0 + 2 * reg, 0);
		file_write(EIE0 + 2 * reg, reg <= (imsic.ids - 1) / 64 ? ~0UL : 0);
	}
	file_write(EITHRESH, 0);
	file_write(EIDELIVERY, 1);
}

static int hart_init(const struct dt_node *node)
{
	int place = riscv_external_place(node, FILES_MAX);
	uintptr_t page;

	if (place < 0) {
		return place;
	}
	page = file_page((unsigned)place);
	if (page == 0) {
		return -EINVAL;
	}
	file_init();
	imsic.file[cpu_self()->index] = page;
	return place;
}

static void imsic_cpu_init(struct irqchip *c)
{
	int err = hart_init(c->node);

	if (err < 0) {
		log_warn("imsic: no interrupt file for hart %llu: %d",
			 (unsigned long long)cpu_self()->hw_id, err);
	}
}

static const struct irqchip_ops imsic_ops = {
	.xlate = imsic_xlate,
	.mask = imsic_mask,
	.unmask = imsic_unmask,
	.cpu_init = imsic_cpu_init,
	.route = imsic_route,
};

/* --- who gets which identity -------------------------------------------------------------- */

/* @n identities in a row for @owner, the first of them; masked. -errno. Lock held. */
static int take_locked(uint32_t owner, unsigned n)
{
	unsigned first = imsic.used + 1;

	for (unsigned i = 1; i < first && owner != 0; i++) {
		if (imsic.id[i].owner == owner) {
			return -EBUSY;
		}
	}
	if (n > imsic.ids - first) {
		return -ENOSPC;
	}
	for (unsigned i = first; i < first + n; i++) {
		imsic.id[i].owner = owner;
	}
	imsic.used += n;
	return (int)first;
}

static int take(uint32_t owner, unsigned n)
{
	irqstate_t s = spin_lock_save(&imsic.lock);
	int first = take_locked(owner, n);

	spin_unlock_restore(&imsic.lock, s);
	return first;
}

static int imsic_msi_alloc(struct msi_controller *c, uint32_t id, unsigned n, struct msi_vector *v)
{
	int first = take(id + 1, n);

	(void)c;
	for (unsigned i = 0; i < n && first > 0; i++) {
		v[i] = (struct msi_vector){ .address = imsic.file[0] + SETEIPNUM_LE,
					    .data = (unsigned)first + i,
					    .irq = imsic.first + first + (int)i };
	}
	return first < 0 ? first : 0;
}

static const struct msi_ops imsic_msi_ops = { .alloc = imsic_msi_alloc };

int imsic_alloc(const struct dt_node *node)
{
	return imsic.ids == 0 || imsic.chip.node != node ? -ENODEV : take(0, 1);
}

int imsic_irq(unsigned id)
{
	return imsic.first + (int)id;
}

/* 4.5.11 with 3.6: the bits of the file's address that tell harts and groups of harts apart. */
int imsic_hart_index(unsigned cpu)
{
	uint64_t page = imsic.file[cpu];
	uint64_t hart = page / FILE_SIZE >> imsic.guest_bits & (BIT(imsic.hart_bits) - 1);
	uint64_t group = page >> imsic.group_shift & (BIT(imsic.group_bits) - 1);

	return page == 0 ? -ENOTSUP : (int)(group << imsic.hart_bits | hart);
}

/* --- probe -------------------------------------------------------------------------------- */

/* The binding's defaults: as many bits as the entries of interrupts-extended need. */
static unsigned bits_for_harts(const struct dt_node *node)
{
	const struct dt_node *ctl;
	uint32_t cells[4];
	unsigned n, harts = 1, bits = 0;

	while (harts < FILES_MAX && dt_irq(node, harts, &ctl, cells, &n) == 0) {
		harts++;
	}
	while (1U << bits < harts) {
		bits++;
	}
	return bits;
}

static int read_node(struct device *dev)
{
	const struct dt_node *node = dev->node;
	uint32_t ids = dt_u32(node, "riscv,num-ids", 0, 0);
	uint64_t base, size;

	imsic.guest_bits = dt_u32(node, "riscv,guest-index-bits", 0, 0);
	imsic.hart_bits = dt_u32(node, "riscv,hart-index-bits", 0, bits_for_harts(node));
	imsic.group_bits = dt_u32(node, "riscv,group-index-bits", 0, 0);
	imsic.group_shift = dt_u32(node, "riscv,group-index-shift", 0, 24);
	/* The widths of a target register's fields, and of an address. */
	if (ids < 63 || ids >= IDS_MAX || imsic.guest_bits > 7 || imsic.hart_bits > 14 ||
	    imsic.group_bits > 14 - imsic.hart_bits || imsic.group_shift > 55) {
		return -EINVAL;
	}
	imsic.file_ids = ids + 1;
	imsic.regions = 0;
	for (unsigned i = 0; i < REGIONS_MAX && dt_reg(node, i, &base, &size) == 0; i++) {
		imsic.region[i].base = dev_mmio(dev, i, &imsic.region[i].size);
		if (imsic.region[i].base % FILE_SIZE != 0 || imsic.region[i].base == 0) {
			return -EINVAL;
		}
		imsic.regions = i + 1;
	}
	return 0;
}

/* Behind the hart's supervisor line, where @place of interrupts-extended leads. */
static int connect(struct device *dev, int place)
{
	const struct dt_node *ctl;
	uint32_t cells[4];
	unsigned n;
	int first;

	for (unsigned i = 0; i < LINES_MAX; i++) {
		atomic_store(&imsic.id[i].state, MASKED);
	}
	imsic.chip.ops = &imsic_ops;
	imsic.chip.node = dev->node;
	first = irq_chip_add(&imsic.chip, imsic.ids);
	if (first < 0) {
		return first;
	}
	imsic.first = first;
	dt_irq(dev->node, (unsigned)place, &ctl, cells, &n);
	return irq_request(irq_map(ctl, cells, n), imsic_interrupt, NULL, "imsic");
}

static int imsic_probe(struct device *dev, const struct dt_match *m)
{
	int place, err;

	(void)m;
	if (!imsic_is_supervisor(dev->node)) {
		return -ENODEV; /* the machine's files are the firmware's */
	}
	if (imsic.ids != 0) {
		return -EBUSY;
	}
	err = read_node(dev);
	if (err != 0) {
		return err;
	}
	imsic.ids = MIN(imsic.file_ids, LINES_MAX);
	place = hart_init(dev->node);
	err = place < 0 ? place : connect(dev, place);
	if (err != 0) {
		imsic.ids = 0;
		return err;
	}
	imsic.msi.ops = &imsic_msi_ops;
	imsic.msi.node = dev->node;
	msi_controller_add(&imsic.msi);
	log_debug("imsic %s: %u identities", dev->name, imsic.ids - 1);
	return 0;
}

static const struct dt_match imsic_match[] = {
	{ "riscv,imsics", 0 },
	{ NULL, 0 },
};

DRIVER(STAGE_IRQCHIP, imsic, imsic_match, imsic_probe);
