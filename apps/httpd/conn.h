/* SPDX-License-Identifier: MIT */
/* Connections: bytes in, requests out of them, replies back. One thread, nothing blocks. A
 * connection has memory of its own only for half a request or half a reply. */
#pragma once

#include "timers.h"

#include <stdbool.h>
#include <stddef.h>

struct conn;

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
