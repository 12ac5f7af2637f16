/* SPDX-License-Identifier: MIT */
/* Internet addresses to text and back: POSIX, RFC 4291 section 2.2 (reading), RFC 5952 (writing).
 * Depends on nothing but <string.h>, so that it is tested on the host. */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

const struct in6_addr in6addr_any = IN6ADDR_ANY_INIT;
const struct in6_addr in6addr_loopback = IN6ADDR_LOOPBACK_INIT;

uint32_t(htonl)(uint32_t v)
{
	return htobe32(v);
}

uint16_t(htons)(uint16_t v)
{
	return htobe16(v);
}

uint32_t(ntohl)(uint32_t v)
{
	return be32toh(v);
}

uint16_t(ntohs)(uint16_t v)
{
	return be16toh(v);
}

/* --- reading --------------------------------------------------------------------------------- */

static int digit(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* Four decimal numbers without leading zeros, up to the end of the text. */
static bool read_v4(const char *s, uint8_t out[4])
{
	for (int i = 0; i < 4; i++) {
		unsigned v = 0;
		int n = 0;

		for (; digit(*s) < 10; s++, n++) {
			if (n == 3 || (n > 0 && v == 0)) {
				return false;
			}
			v = v * 10 + (unsigned)digit(*s);
		}
		if (n == 0 || v > 255 || *s != (i < 3 ? '.' : '\0')) {
			return false;
		}
		s++;
		out[i] = (uint8_t)v;
	}
	return true;
}

/* Up to four hexadecimal digits; returns how many there were. */
static int read_group(const char *s, unsigned *v)
{
	int n = 0;

	*v = 0;
	while (n < 4 && digit(s[n]) < 16) {
		*v = *v << 4 | (unsigned)digit(s[n++]);
	}
	return n;
}

static bool read_v6(const char *s, uint8_t out[16])
{
	uint8_t b[16] = { 0 };
	int at = 0, gap = -1;

	/* A colon at the start can only be the first of two. */
	if (s[0] == ':' && *++s != ':') {
		return false;
	}
	while (*s != '\0') {
		unsigned v;
		int n;

		if (*s == ':') {
			if (gap >= 0) {
				return false;
			}
			gap = at;
			s++;
			continue;
		}
		n = read_group(s, &v);
		if (n > 0 && s[n] == '.' && at <= 12 && read_v4(s, b + at)) {
			at += 4;
			break;
		}
		if (n == 0 || at > 14 || (s[n] != ':' && s[n] != '\0')) {
			return false;
		}
		b[at++] = (uint8_t)(v >> 8);
		b[at++] = (uint8_t)v;
		s += n;
		if (*s == ':' && *++s == '\0') {
			return false;
		}
	}
	/* "::" stands for at least one group. */
	if (gap < 0 ? at != 16 : at > 14) {
		return false;
	}
	if (gap >= 0) {
		memmove(b + 16 - (at - gap), b + gap, (size_t)(at - gap));
		memset(b + gap, 0, (size_t)(16 - at));
	}
	memcpy(out, b, 16);
	return true;
}

int inet_pton(int family, const char *restrict s, void *restrict out)
{
	uint8_t v4[4];

	switch (family) {
	case AF_INET:
		if (!read_v4(s, v4)) {
			return 0;
		}
		memcpy(out, v4, sizeof(v4));
		return 1;
	case AF_INET6:
		return read_v6(s, out);
	default:
		errno = EAFNOSUPPORT;
		return -1;
	}
}

/* A number of C: decimal, 0 octal, 0x hexadecimal. Returns its end, or NULL. */
static const char *read_number(const char *s, uint32_t *out)
{
	uint64_t v = 0;
	int base = 10, n = 0;

	if (*s == '0') {
		base = (s[1] | 0x20) == 'x' ? 16 : 8;
		s += base == 16 ? 2 : 0;
	}
	for (; digit(*s) < base; s++, n++) {
		v = v * (unsigned)base + (unsigned)digit(*s);
		if (v > UINT32_MAX) {
			return NULL;
		}
	}
	*out = (uint32_t)v;
	return n > 0 ? s : NULL;
}

static bool is_end(char c)
{
	return c == '\0' || c == ' ' || (c >= '\t' && c <= '\r');
}

/* a, a.b, a.b.c or a.b.c.d, where the last number fills the bytes that are left. */
int inet_aton(const char *s, struct in_addr *out)
{
	uint32_t addr = 0, v;

	for (int i = 0; i < 4; i++) {
		int bits = 32 - 8 * i;

		s = read_number(s, &v);
		if (s == NULL) {
			return 0;
		}
		if (*s != '.') {
			if (!is_end(*s) || (bits < 32 && v >> bits != 0)) {
				return 0;
			}
			if (out != NULL) {
				out->s_addr = htobe32(addr | v);
			}
			return 1;
		}
		if (v > 255) {
			return 0;
		}
		addr |= v << (24 - 8 * i);
		s++;
	}
	return 0;
}

in_addr_t inet_addr(const char *s)
{
	struct in_addr a;

	return inet_aton(s, &a) != 0 ? a.s_addr : INADDR_NONE;
}

/* --- writing --------------------------------------------------------------------------------- */

static char *write_decimal(char *p, unsigned v)
{
	if (v >= 100) {
		*p++ = (char)('0' + v / 100);
	}
	if (v >= 10) {
		*p++ = (char)('0' + v / 10 % 10);
	}
	*p++ = (char)('0' + v % 10);
	return p;
}

static char *write_v4(char *p, const uint8_t b[4])
{
	for (int i = 0; i < 4; i++) {
		p = write_decimal(p, b[i]);
		*p++ = i < 3 ? '.' : '\0';
	}
	return p;
}

static char *write_group(char *p, unsigned v)
{
	bool started = false;

	for (int shift = 12; shift >= 0; shift -= 4) {
		unsigned d = v >> shift & 15;

		started |= d != 0 || shift == 0;
		if (started) {
			*p++ = "0123456789abcdef"[d];
		}
	}
	return p;
}

static unsigned group(const uint8_t b[16], int i)
{
	return (unsigned)b[2 * i] << 8 | b[2 * i + 1];
}

/* The first of the longest runs of two or more zero groups; its length, 0 if there is none. */
static int longest_gap(const uint8_t b[16], int *start)
{
	int best = 1;

	*start = -1;
	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && group(b, i + n) == 0) {
			n++;
		}
		if (n > best) {
			best = n;
			*start = i;
		}
	}
	return *start < 0 ? 0 : best;
}

static void write_v6(char *p, const uint8_t b[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	int gap, len, i = 0;

	if (memcmp(b, mapped, sizeof(mapped)) == 0) {
		memcpy(p, "::ffff:", 7);
		write_v4(p + 7, b + 12);
		return;
	}
	len = longest_gap(b, &gap);
	while (i < 8) {
		if (i == gap) {
			*p++ = ':';
			i += len;
			if (i == 8) {
				*p++ = ':';
			}
			continue;
		}
		if (i > 0) {
			*p++ = ':';
		}
		p = write_group(p, group(b, i++));
	}
	*p = '\0';
}

const char *inet_ntop(int family, const void *restrict addr, char *restrict out, socklen_t size)
{
	char text[INET6_ADDRSTRLEN];
	size_t n;

	if (family == AF_INET) {
		write_v4(text, addr);
	} else if (family == AF_INET6) {
		write_v6(text, addr);
	} else {
		errno = EAFNOSUPPORT;
		return NULL;
	}
	n = strlen(text) + 1;
	if (n > size) {
		errno = ENOSPC;
		return NULL;
	}
	return memcpy(out, text, n);
}

char *inet_ntoa(struct in_addr a)
{
	static _Thread_local char text[INET_ADDRSTRLEN];

	write_v4(text, (const uint8_t *)&a);
	return text;
}
