/* SPDX-License-Identifier: MIT */
/* Judged by tests/system/test_locks.py: breaks the rule of spinlocks that argv[1] names. Must not come back. */
#define _GNU_SOURCE
#include <kernel/cpu.h>
#include <kernel/smp.h>
#include <kernel/spinlock.h>
#include <kernel/thread.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define MANY 17 /* one more than are kept account of */

static struct spinlock a, b, many[MANY];
static _Atomic unsigned others; /* locks that the other CPU has */
static volatile unsigned taken;

static __attribute__((noinline, noclone)) void take(struct spinlock *l)
{
	spin_lock(l);
	taken++; /* so that the check is no tail call, but called from here */
}

/* Masked, on CPU 1: the first lock, then the second, if there is one, when the other side has it too. */
static void *take_there(void *second)
{
	irqstate_t s = arch_irq_save();

	take(&a);
	atomic_store(&others, 1);
	while (second != NULL && atomic_load(&others) == 1) {
		arch_relax();
	}
	if (second != NULL) {
		take(second);
	}
	for (;;) {
		unsigned spins = 0;

		spin_relax(&spins);
	}
	arch_irq_restore(s);
	return NULL;
}

static void start_there(struct spinlock *second)
{
	pthread_attr_t attr;
	cpu_set_t set;
	pthread_t t;

	CPU_ZERO(&set);
	CPU_SET(1, &set);
	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	if (pthread_create(&t, &attr, take_there, second) != 0) {
		printf("no thread\n");
	}
	while (atomic_load(&others) == 0) {
	}
}

static void open_to_interrupts(void)
{
	take(&a);
}

static void twice(void)
{
	arch_irq_save();
	take(&a);
	take(&a);
}

static void not_held(void)
{
	arch_irq_save();
	spin_unlock(&a);
}

static void of_another(void)
{
	start_there(NULL);
	arch_irq_save();
	spin_unlock(&a);
}

static void interrupted(void)
{
	irqstate_t s = arch_irq_save();

	take(&a);
	smp_ipi(cpu_self(), IPI_RESCHED);
	arch_irq_restore(s);
	for (;;) {
	}
}

static void switched(void)
{
	arch_irq_save();
	take(&a);
	sched_yield_cpu();
}

static void too_many(void)
{
	arch_irq_save();
	for (unsigned i = 0; i < MANY; i++) {
		take(&many[i]);
	}
}

/* Each has what the other wants. */
static void circle(void)
{
	start_there(&b);
	arch_irq_save();
	take(&b);
	atomic_store(&others, 2);
	take(&a);
}

/* What is allowed: in any order back, and as many as there is account of. */
static void as_it_should_be(void)
{
	irqstate_t s = arch_irq_save();

	for (unsigned i = 0; i < MANY - 1; i++) {
		take(&many[i]);
	}
	for (unsigned i = 0; i < MANY - 1; i++) {
		spin_unlock(&many[(i * 5 + 3) % (MANY - 1)]);
	}
	arch_irq_restore(s);
	s = arch_irq_save();
	take(&a);
	take(&b);
	spin_unlock(&a);
	spin_unlock(&b);
	arch_irq_restore(s);
	printf("no complaint\n");
}

static const struct {
	const char *name;
	void (*fn)(void);
} ways[] = {
	{ "open_to_interrupts", open_to_interrupts },
	{ "twice", twice },
	{ "not_held", not_held },
	{ "of_another", of_another },
	{ "interrupted", interrupted },
	{ "switched", switched },
	{ "too_many", too_many },
	{ "circle", circle },
	{ "as_it_should_be", as_it_should_be },
};

int main(int argc, char **argv)
{
	for (unsigned i = 0; argc > 1 && i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(ways[i].name, argv[1]) == 0) {
			ways[i].fn();
			printf("the end\n");
			return 0;
		}
	}
	printf("no such way\n");
	return 2;
}
