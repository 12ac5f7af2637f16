/* SPDX-License-Identifier: MIT */
/* drivers/serial/sifive_uart.c against a model: the rate stays, a stuck or chattering UART does not hang us.
 * sources: drivers/serial/uart.c drivers/serial/sifive_uart.c tests/unit/driver_env.c */
#include "driver_env.h"
#include "host.h"

#include <errno.h>
#include <string.h>

#define BASE 0x10010000UL

static struct {
	bool stuck, chatter;
	uint32_t regs[8];
	unsigned div_writes;
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
		m.looks++;
		return m.stuck ? 0x80000000U : 0;
	case 0x04:
		return m.chatter ? 'x' : m.rx_at < m.rx_n ? m.rx[m.rx_at++] : 0x80000000U;
	default:
		return m.regs[(a - BASE) / 4 % 8];
	}
}

static void model_write(uintptr_t a, unsigned size, uint64_t v)
{
	host_require(size == 4 && a - BASE < 0x1c, "accesses of 32 bits, in the window");
	if (a == BASE) {
		m.tx[m.tx_n++ % sizeof(m.tx)] = (char)v;
	}
	m.div_writes += a - BASE == 0x18;
	m.regs[(a - BASE) / 4] = (uint32_t)v;
}

static struct dt_node node(void)
{
	return (struct dt_node){ .compatible = "sifive,uart0",
				 .reg = { { BASE, 0x1000 } },
				 .irq = 4 };
}

static void fresh(void)
{
	env_reset();
	memset(&m, 0, sizeof(m));
}

static void test_setup(void)
{
	struct dt_node n = node();

	fresh();
	m.regs[0x10 / 4] = 3;
	m.regs[0x08 / 4] = 0x10002;
	check(env_probe(&n) == 0 && m.div_writes == 0 && m.regs[0x10 / 4] == 0, "the rate stays");
	check(m.regs[0x08 / 4] == 0x10003, "sending is on, the rest of the line as it was");
	n.reg[0].size = 0x10;
	fresh();
	check(env_probe(&n) == -EINVAL && env.console == NULL, "a window too small is refused");
}

static void test_transfer(void)
{
	struct dt_node n = node();
	unsigned looks;

	fresh();
	env_probe(&n);
	env.console->write(env.console, "hello\xff", 6);
	check(m.tx_n == 6 && memcmp(m.tx, "hello\xff", 6) == 0, "sent");
	m.stuck = true;
	env.console->write(env.console, "lost", 4);
	looks = m.looks;
	env.console->write(env.console, "lost", 4);
	check(m.tx_n == 6 && m.looks - looks == 1, "stuck: dropped, and waited for once");
	m.stuck = false;
	env.console->write(env.console, "back", 4);
	check(m.tx_n == 10, "until it moves again");

	m.regs[0x0c / 4] = 0x70000;
	check(env.console->rx_on(env.console) == 0 && m.regs[0x10 / 4] == 2 &&
		      m.regs[0x0c / 4] == 1 && env.handler_irq == 4,
	      "an interrupt for each byte");
	memcpy(m.rx, "a\0", 2);
	m.rx_n = 2;
	env.handler(env.handler_arg);
	check(env.input_n == 2 && memcmp(env.input, "a\0", 2) == 0, "received");
	env.handler(env.handler_arg);
	check(env.input_n == 2, "an interrupt for nothing");
	m.chatter = true;
	env.handler(env.handler_arg);
	check(env.input_n > 2 && env.input_n < 1000, "a UART that never runs dry does not hang us");

	n.irq = -ENOENT;
	fresh();
	env_probe(&n);
	check(env.console->rx_on(env.console) == -ENOENT && m.regs[0x10 / 4] == 0,
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
