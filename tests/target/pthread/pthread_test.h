/* SPDX-License-Identifier: MIT */
/* The parts of this test. */
#pragma once

#include "../tap.h"

#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* 20 ms from now on @clock. */
struct timespec soon(clockid_t clock);
bool reached(clockid_t clock, const struct timespec *t);

void test_protocols(void);
void test_attributes(void);
void test_objects(void);
void test_c11(void);
void test_handlers(void);
/* The end of the test and of the program. */
void test_main_ends(void) __attribute__((noreturn));
