/* SPDX-License-Identifier: MIT */
/* What the CPU refuses comes as a signal, to be left by siglongjmp() or mended in the context; and the
 * alternate stack. */
#define _GNU_SOURCE
#include "signal_test.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

static sigjmp_buf out;
static volatile struct {
	int signal, code, count;
	void *addr;
	bool on_alt;
} fault;
static char alternate[SIGSTKSZ] __attribute__((aligned(16)));

static void leave(int s, siginfo_t *info, void *context)
{
	(void)context;
	fault.signal = s;
	fault.code = info->si_code;
	fault.addr = info->si_addr;
	fault.on_alt = (char *)&s >= alternate && (char *)&s < alternate + sizeof(alternate);
	fault.count++;
	siglongjmp(out, 1);
}

static void on(int s, int flags)
{
	struct sigaction a = { .sa_sigaction = leave, .sa_flags = flags | SA_SIGINFO };

	sigaction(s, &a, NULL);
}

static void *volatile bad;

static void segv(void)
{
	static const int constant = 4;

	on(SIGSEGV, 0);
	bad = (void *)0x7000000000UL;
	for (volatile int i = 0; i < 3; i++) {
		if (sigsetjmp(out, 1) == 0) {
			*(volatile int *)bad = 1;
		}
	}
	is(fault.count, 3, "siglongjmp() leaves a handler of SIGSEGV, and again");
	is(fault.signal, SIGSEGV, "it was told the signal");
	is(fault.code, SEGV_MAPERR, "that nothing is mapped there");
	ok(fault.addr == bad, "and where");
	bad = (void *)(uintptr_t)&constant;
	if (sigsetjmp(out, 1) == 0) {
		*(volatile int *)bad = 1;
	}
	is(fault.code, SEGV_ACCERR, "a write to a constant is refused");
	ok(fault.addr == bad, "at its address");
	bad = NULL;
	if (sigsetjmp(out, 1) == 0) {
		((void (*)(void))bad)();
	}
	ok(fault.signal == SIGSEGV && fault.addr == NULL, "a call of nothing can be left");
}

static void __attribute__((noinline)) breakpoint(void)
{
	__builtin_trap();
}

static void others(void)
{
	on(SIGILL, 0);
	on(SIGTRAP, 0);
	if (sigsetjmp(out, 1) == 0) {
		__asm__ volatile(".word 0");
	}
	is(fault.signal, SIGILL, "an undefined instruction is SIGILL");
	is(fault.code, ILL_ILLOPC, "with its code");
	fault.signal = 0;
	if (sigsetjmp(out, 1) == 0) {
		breakpoint();
	}
	is(fault.signal, SIGTRAP, "a breakpoint is SIGTRAP");
}

/* --- mended --------------------------------------------------------------------------------------- */

static char *page;

static void mend(int s, siginfo_t *info, void *context)
{
	(void)s, (void)info, (void)context;
	fault.count++;
	mprotect(page, 4096, PROT_READ | PROT_WRITE);
}

static void mended(void)
{
	struct sigaction a = { .sa_sigaction = mend, .sa_flags = SA_SIGINFO };

	page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigaction(SIGSEGV, &a, NULL);
	fault.count = 0;
	*(volatile char *)page = 42;
	is(fault.count, 1, "a handler may mend what was wrong");
	is(*page, 42, "and the instruction is done again");
	munmap(page, 4096);
}

/* --- the alternate stack -------------------------------------------------------------------------- */

static volatile int sink;

static int __attribute__((noinline)) recurse(int n)
{
	volatile char big[512];

	big[0] = (char)n;
	return n < 0 ? n : recurse(n + 1) + big[0] + sink;
}

static void overflow(void)
{
	stack_t alt = { .ss_sp = alternate, .ss_size = sizeof(alternate) }, old;

	is(sigaltstack(&alt, &old), 0, "an alternate stack is set");
	is(old.ss_flags, SS_DISABLE, "there was none");
	on(SIGSEGV, SA_ONSTACK);
	fault.count = 0;
	for (volatile int i = 0; i < 3; i++) {
		if (sigsetjmp(out, 1) == 0) {
			sink = recurse(0);
		}
	}
	is(fault.count, 3, "a stack overflow is handled on it, and again");
	ok(fault.on_alt, "there the handler ran");
	is(fault.signal, SIGSEGV, "the signal is SIGSEGV");
	bad = (void *)0x7000000000UL;
	fault.on_alt = false;
	if (sigsetjmp(out, 1) == 0) {
		*(volatile int *)bad = 1;
	}
	ok(fault.on_alt, "so is another fault");
}

static jmp_buf plain;

static void leave_plainly(int s)
{
	(void)s;
	longjmp(plain, 1);
}

/* longjmp() knows nothing of stacks; interrupts come all the same, and the next overflow. */
static void plain_jump(void)
{
	struct sigaction a = { .sa_handler = leave_plainly, .sa_flags = SA_ONSTACK | SA_NODEFER };
	volatile int times = 0;

	sigaction(SIGSEGV, &a, NULL);
	for (volatile int i = 0; i < 3; i++) {
		if (setjmp(plain) == 0) {
			sink = recurse(0);
		}
		times++;
		nap(5);
	}
	is(times, 3, "longjmp() leaves the alternate stack, too");
}

static stack_t inside;
static int inside_result, inside_errno;

static void look(int s)
{
	stack_t other = { .ss_sp = alternate, .ss_size = sizeof(alternate) };

	fault.on_alt = (char *)&s >= alternate && (char *)&s < alternate + sizeof(alternate);
	sigaltstack(NULL, &inside);
	inside_result = sigaltstack(&other, NULL);
	inside_errno = errno;
}

static void rules(void)
{
	stack_t alt = { .ss_sp = alternate, .ss_size = MINSIGSTKSZ - 1 }, old;
	struct sigaction a = { .sa_handler = look, .sa_flags = SA_ONSTACK };

	sigaction(SIGUSR1, &a, NULL);
	fault.on_alt = false;
	raise(SIGUSR1);
	ok(fault.on_alt, "SA_ONSTACK: a handler of raise() runs there");
	is(inside.ss_flags, SS_ONSTACK, "and can tell");
	ok(inside_result == -1 && inside_errno == EPERM, "it may not change it meanwhile");
	a.sa_flags = 0;
	sigaction(SIGUSR1, &a, NULL);
	raise(SIGUSR1);
	ok(!fault.on_alt, "without SA_ONSTACK it runs where the thread does");
	fails(sigaltstack(&alt, NULL), ENOMEM, "too small a stack is refused");
	alt.ss_flags = 99;
	fails(sigaltstack(&alt, NULL), EINVAL, "so are unknown flags");
	alt.ss_flags = SS_DISABLE;
	is(sigaltstack(&alt, &old), 0, "it can be switched off");
	is(old.ss_size, sizeof(alternate), "the old one is told");
	signal(SIGUSR1, SIG_DFL);
}

static void *thread_overflows(void *arg)
{
	stack_t alt = { .ss_sp = malloc(SIGSTKSZ), .ss_size = SIGSTKSZ };

	sigaltstack(&alt, NULL);
	if (sigsetjmp(out, 1) == 0) {
		sink = recurse(0);
	}
	alt.ss_flags = SS_DISABLE;
	sigaltstack(&alt, NULL);
	free(alt.ss_sp);
	return arg;
}

static void in_thread(void)
{
	pthread_t t;

	on(SIGSEGV, SA_ONSTACK);
	fault.count = 0;
	pthread_create(&t, NULL, thread_overflows, NULL);
	pthread_join(t, NULL);
	is(fault.count, 1, "a thread's overflow is handled on its own alternate stack");
	signal(SIGSEGV, SIG_DFL);
}

void fault_tests(void)
{
	segv();
	others();
	mended();
	overflow();
	plain_jump();
	rules();
	in_thread();
}
