/* SPDX-License-Identifier: MIT */
/* Class of block devices: requests of sectors. Caches and file systems are above (fs/), registers below.
 * A request is the caller's memory, its pieces go to the device as they are, and as many can be on
 * their way as the device has room for; the rest wait in order. Numbers from a device are checked once,
 * by blkdev_register() or by its driver. */
#pragma once

#include <kernel/list.h>
#include <kernel/sync.h>
#include <kernel/types.h>
#include <stdatomic.h>
#include <sys/uio.h>

#define BLK_SECTOR     512U
#define BLK_PENDING    1 /* status of a request on its way */
#define BLK_MAX_PIECES 64U

enum blk_op { BLK_READ, BLK_WRITE, BLK_FLUSH, BLK_DISCARD, BLK_ZERO };

struct blkdev;

/* Lent to the device from blk_submit() until done(). */
struct blk_req {
	enum blk_op op;
	uint64_t sector; /* the first; 0 for a flush */
	uint64_t count;	 /* sectors; 0 for a flush */
	/* READ and WRITE: memory of count sectors in all. Each piece has a length that is a multiple of
	 * BLK_SECTOR, at any address. At most BLK_MAX_PIECES, and dev->max_pieces. */
	const struct iovec *iov;
	unsigned n;
	/* The device has finished with it, status is set. Thread context, dev's lock held: may take
	 * spinlocks and wake, but not sleep, and submit nothing. NULL: blk_wait() alone will look. */
	void (*done)(struct blk_req *r);
	/* BLK_PENDING, then 0 or: -EIO the device failed it, -EROFS, -EOPNOTSUPP, -EINVAL (outside the device,
	 * or against the rules above), -ETIMEDOUT, -ENODEV the device is gone. Release order. */
	_Atomic int status;
	void *owner;		 /* the submitter's */
	struct blkdev *dev;	 /* (private) the disk it went to */
	uint64_t at;		 /* (private) its first sector there: what a driver reads */
	struct list link;	 /* (private) waits for room, or is on its way */
	uint64_t since;		 /* (private) when the device got it */
	void *waiter;		 /* (private) blk_wait()'s, under dev's lock */
	uint64_t driver_room[6]; /* (private) the driver's; shared with the device */
};

struct blkdev_ops {
	/* Queue it; never blocks, and not yet visible to the device. 0, -EBUSY (no room: it is tried again after the next
	 * completion), or an error that ends the request. Lock held. */
	int (*submit)(struct blkdev *d, struct blk_req *r);
	/* One doorbell for what submit() queued; nothing if nothing was. Lock held. */
	void (*kick)(struct blkdev *d);
	/* Give finished requests to blkdev_done(); true if there were any. Lock held. */
	bool (*poll)(struct blkdev *d);
	/* Switch the interrupt on; true if work is already there. The handler switches it off. Lock held. */
	bool (*irq)(struct blkdev *d);
	/* Stop the device for good, so that it no longer touches the memory of requests. Lock held. */
	void (*stop)(struct blkdev *d);
};

/* Embedded in the driver's structure; the driver fills the first part and calls blkdev_register(). */
struct blkdev {
	const struct blkdev_ops *ops; /* a partition has its disk's */
	const char *node;	      /* of the driver's device, for messages */
	uint64_t sectors;	      /* of BLK_SECTOR bytes */
	uint32_t
		block_size; /* logical: requests begin and end on it; a power of two, 512 to 4096 */
	uint32_t physical_size;		/* what it writes at once; >= block_size */
	uint32_t max_pieces;		/* of a request */
	uint32_t max_piece;		/* bytes */
	uint64_t max_discard, max_zero; /* sectors of one request; 0: the device cannot */
	bool read_only;
	bool volatile_cache; /* what was written is safe only after a flush */
	char serial[21];     /* terminated, "" when it has none */
	char name
		[16]; /* "nvme0n1"; "": blkdev_register() makes it "vda". A partition's: "vda1", "nvme0n1p1" */

	/* --- (the rest is fs/block.c's) --- */
	struct blkdev *disk;		      /* whose part this is; of a disk itself */
	uint64_t first;			      /* sector on the disk */
	char part_label[37 * 3];	      /* GPT's name as UTF-8, "" without */
	uint8_t part_type[16], part_uuid[16]; /* as on the disk; MBR: zeros */
	uint32_t part_disk_id;		      /* MBR's signature of the disk; 0: none */
	unsigned part_number;		      /* 0: a disk */
	struct list link;		      /* of all, in the order of discovery */
	struct blkdev *next_disk;
	struct mutex lock; /* of a disk: the ring and the lists below */
	struct list waiting, running;
	_Atomic unsigned in_flight; /* length of running */
	_Atomic unsigned waiters;   /* threads in blk_wait() */
	_Atomic bool irq_on;	    /* asked for, and nothing came since */
	_Atomic unsigned events;    /* happened in any context, for the next poll */
	_Atomic uint64_t resized;   /* the capacity that one of them tells */
	bool late;		    /* the first in running was over its time at the last look */
	bool gone;		    /* every request fails with -ENODEV */
	bool scanned;		    /* for partitions */
	void *cache;		    /* fs/cache.c's */
	uint64_t quiet_until[5];    /* by enum blk_op: its next error is logged from then on */
	/* Counters, written under the lock. */
	uint64_t reads, writes, read_sectors, written_sectors, flushes, discards, errors, timeouts;
};

/* --- for drivers (fs/block.c) --------------------------------------------------------------------- */

/* Boot or thread. @d stays for good. Returns 0, -EINVAL (its numbers make no sense, logged), -ENOMEM. */
int blkdev_register(struct blkdev *d);
/* @r is finished. Lock held. */
void blkdev_done(struct blkdev *d, struct blk_req *r, int status);
/* There is work: interrupt handler. Any context. */
void blkdev_kick(struct blkdev *d);
/* The capacity is now @sectors; 0: the medium is gone. Any context. */
void blkdev_resized(struct blkdev *d, uint64_t sectors);
/* The device broke: all that is on its way fails with -ENODEV, and all that comes. Any context. */
void blkdev_gone(struct blkdev *d);

/* --- for what uses them ------------------------------------------------------------------------- */

/* After @d, or the first for NULL, disks and their partitions, in the order of discovery; NULL at the end. Thread. */
struct blkdev *blkdev_next(struct blkdev *d);
/* "vda", "vda1", "/dev/vda1", "PARTLABEL=data", "PARTUUID=...", "SERIAL=..."; NULL: none. Looks for partitions
 * of disks that were not looked at yet. Thread; may sleep. */
struct blkdev *blkdev_find(const char *name);
/* Read the partition tables of all disks not scanned yet. Thread; may sleep. */
void blkdev_scan(void);

/* Queue @r for @d, a disk or a partition; done() may run before this returns. The doorbell is rung unless
 * @more requests follow at once. Thread; takes the disk's lock. */
void blk_submit(struct blkdev *d, struct blk_req *r, bool more);
/* Sleep until @r is finished, doing device work meanwhile. Returns its status. Thread. */
int blk_wait(struct blk_req *r);
/* Submit and wait. For a run of memory: */
int blk_rw(struct blkdev *d, enum blk_op op, uint64_t sector, void *buf, size_t bytes);
/* All that was written (and finished) before is on the medium. 0 at once where the device has no volatile cache. */
int blk_flush(struct blkdev *d);
/* The content of these sectors does not matter any more / is zeros. -EOPNOTSUPP where the device cannot. */
int blk_discard(struct blkdev *d, uint64_t sector, uint64_t count);
int blk_zero(struct blkdev *d, uint64_t sector, uint64_t count);
