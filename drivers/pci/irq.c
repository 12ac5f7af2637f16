/* SPDX-License-Identifier: MIT */
/* How a function interrupts: MSI-X, MSI or its pin, whichever comes first of what it and the machine have.
 * Spec: PCI Local Bus 3.0, 6.8. */
#include "pci.h"

#include <drivers/msi.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/log.h>

/* 6.8.2 */
#define MSIX_CONTROL  2
#define MSIX_TABLE    4
#define MSIX_SIZE     0x07ff
#define MSIX_MASK_ALL 0x4000
#define MSIX_ENABLE   0x8000
#define MSIX_ENTRY    16U
#define ENTRY_DATA    8
#define ENTRY_CONTROL 12
#define ENTRY_MASKED  1U
#define TABLE_BAR     7U
/* 6.8.1 */
#define MSI_CONTROL  2
#define MSI_ADDRESS  4
#define MSI_ENABLE   0x0001
#define MSI_MULTIPLE 0x0070
#define MSI_64	     0x0080
#define MSI_MASKS    0x0100

static unsigned requester(const struct pci_dev *d)
{
	return (unsigned)d->bus << 8 | d->devfn;
}

/* @n vectors, or one if there are not as many. Returns how many, or -errno. */
static int take_vectors(struct pci_dev *d, unsigned n)
{
	int r;

	d->vectors = kzalloc(n * sizeof(*d->vectors));
	if (d->vectors == NULL) {
		return -ENOMEM;
	}
	r = msi_alloc(pci_host_node(d), requester(d), n, d->vectors);
	if (r == -ENOSPC && n > 1) {
		n = 1;
		r = msi_alloc(pci_host_node(d), requester(d), n, d->vectors);
	}
	if (r != 0) {
		kfree(d->vectors);
		d->vectors = NULL;
		return r;
	}
	d->n_vectors = n;
	return (int)n;
}

/* --- MSI-X ----------------------------------------------------------------------------------------- */

static void write_entry(const struct pci_dev *d, unsigned i)
{
	const struct msi_vector *v = &d->vectors[i];
	uintptr_t entry = d->msix_table + i * MSIX_ENTRY;

	mmio_write32(entry + ENTRY_CONTROL, ENTRY_MASKED);
	mmio_write32(entry, (uint32_t)v->address);
	mmio_write32(entry + 4, (uint32_t)(v->address >> 32));
	mmio_write32(entry + ENTRY_DATA, v->data);
}

static int msix_alloc(struct pci_dev *d, unsigned n)
{
	unsigned cap = pci_cap(d, 0, PCI_CAP_MSIX);
	uint16_t control;
	uint32_t table;
	int r;

	if (cap == 0) {
		return -ENODEV;
	}
	control = pci_read16(d, cap + MSIX_CONTROL);
	table = pci_read32(d, cap + MSIX_TABLE);
	n = MIN(n, (control & MSIX_SIZE) + 1U);
	d->msix_table = pci_map(d, table & TABLE_BAR, table & ~TABLE_BAR, n * MSIX_ENTRY);
	r = d->msix_table == 0 ? -EINVAL : take_vectors(d, n);
	if (r < 0) {
		return r;
	}
	pci_enable(d); /* the table is in a BAR, messages are writes to memory */
	pci_write16(d, cap + MSIX_CONTROL, control | MSIX_ENABLE | MSIX_MASK_ALL);
	for (unsigned i = 0; i < (unsigned)r; i++) {
		write_entry(d, i);
	}
	pci_write16(d, cap + MSIX_CONTROL, (uint16_t)((control | MSIX_ENABLE) & ~MSIX_MASK_ALL));
	return r;
}

/* --- MSI ------------------------------------------------------------------------------------------- */

static int msi_setup(struct pci_dev *d)
{
	unsigned cap = pci_cap(d, 0, PCI_CAP_MSI), at;
	uint16_t control;
	int r;

	if (cap == 0) {
		return -ENODEV;
	}
	r = take_vectors(d, 1);
	if (r < 0) {
		return r;
	}
	control = (uint16_t)(pci_read16(d, cap + MSI_CONTROL) & ~(MSI_MULTIPLE | MSI_ENABLE));
	if (d->vectors[0].data >> 16 != 0 ||
	    ((control & MSI_64) == 0 && d->vectors[0].address >> 32 != 0)) {
		return -EINVAL;
	}
	at = cap + MSI_ADDRESS;
	pci_write32(d, at, (uint32_t)d->vectors[0].address);
	if ((control & MSI_64) != 0) {
		at += 4;
		pci_write32(d, at, (uint32_t)(d->vectors[0].address >> 32));
	}
	pci_write16(d, at + 4, (uint16_t)d->vectors[0].data);
	if ((control & MSI_MASKS) != 0) {
		pci_write32(d, at + 8, 0);
	}
	pci_enable(d);
	pci_write16(d, cap + MSI_CONTROL, control | MSI_ENABLE);
	return 1;
}

/* --- the pin --------------------------------------------------------------------------------------- */

static int pin_setup(struct pci_dev *d)
{
	d->intx = pci_intx_map(d);
	if (d->intx < 0) {
		log_error("pci %s: no way to interrupt: error %d", d->name, -d->intx);
		return d->intx;
	}
	return 1;
}

int pci_irq_alloc(struct pci_dev *d, unsigned n, bool msi)
{
	int r = msix_alloc(d, n);

	d->irq_kind = PCI_MSIX;
	if (r < 0 && msi) {
		d->irq_kind = PCI_MSI;
		r = msi_setup(d);
	}
	if (r < 0) {
		d->irq_kind = PCI_INTX;
		r = pin_setup(d);
	}
	return r;
}

int pci_irq_request(struct pci_dev *d, unsigned i, irq_handler_t fn, void *arg)
{
	int r;

	if (d->irq_kind == PCI_INTX) {
		r = pci_intx_request(d->intx, fn, arg, d->name);
		if (r == 0) {
			pci_write16(d, R_COMMAND,
				    (uint16_t)(pci_read16(d, R_COMMAND) & ~COMMAND_NO_INTX));
		}
		return r;
	}
	if (i >= d->n_vectors) {
		return -EINVAL;
	}
	r = irq_request(d->vectors[i].irq, fn, arg, d->name);
	if (r == 0 && d->irq_kind == PCI_MSIX) {
		mmio_write32(d->msix_table + i * MSIX_ENTRY + ENTRY_CONTROL, 0);
	}
	return r;
}
