/* SPDX-License-Identifier: MIT */
/* Per-CPU data. Nothing else in the kernel is per CPU, and no CPU writes another's
 * record without that record's lock. */
#pragma once

#include <kernel/list.h>
#include <kernel/spinlock.h>
#include <kernel/thread.h>
#include <kernel/timer.h>

#define CPU_MAX 8

/* What a further CPU finds when firmware starts it; read with the MMU off, by assembly. */
struct smp_boot {
	struct cpu *cpu;
	paddr_t root;	     /* the page table */
	uintptr_t stack_top; /* of its idle thread */
	uintptr_t emergency_top;
};

enum cpu_state {
	CPU_OFF,
	CPU_STARTING,
	CPU_RUNNING,
	CPU_GIVEN_UP, /* did not come up in time; when it does after all, it stops */
	CPU_STOPPED,  /* by a panic elsewhere */
};

struct cpu {
	struct smp_boot boot;
	/* First what each switch reaches. */
	struct thread *current;
	uint64_t switched_at;	 /* counter at the last switch */
	struct spinlock rq_lock; /* of the run queue; kernel/runqueue.h takes it */
	struct thread *lone; /* the one ready thread, if there is one alone; guarded by rq_lock */
	uint8_t best; /* priority of the best ready thread, PRIO_IDLE: none; others read it as a hint */
	_Atomic uint8_t prio; /* of current; others read it as a hint */
	bool need_resched;    /* written under rq_lock, read on interrupt exit */
	bool left_over;	      /* dead or leaving is set */
	bool shared;	      /* further CPUs run or are about to: constant once main() runs */
	unsigned irq_depth;   /* > 0 inside a handler */
	unsigned index;	      /* 0 is the boot CPU */
	struct timer slice;   /* runs only while a round-robin peer is ready */
	struct malloc_cache *caches; /* one a size class; alloc.c */
	uint64_t ready_mask;	     /* bit p: run_queue[p] is not empty; guarded by rq_lock */
	struct list run_queue
		[PRIO_COUNT];	/* ready threads, when there are several; guarded by rq_lock */
	struct thread idle;	/* the boot context; runs when nothing else is ready */
	uint64_t hw_id;		/* MPIDR affinity | hart id */
	_Atomic unsigned state; /* enum cpu_state */
	_Atomic unsigned ipi;	/* enum ipi, a bit each: what others want of it */
	const struct trapframe *irq_frame; /* inside a handler: of what it interrupted */
	struct thread *dead;		   /* ended, reaped by the next thread to run */
	struct thread *leaving;	  /* may not run here: the next thread to run sends it off */
	struct unwind stopped_at; /* by IPI_STOP; where it was */
	struct timer_queue timers;
};

extern struct cpu cpus[CPU_MAX];
extern unsigned
	cpu_count; /* CPUs that run: cpus[0] to cpus[cpu_count - 1]. Constant once main() runs */

/* This CPU. The answer stays true while masked or with preemption off. */
static inline struct cpu *cpu_self(void)
{
	return arch_self()->cpu;
}
