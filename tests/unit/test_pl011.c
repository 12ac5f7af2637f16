/* SPDX-License-Identifier: MIT */
/* drivers/serial/pl011.c against a model: what the firmware set up stays, a UART that was off is
 * set up, and one that is stuck or chatters does not hang us.
 * sources: drivers/serial/pl011.c tests/unit/driver_env.c */
#include "driver_env.h"

#include <errno.h>
#include <string.h>

#define BASE 0x9000000UL

static struct {
	unsigned width;
	bool stuck, chatter;
	uint32_t ibrd, fbrd, lcr, cr, imsc, icr;
	unsigned line_writes; /* to the registers that the generic UART has not */
	uint32_t rx[64];
	unsigned rx_n, rx_at;
	char tx[256];
	unsigned tx_n, fr_reads, bad_access;
} m;

static uint64_t model_read(uintptr_t a, unsigned size)
{
	m.bad_access += size != m.width;
	switch (a - BASE) {
	case 0x00:
		return m.chatter ? 'x' : m.rx_at < m.rx_n ? m.rx[m.rx_at++] : 0;
	case 0x18:
		m.fr_reads++;
		return (m.stuck ? 0x20U : 0) | (m.chatter || m.rx_at < m.rx_n ? 0 : 0x10U);
	case 0x30:
		m.line_writes++;
		return m.cr;
	default:
		return 0;
	}
}

static void model_write(uintptr_t a, unsigned size, uint64_t v)
{
	uint32_t *const regs[] = {
		[0x24 / 4] = &m.ibrd, [0x28 / 4] = &m.fbrd, [0x2c / 4] = &m.lcr,
		[0x30 / 4] = &m.cr,   [0x38 / 4] = &m.imsc, [0x44 / 4] = &m.icr
	};
	uintptr_t off = a - BASE;

	m.bad_access += size != m.width;
	m.line_writes += off >= 0x24 && off <= 0x30;
	if (off == 0) {
		m.tx[m.tx_n++ % sizeof(m.tx)] = (char)v;
	} else if (off / 4 < ARRAY_SIZE(regs) && regs[off / 4] != NULL) {
		*regs[off / 4] = (uint32_t)v;
	}
}

static const struct dt_node clock = {
	.compatible = "fixed-clock",
	.props = { { "clock-frequency", NULL, 1, { 24000000 }, NULL } },
};

static struct dt_node node(const char *compatible)
{
	return (struct dt_node){ .compatible = compatible,
				 .props = { { "clocks", NULL, 1, { 1 }, &clock } },
				 .reg = { { BASE, 0x1000 } },
				 .irq = 33 };
}

static void fresh(void)
{
	env_reset();
	memset(&m, 0, sizeof(m));
	m.width = 4;
}

static void test_setup(void)
{
	struct dt_node n = node("arm,pl011");

	fresh();
	check(env_probe(&n) == 0 && m.ibrd == 13 && m.fbrd == 1 && m.lcr == 0x70 && m.cr == 0x301,
	      "off: 24 MHz at 115200, 8N1, FIFO, on");
	fresh();
	m.cr = 0xc001;
	env_probe(&n);
	check(m.ibrd == 0 && m.lcr == 0 && m.cr == 0xc301, "on: the rate and flow control stay");
	fresh();
	n.props[0].name = "none";
	check(env_probe(&n) == 0 && m.ibrd == 0 && m.cr == 0x301, "no clock in the tree: no rate");

	fresh();
	n = node("arm,sbsa-uart");
	check(env_probe(&n) == 0 && m.line_writes == 0, "the generic UART's line is left alone");
}

static void test_widths(void)
{
	static const unsigned widths[] = { 1, 2, 4, 3, 8 };

	for (unsigned i = 0; i < ARRAY_SIZE(widths); i++) {
		struct dt_node n = node("arm,pl011");
		char what[40];
		int r;

		fresh();
		m.width = widths[i];
		n.props[1] = (struct env_prop){ "reg-io-width", NULL, 1, { widths[i] }, NULL };
		r = env_probe(&n);
		snprintf(what, sizeof(what), "width %u", widths[i]);
		check(i < 3 ? r == 0 && m.bad_access == 0 : r == -EINVAL && env.console == NULL,
		      what);
	}
	struct dt_node n = node("arm,pl011");

	n.reg[0].size = 0x40;
	check(env_probe(&n) == -EINVAL, "a window too small is refused");
}

static void test_transfer(void)
{
	struct dt_node n = node("arm,pl011");
	unsigned reads;

	fresh();
	env_probe(&n);
	env.console->write(env.console, "hello", 5);
	check(m.tx_n == 5 && memcmp(m.tx, "hello", 5) == 0, "sent");
	m.stuck = true;
	env.console->write(env.console, "lost", 4);
	reads = m.fr_reads;
	env.console->write(env.console, "lost", 4);
	check(m.tx_n == 5 && m.fr_reads - reads == 1, "stuck: dropped, and waited for once");
	m.stuck = false;
	env.console->write(env.console, "back", 4);
	check(m.tx_n == 9, "until it moves again");

	check(env.console->rx_on(env.console) == 0 && m.imsc == 0x50 && env.handler_irq == 33,
	      "receive and time-out interrupts");
	m.rx[m.rx_n++] = 'a';
	m.rx[m.rx_n++] = 0x100 | 'b'; /* framing error */
	m.rx[m.rx_n++] = 0x800 | 'c'; /* overrun: this byte itself is good */
	env.handler(env.handler_arg);
	check(env.input_n == 2 && memcmp(env.input, "ac", 2) == 0 && (m.icr & 0x50) == 0x50,
	      "received, the damaged byte dropped");
	m.chatter = true;
	env.input_n = 0;
	env.handler(env.handler_arg);
	check(env.input_n > 0 && env.input_n < 1000, "a UART that never runs dry does not hang us");
}

int main(void)
{
	env_read = model_read;
	env_write = model_write;
	test_setup();
	test_widths();
	test_transfer();
	return check_done();
}
