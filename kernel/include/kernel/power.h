/* SPDX-License-Identifier: MIT */
/* Power off, reset and (issue of SMP) CPU start, by whichever power drivers the tree named. */
#pragma once

#include <kernel/list.h>
#include <kernel/types.h>

struct power_ops {
	struct list link; /* (private) */
	const char *name;
	int rank; /* higher is tried first */
	/* @status is the exit status to show where the platform can (QEMU's test device, semihosting);
	 * 0 is success. Return only if it did not work. Any context, masked. */
	void (*off)(int status);
	void (*reset)(void);
};

void power_register(struct power_ops *ops);
void power_off(int status) __attribute__((noreturn));
void power_reset(void) __attribute__((noreturn));
