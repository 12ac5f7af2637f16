/* SPDX-License-Identifier: MIT */
/* kernel/fdt.c on trees as dtc and QEMU write them; tests/unit/run makes them.
 * sources: tests/unit/test.c tests/unit/host/kernel.c kernel/fdt.c @libfdt */
#include "fdt_touch.h"
#include "test.h"

#include <errno.h>

/* The tree of that name, or NULL and the test is skipped. */
static void *load(const char *name)
{
	const char *path = test_fixture(name);
	void *file, *at;
	size_t n;

	if (path == NULL) {
		test_skip("dtc or qemu-system is not installed");
		return NULL;
	}
	file = test_read_file(path, &n);
	if (!CHECK(file != NULL)) {
		return NULL;
	}
	at = test_at_edge(file, n, 8);
	free(file);
	CHECK_EQ(dt_init(at), 0);
	fdt_touch_all(true);
	return at;
}

static void expect_reg(const char *path, unsigned i, uint64_t addr, uint64_t size)
{
	uint64_t a = 0, s = 0;

	if (CHECK(dt_find(path) != NULL) && CHECK_EQ(dt_reg(dt_find(path), i, &a, &s), 0)) {
		CHECK_EQ(a, addr);
		CHECK_EQ(s, size);
	}
}

static void test_board(void)
{
	const struct dt_node *n, *chosen, *ctl;
	uint64_t a, s;
	uint32_t cells[4];
	unsigned count;
	size_t len;

	if (load("board.dtb") == NULL) {
		return;
	}
	CHECK(dt_compatible(dt_root(), "test,board"));
	chosen = dt_find("/chosen");
	CHECK_STR(dt_str(chosen, "bootargs"), "quiet -- a b");
	CHECK(dt_number(chosen, "linux,initrd-start", &a) && a == 0x88000000);
	CHECK(dt_number(chosen, "linux,initrd-end", &a) && a == 0x88100000);
	CHECK(dt_prop(chosen, "rng-seed", &len) != NULL && len == 8);
	n = dt_find(dt_str(chosen, "stdout-path"));
	CHECK(n != NULL && dt_compatible(n, "arm,pl011") && n == dt_find("serial0"));
	CHECK(!dt_enabled(dt_find("/cpus/cpu@100")) && dt_enabled(dt_find("/cpus/cpu@0")));
	expect_reg("/memory", 1, 0x100000000, 0x100000000);
	expect_reg("/reserved-memory/firmware", 0, 0x80000000, 0x80000);
	CHECK_EQ(dt_reg(dt_find("/reserved-memory/pool"), 0, &a, &s), -ENOENT);
	expect_reg("/soc/interrupt-controller", 1, 0xfe002000, 0x1000);
	expect_reg("/soc/bridge/serial", 0, 0xfe800100, 0x1000);
	CHECK_EQ(dt_irq(dt_find("serial1"), 0, &ctl, cells, &count), 0);
	CHECK(ctl == dt_find("/soc/interrupt-controller@0") && count == 2 && cells[0] == 5);
	CHECK_EQ(dt_irq(n, 1, &ctl, cells, &count), 0);
	CHECK(ctl == dt_find("/cpus/cpu@0/interrupt-controller") && count == 1 && cells[0] == 11);
	CHECK(dt_reservation(1, &a, &s) && a == 0x1f0000000 && s == 0x1000 &&
	      !dt_reservation(2, &a, &s));
}

static uint64_t memory_of_tree(void)
{
	uint64_t a, s, sum = 0;

	for (const struct dt_node *n = dt_next(NULL); n != NULL; n = dt_next(n)) {
		const char *type = dt_str(n, "device_type");

		if (type != NULL && strcmp(type, "memory") == 0 && dt_reg(n, 0, &a, &s) == 0) {
			sum += s;
		}
	}
	return sum;
}

/* Every virtio slot has registers, an interrupt, and the interrupt a controller. */
static unsigned virtio_slots(void)
{
	unsigned slots = 0;

	for (const struct dt_node *n = dt_next(NULL); n != NULL; n = dt_next(n)) {
		const struct dt_node *ctl;
		uint32_t cells[4];
		uint64_t a, s;
		unsigned count;

		if (dt_compatible(n, "virtio,mmio")) {
			slots++;
			CHECK_EQ(dt_reg(n, 0, &a, &s), 0);
			CHECK_EQ(dt_irq(n, 0, &ctl, cells, &count), 0);
			CHECK(dt_has(ctl, "interrupt-controller"));
		}
	}
	return slots;
}

static void test_virt_aarch64(void)
{
	const struct dt_node *n;

	if (load("virt-aarch64.dtb") == NULL) {
		return;
	}
	CHECK_EQ(memory_of_tree(), 512UL << 20);
	CHECK_EQ(virtio_slots(), 32);
	n = dt_find(dt_str(dt_find("/chosen"), "stdout-path"));
	CHECK(n != NULL && dt_compatible(n, "arm,pl011"));
	expect_reg("/pl011", 0, 0x9000000, 0x1000);
	expect_reg("/intc", 1, 0x8010000, 0x10000);
	CHECK_STR(dt_str(dt_find("/psci"), "method"), "hvc");
	CHECK(dt_used_size() < 65536);
}

static void test_virt_aarch64_gic3(void)
{
	unsigned cpus = 0;

	if (load("virt-aarch64-gic3.dtb") == NULL) {
		return;
	}
	for (const struct dt_node *n = dt_child(dt_find("/cpus")); n != NULL; n = dt_sibling(n)) {
		cpus += dt_str(n, "device_type") != NULL;
	}
	CHECK_EQ(cpus, 4);
	CHECK(dt_compatible(dt_find("/intc"), "arm,gic-v3"));
	expect_reg("/intc", 1, 0x80a0000, 0xf60000);
	CHECK(!dt_enabled(dt_find("/pl011@9040000"))); /* the secure world's */
}

static void test_virt_riscv64(void)
{
	const struct dt_node *n, *ctl;
	uint32_t cells[4];
	unsigned count;

	if (load("virt-riscv64.dtb") == NULL) {
		return;
	}
	CHECK_EQ(memory_of_tree(), 512UL << 20);
	CHECK_EQ(virtio_slots(), 8);
	n = dt_find(dt_str(dt_find("/chosen"), "stdout-path"));
	CHECK(n != NULL && dt_compatible(n, "ns16550a"));
	CHECK_EQ(dt_irq(n, 0, &ctl, cells, &count), 0);
	CHECK(count == 1 && cells[0] == 10 && dt_compatible(ctl, "riscv,plic0"));
	/* machine and supervisor line of each of two harts */
	CHECK_EQ(dt_irq(ctl, 3, &ctl, cells, &count), 0);
	CHECK(cells[0] == 9 && dt_compatible(ctl, "riscv,cpu-intc"));
}

static const struct test tests[] = {
	{ "a board's tree from dtc: every kind of property that the kernel reads", test_board },
	{ "QEMU's virt, aarch64: memory, console, GIC, PSCI, 32 virtio slots", test_virt_aarch64 },
	{ "QEMU's virt, aarch64 with GICv3 and a secure world", test_virt_aarch64_gic3 },
	{ "QEMU's virt, riscv64: memory, console behind the PLIC, 8 virtio slots",
	  test_virt_riscv64 },
};
TEST_MAIN(tests)
