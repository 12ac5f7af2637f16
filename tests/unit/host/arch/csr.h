/* SPDX-License-Identifier: MIT */
/* RISC-V's control and status registers by number, answered by the test. */
#pragma once

#include <stdint.h>

uint64_t host_csr_swap(unsigned csr, uint64_t v);

#define csr_swap(csr, v)  host_csr_swap(csr, v)
#define csr_write(csr, v) ((void)host_csr_swap(csr, v))
