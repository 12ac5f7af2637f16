/* SPDX-License-Identifier: MIT */
/* Text without stdio: a bounded buffer to append to, and views of text that others own.
 * Nothing here allocates or fails loudly: what does not fit is left out and `full` says so. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define TEXT_DATE_LEN 29U /* "Sun, 06 Nov 1994 08:49:37 GMT" */

/* Borrowed, not terminated. */
struct span {
	const char *p;
	size_t n;
};

struct text {
	char *start;
	char *at;  /* start <= at <= end */
	char *end; /* one past the last byte that may be written */
	bool full; /* something did not fit */
};

static inline struct text text_in(char *buf, size_t size)
{
	return (struct text){ .start = buf, .at = buf, .end = buf + size };
}

static inline size_t text_len(const struct text *t)
{
	return (size_t)(t->at - t->start);
}

/* FNV-1a, for tables. */
static inline uint32_t text_hash(const char *p, size_t n)
{
	uint32_t h = 2166136261U;

	for (const char *end = p + n; p < end; p++) {
		h = (h ^ (unsigned char)*p) * 16777619U;
	}
	return h;
}

void text_put(struct text *t, const char *p, size_t n);
void text_str(struct text *t, const char *s);
void text_number(struct text *t, uint64_t v);
void text_hex(struct text *t, uint64_t v);
/* @thousandths / 1000 with three decimals. */
void text_fixed(struct text *t, uint64_t thousandths);
/* As IMF-fixdate, TEXT_DATE_LEN bytes. Spec: RFC 9110, 5.6.7 */
void text_date(struct text *t, time_t when);
/* With quotes, everything that JSON wants escaped. */
void text_json(struct text *t, const char *s);
/* A path for a Location field: what RFC 3986 does not allow in one is percent-encoded. */
void text_path(struct text *t, const char *p, size_t n);

/* Is @p the word @lower (lower case), whatever case it is written in? */
bool text_is(const char *p, size_t n, const char *lower);
/* The next element of a comma-separated list, without white space around it; false at the end.
 * Quoted strings are kept whole. Spec: RFC 9110, 5.6.1 */
bool text_next(struct span *list, struct span *element);
/* Decimal digits and nothing else; false if there are none or they do not fit. */
bool text_to_number(const char *p, size_t n, uint64_t *v);
