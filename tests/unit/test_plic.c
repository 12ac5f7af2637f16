/* SPDX-License-Identifier: MIT */
/* drivers/irqchip/plic.c against a model that, as the specification allows, ignores the completion
 * of a source that is not enabled.
 * sources: drivers/irqchip/plic.c tests/unit/driver_env.c */
#include "driver_env.h"

#include <errno.h>
#include <kernel/cpu.h>
#include <string.h>

#define BASE	0xc000000UL
#define CONTEXT 3
#define ENABLE	(0x2000 + CONTEXT * 0x80)
#define CLAIM	(0x200004 + CONTEXT * 0x1000)

static struct {
	uint32_t priority[1024];
	uint32_t enable[32];
	bool pending[1024], claimed[1024];
	uint32_t threshold;
	uint32_t lie;	/* the next claim's answer */
	unsigned stray; /* accesses elsewhere */
} m;

static bool enabled(uint32_t s)
{
	return (m.enable[s / 32] >> s % 32 & 1) != 0;
}

static uint32_t claim(void)
{
	uint32_t lie = m.lie;

	m.lie = 0;
	if (lie != 0) {
		return lie;
	}
	for (uint32_t s = 1; s < 1024; s++) {
		if (m.pending[s] && !m.claimed[s] && enabled(s) && m.priority[s] > m.threshold) {
			m.pending[s] = false;
			m.claimed[s] = true;
			return s;
		}
	}
	return 0;
}

static uint64_t model_read(uintptr_t a, unsigned size)
{
	uintptr_t off = a - BASE;

	(void)size;
	if (off == CLAIM) {
		return claim();
	}
	if (off >= ENABLE && off < ENABLE + 0x80) {
		return m.enable[(off - ENABLE) / 4];
	}
	m.stray++;
	return 0;
}

static void model_write(uintptr_t a, unsigned size, uint64_t v)
{
	uintptr_t off = a - BASE;

	(void)size;
	if (off == CLAIM) {
		if (v < 1024 && enabled((uint32_t)v)) {
			m.claimed[v] = false;
		}
	} else if (off == CLAIM - 4) {
		m.threshold = (uint32_t)v;
	} else if (off >= ENABLE && off < ENABLE + 0x80) {
		m.enable[(off - ENABLE) / 4] = (uint32_t)v;
	} else if (off < 0x1000) {
		m.priority[off / 4] = (uint32_t)v;
	} else {
		m.stray++;
	}
}

static const struct dt_node cpu1 = { .compatible = "riscv",
				     .props = { { "reg", NULL, 1, { 1 }, NULL } } };
static const struct dt_node intc1 = { .compatible = "riscv,cpu-intc", .parent = &cpu1 };

static struct dt_node node(uint32_t sources)
{
	return (struct dt_node){
		.compatible = "sifive,plic-1.0.0",
		.props = { { "riscv,ndev", NULL, 1, { sources }, NULL },
			   /* harts 0 and 1, machine and supervisor line each */
			   { "interrupts-extended",
			     NULL,
			     8,
			     { 0, 11, 0, 9, 1, 11, 1, 9 },
			     &intc1 } },
		.reg = { { BASE, 0x4000000 } },
	};
}

static void test_refusals(void)
{
	static const uint32_t bad[] = { 0, 1024, 0xffffffff };

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		struct dt_node n = node(bad[i]);
		char what[40];

		snprintf(what, sizeof(what), "%u sources are refused", bad[i]);
		check(env_probe(&n) == -EINVAL && env.chip == NULL, what);
	}
	struct dt_node n = node(96);

	n.reg[0].size = CLAIM + 3;
	check(env_probe(&n) == -EINVAL, "a window that ends before our context is refused");
	n = node(96);
	n.props[1].n = 6;
	check(env_probe(&n) == -ENOENT, "no context for our hart");
	check(m.stray == 0, "nothing was touched");
}

static void test_probe(void)
{
	struct dt_node n = node(96);

	memset(m.priority, 0xff, sizeof(m.priority));
	memset(m.enable, 0xff, sizeof(m.enable));
	m.threshold = 7;
	check(env_probe(&n) == 0 && env.chip_lines == 97 && env.handler_irq == 9,
	      "bound behind the supervisor line");
	check(m.priority[1] == 0 && m.priority[96] == 0 && m.priority[97] != 0,
	      "96 sources masked");
	check(m.enable[0] == 0 && m.enable[3] == 0 && m.threshold == 0 && m.stray == 0,
	      "our context alone is reset");
	check(env_probe(&n) == -EBUSY, "a second one is refused");
}

static int map(uint32_t source)
{
	return env.chip->ops->xlate(env.chip, &source, 1);
}

static void raise(uint32_t source)
{
	m.pending[source] = true;
	env.handler(env.handler_arg);
}

static void mask_itself(unsigned line)
{
	env.chip->ops->mask(env.chip, line);
}

static void test_lines(void)
{
	check(map(0) == -EINVAL && map(97) == -EINVAL && map(0xffffffff) == -EINVAL,
	      "sources that do not exist");
	check(map(10) == 10 && map(33) == 33 && m.enable[0] == 1U << 10 && m.enable[1] == 1U << 1,
	      "a mapped source is enabled");
	raise(10);
	check(env.delivered_n == 0, "but masked");
	env.chip->ops->unmask(env.chip, 10);
	raise(10);
	check(env.delivered_n == 1 && env.delivered[0] == 10 && !m.claimed[10],
	      "delivered and completed once unmasked");
	env.on_deliver = mask_itself;
	raise(10);
	check(env.delivered_n == 2 && !m.claimed[10],
	      "a line masked in its own handler is completed all the same");
	env.on_deliver = NULL;
	env.chip->ops->unmask(env.chip, 10);
	raise(10);
	check(env.delivered_n == 3, "and comes again");
	m.lie = 500;
	env.handler(env.handler_arg);
	m.lie = 500;
	env.handler(env.handler_arg);
	check(env.delivered_n == 3 && env.errors == 1, "a source that it has not: said once");
}

int main(void)
{
	env_read = model_read;
	env_write = model_write;
	env_reset();
	cpus[0].hw_id = 1;
	test_refusals();
	test_probe();
	test_lines();
	return check_done();
}
