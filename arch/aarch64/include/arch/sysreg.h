/* SPDX-License-Identifier: MIT */
/* System registers by name. Spec: Arm ARM (DDI 0487) D19. */
#pragma once

#include <stdint.h>

#define sysreg_read(name)                                                 \
	({                                                                \
		uint64_t v_;                                              \
		__asm__ volatile("mrs %0, " SYSREG_STR(name) : "=r"(v_)); \
		v_;                                                       \
	})
#define sysreg_write(name, v) \
	__asm__ volatile("msr " SYSREG_STR(name) ", %0" ::"r"((uint64_t)(v)) : "memory")
#define SYSREG_STR(x)  SYSREG_STR_(x)
#define SYSREG_STR_(x) #x

static inline void isb(void)
{
	__asm__ volatile("isb" ::: "memory");
}

static inline void dsb(void)
{
	__asm__ volatile("dsb sy" ::: "memory");
}
