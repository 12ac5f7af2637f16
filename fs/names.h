/* SPDX-License-Identifier: MIT */
/* Names and paths, part by part. */
#pragma once

#include <kernel/types.h>

/* Next part of the path up to @end: skips slashes; false at the end. */
static inline bool next_part(const char **path, const char *end, const char **part, size_t *len)
{
	const char *p = *path, *start;

	while (p < end && *p == '/') {
		p++;
	}
	start = p;
	while (p < end && *p != '/') {
		p++;
	}
	*path = p;
	*part = start;
	*len = (size_t)(p - start);
	return p > start;
}

static inline bool is_dot(const char *part, size_t len)
{
	return len == 1 && part[0] == '.';
}

static inline bool is_dot_dot(const char *part, size_t len)
{
	return len == 2 && part[0] == '.' && part[1] == '.';
}
