/* SPDX-License-Identifier: MIT */
/* The contract between portable code and an architecture: every call that
 * arch/ARCH must supply, and nothing else. The inline ones are declared here
 * before <arch/...> defines them, so an architecture that forgets one does not
 * compile. "Masked" means: interrupts are masked on this CPU. */
#pragma once

#include <arch/mcontext.h>
#include <kernel/types.h>

struct cpu;
struct thread;
struct trapframe;
struct arch_thread;

/* --- CPU, <arch/cpu.h> ------------------------------------------------------
 * Context of this group: any, unless it says otherwise. */

/* Mask interrupts on this CPU and return the former state. Nests; a compiler barrier. */
static inline irqstate_t arch_irq_save(void);
/* Return to the state that arch_irq_save() gave. */
static inline void arch_irq_restore(irqstate_t s);
/* Let interrupts in, whatever the state was: a thread's first steps, the idle loop. */
static inline void arch_irq_enable(void);
/* For assertions only. */
static inline bool arch_irq_masked(void);
/* Sleep until an enabled interrupt is pending, even though it is masked; returns
 * masked, and none is lost. Context: masked. */
static inline void arch_wait(void);
/* Hint inside a spin loop. */
static inline void arch_relax(void);
/* The current thread; never NULL after arch_cpu_init(). */
static inline struct thread *arch_self(void);
/* Make @t the current thread (boot only; arch_switch() does it afterwards). Masked. */
static inline void arch_set_self(struct thread *t);
/* The architected counter: same on all CPUs, never goes back, not read early. */
static inline uint64_t arch_counter(void);
/* One hardware random word, or false where the CPU has none (RNDR, Zkr). */
bool arch_entropy(uint64_t *word);
/* First call on each CPU: trap vectors, FP on, counter access. Enables no interrupt. */
void arch_cpu_init(struct cpu *cpu);
/* What uname() calls the machine: "aarch64", "riscv64". */
extern const char arch_machine[];
/* Ask this CPU for the inter-processor interrupt, without an interrupt controller's help; false: cannot. */
bool arch_ipi_self(void);
/* Text to the firmware's console, where there is one that needs no driver and no memory (SBI): the last
 * resort of a panic before the console is known. */
void arch_last_write(const char *buf, size_t n);
/* Ask for power off without knowing whether any firmware listens (PSCI's HVC, SBI's
 * shutdown): for a machine whose tree names none, where the alternative is to hang. May fault. */
void arch_power_off_blind(void);
/* End of everything when no power driver answered: sleep forever, masked. */
void arch_halt(void) __attribute__((noreturn));

/* --- MMIO and DMA, <arch/io.h> ----------------------------------------------
 * One access of that width. Loads after the read wait for it; stores to RAM before
 * the write reach the device first. */
static inline uint8_t mmio_read8(uintptr_t a);
static inline uint16_t mmio_read16(uintptr_t a);
static inline uint32_t mmio_read32(uintptr_t a);
static inline uint64_t mmio_read64(uintptr_t a);
static inline void mmio_write8(uintptr_t a, uint8_t v);
static inline void mmio_write16(uintptr_t a, uint16_t v);
static inline void mmio_write32(uintptr_t a, uint32_t v);
static inline void mmio_write64(uintptr_t a, uint64_t v);
/* Order accesses to RAM that is shared with a coherent device. Between CPUs use C11 atomics. */
static inline void dma_wmb(void);
static inline void dma_rmb(void);
static inline void dma_mb(void);

/* --- Checksums, <arch/sum.h> --------------------------------------------------
 * For who includes it: uint64_t arch_sum(const uint8_t *p, size_t n) adds up the 32-bit words in
 * @n blocks of ARCH_SUM_BLOCK bytes at @p, which is aligned in any way. */

/* --- Page tables, <arch/pte.h> ----------------------------------------------
 * Pure functions; 512 entries a table on both architectures, 4 KiB granule. Level 0 is
 * the last one (4 KiB), a leaf of level 1 maps 2 MiB, of level 2 1 GiB; level 3 is the root. */
enum map_attr {
	MAP_READ = 1,
	MAP_WRITE = 2,
	MAP_EXEC = 4,
	MAP_DEVICE = 8, /* strongly ordered, never speculated, never executed */
};

static inline pte_t pte_table(paddr_t table);
static inline pte_t pte_leaf(paddr_t pa, unsigned attr, unsigned level);
static inline bool pte_valid(pte_t e);
static inline bool pte_is_table(pte_t e, unsigned level);
static inline paddr_t pte_pa(pte_t e);
static inline unsigned pte_attr(pte_t e);

/* This CPU translates through @root, a table of level 3 (of which only entry 0 counts where the
 * CPU has three levels); its own text is identity mapped. Runs with the MMU off. */
void arch_mmu_on(paddr_t root);
/* First address that cannot be mapped on this CPU. */
paddr_t arch_address_top(void);
/* Make a store to a live table visible to the table walker. */
static inline void arch_pte_sync(void);
/* Break before make: put @to where a valid entry is, although the range it maps may be in use by
 * this very code (its stack, its tables). Masked; other CPUs stand still (smp.h). */
void arch_pte_replace(pte_t *e, pte_t to);
/* On return no CPU uses an older translation of [va, va + size). Any context. */
void arch_tlb_flush(uintptr_t va, size_t size);
/* Code just written to [p, p + n) may run on any CPU. */
void arch_icache_sync(void *p, size_t n);
/* Caches to memory and back, for non-coherent DMA and a hand-over with the MMU off. */
void arch_dcache_clean(void *p, size_t n);
void arch_dcache_inval(void *p, size_t n);

/* --- Threads, <arch/thread.h> ------------------------------------------------ */

/* Build @t's first frame below @stack_top: its first arch_switch() calls entry(arg), masked.
 * @tls is what the thread pointer will hold. */
void arch_thread_init(struct thread *t, uintptr_t stack_top, void (*entry)(void *), void *arg,
		      uintptr_t tls);
/* Save @prev's callee-saved registers and run @next: sets arch_self() and the thread pointer.
 * Returns when @prev runs again. Context: masked. */
void arch_switch(struct thread *prev, struct thread *next);
/* Lay out the compiler's TLS for one thread in @block (arch_tls_size() bytes, 16-byte aligned
 * at least to the segment's alignment): returns the thread pointer. */
size_t arch_tls_size(void);
uintptr_t arch_tls_init(void *block);
/* The calling thread's thread pointer (boot thread only; threads get theirs at the switch). */
void arch_set_tls(uintptr_t tp);

/* --- Further CPUs ------------------------------------------------------------- */

/* Where firmware is to start one, with a struct smp_boot (cpu.h) as argument; MMU off. */
extern char arch_smp_entry[];
/* Before power_cpu_start() of the CPU with that hardware id: for firmware that starts it elsewhere. @boot: its struct
 * smp_boot. Boot. */
void arch_smp_announce(uint64_t hw_id, paddr_t boot);

/* --- Contexts, <arch/mcontext.h>, context.S -------------------------------------
 * For signal handlers and coroutines. Whoever changes the stack sets the thread's arch.stack_lo and
 * arch.stack_hi, masked. */

/* What @f and the CPU hold of the interrupted code, to @m and back; @addr: of the fault, or 0. Masked. */
void arch_context_save(mcontext_t *m, const struct trapframe *f, uintptr_t addr);
void arch_context_restore(const mcontext_t *m, struct trapframe *f);
/* Its stack pointer. */
uintptr_t arch_frame_sp(const struct trapframe *f);
/* About where the caller's is. */
uintptr_t arch_stack_pointer(void);
/* Call fn(arg) on the stack that ends at @top, with interrupts as @s says. Masked, before and after. */
void arch_call_on(uintptr_t top, void (*fn)(void *), void *arg, irqstate_t s);
/* Continue where getcontext() or arch_context_make() made @m; interrupts as @s says. Masked. */
void arch_context_load(const mcontext_t *m, irqstate_t s) __attribute__((noreturn));
/* Make @m call fn(args...) on the stack that ends at @top, then context_ended(@end). Any context. */
void arch_context_make(mcontext_t *m, uintptr_t top, void (*fn)(void), const unsigned long args[8],
		       void *end);
/* longjmp() of the jmp_buf @regs, with interrupts as @s says. Masked. */
void arch_longjmp(void *regs, int value, irqstate_t s) __attribute__((noreturn));

/* --- UEFI, where boot/ is in the image (needs efi) -------------------------------- */

/* Boot services have gone: write [image, image + size) back to memory, turn off caches and translation, and begin at
 * @image with @fdt and @cpu_id where its boot protocol has them. */
void arch_efi_leave(paddr_t image, size_t size, paddr_t fdt, uint64_t cpu_id)
	__attribute__((noreturn));

/* --- Faults ------------------------------------------------------------------- */

/* One frame of a call chain. Set pc, fp and the stack's bounds; then step with arch_unwind(). */
struct unwind {
	uintptr_t pc, fp;
	uintptr_t lo, hi; /* the stack: a frame record outside ends the walk */
};

/* One frame up; false at the end or outside the stack. Reads only [lo, hi). Any context. */
bool arch_unwind(struct unwind *u);
/* Start at the caller of this function. */
void arch_unwind_here(struct unwind *u);
/* Registers and cause through @emit, a line at a time. Takes no lock. */
void arch_frame_print(const struct trapframe *f, void (*emit)(const char *fmt, ...));
/* Start at the interrupted instruction. */
void arch_frame_unwind(const struct trapframe *f, struct unwind *u);

/* --- Up-calls: the architecture calls these ------------------------------------ */

/* First C of all, MMU off, no relocation applied yet: apply the image's RELATIVE relocations. */
void relocate(uintptr_t delta);
/* MMU still off, image relocated: map the image's sections with their rights and the memory
 * around the tree; returns the root table (kernel/pagetable.c). */
paddr_t pagetable_boot(paddr_t fdt);
/* The boot CPU, once: MMU on, own stack, image relocated. @fdt is what the loader passed,
 * unchecked; @cpu_id is this CPU's hardware id; @start the counter at the image's entry. */
void kernel_main(paddr_t fdt, uint64_t cpu_id, uint64_t start) __attribute__((noreturn));
/* An interrupt was taken. Masked, on the interrupted thread's stack. */
void irq_entry(struct trapframe *f);
/* A further CPU, MMU on, on the stack that its record names: runs threads from here on. Masked. */
void smp_main(struct cpu *cpu) __attribute__((noreturn));
/* A synchronous exception that nothing handles: prints and ends the machine. */
void trap_fatal(const struct trapframe *f, const char *reason, uintptr_t addr)
	__attribute__((noreturn));

#include <arch/cpu.h>
#include <arch/io.h>
#include <arch/pte.h>
#include <arch/thread.h>
