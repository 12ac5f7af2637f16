/* SPDX-License-Identifier: MIT */
/* Presses of the power key, from an interrupt to a thread. */
#include <kernel/log.h>
#include <kernel/power_key.h>
#include <kernel/sync.h>
#include <kernel/thread.h>

static struct {
	struct semaphore presses;
	void (*fn)(void);
} key;

void power_key_pressed(void)
{
	if (key.fn != NULL && sem_count(&key.presses) == 0) {
		(void)sem_up(&key.presses);
	}
}

static void *listen(void *arg)
{
	for (;;) {
		if (sem_down(&key.presses, TIME_NEVER) == 0) {
			log_notice("power key: pressed");
			key.fn();
		}
	}
	return arg;
}

void power_key_listen(void (*fn)(void))
{
	static const struct thread_attr attr = { .name = "power key",
						 .detached = true,
						 .kernel = true };

	sem_init_count(&key.presses, 0);
	if (thread_create(&attr, listen, NULL) == NULL) {
		log_error("power key: no memory for its thread");
		return;
	}
	key.fn = fn;
}
