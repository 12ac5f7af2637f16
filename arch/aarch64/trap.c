/* SPDX-License-Identifier: MIT */
/* What an exception means, in words; registers and stack frames for the panic report.
 * Spec: Arm ARM (DDI 0487) D24.2.37 (ESR_EL1). */
#include <kernel/arch.h>
#include <kernel/event.h>
#include <kernel/panic.h>
#include <kernel/thread.h>
#include <string.h>

#define PSTATE_I (1UL << 7)
#define OVERFLOW 5 /* kind of an emergency, vectors.S */

void trap_sync(struct trapframe *f);
struct trapframe *trap_emergency(struct trapframe *f, unsigned kind);
void trap_overflow(struct trapframe *f);

static const char *class_name(unsigned ec)
{
	switch (ec) {
	case 0x00:
		return "undefined instruction";
	case 0x07:
		return "floating point or SIMD is off";
	case 0x0e:
		return "illegal execution state";
	case 0x15:
		return "SVC: there are no system calls here";
	case 0x16:
		return "HVC not handled";
	case 0x17:
		return "SMC not handled";
	case 0x18:
		return "system register access not allowed";
	case 0x20:
	case 0x21:
		return "instruction fetch";
	case 0x22:
		return "misaligned pc";
	case 0x24:
	case 0x25:
		return "data";
	case 0x26:
		return "misaligned stack pointer";
	case 0x2c:
		return "floating-point exception";
	case 0x3c:
		return "breakpoint (BRK)";
	default:
		return "unexpected exception";
	}
}

/* Fault status code, ISS bits 5 to 0, of instruction and data aborts. */
static const char *abort_name(unsigned ec, unsigned iss)
{
	bool fetch = ec <= 0x21;
	bool write = !fetch && (iss & 0x40);

	switch (iss & 0x3c) {
	case 0x00:
		return "address beyond the address space";
	case 0x04:
		return fetch   ? "jump to an unmapped address"
		       : write ? "write to an unmapped address"
			       : "read from an unmapped address";
	case 0x0c:
		return fetch   ? "execution of memory that is not executable"
		       : write ? "write to read-only memory"
			       : "read of memory that is not readable";
	case 0x10:
		return "external abort: no device answers at this address";
	case 0x20:
		return "misaligned access";
	default:
		return class_name(ec);
	}
}

/* What a program may take care of by a signal handler. */
static bool classify(unsigned ec, unsigned iss, enum fault *kind)
{
	bool abort = ec == 0x20 || ec == 0x21 || ec == 0x24 || ec == 0x25;
	unsigned status = iss & 0x3c;

	*kind = abort && (status == 0x00 || status == 0x04) ? FAULT_UNMAPPED
		: abort && status == 0x0c		    ? FAULT_ACCESS
		: abort && status == 0x10		    ? FAULT_BUS
		: abort || ec == 0x22 || ec == 0x26	    ? FAULT_ALIGN
		: ec == 0x2c				    ? FAULT_ARITHMETIC
		: ec == 0x3c				    ? FAULT_BREAK
							    : FAULT_ILLEGAL;
	return !abort || status <= 0x10 || status == 0x20;
}

static bool was_masked(const struct trapframe *f)
{
	return (f->pstate & PSTATE_I) != 0;
}

void trap_sync(struct trapframe *f)
{
	uint64_t esr = sysreg_read(esr_el1);
	unsigned ec = (unsigned)(esr >> 26) & 0x3f;
	bool abort = ec == 0x20 || ec == 0x21 || ec == 0x24 || ec == 0x25;
	uintptr_t addr = abort || ec == 0x22 ? sysreg_read(far_el1) : 0;
	const char *why = abort ? abort_name(ec, (unsigned)esr & 0x3ffffff) : class_name(ec);
	enum fault kind;

	if (!classify(ec, (unsigned)esr, &kind) ||
	    !event_fault(f, kind, abort || ec == 0x22 ? addr : f->pc, was_masked(f))) {
		trap_fatal(f, why, addr);
	}
}

struct trapframe *trap_emergency(struct trapframe *f, unsigned kind)
{
	static const char *const why[] = {
		[0] = "fault in the fault handler",
		[1] = "interrupt in the fault handler",
		[2] = "unexpected FIQ",
		[3] = "SError: an access failed late",
		[4] = "exception from EL0",
		[OVERFLOW] = "stack overflow",
	};
	struct trapframe *to = kind == OVERFLOW ? event_overflow(f->sp, sizeof(*f), was_masked(f))
						: NULL;

	if (to != NULL) {
		return memcpy(to, f, sizeof(*f));
	}
	trap_fatal(f, kind < ARRAY_SIZE(why) ? why[kind] : "trap", sysreg_read(far_el1));
}

void trap_overflow(struct trapframe *f)
{
	if (!event_fault(f, FAULT_UNMAPPED, f->sp, false)) {
		trap_fatal(f, "stack overflow", f->sp);
	}
}

void arch_frame_print(const struct trapframe *f, void (*emit)(const char *fmt, ...))
{
	for (unsigned i = 0; i < 30; i += 3) {
		emit("x%-2u %016lx  x%-2u %016lx  x%-2u %016lx", i, f->x[i], i + 1, f->x[i + 1],
		     i + 2, f->x[i + 2]);
	}
	emit("x30 %016lx  sp  %016lx  pc  %016lx", f->x[30], f->sp, f->pc);
	emit("pstate %08lx  esr %08lx  far %016lx", f->pstate, sysreg_read(esr_el1),
	     sysreg_read(far_el1));
}

bool arch_unwind(struct unwind *u)
{
	const uintptr_t *record = (const uintptr_t *)u->fp;

	if (u->fp < u->lo || u->fp > u->hi - 16 || (u->fp & 7) != 0 || record[0] == u->fp) {
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
	__asm__ volatile("" ::: "x30");
	u->fp = ((uintptr_t *)__builtin_frame_address(0))[0];
	u->pc = (uintptr_t)__builtin_return_address(0);
	stack_bounds(u);
}

/* gcc leaves the frame record out of a function that calls nothing, and before the prologue has run there
 * is none: the caller is then known to x30 alone. Elsewhere x30 points into the function itself, behind
 * its latest call, or is what the record says. The trap frame's own record stands in for the missing one. */
static void mend_leaf(const struct trapframe *f, struct unwind *u)
{
	uintptr_t *record = (uintptr_t *)(uintptr_t)f->fp_record;
	const char *here = symtab_lookup(u->pc, NULL), *caller = symtab_lookup(f->x[30] - 1, NULL);
	struct unwind next = *u;

	if (here == NULL || caller == NULL || caller == here || (uintptr_t)f < u->lo ||
	    (uintptr_t)f > u->hi || (arch_unwind(&next) && next.pc == f->x[30])) {
		return;
	}
	record[1] = f->x[30];
	u->fp = (uintptr_t)record;
}

void arch_frame_unwind(const struct trapframe *f, struct unwind *u)
{
	u->fp = f->x[29];
	u->pc = f->pc;
	stack_bounds(u);
	mend_leaf(f, u);
	/* A jump into nowhere: the caller is what matters, and x30 still names it. */
	if (symtab_lookup(u->pc, NULL) == NULL) {
		u->pc = f->x[30];
	}
}
