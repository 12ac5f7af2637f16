/* SPDX-License-Identifier: MIT */
/* mq_notify(): tell the program, once, that a message came to an empty queue. */
#include "mqueue.h"
#include "signals.h"

#include <kernel/alloc.h>
#include <kernel/sync.h>

/* A registration; it lives until what it sent has arrived. */
struct notice {
	struct notify notify;
	struct list link; /* in sent.all */
};

static struct {
	struct spinlock lock;
	struct list all; /* sent, maybe not yet arrived */
} sent = { SPINLOCK_INIT, LIST_INIT(sent.all) };

static struct notice *notice_of(struct notify *n)
{
	return container_of(n, struct notice, notify);
}

static void arrived(struct queue *q)
{
	struct notice *n = notice_of(q->notify);

	q->notify = NULL;
	q->notify_by = NULL;
	notify_send(&n->notify, 0);
	spin_lock(&sent.lock);
	list_add_tail(&sent.all, &n->link);
	spin_unlock(&sent.lock);
}

/* Free what has arrived. */
static void sweep(void)
{
	struct list done = LIST_INIT(done), *p, *next;
	irqstate_t s = spin_lock_save(&sent.lock);

	list_for_each_safe(p, next, &sent.all) {
		struct notice *n = list_entry(p, struct notice, link);

		if (!n->notify.entry.queued && n->notify.due == 0) {
			list_del(p);
			list_add(&done, p);
		}
	}
	spin_unlock_restore(&sent.lock, s);
	while ((p = list_pop(&done)) != NULL) {
		notify_end(&list_entry(p, struct notice, link)->notify);
		kfree(list_entry(p, struct notice, link));
	}
}

/* Take @f's registration away, if it has one. */
static void unregister(struct mq_file *f)
{
	struct queue *q = f->queue;
	irqstate_t s = spin_lock_save(&q->lock);
	struct notify *n = q->notify_by == f ? q->notify : NULL;

	if (n != NULL) {
		q->notify = NULL;
		q->notify_by = NULL;
	}
	spin_unlock_restore(&q->lock, s);
	if (n != NULL) {
		notify_end(n);
		kfree(notice_of(n));
	}
}

static int register_with(struct mq_file *f, const struct sigevent *event)
{
	struct notice *n = kzalloc(sizeof(*n));
	struct queue *q = f->queue;
	irqstate_t s;
	int r;

	if (n == NULL) {
		return -ENOMEM;
	}
	r = notify_init(&n->notify, event, SI_MESGQ);
	if (r == 0) {
		s = spin_lock_save(&q->lock);
		r = q->notify != NULL ? -EBUSY : 0;
		if (r == 0) {
			q->notify = &n->notify;
			q->notify_by = f;
		}
		spin_unlock_restore(&q->lock, s);
	}
	if (r != 0) {
		kfree(n);
	}
	return r;
}

int mq_notify(mqd_t d, const struct sigevent *event)
{
	static const struct mq_notices notices = { arrived, unregister, signals_check };
	struct mq_file *f = mq_get(d);
	int r = 0;

	if (f == NULL) {
		return fail(EBADF);
	}
	mq_notices = &notices;
	sweep();
	if (event != NULL) {
		r = register_with(f, event);
	} else {
		unregister(f);
	}
	fd_put(&f->file);
	return (int)result(r);
}
