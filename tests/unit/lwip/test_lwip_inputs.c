/* SPDX-License-Identifier: MIT */
/* The inputs of lwIP's fuzzers through its own harness (test/fuzz/fuzz_common.c), on our patched source with our
 * options: none may end the process. Each in a process of its own, alone as a frame and, the same bytes, as
 * several frames with time between them, with the harness's servers and clients. tests/fuzz/lwip.c goes on from them.
 * sources: tests/unit/test.c tests/unit/lwip/port.c tests/unit/lwip/ticks.c net/port/pcbs.c net/checksum.c tests/unit/host/kernel.c
	@lwip:core/altcp.c @lwip:core/def.c @lwip:core/dns.c @lwip:core/inet_chksum.c @lwip:core/init.c
	@lwip:core/ip.c @lwip:core/mem.c @lwip:core/netif.c @lwip:core/pbuf.c @lwip:core/raw.c
	@lwip:core/stats.c @lwip:core/tcp.c @lwip:core/tcp_in.c @lwip:core/tcp_out.c @lwip:core/udp.c
	@lwip:core/ipv4/acd.c @lwip:core/ipv4/dhcp.c @lwip:core/ipv4/etharp.c @lwip:core/ipv4/icmp.c
	@lwip:core/ipv4/igmp.c @lwip:core/ipv4/ip4.c @lwip:core/ipv4/ip4_addr.c @lwip:core/ipv4/ip4_frag.c
	@lwip:core/ipv6/ethip6.c @lwip:core/ipv6/icmp6.c @lwip:core/ipv6/inet6.c @lwip:core/ipv6/ip6.c
	@lwip:core/ipv6/ip6_addr.c @lwip:core/ipv6/ip6_frag.c @lwip:core/ipv6/mld6.c @lwip:core/ipv6/nd6.c
	@lwip:netif/ethernet.c
	@lwip:apps/mdns/mdns.c @lwip:apps/mdns/mdns_domain.c @lwip:apps/mdns/mdns_out.c
 * lwip: tests/fuzz/lwip */
#include "../test.h"

#include "../../../net/port/memp.c"

#include <glob.h>
#include <lwip/tcp.h>

void snmp_init(void);
#include <fuzz/fuzz_common.c> /* which relies on these */

#define SECONDS 20

/* Of lwIP's applications we have mDNS alone. */
void httpd_init(void)
{
}

void *lwiperf_start_tcp_server_default(lwiperf_report_fn report_fn, void *report_arg)
{
	(void)report_fn;
	(void)report_arg;
	return NULL;
}

void snmp_init(void)
{
}

static struct {
	char *path;
	enum lwip_fuzz_type type;
	u32_t apps;
} now;

static void run(void)
{
	char *argv[] = { "", now.path, NULL };

	net_pools_init(64U << 20);
	for (unsigned i = 0; i < KINDS; i++) {
		kinds[i].kept =
			kinds[i].most; /* none more: the sanitizer sees the end of each block */
	}
	CHECK_EQ(lwip_fuzztest(2, argv, now.type, now.apps), 0);
}

static void replay(u32_t apps)
{
	static const enum lwip_fuzz_type types[] = { LWIP_FUZZ_SINGLE, LWIP_FUZZ_MULTIPACKET,
						     LWIP_FUZZ_MULTIPACKET_TIME };
	const char *folder = getenv("LWIP_INPUTS");
	char pattern[512];
	glob_t found = { 0 };

	snprintf(pattern, sizeof(pattern), "%s/*/*.bin", folder != NULL ? folder : ".");
	glob(pattern, 0, NULL, &found);
	CHECK(found.gl_pathc >= 6);
	now.apps = apps;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		now.path = found.gl_pathv[i];
		for (size_t k = 0; k < ARRAY_SIZE(types); k++) {
			now.type = types[k];
			if (!CHECK(test_apart(run, SECONDS))) {
				printf("# %s, type %d\n", now.path, (int)now.type);
			}
		}
	}
	globfree(&found);
}

static void test_mdns(void)
{
	replay(LWIP_FUZZ_DEFAULT);
}

static void test_servers(void)
{
	replay(LWIP_FUZZ_STATICARP | LWIP_FUZZ_TCP_SERVER | LWIP_FUZZ_UDP_SERVER);
}

static void test_clients(void)
{
	replay(LWIP_FUZZ_STATICARP | LWIP_FUZZ_TCP_CLIENT | LWIP_FUZZ_UDP_CLIENT);
}

static const struct test tests[] = {
	{ "with mDNS", test_mdns },
	{ "with servers of TCP and UDP", test_servers },
	{ "with clients of TCP and UDP", test_clients },
};

TEST_MAIN(tests)
