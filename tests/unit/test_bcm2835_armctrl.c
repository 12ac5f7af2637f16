/* SPDX-License-Identifier: MIT */
/* drivers/irqchip/bcm2835_armctrl.c against a model of its registers.
 * sources: drivers/irqchip/bcm2835_armctrl.c tests/unit/driver_env.c */
#include "driver_env.h"
#include "host.h"

#include <errno.h>

#define BASE 0x3f00b200UL

static struct {
	uint32_t level[3], enable[3], fiq;
} m;

/* Bank of a register whose order is 1, 2, 0. */
static unsigned bank_of(uintptr_t off, uintptr_t first)
{
	return (unsigned)((off - first) / 4 + 1) % 3;
}

static uint64_t model_read(uintptr_t a, unsigned size)
{
	uintptr_t off = a - BASE;

	host_require(size == 4, "accesses of 32 bits");
	if (off < 0x0c) {
		return m.level[off / 4];
	}
	host_require(off >= 0x10 && off < 0x1c, "a register");
	return m.enable[bank_of(off, 0x10)];
}

static void model_write(uintptr_t a, unsigned size, uint64_t v64)
{
	uintptr_t off = a - BASE;
	uint32_t v = (uint32_t)v64;

	host_require(size == 4, "accesses of 32 bits");
	if (off == 0x0c) {
		m.fiq = v;
	} else if (off >= 0x10 && off < 0x1c) {
		m.enable[bank_of(off, 0x10)] |= v;
	} else {
		host_require(off >= 0x1c && off < 0x28, "a register");
		m.enable[bank_of(off, 0x1c)] &= ~v;
	}
}

static int map(uint32_t bank, uint32_t line)
{
	uint32_t cells[] = { bank, line };

	return env.chip->ops->xlate(env.chip, cells, 2);
}

static void test_specifiers(void)
{
	uint32_t one = 1;

	check(map(0, 0) == 0 && map(0, 7) == 7 && map(1, 0) == 32 && map(2, 31) == 95,
	      "lines of the three banks");
	check(map(0, 8) == -EINVAL && map(1, 32) == -EINVAL && map(3, 0) == -EINVAL &&
		      map(0xffffffff, 0xffffffff) == -EINVAL,
	      "lines that are not there");
	check(env.chip->ops->xlate(env.chip, &one, 1) == -EINVAL, "half a specifier");
}

static void test_delivery(void)
{
	env.chip->ops->unmask(env.chip, 1);
	env.chip->ops->unmask(env.chip, 57);
	env.chip->ops->unmask(env.chip, 94);
	check(m.enable[0] == 2 && m.enable[1] == 1U << 25 && m.enable[2] == 1U << 30, "unmasked");
	m.level[0] = 0x1fff02; /* what is in the other banks is told here, too */
	m.level[1] = 1U << 25 | 1U << 3;
	m.level[2] = 1U << 30;
	env.handler(env.handler_arg);
	check(env.delivered_n == 3 && env.delivered[0] == 1 && env.delivered[1] == 57 &&
		      env.delivered[2] == 94,
	      "what asks and may is delivered once");
	env.chip->ops->mask(env.chip, 57);
	check(m.enable[1] == 0 && m.enable[2] == 1U << 30, "masked");
	env.handler(env.handler_arg);
	check(env.delivered_n == 5 && env.delivered[4] == 94, "and not delivered");
}

int main(void)
{
	struct dt_node n = { .compatible = "brcm,bcm2836-armctrl-ic",
			     .reg = { { BASE, 0x24 } },
			     .irq = 8 };

	env_read = model_read;
	env_write = model_write;
	env_reset();
	m.enable[0] = m.enable[1] = m.enable[2] = ~0U;
	m.fiq = 0x85;
	check(env_probe(&n) == -EINVAL && m.enable[1] == ~0U, "a window too small is not touched");
	n.reg[0].size = 0x200;
	n.irq = -ENODEV;
	check(env_probe(&n) == -ENODEV, "nowhere to lead to");
	n.irq = 8;
	check(env_probe(&n) == 0 && env.chip_lines == 96 && env.handler_irq == 8 &&
		      env.root == NULL,
	      "behind its parent");
	check((m.enable[0] | m.enable[1] | m.enable[2] | m.fiq) == 0, "all masked");
	check(env_probe(&n) == -EBUSY, "a second one is refused");
	test_specifiers();
	test_delivery();
	return check_done();
}
