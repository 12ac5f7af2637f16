/* SPDX-License-Identifier: MIT */
/* Spinlocks are fair: CPUs get one in the order in which they asked, whoever gives it back. */
#include "smp.h"

#include "../tap.h"

#include <kernel/arch.h>
#include <kernel/spinlock.h>

static struct spinlock lock;
static _Atomic unsigned ready, turn;
static unsigned order[8], n_order;

static void lock_and_note(unsigned me)
{
	irqstate_t s = spin_lock_save(&lock);

	order[n_order++] = me;
	spin_unlock_restore(&lock, s);
}

static void *ask(void *arg)
{
	unsigned me = (unsigned)(uintptr_t)arg;

	atomic_fetch_add(&ready, 1);
	spin_until(&turn, me);
	lock_and_note(me);
	return arg;
}

/* Holds the lock until all others wait for it, gives it back and wants it again at once. Masked. */
static bool hold(void)
{
	bool good = true;

	spin_lock(&lock);
	for (unsigned i = 1; i < n_cpus; i++) {
		atomic_store(&turn, i);
		good = good && spin_until(&lock.next, i + 1);
	}
	spin_unlock(&lock);
	spin_lock(&lock);
	order[n_order++] = 0;
	spin_unlock(&lock);
	return good;
}

void test_lock(void)
{
	pthread_t t[8];
	irqstate_t s;
	bool good;

	bind(pthread_self(), 1);
	for (unsigned i = 1; i < n_cpus; i++) {
		t[i] = start(1U << i, 0, ask, (void *)(uintptr_t)i);
	}
	good = spin_until(&ready, n_cpus - 1);
	s = arch_irq_save();
	good = hold() && good;
	arch_irq_restore(s);
	for (unsigned i = 1; i < n_cpus; i++) {
		end(t[i]);
	}
	bind(pthread_self(), all());
	for (unsigned i = 0; i < n_cpus; i++) {
		good = good && order[i] == (i + 1) % n_cpus;
	}
	ok(good && n_order == n_cpus && !spin_is_locked(&lock),
	   "%u CPUs get a spinlock in the order in which they asked", n_cpus);
}
