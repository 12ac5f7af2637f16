/* SPDX-License-Identifier: MIT */
/* The end: reason, registers, symbolised backtrace, last log lines; then power off,
 * reset or halt as `panic=` in the bootargs says. Survives its own fault. */
#pragma once

#include <kernel/arch.h>

/* Any context. One line; say what went wrong and what to do. */
void panic(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
/* Print a backtrace through the panic console. */
void backtrace_print(struct unwind *u);
/* Say a line and where this CPU is, on the console at once, and go on. Any context; masked, so that it is
 * not interrupted by another. */
void backtrace_report(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Our own bug; always checked. */
#define ASSERT(c)      \
	((c) ? (void)0 \
	     : panic("assertion failed: %s (%s:%d, %s)", #c, __FILE__, __LINE__, __func__))

/* Address to "name+0xoff/…"; reads constant data only and takes no lock. Any context,
 * a fault handler too. Returns NULL when the address is not in the image's text. */
const char *symtab_lookup(uintptr_t pc, size_t *offset);
