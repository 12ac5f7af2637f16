/* SPDX-License-Identifier: MIT */
/* Arm's system registers by name, answered by the test. */
#pragma once

#include <stdint.h>

uint64_t host_sysreg_read(const char *name);
void host_sysreg_write(const char *name, uint64_t v);

#define sysreg_read(name)     host_sysreg_read(#name)
#define sysreg_write(name, v) host_sysreg_write(#name, (uint64_t)(v))

static inline void isb(void)
{
}

static inline void dsb(void)
{
}
