/* SPDX-License-Identifier: MIT */
/* Frames are read where they arrived; only a message in several fragments is put together. */
#include "ws.h"

#include "sha1.h"

#include <stdlib.h>
#include <string.h>

#define HEAD_MAX     4U /* of a frame of ours: no mask, and at most 65535 bytes */
#define KEY_LEN	     24U
#define CONTROL_MAX  125U
#define SUBTYPES_BAD 1003
#define GUID	     "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

struct ws {
	struct conn *conn;
	struct ws_channel *channel;
	struct ws *next, **link; /* among the channel's clients */
	bool asked;		 /* by a ping, whether it is still there */
	bool in_message;	 /* the next frame continues one */
	size_t len;		 /* of the message so far */
	char *message;		 /* NULL until there is one in fragments */
};

/* --- the handshake --------------------------------------------------------------------------- */

static bool has(const struct request *r, enum field f)
{
	return (r->seen & FIELD_BIT(f)) != 0;
}

/* A page of another site may not look in: "scheme://HOST" must name the host that was asked. Programs
 * that are no browsers send no Origin. */
static bool is_same_origin(const struct request *r)
{
	struct span origin = r->value[FIELD_ORIGIN], host = r->value[FIELD_HOST];

	if (!has(r, FIELD_ORIGIN)) {
		return true;
	}
	return has(r, FIELD_HOST) && origin.n > host.n + 3 &&
	       memcmp(origin.p + origin.n - host.n, host.p, host.n) == 0 &&
	       memcmp(origin.p + origin.n - host.n - 3, "://", 3) == 0;
}

int ws_check(const struct request *r)
{
	struct span upgrade = r->value[FIELD_UPGRADE], version = r->value[FIELD_WS_VERSION];

	if (r->method != METHOD_GET || !r->upgrade || r->http10 || !has(r, FIELD_UPGRADE) ||
	    !text_is(upgrade.p, upgrade.n, "websocket")) {
		return 426;
	}
	if (!has(r, FIELD_WS_VERSION) || version.n != 2 || memcmp(version.p, "13", 2) != 0) {
		return 426;
	}
	if (!has(r, FIELD_WS_KEY) || r->value[FIELD_WS_KEY].n != KEY_LEN || r->body > 0) {
		return 400;
	}
	return is_same_origin(r) ? 101 : 403;
}

void ws_put_accept(struct text *t, struct span key)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char text[KEY_LEN + sizeof(GUID)], out[(SHA1_SIZE + 2) / 3 * 4];
	uint8_t hash[SHA1_SIZE + 1];

	memcpy(text, key.p, KEY_LEN);
	memcpy(text + KEY_LEN, GUID, sizeof(GUID));
	sha1(text, sizeof(text) - 1, hash);
	hash[SHA1_SIZE] = 0;
	for (unsigned i = 0; i < sizeof(out); i++) {
		unsigned bit = i * 6, at = bit / 8;
		unsigned pair = (unsigned)hash[at] << 8 | (at < SHA1_SIZE ? hash[at + 1] : 0);

		out[i] = digits[pair >> (10 - bit % 8) & 63];
	}
	out[sizeof(out) - 1] = '=';
	text_str(t, "Sec-WebSocket-Accept: ");
	text_put(t, out, sizeof(out));
}

/* --- frames ---------------------------------------------------------------------------------- */

static bool is_control(enum ws_opcode opcode)
{
	return opcode >= WS_CLOSE;
}

static bool is_known(unsigned opcode)
{
	return opcode <= WS_BINARY || (opcode >= WS_CLOSE && opcode <= WS_PONG);
}

/* The length's own bytes behind the first two, or -1 for a length that is too great anyhow. */
static int length_bytes(unsigned char second)
{
	unsigned n = second & 127U;

	return n < 126 ? 0 : n == 126 ? 2 : -1;
}

int ws_read(struct ws_frame *f, char *p, size_t n)
{
	const unsigned char *u = (const unsigned char *)p;
	int extra;
	size_t head, len;

	if (n < 2) {
		return 0;
	}
	/* No extension was agreed on, and a client masks all that it sends. */
	if ((u[0] & 0x70) != 0 || (u[1] & 0x80) == 0 || !is_known(u[0] & 15)) {
		return -1002;
	}
	f->opcode = (enum ws_opcode)(u[0] & 15);
	f->last = (u[0] & 0x80) != 0;
	if (is_control(f->opcode) && (!f->last || (u[1] & 127) > CONTROL_MAX)) {
		return -1002;
	}
	extra = length_bytes(u[1]);
	if (extra < 0) {
		return -1009;
	}
	head = 2 + (size_t)extra + 4;
	if (n < head) {
		return 0;
	}
	len = extra == 2 ? (size_t)u[2] << 8 | u[3] : u[1] & 127U;
	if (len > WS_MESSAGE_MAX) {
		return -1009;
	}
	if (n < head + len) {
		return 0;
	}
	f->payload = p + head;
	f->n = len;
	for (size_t i = 0; i < len; i++) {
		f->payload[i] = (char)(f->payload[i] ^ p[head - 4 + i % 4]);
	}
	return (int)(head + len);
}

static size_t put_head(char *head, enum ws_opcode opcode, size_t n)
{
	head[0] = (char)(0x80U | opcode);
	if (n <= CONTROL_MAX) {
		head[1] = (char)n;
		return 2;
	}
	head[1] = 126;
	head[2] = (char)(n >> 8);
	head[3] = (char)n;
	return HEAD_MAX;
}

static void put(struct ws *w, enum ws_opcode opcode, const char *p, size_t n)
{
	char head[HEAD_MAX];

	conn_put(w->conn, head, put_head(head, opcode, n), p, n);
}

/* @status 0: none is said. @w may be gone afterwards. */
static void close_with(struct ws *w, int status)
{
	char reason[2] = { (char)(status >> 8), (char)status };
	struct conn *c = w->conn;

	put(w, WS_CLOSE, reason, status == 0 ? 0 : sizeof(reason));
	conn_end(c);
}

bool ws_send(struct ws *w, const char *p, size_t n)
{
	if (n > UINT16_MAX || conn_is_behind(w->conn)) {
		return false;
	}
	put(w, WS_TEXT, p, n);
	return true;
}

unsigned ws_broadcast(struct ws_channel *ch, const char *p, size_t n)
{
	unsigned missed = 0;

	/* Sending to one may end any other, for its memory. */
	ch->at = ch->clients;
	while (ch->at != NULL) {
		struct ws *w = ch->at;

		ch->at = w->next;
		missed += !ws_send(w, p, n);
	}
	return missed;
}

/* --- messages -------------------------------------------------------------------------------- */

/* Returns 0, or the status to close with. */
static int take_fragment(struct ws *w, const struct ws_frame *f)
{
	if ((f->opcode == WS_MORE) != w->in_message) {
		return 1002;
	}
	if (f->opcode == WS_BINARY) {
		return SUBTYPES_BAD;
	}
	if (f->last && !w->in_message) {
		if (w->channel->heard != NULL) {
			w->channel->heard(w, f->payload, f->n);
		}
		return 0;
	}
	if (w->message == NULL) {
		w->message = malloc(WS_MESSAGE_MAX);
	}
	if (w->message == NULL || w->len + f->n > WS_MESSAGE_MAX) {
		return 1009;
	}
	memcpy(w->message + w->len, f->payload, f->n);
	w->len += f->n;
	w->in_message = !f->last;
	if (f->last) {
		size_t len = w->len;

		w->len = 0;
		if (w->channel->heard != NULL) {
			w->channel->heard(w, w->message, len);
		}
	}
	return 0;
}

/* Returns 0, or the status to close with; -1: without one. */
static int take(struct ws *w, const struct ws_frame *f)
{
	switch (f->opcode) {
	case WS_PING:
		put(w, WS_PONG, f->payload, f->n);
		return 0;
	case WS_PONG:
		return 0;
	case WS_CLOSE:
		return f->n >= 2 ? 1000 : -1;
	default:
		return take_fragment(w, f);
	}
}

static size_t ws_consume(struct conn *c, void *state, char *p, size_t n)
{
	struct ws *w = state;
	struct ws_frame f;
	int used = ws_read(&f, p, n), status;

	(void)c;
	w->asked = false;
	if (used < 0) {
		close_with(w, -used);
		return n;
	}
	if (used > 0) {
		status = take(w, &f);
		if (status != 0) {
			close_with(w, status < 0 ? 0 : status);
			return n;
		}
	}
	return (size_t)used;
}

static void ws_quiet(struct conn *c, void *state)
{
	struct ws *w = state;

	if (w->asked) {
		conn_end(c);
		return;
	}
	w->asked = true;
	put(w, WS_PING, NULL, 0);
}

static void *ws_begin(struct conn *c, void *arg)
{
	struct ws_channel *ch = arg;
	struct ws *w = calloc(1, sizeof(*w));

	if (w == NULL) {
		return NULL;
	}
	*w = (struct ws){ .conn = c, .channel = ch, .next = ch->clients, .link = &ch->clients };
	if (w->next != NULL) {
		w->next->link = &w->next;
	}
	ch->clients = w;
	ch->count++;
	return w;
}

static void ws_begun(struct conn *c, void *state)
{
	struct ws *w = state;

	(void)c;
	if (w->channel->opened != NULL) {
		w->channel->opened(w);
	}
}

static void ws_ended(void *state)
{
	struct ws *w = state;

	if (w->channel->at == w) {
		w->channel->at = w->next;
	}
	*w->link = w->next;
	if (w->next != NULL) {
		w->next->link = w->link;
	}
	w->channel->count--;
	free(w->message);
	free(w);
}

const struct protocol ws_protocol = {
	.begin = ws_begin,
	.begun = ws_begun,
	.consume = ws_consume,
	.quiet = ws_quiet,
	.ended = ws_ended,
};
