/* SPDX-License-Identifier: MIT */
/* `ip=`: bytes in, structure out. */
#include "ipparam.h"

#include <string.h>

#define FIELDS 10

static bool parse_address(const char *s, size_t n, uint32_t *out)
{
	uint8_t *to = (uint8_t *)out;
	unsigned part = 0, digits = 0, v = 0;

	*out = 0;
	if (n == 0) {
		return true;
	}
	for (size_t i = 0; i <= n; i++) {
		if (i < n && s[i] >= '0' && s[i] <= '9' && digits < 3) {
			v = v * 10 + (unsigned)(s[i] - '0');
			digits++;
			continue;
		}
		if (digits == 0 || v > 255 || part > 3 || (i < n && s[i] != '.')) {
			return false;
		}
		to[part++] = (uint8_t)v;
		v = 0;
		digits = 0;
	}
	return part == 4;
}

static bool copy(char *to, size_t room, const char *s, size_t n)
{
	if (n >= room) {
		return false;
	}
	memcpy(to, s, n);
	to[n] = '\0';
	return true;
}

static bool is(const char *s, size_t n, const char *word)
{
	return strlen(word) == n && memcmp(s, word, n) == 0;
}

static bool is_dhcp(const char *s, size_t n)
{
	return is(s, n, "dhcp") || is(s, n, "on") || is(s, n, "any") || is(s, n, "both") ||
	       is(s, n, "bootp");
}

static bool is_off(const char *s, size_t n)
{
	return is(s, n, "off") || is(s, n, "none");
}

/* RFC 791's classes, as Linux takes a missing netmask. */
static uint32_t class_mask(uint32_t client)
{
	uint8_t first = *(const uint8_t *)&client, mask[4] = { 255, 0, 0, 0 };
	uint32_t r;

	mask[1] = first >= 128 ? 255 : 0;
	mask[2] = first >= 192 ? 255 : 0;
	memcpy(&r, mask, sizeof(r));
	return r;
}

static bool autoconf(const char *s, size_t n, struct ip_param *p)
{
	if (is_off(s, n)) {
		p->dhcp = false;
	} else if (n == 0) {
		p->dhcp = p->client == 0;
	} else if (is_dhcp(s, n)) {
		p->dhcp = p->client == 0;
	} else {
		return false;
	}
	return true;
}

/* eth0, or a VLAN on it: eth0.100. No other is ours. */
static bool device(const char *s, size_t n, struct ip_param *p)
{
	bool good = n == 0 || (n >= 4 && memcmp(s, "eth", 3) == 0);

	for (size_t i = 3; good && i < n; i++) {
		good = (s[i] >= '0' && s[i] <= '9') || (s[i] == '.' && i == 4 && n > 5);
	}
	return good && copy(p->device, sizeof(p->device), s, n);
}

static bool field(unsigned i, const char *s, size_t n, struct ip_param *p)
{
	uint32_t server;

	switch (i) {
	case 0:
		return parse_address(s, n, &p->client);
	case 1:
		return parse_address(s, n, &server); /* of NFS: not ours */
	case 2:
		return parse_address(s, n, &p->gateway);
	case 3:
		return parse_address(s, n, &p->netmask);
	case 4:
		return copy(p->hostname, sizeof(p->hostname), s, n);
	case 5:
		return device(s, n, p);
	case 6:
		return autoconf(s, n, p);
	case 7:
	case 8:
		return parse_address(s, n, &p->dns[i - 7]);
	default:
		return parse_address(s, n, &p->ntp);
	}
}

static bool parse_fields(const char *s, struct ip_param *p)
{
	for (unsigned i = 0; i < FIELDS; i++) {
		size_t n = strcspn(s, ":");

		if (!field(i, s, n, p)) {
			return false;
		}
		if (s[n] == '\0') {
			p->dhcp = p->dhcp && p->client == 0;
			return true;
		}
		s += n + 1;
	}
	return false; /* a field too many */
}

bool ip_param_parse(const char *text, struct ip_param *p)
{
	size_t n = text == NULL ? 0 : strlen(text);
	bool ok = true;

	*p = (struct ip_param){ .dhcp = true };
	if (n == 0 || is_dhcp(text, n)) {
		return true;
	}
	if (is_off(text, n)) {
		p->dhcp = false;
		p->off = true;
		return true;
	}
	ok = parse_fields(text, p);
	if (!ok) {
		*p = (struct ip_param){ .dhcp = true };
		return false;
	}
	if (p->client != 0 && p->netmask == 0) {
		p->netmask = class_mask(p->client);
	}
	p->off = p->client == 0 && !p->dhcp;
	return true;
}
