/* SPDX-License-Identifier: MIT */
/* TCP: header (RFC 9293), socket options and struct tcp_info of Linux. */
#pragma once

#include <stdint.h>
#include <sys/cdefs.h>
#include <sys/features.h>

#define SOL_TCP		     6
#define TCP_NODELAY	     1
#define TCP_MAXSEG	     2
#define TCP_CORK	     3
#define TCP_KEEPIDLE	     4 /* seconds */
#define TCP_KEEPINTVL	     5 /* seconds */
#define TCP_KEEPCNT	     6
#define TCP_SYNCNT	     7
#define TCP_LINGER2	     8
#define TCP_DEFER_ACCEPT     9
#define TCP_WINDOW_CLAMP     10
#define TCP_INFO	     11
#define TCP_QUICKACK	     12
#define TCP_CONGESTION	     13
#define TCP_MD5SIG	     14
#define TCP_USER_TIMEOUT     18 /* milliseconds */
#define TCP_FASTOPEN	     23
#define TCP_TIMESTAMP	     24
#define TCP_NOTSENT_LOWAT    25
#define TCP_FASTOPEN_CONNECT 30

enum {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT,
	TCP_SYN_RECV,
	TCP_FIN_WAIT1,
	TCP_FIN_WAIT2,
	TCP_TIME_WAIT,
	TCP_CLOSE,
	TCP_CLOSE_WAIT,
	TCP_LAST_ACK,
	TCP_LISTEN,
	TCP_CLOSING
};

#define TCPI_OPT_TIMESTAMPS 1
#define TCPI_OPT_SACK	    2
#define TCPI_OPT_WSCALE	    4

struct tcp_info {
	uint8_t tcpi_state; /* TCP_ESTABLISHED... */
	uint8_t tcpi_ca_state;
	uint8_t tcpi_retransmits;
	uint8_t tcpi_probes;
	uint8_t tcpi_backoff;
	uint8_t tcpi_options; /* TCPI_OPT_* */
	uint8_t tcpi_snd_wscale : 4, tcpi_rcv_wscale : 4;
	/* times of the next block: rto and ato in us, the "last" ones in ms, rtt in us */
	uint32_t tcpi_rto;
	uint32_t tcpi_ato;
	uint32_t tcpi_snd_mss;
	uint32_t tcpi_rcv_mss;
	uint32_t tcpi_unacked;
	uint32_t tcpi_sacked;
	uint32_t tcpi_lost;
	uint32_t tcpi_retrans;
	uint32_t tcpi_fackets;
	uint32_t tcpi_last_data_sent;
	uint32_t tcpi_last_ack_sent;
	uint32_t tcpi_last_data_recv;
	uint32_t tcpi_last_ack_recv;
	uint32_t tcpi_pmtu;
	uint32_t tcpi_rcv_ssthresh;
	uint32_t tcpi_rtt;
	uint32_t tcpi_rttvar;
	uint32_t tcpi_snd_ssthresh;
	uint32_t tcpi_snd_cwnd;
	uint32_t tcpi_advmss;
	uint32_t tcpi_reordering;
	uint32_t tcpi_rcv_rtt;
	uint32_t tcpi_rcv_space;
	uint32_t tcpi_total_retrans;
};

#define TH_FIN	0x01
#define TH_SYN	0x02
#define TH_RST	0x04
#define TH_PUSH 0x08
#define TH_ACK	0x10
#define TH_URG	0x20

#define TCPOPT_EOL	      0
#define TCPOPT_NOP	      1
#define TCPOPT_MAXSEG	      2
#define TCPOPT_WINDOW	      3
#define TCPOPT_SACK_PERMITTED 4
#define TCPOPT_SACK	      5
#define TCPOPT_TIMESTAMP      8

/* All fields in network byte order; the names of BSD and of Linux. Little-endian bit fields. */
struct tcphdr {
	__extension__ union {
		struct {
			uint16_t th_sport;
			uint16_t th_dport;
			uint32_t th_seq;
			uint32_t th_ack;
			uint8_t th_x2 : 4, th_off : 4;
			uint8_t th_flags;
			uint16_t th_win;
			uint16_t th_sum;
			uint16_t th_urp;
		};
		struct {
			uint16_t source;
			uint16_t dest;
			uint32_t seq;
			uint32_t ack_seq;
			uint16_t res1 : 4, doff : 4;
			uint16_t fin : 1, syn : 1, rst : 1, psh : 1, ack : 1, urg : 1, res2 : 2;
			uint16_t window;
			uint16_t check;
			uint16_t urg_ptr;
		};
	};
};
