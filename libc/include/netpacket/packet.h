/* SPDX-License-Identifier: MIT */
/* Link-layer addresses, as getifaddrs() gives them. There are no AF_PACKET sockets. */
#pragma once

#include <sys/socket.h>

struct sockaddr_ll {
	unsigned short sll_family;   /* AF_PACKET */
	unsigned short sll_protocol; /* ETH_P_*, network byte order */
	int sll_ifindex;
	unsigned short sll_hatype; /* ARPHRD_* */
	unsigned char sll_pkttype; /* PACKET_* */
	unsigned char sll_halen;
	unsigned char sll_addr[8];
};

#define PACKET_HOST	 0
#define PACKET_BROADCAST 1
#define PACKET_MULTICAST 2
#define PACKET_OTHERHOST 3
#define PACKET_OUTGOING	 4
