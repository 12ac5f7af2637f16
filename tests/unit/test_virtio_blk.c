/* SPDX-License-Identifier: MIT */
/* drivers/virtio/blk.c against a device that keeps a disk, and one that lies: what it says of a request is believed
 * only if all of it agrees, and what it may not do ends it.
 * sources: tests/unit/test.c tests/unit/host/kernel.c drivers/virtio/virtq.c drivers/virtio/indirect.c */
#include "../../drivers/virtio/blk.c"

#include "kernel.h"
#include "test.h"

#include <kernel/page.h>

extern const struct virtio_driver virtio_drivers_start[];

#define SECTORS	   2048U
#define DESC_NEXT  1
#define DESC_IN	   2
#define DESC_TABLE 4
#define MODERN	   (VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX)
#define TABLE	   VIRTIO_F_INDIRECT_DESC
#define ALL                                                                                      \
	(F_SIZE_MAX | F_SEG_MAX | F_BLK_SIZE | F_FLUSH | F_TOPOLOGY | F_CONFIG_WCE | F_DISCARD | \
	 F_WRITE_ZEROES)

static struct {
	uint64_t now;
	uint8_t config[64];
	unsigned ring;
	uint32_t generation;
	bool changing;	/* the configuration, at each look */
	bool mute;	/* answers nothing, not even for its serial number */
	bool held;	/* answers nothing from now on */
	bool no_tables; /* no memory for them */
	unsigned indirect;
	bool broken, registered;
	int register_result;
	uint8_t status; /* of every request */
	int length;	/* added to the used length */
	unsigned doorbells, kicks, gone, flushes, discarded, zeroed;
	uint64_t resized;
	uint16_t avail, used;
	uint8_t disk[SECTORS * BLK_SECTOR];
	void *pages[64];
	unsigned page_count;
} m;

static struct virtio_device dev;
static struct blkdev *disk;

/* --- the kernel --------------------------------------------------------------------------------------- */

void *page_alloc(size_t n, size_t align)
{
	void *p = NULL;

	if (posix_memalign(&p, align * PAGE_SIZE, n * PAGE_SIZE) != 0) {
		return NULL;
	}
	m.pages[m.page_count++] = p;
	return memset(p, 0xcc, n * PAGE_SIZE);
}

void page_free(void *p, size_t n)
{
	(void)p; /* all end with the test */
	(void)n;
}

void *kzalloc(size_t n)
{
	void *p = page_alloc(ALIGN_UP(n, PAGE_SIZE) >> PAGE_SHIFT, 1);

	return p == NULL ? NULL : memset(p, 0, n);
}

void *kmemalign(size_t align, size_t n)
{
	(void)align;
	return m.no_tables ? NULL : kzalloc(n);
}

void kfree(void *p)
{
	(void)p;
}

uint64_t time_now(void)
{
	return m.now += 1000;
}

uint64_t time_after(uint64_t ns)
{
	return m.now + ns;
}

bool virtio_has(const struct virtio_device *v, uint64_t feature)
{
	return (v->features & feature) != 0;
}

void virtio_ready(struct virtio_device *v)
{
	(void)v;
}

void virtio_broken(struct virtio_device *v, const char *what)
{
	(void)what;
	m.broken = true;
	for (struct virtq *q = v->queues; q != NULL; q = q->sibling) {
		q->broken = true;
	}
}

int blkdev_register(struct blkdev *d)
{
	disk = d;
	m.registered = true;
	return m.register_result;
}

static struct blk_req *last; /* that ended */
static int result_of;
static unsigned ended;

void blkdev_done(struct blkdev *d, struct blk_req *r, int status)
{
	CHECK(d == disk);
	last = r;
	result_of = status;
	ended++;
}

void blkdev_kick(struct blkdev *d)
{
	CHECK(d == disk);
	m.kicks++;
}

void blkdev_resized(struct blkdev *d, uint64_t sectors)
{
	CHECK(d == disk);
	m.resized = sectors;
}

void blkdev_gone(struct blkdev *d)
{
	CHECK(d == disk);
	m.gone++;
}

/* --- the device ------------------------------------------------------------------------------------------ */

static unsigned queue_max(struct virtio_device *v, unsigned i)
{
	(void)v;
	return i == 0 ? m.ring : 0;
}

static int queue_enable(struct virtio_device *v, struct virtq *q)
{
	(void)v;
	(void)q;
	return 0;
}

static void read_config(struct virtio_device *v, unsigned off, void *buf, size_t n)
{
	(void)v;
	CHECK(off + n <= sizeof(m.config));
	memcpy(buf, m.config + off, n);
}

static uint32_t config_generation(struct virtio_device *v)
{
	(void)v;
	m.generation += m.changing;
	return m.generation;
}

static uint8_t get_status(struct virtio_device *v)
{
	(void)v;
	return 15;
}

static struct virtq *queue(void)
{
	return dev.queues;
}

static void put_used(uint32_t id, uint32_t len)
{
	struct virtq *q = queue();

	q->used->ring[m.used % q->size] = (struct vring_used_elem){ id, len };
	q->used->idx = ++m.used;
}

/* The data of a chain of @n descriptors, to or from the disk. Returns the bytes that it wrote. */
static uint32_t move(const struct blk_head *h, struct vring_desc *d, unsigned n)
{
	uint8_t *at = m.disk + h->sector * BLK_SECTOR;
	uint32_t in = 0;

	for (unsigned i = 0; i < n; i++) {
		void *p = (void *)d[i].addr;

		CHECK_EQ((d[i].flags & DESC_IN) != 0, h->type == T_IN || h->type == T_GET_ID);
		if (h->type == T_GET_ID) {
			CHECK_EQ(d[i].len, 20);
			memcpy(p, "0123456789\ncdefghijkl", 20);
		} else if (h->type == T_IN) {
			memcpy(p, at, d[i].len);
		} else if (h->type == T_OUT) {
			memcpy(at, p, d[i].len);
		} else {
			struct blk_range *r = p;

			CHECK(n == 1 && d[i].len == sizeof(*r) && h->sector == 0 && r->flags == 0);
			m.discarded += h->type == T_DISCARD ? r->sectors : 0;
			m.zeroed += h->type == T_WRITE_ZEROES ? r->sectors : 0;
		}
		at += d[i].len;
		in += d[i].flags & DESC_IN ? d[i].len : 0;
	}
	return in;
}

/* The whole of one request (5.2.6): header, data, status. */
static void answer(uint16_t head)
{
	struct virtq *q = queue();
	struct vring_desc d[BLK_MAX_PIECES + FRAME], *table = q->desc;
	unsigned n = 0, limit = q->size;
	uint16_t head_of_table = head;
	struct blk_head *h;
	uint32_t in;

	if (q->desc[head].flags & DESC_TABLE) {
		CHECK(virtio_has(&dev, VIRTIO_F_INDIRECT_DESC) &&
		      q->desc[head].flags == DESC_TABLE);
		table = (struct vring_desc *)q->desc[head].addr;
		limit = q->desc[head].len / 16;
		head_of_table = 0;
		m.indirect++;
	}
	for (uint16_t i = head_of_table;; i = table[i].next) {
		if (!CHECK(i < limit && n < limit)) {
			return;
		}
		d[n++] = table[i];
		if ((table[i].flags & DESC_NEXT) == 0) {
			break;
		}
	}
	h = (struct blk_head *)d[0].addr;
	CHECK(n >= 2 && d[0].len == 16 && (d[0].flags & DESC_IN) == 0 && h->reserved == 0);
	CHECK(d[n - 1].len == 1 && (d[n - 1].flags & DESC_IN) != 0);
	m.flushes += h->type == T_FLUSH;
	CHECK(h->type != T_FLUSH || (n == 2 && h->sector == 0));
	in = move(h, d + 1, n - 2);
	if (m.status != S_NONE) {
		*(uint8_t *)d[n - 1].addr = m.status;
	}
	put_used(head, (uint32_t)((int)in + 1 + m.length));
}

static void answer_all(void)
{
	struct virtq *q = queue();

	while (m.avail != q->avail->idx) {
		answer(q->avail->ring[m.avail++ % q->size]);
	}
}

static void notify(struct virtio_device *v, struct virtq *q)
{
	(void)v;
	m.doorbells++;
	if (!m.mute && !m.held) {
		answer_all();
	}
	/* It wants a doorbell for the next one. */
	*(uint16_t *)&q->used->ring[q->size] = q->avail->idx;
}

static const struct virtio_transport transport = { .get_status = get_status,
						   .queue_max = queue_max,
						   .queue_enable = queue_enable,
						   .read_config = read_config,
						   .config_generation = config_generation,
						   .notify = notify };

static void put_config(unsigned off, uint64_t v, unsigned n)
{
	memcpy(m.config + off, &v, n);
}

static void power_on(unsigned ring)
{
	memset(&m, 0, sizeof(m));
	m.ring = ring;
	put_config(CONFIG_CAPACITY, SECTORS, 8);
	put_config(CONFIG_SIZE_MAX, 65536, 4);
	put_config(CONFIG_SEG_MAX, 30, 4);
	put_config(CONFIG_BLK_SIZE, 1024, 4);
	put_config(CONFIG_PHYSICAL_EXP, 2, 1);
	put_config(CONFIG_WRITEBACK, 1, 1);
	put_config(CONFIG_MAX_DISCARD, 1000, 4);
	put_config(CONFIG_MAX_ZEROES, 2000, 4);
	for (unsigned i = 0; i < sizeof(m.disk); i++) {
		m.disk[i] = (uint8_t)(i * 3 + i / 512);
	}
}

static int probe(uint64_t features)
{
	dev = (struct virtio_device){ .ops = &transport, .name = "/blk" };
	dev.features = features & (virtio_drivers_start[0].wanted | MODERN);
	dev.legacy = (features & VIRTIO_F_VERSION_1) == 0;
	disk = NULL;
	ended = 0;
	return virtio_drivers_start[0].probe(&dev);
}

static void power_off(void)
{
	while (m.page_count > 0) {
		free(m.pages[--m.page_count]);
	}
}

static void boot(uint64_t features, unsigned ring)
{
	power_on(ring);
	CHECK_EQ(probe(features), 0);
	CHECK(m.registered && !m.broken);
}

/* --- requests ------------------------------------------------------------------------------------------------ */

static uint8_t buf[64][4096];
static struct iovec iov[64];

static struct blk_req request(enum blk_op op, uint64_t sector, unsigned pieces, unsigned bytes)
{
	struct blk_req r = { .op = op, .at = sector, .sector = 12345, .iov = iov, .n = pieces };

	memset(r.driver_room, 0xff, sizeof(r.driver_room));
	for (unsigned i = 0; i < pieces; i++) {
		iov[i] = (struct iovec){ buf[i], bytes };
	}
	r.count = pieces * bytes / BLK_SECTOR;
	return r;
}

/* Post, ring, poll. Returns the status. */
static int run(struct blk_req *r)
{
	unsigned before = ended;
	int err = disk->ops->submit(disk, r);

	if (err != 0) {
		return err;
	}
	disk->ops->kick(disk);
	CHECK(disk->ops->poll(disk));
	CHECK(ended == before + 1 && last == r);
	return result_of;
}

static void test_transfers(void)
{
	static const uint64_t features[] = { 0,	     VIRTIO_F_EVENT_IDX, VIRTIO_F_VERSION_1,
					     MODERN, MODERN | TABLE,	 TABLE };

	for (unsigned k = 0; k < ARRAY_SIZE(features); k++) {
		boot(features[k] | ALL, k == 5 ? 128 : 64);
		for (unsigned i = 0; i < 1000; i++) {
			unsigned n = 1 + test_below(20), bytes = 512 * (1 + test_below(8));
			uint64_t at = test_below(SECTORS - n * bytes / 512 + 1);
			struct blk_req r =
				request(test_below(2) ? BLK_READ : BLK_WRITE, at, n, bytes);
			uint8_t *p = m.disk + at * BLK_SECTOR;

			for (unsigned j = 0; j < n; j++) {
				memset(buf[j], (int)(i + j), bytes);
			}
			CHECK_EQ(run(&r), 0);
			for (unsigned j = 0; j < n; j++) {
				CHECK(memcmp(p + j * bytes, buf[j], bytes) == 0);
				CHECK(r.op == BLK_READ || buf[j][0] == (uint8_t)(i + j));
			}
		}
		CHECK(queue()->free == queue()->size && !m.broken);
		CHECK(m.indirect == 0 ||
		      container_of(disk, struct virtio_blk, dev)->n_free == TABLES);
		/* All in a short ring, the long ones in another. */
		CHECK(k == 4   ? m.indirect == 1000
		      : k == 5 ? m.indirect > 500 && m.indirect < 1000
			       : m.indirect == 0);
		power_off();
	}
}

/* With tables a ring of 8 holds 8 requests instead of 2, and longer ones only as long as the ring; without memory for
 * tables it goes on without. */
static void test_tables(void)
{
	static struct blk_req many[TABLES + 2];
	struct blk_req r[9];

	boot(MODERN | ALL | TABLE, 8);
	CHECK_EQ(disk->max_pieces, 6);
	m.held = true;
	for (unsigned i = 0; i < 9; i++) {
		r[i] = request(BLK_READ, 8 * i, 6, 512);
		CHECK_EQ(disk->ops->submit(disk, &r[i]), i < 8 ? 0 : -EBUSY);
	}
	disk->ops->kick(disk);
	answer_all();
	CHECK(disk->ops->poll(disk) && ended == 8);
	CHECK_EQ(disk->ops->submit(disk, &r[8]), 0);
	power_off();
	power_on(8);
	m.no_tables = true;
	CHECK_EQ(probe(MODERN | ALL | TABLE), 0);
	r[0] = request(BLK_READ, 0, 6, 512);
	CHECK(run(&r[0]) == 0 && m.indirect == 0);
	power_off();
	/* More requests on their way than there are tables: the rest lies in the ring. */
	boot(MODERN | ALL | TABLE, 256);
	m.held = true;
	for (unsigned i = 0; i < TABLES + 2; i++) {
		many[i] = request(BLK_READ, i, 10, 512);
		CHECK_EQ(disk->ops->submit(disk, &many[i]), 0);
	}
	CHECK_EQ(queue()->free, 256 - TABLES - 2 * 12);
	disk->ops->kick(disk);
	answer_all();
	CHECK(disk->ops->poll(disk) && ended == TABLES + 2 && queue()->free == 256);
	power_off();
}

static void test_others(void)
{
	struct blk_req r;

	boot(MODERN | ALL, 64);
	r = request(BLK_FLUSH, 0, 0, 0);
	CHECK(run(&r) == 0 && m.flushes == 1);
	r = request(BLK_DISCARD, 100, 0, 0);
	r.count = 77;
	CHECK(run(&r) == 0 && m.discarded == 77);
	r.op = BLK_ZERO;
	CHECK(run(&r) == 0 && m.zeroed == 77);
	power_off();
}

static void test_numbers(void)
{
	boot(MODERN | ALL, 64);
	CHECK(disk->sectors == SECTORS && disk->block_size == 1024 && disk->physical_size == 4096);
	CHECK(disk->max_pieces == 30 && disk->max_piece == 65536);
	CHECK(disk->max_discard == 1000 && disk->max_zero == 2000);
	CHECK(disk->volatile_cache && !disk->read_only);
	CHECK_STR(disk->serial, "0123456789_cdefghijk"); /* 20 bytes without a terminator */
	power_off();
	boot(MODERN, 64);
	CHECK(disk->block_size == 512 && disk->physical_size == 512 && disk->max_discard == 0);
	CHECK(disk->max_pieces == 62 && disk->max_piece == MAX_PIECE && !disk->volatile_cache);
	power_off();
	boot(MODERN | F_RO | F_FLUSH, 4); /* FLUSH without CONFIG_WCE: it has a cache */
	CHECK(disk->read_only && disk->volatile_cache && disk->max_pieces == 2);
	power_off();
	/* A write-through device; a seg_max of 0; an exponent that makes no sense; a moving configuration. */
	power_on(64);
	put_config(CONFIG_WRITEBACK, 0, 1);
	put_config(CONFIG_SEG_MAX, 0, 4);
	put_config(CONFIG_PHYSICAL_EXP, 200, 1);
	m.changing = true;
	CHECK_EQ(probe(MODERN | ALL), 0);
	CHECK(!disk->volatile_cache && disk->max_pieces == 1 && disk->physical_size == 1024);
	power_off();
}

/* Several on their way, more than there is room for, finished in another order. */
static void test_full(void)
{
	struct blk_req r[9];
	uint16_t heads[9];

	boot(MODERN | ALL, 16);
	m.held = true;
	for (unsigned i = 0; i < 9; i++) {
		r[i] = request(BLK_READ, i, 1, 512);
		CHECK_EQ(disk->ops->submit(disk, &r[i]), i < 5 ? 0 : -EBUSY);
	}
	CHECK_EQ(m.doorbells, 1); /* the serial number's */
	disk->ops->kick(disk);
	CHECK_EQ(m.doorbells, 2);
	disk->ops->kick(disk);
	CHECK_EQ(m.doorbells, 2);
	CHECK(!disk->ops->poll(disk) && !disk->ops->irq(disk));
	for (unsigned i = 0; i < 5; i++) {
		heads[i] = queue()->avail->ring[m.avail++ % 16];
	}
	for (unsigned i = 5; i-- > 0;) {
		answer(heads[i]);
		CHECK(disk->ops->irq(disk) && disk->ops->poll(disk));
		CHECK(last == &r[i] && result_of == 0);
	}
	CHECK_EQ(disk->ops->submit(disk, &r[8]), 0);
	power_off();
}

static void test_status(void)
{
	static const struct {
		uint8_t status;
		int length;
		enum blk_op op;
		int result;
	} t[] = {
		{ 0, 0, BLK_READ, 0 },	       { 0, 0, BLK_WRITE, 0 },
		{ 1, 0, BLK_READ, -EIO },      { 1, 0, BLK_WRITE, -EIO },
		{ 1, 0, BLK_FLUSH, -EIO },     { 2, 0, BLK_READ, -EOPNOTSUPP },
		{ 3, 0, BLK_WRITE, -EIO },     { 0x80, 0, BLK_FLUSH, -EIO },
		{ S_NONE, 0, BLK_READ, -EIO }, { S_NONE, 0, BLK_WRITE, -EIO },
		{ 0, -1, BLK_READ, -EIO },     { 0, -512, BLK_READ, -EIO },
		{ 0, -1024, BLK_READ, -EIO },  { 0, -1025, BLK_READ, -EIO },
		{ 0, -1, BLK_WRITE, 0 }, /* nothing to read: some count nothing */
	};

	for (unsigned i = 0; i < ARRAY_SIZE(t); i++) {
		struct blk_req r;

		boot(MODERN | ALL, 16);
		m.status = t[i].status;
		m.length = t[i].length;
		r = request(t[i].op, 0, t[i].op == BLK_FLUSH ? 0 : 1, 1024);
		if (!CHECK_EQ(run(&r), t[i].result)) {
			printf("# status %u, length %d, operation %d\n", t[i].status, t[i].length,
			       t[i].op);
		}
		CHECK(!m.broken && m.gone == 0);
		power_off();
	}
}

enum lie { NOT_POSTED, BEYOND, NOT_A_HEAD, TWICE, TOO_LONG, AHEAD, LIES };

static void tell(enum lie lie)
{
	struct virtq *q = queue();
	uint16_t head = q->avail->ring[m.avail % q->size];

	switch (lie) {
	case NOT_POSTED:
		put_used(q->head, 0);
		break;
	case BEYOND:
		put_used(0x10000U + head, 513);
		break;
	case NOT_A_HEAD:
		put_used(q->desc[head].next, 513);
		break;
	case TWICE:
		answer(head);
		put_used(head, 513);
		break;
	case TOO_LONG:
		put_used(head, 514);
		break;
	default:
		q->used->idx = (uint16_t)(m.used + 7);
	}
}

/* The disk is gone then, and takes nothing more. */
static void test_lies(void)
{
	for (enum lie lie = 0; lie < LIES; lie++) {
		struct blk_req r[3];

		boot(MODERN | ALL, 16);
		m.held = true;
		for (unsigned i = 0; i < 2; i++) {
			r[i] = request(BLK_READ, i, 1, 512);
			CHECK_EQ(disk->ops->submit(disk, &r[i]), 0);
		}
		disk->ops->kick(disk);
		tell(lie);
		disk->ops->poll(disk);
		CHECK(m.broken && m.gone == 1);
		CHECK_EQ(ended, lie == TWICE);
		r[2] = request(BLK_READ, 2, 1, 512);
		CHECK_EQ(disk->ops->submit(disk, &r[2]), -ENODEV);
		CHECK(!disk->ops->irq(disk));
		power_off();
	}
}

static void test_no_device(void)
{
	/* Silent from the start: the boot goes on without it. */
	power_on(16);
	m.mute = true;
	CHECK_EQ(probe(MODERN | ALL), -ETIMEDOUT);
	CHECK(!m.registered && m.broken && m.now < 6 * NS_PER_SEC);
	power_off();
	/* Has no serial number. */
	power_on(16);
	m.status = S_UNSUPP;
	CHECK_EQ(probe(MODERN | ALL), 0);
	CHECK_STR(disk->serial, "");
	power_off();
	/* A ring in which no request has room; no ring; numbers that the class refuses. */
	power_on(2);
	CHECK_EQ(probe(MODERN | ALL), -EINVAL);
	power_off();
	power_on(0);
	CHECK_EQ(probe(MODERN | ALL), -ENOMEM);
	power_off();
	power_on(16);
	m.register_result = -EINVAL;
	CHECK_EQ(probe(MODERN | ALL), -EINVAL);
	power_off();
}

static void test_interrupts(void)
{
	struct blk_req r;

	boot(ALL, 16); /* legacy, flags instead of an event index */
	dev.on_used(&dev);
	CHECK(m.kicks == 1 && queue()->avail->flags == 1);
	CHECK(!disk->ops->irq(disk) && queue()->avail->flags == 0);
	r = request(BLK_READ, 0, 1, 512);
	CHECK_EQ(disk->ops->submit(disk, &r), 0);
	disk->ops->kick(disk);
	CHECK(disk->ops->irq(disk) && disk->ops->poll(disk));
	put_config(CONFIG_CAPACITY, 100, 8);
	dev.on_config(&dev);
	CHECK_EQ(m.resized, 100);
	disk->ops->stop(disk);
	CHECK(m.broken);
	CHECK_EQ(disk->ops->submit(disk, &r), -ENODEV);
	power_off();
}

static const struct test tests[] = {
	{ "reads and writes of 1 to 20 pieces, legacy and modern, arrive", test_transfers },
	{ "tables: more requests in a ring, none longer than it", test_tables },
	{ "flush, discard and zeros as 5.2.6 has them", test_others },
	{ "limits, sizes and caches as the configuration says, serial numbers of any bytes",
	  test_numbers },
	{ "a full ring is busy; requests may end in any order; one doorbell for many", test_full },
	{ "an error, no status or too few bytes of a read: told to the caller", test_status },
	{ "a device that names wrong requests or lengths is gone", test_lies },
	{ "a device that does not start leaves the boot alone", test_no_device },
	{ "interrupts mask and wake; a change of the capacity is passed on; stop is for good",
	  test_interrupts },
};
TEST_MAIN(tests)
