/* SPDX-License-Identifier: MIT */
/* The power key asks the program to end: by SIGTERM if it takes that, else by an end like exit(0)'s without its
 * handlers, which are another thread's. A second press does not ask. */
#include "libc_thread.h"
#include "signals.h"

#include <kernel/device.h>
#include <kernel/log.h>
#include <kernel/power_key.h>
#include <kernel/thread.h>
#include <unistd.h>

static bool asked;

static void look(struct thread *t, void *arg)
{
	const struct libc_thread *l = libc_thread_peek(t);

	if (l != NULL && l->sig.waiter != NULL && (l->sig.awaited & signal_bit(SIGTERM)) != 0) {
		*(bool *)arg = true;
	}
}

/* A handler, or a thread in sigwait(). */
static bool program_takes_it(void)
{
	irqstate_t state = spin_lock_save(&signals.lock);
	bool takes = signal_handled(SIGTERM);

	thread_for_each(look, &takes);
	spin_unlock_restore(&signals.lock, state);
	return takes;
}

static void pressed(void)
{
	siginfo_t info = { .si_signo = SIGTERM, .si_code = SI_KERNEL };

	if (!asked && program_takes_it() && signal_send(NULL, &info) == 0) {
		asked = true;
		return;
	}
	log_notice("power key: the machine is switched off");
	_exit(0);
}

static int power_key_probe(struct device *dev, const struct dt_match *m)
{
	(void)dev;
	(void)m;
	power_key_listen(pressed);
	return 0;
}

DRIVER(STAGE_SERVICE, power_key, NULL, power_key_probe);
