/* SPDX-License-Identifier: MIT */
/* Adding up 32-bit words, for checksums: four at a time, pairwise to 64 bits. */
#pragma once

#include <arm_neon.h>
#include <stddef.h>

#define ARCH_SUM_BLOCK 64U

static inline uint64_t arch_sum(const uint8_t *p, size_t n)
{
	uint64x2_t a = vdupq_n_u64(0), b = a, c = a, d = a;

	for (; n > 0; n--, p += ARCH_SUM_BLOCK) {
		uint32x4x4_t w = vld1q_u32_x4((const void *)p);

		a = vpadalq_u32(a, w.val[0]);
		b = vpadalq_u32(b, w.val[1]);
		c = vpadalq_u32(c, w.val[2]);
		d = vpadalq_u32(d, w.val[3]);
	}
	return vaddvq_u64(vaddq_u64(vaddq_u64(a, b), vaddq_u64(c, d)));
}
