/* SPDX-License-Identifier: MIT */
/* drivers/serial/cadence_uart.c against a model: what the firmware set up stays, a UART that was off is set up, and one
 * that is stuck or chatters does not hang us.
 * sources: drivers/serial/uart.c drivers/clock/clock.c drivers/serial/cadence_uart.c tests/unit/driver_env.c */
#include "driver_env.h"
#include "host.h"

#include <errno.h>
#include <string.h>

#define BASE 0xff000000UL

static struct {
	bool stuck, chatter;
	uint32_t cr, mr, ier, sts, gen, div;
	unsigned line_writes;
	uint8_t rx[64];
	unsigned rx_n, rx_at;
	char tx[64];
	unsigned tx_n, looks;
} m;

static uint64_t model_read(uintptr_t a, unsigned size)
{
	host_require(size == 4, "accesses of 32 bits");
	switch (a - BASE) {
	case 0x00:
		return m.cr;
	case 0x14:
		return m.sts;
	case 0x2c:
		m.looks++;
		return (m.stuck ? 0x10U : 0) | (m.chatter || m.rx_at < m.rx_n ? 0 : 2U);
	case 0x30:
		return m.chatter ? 'x' : m.rx[m.rx_at++];
	default:
		return 0;
	}
}

static void model_write(uintptr_t a, unsigned size, uint64_t v)
{
	uintptr_t reg = a - BASE;

	host_require(size == 4, "accesses of 32 bits");
	m.line_writes += reg == 0x04 || reg == 0x18 || reg == 0x34;
	if (reg == 0x00) {
		m.cr = (uint32_t)v & ~3U;
	} else if (reg == 0x04) {
		m.mr = (uint32_t)v;
	} else if (reg == 0x08) {
		m.ier |= (uint32_t)v;
	} else if (reg == 0x0c) {
		m.ier &= ~(uint32_t)v;
	} else if (reg == 0x14) {
		m.sts &= ~(uint32_t)v;
	} else if (reg == 0x18) {
		m.gen = (uint32_t)v;
	} else if (reg == 0x34) {
		m.div = (uint32_t)v;
	} else if (reg == 0x30) {
		m.tx[m.tx_n++ % sizeof(m.tx)] = (char)v;
	}
}

static struct dt_node clock = {
	.compatible = "fixed-clock",
	.props = { { "clock-frequency", NULL, 1, { 100000000 }, NULL } },
};

static struct dt_node node(void)
{
	return (struct dt_node){ .compatible = "cdns,uart-r1p12",
				 .props = { { "clocks", NULL, 1, { 1 }, &clock } },
				 .reg = { { BASE, 0x1000 } },
				 .irq = 21 };
}

static void fresh(uint32_t control)
{
	env_reset();
	memset(&m, 0, sizeof(m));
	m.cr = control;
}

static void test_setup(void)
{
	static const uint32_t rates[] = { 1000000, 50000000, 100000000, 199999999 };
	struct dt_node n = node();

	fresh(0x128);
	check(env_probe(&n) == 0 && m.mr == 0x20 && m.cr == 0x14, "off: 8N1, on");
	for (unsigned i = 0; i < ARRAY_SIZE(rates); i++) {
		double rate;

		clock.props[0].cells[0] = rates[i];
		fresh(0x128);
		env_probe(&n);
		rate = (double)rates[i] / (m.gen * (m.div + 1.0));
		check(m.div >= 4 && m.div <= 255 && rate > 115200 * 0.96 && rate < 115200 * 1.04,
		      "a rate of 115200 within 4 %");
	}
	clock.props[0].cells[0] = 1000;
	fresh(0x128);
	check(env_probe(&n) == 0 && m.gen == 0 && m.cr == 0x14, "a clock too slow: no rate");
	clock.props[0].cells[0] = 100000000;
	fresh(0x14);
	m.ier = 0x3fff;
	m.sts = 0x1;
	check(env_probe(&n) == 0 && m.line_writes == 0 && m.cr == 0x14 && m.ier == 0 && m.sts == 0,
	      "on: the rate stays, interrupts are off");
	n.reg[0].size = 0x30;
	check(env_probe(&n) == -EINVAL, "a window too small is refused");
}

static void test_transfer(void)
{
	struct dt_node n = node();
	unsigned looks;

	fresh(0x128);
	env_probe(&n);
	env.console->write(env.console, "hello", 5);
	check(m.tx_n == 5 && memcmp(m.tx, "hello", 5) == 0, "sent");
	m.stuck = true;
	env.console->write(env.console, "lost", 4);
	looks = m.looks;
	env.console->write(env.console, "lost", 4);
	check(m.tx_n == 5 && m.looks - looks == 1, "stuck: dropped, and waited for once");
	m.stuck = false;
	env.console->write(env.console, "back", 4);
	check(m.tx_n == 9, "until it moves again");

	check(env.console->rx_on(env.console) == 0 && m.ier == 0x121 && env.handler_irq == 21,
	      "receive and time-out interrupts");
	memcpy(m.rx, "ab", 2);
	m.rx_n = 2;
	m.sts = 0x21;
	env.handler(env.handler_arg);
	check(env.input_n == 2 && memcmp(env.input, "ab", 2) == 0 && m.sts == 0, "received");
	env.handler(env.handler_arg);
	check(env.input_n == 2, "an interrupt for nothing");
	m.chatter = true;
	env.handler(env.handler_arg);
	check(env.input_n > 2 && env.input_n < 1000, "a UART that never runs dry does not hang us");

	n.irq = -ENOENT;
	fresh(0x128);
	env_probe(&n);
	check(env.console->rx_on(env.console) == -ENOENT && m.ier == 0, "no interrupt: no input");
}

int main(void)
{
	env_read = model_read;
	env_write = model_write;
	test_setup();
	test_transfer();
	return check_done();
}
