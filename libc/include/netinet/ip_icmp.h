/* SPDX-License-Identifier: MIT */
/* ICMP (RFC 792), under the names of BSD and of Linux. */
#pragma once

#include <netinet/in.h>
#include <netinet/ip.h>

#define ICMP_ECHOREPLY	    0
#define ICMP_DEST_UNREACH   3
#define ICMP_SOURCE_QUENCH  4
#define ICMP_REDIRECT	    5
#define ICMP_ECHO	    8
#define ICMP_TIME_EXCEEDED  11
#define ICMP_PARAMETERPROB  12
#define ICMP_TIMESTAMP	    13
#define ICMP_TIMESTAMPREPLY 14
#define ICMP_UNREACH	    ICMP_DEST_UNREACH
#define ICMP_TIMXCEED	    ICMP_TIME_EXCEEDED
#define ICMP_MINLEN	    8

#define ICMP_NET_UNREACH  0
#define ICMP_HOST_UNREACH 1
#define ICMP_PROT_UNREACH 2
#define ICMP_PORT_UNREACH 3
#define ICMP_FRAG_NEEDED  4

#define ICMP_FILTER 1 /* of SOL_RAW: struct icmp_filter */

/* A set bit blocks the type. */
struct icmp_filter {
	uint32_t data;
};

/* All fields in network byte order. */
struct icmphdr {
	uint8_t type;
	uint8_t code;
	uint16_t checksum;
	union {
		struct {
			uint16_t id;
			uint16_t sequence;
		} echo;
		uint32_t gateway;
		struct {
			uint16_t reserved;
			uint16_t mtu;
		} frag;
		uint8_t reserved[4];
	} un;
};

struct icmp {
	uint8_t icmp_type;
	uint8_t icmp_code;
	uint16_t icmp_cksum;
	union {
		struct {
			uint16_t icd_id;
			uint16_t icd_seq;
		} ih_idseq;
		struct in_addr ih_gwaddr;
		uint32_t ih_void;
		struct {
			uint16_t ipm_void;
			uint16_t ipm_nextmtu;
		} ih_pmtu;
	} icmp_hun;
	union {
		struct ip idi_ip;
		uint8_t id_data[1];
	} icmp_dun;
};
#define icmp_id	     icmp_hun.ih_idseq.icd_id
#define icmp_seq     icmp_hun.ih_idseq.icd_seq
#define icmp_gwaddr  icmp_hun.ih_gwaddr
#define icmp_void    icmp_hun.ih_void
#define icmp_nextmtu icmp_hun.ih_pmtu.ipm_nextmtu
#define icmp_ip	     icmp_dun.idi_ip
#define icmp_data    icmp_dun.id_data
