/* SPDX-License-Identifier: MIT */
/* SiFive's UART. The baud rate is the firmware's: its divisor is of a clock that nobody here knows.
 * Spec: SiFive FU540-C000 Manual v1p4, 13; binding serial/sifive-serial. */
#include "tx_wait.h"

#include <drivers/field.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/arch.h>
#include <kernel/console.h>
#include <kernel/device.h>

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

/* Bytes taken in one interrupt: more than the FIFO holds, so that an empty one is seen. */
#define RX_MAX 256

struct sifive {
	struct serial serial;
	uintptr_t base;
	int irq;      /* -errno: none */
	bool stalled; /* the transmitter did not move: do not wait for it again */
};

static uint32_t reg_read(const struct sifive *u, unsigned reg)
{
	return mmio_read32(u->base + reg);
}

static void reg_write(const struct sifive *u, unsigned reg, uint32_t v)
{
	mmio_write32(u->base + reg, v);
}

static uint32_t tx_status(const void *uart)
{
	return reg_read(uart, TXDATA);
}

static void sifive_write(struct serial *s, const char *buf, size_t n)
{
	struct sifive *u = container_of(s, struct sifive, serial);

	for (size_t i = 0; i < n && tx_wait(u, tx_status, TXDATA_FULL, 0, &u->stalled); i++) {
		reg_write(u, TXDATA, (uint8_t)buf[i]);
	}
}

/* 13.5: one read takes the byte and says whether there was one. */
static void sifive_interrupt(void *arg)
{
	struct sifive *u = arg;

	for (unsigned i = 0; i < RX_MAX; i++) {
		uint32_t v = reg_read(u, RXDATA);
		char c = (char)(uint8_t)v;

		if ((v & RXDATA_EMPTY) != 0) {
			break;
		}
		console_input(&c, 1);
	}
}

static int sifive_rx_on(struct serial *s)
{
	struct sifive *u = container_of(s, struct sifive, serial);
	int err;

	if (u->irq < 0) {
		return u->irq;
	}
	err = irq_request(u->irq, sifive_interrupt, u, "sifive_uart");
	if (err != 0) {
		return err;
	}
	reg_write(u, RXCTRL, field_set(reg_read(u, RXCTRL), RXCTRL_CNT, 0) | RXCTRL_EN);
	reg_write(u, IE, IE_RXWM);
	return 0;
}

static int sifive_probe(struct device *dev, const struct dt_match *m)
{
	struct sifive *u;
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
	u->serial.name = "sifive_uart";
	u->serial.node = dev->node;
	u->serial.write = sifive_write;
	u->serial.rx_on = sifive_rx_on;
	reg_write(u, IE, 0);
	reg_write(u, TXCTRL, reg_read(u, TXCTRL) | TXCTRL_EN);
	console_register(&u->serial);
	return 0;
}

static const struct dt_match sifive_match[] = { { "sifive,uart0", 0 }, { NULL, 0 } };

DRIVER(STAGE_SERIAL, sifive_uart, sifive_match, sifive_probe);
