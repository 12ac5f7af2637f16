/* SPDX-License-Identifier: MIT */
/* The stack's checksum, whose inner loop is the architecture's own, against RFC 1071 done word by word. */
#include "inet.h"

#include "../tap.h"

#include <string.h>

#define LENGTHS 600U
#define SHIFTS	17U

uint16_t net_checksum(const void *data, int len);

static uint16_t plain(const uint8_t *p, unsigned n)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < n; i++) {
		sum += (uint32_t)p[i] << i % 2 * 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)sum;
}

/* How many of every length at every alignment come out wrong. */
static unsigned wrong(const uint8_t *b)
{
	unsigned bad = 0;

	for (unsigned n = 0; n < LENGTHS; n++) {
		for (unsigned at = 0; at < SHIFTS; at++) {
			bad += net_checksum(b + at, (int)n) != plain(b + at, n);
		}
	}
	return bad;
}

void test_checksum(void)
{
	static _Alignas(16) uint8_t b[LENGTHS + SHIFTS];
	uint32_t x = 1;

	memset(b, 0xff, sizeof(b));
	is(wrong(b), 0, "the most that there can be to carry");
	for (unsigned i = 0; i < sizeof(b); i++) {
		x = x * 1664525U + 1013904223U;
		b[i] = (uint8_t)(x >> 24);
	}
	is(wrong(b), 0, "any bytes");
}
