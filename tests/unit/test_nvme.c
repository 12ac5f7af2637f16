/* SPDX-License-Identifier: MIT */
/* drivers/nvme against a controller that keeps data, minds the rules, and one that lies.
 * sources: tests/unit/test.c tests/unit/host/kernel.c kernel/fmt.c drivers/nvme/nvme.c drivers/nvme/admin.c
	drivers/nvme/queue.c drivers/nvme/namespace.c */
#include "nvme_env.h"

extern const struct pci_driver pci_drivers_start[];

static struct pci_dev dev;
static uint8_t memory[1 << 20] __attribute__((aligned(4096)));

static void new_model(void)
{
	memset(&model, 0, sizeof(model));
	memset(env.logged, 0, sizeof(env.logged));
	model.cap = 255 | 1UL << 37 | 1UL << 24;
	model.version = 0x10400;
	model.mdts = 2;
	model.formats = 1;
	model.shift[0] = 9;
	model.shift[1] = 12;
	model.queues = 2;
	model.mute_op = OP_MISS;
	model.irq_result = 1;
	model.bar_size = 0x4000;
	for (unsigned i = 0; i < sizeof(model.disk[0]); i++) {
		model.disk[0][i] = (uint8_t)(i * 7 + i / 512);
		model.disk[1][i] = (uint8_t)(i * 5 + i / 512);
	}
	memset(&dev, 0, sizeof(dev));
	strcpy(dev.name, "0000:00:01.0");
}

static int start(void)
{
	return pci_drivers_start[0].probe(&dev);
}

static void started(enum pci_irq_kind kind)
{
	new_model();
	model.kind = kind;
	CHECK_EQ(start(), 0);
}

static int run(struct blkdev *d, struct blk_req *r)
{
	int err;

	r->at = r->sector;
	atomic_store(&r->status, BLK_PENDING);
	err = d->ops->submit(d, r);
	if (err != 0) {
		return err;
	}
	d->ops->kick(d);
	d->ops->poll(d);
	return atomic_load(&r->status);
}

static int simple(struct blkdev *d, enum blk_op op, uint64_t sector, uint64_t count)
{
	struct iovec v = { memory, count * 512 };
	struct blk_req r = { .op = op, .sector = sector, .count = count, .iov = &v, .n = 1 };

	return run(d, &r);
}

/* --- as it should be --------------------------------------------------------------------------------- */

static void test_start(void)
{
	started(PCI_INTX);
	CHECK_EQ(model.devs, 2);
	CHECK_STR(model.dev[0]->name + 5, "n1");
	CHECK_STR(model.dev[1]->name + 5, "n2");
	CHECK_STR(model.dev[0]->serial, "serial_ 7");
	CHECK(model.dev[0]->block_size == 512 && model.dev[1]->block_size == 4096);
	CHECK(model.dev[0]->sectors == BLOCKS && model.dev[1]->sectors == BLOCKS);
	CHECK(model.dev[0]->max_piece == 4 * PAGE_SIZE && model.dev[0]->volatile_cache);
	CHECK(model.dev[0]->max_zero == 65536 && model.dev[1]->max_zero == 8 * 65536);
	CHECK(model.master && model.cc == 0x460001 && model.intms == 0);
	CHECK_EQ(model.bad, 0);
}

static void test_first_versions(void)
{
	new_model();
	model.version = 0x10000; /* lists no namespaces: they are counted */
	CHECK(start() == 0 && model.devs == 2 && model.bad == 0);
	new_model();
	model.queues = 1;
	CHECK(start() == 0 && model.devs == 1 && env.logged[4] == 1);
}

static void test_operations(void)
{
	started(PCI_MSIX);
	CHECK_EQ(simple(model.dev[0], BLK_READ, 10, 8), 0);
	CHECK(memcmp(memory, model.disk[0] + 5120, 4096) == 0);
	CHECK_EQ(simple(model.dev[1], BLK_WRITE, 16, 8), 0);
	CHECK(memcmp(memory, model.disk[1] + 8192, 4096) == 0);
	CHECK_EQ(simple(model.dev[0], BLK_FLUSH, 0, 0), 0);
	CHECK_EQ(simple(model.dev[1], BLK_ZERO, 8, 16), 0);
	CHECK(model.disk[1][4096] == 0 && model.disk[1][12287] == 0 && model.disk[1][12288] != 0);
	CHECK_EQ(simple(model.dev[1], BLK_DISCARD, 8, 16), 0);
	CHECK(model.flushes == 1 && model.discarded == 2 && model.bad == 0);
}

/* Pieces of any length at any address, many: what is read is what was there, and nothing beside it is touched. */
static void one_shape(struct blkdev *d, uint8_t *disk, bool odd)
{
	struct iovec v[32];
	struct blk_req r = { .op = test_below(2) != 0 ? BLK_READ : BLK_WRITE, .iov = v };
	unsigned block = d->block_size, want = 1 + test_below(d->max_pieces), blocks;
	uint8_t *p = memory + 4096;

	for (r.n = 0; r.n < want; r.n++) {
		size_t len = (1 + test_below(odd ? 3 : 8)) * (odd ? 512UL : block);

		p += test_below(3) == 0 ? 0 : test_below(64) * 4UL + odd;
		p = test_below(2) != 0 ? (uint8_t *)ALIGN_UP((uintptr_t)p, PAGE_SIZE) : p;
		v[r.n] = (struct iovec){ p, MIN(len, d->max_piece) };
		p += v[r.n].iov_len;
		r.count += v[r.n].iov_len / 512;
	}
	blocks = (unsigned)(r.count * 512 % block);
	v[r.n - 1].iov_len += blocks == 0 ? 0 : block - blocks;
	r.count += blocks == 0 ? 0 : (block - blocks) / 512;
	r.sector = test_below(BLOCKS / 2) / 8 * 8;
	memset(memory, 0xaa, sizeof(memory));
	for (unsigned i = 0; i < r.n && r.op == BLK_WRITE; i++) {
		memset(v[i].iov_base, (int)i + 1, v[i].iov_len);
	}
	CHECK_EQ(run(d, &r), 0);
	disk += r.sector * 512;
	for (unsigned i = 0; i < r.n; i++) {
		uint8_t *end = (uint8_t *)v[i].iov_base + v[i].iov_len;

		CHECK(memcmp(v[i].iov_base, disk, v[i].iov_len) == 0);
		CHECK(*end == 0xaa || (i + 1 < r.n && end == v[i + 1].iov_base));
		disk += v[i].iov_len;
	}
}

static void test_shapes(void)
{
	unsigned pages;

	test_seed(5);
	started(PCI_MSIX);
	pages = model.pages;
	for (unsigned i = 0; i < 2000; i++) {
		unsigned k = i & 1;

		one_shape(model.dev[k], model.disk[k], i % 8 >= 6);
	}
	CHECK_EQ(model.bad, 0);
	CHECK_EQ(model.pages, pages); /* copies are given back */
	model.no_pages = true;
	CHECK_EQ(run(model.dev[0], &(struct blk_req){ .op = BLK_READ,
						      .count = 1,
						      .iov = &(struct iovec){ memory + 1, 512 },
						      .n = 1 }),
		 -EIO);
}

/* A ring that is full: -EBUSY, nothing taken; all come back, around the ring's end as well. */
static void test_full(void)
{
	static struct blk_req r[128];
	struct iovec v = { memory, 512 };
	struct blkdev *d;
	unsigned n;

	started(PCI_MSIX);
	d = model.dev[0];
	for (unsigned round = 0; round < 5; round++) {
		model.held = true;
		model.done = 0;
		for (n = 0; n < 128; n++) {
			r[n] = (struct blk_req){ .op = BLK_READ, .count = 1, .iov = &v, .n = 1 };
			if (d->ops->submit(d, &r[n]) != 0) {
				CHECK_EQ(d->ops->submit(d, &r[n]), -EBUSY);
				break;
			}
		}
		CHECK_EQ(n, 63);
		d->ops->kick(d);
		CHECK(!d->ops->poll(d));
		model.held = false;
		work(1);
		CHECK(d->ops->irq(d) && d->ops->poll(d) && !d->ops->poll(d));
		CHECK_EQ(model.done, 63);
	}
	CHECK_EQ(model.bad, 0);
}

static void test_interrupts(void)
{
	started(PCI_INTX);
	model.handler(model.handler_arg);
	CHECK(model.intms == 1 && model.kicks == 2);
	CHECK(!model.dev[0]->ops->irq(model.dev[0]) && model.intms == 0);
	started(PCI_MSIX);
	model.handler(model.handler_arg);
	CHECK(model.kicks == 2 && model.bad == 0);
}

static void test_shutdown(void)
{
	started(PCI_INTX);
	power->off(0);
	CHECK(model.shut && env.logged[3] == 0 && model.bad == 0);
	started(PCI_INTX);
	model.never_shut = true;
	power->reset();
	CHECK(!model.shut && env.logged[3] > 0); /* told, and the machine goes on to its end */
}

/* --- as it should not -------------------------------------------------------------------------------- */

static void test_errors(void)
{
	static const struct {
		uint16_t status;
		int error;
	} cases[] = { { 0x001, -EOPNOTSUPP }, { 0x020, -EROFS }, { 0x182, -EROFS },
		      { 0x281, -EIO },	      { 0x4002, -EIO },	 { 0x7ff, -EIO } };

	started(PCI_MSIX);
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		model.status = cases[i].status;
		CHECK_EQ(simple(model.dev[0], BLK_WRITE, 0, 8), cases[i].error);
	}
	CHECK_EQ(env.logged[4], 1); /* a minute's silence */
	model.status = 0;
	CHECK_EQ(simple(model.dev[0], BLK_READ, 0, 8), 0);
}

/* Every lie ends it: off the bus, all namespaces gone, and it is not touched again. */
static void is_dead(void)
{
	unsigned commands = model.commands;

	CHECK(!model.master && model.gone == 2 && env.logged[3] == 1);
	CHECK_EQ(simple(model.dev[0], BLK_READ, 0, 8), -ENODEV);
	CHECK_EQ(simple(model.dev[1], BLK_READ, 0, 8), -ENODEV);
	CHECK(!model.dev[1]->ops->irq(model.dev[1]));
	CHECK(model.commands == commands && model.gone == 2 && model.bad == 0);
}

static void test_bad_ids(void)
{
	for (unsigned lie = 1; lie <= 3; lie++) {
		started(PCI_MSIX);
		model.bad_id = lie;
		CHECK_EQ(simple(model.dev[0], BLK_READ, 0, 8), BLK_PENDING);
		is_dead();
	}
	/* The same one twice. */
	started(PCI_MSIX);
	CHECK_EQ(simple(model.dev[0], BLK_READ, 0, 8), 0);
	post(1, 62, 0, 0);
	CHECK(!model.dev[0]->ops->poll(model.dev[0]));
	is_dead();
}

static void test_fatal(void)
{
	started(PCI_MSIX);
	model.csts |= 2;
	CHECK(!model.dev[0]->ops->irq(model.dev[0]));
	is_dead();
	started(PCI_MSIX);
	model.dev[0]->ops->stop(model.dev[0]);
	is_dead();
	started(PCI_MSIX);
	model.removed = true;
	CHECK(!model.dev[0]->ops->irq(model.dev[0]));
	CHECK(!model.master && model.gone == 2);
}

static void refused(int want, const char *what)
{
	bool ok = CHECK_EQ(start(), want);

	ok &= CHECK(model.devs == 0 && !model.master && env.logged[3] >= 1);
	if (!ok) {
		printf("# %s\n", what);
	}
}

static void test_no_start(void)
{
	new_model();
	model.cap = UINT64_MAX;
	refused(-ENOTSUP, "all ones");
	new_model();
	model.cap |= 1UL << 48;
	refused(-ENOTSUP, "pages of 8 KiB");
	new_model();
	model.cap &= ~0xffffUL;
	refused(-ENOTSUP, "queues of one entry");
	new_model();
	model.never_idle = true;
	model.csts = 1;
	refused(-ETIMEDOUT, "does not become idle");
	new_model();
	model.never_ready = true;
	refused(-ETIMEDOUT, "does not become ready");
	new_model();
	model.fatal_start = true;
	refused(-EIO, "fatal at once");
	new_model();
	model.mute_op = 6;
	refused(-ETIMEDOUT, "no answer");
	new_model();
	model.admin_status = 2;
	refused(-EIO, "an answer that is an error");
	new_model();
	model.irq_result = -ENODEV;
	refused(-ENODEV, "no interrupt");
	new_model();
	model.bar_size = 0x1008;
	CHECK(start() == -EINVAL && model.devs == 0);
	new_model();
	model.bar_size = 0x800;
	CHECK(start() == -EINVAL && model.devs == 0);
}

static void test_formats(void)
{
	for (unsigned i = 0; i < 4; i++) {
		new_model();
		model.shift[0] = (uint8_t[]){ 8, 13, 9, 9 }[i];
		model.shift[1] = 12;
		model.metadata = i == 2 ? 8 : 0;
		model.formats = i == 3 ? 0 : 1;
		if (i == 0) {
			model.shift[0] = 16;
		}
		CHECK_EQ(start(), 0);
		CHECK_EQ(model.devs, i < 2 ? 1 : 0);
		CHECK_EQ(env.logged[3], i < 2 ? 1 : 2);
	}
	new_model();
	model.attributes = 1;
	CHECK(start() == 0 && model.dev[0]->read_only);
}

static const struct test tests[] = {
	{ "a controller with two namespaces is brought up", test_start },
	{ "one that lists none, one with a single queue", test_first_versions },
	{ "read, write, flush, zeroes, deallocate", test_operations },
	{ "pieces of any length at any address", test_shapes },
	{ "a full ring, again and again", test_full },
	{ "interrupts: masked by the handler but for MSI-X", test_interrupts },
	{ "it is told of the end, and not waited for without one", test_shutdown },
	{ "what its status becomes, told once", test_errors },
	{ "completions of what was not asked end it", test_bad_ids },
	{ "fatal status, no answer, removal", test_fatal },
	{ "controllers that do not start are given up", test_no_start },
	{ "formats that are not supported", test_formats },
};
TEST_MAIN(tests)
