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

#define lwip_htons(x) __builtin_bswap16(x)
#define lwip_htonl(x) __builtin_bswap32(x)

uint16_t net_checksum(const void *data, int len);
#define LWIP_CHKSUM net_checksum
