/* SPDX-License-Identifier: MIT */
/* RISC-V firmware: extension numbers and the question whether one is there.
 * Spec: RISC-V Supervisor Binary Interface 2.0; chapters 3 (errors), 4 (base), 5 (legacy), 6, 7, 9, 10, 12. */
#pragma once

#include <arch/fw.h>

#define SBI_LEGACY_SET_TIMER 0x00
#define SBI_LEGACY_PUTCHAR   0x01
#define SBI_LEGACY_SEND_IPI  0x04
#define SBI_LEGACY_SHUTDOWN  0x08
#define SBI_EXT_BASE	     0x10
#define SBI_EXT_TIME	     0x54494D45 /* "TIME" */
#define SBI_EXT_IPI	     0x00735049 /* "sPI" */
#define SBI_EXT_HSM	     0x0048534D /* "HSM" */
#define SBI_EXT_SRST	     0x53525354 /* "SRST" */
#define SBI_EXT_DBCN	     0x4442434E /* "DBCN" */

#define SBI_BASE_PROBE_EXTENSION 3

/* Chapter 3. */
enum {
	SBI_ERR_INVALID_PARAM = -3,
	SBI_ERR_INVALID_ADDRESS = -5,
	SBI_ERR_ALREADY_AVAILABLE = -6,
};

/* Firmware older than SBI 0.2 has no base extension: its call fails, and the answer is false. */
static inline bool sbi_has(unsigned long ext)
{
	struct sbi_ret r = arch_sbi(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, ext, 0, 0);

	return r.error == 0 && r.value != 0;
}
