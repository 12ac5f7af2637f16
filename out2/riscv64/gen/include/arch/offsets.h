/* SPDX-License-Identifier: MIT */
/* Made from arch/riscv64/offsets.c. */
#pragma once
#define THREAD_SP 0
#define THREAD_TLS 8
#define THREAD_STACK_LO 16
#define THREAD_STACK_HI 24
#define THREAD_SCRATCH 32
#define THREAD_EMERGENCY 48
#define THREAD_FP_USED 56
#define THREAD_F 64
#define SMP_CPU 0
#define SMP_ROOT 8
#define SMP_STACK 16
#define SMP_EMERGENCY 24
#define FRAME_SIZE 304
#define FRAME_PC 256
#define FRAME_RECORD 288
#define CONTEXT_F 256
