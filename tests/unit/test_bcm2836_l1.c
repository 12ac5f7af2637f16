/* SPDX-License-Identifier: MIT */
/* drivers/irqchip/bcm2836_l1.c against a model of the local registers.
 * sources: drivers/irqchip/bcm2836_l1.c tests/unit/driver_env.c */
#include "driver_env.h"
#include "host.h"

#include <errno.h>
#include <kernel/cpu.h>
#include <kernel/smp.h>

#define BASE 0x40000000UL

static struct {
	uint32_t routing, pmu, mailbox[4], mailbox_control[4], timer_control[4];
	uint32_t level; /* lines of CPU 2 that devices hold */
	unsigned ipis;
} m;

void smp_ipi_interrupt(void)
{
	host_require(m.mailbox[2] == 0, "the mailbox is empty before the work is looked at");
	m.ipis++;
}

static uint64_t model_read(uintptr_t a, unsigned size)
{
	uintptr_t off = a - BASE;

	host_require(size == 4, "accesses of 32 bits");
	if (off >= 0x40 && off < 0x50) {
		return m.timer_control[(off - 0x40) / 4];
	}
	host_require(off == 0x68, "the source register of CPU 2");
	return (m.level & (m.timer_control[2] | 0xffffff00)) |
	       (m.mailbox[2] != 0 && m.mailbox_control[2] != 0 ? 0x10 : 0);
}

static void model_write(uintptr_t a, unsigned size, uint64_t v64)
{
	uintptr_t off = a - BASE;
	uint32_t v = (uint32_t)v64;

	host_require(size == 4, "accesses of 32 bits");
	if (off == 0x0c) {
		m.routing = v;
	} else if (off == 0x10) {
		m.pmu |= v;
	} else if (off == 0x14) {
		m.pmu &= ~v;
	} else if (off >= 0x40 && off < 0x50) {
		m.timer_control[(off - 0x40) / 4] = v;
	} else if (off >= 0x50 && off < 0x60) {
		m.mailbox_control[(off - 0x50) / 4] = v;
	} else if (off >= 0x80 && off < 0xc0 && off % 16 == 0) {
		m.mailbox[(off - 0x80) / 16] |= v;
	} else if (off >= 0xc0 && off < 0x100 && off % 16 == 0) {
		m.mailbox[(off - 0xc0) / 16] &= ~v;
	} else {
		host_require(false, "a register");
	}
}

static int map(uint32_t line)
{
	return env.chip->ops->xlate(env.chip, &line, 1);
}

/* The device is served: its line falls. */
static void serve(unsigned line)
{
	m.level &= ~(1U << line);
}

static void test_lines(void)
{
	const struct irqchip_ops *ops = env.root->ops;

	check(map(0) == 0 && map(3) == 3 && map(8) == 8 && map(9) == 9, "lines that are there");
	check(map(4) == -EINVAL && map(7) == -EINVAL && map(10) == -EINVAL &&
		      map(0xffffffff) == -EINVAL && ops->xlate(env.root, NULL, 0) == -EINVAL,
	      "mailboxes are no lines, nor is what is not there");
	ops->unmask(env.root, 3);
	ops->unmask(env.root, 1);
	check(m.timer_control[2] == 0xa && m.timer_control[0] == 0, "timers of this CPU");
	ops->mask(env.root, 1);
	check(m.timer_control[2] == 8, "one masked, the other not");
	ops->unmask(env.root, 9);
	check(m.pmu == 4, "its counters");
	ops->mask(env.root, 9);
	check(m.pmu == 0, "masked");
	env.on_deliver = serve;
	m.level = 1U << 3 | 1U << 8 | 1U << 11;
	ops->handle(env.root);
	check(env.delivered_n == 2 && env.delivered[0] == 8 && env.delivered[1] == 3,
	      "each is delivered once, strangers are not");
	check(ops->route(env.root, 3, 0) == -ENOTSUP, "a timer stays");
	check(ops->route(env.root, 8, 1) == 0 && m.routing == 3, "the chip's line moves");
}

static void test_ipi(void)
{
	env.root->ops->ipi(env.root, &cpus[1]);
	check(m.mailbox[3] == 1 && m.mailbox[2] == 0, "another CPU's mailbox");
	env.root->ops->ipi(env.root, &cpus[0]);
	m.level = 0;
	env.root->ops->handle(env.root);
	check(m.ipis == 1 && m.mailbox[2] == 0 && env.delivered_n == 2, "its own");
	env.root->ops->handle(env.root);
	check(m.ipis == 1, "once");
}

int main(void)
{
	struct dt_node n = { .compatible = "brcm,bcm2836-l1-intc", .reg = { { BASE, 0xff } } };

	env_read = model_read;
	env_write = model_write;
	env_reset();
	cpus[0].hw_id = 2; /* the boot CPU need not be the first */
	cpus[1].hw_id = 3;
	m.pmu = 0x44;
	m.mailbox[2] = ~0U;
	m.timer_control[2] = ~0U;
	check(env_probe(&n) == -EINVAL && m.pmu == 0x44, "a window too small is not touched");
	n.reg[0].size = 0x100;
	check(env_probe(&n) == 0 && env.root == env.chip && env.chip_lines == 10, "the root");
	check(m.pmu == 0 && m.mailbox[2] == 0 && m.timer_control[2] == 0 &&
		      m.mailbox_control[2] == 1 && m.routing == 2,
	      "this CPU's part is reset");
	check(env_probe(&n) == -EBUSY, "a second one is refused");
	test_lines();
	test_ipi();
	return check_done();
}
