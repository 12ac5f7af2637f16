/* SPDX-License-Identifier: MIT */
/* Off and reset by one write to a register of a system controller.
 * Spec: bindings power/reset/syscon-poweroff, syscon-reboot, mfd/syscon. */
#include <drivers/power.h>
#include <drivers/reg_io.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/device.h>
#include <kernel/power.h>
#include <string.h>

enum action { ACTION_OFF, ACTION_RESET };

/* Where and what to write. One for each action: the class's calls do not say which node they mean. */
static struct syscon_write {
	uintptr_t reg;
	uint32_t width; /* bytes */
	uint32_t value;
	uint32_t mask; /* bits that the value replaces */
} writes[2];

static void syscon_act(enum action action)
{
	const struct syscon_write *w = &writes[action];
	uint32_t old = 0;

	if (w->mask != ~0U) {
		old = reg_io_read(w->reg, w->width);
	}
	reg_io_write(w->reg, w->width, (old & ~w->mask) | (w->value & w->mask));
	/* Boards take some time to die: poll as long as a tenth of a second, and longer. */
	for (unsigned i = 0; i < 1000000; i++) {
		reg_io_read(w->reg, w->width);
	}
}

static void syscon_off(int status)
{
	(void)status; /* has no place here */
	syscon_act(ACTION_OFF);
}

static void syscon_reset(void)
{
	syscon_act(ACTION_RESET);
}

static struct power_ops syscon_ops[2] = {
	[ACTION_OFF] = { .name = "syscon-poweroff",
			 .rank = POWER_RANK_REGISTER,
			 .off = syscon_off },
	[ACTION_RESET] = { .name = "syscon-reboot",
			   .rank = POWER_RANK_REGISTER,
			   .reset = syscon_reset },
};

/* One of value and mask may be missing; a lone mask is an old binding's value. */
static int read_value(const struct dt_node *n, struct syscon_write *w)
{
	bool has_value = dt_has(n, "value");
	bool has_mask = dt_has(n, "mask");

	if (!has_value && !has_mask) {
		return -EINVAL;
	}
	w->value = dt_u32(n, has_value ? "value" : "mask", 0, 0);
	w->mask = has_value && has_mask ? dt_u32(n, "mask", 0, 0) : ~0U;
	return 0;
}

/* The controller is what `regmap` points at, else the parent. */
static int map_register(const struct device *dev, struct syscon_write *w)
{
	const struct dt_node *n = dev->node;
	struct device map = { .node = dt_ref(n, "regmap"), .driver = dev->driver };
	uint32_t offset = dt_u32(n, dt_has(n, "offset") ? "offset" : "reg", 0, 0);
	uintptr_t base;
	size_t size;

	if (map.node == NULL) {
		map.node = dt_parent(n);
	}
	dt_path(map.node, map.name, sizeof(map.name));
	w->width = dt_u32(map.node, "reg-io-width", 0, sizeof(uint32_t));
	if (!reg_io_width_ok(w->width) || offset % w->width != 0) {
		return -EINVAL;
	}
	base = dev_mmio(&map, 0, &size);
	if (base == 0 || size < w->width || offset > size - w->width) {
		return -EINVAL;
	}
	w->reg = base + offset;
	return 0;
}

static int syscon_probe(struct device *dev, const struct dt_match *m)
{
	enum action action = (enum action)m->data;
	struct syscon_write w;
	int err;

	if (writes[action].reg != 0) {
		return -EBUSY;
	}
	err = read_value(dev->node, &w);
	if (err != 0) {
		return err;
	}
	err = map_register(dev, &w);
	if (err != 0) {
		return err;
	}
	writes[action] = w;
	power_register(&syscon_ops[action]);
	return 0;
}

static const struct dt_match syscon_match[] = {
	{ "syscon-poweroff", ACTION_OFF },
	{ "syscon-reboot", ACTION_RESET },
	{ NULL, 0 },
};

DRIVER(STAGE_POWER, syscon, syscon_match, syscon_probe);
