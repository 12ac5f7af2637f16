/* SPDX-License-Identifier: MIT */
/* boot/acpi_riscv.c: harts, PLIC, IMSIC and APLIC.
 * sources: tests/unit/test.c tests/unit/host/kernel.c tests/unit/acpi_env.c tests/unit/acpi_machines.c
	kernel/fdt.c boot/acpi.c boot/acpi_write.c boot/acpi_arm.c boot/acpi_riscv.c boot/acpi_fixed.c
	boot/acpi_serial.c boot/acpi_pci.c boot/acpi_aml.c boot/acpi_device.c @libfdt */
#include "acpi_env.h"
#include "acpi_expect.h"
#include "test.h"

#define ISA	"rv64imafdch_zicbom_zicboz_sstc"
#define NO_QEMU "there is no QEMU 10"

static bool translated(void)
{
	return CHECK_EQ(acpi_env_translate(ACPI_TREE_SIZE), 0);
}

static void expect_harts(unsigned n)
{
	const struct dt_node *cpus = dt_find("/cpus");
	unsigned found = 0;

	CHECK(dt_u32(cpus, "timebase-frequency", 1, 0) == 10000000);
	for (const struct dt_node *c = dt_child(cpus); c != NULL; c = dt_sibling(c)) {
		uint64_t id = 99;

		CHECK(dt_compatible(c, "riscv") && dt_number(c, "reg", &id) && id == found);
		CHECK_STR(dt_str(c, "riscv,isa"), ISA);
		CHECK_STR(dt_str(c, "mmu-type"), "riscv,sv57");
		CHECK_EQ(dt_u32(c, "riscv,cbom-block-size", 0, 0), 64);
		CHECK(dt_compatible(dt_child(c), "riscv,cpu-intc"));
		CHECK_EQ(dt_u32(dt_child(c), "#interrupt-cells", 0, 0), 1);
		found++;
	}
	CHECK_EQ(found, n);
}

static void test_plic(void)
{
	const struct dt_node *n, *ctl;
	uint32_t cells[4];
	unsigned count;

	machine_riscv_plic(3);
	if (!translated()) {
		return;
	}
	expect_harts(3);
	n = dt_find("/interrupt-controller@c000000");
	CHECK(dt_compatible(n, "riscv,plic0") && dt_u32(n, "riscv,ndev", 0, 0) == 95);
	expect_reg("/interrupt-controller@c000000", 0, 0xc000000, 0x600000);
	/* By context: the machine mode's lead nowhere, the supervisor's to line 9 of their hart. */
	for (unsigned i = 0; i < 6; i++) {
		CHECK_EQ(dt_irq(n, i, &ctl, cells, &count), 0);
		CHECK_EQ(cells[0], i % 2 == 1 ? 9 : ~0U);
		if (i % 2 == 1) {
			char path[16];

			CHECK_STR(dt_path(dt_parent(ctl), path, sizeof(path)),
				  i == 1   ? "/cpus/cpu@0"
				  : i == 3 ? "/cpus/cpu@1"
					   : "/cpus/cpu@2");
		}
	}
	CHECK(dt_irq(n, 6, &ctl, cells, &count) != 0);
	CHECK(dt_compatible(dt_find("/serial@10000000"), "ns16550a"));
	CHECK_EQ(dt_u32(dt_find("/serial@10000000"), "reg-shift", 0, 9), 0);
	expect_irq("/serial@10000000", 0, 1, (uint32_t[]){ 10 });
	CHECK(dt_find("/psci") == NULL && dt_find("/timer") == NULL);
	CHECK(!dt_has(dt_find("/pcie"), "msi-parent") && !dt_has(dt_find("/pcie"), "msi-map"));
}

static void test_aia(void)
{
	const struct dt_node *n, *imsic;

	machine_riscv_aia(4);
	if (!translated()) {
		return;
	}
	expect_harts(4);
	imsic = dt_find("/interrupt-controller@28000000");
	CHECK(imsic != NULL && dt_compatible(imsic, "riscv,imsics") &&
	      dt_has(imsic, "msi-controller"));
	/* Two groups of two harts. */
	expect_reg("/interrupt-controller@28000000", 0, 0x28000000, 0x2000);
	expect_reg("/interrupt-controller@28000000", 1, 0x29002000, 0x2000);
	for (unsigned i = 0; i < 4; i++) {
		expect_irq("/interrupt-controller@28000000", i, 1, (uint32_t[]){ 9 });
	}
	CHECK_EQ(dt_u32(imsic, "riscv,num-ids", 0, 0), 255);
	CHECK_EQ(dt_u32(imsic, "riscv,hart-index-bits", 0, 0), 2);
	CHECK_EQ(dt_u32(imsic, "riscv,group-index-shift", 0, 0), 24);
	n = dt_find("/interrupt-controller@d000000");
	CHECK(n != NULL && dt_compatible(n, "riscv,aplic") && dt_ref(n, "msi-parent") == imsic);
	CHECK_EQ(dt_u32(n, "riscv,num-sources", 0, 0), 96);
	CHECK(!dt_has(n, "interrupts-extended"));
	CHECK(dt_ref(dt_find("/pcie"), "msi-parent") == imsic);
	expect_irq("/serial@10000000", 0, 2, (uint32_t[]){ 10, 4 });
}

/* Without files the APLIC delivers to the harts itself. */
static void test_aplic_direct(void)
{
	uint32_t len;
	uint8_t *madt;

	machine_riscv_aia(2);
	madt = table_bytes("APIC", &len);
	memset(madt + 44 + 24, 0, 12); /* both harts' file and its size */
	memset(madt + 44 + 36 + 24, 0, 12);
	table_resum("APIC");
	if (!translated()) {
		return;
	}
	CHECK(dt_find("/interrupt-controller@28000000") == NULL);
	CHECK(!dt_has(dt_find("/interrupt-controller"), "msi-parent"));
	for (unsigned i = 0; i < 2; i++) {
		expect_irq("/interrupt-controller@d000000", i, 1, (uint32_t[]){ 9 });
	}
	CHECK(!dt_has(dt_find("/pcie"), "msi-parent"));
}

/* An ISA string with a control character, and one without an end, are left out. */
static void test_isa_damaged(void)
{
	uint32_t len;
	uint8_t *rhct;

	for (unsigned i = 0; i < 2; i++) {
		machine_riscv_plic(1);
		rhct = table_bytes("RHCT", &len);
		rhct[56 + 8 + (i == 0 ? 4 : sizeof(ISA) - 1)] = i == 0 ? 7 : 'x';
		table_resum("RHCT");
		if (translated()) {
			CHECK(!dt_has(dt_find("/cpus/cpu@0"), "riscv,isa"));
			CHECK(dt_has(dt_find("/cpus/cpu@0"), "mmu-type"));
			CHECK_EQ(dt_u32(dt_find("/acpi"), "coracle,skipped", 0, 9), 1);
		}
	}
}

/* --- QEMU's own tables: three harts, and the same devices behind each kind of controller */

static void expect_qemu_devices(unsigned cells, const struct dt_node *msi)
{
	const struct dt_node *pcie = dt_find("/pcie@30000000");
	unsigned harts = 0, at;

	CHECK_EQ(dt_u32(dt_find("/acpi"), "coracle,skipped", 0, 9), 0);
	CHECK_EQ(dt_u32(dt_find("/cpus"), "timebase-frequency", 1, 0), 10000000);
	for (const struct dt_node *c = dt_child(dt_find("/cpus")); c != NULL; c = dt_sibling(c)) {
		uint64_t id = 99;

		CHECK(dt_enabled(c) && dt_number(c, "reg", &id) && id == harts++);
		CHECK(strncmp(dt_str(c, "riscv,isa"), "rv64imafdc", 10) == 0);
		CHECK(strstr(dt_str(c, "riscv,isa"), "_sstc") != NULL);
		CHECK_STR(dt_str(c, "mmu-type"), "riscv,sv57");
		CHECK_EQ(dt_u32(c, "riscv,cboz-block-size", 0, 0), 64);
	}
	CHECK_EQ(harts, 3);
	CHECK(dt_compatible(dt_find("/serial@10000000"), "ns16550a"));
	CHECK_STR(dt_str(dt_find("/chosen"), "stdout-path"), "/serial@10000000:115200");
	expect_irq("/serial@10000000", 0, cells, (uint32_t[]){ 10, 4 });
	CHECK_EQ(count_compatible("virtio,mmio"), 8);
	expect_reg("/virtio_mmio@10001000", 0, 0x10001000, 0x1000);
	expect_irq("/virtio_mmio@10001000", 0, cells, (uint32_t[]){ 1, 4 });
	expect_reg("/pcie@30000000", 0, 0x30000000, 0x10000000);
	expect_cells(pcie, "ranges", 21,
		     (uint32_t[]){ 0x02000000, 0, 0x40000000, 0, 0x40000000, 0, 0x40000000,
				   0x01000000, 0, 0,	      0, 0x03000000, 0, 0x10000,
				   0x03000000, 4, 0,	      4, 0,	     4, 0 });
	CHECK(dt_ref(pcie, "msi-parent") == msi);
	/* Pin A of device 1: the second of the four lines. */
	at = 4 * (5 + cells);
	CHECK(dt_u32(pcie, "interrupt-map", at, 0) == 0x800 &&
	      dt_u32(pcie, "interrupt-map", at + 3, 0) == 1);
	CHECK(dt_has(dt_by_phandle(dt_u32(pcie, "interrupt-map", at + 4, 0)),
		     "interrupt-controller"));
	CHECK_EQ(dt_u32(pcie, "interrupt-map", at + 5, 0), 33);
	CHECK(cells == 1 || dt_u32(pcie, "interrupt-map", at + 6, 0) == 4);
}

static void test_qemu_plic(void)
{
	const struct dt_node *n;

	if (!translate_dump("acpi-riscv-plic.bin", NO_QEMU)) {
		return;
	}
	n = dt_find("/interrupt-controller@c000000");
	CHECK(n != NULL && dt_compatible(n, "riscv,plic0") && dt_u32(n, "riscv,ndev", 0, 0) == 95);
	expect_irq("/interrupt-controller@c000000", 5, 1, (uint32_t[]){ 9 });
	expect_qemu_devices(1, NULL);
}

static void test_qemu_aplic(void)
{
	if (!translate_dump("acpi-riscv-aplic.bin", NO_QEMU)) {
		return;
	}
	CHECK(count_compatible("riscv,imsics") == 0);
	expect_irq("/interrupt-controller@d000000", 2, 1, (uint32_t[]){ 9 });
	expect_qemu_devices(2, NULL);
}

static void test_qemu_imsic(void)
{
	const struct dt_node *imsic;

	if (!translate_dump("acpi-riscv-imsic.bin", NO_QEMU)) {
		return;
	}
	imsic = dt_find("/interrupt-controller@28000000");
	expect_reg("/interrupt-controller@28000000", 0, 0x28000000, 0x3000);
	expect_irq("/interrupt-controller@28000000", 2, 1, (uint32_t[]){ 9 });
	CHECK(imsic != NULL &&
	      dt_ref(dt_find("/interrupt-controller@d000000"), "msi-parent") == imsic);
	expect_qemu_devices(2, imsic);
}

static const struct test tests[] = {
	{ "harts with PLIC: contexts in their order", test_plic },
	{ "harts with IMSIC files in two groups, and an APLIC", test_aia },
	{ "an APLIC without IMSIC names the harts", test_aplic_direct },
	{ "a damaged ISA string is no property", test_isa_damaged },
	{ "QEMU's own tables with PLIC", test_qemu_plic },
	{ "QEMU's own tables with APLIC", test_qemu_aplic },
	{ "QEMU's own tables with APLIC and IMSIC", test_qemu_imsic },
};
TEST_MAIN(tests)
