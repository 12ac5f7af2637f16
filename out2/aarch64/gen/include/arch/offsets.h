/* SPDX-License-Identifier: MIT */
/* Made from arch/aarch64/offsets.c. */
#pragma once
#define THREAD_SP 0
#define THREAD_TLS 8
#define THREAD_STACK_LO 16
#define THREAD_STACK_HI 24
#define SMP_CPU 0
#define SMP_ROOT 8
#define SMP_STACK 16
#define SMP_EMERGENCY 24
#define FRAME_SIZE 816
#define FRAME_SP 248
#define FRAME_PC 256
#define FRAME_RECORD 272
#define FRAME_FPCR 288
#define FRAME_Q 304
#define CONTEXT_X 8
#define CONTEXT_SP 256
#define CONTEXT_FPCR 280
#define CONTEXT_Q 304
