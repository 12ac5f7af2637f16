/* SPDX-License-Identifier: MIT */
/* Compiler, diagnostics and random numbers for lwIP. */
#pragma once

#include <endian.h>
#include <errno.h>
#include <kernel/panic.h>
#include <kernel/rand.h>
#include <limits.h>
#include <stdint.h>
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

uint16_t net_checksum(const void *data, int len);
#define LWIP_CHKSUM net_checksum
