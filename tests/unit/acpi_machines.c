/* SPDX-License-Identifier: MIT */
/* Machines as their tables describe them (acpi_env.h): QEMU's `virt`, as far as a test looks at it. */
#include "acpi_env.h"

#include <string.h>

/* One device of each kind, and a PCI host with links, as QEMU's DSDT has them. */
static void put_virt_dsdt(void)
{
	table_begin("DSDT", 2);
	aml_begin(0x10);
	put_text("\\_SB_", 5);
	aml_device("C000", "ACPI0007");
	aml_end();
	aml_device("COM0", "ARMH0011");
	aml_crs(0x09000000, 0x1000, 33, 1);
	aml_end();
	aml_device("VR00", "LNRO0005");
	aml_name("_CCA");
	aml_int(1);
	aml_crs(0x0a000000, 0x200, 48, 1);
	aml_end();
	aml_device("VR01", "LNRO0005");
	aml_crs(0x0a000200, 0x200, 49, 3);
	aml_end();
	aml_device("PCI0", "PNP0A08");
	aml_name("_PRT");
	aml_begin(0x13);
	aml_int(2);
	for (unsigned pin = 0; pin < 2; pin++) {
		aml_begin(0x12);
		put8(4);
		aml_int(0x0002ffff);
		aml_int(pin);
		put_text(pin == 0 ? "GSI0" : "GSI1", 4);
		aml_int(0);
		aml_end();
	}
	aml_end();
	for (unsigned i = 0; i < 2; i++) {
		aml_device(i == 0 ? "GSI0" : "GSI1", "PNP0C0F");
		aml_name("_CRS");
		aml_buffer_begin();
		res_irq(35 + i, 1);
		aml_buffer_end();
		aml_end();
	}
	aml_name("_CRS");
	aml_buffer_begin();
	res_window(2, 2, 0, 0, 255, 0);
	res_window(4, 0, 1, 0x10000000, 0x3efeffff, 0);
	res_window(4, 1, 3, 0, 0xffff, 0x3eff0000);
	res_window(8, 0, 7, 0x8000000000, 0xffffffffff, 0);
	aml_buffer_end();
	aml_end();
	aml_device("GPO0", "ARMH0061");
	aml_crs(0x09030000, 0x1000, 39, 1);
	aml_name("_AEI");
	aml_buffer_begin();
	put8(0x8c);
	put16(0x1b);
	put_bytes("\x01\x00\x00\x00\x01\x00\x01\x00\x00\x00\x00\x17\x00\x00\x19\x00\x1e\x00\x00\x00"
		  "\x03\x00"
		  "GPO0\0",
		  27);
	aml_buffer_end();
	aml_end();
	aml_end();
	table_end();
}

static void put_virt_rest(void)
{
	put_gtdt((unsigned[]){ 29, 30, 27, 26 }, 0);
	put_spcr(3, 8, 1, 0x09000000, 8, 33, 7);
	mcfg_begin();
	put_ecam(0x4010000000, 0, 0, 255);
	table_end();
}

void machine_virt_v2(void)
{
	acpi_env_reset();
	put_virt_dsdt();
	put_fadt(3);
	madt_begin();
	put_gicd(0x08000000, 2);
	put_gicc(0, 0, 1, 0x08010000, 0);
	put_gicc(1, 1, 1, 0x08010000, 0);
	put_frame(0, 0x08020000, 1, 64, 80);
	table_end();
	put_virt_rest();
	acpi_env_finish();
}

/* A root complex, through an SMMU for the first half of its buses, to the only ITS. */
static void put_virt_iort(void)
{
	table_begin("IORT", 3);
	put32(3);
	put32(48);
	put32(0);
	put8(0); /* 48: the ITS group */
	put16(24);
	put_zeros(13);
	put32(1);
	put32(0);
	put8(4); /* 72: SMMUv3, two mappings, one of them its own */
	put16(108);
	put_zeros(5);
	put32(2);
	put32(68);
	put_zeros(52);
	put32(0x1000);
	put32(0x7fff);
	put32(0x21000);
	put32(48);
	put32(0);
	put32(0);
	put32(0);
	put32(0x77777);
	put32(48);
	put32(1);
	put8(2); /* 180: the root complex */
	put16(76);
	put_zeros(5);
	put32(2);
	put32(36);
	put_until(180 + 36);
	put32(0);
	put32(0x7fff);
	put32(0x1000);
	put32(72);
	put32(0);
	put32(0x8000);
	put32(0x7fff);
	put32(0x8000);
	put32(48);
	put32(0);
	table_end();
}

void machine_virt_v3(void)
{
	acpi_env_reset();
	put_virt_dsdt();
	put_fadt(3);
	madt_begin();
	put_gicd(0x08000000, 3);
	for (unsigned i = 0; i < 4; i++) {
		put_gicc(i, i, 1, 0, 0);
	}
	put_gicr(0x080a0000, 0xf60000);
	put_its(0, 0x08080000);
	table_end();
	put_virt_iort();
	put_virt_rest();
	acpi_env_finish();
}

static void put_rintc(unsigned uid, uint64_t hart, uint32_t external, uint64_t imsic)
{
	put8(0x18);
	put8(36);
	put16(1);
	put32(1);
	put64(hart);
	put32(uid);
	put32(external);
	put64(imsic);
	put32(imsic != 0 ? 0x1000 : 0);
}

static void put_rhct(unsigned harts)
{
	static const char isa[] = "rv64imafdch_zicbom_zicboz_sstc";

	table_begin("RHCT", 1);
	put32(0);
	put64(10000000);
	put32(3 + harts);
	put32(56);
	put16(0); /* 56 */
	put16(8 + sizeof(isa) + 1);
	put16(1);
	put16(sizeof(isa));
	put_bytes(isa, sizeof(isa));
	put8(0);
	put16(1); /* 96 */
	put16(10);
	put16(1);
	put_bytes("\x00\x06\x06\x06", 4);
	put16(2); /* 106 */
	put16(8);
	put16(1);
	put16(0x200);
	for (unsigned i = 0; i < harts; i++) {
		put16(65535);
		put16(24);
		put16(1);
		put16(3);
		put32(i);
		put32(56);
		put32(96);
		put32(106);
	}
	table_end();
}

static void put_riscv_rest(unsigned harts)
{
	put_rhct(harts);
	put_spcr(0x12, 32, 1, 0x10000000, 0x10, 10, 7);
	mcfg_begin();
	put_ecam(0x30000000, 0, 0, 255);
	table_end();
	acpi_env_finish();
}

void machine_riscv_plic(unsigned harts)
{
	acpi_env_reset();
	put_fadt(0);
	madt_begin();
	for (unsigned i = 0; i < harts; i++) {
		put_rintc(i, i, 2 * i + 1, 0);
	}
	put8(0x1b);
	put8(36);
	put8(1);
	put8(0);
	put64(0);
	put16(95);
	put16(7);
	put32(0);
	put32(0x600000);
	put64(0x0c000000);
	put32(0);
	table_end();
	put_riscv_rest(harts);
}

void machine_riscv_aia(unsigned harts)
{
	acpi_env_reset();
	put_fadt(0);
	madt_begin();
	for (unsigned i = 0; i < harts; i++) {
		/* The third hart and those behind it are another group. */
		put_rintc(i, i, i, 0x28000000 + 0x1000UL * i + (i < 2 ? 0 : 0x1000000));
	}
	put8(0x19);
	put8(16);
	put16(1);
	put32(0);
	put16(255);
	put16(0);
	put8(0);
	put8(2);
	put8(1);
	put8(24);
	put8(0x1a);
	put8(36);
	put8(1);
	put8(0);
	put32(0);
	put64(0);
	put16(0);
	put16(96);
	put32(0);
	put64(0x0d000000);
	put32(0x8000);
	table_end();
	put_riscv_rest(harts);
}
