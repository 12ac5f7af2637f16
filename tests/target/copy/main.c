/* SPDX-License-Identifier: MIT */
/* memcpy() and memmove(), which each architecture has its own of: every short length and some long ones, at every
 * alignment of both ends, move the bytes they are to move and no others. */
#include "../tap.h"
#include <stdint.h>
#include <string.h>

#define SPAN 1024 /* what is looked at around the bytes that move */

static uint8_t buffer[SPAN], before[SPAN];
static uint8_t from[SPAN];

/* Called through these, so that the compiler puts nothing of its own in their place. */
static void *(*volatile copy)(void *, const void *, size_t) = memcpy;
static void *(*volatile move)(void *, const void *, size_t) = memmove;

static void fill(uint8_t *p, unsigned seed)
{
	for (unsigned i = 0; i < SPAN; i++) {
		seed = seed * 1103515245 + 12345;
		p[i] = (uint8_t)(seed >> 16);
	}
}

/* Byte i of buffer must be what @src held there before, inside; what was there, outside. */
static bool right(const uint8_t *src, size_t to, size_t at, size_t n)
{
	for (size_t i = 0; i < SPAN; i++) {
		uint8_t want = i >= to && i < to + n ? src[at + i - to] : before[i];

		if (buffer[i] != want) {
			diag("# %zu bytes from %zu to %zu: byte %zu is wrong", n, at, to, i);
			return false;
		}
	}
	return true;
}

static bool copies(size_t to, size_t at, size_t n)
{
	fill(from, (unsigned)n + 1);
	fill(buffer, 77);
	memcpy(before, buffer, SPAN);
	return copy(buffer + to, from + at, n) == buffer + to && right(from, to, at, n);
}

static bool moves(size_t to, size_t at, size_t n)
{
	fill(buffer, (unsigned)n + 7);
	memcpy(before, buffer, SPAN);
	return move(buffer + to, buffer + at, n) == buffer + to && right(before, to, at, n);
}

static bool every_alignment(size_t n)
{
	for (size_t a = 0; a < 17; a++) {
		for (size_t b = 0; b < 17; b++) {
			if (!copies(64 + a, 80 + b, n)) {
				return false;
			}
		}
	}
	return true;
}

/* Both ways, from one byte apart to more than the length. */
static bool every_overlap(size_t n)
{
	static const size_t apart[] = { 0,  1,	2,  7,	 8,   15,  16,	17,
					63, 64, 65, 127, 128, 129, 255, 257 };

	for (size_t i = 0; i < sizeof(apart) / sizeof(apart[0]); i++) {
		for (size_t a = 0; a < 3; a++) {
			if (!moves(64 + a, 64 + a + apart[i], n) ||
			    !moves(64 + a + apart[i], 64 + a, n)) {
				return false;
			}
		}
	}
	return true;
}

static bool up_to(size_t last, bool (*fn)(size_t))
{
	for (size_t n = 0; n <= last; n++) {
		if (!fn(n)) {
			return false;
		}
	}
	return true;
}

int main(void)
{
	static const size_t longer[] = { 255, 256, 257, 384, 400, 511, 512, 513, 640 };
	bool good = true;

	ok(up_to(200, every_alignment), "memcpy: 0 to 200 bytes at every alignment");
	for (size_t i = 0; i < sizeof(longer) / sizeof(longer[0]); i++) {
		good = good && every_alignment(longer[i]);
	}
	ok(good, "memcpy: up to 640 bytes at every alignment");
	ok(up_to(200, every_overlap), "memmove: 0 to 200 bytes, every overlap, both ways");
	good = true;
	for (size_t i = 0; i < sizeof(longer) / sizeof(longer[0]); i++) {
		good = good && every_overlap(longer[i]);
	}
	ok(good, "memmove: up to 640 bytes, every overlap, both ways");
	return tap_done();
}
