/* SPDX-License-Identifier: MIT */
/* Connections: bytes in, requests out of them, replies back. One thread, nothing blocks. A
 * connection has memory of its own only for half a request or half a reply. */
#pragma once

#include "timers.h"

#include <stdbool.h>
#include <stddef.h>

struct conn;

/* @epoll: the set that connections add themselves to, each with its struct conn as data.ptr. */
void conn_init(int epoll);
/* Takes @fd, which does not block. Returns 0, or -1 for no memory: @fd is then closed. */
int conn_open(int fd);
/* What epoll reports about @c; nothing if it was closed earlier in the round. */
void conn_event(struct conn *c, uint32_t events);
/* Its timer @t, of any kind but TIMER_ACCEPT, has expired. */
void conn_expire(struct timer *t);
/* Close the connection that can best be spared, for its descriptor. false: all are busy. */
bool conn_evict(void);
/* After each round: free what was closed in it. Events of the same round may point there. */
void conn_bury(void);
/* Has a client that may do so asked for the end of the program, and got its answer? */
bool conn_power_off(void);
