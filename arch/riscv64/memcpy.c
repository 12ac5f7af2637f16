/* SPDX-License-Identifier: MIT */
/* memcpy() and memmove() instead of newlib's, which go byte by byte where source and destination are
 * aligned differently: five instructions a byte for most of what a network copies. Here such words
 * are put together from two aligned loads: five instructions for eight bytes, and no unaligned
 * access, which a hart may lack. */
#include <kernel/types.h>
#include <string.h>

#define WORD sizeof(uint64_t)

static void copy_aligned(uint64_t *d, const uint64_t *s, size_t words)
{
	for (; words >= 8; words -= 8, d += 8, s += 8) {
		uint64_t a = s[0], b = s[1], c = s[2], e = s[3];
		uint64_t f = s[4], g = s[5], h = s[6], i = s[7];

		d[0] = a;
		d[1] = b;
		d[2] = c;
		d[3] = e;
		d[4] = f;
		d[5] = g;
		d[6] = h;
		d[7] = i;
	}
	while (words-- > 0) {
		*d++ = *s++;
	}
}

/* @s is not aligned: each word comes from the two aligned ones that hold its bytes, so nothing is read
 * outside of those. */
static void copy_shifted(uint64_t *d, const char *s, size_t words)
{
	unsigned low = (unsigned)((uintptr_t)s & (WORD - 1)) * 8, high = 64 - low;
	const uint64_t *w = (const uint64_t *)ALIGN_DOWN((uintptr_t)s, WORD);
	uint64_t a = *w++;

	for (; words >= 4; words -= 4, d += 4, w += 4) {
		uint64_t b = w[0], c = w[1], e = w[2], f = w[3];

		d[0] = a >> low | b << high;
		d[1] = b >> low | c << high;
		d[2] = c >> low | e << high;
		d[3] = e >> low | f << high;
		a = f;
	}
	while (words-- > 0) {
		uint64_t b = *w++;

		*d++ = a >> low | b << high;
		a = b;
	}
}

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	char *d = dst;
	const char *s = src;
	size_t words;

	if (n >= 2 * WORD) {
		for (; ((uintptr_t)d & (WORD - 1)) != 0; n--) {
			*d++ = *s++;
		}
		words = n / WORD;
		if (((uintptr_t)s & (WORD - 1)) == 0) {
			copy_aligned((uint64_t *)d, (const uint64_t *)s, words);
		} else {
			copy_shifted((uint64_t *)d, s, words);
		}
		d += words * WORD;
		s += words * WORD;
		n %= WORD;
	}
	while (n-- > 0) {
		*d++ = *s++;
	}
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	char *d = dst;
	const char *s = src;

	/* Forward is safe for memcpy() too when the destination is far enough in front of what it reads. */
	if (d < s ? (size_t)(s - d) >= 16 * WORD : (size_t)(d - s) >= n) {
		return memcpy(dst, src, n);
	}
	if (d < s) {
		while (n-- > 0) {
			*d++ = *s++;
		}
	} else {
		while (n-- > 0) {
			d[n] = s[n];
		}
	}
	return dst;
}
