/* SPDX-License-Identifier: MIT */
/* A namespace as a block device. A request becomes one command for each run of pieces that page lists (PRPs) can describe:
 * memory in which only the first page may begin, and only the last end, somewhere else than at its border. What no list
 * describes (an odd address, a piece of less than a block) goes through a copy. Spec: NVM Express Base 1.4, 4.3 and 6. */
#include "nvme.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/log.h>
#include <kernel/page.h>
#include <kernel/time.h>
#include <string.h>

#define OP_FLUSH    0x00
#define OP_WRITE    0x01
#define OP_READ	    0x02
#define OP_ZEROES   0x08
#define OP_DATASET  0x09
#define DEALLOCATE  4U
#define LIST	    64U /* entries of a command's list: 512 bytes, which cross no page */
#define SLOTS_MAX   64U
#define PIECES_MAX  32U
#define ZEROES_MAX  0x10000U
#define DISCARD_MAX 0x400000U /* blocks of one range */
#define SHIFT_MIN   9U
#define SHIFT_MAX   12U
#define QUIET_NS    (60 * NS_PER_SEC)

/* 4.6.1, without the phase: bit 8 to 10 the type, 0 to 7 the code. */
#define STATUS(s)	 ((s) >> 1 & 0x7ff)
#define S_INVALID_OPCODE 0x001
#define S_PROTECTED	 0x020
#define S_READ_ONLY	 0x182

/* 5.15.2.1: Identify Namespace */
#define ID_SIZE	      0
#define ID_FORMATS    25
#define ID_FORMAT     26
#define ID_ATTRIBUTES 99
#define ID_TABLE      128

/* 6.7.1 */
struct range {
	uint32_t attributes, blocks;
	uint64_t first;
};

/* What a request needs besides: blk_req.driver_room. */
struct room {
	unsigned left; /* commands without an answer */
	int status;
	uint8_t *copy; /* NULL: its own memory */
};
_Static_assert(sizeof(struct room) <= sizeof(((struct blk_req *)NULL)->driver_room), "room");

struct nvme_ns {
	struct blkdev dev;
	struct nvme *n;
	uint32_t nsid;
	unsigned shift; /* of a block */
	struct nvme_queue q;
	struct blk_req *slot[SLOTS_MAX]; /* by command id; NULL: free */
	uint8_t free[SLOTS_MAX];
	unsigned n_free;
	uint64_t (*lists)[LIST]; /* by command id */
	uint64_t quiet_until;
};

static struct nvme_ns *ns_of(struct blkdev *d)
{
	return container_of(d, struct nvme_ns, dev);
}

static struct room *room_of(struct blk_req *r)
{
	return (struct room *)r->driver_room;
}

/* --- commands -------------------------------------------------------------------------------------- */

static void send(struct nvme_ns *ns, struct blk_req *r, unsigned id, struct nvme_command *c)
{
	ns->slot[id] = r;
	room_of(r)->left++;
	c->id = (uint16_t)id;
	c->nsid = ns->nsid;
	nvme_queue_push(&ns->q, c);
}

static unsigned take_slot(struct nvme_ns *ns)
{
	return ns->free[--ns->n_free];
}

/* Whether a list that has come to the end of piece @v[0] can go on with @v[1]. */
static bool joins(const struct iovec *v)
{
	uintptr_t end = (uintptr_t)v[0].iov_base + v[0].iov_len, next = (uintptr_t)v[1].iov_base;

	return end == next || ((end | next) & (PAGE_SIZE - 1)) == 0;
}

/* How many of the @n pieces one command takes, and their bytes. */
static unsigned run_length(const struct nvme_ns *ns, const struct iovec *v, unsigned n,
			   size_t *bytes)
{
	unsigned i = 1;

	*bytes = v[0].iov_len;
	while (i < n && joins(&v[i - 1]) && *bytes + v[i].iov_len <= ns->dev.max_piece) {
		*bytes += v[i++].iov_len;
	}
	return i;
}

/* 4.3: the first entry may point into a page, in units of 4 bytes; the others begin one. */
static void fill_list(struct nvme_ns *ns, unsigned id, struct nvme_command *c,
		      const struct iovec *v, unsigned n)
{
	uint64_t *list = ns->lists[id];
	unsigned k = 0;

	c->prp1 = (uintptr_t)v[0].iov_base;
	for (unsigned i = 0; i < n; i++) {
		uintptr_t at = (uintptr_t)v[i].iov_base, end = at + v[i].iov_len;

		/* A page that an earlier piece has begun is in the list already. */
		at = i == 0 ? ALIGN_DOWN(at, PAGE_SIZE) + PAGE_SIZE : ALIGN_UP(at, PAGE_SIZE);
		for (; at < end; at += PAGE_SIZE) {
			list[k++] = at;
		}
	}
	c->prp2 = k == 0 ? 0 : k == 1 ? list[0] : (uintptr_t)list;
}

/* Commands that the pieces take; 0: no list describes them. */
static unsigned count_runs(const struct nvme_ns *ns, const struct iovec *v, unsigned n)
{
	unsigned runs = 0;
	size_t bytes;

	for (unsigned i = 0; i < n; runs++) {
		unsigned k = run_length(ns, v + i, n - i, &bytes);

		if (((uintptr_t)v[i].iov_base & 3) != 0 ||
		    (bytes & ((1UL << ns->shift) - 1)) != 0) {
			return 0;
		}
		i += k;
	}
	return runs;
}

static void send_runs(struct nvme_ns *ns, struct blk_req *r, const struct iovec *v, unsigned n)
{
	uint64_t block = r->at * BLK_SECTOR >> ns->shift;
	size_t bytes;

	for (unsigned i = 0; i < n;) {
		unsigned k = run_length(ns, v + i, n - i, &bytes), id = take_slot(ns);
		struct nvme_command c = { .opcode = r->op == BLK_READ ? OP_READ : OP_WRITE,
					  .dw10 = (uint32_t)block,
					  .dw11 = (uint32_t)(block >> 32),
					  .dw12 = (uint32_t)(bytes >> ns->shift) - 1 };

		fill_list(ns, id, &c, v + i, k);
		send(ns, r, id, &c);
		block += bytes >> ns->shift;
		i += k;
	}
}

/* --- copies ---------------------------------------------------------------------------------------- */

static void copy_pieces(struct blk_req *r, bool to_copy)
{
	uint8_t *at = room_of(r)->copy;

	for (unsigned i = 0; i < r->n; i++) {
		if (to_copy) {
			memcpy(at, r->iov[i].iov_base, r->iov[i].iov_len);
		} else {
			memcpy(r->iov[i].iov_base, at, r->iov[i].iov_len);
		}
		at += r->iov[i].iov_len;
	}
}

static size_t copy_pages(const struct blk_req *r)
{
	return ALIGN_UP(r->count * BLK_SECTOR, PAGE_SIZE) >> PAGE_SHIFT;
}

static int submit_copy(struct nvme_ns *ns, struct blk_req *r)
{
	size_t left = r->count * BLK_SECTOR, max = ns->dev.max_piece;
	struct iovec v[PIECES_MAX];
	unsigned n = 0;
	uint8_t *p;

	/* No more than max_pieces of max_piece, so they are no more here. */
	if ((left + max - 1) / max > ns->n_free) {
		return -EBUSY;
	}
	p = page_alloc(copy_pages(r), 1);
	if (p == NULL) {
		return -EIO;
	}
	room_of(r)->copy = p;
	if (r->op == BLK_WRITE) {
		copy_pieces(r, true);
	}
	for (; left > 0; n++) {
		v[n] = (struct iovec){ p, MIN(left, max) };
		p += v[n].iov_len;
		left -= v[n].iov_len;
	}
	send_runs(ns, r, v, n);
	return 0;
}

/* A failed controller's commands never come here: what they had is not given back, as it may still be written to. */
static void end_copy(struct blk_req *r)
{
	struct room *m = room_of(r);

	if (m->copy == NULL) {
		return;
	}
	if (r->op == BLK_READ && m->status == 0) {
		copy_pieces(r, false);
	}
	page_free(m->copy, copy_pages(r));
}

/* --- requests -------------------------------------------------------------------------------------- */

static int submit_data(struct nvme_ns *ns, struct blk_req *r)
{
	unsigned runs = count_runs(ns, r->iov, r->n);

	if (runs == 0) {
		return submit_copy(ns, r);
	}
	if (runs > ns->n_free) {
		return -EBUSY;
	}
	send_runs(ns, r, r->iov, r->n);
	return 0;
}

static void submit_other(struct nvme_ns *ns, struct blk_req *r)
{
	uint64_t block = r->at * BLK_SECTOR >> ns->shift;
	uint32_t blocks = (uint32_t)(r->count * BLK_SECTOR >> ns->shift);
	unsigned id = take_slot(ns);
	struct range *range = (struct range *)ns->lists[id];
	struct nvme_command c = { .opcode = OP_FLUSH };

	if (r->op == BLK_ZERO) {
		c.opcode = OP_ZEROES;
		c.dw10 = (uint32_t)block;
		c.dw11 = (uint32_t)(block >> 32);
		c.dw12 = blocks - 1;
	} else if (r->op == BLK_DISCARD) {
		c.opcode = OP_DATASET;
		c.dw11 = DEALLOCATE;
		c.prp1 = (uintptr_t)range;
		*range = (struct range){ .blocks = blocks, .first = block };
	}
	send(ns, r, id, &c);
}

static int ns_submit(struct blkdev *d, struct blk_req *r)
{
	struct nvme_ns *ns = ns_of(d);

	if (ns->n->dead) {
		return -ENODEV;
	}
	if (ns->n_free == 0) {
		return -EBUSY;
	}
	*room_of(r) = (struct room){ 0 };
	if (r->op == BLK_READ || r->op == BLK_WRITE) {
		return submit_data(ns, r);
	}
	submit_other(ns, r);
	return 0;
}

static void ns_show(struct blkdev *d)
{
	struct nvme_ns *ns = ns_of(d);

	if (!ns->n->dead) {
		nvme_queue_show(&ns->q);
	}
}

static int result(struct nvme_ns *ns, uint16_t status)
{
	unsigned s = STATUS(status);
	uint64_t now;

	if (s == 0) {
		return 0;
	}
	now = time_now();
	if (now >= ns->quiet_until) {
		ns->quiet_until = now + QUIET_NS;
		log_warn("nvme %s: %s: status type %x, code %02x", ns->n->d->name, ns->dev.name,
			 s >> 8, s & 0xff);
	}
	return s == S_INVALID_OPCODE		      ? -EOPNOTSUPP
	       : s == S_PROTECTED || s == S_READ_ONLY ? -EROFS
						      : -EIO;
}

static void complete(struct nvme_ns *ns, const struct nvme_completion *c)
{
	struct blk_req *r = ns->slot[c->id];
	struct room *m = room_of(r);
	int status = result(ns, c->status);

	ns->slot[c->id] = NULL;
	ns->free[ns->n_free++] = (uint8_t)c->id;
	m->status = m->status != 0 ? m->status : status;
	if (--m->left == 0) {
		end_copy(r);
		blkdev_done(&ns->dev, r, m->status);
	}
}

static bool ns_poll(struct blkdev *d)
{
	struct nvme_ns *ns = ns_of(d);
	struct nvme_completion c;
	bool any = false;

	while (!ns->n->dead && nvme_queue_pop(&ns->q, &c)) {
		if (c.sq_id != ns->q.id || c.id >= ns->q.size - 1 || ns->slot[c.id] == NULL) {
			nvme_dead(ns->n, "a completion names a command that it does not have");
			return any;
		}
		complete(ns, &c);
		any = true;
	}
	if (any && !ns->n->dead) {
		nvme_queue_taken(&ns->q);
	}
	return any;
}

static bool ns_irq(struct blkdev *d)
{
	struct nvme_ns *ns = ns_of(d);

	if (ns->n->dead) {
		return false;
	}
	nvme_irq_on(ns->n);
	dma_mb(); /* ask first, then look */
	return nvme_alive(ns->n) && nvme_queue_has(&ns->q);
}

static void ns_stop(struct blkdev *d)
{
	nvme_dead(ns_of(d)->n, "a request without an end");
}

static const struct blkdev_ops ns_ops = {
	.submit = ns_submit,
	.kick = ns_show,
	.poll = ns_poll,
	.irq = ns_irq,
	.stop = ns_stop,
};

void nvme_ns_kick(struct nvme_ns *ns)
{
	blkdev_kick(&ns->dev);
}

void nvme_ns_gone(struct nvme_ns *ns)
{
	blkdev_gone(&ns->dev);
}

/* --- set-up ---------------------------------------------------------------------------------------- */

static uint64_t le64(const uint8_t *p)
{
	uint64_t v = 0;

	for (unsigned i = 8; i-- > 0;) {
		v = v << 8 | p[i];
	}
	return v;
}

static int read_format(struct nvme_ns *ns, const uint8_t *page)
{
	unsigned format = page[ID_FORMAT] & 15;
	const uint8_t *f = page + ID_TABLE + 4UL * format;
	unsigned shift = f[2];
	uint64_t blocks = le64(page + ID_SIZE);

	if (format > page[ID_FORMATS] || shift < SHIFT_MIN || shift > SHIFT_MAX ||
	    (f[0] | f[1]) != 0 || blocks == 0 || blocks >> (63 - shift) != 0) {
		log_error("nvme %s: namespace %u: %lu blocks of 2^%u bytes with %u more: not "
			  "supported",
			  ns->n->d->name, ns->nsid, blocks, shift, f[0] | (unsigned)f[1] << 8);
		return -ENOTSUP;
	}
	ns->shift = shift;
	ns->dev.sectors = blocks << (shift - SHIFT_MIN);
	ns->dev.read_only = (page[ID_ATTRIBUTES] & 1) != 0;
	return 0;
}

static void describe(struct nvme_ns *ns)
{
	const struct nvme *n = ns->n;
	struct blkdev *d = &ns->dev;

	d->ops = &ns_ops;
	d->node = n->d->name;
	d->block_size = d->physical_size = 1U << ns->shift;
	d->max_pieces = MIN(PIECES_MAX, ns->q.size - 1);
	d->max_piece = n->max_transfer;
	d->max_discard = n->discards ? (uint64_t)DISCARD_MAX << (ns->shift - SHIFT_MIN) : 0;
	d->max_zero = n->zeroes ? (uint64_t)ZEROES_MAX << (ns->shift - SHIFT_MIN) : 0;
	d->volatile_cache = n->cached;
	memcpy(d->serial, n->serial, sizeof(d->serial));
	fmt_snprintf(d->name, sizeof(d->name), "nvme%un%u", n->number, ns->nsid);
}

static int make_queue(struct nvme_ns *ns)
{
	struct nvme *n = ns->n;
	unsigned slots = n->depth - 1;
	int r = nvme_queue_init(n, &ns->q, n->ns_count + 1, n->depth);

	if (r != 0) {
		return r;
	}
	ns->lists = kmemalign(sizeof(*ns->lists), slots * sizeof(*ns->lists));
	r = ns->lists == NULL ? -ENOMEM : nvme_create_queues(n, &ns->q);
	if (r != 0) {
		/* The controller may know of them: they stay where they are. */
		return r;
	}
	while (ns->n_free < slots) {
		ns->free[ns->n_free] = (uint8_t)ns->n_free;
		ns->n_free++;
	}
	return 0;
}

int nvme_ns_add(struct nvme *n, uint32_t nsid, const uint8_t *page)
{
	struct nvme_ns *ns = kzalloc(sizeof(*ns));
	int r;

	if (ns == NULL) {
		return -ENOMEM;
	}
	ns->n = n;
	ns->nsid = nsid;
	r = read_format(ns, page);
	if (r != 0) {
		kfree(ns);
		return r;
	}
	r = make_queue(ns);
	if (r != 0) {
		return r;
	}
	describe(ns);
	n->ns[n->ns_count++] = ns;
	return blkdev_register(&ns->dev);
}
