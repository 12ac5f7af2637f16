/* SPDX-License-Identifier: MIT */
/* drivers/irqchip/aplic.c by wires, against a model of the registers: whose domain it is, specifiers, masks, targets.
 * By messages: test_imsic.c.
 * sources: drivers/irqchip/aplic.c tests/unit/driver_env.c */
#include "../../drivers/irqchip/imsic.h"
#include "driver_env.h"

#include <errno.h>
#include <kernel/cpu.h>
#include <string.h>

#define BASE	0xd000000UL
#define SOURCES 96

unsigned cpu_count = 2;

static struct {
	uint32_t domaincfg, sourcecfg[SOURCES + 2], target[SOURCES + 2];
	bool enabled[SOURCES + 2], wire[SOURCES + 2];
	struct {
		uint32_t idelivery, ithreshold;
	} idc[4];
	bool messages_only;
	uint32_t lie; /* the next claim's answer */
} m;

bool imsic_is_supervisor(const struct dt_node *node)
{
	(void)node;
	return false;
}

int imsic_alloc(const struct dt_node *node)
{
	(void)node;
	return -ENODEV;
}

int imsic_irq(unsigned id)
{
	(void)id;
	return -1;
}

int imsic_hart_index(unsigned cpu)
{
	(void)cpu;
	return -ENOTSUP;
}

static uint32_t claim(unsigned idc)
{
	uint32_t lie = m.lie;

	m.lie = 0;
	for (uint32_t s = 1; s <= SOURCES && lie == 0; s++) {
		bool active = m.sourcecfg[s] == 6 ? m.wire[s] : m.sourcecfg[s] == 7 && !m.wire[s];

		if (active && m.enabled[s] && m.target[s] >> 18 == idc &&
		    m.idc[idc].idelivery == 1) {
			return s << 16 | (m.target[s] & 255);
		}
	}
	return lie << 16;
}

static uint64_t model_read(uintptr_t a, unsigned size)
{
	uintptr_t off = a - BASE;

	(void)size;
	if (off == 0) {
		return 0x80000000 | m.domaincfg;
	}
	if (off <= SOURCES * 4) {
		return m.sourcecfg[off / 4];
	}
	if (off >= 0x4000 && (off & 31) == 0x1c) {
		return claim((unsigned)(off - 0x4000) / 32);
	}
	return 0;
}

static void model_write(uintptr_t a, unsigned size, uint64_t v)
{
	uintptr_t off = a - BASE;

	(void)size;
	if (off == 0) {
		m.domaincfg = (uint32_t)v | (m.messages_only ? 4 : 0);
	} else if (off <= SOURCES * 4) {
		/* Source 5 is not this domain's. */
		m.sourcecfg[off / 4] = off / 4 == 5 ? 0 : (uint32_t)v;
	} else if (off > 0x3000 && off < 0x4000) {
		m.target[(off - 0x3000) / 4] = (uint32_t)v;
	} else if ((off == 0x1edc || off == 0x1fdc) && v <= SOURCES) {
		m.enabled[v] = off == 0x1edc;
	} else if (off >= 0x1f00 && off < 0x1f80) {
		for (unsigned i = 0; i < 32 && (off - 0x1f00) * 8 + i <= SOURCES; i++) {
			m.enabled[(off - 0x1f00) * 8 + i] &= !(v >> i & 1);
		}
	} else if (off >= 0x4000 && (off & 31) == 0) {
		m.idc[(off - 0x4000) / 32].idelivery = (uint32_t)v;
	} else if (off >= 0x4000 && (off & 31) == 8) {
		m.idc[(off - 0x4000) / 32].ithreshold = (uint32_t)v;
	}
}

static const struct dt_node cpu1 = { .compatible = "riscv",
				     .props = { { "reg", NULL, 1, { 1 }, NULL } } };
static const struct dt_node intc1 = { .compatible = "riscv,cpu-intc", .parent = &cpu1 };
static const struct dt_node other = { .compatible = "riscv,imsics" };

/* Harts 0 and 1; ours is 1. */
static struct dt_node node(uint32_t sources, uint32_t line)
{
	return (struct dt_node){
		.compatible = "riscv,aplic",
		.props = { { "riscv,num-sources", NULL, 1, { sources }, NULL },
			   { "interrupts-extended", NULL, 4, { 0, line, 1, line }, &intc1 } },
		.reg = { { BASE, 0x8000 } },
	};
}

static void test_refusals(void)
{
	struct dt_node n = node(SOURCES, 11);

	check(env_probe(&n) == -ENODEV && env.errors == 0, "the machine's domain is not ours");
	n = node(SOURCES, 9);
	n.props[2] = (struct env_prop){ "msi-parent", NULL, 1, { 1 }, &other };
	check(env_probe(&n) == -ENODEV, "nor is one whose messages go to the machine's files");
	n = node(0, 9);
	check(env_probe(&n) == -EINVAL, "no source");
	n = node(1024, 9);
	check(env_probe(&n) == -EINVAL, "too many");
	n = node(SOURCES, 9);
	n.reg[0].size = 0x4020;
	check(env_probe(&n) == -EINVAL && env.chip == NULL, "a window that ends before our IDC");
	n = node(SOURCES, 9);
	n.props[2] = (struct env_prop){ "riscv,hart-indexes", NULL, 2, { 0, 0xffffffff }, NULL };
	check(env_probe(&n) == -EINVAL, "an index that cannot be");
	n = node(SOURCES, 9);
	m.messages_only = true;
	check(env_probe(&n) == -ENOTSUP && env_allocations() == 0,
	      "a domain that knows messages only; its memory is given back");
	m.messages_only = false;
}

static struct dt_node the_node;

static void test_probe(void)
{
	memset(m.enabled, true, sizeof(m.enabled));
	memset(m.sourcecfg, 0xff, sizeof(m.sourcecfg));
	the_node = node(SOURCES, 9);
	the_node.props[2] = (struct env_prop){ "riscv,hart-indexes", NULL, 2, { 0, 3 }, NULL };
	m.idc[3].ithreshold = 7;
	check(env_probe(&the_node) == 0 && env.chip_lines == SOURCES + 1 && env.handler_irq == 9,
	      "bound behind the supervisor line");
	check(m.domaincfg == 0x100 && !m.enabled[1] && !m.enabled[SOURCES] &&
		      m.sourcecfg[SOURCES] == 0,
	      "on, all masked and inactive");
	check(m.idc[3].idelivery == 1 && m.idc[3].ithreshold == 0 && m.idc[1].idelivery == 0,
	      "the IDC that the tree names delivers");
	check(env_probe(&the_node) == -EBUSY, "a second one is refused");
}

static int map(uint32_t source, uint32_t flags)
{
	const uint32_t cells[] = { source, flags };

	return env.chip->ops->xlate(env.chip, cells, 2);
}

static void lower(unsigned line)
{
	m.wire[line] = !m.wire[line];
}

static void mask_itself(unsigned line)
{
	env.chip->ops->mask(env.chip, line);
}

static void test_lines(void)
{
	check(map(0, 4) == -EINVAL && map(SOURCES + 1, 4) == -EINVAL && map(~0U, 4) == -EINVAL &&
		      map(10, 0) == -EINVAL && map(10, 3) == -EINVAL && map(5, 4) == -EINVAL,
	      "sources and modes that are none, and one of another domain");
	check(env.chip->ops->xlate(env.chip, (const uint32_t[]){ 10 }, 1) == -EINVAL, "one cell");
	check(map(9, 1) == 9 && m.sourcecfg[9] == 4 && map(9, 2) == 9 && m.sourcecfg[9] == 5 &&
		      map(11, 8) == 11 && m.sourcecfg[11] == 7 && map(10, 4) == 10 &&
		      m.sourcecfg[10] == 6,
	      "edges and levels, both ways");
	check(m.target[10] == (3U << 18 | 1), "to our IDC, with a priority that is not zero");
	m.wire[11] = true;
	m.wire[10] = true;
	env.handler(NULL);
	check(env.delivered_n == 0, "masked");
	env.chip->ops->unmask(env.chip, 10);
	env.on_deliver = lower;
	env.handler(NULL);
	check(env.delivered_n == 1 && env.delivered[0] == 10, "delivered");
	env.on_deliver = mask_itself;
	m.wire[10] = true;
	env.handler(NULL);
	check(env.delivered_n == 2, "a level that stays, masked by its handler, ends");
	env.on_deliver = NULL;
	m.lie = 1000;
	env.handler(NULL);
	m.lie = SOURCES + 1;
	env.handler(NULL);
	check(env.delivered_n == 2 && env.errors == 1, "a source that it has not: said once");
}

static void test_second_hart(void)
{
	static const struct dt_node cpu0 = { .compatible = "riscv",
					     .props = { { "reg", NULL, 1, { 0 }, NULL } } };
	static const struct dt_node intc0 = { .compatible = "riscv,cpu-intc", .parent = &cpu0 };

	check(env.chip->ops->route(env.chip, 10, 1) == -ENOTSUP, "a hart that does not run yet");
	the_node.props[1] =
		(struct env_prop){ "interrupts-extended", NULL, 4, { 1, 9, 0, 9 }, &intc0 };
	host_thread.cpu = &cpus[1];
	env.chip->ops->cpu_init(env.chip);
	host_thread.cpu = &cpus[0];
	check(m.idc[0].idelivery == 1, "it has an IDC of its own");
	check(env.chip->ops->route(env.chip, 10, 1) == 0 && m.target[10] == 1, "sent there");
	check(env.chip->ops->route(env.chip, 10, 0) == 0 && m.target[10] == (3U << 18 | 1),
	      "and back");
}

int main(void)
{
	env_read = model_read;
	env_write = model_write;
	env_reset();
	cpus[0].hw_id = 1;
	cpus[1].index = 1;
	test_refusals();
	env.errors = 0;
	test_probe();
	test_lines();
	test_second_hart();
	return check_done();
}
