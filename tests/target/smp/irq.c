/* SPDX-License-Identifier: MIT */
/* Interrupts go where they are sent: the alarm of the real-time clock, which nobody else uses.
 * Spec: PL031: ARM DDI 0224; Goldfish: QEMU hw/rtc/goldfish_rtc.c. */
#include "smp.h"

#include "../tap.h"

#include <errno.h>
#include <kernel/arch.h>
#include <kernel/cpu.h>
#include <kernel/fdt.h>
#include <kernel/irq.h>

struct clock {
	const char *compatible;
	void (*alarm)(uintptr_t base); /* ring as soon as it can */
	void (*quiet)(uintptr_t base);
};

static void pl031_alarm(uintptr_t base)
{
	mmio_write32(base + 0x10, 1);			  /* RTCIMSC */
	mmio_write32(base + 0x04, mmio_read32(base) + 1); /* RTCMR: at the next second */
}

static void pl031_quiet(uintptr_t base)
{
	mmio_write32(base + 0x1c, 1); /* RTCICR */
}

static void goldfish_alarm(uintptr_t base)
{
	uint32_t low = mmio_read32(base);

	mmio_write32(base + 0x10, 1); /* IRQ_ENABLED */
	mmio_write32(base + 0x0c, mmio_read32(base + 0x04));
	mmio_write32(base + 0x08, low + 1000000); /* ALARM_LOW arms it */
}

static void goldfish_quiet(uintptr_t base)
{
	mmio_write32(base + 0x1c, 1); /* CLEAR_INTERRUPT */
}

static const struct clock clocks[] = {
	{ "arm,pl031", pl031_alarm, pl031_quiet },
	{ "google,goldfish-rtc", goldfish_alarm, goldfish_quiet },
};

static const struct clock *clock_here;
static uintptr_t base;
static _Atomic unsigned rang_on; /* CPU + 1 */

static void rings(void *arg)
{
	(void)arg;
	clock_here->quiet(base);
	atomic_store(&rang_on, cpu_self()->index + 1);
}

static const struct dt_node *find_clock(void)
{
	for (const struct dt_node *n = dt_next(NULL); n != NULL; n = dt_next(n)) {
		for (unsigned i = 0; i < 2; i++) {
			if (dt_compatible(n, clocks[i].compatible)) {
				clock_here = &clocks[i];
				return n;
			}
		}
	}
	return NULL;
}

static int irq_of(const struct dt_node *n)
{
	const struct dt_node *ctl;
	uint32_t cells[4];
	unsigned count;

	return dt_irq(n, 0, &ctl, cells, &count) != 0 ? -1 : irq_map(ctl, cells, count);
}

/* The clock's interrupt with our handler; negative: an error. */
static int take_clock(void)
{
	const struct dt_node *n = find_clock();
	uint64_t address, size;
	int irq = n == NULL ? -1 : irq_of(n);

	if (irq < 0 || dt_reg(n, 0, &address, &size) != 0) {
		return -1;
	}
	base = (uintptr_t)address; /* its driver has mapped it */
	return irq_request(irq, rings, NULL, "alarm") != 0 ? -1 : irq;
}

unsigned where_it_rings(void)
{
	if (take_clock() < 0) {
		return 0;
	}
	clock_here->alarm(base);
	while (atomic_load(&rang_on) == 0) {
	}
	return atomic_load(&rang_on);
}

void test_irq(void)
{
	int irq = take_clock();

	if (!ok(irq >= 0, "the machine has a clock with an alarm, and nobody has its interrupt")) {
		return;
	}
	is(irq_request(irq, rings, NULL, "alarm"), -EBUSY, "one has it now");
	for (unsigned i = 0; i < n_cpus; i++) {
		unsigned to = n_cpus - 1 - i;

		is(irq_set_cpu(irq, to), 0, "sent to CPU %u", to);
		atomic_store(&rang_on, 0);
		clock_here->alarm(base);
		ok(spin_until(&rang_on, to + 1), "it comes there (%u)", atomic_load(&rang_on));
	}
	is(irq_set_cpu(irq, n_cpus), -EINVAL, "there is no such CPU");
	is(irq_set_cpu(1 << 20, 0), -EINVAL, "no such interrupt");
	irq_mask(irq);
}
