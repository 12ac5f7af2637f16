/* SPDX-License-Identifier: MIT */
/* Block device: a request is a header, the caller's memory as it is, and a status byte. Header and status lie
 * in the request itself, so nothing is allocated on the way. Everything runs under the lock of the
 * class but the interrupt handlers, which only mask and wake. Spec: virtio 1.2, 5.2. */
#include <drivers/blkdev.h>
#include <drivers/virtio.h>
#include <drivers/virtq.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/arch.h>
#include <kernel/log.h>
#include <kernel/time.h>
#include <string.h>

#define F_SIZE_MAX     (1ULL << 1)
#define F_SEG_MAX      (1ULL << 2)
#define F_RO	       (1ULL << 5)
#define F_BLK_SIZE     (1ULL << 6)
#define F_FLUSH	       (1ULL << 9)
#define F_TOPOLOGY     (1ULL << 10)
#define F_CONFIG_WCE   (1ULL << 11)
#define F_DISCARD      (1ULL << 13)
#define F_WRITE_ZEROES (1ULL << 14)

/* 5.2.4 */
#define CONFIG_CAPACITY	    0
#define CONFIG_SIZE_MAX	    8
#define CONFIG_SEG_MAX	    12
#define CONFIG_BLK_SIZE	    20
#define CONFIG_PHYSICAL_EXP 24
#define CONFIG_WRITEBACK    32
#define CONFIG_MAX_DISCARD  36
#define CONFIG_MAX_ZEROES   48

/* 5.2.6 */
#define T_IN	       0
#define T_OUT	       1
#define T_FLUSH	       4
#define T_GET_ID       8
#define T_DISCARD      11
#define T_WRITE_ZEROES 13
#define S_OK	       0
#define S_UNSUPP       2
#define S_NONE	       0xff /* ours: the device wrote none */

#define RING_MAX 256U
#define FRAME	 2U /* header and status */
#define TABLES	 32U
/* Descriptors of a chain that needs no table: push and pop of 3 take 214 instructions in the ring and 243 with a table
 * (aarch64; riscv64 237 and 281), of 6 310 and 306 (336, 353), of 20 758 and 600 (798, 689). */
#define DIRECT_MAX 6U
#define RING_SHORT 64U /* entries: any chain takes one, so that more have room */
#define ID_LEN	   20U
#define ID_WAIT_NS (5 * NS_PER_SEC)
#define MAX_PIECE  (1U << 30)

struct blk_head {
	uint32_t type;
	uint32_t reserved;
	uint64_t sector;
};

/* Of DISCARD and WRITE_ZEROES. */
struct blk_range {
	uint64_t sector;
	uint32_t sectors;
	uint32_t flags;
};

/* What the device sees of a request besides its data: blk_req.driver_room. */
struct blk_room {
	struct blk_head head;
	struct blk_range range;
	uint16_t table; /* 1 + which one of the driver's is lent with it; 0: none */
	uint8_t status;
};
_Static_assert(sizeof(struct blk_head) == 16 && sizeof(struct blk_range) == 16, "5.2.6");
_Static_assert(sizeof(struct blk_room) <= sizeof(((struct blk_req *)NULL)->driver_room), "room");

struct virtio_blk {
	struct blkdev dev;
	struct virtio_device *v;
	struct virtq *q;
	struct blk_room id_room; /* of the one request that is the driver's own */
	char id[ID_LEN];
	struct vring_desc (*tables)[BLK_MAX_PIECES + FRAME]; /* of chains; NULL: none */
	uint16_t free[TABLES];				     /* those that are not lent */
	unsigned n_free;
};

static struct virtio_blk *blk_of(struct blkdev *d)
{
	return container_of(d, struct virtio_blk, dev);
}

static struct blk_room *room_of(struct blk_req *r)
{
	return (struct blk_room *)r->driver_room;
}

/* --- requests ------------------------------------------------------------------------------------ */

static void fill(struct blk_room *m, uint32_t type, uint64_t sector)
{
	m->head = (struct blk_head){ .type = type, .sector = sector };
	m->table = 0;
	m->status = S_NONE;
}

/* Pieces between header and status. Returns how many of the chain's the device only reads. */
static unsigned data_pieces(struct blk_req *r, struct virtq_buf *b, unsigned *n)
{
	static const uint8_t types[] = { T_IN, T_OUT, T_FLUSH, T_DISCARD, T_WRITE_ZEROES };
	struct blk_room *m = room_of(r);

	*n = 0;
	fill(m, types[r->op], r->at);
	if (r->op == BLK_READ || r->op == BLK_WRITE) {
		for (; *n < r->n; ++*n) {
			b[*n] = (struct virtq_buf){ r->iov[*n].iov_base,
						    (uint32_t)r->iov[*n].iov_len };
		}
		return r->op == BLK_READ ? 1 : 1 + *n;
	}
	m->head.sector = 0; /* 5.2.6.1 */
	if (r->op != BLK_FLUSH) {
		m->range = (struct blk_range){ .sector = r->at, .sectors = (uint32_t)r->count };
		b[(*n)++] = (struct virtq_buf){ &m->range, sizeof(m->range) };
	}
	return 1 + *n;
}

/* A long chain, or any in a short ring, goes through a table if one is left. */
static int push(struct virtio_blk *blk, struct blk_room *m, const struct virtq_buf *b, unsigned out,
		unsigned in, struct blk_req *r)
{
	unsigned t;
	int err;

	if (blk->n_free == 0 || (out + in <= DIRECT_MAX && blk->q->size > RING_SHORT)) {
		return virtq_push(blk->q, b, out, in, r);
	}
	t = blk->free[blk->n_free - 1];
	err = virtq_push_indirect(blk->q, blk->tables[t], b, out, in, r);
	if (err == 0) {
		blk->n_free--;
		m->table = (uint16_t)(t + 1);
	}
	return err;
}

static int blk_post(struct blkdev *d, struct blk_req *r)
{
	struct virtio_blk *blk = blk_of(d);
	struct virtq_buf b[BLK_MAX_PIECES + FRAME];
	struct blk_room *m = room_of(r);
	unsigned n, out = data_pieces(r, b + 1, &n);
	int err;

	b[0] = (struct virtq_buf){ &m->head, sizeof(m->head) };
	b[n + 1] = (struct virtq_buf){ &m->status, sizeof(m->status) };
	err = push(blk, m, b, out, n + FRAME - out, r);
	return err == -ENOBUFS ? (blk->q->broken ? -ENODEV : -EBUSY) : err;
}

static void blk_doorbell(struct blkdev *d)
{
	struct virtio_blk *blk = blk_of(d);

	if (virtq_publish(blk->q)) {
		virtq_kick(blk->q);
	}
}

/* What the device says of a request, believed only if what it wrote agrees: @len counts all of a read's data
 * and the status byte. A device may count nothing but the status where there was nothing to read. */
static int result(const struct blk_req *r, uint32_t len)
{
	uint8_t status = ((volatile const struct blk_room *)r->driver_room)->status;

	if (status == S_UNSUPP) {
		return -EOPNOTSUPP;
	}
	if (status != S_OK) {
		return -EIO;
	}
	return r->op == BLK_READ && len <= r->count * BLK_SECTOR ? -EIO : 0;
}

static bool blk_finished(struct blkdev *d)
{
	struct virtio_blk *blk = blk_of(d);
	struct blk_req *r;
	bool any = false;
	uint32_t len;

	while ((r = virtq_pop(blk->q, &len)) != NULL) {
		if (room_of(r)->table != 0) {
			blk->free[blk->n_free++] = (uint16_t)(room_of(r)->table - 1);
		}
		blkdev_done(d, r, result(r, len));
		any = true;
	}
	if (blk->q->broken) {
		blkdev_gone(d);
	}
	return any;
}

static bool blk_irq_on(struct blkdev *d)
{
	struct virtio_blk *blk = blk_of(d);
	bool work = virtq_irq_on(blk->q);

	virtq_kick_missed(blk->q);
	return work;
}

static void blk_stop(struct blkdev *d)
{
	virtio_broken(blk_of(d)->v, "a request without an end");
}

static const struct blkdev_ops blk_ops = {
	.submit = blk_post,
	.kick = blk_doorbell,
	.poll = blk_finished,
	.irq = blk_irq_on,
	.stop = blk_stop,
};

/* --- interrupts ---------------------------------------------------------------------------------- */

static void blk_used(struct virtio_device *v)
{
	struct virtio_blk *blk = v->priv;

	virtq_irq_off(blk->q);
	blkdev_kick(&blk->dev);
}

/* Read without a change in between; a device that never stops changing it is taken as it is. */
static uint64_t read_capacity(struct virtio_device *v)
{
	uint64_t sectors;
	uint32_t before;

	for (unsigned i = 0; i < 10; i++) {
		before = v->ops->config_generation(v);
		v->ops->read_config(v, CONFIG_CAPACITY, &sectors, sizeof(sectors));
		if (v->ops->config_generation(v) == before) {
			break;
		}
	}
	return sectors;
}

static void blk_config(struct virtio_device *v)
{
	struct virtio_blk *blk = v->priv;

	blkdev_resized(&blk->dev, read_capacity(v));
}

/* --- set-up ---------------------------------------------------------------------------------------- */

static uint32_t config32(struct virtio_device *v, uint64_t feature, unsigned off, uint32_t def)
{
	uint32_t n = def;

	if (virtio_has(v, feature)) {
		v->ops->read_config(v, off, &n, sizeof(n));
	}
	return n;
}

/* Which limits of requests the device states; those it has not are our own. */
static void read_limits(struct virtio_blk *blk)
{
	struct virtio_device *v = blk->v;
	struct blkdev *d = &blk->dev;
	uint8_t exp = 0, writeback = 1;

	d->sectors = read_capacity(v);
	d->block_size = config32(v, F_BLK_SIZE, CONFIG_BLK_SIZE, BLK_SECTOR);
	if (virtio_has(v, F_TOPOLOGY)) {
		v->ops->read_config(v, CONFIG_PHYSICAL_EXP, &exp, sizeof(exp));
	}
	d->physical_size = exp < 16 ? d->block_size << exp : d->block_size;
	d->max_pieces = config32(v, F_SEG_MAX, CONFIG_SEG_MAX, BLK_MAX_PIECES);
	/* 2.7.5.3.1: no chain is longer than the ring, in a table neither. */
	d->max_pieces = MIN(MAX(d->max_pieces, 1U), blk->q->size - FRAME);
	d->max_piece = MIN(config32(v, F_SIZE_MAX, CONFIG_SIZE_MAX, MAX_PIECE), MAX_PIECE);
	d->read_only = virtio_has(v, F_RO);
	if (virtio_has(v, F_CONFIG_WCE)) {
		v->ops->read_config(v, CONFIG_WRITEBACK, &writeback, sizeof(writeback));
	}
	d->volatile_cache = virtio_has(v, F_FLUSH) && writeback != 0;
	d->max_discard = config32(v, F_DISCARD, CONFIG_MAX_DISCARD, 0);
	d->max_zero = config32(v, F_WRITE_ZEROES, CONFIG_MAX_ZEROES, 0);
}

/* The serial number, text without a terminator if it fills the field. A device that does not answer its first
 * request is none. */
static int read_serial(struct virtio_blk *blk)
{
	struct virtq_buf b[] = { { &blk->id_room.head, sizeof(blk->id_room.head) },
				 { blk->id, ID_LEN },
				 { &blk->id_room.status, 1 } };
	uint64_t deadline = time_after(ID_WAIT_NS);
	uint32_t len;

	fill(&blk->id_room, T_GET_ID, 0);
	if (virtq_push(blk->q, b, 1, 2, blk) != 0) {
		return -EIO;
	}
	blk_doorbell(&blk->dev);
	while (virtq_pop(blk->q, &len) == NULL) {
		if (blk->q->broken) {
			return -EIO;
		}
		if (time_now() >= deadline) {
			virtio_broken(blk->v, "no answer");
			return -ETIMEDOUT;
		}
		arch_relax();
	}
	if (blk->id_room.status == S_OK) {
		memcpy(blk->dev.serial, blk->id, ID_LEN);
	}
	for (char *p = blk->dev.serial; *p != '\0'; p++) {
		*p = *p < ' ' || *p > '~' ? '_' : *p;
	}
	return 0;
}

/* As many as can be on their way; without memory for them chains lie in the ring. */
static void alloc_tables(struct virtio_blk *blk)
{
	unsigned n = MIN(TABLES, blk->q->size);

	if (!virtio_has(blk->v, VIRTIO_F_INDIRECT_DESC)) {
		return;
	}
	blk->tables = kmemalign(16, n * sizeof(*blk->tables));
	for (unsigned i = 0; blk->tables != NULL && i < n; i++) {
		blk->free[blk->n_free++] = (uint16_t)i;
	}
}

static int blk_start(struct virtio_blk *blk)
{
	struct virtio_device *v = blk->v;
	int r;

	blk->q = virtq_create(v, 0, RING_MAX);
	if (blk->q == NULL) {
		return -ENOMEM;
	}
	if (blk->q->size <= FRAME) {
		log_error("virtio %s: a ring of %u entries holds no request", v->name,
			  blk->q->size);
		return -EINVAL;
	}
	alloc_tables(blk);
	read_limits(blk);
	virtq_irq_off(blk->q);
	v->on_used = blk_used;
	v->on_config = blk_config;
	virtio_ready(v);
	r = read_serial(blk);
	return r != 0 ? r : blkdev_register(&blk->dev);
}

static int blk_probe(struct virtio_device *v)
{
	struct virtio_blk *blk = kzalloc(sizeof(*blk));

	if (blk == NULL) {
		return -ENOMEM;
	}
	blk->v = v;
	blk->dev.ops = &blk_ops;
	blk->dev.node = v->name;
	v->priv = blk;
	/* On a failure the device keeps its ring until it is reset; a boot without the disk goes on. */
	return blk_start(blk);
}

VIRTIO_DRIVER(blk, VIRTIO_ID_BLOCK,
	      F_SIZE_MAX | F_SEG_MAX | F_RO | F_BLK_SIZE | F_FLUSH | F_TOPOLOGY | F_CONFIG_WCE |
		      F_DISCARD | F_WRITE_ZEROES | VIRTIO_F_INDIRECT_DESC,
	      blk_probe);
