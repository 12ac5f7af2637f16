/* SPDX-License-Identifier: MIT */
/* GPIO controllers by their nodes. */
#include <drivers/gpio.h>
#include <errno.h>

#define FLAG_ACTIVE_LOW 1U

static struct gpio_chip *chips;

void gpio_register(struct gpio_chip *c)
{
	c->next = chips;
	chips = c;
}

int gpio_find(const struct dt_node *n, const char *name, struct gpio *g)
{
	const struct dt_node *node = dt_ref(n, name);
	struct gpio_chip *c = chips;

	if (node == NULL) {
		return -ENOENT;
	}
	while (c != NULL && c->node != node) {
		c = c->next;
	}
	if (c == NULL) {
		return -ENODEV;
	}
	*g = (struct gpio){ .chip = c, .line = dt_u32(n, name, 1, UINT32_MAX) };
	g->active_low = (dt_u32(n, name, 2, 0) & FLAG_ACTIVE_LOW) != 0;
	return dt_u32(node, "#gpio-cells", 0, 0) == 2 && g->line < c->lines ? 0 : -EINVAL;
}

int gpio_watch(struct gpio *g, void (*fn)(void *arg), void *arg)
{
	struct gpio_chip *c = g->chip;
	int r;

	for (const struct gpio *w = c->watched; w != NULL; w = w->next) {
		if (w->line == g->line) {
			return -EBUSY;
		}
	}
	g->fn = fn;
	g->arg = arg;
	g->next = c->watched;
	c->watched = g; /* before its first interrupt */
	r = c->ops->watch(c, g->line);
	if (r != 0) {
		c->watched = g->next;
	}
	return r;
}

void gpio_changed(const struct gpio_chip *c, unsigned line)
{
	for (const struct gpio *g = c->watched; g != NULL; g = g->next) {
		if (g->line == line) {
			g->fn(g->arg);
		}
	}
}
