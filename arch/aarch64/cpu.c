/* SPDX-License-Identifier: MIT */
/* One CPU's set-up and features; TLS layout; first frame of a thread.
 * Spec: Arm ARM (DDI 0487) D19; ELF for the Arm 64-bit Architecture, TLS variant 1. */
#include <arch/fw.h>
#include <kernel/arch.h>
#include <kernel/cpu.h>
#include <string.h>

extern char arch_vectors[];
extern char tdata_start[], tdata_end[], tls_end[], tls_align[];

void thread_first(void);

const char arch_machine[] = "aarch64";

#define TLS_TCB 16 /* bytes between the thread pointer and the first variable */

/* The frame that arch_switch() pops. */
struct switch_frame {
	uint64_t x19, x20, x21_x28[8], x29, x30;
	uint64_t d8_d15[8];
	uint64_t fpcr, pad;
};
_Static_assert(sizeof(struct switch_frame) == 176, "switch.S");

void arch_cpu_init(struct cpu *cpu)
{
	(void)cpu;
	sysreg_write(vbar_el1, arch_vectors);
	sysreg_write(cntkctl_el1, 0);
	isb();
}

bool arch_entropy(uint64_t *word)
{
	uint64_t v, ok;

	if (((sysreg_read(id_aa64isar0_el1) >> 60) & 0xf) == 0) {
		return false;
	}
	/* RNDR; Z is set when no number came in time. */
	__asm__ volatile("mrs %0, S3_3_C2_C4_0\n\tcset %1, ne" : "=r"(v), "=r"(ok)::"cc");
	*word = v;
	return ok != 0;
}

bool arch_ipi_self(void)
{
	return false; /* an SGI does it */
}

void arch_last_write(const char *buf, size_t n)
{
	(void)buf;
	(void)n;
}

void arch_power_off_blind(void)
{
	static bool
		tried; /* without firmware the call is undefined, and the fault leads here again */
	struct smccc_res r;

	if (!tried) {
		tried = true;
		arch_smccc(false, 0x84000008, 0, 0, 0, &r); /* DEN 0022, 5.10: SYSTEM_OFF */
	}
}

void arch_halt(void)
{
	arch_irq_save();
	for (;;) {
		arch_wait();
	}
}

static size_t tls_offset(void)
{
	return ALIGN_UP((size_t)TLS_TCB, (size_t)tls_align);
}

size_t arch_tls_size(void)
{
	return tls_offset() + (size_t)(tls_end - tdata_start);
}

uintptr_t arch_tls_init(void *block)
{
	char *vars = (char *)block + tls_offset();
	size_t data = (size_t)(tdata_end - tdata_start);

	memset(block, 0, tls_offset());
	memcpy(vars, tdata_start, data);
	memset(vars + data, 0, (size_t)(tls_end - tdata_start) - data);
	return (uintptr_t)block;
}

void arch_set_tls(uintptr_t tp)
{
	sysreg_write(tpidr_el0, tp);
}

void arch_thread_init(struct thread *t, uintptr_t stack_top, void (*entry)(void *), void *arg,
		      uintptr_t tls)
{
	struct switch_frame *f = (struct switch_frame *)ALIGN_DOWN(stack_top, 16) - 1;

	memset(f, 0, sizeof(*f));
	f->x19 = (uintptr_t)entry;
	f->x20 = (uintptr_t)arg;
	f->x30 = (uintptr_t)thread_first;
	t->arch.sp = (uintptr_t)f;
	t->arch.tls = tls;
}

/* PSCI says where along with the start. */
void arch_smp_announce(uint64_t hw_id, paddr_t boot)
{
	(void)hw_id;
	(void)boot;
}
