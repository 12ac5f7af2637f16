/* SPDX-License-Identifier: MIT */
/* drivers/watchdog: four watchdogs against models that count and bite.
 * variants: sp805 sbsa bcm imx imxpin
 * sources: drivers/watchdog/watchdog.c drivers/watchdog/sp805.c drivers/watchdog/sbsa.c drivers/watchdog/bcm2835.c
	drivers/watchdog/imx2.c drivers/clock/clock.c tests/unit/driver_env.c */
#include "driver_env.h"
#include "host.h"

#include <drivers/watchdog.h>
#include <errno.h>
#include <kernel/params.h>
#include <kernel/time.h>
#include <kernel/timer.h>
#include <string.h>

#define BASE 0x1c0f0000UL
#define HZ   62500000UL

#if defined(UNIT_IMXPIN)
#define EXTRA "fsl,ext-reset-output"
#else
#define EXTRA "system-power-controller"
#endif

static struct {
	enum { SP805, SBSA, BCM, IMX } kind;
	uint32_t load, control, wor, wcs, rstc, rsts, wsr, wmcr;
	bool locked;
	unsigned fed;
	uint64_t seconds, now;
	struct timer *timer;
} m;

/* --- the kernel's ------------------------------------------------------------------- */

uint64_t param_number(const char *name, uint64_t def)
{
	return strcmp(name, "watchdog.hw") == 0 ? m.seconds : def;
}

uint64_t time_after(uint64_t ns)
{
	return m.now + ns;
}

uint64_t time_to_counter(uint64_t ns)
{
	return 12345 + ns / 16;
}

void timer_init(struct timer *t, void (*fn)(struct timer *t))
{
	*t = (struct timer){ .fn = fn };
}

void timer_start(struct timer *t, uint64_t deadline)
{
	t->deadline = deadline;
	m.timer = t;
}

/* --- models ---------------------------------------------------------------------------- */

static uint64_t model_read(uintptr_t a, unsigned size)
{
	host_require(size == (m.kind == IMX ? 2 : 4), "accesses of its width");
	return a - BASE == 0x1c ? m.rstc : a - BASE == 0x20 ? m.rsts : 0;
}

static void sp805_write(uintptr_t at, uint32_t v)
{
	if (at == 0xc00) {
		m.locked = v != 0x1acce551;
		return;
	}
	host_require(!m.locked, "unlocked");
	switch (at) {
	case 0x000:
		m.load = v;
		break;
	case 0x008:
		m.control = v;
		break;
	case 0x00c:
		m.fed++;
		break;
	default:
		host_require(false, "a register");
	}
}

/* 0x5555, then 0xaaaa; what starts it stays as it is. */
static void imx_write(uintptr_t at, uint32_t v)
{
	switch (at) {
	case 0x0:
		host_require((m.control & 4) == 0 || (v & 4) != 0, "once on, it is on");
		m.control = v;
		break;
	case 0x2:
		m.fed += m.wsr == 0x5555 && v == 0xaaaa;
		m.wsr = v;
		break;
	default:
		host_require(at == 0x8, "a register");
		m.wmcr = v;
	}
}

static void model_write(uintptr_t a, unsigned size, uint64_t v64)
{
	uint32_t v = (uint32_t)v64;

	host_require(size == (m.kind == IMX ? 2 : 4), "accesses of its width");
	switch (m.kind) {
	case IMX:
		imx_write(a - BASE, v);
		break;
	case SP805:
		sp805_write(a - BASE, v);
		break;
	case SBSA:
		if (a == BASE + 0x10000) {
			m.fed++;
		} else if (a == BASE) {
			m.wcs = v;
		} else {
			host_require(a == BASE + 8 && (m.wcs & 1) == 0, "WOR, while it is off");
			m.wor = v;
		}
		break;
	case BCM:
		host_require(v >> 24 == 0x5a, "the password");
		if (a == BASE + 0x24) {
			m.load = v & 0xffffff;
			m.fed++;
		} else if (a == BASE + 0x20) {
			m.rsts = v & 0xffffff;
		} else {
			host_require(a == BASE + 0x1c, "a register");
			m.rstc = v & 0xffffff;
		}
	}
}

static struct dt_node clock_node = {
	.props = { { .name = "clock-frequency", .n = 1, .cells = { 32768 } } }
};

static void fresh(uint64_t seconds)
{
	env_reset();
	memset(&m, 0, sizeof(m));
	m.locked = true;
	m.rstc = 0x102;
	m.wmcr = 1;
	m.seconds = seconds;
}

/* The class keeps the first: each case is a program of its own but for the refusals before it. */
static void test_refused(void)
{
	struct dt_node n = { .compatible = "arm,sp805", .reg = { { BASE, 0x1000 } } };

	fresh(10);
	check(env_probe(&n) == -EINVAL, "no clock");
	n.props[0] = (struct env_prop){ .name = "clocks", .ref = &clock_node };
	n.reg[0].size = 0x800;
	check(env_probe(&n) == -EINVAL, "a window too small");
	n.compatible = "arm,sbsa-gwdt";
	n.reg[0].size = 0x1000;
	m.kind = SBSA;
	check(env_probe(&n) == -EINVAL, "no refresh frame");
	n.compatible = "brcm,bcm2835-pm-wdt";
	n.reg[0].size = 0x20;
	m.kind = BCM;
	check(env_probe(&n) == -EINVAL && env.power == NULL, "a window too small");
	n.compatible = "fsl,imx21-wdt";
	n.reg[0].size = 8;
	check(env_probe(&n) == -EINVAL && env.power == NULL, "a window too small");
	n.compatible = "arm,sp805";
	n.reg[0].size = 0x1000;
	fresh(0);
	check(env_probe(&n) == 0 && m.control == 0 && m.timer == NULL, "nobody asks for it: off");
}

static void test_ops(const char *compatible, int kind)
{
	struct dt_node n = { .compatible = compatible,
			     .reg = { { BASE, 0x1000 }, { BASE + 0x10000, 0x1000 } } };

	n.props[0] = (struct env_prop){ .name = "clocks", .ref = &clock_node };
	n.props[1] = (struct env_prop){ .name = EXTRA };
	fresh(20);
	m.kind = kind;
	check(env_probe(&n) == 0, compatible);
}

int main(void)
{
	struct timer *t;

	env_read = model_read;
	env_write = model_write;
	test_refused();
#if defined(UNIT_SP805)
	test_ops("arm,sp805", SP805);
	check(m.load == 10 * 32768 && m.control == 3, "half the time, twice, then a reset");
#elif defined(UNIT_SBSA)
	test_ops("arm,sbsa-gwdt", SBSA);
	check(m.wor == 10 * HZ && m.wcs == 1, "half the time, twice, then a reset");
#elif defined(UNIT_IMX) || defined(UNIT_IMXPIN)
	test_ops("fsl,imx21-wdt", IMX);
	check(m.control >> 8 == 39 && (m.control & 4) != 0 && m.fed == 1, "20 s in halves, on");
	check(m.wmcr == 0, "and no power down by itself");
	check(env.power != NULL && env.power->off == NULL, "no way off");
	env.power->reset();
#if defined(UNIT_IMX)
	check((m.control & 0x3c) == 0x24, "a reset of the chip at once, not by the pin");
#else
	check((m.control & 0x3c) == 0x14, "a reset by the pin at once, not of the chip");
#endif
#else
	test_ops("brcm,bcm2835-pm-wdt", BCM);
	check(m.load >= 0xffff0 && m.load <= 0xfffff && m.rstc == 0x122,
	      "as long as it can, then a full reset");
	check(env.power != NULL && env.power->reset != NULL, "which is the machine's, too");
	env.power->reset();
	check(m.load == 10 && m.rsts == 0, "at once");
	check(env.power->off != NULL, "and, as the tree says, its way off");
	m.rsts = 0x1000;
	env.power->off(0);
	check(m.load == 10 && m.rsts == 0x1555, "a reset that starts nothing");
#endif
	t = m.timer;
	check(t != NULL && t->deadline >= 3 * NS_PER_SEC && t->deadline <= 5 * NS_PER_SEC,
	      "a meal long before");
	m.fed = 0;
	m.now = t->deadline;
	t->fn(t);
	check(m.fed == 1 && m.timer->deadline > m.now, "and the next");
	m.load = m.wor = 0;
	test_ops("arm,sbsa-gwdt", SBSA);
	check(m.wor == 0 && m.timer == NULL, "a second watchdog stays off");
	return check_done();
}
