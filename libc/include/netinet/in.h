/* SPDX-License-Identifier: MIT */
/* Internet addresses, protocols and socket options; structures and numbers of Linux. */
#pragma once

#include <endian.h>
#include <stdint.h>
#include <sys/socket.h>

#ifndef _IN_ADDR_T_DECLARED
#define _IN_ADDR_T_DECLARED
typedef uint32_t in_addr_t;
#endif
#ifndef _IN_PORT_T_DECLARED
#define _IN_PORT_T_DECLARED
typedef uint16_t in_port_t;
#endif

#define IPPROTO_IP	 0
#define IPPROTO_HOPOPTS	 0
#define IPPROTO_ICMP	 1
#define IPPROTO_IGMP	 2
#define IPPROTO_TCP	 6
#define IPPROTO_UDP	 17
#define IPPROTO_IPV6	 41
#define IPPROTO_ROUTING	 43
#define IPPROTO_FRAGMENT 44
#define IPPROTO_ESP	 50
#define IPPROTO_AH	 51
#define IPPROTO_ICMPV6	 58
#define IPPROTO_NONE	 59
#define IPPROTO_DSTOPTS	 60
#define IPPROTO_SCTP	 132
#define IPPROTO_UDPLITE	 136
#define IPPROTO_RAW	 255
#define IPPROTO_MAX	 256

#define IPPORT_RESERVED	    1024
#define IPPORT_USERRESERVED 5000

struct in_addr {
	in_addr_t s_addr; /* network byte order */
};

struct sockaddr_in {
	sa_family_t sin_family;
	in_port_t sin_port; /* network byte order */
	struct in_addr sin_addr;
	unsigned char sin_zero[8];
};

struct in6_addr {
	union {
		uint8_t __addr8[16];
		uint16_t __addr16[8];
		uint32_t __addr32[4];
	} __in6;
};
#define s6_addr	  __in6.__addr8
#define s6_addr16 __in6.__addr16
#define s6_addr32 __in6.__addr32

struct sockaddr_in6 {
	sa_family_t sin6_family;
	in_port_t sin6_port;	/* network byte order */
	uint32_t sin6_flowinfo; /* network byte order */
	struct in6_addr sin6_addr;
	uint32_t sin6_scope_id; /* interface number */
};

/* IPv4, in host byte order. */
#define INADDR_ANY	       ((in_addr_t)0x00000000)
#define INADDR_BROADCAST       ((in_addr_t)0xffffffff)
#define INADDR_NONE	       ((in_addr_t)0xffffffff)
#define INADDR_LOOPBACK	       ((in_addr_t)0x7f000001)
#define INADDR_UNSPEC_GROUP    ((in_addr_t)0xe0000000)
#define INADDR_ALLHOSTS_GROUP  ((in_addr_t)0xe0000001)
#define INADDR_ALLRTRS_GROUP   ((in_addr_t)0xe0000002)
#define INADDR_MAX_LOCAL_GROUP ((in_addr_t)0xe00000ff)
#define IN_LOOPBACKNET	       127
#define INET_ADDRSTRLEN	       16
#define INET6_ADDRSTRLEN       46

#define IN_CLASSA(a)	   (((in_addr_t)(a)&0x80000000) == 0)
#define IN_CLASSA_NET	   0xff000000
#define IN_CLASSA_NSHIFT   24
#define IN_CLASSA_HOST	   0x00ffffff
#define IN_CLASSB(a)	   (((in_addr_t)(a)&0xc0000000) == 0x80000000)
#define IN_CLASSB_NET	   0xffff0000
#define IN_CLASSB_NSHIFT   16
#define IN_CLASSB_HOST	   0x0000ffff
#define IN_CLASSC(a)	   (((in_addr_t)(a)&0xe0000000) == 0xc0000000)
#define IN_CLASSC_NET	   0xffffff00
#define IN_CLASSC_NSHIFT   8
#define IN_CLASSC_HOST	   0x000000ff
#define IN_CLASSD(a)	   (((in_addr_t)(a)&0xf0000000) == 0xe0000000)
#define IN_MULTICAST(a)	   IN_CLASSD(a)
#define IN_EXPERIMENTAL(a) (((in_addr_t)(a)&0xe0000000) == 0xe0000000)
#define IN_BADCLASS(a)	   (((in_addr_t)(a)&0xf0000000) == 0xf0000000)

#define IN6ADDR_ANY_INIT                                                       \
	{                                                                      \
		{                                                              \
			{                                                      \
				0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 \
			}                                                      \
		}                                                              \
	}
#define IN6ADDR_LOOPBACK_INIT                                                  \
	{                                                                      \
		{                                                              \
			{                                                      \
				0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 \
			}                                                      \
		}                                                              \
	}

/* @a is a pointer to struct in6_addr. The address may lie anywhere: only bytes are read. */
#define __IN6_BYTE(a, i) (((const struct in6_addr *)(a))->s6_addr[i])
#define __IN6_ZERO(a, n) \
	(__builtin_memcmp((const struct in6_addr *)(a), "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", n) == 0)

#define IN6_IS_ADDR_UNSPECIFIED(a) __IN6_ZERO(a, 16)
#define IN6_IS_ADDR_LOOPBACK(a)	   (__IN6_ZERO(a, 15) && __IN6_BYTE(a, 15) == 1)
#define IN6_IS_ADDR_MULTICAST(a)   (__IN6_BYTE(a, 0) == 0xff)
#define IN6_IS_ADDR_LINKLOCAL(a)   (__IN6_BYTE(a, 0) == 0xfe && (__IN6_BYTE(a, 1) & 0xc0) == 0x80)
#define IN6_IS_ADDR_SITELOCAL(a)   (__IN6_BYTE(a, 0) == 0xfe && (__IN6_BYTE(a, 1) & 0xc0) == 0xc0)
#define IN6_IS_ADDR_V4MAPPED(a) \
	(__IN6_ZERO(a, 10) && __IN6_BYTE(a, 10) == 0xff && __IN6_BYTE(a, 11) == 0xff)
#define IN6_IS_ADDR_V4COMPAT(a) \
	(__IN6_ZERO(a, 12) && !IN6_IS_ADDR_UNSPECIFIED(a) && !IN6_IS_ADDR_LOOPBACK(a))
#define __IN6_MC_SCOPE(a, s)	    (IN6_IS_ADDR_MULTICAST(a) && (__IN6_BYTE(a, 1) & 0xf) == (s))
#define IN6_IS_ADDR_MC_NODELOCAL(a) __IN6_MC_SCOPE(a, 0x1)
#define IN6_IS_ADDR_MC_LINKLOCAL(a) __IN6_MC_SCOPE(a, 0x2)
#define IN6_IS_ADDR_MC_SITELOCAL(a) __IN6_MC_SCOPE(a, 0x5)
#define IN6_IS_ADDR_MC_ORGLOCAL(a)  __IN6_MC_SCOPE(a, 0x8)
#define IN6_IS_ADDR_MC_GLOBAL(a)    __IN6_MC_SCOPE(a, 0xe)
#define IN6_ARE_ADDR_EQUAL(a, b)                                                      \
	(__builtin_memcmp((const struct in6_addr *)(a), (const struct in6_addr *)(b), \
			  sizeof(struct in6_addr)) == 0)

#define SOL_IP			  0
#define SOL_RAW			  255
#define IP_TOS			  1
#define IP_TTL			  2
#define IP_HDRINCL		  3
#define IP_OPTIONS		  4
#define IP_RECVOPTS		  6
#define IP_RETOPTS		  7
#define IP_PKTINFO		  8
#define IP_MTU_DISCOVER		  10
#define IP_RECVERR		  11
#define IP_RECVTTL		  12
#define IP_RECVTOS		  13
#define IP_MTU			  14
#define IP_FREEBIND		  15
#define IP_TRANSPARENT		  19
#define IP_MINTTL		  21
#define IP_BIND_ADDRESS_NO_PORT	  24
#define IP_MULTICAST_IF		  32
#define IP_MULTICAST_TTL	  33
#define IP_MULTICAST_LOOP	  34
#define IP_ADD_MEMBERSHIP	  35
#define IP_DROP_MEMBERSHIP	  36
#define IP_UNBLOCK_SOURCE	  37
#define IP_BLOCK_SOURCE		  38
#define IP_ADD_SOURCE_MEMBERSHIP  39
#define IP_DROP_SOURCE_MEMBERSHIP 40
#define MCAST_JOIN_GROUP	  42
#define MCAST_LEAVE_GROUP	  45
#define IP_MULTICAST_ALL	  49

#define IP_PMTUDISC_DONT  0
#define IP_PMTUDISC_WANT  1
#define IP_PMTUDISC_DO	  2
#define IP_PMTUDISC_PROBE 3

#define IP_DEFAULT_MULTICAST_TTL  1
#define IP_DEFAULT_MULTICAST_LOOP 1

#define SOL_IPV6	     41
#define SOL_ICMPV6	     58
#define IPV6_CHECKSUM	     7
#define IPV6_UNICAST_HOPS    16
#define IPV6_MULTICAST_IF    17
#define IPV6_MULTICAST_HOPS  18
#define IPV6_MULTICAST_LOOP  19
#define IPV6_JOIN_GROUP	     20
#define IPV6_LEAVE_GROUP     21
#define IPV6_ADD_MEMBERSHIP  IPV6_JOIN_GROUP
#define IPV6_DROP_MEMBERSHIP IPV6_LEAVE_GROUP
#define IPV6_MTU_DISCOVER    23
#define IPV6_MTU	     24
#define IPV6_RECVERR	     25
#define IPV6_V6ONLY	     26
#define IPV6_RECVPKTINFO     49
#define IPV6_PKTINFO	     50
#define IPV6_RECVHOPLIMIT    51
#define IPV6_HOPLIMIT	     52
#define IPV6_DONTFRAG	     62
#define IPV6_RECVTCLASS	     66
#define IPV6_TCLASS	     67

struct ip_mreq {
	struct in_addr imr_multiaddr;
	struct in_addr imr_interface;
};

struct ip_mreqn {
	struct in_addr imr_multiaddr;
	struct in_addr imr_address;
	int imr_ifindex;
};

struct ip_mreq_source {
	struct in_addr imr_multiaddr;
	struct in_addr imr_interface;
	struct in_addr imr_sourceaddr;
};

struct ipv6_mreq {
	struct in6_addr ipv6mr_multiaddr;
	unsigned int ipv6mr_interface;
};

struct group_req {
	uint32_t gr_interface;
	struct sockaddr_storage gr_group;
};

struct in_pktinfo {
	int ipi_ifindex;
	struct in_addr ipi_spec_dst; /* our address that the packet was for */
	struct in_addr ipi_addr;     /* destination in the packet's header */
};

struct in6_pktinfo {
	struct in6_addr ipi6_addr;
	unsigned int ipi6_ifindex;
};

__BEGIN_DECLS

extern const struct in6_addr in6addr_any;
extern const struct in6_addr in6addr_loopback;

uint32_t htonl(uint32_t);
uint16_t htons(uint16_t);
uint32_t ntohl(uint32_t);
uint16_t ntohs(uint16_t);

__END_DECLS

/* Constant expressions for constants. (htons) in brackets or without arguments is the function. */
#define htonl(x) htobe32(x)
#define htons(x) htobe16(x)
#define ntohl(x) be32toh(x)
#define ntohs(x) be16toh(x)
