/* SPDX-License-Identifier: MIT */
/* What the files of this test share. */
#pragma once

#include "../tap.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>

/* What the handler saw; reset by catch(). */
extern volatile struct seen {
	int count, signal, code, value;
	int order[64]; /* numbers in the order in which they came */
	pthread_t thread;
	sigset_t mask;
} seen;

void note(int s);
void note_info(int s, siginfo_t *info, void *context);
/* Install note_info() for @s with @flags. */
void catch (int s, int flags);
sigset_t set_of(int s);
/* Wait, in small sleeps, until *flag is set; gives up after long. */
int reached(volatile int *flag);
void nap(int ms);

void mask_tests(void);
void queue_tests(void);
void async_tests(void);
void fault_tests(void);
void context_tests(void);
void stress_tests(void);
