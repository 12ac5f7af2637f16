/* SPDX-License-Identifier: MIT */
/* drivers/serial/imx_uart.c against a model: what the firmware set up stays, a UART that was off is set up, and one that is
 * stuck or chatters does not hang us.
 * sources: drivers/serial/uart.c drivers/clock/clock.c drivers/serial/imx_uart.c tests/unit/driver_env.c */
#include "driver_env.h"
#include "host.h"

#include <errno.h>
#include <string.h>

#define BASE 0x30890000UL

static struct {
	bool stuck, chatter;
	uint32_t ucr1, ucr2, ucr3, ucr4, ufcr, usr1, usr2, ubir, ubmr;
	unsigned line_writes;
	uint32_t rx[64]; /* with the bits of errors */
	unsigned rx_n, rx_at;
	char tx[64];
	unsigned tx_n, looks;
} m;

static uint64_t model_read(uintptr_t a, unsigned size)
{
	host_require(size == 4, "accesses of 32 bits");
	switch (a - BASE) {
	case 0x00:
		return m.chatter ? 0x8000 | 'x' : m.rx_at < m.rx_n ? 0x8000 | m.rx[m.rx_at++] : 0;
	case 0x80:
		return m.ucr1;
	case 0x84:
		return m.ucr2;
	case 0x90:
		return m.ufcr;
	case 0xb4:
		m.looks++;
		return m.stuck ? 0x10 : 0x40;
	default:
		host_require(false, "a register that is read");
		return 0;
	}
}

static void model_write(uintptr_t a, unsigned size, uint64_t v64)
{
	uint32_t v = (uint32_t)v64;

	host_require(size == 4, "accesses of 32 bits");
	switch (a - BASE) {
	case 0x40:
		host_require((m.ucr1 & 1) != 0 && (m.ucr2 & 5) == 5, "it sends");
		m.tx[m.tx_n++ % sizeof(m.tx)] = (char)v;
		break;
	case 0x80:
		m.ucr1 = v;
		break;
	case 0x84:
		host_require((v & 1) != 0, "no reset of what is set up");
		m.ucr2 = v;
		break;
	case 0x88:
		m.ucr3 = v;
		m.line_writes++;
		break;
	case 0x8c:
		m.ucr4 = v;
		break;
	case 0x90:
		m.ufcr = v;
		break;
	case 0x94:
		m.usr1 &= ~v;
		break;
	case 0x98:
		m.usr2 &= ~v;
		break;
	case 0xa4:
		m.ubir = v;
		m.line_writes++;
		break;
	case 0xa8:
		host_require(m.ubir != 0, "UBIR comes first");
		m.ubmr = v;
		m.line_writes++;
		break;
	default:
		host_require(false, "a register that is written");
	}
}

static struct dt_node clock = {
	.compatible = "fixed-clock",
	.props = { { "clock-frequency", NULL, 1, { 24000000 }, NULL } },
};

static struct dt_node node(void)
{
	return (struct dt_node){ .compatible = "fsl,imx6q-uart",
				 .props = { { "clocks", NULL, 1, { 1 }, &clock } },
				 .reg = { { BASE, 0x10000 } },
				 .irq = 27 };
}

static void fresh(uint32_t ucr1, uint32_t ucr2)
{
	env_reset();
	memset(&m, 0, sizeof(m));
	m.ucr1 = ucr1;
	m.ucr2 = ucr2;
	m.ufcr = 0x801;
}

static void test_setup(void)
{
	static const uint32_t rates[] = { 4000000, 24000000, 80000000, 400000000 };
	struct dt_node n = node();

	fresh(0, 1);
	check(env_probe(&n) == 0 && m.ucr1 == 1 && m.ucr2 == 0x4027 && (m.ucr3 & 4) != 0,
	      "off: 8N1 without flow control, on");
	check((m.ufcr >> 7 & 7) == 5 && m.ufcr >> 10 == 2, "its clock is not divided");
	for (unsigned i = 0; i < ARRAY_SIZE(rates); i++) {
		double rate;

		clock.props[0].cells[0] = rates[i];
		fresh(0, 1);
		env_probe(&n);
		rate = (double)rates[i] / 16 * (m.ubir + 1) / (m.ubmr + 1.0);
		check(rate > 115200 * 0.98 && rate < 115200 * 1.02, "a rate of 115200 within 2 %");
	}
	clock.props[0].cells[0] = 1000;
	fresh(0, 1);
	check(env_probe(&n) == 0 && m.ubmr == 0 && m.ucr1 == 1, "a clock too slow: no rate");
	clock.props[0].cells[0] = 24000000;
	fresh(0x2305, 0x400f);
	m.ucr4 = 3;
	check(env_probe(&n) == 0 && m.line_writes == 0 && m.ucr1 == 1 && m.ucr2 == 0x4007 &&
		      m.ucr4 == 0,
	      "on: line and rate stay, interrupts and DMA are off");
	n.reg[0].size = 0xb4;
	check(env_probe(&n) == -EINVAL, "a window too small is refused");
}

static void test_transfer(void)
{
	struct dt_node n = node();
	unsigned looks;

	fresh(0, 1);
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

	check(env.console->rx_on(env.console) == 0 && env.handler_irq == 27 &&
		      (m.ucr1 & 0x200) != 0 && (m.ucr2 & 8) != 0 && (m.ufcr & 0x3f) == 1,
	      "an interrupt by the first byte, and by what is left");
	m.rx[0] = 'a';
	m.rx[1] = 'b' | 0x2000;
	m.rx_n = 2;
	m.usr1 = 0x100;
	m.usr2 = 2;
	env.handler(env.handler_arg);
	check(env.input_n == 2 && memcmp(env.input, "ab", 2) == 0 && m.usr1 == 0 && m.usr2 == 0,
	      "received");
	env.handler(env.handler_arg);
	check(env.input_n == 2, "an interrupt for nothing");
	m.chatter = true;
	env.handler(env.handler_arg);
	check(env.input_n > 2 && env.input_n < 1000, "a UART that never runs dry does not hang us");

	n.irq = -ENOENT;
	fresh(0, 1);
	env_probe(&n);
	check(env.console->rx_on(env.console) == -ENOENT && (m.ucr1 & 0x200) == 0,
	      "no interrupt: no input");
}

int main(void)
{
	env_read = model_read;
	env_write = model_write;
	test_setup();
	test_transfer();
	return check_done();
}
