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

/* Sums of 32-bit words. */
static inline uint16_t net_fold(uint64_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

uint16_t net_checksum(const void *data, int len);

/* Each packet in and out has an IPv4 header, most of them of this length. */
static inline uint16_t net_checksum_short(const void *data, int len)
{
	uint32_t w[5];

	if (len != sizeof(w)) {
		return net_checksum(data, len);
	}
	memcpy(w, data, sizeof(w));
	return net_fold((uint64_t)w[0] + w[1] + w[2] + w[3] + w[4]);
}
#define LWIP_CHKSUM net_checksum_short
