/* SPDX-License-Identifier: MIT */
/* drivers/irqchip/gic_v2m.c: which lines a frame says that it has, and who gets them.
 * sources: drivers/irqchip/gic_v2m.c tests/unit/driver_env.c */
#include "driver_env.h"

#include <errno.h>
#include <string.h>

#define FRAME 0x8020000UL

static uint32_t typer;
static uint32_t mapped[8][3]; /* specifiers, in order */
static unsigned mapped_n;
static int map_error; /* the next but one fails so */

static uint64_t model_read(uintptr_t a, unsigned size)
{
	return a == FRAME + 8 && size == 4 ? typer : 0;
}

static void model_write(uintptr_t a, unsigned size, uint64_t v)
{
	(void)size;
	(void)v;
	check(false, a == FRAME + 0x40 ? "no message of our own" : "no register to write");
}

static int map(const uint32_t *cells, unsigned n)
{
	check(n == 3, "three cells");
	memcpy(mapped[mapped_n % 8], cells, sizeof(mapped[0]));
	mapped_n++;
	if (map_error != 0 && mapped_n == 2) {
		return map_error;
	}
	return 32 + (int)cells[1];
}

static struct dt_node node(void)
{
	return (struct dt_node){ .compatible = "arm,gic-v2m-frame", .reg = { { FRAME, 0x1000 } } };
}

static void test_refusals(void)
{
	static const struct {
		unsigned base, num;
		bool good;
	} t[] = {
		{ 80, 64, true },   { 31, 4, false },	   { 0, 4, false },   { 32, 0, false },
		{ 32, 988, true },  { 32, 989, false },	   { 1019, 1, true }, { 1019, 2, false },
		{ 1020, 1, false }, { 1023, 1023, false },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(t); i++) {
		struct dt_node n = node();
		char what[60];

		typer = t[i].base << 16 | t[i].num;
		env.errors = 0;
		snprintf(what, sizeof(what), "%u lines from %u: %s", t[i].num, t[i].base,
			 t[i].good ? "taken" : "refused, and said");
		check((env_probe(&n) == 0) == t[i].good && env.errors == !t[i].good, what);
	}
	struct dt_node n = node();

	n.reg[0].size = 0x800;
	check(env_probe(&n) == -EINVAL, "a frame too small is refused");
	typer = 0;
	n = node();
	n.props[0] = (struct env_prop){ "arm,msi-base-spi", NULL, 1, { 40 }, NULL };
	n.props[1] = (struct env_prop){ "arm,msi-num-spis", NULL, 1, { 0xffffffff }, NULL };
	check(env_probe(&n) == -EINVAL, "so are properties that lie");
}

static void test_alloc(void)
{
	struct dt_node n = node();
	struct msi_vector v[8] = { { 0 } };
	struct msi_controller *c;

	typer = 999U << 16 | 1; /* wrong, and the tree says so */
	n.props[0] = (struct env_prop){ "arm,msi-base-spi", NULL, 1, { 80 }, NULL };
	n.props[1] = (struct env_prop){ "arm,msi-num-spis", NULL, 1, { 5 }, NULL };
	check(env_probe(&n) == 0 && env.msi->node == &n, "the properties win");
	c = env.msi;
	check(c->ops->alloc(c, 7, 6, v) == -ENOSPC && mapped_n == 0, "more than there are");
	map_error = -EINVAL;
	check(c->ops->alloc(c, 7, 3, v) == -EINVAL, "a line that the GIC does not have");
	map_error = 0;
	mapped_n = 0;
	check(c->ops->alloc(c, 7, 2, v) == 0 && v[0].address == FRAME + 0x40 && v[0].data == 80 &&
		      v[0].irq == 80 && v[1].data == 81 && v[1].irq == 81,
	      "two, from the first: nothing was taken before");
	check(mapped_n == 2 && mapped[0][0] == 0 && mapped[0][1] == 48 && mapped[0][2] == 1,
	      "shared lines with rising edges");
	check(c->ops->alloc(c, 7, 1, v) == -EBUSY, "a device has its own once");
	check(c->ops->alloc(c, 0, 3, v) == 0 && v[2].data == 84, "another has the rest");
	check(c->ops->alloc(c, 9, 1, v) == -ENOSPC, "then none is left");
}

int main(void)
{
	env_read = model_read;
	env_write = model_write;
	env_reset();
	env.irq_map = map;
	test_refusals();
	test_alloc();
	return check_done();
}
