/* SPDX-License-Identifier: MIT */
/* One CPU: there is nobody to hold, and an interrupt to itself is noted. Weak: a test with the real
 * parts has them from there. */
#include <kernel/cpu.h>
#include <kernel/smp.h>

unsigned cpu_count __attribute__((weak)) = 1;
_Atomic unsigned smp_hold_wanted __attribute__((weak));

__attribute__((weak)) void smp_hold_here(void)
{
}

__attribute__((weak)) void smp_hold_others(void)
{
}

__attribute__((weak)) void smp_release_others(void)
{
}

__attribute__((weak)) void smp_ipi(struct cpu *c, enum ipi what)
{
	(void)what;
	c->need_resched = true;
}

__attribute__((weak)) void smp_ipi_interrupt(void)
{
}

__attribute__((weak)) void spin_wait(struct spinlock *l, uint32_t me)
{
	(void)me;
	host_require(!spin_is_locked(l), "a spinlock is taken twice");
}

__attribute__((weak)) void timer_nap(void)
{
}

__attribute__((weak)) void thread_look(void)
{
}
