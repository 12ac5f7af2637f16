/* SPDX-License-Identifier: MIT */
/* net/checksum.c against RFC 1071 done word by word.
 * sources: tests/unit/test.c tests/unit/host/kernel.c net/checksum.c
 * lwip: headers */
#include "test.h"

#include <arch/cc.h>

/* The sum of 16-bit words in the machine's order, carries added back; a last byte is padded with 0. */
static uint16_t plain(const uint8_t *p, unsigned n)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < n; i += 2) {
		uint8_t two[2] = { p[i], i + 1 < n ? p[i + 1] : 0 };
		uint16_t w;

		memcpy(&w, two, 2);
		sum += w;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)sum;
}

static void fill(uint8_t *b, unsigned n, unsigned how)
{
	for (unsigned i = 0; i < n; i++) {
		b[i] = how == 0 ? 0xff : how == 1 ? 0 : (uint8_t)test_random();
	}
}

static void test_lengths(void)
{
	static uint8_t b[2048 + 16];

	for (unsigned n = 0; n <= 2048; n += n < 100 ? 1 : 37) {
		for (unsigned at = 0; at < 9; at++) {
			fill(b, sizeof(b), test_below(4));
			CHECK_EQ(net_checksum(b + at, (int)n), plain(b + at, n));
			CHECK_EQ(LWIP_CHKSUM(b + at, (int)n), plain(b + at, n));
		}
	}
}

/* Nothing is read behind the end. */
static void test_edge(void)
{
	uint8_t b[100];

	for (unsigned n = 1; n < sizeof(b); n++) {
		fill(b, n, 2);
		CHECK_EQ(net_checksum(test_at_edge(b, n, 1), (int)n), plain(b, n));
	}
}

/* A packet with its own checksum in it sums up to 0xffff. */
static void test_verify(void)
{
	for (unsigned i = 0; i < 2000; i++) {
		uint16_t w[750], n = (uint16_t)(test_below(749) + 2);

		fill((uint8_t *)w, n * 2U, 2);
		w[1] = 0;
		w[1] = (uint16_t)~net_checksum(w, n * 2);
		CHECK_EQ(net_checksum(w, n * 2), 0xffff);
	}
}

static const struct test tests[] = {
	{ "every length at every alignment, all ones and zeros too", test_lengths },
	{ "reads exactly its bytes", test_edge },
	{ "a packet with its checksum in it verifies", test_verify },
};
TEST_MAIN(tests)
