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
#include <kernel/panic.h>
#include <string.h>

#define STAGES	    (STAGE_MAIN / 10 + 1)
#define STRINGS_MAX 96

/* Every compatible string that a driver knows, by hash: the strings themselves are compared only
 * when the hashes are equal. */
struct known {
	uint32_t hash;
	const struct driver *driver;
	const struct dt_match *match;
};

/* Devices that wait for their stage. */
static struct list pending[STAGES];

static uint32_t hash_of(const char *s)
{
	uint32_t h = 2166136261U; /* FNV-1a */

	for (; *s != '\0'; s++) {
		h = (h ^ (uint8_t)*s) * 16777619U;
	}
	return h;
}

static unsigned collect_known(struct known k[STRINGS_MAX])
{
	unsigned n = 0;

	for (const struct driver *d = drivers_start; d < drivers_end; d++) {
		for (const struct dt_match *m = d->match; m != NULL && m->compatible != NULL; m++) {
			ASSERT(n < STRINGS_MAX);
			k[n++] = (struct known){ hash_of(m->compatible), d, m };
		}
	}
	return n;
}

static void add_device(const struct driver *d, const struct dt_node *n, const struct dt_match *m)
{
	struct device *dev = kmalloc(sizeof(*dev));

	if (dev == NULL) {
		log_error("%s: no memory for a device", d->name);
		return;
	}
	dev->driver = d;
	dev->node = n;
	dev->match = m;
	dev->name[0] = '\0';
	list_add_tail(&pending[d->stage / 10], &dev->link);
}

bool device_needs_driver(const struct dt_node *n)
{
	static const char *const quiet[] = {
		"simple-bus", "fixed-clock",	 "syscon",
		"simple-mfd", "shared-dma-pool", "arm,armv8",
		"riscv",      "sifive,clint0",	 "fixed-factor-clock"
	};
	const struct dt_node *p = dt_parent(n);

	for (unsigned i = 0; i < ARRAY_SIZE(quiet); i++) {
		if (dt_compatible(n, quiet[i])) {
			return false;
		}
	}
	return p != NULL && strcmp(dt_name(p), "cpus") != 0 && !dt_has(n, "device_type");
}

static void match_node(const struct dt_node *n, const struct known *known, unsigned count)
{
	const char *s = NULL;
	bool found = false;
	char path[48];

	while ((s = dt_next_compatible(n, s)) != NULL) {
		uint32_t h = hash_of(s);

		for (unsigned i = 0; i < count; i++) {
			if (known[i].hash == h && strcmp(known[i].match->compatible, s) == 0) {
				add_device(known[i].driver, n, known[i].match);
				found = true;
			}
		}
	}
	s = dt_next_compatible(n, NULL);
	if (!found && s != NULL && log_level() >= LOG_DEBUG && device_needs_driver(n)) {
		log_debug("device %s: no driver for \"%s\"", dt_path(n, path, sizeof(path)), s);
	}
}

bool device_has_driver(const struct dt_node *n)
{
	for (const struct driver *d = drivers_start; d < drivers_end; d++) {
		for (const struct dt_match *m = d->match; m != NULL && m->compatible != NULL; m++) {
			if (dt_compatible(n, m->compatible)) {
				return true;
			}
		}
	}
	return false;
}

void device_match(void)
{
	struct known known[STRINGS_MAX];
	unsigned count = collect_known(known);

	for (unsigned i = 0; i < STAGES; i++) {
		list_init(&pending[i]);
	}
	for (const struct driver *d = drivers_start; d < drivers_end; d++) {
		if (d->match == NULL) {
			add_device(d, dt_root(), NULL);
		}
	}
	for (const struct dt_node *n = dt_next(NULL); n != NULL; n = dt_next(n)) {
		if (dt_enabled(n)) {
			match_node(n, known, count);
		}
	}
}

/* True when the node is settled: bound, or its device does not work. */
static bool probe(struct device *dev)
{
	int r;

	if (dev->node != NULL) {
		dt_path(dev->node, dev->name, sizeof(dev->name));
	}
	r = dev->driver->probe(dev, dev->match);
	if (r != 0 && r != -ENODEV) {
		log_error("%s %s: not usable: error %d", dev->driver->name, dev->name, -r);
	}
	if (r != 0) {
		kfree(dev);
	}
	return r != -ENODEV;
}

void device_probe_stage(unsigned stage)
{
	const struct dt_node *settled = NULL;
	struct list *p;

	if (pending[0].next == NULL) {
		return; /* a panic before device_match() */
	}
	while ((p = list_pop(&pending[stage / 10])) != NULL) {
		struct device *dev = list_entry(p, struct device, link);

		/* A node that its more specific string has settled is done with. */
		if (dev->match != NULL && dev->node == settled) {
			kfree(dev);
		} else {
			const struct dt_node *n = dev->match != NULL ? dev->node : NULL;

			settled = probe(dev) ? n : settled;
		}
	}
}

uintptr_t dev_mmio(struct device *dev, unsigned i, size_t *size)
{
	uint64_t addr, n;
	int r = dt_reg(dev->node, i, &addr, &n);

	/* A tree that calls RAM a device would give us two mappings with different attributes. */
	if (r == 0 && (n == 0 || page_overlaps_ram(addr, n))) {
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
