/* SPDX-License-Identifier: MIT */
/* Each CPU has a timer that notes the time, its beat, and looks at the beats of the others and at its own
 * run queue:
 *
 * - Beats that stop: the CPU is asked by interrupt to say where it is. One that answers has lost its timer;
 *   one that does not takes no interrupts at all, and the machine panics.
 * - Threads that wait while the same one runs on: said once, with where it is; it may be meant so.
 *
 * A machine that was paused has old beats everywhere when it goes on: the second look comes only when there
 * was time for new ones. */
#include <kernel/cpu.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <kernel/params.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <kernel/watchdog.h>

#define LOOKS 4 /* in each bound */

static uint64_t bound; /* ns; 0: off */
static struct watch {
	struct timer timer;
	_Atomic uint64_t beat; /* 0: not started */
	_Atomic bool asked;    /* to say where it is */
	uint64_t switched_at;  /* as the scheduler had it, and when that was first seen */
	uint64_t since;
	bool told;
} watches[CPU_MAX];

static struct watch *watch_of(const struct cpu *c)
{
	return &watches[c->index];
}

static unsigned seconds(uint64_t ns)
{
	return (unsigned)(ns / (1000 * NS_PER_MS));
}

/* Does somebody wait while one thread runs on and on? */
static void look_at_queue(struct cpu *c, struct watch *w, uint64_t now)
{
	if (c->best == PRIO_IDLE || c->switched_at != w->switched_at) {
		w->switched_at = c->switched_at;
		w->since = now;
		w->told = false;
	} else if (now - w->since > bound && !w->told) {
		w->told = true;
		backtrace_report("watchdog: cpu %u: thread \"%s\" (priority %u) has let others of "
				 "priority %u wait for %u s",
				 c->index, c->current->name, c->current->prio, c->best,
				 seconds(now - w->since));
	}
}

static void look_at(struct cpu *c, uint64_t now)
{
	struct watch *w = watch_of(c);
	uint64_t beat = atomic_load_explicit(&w->beat, memory_order_relaxed);

	if (beat == 0 || now < beat + bound) {
		return;
	}
	if (!atomic_exchange_explicit(&w->asked, true, memory_order_relaxed)) {
		smp_ipi(c, IPI_WATCH);
	} else if (now > beat + bound + 2 * (bound / LOOKS)) {
		panic("watchdog: cpu %u takes no interrupts for %u s, in thread \"%s\"", c->index,
		      seconds(now - beat), c->current->name);
	}
}

static void look(struct timer *timer)
{
	struct cpu *self = cpu_self();
	struct watch *w = watch_of(self);
	uint64_t now = time_now();

	atomic_store_explicit(&w->beat, now, memory_order_relaxed);
	atomic_store_explicit(&w->asked, false, memory_order_relaxed);
	look_at_queue(self, w, now);
	for (unsigned i = 0; i < cpu_count; i++) {
		if (&cpus[i] != self) {
			look_at(&cpus[i], now);
		}
	}
	timer_start(timer, now + bound / LOOKS);
}

void watchdog_interrupt(void)
{
	struct watch *w = watch_of(cpu_self());

	if (atomic_load_explicit(&w->asked, memory_order_relaxed)) {
		backtrace_report("watchdog: cpu %u: its timer stands still, it is here",
				 cpu_self()->index);
	}
	look(&w->timer);
}

void watchdog_start(void)
{
	uint64_t n = param_number("watchdog", 0);

	if (n == 0) {
		return;
	}
	bound = MIN(n, 3600UL) * 1000 * NS_PER_MS;
	for (unsigned i = 0; i < cpu_count; i++) {
		timer_init(&watches[i].timer, look);
		smp_ipi(&cpus[i], IPI_WATCH);
	}
	log_info("watchdog: %u s", seconds(bound));
}
