/* SPDX-License-Identifier: MIT */
/* RISC-V advanced platform-level interrupt controller: wired interrupts, in the domain of supervisor mode. Either
 * each hart has an interrupt delivery control structure (IDC) that leads to its external line, or a wire becomes a
 * message to an IMSIC, where a line has an identity of its own from its first use on.
 * Spec: RISC-V Advanced Interrupt Architecture 1.0, 4; bindings riscv,aplic and riscv,imsics. */
#include "imsic.h"

#include <drivers/field.h>
#include <drivers/irqchip.h>
#include <drivers/riscv_cpu.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/arch.h>
#include <kernel/cpu.h>
#include <kernel/device.h>
#include <kernel/log.h>

/* 4.5. */
#define DOMAINCFG	0x0000
#define DOMAINCFG_IE	BIT32(8)
#define DOMAINCFG_DM	BIT32(2) /* delivery by messages */
#define DOMAINCFG_BE	BIT32(0)
#define SOURCECFG	0x0000 /* one word a source, of which 0 is none */
#define SETIPNUM	0x1cdc
#define IN_CLRIP	0x1d00 /* read: the wires, as their polarity has it */
#define SETIENUM	0x1edc
#define CLRIE		0x1f00
#define CLRIENUM	0x1fdc
#define TARGET		0x3000 /* one word a source */
#define TARGET_HART	FIELD(31, 18)
#define TARGET_PRIORITY FIELD(7, 0)
#define TARGET_EIID	FIELD(10, 0)
#define IDC		0x4000 /* 4.8 */
#define IDC_SIZE	0x20
#define IDC_IDELIVERY	0x00
#define IDC_ITHRESHOLD	0x08
#define IDC_CLAIMI	0x1c
#define CLAIMI_SOURCE	FIELD(25, 16)
#define SOURCES_MAX	1023
#define IDCS_MAX	16384

/* 4.5.2: source modes. */
enum { SM_INACTIVE = 0, SM_RISING = 4, SM_FALLING = 5, SM_HIGH = 6, SM_LOW = 7 };

/* Cell 1 of a specifier. */
enum { SPEC_RISING = 1, SPEC_FALLING = 2, SPEC_HIGH = 4, SPEC_LOW = 8, SPEC_BITS = 15 };

struct source {
	uint16_t id; /* by messages: of the IMSIC; 0: not used yet */
	bool level;
};

/* One: the machine's, in supervisor mode. */
static struct aplic {
	struct irqchip chip;
	uintptr_t base;
	size_t size;
	unsigned lines;		     /* sources and the one that is none */
	const struct dt_node *imsic; /* by messages: where to */
	struct source *source;
	uintptr_t idc[CPU_MAX]; /* by wires: each CPU's; 0: none */
	uint16_t hart_index[CPU_MAX];
	bool lied; /* claimed a source that it does not have; said once */
} aplic;

static void aplic_mask(struct irqchip *c, unsigned line)
{
	(void)c;
	mmio_write32(aplic.base + CLRIENUM, line);
}

/* By messages a level that was there before, or still is, sends none by itself (4.9.2). The wire is looked at first:
 * QEMU before 9.0 takes the write for a wire that is low as well. */
static void send_level(unsigned line)
{
	if (aplic.source[line].level &&
	    (mmio_read32(aplic.base + IN_CLRIP + line / 32 * 4) >> line % 32 & 1) != 0) {
		mmio_write32(aplic.base + SETIPNUM, line);
	}
}

static void aplic_unmask(struct irqchip *c, unsigned line)
{
	(void)c;
	mmio_write32(aplic.base + SETIENUM, line);
	if (aplic.imsic != NULL) {
		send_level(line);
	}
}

static int set_target(unsigned line, unsigned cpu)
{
	uint32_t v;

	if (aplic.imsic != NULL) {
		int hart = imsic_hart_index(cpu);

		if (hart < 0) {
			return hart;
		}
		v = field_set(aplic.source[line].id, TARGET_HART, (uint32_t)hart);
	} else if (aplic.idc[cpu] != 0) {
		v = field_set(1, TARGET_HART, aplic.hart_index[cpu]); /* one priority for all */
	} else {
		return -ENOTSUP;
	}
	mmio_write32(aplic.base + TARGET + line * 4UL, v);
	return 0;
}

static int aplic_route(struct irqchip *c, unsigned line, unsigned cpu)
{
	int err = 0;

	(void)c;
	if (aplic.imsic != NULL) {
		if (aplic.source[line].id == 0) {
			return -ENOTSUP;
		}
		err = irq_set_cpu(imsic_irq(aplic.source[line].id), cpu);
	}
	return err != 0 ? err : set_target(line, cpu);
}

/* --- by messages -------------------------------------------------------------------------- */

static void message_arrived(void *arg)
{
	unsigned line = (unsigned)((struct source *)arg - aplic.source);

	irq_deliver(&aplic.chip, line);
	send_level(line);
}

static int connect_source(unsigned line)
{
	struct source *s = &aplic.source[line];
	int id, err;

	if (s->id != 0) {
		return 0;
	}
	id = imsic_alloc(aplic.imsic);
	if (id < 0) {
		return id;
	}
	s->id = (uint16_t)id;
	err = irq_request(imsic_irq((unsigned)id), message_arrived, s, "aplic");
	return err != 0 ? err : set_target(line, 0);
}

/* --- by wires ----------------------------------------------------------------------------- */

/* The hart's external line. A claim of 0 means that nothing is left (4.8.1.5). */
static void idc_interrupt(void *arg)
{
	uintptr_t idc = aplic.idc[cpu_self()->index];

	(void)arg;
	for (;;) {
		uint32_t source = field_get(mmio_read32(idc + IDC_CLAIMI), CLAIMI_SOURCE);

		if (source == 0) {
			return;
		}
		if (source < aplic.lines) {
			irq_deliver(&aplic.chip, source);
		} else {
			if (!aplic.lied) {
				aplic.lied = true;
				log_error("aplic: claimed source %u of %u", source,
					  aplic.lines - 1);
			}
			aplic_mask(&aplic.chip, source); /* a level would come for ever */
		}
	}
}

/* This hart's IDC: by its place, unless the tree numbers harts otherwise. */
static int idc_init(const struct dt_node *node)
{
	unsigned cpu = cpu_self()->index;
	int place = riscv_external_place(node, IDCS_MAX);
	uint32_t index;
	uintptr_t idc;

	if (place < 0) {
		return place;
	}
	index = dt_u32(node, "riscv,hart-indexes", (unsigned)place, (uint32_t)place);
	if (index >= IDCS_MAX || aplic.size < IDC + (index + 1UL) * IDC_SIZE) {
		return -EINVAL;
	}
	idc = aplic.base + IDC + (uintptr_t)index * IDC_SIZE;
	mmio_write32(idc + IDC_ITHRESHOLD, 0);
	mmio_write32(idc + IDC_IDELIVERY, 1);
	aplic.hart_index[cpu] = (uint16_t)index;
	aplic.idc[cpu] = idc;
	return place;
}

/* On further harts; by messages there is nothing to do for one. */
static void aplic_cpu_init(struct irqchip *c)
{
	int err = aplic.imsic == NULL ? idc_init(c->node) : 0;

	if (err < 0) {
		log_warn("aplic: no delivery to hart %llu: %d",
			 (unsigned long long)cpu_self()->hw_id, err);
	}
}

/* --- the tree ----------------------------------------------------------------------------- */

static uint32_t source_mode(uint32_t flags)
{
	switch (flags & SPEC_BITS) {
	case SPEC_RISING:
		return SM_RISING;
	case SPEC_FALLING:
		return SM_FALLING;
	case SPEC_HIGH:
		return SM_HIGH;
	case SPEC_LOW:
		return SM_LOW;
	default:
		return SM_INACTIVE;
	}
}

static int aplic_xlate(struct irqchip *c, const uint32_t *cells, unsigned n)
{
	uint32_t line, mode;
	uintptr_t reg;
	int err;

	(void)c;
	if (n < 2 || cells[0] == 0 || cells[0] >= aplic.lines) {
		return -EINVAL;
	}
	line = cells[0];
	mode = source_mode(cells[1]);
	reg = aplic.base + SOURCECFG + line * 4UL;
	mmio_write32(reg, mode);
	/* A source that is not this domain's, or not so, reads as zero or another mode (4.5.2). */
	if (mode == SM_INACTIVE || mmio_read32(reg) != mode) {
		return -EINVAL;
	}
	aplic.source[line].level = mode >= SM_HIGH;
	err = aplic.imsic != NULL ? connect_source(line) : set_target(line, 0);
	return err != 0 ? err : (int)line;
}

/* Not the root: the hart's controller or the IMSIC calls. */
static const struct irqchip_ops aplic_ops = {
	.xlate = aplic_xlate,
	.mask = aplic_mask,
	.unmask = aplic_unmask,
	.cpu_init = aplic_cpu_init,
	.route = aplic_route,
};

static int reset_domain(void)
{
	uint32_t want = DOMAINCFG_IE | (aplic.imsic != NULL ? DOMAINCFG_DM : 0);

	mmio_write32(aplic.base + DOMAINCFG, 0);
	for (unsigned line = 0; line < aplic.lines; line += 32) {
		mmio_write32(aplic.base + CLRIE + line / 32 * 4, ~0U);
	}
	for (unsigned line = 1; line < aplic.lines; line++) {
		mmio_write32(aplic.base + SOURCECFG + line * 4UL, SM_INACTIVE);
	}
	mmio_write32(aplic.base + DOMAINCFG, want);
	/* A domain may know one of the two ways, and one order of bytes, only (4.5.1). */
	return (mmio_read32(aplic.base + DOMAINCFG) &
		(DOMAINCFG_IE | DOMAINCFG_DM | DOMAINCFG_BE)) == want
		       ? 0
		       : -ENOTSUP;
}

/* By wires: behind the hart's supervisor line. */
static int connect_idc(struct device *dev)
{
	const struct dt_node *ctl;
	uint32_t cells[4];
	unsigned n;
	int place = idc_init(dev->node);

	if (place < 0) {
		return place;
	}
	dt_irq(dev->node, (unsigned)place, &ctl, cells, &n);
	return irq_request(irq_map(ctl, cells, n), idc_interrupt, NULL, "aplic");
}

static int start(struct device *dev)
{
	int err;

	aplic.source = kzalloc(aplic.lines * sizeof(*aplic.source));
	if (aplic.source == NULL) {
		return -ENOMEM;
	}
	err = reset_domain();
	if (err == 0 && aplic.imsic == NULL) {
		err = connect_idc(dev);
	}
	if (err == 0) {
		aplic.chip.ops = &aplic_ops;
		aplic.chip.node = dev->node;
		err = irq_chip_add(&aplic.chip, aplic.lines);
	}
	if (err < 0) {
		kfree(aplic.source);
		return err;
	}
	log_debug("aplic %s: %u sources, by %s", dev->name, aplic.lines - 1,
		  aplic.imsic != NULL ? "messages" : "wires");
	return 0;
}

/* Whether the domain is supervisor mode's: its wires or its messages lead there. The others are the firmware's. */
static bool is_supervisor(const struct dt_node *node)
{
	const struct dt_node *imsic = dt_ref(node, "msi-parent");

	return imsic != NULL ? imsic_is_supervisor(imsic)
			     : riscv_external_place(node, IDCS_MAX) >= 0;
}

static int aplic_probe(struct device *dev, const struct dt_match *m)
{
	uint32_t sources = dt_u32(dev->node, "riscv,num-sources", 0, 0);
	int err;

	(void)m;
	if (!is_supervisor(dev->node)) {
		return -ENODEV;
	}
	if (aplic.base != 0) {
		return -EBUSY;
	}
	if (sources == 0 || sources > SOURCES_MAX) {
		return -EINVAL;
	}
	aplic.lines = sources + 1;
	aplic.imsic = dt_ref(dev->node, "msi-parent");
	aplic.base = dev_mmio(dev, 0, &aplic.size);
	if (aplic.base == 0) {
		return -EINVAL;
	}
	err = aplic.size < IDC ? -EINVAL : start(dev);
	if (err != 0) {
		aplic.base = 0;
	}
	return err;
}

static const struct dt_match aplic_match[] = {
	{ "riscv,aplic", 0 },
	{ NULL, 0 },
};

DRIVER(STAGE_IRQCHIP, aplic, aplic_match, aplic_probe);
