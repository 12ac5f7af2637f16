/* SPDX-License-Identifier: MIT */
/* UDP header (RFC 768), under the names of BSD and of Linux. */
#pragma once

#include <stdint.h>

#define SOL_UDP	    17
#define UDP_CORK    1
#define UDP_SEGMENT 103
#define UDP_GRO	    104

/* All fields in network byte order. */
struct udphdr {
	__extension__ union {
		struct {
			uint16_t uh_sport;
			uint16_t uh_dport;
			uint16_t uh_ulen;
			uint16_t uh_sum;
		};
		struct {
			uint16_t source;
			uint16_t dest;
			uint16_t len;
			uint16_t check;
		};
	};
};
