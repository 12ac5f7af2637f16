/* SPDX-License-Identifier: MIT */
/* Tables for tests (acpi_env.h). Spec: ACPI 6.5, 5.2. */
#include "acpi_env.h"

#include "../../boot/acpi.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AML_DEPTH 8
#define MAPS	  4096

struct acpi_env acpi_env;

static struct {
	uint32_t at;   /* of the package length */
	uint32_t size; /* of a buffer: where it is */
} open_aml[AML_DEPTH];
static unsigned aml_depth;

/* --- bytes --------------------------------------------------------------------------------- */

void put_bytes(const void *p, size_t n)
{
	if (n > sizeof(acpi_env.memory) - acpi_env.used) {
		printf("# acpi_env: memory is full\n");
		abort();
	}
	memcpy(acpi_env.memory + acpi_env.used, p, n);
	acpi_env.used += (uint32_t)n;
	acpi_env.end = acpi_env.used > acpi_env.end ? acpi_env.used : acpi_env.end;
}

static void put_le(uint64_t v, unsigned n)
{
	for (; n > 0; n--, v >>= 8) {
		uint8_t byte = (uint8_t)v;

		put_bytes(&byte, 1);
	}
}

void put8(unsigned v)
{
	put_le(v, 1);
}

void put16(unsigned v)
{
	put_le(v, 2);
}

void put32(uint32_t v)
{
	put_le(v, 4);
}

void put64(uint64_t v)
{
	put_le(v, 8);
}

void put_zeros(unsigned n)
{
	while (n-- > 0) {
		put8(0);
	}
}

void put_text(const char *s, size_t n)
{
	size_t len = strnlen(s, n);

	put_bytes(s, len);
	put_zeros((unsigned)(n - len));
}

uint32_t table_at(void)
{
	return acpi_env.used - acpi_env.open;
}

void put_until(uint32_t at)
{
	put_zeros(at - table_at());
}

/* --- tables -------------------------------------------------------------------------------- */

void acpi_env_reset(void)
{
	memset(acpi_env.memory, 0, acpi_env.end);
	acpi_env.tables = 0;
	acpi_env.dsdt = 0;
	aml_depth = 0;
	acpi_env.used = 0x1000; /* the RSDP's page */
}

static void set_sum(uint32_t at, uint32_t len, uint32_t field)
{
	uint8_t sum = 0;

	acpi_env.memory[at + field] = 0;
	for (uint32_t i = 0; i < len; i++) {
		sum = (uint8_t)(sum + acpi_env.memory[at + i]);
	}
	acpi_env.memory[at + field] = (uint8_t)-sum;
}

void table_begin(const char *signature, unsigned revision)
{
	acpi_env.used = (acpi_env.used + 15) & ~15U;
	acpi_env.open = acpi_env.used;
	put_text(signature, 4);
	put32(0);
	put8(revision);
	put8(0);
	put_text("TESTER", 6);
	put_text("MACHINE", 8);
	put32(1);
	put_text("TEST", 4);
	put32(1);
}

void table_end(void)
{
	uint32_t at = acpi_env.open, len = table_at();
	unsigned i = acpi_env.tables++;

	memcpy(acpi_env.memory + at + 4, &len, 4);
	set_sum(at, len, 9);
	memcpy(acpi_env.table[i].signature, acpi_env.memory + at, 4);
	acpi_env.table[i].at = at;
	acpi_env.table[i].len = len;
	if (strcmp(acpi_env.table[i].signature, "DSDT") == 0) {
		acpi_env.dsdt = ACPI_MEMORY_BASE + at;
	}
}

uint8_t *table_bytes(const char *signature, uint32_t *len)
{
	for (unsigned i = 0; i < acpi_env.tables; i++) {
		if (strcmp(acpi_env.table[i].signature, signature) == 0) {
			*len = acpi_env.table[i].len;
			return acpi_env.memory + acpi_env.table[i].at;
		}
	}
	abort();
}

void table_resum(const char *signature)
{
	uint32_t len;
	uint8_t *p = table_bytes(signature, &len);

	set_sum((uint32_t)(p - acpi_env.memory), len, 9);
}

void acpi_env_finish(void)
{
	unsigned n = acpi_env.tables;
	uint64_t xsdt;

	table_begin("XSDT", 1);
	for (unsigned i = 0; i < n; i++) {
		if (strcmp(acpi_env.table[i].signature, "DSDT") != 0) {
			put64(ACPI_MEMORY_BASE + acpi_env.table[i].at);
		}
	}
	xsdt = ACPI_MEMORY_BASE + acpi_env.open;
	table_end();
	acpi_env.used = 0;
	put_text("RSD PTR ", 8);
	put8(0);
	put_text("TESTER", 6);
	put8(2);
	put32(0);
	put32(36);
	put64(xsdt);
	put32(0);
	set_sum(0, 20, 8);
	set_sum(0, 36, 32);
	acpi_env.rsdp = ACPI_MEMORY_BASE;
}

/* --- translation --------------------------------------------------------------------------- */

static struct {
	const uint8_t *memory;
	size_t size;
	uint64_t base;
	void *copy[MAPS];
	unsigned copies;
} mapping;

static const void *map(void *arg, uint64_t addr, uint64_t len)
{
	void *p;

	(void)arg;
	if (addr < mapping.base || addr - mapping.base > mapping.size ||
	    len > mapping.size - (addr - mapping.base) || mapping.copies == MAPS) {
		return NULL;
	}
	p = malloc(len);
	memcpy(p, mapping.memory + (addr - mapping.base), len);
	mapping.copy[mapping.copies++] = p;
	return p;
}

static int translate(uint64_t rsdp, size_t room)
{
	void *tree = malloc(room + 8);
	int r = acpi_to_fdt(map, NULL, rsdp, tree, room);

	if (r == 0) {
		memcpy(acpi_env.tree, tree, fdt_totalsize(tree));
		r = dt_init(acpi_env.tree);
	}
	free(tree);
	while (mapping.copies > 0) {
		free(mapping.copy[--mapping.copies]);
	}
	return r;
}

int acpi_env_translate(size_t room)
{
	mapping.memory = acpi_env.memory;
	mapping.size = sizeof(acpi_env.memory);
	mapping.base = ACPI_MEMORY_BASE;
	return translate(acpi_env.rsdp, room);
}

int acpi_env_translate_dump(const void *dump, size_t n, uint64_t base)
{
	mapping.memory = dump;
	mapping.size = n;
	mapping.base = base;
	return translate(base, ACPI_TREE_SIZE);
}

/* --- fixed tables -------------------------------------------------------------------------- */

void put_fadt(unsigned arm_flags)
{
	table_begin("FACP", 6);
	put_until(112);
	put32(1U << 20); /* hardware-reduced */
	put_until(129);
	put16(arm_flags);
	put_until(140);
	put64(acpi_env.dsdt);
	put_until(276);
	table_end();
}

void madt_begin(void)
{
	table_begin("APIC", 5);
	put_zeros(8);
}

void put_gicc(unsigned uid, uint64_t mpidr, unsigned flags, uint64_t cpu_base,
	      uint64_t redistributor)
{
	uint32_t at = table_at();

	put8(0x0b);
	put8(80);
	put16(0);
	put32(uid);
	put32(uid);
	put32(flags);
	put_until(at + 32);
	put64(cpu_base);
	put_until(at + 60);
	put64(redistributor);
	put64(mpidr);
	put_until(at + 80);
}

void put_gicd(uint64_t base, unsigned version)
{
	put8(0x0c);
	put8(24);
	put16(0);
	put32(0);
	put64(base);
	put32(0);
	put8(version);
	put_zeros(3);
}

void put_gicr(uint64_t base, uint32_t length)
{
	put8(0x0e);
	put8(16);
	put16(0);
	put64(base);
	put32(length);
}

void put_its(unsigned id, uint64_t base)
{
	put8(0x0f);
	put8(20);
	put16(0);
	put32(id);
	put64(base);
	put32(0);
}

void put_frame(unsigned id, uint64_t base, unsigned flags, unsigned count, unsigned first)
{
	put8(0x0d);
	put8(24);
	put16(0);
	put32(id);
	put64(base);
	put32(flags);
	put16(count);
	put16(first);
}

void put_gtdt(const unsigned gsi[4], unsigned flags)
{
	table_begin("GTDT", 3);
	put64(UINT64_MAX);
	put32(0);
	for (unsigned i = 0; i < 4; i++) {
		put32(gsi[i]);
		put32(flags);
	}
	put64(UINT64_MAX);
	put_until(104);
	table_end();
}

void put_spcr(unsigned type, unsigned width, unsigned access, uint64_t addr, unsigned irq_kind,
	      unsigned gsi, unsigned baud)
{
	table_begin("SPCR", 2);
	put8(type);
	put_zeros(3);
	put8(0);
	put8(width);
	put8(0);
	put8(access);
	put64(addr);
	put8(irq_kind);
	put8(0);
	put32(gsi);
	put8(baud);
	put_until(80);
	table_end();
}

void mcfg_begin(void)
{
	table_begin("MCFG", 1);
	put_zeros(8);
}

void put_ecam(uint64_t base, unsigned segment, unsigned first, unsigned last)
{
	put64(base);
	put16(segment);
	put8(first);
	put8(last);
	put32(0);
}

/* --- AML ----------------------------------------------------------------------------------- */

/* Always in the form of three bytes: twenty bits (20.2.4). */
void aml_begin(unsigned opcode)
{
	if (opcode > 0xff) {
		put8(opcode >> 8);
	}
	put8(opcode & 0xff);
	open_aml[aml_depth++].at = acpi_env.used;
	put_zeros(3);
}

void aml_end(void)
{
	uint32_t at = open_aml[--aml_depth].at, len = acpi_env.used - at;

	acpi_env.memory[at] = (uint8_t)(0x80 | (len & 0xf));
	acpi_env.memory[at + 1] = (uint8_t)(len >> 4);
	acpi_env.memory[at + 2] = (uint8_t)(len >> 12);
}

void aml_name(const char *name)
{
	put8(0x08);
	put_text(name, 4);
}

void aml_int(uint64_t v)
{
	if (v <= 1) {
		put8((unsigned)v);
	} else if (v <= UINT32_MAX) {
		put8(0x0c);
		put32((uint32_t)v);
	} else {
		put8(0x0e);
		put64(v);
	}
}

void aml_string(const char *s)
{
	put8(0x0d);
	put_bytes(s, strlen(s) + 1);
}

void aml_device(const char *name, const char *hid)
{
	aml_begin(0x5b82);
	put_text(name, 4);
	aml_name("_HID");
	aml_string(hid);
}

void aml_buffer_begin(void)
{
	aml_begin(0x11);
	put8(0x0b);
	open_aml[aml_depth - 1].size = acpi_env.used;
	put16(0);
}

void aml_buffer_end(void)
{
	uint32_t at = open_aml[aml_depth - 1].size, len;

	put16(0x0079); /* end tag */
	len = acpi_env.used - at - 2;
	acpi_env.memory[at] = (uint8_t)len;
	acpi_env.memory[at + 1] = (uint8_t)(len >> 8);
	aml_end();
}

void res_memory32(uint32_t base, uint32_t size)
{
	put8(0x86);
	put16(9);
	put8(1);
	put32(base);
	put32(size);
}

void res_irq(uint32_t gsi, unsigned flags)
{
	put8(0x89);
	put16(6);
	put8(flags);
	put8(1);
	put32(gsi);
}

void res_window(unsigned width, unsigned kind, unsigned type_flags, uint64_t first, uint64_t last,
		uint64_t offset)
{
	put8(width == 2 ? 0x88 : width == 4 ? 0x87 : 0x8a);
	put16(3 + 5 * width);
	put8(kind);
	put8(0x0c);
	put8(type_flags);
	put_le(0, width);
	put_le(first, width);
	put_le(last, width);
	put_le(offset, width);
	put_le(last - first + 1, width);
}

void aml_crs(uint32_t base, uint32_t size, uint32_t gsi, unsigned flags)
{
	aml_name("_CRS");
	aml_buffer_begin();
	res_memory32(base, size);
	if (gsi != 0) {
		res_irq(gsi, flags);
	}
	aml_buffer_end();
}
