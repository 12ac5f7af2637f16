/* SPDX-License-Identifier: MIT */
/* MMIO is answered by a model of the device; a barrier is when that may look at RAM. */
#pragma once

#include "../host.h"

#define MMIO_ACCESSORS(bits)                                               \
	static inline uint##bits##_t mmio_read##bits(uintptr_t a)          \
	{                                                                  \
		return (uint##bits##_t)host_mmio_read(a, (bits) / 8);      \
	}                                                                  \
	static inline void mmio_write##bits(uintptr_t a, uint##bits##_t v) \
	{                                                                  \
		host_mmio_write(a, (bits) / 8, v);                         \
	}

MMIO_ACCESSORS(8)
MMIO_ACCESSORS(16)
MMIO_ACCESSORS(32)
MMIO_ACCESSORS(64)
#undef MMIO_ACCESSORS

static inline void host_barrier(void)
{
	if (host.on_barrier != NULL) {
		host.on_barrier();
	}
}

static inline void dma_wmb(void)
{
	host_barrier();
}

static inline void dma_rmb(void)
{
	host_barrier();
}

static inline void dma_mb(void)
{
	host_barrier();
}
