/* SPDX-License-Identifier: MIT */
/* Arm GICv3 and v4: affinity routing, one redistributor a CPU, CPU interface in system registers.
 * Every line is Group 1: non-secure Group 1 where a secure firmware keeps the rest. LPIs are gic_lpi.c's.
 * Spec: GICv3/v4 IHI 0069H; sections cited below. */
#include "gic_v3.h"

#include "gic.h"

#include <arch/sysreg.h>
#include <drivers/irqchip.h>
#include <errno.h>
#include <kernel/arch.h>
#include <kernel/cpu.h>
#include <kernel/device.h>
#include <kernel/log.h>
#include <kernel/smp.h>

/* 12.9.4: the same two bits in the non-secure view of two security states (EnableGrp1A, ARE_NS)
 * and in the only view of one (EnableGrp1, ARE). */
#define GICD_CTLR_GRP1 BIT32(1)
#define GICD_CTLR_ARE  BIT32(4)
#define GICD_CTLR_RWP  BIT32(31)
#define GICD_IROUTER   0x6000
#define GICD_PIDR2     0xffe8 /* the same place in a redistributor */
#define PIDR2_ARCH_REV FIELD(7, 4)
#define GICD_SIZE      0x10000

#define GICR_TYPER_VLPIS  (1UL << 1)
#define GICR_TYPER_LAST	  (1UL << 4)
#define GICR_WAKER	  0x0014
#define GICR_WAKER_SLEEP  BIT32(1)
#define GICR_WAKER_ASLEEP BIT32(2)
#define GICR_FRAME	  0x10000
#define GICR_SGI_BASE	  GICR_FRAME /* second frame: the lines' registers, laid out as GICD's */
#define GICR_SIZE	  (2 * GICR_FRAME)
#define GICR_SIZE_VLPIS	  (4 * GICR_FRAME)

/* 12.2; by number, since an assembler for ARMv8.0 does not know the names. */
#define ICC_PMR_EL1	 S3_0_C4_C6_0
#define ICC_AP1R0_EL1	 S3_0_C12_C9_0
#define ICC_AP1R1_EL1	 S3_0_C12_C9_1
#define ICC_AP1R2_EL1	 S3_0_C12_C9_2
#define ICC_AP1R3_EL1	 S3_0_C12_C9_3
#define ICC_IAR1_EL1	 S3_0_C12_C12_0
#define ICC_EOIR1_EL1	 S3_0_C12_C12_1
#define ICC_SGI1R_EL1	 S3_0_C12_C11_5
#define ICC_CTLR_EL1	 S3_0_C12_C12_4
#define ICC_CTLR_EOIMODE BIT32(1)
#define ICC_CTLR_PRIBITS FIELD(10, 8)
#define ICC_SRE_EL1	 S3_0_C12_C12_5
#define ICC_SRE_SRE	 BIT32(0)
#define ICC_IGRPEN1_EL1	 S3_0_C12_C12_7
#define ID_PFR0_GIC	 FIELD(27, 24)

#define REGIONS_MAX 8

struct irqchip *gic_lpis;

static struct gic_v3 {
	struct irqchip chip;
	uintptr_t dist;
	unsigned lines;
	unsigned regions;
	struct {
		uintptr_t base;
		size_t size;
	} region[REGIONS_MAX];	   /* of redistributors */
	size_t stride;		   /* between redistributors; 0: as TYPER says */
	uintptr_t redist[CPU_MAX]; /* by cpu->index */
	bool stuck;		   /* a write never took effect, and was reported */
} gic;

uintptr_t gic_v3_dist(void)
{
	return gic.chip.node != NULL ? gic.dist : 0;
}

uintptr_t gic_v3_redist(unsigned cpu)
{
	return gic.redist[cpu];
}

/* Registers of a line: its own CPU's redistributor or the distributor. */
static uintptr_t line_base(const struct gic_v3 *g, unsigned line)
{
	return line < GIC_LINE_SPI ? g->redist[cpu_self()->index] + GICR_SGI_BASE : g->dist;
}

static int v3_xlate(struct irqchip *c, const uint32_t *cells, unsigned n)
{
	struct gic_v3 *g = container_of(c, struct gic_v3, chip);
	int line = gic_line(cells, n, g->lines);
	uintptr_t base;
	int err;

	if (line < 0) {
		return line;
	}
	base = line_base(g, (unsigned)line);
	err = gic_set_trigger(base, (unsigned)line, cells[2]);
	if (err != 0) {
		return err;
	}
	gic_set_priority(base, (unsigned)line);
	if (line >= GIC_LINE_SPI) {
		/* Affinity as MPIDR has it; Interrupt_Routing_Mode (31) 0: this CPU alone. */
		mmio_write64(g->dist + GICD_IROUTER + (unsigned)line * 8UL, cpus[0].hw_id);
	}
	return line;
}

/* Until RWP clears a masked line may still interrupt (12.9.7, 12.11.13). */
static void wait_masked(struct gic_v3 *g, unsigned line)
{
	int err = line < GIC_LINE_SPI
			  ? gic_wait_clear(g->redist[cpu_self()->index] + GICR_CTLR, GICR_CTLR_RWP)
			  : gic_wait_clear(g->dist + GICD_CTLR, GICD_CTLR_RWP);

	if (err != 0 && !g->stuck) {
		g->stuck = true;
		log_error("gic_v3: masking line %u never took effect: %d", line, err);
	}
}

static void v3_mask(struct irqchip *c, unsigned line)
{
	struct gic_v3 *g = container_of(c, struct gic_v3, chip);

	gic_line_mask(line_base(g, line), line);
	wait_masked(g, line);
}

static void v3_unmask(struct irqchip *c, unsigned line)
{
	gic_line_unmask(line_base(container_of(c, struct gic_v3, chip), line), line);
}

static void v3_handle(struct irqchip *c)
{
	struct gic_v3 *g = container_of(c, struct gic_v3, chip);

	for (;;) {
		uint32_t line = (uint32_t)sysreg_read(ICC_IAR1_EL1);

		dsb(); /* 4.1.1: the read of IAR is seen by the redistributor only after it */
		if (line >= GIC_LINE_END && line < 1024) {
			return;
		}
		if (line < GIC_LINE_PPI) {
			smp_ipi_interrupt();
		} else if (line < g->lines) {
			irq_deliver(c, line);
		} else if (line >= GIC_LPI_FIRST && gic_lpis != NULL) {
			irq_deliver(gic_lpis, line - GIC_LPI_FIRST);
		}
		sysreg_write(ICC_EOIR1_EL1, line);
		isb(); /* the priority has dropped before the next read of IAR */
	}
}

/* The redistributor of this CPU: the one that carries its affinity (12.11.35). 0: none. */
static uintptr_t find_redist(const struct gic_v3 *g, uint64_t mpidr)
{
	uint64_t affinity = (mpidr >> 32 & 0xff) << 24 | (mpidr & 0xffffff);

	for (unsigned i = 0; i < g->regions; i++) {
		size_t off = 0;

		while (g->region[i].size - off >= GICR_SIZE) {
			uintptr_t rd = g->region[i].base + off;
			uint64_t typer = mmio_read64(rd + GICR_TYPER);
			size_t step = (typer & GICR_TYPER_VLPIS) != 0 ? GICR_SIZE_VLPIS : GICR_SIZE;

			if (typer >> 32 == affinity) {
				return rd;
			}
			step = g->stride != 0 ? g->stride : step;
			if ((typer & GICR_TYPER_LAST) != 0 || step > g->region[i].size - off) {
				break;
			}
			off += step;
		}
	}
	return 0;
}

static int redist_init(struct gic_v3 *g)
{
	struct cpu *cpu = cpu_self();
	uintptr_t rd = find_redist(g, cpu->hw_id);
	int err;

	if (rd == 0) {
		log_error("gic_v3: no redistributor for CPU 0x%llx",
			  (unsigned long long)cpu->hw_id);
		return -ENXIO;
	}
	/* Ignored where only the secure side may wake it; then it is awake (12.11.42). */
	mmio_write32(rd + GICR_WAKER, mmio_read32(rd + GICR_WAKER) & ~GICR_WAKER_SLEEP);
	err = gic_wait_clear(rd + GICR_WAKER, GICR_WAKER_ASLEEP);
	if (err != 0) {
		return err;
	}
	g->redist[cpu->index] = rd;
	gic_reset_lines(rd + GICR_SGI_BASE, 0, GIC_LINE_SPI, ~0U);
	gic_private_init(rd + GICR_SGI_BASE,
			 mmio_read32(g->redist[0] + GICR_SGI_BASE + GICD_ICFGR_PPI));
	return gic_wait_clear(rd + GICR_CTLR, GICR_CTLR_RWP);
}

/* What a loader left active would hold back all that is not more urgent. How many of the
 * registers exist follows from the number of priority bits (12.2.2). */
static void clear_active_priorities(uint32_t pribits)
{
	if (pribits > 6) {
		sysreg_write(ICC_AP1R3_EL1, 0);
		sysreg_write(ICC_AP1R2_EL1, 0);
	}
	if (pribits > 5) {
		sysreg_write(ICC_AP1R1_EL1, 0);
	}
	sysreg_write(ICC_AP1R0_EL1, 0);
}

static int cpu_interface_init(void)
{
	uint32_t ctlr;

	if (field_get((uint32_t)sysreg_read(id_aa64pfr0_el1), ID_PFR0_GIC) == 0) {
		return -ENXIO;
	}
	sysreg_write(ICC_SRE_EL1, sysreg_read(ICC_SRE_EL1) | ICC_SRE_SRE);
	isb();
	if ((sysreg_read(ICC_SRE_EL1) & ICC_SRE_SRE) == 0) {
		return -ENXIO; /* the firmware chose the memory-mapped interface of GICv2 */
	}
	ctlr = (uint32_t)sysreg_read(ICC_CTLR_EL1);
	clear_active_priorities(field_get(ctlr, ICC_CTLR_PRIBITS) + 1);
	sysreg_write(ICC_CTLR_EL1, ctlr & ~ICC_CTLR_EOIMODE); /* EOIR deactivates too */
	sysreg_write(ICC_PMR_EL1, GIC_PRIORITY_MASK);
	sysreg_write(ICC_IGRPEN1_EL1, 1);
	isb();
	return 0;
}

static int cpu_setup(struct gic_v3 *g)
{
	int err = redist_init(g);

	return err != 0 ? err : cpu_interface_init();
}

static void v3_cpu_init(struct irqchip *c)
{
	struct gic_v3 *g = container_of(c, struct gic_v3, chip);
	int err;

	if (g->redist[cpu_self()->index] != 0) {
		return; /* the boot CPU: the probe did it, which can refuse the machine */
	}
	err = cpu_setup(g);
	if (err != 0) {
		log_error("gic_v3: CPU %u has no interrupts: %d", cpu_self()->index, err);
	}
}

static int v3_route(struct irqchip *c, unsigned line, unsigned cpu)
{
	if (line < GIC_LINE_SPI) {
		return -ENOTSUP;
	}
	mmio_write64(container_of(c, struct gic_v3, chip)->dist + GICD_IROUTER + line * 8UL,
		     cpus[cpu].hw_id);
	return 0;
}

/* 12.2.19: the target's affinity, its place in a group of sixteen as a bit. */
static void v3_ipi(struct irqchip *c, const struct cpu *cpu)
{
	uint64_t id = cpu->hw_id, aff0 = id & 0xff;

	(void)c;
	dsb(); /* what it is about, before the interrupt */
	sysreg_write(ICC_SGI1R_EL1, (id >> 32 & 0xff) << 48 | (aff0 >> 4) << 44 |
					    (id >> 16 & 0xff) << 32 | (uint64_t)GIC_LINE_IPI << 24 |
					    (id >> 8 & 0xff) << 16 | 1UL << (aff0 & 15));
	isb();
}

static const struct irqchip_ops v3_ops = {
	.xlate = v3_xlate,
	.mask = v3_mask,
	.unmask = v3_unmask,
	.handle = v3_handle,
	.cpu_init = v3_cpu_init,
	.route = v3_route,
	.ipi = v3_ipi,
};

static int dist_init(const struct gic_v3 *g)
{
	uintptr_t ctlr = g->dist + GICD_CTLR;
	uint32_t rev = field_get(mmio_read32(g->dist + GICD_PIDR2), PIDR2_ARCH_REV);
	int err;

	if (rev != 3 && rev != 4) {
		return -ENODEV;
	}
	mmio_write32(ctlr, 0);
	err = gic_wait_clear(ctlr, GICD_CTLR_RWP);
	if (err != 0) {
		return err;
	}
	/* 12.9.4: ARE changes only while the groups are off. */
	mmio_write32(ctlr, GICD_CTLR_ARE);
	if ((mmio_read32(ctlr) & GICD_CTLR_ARE) == 0) {
		return -ENXIO;
	}
	gic_reset_lines(g->dist, GIC_LINE_SPI, g->lines, ~0U);
	mmio_write32(ctlr, GICD_CTLR_ARE | GICD_CTLR_GRP1);
	return gic_wait_clear(ctlr, GICD_CTLR_RWP);
}

/* Windows of the binding arm,gic-v3: the distributor, then the redistributor regions. */
static int map_windows(struct device *dev)
{
	uint32_t regions = dt_u32(dev->node, "#redistributor-regions", 0, 1);
	uint64_t stride = 0;
	size_t size;

	gic.dist = dev_mmio(dev, 0, &size);
	if (gic.dist == 0 || size < GICD_SIZE || regions == 0 || regions > REGIONS_MAX) {
		return -EINVAL;
	}
	if (dt_number(dev->node, "redistributor-stride", &stride) &&
	    (stride < GICR_SIZE || stride % GICR_FRAME != 0)) {
		return -EINVAL;
	}
	gic.stride = stride;
	for (unsigned i = 0; i < regions; i++) {
		gic.region[i].base = dev_mmio(dev, 1 + i, &gic.region[i].size);
		if (gic.region[i].base == 0) {
			return -EINVAL;
		}
	}
	gic.regions = regions;
	return 0;
}

static int v3_probe(struct device *dev, const struct dt_match *m)
{
	int err;

	(void)m;
	if (gic.chip.node != NULL) {
		return -EBUSY;
	}
	err = map_windows(dev);
	if (err != 0) {
		return err;
	}
	gic.lines = gic_lines(gic.dist);
	err = dist_init(&gic);
	if (err != 0) {
		return err;
	}
	err = cpu_setup(&gic);
	if (err != 0) {
		return err;
	}
	gic.chip.ops = &v3_ops;
	gic.chip.node = dev->node;
	err = irq_chip_add(&gic.chip, gic.lines);
	if (err < 0) {
		return err;
	}
	log_debug("gic_v3 %s: %u lines, %u redistributor regions", dev->name, gic.lines,
		  gic.regions);
	return irq_set_root(&gic.chip);
}

static const struct dt_match v3_match[] = {
	{ "arm,gic-v3", 0 },
	{ NULL, 0 },
};

DRIVER(STAGE_IRQCHIP, gic_v3, v3_match, v3_probe);
