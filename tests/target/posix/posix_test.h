/* SPDX-License-Identifier: MIT */
/* The parts of the test. */
#pragma once

#include "../tap.h"

void test_system(void);
void test_files(void);
void test_text(void);
void test_output(void);
void test_messages(void);
void test_small(void);
