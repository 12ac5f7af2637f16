/* SPDX-License-Identifier: MIT */
/* Timeouts. All timers of a kind run for the same time, so each kind is a list in the order of
 * starting: every operation takes constant time, and the oldest is always at hand. */
#pragma once

#include <stdint.h>

enum timer_kind {
	TIMER_NONE,   /* not running */
	TIMER_IDLE,   /* waiting for a request to begin */
	TIMER_HEAD,   /* for the rest of a request's head; progress does not prolong it */
	TIMER_BODY,   /* for a body that is thrown away; likewise */
	TIMER_SEND,   /* for the client to take what is sent, since it last took some */
	TIMER_LINGER, /* for the client to close, after we did */
	TIMER_QUIET,  /* of a connection that was upgraded: nothing came from it */
	TIMER_ACCEPT, /* the pause after running out of descriptors or memory */
	TIMER_KINDS,
};

/* Embedded in its owner, which names it by kind when it expires. Zero is a stopped timer. */
struct timer {
	struct timer *next, *prev; /* (private) */
	uint64_t since;		   /* tick.ms when it was started */
	enum timer_kind kind;
};

/* Start it from now, whether or not it ran before. */
void timer_start(struct timer *t, enum timer_kind kind);
void timer_stop(struct timer *t);
/* The one of its kind that runs longest, or NULL. */
struct timer *timer_oldest(enum timer_kind kind);
/* One that has expired, or NULL. The caller must stop or start it before it asks again. */
struct timer *timers_expired(void);
/* For epoll_wait(): milliseconds until the next may expire, -1 for never. */
int timers_timeout(void);
