/* SPDX-License-Identifier: MIT */
/* Which functions there are. Bridges that firmware has numbered keep their buses if those make sense; the others get the
 * next free ones, after them. Spec: PCI Local Bus 3.0, 6.1; PCI-to-PCI Bridge Architecture 1.2, 3.2.5. */
#include "pci.h"

#include <kernel/alloc.h>
#include <kernel/log.h>

#define DEVICES	       32U
#define FUNCTIONS      8U
#define FUNCTIONS_MAX  1024U /* of all buses: what answers everywhere takes no more memory */
#define EXP_TYPE(caps) ((caps) >> 4 & 15) /* PCI Express Base 4.0, 7.5.3.2 */
#define EXP_ROOT_PORT  4
#define EXP_DOWNSTREAM 6

extern const struct pci_driver pci_drivers_start[], pci_drivers_end[];

/* One bus: its number, the highest that may be behind it, and the bridge that leads to it. */
struct scan {
	struct pci_host *h;
	struct pci_dev *bridge;
	unsigned bus, depth;
};

unsigned pci_cap(const struct pci_dev *d, unsigned after, uint8_t id)
{
	unsigned at = after == 0 ? R_CAPS : after + 1;

	if ((pci_read16(d, R_STATUS) & STATUS_CAPS) == 0) {
		return 0;
	}
	for (unsigned i = 0; i < PCI_CAPS_MAX; i++) {
		unsigned cap = pci_read8(d, at) & ~3U;

		if (cap < 0x40) {
			return 0;
		}
		if (pci_read8(d, cap) == id) {
			return cap;
		}
		at = cap + 1;
	}
	return 0;
}

static const struct pci_driver *driver_for(struct pci_dev *d)
{
	for (const struct pci_driver *p = pci_drivers_start; p < pci_drivers_end; p++) {
		for (const struct pci_match *m = p->match; m->vendor != 0; m++) {
			if ((m->vendor == PCI_ANY || m->vendor == d->vendor) &&
			    (m->device == PCI_ANY || m->device == d->device) &&
			    (d->class & m->class_mask) == m->class) {
				return p;
			}
		}
	}
	return NULL;
}

static struct pci_dev *add_function(const struct scan *s, unsigned devfn, uintptr_t config,
				    uint32_t id)
{
	struct pci_dev *d = s->h->count < FUNCTIONS_MAX ? kzalloc(sizeof(*d)) : NULL;

	if (d == NULL) {
		if (!s->h->full) {
			log_error("pci %s: no room for more than %u functions", s->h->dev->name,
				  s->h->count);
		}
		s->h->full = true;
		return NULL;
	}
	s->h->count++;
	d->host = s->h;
	d->bridge = s->bridge;
	d->config = config;
	d->vendor = (uint16_t)id;
	d->device = (uint16_t)(id >> 16);
	d->bus = (uint8_t)s->bus;
	d->devfn = (uint8_t)devfn;
	d->class = pci_read32(d, R_CLASS) >> 8;
	d->is_bridge = d->class >> 8 == CLASS_PCI_BRIDGE &&
		       (pci_read8(d, R_HEADER) & HEADER_TYPE) == HEADER_BRIDGE;
	fmt_snprintf(d->name, sizeof(d->name), "%04x:%02x:%02x.%x", s->h->segment, s->bus,
		     devfn >> 3, devfn & 7);
	d->driver = d->is_bridge ? NULL : driver_for(d);
	pci_bars_read(d);
	if (d->is_bridge) {
		pci_windows_read(d);
	}
	list_add_tail(&s->h->devs, &d->link);
	return d;
}

/* Returns its header type, or 0 if there is none. */
static unsigned scan_function(const struct scan *s, unsigned devfn)
{
	uintptr_t config = pci_config(s->h, s->bus, devfn);
	uint32_t id = config == 0 ? UINT32_MAX : mmio_read32(config + R_VENDOR);

	/* 6.1: all ones where nothing answers. 0 is no vendor either. */
	if ((id & 0xffff) == 0xffff || (id & 0xffff) == 0) {
		return 0;
	}
	return add_function(s, devfn, config, id) == NULL ? 0 : mmio_read8(config + R_HEADER);
}

/* A link has one device at its end (PCI Express Base 4.0, 7.3.1); some bridges answer for it at every number. */
static bool leads_to_link(const struct pci_dev *bridge)
{
	unsigned cap = bridge == NULL ? 0 : pci_cap(bridge, 0, PCI_CAP_EXP), type;

	if (cap == 0) {
		return false;
	}
	type = EXP_TYPE(pci_read16(bridge, cap + 2));
	return type == EXP_ROOT_PORT || type == EXP_DOWNSTREAM;
}

static void scan_functions(const struct scan *s)
{
	unsigned devices = leads_to_link(s->bridge) ? 1 : DEVICES;

	for (unsigned dev = 0; dev < devices; dev++) {
		if ((scan_function(s, dev << 3) & HEADER_MULTI) == 0) {
			continue;
		}
		for (unsigned f = 1; f < FUNCTIONS; f++) {
			scan_function(s, dev << 3 | f);
		}
	}
}

static void write_buses(struct pci_dev *d)
{
	uint32_t latency = pci_read32(d, R_PRIMARY) & 0xff000000;

	pci_write32(d, R_PRIMARY,
		    latency | (uint32_t)d->subordinate << 16 | (uint32_t)d->secondary << 8 |
			    d->bus);
}

/* Whether firmware's numbers of @d lie within (taken, last]. */
static bool is_numbered(struct pci_dev *d, unsigned taken, unsigned last)
{
	uint32_t v = pci_read32(d, R_PRIMARY);

	d->secondary = (uint8_t)(v >> 8);
	d->subordinate = (uint8_t)(v >> 16);
	return (v & 0xff) == d->bus && d->secondary > taken && d->subordinate >= d->secondary &&
	       d->subordinate <= last;
}

static unsigned scan_bus(const struct scan *s, unsigned last);

/* Behind @d, which has a first bus and may have all to @last. Returns the highest bus that is taken. */
static unsigned scan_behind(const struct scan *s, struct pci_dev *d, unsigned last)
{
	struct scan behind = { s->h, d, d->secondary, s->depth + 1 };

	return scan_bus(&behind, last);
}

static unsigned number_bridge(const struct scan *s, struct pci_dev *d, unsigned taken,
			      unsigned last)
{
	if (taken >= last || s->h->fixed || s->depth == DEPTH_MAX) {
		log_warn("pci %s: no bus number for what is behind it", d->name);
		d->secondary = d->subordinate = 0;
		return taken;
	}
	d->secondary = (uint8_t)(taken + 1);
	d->subordinate = (uint8_t)last;
	write_buses(d);
	d->subordinate = (uint8_t)scan_behind(s, d, last);
	write_buses(d);
	return d->subordinate;
}

/* One pass over the bridges on the bus: those that firmware numbered, or the others. */
static unsigned scan_bridges(const struct scan *s, unsigned taken, unsigned last, bool numbered)
{
	/* What is found behind them goes to the list's end, and is on another bus. */
	for (struct list *p = s->h->devs.next; p != &s->h->devs; p = p->next) {
		struct pci_dev *d = list_entry(p, struct pci_dev, link);

		if (!d->is_bridge || d->bridge != s->bridge || d->bus != s->bus) {
			continue;
		}
		if (numbered && s->depth < DEPTH_MAX && is_numbered(d, taken, last)) {
			scan_behind(s, d, d->subordinate);
			taken = d->subordinate;
		} else if (numbered) {
			d->secondary = 0;
		} else if (d->secondary == 0) {
			taken = number_bridge(s, d, taken, last);
		}
	}
	return taken;
}

static unsigned scan_bus(const struct scan *s, unsigned last)
{
	unsigned taken;

	scan_functions(s);
	taken = scan_bridges(s, s->bus, last, true);
	return scan_bridges(s, taken, last, false);
}

void pci_scan(struct pci_host *h)
{
	struct scan s = { h, NULL, h->first, 0 };

	scan_bus(&s, h->last);
}
