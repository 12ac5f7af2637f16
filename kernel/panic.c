/* SPDX-License-Identifier: MIT */
/* The last words. Nothing here takes a lock or memory; a fault on the way is noticed and cut short. */
#include <kernel/console.h>
#include <kernel/cpu.h>
#include <kernel/device.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <kernel/params.h>
#include <kernel/power.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <stdatomic.h>
#include <string.h>

#define EXIT_PANIC 101 /* QEMU's exit status, where the platform can show one */
#define DEPTH	   32

static _Atomic unsigned panics;
static _Atomic unsigned panicking; /* index + 1 of the CPU that does */

static void emit(const char *fmt, ...)
{
	char line[160];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = fmt_vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	n = MIN(n, (int)sizeof(line) - 2);
	line[n++] = '\n';
	console_write(line, (size_t)n);
}

static void print_frame(unsigned i, uintptr_t pc, bool exact)
{
	size_t off = 0;
	/* A return address may lie behind the last instruction of its caller. */
	const char *name = symtab_lookup(exact ? pc : pc - 1, &off);

	if (name != NULL) {
		emit("  #%-2u %016lx %s+0x%lx", i, pc, name, off + (exact ? 0 : 1));
	} else {
		emit("  #%-2u %016lx ?", i, pc);
	}
}

void backtrace_print(struct unwind *u)
{
	unsigned i = 0;

	emit("backtrace:");
	do {
		print_frame(i, u->pc, i == 0);
	} while (++i < DEPTH && arch_unwind(u));
}

void backtrace_report(const char *fmt, ...)
{
	char what[160];
	struct unwind u;
	va_list ap;

	va_start(ap, fmt);
	fmt_vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	emit("%s", what);
	if (cpu_self()->irq_depth > 0) {
		arch_frame_unwind(cpu_self()->irq_frame, &u);
	} else {
		arch_unwind_here(&u);
	}
	backtrace_print(&u);
}

/* Masked from here on. The second panic skips the details; the third says nothing more. */
static unsigned enter(void)
{
	unsigned n, none = 0;

	arch_irq_save();
	/* Two CPUs at once: the second is stopped by the first, or stops itself. */
	if (!atomic_compare_exchange_strong(&panicking, &none, cpu_self()->index + 1) &&
	    none != cpu_self()->index + 1) {
		arch_halt();
	}
	n = atomic_fetch_add_explicit(&panics, 1, memory_order_relaxed);
	if (n >= 2) {
		power_off(EXIT_PANIC);
	}
	if (n == 0) {
		smp_stop_others();
	}
	console_panic();
	if (n == 0 && !console_present()) {
		/* Too early for the console: the serial drivers need no interrupt to write. */
		device_probe_stage(STAGE_SERIAL);
		device_probe_stage(STAGE_POWER);
	}
	return n;
}

/* Ours: off (the default), reset, halt. Linux's panic=N is a reset after N seconds; nothing is worth that wait here. */
static bool wants_reset(const char *how)
{
	bool zero = true;

	if (strcmp(how, "reset") == 0) {
		return true;
	}
	for (how += how[0] == '-'; *how >= '0' && *how <= '9'; how++) {
		zero = zero && *how == '0';
	}
	return *how == '\0' && !zero;
}

static void __attribute__((noreturn)) leave(void)
{
	const char *how = param("panic");

	if (how != NULL && wants_reset(how)) {
		power_reset();
	}
	if (how != NULL && strcmp(how, "halt") == 0) {
		emit("halted (panic=halt)");
		arch_halt();
	}
	power_off(EXIT_PANIC);
}

static void header(const char *what)
{
	uint64_t us = time_now() / NS_PER_US;

	emit("");
	emit("*** panic: %s", what);
	emit("    thread \"%s\" on cpu %u, %lu.%06lu s after start", thread_self()->name,
	     cpu_self()->index, us / 1000000, us % 1000000);
}

/* How many calls from @u back to the thread's start; 0: it does not lead there. */
static unsigned chain_length(struct unwind u)
{
	for (unsigned n = 1; n < DEPTH && arch_unwind(&u); n++) {
		const char *name = symtab_lookup(u.pc, NULL);

		if (name == NULL) {
			return 0;
		}
		if (strcmp(name, "thread_first") == 0) {
			return n;
		}
	}
	return 0;
}

/* Of a CPU that does not answer, there is what its thread's stack says: the longest chain of frame records
 * that goes back to the thread's start. Of as long ones the highest: calls that ended leave theirs below. */
static bool find_chain(const struct thread *t, struct unwind *from)
{
	unsigned longest = 0;

	for (uintptr_t at = t->arch.stack_lo + 16; at < t->arch.stack_hi; at += 16) {
		const struct unwind u = { 0, at, t->arch.stack_lo, t->arch.stack_hi };
		unsigned n = chain_length(u);

		if (n != 0 && n >= longest) {
			longest = n;
			*from = u;
		}
	}
	return longest != 0 && arch_unwind(from);
}

/* What the others were doing. */
static void other_cpus(void)
{
	for (unsigned i = 0; i < cpu_count; i++) {
		struct cpu *c = &cpus[i];
		bool stopped = atomic_load_explicit(&c->state, memory_order_acquire) == CPU_STOPPED;
		struct unwind u = c->stopped_at;

		if (c == cpu_self()) {
			continue;
		}
		emit("cpu %u: %s, thread \"%s\"", i, stopped ? "stopped" : "does not answer",
		     c->current->name);
		if (c->current == &c->idle) {
			continue;
		}
		if (stopped) {
			backtrace_print(&u);
		} else if (find_chain(c->current, &u)) {
			emit("from its stack, maybe with calls that have ended:");
			backtrace_print(&u);
		}
	}
}

static void log_lines(void)
{
	static char tail[1024];
	size_t n = log_tail(tail, sizeof(tail));
	const char *s = memchr(tail, '\n', n);

	if (s != NULL) {
		emit("last log lines:");
		console_write(s + 1, n - (size_t)(s + 1 - tail));
	}
}

void panic(const char *fmt, ...)
{
	char what[160];
	struct unwind u;
	va_list ap;
	unsigned n = enter();

	va_start(ap, fmt);
	fmt_vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	header(what);
	if (n == 0) {
		arch_unwind_here(&u);
		backtrace_print(&u);
		other_cpus();
		log_lines();
	}
	leave();
}

/* Address 0 means none, but for these. */
static bool has_address(const char *reason, uintptr_t addr)
{
	static const char suffix[] = "unmapped address";
	size_t n = strlen(reason);

	return addr != 0 ||
	       (n >= sizeof(suffix) && strcmp(reason + n - sizeof(suffix) + 1, suffix) == 0);
}

void trap_fatal(const struct trapframe *f, const char *reason, uintptr_t addr)
{
	struct unwind u;
	char what[160];
	unsigned n = enter();
	size_t used;

	used = (size_t)fmt_snprintf(what, sizeof(what), "%s", reason);
	if (has_address(reason, addr)) {
		fmt_snprintf(what + used, sizeof(what) - used, ": address %p%s", (void *)addr,
			     addr < PAGE_SIZE ? " (null pointer)" : "");
	}
	header(what);
	if (n == 0) {
		arch_frame_print(f, emit);
		arch_frame_unwind(f, &u);
		backtrace_print(&u);
		other_cpus();
		log_lines();
	}
	leave();
}
