/* SPDX-License-Identifier: MIT */
/* The distributor registers that GICv2 and GICv3 share (gic.h names the manuals). */
#include "gic.h"

#include <errno.h>
#include <kernel/arch.h>

/* Cell 0 of a specifier. */
enum { SPEC_SPI = 0, SPEC_PPI = 1 };

/* Cell 2, bits 3:0. */
enum { TYPE_RISING = 1, TYPE_FALLING = 2, TYPE_HIGH = 4, TYPE_LOW = 8, TYPE_BITS = 15 };

/* A register read takes 50 ns at least on any bus: about a tenth of a second and more. */
#define WAIT_READS 2000000

unsigned gic_lines(uintptr_t dist)
{
	unsigned n = 32 * (field_get(mmio_read32(dist + GICD_TYPER), GICD_TYPER_IT_LINES) + 1);

	return MIN(n, GIC_LINE_END);
}

int gic_line(const uint32_t *cells, unsigned n, unsigned lines)
{
	uint32_t line;

	if (n < 3) {
		return -EINVAL;
	}
	if (cells[0] == SPEC_PPI) {
		return cells[1] < GIC_LINE_SPI - GIC_LINE_PPI ? (int)(GIC_LINE_PPI + cells[1])
							      : -EINVAL;
	}
	if (cells[0] != SPEC_SPI || add_overflow(cells[1], GIC_LINE_SPI, &line) || line >= lines) {
		return -EINVAL;
	}
	return (int)line;
}

int gic_set_trigger(uintptr_t base, unsigned line, uint32_t flags)
{
	uintptr_t reg = base + GICD_ICFGR + line / 16 * 4;
	uint32_t edge_bit = BIT32(line % 16 * 2 + 1);
	uint32_t type = flags & TYPE_BITS;
	uint32_t old, cfg;

	/* The polarity of private lines is wired; a shared line takes rising edges or high levels. */
	if (line >= GIC_LINE_SPI && (type == TYPE_FALLING || type == TYPE_LOW)) {
		return -EINVAL;
	}
	if (type == 0) {
		return 0; /* "as it is" */
	}
	old = mmio_read32(reg);
	cfg = (type & (TYPE_RISING | TYPE_FALLING)) != 0 ? old | edge_bit : old & ~edge_bit;
	if (cfg == old) {
		return 0;
	}
	mmio_write32(reg, cfg);
	if (mmio_read32(reg) != cfg && line >= GIC_LINE_SPI) {
		return -EINVAL;
	}
	return 0;
}

void gic_set_priority(uintptr_t base, unsigned line)
{
	mmio_write8(base + GICD_IPRIORITYR + line, GIC_PRIORITY);
}

void gic_line_mask(uintptr_t base, unsigned line)
{
	mmio_write32(base + GICD_ICENABLER + line / 32 * 4, BIT32(line % 32));
}

void gic_line_unmask(uintptr_t base, unsigned line)
{
	mmio_write32(base + GICD_ISENABLER + line / 32 * 4, BIT32(line % 32));
}

void gic_reset_lines(uintptr_t base, unsigned from, unsigned to, uint32_t group)
{
	for (unsigned line = from; line < to; line += 32) {
		uintptr_t word = base + line / 32 * 4;

		mmio_write32(word + GICD_ICENABLER, ~0U);
		/* A loader may have died in a handler. */
		mmio_write32(word + GICD_ICACTIVER, ~0U);
		mmio_write32(word + GICD_IGROUPR, group);
	}
}

void gic_private_init(uintptr_t base, uint32_t cfg)
{
	for (unsigned line = 0; line < GIC_LINE_SPI; line++) {
		gic_set_priority(base, line);
	}
	mmio_write32(base + GICD_ICFGR_PPI, cfg);
	gic_line_unmask(base, GIC_LINE_IPI);
}

int gic_wait_clear(uintptr_t reg, uint32_t bits)
{
	for (unsigned i = 0; i < WAIT_READS; i++) {
		if ((mmio_read32(reg) & bits) == 0) {
			return 0;
		}
		arch_relax();
	}
	return -ETIMEDOUT;
}
