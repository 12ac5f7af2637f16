/* SPDX-License-Identifier: MIT */
/* struct sigevent: a signal, a thread, or nothing. Threads are started by a helper thread, which is made
 * with the first SIGEV_THREAD; every notification has a thread of its own, as POSIX says. */
#include "libc.h"
#include "signals.h"

#include <kernel/wait.h>
#include <pthread.h>
#include <stdlib.h>

#define HELPER_STACK 16384
#define DUE_MAX	     64 /* threads of one event that wait to be started; more are overruns */

static struct {
	struct waitq q;
	struct notify *first; /* whose due > 0; guarded by q.lock, like the rest */
	bool started;
} helper = { .q = WAITQ_INIT(helper.q) };

struct start {
	void (*fn)(union sigval);
	union sigval value;
};

static void *run(void *arg)
{
	struct start s = *(struct start *)arg;

	free(arg);
	s.fn(s.value);
	return NULL;
}

/* Where there is no memory for a thread the helper itself lends its own: better than silence. */
static void start(const struct sigevent *ev, const pthread_attr_t *attr)
{
	struct start *s = malloc(sizeof(*s));
	pthread_t t;

	if (s != NULL) {
		s->fn = ev->sigev_notify_function;
		s->value = ev->sigev_value;
		if (pthread_create(&t, attr, run, s) == 0) {
			return;
		}
		free(s);
	}
	ev->sigev_notify_function(ev->sigev_value);
}

static void *work(void *arg)
{
	irqstate_t s = spin_lock_save(&helper.q.lock);

	for (;;) {
		struct notify *n = helper.first;
		struct sigevent ev;
		pthread_attr_t attr;

		if (n == NULL) {
			waitq_wait(&helper.q, TIME_NEVER);
			continue;
		}
		/* Copies: the function may end what it is told about. */
		ev = n->event;
		attr = n->attr;
		if (--n->due == 0) {
			helper.first = n->next;
		}
		spin_unlock_restore(&helper.q.lock, s);
		start(&ev, &attr);
		s = spin_lock_save(&helper.q.lock);
	}
	return arg;
}

static int start_helper(void)
{
	sigset_t all, old;
	pthread_attr_t a;
	pthread_t t;
	irqstate_t s = spin_lock_save(&helper.q.lock);
	bool first = !helper.started;
	int r;

	helper.started = true;
	spin_unlock_restore(&helper.q.lock, s);
	if (!first) {
		return 0;
	}
	/* It and the threads it starts take no signals. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, HELPER_STACK);
	pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED);
	r = pthread_create(&t, &a, work, NULL);
	helper.started = r == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -r;
}

static int init_thread(struct notify *n)
{
	int r = n->event.sigev_notify_function != NULL ? start_helper() : -EINVAL;

	if (r != 0) {
		return r;
	}
	if (n->event.sigev_notify_attributes != NULL) {
		n->attr = *n->event.sigev_notify_attributes;
	} else {
		pthread_attr_init(&n->attr);
	}
	return -pthread_attr_setdetachstate(&n->attr, PTHREAD_CREATE_DETACHED);
}

int notify_init(struct notify *n, const struct sigevent *event, int code)
{
	*n = (struct notify){ .event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM } };
	if (event != NULL) {
		n->event = *event;
	}
	switch (n->event.sigev_notify) {
	case SIGEV_NONE:
		return 0;
	case SIGEV_SIGNAL:
		if (!signal_valid(n->event.sigev_signo)) {
			return -EINVAL;
		}
		signals_use();
		n->entry = (struct signal_entry){ .owned = true };
		n->entry.info = (siginfo_t){ .si_signo = n->event.sigev_signo,
					     .si_code = code,
					     .si_value = n->event.sigev_value };
		return 0;
	case SIGEV_THREAD:
		return init_thread(n);
	default:
		return -EINVAL;
	}
}

static void queue_thread(struct notify *n)
{
	irqstate_t s = spin_lock_save(&helper.q.lock);
	struct notify **p = &helper.first;

	if (n->due == DUE_MAX) {
		n->entry.last_overrun++;
	} else if (n->due++ == 0) {
		while (*p != NULL) {
			p = &(*p)->next;
		}
		n->next = NULL;
		*p = n;
		waitq_wake_one(&helper.q);
	}
	spin_unlock_restore(&helper.q.lock, s);
}

void notify_send(struct notify *n, unsigned missed)
{
	if (n->event.sigev_notify == SIGEV_SIGNAL) {
		signal_send_owned(NULL, &n->entry, missed);
	} else if (n->event.sigev_notify == SIGEV_THREAD) {
		queue_thread(n);
	}
}

void notify_end(struct notify *n)
{
	struct notify **p = &helper.first;
	irqstate_t s;

	if (n->event.sigev_notify == SIGEV_SIGNAL) {
		signal_recall(&n->entry);
		return;
	}
	s = spin_lock_save(&helper.q.lock);
	n->due = 0;
	while (*p != NULL && *p != n) {
		p = &(*p)->next;
	}
	if (*p == n) {
		*p = n->next;
	}
	spin_unlock_restore(&helper.q.lock, s);
}
