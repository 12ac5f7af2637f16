/* SPDX-License-Identifier: MIT */
/* Control and status registers by name or number. Spec: RISC-V Privileged Architecture 1.12, 2. */
#pragma once

#include <stdint.h>

#define CSR_STR(x)  CSR_STR_(x)
#define CSR_STR_(x) #x
#define csr_read(name)                                                  \
	({                                                              \
		uint64_t v_;                                            \
		__asm__ volatile("csrr %0, " CSR_STR(name) : "=r"(v_)); \
		v_;                                                     \
	})
#define csr_write(name, v) \
	__asm__ volatile("csrw " CSR_STR(name) ", %0" ::"rK"((uint64_t)(v)) : "memory")
#define csr_set(name, v) \
	__asm__ volatile("csrs " CSR_STR(name) ", %0" ::"rK"((uint64_t)(v)) : "memory")
#define csr_clear(name, v) \
	__asm__ volatile("csrc " CSR_STR(name) ", %0" ::"rK"((uint64_t)(v)) : "memory")

/* Write @v; the value is what was there before. */
#define csr_swap(name, v)                                          \
	({                                                         \
		uint64_t old_;                                     \
		__asm__ volatile("csrrw %0, " CSR_STR(name) ", %1" \
				 : "=r"(old_)                      \
				 : "rK"((uint64_t)(v))             \
				 : "memory");                      \
		old_;                                              \
	})

#define SSTATUS_SIE	 (1UL << 1)
#define SSTATUS_SPIE	 (1UL << 5)
#define SSTATUS_SPP	 (1UL << 8)
#define SSTATUS_FS	 (3UL << 13)
#define SSTATUS_FS_CLEAN (2UL << 13)
