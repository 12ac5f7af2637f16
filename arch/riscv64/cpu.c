/* SPDX-License-Identifier: MIT */
/* One CPU's set-up and features; TLS layout; first frame of a thread.
 * Spec: RISC-V Privileged Architecture 1.12, 4.1; RISC-V ELF psABI 1.0 (TLS: tp at the block). */
#include <arch/fw.h>
#include <kernel/arch.h>
#include <kernel/cpu.h>
#include <kernel/fdt.h>
#include <string.h>

extern char arch_vectors[], boot_emergency_top[];
extern char tdata_start[], tdata_end[], tls_end[];

void thread_first(void);

const char arch_machine[] = "riscv64";

/* The frame that arch_switch() pops. */
struct switch_frame {
	uint64_t ra, s0, s1, s2, s3_s11[9], pad;
};
_Static_assert(sizeof(struct switch_frame) == 112, "switch.S");

void arch_cpu_init(struct cpu *cpu)
{
	if (cpu->index == 0) {
		cpu->boot.emergency_top = (uintptr_t)boot_emergency_top;
	}
	arch_self()->arch.emergency = cpu->boot.emergency_top;
	csr_write(stvec, (uintptr_t)arch_vectors);
	csr_clear(sstatus, SSTATUS_FS);
	csr_set(sstatus, SSTATUS_FS_CLEAN);
	csr_write(fcsr, 0);
	csr_clear(sstatus,
		  1UL << 13); /* Clean again: vectors.S and switch.S know Clean and Dirty only */
	csr_write(scounteren, 0);
}

bool arch_entropy(uint64_t *word)
{
	uint64_t v = 0;

	if (!arch_isa_has("zkr")) {
		return false;
	}
	/* Zkr: OPST in bits 31 to 30 is 2 (ES16) when bits 15 to 0 are entropy; bounded retries. */
	for (unsigned got = 0, tries = 0; got < 4; tries++) {
		uint64_t seed;

		__asm__ volatile("csrrw %0, 0x015, x0" : "=r"(seed));
		if ((seed >> 30 & 3) == 2) {
			v = v << 16 | (seed & 0xffff);
			got++;
		} else if (tries > 100) {
			return false;
		}
	}
	*word = v;
	return true;
}

bool arch_ipi_self(void)
{
	csr_set(sip, 1UL << 1); /* SSIP: the one pending bit that is ours to set */
	return true;
}

/* Legacy extensions (SBI 2.0, 5): those that every firmware has. */
void arch_last_write(const char *buf, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		arch_sbi(1, 0, (unsigned char)buf[i], 0, 0);
	}
}

void arch_power_off_blind(void)
{
	arch_sbi(8, 0, 0, 0, 0);
}

void arch_halt(void)
{
	arch_irq_save();
	for (;;) {
		arch_wait();
	}
}

size_t arch_tls_size(void)
{
	return (size_t)(tls_end - tdata_start);
}

uintptr_t arch_tls_init(void *block)
{
	size_t data = (size_t)(tdata_end - tdata_start);

	memcpy(block, tdata_start, data);
	memset((char *)block + data, 0, arch_tls_size() - data);
	return (uintptr_t)block;
}

void arch_set_tls(uintptr_t tp)
{
	__asm__ volatile("mv tp, %0" ::"r"(tp));
}

void arch_thread_init(struct thread *t, uintptr_t stack_top, void (*entry)(void *), void *arg,
		      uintptr_t tls)
{
	struct switch_frame *f = (struct switch_frame *)ALIGN_DOWN(stack_top, 16) - 1;

	memset(f, 0, sizeof(*f));
	f->ra = (uintptr_t)thread_first;
	f->s1 = (uintptr_t)entry;
	f->s2 = (uintptr_t)arg;
	t->arch.sp = (uintptr_t)f;
	t->arch.tls = tls;
	/* arch_switch() passes the CPU's emergency stack on. */
}

/* One extension name in the node's list of strings, or in the classic underscore form. */
static bool node_has(const struct dt_node *cpu, const char *ext)
{
	size_t n = strlen(ext), len;
	const char *list = dt_prop(cpu, "riscv,isa-extensions", &len);
	const char *isa = dt_str(cpu, "riscv,isa");

	for (size_t i = 0; list != NULL && i < len; i += strnlen(list + i, len - i) + 1) {
		if (strnlen(list + i, len - i) == n && memcmp(list + i, ext, n) == 0) {
			return true;
		}
	}
	while (isa != NULL && (isa = strchr(isa, '_')) != NULL) {
		isa++;
		if (strncmp(isa, ext, n) == 0 && (isa[n] == '_' || isa[n] == '\0')) {
			return true;
		}
	}
	return false;
}

bool arch_isa_has(const char *ext)
{
	const struct dt_node *cpus_node = dt_find("/cpus");

	for (const struct dt_node *n = cpus_node ? dt_child(cpus_node) : NULL; n;
	     n = dt_sibling(n)) {
		const char *type = dt_str(n, "device_type");

		if (type != NULL && strcmp(type, "cpu") == 0 &&
		    dt_u32(n, "reg", 0, ~0U) == (uint32_t)cpu_self()->hw_id) {
			return node_has(n, ext);
		}
	}
	return false;
}

extern volatile struct {
	uint64_t hart;
	paddr_t boot;
} smp_announced; /* entry.S */

void arch_smp_announce(uint64_t hw_id, paddr_t boot)
{
	smp_announced.boot = boot;
	__asm__ volatile("fence w, w" ::: "memory");
	smp_announced.hart = hw_id;
	__asm__ volatile("fence rw, rw" ::: "memory"); /* before the firmware marks the hart */
}
