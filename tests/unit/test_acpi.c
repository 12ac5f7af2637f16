/* SPDX-License-Identifier: MIT */
/* boot/acpi*.c: the tree of QEMU-like Arm machines, from tables built here and from QEMU's own.
 * sources: tests/unit/test.c tests/unit/host/kernel.c tests/unit/acpi_env.c tests/unit/acpi_machines.c
	kernel/fdt.c boot/acpi.c boot/acpi_write.c boot/acpi_arm.c boot/acpi_riscv.c boot/acpi_fixed.c
	boot/acpi_serial.c boot/acpi_pci.c boot/acpi_aml.c boot/acpi_device.c @libfdt */
#include "../../boot/acpi.h"
#include "acpi_env.h"
#include "acpi_expect.h"
#include "test.h"

#include <errno.h>

static void expect_cpus(unsigned n)
{
	unsigned found = 0;

	for (const struct dt_node *c = dt_child(dt_find("/cpus")); c != NULL; c = dt_sibling(c)) {
		uint64_t id = 99;

		CHECK_STR(dt_str(c, "device_type"), "cpu");
		CHECK_STR(dt_str(c, "enable-method"), "psci");
		CHECK(dt_number(c, "reg", &id) && id == found);
		CHECK(dt_enabled(c));
		found++;
	}
	CHECK_EQ(found, n);
}

static void expect_devices(void)
{
	const struct dt_node *n = dt_find("/virtio_mmio@a000000");

	CHECK(n != NULL && dt_compatible(n, "virtio,mmio") && dt_has(n, "dma-coherent"));
	expect_reg("/virtio_mmio@a000000", 0, 0xa000000, 0x200);
	expect_irq("/virtio_mmio@a000000", 0, 3, (uint32_t[]){ 0, 16, 4 });
	expect_reg("/gpio@9030000", 0, 0x9030000, 0x1000);
	expect_irq("/gpio@9030000", 0, 3, (uint32_t[]){ 0, 7, 4 });
	CHECK(dt_compatible(dt_find("/gpio@9030000"), "arm,pl061"));
	n = dt_find("/gpio-keys/poweroff");
	CHECK(n != NULL && dt_ref(n, "gpios") == dt_find("/gpio@9030000"));
	CHECK_EQ(dt_u32(n, "gpios", 1, 99), 3);
	CHECK_EQ(dt_u32(n, "linux,code", 0, 0), 116);
}

static void expect_console(uint64_t speed, const char *path)
{
	const struct dt_node *n = dt_find("/serial@9000000");

	CHECK_STR(dt_str(dt_find("/chosen"), "stdout-path"), path);
	CHECK(dt_find(path) == n && n != NULL && dt_compatible(n, "arm,pl011"));
	expect_reg("/serial@9000000", 0, 0x9000000, 0x1000);
	expect_irq("/serial@9000000", 0, 3, (uint32_t[]){ 0, 1, 4 });
	CHECK_EQ(dt_u32(n, "current-speed", 0, 0), speed);
	CHECK(dt_sibling_named(n, "serial@9000000") == NULL); /* the DSDT names it, too */
}

static void expect_timer(void)
{
	for (unsigned i = 0; i < 4; i++) {
		expect_irq("/timer", i, 3, (uint32_t[]){ 1, (uint32_t[]){ 13, 14, 11, 10 }[i], 4 });
	}
	CHECK_STR(dt_str(dt_find("/timer"), "interrupt-names"), "sec-phys");
	CHECK(dt_compatible(dt_find("/timer"), "arm,armv8-timer"));
}

static void expect_host(void)
{
	const struct dt_node *n = dt_find("/pcie@4010000000");

	if (!CHECK(n != NULL && dt_compatible(n, "pci-host-ecam-generic"))) {
		return;
	}
	expect_reg("/pcie@4010000000", 0, 0x4010000000, 256 << 20);
	expect_cells(n, "bus-range", 2, (uint32_t[]){ 0, 255 });
	CHECK_EQ(dt_u32(n, "linux,pci-domain", 0, 9), 0);
	CHECK_EQ(dt_u32(n, "linux,pci-probe-only", 0, 9), 1);
	expect_cells(n, "interrupt-map-mask", 4, (uint32_t[]){ 0xf800, 0, 0, 7 });
}

static void expect_windows(void)
{
	expect_cells(dt_find("/pcie@4010000000"), "ranges", 21,
		     (uint32_t[]){ 0x02000000, 0,    0x10000000, 0,    0x10000000, 0,	 0x2eff0000,
				   0x01000000, 0,    0,		 0,    0x3eff0000, 0,	 0x10000,
				   0x43000000, 0x80, 0,		 0x80, 0,	   0x80, 0 });
	expect_cells(dt_find("/pcie@4010000000"), "interrupt-map", 20,
		     (uint32_t[]){ 0x1000, 0, 0, 1, 1, 0, 0, 0, 3, 4,
				   0x1000, 0, 0, 2, 1, 0, 0, 0, 4, 4 });
}

static void test_virt_v2(void)
{
	const struct dt_node *n;

	machine_virt_v2();
	if (!CHECK_EQ(acpi_env_translate(ACPI_TREE_SIZE), 0)) {
		return;
	}
	CHECK_STR(acpi_error(), "");
	CHECK(dt_compatible(dt_root(), "coracle,acpi"));
	CHECK_STR(dt_str(dt_root(), "model"), "TESTER MACHINE");
	expect_cpus(2);
	CHECK_STR(dt_str(dt_find("/psci"), "method"), "hvc");
	CHECK(dt_compatible(dt_find("/psci"), "arm,psci-0.2"));
	n = dt_find("/interrupt-controller@8000000");
	CHECK(dt_compatible(n, "arm,cortex-a15-gic") && dt_has(n, "interrupt-controller"));
	expect_reg("/interrupt-controller", 0, 0x8000000, 0x1000);
	expect_reg("/interrupt-controller", 1, 0x8010000, 0x2000);
	expect_reg("/interrupt-controller/v2m", 0, 0x8020000, 0x1000);
	n = dt_find("/interrupt-controller/v2m");
	CHECK(dt_compatible(n, "arm,gic-v2m-frame") && dt_has(n, "msi-controller"));
	CHECK_EQ(dt_u32(n, "arm,msi-base-spi", 0, 0), 80);
	CHECK_EQ(dt_u32(n, "arm,msi-num-spis", 0, 0), 64);
	CHECK(dt_ref(dt_find("/pcie"), "msi-parent") == n);
	CHECK(!dt_has(dt_find("/pcie"), "msi-map"));
	expect_timer();
	expect_console(115200, "/serial@9000000:115200");
	expect_devices();
	expect_irq("/virtio_mmio@a000200", 0, 3, (uint32_t[]){ 0, 17, 1 }); /* edge */
	expect_host();
	expect_windows();
	CHECK_EQ(dt_u32(dt_find("/acpi"), "coracle,skipped", 0, 9), 0);
}

static void test_virt_v3(void)
{
	const struct dt_node *n;

	machine_virt_v3();
	if (!CHECK_EQ(acpi_env_translate(ACPI_TREE_SIZE), 0)) {
		return;
	}
	expect_cpus(4);
	n = dt_find("/interrupt-controller@8000000");
	CHECK(dt_compatible(n, "arm,gic-v3"));
	CHECK_EQ(dt_u32(n, "#redistributor-regions", 0, 0), 1);
	expect_reg("/interrupt-controller", 0, 0x8000000, 0x10000);
	expect_reg("/interrupt-controller", 1, 0x80a0000, 0xf60000);
	expect_reg("/interrupt-controller/msi-controller", 0, 0x8080000, 0x20000);
	n = dt_find("/interrupt-controller/msi-controller");
	CHECK(dt_compatible(n, "arm,gic-v3-its") && dt_u32(n, "#msi-cells", 0, 0) == 1);
	/* Through the SMMU, whose first mapping begins at 0x1000; its own is none of ours. */
	expect_cells(dt_find("/pcie"), "msi-map", 8,
		     (uint32_t[]){ 0, 0x100, 0x21000, 0x8000, 0x8000, 0x100, 0x8000, 0x8000 });
	CHECK(dt_ref(n, "phandle") == n);
	expect_timer();
	expect_console(115200, "/serial@9000000:115200");
	expect_devices();
	expect_host();
	expect_windows();
}

static void test_qemu_v2(void)
{
	if (!translate_dump("acpi-virt.bin", "qemu-system-aarch64 is not installed")) {
		return;
	}
	CHECK_STR(dt_str(dt_root(), "model"), "BOCHS BXPC");
	expect_cpus(2);
	expect_timer();
	expect_console(9600, "/serial@9000000:9600");
	expect_devices();
	expect_host();
	CHECK_EQ(count_compatible("virtio,mmio"), 32);
	expect_reg("/interrupt-controller", 1, 0x8010000, 0x2000);
	CHECK(dt_ref(dt_find("/pcie"), "msi-parent") == dt_find("/interrupt-controller/v2m"));
}

static void test_qemu_v3(void)
{
	const struct dt_node *n;
	size_t len = 0;

	if (!translate_dump("acpi-virt-gic3.bin", "qemu-system-aarch64 is not installed")) {
		return;
	}
	expect_cpus(4);
	expect_timer();
	expect_devices();
	CHECK_EQ(count_compatible("virtio,mmio"), 32);
	expect_reg("/interrupt-controller", 1, 0x80a0000, 0xf60000);
	/* Two hosts share the configuration space, each with its buses. */
	n = dt_find("/pcie@4010000000");
	expect_cells(n, "bus-range", 2, (uint32_t[]){ 0, 63 });
	CHECK(dt_ref(n, "msi-map") == NULL && dt_has(n, "msi-map"));
	CHECK(dt_by_phandle(dt_u32(n, "msi-map", 1, 0)) ==
	      dt_find("/interrupt-controller/msi-controller"));
	n = dt_find("/pcie@4014000000");
	CHECK(n != NULL && dt_u32(n, "bus-range", 0, 0) == 64);
	CHECK(dt_prop(dt_find("/pcie@4010000000"), "interrupt-map", &len) != NULL);
	CHECK_EQ(len, 128 * 40); /* 32 devices, four pins */
}

static const struct test tests[] = {
	{ "virt with GICv2: every node, message frame, windows and pins", test_virt_v2 },
	{ "virt with GICv3: redistributors, ITS, IDs through an SMMU", test_virt_v3 },
	{ "QEMU's own tables with GICv2", test_qemu_v2 },
	{ "QEMU's own tables with GICv3, ITS, SMMU and a second host", test_qemu_v3 },
};
TEST_MAIN(tests)
