/* SPDX-License-Identifier: MIT */
/* Base address registers: how much each decodes and where, kept if firmware's choice is good.
 * Spec: PCI Local Bus 3.0, 6.2.5.1. */
#include "pci.h"

#include <kernel/log.h>
#include <kernel/page.h>
#include <kernel/pagetable.h>

#define BAR_IO	     1U
#define BAR_TYPE     6U /* memory */
#define BAR_64	     4U
#define BAR_PREFETCH 8U

/* The window of the host that holds [bus, bus + size), or NULL. */
static const struct pci_window *window_of(const struct pci_host *h, bool io, uint64_t bus,
					  uint64_t size)
{
	for (unsigned i = 0; i < h->windows; i++) {
		const struct pci_window *w = &h->window[i];

		if ((w->space == SPACE_IO) == io && bus >= w->bus && size <= w->size &&
		    bus - w->bus <= w->size - size) {
			return w;
		}
	}
	return NULL;
}

bool pci_bar_set(const struct pci_host *h, struct pci_bar *b, uint64_t bus)
{
	const struct pci_window *w = h->fixed ? NULL : window_of(h, b->io, bus, b->size);
	uint64_t addr = h->fixed ? bus : w == NULL ? 0 : w->cpu + (bus - w->bus), end;

	/* Where I/O space is to be found a host without windows does not say. */
	if (addr == 0 || (h->fixed && b->io) || add_overflow(addr, b->size, &end) ||
	    page_overlaps_ram(addr, b->size) || (addr < h->ecam_end && end > h->ecam)) {
		return false;
	}
	b->bus = bus;
	b->addr = addr;
	return true;
}

static bool overlaps_other(const struct pci_host *h, const struct pci_bar *b, uint64_t bus)
{
	struct list *p;

	list_for_each(p, &h->devs) {
		const struct pci_dev *d = list_entry(p, struct pci_dev, link);

		for (unsigned i = 0; i < PCI_BARS; i++) {
			const struct pci_bar *o = &d->bar[i];

			if (o->addr != 0 && o->io == b->io && bus < bar_end(o) &&
			    bus + b->size > o->bus) {
				return true;
			}
		}
	}
	return false;
}

/* Only what its bridge lets through reaches it. */
static bool passes_bridge(const struct pci_dev *d, const struct pci_bar *b, uint64_t bus)
{
	if (d->bridge == NULL || d->host->fixed) {
		return true;
	}
	for (unsigned i = 0; i < SPACES; i++) {
		const struct pci_bar *w = &d->bridge->window[i];

		if (w->size != 0 && w->io == b->io && bus >= w->bus && bus < bar_end(w) &&
		    b->size <= bar_end(w) - bus) {
			return true;
		}
	}
	return false;
}

static void keep(struct pci_dev *d, struct pci_bar *b, uint64_t bus)
{
	struct pci_host *h = d->host;
	uint64_t end;

	if (bus == 0 || (bus & (b->size - 1)) != 0 || add_overflow(bus, b->size, &end) ||
	    !passes_bridge(d, b, bus) || overlaps_other(h, b, bus)) {
		return;
	}
	h->kept |= pci_bar_set(h, b, bus);
}

/* What the register holds with all ones written to it, as it was before. */
static uint32_t probe_bits(const struct pci_dev *d, unsigned reg)
{
	uint32_t old = pci_read32(d, reg), bits;

	pci_write32(d, reg, UINT32_MAX);
	bits = pci_read32(d, reg);
	pci_write32(d, reg, old);
	return bits;
}

/* Returns how many registers it takes. */
static unsigned read_bar(struct pci_dev *d, unsigned i, unsigned count)
{
	struct pci_bar *b = &d->bar[i];
	unsigned reg = R_BAR + 4 * i;
	uint32_t low = pci_read32(d, reg);
	uint64_t bits = probe_bits(d, reg), bus = low;

	b->io = (low & BAR_IO) != 0;
	bus &= ~(b->io ? 3ULL : 15ULL);
	bits &= ~(b->io ? 3ULL : 15ULL);
	b->prefetch = !b->io && (low & BAR_PREFETCH) != 0;
	b->wide = !b->io && (low & BAR_TYPE) == BAR_64;
	if (b->wide && i + 1 < count) {
		bus |= (uint64_t)pci_read32(d, reg + 4) << 32;
		bits |= (uint64_t)probe_bits(d, reg + 4) << 32;
	} else if (b->wide) {
		return 1; /* no room for its upper half: it is none */
	}
	b->size = bits & (0 - bits);
	if (b->size != 0) {
		keep(d, b, bus);
	}
	return b->wide ? 2 : 1;
}

void pci_bars_read(struct pci_dev *d)
{
	uint16_t command = pci_read16(d, R_COMMAND);
	bool decodes = (command & (COMMAND_IO | COMMAND_MEMORY)) != 0, good = true;

	/* Without a driver it drives no line that others share, and decodes only what firmware gave it. */
	pci_write16(d, R_COMMAND,
		    (uint16_t)((command & ~(COMMAND_IO | COMMAND_MEMORY)) | COMMAND_NO_INTX));
	if (d->is_bridge || (d->driver == NULL && !decodes)) {
		return;
	}
	for (unsigned i = 0; i < PCI_BARS;) {
		unsigned n = read_bar(d, i, PCI_BARS);

		good &= d->bar[i].size == 0 || d->bar[i].addr != 0;
		i += n;
	}
	if (decodes && good) {
		pci_write16(d, R_COMMAND, command | COMMAND_NO_INTX);
	}
}

uintptr_t pci_map(const struct pci_dev *d, unsigned i, uint64_t off, uint64_t size)
{
	const struct pci_bar *b = &d->bar[i < PCI_BARS ? i : 0];

	if (i >= PCI_BARS || b->addr == 0 || size == 0 || off > b->size || size > b->size - off) {
		log_error("pci %s: no %lu bytes at 0x%lx of BAR %u", d->name, size, off, i);
		return 0;
	}
	if (pagetable_map(b->addr + off, size, MAP_READ | MAP_WRITE | MAP_DEVICE) != 0) {
		log_error("pci %s: BAR %u at 0x%lx cannot be mapped", d->name, i, b->addr);
		return 0;
	}
	return b->addr + off;
}

void pci_enable(struct pci_dev *d)
{
	uint16_t command = pci_read16(d, R_COMMAND) | COMMAND_MASTER;

	for (unsigned i = 0; i < PCI_BARS; i++) {
		if (d->bar[i].addr != 0) {
			command |= d->bar[i].io ? COMMAND_IO : COMMAND_MEMORY;
		}
	}
	pci_write16(d, R_COMMAND, command);
}

void pci_disable_master(struct pci_dev *d)
{
	pci_write16(d, R_COMMAND, (uint16_t)(pci_read16(d, R_COMMAND) & ~COMMAND_MASTER));
}
