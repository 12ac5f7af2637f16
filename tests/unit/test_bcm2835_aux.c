/* SPDX-License-Identifier: MIT */
/* drivers/serial/bcm2835_aux.c against a model: a block that has to be enabled first, a FIFO that has room for a byte or
 * not, a UART that is stuck or chatters.
 * sources: drivers/serial/uart.c drivers/serial/bcm2835_aux.c tests/unit/driver_env.c */
#include "driver_env.h"
#include "host.h"

#include <errno.h>
#include <string.h>

#define AUX  0x3f215000UL
#define BASE 0x3f215040UL

static struct {
	bool stuck, chatter;
	uint32_t enables, ier, lcr, cntl;
	uint8_t rx[8];
	unsigned rx_n, rx_at, room;
	char tx[64];
	unsigned tx_n, looks;
} m;

static uint64_t model_read(uintptr_t a, unsigned size)
{
	host_require(size == 4, "accesses of 32 bits");
	if (a == AUX + 4) {
		return m.enables;
	}
	host_require((m.enables & 1) != 0, "registers that are there");
	switch (a - BASE) {
	case 0x00:
		return m.chatter ? 'x' : m.rx[m.rx_at++];
	case 0x14:
		m.looks++;
		m.room = m.stuck ? 0 : 1;
		return (m.room != 0 ? 0x20U : 0) | (m.chatter || m.rx_at < m.rx_n ? 1 : 0) |
		       (m.rx_n == sizeof(m.rx) ? 2 : 0);
	default:
		host_require(false, "a register that is read");
		return 0;
	}
}

static void model_write(uintptr_t a, unsigned size, uint64_t v)
{
	host_require(size == 4, "accesses of 32 bits");
	if (a == AUX + 4) {
		m.enables = (uint32_t)v;
		return;
	}
	host_require((m.enables & 1) != 0, "registers that are there");
	switch (a - BASE) {
	case 0x00:
		host_require(m.room > 0, "room for one byte is room for one");
		m.room--;
		m.tx[m.tx_n++ % sizeof(m.tx)] = (char)v;
		break;
	case 0x04:
		m.ier = (uint32_t)v;
		break;
	case 0x0c:
		m.lcr = (uint32_t)v;
		break;
	case 0x20:
		m.cntl = (uint32_t)v;
		break;
	default:
		host_require(false, "no rate");
	}
}

static struct dt_node aux = { .compatible = "brcm,bcm2835-aux", .reg = { { AUX, 8 } } };
static struct dt_node node = {
	.compatible = "brcm,bcm2835-aux-uart",
	.reg = { { BASE, 0x40 } },
	.irq = 61,
	.props = { { .name = "clocks", .n = 2, .cells = { 1 }, .ref = &aux } }
};

int main(void)
{
	env_read = model_read;
	env_write = model_write;
	env_reset();
	m.enables = 6; /* its neighbours, which stay */
	aux.reg[0].size = 4;
	check(env_probe(&node) == -EINVAL, "a block too small");
	aux.reg[0].size = 8;
	node.reg[0].size = 0x28;
	check(env_probe(&node) == -EINVAL && env.console == NULL, "a window too small");
	node.reg[0].size = 0x40;
	check(env_probe(&node) == 0 && m.enables == 7, "enabled");
	check(m.lcr == 3 && m.cntl == 3 && m.ier == 0, "eight bits, both ways, no interrupts");
	env.console->write(env.console, "hello", 5);
	check(m.tx_n == 5 && memcmp(m.tx, "hello", 5) == 0, "sent, each when there is room");
	check(env.console->rx_on(env.console) == 0 && m.ier == 0x0d && env.handler_irq == 61,
	      "receives interrupt");
	memcpy(m.rx, "abcdefgh", 8);
	m.rx_n = 8;
	env.handler(env.handler_arg);
	check(env.input_n == 8 && memcmp(env.input, "abcdefgh", 8) == 0, "a full FIFO is taken");
	m.chatter = true;
	env.handler(env.handler_arg);
	check(env.input_n < sizeof(env.input), "one that never is empty does not hang us");
	m.chatter = false;
	m.stuck = true;
	m.tx_n = 0;
	env.console->write(env.console, "no", 2);
	m.looks = 0;
	env.console->write(env.console, "again", 5);
	check(m.tx_n == 0 && m.looks == 1, "a stuck one is waited for once");
	m.stuck = false;
	env.console->write(env.console, "ok", 2);
	check(m.tx_n == 2, "and used when it moves again");
	node.irq = -ENOENT;
	env_probe(&node);
	check(env.console->rx_on(env.console) == -ENOENT, "no interrupt: no input");
	return check_done();
}
