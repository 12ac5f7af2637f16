/* SPDX-License-Identifier: MIT */
/* Arm's power firmware: off, reset and the start of further CPUs.
 * Spec: PSCI DEN 0022F, 5.1 (functions), 5.2.2 (return codes); binding arm,psci. */
#include <arch/fw.h>
#include <drivers/power.h>
#include <errno.h>
#include <kernel/device.h>
#include <kernel/log.h>
#include <kernel/power.h>
#include <string.h>

#define PSCI_VERSION	  0x84000000
#define PSCI_SYSTEM_OFF	  0x84000008
#define PSCI_SYSTEM_RESET 0x84000009
#define PSCI_CPU_ON_64	  0xc4000003

#define PSCI_NOT_SUPPORTED	-1
#define PSCI_INVALID_PARAMETERS -2
#define PSCI_ALREADY_ON		-4
#define PSCI_ON_PENDING		-5

#define PSCI_VERSION_0_2 2 /* major in the upper half, minor in the lower */

/* 0.1 numbers its functions in the tree, and has neither off nor reset. */
enum quirk { QUIRK_NONE, QUIRK_0_1 };

static bool by_smc;

static int32_t psci_call3(uint32_t fn, uint64_t a1, uint64_t a2, uint64_t a3)
{
	struct smccc_res r;

	arch_smccc(by_smc, fn, a1, a2, a3, &r);
	return (int32_t)r.a0;
}

static int32_t psci_call(uint32_t fn)
{
	return psci_call3(fn, 0, 0, 0);
}

static void psci_off(int status)
{
	(void)status; /* has no place here */
	psci_call(PSCI_SYSTEM_OFF);
}

static void psci_reset(void)
{
	psci_call(PSCI_SYSTEM_RESET);
}

/* 5.6. */
static int psci_cpu_start(uint64_t mpidr, paddr_t entry, uint64_t arg)
{
	switch (psci_call3(PSCI_CPU_ON_64, mpidr, entry, arg)) {
	case 0:
		return 0;
	case PSCI_INVALID_PARAMETERS:
		return -EINVAL;
	case PSCI_ALREADY_ON:
	case PSCI_ON_PENDING:
		return -EBUSY;
	case PSCI_NOT_SUPPORTED:
		return -ENOSYS;
	default:
		return -EIO;
	}
}

static struct power_ops psci_ops = {
	.name = "psci",
	.rank = POWER_RANK_FIRMWARE,
	.off = psci_off,
	.reset = psci_reset,
	.cpu_start = psci_cpu_start,
};

static int psci_probe(struct device *dev, const struct dt_match *m)
{
	const char *method = dt_str(dev->node, "method");
	int32_t version;

	if (method == NULL || (strcmp(method, "smc") != 0 && strcmp(method, "hvc") != 0)) {
		return -EINVAL;
	}
	if (m->data == QUIRK_0_1) {
		return 0;
	}
	by_smc = method[0] == 's';
	version = psci_call(PSCI_VERSION);
	if (version < PSCI_VERSION_0_2) {
		return -EOPNOTSUPP;
	}
	log_debug("psci %s: version %d.%d by %s", dev->name, version >> 16, version & 0xffff,
		  method);
	power_register(&psci_ops);
	return 0;
}

static const struct dt_match psci_match[] = {
	{ "arm,psci-1.0", QUIRK_NONE },
	{ "arm,psci-0.2", QUIRK_NONE },
	{ "arm,psci", QUIRK_0_1 },
	{ NULL, 0 },
};

DRIVER(STAGE_POWER, psci, psci_match, psci_probe);
