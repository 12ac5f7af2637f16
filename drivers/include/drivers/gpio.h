/* SPDX-License-Identifier: MIT */
/* Class of GPIO controllers, and lines as the tree names them. Spec: binding gpio/gpio.txt, cells of two: line and flags. */
#pragma once

#include <kernel/device.h>

struct gpio_chip;
struct gpio;

struct gpio_ops {
	bool (*get)(struct gpio_chip *c, unsigned line);
	/* An output from now on. Any context. */
	void (*set)(struct gpio_chip *c, unsigned line, bool high);
	/* Make it an input whose every change interrupts, and is told by gpio_changed(). 0, -errno. Boot. */
	int (*watch)(struct gpio_chip *c, unsigned line);
};

/* Embedded in the driver's structure. */
struct gpio_chip {
	const struct gpio_ops *ops;
	const struct dt_node *node;
	unsigned lines;
	struct gpio_chip *next; /* (private) */
	struct gpio *watched;	/* (private) */
};

/* A line of a chip. */
struct gpio {
	struct gpio_chip *chip;
	unsigned line;
	bool active_low;
	void (*fn)(void *arg); /* (private) of who watches it */
	void *arg;	       /* (private) */
	struct gpio *next;     /* (private) the chip's other watched lines */
};

/* At STAGE_BUS, so that who needs a line finds it at STAGE_DEVICE. Boot. */
void gpio_register(struct gpio_chip *c);
/* The first entry of @n's property @name. 0, -ENOENT (no such property), -ENODEV (a controller that nobody drives),
 * -EINVAL (no such line). */
int gpio_find(const struct dt_node *n, const char *name, struct gpio *g);
/* Call fn(arg), masked, in the interrupt of each change; @g stays the chip's. 0, -EBUSY (somebody does), -errno. Boot. */
int gpio_watch(struct gpio *g, void (*fn)(void *arg), void *arg);
/* For drivers: @line of @c changed. Masked. */
void gpio_changed(const struct gpio_chip *c, unsigned line);

static inline bool gpio_active(const struct gpio *g)
{
	return g->chip->ops->get(g->chip, g->line) != g->active_low;
}

static inline void gpio_drive(const struct gpio *g, bool active)
{
	g->chip->ops->set(g->chip, g->line, active != g->active_low);
}
