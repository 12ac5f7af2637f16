/* SPDX-License-Identifier: MIT */
/* Leveled log: every message goes into a ring in memory, and to the console when its
 * level is at most the console's (`loglevel=`, default 6 = info; `quiet` = 4). */
#pragma once

#include <kernel/types.h>
#include <stdarg.h>

enum { LOG_CRIT = 2, LOG_ERROR = 3, LOG_WARN = 4, LOG_NOTICE = 5, LOG_INFO = 6, LOG_DEBUG = 7 };

/* "area what: detail: number"; no newline at the end. Any context. Formats: %d %i %u %x %X %p %s
 * %c %% with l, ll, z, width, 0, - and precision. */
void log_printf(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void log_set_level(int level);
int log_level(void);

#define log_error(...)	log_printf(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)	log_printf(LOG_WARN, __VA_ARGS__)
#define log_notice(...) log_printf(LOG_NOTICE, __VA_ARGS__)
#define log_info(...)	log_printf(LOG_INFO, __VA_ARGS__)
#define log_debug(...)	log_printf(LOG_DEBUG, __VA_ARGS__)

/* The newest bytes of the ring, oldest first; returns how many. Takes no lock. */
size_t log_tail(char *buf, size_t n);

/* Small formatter without floating point; always terminates; returns the length it wanted. */
int fmt_vsnprintf(char *buf, size_t n, const char *fmt, va_list ap);
int fmt_snprintf(char *buf, size_t n, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
