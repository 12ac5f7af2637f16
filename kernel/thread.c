/* SPDX-License-Identifier: MIT */
/* Threads: their memory, from creation to the join. */
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/cpu.h>
#include <kernel/page.h>
#include <kernel/pagetable.h>
#include <kernel/panic.h>
#include <kernel/smp.h>
#include <string.h>

#define STACK_MIN ((size_t)8192)

static struct {
	struct spinlock lock;
	struct list threads; /* struct thread.all; guarded by lock */
	uint64_t last_id;
} all = { .threads = LIST_INIT(all.threads) };

void (*thread_free_libc)(struct thread *t);

size_t thread_default_stack(void)
{
	size_t pages = page_total();

	/* 32 KiB on the smallest machines, 256 KiB from 64 MiB on. */
	return pages < 4096 ? 32768 : pages < 16384 ? 65536 : 262144;
}

/* The guard below the stack: an overflow faults instead of eating a neighbour. */
static int stack_alloc(struct thread *t, const struct thread_attr *a)
{
	size_t size = a->stack_size != 0 ? a->stack_size : thread_default_stack();
	size_t guard = a->no_guard ? 0 : ALIGN_UP(MAX(a->guard_size, 1UL), PAGE_SIZE);

	if (a->stack != NULL) {
		t->arch.stack_lo = (uintptr_t)a->stack;
		t->arch.stack_hi = ((uintptr_t)a->stack + size) & ~15UL;
		return 0;
	}
	size = ALIGN_UP(MAX(size, STACK_MIN), PAGE_SIZE) + guard;
	t->stack = page_alloc(size >> PAGE_SHIFT, 1);
	if (t->stack == NULL) {
		return -ENOMEM;
	}
	if (guard != 0 && pagetable_protect((uintptr_t)t->stack, guard, 0) != 0) {
		page_free(t->stack, size >> PAGE_SHIFT);
		return -ENOMEM;
	}
	t->stack_size = size;
	t->guard_size = guard;
	t->arch.stack_lo = (uintptr_t)t->stack + guard;
	t->arch.stack_hi = (uintptr_t)t->stack + size;
	return 0;
}

static void thread_free(struct thread *t)
{
	irqstate_t s = spin_lock_save(&all.lock);

	list_del(&t->all);
	spin_unlock_restore(&all.lock, s);
	if (t->guard_size != 0) {
		/* Cannot fail: the guard already has entries of its own. */
		pagetable_protect((uintptr_t)t->stack, t->guard_size, MAP_READ | MAP_WRITE);
	}
	if (t->stack != NULL) {
		page_free(t->stack, t->stack_size >> PAGE_SHIFT);
	}
	if (t->libc != NULL) {
		thread_free_libc(t);
	}
	kfree(t->tls);
	kfree(t);
}

static void thread_entry(void *arg)
{
	struct thread *t = arg;

	sched_switched();
	arch_irq_enable();
	sched_check();
	thread_exit(t->fn(t->arg));
}

/* A thread stays where its creator may run; at boot that is everywhere. */
static unsigned creator_affinity(void)
{
	struct thread *t = thread_self();

	return t == &cpu_self()->idle ? ~0U : t->affinity;
}

struct thread *thread_create(const struct thread_attr *attr, void *(*fn)(void *), void *arg)
{
	static const struct thread_attr defaults;
	const struct thread_attr *a = attr == NULL ? &defaults : attr;
	struct thread *t = kzalloc(sizeof(*t));
	uintptr_t tls = 0;
	irqstate_t s;

	if (t == NULL) {
		return NULL;
	}
	if (!a->kernel) {
		t->tls = kmalloc(arch_tls_size());
		if (t->tls == NULL) {
			goto free_thread;
		}
		tls = arch_tls_init(t->tls);
	}
	if (stack_alloc(t, a) != 0) {
		goto free_tls;
	}
	t->cpu = cpu_self();
	t->affinity = a->affinity != 0 ? a->affinity : creator_affinity();
	t->state = THREAD_BLOCKED;
	t->prio = a->prio ? a->prio : PRIO_DEFAULT;
	t->base_prio = t->prio;
	t->fifo = a->fifo;
	t->detached = a->detached;
	t->libc = a->libc;
	if (a->libc != NULL) {
		*(struct thread **)a->libc = t;
	}
	t->fn = fn;
	t->arg = arg;
	strlcpy(t->name, a->name ? a->name : "thread", sizeof(t->name));
	list_init(&t->run);
	list_init(&t->wait);
	waitq_init(&t->join);
	arch_thread_init(t, t->arch.stack_hi, thread_entry, t, tls);

	s = spin_lock_save(&all.lock);
	t->id = ++all.last_id;
	list_add_tail(&all.threads, &t->all);
	spin_unlock(&all.lock);
	sched_wake(t);
	arch_irq_restore(s);
	sched_check();
	return t;

free_tls:
	kfree(t->tls);
free_thread:
	kfree(t);
	return NULL;
}

void thread_exit(void *result)
{
	thread_self()->result = result;
	arch_irq_save();
	sched_exit();
}

void thread_post(struct thread *t, unsigned events)
{
	irqstate_t s = arch_irq_save();
	struct waitq *q;

	atomic_fetch_or_explicit(&t->events, events, memory_order_seq_cst);
	q = waitq_lock_of(t);
	if (q != NULL) {
		if (t->interruptible) {
			waitq_wake_thread(q, t, -EINTR);
		}
		spin_unlock(&q->lock);
	} else if (t->state == THREAD_RUNNING) {
		smp_ipi(t->cpu, IPI_RESCHED); /* one that is ready sees them when it runs */
	}
	arch_irq_restore(s);
	sched_check();
}

void thread_unpost(struct thread *t, unsigned events)
{
	atomic_fetch_and_explicit(&t->events, ~events, memory_order_relaxed);
}

void thread_look(void)
{
	irqstate_t s = arch_irq_save();

	smp_ipi(cpu_self(), IPI_RESCHED);
	arch_irq_restore(s);
}

void thread_reap(struct thread *t)
{
	bool detached;

	spin_lock(&t->join.lock);
	t->finished = true;
	detached = t->detached;
	waitq_wake_all(&t->join);
	spin_unlock(&t->join.lock);
	if (detached) {
		thread_free(t);
	}
}

static int join(struct thread *t, void **result, uint64_t deadline,
		int (*wait)(struct waitq *q, uint64_t deadline))
{
	irqstate_t s;
	int r = 0;

	if (t == thread_self()) {
		return -EDEADLK;
	}
	s = spin_lock_save(&t->join.lock);
	if (t->detached || t->joining) {
		spin_unlock_restore(&t->join.lock, s);
		return -EINVAL;
	}
	t->joining = true;
	while (!t->finished && r == 0) {
		r = deadline == 0 ? -EBUSY : wait(&t->join, deadline);
	}
	if (!t->finished) {
		t->joining = false;
		spin_unlock_restore(&t->join.lock, s);
		return r;
	}
	spin_unlock_restore(&t->join.lock, s);
	if (result != NULL) {
		*result = t->result;
	}
	thread_free(t);
	return 0;
}

int thread_join(struct thread *t, void **result)
{
	return join(t, result, TIME_NEVER, waitq_wait);
}

int thread_join_until(struct thread *t, void **result, uint64_t deadline)
{
	return join(t, result, deadline, waitq_wait_intr);
}

int thread_detach(struct thread *t)
{
	irqstate_t s = spin_lock_save(&t->join.lock);
	bool finished = t->finished;

	if (t->detached || t->joining) {
		spin_unlock_restore(&t->join.lock, s);
		return -EINVAL;
	}
	t->detached = true;
	spin_unlock_restore(&t->join.lock, s);
	if (finished) {
		thread_free(t);
	}
	return 0;
}

void thread_for_each(void (*fn)(struct thread *t, void *arg), void *arg)
{
	irqstate_t s = spin_lock_save(&all.lock);
	struct list *p;

	list_for_each(p, &all.threads) {
		fn(list_entry(p, struct thread, all), arg);
	}
	spin_unlock_restore(&all.lock, s);
}
