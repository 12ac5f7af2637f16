/* SPDX-License-Identifier: MIT */
/* drivers/gpio: a PL061 whose lines change when they like, and the power key on one of them.
 * sources: drivers/gpio/gpio.c drivers/gpio/pl061.c drivers/gpio/keys.c tests/unit/driver_env.c */
#include "driver_env.h"
#include "host.h"

#include <drivers/gpio.h>
#include <errno.h>
#include <kernel/power_key.h>
#include <string.h>

#define BASE 0x9030000UL

static struct {
	uint8_t level, dir, is, ibe, ie, ris;
} m;

static unsigned presses;

void power_key_pressed(void)
{
	presses++;
}

const struct dt_node *dt_child(const struct dt_node *n)
{
	return n->child;
}

/* Its siblings are found by their parents' order: one is enough here, the next is its child's. */
const struct dt_node *dt_sibling(const struct dt_node *n)
{
	return n->child;
}

static uint64_t model_read(uintptr_t a, unsigned size)
{
	unsigned at = (unsigned)(a - BASE);

	host_require(size == 4 && at < 0x1000, "accesses of 32 bits, in the window");
	if (at < 0x400) {
		return m.level & at >> 2;
	}
	return at == 0x400   ? m.dir
	       : at == 0x404 ? m.is
	       : at == 0x408 ? m.ibe
	       : at == 0x410 ? m.ie
	       : at == 0x418 ? m.ris & m.ie
			     : 0;
}

static void model_write(uintptr_t a, unsigned size, uint64_t v)
{
	unsigned at = (unsigned)(a - BASE);
	uint8_t b = (uint8_t)v;

	host_require(size == 4 && v < 256, "accesses of 32 bits, of 8 lines");
	if (at < 0x400) {
		m.level = (uint8_t)((m.level & ~(at >> 2)) | (b & at >> 2 & m.dir) |
				    (m.level & at >> 2 & ~m.dir));
		return;
	}
	switch (at) {
	case 0x400:
		m.dir = b;
		break;
	case 0x404:
		m.is = b;
		break;
	case 0x408:
		m.ibe = b;
		break;
	case 0x410:
		m.ie = b;
		break;
	case 0x41c:
		m.ris &= (uint8_t)~b;
		break;
	default:
		host_require(false, "a register");
	}
}

static void line(unsigned i, bool high)
{
	m.level = (uint8_t)((m.level & ~(1U << i)) | (unsigned)high << i);
	m.ris |= (uint8_t)(1U << i);
	if ((m.ris & m.ie) != 0) {
		env.handler(env.handler_arg);
	}
}

static struct dt_node chip(void)
{
	return (struct dt_node){ .compatible = "arm,pl061",
				 .reg = { { BASE, 0x1000 } },
				 .irq = 39,
				 .props = { { .name = "#gpio-cells", .n = 1, .cells = { 2 } } } };
}

static struct dt_node key(const struct dt_node *gpio, uint32_t at, uint32_t flags, uint32_t code)
{
	struct dt_node n = { .props = { { .name = "gpios", .n = 3, .cells = { 1, at, flags } },
					{ .name = "linux,code", .n = 1, .cells = { code } } } };

	n.props[0].ref = gpio;
	return n;
}

static int probe_keys(const struct dt_node *first)
{
	struct dt_node keys = { .compatible = "gpio-keys", .child = first };

	return env_probe(&keys);
}

static void fresh(void)
{
	env_reset();
	memset(&m, 0, sizeof(m));
	presses = 0;
}

static void test_key(void)
{
	static struct dt_node n, low;
	struct dt_node other, k, volume;

	fresh();
	n = chip();
	other = chip();
	m.ie = 0xff;
	check(env_probe(&n) == 0 && m.ie == 0, "a chip, with all interrupts off");
	k = key(&n, 3, 0, 116);
	volume = key(&n, 2, 0, 115);
	volume.child = &k;
	check(probe_keys(&volume) == 0 && env.handler_irq == 39, "the power key behind another");
	check(m.ie == 8 && m.ibe == 8 && m.is == 0 && m.dir == 0, "its edges alone");
	line(3, true);
	check(presses == 1 && m.ris == 0, "pressed, and acknowledged");
	line(3, false);
	check(presses == 1, "released");
	line(2, true);
	check(presses == 1, "another line");
	m.ris = 0xff;
	env.handler(env.handler_arg);
	check(presses == 1, "an interrupt that no line explains");
	check(probe_keys(&k) == -EBUSY, "twice on one line");

	low = chip();
	env_probe(&low);
	k = key(&low, 0, 1, 116);
	m.level = 1;
	check(probe_keys(&k) == 0, "active low");
	line(0, true);
	check(presses == 1, "high is released");
	line(0, false);
	check(presses == 2, "low is pressed");

	k = key(&n, 8, 0, 116);
	check(probe_keys(&k) == -EINVAL, "a line that it has not");
	k = key(&other, 1, 0, 116);
	check(probe_keys(&k) == -ENODEV, "a chip that nobody drives");
	k = key(NULL, 1, 0, 116);
	check(probe_keys(&k) == -ENOENT, "no chip");
	k = key(&n, 1, 0, 30);
	check(probe_keys(&k) == -ENODEV && presses == 2, "no power key");
	other.irq = -ENOENT;
	env_probe(&other);
	k = key(&other, 1, 0, 116);
	check(probe_keys(&k) == -ENOENT, "a chip without an interrupt");
	other.reg[0].size = 0x800;
	check(env_probe(&other) == -EINVAL, "a window too small");
}

static void test_output(void)
{
	static struct dt_node n;
	struct dt_node user = { 0 };
	struct gpio g;

	fresh();
	n = chip();
	env_probe(&n);
	user.props[0] =
		(struct env_prop){ .name = "gpios", .n = 3, .cells = { 1, 7, 1 }, .ref = &n };
	check(gpio_find(&user, "gpios", &g) == 0 && g.line == 7 && g.active_low, "found");
	gpio_drive(&g, false);
	check(m.dir == 0x80 && m.level == 0x80 && !gpio_active(&g), "driven high");
	gpio_drive(&g, true);
	check(m.level == 0 && gpio_active(&g), "and low");
}

int main(void)
{
	env_read = model_read;
	env_write = model_write;
	test_key();
	test_output();
	return check_done();
}
