/* SPDX-License-Identifier: MIT */
/* Keys on GPIO lines: of all that there are the power key. Spec: binding input/gpio-keys. */
#include <drivers/gpio.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/log.h>
#include <kernel/power_key.h>

#define KEY_POWER 116U /* linux/input-event-codes.h */

/* A key that bounces tells more than once what power_key_pressed() hears as one. */
static void changed(void *arg)
{
	if (gpio_active(arg)) {
		power_key_pressed();
	}
}

static int add_key(const struct device *dev, const struct dt_node *n)
{
	struct gpio *g = kzalloc(sizeof(*g));
	int r;

	if (g == NULL) {
		return -ENOMEM;
	}
	r = gpio_find(n, "gpios", g);
	if (r == 0) {
		r = gpio_watch(g, changed, g);
	}
	if (r != 0) {
		kfree(g);
		return r;
	}
	log_info("keys %s: the power key stops the program", dev->name);
	return 0;
}

static int keys_probe(struct device *dev, const struct dt_match *m)
{
	int r = -ENODEV;

	(void)m;
	for (const struct dt_node *n = dt_child(dev->node); n != NULL; n = dt_sibling(n)) {
		if (dt_u32(n, "linux,code", 0, 0) == KEY_POWER) {
			r = add_key(dev, n);
			if (r != 0) {
				return r;
			}
		}
	}
	return r;
}

static const struct dt_match keys_match[] = { { "gpio-keys", 0 }, { NULL, 0 } };

DRIVER(STAGE_DEVICE, keys, keys_match, keys_probe);
