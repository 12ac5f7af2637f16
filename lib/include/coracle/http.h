/* SPDX-License-Identifier: MIT */
/* An HTTP client: one request, one answer, one connection. Spec: RFC 9110, 9112. */
#pragma once

#include <coracle/secure.h>

struct http_request {
	const char *method; /* NULL: GET, or POST if there is a body */
	const char *url;    /* http:, or https: if there is a `secure` */
	const char *fields; /* further header lines, each ended by "\r\n"; NULL: none */
	const char *type;   /* Content-Type of the body */
	const void *body;   /* NULL: none */
	size_t len;
	int redirects;	/* how many may be followed; not those of a request with a body */
	int timeout_ms; /* longest silence; 0: 10 s */
	const struct secure *secure;
};

struct http_reply {
	int status;    /* of the last answer; 0: there was none */
	size_t len;    /* bytes of the body, in the caller's buffer */
	char type[64]; /* its Content-Type, cut if it is longer */
	char why[128]; /* what went wrong, in words */
};

/* The body goes to @buf, and a terminator behind it. Returns 0 for whatever status the server has,
 * or -errno: -EINVAL (the URL), -EMSGSIZE (the body, all of which did not fit; its beginning is
 * there), -EBADMSG (no HTTP), -ELOOP (redirects), -ECONNRESET (it ended early), and those of
 * stream.h. Context: blocks. */
int http_fetch(const struct http_request *q, struct http_reply *r, char *buf, size_t room);
