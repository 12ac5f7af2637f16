/* SPDX-License-Identifier: MIT */
/* The first hardware watchdog, and its food. */
#include <drivers/watchdog.h>
#include <kernel/log.h>
#include <kernel/params.h>
#include <kernel/time.h>
#include <kernel/timer.h>

#define MEALS	    4U /* in the time that it waits */
#define SECONDS_MAX 3600UL

static struct {
	struct watchdog *w;
	struct timer timer;
} fed;

static void meal(struct timer *t)
{
	fed.w->ops->feed(fed.w);
	timer_start(t, time_after(fed.w->ns / MEALS));
}

void watchdog_register(struct watchdog *w)
{
	uint64_t ns = MIN(param_number("watchdog.hw", 0), SECONDS_MAX) * NS_PER_SEC;

	if (ns == 0 || fed.w != NULL) {
		return;
	}
	if (ns > w->max_ns) {
		log_warn("watchdog %s: waits for %u ms at most", w->name,
			 (unsigned)(w->max_ns / NS_PER_MS));
		ns = w->max_ns;
	}
	w->ns = ns;
	fed.w = w;
	timer_init(&fed.timer, meal);
	w->ops->start(w, ns);
	timer_start(&fed.timer, time_after(ns / MEALS));
	log_info("watchdog %s: resets the machine after %u ms without food", w->name,
		 (unsigned)(ns / NS_PER_MS));
}
