/* SPDX-License-Identifier: MIT */
/* Responses: status, fields, conditions and ranges. Spec: RFC 9110 (semantics), 9112 (framing).
 * The common case, a whole file to a client without special wishes, is a head made before. */
#include "response.h"

#include "files.h"
#include "tick.h"
#include "ws.h"

#include <string.h>

#define CRLF   "\r\n"
#define CLOSE  "Connection: close" CRLF
#define RANGES "Accept-Ranges: bytes" CRLF

static char head_buf[4096];
static char body_buf[2048];
static bool poweroff_allowed;
static uint16_t https_port = 443;
static struct route *routes;

void response_add_route(struct route *route)
{
	route->next = routes;
	routes = route;
}

void response_allow_poweroff(void)
{
	poweroff_allowed = true;
}

static bool has(const struct request *r, enum field f)
{
	return (r->seen & FIELD_BIT(f)) != 0;
}

static const char *reason_of(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {
		{ 101, "Switching Protocols" },
		{ 200, "OK" },
		{ 201, "Created" },
		{ 204, "No Content" },
		{ 206, "Partial Content" },
		{ 301, "Moved Permanently" },
		{ 304, "Not Modified" },
		{ 308, "Permanent Redirect" },
		{ 400, "Bad Request" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 408, "Request Timeout" },
		{ 409, "Conflict" },
		{ 412, "Precondition Failed" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 416, "Range Not Satisfiable" },
		{ 417, "Expectation Failed" },
		{ 422, "Unprocessable Content" },
		{ 426, "Upgrade Required" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 503, "Service Unavailable" },
		{ 505, "HTTP Version Not Supported" },
		{ 507, "Insufficient Storage" },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].status == status) {
			return reasons[i].reason;
		}
	}
	return "Unknown";
}

/* --- heads ----------------------------------------------------------------------------------- */

static void put_field(struct text *t, const char *name, const char *value, size_t n)
{
	text_str(t, name);
	text_put(t, value, n);
	text_put(t, CRLF, 2);
}

void response_begin(struct text *t, int status)
{
	text_str(t, "HTTP/1.1 ");
	text_number(t, (uint64_t)status);
	text_put(t, " ", 1);
	text_str(t, reason_of(status));
	text_put(t, CRLF, 2);
	/* A server without a clock sends no date: RFC 9110, 6.6.1. */
	if (tick.date_len > 0) {
		put_field(t, "Date: ", tick.date, tick.date_len);
	}
}

static void put_length(struct text *t, size_t n)
{
	text_str(t, "Content-Length: ");
	text_number(t, n);
	text_put(t, CRLF, 2);
}

static bool has_mtime(const struct file *f)
{
	return f->mtime.tv_sec > 0;
}

/* Of a 200, 206 or 304. */
static void put_validators(struct text *t, const struct file *f)
{
	put_field(t, "ETag: ", f->etag, f->etag_len);
	if (has_mtime(f)) {
		text_str(t, "Last-Modified: ");
		text_date(t, f->mtime.tv_sec);
		text_put(t, CRLF, 2);
	}
}

/* All of a head but its last fields. @length: of the body. */
static void put_file_head(struct text *t, int status, const struct file *f, size_t length)
{
	response_begin(t, status);
	text_str(t, "Content-Type: ");
	text_str(t, f->type);
	text_put(t, CRLF, 2);
	put_length(t, length);
	put_validators(t, f);
}

/* The end of a head, with what the connection's fate asks for; and the reply is complete. */
static void finish(struct text *t, const struct request *r, struct reply *out)
{
	if (out->close) {
		text_str(t, CLOSE);
	} else if (r->http10) {
		text_str(t, "Connection: keep-alive\r\n");
	}
	text_put(t, CRLF, 2);
	out->head = t->start;
	out->head_len = text_len(t);
	if (r->method == METHOD_HEAD) {
		out->body_len = 0;
	}
}

static void small_body(struct reply *out, const struct text *t)
{
	out->body = t->start;
	out->body_len = text_len(t);
}

/* A head up to where further fields may come, and a page that says in words what it is. */
static struct text begin_page(int status, struct reply *out)
{
	struct text t = text_in(head_buf, sizeof(head_buf));
	struct text page = text_in(body_buf, sizeof(body_buf));

	text_str(&page, "<!doctype html><meta charset=utf-8><title>");
	text_number(&page, (uint64_t)status);
	text_str(&page, "</title><h1>");
	text_number(&page, (uint64_t)status);
	text_str(&page, " ");
	text_str(&page, reason_of(status));
	text_str(&page, "</h1>\n");
	small_body(out, &page);
	response_begin(&t, status);
	text_str(&t, "Content-Type: text/html; charset=utf-8\r\n");
	put_length(&t, text_len(&page));
	return t;
}

static void reply_page(const struct request *r, struct reply *out, int status)
{
	struct text t = begin_page(status, out);

	if (status == 405) {
		text_str(&t, "Allow: GET, HEAD\r\n");
	} else if (status == 426) {
		text_str(&t, "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
	}
	finish(&t, r, out);
}

void respond_error(int status, struct reply *out)
{
	static const struct request none = { .method = METHOD_GET };

	*out = (struct reply){ .close = true };
	reply_page(&none, out, status);
}

/* --- conditions ------------------------------------------------------------------------------ */

/* Is @f's tag in the list @v, or @v "*"? Weak tags match only if @weak, and ours are all strong.
 * Spec: RFC 9110, 8.8.3.2 */
static bool tag_matches(struct span v, const struct file *f, bool weak)
{
	struct span tag;

	if (v.n == 1 && v.p[0] == '*') {
		return true;
	}
	while (text_next(&v, &tag)) {
		if (weak && tag.n > 2 && tag.p[0] == 'W' && tag.p[1] == '/') {
			tag.p += 2;
			tag.n -= 2;
		}
		if (tag.n == f->etag_len && memcmp(tag.p, f->etag, tag.n) == 0) {
			return true;
		}
	}
	return false;
}

/* Dates are compared as text: clients send back what they were given. */
static bool date_matches(struct span v, const struct file *f)
{
	char buf[TEXT_DATE_LEN];
	struct text t = text_in(buf, sizeof(buf));

	text_date(&t, f->mtime.tv_sec);
	return has_mtime(f) && v.n == TEXT_DATE_LEN && memcmp(v.p, buf, v.n) == 0;
}

/* 200, or what stands in its place. Spec: RFC 9110, 13.2.2 */
static int condition(const struct request *r, const struct file *f)
{
	if (has(r, FIELD_IF_MATCH) && !tag_matches(r->value[FIELD_IF_MATCH], f, false)) {
		return 412;
	}
	if (has(r, FIELD_IF_NONE_MATCH)) {
		return tag_matches(r->value[FIELD_IF_NONE_MATCH], f, true) ? 304 : 200;
	}
	if (has(r, FIELD_IF_MODIFIED_SINCE) && date_matches(r->value[FIELD_IF_MODIFIED_SINCE], f)) {
		return 304;
	}
	return 200;
}

/* --- ranges ---------------------------------------------------------------------------------- */

struct range {
	size_t first, len;
};

/* "-500": the last 500 bytes. Of an empty file nothing can be named, so that one comes whole. */
static int suffix_range(struct range *range, uint64_t want, size_t size)
{
	if (want == 0) {
		return 416;
	}
	if (size == 0) {
		return 200;
	}
	range->len = want < size ? (size_t)want : size;
	range->first = size - range->len;
	return 206;
}

/* 206 with @range filled in, 416, or 200 when the field is to be ignored: it is malformed or asks
 * for several ranges. Spec: RFC 9110, 14.1.2 and 14.2 */
static int parse_range(struct span v, size_t size, struct range *range)
{
	const char *p, *end = v.p + v.n, *dash;
	uint64_t first, last = UINT64_MAX;

	if (v.n < 6 || !text_is(v.p, 6, "bytes=")) {
		return 200;
	}
	p = v.p + 6;
	dash = memchr(p, '-', (size_t)(end - p));
	if (dash == NULL ||
	    (dash + 1 < end && !text_to_number(dash + 1, (size_t)(end - dash - 1), &last))) {
		return 200;
	}
	if (dash == p) {
		return dash + 1 < end ? suffix_range(range, last, size) : 200;
	}
	if (!text_to_number(p, (size_t)(dash - p), &first) || last < first) {
		return 200;
	}
	if (first >= size) {
		return 416;
	}
	range->first = (size_t)first;
	range->len = (last < size ? (size_t)last + 1 : size) - range->first;
	return 206;
}

/* The condition under which the range is wanted holds, or there is none. Spec: RFC 9110, 13.1.5 */
static bool range_wanted(const struct request *r, const struct file *f)
{
	struct span v;

	if (!has(r, FIELD_RANGE) || r->method != METHOD_GET) {
		return false;
	}
	if (!has(r, FIELD_IF_RANGE)) {
		return true;
	}
	v = r->value[FIELD_IF_RANGE];
	return (v.n == f->etag_len && memcmp(v.p, f->etag, v.n) == 0) || date_matches(v, f);
}

static void put_content_range(struct text *t, const struct range *range, size_t size)
{
	text_str(t, "Content-Range: bytes ");
	if (range != NULL) {
		text_number(t, range->first);
		text_str(t, "-");
		text_number(t, range->first + range->len - 1);
	} else {
		text_str(t, "*");
	}
	text_str(t, "/");
	text_number(t, size);
	text_put(t, CRLF, 2);
}

/* --- files ----------------------------------------------------------------------------------- */

/* Blanks behind the last field's value, which mean nothing (RFC 9110, 5.5), so that head and body begin where a
 * copy is fast. The head's end will follow. */
static void align_head(struct text *t)
{
	t->at -= 2;
	while ((text_len(t) + 4) % 8 != 0) {
		text_put(t, " ", 1);
	}
	text_put(t, CRLF, 2);
}

/* The head of a whole file, made once and kept: clients tend to be of one kind, so there is one for both
 * fates of the connection. */
static void prepare(struct file *f, bool close)
{
	char buf[FILE_HEAD_ROOM];
	struct text t = text_in(buf, sizeof(buf));

	put_file_head(&t, 200, f, f->size);
	text_str(&t, close ? CLOSE RANGES : RANGES);
	align_head(&t);
	text_put(&t, CRLF, 2);
	file_set_head(f, &t, close);
}

static inline void reply_prepared(struct file *f, struct reply *out)
{
	if (f->head_stamp != tick.stamp || f->head_closes != out->close) {
		prepare(f, out->close);
	}
	out->head = file_head(f);
	out->head_len = f->head_len;
	out->body = f->body;
	out->body_len = f->size;
	out->file = f;
}

static void reply_not_modified(const struct request *r, struct reply *out, const struct file *f)
{
	struct text t = text_in(head_buf, sizeof(head_buf));

	response_begin(&t, 304);
	put_validators(&t, f);
	finish(&t, r, out);
}

static void reply_unsatisfiable(const struct request *r, struct reply *out, size_t size)
{
	struct text t = begin_page(416, out);

	put_content_range(&t, NULL, size);
	finish(&t, r, out);
}

static void reply_content(const struct request *r, struct reply *out, struct file *f)
{
	struct text t = text_in(head_buf, sizeof(head_buf));
	struct range range = { 0, f->size };
	int status = range_wanted(r, f) ? parse_range(r->value[FIELD_RANGE], f->size, &range) : 200;

	if (status == 416) {
		reply_unsatisfiable(r, out, f->size);
		return;
	}
	put_file_head(&t, status, f, range.len);
	text_str(&t, RANGES);
	if (status == 206) {
		put_content_range(&t, &range, f->size);
	}
	out->file = f;
	out->body = f->body + range.first;
	out->body_len = range.len;
	finish(&t, r, out);
}

static void reply_file(const struct request *r, struct reply *out, struct file *f)
{
	int status = condition(r, f);

	if (status == 304) {
		reply_not_modified(r, out, f);
	} else if (status == 412) {
		reply_page(r, out, 412);
	} else if (r->http10 || r->method != METHOD_GET || has(r, FIELD_RANGE)) {
		reply_content(r, out, f);
	} else {
		reply_prepared(f, out);
	}
}

/* To a folder's name with its slash. */
static void reply_moved(const struct request *r, struct reply *out, const char *path, size_t n)
{
	struct text t = begin_page(301, out);

	text_str(&t, "Location: ");
	text_path(&t, path, n);
	text_str(&t, "/");
	if (r->query.n < (size_t)(t.end - t.at) / 2) {
		text_put(&t, r->query.p, r->query.n);
	}
	text_put(&t, CRLF, 2);
	finish(&t, r, out);
}

static void reply_path(const struct request *r, struct reply *out)
{
	char path[PATH_ROOM];
	int n = path_normalise(r->path, path), status;
	struct file *f;

	if (n < 0) {
		reply_page(r, out, -n);
		return;
	}
	f = files_get(path, (size_t)n, &status);
	if (f != NULL) {
		reply_file(r, out, f);
	} else if (status == 301) {
		reply_moved(r, out, path, (size_t)n);
	} else {
		reply_page(r, out, status);
	}
}

/* --- everything else ------------------------------------------------------------------------- */

static bool path_is(const struct request *r, const char *path)
{
	return r->path.n == strlen(path) && memcmp(r->path.p, path, r->path.n) == 0;
}

static const struct route *find_route(const struct request *r)
{
	const struct route *route = routes;

	while (route != NULL && !path_is(r, route->path)) {
		route = route->next;
	}
	return route;
}

static void reply_upgrade(const struct request *r, struct reply *out, const struct route *route)
{
	struct text t = text_in(head_buf, sizeof(head_buf));
	int status = ws_check(r);

	if (status != 101) {
		reply_page(r, out, status);
		return;
	}
	response_begin(&t, 101);
	text_str(&t, "Upgrade: websocket\r\nConnection: Upgrade\r\n");
	ws_put_accept(&t, r->value[FIELD_WS_KEY]);
	text_str(&t, CRLF CRLF);
	out->head = t.start;
	out->head_len = text_len(&t);
	out->close = false;
	out->upgrade = route->upgrade;
	out->upgrade_arg = route->arg;
}

static void reply_made(const struct request *r, struct reply *out, const struct route *route)
{
	struct text t = text_in(head_buf, sizeof(head_buf));
	struct text body = text_in(route->room, route->size);
	int status = route->make(r, &body);

	if (body.full) {
		reply_page(r, out, 500);
		return;
	}
	small_body(out, &body);
	response_begin(&t, status);
	put_field(&t, "Content-Type: ", route->type, strlen(route->type));
	text_str(&t, "Cache-Control: no-store\r\n");
	put_length(&t, text_len(&body));
	finish(&t, r, out);
}

static void reply_poweroff(const struct request *r, struct reply *out)
{
	out->close = true;
	out->power_off = true;
	reply_page(r, out, 200);
}

static void respond_slowly(const struct request *r, struct reply *out)
{
	const struct span *expect = &r->value[FIELD_EXPECT];
	const struct route *route = find_route(r);

	out->close = !r->keep_alive || r->body > RESPONSE_DRAIN_MAX;
	if (has(r, FIELD_EXPECT)) {
		/* Nobody knows if the body comes after a final answer: RFC 9110, 10.1.1. */
		out->close |= r->body > 0;
		if (!text_is(expect->p, expect->n, "100-continue")) {
			reply_page(r, out, 417);
			return;
		}
	}
	if (r->method == METHOD_UNKNOWN) {
		reply_page(r, out, 501);
	} else if (r->method == METHOD_POST && poweroff_allowed && path_is(r, "/poweroff")) {
		reply_poweroff(r, out);
	} else if (r->method != METHOD_GET && r->method != METHOD_HEAD) {
		reply_page(r, out, 405);
	} else if (route != NULL && route->upgrade != NULL) {
		reply_upgrade(r, out, route);
	} else if (route != NULL) {
		reply_made(r, out, route);
	} else {
		reply_path(r, out);
	}
}

void respond(const struct request *r, struct reply *out)
{
	*out = (struct reply){ .close = !r->keep_alive };
	if (r->simple) {
		struct file *f = files_peek(r->path.p, r->path.n, r->hash, r->serial);

		if (f != NULL) {
			reply_prepared(f, out);
			return;
		}
	}
	respond_slowly(r, out);
}

void response_https_port(uint16_t port)
{
	https_port = port;
}

/* A host without its port; an address of IPv6 has colons in brackets. */
static size_t host_len(struct span host)
{
	const char *end = host.n > 0 && host.p[0] == '[' ? memchr(host.p, ']', host.n)
							 : memchr(host.p, ':', host.n);

	if (end == NULL) {
		return host.n;
	}
	return (size_t)(end - host.p) + (*end == ']' ? 1 : 0);
}

void respond_redirect(const struct request *r, struct reply *out)
{
	const struct span *host = &r->value[FIELD_HOST];
	struct text t;

	*out = (struct reply){ .close = !r->keep_alive || r->body > 0 };
	if (!has(r, FIELD_HOST) || host->n == 0 || r->path.n == 0 || r->path.p[0] != '/') {
		reply_page(r, out, 400);
		return;
	}
	t = begin_page(r->method == METHOD_GET || r->method == METHOD_HEAD ? 301 : 308, out);
	text_str(&t, "Location: https://");
	text_put(&t, host->p, host_len(*host));
	if (https_port != 443) {
		text_str(&t, ":");
		text_number(&t, https_port);
	}
	if (r->path.n + r->query.n > (size_t)(t.end - t.at) / 2) {
		reply_page(r, out, 414);
		return;
	}
	text_put(&t, r->path.p, r->path.n);
	text_put(&t, r->query.p, r->query.n);
	text_put(&t, CRLF, 2);
	finish(&t, r, out);
}
