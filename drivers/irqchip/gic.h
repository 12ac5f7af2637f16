/* SPDX-License-Identifier: MIT */
/* What the distributors of GICv2 and GICv3 share; the redistributor of GICv3 has the same
 * registers for lines 0 to 31.
 * Spec: GICv2 IHI 0048B.b 4.3; GICv3 IHI 0069H 12.9 (GICD), 12.11 (GICR). */
#pragma once

#include <drivers/field.h>
#include <kernel/types.h>

#define GICD_CTLR	0x0000
#define GICD_TYPER	0x0004
#define GICD_IGROUPR	0x0080 /* one bit a line */
#define GICD_ISENABLER	0x0100
#define GICD_ICENABLER	0x0180
#define GICD_ICACTIVER	0x0380
#define GICD_IPRIORITYR 0x0400 /* one byte a line */
#define GICD_ITARGETSR	0x0800 /* v2: one byte a line */
#define GICD_ICFGR	0x0c00 /* two bits a line, the upper one: edge */
#define GICD_ICFGR_PPI	0x0c04 /* of lines 16 to 31 */

#define GICD_TYPER_IT_LINES FIELD(4, 0)

#define GIC_LINE_IPI 0	  /* software generated interrupts are 0 to 15; this one is ours */
#define GIC_LINE_PPI 16	  /* first private peripheral interrupt */
#define GIC_LINE_SPI 32	  /* first shared peripheral interrupt */
#define GIC_LINE_END 1020 /* from here to 1023: special, "nothing pending" among them */

/* One priority for every line; a CPU takes what is below its mask. Both values hold when only
 * the four upper bits exist. */
#define GIC_PRIORITY	  0xa0
#define GIC_PRIORITY_MASK 0xf0

/* Interrupt lines of the distributor. */
unsigned gic_lines(uintptr_t dist);
/* Three-cell specifier to a line; -EINVAL. Spec: binding arm,gic, arm,gic-v3. */
int gic_line(const uint32_t *cells, unsigned n, unsigned lines);
/* Set the trigger that cells[2] names; the line is masked. 0, or -EINVAL when a shared line
 * cannot be triggered so. @base: distributor, or the redistributor's SGI frame. */
int gic_set_trigger(uintptr_t base, unsigned line, uint32_t flags);
void gic_set_priority(uintptr_t base, unsigned line);
void gic_line_mask(uintptr_t base, unsigned line);
void gic_line_unmask(uintptr_t base, unsigned line);
/* Mask and deactivate lines [@from, @to), multiples of 32, and put them in the group that
 * @group says for 32 lines at a time: 0 or ~0. */
void gic_reset_lines(uintptr_t base, unsigned from, unsigned to, uint32_t group);
/* On a further CPU: its private lines with the triggers @cfg (ICFGR1 of the boot CPU), our priority, and the
 * IPI let in. */
void gic_private_init(uintptr_t base, uint32_t cfg);
/* Poll until @bits of register @reg are clear: 0 or -ETIMEDOUT. Any context. */
int gic_wait_clear(uintptr_t reg, uint32_t bits);
