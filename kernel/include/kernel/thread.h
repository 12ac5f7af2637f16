/* SPDX-License-Identifier: MIT */
/* Threads: create, end, join; and the scheduler's face: fixed priorities, round
 * robin inside one, preemptive. */
#pragma once

#include <kernel/arch.h>
#include <kernel/list.h>
#include <kernel/spinlock.h>
#include <kernel/wait.h>
#include <stdatomic.h>

#define PRIO_IDLE    0 /* the idle threads alone */
#define PRIO_MIN     1
#define PRIO_DEFAULT 16
#define PRIO_MAX     63 /* runs first */
#define PRIO_COUNT   64

#define SCHED_SLICE_NS (10 * NS_PER_MS) /* turn of a thread when others of its priority are ready */

enum thread_state { THREAD_READY, THREAD_RUNNING, THREAD_BLOCKED, THREAD_DEAD };

/* Events: what reaches a thread from outside, bits of thread.events. Whoever posts one keeps it true:
 * a signal that is blocked, or a cancellation that is off, is not posted. */
#define EVENT_SIGNAL 1U
#define EVENT_CANCEL 2U

struct thread {
	struct arch_thread arch; /* must be first: assembly reaches it from arch_self() */
	struct cpu *cpu;	 /* the run queue it belongs to; changes under that queue's lock */
	unsigned affinity;	 /* CPUs it may run on, a bit an index; guarded by cpu->rq_lock */
	struct list run;	 /* (private) link in the run queue */
	enum thread_state state; /* guarded by cpu->rq_lock */
	uint8_t prio;		 /* effective priority: the higher of the next two */
	uint8_t base_prio;	 /* as asked for; guarded by cpu->rq_lock, all three */
	uint8_t boost;		 /* lent by whoever waits for what it holds; 0: nothing */
	bool fifo;		 /* SCHED_FIFO: no time slice */
	bool detached;		 /* guarded by join.lock */
	bool joining;		 /* somebody waits for its end; guarded by join.lock */
	bool slice_over;      /* (private) its turn ends at the next switch; its own CPU, masked */
	bool finished;	      /* off its stack for good; guarded by join.lock */
	unsigned preempt_off; /* depth of preempt_disable(); its own thread's alone */
	struct list wait;     /* (private) link in the wait queue it blocks on */
	struct waitq *wait_q; /* (private) that queue; NULL: not asleep; guarded by cpu->rq_lock */
	bool interruptible;   /* (private) events end the sleep; guarded by wait_q->lock */
	int wait_result;      /* (private) what waitq_wait() will return */
	_Atomic unsigned events;
	unsigned
		busy; /* > 0: holds a kernel mutex or waits with things on its stack, so that no signal
			* handler may run on it now; its own thread's alone */
	void *libc;	   /* the C library's record; thread_free_libc() frees it */
	struct waitq join; /* pthread_join() waits here for state DEAD */
	void *(*fn)(void *);
	void *arg;
	void *result;
	struct list all;    /* link in the list of all threads */
	char *stack;	    /* base of the whole region, guard first; NULL: not owned */
	size_t stack_size;  /* of the region, guard included */
	size_t guard_size;  /* at the region's base */
	void *tls;	    /* block of arch_tls_size() bytes, owned; NULL for kernel threads */
	uint64_t cpu_ticks; /* counter ticks run so far, without the present stretch */
	uint64_t id;
	struct mutex *held;	      /* (private) those that may raise its priority, sync.c */
	struct mutex_waiter *blocked; /* (private) the mutex it waits for, sync.c */
	char name[16];
};

struct thread_attr {
	const char *name;
	size_t stack_size; /* usable bytes; 0: the default */
	void *stack;	   /* the caller's memory for it, of stack_size bytes, without a guard */
	size_t guard_size; /* bytes below the stack that fault, in whole pages; 0: one page */
	bool no_guard;	   /* not even that */
	uint8_t prio;	   /* 0: PRIO_DEFAULT */
	bool fifo;
	bool detached;
	bool kernel;	   /* no TLS block: the thread may not call libc functions that use errno */
	unsigned affinity; /* CPUs it may run on, a bit an index; 0: the creator's */
	/* Becomes thread.libc; its first word gets the thread's address, before the thread can be seen.
	 * It stays the caller's when no thread can be made. */
	void *libc;
};

/* Start fn(arg) in a new thread. @attr may be NULL. The thread is ready when this returns.
 * Context: thread. Returns NULL when memory is short. */
struct thread *thread_create(const struct thread_attr *attr, void *(*fn)(void *), void *arg);
/* End the calling thread. Its memory goes with thread_join(), or at once when detached. */
void thread_exit(void *result) __attribute__((noreturn));
/* Wait for @t to end and free it. Returns 0, -EDEADLK (self), -EINVAL (detached or being joined). */
int thread_join(struct thread *t, void **result);
/* The same until @deadline, 0: only try, and until events are posted to the caller. Returns also -EBUSY (to
 * a try), -ETIMEDOUT, -EINTR: nothing has changed. */
int thread_join_until(struct thread *t, void **result, uint64_t deadline);
/* Returns 0 or -EINVAL when detached already. */
int thread_detach(struct thread *t);
/* Stack size that threads get by default: scaled to the machine's memory, bytes. */
size_t thread_default_stack(void);
/* Call fn for every thread; for diagnostics. The list lock is held: fn may not block. */
void thread_for_each(void (*fn)(struct thread *t, void *arg), void *arg);

/* Post events: ends an interruptible sleep of @t, and makes event_ops->run() be called on it as soon as
 * it runs and is not busy. The caller sees to it that @t lives. Any context. */
void thread_post(struct thread *t, unsigned events);
/* Take events back. Any context. */
void thread_unpost(struct thread *t, unsigned events);
/* Around what no signal handler may come into, see thread.busy. Thread context. */
static inline void thread_busy_enter(void);
static inline void thread_busy_leave(void);
/* Set with libc's first use of thread.libc: frees it. @t has ended. */
extern void (*thread_free_libc)(struct thread *t);

/* --- scheduler ---------------------------------------------------------------- */

/* Turn the running context into the idle thread of @cpu, with preemption off. Its stack is
 * [@stack_lo, @stack_hi). Boot of that CPU. */
void sched_init(struct cpu *cpu, uint64_t hw_id, uintptr_t stack_lo, uintptr_t stack_hi);
/* Boot is over: what is ready runs, and this context sleeps when nothing is. */
void sched_idle(void) __attribute__((noreturn));
/* Switch now if a better thread is ready; nothing while masked or with preemption off.
 * Whoever woke a thread from thread context calls it after releasing the locks. */
void sched_check(void);
/* Counter ticks that @t has run, the present stretch included. Any context. */
uint64_t sched_ticks(const struct thread *t);
/* Give the CPU to another thread of the same priority. Thread context. */
void sched_yield_cpu(void);
/* Make a blocked thread ready, on the CPU where it runs soonest; preempts a lower one. Masked.
 * Only wait.c and thread.c call it. */
void sched_wake(struct thread *t);
/* Change base priority and policy; takes effect at once. Any context, no lock held. */
void sched_set_prio(struct thread *t, uint8_t prio, bool fifo);
/* Lend @t a priority while it holds what a better thread waits for; 0: no more. Takes effect at once,
 * also in the queue it sleeps on. Any context, masked or not; no lock of a wait or run queue held. When
 * it is done the caller calls sched_check() outside its locks. */
void sched_boost(struct thread *t, uint8_t prio);
/* CPUs that @t may run on, a bit an index: at least one that runs. Moves it if needed before it runs
 * again; the calling thread at once. Thread context. 0, or -EINVAL when no such CPU runs. */
int sched_set_affinity(struct thread *t, unsigned cpus);
/* Leave for good; never returns. Masked. Only thread.c calls it. */
void sched_exit(void) __attribute__((noreturn));
/* Called on the way out of every interrupt: switch if a better thread is ready. Masked. */
void sched_preempt(void);
/* arch_switch() came back, or a thread takes its first step: release what the other side
 * held. Masked. */
void sched_switched(void);
/* IPI_RESCHED came: see whether another CPU has a better thread waiting. Masked. Only smp.c calls it. */
void sched_look(void);
/* The thread is off its stack: free it or tell who joins it. Only sched.c calls it. Masked. */
void thread_reap(struct thread *t);
/* Keep this thread on the CPU (interrupts still run) until the matching enable. Nests. */
void preempt_disable(void);
void preempt_enable(void);

/* Events wait and the thread is no longer busy: have them looked at. Only the inline below calls it. */
void thread_look(void);

static inline struct thread *thread_self(void)
{
	return arch_self();
}

static inline void thread_busy_enter(void)
{
	thread_self()->busy++;
	atomic_signal_fence(memory_order_seq_cst);
}

static inline void thread_busy_leave(void)
{
	struct thread *t = thread_self();

	atomic_signal_fence(memory_order_seq_cst);
	if (--t->busy == 0 &&
	    unlikely(atomic_load_explicit(&t->events, memory_order_relaxed) != 0)) {
		thread_look();
	}
}
