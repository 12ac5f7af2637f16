/* SPDX-License-Identifier: MIT */
/* WebSockets, for pages that show what changes. Spec: RFC 6455. A channel is what all clients of one
 * path get; what a client says goes to the channel's owner. */
#pragma once

#include "conn.h"
#include "request.h"

/* Longest message that a client may send, all its fragments together. */
#define WS_MESSAGE_MAX 4096U

struct ws;

/* Belongs to the caller, for good; the route's `arg`. Zero but for the functions, which may be NULL. */
struct ws_channel {
	/* A client came: send it what it should know at once. */
	void (*opened)(struct ws *w);
	/* It said @n bytes of text, which is UTF-8 only if it is honest; borrowed. */
	void (*heard)(struct ws *w, const char *p, size_t n);
	struct ws *clients; /* (private) */
	struct ws *at;	    /* (private) who is next in a broadcast */
	unsigned count;	    /* of clients */
};

/* For a route's `upgrade`. */
extern const struct protocol ws_protocol;

/* Send a text message to one client, and to all of a channel. A client that still has not taken
 * earlier ones misses it: ws_broadcast() returns how many did, ws_send() false. */
bool ws_send(struct ws *w, const char *p, size_t n);
unsigned ws_broadcast(struct ws_channel *ch, const char *p, size_t n);

/* --- for the response, and for tests ---------------------------------------------------------- */

/* 101, or what a request that is to be upgraded is refused with. */
int ws_check(const struct request *r);
/* "Sec-WebSocket-Accept: ..." for the client's @key. */
void ws_put_accept(struct text *t, struct span key);

enum ws_opcode { WS_MORE, WS_TEXT, WS_BINARY, WS_CLOSE = 8, WS_PING, WS_PONG };

struct ws_frame {
	enum ws_opcode opcode;
	bool last;
	char *payload; /* in the text given, unmasked there */
	size_t n;
};

/* Read the frame of a client at @p. Returns the bytes it took, 0 if it is not all there, or minus the
 * status to close the connection with: 1002, 1009. */
int ws_read(struct ws_frame *f, char *p, size_t n);
