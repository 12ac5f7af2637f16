/* SPDX-License-Identifier: MIT */
/* Several CPUs, or one: every contract holds for both. */
#include "smp.h"

#include "../tap.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 60 /* seconds, of a machine that may be slow */

unsigned n_cpus;

static cpu_set_t set_of(unsigned mask)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int i = 0; i < 32; i++) {
		if ((mask >> i & 1) != 0) {
			CPU_SET(i, &set);
		}
	}
	return set;
}

pthread_t start(unsigned mask, int prio, void *(*fn)(void *arg), void *arg)
{
	struct sched_param p = { .sched_priority = prio };
	cpu_set_t set = set_of(mask);
	pthread_attr_t a;
	pthread_t t = 0;

	pthread_attr_init(&a);
	pthread_attr_setaffinity_np(&a, sizeof(set), &set);
	pthread_attr_setinheritsched(&a, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&a, prio == 0 ? SCHED_OTHER : SCHED_FIFO);
	pthread_attr_setschedparam(&a, &p);
	if (pthread_create(&t, &a, fn, arg) != 0) {
		ok(false, "a thread can be made");
	}
	pthread_attr_destroy(&a);
	return t;
}

void *end(pthread_t t)
{
	void *result = NULL;

	pthread_join(t, &result);
	return result;
}

void bind(pthread_t t, unsigned mask)
{
	cpu_set_t set = set_of(mask);

	if (pthread_setaffinity_np(t, sizeof(set), &set) != 0) {
		ok(false, "a thread can be bound to CPUs %x", mask);
	}
}

unsigned all(void)
{
	return (1U << n_cpus) - 1;
}

bool spin_until(_Atomic unsigned *what, unsigned value)
{
	time_t deadline = time(NULL) + PATIENCE;

	while (atomic_load(what) != value) {
		if (time(NULL) > deadline) {
			return false;
		}
	}
	return true;
}

static void *where(void *arg)
{
	(void)arg;
	return (void *)(uintptr_t)sched_getcpu();
}

static void visit_each(void)
{
	for (unsigned i = 0; i < n_cpus; i++) {
		diag("# a thread on CPU %u",
		     (unsigned)(uintptr_t)end(start(1U << i, 0, where, NULL)));
	}
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "alarm") == 0) { /* for tests/system/test_smp.py */
		diag("alarm on CPU %d", (int)where_it_rings() - 1);
		return 0;
	}
	n_cpus = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	diag("# %u CPUs", n_cpus);
	if (argc > 1 && strcmp(argv[1], "each") == 0) {
		visit_each();
		return 0;
	}
	ok(n_cpus >= 1 && n_cpus <= 8, "sysconf() knows how many CPUs run");
	ok(sysconf(_SC_NPROCESSORS_CONF) >= (long)n_cpus, "and how many there are");
	test_place();
	test_cross();
	test_lock();
	test_irq();
	return tap_done();
}
