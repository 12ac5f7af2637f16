/* SPDX-License-Identifier: MIT */
/* boot/acpi*.c on machines of clouds, whose tables are built here. Published of Graviton are the GIC's
 * addresses, SPCR and, of the metal, all but the timer; of Altra IORT, GTDT, SPCR and MCFG.
 * sources: tests/unit/test.c tests/unit/host/kernel.c tests/unit/acpi_env.c tests/unit/acpi_machines.c
	kernel/fdt.c boot/acpi.c boot/acpi_write.c boot/acpi_arm.c boot/acpi_riscv.c boot/acpi_fixed.c
	boot/acpi_serial.c boot/acpi_pci.c boot/acpi_aml.c boot/acpi_device.c @libfdt */
#include "../../boot/acpi.h"
#include "acpi_env.h"
#include "acpi_expect.h"
#include "test.h"

#include <errno.h>

#define MSI "/interrupt-controller/msi-controller"

static const unsigned timer_gsi[4] = { 29, 30, 27, 26 };

static bool translated(void)
{
	acpi_env_finish();
	return CHECK_EQ(acpi_env_translate(ACPI_TREE_SIZE), 0);
}

/* --- Graviton instances (c7g, t4g): GICv3 with ITS, a 16550 of bytes */

static void graviton(void)
{
	acpi_env_reset();
	put_fadt(3);
	madt_begin();
	put_gicd(0x10000000, 3);
	for (unsigned i = 0; i < 16; i++) {
		put_gicc(i, i, 1, 0, 0);
	}
	put_gicr(0x10200000, 0xfdf0000);
	put_its(0, 0x10080000);
	table_end();
	put_gtdt(timer_gsi, 0);
	put_spcr(0, 8, 1, 0x090a0000, 8, 37, 7);
	mcfg_begin();
	put_ecam(0x20000000, 0, 0, 15);
	table_end();
}

static void test_graviton(void)
{
	const struct dt_node *n;

	graviton();
	if (!translated()) {
		return;
	}
	CHECK_STR(dt_str(dt_find("/psci"), "method"), "hvc");
	expect_reg("/interrupt-controller", 0, 0x10000000, 0x10000);
	expect_reg("/interrupt-controller", 1, 0x10200000, 0xfdf0000);
	expect_reg(MSI, 0, 0x10080000, 0x20000);
	n = dt_find("/serial@90a0000");
	CHECK(n != NULL && dt_compatible(n, "ns16550a"));
	expect_reg("/serial@90a0000", 0, 0x090a0000, 8);
	expect_irq("/serial@90a0000", 0, 3, (uint32_t[]){ 0, 5, 4 });
	CHECK_EQ(dt_u32(n, "reg-shift", 0, 9), 0);
	CHECK_EQ(dt_u32(n, "reg-io-width", 0, 9), 1);
	CHECK(!dt_has(n, "clock-frequency"));
	CHECK_STR(dt_str(dt_find("/chosen"), "stdout-path"), "/serial@90a0000:115200");
	/* No IORT: the one ITS, and IDs as they are. */
	expect_cells(dt_find("/pcie"), "msi-map", 4, (uint32_t[]){ 0, 0x100, 0, 0x1000 });
	CHECK(!dt_has(dt_find("/pcie"), "ranges"));
	expect_cells(dt_find("/pcie"), "bus-range", 2, (uint32_t[]){ 0, 15 });
}

/* The same console in the two other ways to say it. */
static void test_16550_widths(void)
{
	static const struct {
		unsigned type, width, access, shift, io;
	} cases[] = {
		{ 0x12, 8, 1, 0, 1 },  { 0x12, 32, 3, 2, 4 }, { 0x01, 32, 0, 2, 4 },
		{ 0x00, 16, 2, 1, 2 }, { 0x12, 32, 1, 0, 1 }, { 0x12, 0, 0, 0, 1 },
		{ 0x12, 64, 4, 0, 1 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		acpi_env_reset();
		put_fadt(3);
		madt_begin();
		put_gicd(0x10000000, 3);
		put_gicc(0, 0, 1, 0, 0x10200000);
		table_end();
		put_gtdt(timer_gsi, 0);
		put_spcr(cases[i].type, cases[i].width, cases[i].access, 0x1000, 8, 37, 0);
		if (translated()) {
			const struct dt_node *n = dt_find("/serial@1000");

			CHECK_EQ(dt_u32(n, "reg-shift", 0, 9), cases[i].shift);
			CHECK_EQ(dt_u32(n, "reg-io-width", 0, 9), cases[i].io);
			CHECK(!dt_has(n, "current-speed"));
			CHECK_STR(dt_str(dt_find("/chosen"), "stdout-path"), "/serial@1000");
		}
	}
}

/* --- c7g.metal: GICv4, redistributors named by each CPU, in scattered runs; PCI segment 1 */

static void metal(void)
{
	acpi_env_reset();
	put_fadt(1);
	madt_begin();
	put_gicd(0xb800000000, 4);
	/* Not in the order of addresses. */
	for (unsigned i = 63; i >= 32; i--) {
		put_gicc(i, 1ULL << 32 | (i - 32) << 16, 1, 0,
			 0xbc00140000 + 0x40000ULL * (i - 32));
	}
	for (unsigned i = 0; i < 32; i++) {
		put_gicc(i, i << 16, 1, 0, 0xb800140000 + 0x40000ULL * (i + (i >= 14)));
	}
	put_its(1, 0xbc00100000);
	table_end();
	put_gtdt(timer_gsi, 0);
	put_spcr(0, 8, 1, 0xe2f00000, 8, 408, 7);
	mcfg_begin();
	put_ecam(0xe010000000, 1, 0, 255);
	table_end();
}

static void test_metal(void)
{
	const struct dt_node *n;
	uint64_t id = 0;

	metal();
	if (!translated()) {
		return;
	}
	CHECK_STR(dt_str(dt_find("/psci"), "method"), "smc");
	n = dt_find("/interrupt-controller");
	CHECK_EQ(dt_u32(n, "#redistributor-regions", 0, 0), 3);
	expect_reg("/interrupt-controller", 1, 0xb800140000, 14 * 0x40000);
	expect_reg("/interrupt-controller", 2, 0xb800140000 + 15 * 0x40000, 18 * 0x40000);
	expect_reg("/interrupt-controller", 3, 0xbc00140000, 32 * 0x40000);
	CHECK(dt_number(dt_child(dt_find("/cpus")), "reg", &id) && id == 0x1001f0000);
	CHECK(dt_find("/cpus/cpu@1001f0000") != NULL);
	expect_reg("/pcie@e010000000", 0, 0xe010000000, 256 << 20);
	CHECK_EQ(dt_u32(dt_find("/pcie"), "linux,pci-domain", 0, 0), 1);
	expect_irq("/serial@e2f00000", 0, 3, (uint32_t[]){ 0, 408 - 32, 4 });
}

/* One CPU, and one apart from the others: as wide as the version has them. */
static void test_single_redistributors(void)
{
	acpi_env_reset();
	put_fadt(1);
	madt_begin();
	put_gicd(0x1000000, 3);
	put_gicc(0, 0, 1, 0, 0x2000000);
	put_gicc(1, 1, 1, 0, 0x2020000);
	put_gicc(2, 2, 1, 0, 0x9000000);
	put_gicc(3, 3, 0, 0, 0x9020000); /* cannot be used: there may be nothing */
	put_gicc(4, 4, 8, 0, 0xa000000); /* later, perhaps */
	table_end();
	put_gtdt(timer_gsi, 3);
	if (!translated()) {
		return;
	}
	CHECK_EQ(dt_u32(dt_find("/interrupt-controller"), "#redistributor-regions", 0, 0), 3);
	expect_reg("/interrupt-controller", 1, 0x2000000, 0x40000);
	expect_reg("/interrupt-controller", 2, 0x9000000, 0x20000);
	expect_reg("/interrupt-controller", 3, 0xa000000, 0x20000);
	CHECK(dt_find("/cpus/cpu@3") == NULL);
	CHECK(dt_find("/cpus/cpu@4") != NULL && !dt_enabled(dt_find("/cpus/cpu@4")));
	expect_irq("/timer", 2, 3, (uint32_t[]){ 1, 11, 2 }); /* edge, low */
}

/* --- Ampere Altra: a PL011 of words, six segments, an SMMU and an ITS each */

static const struct {
	unsigned segment, its, out;
	uint64_t ecam;
} altra_host[] = {
	{ 12, 0, 0, 0x33fff0000000 },	   { 13, 1, 0x10000, 0x37fff0000000 },
	{ 0, 3, 0x30000, 0x3ffff0000000 }, { 2, 4, 0x40000, 0x23fff0000000 },
	{ 4, 6, 0x60000, 0x2bfff0000000 }, { 5, 7, 0x70000, 0x2ffff0000000 },
};
#define ALTRA_HOSTS 6

/* As there: ITS groups, then root complexes, then SMMUs that map their own interrupt, too. */
static void put_altra_iort(void)
{
	table_begin("IORT", 0);
	put32(3 * ALTRA_HOSTS);
	put32(0x30);
	put32(0);
	for (unsigned i = 0; i < ALTRA_HOSTS; i++) {
		put8(0);
		put16(24);
		put_zeros(13);
		put32(1);
		put32(altra_host[i].its);
	}
	for (unsigned i = 0; i < ALTRA_HOSTS; i++) {
		put8(2);
		put16(0x38);
		put8(1);
		put32(0);
		put32(1);
		put32(0x24);
		put_zeros(12);
		put32(altra_host[i].segment);
		put32(0x40);
		put32(0);
		put32(0xffff);
		put32(0);
		put32(0x210 + 0x6c * i);
		put32(0);
	}
	for (unsigned i = 0; i < ALTRA_HOSTS; i++) {
		uint32_t at = table_at();

		CHECK_EQ(at, 0x210 + 0x6c * i);
		put8(4);
		put16(0x6c);
		put8(2);
		put32(0);
		put32(2);
		put32(0x44);
		put_until(at + 0x40);
		put32(1);
		for (unsigned k = 0; k < 2; k++) {
			put32(0);
			put32(k == 0 ? 0xffff : 1);
			put32(altra_host[i].out);
			put32(0x30 + 24 * i);
			put32(k);
		}
	}
	table_end();
}

static void put_altra_gtdt(void)
{
	table_begin("GTDT", 3);
	put64(UINT64_MAX);
	put32(0);
	for (unsigned i = 0; i < 4; i++) {
		put32(timer_gsi[i]);
		put32(0);
	}
	put64(UINT64_MAX);
	put32(2);
	put32(104);
	put64(0);
	put8(0); /* a block of memory-mapped timers */
	put16(20);
	put_zeros(17);
	put8(1);
	put16(28);
	put8(0);
	put64(0x1000027d0000);
	put64(0x1000027c0000);
	put32(0x5c);
	put32(0);
	table_end();
}

static void altra(void)
{
	acpi_env_reset();
	put_fadt(1);
	madt_begin();
	put_gicd(0x100100000000, 3);
	for (unsigned i = 0; i < 32; i++) {
		put_gicc(i, i / 2 << 16 | i % 2 << 8, 1, 0, 0);
	}
	put_gicr(0x100100140000, 0x20000 * 80);
	for (unsigned i = 0; i < 8; i++) {
		put_its(i, 0x100100040000 + 0x20000 * i);
	}
	table_end();
	put_altra_gtdt();
	put_spcr(3, 32, 3, 0x100002600000, 8, 98, 7);
	mcfg_begin();
	for (unsigned i = 0; i < ALTRA_HOSTS; i++) {
		put_ecam(altra_host[i].ecam, altra_host[i].segment, 0, 255);
	}
	table_end();
	put_altra_iort();
}

static void test_altra(void)
{
	const struct dt_node *n;

	altra();
	if (!translated()) {
		return;
	}
	n = dt_find("/serial@100002600000");
	CHECK(n != NULL && dt_compatible(n, "arm,pl011") && !dt_has(n, "reg-io-width"));
	expect_irq("/serial@100002600000", 0, 3, (uint32_t[]){ 0, 66, 4 });
	expect_reg("/watchdog@1000027c0000", 0, 0x1000027c0000, 0x1000);
	expect_reg("/watchdog@1000027c0000", 1, 0x1000027d0000, 0x1000);
	expect_irq("/watchdog@1000027c0000", 0, 3, (uint32_t[]){ 0, 60, 4 });
	for (unsigned i = 0; i < ALTRA_HOSTS; i++) {
		n = NULL;
		for (n = dt_child(dt_root()); n != NULL; n = dt_sibling(n)) {
			if (dt_u32(n, "linux,pci-domain", 0, ~0U) == altra_host[i].segment) {
				break;
			}
		}
		expect_cells(n, "msi-map", 4,
			     (uint32_t[]){ 0, 0x100 + altra_host[i].its, altra_host[i].out,
					   0x10000 });
	}
	CHECK_EQ(dt_u32(dt_find("/acpi"), "coracle,skipped", 0, 9), 0);
}

/* --- Apple's VZ: APIC, DSDT, FACP, GTDT and MCFG only; a GICv3 with a message frame */

static void test_vz(void)
{
	acpi_env_reset();
	table_begin("DSDT", 2);
	table_end();
	put_fadt(3);
	madt_begin();
	put_gicd(0x10000000, 3);
	put_gicc(0, 0, 1, 0, 0);
	put_gicr(0x10010000, 0x20000);
	put_frame(0, 0x1fff0000, 0, 0, 0);
	table_end();
	put_gtdt((unsigned[]){ 0, 0, 27, 0 }, 0);
	mcfg_begin();
	put_ecam(0x40000000, 0, 0, 255);
	table_end();
	if (!translated()) {
		return;
	}
	CHECK(dt_find("/chosen") == NULL);
	expect_irq("/timer", 0, 3, (uint32_t[]){ 1, 11, 4 }); /* the only one, and by its name */
	CHECK_STR(dt_str(dt_find("/timer"), "interrupt-names"), "virt");
	expect_reg("/interrupt-controller/v2m", 0, 0x1fff0000, 0x1000);
	CHECK(!dt_has(dt_find("/interrupt-controller/v2m"), "arm,msi-base-spi"));
	CHECK(dt_ref(dt_find("/pcie"), "msi-parent") == dt_find("/interrupt-controller/v2m"));
}

/* --- a console in DBG2 only */

static void put_dbg2(unsigned ports)
{
	table_begin("DBG2", 0);
	put32(44);
	put32(ports);
	for (unsigned i = 0; i < ports; i++) {
		put8(0);
		put16(43);
		put8(1);
		put_zeros(8);
		put16(i + 1 < ports ? 0x8001 : 0x8000);
		put16(0x0e);
		put16(0);
		put16(22);
		put16(34);
		put8(0);
		put8(32);
		put8(0);
		put8(3);
		put64(0x60000000 + i);
		put32(0x1000);
		put_text("COM0", 5);
	}
	table_end();
}

static void test_dbg2(void)
{
	acpi_env_reset();
	put_fadt(1);
	madt_begin();
	put_gicd(0x1000000, 3);
	put_gicc(0, 0, 1, 0, 0x2000000);
	table_end();
	put_dbg2(2);
	if (!translated()) {
		return;
	}
	CHECK(dt_compatible(dt_find("/serial@60000001"), "arm,sbsa-uart"));
	CHECK_STR(dt_str(dt_find("/chosen"), "stdout-path"), "/serial@60000001");
	CHECK(!dt_has(dt_find("/serial@60000001"), "interrupts-extended"));
	CHECK(dt_find("/timer") == NULL); /* no GTDT */
}

static const struct test tests[] = {
	{ "a Graviton instance: 16550, ITS without IORT, sixteen buses", test_graviton },
	{ "a 16550's registers are as far apart as they are wide", test_16550_widths },
	{ "Graviton's metal: redistributors by CPU become runs, segment 1", test_metal },
	{ "redistributors that stand alone; CPUs that may not run", test_single_redistributors },
	{ "Ampere Altra: six segments, each through its SMMU to its ITS", test_altra },
	{ "Apple's VZ: no console, one timer interrupt, a message frame", test_vz },
	{ "DBG2 serves where there is no SPCR", test_dbg2 },
};
TEST_MAIN(tests)
