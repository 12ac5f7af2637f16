/* SPDX-License-Identifier: MIT */
/* Class of SPI hosts, by whom the device at the other end is a child in the tree. One device uses the bus at a time, with
 * its own lock; bytes are polled, most significant bit first. Spec: binding spi/spi-controller. */
#pragma once

#include <kernel/device.h>

struct spi_host;

struct spi_host_ops {
	/* For device @cs, not selected: clock polarity and phase as mode 0 to 3 (bit 1 and bit 0), and the fastest clock
	 * that is not above @hz. 0, or -EINVAL: the host cannot. */
	int (*setup)(struct spi_host *h, unsigned cs, unsigned mode, uint32_t hz);
	/* Drive the line of the device that setup() named. */
	void (*select)(struct spi_host *h, bool on);
	/* Exchange @n bytes: @out NULL sends 0xff, @in NULL drops what comes. Returns when the last is there: 0, or
	 * -ETIMEDOUT: the host stands still. */
	int (*transfer)(struct spi_host *h, const uint8_t *out, uint8_t *in, size_t n);
};

/* Embedded in the driver's structure. */
struct spi_host {
	const struct spi_host_ops *ops;
	const struct dt_node *node;
	struct spi_host *next; /* (private) */
};

/* At STAGE_BUS, so that devices find it at STAGE_DEVICE. Boot. */
void spi_host_register(struct spi_host *h);
/* The host that device node @n is a child of; NULL: nobody drives it. */
struct spi_host *spi_host_of(const struct dt_node *n);
