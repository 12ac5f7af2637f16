/* SPDX-License-Identifier: MIT */
/* PCI hosts: configuration space from MCFG, windows and interrupts from the namespace where they are
 * static, messages from IORT. Spec: PCI Firmware 3.3, 4.1 (MCFG); ACPI 6.5, 6.2.13 (_PRT); Arm DEN 0049E
 * (IORT); bindings host-generic-pci, pci-msi. */
#include "acpi_tables.h"

#include <libfdt.h>
#include <string.h>

#define MCFG_FIRST 44
#define MCFG_ENTRY 16
#define BUS_SHIFT  20 /* of configuration space: 1 MiB a bus */

#define IORT_COUNT   36
#define IORT_FIRST   40
#define NODE_MIN     16
#define NODE_LENGTH  1
#define NODE_MAPS    8
#define NODE_MAPPING 12
#define NODE_ITS     0
#define NODE_ROOT    2
#define NODE_SMMU    3
#define NODE_SMMU_V3 4
#define ITS_COUNT    16
#define ITS_FIRST    20
#define ROOT_SEGMENT 28
#define MAP_SIZE     20
#define MAP_SINGLE   1U /* of the SMMU's own messages */
/* Looked at of one node: no machine has more, and the work stays bounded. */
#define MAPS_MAX 256

/* Child addresses of the binding: where, and prefetchable. */
#define SPACE_IO       0x01000000U
#define SPACE_MEMORY32 0x02000000U
#define SPACE_MEMORY64 0x03000000U
#define SPACE_PREFETCH 0x40000000U

#define PRT_MAX	  512
#define PRT_CELLS 10 /* of a row on a GIC; fewer elsewhere */

struct host {
	uint64_t base;
	uint16_t segment;
	uint8_t first, last;
};

/* --- messages ------------------------------------------------------------------------------ */

static struct acpi_span iort_node(const struct acpi_span *t, uint32_t at)
{
	struct acpi_span s = acpi_part(t, at, acpi_u16(t, at + NODE_LENGTH));

	s.len = s.len < NODE_MIN ? 0 : s.len;
	return s;
}

struct id_range {
	uint32_t first, last, out;
};

/* The @i-th mapping of a node, cut to IDs @ids->first to last, which arrive as ids->out on. */
static bool mapped(const struct acpi_span *node, uint32_t i, const struct id_range *ids,
		   struct id_range *cut, uint32_t *target)
{
	uint32_t at = acpi_u32(node, NODE_MAPPING) + i * MAP_SIZE;
	struct acpi_span m = acpi_part(node, at, MAP_SIZE);
	uint64_t first = acpi_u32(&m, 0), last = first + acpi_u32(&m, 4);
	uint64_t in = ids->out, in_last = in + (ids->last - ids->first);

	if (m.len == 0 || (acpi_u32(&m, 16) & MAP_SINGLE) != 0 || last < in || first > in_last) {
		return false;
	}
	first = MAX(first, in);
	last = MIN(last, in_last);
	cut->first = (uint32_t)(ids->first + (first - in));
	cut->last = (uint32_t)(ids->first + (last - in));
	cut->out = (uint32_t)(acpi_u32(&m, 8) + (first - acpi_u32(&m, 0)));
	*target = acpi_u32(&m, 12);
	return true;
}

static void add_row(struct acpi *a, const struct acpi_span *group, const struct id_range *ids,
		    struct acpi_cells *c)
{
	uint32_t its = 0;

	/* Any of the group will do; the first that is there. */
	for (uint32_t i = 0; its == 0 && i < MIN(acpi_u32(group, ITS_COUNT), (uint32_t)MAPS_MAX);
	     i++) {
		if (ITS_FIRST + 4 * i + 4 <= group->len) {
			its = acpi_its_phandle(a, acpi_u32(group, ITS_FIRST + 4 * i));
		}
	}
	if (its == 0) {
		a->skipped++;
		return;
	}
	acpi_add(c, ids->first);
	acpi_add(c, its);
	acpi_add(c, ids->out);
	acpi_add(c, ids->last - ids->first + 1);
}

/* IDs that leave a node: to an ITS, or through an SMMU to one. Depth: two. */
static void add_mappings(struct acpi *a, const struct acpi_span *node, const struct id_range *ids,
			 bool through, struct acpi_cells *c)
{
	uint32_t n = MIN(acpi_u32(node, NODE_MAPS), (uint32_t)MAPS_MAX);

	for (uint32_t i = 0; i < n; i++) {
		struct id_range cut;
		struct acpi_span to;
		uint32_t target;

		if (!mapped(node, i, ids, &cut, &target)) {
			continue;
		}
		to = iort_node(&a->iort, target);
		if (to.len > 0 && acpi_u8(&to, 0) == NODE_ITS) {
			add_row(a, &to, &cut, c);
		} else if (through &&
			   (acpi_u8(&to, 0) == NODE_SMMU || acpi_u8(&to, 0) == NODE_SMMU_V3)) {
			add_mappings(a, &to, &cut, false, c);
		}
	}
}

static struct acpi_span root_complex(const struct acpi_span *iort, uint16_t segment)
{
	uint32_t at = acpi_u32(iort, IORT_FIRST);

	for (uint32_t left = acpi_u32(iort, IORT_COUNT); left > 0; left--) {
		struct acpi_span s = iort_node(iort, at);

		if (s.len == 0) {
			break;
		}
		if (acpi_u8(&s, 0) == NODE_ROOT && acpi_u32(&s, ROOT_SEGMENT) == segment) {
			return s;
		}
		at += s.len;
	}
	return (struct acpi_span){ NULL, 0 };
}

static bool madt_has(const struct acpi *a, uint8_t type)
{
	struct acpi_span s;
	uint32_t at = 0;

	return acpi_madt(a, &at, type, 20, &s);
}

/* Requester IDs that are the host's, and who takes their messages. */
static void put_msi(struct acpi *a, const struct host *h)
{
	struct acpi_span root = root_complex(&a->iort, h->segment);
	struct id_range ids = { h->first << 8, h->last << 8 | 0xff, h->first << 8 };
	struct acpi_cells c = { .n = 0 };

	add_mappings(a, &root, &ids, true, &c);
	if (a->iort.len == 0 && !a->riscv && madt_has(a, MADT_ITS)) {
		/* Nothing is said: as it is in the one way to build it without a table. */
		acpi_add(&c, ids.first);
		acpi_add(&c, PHANDLE_ITS);
		acpi_add(&c, ids.first);
		acpi_add(&c, ids.last - ids.first + 1);
	}
	if (c.n > 0) {
		acpi_put_cells(a, "msi-map", &c);
	} else if (acpi_has_imsic(a)) {
		acpi_put_u32(a, "msi-parent", PHANDLE_IMSIC);
	} else if (!a->riscv && madt_has(a, MADT_FRAME)) {
		acpi_put_u32(a, "msi-parent", PHANDLE_FRAME);
	}
}

/* --- interrupt pins ------------------------------------------------------------------------ */

struct pin {
	uint32_t device, pin;
	struct acpi_interrupt irq;
};

static struct acpi_interrupt link_named(const struct acpi *a, const char name[4])
{
	for (unsigned i = 0; i < a->links; i++) {
		if (memcmp(a->link[i].name, name, 4) == 0) {
			return a->link[i].irq;
		}
	}
	return (struct acpi_interrupt){ .valid = false };
}

/* One row of _PRT: address, pin, source, index (6.2.13). */
static bool read_pin(const struct acpi *a, const struct acpi_span *row, struct pin *p)
{
	uint32_t at = 0;
	uint64_t address, pin, source = 0, index;
	char name[4];

	if (!acpi_aml_integer(row, &at, &address) || !acpi_aml_integer(row, &at, &pin) ||
	    (address & 0xffff) != 0xffff || address >> 16 > 31 || pin > 3) {
		return false;
	}
	p->device = (uint32_t)(address >> 16);
	p->pin = (uint32_t)pin + 1;
	if (acpi_aml_integer(row, &at, &source)) {
		if (source != 0 || !acpi_aml_integer(row, &at, &index) || index > UINT32_MAX) {
			return false;
		}
		/* A line of the controller's own: level, and as it takes them, high. */
		p->irq = (struct acpi_interrupt){ .gsi = (uint32_t)index, .valid = true };
		return true;
	}
	if (!acpi_aml_name(row, &at, name)) {
		return false;
	}
	p->irq = link_named(a, name);
	return p->irq.valid;
}

/* The cells of all rows that can be used: their number, and written to @out unless that is NULL. */
static unsigned pins(struct acpi *a, const struct acpi_span *prt, void *out)
{
	struct acpi_span row;
	uint32_t at = 0;
	unsigned n = 0;

	for (unsigned rows = 0; rows < PRT_MAX && acpi_aml_package(prt, &at, &row); rows++) {
		struct acpi_cells c = { .n = 0 };
		struct pin p;

		if (!read_pin(a, &row, &p)) {
			continue;
		}
		acpi_add(&c, p.device << 11);
		acpi_add_u64(&c, 0);
		acpi_add(&c, p.pin);
		if (!acpi_add_irq(a, &c, &p.irq, true)) {
			continue;
		}
		for (unsigned i = 0; out != NULL && i < c.n; i++) {
			out = acpi_cell(out, c.v[i]);
		}
		n += c.n;
	}
	return n;
}

static void put_pins(struct acpi *a, const struct acpi_span *prt)
{
	struct acpi_cells mask = { .v = { 0xf800, 0, 0, 7 }, .n = 4 };
	unsigned n = pins(a, prt, NULL);
	void *out;

	if (n == 0) {
		return;
	}
	acpi_put_u32(a, "#interrupt-cells", 1);
	acpi_put_cells(a, "interrupt-map-mask", &mask);
	out = acpi_put_room(a, "interrupt-map", n);
	if (out != NULL) {
		pins(a, prt, out);
	}
}

/* --- windows ------------------------------------------------------------------------------- */

static void put_ranges(struct acpi *a, const struct acpi_span *crs)
{
	struct acpi_cells c = { .n = 0 };
	struct acpi_window w;
	struct acpi_span body;
	uint32_t at = 0, space;
	unsigned type;

	while (acpi_resource(crs, &at, &type, &body)) {
		if (!acpi_window(type, &body, &w) || w.kind > ACPI_WINDOW_IO) {
			continue;
		}
		space = w.kind == ACPI_WINDOW_IO       ? SPACE_IO
			: w.first + w.size > 1UL << 32 ? SPACE_MEMORY64
						       : SPACE_MEMORY32;
		space |= w.kind == ACPI_WINDOW_MEMORY && w.prefetch ? SPACE_PREFETCH : 0;
		acpi_add(&c, space);
		acpi_add_u64(&c, w.first);
		acpi_add_u64(&c, w.first + w.offset);
		acpi_add_u64(&c, w.size);
	}
	if (c.n > 0 && !c.full) {
		acpi_put_cells(a, "ranges", &c);
	}
}

/* The bridge's buses; without a descriptor all from _BBN on. */
static void buses_of(const struct acpi_device *d, uint64_t *first, uint64_t *last)
{
	struct acpi_window w;
	struct acpi_span body;
	uint32_t at = 0;
	unsigned type;

	*first = d->bus;
	*last = 255;
	while (acpi_resource(&d->crs, &at, &type, &body)) {
		if (acpi_window(type, &body, &w) && w.kind == ACPI_WINDOW_BUS) {
			*first = w.first;
			*last = w.first + w.size - 1;
			return;
		}
	}
}

/* --- hosts --------------------------------------------------------------------------------- */

/* No bus has two hosts. */
static bool claim(struct acpi *a, const struct host *h)
{
	for (unsigned i = 0; i < a->hosts; i++) {
		if (a->host[i].segment == h->segment && a->host[i].first <= h->last &&
		    h->first <= a->host[i].last) {
			return false;
		}
	}
	if (a->hosts == ACPI_HOSTS_MAX) {
		return false;
	}
	a->host[a->hosts].segment = h->segment;
	a->host[a->hosts].first = h->first;
	a->host[a->hosts++].last = h->last;
	return true;
}

/* MCFG's base is bus 0's, the binding's the first bus's. */
static void write_node(struct acpi *a, const struct host *h, const struct acpi_device *d)
{
	struct acpi_cells buses = { .v = { h->first, h->last }, .n = 2 };
	uint64_t base = h->base + ((uint64_t)h->first << BUS_SHIFT);

	acpi_begin_at(a, "pcie", base);
	acpi_put_str(a, "compatible", "pci-host-ecam-generic");
	acpi_put_str(a, "device_type", "pci");
	acpi_put_u32(a, "#address-cells", 3);
	acpi_put_u32(a, "#size-cells", 2);
	acpi_put_reg(a, base, (uint64_t)(h->last - h->first + 1) << BUS_SHIFT);
	acpi_put_cells(a, "bus-range", &buses);
	acpi_put_u32(a, "linux,pci-domain", h->segment);
	acpi_put_u32(a, "linux,pci-probe-only", 1); /* the firmware has given out addresses */
	if (d == NULL || !d->incoherent) {
		acpi_put_flag(a, "dma-coherent");
	}
	put_msi(a, h);
	if (d != NULL) {
		put_ranges(a, &d->crs);
		put_pins(a, &d->prt);
	}
	acpi_end(a);
}

/* The @i-th host of MCFG; false at the end. One that cannot be is all zero. */
static bool mcfg_entry(const struct acpi_span *t, unsigned i, struct host *h)
{
	struct acpi_span s = acpi_part(t, MCFG_FIRST + i * MCFG_ENTRY, MCFG_ENTRY);
	uint64_t end;

	h->base = acpi_u64(&s, 0);
	h->segment = acpi_u16(&s, 8);
	h->first = acpi_u8(&s, 10);
	h->last = acpi_u8(&s, 11);
	if (h->last < h->first || add_overflow(h->base, 256UL << BUS_SHIFT, &end)) {
		h->base = 0;
	}
	return s.len > 0 && i < ACPI_HOSTS_MAX;
}

void acpi_write_host(struct acpi *a, const struct acpi_device *d)
{
	uint64_t first, last;
	struct host h;
	bool found = false;

	buses_of(d, &first, &last);
	for (unsigned i = 0; mcfg_entry(&a->mcfg, i, &h); i++) {
		if (h.base == 0 || h.segment != d->segment || first > h.last || last < h.first) {
			continue;
		}
		h.first = (uint8_t)MAX(first, (uint64_t)h.first);
		h.last = (uint8_t)MIN(last, (uint64_t)h.last);
		if (claim(a, &h)) {
			a->mcfg_used |= 1UL << i;
			write_node(a, &h, d);
			found = true;
		}
	}
	a->skipped += !found || d->dynamic;
}

void acpi_write_pci(struct acpi *a)
{
	struct host h;

	for (unsigned i = 0; mcfg_entry(&a->mcfg, i, &h); i++) {
		if (h.base != 0 && (a->mcfg_used & 1UL << i) == 0 && claim(a, &h)) {
			write_node(a, &h, NULL);
		}
	}
}
