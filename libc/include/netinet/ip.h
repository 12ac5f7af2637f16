/* SPDX-License-Identifier: MIT */
/* IPv4 header (RFC 791), as BSD and as Linux spell it, and the type-of-service values. */
#pragma once

#include <netinet/in.h>

#define IPVERSION    4
#define IP_MAXPACKET 65535
#define MAXTTL	     255
#define IPDEFTTL     64

#define IPTOS_TOS_MASK	  0x1e
#define IPTOS_LOWDELAY	  0x10
#define IPTOS_THROUGHPUT  0x08
#define IPTOS_RELIABILITY 0x04
#define IPTOS_MINCOST	  0x02
#define IPTOS_DSCP_MASK	  0xfc
#define IPTOS_DSCP_AF21	  0x48
#define IPTOS_DSCP_EF	  0xb8
#define IPTOS_ECN_MASK	  0x03

#define IP_RF	   0x8000
#define IP_DF	   0x4000
#define IP_MF	   0x2000
#define IP_OFFMASK 0x1fff

/* Both: all fields in network byte order, little-endian bit fields. */
struct ip {
	uint8_t ip_hl : 4, ip_v : 4;
	uint8_t ip_tos;
	uint16_t ip_len;
	uint16_t ip_id;
	uint16_t ip_off;
	uint8_t ip_ttl;
	uint8_t ip_p;
	uint16_t ip_sum;
	struct in_addr ip_src, ip_dst;
};

struct iphdr {
	uint8_t ihl : 4, version : 4;
	uint8_t tos;
	uint16_t tot_len;
	uint16_t id;
	uint16_t frag_off;
	uint8_t ttl;
	uint8_t protocol;
	uint16_t check;
	uint32_t saddr;
	uint32_t daddr;
};
