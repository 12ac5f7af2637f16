/* SPDX-License-Identifier: MIT */
/* LPIs of a GICv3: one table says which are enabled, and each redistributor has one of those that are pending. Both
 * are made when the first device asks for a message; a machine without one pays nothing.
 * Spec: GICv3/v4 IHI 0069H; sections cited below. */
#include "gic_lpi.h"

#include "gic.h"
#include "gic_its.h"
#include "gic_v3.h"

#include <drivers/irqchip.h>
#include <errno.h>
#include <kernel/arch.h>
#include <kernel/cpu.h>
#include <kernel/irq.h>
#include <kernel/log.h>
#include <kernel/page.h>
#include <string.h>

#define GICD_TYPER_LPIS	  BIT32(17)
#define GICD_TYPER_IDBITS FIELD(23, 19) /* less one */

#define GICR_TYPER_PLPIS    (1UL << 0)
#define GICR_PROPBASER	    0x0070
#define GICR_PENDBASER	    0x0078
#define GICR_PENDBASER_ZERO (1UL << 62) /* the table holds none */

#define SHAREABILITY	(3UL << 10)
#define SHARE_INNER	(1UL << 10)
#define CACHE_NONE	1UL /* normal, non-cacheable */
#define CACHE_WRITEBACK 7UL /* read and write allocate */

/* The fewest bits of an interrupt number with which there are LPIs (12.11.29): 8,192 of them, of which we give
 * away so many. */
#define ID_BITS	      14
#define CONFIG_SIZE   8192UL
#define PENDING_ALIGN 16 /* pages; the table itself is 2 KiB (5.1.2) */
#define LPIS	      256

/* 5.1.1: a byte an LPI. */
#define CONFIG_ENABLE 1
#define CONFIG_RES1   2

struct spinlock lpi_lock;

static struct lpis {
	struct irqchip chip;
	int first; /* irq number of LPI 8192 */
	uint8_t *config;
	bool coherent; /* what we write there is seen */
	bool on[CPU_MAX];
	struct lpi lpi[LPIS];
} lpis;

bool gic_write_base(uintptr_t reg, uint64_t v, unsigned cache)
{
	mmio_write64(reg, v | SHARE_INNER | CACHE_WRITEBACK << cache);
	if ((mmio_read64(reg) & SHAREABILITY) != 0) {
		return true;
	}
	mmio_write64(reg, v | CACHE_NONE << cache);
	return false;
}

static void configure(unsigned line, uint8_t enable)
{
	irqstate_t s = spin_lock_save(&lpi_lock);
	struct lpi *l = &lpis.lpi[line];

	if (l->its != NULL) {
		lpis.config[line] = GIC_PRIORITY | CONFIG_RES1 | enable;
		if (!lpis.coherent) {
			arch_dcache_clean(&lpis.config[line], 1);
		}
		its_invalidate_locked(l); /* an ITS that does not answer has said so */
	}
	spin_unlock_restore(&lpi_lock, s);
}

static int lpi_xlate(struct irqchip *c, const uint32_t *cells, unsigned n)
{
	(void)c;
	(void)cells;
	(void)n;
	return -EINVAL; /* no wire leads here */
}

static void lpi_mask(struct irqchip *c, unsigned line)
{
	(void)c;
	configure(line, 0);
}

static void lpi_unmask(struct irqchip *c, unsigned line)
{
	(void)c;
	configure(line, CONFIG_ENABLE);
}

static int lpi_route(struct irqchip *c, unsigned line, unsigned cpu)
{
	irqstate_t s = spin_lock_save(&lpi_lock);
	struct lpi *l = &lpis.lpi[line];
	int err = l->its != NULL ? its_move_locked(l, cpu) : -ENOTSUP;

	(void)c;
	if (err == 0) {
		l->cpu = cpu;
	}
	spin_unlock_restore(&lpi_lock, s);
	return err;
}

/* Not the root: the GICv3's handle() delivers. */
static const struct irqchip_ops lpi_ops = {
	.xlate = lpi_xlate,
	.mask = lpi_mask,
	.unmask = lpi_unmask,
	.route = lpi_route,
};

int lpi_init(void)
{
	uint32_t typer = mmio_read32(gic_v3_dist() + GICD_TYPER);

	if (lpis.chip.ops != NULL) {
		return 0;
	}
	if ((typer & GICD_TYPER_LPIS) == 0 || field_get(typer, GICD_TYPER_IDBITS) + 1 < ID_BITS) {
		return -ENOTSUP;
	}
	lpis.first = irq_chip_add(&lpis.chip, LPIS);
	if (lpis.first < 0) {
		return lpis.first;
	}
	lpis.chip.ops = &lpi_ops;
	gic_lpis = &lpis.chip;
	return 0;
}

int lpi_find_locked(const struct its *its, uint32_t device, unsigned n)
{
	unsigned used = 0;

	for (; used < LPIS && lpis.lpi[used].its != NULL; used++) {
		if (lpis.lpi[used].its == its && lpis.lpi[used].device == device) {
			return -EBUSY;
		}
	}
	return n > LPIS - used ? -ENOSPC : (int)used;
}

struct lpi *lpi_at(unsigned i)
{
	return &lpis.lpi[i];
}

uint32_t lpi_intid(unsigned i)
{
	return GIC_LPI_FIRST + i;
}

int lpi_irq(unsigned i)
{
	return lpis.first + (int)i;
}

/* --- redistributors ----------------------------------------------------------------------- */

static int make_config(void)
{
	if (lpis.config == NULL) {
		lpis.config = page_alloc(CONFIG_SIZE / PAGE_SIZE, 1);
		if (lpis.config == NULL) {
			return -ENOMEM;
		}
		memset(lpis.config, 0, CONFIG_SIZE);
		arch_dcache_clean(lpis.config, CONFIG_SIZE);
		lpis.coherent = true;
	}
	return 0;
}

/* A loader that used LPIs may have left them on, with tables of its own: the registers change only while they are
 * off (12.11.3), and not every redistributor can be turned off. */
static int turn_off(uintptr_t rd, unsigned cpu)
{
	uint32_t ctlr = mmio_read32(rd + GICR_CTLR);

	if ((ctlr & GICR_CTLR_ENABLELPIS) == 0) {
		return 0;
	}
	mmio_write32(rd + GICR_CTLR, ctlr & ~GICR_CTLR_ENABLELPIS);
	gic_wait_clear(rd + GICR_CTLR, GICR_CTLR_RWP);
	if ((mmio_read32(rd + GICR_CTLR) & GICR_CTLR_ENABLELPIS) != 0) {
		log_error("gic_lpi: CPU %u has LPIs of the loader's, and keeps them", cpu);
		return -EBUSY;
	}
	return 0;
}

int lpi_enable_cpu_locked(unsigned cpu)
{
	uintptr_t rd = gic_v3_redist(cpu);
	void *pending;
	int err;

	if (lpis.on[cpu]) {
		return 0;
	}
	if (rd == 0 || (mmio_read64(rd + GICR_TYPER) & GICR_TYPER_PLPIS) == 0) {
		return -ENOTSUP;
	}
	err = make_config();
	if (err != 0) {
		return err;
	}
	err = turn_off(rd, cpu);
	if (err != 0) {
		return err;
	}
	pending = page_alloc(1, PENDING_ALIGN);
	if (pending == NULL) {
		return -ENOMEM;
	}
	memset(pending, 0, PAGE_SIZE);
	arch_dcache_clean(pending, PAGE_SIZE);
	lpis.coherent &= gic_write_base(rd + GICR_PROPBASER, (uintptr_t)lpis.config | (ID_BITS - 1),
					GICR_BASER_CACHE);
	gic_write_base(rd + GICR_PENDBASER, (uintptr_t)pending | GICR_PENDBASER_ZERO,
		       GICR_BASER_CACHE);
	mmio_write32(rd + GICR_CTLR, mmio_read32(rd + GICR_CTLR) | GICR_CTLR_ENABLELPIS);
	lpis.on[cpu] = true;
	return 0;
}
