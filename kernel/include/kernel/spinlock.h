/* SPDX-License-Identifier: MIT */
/* Ticket spinlock: fair, and held with interrupts masked, so that a handler on the
 * same CPU cannot wait for its own thread. */
#pragma once

#include <kernel/arch.h>
#include <stdatomic.h>

struct spinlock {
	_Atomic uint32_t next;	/* next ticket to hand out */
	_Atomic uint32_t owner; /* ticket being served */
};

#define SPINLOCK_INIT \
	{             \
		0, 0  \
	}

static inline void spin_lock(struct spinlock *l)
{
	uint32_t me = atomic_fetch_add_explicit(&l->next, 1, memory_order_relaxed);

	while (atomic_load_explicit(&l->owner, memory_order_acquire) != me) {
		arch_relax();
	}
}

static inline void spin_unlock(struct spinlock *l)
{
	/* Only the holder writes owner, so the load needs no order. */
	uint32_t me = atomic_load_explicit(&l->owner, memory_order_relaxed);

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
