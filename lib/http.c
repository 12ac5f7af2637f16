/* SPDX-License-Identifier: MIT */
/* The head is read into a buffer of its own, line by line; the body goes straight to the caller, by
 * length, in chunks or until the end of the connection. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <coracle/http.h>
#include <coracle/stream.h>
#include <coracle/url.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LINE_MAX_BYTES 1024U
#define FIELDS_MAX     100
#define TIMEOUT_MS     10000
#define UNKNOWN	       UINT64_MAX

struct exchange {
	const struct http_request *q;
	struct http_reply *r;
	struct url url;
	struct stream s;
	int timeout;
	size_t at, have; /* in `in` */
	char in[2048];
	uint64_t length; /* of the body, or UNKNOWN */
	bool chunked;
	char location[256];
	char *out; /* the caller's buffer */
	size_t room;
};

static int fail(struct exchange *x, int err, const char *why)
{
	snprintf(x->r->why, sizeof(x->r->why), "%s", why);
	return err;
}

/* --- in -------------------------------------------------------------------------------------- */

/* More bytes into `in`, which is used up. Returns 1, 0 at the end, or -errno. */
static int fill(struct exchange *x)
{
	ssize_t n = stream_recv(&x->s, x->in, sizeof(x->in), x->timeout);

	if (n < 0) {
		return fail(x, (int)n, strerror((int)-n));
	}
	x->at = 0;
	x->have = (size_t)n;
	return n > 0;
}

/* One line without its end. Returns its length or -errno. */
static int read_line(struct exchange *x, char *line, size_t room)
{
	size_t n = 0;

	for (;;) {
		char c;

		if (x->at == x->have) {
			int more = fill(x);

			if (more <= 0) {
				return more < 0 ? more
						: fail(x, -ECONNRESET,
						       "the server ended the connection");
			}
		}
		c = x->in[x->at++];
		if (c == '\n') {
			break;
		}
		if (n + 1 == room) {
			return fail(x, -EBADMSG, "a line of the answer is too long");
		}
		line[n++] = c;
	}
	n -= n > 0 && line[n - 1] == '\r';
	line[n] = '\0';
	return (int)n;
}

/* Up to @n bytes of body to the caller. Returns 0 when all came, 1 at the end before that, -errno. */
static int read_bytes(struct exchange *x, uint64_t n)
{
	while (n > 0) {
		size_t part;

		if (x->at == x->have) {
			int more = fill(x);

			if (more <= 0) {
				return more < 0 ? more : 1;
			}
		}
		part = x->have - x->at;
		part = part < n ? part : (size_t)n;
		if (part > x->room - 1 - x->r->len) {
			part = x->room - 1 - x->r->len;
			memcpy(x->out + x->r->len, x->in + x->at, part);
			x->r->len += part;
			return fail(x, -EMSGSIZE, "the answer is too long");
		}
		memcpy(x->out + x->r->len, x->in + x->at, part);
		x->r->len += part;
		x->at += part;
		n -= part;
	}
	return 0;
}

static int read_exactly(struct exchange *x, uint64_t n)
{
	int err = read_bytes(x, n);

	return err > 0 ? fail(x, -ECONNRESET, "the answer ended early") : err;
}

/* --- the answer ------------------------------------------------------------------------------ */

static int read_status(struct exchange *x)
{
	char line[LINE_MAX_BYTES];
	int err = read_line(x, line, sizeof(line));

	if (err < 0) {
		return err;
	}
	if (strncmp(line, "HTTP/1.", 7) != 0 || strlen(line) < 12 || line[8] != ' ' ||
	    !isdigit((unsigned char)line[9]) || !isdigit((unsigned char)line[10]) ||
	    !isdigit((unsigned char)line[11]) || isdigit((unsigned char)line[12])) {
		return fail(x, -EBADMSG, "the answer is no HTTP/1");
	}
	x->r->status = atoi(line + 9);
	return 0;
}

static int take_length(struct exchange *x, const char *value)
{
	char *end;
	uint64_t n;

	errno = 0;
	n = strtoull(value, &end, 10);
	if (!isdigit((unsigned char)*value) || *end != '\0' || errno != 0 ||
	    (x->length != UNKNOWN && x->length != n)) {
		return fail(x, -EBADMSG, "a bad Content-Length");
	}
	x->length = n;
	return 0;
}

static int take_field(struct exchange *x, char *line)
{
	char *value = strchr(line, ':');

	if (value == NULL) {
		return fail(x, -EBADMSG, "a bad header line");
	}
	*value++ = '\0';
	value += strspn(value, " \t");
	for (size_t n = strlen(value); n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\t');
	     n--) {
		value[n - 1] = '\0';
	}
	if (strcasecmp(line, "content-length") == 0) {
		return take_length(x, value);
	}
	if (strcasecmp(line, "transfer-encoding") == 0) {
		x->chunked = true;
		return strcasecmp(value, "chunked") == 0 ? 0
							 : fail(x, -EBADMSG, "an unknown encoding");
	}
	if (strcasecmp(line, "content-type") == 0) {
		snprintf(x->r->type, sizeof(x->r->type), "%s", value);
	} else if (strcasecmp(line, "location") == 0 && strlen(value) < sizeof(x->location)) {
		strcpy(x->location, value);
	}
	return 0;
}

static int read_head(struct exchange *x)
{
	char line[LINE_MAX_BYTES];
	int err = read_status(x);

	x->length = UNKNOWN;
	x->chunked = false;
	x->location[0] = x->r->type[0] = '\0';
	for (int i = 0; err == 0; i++) {
		int n = read_line(x, line, sizeof(line));

		if (n <= 0) {
			return n;
		}
		err = i < FIELDS_MAX ? take_field(x, line)
				     : fail(x, -EBADMSG, "too many header lines");
	}
	return err;
}

static int read_chunks(struct exchange *x)
{
	char line[LINE_MAX_BYTES], *end;
	uint64_t n;
	int err;

	do {
		err = read_line(x, line, sizeof(line));
		if (err < 0) {
			return err;
		}
		errno = 0;
		n = strtoull(line, &end, 16);
		if (!isxdigit((unsigned char)line[0]) || errno != 0 ||
		    (*end != '\0' && *end != ';' && *end != ' ')) {
			return fail(x, -EBADMSG, "a bad chunk");
		}
		err = read_exactly(x, n);
		if (err == 0 && n > 0 && read_line(x, line, sizeof(line)) != 0) {
			err = fail(x, -EBADMSG, "a bad chunk");
		}
	} while (err == 0 && n > 0);
	return err;
}

static int read_body(struct exchange *x)
{
	int status = x->r->status, err;

	if (status == 204 || status == 304 ||
	    (x->q->method != NULL && strcmp(x->q->method, "HEAD") == 0)) {
		return 0;
	}
	if (x->chunked) {
		return read_chunks(x);
	}
	if (x->length != UNKNOWN) {
		return read_exactly(x, x->length);
	}
	err = read_bytes(x, UNKNOWN);
	return err > 0 ? 0 : err;
}

/* --- the request ----------------------------------------------------------------------------- */

/* Append; past the room only counts. */
__attribute__((format(printf, 4, 5))) static size_t add(char *buf, size_t room, size_t at,
							const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(at < room ? buf + at : NULL, at < room ? room - at : 0, fmt, ap);
	va_end(ap);
	return at + (size_t)n;
}

static int send_request(struct exchange *x)
{
	const struct http_request *q = x->q;
	bool six = strchr(x->url.host, ':') != NULL;
	const char *method = q->method != NULL ? q->method : q->body != NULL ? "POST" : "GET";
	char head[LINE_MAX_BYTES];
	size_t n = 0;
	int err;

	n = add(head, sizeof(head), n,
		"%s %s HTTP/1.1\r\nHost: %s%s%s%s%s\r\nConnection: close\r\n", method, x->url.path,
		six ? "[" : "", x->url.host, six ? "]" : "", x->url.port[0] != '\0' ? ":" : "",
		x->url.port);
	if (q->body != NULL) {
		n = add(head, sizeof(head), n, "Content-Type: %s\r\nContent-Length: %zu\r\n",
			q->type != NULL ? q->type : "application/octet-stream", q->len);
	}
	n = add(head, sizeof(head), n, "%s\r\n", q->fields != NULL ? q->fields : "");
	if (n >= sizeof(head)) {
		return fail(x, -EINVAL, "the request's header is too long");
	}
	err = stream_send(&x->s, head, n, x->timeout);
	if (err == 0 && q->body != NULL) {
		err = stream_send(&x->s, q->body, q->len, x->timeout);
	}
	return err != 0 ? fail(x, err, strerror(-err)) : 0;
}

static int open_url(struct exchange *x, const char *url)
{
	const struct http_request *q = x->q;
	bool tls;
	int err;

	if (url_parse(&x->url, url) != 0) {
		return fail(x, -EINVAL, "a bad URL");
	}
	tls = strcmp(x->url.scheme, "https") == 0;
	if ((!tls && strcmp(x->url.scheme, "http") != 0) || (tls && q->secure == NULL)) {
		return fail(x, -EINVAL, "a scheme that is not spoken here");
	}
	err = stream_open(&x->s, tls ? q->secure : NULL, x->url.host,
			  x->url.port[0] != '\0' ? x->url.port
			  : tls			 ? "443"
						 : "80",
			  x->timeout);
	return err != 0 ? fail(x, err, x->s.why) : 0;
}

/* One exchange, with the server's interim answers skipped. */
static int exchange(struct exchange *x, const char *url)
{
	int err = open_url(x, url);

	if (err != 0) {
		return err;
	}
	x->at = x->have = x->r->len = 0;
	err = send_request(x);
	for (int i = 0; err == 0 && (i == 0 || x->r->status / 100 == 1); i++) {
		err = i < 10 ? read_head(x) : fail(x, -EBADMSG, "too many interim answers");
	}
	err = err == 0 ? read_body(x) : err;
	stream_close(&x->s);
	return err;
}

static bool is_redirect(const struct exchange *x)
{
	int s = x->r->status;

	return (s == 301 || s == 302 || s == 303 || s == 307 || s == 308) &&
	       x->location[0] != '\0' && x->q->body == NULL && x->q->redirects > 0;
}

/* The next URL from the Location field, which may be a path. false: there is none to go to. */
static bool follow(const struct exchange *x, char *url, size_t room)
{
	bool six = strchr(x->url.host, ':') != NULL;
	int n;

	/* What was asked for in secret is not asked for in the open. */
	if (strcmp(x->url.scheme, "https") == 0 && strncasecmp(x->location, "http:", 5) == 0) {
		return false;
	}
	if (x->location[0] != '/' || x->location[1] == '/') {
		n = snprintf(url, room, "%s%s%s", x->location[0] == '/' ? x->url.scheme : "",
			     x->location[0] == '/' ? ":" : "", x->location);
	} else {
		n = snprintf(url, room, "%s://%s%s%s%s%s%s", x->url.scheme, six ? "[" : "",
			     x->url.host, six ? "]" : "", x->url.port[0] != '\0' ? ":" : "",
			     x->url.port, x->location);
	}
	return n > 0 && (size_t)n < room;
}

int http_fetch(const struct http_request *q, struct http_reply *r, char *buf, size_t room)
{
	struct exchange *x = calloc(1, sizeof(*x));
	char url[512];
	int err;

	*r = (struct http_reply){ .status = 0 };
	if (x == NULL) {
		return -ENOMEM;
	}
	x->q = q;
	x->r = r;
	x->out = buf;
	x->room = room;
	x->timeout = q->timeout_ms > 0 ? q->timeout_ms : TIMEOUT_MS;
	err = exchange(x, q->url);
	for (int i = 0; err == 0 && is_redirect(x); i++) {
		if (i == q->redirects) {
			err = fail(x, -ELOOP, "too many redirects");
		} else if (!follow(x, url, sizeof(url))) {
			err = fail(x, -EINVAL, "a bad redirect");
		} else {
			err = exchange(x, url);
		}
	}
	buf[r->len] = '\0';
	free(x);
	return err;
}
