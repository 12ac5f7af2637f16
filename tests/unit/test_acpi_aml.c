/* SPDX-License-Identifier: MIT */
/* boot/acpi_aml.c, boot/acpi_device.c: what counts as a static definition, and what is left out.
 * sources: tests/unit/test.c tests/unit/host/kernel.c tests/unit/acpi_env.c tests/unit/acpi_machines.c
	kernel/fdt.c boot/acpi.c boot/acpi_write.c boot/acpi_arm.c boot/acpi_riscv.c boot/acpi_fixed.c
	boot/acpi_serial.c boot/acpi_pci.c boot/acpi_aml.c boot/acpi_device.c @libfdt */
#include "acpi_env.h"
#include "acpi_expect.h"
#include "test.h"

#define STORE 0x70

static void begin(const char *signature)
{
	if (signature[0] == 'D') {
		acpi_env_reset();
	}
	table_begin(signature, 2);
}

/* What a small machine's tree has after the namespace that was begun. */
static void finish(void)
{
	table_end();
	put_fadt(3);
	madt_begin();
	put_gicd(0x1000000, 3);
	put_gicc(0, 0, 1, 0, 0x2000000);
	table_end();
	put_gtdt((unsigned[]){ 29, 30, 27, 26 }, 0);
	mcfg_begin();
	put_ecam(0x40000000, 0, 0, 127);
	put_ecam(0x60000000, 3, 16, 31);
	table_end();
	acpi_env_finish();
	CHECK_EQ(acpi_env_translate(ACPI_TREE_SIZE), 0);
}

static uint32_t skipped(void)
{
	return dt_u32(dt_find("/acpi"), "coracle,skipped", 0, 99);
}

static void method(const char *name)
{
	aml_begin(0x14);
	put_text(name, 4);
	put8(0);
}

static void crs_buffer(uint32_t base)
{
	aml_buffer_begin();
	res_memory32(base, 0x200);
	res_irq(50, 1);
	aml_buffer_end();
}

/* As compilers of EDK2's tables write _CRS. */
static void test_methods(void)
{
	begin("DSDT");
	aml_device("VR00", "LNRO0005");
	method("_CRS"); /* Name (RBUF, ...) Return (RBUF) */
	aml_name("RBUF");
	crs_buffer(0x1000);
	put8(0xa4);
	put_text("RBUF", 4);
	aml_end();
	method("_STA");
	put8(0xa4);
	put_bytes("\x0a\x0f", 2);
	aml_end();
	aml_end();
	aml_device("VR01", "LNRO0005");
	method("_CRS"); /* Return (Buffer ...) */
	put8(0xa4);
	crs_buffer(0x2000);
	aml_end();
	aml_end();
	aml_device("VR02", "LNRO0005"); /* more than a return */
	method("_CRS");
	put8(STORE);
	aml_int(1);
	put8(0x60);
	put8(0xa4);
	crs_buffer(0x3000);
	aml_end();
	aml_end();
	aml_device("VR03", "LNRO0005"); /* returns what is not its own */
	method("_CRS");
	put8(0xa4);
	put_text("RBUF", 4);
	aml_end();
	aml_end();
	finish();
	expect_reg("/virtio_mmio@1000", 0, 0x1000, 0x200);
	expect_irq("/virtio_mmio@1000", 0, 3, (uint32_t[]){ 0, 18, 4 });
	expect_reg("/virtio_mmio@2000", 0, 0x2000, 0x200);
	CHECK(dt_find("/virtio_mmio@3000") == NULL);
	CHECK_EQ(skipped(), 2);
}

static void test_status(void)
{
	begin("DSDT");
	for (unsigned i = 0; i < 4; i++) {
		aml_device("VR00", "LNRO0005");
		aml_crs(0x1000 * (i + 1), 0x200, 50, 1);
		if (i == 2) {
			method("_STA"); /* Return (STAT) of somewhere */
			put8(0xa4);
			put_text("STAT", 4);
			aml_end();
		} else if (i < 2) {
			aml_name("_STA");
			aml_int(i == 0 ? 0 : 0xf);
		}
		aml_name("_CCA");
		aml_int(i == 1);
		aml_end();
	}
	finish();
	CHECK(dt_find("/virtio_mmio@1000") == NULL);
	CHECK(dt_has(dt_find("/virtio_mmio@2000"), "dma-coherent"));
	CHECK(dt_find("/virtio_mmio@3000") == NULL);
	CHECK(dt_find("/virtio_mmio@4000") != NULL);
	CHECK(!dt_has(dt_find("/virtio_mmio@4000"), "dma-coherent"));
	CHECK_EQ(skipped(), 1);
}

/* Everything that is no device is stepped over, and a device behind it is found. */
static void test_steps(void)
{
	begin("DSDT");
	put8(0x15); /* External */
	put_text("\\_SB_", 5);
	put16(0x0106);
	put8(0x06); /* Alias */
	put_text("AAAABBBB", 8);
	aml_begin(0x10);
	put_bytes("\\\x2f\x03_SB_PCI0RP00", 15); /* a name of three segments */
	put8(0xa3);
	put_bytes("\x5b\x01MUTX\x05", 7);
	put_bytes("\x5b\x02"
		  "EVNT",
		  6);
	put_bytes("\x5b\x80REGN\x00\x0c\x00\x00\x00\x09\x0a\x10", 14); /* OperationRegion */
	aml_begin(0x5b81);
	put_bytes("REGN\x11"
		  "FLD0\x08",
		  10);
	aml_end();
	aml_begin(0x5b83);
	put_bytes("CPU0\x01\0\0\0\0\0", 10);
	aml_end();
	aml_name("STRG");
	aml_string("text");
	aml_name("PKG0");
	aml_begin(0x12);
	put8(1);
	aml_int(7);
	aml_end();
	aml_begin(0xa0); /* If (One) { Device } */
	aml_int(1);
	aml_device("VR01", "LNRO0005");
	aml_crs(0x9000, 0x200, 50, 1);
	aml_end();
	aml_end();
	aml_device("VR00", "LNRO0005");
	aml_crs(0x1000, 0x200, 0, 0);
	aml_end();
	aml_end();
	finish();
	CHECK(dt_find("/virtio_mmio@1000") != NULL);
	CHECK(!dt_has(dt_find("/virtio_mmio@1000"), "interrupts-extended"));
	CHECK(dt_find("/virtio_mmio@9000") == NULL);
	CHECK_EQ(skipped(), 1);
}

/* A list that cannot be read on ends there; what is outside of it is none the worse. */
static void test_unknown(void)
{
	begin("DSDT");
	aml_begin(0x10);
	put_text("\\_SB_", 5);
	aml_device("VR00", "LNRO0005");
	aml_crs(0x1000, 0x200, 50, 1);
	aml_end();
	put_text("CALL", 4); /* a method is called */
	aml_device("VR01", "LNRO0005");
	aml_crs(0x2000, 0x200, 50, 1);
	aml_end();
	aml_end();
	aml_device("VR02", "LNRO0005");
	aml_crs(0x3000, 0x200, 50, 1);
	aml_end();
	table_end();
	begin("SSDT");
	put_bytes("\x5b", 1); /* ends within an operator */
	table_end();
	begin("SSDT");
	aml_device("VR03", "LNRO0005");
	aml_crs(0x4000, 0x200, 50, 1);
	aml_end();
	finish();
	CHECK(dt_find("/virtio_mmio@1000") != NULL && dt_find("/virtio_mmio@2000") == NULL);
	CHECK(dt_find("/virtio_mmio@3000") != NULL && dt_find("/virtio_mmio@4000") != NULL);
	CHECK_EQ(skipped(), 2);
}

static void nested(unsigned depth)
{
	begin("DSDT");
	for (unsigned i = 0; i < depth; i++) {
		put8(0x10);
		put_zeros(3); /* filled in below */
		put_text("AAAA", 4);
	}
	/* By hand, since the lengths nest deeper than the builder counts. */
	put_bytes("\x5b\x82\x40\x04VR00", 8);
	put_bytes("\x08_HID\x0dLNRO0005", 15);
	put_bytes("\x08_CRS\x11\x15\x0a\x12", 9);
	put_bytes("\x86\x09\x00\x01\x00\x10\x00\x00\x00\x02\x00\x00\x79\x00", 14);
	put_zeros(4);
	while (table_at() < 36 + depth * 8 + 2 + 64) {
		put8(0xa3); /* Noop */
	}
	for (unsigned i = 0; i < depth; i++) {
		uint8_t *p = acpi_env.memory + acpi_env.open + 36 + 8 * i;
		uint32_t len = 8 * (depth - i) + 66 - 1;

		p[1] = (uint8_t)(0x80 | (len & 0xf));
		p[2] = (uint8_t)(len >> 4);
		p[3] = (uint8_t)(len >> 12);
	}
	finish();
}

static void test_depth(void)
{
	nested(3);
	CHECK(dt_find("/virtio_mmio@1000") != NULL);
	nested(11);
	CHECK(dt_find("/virtio_mmio@1000") != NULL);
	nested(13);
	CHECK(dt_find("/virtio_mmio@1000") == NULL && skipped() > 0);
	nested(2000);
	CHECK(dt_find("/virtio_mmio@1000") == NULL && skipped() > 0);
}

static void host(const char *name, unsigned segment, unsigned first, unsigned last)
{
	aml_begin(0x5b82);
	put_text(name, 4);
	aml_name("_HID");
	aml_int(0x080ad041); /* EISAID ("PNP0A08") */
	aml_name("_SEG");
	aml_int(segment);
	aml_name("_CRS");
	aml_buffer_begin();
	res_window(2, 2, 0, first, last, 0);
	res_window(8, 0, 1, 0x50000000, 0x5fffffff, 0x100000000);
	aml_buffer_end();
}

static void test_hosts(void)
{
	const struct dt_node *n;

	begin("DSDT");
	host("PCI0", 0, 0, 15);
	aml_name("_PRT");
	aml_begin(0x12);
	put8(3);
	for (unsigned i = 0; i < 3; i++) {
		aml_begin(0x12);
		put8(4);
		aml_int(i == 0 ? 0xffff : i == 1 ? 0x1ffff : 0x2ffff);
		aml_int(i);
		if (i == 1) {
			put_text("LNKX", 4); /* of which nothing is known */
		} else {
			aml_int(0);
		}
		aml_int(100 + i);
		aml_end();
	}
	aml_end();
	aml_end();
	host("PCI1", 0, 8, 31); /* buses that are taken */
	aml_end();
	host("PCI2", 3, 0, 255);
	aml_end();
	host("PCI3", 7, 0, 255); /* of which MCFG knows nothing */
	aml_end();
	finish();
	n = dt_find("/pcie@40000000");
	expect_cells(n, "bus-range", 2, (uint32_t[]){ 0, 15 });
	expect_cells(n, "ranges", 7,
		     (uint32_t[]){ 0x02000000, 0, 0x50000000, 1, 0x50000000, 0, 0x10000000 });
	expect_cells(n, "interrupt-map", 20, (uint32_t[]){ 0,	   0, 0, 1, 1, 0, 0, 0, 68, 4,
							   0x1000, 0, 0, 3, 1, 0, 0, 0, 70, 4 });
	/* The configuration space begins with the first bus that the host has. */
	expect_reg("/pcie@61000000", 0, 0x61000000, 16 << 20);
	CHECK_EQ(dt_u32(dt_find("/pcie@61000000"), "linux,pci-domain", 0, 0), 3);
	CHECK(dt_sibling_named(dt_find("/pcie@40000000"), "pcie@40800000") == NULL);
	CHECK_EQ(skipped(), 2);
}

/* Ranges that are none. */
static void test_windows(void)
{
	begin("DSDT");
	aml_device("PCI0", "PNP0A03");
	aml_name("_BBN");
	aml_int(100);
	aml_name("_CRS");
	aml_buffer_begin();
	res_window(4, 0, 0, 0x2000, 0x1fff, 0);		     /* empty */
	res_window(8, 0, 0, 0, UINT64_MAX, 0);		     /* everything */
	res_window(8, 0, 0, 0x1000, UINT64_MAX - 1, 0x1000); /* wraps */
	res_window(4, 0, 6, 0x80000000, 0xffffffff, 0);	     /* up to 4 GiB */
	aml_buffer_end();
	aml_end();
	finish();
	expect_cells(dt_find("/pcie@46400000"), "bus-range", 2, (uint32_t[]){ 100, 127 });
	expect_cells(dt_find("/pcie@46400000"), "ranges", 7,
		     (uint32_t[]){ 0x42000000, 0, 0x80000000, 0, 0x80000000, 0, 0x80000000 });
}

static const struct test tests[] = {
	{ "a method that only returns an object counts, one that does more is left out",
	  test_methods },
	{ "_STA: absent, present, or for a method to say; _CCA", test_status },
	{ "what is no device is stepped over", test_steps },
	{ "a list ends at what has no known length, and only that list", test_unknown },
	{ "scopes nest up to a bound", test_depth },
	{ "PCI hosts: segments, buses that are taken, pins without a link", test_hosts },
	{ "windows that are empty, too large or wrap are left out", test_windows },
};
TEST_MAIN(tests)
