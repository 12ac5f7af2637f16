/* SPDX-License-Identifier: MIT */
/* Harts and interrupt controllers of a RISC-V machine, from MADT and RHCT.
 * Spec: ACPI 6.6, 5.2.12.24 (RINTC) to 5.2.12.27 (PLIC), 5.2.37 (RHCT); bindings riscv,cpus, riscv,aplic,
 * riscv,imsics, sifive,plic. */
#include "acpi_tables.h"

#include <libfdt.h>
#include <string.h>

#define RINTC_SIZE_MIN	 20
#define RINTC_FLAGS	 4
#define RINTC_ENABLED	 1U
#define RINTC_ONLINE	 2U
#define RINTC_HART	 8
#define RINTC_UID	 16
#define RINTC_EXTERNAL	 20 /* 31:24 controller, 15:0 context or IDC */
#define RINTC_IMSIC	 24
#define RINTC_IMSIC_SIZE 32

#define IMSIC_SIZE 16

#define APLIC_SIZE     36
#define APLIC_ID       3
#define APLIC_IDCS     16
#define APLIC_SOURCES  18
#define APLIC_GSI      20
#define APLIC_BASE     24
#define APLIC_REG_SIZE 32

#define PLIC_SIZE     36
#define PLIC_ID	      3
#define PLIC_SOURCES  12
#define PLIC_REG_SIZE 20
#define PLIC_BASE     24
#define PLIC_GSI      32

#define RHCT_TIMEBASE 40
#define RHCT_COUNT    48
#define RHCT_FIRST    52
#define RHCT_ISA      0
#define RHCT_CMO      1
#define RHCT_MMU      2
#define RHCT_HART     65535
#define RHCT_REFS_MAX 16
#define CONTEXTS_MAX  1024
#define EXTERNAL_S    9 /* supervisor external interrupt of a hart */
#define NO_INTERRUPT  0xffffffffU

/* --- hart properties ------------------------------------------------------------------------ */

/* The node at @at of the RHCT; nothing when it is not whole. */
static struct acpi_span rhct_node(const struct acpi_span *t, uint32_t at)
{
	struct acpi_span s = acpi_part(t, at, acpi_u16(t, at + 2));

	s.len = s.len < 8 ? 0 : s.len;
	return s;
}

static bool hart_node(const struct acpi_span *t, uint32_t uid, struct acpi_span *s)
{
	uint32_t at = acpi_u32(t, RHCT_FIRST);

	for (uint32_t left = acpi_u32(t, RHCT_COUNT); left > 0; left--) {
		*s = rhct_node(t, at);
		if (s->len == 0) {
			return false;
		}
		if (acpi_u16(s, 0) == RHCT_HART && acpi_u32(s, 8) == uid) {
			return true;
		}
		at += s->len;
	}
	return false;
}

static void put_isa(struct acpi *a, const struct acpi_span *s)
{
	struct acpi_span text = acpi_part(s, 8, acpi_u16(s, 6));

	/* Printable, and terminated. */
	for (uint32_t i = 0; i + 1 < text.len; i++) {
		if (text.p[i] <= ' ' || text.p[i] >= 0x7f) {
			a->skipped++;
			return;
		}
	}
	if (text.len < 2 || text.p[text.len - 1] != '\0') {
		a->skipped++;
		return;
	}
	acpi_put(a, "riscv,isa", text.p, text.len);
}

static void put_block_size(struct acpi *a, const char *name, uint8_t log2)
{
	if (log2 > 0 && log2 < 16) {
		acpi_put_u32(a, name, 1U << log2);
	}
}

static void put_hart_info(struct acpi *a, const struct acpi_span *s)
{
	switch (acpi_u16(s, 0)) {
	case RHCT_ISA:
		put_isa(a, s);
		break;
	case RHCT_CMO:
		put_block_size(a, "riscv,cbom-block-size", acpi_u8(s, 7));
		put_block_size(a, "riscv,cbop-block-size", acpi_u8(s, 8));
		put_block_size(a, "riscv,cboz-block-size", acpi_u8(s, 9));
		break;
	case RHCT_MMU:
		if (acpi_u8(s, 7) <= 2) {
			acpi_put_str(a, "mmu-type",
				     acpi_u8(s, 7) == 0	  ? "riscv,sv39"
				     : acpi_u8(s, 7) == 1 ? "riscv,sv48"
							  : "riscv,sv57");
		}
		break;
	default:
		break;
	}
}

/* One of each kind: a list that names one twice must not write a property twice. */
static void put_hart_infos(struct acpi *a, const struct acpi_span *rhct, uint32_t uid)
{
	struct acpi_span hart, s;
	uint32_t seen = 0;

	if (!hart_node(rhct, uid, &hart)) {
		a->skipped++;
		return;
	}
	for (uint32_t i = 0; i < MIN(acpi_u16(&hart, 6), (uint32_t)RHCT_REFS_MAX); i++) {
		uint16_t kind;

		s = rhct_node(rhct, acpi_u32(&hart, 12 + 4 * i));
		kind = acpi_u16(&s, 0);
		if (s.len > 0 && kind <= RHCT_MMU && (seen & 1U << kind) == 0) {
			seen |= 1U << kind;
			put_hart_info(a, &s);
		}
	}
}

/* --- harts --------------------------------------------------------------------------------- */

static uint32_t usable(const struct acpi_span *rintc)
{
	return acpi_u32(rintc, RINTC_FLAGS) & (RINTC_ENABLED | RINTC_ONLINE);
}

static void write_hart(struct acpi *a, const struct acpi_span *s, uint32_t index,
		       const struct acpi_span *rhct)
{
	uint64_t hart = acpi_u64(s, RINTC_HART);

	acpi_begin_at(a, "cpu", hart);
	acpi_put_str(a, "device_type", "cpu");
	acpi_put_str(a, "compatible", "riscv");
	acpi_put_u64(a, "reg", hart);
	acpi_put_str(a, "status", (usable(s) & RINTC_ENABLED) != 0 ? "okay" : "disabled");
	put_hart_infos(a, rhct, acpi_u32(s, RINTC_UID));
	acpi_begin(a, "interrupt-controller");
	acpi_put_str(a, "compatible", "riscv,cpu-intc");
	acpi_put_flag(a, "interrupt-controller");
	acpi_put_u32(a, "#interrupt-cells", 1);
	acpi_put_u32(a, "phandle", PHANDLE_HART + index);
	acpi_end(a);
	acpi_end(a);
}

/* The next hart that may run; *@index is its place among all of them. */
static bool next_hart(const struct acpi *a, uint32_t *at, uint32_t *index, struct acpi_span *s)
{
	while (acpi_madt(a, at, MADT_RINTC, RINTC_SIZE_MIN, s)) {
		++*index;
		if (usable(s) != 0) {
			return true;
		}
	}
	return false;
}

static unsigned write_harts(struct acpi *a)
{
	struct acpi_span s, rhct = acpi_find(a, "RHCT");
	uint32_t at = 0, index = 0;
	unsigned n = 0;

	acpi_begin(a, "cpus");
	acpi_put_u32(a, "#address-cells", 2);
	acpi_put_u32(a, "#size-cells", 0);
	acpi_put_u64(a, "timebase-frequency", acpi_u64(&rhct, RHCT_TIMEBASE));
	while (a->fdt_error == 0 && next_hart(a, &at, &index, &s)) {
		write_hart(a, &s, index, &rhct);
		n++;
	}
	acpi_end(a);
	return n;
}

/* --- IMSIC --------------------------------------------------------------------------------- */

/* The files of the harts, in their order; neighbours are one range. */
static void add_files(const struct acpi *a, struct acpi_cells *reg)
{
	struct acpi_span s;
	uint32_t at = 0, index = 0;
	uint64_t first = 0, end = 0;

	while (next_hart(a, &at, &index, &s)) {
		uint64_t base = acpi_u64(&s, RINTC_IMSIC);
		uint32_t size = acpi_u32(&s, RINTC_IMSIC_SIZE);

		if (base == 0 || size == 0) {
			continue;
		}
		if (base != end && end != 0) {
			acpi_add_u64(reg, first);
			acpi_add_u64(reg, end - first);
		}
		if (base != end) {
			first = base;
		}
		end = base + size;
	}
	if (end != 0) {
		acpi_add_u64(reg, first);
		acpi_add_u64(reg, end - first);
	}
}

/* Every hart's supervisor external interrupt. */
static void put_externals(struct acpi *a)
{
	struct acpi_span s;
	uint32_t at = 0, index = 0;
	unsigned n = 0;
	void *cell;

	while (next_hart(a, &at, &index, &s)) {
		n++;
	}
	cell = acpi_put_room(a, "interrupts-extended", 2 * n);
	at = 0;
	index = 0;
	while (cell != NULL && next_hart(a, &at, &index, &s)) {
		cell = acpi_cell(cell, PHANDLE_HART + index);
		cell = acpi_cell(cell, EXTERNAL_S);
	}
}

/* There is one, and harts have files of it. */
static bool find_imsic(const struct acpi *a, struct acpi_span *imsic)
{
	struct acpi_span s;
	uint32_t at = 0, index = 0;

	if (!acpi_madt(a, &at, MADT_IMSIC, IMSIC_SIZE, imsic)) {
		return false;
	}
	at = 0;
	while (next_hart(a, &at, &index, &s)) {
		if (acpi_u64(&s, RINTC_IMSIC) != 0 && acpi_u32(&s, RINTC_IMSIC_SIZE) != 0) {
			return true;
		}
	}
	return false;
}

bool acpi_has_imsic(const struct acpi *a)
{
	struct acpi_span s;

	return a->riscv && find_imsic(a, &s);
}

static void write_imsic(struct acpi *a, const struct acpi_span *s)
{
	struct acpi_cells reg = { .n = 0 };

	add_files(a, &reg);
	acpi_begin_at(a, "interrupt-controller", (uint64_t)reg.v[0] << 32 | reg.v[1]);
	acpi_put_str(a, "compatible", "riscv,imsics");
	acpi_put_cells(a, "reg", &reg);
	acpi_put_flag(a, "interrupt-controller");
	acpi_put_u32(a, "#interrupt-cells", 0);
	acpi_put_flag(a, "msi-controller");
	acpi_put_u32(a, "#msi-cells", 0);
	put_externals(a);
	acpi_put_u32(a, "riscv,num-ids", acpi_u16(s, 8));
	acpi_put_u32(a, "riscv,num-guest-ids", acpi_u16(s, 10));
	acpi_put_u32(a, "riscv,guest-index-bits", acpi_u8(s, 12));
	acpi_put_u32(a, "riscv,hart-index-bits", acpi_u8(s, 13));
	acpi_put_u32(a, "riscv,group-index-bits", acpi_u8(s, 14));
	acpi_put_u32(a, "riscv,group-index-shift", acpi_u8(s, 15));
	acpi_put_u32(a, "phandle", PHANDLE_IMSIC);
	acpi_end(a);
}

/* --- APLIC and PLIC ------------------------------------------------------------------------ */

/* The hart whose context @context of controller @id is, as a phandle; 0: none. */
static uint32_t hart_of(const struct acpi *a, uint8_t id, uint32_t context)
{
	struct acpi_span s;
	uint32_t at = 0, index = 0;

	while (next_hart(a, &at, &index, &s)) {
		uint32_t external = acpi_u32(&s, RINTC_EXTERNAL);

		if (external >> 24 == id && (external & 0xffff) == context) {
			return PHANDLE_HART + index;
		}
	}
	return 0;
}

/* One more than the highest context of controller @id that a hart has. */
static uint32_t contexts(const struct acpi *a, uint8_t id)
{
	struct acpi_span s;
	uint32_t at = 0, index = 0, n = 0;

	while (next_hart(a, &at, &index, &s)) {
		uint32_t external = acpi_u32(&s, RINTC_EXTERNAL);

		if (external >> 24 == id) {
			n = MAX(n, (external & 0xffff) + 1);
		}
	}
	return MIN(n, (uint32_t)CONTEXTS_MAX);
}

/* A list by context; those between are the machine mode's, and lead nowhere. */
static void put_contexts(struct acpi *a, uint8_t id)
{
	uint32_t n = contexts(a, id), any = hart_of(a, id, n - 1);
	void *cell;

	if (n == 0 || any == 0) {
		return;
	}
	cell = acpi_put_room(a, "interrupts-extended", 2 * n);
	for (uint32_t i = 0; cell != NULL && i < n; i++) {
		uint32_t hart = hart_of(a, id, i);

		cell = acpi_cell(cell, hart != 0 ? hart : any);
		cell = acpi_cell(cell, hart != 0 ? EXTERNAL_S : NO_INTERRUPT);
	}
}

static void begin_controller(struct acpi *a, const char *compatible, uint64_t base, uint32_t size,
			     uint32_t phandle, uint32_t cells)
{
	acpi_begin_at(a, "interrupt-controller", base);
	acpi_put_str(a, "compatible", compatible);
	acpi_put_reg(a, base, size);
	acpi_put_flag(a, "interrupt-controller");
	acpi_put_u32(a, "#interrupt-cells", cells);
	acpi_put_u32(a, "#address-cells", 0);
	acpi_put_u32(a, "phandle", phandle);
}

static void write_aplics(struct acpi *a, bool imsic)
{
	struct acpi_span s;
	uint32_t at = 0;

	for (uint32_t i = 0; i < ACPI_KIND_MAX && acpi_madt(a, &at, MADT_APLIC, APLIC_SIZE, &s);
	     i++) {
		begin_controller(a, "riscv,aplic", acpi_u64(&s, APLIC_BASE),
				 acpi_u32(&s, APLIC_REG_SIZE), PHANDLE_APLIC + i, 2);
		acpi_put_u32(a, "riscv,num-sources", acpi_u16(&s, APLIC_SOURCES));
		if (imsic) {
			acpi_put_u32(a, "msi-parent", PHANDLE_IMSIC);
		} else {
			put_contexts(a, acpi_u8(&s, APLIC_ID));
		}
		acpi_end(a);
	}
}

static void write_plics(struct acpi *a)
{
	struct acpi_span s;
	uint32_t at = 0;

	for (uint32_t i = 0; i < ACPI_KIND_MAX && acpi_madt(a, &at, MADT_PLIC, PLIC_SIZE, &s);
	     i++) {
		begin_controller(a, "riscv,plic0", acpi_u64(&s, PLIC_BASE),
				 acpi_u32(&s, PLIC_REG_SIZE), PHANDLE_PLIC + i, 1);
		acpi_put_u32(a, "riscv,ndev", acpi_u16(&s, PLIC_SOURCES));
		put_contexts(a, acpi_u8(&s, PLIC_ID));
		acpi_end(a);
	}
}

bool acpi_riscv_gsi(const struct acpi *a, uint32_t gsi, struct acpi_cells *c, unsigned flags)
{
	struct acpi_span s;
	uint32_t at = 0, type = (flags & ACPI_EDGE) != 0 ? 1 : 4;

	for (uint32_t i = 0; i < ACPI_KIND_MAX && acpi_madt(a, &at, MADT_APLIC, APLIC_SIZE, &s);
	     i++) {
		uint32_t line = gsi - acpi_u32(&s, APLIC_GSI);

		if (line <= acpi_u16(&s, APLIC_SOURCES) && line > 0) {
			acpi_add(c, PHANDLE_APLIC + i);
			acpi_add(c, line);
			acpi_add(c, (flags & ACPI_LOW) != 0 ? type << 1 : type);
			return true;
		}
	}
	at = 0;
	for (uint32_t i = 0; i < ACPI_KIND_MAX && acpi_madt(a, &at, MADT_PLIC, PLIC_SIZE, &s);
	     i++) {
		uint32_t line = gsi - acpi_u32(&s, PLIC_GSI);

		if (line <= acpi_u16(&s, PLIC_SOURCES) && line > 0) {
			acpi_add(c, PHANDLE_PLIC + i);
			acpi_add(c, line);
			return true;
		}
	}
	return false;
}

int acpi_write_riscv(struct acpi *a)
{
	struct acpi_span imsic;
	bool has = find_imsic(a, &imsic);

	if (write_harts(a) == 0) {
		return acpi_fail("APIC", "no hart that can be used");
	}
	if (has) {
		write_imsic(a, &imsic);
	}
	write_aplics(a, has);
	write_plics(a);
	return 0;
}
