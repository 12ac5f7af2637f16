/* SPDX-License-Identifier: MIT */
/* Per-CPU data. Nothing else in the kernel is per CPU, and no CPU writes another's
 * record without that record's lock. */
#pragma once

#include <kernel/list.h>
#include <kernel/spinlock.h>
#include <kernel/thread.h>
#include <kernel/timer.h>

#define CPU_MAX 8

struct cpu {
	unsigned index;	    /* 0 is the boot CPU */
	uint64_t hw_id;	    /* MPIDR affinity | hart id */
	struct thread idle; /* the boot context; runs when nothing else is ready */
	struct thread *current;
	struct spinlock rq_lock;
	uint32_t ready_mask; /* bit p: run_queue[p] is not empty; guarded by rq_lock */
	struct list run_queue[PRIO_COUNT]; /* guarded by rq_lock */
	bool need_resched;		   /* set masked on this CPU, read on interrupt exit */
	unsigned irq_depth;		   /* > 0 inside a handler */
	struct thread *dead;		   /* ended, reaped by the next thread to run */
	struct timer slice;		   /* runs only while a round-robin peer is ready */
	uint64_t switched_at;		   /* counter at the last switch */
	struct timer_queue timers;
};

extern struct cpu cpus[CPU_MAX];
extern unsigned cpu_count; /* CPUs that run */

/* This CPU. The answer stays true while masked or with preemption off. */
static inline struct cpu *cpu_self(void)
{
	return arch_self()->cpu;
}
