/* SPDX-License-Identifier: MIT */
/* Registers as programs see them in a ucontext_t. */
#pragma once

typedef struct {
	unsigned long fault_address;
	unsigned long regs[31];
	unsigned long sp;
	unsigned long pc;
	unsigned long pstate;
	unsigned long fpcr, fpsr;
	__uint128_t vregs[32];
} mcontext_t;
