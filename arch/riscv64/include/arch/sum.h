/* SPDX-License-Identifier: MIT */
/* Adding up 32-bit words, for checksums. The base ISA has no carry: two instructions a word are the least. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ARCH_SUM_BLOCK 64U

static inline uint64_t arch_sum(const uint8_t *p, size_t n)
{
	uint64_t sum = 0;
	uint32_t w;

	for (; n > 0; n--, p += ARCH_SUM_BLOCK) {
#pragma GCC unroll 16
		for (unsigned i = 0; i < ARCH_SUM_BLOCK; i += sizeof(w)) {
			memcpy(&w, p + i, sizeof(w));
			sum += w;
		}
	}
	return sum;
}
