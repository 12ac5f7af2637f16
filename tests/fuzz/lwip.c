/* SPDX-License-Identifier: MIT */
/* lwIP as it is in the image, with net/port's pools and table of connections, behind an interface that takes
 * any frames. The first byte says who listens and whether the interface cuts segments; then come frames as
 * lwIP's own harness has them (test/fuzz/fuzz_common.c, whose servers and clients these are): 4 bytes that are
 * skipped, 2 of length, the frame; what a server or client reads of the rest it sends. At the end everything is
 * closed, a minute passes, and all memory must be free again. */
#include "../../net/port/memp.c"

#include <lwip/apps/httpd.h>
#include <lwip/apps/lwiperf.h>
#include <lwip/init.h>
#include <lwip/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void snmp_init(void);
#include <fuzz/fuzz_common.c> /* which relies on these */

#define SECONDS 70 /* the oldest fragment is forgotten after 60 */

enum {
	WITH_SERVERS = 1,
	WITH_CLIENTS = 2,
	WITH_TSO = 4,
};

/* Of lwIP's applications none. */
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

void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	abort();
}

void log_printf(int level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}

int log_level(void)
{
	return 0;
}

static void begin_servers(void)
{
	struct tcp_pcb *pcb = tcp_new_ip_type(IPADDR_TYPE_ANY);

	tcp_bind(pcb, IP_ANY_TYPE, 80);
	pcb = tcp_listen(pcb);
	tcp_accept(pcb, tcp_server_accept);
	udp_server_pcb = udp_new_ip_type(IPADDR_TYPE_ANY);
	udp_bind(udp_server_pcb, IP_ANY_TYPE, 161);
	udp_recv(udp_server_pcb, udp_server_recv, NULL);
}

static void begin_clients(const ip_addr_t *to)
{
	tcp_client_pcb = tcp_new_ip_type(IPADDR_TYPE_ANY);
	tcp_recv(tcp_client_pcb, tcp_client_recv);
	tcp_err(tcp_client_pcb, tcp_client_err);
	tcp_bind(tcp_client_pcb, IP_ANY_TYPE, 50000);
	tcp_connect(tcp_client_pcb, to, 80, tcp_client_connected);
	udp_client_pcb = udp_new_ip_type(IPADDR_TYPE_ANY);
	udp_recv(udp_client_pcb, udp_client_recv, NULL);
	udp_bind(udp_client_pcb, IP_ANY_TYPE, 50001);
	udp_connect(udp_client_pcb, to, 161);
}

static void close_all(void)
{
	while (tcp_active_pcbs != NULL) {
		tcp_abort(tcp_active_pcbs);
	}
	while (tcp_tw_pcbs != NULL) {
		tcp_abort(tcp_tw_pcbs);
	}
	while (tcp_bound_pcbs != NULL) {
		tcp_abort(tcp_bound_pcbs);
	}
	while (tcp_listen_pcbs.listen_pcbs != NULL) {
		tcp_close((struct tcp_pcb *)tcp_listen_pcbs.listen_pcbs);
	}
	while (udp_pcbs != NULL) {
		udp_remove(udp_pcbs);
	}
}

/* Our first sequence number is the same each time. */
static void reset_clock(void)
{
	struct tcp_pcb none = { 0 };

	tcp_ticks = 0;
	tcp_ticks = 0 - (tcp_next_iss(&none) - 6510);
	tcp_next_iss(&none);
	tcp_ticks = 0;
}

static void check_empty(void)
{
	if (mem.used != 0) {
		panic("%zu bytes of packets are not free", mem.used);
	}
	for (unsigned i = 0; i < MEMP_MAX; i++) {
		if (i != MEMP_IGMP_GROUP && i != MEMP_MLD6_GROUP && pools[i].used != 0) {
			panic("pool %u: %u are not free", i, pools[i].used);
		}
	}
}

static void set_up(void)
{
	static bool done;

	if (!done) {
		done = true;
		net_pools_init(256U << 20);
		for (unsigned i = 0; i < KINDS; i++) {
			kinds[i].kept =
				kinds[i].most; /* none more: the sanitizer sees the end of each block */
		}
		pools[MEMP_PBUF_POOL].limit =
			100000; /* the harness's frames; ours come from the device */
		lwip_init();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct netif netif;
	struct eth_addr mac = ETH_ADDR(0x28, 0x00, 0x00, 0x22, 0x2b, 0x38);
	ip4_addr_t addr, mask, gateway;
	ip_addr_t peer;

	if (n < 1) {
		return 0;
	}
	set_up();
	reset_clock();
	IP4_ADDR(&addr, 172, 30, 115, 84);
	IP4_ADDR(&mask, 255, 255, 255, 0);
	IP4_ADDR(&gateway, 172, 30, 115, 1);
	IP_ADDR4(&peer, 172, 30, 115, 37);
	netif_add(&netif, &addr, &mask, &gateway, NULL, testif_init, ethernet_input);
	netif.flags |= (p[0] & WITH_TSO) != 0 ? NETIF_FLAG_TSO : 0;
	netif_set_default(&netif);
	netif_set_up(&netif);
	netif_set_link_up(&netif);
	etharp_add_static_entry(ip_2_ip4(&peer), &mac);
	if ((p[0] & WITH_SERVERS) != 0) {
		begin_servers();
	}
	if ((p[0] & WITH_CLIENTS) != 0) {
		begin_clients(&peer);
	}
	input_pkts(LWIP_FUZZ_MULTIPACKET_TIME, &netif, p + 1, n - 1);
	close_all();
	for (unsigned i = 0; i < SECONDS; i++) {
		netif_poll_all(); /* what it sent to itself */
		sys_check_timeouts();
	}
	netif_remove(&netif);
	check_empty();
	return 0;
}
