/* SPDX-License-Identifier: MIT */
/* Builds ACPI tables in a memory of their own, and has them translated. Whatever is mapped is a copy of
 * exactly the bytes that were asked for, so that a sanitizer sees each read outside.
 * Shared by tests/unit and tests/fuzz. */
#pragma once

#include <kernel/fdt.h>
#include <stddef.h>
#include <stdint.h>

#define ACPI_MEMORY_BASE 0x7f000000ULL
#define ACPI_MEMORY_SIZE (512U << 10)
#define ACPI_TREE_SIZE	 (128U << 10)

struct acpi_env {
	uint8_t memory[ACPI_MEMORY_SIZE];
	uint32_t used, end; /* end: as far as it ever was */
	uint32_t open;	    /* table that is being written */
	struct {
		char signature[5];
		uint32_t at, len;
	} table[48];
	unsigned tables;
	uint64_t dsdt; /* for the FADT that comes after it */
	uint64_t rsdp;
	uint64_t tree[ACPI_TREE_SIZE / 8];
};
extern struct acpi_env acpi_env;

void acpi_env_reset(void);
/* A table is begun, filled and ended: its length and checksum are made, and the XSDT will name it;
 * a DSDT is for the FADT to name. */
void table_begin(const char *signature, unsigned revision);
void table_end(void);
void put8(unsigned v);
void put16(unsigned v);
void put32(uint32_t v);
void put64(uint64_t v);
void put_zeros(unsigned n);
void put_bytes(const void *p, size_t n);
void put_text(const char *s, size_t n); /* padded with zeros */
/* Zeros up to offset @at of the table. */
void put_until(uint32_t at);
/* The offset in the table where the next byte goes. */
uint32_t table_at(void);
/* Correct a table's length or bytes afterwards, and its checksum. */
uint8_t *table_bytes(const char *signature, uint32_t *len);
void table_resum(const char *signature);
/* Writes XSDT and RSDP. */
void acpi_env_finish(void);

/* acpi_to_fdt() with room for @room bytes of tree, which is given to dt_init() if there is one. */
int acpi_env_translate(size_t room);
/* The same for a memory dump with the RSDP at its start. */
int acpi_env_translate_dump(const void *dump, size_t n, uint64_t base);

/* --- tables of which only some fields differ */
void put_fadt(unsigned arm_flags);
void put_gicc(unsigned uid, uint64_t mpidr, unsigned flags, uint64_t cpu_base,
	      uint64_t redistributor);
void put_gicd(uint64_t base, unsigned version);
void put_gicr(uint64_t base, uint32_t length);
void put_its(unsigned id, uint64_t base);
void put_frame(unsigned id, uint64_t base, unsigned flags, unsigned count, unsigned first);
void madt_begin(void);
void put_gtdt(const unsigned gsi[4], unsigned flags);
void put_spcr(unsigned type, unsigned width, unsigned access, uint64_t addr, unsigned irq_kind,
	      unsigned gsi, unsigned baud);
void mcfg_begin(void);
void put_ecam(uint64_t base, unsigned segment, unsigned first, unsigned last);

/* --- AML: what is begun gets its length when it ends */
void aml_begin(unsigned opcode); /* 0x5b82: two bytes */
void aml_end(void);
void aml_device(const char *name, const char *hid);
void aml_name(const char *name);
void aml_int(uint64_t v);
void aml_string(const char *s);
void aml_crs(uint32_t base, uint32_t size, uint32_t gsi, unsigned flags);
void aml_buffer_begin(void);
void aml_buffer_end(void);
void res_memory32(uint32_t base, uint32_t size);
void res_irq(uint32_t gsi, unsigned flags);
void res_window(unsigned width, unsigned kind, unsigned type_flags, uint64_t first, uint64_t last,
		uint64_t offset);

/* --- whole machines */
void machine_virt_v2(void);
void machine_virt_v3(void);
void machine_riscv_plic(unsigned harts);
void machine_riscv_aia(unsigned harts);
