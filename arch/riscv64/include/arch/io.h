/* SPDX-License-Identifier: MIT */
/* MMIO and DMA barriers. Spec: RISC-V Unprivileged ISA 2.7 (FENCE, I/O ordering). */
#pragma once

#define MMIO_ACCESSORS(bits, suffix)                                                    \
	static inline uint##bits##_t mmio_read##bits(uintptr_t a)                       \
	{                                                                               \
		uint##bits##_t v;                                                       \
		__asm__ volatile("l" suffix " %0, 0(%1)\n\tfence i, ir"                 \
				 : "=r"(v)                                              \
				 : "r"(a)                                               \
				 : "memory");                                           \
		return v;                                                               \
	}                                                                               \
	static inline void mmio_write##bits(uintptr_t a, uint##bits##_t v)              \
	{                                                                               \
		__asm__ volatile("fence w, o\n\ts" suffix " %0, 0(%1)" ::"r"(v), "r"(a) \
				 : "memory");                                           \
	}

MMIO_ACCESSORS(8, "b")
MMIO_ACCESSORS(16, "h")
MMIO_ACCESSORS(32, "w")
MMIO_ACCESSORS(64, "d")
#undef MMIO_ACCESSORS

static inline void dma_wmb(void)
{
	__asm__ volatile("fence w, w" ::: "memory");
}

static inline void dma_rmb(void)
{
	__asm__ volatile("fence r, r" ::: "memory");
}

static inline void dma_mb(void)
{
	__asm__ volatile("fence rw, rw" ::: "memory");
}
