/* SPDX-License-Identifier: MIT */
/* What the files share. */
#pragma once

#include <sys/types.h>
#include <time.h>

void test_epoll(void);
void test_exclusive(void);
void test_masks(void);
void test_nested(void);

static inline unsigned long ms_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned long)t.tv_sec * 1000 + (unsigned long)t.tv_nsec / 1000000;
}
