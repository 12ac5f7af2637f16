/* SPDX-License-Identifier: MIT */
/* The test finisher that SiFive's simulations and QEMU's RISC-V machine have: off with an exit
 * status, and reset. Spec: SiFive test finisher as QEMU's hw/misc/sifive_test.c models it. */
#include <drivers/field.h>
#include <drivers/power.h>
#include <errno.h>
#include <kernel/arch.h>
#include <kernel/device.h>
#include <kernel/power.h>

#define FINISHER_FAIL  0x3333 /* status in the upper half */
#define FINISHER_PASS  0x5555
#define FINISHER_RESET 0x7777

#define FINISHER_STATUS FIELD(31, 16)

static uintptr_t finisher;

static void finisher_off(int status)
{
	uint32_t code = POWER_STATUS(status);

	mmio_write32(finisher,
		     code == 0 ? FINISHER_PASS : field_set(FINISHER_FAIL, FINISHER_STATUS, code));
}

static void finisher_reset(void)
{
	mmio_write32(finisher, FINISHER_RESET);
}

static struct power_ops finisher_ops = {
	.name = "sifive_test",
	.rank = POWER_RANK_STATUS,
	.off = finisher_off,
	.reset = finisher_reset,
};

static int finisher_probe(struct device *dev, const struct dt_match *m)
{
	size_t size;

	(void)m;
	if (finisher != 0) {
		return -EBUSY;
	}
	finisher = dev_mmio(dev, 0, &size);
	if (finisher == 0 || size < sizeof(uint32_t)) {
		return -EINVAL;
	}
	power_register(&finisher_ops);
	return 0;
}

static const struct dt_match finisher_match[] = {
	{ "sifive,test0", 0 }, /* 1 added the reset; a 0 ignores that write */
	{ "sifive,test1", 0 },
	{ NULL, 0 },
};

DRIVER(STAGE_POWER, sifive_test, finisher_match, finisher_probe);
