/* SPDX-License-Identifier: MIT */
/* Decoding and normalising paths. Spec: RFC 3986, 2.1 and 5.2.4 */
#include "path.h"

static int hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* The next character, decoded; -1 when it is malformed. */
static int next_char(const char **p, const char *end)
{
	int high, low;

	if (**p != '%') {
		return (unsigned char)*(*p)++;
	}
	if (end - *p < 3) {
		return -1;
	}
	high = hex((*p)[1]);
	low = hex((*p)[2]);
	*p += 3;
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* @out ends in a part that a slash or the end of the path completes, begun at @part. Returns where
 * the next part begins, or -400. */
static int close_part(const char *out, int part, int len)
{
	if (len == part || (len == part + 1 && out[part] == '.')) {
		return part;
	}
	if (len != part + 2 || out[part] != '.' || out[part + 1] != '.') {
		return len;
	}
	if (part == 1) {
		return -400;
	}
	do {
		part--;
	} while (out[part - 1] != '/');
	return part;
}

int path_normalise(struct span raw, char *out)
{
	const char *p = raw.p, *end = p + raw.n;
	int len = 0, part = 1;

	while (p < end) {
		int c = next_char(&p, end);

		if (c <= 0 || (len == 0 && c != '/')) {
			return -400;
		}
		if (c == '/' && len > 0) {
			len = close_part(out, part, len);
			if (len < 0) {
				return len;
			}
			if (out[len - 1] == '/') {
				part = len;
				continue;
			}
		}
		if (len + 2 > (int)PATH_ROOM) {
			return -404;
		}
		out[len++] = (char)c;
		part = c == '/' ? len : part;
	}
	if (len == 0) {
		return -400;
	}
	len = close_part(out, part, len);
	if (len >= 0) {
		out[len] = '\0';
	}
	return len;
}
