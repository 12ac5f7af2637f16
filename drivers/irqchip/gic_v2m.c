/* SPDX-License-Identifier: MIT */
/* GICv2m: a frame beside a GICv2 whose one register makes shared interrupts of messages. The GIC does the rest:
 * a message is an edge on one of its lines.
 * Spec: Arm SBSA (DEN 0029) appendix E (GICv2m), bindings arm,gic and arm,gic-v2m-frame. */
#include "gic.h"

#include <drivers/msi.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/arch.h>
#include <kernel/device.h>
#include <kernel/log.h>
#include <kernel/spinlock.h>

#define MSI_TYPER      0x008
#define MSI_TYPER_BASE FIELD(25, 16) /* as the GIC counts: shared lines begin at 32 */
#define MSI_TYPER_NUM  FIELD(9, 0)
#define MSI_SETSPI_NS  0x040
#define FRAME_SIZE     0x1000

/* Specifier of a shared line with rising edges, to the GIC. */
#define SPEC_SPI    0
#define SPEC_RISING 1

struct v2m {
	struct msi_controller msi;
	const struct dt_node *gic;
	uintptr_t base;
	unsigned first, num; /* lines of the GIC */
	struct spinlock lock;
	unsigned used;	  /* lines given away; guarded by lock */
	uint32_t owner[]; /* the device of each of these */
};

static int map_line(const struct v2m *f, unsigned i)
{
	const uint32_t cells[] = { SPEC_SPI, f->first + i - GIC_LINE_SPI, SPEC_RISING };

	return irq_map(f->gic, cells, ARRAY_SIZE(cells));
}

/* Room for @n more of device @id: 0 or -errno. */
static int check_room(const struct v2m *f, uint32_t id, unsigned n)
{
	for (unsigned i = 0; i < f->used; i++) {
		if (f->owner[i] == id) {
			return -EBUSY;
		}
	}
	return n > f->num - f->used ? -ENOSPC : 0;
}

static int v2m_alloc(struct msi_controller *c, uint32_t id, unsigned n, struct msi_vector *v)
{
	struct v2m *f = container_of(c, struct v2m, msi);
	irqstate_t s = spin_lock_save(&f->lock);
	int err = check_room(f, id, n);

	for (unsigned i = 0; i < n && err == 0; i++) {
		int irq = map_line(f, f->used + i);

		v[i] = (struct msi_vector){ .address = f->base + MSI_SETSPI_NS,
					    .data = f->first + f->used + i,
					    .irq = irq };
		err = irq < 0 ? irq : 0;
	}
	if (err == 0) {
		for (unsigned i = 0; i < n; i++) {
			f->owner[f->used++] = id;
		}
	}
	spin_unlock_restore(&f->lock, s);
	return err;
}

static const struct msi_ops v2m_ops = { .alloc = v2m_alloc };

static int v2m_probe(struct device *dev, const struct dt_match *m)
{
	size_t size;
	uintptr_t base = dev_mmio(dev, 0, &size);
	uint32_t typer, first, num;
	struct v2m *f;

	(void)m;
	if (base == 0 || size < FRAME_SIZE) {
		return -EINVAL;
	}
	typer = mmio_read32(base + MSI_TYPER);
	/* The properties are for frames whose register is wrong. */
	first = dt_u32(dev->node, "arm,msi-base-spi", 0, field_get(typer, MSI_TYPER_BASE));
	num = dt_u32(dev->node, "arm,msi-num-spis", 0, field_get(typer, MSI_TYPER_NUM));
	if (first < GIC_LINE_SPI || first >= GIC_LINE_END || num == 0 ||
	    num > GIC_LINE_END - first) {
		log_error("gic_v2m %s: no shared lines: %u from %u", dev->name, num, first);
		return -EINVAL;
	}
	f = kzalloc(sizeof(*f) + num * sizeof(f->owner[0]));
	if (f == NULL) {
		return -ENOMEM;
	}
	f->msi.ops = &v2m_ops;
	f->msi.node = dev->node;
	f->gic = dt_parent(dev->node);
	f->base = base;
	f->first = first;
	f->num = num;
	msi_controller_add(&f->msi);
	log_debug("gic_v2m %s: lines %u to %u", dev->name, first, first + num - 1);
	return 0;
}

static const struct dt_match v2m_match[] = {
	{ "arm,gic-v2m-frame", 0 },
	{ NULL, 0 },
};

DRIVER(STAGE_IRQCHIP, gic_v2m, v2m_match, v2m_probe);
