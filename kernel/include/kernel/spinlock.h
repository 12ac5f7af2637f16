/* SPDX-License-Identifier: MIT */
/* Ticket spinlock: fair, and held with interrupts masked, so that a handler on the
 * same CPU cannot wait for its own thread. LOCKDEBUG=1 builds every lock with the checks
 * of kernel/lockdebug.c. */
#pragma once

#include <kernel/arch.h>
#include <stdatomic.h>

struct spinlock {
	_Atomic uint32_t next;	/* next ticket to hand out */
	_Atomic uint32_t owner; /* ticket being served */
};

#define SPINLOCK_INIT     \
	{                 \
		.next = 0 \
	}

#ifdef LOCKDEBUG
/* Before the wait, after it, and before the release. Masked. */
void lockdebug_wait(struct spinlock *l);
void lockdebug_taken(struct spinlock *l);
void lockdebug_release(struct spinlock *l);
/* It waits for too long: say who holds it, and panic after a while. */
void lockdebug_spin(struct spinlock *l, unsigned spins);
/* This CPU does what it may only do without a lock. Masked. */
void lockdebug_none(const char *what);
#else
static inline void lockdebug_wait(struct spinlock *l)
{
	(void)l;
}

static inline void lockdebug_taken(struct spinlock *l)
{
	(void)l;
}

static inline void lockdebug_release(struct spinlock *l)
{
	(void)l;
}

static inline void lockdebug_spin(struct spinlock *l, unsigned spins)
{
	(void)l, (void)spins;
}

static inline void lockdebug_none(const char *what)
{
	(void)what;
}
#endif

/* Another CPU wants all others to stand still (smp.h). */
extern _Atomic unsigned smp_hold_wanted;
void smp_hold_here(void);

/* Longer than any lock is held (some 50 us): the CPU that holds it is a virtual one whose host runs
 * something else, maybe us. */
#define SPINS_BEFORE_NAP 4096
/* Sleep for a moment, masked (timer.c). */
void timer_nap(void);

/* In every loop that waits, masked, for another CPU; *spins starts at 0. */
static inline void spin_relax(unsigned *spins)
{
	arch_relax();
	if (unlikely(++*spins % SPINS_BEFORE_NAP == 0)) {
		timer_nap();
	}
	if (unlikely(atomic_load_explicit(&smp_hold_wanted, memory_order_relaxed) != 0)) {
		smp_hold_here();
	}
}

/* Wait for ticket @me. Out of line: it is rare, and every lock would carry it. Masked. */
void spin_wait(struct spinlock *l, uint32_t me);

/* Masked. */
static inline void spin_lock(struct spinlock *l)
{
	uint32_t me;

	lockdebug_wait(l);
	me = atomic_fetch_add_explicit(&l->next, 1, memory_order_relaxed);
	if (unlikely(atomic_load_explicit(&l->owner, memory_order_acquire) != me)) {
		spin_wait(l, me);
	}
	lockdebug_taken(l);
}

/* Take it if it is free: for locks in the wrong order. Masked. */
static inline bool spin_trylock(struct spinlock *l)
{
	uint32_t owner = atomic_load_explicit(&l->owner, memory_order_relaxed);
	uint32_t next = owner;

	if (!atomic_compare_exchange_strong_explicit(&l->next, &next, owner + 1,
						     memory_order_acquire, memory_order_relaxed)) {
		return false;
	}
	/* The last holder's stores: its release wrote the owner that we read before. */
	atomic_thread_fence(memory_order_acquire);
	lockdebug_taken(l);
	return true;
}

static inline void spin_unlock(struct spinlock *l)
{
	/* Only the holder writes owner, so the load needs no order. */
	uint32_t me = atomic_load_explicit(&l->owner, memory_order_relaxed);

	lockdebug_release(l);
	atomic_store_explicit(&l->owner, me + 1, memory_order_release);
}

/* Mask interrupts and take the lock; spin_unlock_restore() undoes both. Any context. */
static inline irqstate_t spin_lock_save(struct spinlock *l)
{
	irqstate_t s = arch_irq_save();

	spin_lock(l);
	return s;
}

static inline void spin_unlock_restore(struct spinlock *l, irqstate_t s)
{
	spin_unlock(l);
	arch_irq_restore(s);
}

static inline bool spin_is_locked(struct spinlock *l)
{
	return atomic_load_explicit(&l->owner, memory_order_relaxed) !=
	       atomic_load_explicit(&l->next, memory_order_relaxed);
}
