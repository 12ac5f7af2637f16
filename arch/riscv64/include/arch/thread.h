/* SPDX-License-Identifier: MIT */
/* Saved registers. Assembly reaches the fields by offsets.c. */
#pragma once

/* First member of struct thread. */
struct arch_thread {
	uintptr_t sp;	    /* of a thread that does not run */
	uintptr_t tls;	    /* tp */
	uintptr_t stack_lo; /* lowest usable address: a trap frame below it is an overflow */
	uintptr_t stack_hi;
	uintptr_t scratch[2]; /* trap entry: registers that are needed before there is a frame */
	uintptr_t emergency;  /* stack for a trap that finds no room */
	uint64_t fp_used;     /* f[] and fcsr hold the thread's state when it does not run */
	uint64_t f[32];
	uint64_t fcsr;
};

/* What a trap pushes on the interrupted thread's stack. Floating point is not in it: handlers use
 * none, and arch_switch() saves all of it for a thread that does. */
struct trapframe {
	uint64_t x[32]; /* x[0] is not used */
	uint64_t pc;
	uint64_t sstatus;
	uint64_t scause;
	uint64_t stval;
	uint64_t fp_record[2]; /* {s0, pc}, as a function's prologue would leave them */
};
