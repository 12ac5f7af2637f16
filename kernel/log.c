/* SPDX-License-Identifier: MIT */
/* The log: a ring of text lines in memory, and the console for what is important enough.
 * "[    0.001234] message". */
#include <kernel/console.h>
#include <kernel/log.h>
#include <kernel/spinlock.h>
#include <kernel/time.h>

#define RING_SIZE 8192U /* a power of two */
#define LINE_MAX_ 200

static struct {
	struct spinlock lock;
	uint32_t head; /* bytes ever written */
	char ring[RING_SIZE];
} lg; /* all zero, so that the ring takes no place in the image */

static int console_level = LOG_INFO;

void log_set_level(int level)
{
	console_level = level;
}

int log_level(void)
{
	return console_level;
}

static void append(const char *s, size_t n)
{
	irqstate_t st = spin_lock_save(&lg.lock);

	for (size_t i = 0; i < n; i++) {
		lg.ring[lg.head++ & (RING_SIZE - 1)] = s[i];
	}
	spin_unlock_restore(&lg.lock, st);
}

void log_printf(int level, const char *fmt, ...)
{
	char line[LINE_MAX_];
	uint64_t us = time_now() / NS_PER_US;
	int n = fmt_snprintf(line, sizeof(line), "[%5lu.%06lu] ", us / 1000000, us % 1000000);
	va_list ap;

	va_start(ap, fmt);
	n += fmt_vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, ap);
	va_end(ap);
	n = MIN(n, LINE_MAX_ - 2);
	line[n++] = '\n';
	append(line, (size_t)n);
	if (level <= console_level) {
		console_write(line, (size_t)n);
	}
}

size_t log_tail(char *buf, size_t n)
{
	uint32_t head = lg.head;
	size_t have = MIN(MIN((size_t)head, (size_t)RING_SIZE), n);

	for (size_t i = 0; i < have; i++) {
		buf[i] = lg.ring[(head - (uint32_t)have + (uint32_t)i) & (RING_SIZE - 1)];
	}
	return have;
}
