/* SPDX-License-Identifier: MIT */
/* Arm GICv2. Works with and without the Security Extensions: writing IGROUPR makes every line
 * Group 0 where that is ours to say, and is ignored (4.3.4: RAZ/WI) when a secure firmware has
 * given us Group 1; in both cases bit 0 of the two CTLR enables our group.
 * Spec: GICv2 IHI 0048B.b, 4.3 (distributor), 4.4 (CPU interface). */
#include "gic.h"

#include <drivers/irqchip.h>
#include <errno.h>
#include <kernel/arch.h>
#include <kernel/cpu.h>
#include <kernel/device.h>
#include <kernel/log.h>
#include <kernel/smp.h>

#define GICD_CTLR_ENABLE BIT32(0)

#define GICC_CTLR	 0x0000
#define GICC_CTLR_ENABLE BIT32(0)
#define GICC_CTLR_BYPASS FIELD(8, 5) /* the firmware's choice of legacy lines when we are off */
#define GICC_PMR	 0x0004
#define GICC_IAR	 0x000c
#define GICC_IAR_ID	 FIELD(9, 0)
#define GICC_EOIR	 0x0010
#define GICC_APR	 0x00d0 /* four words */

#define GICD_SGIR 0x0f00
#define GICD_SIZE 0x1000
#define GICC_SIZE 0x100

static struct gic_v2 {
	struct irqchip chip;
	uintptr_t dist;
	uintptr_t cpu;
	unsigned lines;
	uint8_t targets[CPU_MAX]; /* each CPU's bit in ITARGETSR, by its index */
	uint32_t private_cfg;	  /* triggers of the private lines, as the boot CPU set them */
} gic;

static int v2_xlate(struct irqchip *c, const uint32_t *cells, unsigned n)
{
	struct gic_v2 *g = container_of(c, struct gic_v2, chip);
	int line = gic_line(cells, n, g->lines);
	int err;

	if (line < 0) {
		return line;
	}
	err = gic_set_trigger(g->dist, (unsigned)line, cells[2]);
	if (err != 0) {
		return err;
	}
	gic_set_priority(g->dist, (unsigned)line);
	if (line >= GIC_LINE_SPI) {
		mmio_write8(g->dist + GICD_ITARGETSR + (unsigned)line, g->targets[0]);
	} else {
		g->private_cfg = mmio_read32(g->dist + GICD_ICFGR_PPI);
	}
	return line;
}

static void v2_mask(struct irqchip *c, unsigned line)
{
	gic_line_mask(container_of(c, struct gic_v2, chip)->dist, line);
}

static void v2_unmask(struct irqchip *c, unsigned line)
{
	gic_line_unmask(container_of(c, struct gic_v2, chip)->dist, line);
}

static void v2_handle(struct irqchip *c)
{
	struct gic_v2 *g = container_of(c, struct gic_v2, chip);

	for (;;) {
		uint32_t iar = mmio_read32(g->cpu + GICC_IAR);
		uint32_t line = field_get(iar, GICC_IAR_ID);

		if (line >= GIC_LINE_END) {
			return;
		}
		if (line < GIC_LINE_PPI) {
			smp_ipi_interrupt();
		} else if (line < g->lines) {
			irq_deliver(c, line);
		}
		/* 4.4.5: the value that was read, with the sending CPU of an SGI. */
		mmio_write32(g->cpu + GICC_EOIR, iar);
	}
}

/* The private lines' target bytes read as the mask of the CPU that reads (4.3.12). */
static uint8_t own_target(uintptr_t dist)
{
	for (uintptr_t line = 0; line < GIC_LINE_SPI; line++) {
		uint8_t mask = mmio_read8(dist + GICD_ITARGETSR + line);

		if (mask != 0) {
			return mask;
		}
	}
	return 1; /* a uniprocessor's read as zero, and its shared lines ignore theirs */
}

static void v2_cpu_init(struct irqchip *c)
{
	struct gic_v2 *g = container_of(c, struct gic_v2, chip);
	uint32_t bypass = mmio_read32(g->cpu + GICC_CTLR) & GICC_CTLR_BYPASS;

	g->targets[cpu_self()->index] = own_target(g->dist);
	gic_reset_lines(g->dist, 0, GIC_LINE_SPI, 0); /* banked: this CPU's */
	gic_private_init(g->dist, g->private_cfg);
	for (uintptr_t i = 0; i < 4; i++) {
		mmio_write32(g->cpu + GICC_APR + i * 4, 0);
	}
	mmio_write32(g->cpu + GICC_PMR, GIC_PRIORITY_MASK);
	mmio_write32(g->cpu + GICC_CTLR, bypass | GICC_CTLR_ENABLE);
}

static int v2_route(struct irqchip *c, unsigned line, unsigned cpu)
{
	struct gic_v2 *g = container_of(c, struct gic_v2, chip);

	if (line < GIC_LINE_SPI) {
		return -ENOTSUP;
	}
	mmio_write8(g->dist + GICD_ITARGETSR + line, g->targets[cpu]);
	return 0;
}

/* 4.3.15. */
static void v2_ipi(struct irqchip *c, const struct cpu *cpu)
{
	struct gic_v2 *g = container_of(c, struct gic_v2, chip);

	dma_mb(); /* what it is about, before the interrupt */
	mmio_write32(g->dist + GICD_SGIR, (uint32_t)g->targets[cpu->index] << 16 | GIC_LINE_IPI);
}

static const struct irqchip_ops v2_ops = {
	.xlate = v2_xlate,
	.mask = v2_mask,
	.unmask = v2_unmask,
	.handle = v2_handle,
	.cpu_init = v2_cpu_init,
	.route = v2_route,
	.ipi = v2_ipi,
};

static int v2_probe(struct device *dev, const struct dt_match *m)
{
	size_t dist_size, cpu_size;
	int first;

	(void)m;
	if (gic.chip.node != NULL) {
		return -EBUSY; /* a second one would be a child of the first: not supported */
	}
	gic.dist = dev_mmio(dev, 0, &dist_size);
	gic.cpu = dev_mmio(dev, 1, &cpu_size);
	if (gic.dist == 0 || gic.cpu == 0 || dist_size < GICD_SIZE || cpu_size < GICC_SIZE) {
		return -EINVAL;
	}
	gic.lines = gic_lines(gic.dist);
	mmio_write32(gic.dist + GICD_CTLR, 0);
	gic.private_cfg = mmio_read32(gic.dist + GICD_ICFGR_PPI);
	gic_reset_lines(gic.dist, GIC_LINE_SPI, gic.lines, 0);
	mmio_write32(gic.dist + GICD_CTLR, GICD_CTLR_ENABLE);

	gic.chip.ops = &v2_ops;
	gic.chip.node = dev->node;
	first = irq_chip_add(&gic.chip, gic.lines);
	if (first < 0) {
		return first;
	}
	log_debug("gic_v2 %s: %u lines", dev->name, gic.lines);
	return irq_set_root(&gic.chip);
}

static const struct dt_match v2_match[] = {
	{ "arm,cortex-a15-gic", 0 }, { "arm,cortex-a9-gic", 0 }, { "arm,cortex-a7-gic", 0 },
	{ "arm,gic-400", 0 },	     { "arm,gic-v2", 0 },	 { NULL, 0 },
};

DRIVER(STAGE_IRQCHIP, gic_v2, v2_match, v2_probe);
