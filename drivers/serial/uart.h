/* SPDX-License-Identifier: MIT */
/* UARTs with registers of one width, which differ in where these are and what their bits mean: all of it but pl011.c and
 * ns16550.c, which are in every image. */
#pragma once

#include <kernel/arch.h>
#include <kernel/console.h>
#include <kernel/device.h>

/* Bytes taken in one interrupt: more than a FIFO holds, so that an empty one is seen. */
#define UART_RX_MAX 256

/* How a byte is sent: to @data, when @mask of @status is @want. */
struct uart_tx {
	uint8_t width;	      /* of an access, bytes */
	uint8_t status, data; /* offsets */
	uint32_t mask, want;
};

struct uart;

/* A kind of them. */
struct uart_ops {
	const char *name;
	size_t size; /* of the registers */
	struct uart_tx tx;
	/* Make it send; what comes is not told yet. Boot. */
	void (*enable)(struct uart *u);
	/* Interrupt from now on when bytes come. */
	void (*rx_on)(struct uart *u);
	/* Take what has come: by uart_input(). Masked. */
	void (*interrupt)(struct uart *u);
};

struct uart {
	struct serial serial;
	const struct uart_ops *ops;
	const struct uart_tx *tx;
	uintptr_t base;
	int irq;	 /* -errno: none */
	bool stalled;	 /* the transmitter did not move: do not wait for it again */
	uint32_t errors; /* in what was received */
};

static inline uint32_t uart_read(const struct uart *u, unsigned reg)
{
	return mmio_read32(u->base + reg);
}

static inline void uart_write(const struct uart *u, unsigned reg, uint32_t v)
{
	mmio_write32(u->base + reg, v);
}

/* A byte came. Masked. */
static inline void uart_input(uint8_t b)
{
	char c = (char)b;

	console_input(&c, 1);
}

/* A driver's probe: the match's data is a struct uart_ops. */
int uart_probe(struct device *dev, const struct dt_match *m);
/* A struct serial's write(), of a struct uart with base and tx. Any context. */
void uart_send(struct serial *s, const char *buf, size_t n);
