/* SPDX-License-Identifier: MIT */
/* Registers as programs see them in a ucontext_t. */
#pragma once

#define REG_PC 0
#define REG_RA 1
#define REG_SP 2
#define REG_TP 4
#define REG_S0 8
#define REG_A0 10

typedef struct {
	unsigned long __gregs[32]; /* [0] is pc */
	double __fpregs[32];
	unsigned long __fcsr;
} mcontext_t;
