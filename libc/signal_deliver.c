/* SPDX-License-Identifier: MIT */
/* Handlers run here: as a plain call on the thread that was interrupted, on its stack or on the
 * alternate one. Faults come here as well. */
#include "signals.h"

#include "libc.h"
#include "libc_thread.h"

#include <kernel/cpu.h>
#include <ucontext.h>

struct delivery {
	siginfo_t info;
	struct sigaction action;
	sigset_t old; /* mask before */
	ucontext_t context;
};

/* --- the alternate stack ----------------------------------------------------------------------- */

static uintptr_t alt_lo(const struct libc_thread *l)
{
	return (uintptr_t)l->sig.alt.ss_sp;
}

static uintptr_t alt_hi(const struct libc_thread *l)
{
	return ALIGN_DOWN(alt_lo(l) + l->sig.alt.ss_size, 16);
}

static bool on_alt(const struct libc_thread *l, uintptr_t sp)
{
	return l->sig.alt.ss_size != 0 && sp > alt_lo(l) && sp <= alt_hi(l);
}

static stack_t alt_state(const struct libc_thread *l)
{
	stack_t alt = l->sig.alt;

	alt.ss_flags = alt.ss_size == 0			 ? SS_DISABLE
		       : on_alt(l, arch_stack_pointer()) ? SS_ONSTACK
							 : 0;
	return alt;
}

int sigaltstack(const stack_t *restrict new, stack_t *restrict old)
{
	struct libc_thread *l = libc_thread(thread_self());

	if (l == NULL) {
		return fail(ENOMEM);
	}
	if (old != NULL) {
		*old = alt_state(l);
	}
	if (new == NULL) {
		return 0;
	}
	if (on_alt(l, arch_stack_pointer())) {
		return fail(EPERM);
	}
	if ((new->ss_flags & ~SS_DISABLE) != 0) {
		return fail(EINVAL);
	}
	if (new->ss_flags == SS_DISABLE) {
		l->sig.alt = (stack_t){ .ss_sp = NULL };
		return 0;
	}
	if (new->ss_size < MINSIGSTKSZ) {
		return fail(ENOMEM);
	}
	l->sig.alt = *new;
	return 0;
}

/* --- one handler --------------------------------------------------------------------------------- */

static void call(void *arg)
{
	struct delivery *d = arg;
	int e = errno;

	if ((d->action.sa_flags & SA_SIGINFO) != 0) {
		d->action.sa_sigaction(d->info.si_signo, &d->info, &d->context);
	} else {
		d->action.sa_handler(d->info.si_signo);
	}
	errno = e;
}

static void leave_alt(struct libc_thread *l)
{
	l->thread->arch.stack_lo = l->sig.under_lo;
	l->thread->arch.stack_hi = l->sig.under_hi;
}

static void enter_alt(struct libc_thread *l)
{
	struct arch_thread *a = &l->thread->arch;

	l->sig.under_lo = a->stack_lo;
	l->sig.under_hi = a->stack_hi;
	a->stack_lo = alt_lo(l);
	a->stack_hi = alt_hi(l);
}

/* Bounds of the alternate stack on another one: longjmp(), which knows of none, left a handler there. */
static bool mend(struct libc_thread *l, uintptr_t sp)
{
	/* Below the bound as well: that other stack may be what overflows now. */
	bool wrong = l->sig.alt.ss_size != 0 && l->thread->arch.stack_lo == alt_lo(l) &&
		     !on_alt(l, sp) && sp > l->sig.under_lo - PAGE_SIZE && sp <= l->sig.under_hi;

	if (wrong) {
		leave_alt(l);
	}
	return wrong;
}

static void call_on_alt(struct libc_thread *l, struct delivery *d)
{
	irqstate_t s = arch_irq_save();
	uintptr_t lo, hi;

	mend(l, arch_stack_pointer());
	enter_alt(l);
	lo = l->sig.under_lo;
	hi = l->sig.under_hi;
	arch_call_on(alt_hi(l), call, d, s);
	l->thread->arch.stack_lo = lo;
	l->thread->arch.stack_hi = hi;
	arch_irq_restore(s);
}

static void set_mask(struct libc_thread *l, sigset_t mask)
{
	irqstate_t s = spin_lock_save(&signals.lock);

	signals_set_mask(l, mask);
	spin_unlock_restore(&signals.lock, s);
}

/* With @f: masked, before and after. */
static void handle(struct libc_thread *l, struct delivery *d, struct trapframe *f)
{
	bool fault = d->info.si_code > 0 && d->info.si_code < SI_KERNEL;

	if (f != NULL) {
		arch_context_save(&d->context.uc_mcontext, f,
				  fault ? (uintptr_t)d->info.si_addr : 0);
		arch_irq_enable();
	} else if ((d->action.sa_flags & SA_SIGINFO) != 0) {
		getcontext(&d->context);
	}
	d->context.uc_flags = 0;
	d->context.uc_link = NULL;
	d->context.uc_stack = alt_state(l);
	d->context.uc_sigmask = d->old;
	l->sig.handled++;
	if ((d->action.sa_flags & SA_ONSTACK) != 0 && l->sig.alt.ss_size != 0 &&
	    !on_alt(l, arch_stack_pointer())) {
		call_on_alt(l, d);
	} else {
		call(d);
	}
	if (f != NULL) {
		arch_irq_save();
		arch_context_restore(&d->context.uc_mcontext, f);
	}
	set_mask(l, d->context.uc_sigmask);
}

/* @d->info is known: the action to take, and the mask during it. signals.lock held. */
static void prepare(struct libc_thread *l, struct delivery *d)
{
	int s = d->info.si_signo;
	struct sigaction *a = &signals.action[s];

	d->action = *a;
	d->old = l->sig.mask;
	if ((a->sa_flags & SA_RESETHAND) != 0) {
		a->sa_handler = SIG_DFL;
	}
	signals_set_mask(l, d->old | d->action.sa_mask |
				    ((d->action.sa_flags & SA_NODEFER) != 0 ? 0 : signal_bit(s)));
}

/* The next signal that has a handler; false: none is left. */
static bool next(struct libc_thread *l, struct delivery *d)
{
	irqstate_t state = spin_lock_save(&signals.lock);
	int s;

	do {
		s = signals_take(l, ~l->sig.mask, &d->info);
		if (s != 0 && signals.action[s].sa_handler == SIG_DFL &&
		    !signal_default_ignores(s)) {
			signal_end(s);
		}
	} while (s != 0 && !signal_handled(s));
	if (s != 0) {
		prepare(l, d);
	}
	spin_unlock_restore(&signals.lock, state);
	return s != 0;
}

void signals_deliver(struct trapframe *f)
{
	struct libc_thread *l = libc_thread(thread_self());
	struct delivery d;
	bool ran = false, restart = true;

	while (l != NULL && next(l, &d)) {
		ran = true;
		restart = restart && (d.action.sa_flags & SA_RESTART) != 0;
		handle(l, &d, f);
	}
	if (ran) {
		l->sig.no_restart = !restart;
	}
}

bool signals_restart(void)
{
	struct libc_thread *l = libc_thread_peek(thread_self());
	bool restart = l == NULL || !l->sig.no_restart;

	if (l != NULL) {
		l->sig.no_restart = false;
	}
	return restart;
}

void signals_check(void)
{
	struct thread *t = thread_self();

	sched_check();
	if ((atomic_load_explicit(&t->events, memory_order_relaxed) & EVENT_SIGNAL) != 0 &&
	    t->busy == 0 && t->preempt_off == 0 && !arch_irq_masked() &&
	    cpu_self()->irq_depth == 0) {
		signals_deliver(NULL);
	}
}

void signals_abort(void)
{
	struct libc_thread *l = libc_thread(thread_self());

	if (l != NULL && signal_handled(SIGABRT)) {
		set_mask(l, l->sig.mask & ~signal_bit(SIGABRT));
		raise(SIGABRT);
	}
}

/* --- faults -------------------------------------------------------------------------------------- */

static void describe(siginfo_t *info, enum fault kind, uintptr_t addr)
{
	static const struct {
		int s, code;
	} what[] = {
		[FAULT_UNMAPPED] = { SIGSEGV, SEGV_MAPERR },
		[FAULT_ACCESS] = { SIGSEGV, SEGV_ACCERR },
		[FAULT_ALIGN] = { SIGBUS, BUS_ADRALN },
		[FAULT_BUS] = { SIGBUS, BUS_ADRERR },
		[FAULT_ILLEGAL] = { SIGILL, ILL_ILLOPC },
		[FAULT_ARITHMETIC] = { SIGFPE, FPE_FLTINV },
		[FAULT_BREAK] = { SIGTRAP, TRAP_BRKPT },
	};

	*info = (siginfo_t){ .si_signo = what[kind].s, .si_code = what[kind].code };
	info->si_addr = (void *)addr;
}

/* A fault cannot wait: blocked or without a handler it is fatal. */
static bool may_handle(const struct libc_thread *l, int s)
{
	return l != NULL && signal_handled(s) && (l->sig.mask & signal_bit(s)) == 0;
}

bool signals_fault(struct trapframe *f, enum fault kind, uintptr_t addr)
{
	struct libc_thread *l = libc_thread(thread_self());
	struct delivery d;
	bool can;

	if (l != NULL && l->sig.mended) {
		l->sig.mended = false;
		return true;
	}
	describe(&d.info, kind, addr);
	spin_lock(&signals.lock);
	can = may_handle(l, d.info.si_signo);
	if (can) {
		prepare(l, &d);
	}
	spin_unlock(&signals.lock);
	if (!can) {
		return false;
	}
	handle(l, &d, f);
	/* signals_overflow() put the frame there; the thread goes back to the stack below. */
	if (on_alt(l, (uintptr_t)f) && !on_alt(l, arch_frame_sp(f))) {
		leave_alt(l);
	}
	return true;
}

struct trapframe *signals_overflow(uintptr_t sp, size_t size)
{
	struct libc_thread *l = libc_thread_peek(thread_self());

	if (l != NULL && mend(l, sp) && sp - size >= l->thread->arch.stack_lo) {
		l->sig.mended = true; /* the trap will come again */
		return (struct trapframe *)ALIGN_DOWN(sp - size, 16);
	}
	if (!may_handle(l, SIGSEGV) || (signals.action[SIGSEGV].sa_flags & SA_ONSTACK) == 0 ||
	    l->sig.alt.ss_size == 0 || l->thread->arch.stack_lo == alt_lo(l)) {
		return NULL;
	}
	enter_alt(l);
	return (struct trapframe *)(alt_hi(l) - ALIGN_UP(size, 16));
}
