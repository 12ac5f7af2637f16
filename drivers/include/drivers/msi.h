/* SPDX-License-Identifier: MIT */
/* Message-signalled interrupts: a device writes a word to an address, a controller (GICv2m frame, GICv3 ITS,
 * RISC-V IMSIC) makes an interrupt of it. Spec: PCI 3.0, 6.8; devicetree bindings interrupt-controller/msi.txt
 * and pci/pci-msi.txt. */
#pragma once

#include <kernel/list.h>
#include <kernel/types.h>

struct dt_node;
struct msi_controller;

/* One message and the irq that it raises. */
struct msi_vector {
	uint64_t address;
	uint32_t data;
	int irq; /* for irq_request(), which unmasks it; edge-triggered */
};

struct msi_ops {
	/* Give device @id (as the controller sees it: for PCI the requester ID after msi-map) @n vectors, n >= 1.
	 * Once a device; vectors are never given back. 0; -ENOSPC: fewer are left, and none was taken; -ENOMEM;
	 * -EBUSY: the device has some; -EIO: the controller does not answer. Boot or thread context. */
	int (*alloc)(struct msi_controller *c, uint32_t id, unsigned n, struct msi_vector *v);
};

struct msi_controller {
	const struct msi_ops *ops;
	const struct dt_node *node; /* what msi-map and msi-parent point to */
	struct list link;	    /* (private) */
};

/* A controller's driver, at its probe. Boot. */
void msi_controller_add(struct msi_controller *c);
/* @n vectors for the device @rid (bus << 8 | device << 3 | function) behind the PCI host bridge @host, by the bridge's
 * msi-map or msi-parent. Thread or boot context. 0; -ENODEV: the bridge has no controller that a driver runs; or
 * what msi_ops.alloc returns. */
int msi_alloc(const struct dt_node *host, uint32_t rid, unsigned n, struct msi_vector *v);
