/* SPDX-License-Identifier: MIT */
/* The timer of a RISC-V hart: stimecmp where the hart has Sstc, else through the firmware.
 * Bound to the boot hart's cpu node: the tree has no other for it.
 * Spec: RISC-V Sstc 1.0; SBI 2.0, 6 (TIME) and 5.1 (legacy); Devicetree Specification v0.4, 3.7. */
#include <arch/csr.h>
#include <drivers/riscv_cpu.h>
#include <drivers/sbi.h>
#include <errno.h>
#include <kernel/arch.h>
#include <kernel/device.h>
#include <kernel/log.h>
#include <kernel/timer.h>

#define CSR_STIMECMP	   0x14d /* by number: assemblers of 2022 do not know the name */
#define LINE_TIMER	   5
#define SBI_TIME_SET_TIMER 0

/* Each of these takes the interrupt back when @counter is UINT64_MAX: that time never comes. */
static void arm_sstc(uint64_t counter)
{
	csr_write(CSR_STIMECMP, counter);
}

static void arm_sbi(uint64_t counter)
{
	arch_sbi(SBI_EXT_TIME, SBI_TIME_SET_TIMER, counter, 0, 0);
}

static void arm_sbi_legacy(uint64_t counter)
{
	arch_sbi(SBI_LEGACY_SET_TIMER, 0, counter, 0, 0);
}

static struct clockevent riscv_timer;
static int timer_irq;

static void riscv_timer_cpu_init(void)
{
	riscv_timer.arm(UINT64_MAX);
	irq_unmask(timer_irq); /* each hart has its own sie */
}

static void riscv_timer_interrupt(void *arg)
{
	(void)arg;
	timer_interrupt(); /* arms again or turns off, and so clears the pending bit */
}

static void choose_arm(void)
{
	if (arch_isa_has("sstc")) {
		riscv_timer.name = "sstc";
		riscv_timer.arm = arm_sstc;
	} else if (sbi_has(SBI_EXT_TIME)) {
		riscv_timer.name = "sbi-time";
		riscv_timer.arm = arm_sbi;
	} else {
		riscv_timer.name = "sbi-legacy";
		riscv_timer.arm = arm_sbi_legacy;
	}
}

static uint64_t frequency(const struct dt_node *cpu)
{
	uint64_t hz;

	if (dt_number(cpu, "timebase-frequency", &hz) ||
	    dt_number(dt_parent(cpu), "timebase-frequency", &hz)) {
		return hz;
	}
	return 0;
}

/* Number of the timer line of the hart whose node is @cpu, or -errno. */
static int find_irq(const struct dt_node *cpu)
{
	const uint32_t cells[] = { LINE_TIMER };

	for (const struct dt_node *n = dt_child(cpu); n != NULL; n = dt_sibling(n)) {
		if (dt_compatible(n, "riscv,cpu-intc")) {
			return irq_map(n, cells, ARRAY_SIZE(cells));
		}
	}
	return -ENOENT;
}

static int riscv_timer_probe(struct device *dev, const struct dt_match *m)
{
	int err;

	(void)m;
	if (!riscv_is_this_hart(dev->node)) {
		return 0; /* every hart has the same timer: one clock event serves all */
	}
	riscv_timer.hz = frequency(dev->node);
	if (riscv_timer.hz == 0) {
		return -EINVAL;
	}
	timer_irq = find_irq(dev->node);
	if (timer_irq < 0) {
		return timer_irq;
	}
	choose_arm();
	riscv_timer.cpu_init = riscv_timer_cpu_init;
	riscv_timer.arm(UINT64_MAX);
	err = irq_request(timer_irq, riscv_timer_interrupt, NULL, "timer");
	if (err != 0) {
		return err;
	}
	log_debug("riscv_timer %s: %s, %llu Hz", dev->name, riscv_timer.name,
		  (unsigned long long)riscv_timer.hz);
	clockevent_register(&riscv_timer);
	return 0;
}

static const struct dt_match riscv_timer_match[] = {
	{ "riscv", 0 },
	{ NULL, 0 },
};

DRIVER(STAGE_TIMER, riscv_timer, riscv_timer_match, riscv_timer_probe);
