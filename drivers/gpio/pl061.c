/* SPDX-License-Identifier: MIT */
/* GPIO controller, Arm PL061: eight lines. Spec: ARM DDI 0190. */
#include <drivers/gpio.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/arch.h>

#define GPIODATA(mask) (4 * (mask)) /* only these lines are read or written */
#define GPIODIR	       0x400
#define GPIOIS	       0x404 /* levels, not edges */
#define GPIOIBE	       0x408 /* both edges */
#define GPIOIE	       0x410
#define GPIOMIS	       0x418
#define GPIOIC	       0x41c
#define SIZE	       0x1000U
#define LINES	       8U

struct pl061 {
	struct gpio_chip chip;
	uintptr_t base;
	int irq;
	bool requested;
};

static struct pl061 *pl061_of(struct gpio_chip *c)
{
	return container_of(c, struct pl061, chip);
}

static uint8_t read(const struct pl061 *p, unsigned reg)
{
	return (uint8_t)mmio_read32(p->base + reg);
}

static void write(const struct pl061 *p, unsigned reg, unsigned v)
{
	mmio_write32(p->base + reg, v);
}

static bool pl061_get(struct gpio_chip *c, unsigned line)
{
	return read(pl061_of(c), GPIODATA(BIT(line))) != 0;
}

static void pl061_set(struct gpio_chip *c, unsigned line, bool high)
{
	struct pl061 *p = pl061_of(c);
	unsigned bit = 1U << line;

	/* The level first: it is driven from the moment on that the line is an output. */
	write(p, GPIODATA(bit), high ? bit : 0);
	write(p, GPIODIR, read(p, GPIODIR) | bit);
	write(p, GPIODATA(bit), high ? bit : 0);
}

static void pl061_interrupt(void *arg)
{
	struct pl061 *p = arg;
	unsigned lines = read(p, GPIOMIS);

	write(p, GPIOIC, lines);
	for (unsigned i = 0; i < LINES; i++) {
		if ((lines & 1U << i) != 0) {
			gpio_changed(&p->chip, i);
		}
	}
}

static int pl061_watch(struct gpio_chip *c, unsigned line)
{
	struct pl061 *p = pl061_of(c);
	unsigned bit = 1U << line;
	int r;

	if (p->irq < 0) {
		return p->irq;
	}
	write(p, GPIODIR, read(p, GPIODIR) & ~bit);
	write(p, GPIOIS, read(p, GPIOIS) & ~bit);
	write(p, GPIOIBE, read(p, GPIOIBE) | bit);
	write(p, GPIOIC, bit);
	write(p, GPIOIE, read(p, GPIOIE) | bit);
	if (p->requested) {
		return 0;
	}
	r = irq_request(p->irq, pl061_interrupt, p, "pl061");
	p->requested = r == 0;
	return r;
}

static const struct gpio_ops pl061_ops = {
	.get = pl061_get,
	.set = pl061_set,
	.watch = pl061_watch,
};

static int pl061_probe(struct device *dev, const struct dt_match *m)
{
	size_t size;
	uintptr_t base = dev_mmio(dev, 0, &size);
	struct pl061 *p;

	(void)m;
	if (base == 0 || size < SIZE) {
		return -EINVAL;
	}
	p = kzalloc(sizeof(*p));
	if (p == NULL) {
		return -ENOMEM;
	}
	p->base = base;
	p->irq = dev_irq(dev, 0); /* as an output it needs none */
	p->chip = (struct gpio_chip){ .ops = &pl061_ops, .node = dev->node, .lines = LINES };
	write(p, GPIOIE, 0);
	gpio_register(&p->chip);
	return 0;
}

static const struct dt_match pl061_match[] = { { "arm,pl061", 0 }, { NULL, 0 } };

DRIVER(STAGE_BUS, pl061, pl061_match, pl061_probe);
