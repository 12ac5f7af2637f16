/* SPDX-License-Identifier: MIT */
/* Contract: inet_pton() reads exactly the texts of RFC 4291 and dotted quads, inet_ntop() writes
 * the canonical form of RFC 5952, inet_aton() reads what 4.3BSD read.
 * sources: libc/inet.c tests/unit/test.c tests/unit/host/kernel.c */
#include "test.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>

/* Text to address and back; NULL: not to be accepted. */
static const struct {
	int family;
	const char *in, *out;
} texts[] = {
	{ AF_INET, "0.0.0.0", "0.0.0.0" },
	{ AF_INET, "255.255.255.255", "255.255.255.255" },
	{ AF_INET, "10.0.2.15", "10.0.2.15" },
	{ AF_INET, "192.168.100.9", "192.168.100.9" },
	{ AF_INET, "", NULL },
	{ AF_INET, "1", NULL },
	{ AF_INET, "1.2.3", NULL },
	{ AF_INET, "1.2.3.", NULL },
	{ AF_INET, ".1.2.3", NULL },
	{ AF_INET, "1..2.3", NULL },
	{ AF_INET, "1.2.3.4.", NULL },
	{ AF_INET, "1.2.3.4.5", NULL },
	{ AF_INET, "1.2.3.256", NULL },
	{ AF_INET, "1.2.3.1000", NULL },
	{ AF_INET, "1.2.3.04", NULL },
	{ AF_INET, "00.2.3.4", NULL },
	{ AF_INET, "1.2.3.4 ", NULL },
	{ AF_INET, " 1.2.3.4", NULL },
	{ AF_INET, "1.2.3.a", NULL },
	{ AF_INET, "0x1.2.3.4", NULL },
	{ AF_INET, "+1.2.3.4", NULL },
	{ AF_INET, "1.2.3.-4", NULL },
	{ AF_INET6, "::", "::" },
	{ AF_INET6, "::1", "::1" },
	{ AF_INET6, "1::", "1::" },
	{ AF_INET6, "fe80::1", "fe80::1" },
	{ AF_INET6, "FE80::ABCD:0:12", "fe80::abcd:0:12" },
	{ AF_INET6, "2001:db8:0:0:0:0:2:1", "2001:db8::2:1" },
	{ AF_INET6, "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
	{ AF_INET6, "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
	{ AF_INET6, "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
	{ AF_INET6, "0001:0023:0456:7890:a:b:c:d", "1:23:456:7890:a:b:c:d" },
	{ AF_INET6, "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
	{ AF_INET6, "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
	{ AF_INET6, "1:0:0:4:5:6:0:0", "1::4:5:6:0:0" },
	{ AF_INET6, "1:2:3:4:5:6:0:0", "1:2:3:4:5:6::" },
	{ AF_INET6, "::ffff:1.2.3.4", "::ffff:1.2.3.4" },
	{ AF_INET6, "::ffff:0102:0304", "::ffff:1.2.3.4" },
	{ AF_INET6, "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304" },
	{ AF_INET6, "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
	{ AF_INET6, "", NULL },
	{ AF_INET6, ":", NULL },
	{ AF_INET6, ":::", NULL },
	{ AF_INET6, ":1", NULL },
	{ AF_INET6, "1:", NULL },
	{ AF_INET6, "1:::2", NULL },
	{ AF_INET6, "1::2::3", NULL },
	{ AF_INET6, "1:2:3:4:5:6:7", NULL },
	{ AF_INET6, "1:2:3:4:5:6:7:8:9", NULL },
	{ AF_INET6, "1:2:3:4:5:6:7:8::", NULL },
	{ AF_INET6, "::1:2:3:4:5:6:7:8", NULL },
	{ AF_INET6, "1:2:3:4::5:6:7:8", NULL },
	{ AF_INET6, "12345::", NULL },
	{ AF_INET6, "g::", NULL },
	{ AF_INET6, "::1 ", NULL },
	{ AF_INET6, "::1%eth0", NULL },
	{ AF_INET6, "1.2.3.4", NULL },
	{ AF_INET6, "::1.2.3", NULL },
	{ AF_INET6, "::1.2.3.4.5", NULL },
	{ AF_INET6, "::1.2.3.256", NULL },
	{ AF_INET6, "1:2:3:4:5:6:7:1.2.3.4", NULL },
	{ AF_INET6, "::1.2.3.4:5", NULL },
	{ AF_INET6, "1::2:", NULL },
};

static void test_texts(void)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		uint8_t addr[16];
		char back[INET6_ADDRSTRLEN] = "";
		int r;

		memset(addr, 0xa5, sizeof(addr));
		r = inet_pton(texts[i].family, texts[i].in, addr);
		if (texts[i].out == NULL) {
			if (!CHECK(r == 0 && addr[0] == 0xa5)) {
				printf("# took \"%s\"\n", texts[i].in);
			}
		} else if (CHECK_EQ(r, 1)) {
			CHECK(inet_ntop(texts[i].family, addr, back, sizeof(back)) == back);
			CHECK_STR(back, texts[i].out);
		} else {
			printf("# refused \"%s\"\n", texts[i].in);
		}
	}
}

/* 0 stands for "refused"; no accepted text here has that value. */
static const struct {
	const char *in;
	uint32_t addr;
} atons[] = {
	{ "1.2.3.4", 0x01020304 },
	{ "1.2.3", 0x01020003 },
	{ "1.2", 0x01000002 },
	{ "16909060", 0x01020304 },
	{ "0x01020304", 0x01020304 },
	{ "010.0.0.1", 0x08000001 },
	{ "0xa.0.0.1", 0x0a000001 },
	{ "1.65535", 0x0100ffff },
	{ "1.2.3.4 x", 0x01020304 },
	{ "4294967295", 0xffffffff },
	{ "4294967296", 0 },
	{ "1.2.3.256", 0 },
	{ "1.2.65536", 0 },
	{ "1.16777216", 0 },
	{ "256.1", 0 },
	{ "", 0 },
	{ "x", 0 },
	{ "1.", 0 },
	{ "1.2.3.4.5", 0 },
	{ "1.2.3.4x", 0 },
	{ "08.0.0.1", 0 },
	{ "0x", 0 },
	{ "1.2.3.", 0 },
};

static void test_aton(void)
{
	for (size_t i = 0; i < sizeof(atons) / sizeof(atons[0]); i++) {
		struct in_addr a = { 0 };

		CHECK_EQ(inet_aton(atons[i].in, &a), atons[i].addr != 0);
		if (!CHECK_EQ(be32toh(a.s_addr), atons[i].addr)) {
			printf("# text \"%s\"\n", atons[i].in);
		}
	}
	CHECK_EQ(inet_addr("nonsense"), INADDR_NONE);
}

static void test_edges(void)
{
	struct in_addr a = { .s_addr = htobe32(0x7f000001) };
	struct in6_addr all;
	char text[INET6_ADDRSTRLEN];

	memset(&all, 0xff, sizeof(all));
	CHECK(inet_ntop(AF_INET6, &all, text, sizeof(text)) != NULL && strlen(text) == 39);
	CHECK(inet_ntop(AF_INET, &a, text, 10) == text);
	errno = 0;
	CHECK(inet_ntop(AF_INET, &a, text, 9) == NULL && errno == ENOSPC);
	errno = 0;
	CHECK(inet_ntop(99, &a, text, 40) == NULL && errno == EAFNOSUPPORT);
	errno = 0;
	CHECK(inet_pton(99, "1.2.3.4", &a) == -1 && errno == EAFNOSUPPORT);
	CHECK_STR(inet_ntoa(a), "127.0.0.1");
}

/* Any address survives the way through text. */
static void test_round_trip(void)
{
	for (int i = 0; i < 20000; i++) {
		uint8_t in[16], out[16];
		char text[INET6_ADDRSTRLEN];

		for (int k = 0; k < 16; k++) {
			/* Many zeros, so that runs of them occur. */
			in[k] = test_below(3) != 0 ? 0 : (uint8_t)test_random();
		}
		CHECK(inet_ntop(AF_INET6, in, text, sizeof(text)) != NULL);
		CHECK_EQ(inet_pton(AF_INET6, text, out), 1);
		CHECK(memcmp(in, out, 16) == 0);
	}
}

/* No text makes the reader look behind its end. */
static void test_noise(void)
{
	static const char letters[] = "0123456789abcdefg:::::...x ";
	uint8_t out[16];
	struct in_addr a;

	for (int i = 0; i < 50000; i++) {
		char text[48];
		size_t n = test_below(sizeof(text));
		char *at;

		for (size_t k = 0; k < n; k++) {
			text[k] = letters[test_below(sizeof(letters) - 1)];
		}
		text[n] = '\0';
		at = test_at_edge(text, n + 1, 1);
		inet_pton(AF_INET, at, out);
		inet_pton(AF_INET6, at, out);
		inet_aton(at, &a);
	}
}

static const struct test tests[] = {
	{ "inet_pton and inet_ntop: RFC 4291 in, RFC 5952 out", test_texts },
	{ "inet_aton: one to four numbers of C", test_aton },
	{ "short buffers and other families are refused", test_edges },
	{ "every IPv6 address survives the way through text", test_round_trip },
	{ "noise is not read beyond its end", test_noise },
};
TEST_MAIN(tests)
