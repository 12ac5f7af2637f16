/* SPDX-License-Identifier: MIT */
/* Host bridge whose configuration space lies in memory (ECAM), and what the tree says of it: buses, windows. A node
 * without `ranges` is one that firmware has set up (ACPI's MCFG). Spec: PCI Express Base 4.0, 7.2.2; devicetree bindings
 * pci/host-generic-pci.txt; IEEE 1275 PCI Bus Binding 2.1, 2.2.1.1. */
#include "pci.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/log.h>
#include <kernel/page.h>
#include <kernel/pagetable.h>

#define BUS_SHIFT  20
#define CELLS_ADDR 3U
#define CELLS_SIZE 2U
#define BLOCK	   (2UL << 20)

/* One bus at a time: most of the 256 are not there. A block of 2 MiB is one entry of a table, a bus alone 256. */
static int map_bus(struct pci_host *h, uint64_t at)
{
	uint64_t block = ALIGN_DOWN(at, BLOCK);
	bool whole = block >= h->ecam && block + BLOCK <= h->ecam_end;

	return pagetable_map(whole ? block : at, whole ? BLOCK : 1UL << BUS_SHIFT,
			     MAP_READ | MAP_WRITE | MAP_DEVICE);
}

uintptr_t pci_config(struct pci_host *h, unsigned bus, unsigned devfn)
{
	uint64_t at = h->ecam + ((uint64_t)(bus - h->first) << BUS_SHIFT);

	if (bus < h->first || bus > h->last || (devfn == 0 && map_bus(h, at) != 0)) {
		return 0;
	}
	return at + ((uint64_t)devfn << 12);
}

static uint64_t cells(const struct dt_node *n, const char *name, unsigned at, unsigned count)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < count; i++) {
		v = v << 32 | dt_u32(n, name, at + i, 0);
	}
	return v;
}

/* Of an address that children of @bus see: through the `ranges` of every bus up to the root (2.3.8). */
static bool translate(const struct dt_node *bus, uint64_t *addr, uint64_t size)
{
	for (; dt_parent(bus) != NULL; bus = dt_parent(bus)) {
		unsigned child = dt_u32(bus, "#address-cells", 0, 2);
		unsigned parent = dt_u32(dt_parent(bus), "#address-cells", 0, 2);
		unsigned sizes = dt_u32(bus, "#size-cells", 0, 1);
		unsigned step = child + parent + sizes, at = 0;
		uint64_t off;
		size_t len = 0;

		if (dt_prop(bus, "ranges", &len) == NULL || child > 2 || parent > 2 || sizes > 2) {
			return false;
		}
		for (; len > 0; at += step) {
			if (step == 0 || (at + step) * 4UL > len) {
				return false;
			}
			off = *addr - cells(bus, "ranges", at, child);
			if (*addr >= off &&
			    off < cells(bus, "ranges", at + child + parent, sizes) &&
			    size <= cells(bus, "ranges", at + child + parent, sizes) - off) {
				*addr = cells(bus, "ranges", at + child, parent) + off;
				break;
			}
		}
	}
	return true;
}

/* Space code of the first cell: 1 I/O, 2 memory of 32 bits, 3 of 64. */
static bool window_space(struct pci_window *w, uint32_t hi)
{
	switch (hi >> 24 & 3) {
	case 1:
		w->space = SPACE_IO;
		return true;
	case 2:
	case 3:
		w->space = w->bus >> 32 == 0 ? SPACE_MEM : SPACE_MEM64;
		return true;
	default:
		return false; /* configuration space */
	}
}

static void add_window(struct pci_host *h, struct pci_window w)
{
	uint64_t end;

	if (w.size == 0 || add_overflow(w.bus, w.size, &end) ||
	    (w.space != SPACE_MEM64 && end > 1UL << 32) ||
	    !translate(dt_parent(h->dev->node), &w.cpu, w.size) ||
	    add_overflow(w.cpu, w.size, &end) || page_overlaps_ram(w.cpu, w.size)) {
		log_error("pci %s: window of %lu KiB at 0x%lx is not usable", h->dev->name,
			  w.size >> 10, w.cpu);
		return;
	}
	if (h->windows < WINDOWS) {
		h->window[h->windows++] = w;
	}
}

static int read_ranges(struct pci_host *h)
{
	const struct dt_node *n = h->dev->node;
	unsigned parent = dt_u32(dt_parent(n), "#address-cells", 0, 2);
	unsigned step = CELLS_ADDR + parent + CELLS_SIZE;
	size_t len = 0;

	if (dt_u32(n, "#address-cells", 0, 0) != CELLS_ADDR ||
	    dt_u32(n, "#size-cells", 0, 0) != CELLS_SIZE || parent == 0 || parent > 2) {
		log_error("pci %s: addresses of another size", h->dev->name);
		return -EINVAL;
	}
	h->fixed = dt_prop(n, "ranges", &len) == NULL;
	for (unsigned at = 0; (at + step) * 4UL <= len; at += step) {
		struct pci_window w = { .bus = cells(n, "ranges", at + 1, 2),
					.cpu = cells(n, "ranges", at + CELLS_ADDR, parent),
					.size = cells(n, "ranges", at + CELLS_ADDR + parent, 2) };

		if (window_space(&w, dt_u32(n, "ranges", at, 0))) {
			add_window(h, w);
		}
	}
	return 0;
}

static int read_buses(struct pci_host *h)
{
	const struct dt_node *n = h->dev->node;
	uint64_t size;
	int r = dt_reg(n, 0, &h->ecam, &size);

	h->first = dt_u32(n, "bus-range", 0, 0);
	h->last = dt_u32(n, "bus-range", 1, 255);
	h->segment = dt_u32(n, "linux,pci-domain", 0, 0) & 0xffff;
	if (r != 0 || size >> BUS_SHIFT == 0 || (h->ecam & (PAGE_SIZE - 1)) != 0 ||
	    h->first > h->last || h->last > 255 || page_overlaps_ram(h->ecam, size)) {
		log_error("pci %s: no configuration space in memory", h->dev->name);
		return -EINVAL;
	}
	h->last = (unsigned)MIN((uint64_t)h->last, h->first + (size >> BUS_SHIFT) - 1);
	h->ecam_end = h->ecam + size;
	return 0;
}

static void probe_driver(struct pci_dev *d)
{
	int r;

	if (d->driver == NULL) {
		if (d->class >> 8 != CLASS_HOST_BRIDGE && !d->is_bridge) {
			log_debug("device %s: no driver for %04x:%04x (class %06x)", d->name,
				  d->vendor, d->device, d->class);
		}
		return;
	}
	r = d->driver->probe(d);
	if (r != 0 && r != -ENODEV) {
		log_error("%s %s: not usable: error %d", d->driver->name, d->name, -r);
	}
}

static int ecam_probe(struct device *dev, const struct dt_match *m)
{
	struct pci_host *h;
	struct list *p;
	int r;

	(void)m;
	h = kzalloc(sizeof(*h));
	if (h == NULL) {
		return -ENOMEM;
	}
	h->dev = dev;
	list_init(&h->devs);
	r = read_buses(h);
	r = r != 0 ? r : read_ranges(h);
	if (r != 0) {
		kfree(h);
		return r;
	}
	pci_scan(h);
	pci_assign(h);
	list_for_each(p, &h->devs) {
		probe_driver(list_entry(p, struct pci_dev, link));
	}
	return 0;
}

const struct dt_node *pci_host_node(const struct pci_dev *d)
{
	return d->host->dev->node;
}

static const struct dt_match ecam_match[] = { { "pci-host-ecam-generic", 0 }, { NULL, 0 } };

DRIVER(STAGE_BUS, pci_host, ecam_match, ecam_probe);
