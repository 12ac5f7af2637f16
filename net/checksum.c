/* SPDX-License-Identifier: MIT */
/* Internet checksum (RFC 1071) in 64-bit sums: for what the device does not check. */
#include "net.h"

#include <string.h>

uint16_t net_checksum(const void *data, int len);

static uint64_t add(uint64_t sum, uint64_t v)
{
	sum += v;
	return sum + (sum < v);
}

static uint64_t sum_words(const uint8_t *p, size_t len, uint64_t sum)
{
	uint64_t w[4];

	for (; len >= 32; len -= 32, p += 32) {
		memcpy(w, p, 32);
		sum = add(add(add(add(sum, w[0]), w[1]), w[2]), w[3]);
	}
	for (; len >= 8; len -= 8, p += 8) {
		memcpy(w, p, 8);
		sum = add(sum, w[0]);
	}
	w[0] = 0;
	memcpy(w, p, len);
	return add(sum, w[0]);
}

/* Sum in the machine's order, as lwIP's LWIP_CHKSUM wants it, not inverted. */
uint16_t net_checksum(const void *data, int len)
{
	const uint32_t *w = data;
	uint64_t sum;

	if (len == 20 && ((uintptr_t)data & 3) == 0) {
		/* An IPv4 header: one for each packet in and out. */
		sum = (uint64_t)w[0] + w[1] + w[2] + w[3] + w[4];
	} else {
		sum = sum_words(data, (size_t)len, 0);
		sum = (sum & 0xffffffff) + (sum >> 32);
	}
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}
