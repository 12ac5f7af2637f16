/* SPDX-License-Identifier: MIT */
/* lwIP's configuration: no OS, raw API, everything under net_lock; pools sized at run time
 * (net/port/memp.c), so what looks like a count here is only a ceiling of types. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* --- environment: callbacks only, one lock (net/core.c), our timers (net/port/timeouts.c) */
#define NO_SYS				      1
#define SYS_LIGHTWEIGHT_PROT		      0
#define LWIP_NETCONN			      0
#define LWIP_SOCKET			      0
#define LWIP_TIMERS			      1
#define LWIP_TIMERS_CUSTOM		      1
#define LWIP_PROVIDE_ERRNO		      0
#define LWIP_ERRNO_STDINCLUDE		      1
#define LWIP_TIMEVAL_PRIVATE		      0
#define LWIP_DONT_PROVIDE_BYTEORDER_FUNCTIONS 1
/* lwIP's own eleven checks a packet pair cost 250 instructions: with the lock checks of LOCKDEBUG=1. */
#ifdef LOCKDEBUG
bool net_lock_held(void);
#define LWIP_ASSERT_CORE_LOCKED() LWIP_ASSERT("the core lock is held", net_lock_held())
#else
#define LWIP_ASSERT_CORE_LOCKED()
#endif

/* --- memory: pbufs from malloc with a total (net_mem_*), structures from our pools */
#define MEM_ALIGNMENT	     8
#define MEM_LIBC_MALLOC	     0
#define MEM_CUSTOM_ALLOCATOR 1
#define MEMP_MEM_MALLOC	     0
void *net_mem_alloc(unsigned long n);
void *net_mem_calloc(unsigned long n, unsigned long size);
void net_mem_free(void *p);
#define MEM_CUSTOM_MALLOC net_mem_alloc
#define MEM_CUSTOM_CALLOC net_mem_calloc
#define MEM_CUSTOM_FREE	  net_mem_free
/* Room for the virtio header in front of a frame, so that it needs no descriptor of its own. */
#define PBUF_LINK_ENCAPSULATION_HLEN 16
#define LWIP_SUPPORT_CUSTOM_PBUF     1
#define LWIP_NETIF_TX_SINGLE_PBUF    0
/* What the device is to cut a TCP segment into; 0: it is to be sent as it is (our patch sets it). */
#define LWIP_PBUF_CUSTOM_DATA	      u16_t gso_size;
#define LWIP_PBUF_CUSTOM_DATA_INIT(p) (p)->gso_size = 0
#define LWIP_STATS		      0

/* --- link and IP */
#define LWIP_ETHERNET			   1
#define LWIP_ARP			   1
#define ARP_TABLE_SIZE			   16
#define ARP_QUEUEING			   1
#define ARP_QUEUE_LEN			   8
#define ETHARP_SUPPORT_STATIC_ENTRIES	   0
#define LWIP_IPV4			   1
#define LWIP_IPV6			   1
#define IP_REASSEMBLY			   1
#define IP_REASS_MAX_PBUFS		   32
#define IP_FRAG				   1
#define LWIP_IPV6_REASS			   1
#define LWIP_IPV6_FRAG			   1
#define IPV6_FRAG_COPYHEADER		   1 /* pointers are 64 bits wide */
#define IP_DEFAULT_TTL			   64
#define LWIP_ICMP			   1
#define LWIP_ICMP6			   1
#define LWIP_RAW			   1 /* our patch looks for raw sockets only where there are some */
#define LWIP_IGMP			   1
#define LWIP_IPV6_MLD			   1
#define LWIP_IPV6_AUTOCONFIG		   1
#define LWIP_IPV6_DHCP6			   1 /* the client is ours: net/dhcp6.c */
#define LWIP_IPV6_DUP_DETECT_ATTEMPTS	   1
#define LWIP_IPV6_NUM_ADDRESSES		   6
#define LWIP_ND6_NUM_NEIGHBORS		   16
#define LWIP_ND6_QUEUEING		   1
#define LWIP_IPV6_SEND_ROUTER_SOLICIT	   1
#define LWIP_NETIF_HOSTNAME		   1
#define LWIP_NETIF_LINK_CALLBACK	   0
#define LWIP_NETIF_STATUS_CALLBACK	   0
#define LWIP_NETIF_EXT_STATUS_CALLBACK	   1
#define LWIP_NETIF_LOOPBACK		   1
#define LWIP_HAVE_LOOPIF		   1
#define LWIP_LOOPBACK_MAX_PBUFS		   256
#define LWIP_CHECKSUM_CTRL_PER_NETIF	   1
#define LWIP_CHKSUM_ALGORITHM		   3
#define LWIP_RANDOMIZE_INITIAL_LOCAL_PORTS 1
#define LWIP_BROADCAST_PING		   0
#define LWIP_MULTICAST_PING		   0

/* What is neither IP nor ARP may be a tagged frame: net/vlan.c. */
struct pbuf;
struct netif;
signed char net_vlan_input(struct pbuf *p, struct netif *netif);
#define LWIP_HOOK_UNKNOWN_ETH_PROTOCOL(p, netif) net_vlan_input(p, netif)

/* The first packet waits in a loopback; our patch asks for it. */
void net_looped(void);
#define LWIP_HOOK_LOOPED() net_looped()

/* --- DHCP, DNS */
#define LWIP_DHCP		       1
#define DHCP_COARSE_TIMER_SECS	       1 /* the grain; nothing ticks (net/port/timeouts.c) */
#define DHCP_TIMEOUT_SIZE_T	       u32_t
#define LWIP_DHCP_DOES_ACD_CHECK       0 /* a probe would hold the first answer up for seconds */
#define LWIP_ACD		       0
#define LWIP_AUTOIP		       0
#define LWIP_DHCP_GET_NTP_SRV	       1
#define LWIP_DHCP_MAX_NTP_SERVERS      3
#define LWIP_DNS		       1
#define DNS_MAX_SERVERS		       6 /* half of them of IPv6: net/dns.c */
#define DNS_TABLE_SIZE		       8 /* questions at a time; answers are kept by net/dns.c */
#define LWIP_DNS_SECURE		       7
#define LWIP_DNS_SUPPORT_MDNS_QUERIES  1 /* NAME.local: asked of the link's group */
#define LWIP_DHCP_MAX_DNS_SERVERS      3
#define LWIP_ND6_RDNSS_MAX_DNS_SERVERS 3

/* --- mDNS (net/mdns.c), in images that need it */
#define LWIP_MDNS_RESPONDER	   1
#define LWIP_MDNS_SEARCH	   0
#define MDNS_MAX_SERVICES	   4
#define LWIP_NUM_NETIF_CLIENT_DATA 1

/* --- SNTP (net/ntp.c) */
#define SNTP_SERVER_DNS		   1
#define SNTP_MAX_SERVERS	   3
#define SNTP_GET_SERVERS_FROM_DHCP 0 /* ours decides between DHCP's and the bootargs' */
#define SNTP_CHECK_RESPONSE	   2
#define SNTP_COMP_ROUNDTRIP	   1
#define SNTP_STARTUP_DELAY	   0
void net_ntp_set(int32_t sec, uint32_t frac);
void net_ntp_get(int32_t *sec, uint32_t *frac);
#define SNTP_SET_SYSTEM_TIME_NTP(sec, frac) net_ntp_set(sec, frac)
#define SNTP_GET_SYSTEM_TIME_NTP(sec, frac) net_ntp_get(&(sec), &(frac))

/* --- UDP and TCP */
#define LWIP_UDP 1
#define LWIP_TCP 1
/* A multiple of 8 below 1460: bulk data lies aligned for copies in each packet, both ways. */
#define TCP_MSS	       1456
#define LWIP_WND_SCALE 1
#define TCP_RCV_SCALE  3
/* What a connection may have in flight each way; net_start() cuts it on small machines. Written so
 * that lwIP's #if checks, for which the variable is 0, see the constant. */
extern uint32_t net_tcp_cut;
#define TCP_WND	    (262144U - net_tcp_cut)
#define TCP_SND_BUF (262144U - net_tcp_cut)
/* One segment on lwIP's queues, where the device cuts it: with its headers just below 16 pages. */
#define TCP_GSO_MAX			LWIP_MIN(64064U, TCP_SND_BUF / 4)
#define TCP_GSO_PIECE			8192U
#define LWIP_TCP_CALC_INITIAL_CWND(mss) ((tcpwnd_size_t)(10U * (mss))) /* RFC 6928 */
#define TCP_SND_QUEUELEN		256
#define TCP_SNDLOWAT			(TCP_SND_BUF / 3)
#define TCP_SNDQUEUELOWAT		128
/* Of the connection's own window: that of a peer without scaling has 64 KiB at most. (Where lwIP uses it, pcb is.) */
#define TCP_WND_UPDATE_THRESHOLD       (TCP_WND_MAX(pcb) / 4)
#define LWIP_DISABLE_TCP_SANITY_CHECKS 1
#define TCP_QUEUE_OOSEQ		       1
#define TCP_OOSEQ_MAX_PBUFS	       64
#define LWIP_TCP_SACK_OUT	       1
#define LWIP_TCP_TIMESTAMPS	       0
#define TCP_LISTEN_BACKLOG	       1
#define TCP_DEFAULT_LISTEN_BACKLOG     255
#define LWIP_TCP_KEEPALIVE	       1
/* The grain of TCP's deadlines is twice this; nothing ticks (net/port/timeouts.c). */
#define TCP_TMR_INTERVAL	  50   /* ms; acknowledgements are delayed by this at most */
#define LWIP_TCP_RTO_TIME	  1000 /* RFC 6298, 2.1 */
#define LWIP_TCP_PCB_NUM_EXT_ARGS 0
#define SO_REUSE		  1
#define SO_REUSE_RXTOALL	  0
#define IP_SOF_BROADCAST	  1
#define IP_SOF_BROADCAST_RECV	  0
#define LWIP_MULTICAST_TX_OPTIONS 1
#define TCP_MSL			  5000UL /* TIME_WAIT of 10 s: a busy server must not choke on it */

struct ip_addr;
uint32_t net_tcp_isn(const void *local_ip, uint16_t local_port, const void *remote_ip,
		     uint16_t remote_port);
#define LWIP_HOOK_TCP_ISN(lip, lport, rip, rport) net_tcp_isn(lip, lport, rip, rport)
