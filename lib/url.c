/* SPDX-License-Identifier: MIT */
/* Strict where a mistake would reach another host, and no more than the clients here need. */
#include <ctype.h>
#include <errno.h>
#include <coracle/url.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Copy @n bytes; false if they and a terminator do not fit. */
static bool take(char *out, size_t room, const char *p, size_t n)
{
	if (n >= room) {
		return false;
	}
	memcpy(out, p, n);
	out[n] = '\0';
	return true;
}

static bool take_scheme(struct url *u, const char *p, size_t n)
{
	if (n == 0 || !take(u->scheme, sizeof(u->scheme), p, n)) {
		return false;
	}
	for (char *c = u->scheme; *c != '\0'; c++) {
		if (!isalpha((unsigned char)*c)) {
			return false;
		}
		*c = (char)tolower((unsigned char)*c);
	}
	return true;
}

static bool take_port(struct url *u, const char *p, size_t n)
{
	unsigned value = 0;

	if (!take(u->port, sizeof(u->port), p, n)) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)p[i])) {
			return false;
		}
		value = value * 10 + (unsigned)(p[i] - '0');
	}
	return n == 0 || (value > 0 && value <= 65535);
}

/* "host", "host:port", "[v6]", "[v6]:port" */
static bool take_authority(struct url *u, const char *p, size_t n)
{
	const char *end = p + n, *host = p, *host_end, *after;

	if (n > 0 && *p == '[') {
		host = p + 1;
		host_end = memchr(p, ']', n);
		if (host_end == NULL) {
			return false;
		}
		after = host_end + 1;
	} else {
		host_end = memchr(p, ':', n);
		host_end = host_end == NULL ? end : host_end;
		after = host_end;
	}
	u->port[0] = '\0';
	if (after < end && (*after != ':' || !take_port(u, after + 1, (size_t)(end - after - 1)))) {
		return false;
	}
	return host_end > host && memchr(p, '@', n) == NULL &&
	       take(u->host, sizeof(u->host), host, (size_t)(host_end - host));
}

int url_parse(struct url *u, const char *text)
{
	const char *colon = strstr(text, "://"), *authority, *path;
	size_t n;

	for (const char *p = text; *p != '\0'; p++) {
		if ((unsigned char)*p <= ' ' || *p == 127) {
			return -EINVAL;
		}
	}
	if (colon == NULL || !take_scheme(u, text, (size_t)(colon - text))) {
		return -EINVAL;
	}
	authority = colon + 3;
	n = strcspn(authority, "/?#");
	path = authority + n;
	if (!take_authority(u, authority, n)) {
		return -EINVAL;
	}
	n = strcspn(path, "#");
	if (n == 0 || *path != '/') {
		u->path[0] = '/';
		return take(u->path + 1, sizeof(u->path) - 1, path, n) ? 0 : -EINVAL;
	}
	return take(u->path, sizeof(u->path), path, n) ? 0 : -EINVAL;
}
