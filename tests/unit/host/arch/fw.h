/* SPDX-License-Identifier: MIT */
/* Arm's firmware calls, answered by the test. */
#pragma once

#include <kernel/types.h>

struct smccc_res {
	uint64_t a0, a1, a2, a3;
};

void arch_smccc(bool smc, uint64_t fn, uint64_t a1, uint64_t a2, uint64_t a3,
		struct smccc_res *out);
