/* SPDX-License-Identifier: MIT */
/* Cadence's UART in Zynq and ZynqMP. Baud rate and line format are the firmware's; only a UART that was off is set up.
 * Spec: Zynq UltraScale+ TRM (UG1085) 21, Register Reference (UG1087), module UART; binding serial/cdns,uart. */
#include "tx_wait.h"

#include <drivers/field.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/arch.h>
#include <kernel/console.h>
#include <kernel/device.h>

#define CONTROL	      0x00
#define CTL_RX_RESET  BIT32(0) /* these two clear themselves */
#define CTL_TX_RESET  BIT32(1)
#define CTL_RX_EN     BIT32(2)
#define CTL_RX_DIS    BIT32(3)
#define CTL_TX_EN     BIT32(4)
#define CTL_TX_DIS    BIT32(5)
#define MODE	      0x04
#define MODE_8N1      BIT32(5)
#define INTRPT_EN     0x08
#define INTRPT_DIS    0x0c
#define CHNL_INT_STS  0x14
#define INT_TRIGGER   BIT32(0) /* as many bytes as RCVR_FIFO_TRIGGER says */
#define INT_OVERRUN   BIT32(5)
#define INT_FRAMING   BIT32(6)
#define INT_PARITY    BIT32(7)
#define INT_TIMEOUT   BIT32(8) /* bytes in the FIFO, and silence */
#define INT_ALL	      FIELD(13, 0)
#define BAUD_RATE_GEN 0x18
#define RCVR_TIMEOUT  0x1c
#define TIMEOUT_BITS  10 /* in 4 bits */
#define RCVR_TRIGGER  0x20
#define CHANNEL_STS   0x2c
#define STS_RX_EMPTY  BIT32(1)
#define STS_TX_FULL   BIT32(4)
#define TX_RX_FIFO    0x30
#define BAUD_RATE_DIV 0x34
#define UART_SIZE     0x38

#define BAUD_DEFAULT 115200
#define DIV_MIN	     4
#define DIV_MAX	     255
#define GEN_MAX	     65535

/* Bytes taken in one interrupt: more than the FIFO holds, so that an empty one is seen. */
#define RX_MAX 256

struct cadence {
	struct serial serial;
	uintptr_t base;
	int irq;	 /* -errno: none */
	bool stalled;	 /* the transmitter did not move: do not wait for it again */
	uint32_t errors; /* interrupts that told of one */
};

static uint32_t reg_read(const struct cadence *u, unsigned reg)
{
	return mmio_read32(u->base + reg);
}

static void reg_write(const struct cadence *u, unsigned reg, uint32_t v)
{
	mmio_write32(u->base + reg, v);
}

static uint32_t tx_status(const void *uart)
{
	return reg_read(uart, CHANNEL_STS);
}

static void cadence_write(struct serial *s, const char *buf, size_t n)
{
	struct cadence *u = container_of(s, struct cadence, serial);

	for (size_t i = 0; i < n && tx_wait(u, tx_status, STS_TX_FULL, 0, &u->stalled); i++) {
		reg_write(u, TX_RX_FIFO, (uint8_t)buf[i]);
	}
}

static void cadence_interrupt(void *arg)
{
	struct cadence *u = arg;
	uint32_t status = reg_read(u, CHNL_INT_STS);

	reg_write(u, CHNL_INT_STS, status);
	if ((status & (INT_OVERRUN | INT_FRAMING | INT_PARITY)) != 0) {
		u->errors++;
	}
	for (unsigned i = 0; i < RX_MAX && (reg_read(u, CHANNEL_STS) & STS_RX_EMPTY) == 0; i++) {
		char c = (char)(uint8_t)reg_read(u, TX_RX_FIFO);

		console_input(&c, 1);
	}
}

static int cadence_rx_on(struct serial *s)
{
	struct cadence *u = container_of(s, struct cadence, serial);
	int err;

	if (u->irq < 0) {
		return u->irq;
	}
	err = irq_request(u->irq, cadence_interrupt, u, "cadence_uart");
	if (err != 0) {
		return err;
	}
	reg_write(u, RCVR_TRIGGER, 1);
	reg_write(u, RCVR_TIMEOUT, TIMEOUT_BITS);
	reg_write(u, INTRPT_EN, INT_TRIGGER | INT_TIMEOUT | INT_OVERRUN);
	return 0;
}

/* UG1085 21.2.2: hz / (generator * (divider + 1)); the divider whose rate is nearest. Nothing to do when the tree does not
 * say how fast the clock is. */
static void set_baud(const struct cadence *u)
{
	const struct dt_node *clock = dt_ref(u->serial.node, "clocks");
	uint64_t hz = clock != NULL ? dt_u32(clock, "clock-frequency", 0, 0) : 0;
	uint64_t baud = dt_u32(u->serial.node, "current-speed", 0, BAUD_DEFAULT);
	uint64_t best = UINT64_MAX, gen = 0, div = 0;

	for (uint64_t d = DIV_MIN; hz != 0 && baud != 0 && d <= DIV_MAX; d++) {
		uint64_t g = (hz + baud * (d + 1) / 2) / (baud * (d + 1));
		uint64_t rate = g == 0 ? 0 : hz / (g * (d + 1));
		uint64_t off = rate > baud ? rate - baud : baud - rate;

		if (g > 0 && g <= GEN_MAX && off < best) {
			best = off;
			gen = g;
			div = d;
		}
	}
	if (gen != 0) {
		reg_write(u, BAUD_RATE_GEN, (uint32_t)gen);
		reg_write(u, BAUD_RATE_DIV, (uint32_t)div);
	}
}

static void enable(const struct cadence *u)
{
	uint32_t control = reg_read(u, CONTROL);

	reg_write(u, INTRPT_DIS, INT_ALL);
	reg_write(u, CHNL_INT_STS, INT_ALL);
	if ((control & (CTL_TX_EN | CTL_TX_DIS)) != CTL_TX_EN) {
		reg_write(u, CONTROL, CTL_RX_DIS | CTL_TX_DIS);
		set_baud(u);
		reg_write(u, MODE, MODE_8N1);
		reg_write(u, CONTROL, CTL_RX_RESET | CTL_TX_RESET | CTL_RX_DIS | CTL_TX_DIS);
	}
	reg_write(u, CONTROL, CTL_RX_EN | CTL_TX_EN);
}

static int cadence_probe(struct device *dev, const struct dt_match *m)
{
	struct cadence *u;
	uintptr_t base;
	size_t size;

	(void)m;
	base = dev_mmio(dev, 0, &size);
	if (base == 0 || size < UART_SIZE) {
		return -EINVAL;
	}
	u = kzalloc(sizeof(*u));
	if (u == NULL) {
		return -ENOMEM;
	}
	u->base = base;
	u->irq = dev_irq(dev, 0);
	u->serial.name = "cadence_uart";
	u->serial.node = dev->node;
	u->serial.write = cadence_write;
	u->serial.rx_on = cadence_rx_on;
	enable(u);
	console_register(&u->serial);
	return 0;
}

static const struct dt_match cadence_match[] = {
	{ "cdns,uart-r1p12", 0 },
	{ "cdns,uart-r1p8", 0 },
	{ "xlnx,xuartps", 0 },
	{ NULL, 0 },
};

DRIVER(STAGE_SERIAL, cadence_uart, cadence_match, cadence_probe);
