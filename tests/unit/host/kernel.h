/* SPDX-License-Identifier: MIT */
/* Stand-ins for what every part of the kernel calls: panic() that a test can expect, and the log. */
#pragma once

#include <kernel/types.h>
#include <setjmp.h>

extern struct kernel_env {
	jmp_buf on_panic;
	bool expect_panic;
	char panic[256];    /* the last one's text */
	char log[256];	    /* the last message */
	unsigned logged[8]; /* messages, by level */
} env;

/* Whether @stmt ends in panic(). It is left there: locks stay as they are. */
#define PANICS(stmt)              \
	(env.expect_panic = true, \
	 setjmp(env.on_panic) != 0 ? true : ((void)(stmt), env.expect_panic = false))
