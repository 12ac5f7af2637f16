/* SPDX-License-Identifier: MIT */
/* Further CPUs: found in /cpus, started by the firmware, and what one asks of another by interrupt.
 * Spec: Devicetree Specification v0.4, 3.7 and 3.8. */
#include <errno.h>
#include <kernel/cpu.h>
#include <kernel/fdt.h>
#include <kernel/irq.h>
#include <kernel/log.h>
#include <kernel/page.h>
#include <kernel/pagetable.h>
#include <kernel/panic.h>
#include <kernel/params.h>
#include <kernel/power.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <kernel/watchdog.h>
#include <string.h>

#define IDLE_STACK	8192
#define EMERGENCY_STACK 4096
/* For a CPU to come up, or to answer: long, since an emulated one may wait for its turn. */
#define START_PATIENCE (5 * NS_PER_SEC)
#define STOP_PATIENCE  NS_PER_SEC

_Atomic unsigned smp_hold_wanted;
static _Atomic unsigned held; /* CPUs that stand still */

/* --- starting ----------------------------------------------------------------------------- */

static bool is_cpu(const struct dt_node *n)
{
	const char *type = dt_str(n, "device_type");

	return type != NULL && strcmp(type, "cpu") == 0 && dt_enabled(n);
}

/* One block: the idle thread's stack, then the emergency stack. */
static char *stacks_alloc(void)
{
	return page_alloc((IDLE_STACK + EMERGENCY_STACK) >> PAGE_SHIFT, 1);
}

static int start(struct cpu *c, uint64_t hw_id, char *stacks)
{
	c->hw_id = hw_id;
	c->boot.cpu = c;
	c->boot.root = pagetable_root();
	c->boot.stack_top = (uintptr_t)stacks + IDLE_STACK;
	c->boot.emergency_top = c->boot.stack_top + EMERGENCY_STACK;
	atomic_store_explicit(&c->state, CPU_STARTING, memory_order_relaxed);
	arch_dcache_clean(c, sizeof(*c)); /* it is read with the caches off */
	arch_smp_announce(hw_id, (paddr_t)&c->boot);
	return power_cpu_start(hw_id, (paddr_t)arch_smp_entry, (paddr_t)&c->boot);
}

static bool cpu_is(const struct cpu *c, enum cpu_state state)
{
	return atomic_load_explicit(&c->state, memory_order_acquire) == state;
}

static bool change_state(struct cpu *c, unsigned from, enum cpu_state to)
{
	return atomic_compare_exchange_strong(&c->state, &from, to);
}

static bool wait_for(struct cpu *c)
{
	uint64_t deadline = time_after(START_PATIENCE);

	while (!cpu_is(c, CPU_RUNNING)) {
		if (time_now() > deadline && change_state(c, CPU_STARTING, CPU_GIVEN_UP)) {
			return false;
		}
		arch_relax();
	}
	return true;
}

/* True when cpus[cpu_count] was used up: it runs, or may do so later. */
static bool bring_up(const struct dt_node *n, uint64_t hw_id)
{
	struct cpu *c = &cpus[cpu_count];
	char *stacks = stacks_alloc();
	int err;

	cpus[0].shared = true; /* it may run before start() is back */
	err = stacks == NULL ? -ENOMEM : start(c, hw_id, stacks);

	if (err != 0) {
		log_error("cpu %llx (%s): not started: %d", (unsigned long long)hw_id, dt_name(n),
			  err);
		if (stacks != NULL) {
			page_free(stacks, (IDLE_STACK + EMERGENCY_STACK) >> PAGE_SHIFT);
		}
		return false;
	}
	if (!wait_for(c)) {
		log_error("cpu %llx (%s): did not come up", (unsigned long long)hw_id, dt_name(n));
		return true;
	}
	cpu_count++;
	return true;
}

/* Linux's parameters: maxcpus=N, of which 0 and 1 both mean the boot CPU alone; nosmp. */
static unsigned wanted(void)
{
	uint64_t n = param("nosmp") != NULL ? 1 : param_number("maxcpus", CPU_MAX);

	return (unsigned)MIN(MAX(n, 1UL), (uint64_t)CPU_MAX);
}

/* As Linux's parameter, but one CPU. */
static void route_interrupts(void)
{
	uint64_t cpu = param_number("irqaffinity", 0);

	if (cpu >= cpu_count) {
		log_warn("irqaffinity=%llu: no such CPU", (unsigned long long)cpu);
	} else if (cpu != 0) {
		irq_set_home((unsigned)cpu);
	}
}

void smp_start(void)
{
	const struct dt_node *all = dt_find("/cpus");
	unsigned limit = wanted(), found = 0;
	bool more = true;

	atomic_store_explicit(&cpus[0].state, CPU_RUNNING, memory_order_relaxed);
	for (const struct dt_node *n = all ? dt_child(all) : NULL; n; n = dt_sibling(n)) {
		uint64_t hw_id;

		if (!is_cpu(n) || !dt_number(n, "reg", &hw_id)) {
			continue;
		}
		found++;
		if (hw_id != cpus[0].hw_id && cpu_count < limit && more) {
			/* The record of one that may still come is not used again: no more after it. */
			unsigned before = cpu_count;

			more = !bring_up(n, hw_id) || cpu_count > before;
		}
	}
	if (found > 1) {
		log_info("cpus: %u of %u run", cpu_count, found);
	}
	route_interrupts();
}

void smp_main(struct cpu *c)
{
	sched_init(c, c->hw_id, c->boot.stack_top - IDLE_STACK, c->boot.stack_top);
	arch_cpu_init(c);
	irq_cpu_init();
	timer_cpu_init();
	if (!change_state(c, CPU_STARTING, CPU_RUNNING)) {
		arch_halt();
	}
	sched_idle();
}

/* --- waiting for another CPU ---------------------------------------------------------------- */

void spin_wait(struct spinlock *l, uint32_t me)
{
	unsigned spins = 0;

	while (atomic_load_explicit(&l->owner, memory_order_acquire) != me) {
		spin_relax(&spins);
		lockdebug_spin(l, spins);
	}
}

/* --- inter-processor interrupts ------------------------------------------------------------- */

void smp_ipi(struct cpu *c, enum ipi what)
{
	/* Bits that are there already have their interrupt on the way. */
	if ((atomic_fetch_or_explicit(&c->ipi, what, memory_order_acq_rel) & what) == 0 &&
	    !(c == cpu_self() && arch_ipi_self())) {
		irq_ipi(c);
	}
}

void smp_hold_here(void)
{
	atomic_fetch_add_explicit(&held, 1, memory_order_acq_rel);
	while (atomic_load_explicit(&smp_hold_wanted, memory_order_acquire) != 0) {
		arch_relax(); /* no nap: nothing but this loop's own lines may be touched */
	}
	atomic_fetch_sub_explicit(&held, 1, memory_order_release);
}

void smp_hold_others(void)
{
	if (cpu_count == 1) {
		return;
	}
	/* Those that still leave the last one must not be counted for this one. */
	while (atomic_load_explicit(&held, memory_order_acquire) != 0) {
		arch_relax();
	}
	atomic_store_explicit(&smp_hold_wanted, 1, memory_order_release);
	for (unsigned i = 0; i < cpu_count; i++) {
		if (&cpus[i] != cpu_self()) {
			smp_ipi(&cpus[i], IPI_HOLD);
		}
	}
	while (atomic_load_explicit(&held, memory_order_acquire) != cpu_count - 1) {
		arch_relax();
	}
}

void smp_release_others(void)
{
	atomic_store_explicit(&smp_hold_wanted, 0, memory_order_release);
}

static void stop_here(struct cpu *c)
{
	arch_frame_unwind(c->irq_frame, &c->stopped_at);
	atomic_store_explicit(&c->state, CPU_STOPPED, memory_order_release);
	arch_halt();
}

static unsigned others_running(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < cpu_count; i++) {
		n += &cpus[i] != cpu_self() && cpu_is(&cpus[i], CPU_RUNNING);
	}
	return n;
}

void smp_stop_others(void)
{
	uint64_t deadline = time_after(STOP_PATIENCE);

	for (unsigned i = 0; i < cpu_count; i++) {
		if (&cpus[i] != cpu_self()) {
			smp_ipi(&cpus[i], IPI_STOP);
		}
	}
	while (others_running() > 0 && time_now() < deadline) {
		arch_relax();
	}
}

void smp_ipi_interrupt(void)
{
	struct cpu *c = cpu_self();
	unsigned what = atomic_exchange_explicit(&c->ipi, 0, memory_order_acq_rel);

	if ((what & IPI_STOP) != 0) {
		stop_here(c);
	}
	if ((what & IPI_HOLD) != 0 &&
	    atomic_load_explicit(&smp_hold_wanted, memory_order_acquire) != 0) {
		smp_hold_here();
	}
	if ((what & IPI_WATCH) != 0) {
		watchdog_interrupt();
	}
	if ((what & IPI_RESCHED) != 0) {
		sched_look();
	}
}
