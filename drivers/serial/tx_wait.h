/* SPDX-License-Identifier: MIT */
/* How long a polled transmitter is waited for. */
#pragma once

#include <kernel/arch.h>
#include <kernel/types.h>

/* Reads of a status: 16 bytes at 1,200 baud, when a read takes 50 ns or more on any bus. */
#define TX_READS_MAX 4000000

/* Wait until @status(@uart) has @want in the bits of @mask. False: not in time; after that once, *@stalled, one look has to
 * do until it moves again, so that a dead line does not hold up everything that is said. Any context. */
static inline __attribute__((always_inline)) bool tx_wait(const void *uart,
							  uint32_t (*status)(const void *uart),
							  uint32_t mask, uint32_t want,
							  bool *stalled)
{
	unsigned reads = *stalled ? 1 : TX_READS_MAX;

	while ((status(uart) & mask) != want) {
		if (--reads == 0) {
			*stalled = true;
			return false;
		}
		arch_relax();
	}
	*stalled = false;
	return true;
}
