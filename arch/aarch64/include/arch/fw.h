/* SPDX-License-Identifier: MIT */
/* Firmware and debugger calls, for drivers/power only.
 * Spec: SMC Calling Convention (DEN 0028) 2; Semihosting for AArch32 and AArch64 2.0. */
#pragma once

#include <kernel/types.h>

struct smccc_res {
	uint64_t a0, a1, a2, a3;
};

static inline void arch_smccc(bool smc, uint64_t fn, uint64_t a1, uint64_t a2, uint64_t a3,
			      struct smccc_res *out)
{
	register uint64_t x0 __asm__("x0") = fn;
	register uint64_t x1 __asm__("x1") = a1;
	register uint64_t x2 __asm__("x2") = a2;
	register uint64_t x3 __asm__("x3") = a3;

	/* x4 to x17 may be lost under SMCCC 1.0. */
#define SMCCC_CALL(insn)                                                                         \
	__asm__ volatile(insn                                                                    \
			 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"x4", "x5", "x6", "x7", "x8", \
			   "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "memory")
	if (smc) {
		SMCCC_CALL("smc #0");
	} else {
		SMCCC_CALL("hvc #0");
	}
#undef SMCCC_CALL
	*out = (struct smccc_res){ x0, x1, x2, x3 };
}

static inline long arch_semihost(unsigned long op, void *arg)
{
	register unsigned long x0 __asm__("x0") = op;
	register void *x1 __asm__("x1") = arg;

	__asm__ volatile("hlt #0xf000" : "+r"(x0) : "r"(x1) : "memory");
	return (long)x0;
}
