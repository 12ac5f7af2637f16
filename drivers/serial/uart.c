/* SPDX-License-Identifier: MIT */
/* What UARTs have in common: polled sends, the interrupt of receives, the way to a console. */
#include "uart.h"

#include "tx_wait.h"

#include <drivers/reg_io.h>
#include <errno.h>
#include <kernel/alloc.h>

static uint32_t tx_status(const void *uart)
{
	const struct uart *u = uart;

	return reg_io_read(u->base + u->tx->status, u->tx->width);
}

void uart_send(struct serial *s, const char *buf, size_t n)
{
	struct uart *u = container_of(s, struct uart, serial);
	const struct uart_tx *tx = u->tx;

	for (size_t i = 0; i < n && tx_wait(u, tx_status, tx->mask, tx->want, &u->stalled); i++) {
		reg_io_write(u->base + tx->data, tx->width, (uint8_t)buf[i]);
	}
}

static void interrupt(void *arg)
{
	struct uart *u = arg;

	u->ops->interrupt(u);
}

static int rx_on(struct serial *s)
{
	struct uart *u = container_of(s, struct uart, serial);
	int err;

	if (u->irq < 0) {
		return u->irq;
	}
	err = irq_request(u->irq, interrupt, u, u->ops->name);
	if (err == 0) {
		u->ops->rx_on(u);
	}
	return err;
}

int uart_probe(struct device *dev, const struct dt_match *m)
{
	const struct uart_ops *ops = (const struct uart_ops *)m->data;
	size_t size;
	uintptr_t base = dev_mmio(dev, 0, &size);
	struct uart *u;

	if (base == 0 || size < ops->size) {
		return -EINVAL;
	}
	u = kzalloc(sizeof(*u));
	if (u == NULL) {
		return -ENOMEM;
	}
	u->ops = ops;
	u->tx = &ops->tx;
	u->base = base;
	u->irq = dev_irq(dev, 0);
	u->serial.name = ops->name;
	u->serial.node = dev->node;
	u->serial.write = uart_send;
	u->serial.rx_on = rx_on;
	ops->enable(u);
	console_register(&u->serial);
	return 0;
}
