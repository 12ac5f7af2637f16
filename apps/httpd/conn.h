/* SPDX-License-Identifier: MIT */
/* Connections: bytes in, requests out of them, replies back. One thread, nothing blocks. A
 * connection has memory of its own only for half a request or half a reply. */
#pragma once

#include "timers.h"

#include <stdbool.h>
#include <stddef.h>

struct conn;
struct request;

/* What a connection speaks after an upgrade from HTTP. */
struct protocol {
	/* It begins; @arg as in the reply. Returns its state, for the rest; NULL: no memory. */
	void *(*begin)(struct conn *c, void *arg);
	/* And now it may send. */
	void (*begun)(struct conn *c, void *state);
	/* Take what is complete of the @n bytes at @p, which may be changed. Returns how many bytes that
	 * were, 0 if more are needed. */
	size_t (*consume)(struct conn *c, void *state, char *p, size_t n);
	/* Nothing came for a while. May conn_put() or conn_end(). */
	void (*quiet)(struct conn *c, void *state);
	/* The connection is gone; free the state. */
	void (*ended)(void *state);
};

/* A request that a service answers later. Embedded in what the service makes of it. */
struct exchange {
	struct conn *conn; /* NULL: it is gone */
	bool close;	   /* the connection ends after the answer: say so in its head */
	bool refused;	   /* set by begin(): the body is not wanted */
};

/* An app that takes bodies, and answers what came in one turn of the loop together. */
struct service {
	/* Is @r, which is borrowed, for it? Then *@x is what it makes of it; NULL: there is no memory. @close: the
	 * connection will end. */
	bool (*begin)(struct conn *c, const struct request *r, bool close, struct exchange **x);
	/* The next @n bytes of the body; borrowed. */
	void (*body)(struct exchange *x, const char *p, size_t n);
	/* All of it is there (or it is refused): conn_answer() is due. */
	void (*complete)(struct exchange *x);
	/* The connection is gone before its answer, and so is what points to it. */
	void (*gone)(struct exchange *x);
	/* At the end of each turn; true: there is more to do, do not sleep. */
	bool (*turn)(void);
};

void conn_serve(const struct service *service);
/* Answer @x, whose connection goes on: @x is the service's again. What the client does not take at once is copied. */
void conn_answer(struct exchange *x, const char *head, size_t head_len, const char *body,
		 size_t body_len);
/* For the loop: the service's turn(). */
bool conn_turn(void);

/* @epoll: the set that connections add themselves to, each with its struct conn as data.ptr. */
void conn_init(int epoll);
/* Takes @fd, which does not block. Returns 0, or -1 for no memory: @fd is then closed. */
int conn_open(int fd);
/* The same in a server of HTTPS, for a client that did not come by TLS: it is sent there. */
int conn_open_plain(int fd);
/* What epoll reports about @c; nothing if it was closed earlier in the round. */
void conn_event(struct conn *c, uint32_t events);
/* Its timer @t, of any kind but TIMER_ACCEPT, has expired. */
void conn_expire(struct timer *t);
/* Close the connection that can best be spared, for its descriptor. false: all are busy. */
bool conn_evict(void);
/* Send two pieces in a row, from inside or outside of its protocol's calls. @c may be closed by that:
 * the protocol's ended() was called then. What the client does not take yet is copied and kept. */
void conn_put(struct conn *c, const char *head, size_t head_len, const char *body, size_t body_len);
/* Is there still something that the client did not take? */
bool conn_is_behind(const struct conn *c);
/* Send what is kept, then end the connection. */
void conn_end(struct conn *c);
/* After each round: free what was closed in it. Events of the same round may point there. */
void conn_bury(void);
/* Has a client that may do so asked for the end of the program, and got its answer? */
bool conn_power_off(void);
