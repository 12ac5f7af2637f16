/* SPDX-License-Identifier: MIT */
/* The mini UART of BCM2835 and its kin: some of a 16550, in words, without its divisor. Baud rate is the firmware's, of the
 * core's clock. Spec: BCM2835 ARM Peripherals 1.2.3, 2, with its errata (elinux.org); binding serial/brcm,bcm2835-aux-uart. */
#include "uart.h"

#include <drivers/field.h>
#include <errno.h>

#define IO  0x00
#define IER 0x04
#define IER_RX                 \
	(BIT32(3) | BIT32(2) | \
	 BIT32(0)) /* errata to 2.2.2: bits are swapped, and two have to be set */
#define LCR	  0x0c
#define LCR_8BIT  FIELD(1, 0) /* errata: both */
#define LSR	  0x14
#define LSR_DR	  BIT32(0)
#define LSR_OVER  BIT32(1)
#define LSR_SPACE BIT32(5) /* for one byte, unlike a 16550's, which is empty then */
#define CNTL	  0x20
#define CNTL_ON	  FIELD(1, 0) /* receiver, transmitter */
#define UART_SIZE 0x2cU

#define AUX_ENABLES 0x04 /* of the block that it is in */
#define ENABLE_UART BIT32(0)
#define AUX_SIZE    0x08U

static void aux_enable(struct uart *u)
{
	uart_write(u, IER, 0);
	uart_write(u, LCR, LCR_8BIT);
	uart_write(u, CNTL, CNTL_ON);
}

static void aux_rx_on(struct uart *u)
{
	uart_write(u, IER, IER_RX);
}

static void aux_interrupt(struct uart *u)
{
	for (unsigned i = 0; i < UART_RX_MAX; i++) {
		uint32_t lsr = uart_read(u, LSR);

		u->errors += (lsr & LSR_OVER) != 0;
		if ((lsr & LSR_DR) == 0) {
			break;
		}
		uart_input((uint8_t)uart_read(u, IO));
	}
}

static const struct uart_ops aux_ops = {
	.name = "bcm2835_aux",
	.size = UART_SIZE,
	.tx = { .width = 4, .status = LSR, .data = IO, .mask = LSR_SPACE, .want = LSR_SPACE },
	.enable = aux_enable,
	.rx_on = aux_rx_on,
	.interrupt = aux_interrupt,
};

/* Without it no register of the UART is there. What gives it its clock is the block of registers that enables it. */
static int aux_probe(struct device *dev, const struct dt_match *m)
{
	struct device aux = { .node = dt_ref(dev->node, "clocks"), .driver = dev->driver };
	uintptr_t base = 0;
	size_t size;

	if (aux.node != NULL && dt_compatible(aux.node, "brcm,bcm2835-aux")) {
		dt_path(aux.node, aux.name, sizeof(aux.name));
		base = dev_mmio(&aux, 0, &size);
		if (base == 0 || size < AUX_SIZE) {
			return -EINVAL;
		}
		mmio_write32(base + AUX_ENABLES, mmio_read32(base + AUX_ENABLES) | ENABLE_UART);
	}
	return uart_probe(dev, m);
}

static const struct dt_match aux_match[] = {
	{ "brcm,bcm2835-aux-uart", (uintptr_t)&aux_ops },
	{ NULL, 0 },
};

DRIVER(STAGE_SERIAL, bcm2835_aux, aux_match, aux_probe);
