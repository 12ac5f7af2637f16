/* SPDX-License-Identifier: MIT */
/* Message queues: what mqueue.c and mq_notify.c share. */
#pragma once

#include "libc.h"

#include <kernel/list.h>
#include <kernel/spinlock.h>
#include <mqueue.h>

struct notify;

struct message {
	struct list link; /* in queue.messages */
	size_t size;
	unsigned prio;
	char data[];
};

struct queue {
	struct list link;      /* in the list of all; of a mutex, like name, opened, unlinked */
	char *name;	       /* without the slash; behind this structure */
	unsigned opened;       /* files */
	bool unlinked;	       /* gone with its last file */
	struct spinlock lock;  /* guards what follows, and the readiness of the files */
	struct list files;     /* struct mq_file.link */
	struct list messages;  /* highest priority first, then oldest */
	long count, max, size; /* messages: now, at most, bytes in one at most */
	unsigned receiving;    /* threads that wait for one */
	struct notify *notify; /* to be told; NULL: nobody */
	struct mq_file *notify_by;
};

/* An open queue. */
struct mq_file {
	struct file file; /* first */
	struct queue *queue;
	struct list link;
};

/* The file behind @d, with a reference for fd_put(). NULL: it is no message queue. */
struct mq_file *mq_get(mqd_t d);

/* mq_notify.c's, NULL until it is used: a message came to an empty queue (q->lock held); @f goes;
 * anything after the locks are released; the queue goes. */
extern const struct mq_notices {
	void (*arrived)(struct queue *q);
	void (*close)(struct mq_file *f);
	void (*check)(void);
} * mq_notices;
