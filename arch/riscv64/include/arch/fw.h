/* SPDX-License-Identifier: MIT */
/* Firmware and debugger calls, for drivers and this folder only.
 * Spec: RISC-V SBI 2.0, 3; RISC-V Semihosting 0.2. */
#pragma once

#include <kernel/types.h>

struct sbi_ret {
	long error;
	long value;
};

static inline struct sbi_ret arch_sbi4(unsigned long ext, unsigned long fid, unsigned long a0_,
				       unsigned long a1_, unsigned long a2_, unsigned long a3_)
{
	register unsigned long a0 __asm__("a0") = a0_;
	register unsigned long a1 __asm__("a1") = a1_;
	register unsigned long a2 __asm__("a2") = a2_;
	register unsigned long a3 __asm__("a3") = a3_;
	register unsigned long a6 __asm__("a6") = fid;
	register unsigned long a7 __asm__("a7") = ext;

	__asm__ volatile("ecall"
			 : "+r"(a0), "+r"(a1)
			 : "r"(a2), "r"(a3), "r"(a6), "r"(a7)
			 : "memory");
	return (struct sbi_ret){ (long)a0, (long)a1 };
}

static inline struct sbi_ret arch_sbi(unsigned long ext, unsigned long fid, unsigned long a0,
				      unsigned long a1, unsigned long a2)
{
	return arch_sbi4(ext, fid, a0, a1, a2, 0);
}

static inline long arch_semihost(unsigned long op, void *arg)
{
	register unsigned long a0 __asm__("a0") = op;
	register void *a1 __asm__("a1") = arg;

	/* The three instructions must be uncompressed and in one page. */
	__asm__ volatile(".option push\n\t.option norvc\n\t.balign 16\n\t"
			 "slli x0, x0, 0x1f\n\tebreak\n\tsrai x0, x0, 7\n\t.option pop"
			 : "+r"(a0)
			 : "r"(a1)
			 : "memory");
	return (long)a0;
}
