/* SPDX-License-Identifier: MIT */
/* POSIX timers: one kernel timer each, a sigevent when it is due. timer_t is the structure's address, looked
 * up in a list before it is believed. */
#include "timers.h"

#include "libc.h"

#include <kernel/time.h>
#include <limits.h>
#include <stdlib.h>

/* A shorter interval counts overruns: an interrupt each would leave no time for the program. */
#define STEP_MIN_NS (20 * NS_PER_US)

static struct {
	struct spinlock lock;
	struct posix_timer *first; /* guarded by lock */
} timers;

/* --- the mechanism ------------------------------------------------------------------------------- */

/* Wall time as monotonic time, never 0. */
static uint64_t from_wall(uint64_t wall)
{
	uint64_t now = time_wall();

	return wall <= now ? 1 : time_after(wall - now);
}

/* To the first due time after @now. Returns how many were missed before. Lock held. */
static unsigned advance(struct posix_timer *p, uint64_t now)
{
	uint64_t missed = (now - p->due) / p->interval, step = (missed + 1) * p->interval;

	p->due += step;
	p->wall += p->wall != 0 ? step : 0;
	return (unsigned)MIN(missed, (uint64_t)INT_MAX);
}

static void expired(struct timer *t)
{
	struct posix_timer *p = container_of(t, struct posix_timer, timer);
	uint64_t now = time_now();
	unsigned missed = 0;
	bool due;

	spin_lock(&timers.lock);
	due = p->due != 0 && p->due <= now;
	if (due && p->interval != 0) {
		missed = advance(p, now);
	} else if (due) {
		p->due = 0;
	}
	if (p->due != 0) {
		timer_start(&p->timer, MAX(p->due, now + STEP_MIN_NS));
	}
	spin_unlock(&timers.lock);
	if (due) {
		notify_send(&p->notify, missed);
	}
}

/* What is left, as timer_gettime() says it. Lock held. */
static void state_of(const struct posix_timer *p, struct posix_setting *now)
{
	uint64_t t = time_now();

	now->absolute = false;
	now->interval = p->interval;
	now->value = p->due == 0 ? 0 : p->due > t ? p->due - t : 1;
}

void posix_timer_init(struct posix_timer *p, clockid_t clock)
{
	p->clock = clock;
	timer_init(&p->timer, expired);
}

void posix_timer_get(struct posix_timer *p, struct posix_setting *now)
{
	irqstate_t s = spin_lock_save(&timers.lock);

	state_of(p, now);
	spin_unlock_restore(&timers.lock, s);
}

/* The wall clock was set: what is due at a time of its moves. */
static void wall_moved(void)
{
	irqstate_t s = spin_lock_save(&timers.lock);

	for (struct posix_timer *p = timers.first; p != NULL; p = p->next) {
		if (p->due != 0 && p->wall != 0) {
			p->due = from_wall(p->wall);
			timer_start(&p->timer, p->due);
		}
	}
	spin_unlock_restore(&timers.lock, s);
}

static void disarm(struct posix_timer *p, struct posix_setting *old)
{
	irqstate_t s = spin_lock_save(&timers.lock);

	if (old != NULL) {
		state_of(p, old);
	}
	p->due = 0;
	spin_unlock_restore(&timers.lock, s);
	/* Not under the lock, which expired() takes and this waits for. */
	timer_cancel(&p->timer);
}

void posix_timer_set(struct posix_timer *p, const struct posix_setting *new,
		     struct posix_setting *old)
{
	static struct time_watch watch = { .fn = wall_moved };
	bool wall = new->absolute && p->clock == CLOCK_REALTIME;
	irqstate_t s;

	disarm(p, old);
	if (new->value == 0) {
		return;
	}
	if (wall) {
		time_wall_watch(&watch);
	}
	s = spin_lock_save(&timers.lock);
	p->interval = new->interval;
	p->wall = wall ? new->value : 0;
	p->due = wall ? from_wall(new->value) : new->absolute ? new->value : time_after(new->value);
	timer_start(&p->timer, p->due);
	spin_unlock_restore(&timers.lock, s);
	signals_check();
}

/* --- calls --------------------------------------------------------------------------------------- */

static struct posix_timer *find(timer_t id)
{
	irqstate_t s = spin_lock_save(&timers.lock);
	struct posix_timer *p = timers.first;

	while (p != NULL && (timer_t)p != id) {
		p = p->next;
	}
	spin_unlock_restore(&timers.lock, s);
	return p;
}

int timer_create(clockid_t clock, struct sigevent *restrict event, timer_t *restrict id)
{
	struct posix_timer *p;
	irqstate_t s;
	int r;

	if (clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID) {
		return fail(ENOTSUP);
	}
	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME) {
		return fail(EINVAL);
	}
	p = calloc(1, sizeof(*p));
	if (p == NULL) {
		return fail(EAGAIN);
	}
	r = notify_init(&p->notify, event, SI_TIMER);
	if (r != 0) {
		free(p);
		return fail(-r);
	}
	if (event == NULL) {
		p->notify.entry.info.si_value.sival_ptr = p;
	}
	posix_timer_init(p, clock);
	s = spin_lock_save(&timers.lock);
	p->next = timers.first;
	timers.first = p;
	spin_unlock_restore(&timers.lock, s);
	*id = (timer_t)p;
	return 0;
}

int timer_delete(timer_t id)
{
	struct posix_timer *p = find(id), **link = &timers.first;
	irqstate_t s;

	if (p == NULL) {
		return fail(EINVAL);
	}
	disarm(p, NULL);
	s = spin_lock_save(&timers.lock);
	while (*link != NULL && *link != p) {
		link = &(*link)->next;
	}
	if (*link == p) {
		*link = p->next;
	}
	spin_unlock_restore(&timers.lock, s);
	notify_end(&p->notify);
	free(p);
	return 0;
}

static void to_itimerspec(const struct posix_setting *from, struct itimerspec *to)
{
	to->it_value = timespec_of(from->value);
	to->it_interval = timespec_of(from->interval);
}

int timer_settime(timer_t id, int flags, const struct itimerspec *restrict value,
		  struct itimerspec *restrict old)
{
	struct posix_timer *p = find(id);
	struct posix_setting new = { .absolute = (flags & TIMER_ABSTIME) != 0 }, before;

	if (p == NULL || timespec_ns(&value->it_value, &new.value) != 0 ||
	    timespec_ns(&value->it_interval, &new.interval) != 0) {
		return fail(EINVAL);
	}
	posix_timer_set(p, &new, &before);
	if (old != NULL) {
		to_itimerspec(&before, old);
	}
	return 0;
}

int timer_gettime(timer_t id, struct itimerspec *value)
{
	struct posix_timer *p = find(id);
	struct posix_setting now;

	if (p == NULL) {
		return fail(EINVAL);
	}
	posix_timer_get(p, &now);
	to_itimerspec(&now, value);
	return 0;
}

int timer_getoverrun(timer_t id)
{
	const struct posix_timer *p = find(id);

	return p == NULL ? fail(EINVAL) : p->notify.entry.last_overrun;
}
