/* SPDX-License-Identifier: MIT */
/* Address resolution (RFC 826): hardware types, header, and the types of sockaddr_ll. */
#pragma once

#include <stdint.h>
#include <sys/socket.h>

#define ARPHRD_ETHER	1
#define ARPHRD_LOOPBACK 772
#define ARPHRD_NONE	0xfffe

#define ARPOP_REQUEST	1
#define ARPOP_REPLY	2
#define ARPOP_RREQUEST	3
#define ARPOP_RREPLY	4
#define ARPOP_InREQUEST 8
#define ARPOP_InREPLY	9

/* All fields in network byte order. */
struct arphdr {
	uint16_t ar_hrd;
	uint16_t ar_pro;
	uint8_t ar_hln;
	uint8_t ar_pln;
	uint16_t ar_op;
};
