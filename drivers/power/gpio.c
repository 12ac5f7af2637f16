/* SPDX-License-Identifier: MIT */
/* Off and reset by a GPIO line: its level, else one of its edges, does it.
 * Spec: bindings power/reset/gpio-restart, gpio-poweroff. */
#include <drivers/gpio.h>
#include <drivers/power.h>
#include <errno.h>
#include <kernel/arch.h>
#include <kernel/power.h>
#include <kernel/time.h>

enum action { ACTION_OFF, ACTION_RESET };

/* gpio-restart's priority: what it says of a handler that is enough, and Linux's own for the firmware's (PSCI). */
#define PRIORITY_DEFAULT   129U
#define PRIORITY_ENOUGH	   128U
#define PRIORITY_PREFERRED 192U

/* What differs between the bindings. */
static const struct words {
	const char *active, *inactive, *wait; /* ms */
	const char *untouched;		      /* the line is left alone until it is used */
} words[] = {
	[ACTION_OFF] = { "active-delay-ms", "inactive-delay-ms", "timeout-ms", "input" },
	[ACTION_RESET] = { "active-delay", "inactive-delay", "wait-delay", "open-source" },
};

/* One of each: the class's calls do not say which node they mean. */
static struct line {
	struct gpio gpio;
	uint32_t active_ms, inactive_ms, wait_ms;
} lines[2];

/* No interrupt comes any more, and so no timer: the counter is looked at. */
static void hold(const struct line *l, bool active, uint32_t ms)
{
	uint64_t until;

	gpio_drive(&l->gpio, active);
	until = time_after(ms * NS_PER_MS);
	while (time_now() < until) {
		arch_relax();
	}
}

static void act(enum action action)
{
	const struct line *l = &lines[action];

	hold(l, true, l->active_ms);
	hold(l, false, l->inactive_ms);
	hold(l, true, l->wait_ms);
}

static void gpio_off(int status)
{
	(void)status; /* has no place here */
	act(ACTION_OFF);
}

static void gpio_reset(void)
{
	act(ACTION_RESET);
}

static struct power_ops gpio_power[2] = {
	[ACTION_OFF] = { .name = "gpio-poweroff", .rank = POWER_RANK_REGISTER, .off = gpio_off },
	[ACTION_RESET] = { .name = "gpio-restart", .reset = gpio_reset },
};

static int rank_of(uint32_t priority)
{
	if (priority >= PRIORITY_PREFERRED) {
		return POWER_RANK_PREFERRED;
	}
	return priority >= PRIORITY_ENOUGH ? POWER_RANK_REGISTER : POWER_RANK_LAST;
}

static int gpio_power_probe(struct device *dev, const struct dt_match *m)
{
	enum action action = (enum action)m->data;
	const struct words *w = &words[action];
	const struct dt_node *n = dev->node;
	struct line *l = &lines[action];
	struct gpio g;
	int r;

	if (l->gpio.chip != NULL) {
		return -EBUSY;
	}
	r = gpio_find(n, "gpios", &g);
	if (r != 0) {
		return r;
	}
	*l = (struct line){ g, dt_u32(n, w->active, 0, 100), dt_u32(n, w->inactive, 0, 100),
			    dt_u32(n, w->wait, 0, 3000) };
	if (!dt_has(n, w->untouched)) {
		gpio_drive(&l->gpio, false);
	}
	if (action == ACTION_RESET) {
		gpio_power[action].rank = rank_of(dt_u32(n, "priority", 0, PRIORITY_DEFAULT));
	}
	power_register(&gpio_power[action]);
	return 0;
}

static const struct dt_match gpio_power_match[] = {
	{ "gpio-poweroff", ACTION_OFF },
	{ "gpio-restart", ACTION_RESET },
	{ NULL, 0 },
};

DRIVER(STAGE_DEVICE, gpio_power, gpio_power_match, gpio_power_probe);
