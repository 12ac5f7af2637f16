/* SPDX-License-Identifier: MIT */
/* Drivers meet the nodes of the tree, stage by stage. A node's compatible strings are the outer
 * loop, so the most specific driver wins. */
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/arch.h>
#include <kernel/device.h>
#include <kernel/log.h>
#include <kernel/page.h>
#include <kernel/pagetable.h>
#include <string.h>

extern const struct driver drivers_start[], drivers_end[];

/* Nodes that a driver knows, by position in the tree: the rest is reported once. */
static uint8_t known[2048 / 8];

static void report(const struct device *dev, int r)
{
	if (r != 0 && r != -ENODEV) {
		log_error("%s %s: not usable: error %d", dev->driver->name, dev->name, -r);
	}
}

static struct device *device_new(const struct driver *d, const struct dt_node *n)
{
	struct device *dev = kzalloc(sizeof(*dev));

	if (dev == NULL) {
		log_error("%s: no memory for a device", d->name);
		return NULL;
	}
	dev->driver = d;
	dev->node = n;
	if (n != NULL) {
		dt_path(n, dev->name, sizeof(dev->name));
	}
	return dev;
}

static int try(const struct driver *d, const struct dt_node *n, const struct dt_match *m)
{
	struct device *dev = device_new(d, n);
	int r;

	if (dev == NULL) {
		return -ENOMEM;
	}
	r = d->probe(dev, m);
	report(dev, r);
	if (r != 0) {
		kfree(dev);
	}
	return r;
}

static const struct dt_match *match(const struct driver *d, const char *s)
{
	const struct dt_match *m = d->match;

	for (; m != NULL && m->compatible != NULL; m++) {
		if (strcmp(m->compatible, s) == 0) {
			return m;
		}
	}
	return NULL;
}

static bool probe_string(unsigned stage, const struct dt_node *n, unsigned index, const char *s)
{
	for (const struct driver *d = drivers_start; d < drivers_end; d++) {
		const struct dt_match *m = match(d, s);

		if (m == NULL) {
			continue;
		}
		known[index / 8] |= (uint8_t)(1U << index % 8);
		if (d->stage == stage && try(d, n, m) == 0) {
			return true;
		}
	}
	return false;
}

void device_probe_stage(unsigned stage)
{
	unsigned index = 0;

	for (const struct driver *d = drivers_start; d < drivers_end; d++) {
		if (d->stage == stage && d->match == NULL) {
			try(d, dt_root(), NULL);
		}
	}
	for (const struct dt_node *n = dt_next(NULL); n != NULL; n = dt_next(n), index++) {
		size_t len;
		const char *s = dt_enabled(n) ? dt_prop(n, "compatible", &len) : NULL;
		const char *end = s + (s == NULL ? 0 : len);

		if (s == NULL || len == 0 || end[-1] != '\0') {
			continue;
		}
		while (s < end && !probe_string(stage, n, index, s)) {
			s += strlen(s) + 1;
		}
	}
}

/* Nodes that need no driver: what they say is read elsewhere, or they only hold others. */
static bool needs_driver(const struct dt_node *n)
{
	static const char *const quiet[] = { "simple-bus", "fixed-clock", "syscon", "riscv",
					     "shared-dma-pool", "arm,armv8", "simple-mfd",
					     "fixed-factor-clock" };
	const struct dt_node *p = dt_parent(n);

	for (unsigned i = 0; i < ARRAY_SIZE(quiet); i++) {
		if (dt_compatible(n, quiet[i])) {
			return false;
		}
	}
	return p != NULL && strcmp(dt_name(p), "cpus") != 0 && !dt_has(n, "device_type");
}

void device_report_unclaimed(void)
{
	unsigned index = 0;
	char path[48];

	for (const struct dt_node *n = dt_next(NULL); n != NULL; n = dt_next(n), index++) {
		const char *s = dt_enabled(n) ? dt_str(n, "compatible") : NULL;

		if (s != NULL && (known[index / 8] & 1U << index % 8) == 0 && needs_driver(n)) {
			log_debug("device %s: no driver for \"%s\"", dt_path(n, path, sizeof(path)), s);
		}
	}
}

uintptr_t dev_mmio(struct device *dev, unsigned i, size_t *size)
{
	uint64_t addr, n;
	int r = dt_reg(dev->node, i, &addr, &n);

	/* A tree that calls RAM a device would give us two mappings with different attributes. */
	if (r == 0 && (n == 0 || page_is_ram(addr) || page_is_ram(addr + n - 1))) {
		r = -EINVAL;
	}
	if (r == 0) {
		r = pagetable_map(addr, n, MAP_READ | MAP_WRITE | MAP_DEVICE);
	}
	if (r != 0) {
		log_error("%s %s: registers %u: error %d", dev->driver->name, dev->name, i, -r);
		return 0;
	}
	if (size != NULL) {
		*size = n;
	}
	return addr;
}

int dev_irq(struct device *dev, unsigned i)
{
	const struct dt_node *ctl;
	uint32_t cells[4];
	unsigned n;
	int r = dt_irq(dev->node, i, &ctl, cells, &n);

	return r != 0 ? r : irq_map(ctl, cells, n);
}
