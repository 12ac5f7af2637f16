/* SPDX-License-Identifier: MIT */
/* PCI functions and their drivers. Whatever a function says of itself (capabilities, sizes, offsets) is checked before it
 * is used. Boot or thread context, unless said otherwise. Spec: PCI Local Bus 3.0; PCI Express Base 4.0. */
#pragma once

#include <kernel/arch.h>
#include <kernel/irq.h>
#include <kernel/list.h>
#include <kernel/types.h>

#define PCI_BARS      6U
#define PCI_CAPS_MAX  48U /* as many as fit: who walks a list stops there */
#define PCI_ANY	      0xffff
#define PCI_CAP_MSI   0x05
#define PCI_CAP_VNDR  0x09
#define PCI_CAP_EXP   0x10
#define PCI_CAP_MSIX  0x11
#define PCI_SUBSYSTEM 0x2e

struct pci_host;
struct pci_driver;

struct pci_bar {
	uint64_t bus;  /* address on the bus */
	uint64_t addr; /* address for the CPU; 0: it decodes nothing */
	uint64_t size; /* a power of two; 0: there is none */
	bool io, wide; /* I/O space; 64 bits: the next register is its upper half */
	bool prefetch;
};

enum pci_irq_kind { PCI_INTX, PCI_MSI, PCI_MSIX };

struct pci_dev {
	char name[16]; /* "0000:00:02.0": segment, bus, device, function */
	uint16_t vendor, device;
	uint32_t class; /* base class << 16 | subclass << 8 | interface */
	uint8_t bus, devfn;
	struct pci_bar bar[PCI_BARS];
	enum pci_irq_kind irq_kind; /* by pci_irq_alloc() */

	/* --- (the rest is drivers/pci's) --- */
	struct pci_host *host;
	struct pci_dev *bridge; /* that it is behind; NULL: on the host's first bus */
	const struct pci_driver *driver;
	const struct pci_match *match;
	uintptr_t config; /* its 4 KiB of configuration space */
	struct list link;
	bool is_bridge;
	uint8_t secondary, subordinate; /* a bridge's buses */
	struct pci_bar window
		[3]; /* a bridge's, by enum pci_space; fixed by firmware if they have a size */
	uintptr_t msix_table;
	struct msi_vector *vectors;
	unsigned n_vectors;
	int intx; /* irq of its pin */
};

struct pci_match {
	uint16_t vendor, device;    /* PCI_ANY matches any; vendor 0 ends the table */
	uint32_t class, class_mask; /* class & class_mask must be equal */
};

struct pci_driver {
	const char *name;
	const struct pci_match *match;
	/* BARs are assigned, nothing is enabled. 0 (bound; @d lives on), -ENODEV (not mine: silent), or -errno (logged). */
	int (*probe)(struct pci_dev *d);
};

/* PCI_DRIVER(nvme, nvme_match, nvme_probe); at the end of the driver's file. */
#define PCI_DRIVER(name_, match_, probe_)                                                   \
	static const struct pci_driver pci_driver_##name_                                   \
		__attribute__((used, section(".pci_drivers." #name_))) = { .name = #name_,  \
									   .match = match_, \
									   .probe = probe_ }

static inline uint8_t pci_read8(const struct pci_dev *d, unsigned reg)
{
	return mmio_read8(d->config + reg);
}

static inline uint16_t pci_read16(const struct pci_dev *d, unsigned reg)
{
	return mmio_read16(d->config + reg);
}

static inline uint32_t pci_read32(const struct pci_dev *d, unsigned reg)
{
	return mmio_read32(d->config + reg);
}

static inline void pci_write16(const struct pci_dev *d, unsigned reg, uint16_t v)
{
	mmio_write16(d->config + reg, v);
}

static inline void pci_write32(const struct pci_dev *d, unsigned reg, uint32_t v)
{
	mmio_write32(d->config + reg, v);
}

/* Register of the first capability @id behind the one at @after (0: of all), or 0. A list that goes in circles may give
 * one again: stop after PCI_CAPS_MAX. */
unsigned pci_cap(const struct pci_dev *d, unsigned after, uint8_t id);
/* Map [off, off + size) of BAR @i; its address, or 0 if that is not within what the BAR decodes (logged). */
uintptr_t pci_map(const struct pci_dev *d, unsigned i, uint64_t off, uint64_t size);
/* Let it decode its BARs and be master of the bus. */
void pci_enable(struct pci_dev *d);
/* It reaches memory no more. Any context. */
void pci_disable_master(struct pci_dev *d);

/* Interrupts: up to @n vectors by MSI-X, else, if @msi, one by MSI, else its pin, which it may share. Once a function.
 * Returns how many, at least 1, or -errno; irq_kind says what. */
int pci_irq_alloc(struct pci_dev *d, unsigned n, bool msi);
/* The handler of vector @i; of a pin: it may be called for others' interrupts. 0 or -errno. */
int pci_irq_request(struct pci_dev *d, unsigned i, irq_handler_t fn, void *arg);
const struct dt_node *pci_host_node(const struct pci_dev *d);
