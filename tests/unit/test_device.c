/* SPDX-License-Identifier: MIT */
/* kernel/device.c: which driver gets which node, in which order, and what a driver is given of it.
 * sources: tests/unit/test.c tests/unit/tree.c tests/unit/host/kernel.c kernel/device.c
	kernel/page.c kernel/fdt.c @libfdt */
#include "kernel.h"
#include "test.h"
#include "tree.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/device.h>
#include <kernel/page.h>
#include <kernel/pagetable.h>

static char blob[8192] __attribute__((aligned(8)));
static char trace[512]; /* "driver:/path " of each probe */
static int answer_specific, answer_generic;
static int held, map_result;
static struct device *bound[4];
static unsigned bound_count;

void *kmalloc(size_t n)
{
	held++;
	return malloc(n);
}

void kfree(void *p)
{
	held -= p != NULL;
	free(p);
}

paddr_t arch_address_top(void)
{
	return (paddr_t)1 << 48;
}

int pagetable_map(paddr_t pa, uint64_t size, unsigned attr)
{
	CHECK(attr == (MAP_READ | MAP_WRITE | MAP_DEVICE) && pa != 0 && size != 0);
	return map_result;
}

int irq_map(const struct dt_node *ctl, const uint32_t *cells, unsigned n)
{
	return dt_has(ctl, "interrupt-controller") && n == 1 ? (int)cells[0] + 100 : -ENODEV;
}

static int note(struct device *dev, int answer)
{
	char path[64];

	snprintf(trace + strlen(trace), sizeof(trace) - strlen(trace), "%s:%s ", dev->driver->name,
		 dev->node == NULL ? "none" : dt_path(dev->node, path, sizeof(path)));
	if (answer == 0) {
		bound[bound_count++ % 4] = dev;
	}
	return answer;
}

static int probe_specific(struct device *dev, const struct dt_match *m)
{
	CHECK(m->data == 7 && strcmp(m->compatible, "x,specific") == 0);
	return note(dev, answer_specific);
}

static int probe_generic(struct device *dev, const struct dt_match *m)
{
	CHECK(m->data == 1 || m->data == 2);
	return note(dev, answer_generic);
}

static int probe_always(struct device *dev, const struct dt_match *m)
{
	CHECK(m == NULL && dev->node == dt_root());
	return note(dev, 0);
}

static int probe_early(struct device *dev, const struct dt_match *m)
{
	(void)m;
	return note(dev, 0);
}

static const struct dt_match specific_match[] = { { "x,specific", 7 }, { NULL, 0 } };
static const struct dt_match generic_match[] = { { "x,generic", 1 }, { "x,old", 2 }, { NULL, 0 } };
static const struct dt_match early_match[] = { { "x,intc", 0 }, { NULL, 0 } };

DRIVER(STAGE_DEVICE, generic, generic_match, probe_generic);
DRIVER(STAGE_DEVICE, specific, specific_match, probe_specific);
DRIVER(STAGE_DEVICE, always, NULL, probe_always);
DRIVER(STAGE_IRQCHIP, early, early_match, probe_early);

static void make_tree(void)
{
	tree_start(blob, sizeof(blob));
	tree_begin("");
	tree_cells("#address-cells", 1, 1);
	tree_cells("#size-cells", 1, 1);
	tree_cells("interrupt-parent", 1, 1);
	tree_begin("a");
	tree_bytes("compatible", "x,specific\0x,generic\0", 21);
	tree_cells("reg", 12, 0x5000, 0x100, 0x1ff000, 0x1000, 0xff000, 0x2000, 0x8000, 0, 0x80000,
		   0x300000, 0x200000, 0x1000);
	tree_cells("interrupts", 2, 3, 4);
	tree_end();
	tree_begin("off");
	tree_string("compatible", "x,specific");
	tree_string("status", "disabled");
	tree_end();
	tree_begin("unknown");
	tree_string("compatible", "y,other");
	tree_end();
	tree_begin("bus");
	tree_string("compatible", "simple-bus");
	tree_end();
	tree_begin("b");
	tree_string("compatible", "x,old");
	tree_end();
	tree_begin("intc");
	tree_string("compatible", "x,intc");
	tree_cells("phandle", 1, 1);
	tree_cells("#interrupt-cells", 1, 1);
	tree_bytes("interrupt-controller", "", 0);
	tree_end();
	tree_finish();
	CHECK_EQ(dt_init(blob), 0);
}

static const char *boot(int specific, int generic)
{
	make_tree();
	answer_specific = specific;
	answer_generic = generic;
	trace[0] = '\0';
	bound_count = 0;
	held = 0;
	memset(env.logged, 0, sizeof(env.logged));
	device_match();
	device_probe_stage(STAGE_IRQCHIP);
	device_probe_stage(STAGE_BUS);
	device_probe_stage(STAGE_DEVICE);
	/* A stage ends once. */
	device_probe_stage(STAGE_DEVICE);
	return trace;
}

static void end(void)
{
	CHECK_EQ(held, bound_count);
	while (bound_count > 0) {
		kfree(bound[--bound_count]);
	}
}

static void test_order(void)
{
	CHECK_STR(boot(0, 0), "early:/intc always:/ specific:/a generic:/b ");
	end();
}

static void test_refusals(void)
{
	/* Not mine: the next string's driver gets its turn, and nothing is said. */
	CHECK_STR(boot(-ENODEV, 0), "early:/intc always:/ specific:/a generic:/a generic:/b ");
	CHECK_EQ(env.logged[3], 0);
	end();
	/* Failed: said, and the boot goes on. */
	boot(-EIO, -ENODEV);
	CHECK_EQ(env.logged[3], 1);
	CHECK(strstr(env.log, "/a") != NULL && strstr(env.log, "specific") != NULL);
	CHECK(strstr(trace, "generic:/b") != NULL);
	end();
}

static void test_who_has_a_driver(void)
{
	make_tree();
	CHECK(device_has_driver(dt_find("/a")) && device_has_driver(dt_find("/b")));
	CHECK(!device_has_driver(dt_find("/unknown")) && !device_has_driver(dt_root()));
	CHECK(device_needs_driver(dt_find("/unknown")));
	CHECK(!device_needs_driver(dt_find("/bus")) && !device_needs_driver(dt_root()));
}

static struct device *device_a(void)
{
	boot(0, 0);
	for (unsigned i = 0; i < bound_count; i++) {
		if (bound[i]->node == dt_find("/a")) {
			return bound[i];
		}
	}
	CHECK(!"device /a");
	return NULL;
}

static void test_registers(void)
{
	struct device *dev = device_a();
	size_t size = 0;

	CHECK_EQ(dev_mmio(dev, 0, &size), 0x5000);
	CHECK_EQ(size, 0x100);
	CHECK_EQ(dev_mmio(dev, 0, NULL), 0x5000);
	CHECK_EQ(env.logged[3], 0);
	CHECK_EQ(dev_mmio(dev, 1, &size), 0); /* ends in RAM */
	CHECK_EQ(dev_mmio(dev, 2, &size), 0); /* begins before it */
	CHECK_EQ(dev_mmio(dev, 3, &size), 0); /* of no size */
	CHECK_EQ(dev_mmio(dev, 4, &size), 0); /* RAM lies inside */
	CHECK_EQ(dev_mmio(dev, 6, &size), 0); /* not there */
	CHECK_EQ(env.logged[3], 5);
	CHECK_EQ(dev_mmio(dev, 5, &size), 0x200000); /* right behind RAM */
	map_result = -EINVAL;
	CHECK_EQ(dev_mmio(dev, 0, &size), 0);
	map_result = 0;
	CHECK_EQ(env.logged[3], 6);
	end();
}

static void test_interrupts(void)
{
	struct device *dev = device_a();

	CHECK_EQ(dev_irq(dev, 0), 103);
	CHECK_EQ(dev_irq(dev, 1), 104);
	CHECK_EQ(dev_irq(dev, 2), -ENOENT);
	end();
}

static const struct test tests[] = {
	{ "stages in order; the most specific string wins; disabled nodes are left out",
	  test_order },
	{ "-ENODEV passes a node on; a failure is said once, and the boot goes on", test_refusals },
	{ "which nodes are devices, and which have a driver", test_who_has_a_driver },
	{ "register windows are mapped as devices, and never RAM", test_registers },
	{ "interrupts become numbers", test_interrupts },
};

int main(void)
{
	page_add_ram(0x100000, 0x100000);
	return test_run(tests, ARRAY_SIZE(tests));
}
