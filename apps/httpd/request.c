/* SPDX-License-Identifier: MIT */
/* One pass over a request's head. Names are read byte by byte through a table of classes, values
 * eight bytes at a time; a NUL behind the text ends every loop, so that none asks where the end is.
 * Words are read where they are aligned: some RISC-V machines trap on all others. */
#include "request.h"

#include <string.h>

#define MEMOS	  4U
#define MEMO_ROOM 1024U /* longest head that is remembered */

#define ONES 0x0101010101010101ULL /* one in each byte */

/* Fields that ask for something other than the whole file. */
#define SPECIAL_FIELDS                                                                    \
	(FIELD_BIT(FIELD_RANGE) | FIELD_BIT(FIELD_IF_RANGE) | FIELD_BIT(FIELD_IF_MATCH) | \
	 FIELD_BIT(FIELD_IF_NONE_MATCH) | FIELD_BIT(FIELD_IF_MODIFIED_SINCE) |            \
	 FIELD_BIT(FIELD_EXPECT))

enum {
	TOKEN = 1,  /* RFC 9110, 5.6.2 */
	PATH = 2,   /* of a path as it is, without decoding */
	HOST = 4,   /* of a Host field: RFC 3986, 3.2.2 and 3.2.3 */
	TARGET = 8, /* of a request target: RFC 3986, and what browsers send in spite of it */
};

/* clang-format off */
static const unsigned char classes[256] = {
	['!'] = 15, ['"'] = 10, ['$'] = 15, ['&'] = 15, ['\''] = 15,
	['('] = 14, [')'] = 14, ['*'] = 15, ['+'] = 15, [','] = 14, ['-'] = 15, ['.'] = 15,
	['#'] = 1, ['%'] = 13, ['/'] = 10, ['?'] = 8,
	['0' ... '9'] = 15, [':'] = 14, [';'] = 14, ['<'] = 10, ['='] = 14, ['>'] = 10, ['@'] = 10,
	['A' ... 'Z'] = 15, ['['] = 14, ['\\'] = 10, [']'] = 14, ['^'] = 11, ['_'] = 15, ['`'] = 11,
	['a' ... 'z'] = 15, ['{'] = 10, ['|'] = 11, ['}'] = 10, ['~'] = 15,
};
/* clang-format on */

static inline bool is(const char *p, unsigned set)
{
	return (classes[(unsigned char)*p] & set) != 0;
}

static inline bool is_control(char c)
{
	return (unsigned char)c < ' ' && c != '\t';
}

static inline uint64_t word_at(const char *p)
{
	uint64_t w;

	memcpy(&w, __builtin_assume_aligned(p, sizeof(w)), sizeof(w));
	return w;
}

/* Past visible bytes, spaces and tabs, to the first control character. Reads at most seven bytes
 * past it. */
static inline const char *skip_value(const char *p)
{
	uint64_t w, low;

	for (;;) {
		for (; (uintptr_t)p % sizeof(w) != 0; p++) {
			if (is_control(*p)) {
				return p;
			}
		}
		do {
			w = word_at(p);
			/* The high bit of each byte below ' ', exact up to the first of them. */
			low = (w - ONES * ' ') & ~w & (ONES * 0x80);
			p += sizeof(w);
		} while (low == 0);
		/* Whole bytes below the lowest bit set: all our machines are little-endian. */
		p -= sizeof(w) - ((((((low - 1) & ~low) >> 7) & ONES) * ONES) >> 56);
		if (*p != '\t') {
			return p;
		}
		p++;
	}
}

/* What went wrong at @p: the text ended there (0), or there is something that must not be. */
static int bad(const char *p, const char *end)
{
	return p >= end || (p[0] == '\r' && p + 1 == end) ? 0 : -400;
}

static inline bool is_newline(const char *p)
{
	return p[0] == '\r' && p[1] == '\n';
}

/* --- the request line ------------------------------------------------------------------------ */

static enum method method_of(const char *p, size_t n)
{
	static const struct {
		const char *name;
		enum method method;
	} known[] = {
		{ "GET", METHOD_GET },	     { "HEAD", METHOD_HEAD },	  { "POST", METHOD_POST },
		{ "PUT", METHOD_PUT },	     { "DELETE", METHOD_DELETE }, { "PATCH", METHOD_OTHER },
		{ "OPTIONS", METHOD_OTHER }, { "CONNECT", METHOD_OTHER }, { "TRACE", METHOD_OTHER },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strlen(known[i].name) == n && memcmp(known[i].name, p, n) == 0) {
			return known[i].method;
		}
	}
	return METHOD_UNKNOWN;
}

static inline int parse_method(struct request *r, const char **at, const char *end)
{
	const char *p = *at;

	if (memcmp(p, "GET ", 4) == 0) {
		r->method = METHOD_GET;
		*at = p + 4;
		return 1;
	}
	while (is(p, TOKEN)) {
		p++;
	}
	if (*p != ' ' || p == *at) {
		return bad(p, end);
	}
	r->method = method_of(*at, (size_t)(p - *at));
	*at = p + 1;
	return 1;
}

/* The path, up to the query or the end. */
static inline const char *parse_path(struct request *r, const char *p)
{
	const char *start = p;

	while (is(p, PATH)) {
		p++;
	}
	r->simple = *p != '%';
	while (is(p, TARGET) && *p != '?') {
		p++;
	}
	r->path = (struct span){ start, (size_t)(p - start) };
	r->hash = text_hash(r->path.p, r->path.n);
	return p;
}

/* Past "http://authority" of the absolute form; the path that follows may be empty. */
static const char *skip_authority(const char *p)
{
	size_t scheme = text_is(p, 7, "http://") ? 7 : text_is(p, 8, "https://") ? 8 : 0;

	if (scheme == 0) {
		return p;
	}
	p += scheme;
	while (is(p, HOST)) {
		p++;
	}
	return p;
}

/* Spec: RFC 9112, 3.2. Without a path (the forms "*" and "host:port") only methods that are
 * refused anyway may come. */
static inline int parse_target(struct request *r, const char **at, const char *end)
{
	const char *start = *at, *p = start;

	if (*p != '/') {
		p = skip_authority(start);
	}
	if (*p == '/') {
		p = parse_path(r, p);
	} else if (p > start) {
		if (*p != ' ' && *p != '?') {
			return bad(p, end);
		}
		parse_path(r, "/");
	} else {
		p = parse_path(r, p);
		if (p < end && r->method != METHOD_OTHER && r->method != METHOD_UNKNOWN) {
			return -400;
		}
	}
	r->query = (struct span){ p, 0 };
	while (is(p, TARGET)) {
		p++;
	}
	r->query.n = (size_t)(p - r->query.p);
	if (*p != ' ' || p == start) {
		return bad(p, end);
	}
	*at = p + 1;
	return 1;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Some other version than 1.1, or a bad one. */
static int parse_odd_version(struct request *r, const char *p, const char *end)
{
	static const char form[] = "HTTP/0.0";

	for (size_t i = 0; i < 8; i++) {
		if (form[i] == '0' ? !is_digit(p[i]) : p[i] != form[i]) {
			return bad(p + i, end);
		}
	}
	if (!is_newline(p + 8)) {
		return bad(p + 8, end);
	}
	/* A higher minor version is to be taken as the highest known: RFC 9110, 2.5. */
	r->http10 = p[7] == '0';
	return p[5] == '1' ? 1 : -505;
}

static inline int parse_request_line(struct request *r, const char **at, const char *end)
{
	int err = parse_method(r, at, end);

	if (err > 0) {
		err = parse_target(r, at, end);
	}
	if (err <= 0) {
		return err;
	}
	r->http10 = false;
	if (memcmp(*at, "HTTP/1.1", 8) != 0 || !is_newline(*at + 8)) {
		err = parse_odd_version(r, *at, end);
	}
	*at += 10;
	return err;
}

/* --- fields ---------------------------------------------------------------------------------- */

/* Is the name at @p, n bytes, this one? Of the characters of a name, only letters differ from those
 * of @lower in the bit of 0x20 alone. */
static inline bool name_is(const char *p, size_t n, const char *lower)
{
	for (size_t i = 0; i < n; i++) {
		if ((p[i] | 0x20) != lower[i]) {
			return false;
		}
	}
	return true;
}

/* By length first: of the names that nobody asks for, most end there. */
static inline enum field field_of(const char *p, size_t n)
{
	switch (n) {
	case 4:
		return name_is(p, n, "host") ? FIELD_HOST : FIELD_NONE;
	case 5:
		return name_is(p, n, "range") ? FIELD_RANGE : FIELD_NONE;
	case 6:
		return name_is(p, n, "expect")	 ? FIELD_EXPECT
		       : name_is(p, n, "origin") ? FIELD_ORIGIN
						 : FIELD_NONE;
	case 7:
		return name_is(p, n, "upgrade") ? FIELD_UPGRADE : FIELD_NONE;
	case 8:
		return name_is(p, n, "if-range")   ? FIELD_IF_RANGE
		       : name_is(p, n, "if-match") ? FIELD_IF_MATCH
						   : FIELD_NONE;
	case 10:
		return name_is(p, n, "connection") ? FIELD_CONNECTION : FIELD_NONE;
	case 13:
		return name_is(p, n, "if-none-match") ? FIELD_IF_NONE_MATCH : FIELD_NONE;
	case 14:
		return name_is(p, n, "content-length") ? FIELD_CONTENT_LENGTH : FIELD_NONE;
	case 17:
		return name_is(p, n, "transfer-encoding")   ? FIELD_TRANSFER_ENCODING
		       : name_is(p, n, "if-modified-since") ? FIELD_IF_MODIFIED_SINCE
		       : name_is(p, n, "sec-websocket-key") ? FIELD_WS_KEY
							    : FIELD_NONE;
	case 21:
		return name_is(p, n, "sec-websocket-version") ? FIELD_WS_VERSION : FIELD_NONE;
	default:
		return FIELD_NONE;
	}
}

static void take_connection(struct request *r, struct span list)
{
	static const char usual[] = "keep-alive";
	struct span option;

	if (list.n == sizeof(usual) - 1 && memcmp(list.p, usual, list.n) == 0) {
		r->keep_alive = true;
		return;
	}
	while (text_next(&list, &option)) {
		r->close |= text_is(option.p, option.n, "close");
		r->keep_alive |= text_is(option.p, option.n, "keep-alive");
		r->upgrade |= text_is(option.p, option.n, "upgrade");
	}
}

static inline bool is_host(struct span v)
{
	const char *p = v.p;

	while (is(p, HOST)) {
		p++;
	}
	return p == v.p + v.n;
}

/* One field that matters. A second line of any but Connection is refused: to guess which of two
 * lengths or hosts the next server on the way goes by is how requests are smuggled. */
static inline int take_field(struct request *r, enum field f, const char *p, const char *end)
{
	struct span v;

	while (end > p && (end[-1] == ' ' || end[-1] == '\t')) {
		end--;
	}
	v = (struct span){ p, (size_t)(end - p) };
	if (f == FIELD_CONNECTION) {
		take_connection(r, v);
	} else if ((r->seen & FIELD_BIT(f)) != 0) {
		return -400;
	}
	if (f == FIELD_HOST && !is_host(v)) {
		return -400;
	}
	if (f == FIELD_CONTENT_LENGTH && !text_to_number(v.p, v.n, &r->body)) {
		return -400;
	}
	r->seen |= FIELD_BIT(f);
	r->value[f] = v;
	return 1;
}

static inline int parse_field(struct request *r, const char **at, const char *end)
{
	const char *name = *at, *p = name, *value;
	enum field f;
	int err = 1;

	while (is(p, TOKEN)) {
		p++;
	}
	if (*p != ':' || p == name) {
		return bad(p, end);
	}
	f = field_of(name, (size_t)(p - name));
	do {
		p++;
	} while (*p == ' ' || *p == '\t');
	value = p;
	p = skip_value(p);
	if (!is_newline(p)) {
		return bad(p, end);
	}
	if (f != FIELD_NONE) {
		err = take_field(r, f, value, p);
	}
	*at = p + 2;
	return err;
}

/* What only all fields together can tell. */
static int check(struct request *r)
{
	bool coded = (r->seen & FIELD_BIT(FIELD_TRANSFER_ENCODING)) != 0;

	if (!r->http10 && (r->seen & FIELD_BIT(FIELD_HOST)) == 0) {
		return -400;
	}
	if (coded && (r->http10 || (r->seen & FIELD_BIT(FIELD_CONTENT_LENGTH)) != 0)) {
		return -400;
	}
	r->keep_alive &= !r->close;
	r->simple &= r->method == METHOD_GET && !r->http10 && r->body == 0 &&
		     (r->seen & SPECIAL_FIELDS) == 0;
	return coded ? -501 : 1;
}

static int parse_fields(struct request *r, const char **at, const char *end)
{
	int err;

	for (unsigned i = 0; !is_newline(*at); i++) {
		if (i == REQUEST_FIELDS_MAX) {
			return bad(*at, end) == 0 ? 0 : -431;
		}
		err = parse_field(r, at, end);
		if (err <= 0) {
			return err;
		}
	}
	*at += 2;
	return check(r);
}

static int parse(struct request *r, const char *p, size_t n)
{
	static uint64_t serial;
	const char *at = p, *end = p + n;
	int err;

	r->serial = ++serial;
	r->seen = 0;
	r->body = 0;
	r->close = r->upgrade = false;
	/* Empty lines in front are a known fault of old clients: RFC 9112, 2.2. */
	while (is_newline(at)) {
		at += 2;
	}
	err = parse_request_line(r, &at, end);
	if (err <= 0 || (size_t)(at - p) > REQUEST_HEAD_MAX) {
		return err < 0 || n < REQUEST_HEAD_MAX ? err : -414;
	}
	r->keep_alive = !r->http10;
	err = parse_fields(r, &at, end);
	if (err <= 0 || (size_t)(at - p) > REQUEST_HEAD_MAX) {
		return err < 0 || n < REQUEST_HEAD_MAX ? err : -431;
	}
	return (int)(at - p);
}

/* --- requests as before ---------------------------------------------------------------------- */

/* A client tends to send the same bytes again, and what they mean has not changed. */
struct memo {
	size_t len; /* 0: nothing is remembered */
	struct request request;
	_Alignas(uint64_t) char text[MEMO_ROOM + REQUEST_SLACK];
};

/* Does the memo hold the @n bytes at @p, which is aligned as its text is? */
static inline bool is_same(const struct memo *m, const char *p, size_t n)
{
	size_t i = 0, rest = n % sizeof(uint64_t);

	for (; i < n - rest; i += sizeof(uint64_t)) {
		if (word_at(m->text + i) != word_at(p + i)) {
			return false;
		}
	}
	/* The bytes past the end are the high ones. */
	return rest == 0 ||
	       (word_at(m->text + i) ^ word_at(p + i)) << (sizeof(uint64_t) - rest) * 8 == 0;
}

int request_read(const struct request **r, const char *p, size_t n)
{
	static struct memo memos[MEMOS];
	static struct request other;
	struct memo *m = &memos[n % MEMOS];
	int err;

	if (n > MEMO_ROOM || (uintptr_t)p % _Alignof(uint64_t) != 0) {
		*r = &other;
		return parse(&other, p, n);
	}
	*r = &m->request;
	if (m->len == n && is_same(m, p, n)) {
		return (int)n;
	}
	memcpy(m->text, p, n);
	m->text[n] = '\0';
	err = parse(&m->request, m->text, n);
	/* Only if it was all: whatever follows would have to be compared as well. */
	m->len = err == (int)n ? n : 0;
	return err;
}
