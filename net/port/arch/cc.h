/* SPDX-License-Identifier: MIT */
/* Compiler, diagnostics and random numbers for lwIP. */
#pragma once

#include <endian.h>
#include <errno.h>
#include <kernel/panic.h>
#include <kernel/rand.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>

#define LWIP_NO_CTYPE_H 0
#define LWIP_RAND()	rand_u32()

#define LWIP_PLATFORM_DIAG(x)
/* Our own invariants, lwIP's included: a broken one must not be served on. */
#define LWIP_PLATFORM_ASSERT(what) panic("lwIP: %s (%s:%d)", what, __FILE__, __LINE__)

/* Spelled out: where the ISA has no byte swap, the builtin is a call. */
#define lwip_htons(x) ((uint16_t)((uint16_t)(x) << 8 | (uint16_t)(x) >> 8))
static inline uint32_t lwip_swap32(uint32_t x)
{
	return x << 24 | (x & 0xff00) << 8 | (x >> 8 & 0xff00) | x >> 24;
}
#define lwip_htonl(x) lwip_swap32(x)

/* A sum of 32-bit words to 16 bits, in ones' complement: each half has the other and its carry added in the upper half of
 * the sum with itself turned. RFC 1071, 2 (B) and (C). */
static inline uint16_t net_fold(uint64_t sum)
{
	uint32_t half;

	sum += sum << 32 | sum >> 32;
	half = (uint32_t)(sum >> 32);
	half += half << 16 | half >> 16;
	return (uint16_t)(half >> 16);
}

static inline uint64_t net_word_at(const void *data, unsigned i)
{
	uint32_t w;

	memcpy(&w, (const uint8_t *)data + i * sizeof(w), sizeof(w));
	return w;
}

uint16_t net_checksum(const void *data, int len);

/* Each packet in and out has an IPv4 header, most of them of this length. */
static inline uint16_t net_checksum_short(const void *data, int len)
{
	if (len != 20) {
		return net_checksum(data, len);
	}
	return net_fold(net_word_at(data, 0) + net_word_at(data, 1) + net_word_at(data, 2) +
			net_word_at(data, 3) + net_word_at(data, 4));
}
#define LWIP_CHKSUM net_checksum_short
