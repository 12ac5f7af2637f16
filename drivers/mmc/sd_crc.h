/* SPDX-License-Identifier: MIT */
/* Checksums of the SD bus, where software makes them. Spec: SD Physical Layer Simplified 6.00, 4.5. */
#pragma once

#include <kernel/types.h>

/* x^7 + x^3 + 1, of a command. */
static inline uint8_t sd_crc7(const uint8_t *p, size_t n)
{
	uint8_t crc = 0; /* in the upper seven bits */

	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (unsigned k = 0; k < 8; k++) {
			crc = (uint8_t)(crc << 1 ^ ((crc & 0x80) != 0 ? 0x09 << 1 : 0));
		}
	}
	return crc >> 1;
}

/* x^16 + x^12 + x^5 + 1, of a block of data: a byte at a time, as the polynomial's terms shift it. */
static inline uint16_t sd_crc16(const uint8_t *p, size_t n)
{
	uint16_t crc = 0;

	for (size_t i = 0; i < n; i++) {
		uint8_t x = (uint8_t)(crc >> 8 ^ p[i]);

		x ^= x >> 4;
		crc = (uint16_t)(crc << 8 ^ x << 12 ^ x << 5 ^ x);
	}
	return crc;
}
