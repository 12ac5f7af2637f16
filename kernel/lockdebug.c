/* SPDX-License-Identifier: MIT */
/* Checks of every spinlock, in images built with LOCKDEBUG=1: a lock taken with interrupts let in (of which
 * one may want it too), taken twice by one CPU, released by another, kept over an interrupt or a switch, and
 * waited for without end, as when two CPUs take two locks in different order. The report names the holder.
 * No checks once the machine panics. Threads are also made to yield at random. */
#include <kernel/cpu.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <kernel/smp.h>
#include <kernel/spinlock.h>
#include <kernel/time.h>

#ifdef LOCKDEBUG

/* A virtual CPU may be off its host's for long: only what no host does is a deadlock. */
#define PATIENCE_NS   (20000 * NS_PER_MS)
#define SPINS_TO_LOOK 4096U /* at the clock */
#define YIELD_ONE_IN  64U
#define DEPTH	      16

/* What one CPU holds, in the order taken. It alone writes; others read to tell who holds a lock. */
static struct holdings {
	unsigned n;
	struct held {
		struct spinlock *_Atomic lock;
		struct thread *thread;
		uintptr_t where;
	} held[DEPTH];
} holdings[CPU_MAX];
static _Atomic bool off;

static bool checking(void)
{
	return !atomic_load_explicit(&off, memory_order_relaxed);
}

static struct held *find(struct holdings *h, const struct spinlock *l)
{
	for (unsigned i = 0; i < h->n && i < DEPTH; i++) {
		if (atomic_load_explicit(&h->held[i].lock, memory_order_relaxed) == l) {
			return &h->held[i];
		}
	}
	return NULL;
}

static void __attribute__((noreturn)) complain(struct spinlock *l, const char *what)
{
	char who[100] = "nobody";

	atomic_store(&off, true);
	for (unsigned i = 0; i < cpu_count; i++) {
		struct held *h = find(&holdings[i], l);

		if (h != NULL) {
			fmt_snprintf(who, sizeof(who), "cpu %u, thread \"%s\", since %s", i,
				     h->thread->name, symtab_lookup(h->where, NULL));
		}
	}
	panic("spinlock %p: cpu %u: %s; tickets %u of %u; held by %s", (void *)l, cpu_self()->index,
	      what, l->owner, l->next, who);
}

void lockdebug_wait(struct spinlock *l)
{
	if (!checking()) {
		return;
	}
	if (!arch_irq_masked()) {
		complain(l, "taken with interrupts let in");
	}
	if (find(&holdings[cpu_self()->index], l) != NULL) {
		complain(l, "taken twice");
	}
}

void lockdebug_taken(struct spinlock *l)
{
	struct holdings *h = &holdings[cpu_self()->index];

	if (!checking()) {
		return;
	}
	for (unsigned i = 0; i < cpu_count; i++) {
		if (find(&holdings[i], l) != NULL) {
			complain(l, "a second holder");
		}
	}
	if (h->n == DEPTH) {
		complain(l, "too many locks at once");
	}
	h->held[h->n].thread = thread_self();
	h->held[h->n].where = (uintptr_t)__builtin_return_address(0);
	atomic_store_explicit(&h->held[h->n++].lock, l, memory_order_relaxed);
}

/* With several CPUs, now and then have the thread give way as soon as it can: most races want a switch at
 * a bad moment. */
static void maybe_yield(void)
{
	static uint32_t dice[CPU_MAX];
	struct cpu *c = cpu_self();
	uint32_t *d = &dice[c->index];

	*d = *d * 1664525 + 1013904223; /* Knuth, TAOCP 3.3.4, line 16 of table 1 */
	if (cpu_count > 1 && c->current != &c->idle && (*d >> 16) % YIELD_ONE_IN == 0) {
		c->current->slice_over = true;
		c->need_resched = true;
		smp_ipi(c, IPI_RESCHED);
	}
}

void lockdebug_release(struct spinlock *l)
{
	struct holdings *h = &holdings[cpu_self()->index];
	struct held *at = find(h, l);

	if (!checking()) {
		return;
	}
	/* A run queue's lock is taken by one thread and released by the next, on the same CPU. */
	if (at == NULL) {
		complain(l, "released, but not held here");
	}
	for (h->n--; at < &h->held[h->n]; at++) {
		at[0].thread = at[1].thread;
		at[0].where = at[1].where;
		at[0].lock = at[1].lock;
	}
	at->lock = NULL;
	if (h->n == 0) {
		maybe_yield();
	}
}

void lockdebug_spin(struct spinlock *l, unsigned spins)
{
	static uint64_t since[CPU_MAX];
	uint64_t *start = &since[cpu_self()->index];

	if (spins == 1) {
		*start = time_now();
	} else if (spins % SPINS_TO_LOOK == 0 && time_now() - *start > PATIENCE_NS && checking()) {
		complain(l, "waits without end");
	}
}

void lockdebug_none(const char *what)
{
	struct holdings *h = &holdings[cpu_self()->index];

	if (h->n != 0 && checking()) {
		complain(h->held[h->n - 1].lock, what);
	}
}

#endif
