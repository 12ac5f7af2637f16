/* SPDX-License-Identifier: MIT */
/* Sending signals: who takes one, and the queues in which they wait. */
#include "signals.h"

#include "event.h"
#include "libc.h"
#include "libc_thread.h"

#include <kernel/alloc.h>
#include <kernel/log.h>
#include <kernel/power.h>
#include <kernel/thread.h>
#include <limits.h>
#include <unistd.h>

#define QUEUE_MAX 1024 /* of sigqueue() and its like, in all */

const struct signal_hooks *signal_hooks;

void signals_use(void)
{
	static const struct signal_hooks hooks = { signals_end, signals_forget };

	if (signal_hooks == NULL) {
		event_users.signals = signals_deliver;
		event_users.restart = signals_restart;
		event_users.fault = signals_fault;
		event_users.overflow = signals_overflow;
		event_users.broken_pipe = signals_broken_pipe;
		event_users.abort = signals_abort;
		signal_hooks = &hooks;
		events_use();
	}
}

/* --- queues, under signals.lock ---------------------------------------------------------------- */

static void release(struct signal_entry *e)
{
	e->queued = false;
	if (!e->owned) {
		signals.entries--;
		kfree(e);
	}
}

/* @e NULL: the number alone. Takes @e unless it returns false: the signal waits already. */
static bool queue_add(struct signal_queue *q, int s, struct signal_entry *e)
{
	struct signal_entry **p = &q->first;

	if (s < SIGRTMIN && (q->set & signal_bit(s)) != 0) {
		return false;
	}
	q->set |= signal_bit(s);
	if (e != NULL) {
		while (*p != NULL) {
			p = &(*p)->next;
		}
		e->next = NULL;
		e->queued = true;
		*p = e;
	}
	return true;
}

static bool queue_has(const struct signal_queue *q, int s)
{
	const struct signal_entry *e = q->first;

	while (e != NULL && e->info.si_signo != s) {
		e = e->next;
	}
	return e != NULL;
}

/* The first entry of signal @s out of the queue, or NULL. */
static struct signal_entry *queue_take(struct signal_queue *q, int s)
{
	struct signal_entry **p = &q->first, *e;

	while (*p != NULL && (*p)->info.si_signo != s) {
		p = &(*p)->next;
	}
	e = *p;
	if (e != NULL) {
		*p = e->next;
	}
	if (!queue_has(q, s)) {
		q->set &= ~signal_bit(s);
	}
	return e;
}

static void queue_discard(struct signal_queue *q, int s)
{
	while ((q->set & signal_bit(s)) != 0) {
		struct signal_entry *e = queue_take(q, s);

		if (e != NULL) {
			release(e);
		}
	}
}

static int take_from(struct signal_queue *q, sigset_t set, siginfo_t *info)
{
	struct signal_entry *e;
	int s;

	if ((q->set & set) == 0) {
		return 0;
	}
	s = __builtin_ctzl(q->set & set) + 1;
	e = queue_take(q, s);
	if (e == NULL) {
		*info = (siginfo_t){ .si_signo = s, .si_code = SI_USER, .si_pid = getpid() };
		return s;
	}
	*info = e->info;
	info->si_overrun = e->overrun;
	e->last_overrun = e->overrun;
	e->overrun = 0;
	release(e);
	return s;
}

int signals_take(struct libc_thread *l, sigset_t set, siginfo_t *info)
{
	int s = take_from(&l->sig.pending, set, info);

	if (s == 0) {
		s = take_from(&signals.pending, set, info);
		if (s != 0) {
			signals_unpost_all();
		}
	}
	if (s != 0) {
		signals_post(l->thread);
	}
	return s;
}

/* --- threads, under signals.lock ---------------------------------------------------------------- */

static sigset_t mask_of(struct thread *t)
{
	struct libc_thread *l = libc_thread_peek(t);

	return l != NULL ? l->sig.mask : 0;
}

static bool takes_part(struct thread *t)
{
	struct libc_thread *l = libc_thread_peek(t);

	/* The kernel's own threads have no thread-local variables. */
	return t->tls != NULL && t->state != THREAD_DEAD && !(l != NULL && l->sig.ended);
}

static bool ready(struct thread *t)
{
	struct libc_thread *l = libc_thread_peek(t);
	sigset_t pending = signals.pending.set | (l != NULL ? l->sig.pending.set : 0);

	return (pending & ~mask_of(t)) != 0;
}

void signals_post(struct thread *t)
{
	bool is = (atomic_load_explicit(&t->events, memory_order_relaxed) & EVENT_SIGNAL) != 0;
	bool should = ready(t);

	if (should && !is) {
		thread_post(t, EVENT_SIGNAL);
	} else if (!should && is) {
		thread_unpost(t, EVENT_SIGNAL);
	}
}

static void unpost(struct thread *t, void *arg)
{
	(void)arg;
	if ((atomic_load_explicit(&t->events, memory_order_relaxed) & EVENT_SIGNAL) != 0) {
		signals_post(t);
	}
}

void signals_unpost_all(void)
{
	thread_for_each(unpost, NULL);
}

static void discard_of(struct thread *t, void *arg)
{
	struct libc_thread *l = libc_thread_peek(t);

	if (l != NULL) {
		queue_discard(&l->sig.pending, *(int *)arg);
	}
}

void signals_discard(int s)
{
	queue_discard(&signals.pending, s);
	thread_for_each(discard_of, &s);
	signals_unpost_all();
}

/* Who may take signal @s. */
struct search {
	int s;
	struct thread *waiter; /* sleeps in sigwait() for it */
	struct thread *open;   /* does not block it; the calling thread if possible */
};

static void consider(struct search *f, struct thread *t)
{
	struct libc_thread *l = libc_thread_peek(t);

	if (!takes_part(t)) {
		return;
	}
	if (l != NULL && l->sig.waiter != NULL && (l->sig.awaited & signal_bit(f->s)) != 0) {
		f->waiter = t;
	}
	if ((mask_of(t) & signal_bit(f->s)) == 0 && (f->open == NULL || t == thread_self())) {
		f->open = t;
	}
}

static void consider_each(struct thread *t, void *arg)
{
	consider(arg, t);
}

static void wake(struct thread *t)
{
	struct libc_thread *l = libc_thread_peek(t);
	struct waitq *q = l->sig.waiter;

	/* One signal for one wait: the next one looks for somebody else. */
	l->sig.waiter = NULL;
	spin_lock(&q->lock);
	waitq_wake_all(q);
	spin_unlock(&q->lock);
}

void signals_set_mask(struct libc_thread *l, sigset_t mask)
{
	sigset_t before = l->sig.mask, orphans;

	mask &= ~(signal_bit(SIGKILL) | signal_bit(SIGSTOP));
	l->sig.mask = mask;
	signals_post(l->thread);
	/* What it was to take for the process goes to somebody else. */
	orphans = signals.pending.set & mask & ~before;
	while (orphans != 0) {
		struct search f = { .s = __builtin_ctzl(orphans) + 1 };

		orphans &= orphans - 1;
		thread_for_each(consider_each, &f);
		if (f.open != NULL) {
			signals_post(f.open);
		}
	}
}

void signals_end(void)
{
	struct libc_thread *l = libc_thread(thread_self());
	irqstate_t state;

	if (l != NULL) {
		state = spin_lock_save(&signals.lock);
		l->sig.ended = true;
		signals_set_mask(l, ~(sigset_t)0);
		spin_unlock_restore(&signals.lock, state);
	}
}

void signals_forget(struct thread_signals *sig)
{
	irqstate_t state = spin_lock_save(&signals.lock);

	for (int s = 1; sig->pending.set != 0 && s < NSIG; s++) {
		queue_discard(&sig->pending, s);
	}
	spin_unlock_restore(&signals.lock, state);
}

/* --- sending ------------------------------------------------------------------------------------- */

void signal_end(int s)
{
	log_error("ended by signal %s, for which the program has no handler", signal_name(s));
	power_off(128 + s);
}

/* True: @e, if any, is queued or counted. signals.lock held. */
static bool send(struct thread *to, int s, struct signal_entry *e)
{
	struct libc_thread *l = to != NULL ? libc_thread_peek(to) : NULL;
	struct search f = { .s = s };

	if (s == SIGKILL) {
		signal_end(s);
	}
	if (to != NULL) {
		consider(&f, to);
	} else {
		thread_for_each(consider_each, &f);
	}
	/* What is blocked waits, whatever the disposition: that may change. */
	if (f.waiter == NULL && f.open != NULL) {
		if (signals.action[s].sa_handler == SIG_IGN ||
		    (!signal_handled(s) && signal_default_ignores(s))) {
			return false;
		}
		if (!signal_handled(s)) {
			signal_end(s);
		}
	}
	if (!queue_add(to != NULL ? &l->sig.pending : &signals.pending, s, e)) {
		return false;
	}
	if (f.waiter != NULL) {
		wake(f.waiter);
	} else if (f.open != NULL) {
		signals_post(f.open);
	}
	return true;
}

int signal_send(struct thread *t, const siginfo_t *info)
{
	bool must = info->si_code == SI_QUEUE || info->si_signo >= SIGRTMIN, sent;
	struct signal_entry *e;
	irqstate_t state;

	signals_use();
	if (!signal_valid(info->si_signo)) {
		return -EINVAL;
	}
	/* A record, so that it has a queue. */
	if (t != NULL && libc_thread(t) == NULL) {
		return -EAGAIN;
	}
	e = kmalloc(sizeof(*e));
	if (e == NULL && must) {
		return -EAGAIN;
	}
	if (e != NULL) {
		*e = (struct signal_entry){ .info = *info };
	}
	state = spin_lock_save(&signals.lock);
	if (must && signals.entries >= QUEUE_MAX) {
		spin_unlock_restore(&signals.lock, state);
		kfree(e);
		return -EAGAIN;
	}
	signals.entries += e != NULL;
	sent = send(t, info->si_signo, e);
	if (!sent && e != NULL) {
		release(e);
	}
	spin_unlock_restore(&signals.lock, state);
	signals_check();
	return 0;
}

void signal_send_owned(struct thread *t, struct signal_entry *e, unsigned missed)
{
	irqstate_t state = spin_lock_save(&signals.lock);
	unsigned sum;

	if (add_overflow((unsigned)e->overrun, missed, &sum) ||
	    add_overflow(sum, (unsigned)e->queued, &sum) || sum > INT_MAX) {
		sum = INT_MAX;
	}
	e->overrun = (int)sum;
	if (!e->queued && !send(t, e->info.si_signo, e)) {
		e->overrun = 0;
	}
	spin_unlock_restore(&signals.lock, state);
}

static void recall_from(struct signal_queue *q, struct signal_entry *e)
{
	struct signal_entry **p = &q->first;

	while (*p != NULL && *p != e) {
		p = &(*p)->next;
	}
	if (*p == e) {
		*p = e->next;
		if (!queue_has(q, e->info.si_signo)) {
			q->set &= ~signal_bit(e->info.si_signo);
		}
	}
}

void signal_recall(struct signal_entry *e)
{
	irqstate_t state = spin_lock_save(&signals.lock);

	if (e->queued) {
		recall_from(&signals.pending, e);
		e->queued = false;
		e->overrun = 0;
		signals_unpost_all();
	}
	spin_unlock_restore(&signals.lock, state);
}

/* --- calls --------------------------------------------------------------------------------------- */

static int send_to(struct thread *t, int s, int code, union sigval value)
{
	siginfo_t info = { .si_signo = s, .si_code = code, .si_pid = getpid(), .si_value = value };

	if (s == 0 || s == SIGSTOP) {
		return 0; /* SIGSTOP: nobody could continue it */
	}
	return signal_send(t, &info);
}

static bool is_us(pid_t pid)
{
	return pid == getpid() || pid == 0 || pid == -1 || pid == -getpid();
}

int kill(pid_t pid, int s)
{
	return is_us(pid) ? (int)result(send_to(NULL, s, SI_USER, (union sigval){ 0 }))
			  : fail(ESRCH);
}

int killpg(pid_t group, int s)
{
	return group < 0 ? fail(EINVAL) : kill(group, s);
}

int sigqueue(pid_t pid, int s, const union sigval value)
{
	return is_us(pid) ? (int)result(send_to(NULL, s, SI_QUEUE, value)) : fail(ESRCH);
}

int pthread_kill(pthread_t t, int s)
{
	return -send_to(t, s, SI_TKILL, (union sigval){ 0 });
}

int pthread_sigqueue(pthread_t t, int s, const union sigval value)
{
	return -send_to(t, s, SI_QUEUE, value);
}

int raise(int s)
{
	return (int)result(send_to(thread_self(), s, SI_TKILL, (union sigval){ 0 }));
}

void signals_broken_pipe(void)
{
	/* By default it would end a server for a client that went: EPIPE says enough. */
	if (signal_handled(SIGPIPE)) {
		raise(SIGPIPE);
	}
}
