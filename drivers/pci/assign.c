/* SPDX-License-Identifier: MIT */
/* Addresses for BARs to which firmware gave none: the largest first, so that each is aligned without gaps, then bridge by
 * bridge, each with a window around what is behind it. Where firmware has assigned something, its windows of bridges stay
 * as they are. Spec: PCI Local Bus 3.0, 6.2.5; PCI-to-PCI Bridge Architecture 1.2, 3.2.5. */
#include "pci.h"

#include <kernel/log.h>

#define IO_STEP	   0x1000UL /* what windows of bridges are aligned to */
#define MEM_STEP   0x100000UL
#define IO_FIRST   0x1000UL /* below lie what firmware of PCs has there, and 0 */
#define BASE_BITS  0xfff0U
#define BASE_64	   1U
#define IO_CLOSED  0x00f0U /* base above limit: it lets nothing through */
#define MEM_CLOSED 0x0000fff0U

/* What is left of a bus's part of a space. */
struct area {
	uint64_t next, end;
};

/* --- bridges' windows ------------------------------------------------------------------------------ */

static void write_window(struct pci_dev *d, enum pci_space space, uint64_t base, uint64_t last)
{
	switch (space) {
	case SPACE_IO:
		pci_write16(d, R_IO_BASE, (uint16_t)((base >> 8 & 0xf0) | (last & 0xf000)));
		pci_write32(d, R_IO_UPPER,
			    (uint32_t)(base >> 16 & 0xffff) | (uint32_t)(last & 0xffff0000));
		break;
	case SPACE_MEM:
		pci_write32(d, R_MEM_BASE,
			    (uint32_t)(base >> 16 & BASE_BITS) | (uint32_t)(last & 0xfff00000));
		break;
	default:
		pci_write32(d, R_PREF_UPPER, (uint32_t)(base >> 32));
		pci_write32(d, R_PREF_UPPER + 4, (uint32_t)(last >> 32));
		pci_write32(d, R_PREF_BASE,
			    (uint32_t)(base >> 16 & BASE_BITS) | (uint32_t)(last & 0xfff00000));
	}
}

static void close_window(struct pci_dev *d, enum pci_space space)
{
	if (space == SPACE_IO) {
		pci_write16(d, R_IO_BASE, IO_CLOSED);
	} else {
		pci_write32(d, space == SPACE_MEM ? R_MEM_BASE : R_PREF_BASE, MEM_CLOSED);
	}
}

/* Optional ones that the bridge has not read as zeros (3.2.5.6, 3.2.5.10). */
static bool has_window(const struct pci_dev *d, enum pci_space space)
{
	uint32_t pref;

	switch (space) {
	case SPACE_IO:
		return (pci_read16(d, R_IO_BASE) & 0xf0) != 0;
	case SPACE_MEM:
		return true;
	default:
		pref = pci_read32(d, R_PREF_BASE);
		return (pref & BASE_BITS) != 0 && (pref & 15) == BASE_64;
	}
}

/* What firmware lets it pass, if anything. */
static void read_window(struct pci_dev *d, enum pci_space space)
{
	uint32_t v = pci_read32(d, space == SPACE_IO	? R_IO_BASE
				   : space == SPACE_MEM ? R_MEM_BASE
							: R_PREF_BASE);
	uint64_t base, last;

	if (space == SPACE_IO) {
		uint32_t upper = pci_read32(d, R_IO_UPPER);

		base = (v & 0xf0) << 8 | (uint64_t)(upper & 0xffff) << 16;
		last = (v & 0xf000) | 0xfff | (upper & 0xffff0000);
	} else {
		base = (uint64_t)(v & BASE_BITS) << 16;
		last = (v & 0xfff00000) | 0xfffff;
	}
	if (space == SPACE_MEM64 && (v & 15) == BASE_64) {
		base |= (uint64_t)pci_read32(d, R_PREF_UPPER) << 32;
		last |= (uint64_t)pci_read32(d, R_PREF_UPPER + 4) << 32;
	}
	if (base != 0 && base < last) {
		d->window[space] = (struct pci_bar){ .bus = base,
						     .size = last - base + 1,
						     .io = space == SPACE_IO };
	}
}

void pci_windows_read(struct pci_dev *d)
{
	for (unsigned s = 0; s < SPACES; s++) {
		read_window(d, s);
	}
}

/* --- places ---------------------------------------------------------------------------------------- */

static uint64_t end_if_hit(const struct pci_bar *o, bool io, uint64_t at, uint64_t size)
{
	return o->size != 0 && o->io == io && at < bar_end(o) && at + size > o->bus ? bar_end(o)
										    : 0;
}

/* Where what lies in the way of [at, at + size) on the bus behind @bridge ends; 0: nothing does. */
static uint64_t obstacle(const struct pci_host *h, const struct pci_dev *bridge, bool io,
			 uint64_t at, uint64_t size)
{
	struct list *p;
	uint64_t end = 0;

	list_for_each(p, &h->devs) {
		const struct pci_dev *d = list_entry(p, struct pci_dev, link);

		for (unsigned i = 0; i < PCI_BARS && end == 0; i++) {
			end = d->bar[i].addr != 0 ? end_if_hit(&d->bar[i], io, at, size) : 0;
		}
		for (unsigned i = 0; i < SPACES && end == 0 && d->bridge == bridge; i++) {
			end = end_if_hit(&d->window[i], io, at, size);
		}
	}
	return end;
}

static bool place(const struct pci_dev *d, struct pci_bar *b, struct area *a)
{
	uint64_t at = a->next, end;

	for (;;) {
		if (add_overflow(at, b->size - 1, &at)) {
			return false;
		}
		at = ALIGN_DOWN(at, b->size);
		if (at >= a->end || b->size > a->end - at) {
			return false;
		}
		end = d->host->kept ? obstacle(d->host, d->bridge, b->io, at, b->size) : 0;
		if (end == 0) {
			break;
		}
		at = end; /* behind it: so this ends with the area */
	}
	if (!pci_bar_set(d->host, b, at)) {
		return false;
	}
	a->next = at + b->size;
	return true;
}

static void write_bar(const struct pci_dev *d, unsigned i)
{
	pci_write32(d, R_BAR + 4 * i, (uint32_t)d->bar[i].bus);
	if (d->bar[i].wide) {
		pci_write32(d, R_BAR + 4 * i + 4, (uint32_t)(d->bar[i].bus >> 32));
	}
}

/* Where a BAR of 64 bits can lie: behind a bridge only what may be prefetched is let through above 4 GiB. */
static bool assign_bar(const struct pci_dev *d, struct pci_bar *b, struct area a[SPACES])
{
	if (b->io) {
		return place(d, b, &a[SPACE_IO]);
	}
	if (b->wide && b->prefetch && place(d, b, &a[SPACE_MEM64])) {
		return true;
	}
	return place(d, b, &a[SPACE_MEM]) ||
	       (b->wide && !b->prefetch && d->bridge == NULL && place(d, b, &a[SPACE_MEM64]));
}

/* The largest BAR behind @bridge that has no place or NULL. */
static struct pci_dev *largest(const struct pci_host *h, const struct pci_dev *bridge,
			       unsigned *index)
{
	struct pci_dev *found = NULL;
	struct list *p;
	uint64_t size = 0;

	list_for_each(p, &h->devs) {
		struct pci_dev *d = list_entry(p, struct pci_dev, link);

		for (unsigned i = 0; d->bridge == bridge && d->driver != NULL && i < PCI_BARS;
		     i++) {
			if (d->bar[i].addr == 0 && d->bar[i].size > size) {
				size = d->bar[i].size;
				found = d;
				*index = i;
			}
		}
	}
	return found;
}

/* --- bus by bus ------------------------------------------------------------------------------------ */

static void assign_bus(struct pci_host *h, struct pci_dev *bridge, struct area a[SPACES]);

static uint64_t step_of(enum pci_space space)
{
	return space == SPACE_IO ? IO_STEP : MEM_STEP;
}

/* Firmware's window, or the rest of the bus's part from a place where a window may begin. */
static struct area area_behind(struct pci_dev *d, enum pci_space s, const struct area *outside)
{
	const struct pci_bar *w = &d->window[s];

	if (d->host->kept) {
		return w->size != 0 ? (struct area){ w->bus, bar_end(w) } : (struct area){ 0, 0 };
	}
	close_window(d, s);
	if (!has_window(d, s)) {
		return (struct area){ 0, 0 };
	}
	return (struct area){ ALIGN_UP(outside->next, step_of(s)), outside->end };
}

/* A window around what was placed since @from. Nothing: it stays closed. */
static void open_window(struct pci_dev *d, enum pci_space s, uint64_t from, uint64_t next,
			struct area *outside)
{
	uint64_t end = ALIGN_UP(next, step_of(s));

	if (next > from) {
		write_window(d, s, from, end - 1);
		outside->next = end;
	}
}

static void assign_behind(struct pci_host *h, struct pci_dev *d, struct area outside[SPACES])
{
	struct area a[SPACES];
	uint64_t from[SPACES];

	for (unsigned s = 0; s < SPACES; s++) {
		a[s] = area_behind(d, s, &outside[s]);
		from[s] = a[s].next;
	}
	assign_bus(h, d, a);
	for (unsigned s = 0; s < SPACES && !h->kept; s++) {
		open_window(d, s, from[s], a[s].next, &outside[s]);
	}
	pci_write16(d, R_COMMAND,
		    pci_read16(d, R_COMMAND) | COMMAND_IO | COMMAND_MEMORY | COMMAND_MASTER);
}

/* Recursion: as deep as pci_scan() went, DEPTH_MAX. */
static void assign_bus(struct pci_host *h, struct pci_dev *bridge, struct area a[SPACES])
{
	struct pci_dev *d;
	struct list *p;
	unsigned i;

	while ((d = largest(h, bridge, &i)) != NULL) {
		struct pci_bar *b = &d->bar[i];

		if (assign_bar(d, b, a)) {
			write_bar(d, i);
		} else {
			log_printf(b->io ? LOG_DEBUG : LOG_WARN,
				   "pci %s: no room for the %lu KiB of BAR %u\n", d->name,
				   b->size >> 10, i);
			b->size = 0;
		}
	}
	list_for_each(p, &h->devs) {
		d = list_entry(p, struct pci_dev, link);
		if (d->is_bridge && d->bridge == bridge && d->secondary != 0) {
			assign_behind(h, d, a);
		}
	}
}

/* The largest window of each space. */
static void root_areas(const struct pci_host *h, struct area a[SPACES])
{
	for (unsigned i = 0; i < h->windows; i++) {
		const struct pci_window *w = &h->window[i];
		uint64_t first = w->space == SPACE_IO ? IO_FIRST : MEM_STEP;
		struct area found = { MAX(w->bus, first), w->bus + w->size };

		if (found.next < found.end &&
		    found.end - found.next > a[w->space].end - a[w->space].next) {
			a[w->space] = found;
		}
	}
}

void pci_assign(struct pci_host *h)
{
	struct area a[SPACES] = { { 0, 0 } };

	if (!h->fixed) {
		root_areas(h, a);
		assign_bus(h, NULL, a);
	}
}
