/* SPDX-License-Identifier: MIT */
/* Messages of DHCPv6 as bytes. Spec: RFC 8415, 8 and 21; RFC 3646 (nameservers). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DHCP6_SOLICIT = 1,
	DHCP6_ADVERTISE = 2,
	DHCP6_REQUEST = 3,
	DHCP6_RENEW = 5,
	DHCP6_REBIND = 6,
	DHCP6_REPLY = 7,
	DHCP6_DECLINE = 9,
	DHCP6_INFORMATION_REQUEST = 11,
};

#define DHCP6_DUID_MAX 130 /* 11.1, with its type */
#define DHCP6_DNS_MAX  3
#define DHCP6_FOREVER  UINT32_MAX

struct dhcp6_lease {
	uint8_t addr[16];
	uint32_t preferred, valid; /* seconds; valid 0: there is no address */
	uint32_t t1, t2;	   /* seconds; 0: the client chooses */
};

/* What a server says. */
struct dhcp6_answer {
	uint8_t type;
	uint32_t xid;
	uint8_t server[DHCP6_DUID_MAX];
	uint16_t server_len; /* 0: it does not say who it is */
	bool ours;	     /* names our DUID */
	uint8_t preference;
	uint16_t status; /* of the whole, or of our addresses; 0: success */
	struct dhcp6_lease lease;
	uint8_t dns[DHCP6_DNS_MAX][16];
	unsigned dns_count;
	uint32_t refresh;    /* seconds until the information is asked for again; 0: not said */
	uint32_t sol_max_rt; /* seconds; 0: not said (21.24) */
};

/* What we say. */
struct dhcp6_question {
	uint8_t type;
	uint32_t xid; /* 24 bits */
	const uint8_t *duid;
	uint16_t duid_len;
	const uint8_t *server; /* NULL: any */
	uint16_t server_len;
	uint16_t elapsed; /* 1/100 s since the first of these */
	uint32_t iaid;
	bool ia;	     /* about an address ... */
	const uint8_t *addr; /* ... this one; NULL: whichever */
};

#define DHCP6_QUESTION_MAX 384

/* Pure: any bytes. False when malformed, or cut short; @out is then of no use. Of several addresses the
 * first with a lifetime counts, for IA @iaid. */
bool dhcp6_parse(const uint8_t *m, size_t n, const uint8_t *duid, uint16_t duid_len, uint32_t iaid,
		 struct dhcp6_answer *out);
/* Pure: returns the length, at most DHCP6_QUESTION_MAX. */
size_t dhcp6_write(const struct dhcp6_question *q, uint8_t m[DHCP6_QUESTION_MAX]);
