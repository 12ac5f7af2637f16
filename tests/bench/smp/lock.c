/* SPDX-License-Identifier: MIT */
/* A core lock that nobody else wants. Under QEMU's -icount shift=0 a nanosecond is one instruction. */
#include "work.h"

#include <net/net.h>
#include <stdio.h>
#include <time.h>

#define PAIRS 100000

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void lock_measure(void)
{
	uint64_t start = now();

	for (unsigned i = 0; i < PAIRS; i++) {
		net_lock();
		net_unlock();
	}
	printf("figure lock_pair %lu\n", (unsigned long)((now() - start + PAIRS / 2) / PAIRS));
}
