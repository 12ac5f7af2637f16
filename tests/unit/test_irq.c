/* SPDX-License-Identifier: MIT */
/* kernel/irq.c: numbers, handlers and masks over several controllers.
 * sources: tests/unit/test.c tests/unit/host/kernel.c */
#include "../../kernel/irq.c"

#include "kernel.h"
#include "test.h"

#include <stdlib.h>

#define LINES 1024

static unsigned masked[2][LINES], unmasked[2][LINES], ran, preempted;
static struct irqchip chip[2], spare[CHIPS];

static bool no_memory;

void *kzalloc(size_t n)
{
	return no_memory ? NULL : calloc(1, n);
}

void kfree(void *p)
{
	free(p);
}

static unsigned which(struct irqchip *c)
{
	return (unsigned)(c - chip);
}

static int xlate(struct irqchip *c, const uint32_t *cells, unsigned n)
{
	(void)c;
	return n == 1 ? (int)cells[0] : -EINVAL;
}

static void mask(struct irqchip *c, unsigned line)
{
	masked[which(c)][line % LINES]++;
}

static void unmask(struct irqchip *c, unsigned line)
{
	unmasked[which(c)][line % LINES]++;
}

static unsigned pending;

static void handle(struct irqchip *c)
{
	CHECK_EQ(cpus[0].irq_depth, 1);
	irq_deliver(c, pending);
}

static const struct irqchip_ops chip_ops = {
	.xlate = xlate, .mask = mask, .unmask = unmask, .handle = handle
};

static void handler(void *arg)
{
	CHECK(arg == &ran);
	ran++;
}

void sched_preempt(void)
{
	CHECK_EQ(cpus[0].irq_depth, 0);
	preempted++;
}

static void reset(unsigned lines_a, unsigned lines_b)
{
	for (unsigned i = 0; i < irqs.chips; i++) {
		kfree(irqs.chip[i]->line);
	}
	memset(&irqs, 0, sizeof(irqs));
	memset(masked, 0, sizeof(masked));
	memset(unmasked, 0, sizeof(unmasked));
	memset(env.logged, 0, sizeof(env.logged));
	memset(chip, 0, sizeof(chip));
	ran = preempted = 0;
	for (unsigned i = 0; i < 2; i++) {
		chip[i].ops = &chip_ops;
		chip[i].node = (void *)(16UL * (i + 1));
	}
	CHECK_EQ(irq_chip_add(&chip[0], lines_a), 0);
	CHECK_EQ(irq_chip_add(&chip[1], lines_b), (int)lines_a);
}

static int map(unsigned c, uint32_t line)
{
	return irq_map(chip[c].node, &line, 1);
}

static void test_numbers(void)
{
	reset(10, 20);
	CHECK_EQ(map(0, 0), 0);
	CHECK_EQ(map(0, 9), 9);
	CHECK_EQ(map(0, 10), -EINVAL);
	CHECK_EQ(map(1, 0), 10);
	CHECK_EQ(map(1, 19), 29);
	CHECK_EQ(map(1, 20), -EINVAL);
	CHECK_EQ(map(1, 0xffffffff), -1); /* what the chip said */
	CHECK_EQ(irq_map((void *)99, &(uint32_t){ 0 }, 1), -ENODEV);
	CHECK_EQ(irq_map(chip[0].node, (uint32_t[]){ 0, 0 }, 2), -EINVAL);
}

static void test_requests(void)
{
	reset(10, 20);
	CHECK_EQ(irq_request(12, handler, &ran, "a"), 0);
	CHECK(unmasked[1][2] == 1);
	CHECK_EQ(irq_request(12, handler, &ran, "b"), -EBUSY);
	CHECK_EQ(irq_request(30, handler, &ran, "c"), -EINVAL);
	CHECK_EQ(irq_request(-ENOENT, handler, &ran, "d"), -EINVAL);
	CHECK_EQ(env.logged[3], 1);
	irq_mask(12);
	irq_unmask(12);
	CHECK(masked[1][2] == 1 && unmasked[1][2] == 2);
	CHECK(PANICS(irq_mask(30)));
	CHECK(irq_count(12) == 0 && irq_count(-1) == 0 && irq_count(1 << 30) == 0);
}

static void test_delivery(void)
{
	reset(10, 20);
	irq_request(5, handler, &ran, "a");
	CHECK_EQ(irq_set_root(&chip[0]), 0);
	host.masked = true;
	pending = 5;
	irq_entry(NULL);
	irq_entry(NULL);
	CHECK(ran == 2 && preempted == 2 && irq_count(5) == 2 && masked[0][5] == 0);
	pending = 6; /* nobody's */
	irq_entry(NULL);
	CHECK(ran == 2 && masked[0][6] == 1 && env.logged[4] == 1);
	pending = 4711; /* no line at all */
	irq_entry(NULL);
	CHECK(ran == 2 && preempted == 4);
	host.masked = false;
}

static void test_many(void)
{
	reset(LINES, 5);
	CHECK_EQ(map(0, LINES - 1), LINES - 1);
	CHECK_EQ(map(0, LINES), -EINVAL);
	CHECK_EQ(map(1, 4), LINES + 4);
	CHECK_EQ(irq_request(LINES + 4, handler, &ran, "last"), 0);
	CHECK_EQ(irq_request(LINES + 5, handler, &ran, "beyond"), -EINVAL);
	no_memory = true;
	CHECK_EQ(irq_chip_add(&spare[0], 1), -ENOMEM);
	no_memory = false;
	for (unsigned i = 2; i < CHIPS; i++) {
		CHECK(irq_chip_add(&spare[i], 1) > 0);
	}
	CHECK_EQ(irq_chip_add(&spare[0], 1), -ENOSPC);
	reset(1, 1);
}

static const struct test tests[] = {
	{ "each controller's lines have numbers of their own", test_numbers },
	{ "one handler a line; requests that cannot be are refused", test_requests },
	{ "what is pending runs its handler; what is nobody's is masked", test_delivery },
	{ "as many lines as a controller has, and a table of controllers", test_many },
};
TEST_MAIN(tests)
