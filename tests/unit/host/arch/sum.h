/* SPDX-License-Identifier: MIT */
/* RISC-V's is plain C. */
#pragma once

#include "../../../../arch/riscv64/include/arch/sum.h"
