/* SPDX-License-Identifier: MIT */
/* The real page-table encodings, of the architecture that the build names. Their barrier alone is
 * the machine's own. */
#pragma once

#define arch_pte_sync machine_pte_sync
#ifdef UNIT_RISCV64
#include "../../../../arch/riscv64/include/arch/pte.h"
#else
#include "../../../../arch/aarch64/include/arch/pte.h"
#endif
#undef arch_pte_sync

static inline void arch_pte_sync(void)
{
}
