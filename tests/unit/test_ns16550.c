/* SPDX-License-Identifier: MIT */
/* drivers/serial/ns16550.c against a model of the chip: spacing and width of the registers, the
 * divisor, the FIFO's limits, and chips that are absent, stuck or chatter without end.
 * sources: drivers/serial/ns16550.c tests/unit/driver_env.c */
#include "driver_env.h"

#include <errno.h>
#include <string.h>

#define BASE 0x10000000UL

/* The model. */
static struct {
	unsigned shift, width, offset;
	bool absent;  /* reads as all ones */
	bool stuck;   /* the transmitter never empties */
	bool chatter; /* there is always one more byte */
	bool no_fifo; /* an 8250 */
	uint8_t lcr, ier, fcr, mcr, dll, dlm;
	uint8_t rx[512], rx_lsr[512];
	unsigned rx_n, rx_at;
	char tx[1024];
	unsigned tx_n;
	unsigned room;	    /* bytes that the transmitter still takes before it is asked for THRE */
	unsigned overflows; /* bytes written without room */
	unsigned bad_access; /* wrong width or place */
	unsigned lsr_reads;
	unsigned usr_reads;
	uint8_t iir_id;
} m;

static uint8_t lsr(void)
{
	uint8_t v = m.stuck ? 0 : 0x60;

	m.lsr_reads++;
	if (!m.stuck) {
		m.room = m.no_fifo || (m.fcr & 1) == 0 ? 1 : 16;
	}
	if (m.chatter) {
		return v | 1;
	}
	return m.rx_at < m.rx_n ? (uint8_t)(v | 1 | m.rx_lsr[m.rx_at]) : v;
}

static uint8_t rbr(void)
{
	if (m.chatter) {
		return 'x';
	}
	return m.rx_at < m.rx_n ? m.rx[m.rx_at++] : 0;
}

/* Register number of an access, or -1. */
static int decode(uintptr_t addr, unsigned size)
{
	uintptr_t off = addr - BASE - m.offset;

	if (size != m.width || (off & ((1UL << m.shift) - 1)) != 0 || off >> m.shift > 31) {
		m.bad_access++;
		return -1;
	}
	return (int)(off >> m.shift);
}

static uint64_t model_read(uintptr_t addr, unsigned size)
{
	int reg = decode(addr, size);

	if (m.absent) {
		return ~0ULL;
	}
	switch (reg) {
	case 0:
		return (m.lcr & 0x80) != 0 ? m.dll : rbr();
	case 2:
		return (m.no_fifo || (m.fcr & 1) == 0 ? 0U : 0xc0U) | m.iir_id;
	case 5:
		return lsr();
	case 31:
		m.usr_reads++;
		return 0;
	default:
		return 0;
	}
}

static void model_write(uintptr_t addr, unsigned size, uint64_t v)
{
	int reg = decode(addr, size);

	if (reg == 0 && (m.lcr & 0x80) != 0) {
		m.dll = (uint8_t)v;
	} else if (reg == 0) {
		m.overflows += m.room == 0;
		m.room -= m.room > 0;
		m.tx[m.tx_n++ % sizeof(m.tx)] = (char)v;
	} else if (reg == 1 && (m.lcr & 0x80) != 0) {
		m.dlm = (uint8_t)v;
	} else if (reg == 1) {
		m.ier = (uint8_t)v;
	} else if (reg == 2) {
		m.fcr = (uint8_t)v;
	} else if (reg == 3) {
		m.lcr = (uint8_t)v;
	} else if (reg == 4) {
		m.mcr = (uint8_t)v;
	}
}

static struct dt_node node(void)
{
	return (struct dt_node){ .compatible = "ns16550a", .reg = { { BASE, 0x1000 } }, .irq = 10 };
}

static void fresh(void)
{
	env_reset();
	memset(&m, 0, sizeof(m));
	m.width = 1;
	m.iir_id = 1;
	env_read = model_read;
	env_write = model_write;
}

static void puts_all(const char *s)
{
	env.console->write(env.console, s, strlen(s));
}

static void test_layouts(void)
{
	static const struct {
		unsigned shift, width, offset;
		int want;
	} t[] = {
		{ 0, 1, 0, 0 },
		{ 1, 1, 0, 0 },
		{ 2, 1, 0, 0 },
		{ 2, 4, 0, 0 },
		{ 2, 2, 0, 0 },
		{ 1, 2, 0x100, 0 },
		{ 2, 4, 0x40, 0 },
		{ 0, 4, 0, -EINVAL },
		{ 2, 3, 0, -EINVAL },
		{ 9, 4, 0, -EINVAL },
		{ 2, 8, 0, -EINVAL },
		{ 2, 4, 2, -EINVAL },
		{ 2, 4, 0x1000, -EINVAL },
		{ 0, 1, 0xffffffff, -EINVAL },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(t); i++) {
		struct dt_node n = node();
		unsigned held = env_allocations();
		char what[80];
		bool ok;

		n.props[0] = (struct env_prop){ "reg-shift", NULL, 1, { t[i].shift }, NULL };
		n.props[1] = (struct env_prop){ "reg-io-width", NULL, 1, { t[i].width }, NULL };
		n.props[2] = (struct env_prop){ "reg-offset", NULL, 1, { t[i].offset }, NULL };
		fresh();
		m.shift = t[i].shift;
		m.width = t[i].width;
		m.offset = t[i].offset;
		ok = env_probe(&n) == t[i].want && m.bad_access == 0;
		if (t[i].want == 0) {
			puts_all("hello, world: more than sixteen bytes");
			ok = ok && strcmp(m.tx, "hello, world: more than sixteen bytes") == 0 &&
			     m.overflows == 0 && m.bad_access == 0;
		} else {
			ok = ok && env.console == NULL && env_allocations() == held;
		}
		snprintf(what, sizeof(what), "shift %u, width %u, offset 0x%x", t[i].shift,
			 t[i].width, t[i].offset);
		check(ok, what);
	}
}

static void test_divisor(void)
{
	struct dt_node n = node();

	fresh();
	n.props[0] = (struct env_prop){ "clock-frequency", NULL, 1, { 3686400 }, NULL };
	env_probe(&n);
	check(m.dll == 0 && m.dlm == 0, "no rate in the tree: the firmware's divisor stays");
	fresh();
	n.props[1] = (struct env_prop){ "current-speed", NULL, 1, { 9600 }, NULL };
	env_probe(&n);
	check(m.dll == 24 && m.dlm == 0 && m.lcr == 3, "3.6864 MHz at 9600: divisor 24, 8N1");
	fresh();
	n.props[0].cells[0] = 200000000;
	n.props[1].cells[0] = 110;
	env_probe(&n);
	check(m.dll == 0 && m.dlm == 0, "a divisor that does not fit is not set");
	fresh();
	n.props[1].cells[0] = 0xffffffff;
	env_probe(&n);
	check(m.dll == 0 && m.dlm == 0, "a rate above the clock is not set");
}

static void test_transmit(void)
{
	struct dt_node n = node();
	unsigned reads;

	fresh();
	m.no_fifo = true;
	env_probe(&n);
	puts_all("0123456789");
	check(m.tx_n == 10 && m.overflows == 0,
	      "without a FIFO, one byte for each empty transmitter");

	fresh();
	env_probe(&n);
	m.lsr_reads = 0;
	puts_all("0123456789abcdef0123456789abcdef");
	check(m.lsr_reads == 2 && m.overflows == 0, "with a FIFO, sixteen bytes a look");

	m.stuck = true;
	m.tx_n = 0;
	puts_all("lost");
	check(m.tx_n == 0, "a stuck transmitter: what does not fit is dropped");
	reads = m.lsr_reads;
	puts_all("lost as well");
	check(m.lsr_reads - reads == 1, "and is not waited for a second time");
	m.stuck = false;
	puts_all("back");
	check(m.tx_n == 4, "until it moves again");

	fresh();
	m.stuck = true;
	check(env_probe(&n) == 0, "stuck from the start: probe ends");
	fresh();
	m.absent = true;
	check(env_probe(&n) == -ENXIO && env.console == NULL, "nothing there: -ENXIO");
}

static void test_receive(void)
{
	struct dt_node n = node();

	fresh();
	env_probe(&n);
	check(m.ier == 0, "no interrupt before it is wanted");
	check(env.console->rx_on(env.console) == 0 && m.ier == 1 && env.handler_irq == 10,
	      "rx_on requests and enables it");
	for (unsigned i = 0; i < 40; i++) {
		m.rx[m.rx_n++] = (uint8_t)('a' + i % 26);
	}
	m.rx_lsr[3] = 0x08; /* framing error */
	m.rx_lsr[5] = 0x02; /* overrun: this byte itself is good */
	env.handler(env.handler_arg);
	check(env.input_n == 39 && env.input[3] == 'e' && m.rx_at == 40,
	      "all bytes are taken, the damaged one is dropped");
	m.chatter = true;
	env.input_n = 0;
	env.handler(env.handler_arg);
	check(env.input_n > 0 && env.input_n < 1000, "a chip that never runs dry does not hang us");

	fresh();
	n.irq = -ENOENT;
	env_probe(&n);
	check(env.console->rx_on(env.console) == -ENOENT, "no interrupt in the tree: output alone");
}

static void test_designware(void)
{
	struct dt_node n = node();

	n.compatible = "snps,dw-apb-uart";
	n.props[0] = (struct env_prop){ "reg-shift", NULL, 1, { 2 }, NULL };
	n.props[1] = (struct env_prop){ "reg-io-width", NULL, 1, { 4 }, NULL };
	fresh();
	m.shift = 2;
	m.width = 4;
	env_probe(&n);
	env.console->rx_on(env.console);
	m.iir_id = 7;
	env.handler(env.handler_arg);
	check(m.usr_reads == 1, "DesignWare's busy interrupt is acknowledged");
	n.reg[0].size = 0x20;
	check(env_probe(&n) == -EINVAL, "DesignWare's window must reach its USR");
}

int main(void)
{
	test_layouts();
	test_divisor();
	test_transmit();
	test_receive();
	test_designware();
	return check_done();
}
