/* SPDX-License-Identifier: MIT */
/* RISC-V firmware's system reset, or the shutdown of firmware before SBI 0.2; the start of further harts.
 * Spec: RISC-V SBI 2.0, 10 (SRST), 5.9 (legacy shutdown) and 9 (HSM). */
#include <drivers/power.h>
#include <drivers/sbi.h>
#include <errno.h>
#include <kernel/device.h>
#include <kernel/power.h>

#define SRST_SYSTEM_RESET 0
#define HSM_HART_START	  0

enum { SRST_SHUTDOWN = 0, SRST_COLD_REBOOT = 1 };
enum { SRST_NO_REASON = 0, SRST_SYSTEM_FAILURE = 1 };

static void srst_off(int status)
{
	arch_sbi(SBI_EXT_SRST, SRST_SYSTEM_RESET, SRST_SHUTDOWN,
		 status == 0 ? SRST_NO_REASON : SRST_SYSTEM_FAILURE, 0);
}

static void srst_reset(void)
{
	arch_sbi(SBI_EXT_SRST, SRST_SYSTEM_RESET, SRST_COLD_REBOOT, SRST_NO_REASON, 0);
}

static void legacy_off(int status)
{
	(void)status; /* has no place here */
	arch_sbi(SBI_LEGACY_SHUTDOWN, 0, 0, 0, 0);
}

/* 9.1: a0 holds the hart id there, a1 the argument. */
static int hsm_start(uint64_t hart, paddr_t entry, uint64_t arg)
{
	switch (arch_sbi(SBI_EXT_HSM, HSM_HART_START, hart, entry, arg).error) {
	case 0:
		return 0;
	case SBI_ERR_INVALID_PARAM:
	case SBI_ERR_INVALID_ADDRESS:
		return -EINVAL;
	case SBI_ERR_ALREADY_AVAILABLE:
		return -EBUSY;
	default:
		return -EIO;
	}
}

static struct power_ops sbi_ops = { .name = "sbi", .rank = POWER_RANK_FIRMWARE };

static int sbi_power_probe(struct device *dev, const struct dt_match *m)
{
	(void)dev;
	(void)m;
	if (sbi_has(SBI_EXT_SRST)) {
		sbi_ops.off = srst_off;
		sbi_ops.reset = srst_reset;
	} else {
		/* 5.9: does not return, whether it worked or not. */
		sbi_ops.off = legacy_off;
		sbi_ops.rank = POWER_RANK_LAST;
	}
	if (sbi_has(SBI_EXT_HSM)) {
		sbi_ops.cpu_start = hsm_start;
	}
	power_register(&sbi_ops);
	return 0;
}

DRIVER(STAGE_POWER, sbi, NULL, sbi_power_probe);
