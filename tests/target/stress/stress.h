/* SPDX-License-Identifier: MIT */
/* A stress test: workers that pick a job by dice, again and again. Each job checks its own results by
 * verify(), which counts and prints the first failures. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORKERS 12

struct worker {
	unsigned index;
	uint64_t dice;
	unsigned long done;
	double sum; /* of floating point that lives over everything else */
	double expected;
};

/* Below @n, of the worker's own. */
unsigned below(struct worker *w, unsigned n);
/* Now and then: give up the CPU, sleep for a moment, or move to another one. */
void maybe_yield(struct worker *w);
void verify(bool good, const char *what);

/* Every thread's: what signals' handlers have counted, process-wide. */
extern _Atomic unsigned long handled;

typedef void (*job)(struct worker *w);
/* work.c */
void use_mutexes(struct worker *w);
void use_rwlock(struct worker *w);
void use_ring(struct worker *w);
void use_semaphore(struct worker *w);
void use_pipe(struct worker *w);
void make_thread(struct worker *w);
void run_timer(struct worker *w);
void send_signal(struct worker *w);
void change_priority(struct worker *w);
void calculate(struct worker *w);
void work_start(void);
/* Sums that must be right when all workers have ended. */
void work_check(void);
/* memory.c */
void use_heap(struct worker *w);
void pass_block(struct worker *w);
void map_memory(struct worker *w);
void memory_check(void);
