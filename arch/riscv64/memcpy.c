/* SPDX-License-Identifier: MIT */
/* memcpy() and memmove() instead of newlib's, which go byte by byte where source and destination are
 * aligned differently: five instructions a byte for most of what a network copies. Here such words
 * are put together from two aligned loads: five instructions for eight bytes, and no unaligned
 * access, which a hart may lack. */
#include <kernel/types.h>
#include <string.h>

#define WORD sizeof(uint64_t)

/* The barrier keeps the next one's loads behind these stores: they would take more registers than there are. */
static inline void copy_8(uint64_t *d, const uint64_t *s)
{
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
	__asm__ volatile("" ::: "memory");
}

static void copy_aligned(uint64_t *d, const uint64_t *s, size_t words)
{
	for (; words >= 32; words -= 32, d += 32, s += 32) {
		copy_8(d, s);
		copy_8(d + 8, s + 8);
		copy_8(d + 16, s + 16);
		copy_8(d + 24, s + 24);
	}
	for (; words >= 8; words -= 8, d += 8, s += 8) {
		copy_8(d, s);
	}
	while (words-- > 0) {
		*d++ = *s++;
	}
}

static inline uint64_t shift_4(uint64_t *d, const uint64_t *w, uint64_t a, unsigned low,
			       unsigned high)
{
	uint64_t b = w[0], c = w[1], e = w[2], f = w[3];

	d[0] = a >> low | b << high;
	d[1] = b >> low | c << high;
	d[2] = c >> low | e << high;
	d[3] = e >> low | f << high;
	return f;
}

static inline void *copy_bytes(void *dst, char *d, const char *s, size_t n)
{
	while (n-- > 0) {
		*d++ = *s++;
	}
	return dst;
}

/* @d is aligned and @s is not: each word comes from the two aligned ones that hold its bytes, so nothing
 * is read outside of those. By itself, since it takes more registers than a call leaves free. */
static __attribute__((noinline)) void *copy_shifted(void *dst, char *d, const char *s, size_t n)
{
	unsigned low = (unsigned)((uintptr_t)s & (WORD - 1)) * 8, high = 64 - low;
	const uint64_t *w = (const uint64_t *)ALIGN_DOWN((uintptr_t)s, WORD);
	uint64_t a = *w++, *to = (uint64_t *)d;
	size_t words = n / WORD, done = words * WORD;

	for (; words >= 8; words -= 8, to += 8, w += 8) {
		a = shift_4(to, w, a, low, high);
		a = shift_4(to + 4, w + 4, a, low, high);
	}
	while (words-- > 0) {
		uint64_t b = *w++;

		*to++ = a >> low | b << high;
		a = b;
	}
	return copy_bytes(dst, d + done, s + done, n % WORD);
}

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	char *d = dst;
	const char *s = src;

	if (n >= 2 * WORD) {
		for (; ((uintptr_t)d & (WORD - 1)) != 0; n--) {
			*d++ = *s++;
		}
		if (((uintptr_t)s & (WORD - 1)) != 0) {
			return copy_shifted(dst, d, s, n);
		}
		copy_aligned((uint64_t *)d, (const uint64_t *)s, n / WORD);
		d += ALIGN_DOWN(n, WORD);
		s += ALIGN_DOWN(n, WORD);
		n %= WORD;
	}
	return copy_bytes(dst, d, s, n);
}

void *memmove(void *dst, const void *src, size_t n)
{
	char *d = dst;
	const char *s = src;

	/* Forward is safe for memcpy() too when the destination is far enough in front of what it reads. */
	if (d < s ? (size_t)(s - d) >= 32 * WORD : (size_t)(d - s) >= n) {
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
