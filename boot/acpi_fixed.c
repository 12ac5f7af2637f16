/* SPDX-License-Identifier: MIT */
/* FADT: how the power firmware is called. GTDT: the timers and the watchdog.
 * Spec: ACPI 6.5, 5.2.9 (FADT, 5.2.9.4 Arm flags), 5.2.25 (GTDT); bindings arm,psci, arm,arch_timer,
 * arm,sbsa-gwdt. */
#include "acpi_tables.h"

#include <libfdt.h>
#include <string.h>

#define FADT_ARM_FLAGS	129
#define FADT_ARM_PSCI	1U
#define FADT_ARM_BY_HVC 2U

#define GTDT_TIMERS	    48 /* GSI and flags of each */
#define GTDT_PLATFORM_COUNT 88
#define GTDT_PLATFORM_FIRST 92
#define GTDT_VIRTUAL_EL2    96
#define GTDT_ALWAYS_ON	    4U

#define GTDT_WATCHDOG	 1
#define WATCHDOG_SIZE	 28
#define WATCHDOG_REFRESH 4
#define WATCHDOG_CONTROL 12
#define WATCHDOG_GSI	 20
#define WATCHDOG_FLAGS	 24
#define WATCHDOG_SECURE	 4U
#define WATCHDOG_WINDOW	 0x1000

#define TIMERS 5

bool acpi_has_psci(const struct acpi *a)
{
	return (acpi_u16(&a->fadt, FADT_ARM_FLAGS) & FADT_ARM_PSCI) != 0;
}

void acpi_write_psci(struct acpi *a)
{
	static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2";
	bool by_hvc = (acpi_u16(&a->fadt, FADT_ARM_FLAGS) & FADT_ARM_BY_HVC) != 0;

	if (!acpi_has_psci(a)) {
		return;
	}
	acpi_begin(a, "psci");
	acpi_put(a, "compatible", compatible, sizeof(compatible));
	acpi_put_str(a, "method", by_hvc ? "hvc" : "smc");
	acpi_end(a);
}

static struct acpi_interrupt timer_irq(const struct acpi_span *gtdt, uint32_t at)
{
	struct acpi_interrupt irq = { .gsi = acpi_u32(gtdt, at) };
	uint32_t flags = acpi_u32(gtdt, at + 4);

	irq.flags = ((flags & 1) != 0 ? ACPI_EDGE : 0) | ((flags & 2) != 0 ? ACPI_LOW : 0);
	irq.valid = irq.gsi != 0;
	return irq;
}

static void write_arch_timer(struct acpi *a, const struct acpi_span *gtdt)
{
	static const char names[TIMERS][12] = { "sec-phys", "phys", "virt", "hyp-phys",
						"hyp-virt" };
	char list[TIMERS * 12];
	struct acpi_cells c = { .n = 0 };
	uint32_t flags = 0;
	unsigned used = 0;

	for (unsigned i = 0; i < TIMERS; i++) {
		uint32_t at = i < 4 ? GTDT_TIMERS + 8 * i : GTDT_VIRTUAL_EL2;
		struct acpi_interrupt irq = timer_irq(gtdt, at);
		unsigned n = (unsigned)strlen(names[i]) + 1;

		if (acpi_add_irq(a, &c, &irq, false)) {
			memcpy(list + used, names[i], n);
			used += n;
			flags |= acpi_u32(gtdt, at + 4);
		}
	}
	if (used == 0) {
		a->skipped++;
		return;
	}
	acpi_begin(a, "timer");
	acpi_put_str(a, "compatible", "arm,armv8-timer");
	acpi_put_cells(a, "interrupts-extended", &c);
	acpi_put(a, "interrupt-names", list, used);
	if ((flags & GTDT_ALWAYS_ON) != 0) {
		acpi_put_flag(a, "always-on");
	}
	acpi_end(a);
}

static void write_watchdog(struct acpi *a, const struct acpi_span *s)
{
	struct acpi_interrupt irq = timer_irq(s, WATCHDOG_GSI);
	struct acpi_cells reg = { .n = 0 };

	acpi_add_u64(&reg, acpi_u64(s, WATCHDOG_CONTROL));
	acpi_add_u64(&reg, WATCHDOG_WINDOW);
	acpi_add_u64(&reg, acpi_u64(s, WATCHDOG_REFRESH));
	acpi_add_u64(&reg, WATCHDOG_WINDOW);
	acpi_begin_at(a, "watchdog", acpi_u64(s, WATCHDOG_CONTROL));
	acpi_put_str(a, "compatible", "arm,sbsa-gwdt");
	acpi_put_cells(a, "reg", &reg);
	acpi_put_irq(a, &irq);
	acpi_end(a);
}

/* Platform timers: of these only the watchdog that is not the secure world's. */
static void write_watchdogs(struct acpi *a, const struct acpi_span *gtdt)
{
	uint32_t at = acpi_u32(gtdt, GTDT_PLATFORM_FIRST);
	uint32_t left = acpi_u32(gtdt, GTDT_PLATFORM_COUNT);

	for (; left > 0; left--) {
		struct acpi_span s = acpi_part(gtdt, at, 4);
		uint16_t len = acpi_u16(&s, 1);

		s = acpi_part(gtdt, at, len);
		if (len < 4 || s.len == 0) {
			a->skipped++;
			return;
		}
		if (acpi_u8(&s, 0) == GTDT_WATCHDOG && len >= WATCHDOG_SIZE &&
		    (acpi_u32(&s, WATCHDOG_FLAGS) & WATCHDOG_SECURE) == 0) {
			write_watchdog(a, &s);
		}
		at += len;
	}
}

void acpi_write_timers(struct acpi *a)
{
	struct acpi_span gtdt = acpi_find(a, "GTDT");

	write_arch_timer(a, &gtdt);
	write_watchdogs(a, &gtdt);
}
