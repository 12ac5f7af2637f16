/* SPDX-License-Identifier: MIT */
/* GPIO controller of SiFive's chips: an interrupt for each line. Spec: SiFive FU540-C000 Manual v1p4, 17; binding
 * gpio/sifive,gpio. */
#include <drivers/field.h>
#include <drivers/gpio.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/arch.h>

#define INPUT_VAL  0x00
#define INPUT_EN   0x04
#define OUTPUT_EN  0x08
#define OUTPUT_VAL 0x0c
#define RISE_IE	   0x18
#define RISE_IP	   0x1c /* written ones clear */
#define FALL_IE	   0x20
#define FALL_IP	   0x24
#define HIGH_IE	   0x28
#define LOW_IE	   0x30
#define IOF_EN	   0x38 /* the line belongs to another device */
#define OUT_XOR	   0x40
#define SIZE	   0x44U
#define LINES	   16U
#define LINES_MAX  32U

struct line {
	struct sifive_gpio *gpio;
	unsigned number;
};

struct sifive_gpio {
	struct gpio_chip chip;
	uintptr_t base;
	struct device *dev;
	struct line line[LINES_MAX];
};

static struct sifive_gpio *gpio_of(struct gpio_chip *c)
{
	return container_of(c, struct sifive_gpio, chip);
}

static uint32_t read(const struct sifive_gpio *s, unsigned reg)
{
	return mmio_read32(s->base + reg);
}

static void write(const struct sifive_gpio *s, unsigned reg, uint32_t v)
{
	mmio_write32(s->base + reg, v);
}

static void change(const struct sifive_gpio *s, unsigned reg, unsigned line, bool on)
{
	uint32_t old = read(s, reg), v = on ? old | BIT32(line) : old & ~BIT32(line);

	if (v != old) {
		write(s, reg, v);
	}
}

static bool sifive_get(struct gpio_chip *c, unsigned line)
{
	struct sifive_gpio *s = gpio_of(c);

	change(s, INPUT_EN, line, true);
	return (read(s, INPUT_VAL) & BIT32(line)) != 0;
}

static void sifive_set(struct gpio_chip *c, unsigned line, bool high)
{
	struct sifive_gpio *s = gpio_of(c);

	/* The level first: it is driven from the moment on that the line is an output. */
	change(s, OUT_XOR, line, false);
	change(s, OUTPUT_VAL, line, high);
	change(s, OUTPUT_EN, line, true);
	change(s, IOF_EN, line, false);
}

/* A rise and a fall share the line's interrupt. */
static void sifive_interrupt(void *arg)
{
	const struct line *l = arg;
	uint32_t bit = BIT32(l->number);

	write(l->gpio, RISE_IP, bit);
	write(l->gpio, FALL_IP, bit);
	gpio_changed(&l->gpio->chip, l->number);
}

static int sifive_watch(struct gpio_chip *c, unsigned line)
{
	struct sifive_gpio *s = gpio_of(c);
	int irq = dev_irq(s->dev, line);

	if (irq < 0) {
		return irq;
	}
	s->line[line] = (struct line){ s, line };
	change(s, OUTPUT_EN, line, false);
	change(s, IOF_EN, line, false);
	change(s, INPUT_EN, line, true);
	write(s, RISE_IP, BIT32(line));
	write(s, FALL_IP, BIT32(line));
	change(s, RISE_IE, line, true);
	change(s, FALL_IE, line, true);
	return irq_request(irq, sifive_interrupt, &s->line[line], "sifive_gpio");
}

static const struct gpio_ops sifive_ops = {
	.get = sifive_get,
	.set = sifive_set,
	.watch = sifive_watch,
};

static int sifive_probe(struct device *dev, const struct dt_match *m)
{
	static const unsigned enables[] = { RISE_IE, FALL_IE, HIGH_IE, LOW_IE };
	uint32_t lines = dt_u32(dev->node, "ngpios", 0, LINES);
	struct sifive_gpio *s;
	size_t size;
	uintptr_t base = dev_mmio(dev, 0, &size);

	(void)m;
	if (base == 0 || size < SIZE || lines > LINES_MAX) {
		return -EINVAL;
	}
	s = kzalloc(sizeof(*s));
	if (s == NULL) {
		return -ENOMEM;
	}
	s->base = base;
	s->dev = dev;
	s->chip = (struct gpio_chip){ .ops = &sifive_ops, .node = dev->node, .lines = lines };
	for (unsigned i = 0; i < ARRAY_SIZE(enables); i++) {
		write(s, enables[i], 0);
	}
	gpio_register(&s->chip);
	return 0;
}

static const struct dt_match sifive_match[] = {
	{ "sifive,gpio0", 0 },
	{ "sifive,fu540-c000-gpio", 0 },
	{ "sifive,fu740-c000-gpio", 0 },
	{ NULL, 0 },
};

DRIVER(STAGE_BUS, sifive_gpio, sifive_match, sifive_probe);
