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
	unsigned index;	    /* 0 is the boot CPU */
	uint64_t hw_id;	    /* MPIDR affinity | hart id */
	struct thread idle; /* the boot context; runs when nothing else is ready */
	struct thread *current;
	_Atomic uint8_t prio; /* of current; others read it as a hint */
	struct spinlock rq_lock;
	uint32_t ready_mask; /* bit p: run_queue[p] is not empty; guarded by rq_lock */
	uint8_t best;	     /* the highest of them, PRIO_IDLE: none; others read it as a hint */
	struct list run_queue[PRIO_COUNT]; /* guarded by rq_lock */
	bool need_resched;		   /* written under rq_lock, read on interrupt exit */
	_Atomic unsigned state;		   /* enum cpu_state */
	_Atomic unsigned ipi;		   /* enum ipi, a bit each: what others want of it */
	unsigned irq_depth;		   /* > 0 inside a handler */
	const struct trapframe *irq_frame; /* then: of what it interrupted */
	bool left_over;			   /* one of the next two is set */
	struct thread *dead;		   /* ended, reaped by the next thread to run */
	struct thread *leaving;	  /* may not run here: the next thread to run sends it off */
	struct unwind stopped_at; /* by IPI_STOP; where it was */
	struct timer slice;	  /* runs only while a round-robin peer is ready */
	uint64_t switched_at;	  /* counter at the last switch */
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
