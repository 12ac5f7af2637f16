/* SPDX-License-Identifier: MIT */
/* panic(), the log and this CPU's record for tests of the kernel (kernel.h). */
#include "kernel.h"

#include <kernel/cpu.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <stdio.h>
#include <stdlib.h>

struct kernel_env env;
/* Weak: a test with the real scheduler has them from there. */
struct cpu cpus[CPU_MAX] __attribute__((weak));
struct thread host_thread = { .cpu = &cpus[0] };

void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(env.panic, sizeof(env.panic), fmt, ap);
	va_end(ap);
	if (!env.expect_panic) {
		printf("# panic: %s\n", env.panic);
		fflush(stdout);
		abort();
	}
	env.expect_panic = false;
	host.masked = false;
	longjmp(env.on_panic, 1);
}

void log_printf(int level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(env.log, sizeof(env.log), fmt, ap);
	va_end(ap);
	env.logged[level & 7]++;
}

int log_level(void)
{
	return LOG_INFO;
}
