/* SPDX-License-Identifier: MIT */
/* The architected timer of Arm CPUs: the virtual one, which is ours at EL1 under any hypervisor.
 * Spec: Arm ARM (DDI 0487) D12 (CNTV_*, CNTFRQ); binding arm,arch_timer. */
#include <arch/sysreg.h>
#include <errno.h>
#include <kernel/device.h>
#include <kernel/log.h>
#include <kernel/timer.h>
#include <string.h>

#define CNTV_CTL_ENABLE 1
#define CNTV_CTL_OFF	0 /* not enabled: asserts no interrupt */

/* Interrupt of the virtual timer when the node does not name its interrupts. */
#define VIRT_INDEX 2

static void arm_timer_arm(uint64_t counter)
{
	if (counter == UINT64_MAX) {
		sysreg_write(cntv_ctl_el0, CNTV_CTL_OFF);
	} else {
		sysreg_write(cntv_cval_el0, counter);
		sysreg_write(cntv_ctl_el0, CNTV_CTL_ENABLE);
	}
	/* The line must have changed before the interrupt controller is asked again. */
	isb();
}

static int timer_irq;

static void arm_timer_cpu_init(void)
{
	arm_timer_arm(UINT64_MAX);
	irq_unmask(timer_irq); /* a private line: each CPU has its own mask */
}

static struct clockevent arm_timer = {
	.name = "arm_arch",
	.arm = arm_timer_arm,
	.cpu_init = arm_timer_cpu_init,
};

static void arm_timer_interrupt(void *arg)
{
	(void)arg;
	timer_interrupt(); /* arms again or turns off, and so lowers the line */
}

/* Place of @name in a list of strings; @def when there is no such list. -ENOENT. */
static int string_index(const struct dt_node *n, const char *prop, const char *name, int def)
{
	size_t len;
	const char *p = dt_prop(n, prop, &len);
	int i = 0;

	if (p == NULL) {
		return def;
	}
	for (size_t at = 0; at < len; i++) {
		size_t left = len - at;
		size_t used = strnlen(p + at, left);

		if (used < left && strcmp(p + at, name) == 0) {
			return i;
		}
		at += used + 1;
	}
	return -ENOENT;
}

/* Firmware sets CNTFRQ; the property is for firmware that forgot. */
static uint64_t frequency(const struct dt_node *n)
{
	uint64_t hz = sysreg_read(cntfrq_el0);

	return hz != 0 ? hz : dt_u32(n, "clock-frequency", 0, 0);
}

static int arm_timer_probe(struct device *dev, const struct dt_match *m)
{
	int index = string_index(dev->node, "interrupt-names", "virt", VIRT_INDEX);
	int err;

	(void)m;
	if (arm_timer.hz != 0) {
		return -EBUSY;
	}
	if (index < 0) {
		return index;
	}
	timer_irq = dev_irq(dev, (unsigned)index);
	if (timer_irq < 0) {
		return timer_irq;
	}
	arm_timer.hz = frequency(dev->node);
	if (arm_timer.hz == 0) {
		return -EINVAL;
	}
	arm_timer_arm(UINT64_MAX);
	err = irq_request(timer_irq, arm_timer_interrupt, NULL, "timer");
	if (err != 0) {
		return err;
	}
	log_debug("arm_arch %s: %llu Hz", dev->name, (unsigned long long)arm_timer.hz);
	clockevent_register(&arm_timer);
	return 0;
}

static const struct dt_match arm_timer_match[] = {
	{ "arm,armv8-timer", 0 },
	{ "arm,armv7-timer", 0 },
	{ NULL, 0 },
};

DRIVER(STAGE_TIMER, arm_arch, arm_timer_match, arm_timer_probe);
