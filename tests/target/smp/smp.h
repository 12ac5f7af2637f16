/* SPDX-License-Identifier: MIT */
/* What the files of this test share. */
#pragma once

#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

extern unsigned n_cpus; /* that run */

/* A thread that may run on the CPUs of @mask, SCHED_FIFO at @prio; 0: SCHED_OTHER. */
pthread_t start(unsigned mask, int prio, void *(*fn)(void *arg), void *arg);
void *end(pthread_t t);
/* Where threads may run, from now on; the CPU numbers are bits. */
void bind(pthread_t t, unsigned mask);
unsigned all(void);
/* Spin until *what is @value, for a long time at most. */
bool spin_until(_Atomic unsigned *what, unsigned value);

void test_place(void);
void test_cross(void);
void test_lock(void);
void test_irq(void);
/* CPU + 1 that the clock's interrupt comes to when nobody sends it elsewhere; 0: there is none. */
unsigned where_it_rings(void);
