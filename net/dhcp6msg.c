/* SPDX-License-Identifier: MIT */
/* DHCPv6: bytes in, structure out, and back. */
#include "dhcp6msg.h"

#include <string.h>

enum {
	OPT_CLIENTID = 1,
	OPT_SERVERID = 2,
	OPT_IA_NA = 3,
	OPT_IAADDR = 5,
	OPT_ORO = 6,
	OPT_PREFERENCE = 7,
	OPT_ELAPSED = 8,
	OPT_STATUS = 13,
	OPT_DNS = 23,
	OPT_REFRESH = 32,
	OPT_SOL_MAX_RT = 82,
};

#define IA_HEADER     12U
#define IAADDR_HEADER 24U

struct bytes {
	const uint8_t *p;
	size_t n;
};

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* The next option of *b, cut off it. False at the end; *bad when it reaches beyond that. */
static bool next(struct bytes *b, unsigned *code, struct bytes *value, bool *bad)
{
	if (b->n < 4) {
		*bad |= b->n > 0;
		return false;
	}
	*code = get16(b->p);
	*value = (struct bytes){ b->p + 4, get16(b->p + 2) };
	if (value->n > b->n - 4) {
		*bad = true;
		return false;
	}
	*b = (struct bytes){ value->p + value->n, b->n - 4 - value->n };
	return true;
}

static void take_status(struct bytes v, struct dhcp6_answer *out)
{
	if (v.n >= 2 && out->status == 0) {
		out->status = get16(v.p);
	}
}

/* Not what no host has, every host has, a link has by itself, or a group has: RFC 4291, 2.4. */
static bool is_address_of_a_host(const uint8_t *a)
{
	static const uint8_t none[15];

	return !(memcmp(a, none, sizeof(none)) == 0 && a[15] <= 1) && a[0] != 0xff &&
	       !(a[0] == 0xfe && (a[1] & 0xc0) == 0x80);
}

static void take_address(struct bytes v, struct dhcp6_answer *out)
{
	struct bytes inner = { v.p + IAADDR_HEADER, v.n - IAADDR_HEADER }, value;
	uint32_t preferred = get32(v.p + 16), valid = get32(v.p + 20);
	unsigned code;
	bool bad = false;

	/* 21.6: one whose preferred lifetime is the longer is not to be taken. */
	if (out->lease.valid != 0 || valid == 0 || preferred > valid ||
	    !is_address_of_a_host(v.p)) {
		return;
	}
	while (next(&inner, &code, &value, &bad)) {
		if (code == OPT_STATUS && value.n >= 2 && get16(value.p) != 0) {
			return;
		}
	}
	memcpy(out->lease.addr, v.p, 16);
	out->lease.preferred = preferred;
	out->lease.valid = valid;
}

static bool take_ia(struct bytes v, uint32_t iaid, struct dhcp6_answer *out)
{
	struct bytes inner = { v.p + IA_HEADER, v.n - IA_HEADER }, value;
	uint32_t t1 = get32(v.p + 4), t2 = get32(v.p + 8);
	unsigned code;
	bool bad = false;

	/* 21.4: with T1 beyond T2 it is to be left. */
	if (get32(v.p) != iaid || (t1 > t2 && t2 > 0)) {
		return true;
	}
	out->lease.t1 = t1;
	out->lease.t2 = t2;
	while (next(&inner, &code, &value, &bad)) {
		if (code == OPT_STATUS) {
			take_status(value, out);
		} else if (code == OPT_IAADDR) {
			if (value.n < IAADDR_HEADER) {
				return false;
			}
			take_address(value, out);
		}
	}
	return !bad;
}

static bool take_dns(struct bytes v, struct dhcp6_answer *out)
{
	if (v.n % 16 != 0) {
		return false;
	}
	for (size_t i = 0; i < v.n && out->dns_count < DHCP6_DNS_MAX; i += 16) {
		memcpy(out->dns[out->dns_count++], v.p + i, 16);
	}
	return true;
}

static bool take_server(struct bytes v, struct dhcp6_answer *out)
{
	if (v.n < 2 || v.n > DHCP6_DUID_MAX) {
		return false;
	}
	memcpy(out->server, v.p, v.n);
	out->server_len = (uint16_t)v.n;
	return true;
}

static bool take(unsigned code, struct bytes v, struct bytes duid, uint32_t iaid,
		 struct dhcp6_answer *out)
{
	switch (code) {
	case OPT_CLIENTID:
		out->ours = v.n == duid.n && memcmp(v.p, duid.p, v.n) == 0;
		return true;
	case OPT_SERVERID:
		return take_server(v, out);
	case OPT_IA_NA:
		return v.n >= IA_HEADER && take_ia(v, iaid, out);
	case OPT_PREFERENCE:
		out->preference = v.n == 1 ? v.p[0] : 0;
		return v.n == 1;
	case OPT_STATUS:
		take_status(v, out);
		return v.n >= 2;
	case OPT_DNS:
		return take_dns(v, out);
	case OPT_REFRESH:
	case OPT_SOL_MAX_RT:
		if (v.n != 4) {
			return false;
		}
		*(code == OPT_REFRESH ? &out->refresh : &out->sol_max_rt) = get32(v.p);
		return true;
	default:
		return true;
	}
}

bool dhcp6_parse(const uint8_t *m, size_t n, const uint8_t *duid, uint16_t duid_len, uint32_t iaid,
		 struct dhcp6_answer *out)
{
	struct bytes rest, value;
	unsigned code;
	bool bad = false;

	memset(out, 0, sizeof(*out));
	if (n < 4) {
		return false;
	}
	out->type = m[0];
	out->xid = get32(m) & 0xffffff;
	rest = (struct bytes){ m + 4, n - 4 };
	while (next(&rest, &code, &value, &bad)) {
		if (!take(code, value, (struct bytes){ duid, duid_len }, iaid, out)) {
			return false;
		}
	}
	return !bad;
}

static uint8_t *put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

static uint8_t *put32(uint8_t *p, uint32_t v)
{
	return put16(put16(p, v >> 16), v & 0xffff);
}

static uint8_t *put_bytes(uint8_t *p, unsigned code, const uint8_t *v, uint16_t n)
{
	p = put16(put16(p, code), n);
	memcpy(p, v, n);
	return p + n;
}

static uint8_t *put_ia(uint8_t *p, uint32_t iaid, const uint8_t *addr)
{
	p = put16(put16(p, OPT_IA_NA), IA_HEADER + (addr != NULL ? 4 + IAADDR_HEADER : 0));
	p = put32(put32(put32(p, iaid), 0), 0);
	if (addr != NULL) {
		p = put16(put16(p, OPT_IAADDR), IAADDR_HEADER);
		memcpy(p, addr, 16);
		p = put32(put32(p + 16, 0), 0);
	}
	return p;
}

size_t dhcp6_write(const struct dhcp6_question *q, uint8_t m[DHCP6_QUESTION_MAX])
{
	uint8_t *p = put32(m, (uint32_t)q->type << 24 | (q->xid & 0xffffff));

	p = put_bytes(p, OPT_CLIENTID, q->duid, q->duid_len);
	if (q->server != NULL) {
		p = put_bytes(p, OPT_SERVERID, q->server, q->server_len);
	}
	p = put16(put16(put16(p, OPT_ELAPSED), 2), q->elapsed);
	if (q->type != DHCP6_DECLINE) {
		p = put16(put16(put16(p, OPT_ORO), 6), OPT_DNS);
		p = put16(put16(p, OPT_REFRESH), OPT_SOL_MAX_RT);
	}
	if (q->ia) {
		p = put_ia(p, q->iaid, q->addr);
	}
	return (size_t)(p - m);
}
