/* SPDX-License-Identifier: MIT */
/* drivers/irqchip/gic.c and gic_v2.c against a model of the registers: specifiers from the tree,
 * triggers, masks, the acknowledge loop, and a controller that does not answer.
 * sources: drivers/irqchip/gic.c drivers/irqchip/gic_v2.c tests/unit/driver_env.c */
#include "../../drivers/irqchip/gic.h"

#include "driver_env.h"

#include <errno.h>
#include <kernel/cpu.h>
#include <kernel/smp.h>
#include <string.h>

#define SGIR	 0xf00
#define DIST	 0x8000000UL
#define CPUIF	 0x8010000UL
#define SPURIOUS 1023

static struct {
	uint8_t dist[0x1000]; /* as written */
	uint32_t icfgr_fixed; /* bits of SPI trigger words that cannot change */
	uint32_t enabled[32];
	uint32_t pmr, cpu_ctlr;
	uint32_t pending[16];
	unsigned pending_n, pending_at;
	uint32_t eoi[16];
	unsigned eoi_n;
	bool stuck; /* the register under gic_wait_clear() never clears */
} m;

static unsigned ipis;

void smp_ipi_interrupt(void)
{
	ipis++;
}

static uint64_t dist_read(unsigned off, unsigned size)
{
	uint64_t v = 0;

	if (off == GICD_TYPER) {
		return 8; /* 288 lines */
	}
	if (off >= GICD_ITARGETSR && off < GICD_ITARGETSR + 32) {
		return 4; /* banked: the mask of the CPU that reads */
	}
	memcpy(&v, m.dist + off, size);
	return v;
}

static uint64_t model_read(uintptr_t a, unsigned size)
{
	if (m.stuck) {
		return ~0ULL;
	}
	if (a - DIST < 0x1000) {
		return dist_read((unsigned)(a - DIST), size);
	}
	if (a == CPUIF + 0xc) {
		return m.pending_at < m.pending_n ? m.pending[m.pending_at++] : SPURIOUS;
	}
	return a == CPUIF ? m.cpu_ctlr : 0;
}

static void dist_write(unsigned off, unsigned size, uint64_t v)
{
	uint32_t old;

	if (off >= GICD_ISENABLER && off < GICD_ISENABLER + 0x80) {
		m.enabled[(off - GICD_ISENABLER) / 4] |= (uint32_t)v;
	} else if (off >= GICD_ICENABLER && off < GICD_ICENABLER + 0x80) {
		m.enabled[(off - GICD_ICENABLER) / 4] &= ~(uint32_t)v;
	} else {
		if (off >= GICD_ICFGR + 8) {
			memcpy(&old, m.dist + off, 4);
			v = (v & ~m.icfgr_fixed) | (old & m.icfgr_fixed);
		}
		memcpy(m.dist + off, &v, size);
	}
}

static void model_write(uintptr_t a, unsigned size, uint64_t v)
{
	if (a - DIST < 0x1000) {
		dist_write((unsigned)(a - DIST), size, v);
	} else if (a == CPUIF) {
		m.cpu_ctlr = (uint32_t)v;
	} else if (a == CPUIF + 4) {
		m.pmr = (uint32_t)v;
	} else if (a == CPUIF + 0x10) {
		m.eoi[m.eoi_n++ % 16] = (uint32_t)v;
	}
}

static uint32_t dist_word(unsigned off)
{
	uint32_t v;

	memcpy(&v, m.dist + off, 4);
	return v;
}

static void test_specifiers(void)
{
	static const struct {
		uint32_t cells[3];
		unsigned n;
		int want;
	} t[] = {
		{ { 0, 0, 4 }, 3, 32 },
		{ { 0, 255, 4 }, 3, 287 },
		{ { 0, 256, 4 }, 3, -EINVAL },
		{ { 0, 0xffffffff, 4 }, 3, -EINVAL },
		{ { 0, 0xffffffe0, 4 }, 3, -EINVAL },
		{ { 1, 0, 4 }, 3, 16 },
		{ { 1, 11, 0x104 }, 3, 27 },
		{ { 1, 15, 4 }, 3, 31 },
		{ { 1, 16, 4 }, 3, -EINVAL },
		{ { 2, 0, 4 }, 3, -EINVAL },
		{ { 0, 1, 4 }, 2, -EINVAL },
		{ { 0, 1, 4 }, 0, -EINVAL },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(t); i++) {
		char what[80];

		snprintf(what, sizeof(what), "specifier <%u 0x%x 0x%x>, %u cells: %d",
			 t[i].cells[0], t[i].cells[1], t[i].cells[2], t[i].n, t[i].want);
		check(gic_line(t[i].cells, t[i].n, 288) == t[i].want, what);
	}
}

static void test_probe(void)
{
	struct dt_node n = { .compatible = "arm,cortex-a15-gic",
			     .reg = { { DIST, 0x800 }, { CPUIF, 0x1000 } } };

	memset(m.dist, 0xff, sizeof(m.dist));
	memset(m.enabled, 0xff, sizeof(m.enabled));
	check(env_probe(&n) == -EINVAL && env.root == NULL, "a window too small is refused");
	n.reg[0].size = 0x1000;
	n.reg[1].size = 0;
	check(env_probe(&n) == -EINVAL && env.root == NULL, "the CPU interface's as well");
	n.reg[1].size = 0x2000;
	m.cpu_ctlr = 0x60; /* bypass bits that a firmware set */
	check(env_probe(&n) == 0 && env.root == env.chip && env.chip_lines == 288,
	      "288 lines, and the root");
	check(dist_word(GICD_CTLR) == 1 && m.cpu_ctlr == 0x61 && m.pmr == GIC_PRIORITY_MASK,
	      "both halves are on, the bypass bits as they were");
	check(m.enabled[0] == 1 && m.enabled[8] == 0 && m.enabled[9] == ~0U,
	      "every line that exists is masked, but the inter-processor interrupt");
	check(env_probe(&n) == -EBUSY, "a second one is refused");
}

static int map(uint32_t type, uint32_t line, uint32_t flags)
{
	const uint32_t cells[] = { type, line, flags };

	return env.chip->ops->xlate(env.chip, cells, 3);
}

static void test_triggers(void)
{
	memset(m.dist + GICD_ICFGR, 0, 0x400);
	check(map(0, 5, 1) == 37 && dist_word(GICD_ICFGR + 8) == 1U << 11, "rising edge");
	check(map(0, 5, 4) == 37 && dist_word(GICD_ICFGR + 8) == 0, "high level");
	check(map(0, 5, 2) == -EINVAL && map(0, 5, 8) == -EINVAL,
	      "a shared line has no falling edge, no low level");
	check(map(1, 11, 8) == 27, "a private line's polarity is wired");
	m.icfgr_fixed = ~0U;
	check(map(0, 5, 1) == -EINVAL, "a shared line that stays level is refused as edge");
	check(map(0, 5, 4) == 37, "and accepted as level");
	m.icfgr_fixed = 0;
	check(m.dist[GICD_IPRIORITYR + 37] == GIC_PRIORITY && m.dist[GICD_ITARGETSR + 37] == 4,
	      "priority, and this CPU as the target");
}

static void pend(uint32_t a, uint32_t b)
{
	m.pending[0] = a;
	m.pending[1] = b;
	m.pending_n = 2;
	m.pending_at = 0;
	m.eoi_n = 0;
	env.delivered_n = 0;
	env.root->ops->handle(env.root);
}

static void test_handle(void)
{
	env.chip->ops->unmask(env.chip, 37);
	check(m.enabled[1] == 1U << 5, "unmask");
	env.chip->ops->mask(env.chip, 37);
	check(m.enabled[1] == 0, "mask");
	pend(37, 27);
	check(env.delivered_n == 2 && env.delivered[0] == 37 && env.delivered[1] == 27 &&
		      m.eoi_n == 2 && m.eoi[0] == 37 && m.eoi[1] == 27,
	      "all that is pending, each ended once");
	pend(0xc03, SPURIOUS);
	check(env.delivered_n == 0 && ipis == 1 && m.eoi[0] == 0xc03,
	      "an inter-processor interrupt is ended with its sender, and is no line");
	env.root->ops->ipi(env.root, &cpus[0]);
	check(dist_word(SGIR) == 4U << 16, "one goes to the target of that CPU");
	check(env.chip->ops->route(env.chip, 40, 0) == 0 && m.dist[GICD_ITARGETSR + 40] == 4 &&
		      env.chip->ops->route(env.chip, 27, 0) == -ENOTSUP,
	      "a shared line can be routed, a private one cannot");
	pend(1022, SPURIOUS);
	check(env.delivered_n == 0 && m.eoi_n == 0, "special numbers are not ended");
	pend(900, SPURIOUS);
	check(env.delivered_n == 0 && m.eoi_n == 1, "a line that does not exist is ended, no more");
}

int main(void)
{
	env_read = model_read;
	env_write = model_write;
	env_reset();
	test_specifiers();
	test_probe();
	test_triggers();
	test_handle();
	m.stuck = true;
	check(gic_wait_clear(DIST, 1) == -ETIMEDOUT,
	      "a register that never clears ends in an error");
	return check_done();
}
