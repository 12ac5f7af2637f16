/* SPDX-License-Identifier: MIT */
/* earlycon=KIND,[mmio|mmio32|...,]ADDRESS[,OPTIONS]: a console from the bootargs, before the first driver, as long as no device of
 * the tree is one: where the tree names no UART that anybody drives, it is all there is. It sends, as its firmware set it
 * up. Spec: Linux Documentation/admin-guide/kernel-parameters.rst, earlycon. */
#include "uart.h"

#include <errno.h>
#include <kernel/log.h>
#include <kernel/page.h>
#include <kernel/pagetable.h>
#include <kernel/params.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW 0x1000U /* the registers of all of them are in one page */

/* Registers of a 16550, so many bytes apart. */
#define TX_8250(bytes_)                                                                            \
	{                                                                                          \
		.width = bytes_, .status = 5 * bytes_, .data = 0, .mask = 1U << 5, .want = 1U << 5 \
	}

/* By what the word begins with; the first that matches. */
static const struct kind {
	const char *prefix;
	struct uart_tx tx;
} kinds[] = {
	{ "uart8250,mmio32,", TX_8250(4) },
	{ "uart8250,mmio16,", TX_8250(2) },
	{ "uart8250,mmio,", TX_8250(1) },
	{ "uart,mmio32,", TX_8250(4) },
	{ "uart,mmio16,", TX_8250(2) },
	{ "uart,mmio,", TX_8250(1) },
	{ "bcm2835aux,mmio32,", TX_8250(4) },
	{ "bcm2835aux,", TX_8250(4) },
	{ "pl011,mmio32,", { .width = 4, .status = 0x18, .mask = 1U << 5 } },
	{ "pl011,", { .width = 4, .status = 0x18, .mask = 1U << 5 } },
	{ "cdns,", { .width = 4, .status = 0x2c, .data = 0x30, .mask = 1U << 4 } },
	{ "ec_imx6q,", { .width = 4, .status = 0xb4, .data = 0x40, .mask = 1U << 4 } },
	{ "ec_imx21,", { .width = 4, .status = 0xb4, .data = 0x40, .mask = 1U << 4 } },
	{ "sifive,", { .width = 4, .mask = 1U << 31 } },
};

static struct uart early = { .serial = { .name = "earlycon", .write = uart_send } };

static int map(uint64_t at)
{
	uint64_t page = at & ~(uint64_t)(WINDOW - 1);

	if (at == 0 || page_overlaps_ram(page, WINDOW)) {
		return -EINVAL;
	}
	return pagetable_map(page, WINDOW, MAP_READ | MAP_WRITE | MAP_DEVICE);
}

static int begin(const struct kind *k, const char *address)
{
	char *end;
	uint64_t at = strtoull(address, &end, 0);
	int r = end == address || (*end != '\0' && *end != ',') ? -EINVAL : map(at);

	if (r == 0) {
		early.tx = &k->tx;
		early.base = at;
		console_register(&early.serial);
	}
	return r;
}

static int earlycon_probe(struct device *dev, const struct dt_match *m)
{
	const char *word = param("earlycon");
	int r = -EOPNOTSUPP;

	(void)dev;
	(void)m;
	/* Without a value it is the one of stdout-path, and "sbi" the firmware's: both come soon. */
	if (word == NULL || word[0] == '\0' || strcmp(word, "sbi") == 0) {
		return -ENODEV;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strncmp(word, kinds[i].prefix, strlen(kinds[i].prefix)) == 0) {
			r = begin(&kinds[i], word + strlen(kinds[i].prefix));
			break;
		}
	}
	if (r != 0) {
		log_warn("earlycon=%s: error %d; known are uart8250,mmio32,ADDRESS and pl011, "
			 "cdns, sifive, bcm2835aux, ec_imx6q",
			 word, -r);
	}
	return -ENODEV;
}

/* Drivers without nodes come first in their stage. */
DRIVER(STAGE_IRQCHIP, earlycon, NULL, earlycon_probe);
