/* SPDX-License-Identifier: MIT */
/* Contract: the WebSocket's handshake gives RFC 6455's own answer and refuses what it must; frames are
 * read whole or not at all, unmasked, and malformed ones are named; messages in fragments are put
 * together, pings answered; one client's end during a broadcast does not harm the others.
 * sources: apps/httpd/ws.c apps/httpd/sha1.c apps/httpd/text.c apps/httpd/request.c tests/unit/test.c tests/unit/host/kernel.c */
#include "../test.h"

#include "../../../apps/httpd/sha1.h"
#include "../../../apps/httpd/ws.h"

#include <stdlib.h>
#include <string.h>

#define SAMPLE_KEY "dGhlIHNhbXBsZSBub25jZQ=="

/* --- what the connection would do: the last bytes put, and who is closed by it */

struct conn {
	char sent[256];
	size_t n;
	unsigned puts;
	bool behind, ended;
	void *state;
	struct conn *victim; /* closed when something is sent here */
};

static void hang_up(struct conn *c)
{
	if (c->state != NULL) {
		ws_protocol.ended(c->state);
		c->state = NULL;
	}
}

void conn_put(struct conn *c, const char *head, size_t head_len, const char *body, size_t body_len)
{
	c->n = 0;
	c->puts++;
	if (head_len + body_len <= sizeof(c->sent)) {
		memcpy(c->sent, head, head_len);
		if (body_len > 0) {
			memcpy(c->sent + head_len, body, body_len);
		}
		c->n = head_len + body_len;
	}
	if (c->victim != NULL) {
		hang_up(c->victim);
	}
}

bool conn_is_behind(const struct conn *c)
{
	return c->behind;
}

void conn_end(struct conn *c)
{
	c->ended = true;
}

static void begin(struct conn *c, struct ws_channel *ch)
{
	*c = (struct conn){ .n = 0 };
	c->state = ws_protocol.begin(c, ch);
	CHECK(c->state != NULL);
	ws_protocol.begun(c, c->state);
}

/* --- handshake ------------------------------------------------------------------------------- */

static void test_sha1(void)
{
	static const uint8_t abc[] = { 0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81, 0x6a, 0xba, 0x3e,
				       0x25, 0x71, 0x78, 0x50, 0xc2, 0x6c, 0x9c, 0xd0, 0xd8, 0x9d };
	static const uint8_t two[] = { 0x84, 0x98, 0x3e, 0x44, 0x1c, 0x3b, 0xd2, 0x6e, 0xba, 0xae,
				       0x4a, 0xa1, 0xf9, 0x51, 0x29, 0xe5, 0xe5, 0x46, 0x70, 0xf1 };
	uint8_t out[SHA1_SIZE];

	sha1("abc", 3, out);
	CHECK(memcmp(out, abc, sizeof(out)) == 0);
	sha1("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, out);
	CHECK(memcmp(out, two, sizeof(out)) == 0);
}

static void test_accept(void)
{
	char buf[128];
	struct text t = text_in(buf, sizeof(buf) - 1);

	ws_put_accept(&t, (struct span){ SAMPLE_KEY, 24 });
	*t.at = '\0';
	CHECK_STR(buf, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static int checked(const char *fields)
{
	static _Alignas(8) char text[1024];
	const struct request *r;
	struct text t = text_in(text, sizeof(text) - REQUEST_SLACK);

	memset(text, 0, sizeof(text));
	text_str(&t, "GET /live HTTP/1.1\r\nHost: 10.0.0.7:8080\r\n");
	text_str(&t, fields);
	text_str(&t, "\r\n");
	CHECK_EQ(request_read(&r, text, text_len(&t)), (int)text_len(&t));
	return ws_check(r);
}

#define GOOD "Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
#define KEY  "Sec-WebSocket-Key: " SAMPLE_KEY "\r\n"
#define V13  "Sec-WebSocket-Version: 13\r\n"

static void test_upgrades(void)
{
	CHECK_EQ(checked(GOOD KEY V13), 101);
	CHECK_EQ(checked(GOOD KEY V13 "Origin: http://10.0.0.7:8080\r\n"), 101);
	CHECK_EQ(checked(GOOD KEY V13 "Origin: https://10.0.0.7:8080\r\n"), 101);
	CHECK_EQ(checked(GOOD KEY V13 "Origin: http://evil.example\r\n"), 403);
	CHECK_EQ(checked(GOOD KEY V13 "Origin: http://x10.0.0.7:8080\r\n"), 403);
	CHECK_EQ(checked(GOOD KEY V13 "Origin: null\r\n"), 403);
	CHECK_EQ(checked(""), 426);
	CHECK_EQ(checked("Upgrade: websocket\r\n" KEY V13), 426);
	CHECK_EQ(checked("Upgrade: h2c\r\nConnection: Upgrade\r\n" KEY V13), 426);
	CHECK_EQ(checked(GOOD KEY "Sec-WebSocket-Version: 8\r\n"), 426);
	CHECK_EQ(checked(GOOD KEY), 426);
	CHECK_EQ(checked(GOOD V13), 400);
	CHECK_EQ(checked(GOOD V13 "Sec-WebSocket-Key: c2hvcnQ=\r\n"), 400);
}

/* --- frames ---------------------------------------------------------------------------------- */

/* A client's frame of @n bytes of 'x', in memory of exactly its size. */
static char *frame(unsigned first, size_t n, size_t *len)
{
	size_t head = n < 126 ? 6 : 8;
	unsigned char *p = malloc(head + n);

	p[0] = (unsigned char)first;
	p[1] = (unsigned char)(0x80 | (n < 126 ? n : 126));
	if (head == 8) {
		p[2] = (unsigned char)(n >> 8);
		p[3] = (unsigned char)n;
	}
	memcpy(p + head - 4, "\x11\x22\x33\x44", 4);
	for (size_t i = 0; i < n; i++) {
		p[head + i] = (unsigned char)('x' ^ p[head - 4 + i % 4]);
	}
	*len = head + n;
	return (char *)p;
}

static void test_frames_of_all_lengths(void)
{
	static const size_t lengths[] = { 0, 1, 125, 126, 127, 4095, WS_MESSAGE_MAX };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		size_t n;
		char *p = frame(0x81, lengths[i], &n);
		struct ws_frame f;

		for (size_t part = 0; part < n; part += part < 16 ? 1 : 97) {
			CHECK_EQ(ws_read(&f, p, part), 0);
		}
		CHECK_EQ(ws_read(&f, p, n), (int)n);
		CHECK_EQ(f.opcode, WS_TEXT);
		CHECK_EQ(f.n, lengths[i]);
		CHECK(f.n == 0 || (f.payload[0] == 'x' && f.payload[f.n - 1] == 'x'));
		free(p);
	}
}

static int refusal(const char *bytes, size_t n)
{
	char buf[16] = { 0 };
	struct ws_frame f;

	memcpy(buf, bytes, n);
	return ws_read(&f, buf, n);
}

static void test_bad_frames(void)
{
	CHECK_EQ(refusal("\x81\x01x", 3), -1002);	     /* not masked */
	CHECK_EQ(refusal("\xc1\x80", 2), -1002);	     /* a reserved bit */
	CHECK_EQ(refusal("\x83\x80", 2), -1002);	     /* an unknown kind */
	CHECK_EQ(refusal("\x09\x80", 2), -1002);	     /* half a ping */
	CHECK_EQ(refusal("\x89\xfe\x00\x7e", 4), -1002);     /* a long ping */
	CHECK_EQ(refusal("\x81\xff", 2), -1009);	     /* 64-bit length */
	CHECK_EQ(refusal("\x81\xfe\x10\x01mask", 8), -1009); /* one too many */
}

/* --- messages -------------------------------------------------------------------------------- */

static char heard[WS_MESSAGE_MAX + 1];
static size_t heard_len;
static unsigned heard_count;

static void hear(struct ws *w, const char *p, size_t n)
{
	(void)w;
	memcpy(heard, p, n);
	heard_len = n;
	heard_count++;
}

static void greet(struct ws *w)
{
	ws_send(w, "hi", 2);
}

static size_t give(struct conn *c, unsigned first, size_t n)
{
	size_t len, used;
	char *p = frame(first, n, &len);

	used = ws_protocol.consume(c, c->state, p, len);
	CHECK_EQ(used, len);
	free(p);
	return used;
}

static void test_messages(void)
{
	struct ws_channel ch = { .heard = hear, .opened = greet };
	struct conn c;

	begin(&c, &ch);
	CHECK(c.n == 4 && memcmp(c.sent, "\x81\x02hi", 4) == 0);
	CHECK_EQ(ch.count, 1);
	heard_count = 0;
	give(&c, 0x81, 5);
	CHECK(heard_count == 1 && heard_len == 5);
	give(&c, 0x01, 2); /* three fragments, a ping between them */
	give(&c, 0x00, 3);
	give(&c, 0x89, 4);
	CHECK(c.n == 6 && memcmp(c.sent, "\x8a\x04xxxx", 6) == 0);
	give(&c, 0x80, 4);
	CHECK(heard_count == 2 && heard_len == 9);
	CHECK(!c.ended);
	give(&c, 0x88, 2);
	CHECK(c.ended && c.n == 4 && memcmp(c.sent, "\x88\x02\x03\xe8", 4) == 0);
	hang_up(&c);
	CHECK_EQ(ch.count, 0);
}

static void test_bad_messages(void)
{
	static const struct {
		unsigned first[2];
		size_t n;
		const char *close;
	} cases[] = {
		{ { 0x80, 0 }, 1, "\x88\x02\x03\xea" },			/* continues nothing */
		{ { 0x01, 0x81 }, 1, "\x88\x02\x03\xea" },		/* begins inside another */
		{ { 0x82, 0 }, 1, "\x88\x02\x03\xeb" },			/* binary */
		{ { 0x01, 0x80 }, WS_MESSAGE_MAX, "\x88\x02\x03\xf1" }, /* together too long */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ws_channel ch = { .heard = hear };
		struct conn c;

		begin(&c, &ch);
		give(&c, cases[i].first[0], cases[i].n);
		if (cases[i].first[1] != 0) {
			CHECK(!c.ended);
			give(&c, cases[i].first[1], cases[i].n);
		}
		CHECK(c.ended && c.n == 4 && memcmp(c.sent, cases[i].close, 4) == 0);
		hang_up(&c);
	}
}

static void test_quiet(void)
{
	struct ws_channel ch = { .count = 0 };
	struct conn c;

	begin(&c, &ch);
	ws_protocol.quiet(&c, c.state);
	CHECK(c.n == 2 && memcmp(c.sent, "\x89\x00", 2) == 0 && !c.ended);
	give(&c, 0x8a, 0);
	ws_protocol.quiet(&c, c.state);
	CHECK(!c.ended);
	ws_protocol.quiet(&c, c.state);
	CHECK(c.ended);
	hang_up(&c);
}

static void test_broadcast(void)
{
	struct ws_channel ch = { .count = 0 };
	struct conn c[4];
	static char large[70000];

	for (size_t i = 0; i < 4; i++) {
		begin(&c[i], &ch);
	}
	CHECK_EQ(ws_broadcast(&ch, "tick", 4), 0);
	for (size_t i = 0; i < 4; i++) {
		CHECK(c[i].n == 6 && memcmp(c[i].sent, "\x81\x04tick", 6) == 0);
	}
	c[1].behind = true;
	CHECK_EQ(ws_broadcast(&ch, large, 200), 1);
	CHECK(c[0].n == 204 && memcmp(c[0].sent, "\x81\x7e\x00\xc8", 4) == 0 && c[1].puts == 1);
	CHECK_EQ(ws_broadcast(&ch, large, sizeof(large)), 4);
	/* The newest is first in the list; the next one goes while it is served, then itself. */
	c[3].victim = &c[2];
	CHECK_EQ(ws_broadcast(&ch, "tick", 4), 1);
	CHECK_EQ(ch.count, 3);
	c[3].victim = &c[3];
	CHECK_EQ(ws_broadcast(&ch, "tick", 4), 1);
	CHECK_EQ(ch.count, 2);
	hang_up(&c[0]);
	hang_up(&c[1]);
	CHECK(ch.clients == NULL && ch.count == 0);
}

static const struct test tests[] = {
	{ "SHA-1", test_sha1 },
	{ "the answer to the RFC's sample key", test_accept },
	{ "who may upgrade", test_upgrades },
	{ "frames of all lengths", test_frames_of_all_lengths },
	{ "malformed frames are named", test_bad_frames },
	{ "messages, fragments, pings, the end", test_messages },
	{ "malformed messages end the connection", test_bad_messages },
	{ "a quiet client is asked, then dropped", test_quiet },
	{ "clients go during a broadcast", test_broadcast },
};

TEST_MAIN(tests)
