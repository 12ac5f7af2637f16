/* SPDX-License-Identifier: MIT */
/* One CPU on which the real scheduler runs: contexts of the host, interrupts at random wherever they
 * are let in, time that passes when the test says so. Has kernel/thread.c in the same unit. */
#pragma once

#include <stddef.h>

size_t strlcpy(char *to, const char *from, size_t n); /* not in every host's <string.h> */

#include "../../kernel/thread.c"

#include "kernel.h"
#include "test.h"

#include <kernel/sync.h>
#include <kernel/time.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <ucontext.h>

#define MS NS_PER_MS

/* At the top of each stack. */
struct context {
	ucontext_t u;
	void *fake; /* ASan's */
	void (*entry)(void *);
	void *arg;
};

static struct {
	uint64_t now, armed;
	void (*device)(void); /* a second source of interrupts, due at @next */
	uint64_t next;
	unsigned slip;	 /* time passes by up to so many ns at each of those */
	unsigned chance; /* of an interrupt, one in so many; 0: only when due */
	unsigned interrupts, switches;
	jmp_buf end;
	int held; /* allocations */
	struct context idle;
	const void *idle_stack;
	size_t idle_size;
} w;

/* --- the machine ----------------------------------------------------------------------- */

size_t strlcpy(char *to, const char *from, size_t n)
{
	snprintf(to, n, "%s", from);
	return strlen(from);
}

uint64_t time_now(void)
{
	return w.now;
}

uint64_t time_after(uint64_t ns)
{
	return w.now + ns;
}

uint64_t time_to_counter(uint64_t ns)
{
	return ns;
}

void time_set_rate(uint64_t hz)
{
	(void)hz;
}

void *kzalloc(size_t n)
{
	w.held++;
	return calloc(1, n);
}

void *kmalloc(size_t n)
{
	return kzalloc(n);
}

void kfree(void *p)
{
	w.held -= p != NULL;
	free(p);
}

void *page_alloc(size_t n, size_t align)
{
	void *p = NULL;

	w.held++;
	return posix_memalign(&p, align * PAGE_SIZE, n * PAGE_SIZE) == 0 ? p : NULL;
}

void page_free(void *p, size_t n)
{
	/* A stack that was left with frames on it still has their red zones. */
	ASAN_UNPOISON_MEMORY_REGION(p, n * PAGE_SIZE);
	w.held--;
	free(p);
}

size_t page_total(void)
{
	return 1000;
}

int pagetable_protect(uintptr_t va, size_t size, unsigned attr)
{
	(void)va;
	(void)size;
	(void)attr;
	return 0;
}

size_t arch_tls_size(void)
{
	return 64;
}

uintptr_t arch_tls_init(void *block)
{
	return (uintptr_t)block;
}

static struct context *context_of(struct thread *t)
{
	return t == &cpus[0].idle ? &w.idle : (struct context *)t->arch.sp;
}

static void first_steps(void)
{
	struct context *c = context_of(host.self);
	const void *from;
	size_t size;

	__sanitizer_finish_switch_fiber(NULL, &from, &size);
	if (w.idle_stack == NULL) {
		w.idle_stack = from; /* the first switch of all comes from there */
		w.idle_size = size;
	}
	c->entry(c->arg);
}

void arch_thread_init(struct thread *t, uintptr_t stack_top, void (*entry)(void *), void *arg,
		      uintptr_t tls)
{
	struct context *c = (struct context *)ALIGN_DOWN(stack_top - sizeof(*c), 64);

	t->arch.tls = tls;
	t->arch.sp = (uintptr_t)c;
	memset(c, 0, sizeof(*c));
	c->entry = entry;
	c->arg = arg;
	getcontext(&c->u);
	c->u.uc_stack.ss_sp = (void *)t->arch.stack_lo;
	c->u.uc_stack.ss_size = (uintptr_t)c - t->arch.stack_lo;
	makecontext(&c->u, first_steps, 0);
}

void arch_switch(struct thread *prev, struct thread *next)
{
	struct context *from = context_of(prev), *to = context_of(next);
	const void *bottom = next == &cpus[0].idle ? w.idle_stack : to->u.uc_stack.ss_sp;
	size_t size = next == &cpus[0].idle ? w.idle_size : to->u.uc_stack.ss_size;

	CHECK(host.masked && prev != next && cpus[0].irq_depth == 0);
	w.switches++;
	host.self = next;
	__sanitizer_start_switch_fiber(prev->state == THREAD_DEAD ? NULL : &from->fake, bottom,
				       size);
	swapcontext(&from->u, &to->u);
	__sanitizer_finish_switch_fiber(from->fake, NULL, NULL);
	CHECK(host.masked && host.self == prev);
}

static void arm(uint64_t counter)
{
	w.armed = counter;
}

/* irq_entry() of kernel/irq.c, with the timer as the only device. */
static inline void interrupt(void)
{
	host.masked = true;
	w.interrupts++;
	cpus[0].irq_depth++;
	if (w.armed <= w.now) {
		timer_interrupt();
	}
	if (w.next <= w.now) {
		w.device();
	}
	cpus[0].irq_depth--;
	sched_preempt();
	host.masked = false;
}

static void open_to_interrupts(void)
{
	if (w.armed <= w.now || w.next <= w.now) {
		interrupt();
	} else if (w.chance != 0 && test_below(w.chance) == 0) {
		w.now += test_below(w.slip);
		interrupt();
	}
}

/* Nothing is ready: time goes on to the next interrupt. With none, the world has ended. */
static void idle_wait(void)
{
	uint64_t due = MIN(w.armed, w.next);

	if (due == UINT64_MAX) {
		longjmp(w.end, 1);
	}
	w.now = MAX(w.now, due);
}

/* Run what @first starts until every thread is blocked for good or gone. */
static void run(void (*first)(void), unsigned chance)
{
	static const struct clockevent ce = { .name = "test", .hz = 1, .arm = arm };
	static bool registered;

	memset(&w, 0, sizeof(w));
	memset(&cpus[0], 0, sizeof(cpus[0]));
	w.armed = UINT64_MAX;
	w.next = UINT64_MAX;
	w.slip = 1000;
	host.masked = false;
	sched_init(&cpus[0], 0, 0, UINTPTR_MAX);
	if (!registered) {
		clockevent_register(&ce);
		registered = true;
	}
	first();
	w.chance = chance;
	host.on_open = open_to_interrupts;
	host.on_wait = idle_wait;
	if (setjmp(w.end) == 0) {
		sched_idle();
	}
	host.on_open = NULL;
	host.on_wait = NULL;
	host.masked = false;
	host.self = &host_thread;
}

/* A new thread; @prio 0: the default. */
static struct thread *spawn(void *(*fn)(void *), void *arg, uint8_t prio, bool detached)
{
	struct thread_attr a = { .name = "t",
				 .stack_size = 65536,
				 .prio = prio,
				 .detached = detached,
				 .kernel = prio % 2 == 0 };
	struct thread *t = thread_create(&a, fn, arg);

	CHECK(t != NULL);
	return t;
}

/* A place where an interrupt may come. */
static void point(void)
{
	arch_irq_restore(arch_irq_save());
}
