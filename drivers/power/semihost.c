/* SPDX-License-Identifier: MIT */
/* Off by a call to the debugger or emulator, with the exit status; the only way to show one on
 * QEMU's Arm machine. Without a debugger the call is an undefined instruction, so it needs the
 * word `semihosting` in the bootargs (QEMU: -semihosting).
 * Spec: Semihosting for AArch32 and AArch64 2.0, SYS_EXIT_EXTENDED; RISC-V Semihosting 0.2. */
#include <arch/fw.h>
#include <drivers/power.h>
#include <errno.h>
#include <kernel/device.h>
#include <kernel/params.h>
#include <kernel/power.h>

#define SYS_EXIT_EXTENDED	    0x20
#define ADP_STOPPED_APPLICATIONEXIT 0x20026

static bool tried;

static void semihost_off(int status)
{
	unsigned long block[] = { ADP_STOPPED_APPLICATIONEXIT, POWER_STATUS(status) };

	/* With no debugger there, the fault brings us here again by way of the panic. */
	if (!tried) {
		tried = true;
		arch_semihost(SYS_EXIT_EXTENDED, block);
	}
}

static struct power_ops semihost_ops = {
	.name = "semihost",
	.rank = POWER_RANK_DEBUGGER,
	.off = semihost_off,
};

static int semihost_probe(struct device *dev, const struct dt_match *m)
{
	(void)dev;
	(void)m;
	if (param("semihosting") == NULL) {
		return -ENODEV;
	}
	power_register(&semihost_ops);
	return 0;
}

DRIVER(STAGE_POWER, semihost, NULL, semihost_probe);
