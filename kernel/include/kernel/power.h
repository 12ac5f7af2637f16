/* SPDX-License-Identifier: MIT */
/* Power off, reset and CPU start, by whichever power drivers the tree named. */
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
	/* Have the CPU of that hardware id begin at @entry, MMU off, with @arg in its first argument register
	 * (aarch64: x0; riscv64: a1). 0, or -errno. May be NULL. Boot. */
	int (*cpu_start)(uint64_t hw_id, paddr_t entry, uint64_t arg);
};

/* What the program left to be done, before its end switches the machine off: by whom it concerns (the network: bytes
 * on their way; files: what is not on the disk yet). */
struct power_finisher {
	void (*fn)(void);	     /* in a thread, may sleep */
	struct power_finisher *next; /* (private) */
};
/* Boot or thread, before there are several; @f stays the kernel's. Called in this order. */
void power_finish_add(struct power_finisher *f);
/* By _exit(). */
void power_finish(void);

void power_register(struct power_ops *ops);
void power_off(int status) __attribute__((noreturn));
void power_reset(void) __attribute__((noreturn));
/* By the first driver that can; -ENOSYS when none can. */
int power_cpu_start(uint64_t hw_id, paddr_t entry, uint64_t arg);
