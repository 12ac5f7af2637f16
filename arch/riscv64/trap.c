/* SPDX-License-Identifier: MIT */
/* What an exception means, in words; registers and stack frames for the panic report.
 * Spec: RISC-V Privileged Architecture 1.12, 4.1.8 (scause). */
#include <kernel/arch.h>
#include <kernel/event.h>
#include <kernel/pagetable.h>
#include <kernel/panic.h>
#include <kernel/thread.h>
#include <string.h>

void trap_sync(struct trapframe *f);
struct trapframe *trap_emergency(struct trapframe *f);
void trap_overflow(struct trapframe *f);

static const char *const causes[] = {
	[0] = "misaligned pc",
	[1] = "instruction fetch where no memory answers",
	[2] = "undefined instruction",
	[3] = "breakpoint (EBREAK)",
	[4] = "misaligned load",
	[5] = "read where no device answers",
	[6] = "misaligned store",
	[7] = "write where no device answers",
	[9] = "ECALL not handled",
	[12] = "jump to an unmapped address",
	[13] = "read from an unmapped address",
	[15] = "write to an unmapped address",
};

/* A page fault on a page that is mapped is a matter of rights. */
static const char *cause_name(uint64_t cause, uintptr_t addr)
{
	if (cause == 12 && pagetable_query(addr) != 0) {
		return "execution of memory that is not executable";
	}
	if (cause == 15 && pagetable_query(addr) != 0) {
		return "write to read-only memory";
	}
	if (cause < ARRAY_SIZE(causes) && causes[cause] != NULL) {
		return causes[cause];
	}
	return "unexpected exception";
}

/* What a program may take care of by a signal handler. */
static enum fault classify(uint64_t cause, uintptr_t addr)
{
	switch (cause) {
	case 0:
	case 4:
	case 6:
		return FAULT_ALIGN;
	case 1:
	case 5:
	case 7:
		return FAULT_BUS;
	case 3:
		return FAULT_BREAK;
	case 12:
	case 13:
	case 15:
		return pagetable_query(addr) != 0 ? FAULT_ACCESS : FAULT_UNMAPPED;
	default:
		return FAULT_ILLEGAL;
	}
}

static bool was_masked(const struct trapframe *f)
{
	return (f->sstatus & SSTATUS_SPIE) == 0;
}

void trap_sync(struct trapframe *f)
{
	bool abort = f->scause <= 1 || (f->scause >= 4 && f->scause <= 7) || f->scause >= 12;

	if (!event_fault(f, classify(f->scause, f->stval), abort ? f->stval : f->pc,
			 was_masked(f))) {
		trap_fatal(f, cause_name(f->scause, f->stval), abort ? f->stval : 0);
	}
}

struct trapframe *trap_emergency(struct trapframe *f)
{
	struct trapframe *to = event_overflow(f->x[2], sizeof(*f), was_masked(f));

	if (to != NULL) {
		return memcpy(to, f, sizeof(*f));
	}
	trap_fatal(f, "stack overflow", f->stval);
}

void trap_overflow(struct trapframe *f)
{
	if (!event_fault(f, FAULT_UNMAPPED, f->x[2], false)) {
		trap_fatal(f, "stack overflow", f->stval);
	}
}

void arch_frame_print(const struct trapframe *f, void (*emit)(const char *fmt, ...))
{
	static const char *const names[32] = {
		"zero", "ra", "sp", "gp", "tp",	 "t0",	"t1", "t2", "s0", "s1", "a0",
		"a1",	"a2", "a3", "a4", "a5",	 "a6",	"a7", "s2", "s3", "s4", "s5",
		"s6",	"s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
	};

	for (unsigned i = 1; i < 31; i += 3) {
		emit("%-3s %016lx  %-3s %016lx  %-3s %016lx", names[i], f->x[i], names[i + 1],
		     f->x[i + 1], names[i + 2], f->x[i + 2]);
	}
	emit("t6  %016lx  pc  %016lx", f->x[31], f->pc);
	emit("sstatus %016lx  scause %lx  stval %016lx", f->sstatus, f->scause, f->stval);
}

bool arch_unwind(struct unwind *u)
{
	const uintptr_t *record = (const uintptr_t *)(u->fp - 16);

	/* s0 points behind {caller's s0, ra}. */
	if (u->fp < u->lo + 16 || u->fp > u->hi || (u->fp & 7) != 0 || record[0] == u->fp) {
		return false;
	}
	u->fp = record[0];
	u->pc = record[1];
	return u->pc != 0;
}

static void stack_bounds(struct unwind *u)
{
	u->lo = thread_self()->arch.stack_lo;
	u->hi = thread_self()->arch.stack_hi;
}

void arch_unwind_here(struct unwind *u)
{
	/* A whole frame record, although nothing may be called here. */
	__asm__ volatile("" ::: "ra");
	u->fp = ((uintptr_t *)__builtin_frame_address(0))[-2];
	u->pc = (uintptr_t)__builtin_return_address(0);
	stack_bounds(u);
}

/* gcc keeps no return address in the frame of a function that calls nothing (below s0 is the caller's s0
 * then), and before the prologue or where it was moved there is no frame: the caller is then known to ra
 * alone. Elsewhere ra points into the function itself, behind its latest call, or is what the record says.
 * The trap frame's own record stands in for the missing one. */
static void mend_leaf(const struct trapframe *f, struct unwind *u)
{
	uintptr_t *record = (uintptr_t *)(uintptr_t)f->fp_record, saved;
	const char *here = symtab_lookup(u->pc, NULL), *caller = symtab_lookup(f->x[1] - 1, NULL);

	if (u->fp < u->lo + 16 || u->fp > u->hi || (u->fp & 7) != 0 || (uintptr_t)f < u->lo ||
	    (uintptr_t)f > u->hi || here == NULL || caller == NULL) {
		return;
	}
	saved = ((uintptr_t *)u->fp)[-1];
	if (saved >= u->lo && saved <= u->hi) {
		record[0] = saved;
	} else if (caller == here || saved == f->x[1]) {
		return;
	}
	record[1] = f->x[1];
	u->fp = (uintptr_t)(record + 2);
}

void arch_frame_unwind(const struct trapframe *f, struct unwind *u)
{
	u->fp = f->x[8];
	u->pc = f->pc;
	stack_bounds(u);
	mend_leaf(f, u);
	/* A jump into nowhere: the caller is what matters, and ra still names it. */
	if (symtab_lookup(u->pc, NULL) == NULL) {
		u->pc = f->x[1];
	}
}
