/* SPDX-License-Identifier: MIT */
/* Devices and drivers. A driver is one file and one constant record in a linker section;
 * records are sorted by stage, and each stage walks the tree once. */
#pragma once

#include <kernel/fdt.h>
#include <kernel/irq.h>
#include <kernel/list.h>

/* Stages, in boot order. */
#define STAGE_IRQCHIP 10
#define STAGE_TIMER   20
#define STAGE_SERIAL  30
#define STAGE_POWER   40
#define STAGE_BUS     50
#define STAGE_DEVICE  60
#define STAGE_SERVICE \
	70 /* software on top of the devices: the network's configuration, file systems */
#define STAGE_MAIN 80 /* the same, in the main thread before main(): may wait */

struct device {
	const struct dt_node *node;
	const struct driver *driver;
	const struct dt_match *match; /* what brought the two together */
	struct list link;	      /* (private) in its stage's list until it was probed */
	char name[48];		      /* path in the tree, for messages */
};

struct dt_match {
	const char *compatible; /* NULL ends the table */
	uintptr_t data;		/* the driver's own: a quirk is data here */
};

struct driver {
	const char *name;
	unsigned stage;
	const struct dt_match *match;
	/* Returns 0 (bound; @dev lives on), -ENODEV (not mine: silent), or -errno (logged; boot goes on). */
	int (*probe)(struct device *dev, const struct dt_match *m);
};

/* All records of the image. */
extern const struct driver drivers_start[], drivers_end[];

/* DRIVER(STAGE_SERIAL, pl011, pl011_match, pl011_probe); at the end of the driver's file. */
#define DRIVER(stage_, name_, match_, probe_)                                                 \
	static const struct driver driver_##name_                                             \
		__attribute__((used, section(".drivers." DRIVER_STR(stage_) "." #name_))) = { \
			.name = #name_, .stage = stage_, .match = match_, .probe = probe_     \
		}
#define DRIVER_STR(x)  DRIVER_STR_(x)
#define DRIVER_STR_(x) #x

/* Boot: find the driver of every enabled node, once; log each node that nobody knows. */
void device_match(void);
/* Boot: probe every driver of @stage: first those without a match table, once each, with the
 * root node (NULL when there is no tree), then the others against the tree. */
void device_probe_stage(unsigned stage);
/* Does a driver of this image name one of @n's compatible strings? Any context. */
bool device_has_driver(const struct dt_node *n);
/* Is @n a device, that is not one whose properties are read elsewhere or that only holds others? Any context. */
bool device_needs_driver(const struct dt_node *n);
/* Map the i-th register window; returns its address, or 0. @size may be NULL. An error is logged. */
uintptr_t dev_mmio(struct device *dev, unsigned i, size_t *size);
/* Number of the i-th interrupt, or -errno. */
int dev_irq(struct device *dev, unsigned i);
