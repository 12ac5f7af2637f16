/* SPDX-License-Identifier: MIT */
/* Power drivers by rank; when none works the CPU sleeps for good. */
#include <errno.h>
#include <kernel/arch.h>
#include <kernel/console.h>
#include <kernel/power.h>

static struct list drivers = LIST_INIT(drivers);
static struct power_finisher *finishers;

void power_finish_add(struct power_finisher *f)
{
	struct power_finisher **at = &finishers;

	while (*at != NULL) {
		at = &(*at)->next;
	}
	f->next = NULL;
	*at = f;
}

void power_finish(void)
{
	for (struct power_finisher *f = finishers; f != NULL; f = f->next) {
		f->fn();
	}
}

void power_register(struct power_ops *ops)
{
	struct list *p;

	list_for_each(p, &drivers) {
		if (list_entry(p, struct power_ops, link)->rank < ops->rank) {
			break;
		}
	}
	list_add_tail(p, &ops->link);
}

static void __attribute__((noreturn)) stuck(void)
{
	static const char text[] = "no way to end this machine is known: halted\n";

	console_write(text, sizeof(text) - 1);
	arch_power_off_blind();
	arch_halt();
}

int power_cpu_start(uint64_t hw_id, paddr_t entry, uint64_t arg)
{
	struct list *p;

	list_for_each(p, &drivers) {
		struct power_ops *o = list_entry(p, struct power_ops, link);

		if (o->cpu_start != NULL) {
			return o->cpu_start(hw_id, entry, arg);
		}
	}
	return -ENOSYS;
}

void power_off(int status)
{
	struct list *p;

	arch_irq_save();
	list_for_each(p, &drivers) {
		struct power_ops *o = list_entry(p, struct power_ops, link);

		if (o->off != NULL) {
			o->off(status);
		}
	}
	stuck();
}

void power_reset(void)
{
	struct list *p;

	arch_irq_save();
	list_for_each(p, &drivers) {
		struct power_ops *o = list_entry(p, struct power_ops, link);

		if (o->reset != NULL) {
			o->reset();
		}
	}
	stuck();
}
