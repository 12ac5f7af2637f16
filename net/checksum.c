/* SPDX-License-Identifier: MIT */
/* Internet checksum (RFC 1071) in 64-bit sums: for what the device does not check. */
#include "net.h"

#include <arch/sum.h>
#include <string.h>

/* 32-bit words into 64 bits: no carry to add. */
static uint64_t sum_words(const uint8_t *p, size_t len)
{
	size_t blocks = len / ARCH_SUM_BLOCK;
	uint64_t sum = arch_sum(p, blocks);
	uint32_t w;

	p += blocks * ARCH_SUM_BLOCK;
	for (size_t n = len % ARCH_SUM_BLOCK / 4; n > 0; n--, p += 4) {
		memcpy(&w, p, 4);
		sum += w;
	}
	if (len % 4 != 0) {
		w = 0;
		memcpy(&w, p, len % 4);
		sum += w;
	}
	return sum;
}

/* Sum in the machine's order, as lwIP's LWIP_CHKSUM wants it, not inverted. */
uint16_t net_checksum(const void *data, int len)
{
	return net_fold(sum_words(data, (size_t)len));
}
