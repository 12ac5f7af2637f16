/* SPDX-License-Identifier: MIT */
/* The image's options of lwIP (net/port/lwipopts.h), less what lwIP's own tests cannot do without. */
#pragma once

#include "../../../net/port/lwipopts.h"

/* Netifs and statistics can be reset and looked at. */
#define LWIP_TESTMODE 1
#undef LWIP_STATS
#define LWIP_STATS	   1
#define LWIP_STATS_DISPLAY 1
#define MEM_STATS	   1 /* kept by the test, of net/port/memp.c's account */
#define MEMP_STATS	   1
#define MIB2_STATS	   1
/* A pool that the tests mean to leave out, and that we do not have: no number of ours. */
#define MEMP_SYS_TIMEOUT 30
/* The tests of ARP begin with such entries. */
#undef ETHARP_SUPPORT_STATIC_ENTRIES
#define ETHARP_SUPPORT_STATIC_ENTRIES 1
/* The tests of TCP fill whole windows, that of a peer without scaling too, and count what is then on the way. */
#undef TCP_WND
#define TCP_WND (10 * TCP_MSS)
#undef TCP_SND_BUF
#define TCP_SND_BUF (12 * TCP_MSS)
#undef TCP_RCV_SCALE
#define TCP_RCV_SCALE 0
/* The tests of pbufs want a chain of those of the pool for 1,024 bytes. */
#define PBUF_POOL_BUFSIZE 592
/* The tests count frames, and know an interface that comes up by its probes for conflicts only, not by the ARP
 * announcement that there is without them; two of DHCP's are about the probes. */
#undef LWIP_ACD
#define LWIP_ACD 1
#undef LWIP_DHCP_DOES_ACD_CHECK
#define LWIP_DHCP_DOES_ACD_CHECK 1
/* Three of them count the ticks of a timer of half a second until something is sent again. */
#undef TCP_TMR_INTERVAL
#define TCP_TMR_INTERVAL 250
#undef LWIP_TCP_RTO_TIME
#define LWIP_TCP_RTO_TIME 3000
