/* SPDX-License-Identifier: MIT */
/* Spec: FIPS 180-4, 6.1, without the streaming that nobody here needs. */
#include "sha1.h"

#include <assert.h>
#include <string.h>

#define BLOCK	   64U
#define MAX_BLOCKS 2U
#define ROUNDS	   80U

static uint32_t rotate(uint32_t x, unsigned n)
{
	return x << n | x >> (32 - n);
}

static uint32_t load(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t mix(unsigned round, const uint32_t *v)
{
	switch (round / 20) {
	case 0:
		return ((v[1] & v[2]) | (~v[1] & v[3])) + 0x5a827999;
	case 1:
		return (v[1] ^ v[2] ^ v[3]) + 0x6ed9eba1;
	case 2:
		return ((v[1] & v[2]) | (v[1] & v[3]) | (v[2] & v[3])) + 0x8f1bbcdc;
	default:
		return (v[1] ^ v[2] ^ v[3]) + 0xca62c1d6;
	}
}

static void take_block(uint32_t h[5], const uint8_t *p)
{
	uint32_t w[ROUNDS], v[5];

	for (unsigned i = 0; i < ROUNDS; i++) {
		w[i] = i < 16 ? load(p + 4UL * i)
			      : rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	}
	memcpy(v, h, sizeof(v));
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint32_t t = rotate(v[0], 5) + mix(i, v) + v[4] + w[i];

		v[4] = v[3];
		v[3] = v[2];
		v[2] = rotate(v[1], 30);
		v[1] = v[0];
		v[0] = t;
	}
	for (unsigned i = 0; i < 5; i++) {
		h[i] += v[i];
	}
}

void sha1(const void *p, size_t n, uint8_t out[SHA1_SIZE])
{
	uint32_t h[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
	uint8_t text[MAX_BLOCKS * BLOCK] = { 0 };
	size_t len = n + 9 <= BLOCK ? BLOCK : 2 * BLOCK;

	assert(n + 9 <= sizeof(text));
	memcpy(text, p, n);
	text[n] = 0x80;
	text[len - 2] = (uint8_t)(n * 8 >> 8);
	text[len - 1] = (uint8_t)(n * 8);
	for (size_t at = 0; at < len; at += BLOCK) {
		take_block(h, text + at);
	}
	for (unsigned i = 0; i < SHA1_SIZE; i++) {
		out[i] = (uint8_t)(h[i / 4] >> (24 - i % 4 * 8));
	}
}
