/* SPDX-License-Identifier: MIT */
/* What the files of the block layer share: private to fs/. */
#pragma once

#include <drivers/blkdev.h>
#include <kernel/poller.h>

/* A thread in blk_wait(), on its stack. */
struct blk_waiter {
	struct waiter w;
	struct blk_req *r;
	struct thread *thread;
	bool own; /* that thread itself found the request finished: nobody else knows of this */
};

/* blk_submit() by a thread that waits; @b may be NULL. */
void blk_queue(struct blkdev *d, struct blk_req *r, bool more, struct blk_waiter *b);
/* This thread leaves, others wait for requests of disk @d: see that an interrupt tells them. */
void blk_hand_over(struct blkdev *d);
/* All devices, struct blkdev.link; grows at the end, under blkdev_scan()'s mutex or at boot. */
extern struct list blkdevs;
/* Add the partition @p of @disk, whose first part the caller filled. Thread. */
void blkdev_add_part(struct blkdev *disk, struct blkdev *p);
