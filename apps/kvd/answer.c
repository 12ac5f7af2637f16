/* SPDX-License-Identifier: MIT */
/* Text that grows, JSON, and the replies that are made of it. */
#include "../httpd/response.h"
#include "kvd.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP 1024U

void buf_put(struct buf *b, const char *p, size_t n)
{
	size_t room = b->room == 0 ? STEP : b->room;
	char *more;

	if (b->full || n > ANSWER_MAX - b->n) {
		b->full = true;
		return;
	}
	while (room < b->n + n) {
		room *= 2;
	}
	if (room != b->room) {
		more = realloc(b->p, room);
		if (more == NULL) {
			b->full = true;
			return;
		}
		b->p = more;
		b->room = room;
	}
	if (n > 0) {
		memcpy(b->p + b->n, p, n);
	}
	b->n += n;
}

void buf_str(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void buf_number(struct buf *b, sqlite3_int64 v)
{
	char text[24];

	buf_put(b, text, (size_t)snprintf(text, sizeof(text), "%lld", (long long)v));
}

void buf_hex(struct buf *b, const unsigned char *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	char two[2];

	for (size_t i = 0; i < n && !b->full; i++) {
		two[0] = digits[p[i] >> 4];
		two[1] = digits[p[i] & 15];
		buf_put(b, two, 2);
	}
}

/* Length of the character at @p, of @n bytes; 0: it is none. Spec: RFC 3629, 4. */
static size_t utf8_length(const unsigned char *p, size_t n)
{
	size_t len = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

	if (len == 0 || len > n || p[0] > 0xf4) {
		return 0;
	}
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80) {
			return 0;
		}
	}
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f)) {
		return 0;
	}
	return len;
}

bool utf8_is(const char *p, size_t n)
{
	size_t len = 1;

	for (size_t i = 0; i < n && len > 0; i += len) {
		len = utf8_length((const unsigned char *)p + i, n - i);
	}
	return len > 0;
}

static void put_char(struct buf *b, const char *p, size_t len)
{
	unsigned char c = (unsigned char)*p;
	char escape[8];

	if (len == 0) {
		buf_put(b, "\xef\xbf\xbd", 3);
	} else if (c == '"' || c == '\\') {
		buf_put(b, "\\", 1);
		buf_put(b, p, 1);
	} else if (c < ' ') {
		buf_put(b, escape, (size_t)snprintf(escape, sizeof(escape), "\\u%04x", c));
	} else {
		buf_put(b, p, len);
	}
}

void buf_json(struct buf *b, const char *p, size_t n)
{
	size_t plain = 0;

	buf_put(b, "\"", 1);
	for (size_t i = 0; i < n && !b->full;) {
		unsigned char c = (unsigned char)p[i];
		size_t len = 1;

		if (c >= ' ' && c < 0x80 && c != '"' && c != '\\') {
			plain++;
			i++;
			continue;
		}
		buf_put(b, p + i - plain, plain);
		plain = 0;
		len = utf8_length((const unsigned char *)p + i, n - i);
		put_char(b, p + i, len);
		i += len > 0 ? len : 1;
	}
	buf_put(b, p + n - plain, plain);
	buf_put(b, "\"", 1);
}

void put_etag(char out[ETAG_ROOM], sqlite3_int64 tag)
{
	snprintf(out, ETAG_ROOM, "\"%016llx\"", (unsigned long long)tag);
}

int answer_error(struct job *j, int status, const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	j->out.n = 0;
	j->out.full = false;
	j->tagged = false;
	j->type = "application/json";
	j->status = status;
	buf_str(&j->out, "{\"error\":");
	buf_json(&j->out, text, strlen(text));
	buf_str(&j->out, "}\n");
	return status;
}

void answer_send(struct job *j)
{
	static char room[1024];
	struct text t = text_in(room, sizeof(room));
	char etag[ETAG_ROOM];
	bool has_body = j->status != 204 && j->status != 304;

	response_begin(&t, j->status);
	if (j->tagged) {
		put_etag(etag, j->tag);
		text_str(&t, "ETag: ");
		text_str(&t, etag);
		text_str(&t, "\r\n");
	}
	if (has_body) {
		text_str(&t, "Content-Type: ");
		text_str(&t, j->type);
		text_str(&t, "\r\nContent-Length: ");
		text_number(&t, j->out.n);
		text_str(&t, "\r\n");
	}
	text_str(&t, "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n");
	text_str(&t, j->status == 405 ? "Allow: GET, HEAD, PUT, POST, DELETE\r\n" : "");
	text_str(&t, j->status == 503 ? "Retry-After: 1\r\n" : "");
	text_str(&t, j->x.close	 ? "Connection: close\r\n"
		     : j->http10 ? "Connection: keep-alive\r\n"
				 : "");
	text_str(&t, "\r\n");
	conn_answer(&j->x, room, text_len(&t), j->out.p,
		    has_body && j->method != METHOD_HEAD ? j->out.n : 0);
}

static int hex_of(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

int percent_decode(struct span in, bool plus, char *out, size_t room)
{
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];

		if (c == '%') {
			bool whole = in.n - i > 2;
			int high = whole ? hex_of(in.p[i + 1]) : -1;
			int low = whole ? hex_of(in.p[i + 2]) : -1;

			if (high < 0 || low < 0) {
				return -2;
			}
			c = (char)(high << 4 | low);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if (n == room) {
			return -2;
		}
		out[n++] = c;
	}
	return (int)n;
}

int query_value(const struct job *j, const char *name, char *out, size_t room)
{
	const char *p = j->query.p, *end = p + j->query.n;
	size_t len = strlen(name);

	while (p < end) {
		const char *next;

		p++; /* the question mark, or & */
		next = memchr(p, '&', (size_t)(end - p));
		next = next != NULL ? next : end;
		if ((size_t)(next - p) > len && memcmp(p, name, len) == 0 && p[len] == '=') {
			return percent_decode((struct span){ p + len + 1,
							     (size_t)(next - p) - len - 1 },
					      true, out, room);
		}
		p = next;
	}
	return -1;
}
