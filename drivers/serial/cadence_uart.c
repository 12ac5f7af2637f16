/* SPDX-License-Identifier: MIT */
/* Cadence's UART in Zynq and ZynqMP. Baud rate and line format are the firmware's; only a UART that was off is set up.
 * Spec: Zynq UltraScale+ TRM (UG1085) 21, Register Reference (UG1087), module UART; binding serial/cdns,uart. */
#include "uart.h"

#include <drivers/clock.h>
#include <drivers/field.h>

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

static void cadence_interrupt(struct uart *u)
{
	uint32_t status = uart_read(u, CHNL_INT_STS);

	uart_write(u, CHNL_INT_STS, status);
	if ((status & (INT_OVERRUN | INT_FRAMING | INT_PARITY)) != 0) {
		u->errors++;
	}
	for (unsigned i = 0; i < UART_RX_MAX && (uart_read(u, CHANNEL_STS) & STS_RX_EMPTY) == 0;
	     i++) {
		uart_input((uint8_t)uart_read(u, TX_RX_FIFO));
	}
}

static void cadence_rx_on(struct uart *u)
{
	uart_write(u, RCVR_TRIGGER, 1);
	uart_write(u, RCVR_TIMEOUT, TIMEOUT_BITS);
	uart_write(u, INTRPT_EN, INT_TRIGGER | INT_TIMEOUT | INT_OVERRUN);
}

/* UG1085 21.2.2: hz / (generator * (divider + 1)); the divider whose rate is nearest. Nothing to do when the tree does not
 * say how fast the clock is. */
static void set_baud(const struct uart *u)
{
	uint64_t hz = clock_rate(u->serial.node);
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
		uart_write(u, BAUD_RATE_GEN, (uint32_t)gen);
		uart_write(u, BAUD_RATE_DIV, (uint32_t)div);
	}
}

static void cadence_enable(struct uart *u)
{
	uint32_t control = uart_read(u, CONTROL);

	uart_write(u, INTRPT_DIS, INT_ALL);
	uart_write(u, CHNL_INT_STS, INT_ALL);
	if ((control & (CTL_TX_EN | CTL_TX_DIS)) != CTL_TX_EN) {
		uart_write(u, CONTROL, CTL_RX_DIS | CTL_TX_DIS);
		set_baud(u);
		uart_write(u, MODE, MODE_8N1);
		uart_write(u, CONTROL, CTL_RX_RESET | CTL_TX_RESET | CTL_RX_DIS | CTL_TX_DIS);
	}
	uart_write(u, CONTROL, CTL_RX_EN | CTL_TX_EN);
}

static const struct uart_ops cadence_ops = {
	.name = "cadence_uart",
	.size = UART_SIZE,
	.tx = { .width = 4, .status = CHANNEL_STS, .data = TX_RX_FIFO, .mask = STS_TX_FULL },
	.enable = cadence_enable,
	.rx_on = cadence_rx_on,
	.interrupt = cadence_interrupt,
};

static const struct dt_match cadence_match[] = {
	{ "cdns,uart-r1p12", (uintptr_t)&cadence_ops },
	{ "cdns,uart-r1p8", (uintptr_t)&cadence_ops },
	{ "xlnx,xuartps", (uintptr_t)&cadence_ops },
	{ NULL, 0 },
};

DRIVER(STAGE_SERIAL, cadence_uart, cadence_match, uart_probe);
