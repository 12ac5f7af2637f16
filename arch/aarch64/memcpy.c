/* SPDX-License-Identifier: MIT */
/* memcpy() and memmove() instead of newlib's, which move 16 bytes an instruction: a pair of vector registers
 * moves 32, and most of what is copied here is packets and pages. Up to 128 bytes all is loaded before any of
 * it is stored, from both ends towards the middle, so there is no loop and no byte by byte. */
#include <kernel/types.h>
#include <string.h>

/* Unaligned on purpose: normal memory, MMU on (nothing calls these before). */
typedef uint8_t vec __attribute__((vector_size(16), aligned(1)));
typedef uint64_t word __attribute__((aligned(1)));
typedef uint32_t half __attribute__((aligned(1)));

/* In assembly, as the compiler would take single registers and bump the pointers between them. */
static inline __attribute__((always_inline)) void copy_64(char *d, const char *s, const int at)
{
	vec a, b, c, e;

	__asm__("ldp %q0, %q1, [%4, %5]\n\tldp %q2, %q3, [%4, %5 + 32]"
		: "=&w"(a), "=&w"(b), "=&w"(c), "=&w"(e)
		: "r"(s), "i"(at), "m"(*(const char(*)[64])(s + at)));
	__asm__("stp %q1, %q2, [%5, %6]\n\tstp %q3, %q4, [%5, %6 + 32]"
		: "=m"(*(char(*)[64])(d + at))
		: "w"(a), "w"(b), "w"(c), "w"(e), "r"(d), "i"(at));
}

static inline void *copy_16(void *dst, const char *s, size_t n)
{
	char *d = dst;

	if (n >= 8) {
		word a = *(const word *)s, b = *(const word *)(s + n - 8);

		*(word *)d = a;
		*(word *)(d + n - 8) = b;
	} else if (n >= 4) {
		half a = *(const half *)s, b = *(const half *)(s + n - 4);

		*(half *)d = a;
		*(half *)(d + n - 4) = b;
	} else if (n != 0) {
		char a = s[0], b = s[n / 2], c = s[n - 1];

		d[0] = a;
		d[n / 2] = b;
		d[n - 1] = c;
	}
	return dst;
}

/* 17 to 128 bytes. */
static inline void *copy_128(void *dst, const char *s, size_t n)
{
	const vec *from = (const vec *)s, *end = (const vec *)(s + n);
	vec *to = dst, *to_end = (vec *)((char *)dst + n);
	vec a = from[0], z = end[-1];

	if (n > 32) {
		vec b = from[1], y = end[-2];

		if (n > 64) {
			vec c = from[2], e = from[3], w = end[-4], x = end[-3];

			to[2] = c;
			to[3] = e;
			to_end[-4] = w;
			to_end[-3] = x;
		}
		to[1] = b;
		to_end[-2] = y;
	}
	to[0] = a;
	to_end[-1] = z;
	return dst;
}

/* Without the prototype's restrict: memmove() takes the short ones from here. */
void *memcpy(void *dst, const void *src, size_t n)
{
	char *d = dst;
	const char *s = src, *end = s + n;
	size_t head;

	if (n <= 16) {
		return copy_16(dst, s, n);
	}
	if (n <= 128) {
		return copy_128(dst, s, n);
	}
	/* Stores that cross no cache line: the first 16 bytes apart, and the last 64 from the end. */
	*(vec *)d = *(const vec *)s;
	head = 16 - ((uintptr_t)d & 15);
	d += head;
	s += head;
	for (; s < end - 128; d += 128, s += 128) {
		copy_64(d, s, 0);
		copy_64(d, s, 64);
	}
	if (end - s > 64) {
		copy_64(d, s, 0);
	}
	copy_64(d + (end - s), end, -64);
	return dst;
}

static void move_up(char *d, const char *s, size_t n)
{
	for (; n >= 16; n -= 16) {
		*(vec *)(d + n - 16) = *(const vec *)(s + n - 16);
	}
	while (n-- > 0) {
		d[n] = s[n];
	}
}

static void move_down(char *d, const char *s, size_t n)
{
	for (; n >= 16; n -= 16, d += 16, s += 16) {
		*(vec *)d = *(const vec *)s;
	}
	while (n-- > 0) {
		*d++ = *s++;
	}
}

void *memmove(void *dst, const void *src, size_t n)
{
	uintptr_t d = (uintptr_t)dst, s = (uintptr_t)src;

	if (n <= 128 || (d < s ? s - d : d - s) >= n) {
		return memcpy(dst, src, n);
	}
	if (d < s) {
		move_down(dst, src, n);
	} else {
		move_up(dst, src, n);
	}
	return dst;
}
