/* SPDX-License-Identifier: MIT */
/* MMIO and DMA barriers. The barriers are Linux's choice for the same promises: a DMB that orders
 * the device access against RAM that the device reads or writes. Spec: Arm ARM (DDI 0487) B2.3. */
#pragma once

#define MMIO_ACCESSORS(bits, reg, suffix)                                                        \
	static inline uint##bits##_t mmio_read##bits(uintptr_t a)                                \
	{                                                                                        \
		uint##bits##_t v;                                                                \
		__asm__ volatile("ldr" suffix " %" reg "0, [%1]" : "=r"(v) : "r"(a) : "memory"); \
		__asm__ volatile("dmb oshld" ::: "memory");                                      \
		return v;                                                                        \
	}                                                                                        \
	static inline void mmio_write##bits(uintptr_t a, uint##bits##_t v)                       \
	{                                                                                        \
		__asm__ volatile("dmb oshst" ::: "memory");                                      \
		__asm__ volatile("str" suffix " %" reg "0, [%1]" ::"r"(v), "r"(a) : "memory");   \
	}

MMIO_ACCESSORS(8, "w", "b")
MMIO_ACCESSORS(16, "w", "h")
MMIO_ACCESSORS(32, "w", "")
MMIO_ACCESSORS(64, "x", "")
#undef MMIO_ACCESSORS

static inline void dma_wmb(void)
{
	__asm__ volatile("dmb oshst" ::: "memory");
}

static inline void dma_rmb(void)
{
	__asm__ volatile("dmb oshld" ::: "memory");
}

static inline void dma_mb(void)
{
	__asm__ volatile("dmb osh" ::: "memory");
}
