/* SPDX-License-Identifier: MIT */
/* Arm PL011 UART, and the subset of it that Arm's server standard calls the generic UART.
 * Baud rate and line format are the firmware's; only a UART that was off is set up.
 * Spec: PL011 TRM DDI 0183G, 3; Base System Architecture DEN 0094, B (generic UART). */
#include "tx_wait.h"

#include <drivers/field.h>
#include <drivers/reg_io.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/console.h>
#include <kernel/device.h>

#define UARTDR	     0x00
#define DR_DATA	     FIELD(7, 0)
#define DR_ERRORS    FIELD(11, 8) /* overrun, break, parity, framing */
#define DR_BAD	     FIELD(10, 8) /* of these, the ones that make the byte worthless */
#define UARTFR	     0x18
#define FR_RXFE	     BIT32(4) /* nothing received */
#define FR_TXFF	     BIT32(5) /* no room to send */
#define UARTIBRD     0x24
#define UARTFBRD     0x28
#define UARTLCR_H    0x2c
#define LCR_H_FEN    BIT32(4)
#define LCR_H_WLEN_8 FIELD(6, 5)
#define UARTCR	     0x30
#define CR_UARTEN    BIT32(0)
#define CR_TXE	     BIT32(8)
#define CR_RXE	     BIT32(9)
#define UARTIMSC     0x38
#define UARTICR	     0x44
#define INT_RX	     BIT32(4)
#define INT_RT	     BIT32(6) /* bytes in the FIFO, and silence */
#define INT_ERRORS   FIELD(10, 7)
#define INT_ALL	     FIELD(10, 0)
#define PL011_SIZE   0x48

#define BAUD_DEFAULT 115200

/* Bytes taken in one interrupt: more than any FIFO holds, so that an empty one is seen. */
#define RX_MAX 256

enum quirk { QUIRK_NONE, QUIRK_SBSA };

struct pl011 {
	struct serial serial;
	uintptr_t base;
	uint32_t width;	 /* of an access, bytes */
	int irq;	 /* -errno: none */
	bool stalled;	 /* the transmitter did not move: do not wait for it again */
	uint32_t errors; /* bytes received with an error */
};

static uint32_t reg_read(const struct pl011 *u, unsigned reg)
{
	return reg_io_read(u->base + reg, u->width);
}

static void reg_write(const struct pl011 *u, unsigned reg, uint32_t v)
{
	reg_io_write(u->base + reg, u->width, v);
}

static uint32_t tx_status(const void *uart)
{
	return reg_read(uart, UARTFR);
}

static void pl011_write(struct serial *s, const char *buf, size_t n)
{
	struct pl011 *u = container_of(s, struct pl011, serial);

	for (size_t i = 0; i < n && tx_wait(u, tx_status, FR_TXFF, 0, &u->stalled); i++) {
		reg_write(u, UARTDR, (uint8_t)buf[i]);
	}
}

static void rx_byte(struct pl011 *u)
{
	uint32_t dr = reg_read(u, UARTDR);
	char c = (char)field_get(dr, DR_DATA);

	if ((dr & DR_ERRORS) != 0) {
		u->errors++;
	}
	if ((dr & DR_BAD) == 0) {
		console_input(&c, 1);
	}
}

static void pl011_interrupt(void *arg)
{
	struct pl011 *u = arg;

	reg_write(u, UARTICR, INT_RX | INT_RT | INT_ERRORS);
	for (unsigned i = 0; i < RX_MAX && (reg_read(u, UARTFR) & FR_RXFE) == 0; i++) {
		rx_byte(u);
	}
}

static int pl011_rx_on(struct serial *s)
{
	struct pl011 *u = container_of(s, struct pl011, serial);
	int err;

	if (u->irq < 0) {
		return u->irq;
	}
	err = irq_request(u->irq, pl011_interrupt, u, "pl011");
	if (err != 0) {
		return err;
	}
	reg_write(u, UARTIMSC, INT_RX | INT_RT);
	return 0;
}

/* 3.3.6: the divisor is in 64ths. Nothing to do when the tree does not say how fast the clock is. */
static void set_baud(const struct pl011 *u)
{
	const struct dt_node *clock = dt_ref(u->serial.node, "clocks");
	uint64_t hz = clock != NULL ? dt_u32(clock, "clock-frequency", 0, 0) : 0;
	uint64_t baud = dt_u32(u->serial.node, "current-speed", 0, BAUD_DEFAULT);
	uint64_t divisor;

	if (hz == 0 || baud == 0) {
		return;
	}
	divisor = (hz * 4 + baud / 2) / baud;
	if (divisor < 64 || divisor > 0xffff * 64ULL) {
		return;
	}
	reg_write(u, UARTIBRD, (uint32_t)(divisor / 64));
	reg_write(u, UARTFBRD, (uint32_t)(divisor % 64));
}

static void enable(const struct pl011 *u, bool sbsa)
{
	uint32_t cr;

	reg_write(u, UARTIMSC, 0);
	reg_write(u, UARTICR, INT_ALL);
	if (sbsa) {
		return; /* always on, and has no more registers */
	}
	cr = reg_read(u, UARTCR);
	if ((cr & CR_UARTEN) == 0) {
		set_baud(u);
		/* 3.3.7: the write of LCR_H takes the divisor over. */
		reg_write(u, UARTLCR_H, LCR_H_WLEN_8 | LCR_H_FEN);
	}
	reg_write(u, UARTCR, cr | CR_UARTEN | CR_TXE | CR_RXE);
}

static int pl011_probe(struct device *dev, const struct dt_match *m)
{
	uint32_t width = dt_u32(dev->node, "reg-io-width", 0, 4);
	struct pl011 *u;
	uintptr_t base;
	size_t size;

	if (!reg_io_width_ok(width)) {
		return -EINVAL;
	}
	base = dev_mmio(dev, 0, &size);
	if (base == 0 || size < PL011_SIZE) {
		return -EINVAL;
	}
	u = kzalloc(sizeof(*u));
	if (u == NULL) {
		return -ENOMEM;
	}
	u->base = base;
	u->width = width;
	u->irq = dev_irq(dev, 0);
	u->serial.name = "pl011";
	u->serial.node = dev->node;
	u->serial.write = pl011_write;
	u->serial.rx_on = pl011_rx_on;
	enable(u, m->data == QUIRK_SBSA);
	console_register(&u->serial);
	return 0;
}

static const struct dt_match pl011_match[] = {
	{ "arm,pl011", QUIRK_NONE },
	{ "arm,sbsa-uart", QUIRK_SBSA },
	{ NULL, 0 },
};

DRIVER(STAGE_SERIAL, pl011, pl011_match, pl011_probe);
