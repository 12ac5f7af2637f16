/* SPDX-License-Identifier: MIT */
/* UARTs of the 8250 and 16550 family, with any spacing and width of the registers.
 * Spec: National Semiconductor PC16550D, 8; Synopsys DesignWare APB UART, 5; binding serial/8250. */
#include "tx_wait.h"

#include <drivers/field.h>
#include <drivers/reg_io.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/console.h>
#include <kernel/device.h>

/* Register numbers; their place is this << reg-shift. */
#define RBR	       0 /* read */
#define THR	       0 /* write */
#define DLL	       0 /* LCR_DLAB */
#define IER	       1
#define IER_RX	       BIT32(0)
#define DLM	       1 /* LCR_DLAB */
#define IIR	       2 /* read */
#define IIR_ID	       FIELD(3, 0)
#define IIR_RX_TIMEOUT 0xc
#define IIR_DW_BUSY    0x7 /* LCR was written while the line was busy; USR read clears it */
#define IIR_FIFO       FIELD(7, 6)
#define FCR	       2 /* write */
#define FCR_ENABLE     BIT32(0)
#define FCR_CLEAR      FIELD(2, 1)
#define LCR	       3
#define LCR_8N1	       FIELD(1, 0)
#define LCR_DLAB       BIT32(7)
#define MCR	       4
#define MCR_ON	       (BIT32(0) | BIT32(1) | BIT32(3)) /* DTR, RTS; OUT2 gates the interrupt on some */
#define LSR	       5
#define LSR_DR	       BIT32(0)
#define LSR_ERRORS     FIELD(4, 1) /* overrun, parity, framing, break */
#define LSR_BAD	       FIELD(4, 2) /* of these, the ones that make the byte worthless */
#define LSR_THRE       BIT32(5)
#define LSR_TEMT       BIT32(6)
#define LSR_ABSENT     0xff
#define DW_USR	       31
#define REGS	       8

#define FIFO_16550A 16

/* Bytes taken in one interrupt: more than any FIFO holds, so that an empty one is seen. */
#define RX_MAX 256

enum quirk { QUIRK_NONE, QUIRK_DW };

struct ns16550 {
	struct serial serial;
	uintptr_t base;
	unsigned shift;
	uint32_t width; /* of an access, bytes */
	unsigned fifo;	/* bytes that an empty transmitter takes */
	int irq;	/* -errno: none */
	bool dw;
	bool stalled;	 /* the transmitter did not move: do not wait for it again */
	uint32_t errors; /* bytes received with an error */
};

static uint32_t reg_read(const struct ns16550 *u, unsigned reg)
{
	return reg_io_read(u->base + ((uintptr_t)reg << u->shift), u->width);
}

static void reg_write(const struct ns16550 *u, unsigned reg, uint32_t v)
{
	reg_io_write(u->base + ((uintptr_t)reg << u->shift), u->width, v);
}

static uint32_t tx_status(const void *uart)
{
	return reg_read(uart, LSR);
}

static void ns16550_write(struct serial *s, const char *buf, size_t n)
{
	struct ns16550 *u = container_of(s, struct ns16550, serial);

	while (n > 0 && tx_wait(u, tx_status, LSR_THRE, LSR_THRE, &u->stalled)) {
		size_t burst = MIN(n, u->fifo);

		for (size_t i = 0; i < burst; i++) {
			reg_write(u, THR, (uint8_t)buf[i]);
		}
		buf += burst;
		n -= burst;
	}
}

/* DesignWare: two interrupts that no received byte takes back. */
static void dw_settle(const struct ns16550 *u)
{
	uint32_t id = field_get(reg_read(u, IIR), IIR_ID);

	if (id == IIR_DW_BUSY) {
		reg_read(u, DW_USR);
	} else if (id == IIR_RX_TIMEOUT && (reg_read(u, LSR) & LSR_DR) == 0) {
		reg_read(u, RBR);
	}
}

/* One byte, with the state that LSR has for it. False when there is none. */
static bool rx_byte(struct ns16550 *u)
{
	uint32_t lsr = reg_read(u, LSR);
	char c;

	if ((lsr & LSR_DR) == 0) {
		return false;
	}
	c = (char)(uint8_t)reg_read(u, RBR);
	if ((lsr & LSR_ERRORS) != 0) {
		u->errors++;
	}
	if ((lsr & LSR_BAD) == 0) {
		console_input(&c, 1);
	}
	return true;
}

/* Until it is empty: an edge-triggered line (Firecracker) does not ask twice. */
static void ns16550_interrupt(void *arg)
{
	struct ns16550 *u = arg;

	if (u->dw) {
		dw_settle(u);
	}
	for (unsigned i = 0; i < RX_MAX && rx_byte(u); i++) {
	}
}

static int ns16550_rx_on(struct serial *s)
{
	struct ns16550 *u = container_of(s, struct ns16550, serial);
	int err;

	if (u->irq < 0) {
		return u->irq;
	}
	err = irq_request(u->irq, ns16550_interrupt, u, "ns16550");
	if (err != 0) {
		return err;
	}
	reg_write(u, IER, IER_RX);
	return 0;
}

/* The firmware's rate stays unless the tree gives both the clock and the rate. */
static void set_baud(const struct ns16550 *u)
{
	uint64_t hz = dt_u32(u->serial.node, "clock-frequency", 0, 0);
	uint64_t baud = dt_u32(u->serial.node, "current-speed", 0, 0);
	uint64_t divisor;

	if (hz == 0 || baud == 0) {
		return;
	}
	divisor = (hz + baud * 8) / (baud * 16);
	if (divisor == 0 || divisor > 0xffff) {
		return;
	}
	reg_write(u, LCR, LCR_8N1 | LCR_DLAB);
	reg_write(u, DLL, (uint32_t)(divisor & 0xff));
	reg_write(u, DLM, (uint32_t)(divisor >> 8));
	reg_write(u, LCR, LCR_8N1);
}

/* Interrupts off, FIFO on, lines up. What the firmware still sends is let out first. */
static void enable(struct ns16550 *u)
{
	bool idle;

	reg_write(u, IER, 0);
	idle = tx_wait(u, tx_status, LSR_TEMT, LSR_TEMT, &u->stalled);
	set_baud(u);
	if (idle) {
		reg_write(u, FCR, FCR_ENABLE | FCR_CLEAR);
	}
	reg_write(u, MCR, MCR_ON);
	/* 8.6: both bits are set only by a chip whose FIFO works. */
	u->fifo = (reg_read(u, IIR) & IIR_FIFO) == IIR_FIFO ? FIFO_16550A : 1;
}

/* Where the registers are and how they are read. 0 or -EINVAL. */
static int map_registers(struct ns16550 *u, struct device *dev)
{
	uint32_t offset = dt_u32(dev->node, "reg-offset", 0, 0);
	size_t size, need;

	u->shift = dt_u32(dev->node, "reg-shift", 0, 0);
	u->width = dt_u32(dev->node, "reg-io-width", 0, 1);
	if (!reg_io_width_ok(u->width) || u->shift > 4 || offset % u->width != 0 ||
	    u->width > 1U << u->shift) {
		return -EINVAL;
	}
	u->base = dev_mmio(dev, 0, &size);
	need = (size_t)(u->dw ? DW_USR + 1 : REGS) << u->shift;
	if (u->base == 0 || size < need || size - need < offset) {
		return -EINVAL;
	}
	u->base += offset;
	return 0;
}

static int ns16550_probe(struct device *dev, const struct dt_match *m)
{
	struct ns16550 *u = kzalloc(sizeof(*u));
	int err;

	if (u == NULL) {
		return -ENOMEM;
	}
	u->dw = m->data == QUIRK_DW;
	u->serial.name = "ns16550";
	u->serial.node = dev->node;
	u->serial.write = ns16550_write;
	u->serial.rx_on = ns16550_rx_on;
	err = map_registers(u, dev);
	if (err == 0 && (uint8_t)reg_read(u, LSR) == LSR_ABSENT) {
		err = -ENXIO;
	}
	if (err != 0) {
		kfree(u);
		return err;
	}
	u->irq = dev_irq(dev, 0);
	enable(u);
	console_register(&u->serial);
	return 0;
}

static const struct dt_match ns16550_match[] = {
	{ "snps,dw-apb-uart", QUIRK_DW }, { "ns16550a", QUIRK_NONE }, { "ns16550", QUIRK_NONE },
	{ "ns16450", QUIRK_NONE },	  { "ns8250", QUIRK_NONE },   { NULL, 0 },
};

DRIVER(STAGE_SERIAL, ns16550, ns16550_match, ns16550_probe);
