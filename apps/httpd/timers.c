/* SPDX-License-Identifier: MIT */
/* One list a kind. `due` is never later than the first expiry: starting a timer can only bring it
 * forward, and when it comes and nothing has expired it is worked out again. */
#include "timers.h"

#include "tick.h"

#include <limits.h>
#include <stddef.h>

#define NEVER UINT64_MAX

static const uint64_t limit_ms[TIMER_KINDS] = {
	[TIMER_IDLE] = 60000,  [TIMER_HEAD] = 10000,  [TIMER_BODY] = 10000, [TIMER_SEND] = 30000,
	[TIMER_LINGER] = 2000, [TIMER_QUIET] = 30000, [TIMER_ACCEPT] = 100,
};

static struct {
	struct timer *first[TIMER_KINDS], *last[TIMER_KINDS];
	uint64_t due;
} timers = { .due = NEVER };

static uint64_t end_of(const struct timer *t)
{
	return t->since + limit_ms[t->kind];
}

void timer_stop(struct timer *t)
{
	if (t->kind == TIMER_NONE) {
		return;
	}
	*(t->prev != NULL ? &t->prev->next : &timers.first[t->kind]) = t->next;
	*(t->next != NULL ? &t->next->prev : &timers.last[t->kind]) = t->prev;
	t->kind = TIMER_NONE;
}

void timer_start(struct timer *t, enum timer_kind kind)
{
	struct timer *last;

	timer_stop(t);
	last = timers.last[kind];
	*t = (struct timer){ .prev = last, .since = tick.ms, .kind = kind };
	*(last != NULL ? &last->next : &timers.first[kind]) = t;
	timers.last[kind] = t;
	if (end_of(t) < timers.due) {
		timers.due = end_of(t);
	}
}

struct timer *timer_oldest(enum timer_kind kind)
{
	return timers.first[kind];
}

struct timer *timers_expired(void)
{
	uint64_t due = NEVER;

	if (tick.ms < timers.due) {
		return NULL;
	}
	for (unsigned kind = TIMER_NONE + 1; kind < TIMER_KINDS; kind++) {
		struct timer *t = timers.first[kind];

		if (t != NULL && end_of(t) <= tick.ms) {
			return t;
		}
		if (t != NULL && end_of(t) < due) {
			due = end_of(t);
		}
	}
	timers.due = due;
	return NULL;
}

int timers_timeout(void)
{
	uint64_t left = timers.due <= tick.ms ? 0 : timers.due - tick.ms;

	return timers.due == NEVER ? -1 : left > INT_MAX ? INT_MAX : (int)left;
}
