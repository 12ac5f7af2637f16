/* SPDX-License-Identifier: MIT */
/* Core of the block devices: from blk_submit() to a driver's ring and back. What is on its way is in
 * disk->running in the order it was queued, what found no room in disk->waiting. Completions are found by
 * whoever waits (kernel/poller.h), never in an interrupt. A request that a device keeps for longer than
 * `blk.timeout=` seconds ends that device: no caller hangs. */
#include "blkcore.h"

#include <errno.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <kernel/params.h>
#include <kernel/thread.h>
#include <kernel/time.h>
#include <kernel/timer.h>
#include <string.h>

#define TIMEOUT_S    30
#define QUIET_NS     (60 * NS_PER_SEC) /* between two messages of one kind */
#define SECTORS_MAX  (1ULL << 54)      /* bytes fit into 63 bits */
#define EVENT_RESIZE 1U
#define EVENT_GONE   2U

static struct {
	struct poller poller;
	struct timer timer;    /* runs while anything is on its way, and once after that */
	uint64_t timeout;      /* ns */
	_Atomic bool look;     /* the timer fired: look for what is late */
	unsigned count, named; /* disks; those whose drivers have no names for them */
	/* By struct blkdev.next_disk; grows at its head, so that pollers need no lock for it. */
	struct blkdev *_Atomic disks;
} blk;

struct list blkdevs = LIST_INIT(blkdevs);

static struct blkdev *first_disk(void)
{
	return atomic_load_explicit(&blk.disks, memory_order_acquire);
}

static const char *const op_names[] = { "read", "write", "flush", "discard", "zero" };

/* --- the end of a request ----------------------------------------------------------------------- */

/* What a device answers; the rest was the submitter's, or was said already. */
static bool is_fault(int status)
{
	return status == -EIO || status == -EOPNOTSUPP;
}

static void log_fault(struct blkdev *d, const struct blk_req *r, int status)
{
	uint64_t now = time_now();

	d->errors++;
	if (now < d->quiet_until[r->op]) {
		return;
	}
	d->quiet_until[r->op] = now + QUIET_NS;
	log_error("blk %s: %s of %lu sectors at %lu: error %d", d->name, op_names[r->op], r->count,
		  r->at, status);
}

/* @r belongs to the submitter again from the moment its status is seen: with a done() once that was called, with
 * a waiter once the lock is free. Lock held. */
static void finish(struct blk_req *r, int status)
{
	void (*done)(struct blk_req *) = r->done;
	struct blk_waiter *b = r->waiter;

	atomic_store_explicit(&r->status, status, memory_order_release);
	if (done != NULL) {
		done(r);
	}
	if (b == NULL) {
		return;
	}
	if (b->thread == thread_self()) {
		b->own = true;
	} else {
		waiter_wake(&b->w);
	}
}

void blkdev_done(struct blkdev *d, struct blk_req *r, int status)
{
	list_del(&r->link);
	atomic_fetch_sub_explicit(&d->in_flight, 1, memory_order_relaxed);
	d->late = false;
	if (is_fault(status)) {
		log_fault(d, r, status);
	}
	finish(r, status);
}

/* --- the way to the device ---------------------------------------------------------------------- */

static void started(struct blkdev *d, struct blk_req *r)
{
	r->since = time_now();
	list_add_tail(&d->running, &r->link);
	atomic_fetch_add_explicit(&d->in_flight, 1, memory_order_relaxed);
	if (!timer_pending(&blk.timer)) {
		timer_start(&blk.timer, r->since + blk.timeout);
	}
	switch (r->op) {
	case BLK_READ:
		d->reads++;
		d->read_sectors += r->count;
		break;
	case BLK_WRITE:
		d->writes++;
		d->written_sectors += r->count;
		break;
	case BLK_FLUSH:
		d->flushes++;
		break;
	default:
		d->discards++;
	}
}

/* Returns false if it has to wait. */
static bool start(struct blkdev *d, struct blk_req *r)
{
	int status = d->gone ? -ENODEV : d->ops->submit(d, r);

	if (status == 0) {
		started(d, r);
		return true;
	}
	/* Nothing is on its way whose end could make room. */
	if (status == -EBUSY && list_empty(&d->running)) {
		status = -EIO;
	}
	if (status == -EBUSY) {
		return false;
	}
	if (is_fault(status)) {
		log_fault(d, r, status);
	}
	finish(r, status);
	return true;
}

static void start_waiting(struct blkdev *d)
{
	while (!list_empty(&d->waiting)) {
		struct blk_req *r = list_entry(d->waiting.next, struct blk_req, link);

		/* It leaves the list first: once it has ended its memory is another's. */
		list_del(&r->link);
		if (!start(d, r)) {
			list_add(&d->waiting, &r->link);
			break;
		}
	}
	d->ops->kick(d);
}

static int check_pieces(const struct blkdev *d, const struct blk_req *r)
{
	uint64_t bytes = 0;

	if (r->n == 0 || r->n > MIN(d->max_pieces, BLK_MAX_PIECES)) {
		return -EINVAL;
	}
	for (unsigned i = 0; i < r->n; i++) {
		size_t len = r->iov[i].iov_len;

		if (len == 0 || len % BLK_SECTOR != 0 || len > d->max_piece) {
			return -EINVAL;
		}
		bytes += len;
	}
	return bytes == r->count * BLK_SECTOR ? 0 : -EINVAL;
}

/* Whether @r, meant for @d, is within it and by the rules of drivers/blkdev.h. Lock held. */
static int check(const struct blkdev *d, const struct blk_req *r)
{
	const struct blkdev *disk = d->disk;
	uint64_t mask = disk->block_size / BLK_SECTOR - 1;
	uint64_t max = r->op == BLK_DISCARD ? disk->max_discard
		       : r->op == BLK_ZERO  ? disk->max_zero
					    : SECTORS_MAX;

	if (disk->gone || disk->sectors == 0) {
		return -ENODEV;
	}
	if (r->op > BLK_ZERO) {
		return -EINVAL;
	}
	if (r->op != BLK_READ && r->op != BLK_FLUSH && disk->read_only) {
		return -EROFS;
	}
	if (r->op == BLK_FLUSH) {
		return r->sector == 0 && r->count == 0 ? 0 : -EINVAL;
	}
	if (max == 0) {
		return -EOPNOTSUPP;
	}
	/* A disk may have shrunk to less than where its partitions end. */
	if (r->count == 0 || r->count > max || ((r->sector | r->count) & mask) != 0 ||
	    r->sector > d->sectors || r->count > d->sectors - r->sector || r->at > disk->sectors ||
	    r->count > disk->sectors - r->at) {
		return -EINVAL;
	}
	return r->op <= BLK_WRITE ? check_pieces(disk, r) : 0;
}

void blk_queue(struct blkdev *d, struct blk_req *r, bool more, struct blk_waiter *b)
{
	struct blkdev *disk = d->disk;
	int status;

	atomic_store_explicit(&r->status, BLK_PENDING, memory_order_relaxed);
	r->dev = disk;
	r->waiter = b;
	r->at = d->first + r->sector;
	list_init(&r->link);
	mutex_lock(&disk->lock);
	status = check(d, r);
	if (status != 0 || (r->op == BLK_FLUSH && !disk->volatile_cache)) {
		finish(r, status);
	} else if (!list_empty(&disk->waiting) || !start(disk, r)) {
		list_add_tail(&disk->waiting, &r->link);
	}
	/* One that waits is not followed by a doorbell: those before it are. */
	if (!more || !list_empty(&disk->waiting)) {
		disk->ops->kick(disk);
	}
	mutex_unlock(&disk->lock);
}

void blk_submit(struct blkdev *d, struct blk_req *r, bool more)
{
	blk_queue(d, r, more, NULL);
}

/* --- what devices tell --------------------------------------------------------------------------- */

void blkdev_kick(struct blkdev *d)
{
	/* Release: the handler switched the interrupt off before; see blk_arm(). */
	atomic_store_explicit(&d->irq_on, false, memory_order_release);
	poller_kick();
}

static void happened(struct blkdev *d, unsigned event)
{
	atomic_fetch_or_explicit(&d->events, event, memory_order_release);
	poller_kick();
}

void blkdev_resized(struct blkdev *d, uint64_t sectors)
{
	atomic_store_explicit(&d->resized, sectors, memory_order_relaxed);
	happened(d, EVENT_RESIZE);
}

void blkdev_gone(struct blkdev *d)
{
	happened(d, EVENT_GONE);
}

/* The device has stopped: give all back. The first in running that are late get another error. Lock held. */
static void fail_all(struct blkdev *d, uint64_t late_before)
{
	struct list *p;

	d->gone = true;
	while ((p = d->running.next) != &d->running) {
		struct blk_req *r = list_entry(p, struct blk_req, link);

		blkdev_done(d, r, r->since < late_before ? -ETIMEDOUT : -ENODEV);
	}
	while ((p = list_pop(&d->waiting)) != NULL) {
		finish(list_entry(p, struct blk_req, link), -ENODEV);
	}
}

static void resize(struct blkdev *d)
{
	uint64_t sectors = atomic_load_explicit(&d->resized, memory_order_relaxed);

	sectors = ALIGN_DOWN(MIN(sectors, SECTORS_MAX), (uint64_t)d->block_size / BLK_SECTOR);
	if (sectors == d->sectors) {
		return;
	}
	if (sectors == 0) {
		log_warn("blk %s: the medium is gone", d->name);
	} else {
		log_notice("blk %s: now %lu sectors, %lu before", d->name, sectors, d->sectors);
	}
	d->sectors = sectors;
}

static void handle_events(struct blkdev *d)
{
	unsigned events = atomic_exchange_explicit(&d->events, 0, memory_order_acquire);

	if ((events & EVENT_RESIZE) != 0) {
		resize(d);
	}
	if ((events & EVENT_GONE) != 0 && !d->gone) {
		log_error("blk %s: the device is gone; %u requests fail", d->name,
			  atomic_load_explicit(&d->in_flight, memory_order_relaxed));
		fail_all(d, 0);
	}
}

/* --- time ---------------------------------------------------------------------------------------- */

static void timer_fired(struct timer *t)
{
	(void)t;
	atomic_store_explicit(&blk.look, true, memory_order_release);
	poller_kick();
}

/* Is the oldest request on its way over its time? It is believed at the second look only: a machine that
 * was paused finds clocks that went on without the device. Returns when to look again. Lock held. */
static uint64_t look_at(struct blkdev *d, uint64_t now)
{
	struct blk_req *r = list_entry(d->running.next, struct blk_req, link);

	if (list_empty(&d->running)) {
		return TIME_NEVER;
	}
	if (now < r->since + blk.timeout) {
		return r->since + blk.timeout;
	}
	if (!d->late) {
		d->late = true;
		return now + blk.timeout / 8;
	}
	log_error("blk %s: %s of %lu sectors at %lu: no answer for %lu s; the device is stopped",
		  d->name, op_names[r->op], r->count, r->at,
		  (uint64_t)((now - r->since) / NS_PER_SEC));
	d->timeouts++;
	d->ops->stop(d);
	fail_all(d, now - blk.timeout + 1);
	return TIME_NEVER;
}

static void look_for_late(void)
{
	uint64_t now = time_now(), next = TIME_NEVER;

	for (struct blkdev *d = first_disk(); d != NULL; d = d->next_disk) {
		uint64_t due;

		mutex_lock(&d->lock);
		due = look_at(d, now);
		mutex_unlock(&d->lock);
		next = MIN(next, due);
	}
	if (next != TIME_NEVER) {
		timer_start(&blk.timer, next);
	}
}

/* --- the waiter's work ---------------------------------------------------------------------------- */

static bool poll_disk(struct blkdev *d)
{
	bool any;

	mutex_lock(&d->lock);
	any = !d->gone && d->ops->poll(d);
	if (any) {
		atomic_store_explicit(&d->irq_on, false, memory_order_relaxed);
	}
	if (atomic_load_explicit(&d->events, memory_order_relaxed) != 0) {
		handle_events(d);
		any = true;
	}
	if (any) {
		start_waiting(d);
	}
	mutex_unlock(&d->lock);
	return any;
}

static bool is_idle(struct blkdev *d)
{
	return atomic_load_explicit(&d->in_flight, memory_order_relaxed) == 0 &&
	       atomic_load_explicit(&d->events, memory_order_relaxed) == 0;
}

static bool blk_poll(struct poller *poller)
{
	bool any = false;

	(void)poller;
	for (struct blkdev *d = first_disk(); d != NULL; d = d->next_disk) {
		any |= !is_idle(d) && poll_disk(d);
	}
	if (unlikely(atomic_load_explicit(&blk.look, memory_order_relaxed)) &&
	    atomic_exchange_explicit(&blk.look, false, memory_order_acquire)) {
		look_for_late();
		any = true;
	}
	return any;
}

/* With the interrupt asked for already an idle disk costs a look. irq_on is set before
 * the interrupt is switched on, and a handler clears it after it switched it off: as the exchange sees that
 * store or comes before it, irq_on never stays true with the interrupt off. */
static bool arm_disk(struct blkdev *d)
{
	bool work = false;

	if (is_idle(d) && atomic_load_explicit(&d->irq_on, memory_order_relaxed)) {
		return false;
	}
	mutex_lock(&d->lock);
	/* With requests on their way it is asked for again: irq() also rings a doorbell that was missed. */
	if (!d->gone && (!atomic_exchange(&d->irq_on, true) || !is_idle(d))) {
		work = d->ops->irq(d);
		if (work) {
			/* What is there already may be told by no interrupt. */
			atomic_store_explicit(&d->irq_on, false, memory_order_relaxed);
		}
	}
	mutex_unlock(&d->lock);
	return work;
}

void blk_hand_over(struct blkdev *d)
{
	while (!is_idle(d) && arm_disk(d)) {
		poll_disk(d);
	}
}

static bool blk_arm(struct poller *poller)
{
	bool work = atomic_load_explicit(&blk.look, memory_order_relaxed);

	(void)poller;
	for (struct blkdev *d = first_disk(); d != NULL; d = d->next_disk) {
		work |= arm_disk(d);
		work |= atomic_load_explicit(&d->events, memory_order_relaxed) != 0;
	}
	return work;
}

/* --- registration ------------------------------------------------------------------------------------ */

static bool is_power_of_two(uint32_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

static int check_numbers(struct blkdev *d)
{
	if (!is_power_of_two(d->block_size) || d->block_size < BLK_SECTOR || d->block_size > 4096) {
		log_error("blk %s: blocks of %u bytes are not supported", d->node, d->block_size);
		return -EINVAL;
	}
	if (d->sectors > SECTORS_MAX || d->max_pieces == 0 || d->max_piece < d->block_size) {
		log_error("blk %s: makes no sense: %lu sectors, %u pieces of %u bytes", d->node,
			  d->sectors, d->max_pieces, d->max_piece);
		return -EINVAL;
	}
	if (!is_power_of_two(d->physical_size) || d->physical_size < d->block_size) {
		d->physical_size = d->block_size;
	}
	d->sectors = ALIGN_DOWN(d->sectors, (uint64_t)d->block_size / BLK_SECTOR);
	d->max_discard = ALIGN_DOWN(d->max_discard, (uint64_t)d->block_size / BLK_SECTOR);
	d->max_zero = ALIGN_DOWN(d->max_zero, (uint64_t)d->block_size / BLK_SECTOR);
	d->max_pieces = MIN(d->max_pieces, BLK_MAX_PIECES);
	d->max_piece = ALIGN_DOWN(d->max_piece, d->block_size);
	return 0;
}

/* vda, vdb, ... vdz, vdaa, ... */
static void name_disk(struct blkdev *d, unsigned index)
{
	char letters[8];
	unsigned i = sizeof(letters) - 1;

	letters[i] = '\0';
	for (unsigned n = index + 1; n > 0 && i > 0; n = (n - 1) / 26) {
		letters[--i] = (char)('a' + (n - 1) % 26);
	}
	fmt_snprintf(d->name, sizeof(d->name), "vd%s", letters + i);
}

static void start_core(void)
{
	uint64_t seconds = param_number("blk.timeout", TIMEOUT_S);

	blk.timeout = MIN(MAX(seconds, 1UL), 1000000UL) * NS_PER_SEC;
	timer_init(&blk.timer, timer_fired);
	blk.poller = (struct poller){ .poll = blk_poll, .arm = blk_arm };
	poller_register(&blk.poller);
}

int blkdev_register(struct blkdev *d)
{
	int r = check_numbers(d);

	if (r != 0) {
		return r;
	}
	d->disk = d;
	mutex_init(&d->lock);
	list_init(&d->waiting);
	list_init(&d->running);
	if (d->name[0] == '\0') {
		name_disk(d, blk.named++);
	}
	if (blk.count++ == 0) {
		start_core();
	}
	list_add_tail(&blkdevs, &d->link);
	d->next_disk = first_disk();
	atomic_store_explicit(&blk.disks, d, memory_order_release);
	log_info("blk %s: %s: %lu MiB, blocks of %u/%u%s%s%s%s", d->name, d->node, d->sectors >> 11,
		 d->block_size, d->physical_size, d->read_only ? ", read-only" : "",
		 d->volatile_cache ? ", cached" : "", d->serial[0] != '\0' ? ", serial " : "",
		 d->serial);
	return 0;
}

void blkdev_add_part(struct blkdev *disk, struct blkdev *p)
{
	char last = disk->name[strlen(disk->name) - 1];

	p->ops = disk->ops;
	p->node = disk->node;
	p->disk = disk;
	p->block_size = disk->block_size;
	p->physical_size = disk->physical_size;
	p->max_pieces = disk->max_pieces;
	p->max_piece = disk->max_piece;
	p->max_discard = disk->max_discard;
	p->max_zero = disk->max_zero;
	p->read_only = disk->read_only;
	p->volatile_cache = disk->volatile_cache;
	/* As Linux: a number behind a number is told from it. */
	fmt_snprintf(p->name, sizeof(p->name), "%s%s%u", disk->name,
		     last >= '0' && last <= '9' ? "p" : "", p->part_number);
	list_add_tail(&blkdevs, &p->link);
}
