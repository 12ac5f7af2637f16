/* SPDX-License-Identifier: MIT */
/* Release of a CPU that spins; for drivers/power only. Spec: Linux Documentation/arm64/booting.rst. */
#pragma once

#include <kernel/types.h>

/* spin.S. */
extern char arch_spin_entry[];
/* Where a CPU that arrives at arch_spin_entry goes to, and with what in x0. It reads them with its caches off. */
extern uint64_t arch_spin_start[2];
/* Write @value to the memory at @at, mapped or not, past the caches, and wake who waits for it. Nobody has that
 * memory in a cache. */
void arch_spin_release(paddr_t at, uint64_t value);
