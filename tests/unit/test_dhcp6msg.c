/* SPDX-License-Identifier: MIT */
/* net/dhcp6msg.c: what servers say, whole, cut and made up, and what we say read back.
 * sources: tests/unit/test.c tests/unit/host/kernel.c */
#include "../../net/dhcp6msg.c"

#include "test.h"

#include <stdlib.h>

static const uint8_t duid[] = { 0, 3, 0, 1, 0x52, 0x54, 0, 0x12, 0x34, 0x56 };
static const uint8_t addr[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 5 };
#define IAID 7

/* An answer that is being written. */
static uint8_t m[1024];
static size_t len;

static void begin(uint8_t type)
{
	m[0] = type;
	m[1] = 0xab;
	m[2] = 0xcd;
	m[3] = 0xef;
	len = 4;
}

static void option(unsigned code, const void *v, size_t n)
{
	uint8_t *p = put_bytes(m + len, code, v, (uint16_t)n);

	len = (size_t)(p - m);
}

static size_t write_ia(uint8_t *p, uint32_t iaid, uint32_t t1, uint32_t t2, uint32_t preferred,
		       uint32_t valid)
{
	uint8_t *at = put32(put32(put32(p, iaid), t1), t2);

	at = put16(put16(at, OPT_IAADDR), IAADDR_HEADER);
	memcpy(at, addr, 16);
	at = put32(put32(at + 16, preferred), valid);
	return (size_t)(at - p);
}

static void ia(uint32_t iaid, uint32_t t1, uint32_t t2, uint32_t preferred, uint32_t valid)
{
	uint8_t b[64];

	option(OPT_IA_NA, b, write_ia(b, iaid, t1, t2, preferred, valid));
}

static void whole(void)
{
	static const uint8_t server[] = { 0, 1, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
	uint8_t dns[64] = { 0xfd, [16] = 0xfe, [32] = 0xfc, [48] = 0xff };

	begin(DHCP6_REPLY);
	option(OPT_CLIENTID, duid, sizeof(duid));
	option(OPT_SERVERID, server, sizeof(server));
	option(OPT_PREFERENCE, "\xff", 1);
	ia(IAID, 100, 160, 200, 300);
	option(OPT_DNS, dns, sizeof(dns));
	option(OPT_REFRESH, "\0\0\x10\0", 4);
	option(OPT_SOL_MAX_RT, "\0\0\0\x78", 4);
	option(999, "what nobody knows", 17);
}

static bool parse(struct dhcp6_answer *a)
{
	/* From exactly as many bytes as there are. */
	uint8_t *copy = malloc(len);
	bool r;

	memcpy(copy, m, len);
	r = dhcp6_parse(copy, len, duid, sizeof(duid), IAID, a);
	free(copy);
	return r;
}

static void test_whole(void)
{
	struct dhcp6_answer a;

	whole();
	CHECK(parse(&a));
	CHECK(a.type == DHCP6_REPLY && a.xid == 0xabcdef && a.ours && a.server_len == 14);
	CHECK(a.preference == 255 && a.status == 0 && a.refresh == 4096 && a.sol_max_rt == 120);
	CHECK(memcmp(a.lease.addr, addr, 16) == 0);
	CHECK(a.lease.t1 == 100 && a.lease.t2 == 160 && a.lease.preferred == 200 &&
	      a.lease.valid == 300);
	/* More nameservers than we keep: the first ones. */
	CHECK(a.dns_count == DHCP6_DNS_MAX && a.dns[0][0] == 0xfd && a.dns[2][0] == 0xfc);
	/* None at all is an answer too. */
	begin(DHCP6_REPLY);
	CHECK(parse(&a) && a.server_len == 0 && !a.ours && a.lease.valid == 0);
}

static void test_cut(void)
{
	struct dhcp6_answer a;
	size_t full, accepted = 0;

	whole();
	full = len;
	for (len = 0; len < full; len++) {
		accepted += parse(&a);
	}
	/* Between two options it looks whole: in front of each of the eight. */
	CHECK_EQ(accepted, 8);
}

static void test_addresses(void)
{
	static const struct {
		uint32_t iaid, t1, t2, preferred, valid, want;
	} cases[] = {
		{ IAID, 0, 0, 1, 1, 1 },
		{ IAID, 0, 0, 2, 1, 0 },	 /* preferred beyond valid */
		{ IAID, 0, 0, 0, 0, 0 },	 /* taken back */
		{ IAID, 10, 5, 100, 100, 0 },	 /* T1 beyond T2 */
		{ IAID, 10, 0, 100, 100, 100 },	 /* T2 is ours to choose */
		{ IAID + 1, 0, 0, 100, 100, 0 }, /* not what we asked for */
		{ IAID, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX },
	};
	struct dhcp6_answer a;

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(DHCP6_ADVERTISE);
		ia(cases[i].iaid, cases[i].t1, cases[i].t2, cases[i].preferred, cases[i].valid);
		CHECK(parse(&a));
		CHECK_EQ(a.lease.valid, cases[i].want);
	}
}

/* The last message again, with another address in it. */
static void give(const uint8_t *wanted)
{
	for (size_t i = 0; i + 16 <= len; i++) {
		if (memcmp(m + i, addr, 16) == 0) {
			memcpy(m + i, wanted, 16);
		}
	}
}

static void test_addresses_that_are_none(void)
{
	static const struct {
		uint8_t addr[16];
		uint32_t want;
	} cases[] = {
		{ { 0 }, 0 },
		{ { [15] = 1 }, 0 },
		{ { [15] = 2 }, 100 }, /* odd, and yet one */
		{ { 0xfe, 0x80, [15] = 9 }, 0 },
		{ { 0xfe, 0xbf, [15] = 9 }, 0 },
		{ { 0xfe, 0xc0, [15] = 9 }, 100 },
		{ { 0xff, 0x02, [15] = 1 }, 0 },
		{ { 0xfd, [15] = 1 }, 100 },
	};
	struct dhcp6_answer a;

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(DHCP6_REPLY);
		ia(IAID, 0, 0, 100, 100);
		give(cases[i].addr);
		CHECK(parse(&a));
		CHECK_EQ(a.lease.valid, cases[i].want);
	}
}

static void test_status(void)
{
	struct dhcp6_answer a;
	uint8_t b[64];
	size_t n;

	begin(DHCP6_REPLY);
	option(OPT_STATUS, "\0\2no addresses", 14);
	CHECK(parse(&a) && a.status == 2);
	/* Of the addresses, inside their option. */
	begin(DHCP6_REPLY);
	put32(put32(put32(b, IAID), 0), 0);
	put16(put16(put16(b + IA_HEADER, OPT_STATUS), 2), 3);
	option(OPT_IA_NA, b, IA_HEADER + 6);
	CHECK(parse(&a) && a.status == 3);
	/* Of one address: that one is not given. */
	begin(DHCP6_REPLY);
	n = write_ia(b, IAID, 0, 0, 100, 100);
	b[IA_HEADER + 3] += 6;
	put16(put16(put16(b + n, OPT_STATUS), 2), 4);
	option(OPT_IA_NA, b, n + 6);
	CHECK(parse(&a) && a.status == 0 && a.lease.valid == 0);
}

static void test_malformed(void)
{
	static const struct {
		unsigned code;
		size_t n;
	} bad[] = { { OPT_SERVERID, 1 },   { OPT_SERVERID, DHCP6_DUID_MAX + 1 },
		    { OPT_IA_NA, 11 },	   { OPT_PREFERENCE, 0 },
		    { OPT_PREFERENCE, 2 }, { OPT_STATUS, 1 },
		    { OPT_DNS, 15 },	   { OPT_DNS, 17 },
		    { OPT_REFRESH, 3 },	   { OPT_SOL_MAX_RT, 5 } };
	static const uint8_t zeros[256];
	struct dhcp6_answer a;
	uint8_t b[64];

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		begin(DHCP6_REPLY);
		option(bad[i].code, zeros, bad[i].n);
		CHECK(!parse(&a));
	}
	begin(DHCP6_REPLY);
	write_ia(b, IAID, 0, 0, 1, 1);
	b[IA_HEADER + 3] = 23; /* an address that is cut short */
	option(OPT_IA_NA, b, IA_HEADER + 4 + 23);
	CHECK(!parse(&a));
}

static void test_noise(void)
{
	struct dhcp6_answer a;

	for (unsigned i = 0; i < 200000; i++) {
		whole();
		for (unsigned k = test_below(4) + 1; k > 0; k--) {
			m[test_below((unsigned)len)] = (uint8_t)test_below(256);
		}
		len -= test_below(3) == 0 ? test_below((unsigned)len) : 0;
		if (parse(&a)) {
			CHECK(a.server_len <= DHCP6_DUID_MAX && a.dns_count <= DHCP6_DNS_MAX);
			CHECK(a.lease.preferred <= a.lease.valid);
		}
	}
}

/* What we write is well formed, whatever it says, and fits. */
static void test_questions(void)
{
	static const uint8_t types[] = { DHCP6_SOLICIT, DHCP6_REQUEST, DHCP6_RENEW,
					 DHCP6_REBIND,	DHCP6_DECLINE, DHCP6_INFORMATION_REQUEST };
	uint8_t server[DHCP6_DUID_MAX] = { 9 };
	struct dhcp6_answer a;

	for (unsigned i = 0; i < sizeof(types) * 4; i++) {
		struct dhcp6_question q = { .type = types[i / 4],
					    .xid = 0xff123456,
					    .duid = duid,
					    .duid_len = sizeof(duid),
					    .server = (i & 1) != 0 ? server : NULL,
					    .server_len = sizeof(server),
					    .iaid = IAID,
					    .ia = true,
					    .addr = (i & 2) != 0 ? addr : NULL };

		len = dhcp6_write(&q, m);
		CHECK(len <= DHCP6_QUESTION_MAX && parse(&a));
		CHECK(a.type == types[i / 4] && a.xid == 0x123456 && a.ours);
		CHECK_EQ(a.server_len, (i & 1) != 0 ? sizeof(server) : 0);
	}
}

static const struct test tests[] = {
	{ "a whole answer, and one that says nothing", test_whole },
	{ "an answer cut at any byte is refused, or ends between two options", test_cut },
	{ "an address is taken only with times that make sense, and when it is ours",
	  test_addresses },
	{ "an address that no host can have is not taken", test_addresses_that_are_none },
	{ "what a server refuses, as a whole and for one address", test_status },
	{ "options of a wrong length are refused", test_malformed },
	{ "200,000 answers with damage", test_noise },
	{ "our own messages are well formed", test_questions },
};
TEST_MAIN(tests)
