/* SPDX-License-Identifier: MIT */
/* net/ipparam.c: Linux's ip= syntax.
 * sources: tests/unit/test.c tests/unit/host/kernel.c */
#include "../../net/ipparam.c"

#include "test.h"

#define IP(a, b, c, d) \
	((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

/* In network byte order, whatever the host's. */
static uint32_t wire(uint32_t ip)
{
	const uint8_t b[4] = { (uint8_t)ip, (uint8_t)(ip >> 8), (uint8_t)(ip >> 16),
			       (uint8_t)(ip >> 24) };
	uint32_t v;

	memcpy(&v, b, sizeof(v));
	return v;
}

static const struct {
	const char *text;
	struct ip_param want;
} good[] = {
	{ NULL, { .dhcp = true } },
	{ "", { .dhcp = true } },
	{ "dhcp", { .dhcp = true } },
	{ "on", { .dhcp = true } },
	{ "any", { .dhcp = true } },
	{ "both", { .dhcp = true } },
	{ "off", { .off = true } },
	{ "none", { .off = true } },
	{ "10.0.0.2::10.0.0.1:255.255.255.0::eth0:off",
	  { .client = IP(10, 0, 0, 2),
	    .gateway = IP(10, 0, 0, 1),
	    .netmask = IP(255, 255, 255, 0),
	    .device = "eth0" } },
	{ "10.0.0.2", { .client = IP(10, 0, 0, 2), .netmask = IP(255, 0, 0, 0) } },
	{ "127.255.0.2:", { .client = IP(127, 255, 0, 2), .netmask = IP(255, 0, 0, 0) } },
	{ "128.1.0.2", { .client = IP(128, 1, 0, 2), .netmask = IP(255, 255, 0, 0) } },
	{ "192.168.1.2", { .client = IP(192, 168, 1, 2), .netmask = IP(255, 255, 255, 0) } },
	{ "192.168.1.2:::255.255.0.0",
	  { .client = IP(192, 168, 1, 2), .netmask = IP(255, 255, 0, 0) } },
	{ "192.168.1.2:1.2.3.4:192.168.1.1:255.255.255.128:name:eth1:none:8.8.8.8:8.8.4.4:9.9.9.9",
	  { .client = IP(192, 168, 1, 2),
	    .gateway = IP(192, 168, 1, 1),
	    .netmask = IP(255, 255, 255, 128),
	    .hostname = "name",
	    .device = "eth1",
	    .dns = { IP(8, 8, 8, 8), IP(8, 8, 4, 4) },
	    .ntp = IP(9, 9, 9, 9) } },
	{ ":::::eth0:dhcp", { .device = "eth0", .dhcp = true } },
	{ ":::::eth1.4094:dhcp", { .device = "eth1.4094", .dhcp = true } },
	{ "::::host::dhcp", { .hostname = "host", .dhcp = true } },
	{ "::::::off", { .off = true } },
	{ "255.255.255.255:::255.255.255.255",
	  { .client = IP(255, 255, 255, 255), .netmask = IP(255, 255, 255, 255) } },
};

static void test_good(void)
{
	for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const struct ip_param *w = &good[i].want;
		struct ip_param p;
		bool ok;

		memset(&p, 0xee, sizeof(p));
		ok = CHECK(ip_param_parse(good[i].text, &p));
		ok &= CHECK(p.client == wire(w->client) && p.gateway == wire(w->gateway));
		ok &= CHECK(p.netmask == wire(w->netmask) && p.ntp == wire(w->ntp));
		ok &= CHECK(p.dns[0] == wire(w->dns[0]) && p.dns[1] == wire(w->dns[1]));
		ok &= CHECK_STR(p.hostname, w->hostname) && CHECK_STR(p.device, w->device);
		ok &= CHECK(p.dhcp == w->dhcp && p.off == w->off);
		if (!ok) {
			printf("# ip=%s\n", good[i].text == NULL ? "(none)" : good[i].text);
		}
	}
}

static void test_bad(void)
{
	static const char *const bad[] = { "x",
					   "dhcp6",
					   "10",
					   "10.0.0",
					   "10.0.0.",
					   ".10.0.0.1",
					   "10.0.0.0.1",
					   "10.0.0.256",
					   "10.0.0.1000",
					   "10..0.1",
					   "10.0.0.1 ",
					   "-1.0.0.1",
					   "0x10.0.0.1",
					   "10.0.0.2:x",
					   "10.0.0.2::x",
					   "10.0.0.2:::x",
					   "10.0.0.2:::::ethernet0",
					   "10.0.0.2:::::eth",
					   "10.0.0.2:::::eth0.",
					   "10.0.0.2:::::eth.1",
					   "10.0.0.2:::::eth0.1.2",
					   "10.0.0.2:::::ens3",
					   "10.0.0.2::::::maybe",
					   "10.0.0.2:::::::x",
					   "1.1.1.1:::::::::1.1.1.1:",
					   ":::::::::::::::::::::::::" };
	static char name[200];

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ip_param p;

		if (!CHECK(!ip_param_parse(bad[i], &p)) ||
		    !CHECK(p.dhcp && !p.off && p.client == 0)) {
			printf("# ip=%s\n", bad[i]);
		}
	}
	memset(name, 'a', 100);
	memcpy(name, "::::", 4);
	CHECK(!ip_param_parse(name, &(struct ip_param){ 0 }));
	name[4 + 63] = '\0';
	CHECK(ip_param_parse(name, &(struct ip_param){ 0 }));
}

/* From exactly as many bytes as there are. */
static void test_noise(void)
{
	static const char some[] = "0123456789..::::::aehtdcpof";
	unsigned accepted = 0;
	char text[80];

	for (unsigned i = 0; i < 100000; i++) {
		unsigned n = test_below(sizeof(text) - 1);
		struct ip_param p;

		for (unsigned k = 0; k < n; k++) {
			text[k] = some[test_below(sizeof(some) - 1)];
		}
		text[n] = '\0';
		if (ip_param_parse(test_at_edge(text, n + 1, 1), &p)) {
			accepted++;
			CHECK(memchr(p.hostname, '\0', sizeof(p.hostname)) != NULL);
			CHECK(memchr(p.device, '\0', sizeof(p.device)) != NULL);
			CHECK(!(p.off && p.dhcp) && !(p.off && p.client != 0));
			CHECK(p.client == 0 || p.netmask != 0);
		} else {
			CHECK(p.dhcp && p.client == 0 && p.hostname[0] == '\0');
		}
	}
	CHECK(accepted > 50 && accepted < 50000);
}

static const struct test tests[] = {
	{ "every form that Linux takes", test_good },
	{ "what is malformed is refused, and means DHCP", test_bad },
	{ "100,000 lines of digits, dots and colons", test_noise },
};
TEST_MAIN(tests)
