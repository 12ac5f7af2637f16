/* SPDX-License-Identifier: MIT */
/* SiFive's UART. The baud rate is the firmware's: its divisor is of a clock that nobody here knows.
 * Spec: SiFive FU540-C000 Manual v1p4, 13; binding serial/sifive-serial. */
#include "uart.h"

#include <drivers/field.h>

#define TXDATA	     0x00
#define TXDATA_FULL  BIT32(31)
#define RXDATA	     0x04
#define RXDATA_EMPTY BIT32(31)
#define TXCTRL	     0x08
#define TXCTRL_EN    BIT32(0)
#define RXCTRL	     0x0c
#define RXCTRL_EN    BIT32(0)
#define RXCTRL_CNT   FIELD(18, 16) /* an interrupt when there are more than so many bytes */
#define IE	     0x10
#define IE_RXWM	     BIT32(1)
#define UART_SIZE    0x1c

/* 13.5: one read takes the byte and says whether there was one. */
static void sifive_interrupt(struct uart *u)
{
	for (unsigned i = 0; i < UART_RX_MAX; i++) {
		uint32_t v = uart_read(u, RXDATA);

		if ((v & RXDATA_EMPTY) != 0) {
			break;
		}
		uart_input((uint8_t)v);
	}
}

static void sifive_rx_on(struct uart *u)
{
	uart_write(u, RXCTRL, field_set(uart_read(u, RXCTRL), RXCTRL_CNT, 0) | RXCTRL_EN);
	uart_write(u, IE, IE_RXWM);
}

static void sifive_enable(struct uart *u)
{
	uart_write(u, IE, 0);
	uart_write(u, TXCTRL, uart_read(u, TXCTRL) | TXCTRL_EN);
}

static const struct uart_ops sifive_ops = {
	.name = "sifive_uart",
	.size = UART_SIZE,
	.tx = { .width = 4, .status = TXDATA, .data = TXDATA, .mask = TXDATA_FULL },
	.enable = sifive_enable,
	.rx_on = sifive_rx_on,
	.interrupt = sifive_interrupt,
};

static const struct dt_match sifive_match[] = {
	{ "sifive,uart0", (uintptr_t)&sifive_ops },
	{ NULL, 0 },
};

DRIVER(STAGE_SERIAL, sifive_uart, sifive_match, uart_probe);
