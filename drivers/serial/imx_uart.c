/* SPDX-License-Identifier: MIT */
/* The UART of the i.MX family. Baud rate and line format are the firmware's; only a UART that was off is set up.
 * Spec: i.MX 8M Plus Applications Processor Reference Manual (IMX8MPRM), Universal Asynchronous Receiver/Transmitter;
 * binding serial/fsl-imx-uart. */
#include "uart.h"

#include <drivers/clock.h>
#include <drivers/field.h>

#define URXD		0x00
#define URXD_CHAR	BIT32(15) /* there was one */
#define URXD_OVERRUN	BIT32(13)
#define URXD_FRAMING	BIT32(12)
#define URXD_PARITY	BIT32(10)
#define UTXD		0x40
#define UCR1		0x80
#define UCR1_EN		BIT32(0)
#define UCR1_DMA	(BIT32(2) | BIT32(3) | BIT32(8))
#define UCR1_RRDY_INT	BIT32(9) /* as many bytes as the FIFO's level for receiving */
#define UCR1_TX_INTS	(BIT32(13) | BIT32(6))
#define UCR2		0x84
#define UCR2_NO_RESET	BIT32(0)
#define UCR2_RX_EN	BIT32(1)
#define UCR2_TX_EN	BIT32(2)
#define UCR2_AGE_INT	BIT32(3) /* bytes below the level, and silence */
#define UCR2_8_BITS	BIT32(5)
#define UCR2_IGNORE_RTS BIT32(14)
#define UCR3		0x88
#define UCR3_RXD_MUXED	BIT32(2) /* to be set, or nothing is received */
#define UCR4		0x8c
#define UFCR		0x90
#define UFCR_RX_LEVEL	FIELD(5, 0)
#define UFCR_DIVIDER	FIELD(9, 7)
#define DIVIDER_1	5U
#define UFCR_TX_LEVEL	FIELD(15, 10)
#define TX_LEVEL_LEAST	2U
#define USR1		0x94
#define USR1_AGED	BIT32(8)
#define USR2		0x98
#define USR2_OVERRUN	BIT32(1)
#define UBIR		0xa4
#define UBMR		0xa8
#define UTS		0xb4
#define UTS_TX_FULL	BIT32(4)
#define UART_SIZE	0xb8

#define BAUD_DEFAULT 115200U
#define UBMR_MAX     65535U
#define SIXTEENTHS   15U /* UBIR + 1 of UBMR + 1: the clock divided by 16 comes out */

/* One read takes the byte and says whether there was one. */
static void imx_uart_interrupt(struct uart *u)
{
	/* Both are cleared by a 1, before what they tell of is taken. */
	uart_write(u, USR1, USR1_AGED);
	uart_write(u, USR2, USR2_OVERRUN);
	for (unsigned i = 0; i < UART_RX_MAX; i++) {
		uint32_t v = uart_read(u, URXD);

		if ((v & URXD_CHAR) == 0) {
			break;
		}
		u->errors += (v & (URXD_OVERRUN | URXD_FRAMING | URXD_PARITY)) != 0;
		uart_input((uint8_t)v);
	}
}

static void imx_uart_rx_on(struct uart *u)
{
	uart_write(u, UFCR, field_set(uart_read(u, UFCR), UFCR_RX_LEVEL, 1));
	uart_write(u, UCR1, uart_read(u, UCR1) | UCR1_RRDY_INT);
	uart_write(u, UCR2, uart_read(u, UCR2) | UCR2_AGE_INT);
}

/* The rate is clock / 16 * (UBIR + 1) / (UBMR + 1). Nothing to do when the tree does not say how fast the clock is. */
static void set_baud(const struct uart *u)
{
	uint64_t hz = clock_rate(u->serial.node);
	uint32_t baud = dt_u32(u->serial.node, "current-speed", 0, BAUD_DEFAULT);
	uint64_t n = baud != 0 ? (hz + baud / 2) / baud : 0;

	if (n >= 16 && n <= UBMR_MAX) {
		/* UBIR first: the other one makes both count. */
		uart_write(u, UBIR, SIXTEENTHS);
		uart_write(u, UBMR, (uint32_t)n - 1);
	}
}

static void imx_uart_enable(struct uart *u)
{
	uint32_t control = uart_read(u, UCR1), line = uart_read(u, UCR2);

	uart_write(u, UCR1, control & ~(UCR1_DMA | UCR1_RRDY_INT | UCR1_TX_INTS));
	uart_write(u, UCR4, 0);
	if ((control & UCR1_EN) == 0 || (line & UCR2_TX_EN) == 0) {
		line = UCR2_8_BITS | UCR2_IGNORE_RTS;
		uart_write(u, UCR1, UCR1_EN);
		uart_write(u, UCR3, UCR3_RXD_MUXED);
		uart_write(u, UFCR,
			   field_set(field_set(0, UFCR_DIVIDER, DIVIDER_1), UFCR_TX_LEVEL,
				     TX_LEVEL_LEAST));
		set_baud(u);
	}
	line &= ~UCR2_AGE_INT;
	uart_write(u, UCR2, line | UCR2_NO_RESET | UCR2_TX_EN | UCR2_RX_EN);
}

static const struct uart_ops imx_uart_ops = {
	.name = "imx_uart",
	.size = UART_SIZE,
	.tx = { .width = 4, .status = UTS, .data = UTXD, .mask = UTS_TX_FULL },
	.enable = imx_uart_enable,
	.rx_on = imx_uart_rx_on,
	.interrupt = imx_uart_interrupt,
};

static const struct dt_match imx_uart_match[] = {
	{ "fsl,imx6q-uart", (uintptr_t)&imx_uart_ops },
	{ "fsl,imx21-uart", (uintptr_t)&imx_uart_ops },
	{ NULL, 0 },
};

DRIVER(STAGE_SERIAL, imx_uart, imx_uart_match, uart_probe);
