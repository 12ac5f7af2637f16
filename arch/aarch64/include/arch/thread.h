/* SPDX-License-Identifier: MIT */
/* Saved registers. Assembly reaches the fields by offsets.c. */
#pragma once

/* First member of struct thread. */
struct arch_thread {
	uintptr_t sp;	    /* of a thread that does not run */
	uintptr_t tls;	    /* TPIDR_EL0 */
	uintptr_t stack_lo; /* lowest usable address: a trap frame below it is an overflow */
	uintptr_t stack_hi;
};

/* What a trap pushes on the interrupted thread's stack. */
struct trapframe {
	uint64_t x[31];
	uint64_t sp;
	uint64_t pc;
	uint64_t pstate;
	uint64_t
		fp_record[2]; /* {x29, pc}: makes the frame a link in the chain of frame pointers */
	uint64_t fpcr, fpsr;
	__uint128_t q[32];
};
