/* SPDX-License-Identifier: MIT */
/* drivers/gpio and drivers/power/gpio.c: the controllers of SiFive's and Broadcom's chips against models of their registers, and
 * what lines of theirs switch.
 * variants: default high low
 * sources: drivers/gpio/gpio.c drivers/gpio/sifive.c drivers/gpio/bcm2835.c drivers/power/gpio.c tests/unit/driver_env.c */
#include "driver_env.h"
#include "host.h"

#include <drivers/gpio.h>
#include <drivers/power.h>
#include <errno.h>
#include <kernel/time.h>
#include <string.h>

#define SIFIVE	0x10060000UL
#define BCM	0x3f200000UL
#define CHANGES 8U

/* Of gpio-restart. */
#if defined(UNIT_HIGH)
#define PRIORITY 255U
#elif defined(UNIT_LOW)
#define PRIORITY 0U
#else
#define PRIORITY 129U
#endif

static struct {
	uint64_t now;
	/* both: levels of what is outside, and of lines that are outputs */
	uint64_t outside;
	/* SiFive's */
	uint32_t regs[0x44 / 4];
	/* Broadcom's */
	uint32_t fsel[6];
	uint64_t set, events, rise, fall, other;
	/* a line whose changes are noted: when, and to what */
	unsigned noted, n;
	struct {
		uint64_t ns;
		bool output, high;
	} change[CHANGES];
} m;

uint64_t time_now(void)
{
	return m.now += NS_PER_MS;
}

uint64_t time_after(uint64_t ns)
{
	return m.now + ns;
}

/* --- models ---------------------------------------------------------------------------------- */

static uint32_t *sifive_reg(unsigned at)
{
	host_require(at < 0x44, "a register");
	return &m.regs[at / 4];
}

static bool sifive_drives(unsigned line)
{
	return (*sifive_reg(0x08) >> line & 1) != 0 && (*sifive_reg(0x38) >> line & 1) == 0;
}

static void note(bool output, bool high)
{
	bool same = m.n > 0 && m.change[m.n - 1].output == output &&
		    (!output || m.change[m.n - 1].high == high);

	if (!same && m.n < CHANGES) {
		m.change[m.n].ns = m.now;
		m.change[m.n].output = output;
		m.change[m.n++].high = high;
	}
}

static uint64_t sifive_read(unsigned at)
{
	uint32_t out = *sifive_reg(0x0c) ^ *sifive_reg(0x40);
	uint32_t drives = *sifive_reg(0x08) & ~*sifive_reg(0x38);

	if (at == 0x00) {
		return ((out & drives) | ((uint32_t)m.outside & ~drives)) & *sifive_reg(0x04);
	}
	return *sifive_reg(at);
}

static void sifive_write(unsigned at, uint32_t v)
{
	unsigned i = m.noted;

	host_require(at != 0, "no level of an input");
	if (at == 0x1c || at == 0x24) {
		*sifive_reg(at) &= ~v;
		return;
	}
	*sifive_reg(at) = v;
	note(sifive_drives(i), ((*sifive_reg(0x0c) ^ *sifive_reg(0x40)) >> i & 1) != 0);
}

static void sifive_edge(unsigned line, bool high)
{
	m.outside = (m.outside & ~(1ULL << line)) | (uint64_t)high << line;
	*sifive_reg(high ? 0x1c : 0x24) |= 1U << line;
	if ((*sifive_reg(high ? 0x18 : 0x20) >> line & 1) != 0) {
		env.handler(env.handler_arg);
		host_require((*sifive_reg(high ? 0x1c : 0x24) >> line & 1) == 0, "acknowledged");
	}
}

/* Pairs begin at words of any number. */
static unsigned second(unsigned at)
{
	static const unsigned pairs[] = {
		0x1c, 0x28, 0x34, 0x40, 0x4c, 0x58, 0x64, 0x70, 0x7c, 0x88
	};

	for (unsigned i = 0; i < ARRAY_SIZE(pairs); i++) {
		if (at == pairs[i] || at == pairs[i] + 4) {
			return at - pairs[i];
		}
	}
	host_require(false, "a register");
	return 0;
}

static uint64_t *bcm_bits(unsigned at)
{
	switch (at - second(at)) {
	case 0x40:
		return &m.events;
	case 0x4c:
		return &m.rise;
	case 0x58:
		return &m.fall;
	default:
		return &m.other;
	}
}

static uint64_t bcm_level(void)
{
	uint64_t level = m.outside;

	for (unsigned i = 0; i < 54; i++) {
		if ((m.fsel[i / 10] >> i % 10 * 3 & 7) == 1) {
			level = (level & ~(1ULL << i)) | (m.set & 1ULL << i);
		}
	}
	return level;
}

static uint64_t bcm_read(unsigned at)
{
	unsigned shift;

	if (at < 0x18) {
		return m.fsel[at / 4];
	}
	shift = second(at) * 8;
	return (uint32_t)((at - second(at) == 0x34 ? bcm_level() : *bcm_bits(at)) >> shift);
}

static void bcm_write(unsigned at, uint32_t v)
{
	unsigned shift;
	uint64_t *bits;

	if (at < 0x18) {
		m.fsel[at / 4] = v;
		return;
	}
	shift = second(at) * 8;
	switch (at - second(at)) {
	case 0x1c:
		m.set |= (uint64_t)v << shift;
		break;
	case 0x28:
		m.set &= ~((uint64_t)v << shift);
		break;
	case 0x40:
		m.events &= ~((uint64_t)v << shift);
		break;
	default:
		bits = bcm_bits(at);
		*bits = (*bits & ~(0xffffffffULL << shift)) | (uint64_t)v << shift;
	}
}

static void bcm_edge(unsigned line, bool high)
{
	m.outside = (m.outside & ~(1ULL << line)) | (uint64_t)high << line;
	if (((high ? m.rise : m.fall) >> line & 1) != 0) {
		m.events |= 1ULL << line;
		env.handler(env.handler_arg);
		host_require(m.events == 0, "acknowledged");
	}
}

static uint64_t model_read(uintptr_t a, unsigned size)
{
	host_require(size == 4, "accesses of 32 bits");
	return a >= BCM ? bcm_read((unsigned)(a - BCM)) : sifive_read((unsigned)(a - SIFIVE));
}

static void model_write(uintptr_t a, unsigned size, uint64_t v)
{
	host_require(size == 4, "accesses of 32 bits");
	if (a >= BCM) {
		bcm_write((unsigned)(a - BCM), (uint32_t)v);
	} else {
		sifive_write((unsigned)(a - SIFIVE), (uint32_t)v);
	}
}

/* --- controllers --------------------------------------------------------------------------------- */

static unsigned changes;

static void count(void *arg)
{
	(void)arg;
	changes++;
}

static struct dt_node chip(const char *compatible, uintptr_t base)
{
	return (struct dt_node){ .compatible = compatible,
				 .reg = { { base, 0x1000 } },
				 .irq = 7,
				 .props = { { .name = "#gpio-cells", .n = 1, .cells = { 2 } } } };
}

static struct dt_node user(const char *compatible, const struct dt_node *c, uint32_t at,
			   uint32_t flags)
{
	return (struct dt_node){
		.compatible = compatible,
		.props = { { .name = "gpios", .n = 3, .cells = { 1, at, flags }, .ref = c } }
	};
}

static void fresh(void)
{
	env_reset();
	memset(&m, 0, sizeof(m));
	changes = 0;
}

static struct gpio line_of(const struct dt_node *c, uint32_t at)
{
	struct dt_node n = user(NULL, c, at, 0);
	struct gpio g = { 0 };

	host_require(gpio_find(&n, "gpios", &g) == 0, "a line of the chip");
	return g;
}

static void test_sifive(void)
{
	static struct dt_node n, none;
	static struct gpio g, other;
	struct dt_node u;

	fresh();
	n = chip("sifive,gpio0", SIFIVE);
	*sifive_reg(0x18) = *sifive_reg(0x20) = *sifive_reg(0x28) = *sifive_reg(0x30) = ~0U;
	check(env_probe(&n) == 0 && (*sifive_reg(0x18) | *sifive_reg(0x20) | *sifive_reg(0x28) |
				     *sifive_reg(0x30)) == 0,
	      "SiFive's, with all interrupts off");
	g = line_of(&n, 5);
	m.outside = 1U << 5;
	check(gpio_active(&g) && *sifive_reg(0x08) == 0, "an input that is read");
	*sifive_reg(0x38) = *sifive_reg(0x40) = 1U << 5;
	m.noted = 5;
	gpio_drive(&g, true);
	check(gpio_active(&g) && *sifive_reg(0x38) == 0 && m.n == 2 && m.change[1].output &&
		      m.change[1].high,
	      "driven high at once, whosever it was");
	gpio_drive(&g, false);
	check(!gpio_active(&g) && *sifive_reg(0x08) == 1U << 5, "and low");
	check(gpio_watch(&g, count, NULL) == 0 && env.handler_irq == 7, "watched");
	check(*sifive_reg(0x08) == 0 && *sifive_reg(0x18) == 1U << 5 &&
		      *sifive_reg(0x20) == 1U << 5,
	      "as an input, both edges");
	sifive_edge(5, true);
	sifive_edge(5, false);
	sifive_edge(6, true);
	check(changes == 2, "each change is told, once");
	other = g;
	check(gpio_watch(&other, count, NULL) == -EBUSY, "twice on one line");

	none = n;
	none.irq = -ENOENT;
	none.props[1] = (struct env_prop){ .name = "ngpios", .n = 1, .cells = { 32 } };
	check(env_probe(&none) == 0, "one of 32 lines, without interrupts");
	g = line_of(&none, 31);
	check(gpio_watch(&g, count, NULL) == -ENOENT && gpio_watch(&g, count, NULL) == -ENOENT,
	      "that cannot be watched, and is free again");
	u = user(NULL, &n, 16, 0);
	check(gpio_find(&u, "gpios", &g) == -EINVAL, "a line that it has not");
	none.props[1].cells[0] = 33;
	check(env_probe(&none) == -EINVAL, "more lines than bits");
	none.reg[0].size = 0x40;
	none.props[1].cells[0] = 8;
	check(env_probe(&none) == -EINVAL, "a window too small");
}

static void test_bcm2835(void)
{
	static const unsigned lines[] = { 0, 9, 10, 27, 28, 31, 32, 45, 46, 53 };
	static struct gpio g[ARRAY_SIZE(lines)];
	static struct dt_node n;
	bool good = true;
	struct dt_node u;

	fresh();
	n = chip("brcm,bcm2835-gpio", BCM);
	m.rise = m.fall = m.other = ~0ULL;
	for (unsigned i = 0; i < 6; i++) {
		m.fsel[i] = 0x24924924; /* of other devices, all */
	}
	check(env_probe(&n) == 0 && (m.rise | m.fall | m.other) == 0,
	      "Broadcom's, with all events off");
	for (unsigned i = 0; i < ARRAY_SIZE(lines); i++) {
		uint32_t before[6];

		memcpy(before, m.fsel, sizeof(before));
		g[i] = line_of(&n, lines[i]);
		m.outside = 1ULL << lines[i];
		good = gpio_active(&g[i]) && good;
		gpio_drive(&g[i], false);
		good = !gpio_active(&g[i]) && good;
		gpio_drive(&g[i], true);
		m.outside = 0;
		good = gpio_active(&g[i]) && (m.set & 1ULL << lines[i]) != 0 && good;
		before[lines[i] / 10] &= ~(7U << lines[i] % 10 * 3);
		before[lines[i] / 10] |= 1U << lines[i] % 10 * 3;
		good = memcmp(before, m.fsel, sizeof(before)) == 0 && good;
	}
	check(good, "lines read and driven, no other's function touched");
	for (unsigned i = 0; i < ARRAY_SIZE(lines); i++) {
		good = gpio_watch(&g[i], count, NULL) == 0 &&
		       (m.fsel[lines[i] / 10] >> lines[i] % 10 * 3 & 7) == 0 && good;
		changes = 0;
		bcm_edge(lines[i], true);
		bcm_edge(lines[i], false);
		bcm_edge(lines[i] == 1 ? 2 : 1, true);
		good = changes == 2 && good;
	}
	check(good, "watched: each change is told, once");
	u = user(NULL, &n, 54, 0);
	check(gpio_find(&u, "gpios", &g[0]) == -EINVAL, "a line that it has not");
	n.reg[0].size = 0xa0;
	check(env_probe(&n) == -EINVAL, "a window too small");
}

/* --- power -------------------------------------------------------------------------------------------- */

static bool at(unsigned i, uint64_t ms, bool high)
{
	return m.change[i].output && m.change[i].high == high && m.change[i].ns / NS_PER_MS == ms;
}

static void test_power(void)
{
	static struct dt_node c, n;

	fresh();
	c = chip("sifive,gpio0", SIFIVE);
	n = user("gpio-restart", &c, 10, 1);
	check(env_probe(&n) == -ENODEV && env.power == NULL, "a controller that nobody drives");
	env_probe(&c);
	m.noted = 10;
	n.props[0].cells[1] = 16;
	check(env_probe(&n) == -EINVAL, "a line that it has not");
	n.props[0].cells[1] = 10;
	check(env_probe(&n) == 0 && m.n == 2 && at(1, 0, true), "inactive from the beginning");
	check(env.power->rank == POWER_RANK_REGISTER && env.power->off == NULL,
	      "a reset, tried behind the firmware's");
	check(env_probe(&n) == -EBUSY, "a second one is refused");
	m.n = 0;
	m.now = 0;
	env.power->reset();
	check(m.n >= 3 && at(0, 0, false) && at(1, 100, true) && at(2, 200, false),
	      "a level, an edge, and the other edge");
	check(m.now / NS_PER_MS >= 3200, "and time to die");

	n = user("gpio-poweroff", &c, 3, 0);
	n.props[1] = (struct env_prop){ .name = "input" };
	n.props[2] = (struct env_prop){ .name = "active-delay-ms", .n = 1, .cells = { 7 } };
	n.props[3] = (struct env_prop){ .name = "timeout-ms", .n = 1, .cells = { 50 } };
	m.noted = 3;
	m.n = 0;
	check(env_probe(&n) == 0 && (*sifive_reg(0x08) & 8) == 0, "off: not touched before");
	check(env.power->rank == POWER_RANK_REGISTER && env.power->reset == NULL,
	      "tried behind the firmware's");
	m.n = 0;
	m.now = 0;
	env.power->off(0);
	check(at(m.n - 3, 0, true) && at(m.n - 2, 7, false) && at(m.n - 1, 107, true),
	      "as long as it says");
	check(m.now / NS_PER_MS >= 157 && m.now / NS_PER_MS < 170, "and no longer");
}

/* The driver keeps the first: each priority is a program of its own. */
static void test_priority(void)
{
	static struct dt_node c, n;

	fresh();
	c = chip("sifive,fu540-c000-gpio", SIFIVE);
	env_probe(&c);
	n = user("gpio-restart", &c, 1, 0);
	n.props[1] = (struct env_prop){ .name = "priority", .n = 1, .cells = { PRIORITY } };
	n.props[2] = (struct env_prop){ .name = "open-source" };
	check(env_probe(&n) == 0 && *sifive_reg(0x08) == 0, "an open source is not driven");
	check(PRIORITY > 129 ? env.power->rank > POWER_RANK_FIRMWARE
			     : env.power->rank < POWER_RANK_REGISTER,
	      "tried before the firmware, or at last");
}

int main(void)
{
	env_read = model_read;
	env_write = model_write;
	if (PRIORITY == 129) {
		test_sifive();
		test_bcm2835();
		test_power();
	} else {
		test_priority();
	}
	return check_done();
}
