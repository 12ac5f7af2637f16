/* SPDX-License-Identifier: MIT */
/* RISC-V firmware: extension numbers and the question whether one is there.
 * Spec: RISC-V Supervisor Binary Interface 2.0; chapters 4 (base), 5 (legacy), 6, 10, 12. */
#pragma once

#include <arch/fw.h>

#define SBI_LEGACY_SET_TIMER 0x00
#define SBI_LEGACY_PUTCHAR   0x01
#define SBI_LEGACY_SHUTDOWN  0x08
#define SBI_EXT_BASE	     0x10
#define SBI_EXT_TIME	     0x54494D45 /* "TIME" */
#define SBI_EXT_SRST	     0x53525354 /* "SRST" */
#define SBI_EXT_DBCN	     0x4442434E /* "DBCN" */

#define SBI_BASE_PROBE_EXTENSION 3

/* Firmware older than SBI 0.2 has no base extension: its call fails, and the answer is false. */
static inline bool sbi_has(unsigned long ext)
{
	struct sbi_ret r = arch_sbi(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, ext, 0, 0);

	return r.error == 0 && r.value != 0;
}
