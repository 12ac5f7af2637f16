/* SPDX-License-Identifier: MIT */
/* GPIO controller of BCM2835 and its kin: 54 lines, which share four interrupts. Pulls are the firmware's. Spec: BCM2835 ARM
 * Peripherals 1.2.3, 6; binding pinctrl/brcm,bcm2835-gpio. */
#include <drivers/field.h>
#include <drivers/gpio.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/arch.h>

#define GPFSEL(line) (0x00 + (line) / 10 * 4)
#define FSEL(line)   FIELD((line) % 10 * 3 + 2, (line) % 10 * 3)
#define FSEL_INPUT   0U
#define FSEL_OUTPUT  1U
/* Two words each, a bit for a line. */
#define GPSET	     0x1c
#define GPCLR	     0x28
#define GPLEV	     0x34
#define GPEDS	     0x40 /* written ones clear */
#define GPREN	     0x4c
#define GPFEN	     0x58
#define GPHEN	     0x64
#define GPLEN	     0x70
#define GPAREN	     0x7c
#define GPAFEN	     0x88
#define WORD(line)   ((line) / 32 * 4)
#define BIT_OF(line) BIT32((line) % 32)
#define SIZE	     0xb0U
#define LINES	     54U
#define GROUPS	     3U /* of lines that have an interrupt of their own; the fourth is for all */

struct bcm2835_gpio {
	struct gpio_chip chip;
	uintptr_t base;
	struct device *dev;
	bool requested[GROUPS];
};

static struct bcm2835_gpio *gpio_of(struct gpio_chip *c)
{
	return container_of(c, struct bcm2835_gpio, chip);
}

static uint32_t read(const struct bcm2835_gpio *b, unsigned reg)
{
	return mmio_read32(b->base + reg);
}

static void write(const struct bcm2835_gpio *b, unsigned reg, uint32_t v)
{
	mmio_write32(b->base + reg, v);
}

static void set_function(const struct bcm2835_gpio *b, unsigned line, uint32_t function)
{
	write(b, GPFSEL(line), field_set(read(b, GPFSEL(line)), FSEL(line), function));
}

static bool bcm2835_get(struct gpio_chip *c, unsigned line)
{
	return (read(gpio_of(c), GPLEV + WORD(line)) & BIT_OF(line)) != 0;
}

static void bcm2835_set(struct gpio_chip *c, unsigned line, bool high)
{
	const struct bcm2835_gpio *b = gpio_of(c);

	/* 6.1, GPSETn: the level is kept for the moment in which the line becomes an output. */
	write(b, (high ? GPSET : GPCLR) + WORD(line), BIT_OF(line));
	set_function(b, line, FSEL_OUTPUT);
}

static void bcm2835_interrupt(void *arg)
{
	const struct bcm2835_gpio *b = arg;

	for (unsigned first = 0; first < LINES; first += 32) {
		uint32_t events = read(b, GPEDS + WORD(first));

		write(b, GPEDS + WORD(first), events);
		for (; events != 0; events &= events - 1) {
			gpio_changed(&b->chip, first + (unsigned)__builtin_ctz(events));
		}
	}
}

/* Lines 0 to 27, 28 to 45, and the rest. */
static unsigned group_of(unsigned line)
{
	return line < 28 ? 0 : line < 46 ? 1 : 2;
}

static int bcm2835_watch(struct gpio_chip *c, unsigned line)
{
	struct bcm2835_gpio *b = gpio_of(c);
	unsigned group = group_of(line);
	int irq = dev_irq(b->dev, group), r;

	if (irq < 0) {
		return irq;
	}
	set_function(b, line, FSEL_INPUT);
	write(b, GPEDS + WORD(line), BIT_OF(line));
	write(b, GPREN + WORD(line), read(b, GPREN + WORD(line)) | BIT_OF(line));
	write(b, GPFEN + WORD(line), read(b, GPFEN + WORD(line)) | BIT_OF(line));
	if (b->requested[group]) {
		return 0;
	}
	r = irq_request(irq, bcm2835_interrupt, b, "bcm2835_gpio");
	b->requested[group] = r == 0;
	return r;
}

static const struct gpio_ops bcm2835_ops = {
	.get = bcm2835_get,
	.set = bcm2835_set,
	.watch = bcm2835_watch,
};

static int bcm2835_probe(struct device *dev, const struct dt_match *m)
{
	static const unsigned enables[] = { GPREN, GPFEN, GPHEN, GPLEN, GPAREN, GPAFEN };
	struct bcm2835_gpio *b;
	size_t size;
	uintptr_t base = dev_mmio(dev, 0, &size);

	(void)m;
	if (base == 0 || size < SIZE) {
		return -EINVAL;
	}
	b = kzalloc(sizeof(*b));
	if (b == NULL) {
		return -ENOMEM;
	}
	b->base = base;
	b->dev = dev;
	b->chip = (struct gpio_chip){ .ops = &bcm2835_ops, .node = dev->node, .lines = LINES };
	for (unsigned i = 0; i < ARRAY_SIZE(enables); i++) {
		write(b, enables[i], 0);
		write(b, enables[i] + 4, 0);
	}
	gpio_register(&b->chip);
	return 0;
}

static const struct dt_match bcm2835_match[] = { { "brcm,bcm2835-gpio", 0 }, { NULL, 0 } };

DRIVER(STAGE_BUS, bcm2835_gpio, bcm2835_match, bcm2835_probe);
