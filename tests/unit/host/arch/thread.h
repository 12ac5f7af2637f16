/* SPDX-License-Identifier: MIT */
/* Threads are never switched here. */
#pragma once

struct arch_thread {
	uintptr_t sp;
	uintptr_t tls;
	uintptr_t stack_lo;
	uintptr_t stack_hi;
};
