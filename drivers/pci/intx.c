/* SPDX-License-Identifier: MIT */
/* Interrupts by pins: which irq a function's pin leads to, and lines that several functions share.
 * Spec: Devicetree Specification v0.4, 2.4.3; PCI-to-PCI Bridge Architecture 1.2, 9.1 (swizzle). */
#include "pci.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/log.h>

#define UNIT_CELLS 4U /* of the map: an address of three cells, and the pin */
#define PINS	   4U

struct intx_user {
	irq_handler_t fn;
	void *arg;
	struct list link;
};

struct intx_line {
	int irq;
	struct list users;
	struct list link;
};

static struct list lines = LIST_INIT(lines);

/* --- the map --------------------------------------------------------------------------------------- */

static bool is_entry_of(const struct dt_node *node, unsigned at, const uint32_t unit[UNIT_CELLS])
{
	for (unsigned i = 0; i < UNIT_CELLS; i++) {
		uint32_t mask = dt_u32(node, "interrupt-map-mask", i, UINT32_MAX);

		if ((dt_u32(node, "interrupt-map", at + i, 0) & mask) != (unit[i] & mask)) {
			return false;
		}
	}
	return true;
}

/* An entry: unit, phandle, address for the controller, specifier. */
static int map_unit(const struct dt_node *node, const uint32_t unit[UNIT_CELLS])
{
	size_t len = 0;
	uint32_t cells[4];

	dt_prop(node, "interrupt-map", &len);
	for (unsigned at = 0; (at + UNIT_CELLS + 1) * 4UL <= len;) {
		const struct dt_node *ctl =
			dt_by_phandle(dt_u32(node, "interrupt-map", at + UNIT_CELLS, 0));
		unsigned skip = ctl == NULL ? 0 : dt_u32(ctl, "#address-cells", 0, 0);
		unsigned n = ctl == NULL ? 0 : dt_u32(ctl, "#interrupt-cells", 0, 0);
		unsigned spec = at + UNIT_CELLS + 1 + skip;

		if (n == 0 || n > ARRAY_SIZE(cells) || skip > 4 || (spec + n) * 4UL > len) {
			return -EINVAL;
		}
		if (is_entry_of(node, at, unit)) {
			for (unsigned i = 0; i < n; i++) {
				cells[i] = dt_u32(node, "interrupt-map", spec + i, 0);
			}
			return irq_map(ctl, cells, n);
		}
		at = spec + n;
	}
	return -ENOENT;
}

int pci_intx_map(const struct pci_dev *d)
{
	unsigned pin = pci_read8(d, R_PIN);
	uint32_t unit[UNIT_CELLS] = { 0 };

	if (pin == 0 || pin > PINS) {
		return -ENOENT;
	}
	/* Each bridge turns the pins by the device's number. */
	for (; d->bridge != NULL; d = d->bridge) {
		pin = (pin - 1 + (d->devfn >> 3)) % PINS + 1;
	}
	unit[0] = (uint32_t)d->bus << 16 | (uint32_t)d->devfn << 8;
	unit[3] = pin;
	return map_unit(pci_host_node(d), unit);
}

/* --- lines ----------------------------------------------------------------------------------------- */

/* Level-triggered: whoever holds the line has to let go, or it comes again. */
static void line_interrupt(void *arg)
{
	struct intx_line *l = arg;
	struct list *p;

	list_for_each(p, &l->users) {
		struct intx_user *u = list_entry(p, struct intx_user, link);

		u->fn(u->arg);
	}
}

static struct intx_line *line_of(int irq)
{
	struct list *p;

	list_for_each(p, &lines) {
		struct intx_line *l = list_entry(p, struct intx_line, link);

		if (l->irq == irq) {
			return l;
		}
	}
	return NULL;
}

static int add_line(int irq, struct intx_user *first, const char *name)
{
	struct intx_line *l = kzalloc(sizeof(*l));
	int r;

	if (l == NULL) {
		return -ENOMEM;
	}
	l->irq = irq;
	list_init(&l->users);
	list_add_tail(&l->users, &first->link);
	r = irq_request(irq, line_interrupt, l, name);
	if (r != 0) {
		kfree(l);
		return r;
	}
	list_add_tail(&lines, &l->link);
	return 0;
}

int pci_intx_request(int irq, irq_handler_t fn, void *arg, const char *name)
{
	struct intx_line *l = line_of(irq);
	struct intx_user *u = kzalloc(sizeof(*u));
	irqstate_t s;
	int r = 0;

	if (u == NULL) {
		return -ENOMEM;
	}
	u->fn = fn;
	u->arg = arg;
	if (l != NULL) {
		s = arch_irq_save(); /* the boot's CPU is the only one yet */
		list_add_tail(&l->users, &u->link);
		arch_irq_restore(s);
		return 0;
	}
	r = add_line(irq, u, name);
	if (r != 0) {
		kfree(u);
	}
	return r;
}
