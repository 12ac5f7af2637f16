/* SPDX-License-Identifier: MIT */
/* Writes the tree by libfdt's sequential functions; the first error stays, and ends the writing.
 * Interrupts are always "interrupts-extended": a node says itself which controller it means. */
#include "acpi_tables.h"

#include <libfdt.h>
#include <string.h>

/* Devicetree binding arm,gic: kinds of interrupt, and where their numbers start (ACPI 5.2.12.14). */
#define GIC_SPI	      0
#define GIC_PPI	      1
#define GSI_PPI_FIRST 16
#define GSI_SPI_FIRST 32
#define GSI_SPI_END   1020

/* The third cell: rising, falling, high, low. */
#define TRIGGER_EDGE  1U
#define TRIGGER_LEVEL 4U

static void note(struct acpi *a, int r)
{
	if (a->fdt_error == 0) {
		a->fdt_error = r;
	}
}

size_t acpi_text(char *buf, size_t size, const char *s, uint64_t v, unsigned base)
{
	char digits[24];
	unsigned n = 0;
	size_t at = strnlen(s, size - 1);

	memcpy(buf, s, at);
	do {
		digits[n++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v != 0);
	while (n > 0 && at + 1 < size) {
		buf[at++] = digits[--n];
	}
	buf[at] = '\0';
	return at;
}

void acpi_begin(struct acpi *a, const char *name)
{
	if (a->fdt_error == 0) {
		note(a, fdt_begin_node(a->fdt, name));
	}
}

void acpi_begin_at(struct acpi *a, const char *name, uint64_t addr)
{
	char full[48];
	size_t n = strnlen(name, 24);

	memcpy(full, name, n);
	full[n++] = '@';
	full[n] = '\0';
	acpi_text(full + n, sizeof(full) - n, "", addr, 16);
	acpi_begin(a, full);
}

void acpi_end(struct acpi *a)
{
	if (a->fdt_error == 0) {
		note(a, fdt_end_node(a->fdt));
	}
}

void acpi_put(struct acpi *a, const char *name, const void *p, unsigned len)
{
	if (a->fdt_error == 0) {
		note(a, fdt_property(a->fdt, name, p, (int)len));
	}
}

void acpi_put_str(struct acpi *a, const char *name, const char *s)
{
	acpi_put(a, name, s, (unsigned)strlen(s) + 1);
}

void acpi_put_flag(struct acpi *a, const char *name)
{
	acpi_put(a, name, "", 0);
}

void acpi_put_u32(struct acpi *a, const char *name, uint32_t v)
{
	fdt32_t cell = cpu_to_fdt32(v);

	acpi_put(a, name, &cell, sizeof(cell));
}

void acpi_put_u64(struct acpi *a, const char *name, uint64_t v)
{
	fdt64_t cells = cpu_to_fdt64(v);

	acpi_put(a, name, &cells, sizeof(cells));
}

void acpi_put_reg(struct acpi *a, uint64_t addr, uint64_t size)
{
	fdt64_t cells[] = { cpu_to_fdt64(addr), cpu_to_fdt64(size) };

	acpi_put(a, "reg", cells, sizeof(cells));
}

void *acpi_put_room(struct acpi *a, const char *name, unsigned n)
{
	void *p = NULL;

	if (a->fdt_error == 0) {
		note(a, fdt_property_placeholder(a->fdt, name, (int)(n * 4), &p));
	}
	return a->fdt_error == 0 ? p : NULL;
}

void *acpi_cell(void *at, uint32_t v)
{
	fdt32_t cell = cpu_to_fdt32(v);

	memcpy(at, &cell, sizeof(cell));
	return (char *)at + sizeof(cell);
}

void acpi_put_cells(struct acpi *a, const char *name, const struct acpi_cells *c)
{
	void *at = acpi_put_room(a, name, c->n);

	for (unsigned i = 0; at != NULL && i < c->n; i++) {
		at = acpi_cell(at, c->v[i]);
	}
	a->skipped += c->full;
}

void acpi_add(struct acpi_cells *c, uint32_t v)
{
	if (c->n == ACPI_CELLS_MAX) {
		c->full = true;
		return;
	}
	c->v[c->n++] = v;
}

void acpi_add_u64(struct acpi_cells *c, uint64_t v)
{
	acpi_add(c, (uint32_t)(v >> 32));
	acpi_add(c, (uint32_t)v);
}

/* --- interrupts ---------------------------------------------------------------------------- */

static bool add_gic(struct acpi_cells *c, const struct acpi_interrupt *irq, bool map)
{
	bool ppi = irq->gsi < GSI_SPI_FIRST;
	uint32_t type = (irq->flags & ACPI_EDGE) != 0 ? TRIGGER_EDGE : TRIGGER_LEVEL;

	if (irq->gsi < GSI_PPI_FIRST || irq->gsi >= GSI_SPI_END) {
		return false;
	}
	acpi_add(c, PHANDLE_GIC);
	if (map) {
		acpi_add_u64(c, 0); /* #address-cells of the GIC's node is 2 */
	}
	acpi_add(c, ppi ? GIC_PPI : GIC_SPI);
	acpi_add(c, irq->gsi - (ppi ? GSI_PPI_FIRST : GSI_SPI_FIRST));
	acpi_add(c, (irq->flags & ACPI_LOW) != 0 ? type << 1 : type);
	return true;
}

bool acpi_add_irq(const struct acpi *a, struct acpi_cells *c, const struct acpi_interrupt *irq,
		  bool map)
{
	if (!irq->valid) {
		return false;
	}
	return a->riscv ? acpi_riscv_gsi(a, irq->gsi, c, irq->flags) : add_gic(c, irq, map);
}

void acpi_put_irq(struct acpi *a, const struct acpi_interrupt *irq)
{
	struct acpi_cells c = { .n = 0 };

	if (acpi_add_irq(a, &c, irq, false)) {
		acpi_put_cells(a, "interrupts-extended", &c);
	}
}
