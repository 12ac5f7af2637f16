/* SPDX-License-Identifier: MIT */
/* lwIP's own unit tests, on our patched source with our options (lwipopts.h here says where those differ, and
 * why), our pools and our table of connections. Left out are those of what we do not build: netconn and sockets,
 * MQTT, PPP, the heap and the timers (tests of net/port's are ours).
 * sources: tests/unit/lwip/port.c tests/unit/lwip/ticks.c tests/unit/lwip/queue.c net/port/pcbs.c net/checksum.c tests/unit/host/kernel.c
	@lwip:core/altcp.c @lwip:core/def.c @lwip:core/dns.c @lwip:core/inet_chksum.c @lwip:core/init.c
	@lwip:core/ip.c @lwip:core/mem.c @lwip:core/netif.c @lwip:core/pbuf.c @lwip:core/raw.c
	@lwip:core/stats.c @lwip:core/tcp.c @lwip:core/tcp_in.c @lwip:core/tcp_out.c @lwip:core/udp.c
	@lwip:core/ipv4/acd.c @lwip:core/ipv4/dhcp.c @lwip:core/ipv4/etharp.c @lwip:core/ipv4/icmp.c
	@lwip:core/ipv4/igmp.c @lwip:core/ipv4/ip4.c @lwip:core/ipv4/ip4_addr.c @lwip:core/ipv4/ip4_frag.c
	@lwip:core/ipv6/ethip6.c @lwip:core/ipv6/icmp6.c @lwip:core/ipv6/inet6.c @lwip:core/ipv6/ip6.c
	@lwip:core/ipv6/ip6_addr.c @lwip:core/ipv6/ip6_frag.c @lwip:core/ipv6/mld6.c @lwip:core/ipv6/nd6.c
	@lwip:netif/ethernet.c
	@lwip:apps/mdns/mdns.c @lwip:apps/mdns/mdns_domain.c @lwip:apps/mdns/mdns_out.c
	@lwip:../test/unit/core/test_def.c @lwip:../test/unit/core/test_dns.c
	@lwip:../test/unit/core/test_netif.c @lwip:../test/unit/core/test_pbuf.c
	@lwip:../test/unit/dhcp/test_dhcp.c @lwip:../test/unit/etharp/test_etharp.c
	@lwip:../test/unit/ip4/test_ip4.c @lwip:../test/unit/ip6/test_ip6.c
	@lwip:../test/unit/mdns/test_mdns.c @lwip:../test/unit/tcp/tcp_helper.c
	@lwip:../test/unit/tcp/test_tcp.c @lwip:../test/unit/tcp/test_tcp_oos.c
	@lwip:../test/unit/tcp/test_tcp_state.c @lwip:../test/unit/udp/test_udp.c
 * lwip: tests/unit/lwip
 * libs: -lcheck -lsubunit -lm -Wl,--wrap=memp_malloc -Wl,--wrap=memp_free -Wl,--wrap=net_mem_alloc
	-Wl,--wrap=net_mem_free -Wl,--wrap=tcp_set_state -Wl,--wrap=dhcp_coarse_tmr */
#include "suites.h"

#include "core/test_def.h"
#include "core/test_dns.h"
#include "core/test_netif.h"
#include "core/test_pbuf.h"
#include "dhcp/test_dhcp.h"
#include "etharp/test_etharp.h"
#include "ip4/test_ip4.h"
#include "ip6/test_ip6.h"
#include "mdns/test_mdns.h"
#include "tcp/test_tcp.h"
#include "tcp/test_tcp_oos.h"
#include "tcp/test_tcp_state.h"
#include "udp/test_udp.h"

#include "../../../net/port/memp.c"

#include <kernel/alloc.h>
#include <lwip/dhcp.h>
#include <lwip/init.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/stats.h>

/* --- what the tests expect of lwIP's own pools and heap: figures in lwip_stats */

static struct stats_mem figures[MEMP_MAX];

void *__real_memp_malloc(memp_t type);
void __real_memp_free(memp_t type, void *p);
void *__real_net_mem_alloc(unsigned long n);
void __real_net_mem_free(void *p);
void *__wrap_memp_malloc(memp_t type);
void __wrap_memp_free(memp_t type, void *p);
void *__wrap_net_mem_alloc(unsigned long n);
void __wrap_net_mem_free(void *p);

void *__wrap_memp_malloc(memp_t type)
{
	void *p = __real_memp_malloc(type);

	figures[type].used = (mem_size_t)net_pool_used(type);
	if (p == NULL) {
		figures[type].err++;
	}
	return p;
}

void __wrap_memp_free(memp_t type, void *p)
{
	__real_memp_free(type, p);
	figures[type].used = (mem_size_t)net_pool_used(type);
}

void *__wrap_net_mem_alloc(unsigned long n)
{
	void *p = __real_net_mem_alloc(n);

	lwip_stats.mem.used = (mem_size_t)mem.used;
	return p;
}

void __wrap_net_mem_free(void *p)
{
	__real_net_mem_free(p);
	lwip_stats.mem.used = (mem_size_t)mem.used;
}

/* --- the connections that the tests make by hand are in our table as well */

void __real_tcp_set_state(struct tcp_pcb *pcb, enum tcp_state state, const ip_addr_t *local_ip,
			  const ip_addr_t *remote_ip, u16_t local_port, u16_t remote_port);
void __wrap_tcp_set_state(struct tcp_pcb *pcb, enum tcp_state state, const ip_addr_t *local_ip,
			  const ip_addr_t *remote_ip, u16_t local_port, u16_t remote_port);

void __wrap_tcp_set_state(struct tcp_pcb *pcb, enum tcp_state state, const ip_addr_t *local_ip,
			  const ip_addr_t *remote_ip, u16_t local_port, u16_t remote_port)
{
	__real_tcp_set_state(pcb, state, local_ip, remote_ip, local_port, remote_port);
	if (state == TIME_WAIT) {
		TCP_RMV(&tcp_tw_pcbs, pcb);
		tcp_reg_tw(pcb);
	} else if (state != LISTEN) {
		tcp_hash_add(pcb);
	}
}

/* --- they call this once a minute, as lwIP's own wants it; ours counts seconds */

void __wrap_dhcp_coarse_tmr(void);

void __wrap_dhcp_coarse_tmr(void)
{
	dhcp_elapsed(60);
}

/* --- lwip_unittests.c's part */

Suite *create_suite(const char *name, testfunc *tests, size_t num_tests, SFun setup, SFun teardown)
{
	Suite *s = suite_create(name);

	for (size_t i = 0; i < num_tests; i++) {
		TCase *tc = tcase_create(name);

		if (setup != NULL || teardown != NULL) {
			tcase_add_checked_fixture(tc, setup, teardown);
		}
		tcase_add_named_test(tc, tests[i]);
		suite_add_tcase(s, tc);
	}
	return s;
}

void lwip_check_ensure_no_alloc(unsigned int skip)
{
	ck_assert((skip & SKIP_HEAP) != 0 || lwip_stats.mem.used == 0);
	for (unsigned i = 0; i < MEMP_MAX; i++) {
		ck_assert_msg((skip & SKIP_POOL(i)) != 0 || figures[i].used == 0,
			      "pool %u still has %u entries allocated", i,
			      (unsigned)figures[i].used);
	}
}

int main(void)
{
	static suite_getter_fn *const suites[] = {
		ip4_suite,	 ip6_suite,  udp_suite,	 tcp_suite,   tcp_oos_suite,
		tcp_state_suite, def_suite,  dns_suite,	 netif_suite, pbuf_suite,
		etharp_suite,	 dhcp_suite, mdns_suite, queue_suite,
	};
	SRunner *runner = srunner_create(NULL);
	int failed;

	for (unsigned i = 0; i < MEMP_MAX; i++) {
		lwip_stats.memp[i] = &figures[i];
	}
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		srunner_add_suite(runner, suites[i]());
	}
	/* Pools have the sizes that lwIP's options say, and the tests know, not those of a machine. */
	mem.limit = SIZE_MAX;
	for (unsigned i = 0; i < KINDS; i++) {
		kinds[i].kept =
			kinds[i].most; /* none more: the sanitizer sees the end of each block */
	}
	pools[MEMP_PBUF_POOL].limit = 400;
	lwip_init();
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
