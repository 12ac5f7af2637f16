/* SPDX-License-Identifier: MIT */
/* A machine for one driver on the host: a tree node, a model of the device behind every register
 * access, and recorders for what the driver tells the kernel. */
#pragma once

#include <drivers/irqchip.h>
#include <drivers/msi.h>
#include <kernel/console.h>
#include <kernel/device.h>
#include <kernel/power.h>
#include <stdio.h>

#define ENV_PROPS 8
#define ENV_CELLS 8

struct env_prop {
	const char *name;
	const char *str; /* a string, or NULL: cells */
	unsigned n;
	uint32_t cells[ENV_CELLS];
	const struct dt_node *ref; /* what the phandle points at, or NULL */
};

struct dt_node {
	const char *compatible;
	const struct dt_node *parent, *child;
	struct env_prop props[ENV_PROPS];
	struct {
		uintptr_t base;
		size_t size;
	} reg[4];
	int irq; /* dev_irq() answers this */
};

/* Register accesses go here; the test sets both before it probes. */
extern uint64_t (*env_read)(uintptr_t addr, unsigned size);
extern void (*env_write)(uintptr_t addr, unsigned size, uint64_t v);

/* What the driver did. */
extern struct env {
	struct serial *console;
	char input[4096];
	size_t input_n;
	irq_handler_t handler; /* of the last irq_request() */
	void *handler_arg;
	int handler_irq;
	struct irqchip *chip;
	unsigned chip_lines;
	struct irqchip *root;
	struct power_ops *power;
	struct msi_controller *msi;			   /* the last one */
	int (*irq_map)(const uint32_t *cells, unsigned n); /* NULL: the first cell */
	int set_cpu_irq;				   /* of the last irq_set_cpu() */
	unsigned set_cpu_to;
	unsigned delivered[64]; /* lines, in order */
	unsigned delivered_n;
	void (*on_deliver)(unsigned line);
	unsigned errors; /* messages of level error and worse */
} env;

/* Forget the above. */
void env_reset(void);
/* Probe @n with the driver that its compatible string names; -ENODEV when none does. */
int env_probe(const struct dt_node *n);

/* Blocks that drivers hold now. */
unsigned env_allocations(void);

/* One TAP line; counts. */
void check(bool ok, const char *what);
/* The plan line; the exit status of the program. */
int check_done(void);
