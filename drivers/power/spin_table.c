/* SPDX-License-Identifier: MIT */
/* Further CPUs without firmware that one could call: each waits until an address is written to its word of memory.
 * Spec: Devicetree Specification v0.4, 3.8 (enable-method, cpu-release-addr); Linux Documentation/arm64/booting.rst. */
#include <arch/spin.h>
#include <drivers/power.h>
#include <errno.h>
#include <kernel/arch.h>
#include <kernel/device.h>
#include <kernel/power.h>
#include <string.h>

/* Memory that the tree keeps from everybody: a release there overwrites nothing of ours. */
static bool is_reserved(uint64_t at)
{
	uint64_t start, size;

	for (unsigned i = 0; dt_reservation(i, &start, &size); i++) {
		if (at >= start && at - start < size && size - (at - start) >= sizeof(uint64_t)) {
			return true;
		}
	}
	return false;
}

static const struct dt_node *cpu_node(uint64_t hw_id)
{
	const struct dt_node *all = dt_find("/cpus");
	uint64_t reg;

	for (const struct dt_node *n = all ? dt_child(all) : NULL; n; n = dt_sibling(n)) {
		if (dt_number(n, "reg", &reg) && reg == hw_id) {
			return n;
		}
	}
	return NULL;
}

static bool is_spinning(const struct dt_node *n)
{
	const char *method = dt_str(n, "enable-method");

	return method != NULL && strcmp(method, "spin-table") == 0;
}

static int spin_cpu_start(uint64_t hw_id, paddr_t entry, uint64_t arg)
{
	const struct dt_node *n = cpu_node(hw_id);
	uint64_t at;

	if (n == NULL || !is_spinning(n) || !dt_number(n, "cpu-release-addr", &at)) {
		return -ENOSYS;
	}
	if (at % sizeof(uint64_t) != 0 || !is_reserved(at)) {
		return -EINVAL;
	}
	/* One for all: the last one that was released runs by now, or none is released any more (smp.c). */
	arch_spin_start[0] = entry;
	arch_spin_start[1] = arg;
	arch_dcache_clean(arch_spin_start, sizeof(arch_spin_start));
	arch_spin_release(at, (paddr_t)arch_spin_entry);
	return 0;
}

static struct power_ops spin_ops = {
	.name = "spin-table",
	.rank = POWER_RANK_LAST,
	.cpu_start = spin_cpu_start,
};

static int spin_probe(struct device *dev, const struct dt_match *m)
{
	(void)dev;
	(void)m;
	power_register(&spin_ops);
	return 0;
}

DRIVER(STAGE_POWER, spin_table, NULL, spin_probe);
