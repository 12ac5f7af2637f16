/* SPDX-License-Identifier: MIT */
/* Trees of Firecracker and Cloud Hypervisor (tests/unit/trees): which of our drivers gets each node, by the drivers' own
 * tables, which memory there is, and that each interrupt leads to the controller. No driver is probed: what only a probe
 * calls is left out of the link.
 * sources: tests/unit/test.c tests/unit/host/kernel.c kernel/fdt.c @libfdt drivers/irqchip/gic_v2.c drivers/irqchip/gic_v3.c
	drivers/irqchip/gic_its.c drivers/irqchip/gic_lpi.c drivers/irqchip/gic_v2m.c drivers/timer/arm_arch.c drivers/power/psci.c
	drivers/rtc/pl031.c drivers/serial/ns16550.c drivers/serial/pl011.c drivers/virtio/mmio.c drivers/pci/ecam.c
	drivers/vm/share.c drivers/vm/vmgenid.c drivers/vm/vmclock.c drivers/gpio/gpio.c drivers/gpio/pl061.c drivers/gpio/keys.c
 * libs: -no-pie -Wl,--unresolved-symbols=ignore-all */
#include "../../kernel/device.c"

#include "test.h"

void *kmalloc(size_t n)
{
	return malloc(n);
}

void kfree(void *p)
{
	free(p);
}

#define NODES 12

struct microvm {
	const char *tree;
	uint64_t ram, size; /* the lowest, and how much in all */
	const char *console;
	struct {
		const char *path, *driver;
	} nodes[NODES];
};

static const struct microvm microvms[] = {
	{ "firecracker-1.7.dtb",
	  0x80000000,
	  256UL << 20,
	  "ns16550",
	  { { "/intc", "gic_v3" },
	    { "/timer", "arm_arch" },
	    { "/psci", "psci" },
	    { "/rtc@40001000", "pl031" },
	    { "/uart@40002000", "ns16550" },
	    { "/virtio_mmio@40003000", "virtio_mmio" },
	    { "/virtio_mmio@40004000", "virtio_mmio" } } },
	{ "firecracker-1.7-gicv2.dtb",
	  0x80000000,
	  128UL << 20,
	  "ns16550",
	  { { "/intc", "gic_v2" },
	    { "/timer", "arm_arch" },
	    { "/psci", "psci" },
	    { "/rtc@40001000", "pl031" },
	    { "/uart@40002000", "ns16550" },
	    { "/virtio_mmio@40003000", "virtio_mmio" } } },
	{ "firecracker-1.10.dtb",
	  0x80200000,
	  254UL << 20,
	  "ns16550",
	  { { "/intc", "gic_v3" },
	    { "/timer", "arm_arch" },
	    { "/psci", "psci" },
	    { "/rtc@40001000", "pl031" },
	    { "/uart@40002000", "ns16550" },
	    { "/virtio_mmio@40003000", "virtio_mmio" },
	    { "/vmgenid", "vmgenid" } } },
	{ "firecracker-1.14.dtb",
	  0x80200000,
	  2046UL << 20,
	  "ns16550",
	  { { "/intc", "gic_v3" },
	    { "/timer", "arm_arch" },
	    { "/psci", "psci" },
	    { "/rtc@40001000", "pl031" },
	    { "/uart@40002000", "ns16550" },
	    { "/virtio_mmio@40003000", "virtio_mmio" },
	    { "/vmgenid", "vmgenid" },
	    { "/ptp@2149572608", "vmclock" } } },
	{ "firecracker-1.14-pci.dtb",
	  0x80200000,
	  2046UL << 20,
	  NULL,
	  { { "/intc", "gic_v3" },
	    { "/intc/msic", "gic_its" },
	    { "/timer", "arm_arch" },
	    { "/psci", "psci" },
	    { "/rtc@40001000", "pl031" },
	    { "/pci@70000000", "pci_host" },
	    { "/vmgenid", "vmgenid" } } },
	{ "cloud-hypervisor-0.11.dtb",
	  0x80000000,
	  512UL << 20,
	  "ns16550",
	  { { "/intc", "gic_v3" },
	    { "/intc/msic", "gic_its" },
	    { "/timer", "arm_arch" },
	    { "/psci", "psci" },
	    { "/uart@9000000", "ns16550" },
	    { "/rtc@9010000", "pl031" },
	    { "/pci", "pci_host" } } },
	{ "cloud-hypervisor-49.dtb",
	  0x40000000,
	  4UL << 30,
	  "pl011",
	  { { "/intc", "gic_v3" },
	    { "/intc/msic", "gic_its" },
	    { "/timer", "arm_arch" },
	    { "/psci", "psci" },
	    { "/pl011@9000000", "pl011" },
	    { "/rtc@9010000", "pl031" },
	    { "/pci@30000000", "pci_host" },
	    { "/pl061@9020000", "pl061" },
	    { "/gpio-keys", "keys" } } },
	{ "cloud-hypervisor-49-mshv.dtb",
	  0x40000000,
	  4UL << 30,
	  "pl011",
	  { { "/intc", "gic_v3" },
	    { "/intc/msic", "gic_v2m" },
	    { "/timer", "arm_arch" },
	    { "/psci", "psci" },
	    { "/pl011@9000000", "pl011" },
	    { "/rtc@9010000", "pl031" },
	    { "/pci@30000000", "pci_host" },
	    { "/pl061@9020000", "pl061" },
	    { "/gpio-keys", "keys" } } },
};

/* Nodes that may go without. */
static const char *const optional[] = {
	"fixed-clock",
	"cache",
	"arm,armv8-pmuv3",
	"arm,arm-v8",
};

static const char *driver_of(const struct dt_node *n)
{
	struct list *p;

	for (unsigned i = 0; i < STAGES; i++) {
		list_for_each(p, &pending[i]) {
			const struct device *d = list_entry(p, struct device, link);

			if (d->node == n) {
				return d->driver->name;
			}
		}
	}
	return NULL;
}

static void let_go(void)
{
	for (unsigned i = 0; i < STAGES; i++) {
		while (!list_empty(&pending[i])) {
			struct device *d = list_entry(pending[i].next, struct device, link);

			list_del(&d->link);
			free(d);
		}
	}
}

static void expect_memory(const struct microvm *m)
{
	uint64_t a, s, lowest = UINT64_MAX, sum = 0;

	for (const struct dt_node *n = dt_next(NULL); n != NULL; n = dt_next(n)) {
		const char *type = dt_str(n, "device_type");

		for (unsigned i = 0;
		     type != NULL && strcmp(type, "memory") == 0 && dt_reg(n, i, &a, &s) == 0;
		     i++) {
			lowest = MIN(lowest, a);
			sum += s;
		}
	}
	CHECK_EQ(lowest, m->ram);
	CHECK_EQ(sum, m->size);
}

/* The controller is the GIC, and it can make something of the cells: a line of its own, an edge or a level. */
static void expect_interrupt(const struct dt_node *n)
{
	const struct dt_node *ctl;
	uint32_t cells[4];
	unsigned count;

	if (!dt_has(n, "interrupts")) {
		return;
	}
	CHECK_EQ(dt_irq(n, 0, &ctl, cells, &count), 0);
	CHECK(ctl == dt_find("/intc") && count == 3 && cells[0] <= 1);
	CHECK(cells[2] == 1 || cells[2] == 4);
}

static bool may_go_without(const struct dt_node *n)
{
	for (unsigned i = 0; i < ARRAY_SIZE(optional); i++) {
		if (dt_compatible(n, optional[i])) {
			return true;
		}
	}
	return false;
}

static void expect_nodes(const struct microvm *m)
{
	char path[64];

	for (const struct dt_node *n = dt_next(NULL); n != NULL; n = dt_next(n)) {
		const char *want = NULL, *got = driver_of(n);

		if (n == dt_root() || dt_next_compatible(n, NULL) == NULL) {
			continue;
		}
		dt_path(n, path, sizeof(path));
		for (unsigned i = 0; i < NODES && m->nodes[i].path != NULL; i++) {
			want = strcmp(m->nodes[i].path, path) == 0 ? m->nodes[i].driver : want;
		}
		if (want != NULL) {
			CHECK_STR(got, want);
			expect_interrupt(n);
		} else if (!CHECK(may_go_without(n))) {
			printf("# %s: %s\n", m->tree, path);
		}
	}
	for (unsigned i = 0; i < NODES && m->nodes[i].path != NULL; i++) {
		CHECK(dt_find(m->nodes[i].path) != NULL);
	}
}

/* There is no stdout-path: the only serial device is the console, whatever console= calls it. */
static void expect_console(const struct microvm *m)
{
	const char *found = NULL;
	unsigned count = 0;

	CHECK(dt_str(dt_find("/chosen"), "stdout-path") == NULL);
	for (const struct dt_node *n = dt_next(NULL); n != NULL; n = dt_next(n)) {
		const char *name = driver_of(n);

		if (name != NULL && (strcmp(name, "ns16550") == 0 || strcmp(name, "pl011") == 0)) {
			found = name;
			count++;
		}
	}
	CHECK_STR(found, m->console);
	CHECK_EQ(count, m->console != NULL);
}

static void test_trees(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(microvms); i++) {
		const struct microvm *m = &microvms[i];
		const char *path = test_fixture(m->tree);
		void *file, *at;
		size_t n;

		if (path == NULL) {
			test_skip("dtc is not installed");
			return;
		}
		printf("# %s\n", m->tree);
		file = test_read_file(path, &n);
		if (!CHECK(file != NULL)) {
			continue;
		}
		at = test_at_edge(file, n, 8);
		free(file);
		CHECK_EQ(dt_init(at), 0);
		device_match();
		expect_memory(m);
		expect_nodes(m);
		expect_console(m);
		let_go();
	}
}

static const struct test tests[] = {
	{ "each node of each version's tree has its driver, memory and console are right",
	  test_trees },
};
TEST_MAIN(tests)
