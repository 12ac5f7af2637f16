/* SPDX-License-Identifier: MIT */
/* fs/block.c and blkio.c under the real scheduler, with a disk that finishes requests in any order and at any time.
 * sources: tests/unit/test.c tests/unit/host/kernel.c kernel/sched.c kernel/sync.c kernel/semaphore.c kernel/wait.c
	kernel/timer.c kernel/poller.c kernel/fmt.c fs/block.c fs/blkio.c */
#include "blk_env.h"

#include "../../fs/blkcore.h"

#define WORKERS 6U
#define REGION	(DISK_SECTORS / 8)
#define ROUNDS	400U
#define ASYNC	24U

#define LATE_NS (500 * MS)

static unsigned chance, finished;
static uint64_t
	longest; /* ns that a request took: one whose end was missed takes until the timer of 30 s */

/* --- many at once -------------------------------------------------------------------------------- */

static void fill(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		p[i] = (uint8_t)test_below(256);
	}
}

/* Reads and writes at random in a region of its own, against a model in memory. */
static void *worker(void *arg)
{
	uint64_t start = (uintptr_t)arg * REGION;
	uint8_t *model = malloc(REGION * BLK_SECTOR), *buf = malloc(64 * BLK_SECTOR);

	memcpy(model, disk.data + start * BLK_SECTOR, REGION * BLK_SECTOR);
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t at = test_below(REGION - 63), n = 1 + test_below(63);
		size_t bytes = n * BLK_SECTOR;
		uint64_t before = w.now;

		if (test_below(2) == 0) {
			fill(buf, bytes);
			memcpy(model + at * BLK_SECTOR, buf, bytes);
			CHECK_EQ(blk_rw(&disk.dev, BLK_WRITE, start + at, buf, bytes), 0);
		} else {
			CHECK_EQ(blk_rw(&disk.dev, BLK_READ, start + at, buf, bytes), 0);
			CHECK(memcmp(buf, model + at * BLK_SECTOR, bytes) == 0);
		}
		if (test_below(20) == 0) {
			CHECK_EQ(blk_flush(&disk.dev), 0);
		}
		longest = MAX(longest, w.now - before);
	}
	finished++;
	free(buf);
	free(model);
	return NULL;
}

static struct blk_req batch[ASYNC];
static unsigned told;

static void told_done(struct blk_req *r)
{
	CHECK(mutex_held(&disk.dev.lock));
	CHECK(atomic_load(&r->status) != BLK_PENDING);
	told += r->owner == &told;
}

/* Many in flight by one thread: more than there is room for, one doorbell for what has room. */
static void *submitter(void *arg)
{
	static uint8_t buf[ASYNC][BLK_SECTOR];
	static struct iovec iov[ASYNC];
	uint64_t start = (uintptr_t)arg * REGION;

	for (unsigned round = 0; round < ROUNDS / 8; round++) {
		told = 0;
		memset(batch, 0xff, sizeof(batch)); /* fields of the class need no zeros */
		for (unsigned i = 0; i < ASYNC; i++) {
			struct blk_req *r = &batch[i];

			iov[i] = (struct iovec){ buf[i], BLK_SECTOR };
			r->op = BLK_READ;
			r->sector = start + i;
			r->count = 1;
			r->iov = &iov[i];
			r->n = 1;
			r->done = told_done;
			r->owner = &told;
			blk_submit(&disk.dev, r, i + 1 < ASYNC);
		}
		for (unsigned i = ASYNC; i-- > 0;) {
			CHECK_EQ(blk_wait(&batch[i]), 0);
			CHECK_EQ(blk_wait(&batch[i]), 0); /* and again */
			CHECK(memcmp(buf[i], disk.data + (start + i) * BLK_SECTOR, BLK_SECTOR) ==
			      0);
		}
		CHECK_EQ(told, ASYNC);
	}
	finished++;
	return NULL;
}

static void start_many(void)
{
	new_disk(1 + test_below(RING_MAX));
	disk.slow = test_below(2) == 0 ? 300 : 100000; /* the end may come before the sleep */
	disk.deaf = test_below(2) == 0;
	CHECK_EQ(blkdev_register(&disk.dev), 0);
	for (unsigned i = 0; i < WORKERS; i++) {
		spawn(worker, (void *)(uintptr_t)i, (uint8_t)(16 + i % 3), true);
	}
	spawn(submitter, (void *)(uintptr_t)WORKERS, 17, true);
}

static void run_many(void)
{
	run(start_many, chance);
	CHECK_EQ(finished, WORKERS + 1);
	if (!CHECK(longest < LATE_NS)) {
		printf("# a request took %lu us\n", longest / 1000);
	}
	CHECK(disk.most == disk.ring && disk.dev.errors == 0 && disk.dev.timeouts == 0);
	CHECK(list_empty(&disk.dev.running) && list_empty(&disk.dev.waiting));
	CHECK_EQ(atomic_load(&disk.dev.in_flight), 0);
	CHECK_EQ(disk.posts, disk.dev.reads + disk.dev.writes + disk.dev.flushes);
}

static void test_many(void)
{
	static const unsigned chances[] = { 0, 2, 10, 100 };

	for (unsigned i = 0; i < ARRAY_SIZE(chances); i++) {
		chance = chances[i];
		for (unsigned seed = 1; seed <= 4; seed++) {
			test_seed(seed);
			if (!CHECK(test_apart(run_many, 30))) {
				printf("# one more interrupt in %u, seed %u\n", chance, seed);
			}
		}
	}
}

/* --- one thread's story ---------------------------------------------------------------------------- */

static void (*story)(void);

static void *tell_story(void *arg)
{
	story();
	finished++;
	return arg;
}

static void start_story(void)
{
	new_disk(4);
	CHECK_EQ(blkdev_register(&disk.dev), 0);
	spawn(tell_story, NULL, 17, true);
}

static void run_story(void)
{
	run(start_story, 10);
	CHECK_EQ(finished, 1);
}

static void apart(void (*fn)(void))
{
	story = fn;
	CHECK(test_apart(run_story, 20));
}

static uint8_t buf[64 * BLK_SECTOR];

static int rw(enum blk_op op, uint64_t sector, unsigned sectors)
{
	return blk_rw(&disk.dev, op, sector, buf, sectors * BLK_SECTOR);
}

static int submit(struct blk_req *r)
{
	blk_submit(&disk.dev, r, false);
	return blk_wait(r);
}

static void bounds(void)
{
	const uint64_t end = DISK_SECTORS;
	struct iovec odd = { buf, 100 }, large = { buf, 8192 }, none = { buf, 0 };
	struct iovec six[6] = { { buf, 512 }, { buf, 512 }, { buf, 512 },
				{ buf, 512 }, { buf, 512 }, { buf, 512 } };
	struct blk_req r = { .op = BLK_READ, .count = 1, .iov = &odd, .n = 1 };

	CHECK_EQ(rw(BLK_READ, 0, 1), 0);
	CHECK_EQ(rw(BLK_READ, end - 1, 1), 0);
	CHECK_EQ(rw(BLK_READ, end, 1), -EINVAL);
	CHECK_EQ(rw(BLK_READ, end - 1, 2), -EINVAL);
	CHECK_EQ(rw(BLK_READ, UINT64_MAX, 1), -EINVAL);
	CHECK_EQ(rw(BLK_READ, 0, 0), -EINVAL);
	CHECK_EQ(rw(BLK_FLUSH, 0, 1), -EINVAL);
	CHECK_EQ(blk_rw(&disk.dev, BLK_READ, 0, buf, 513), -EINVAL);
	CHECK_EQ(submit(&r), -EINVAL);
	r.iov = &large, r.count = 16;
	CHECK_EQ(submit(&r), -EINVAL);
	r.iov = &none, r.count = 0;
	CHECK_EQ(submit(&r), -EINVAL);
	r.iov = six, r.n = 6, r.count = 6;
	CHECK_EQ(submit(&r), -EINVAL); /* more pieces than the disk takes */
	r.n = 4;
	CHECK_EQ(submit(&r), -EINVAL); /* fewer bytes than sectors */
	r.count = 4;
	CHECK_EQ(submit(&r), 0);
	r.sector = UINT64_MAX - 2;
	CHECK_EQ(submit(&r), -EINVAL);
	r.op = (enum blk_op)99, r.sector = 0;
	CHECK_EQ(submit(&r), -EINVAL);
	r.op = BLK_FLUSH;
	CHECK_EQ(submit(&r), -EINVAL); /* of sectors */
	CHECK_EQ(disk.dev.errors, 0);
	CHECK_EQ(env.logged[3], 0);
}

static void discards(void)
{
	unsigned before = disk.posts;

	CHECK_EQ(blk_discard(&disk.dev, 0, 250), 0);
	CHECK_EQ(disk.posts - before, 3);
	CHECK_EQ(blk_discard(&disk.dev, 0, 0), -EINVAL);
	before = disk.posts;
	CHECK_EQ(blk_discard(&disk.dev, DISK_SECTORS - 150, 151), -EINVAL);
	CHECK_EQ(disk.posts, before); /* nothing of it was done */
	CHECK_EQ(blk_zero(&disk.dev, 10, 101), 0);
	for (unsigned i = 9; i < 112; i++) {
		bool zero = disk.data[i * BLK_SECTOR] == 0 && disk.data[i * BLK_SECTOR + 100] == 0;

		CHECK_EQ(zero, i >= 10 && i < 111);
	}
	disk.dev.max_discard = disk.dev.max_zero = 0;
	CHECK_EQ(blk_discard(&disk.dev, 0, 1), -EOPNOTSUPP);
	CHECK_EQ(blk_zero(&disk.dev, 0, 1), -EOPNOTSUPP);
	disk.dev.read_only = true;
	CHECK_EQ(rw(BLK_WRITE, 0, 1), -EROFS);
	CHECK_EQ(rw(BLK_READ, 0, 1), 0);
	disk.dev.volatile_cache = false;
	before = disk.posts;
	CHECK_EQ(blk_flush(&disk.dev), 0);
	CHECK_EQ(disk.posts, before);
}

static void blocks_of_4096(void)
{
	disk.dev.block_size = 4096;
	CHECK_EQ(rw(BLK_READ, 8, 8), 0);
	CHECK_EQ(rw(BLK_READ, 4, 8), -EINVAL);
	CHECK_EQ(rw(BLK_READ, 0, 4), -EINVAL);
}

/* The end comes at any point on the way to sleep. */
static void swift(void)
{
	disk.slow = 1500;
	for (unsigned i = 0; i < (disk.deaf ? 5 : 3000); i++) {
		uint64_t before = w.now;

		CHECK_EQ(rw(BLK_READ, i, 1), 0);
		longest = MAX(longest, w.now - before);
	}
	CHECK(longest < LATE_NS);
}

static void pause_for(uint64_t ns)
{
	struct waitq q;
	irqstate_t s;

	waitq_init(&q);
	s = spin_lock_save(&q.lock);
	waitq_wait(&q, time_after(ns));
	spin_unlock_restore(&q.lock, s);
}

/* Doorbells are missed, also by an idle disk whose interrupt is on already. */
static void deaf(void)
{
	disk.deaf = true;
	for (unsigned i = 0; i < 300; i++) {
		pause_for(test_below(4) * 20 * MS);
		swift();
	}
	CHECK_EQ(disk.dev.timeouts, 0);
}

static void errors(void)
{
	disk.bad = 1000;
	CHECK_EQ(rw(BLK_READ, 999, 1), 0);
	CHECK_EQ(env.logged[3], 0);
	CHECK_EQ(rw(BLK_READ, 1000, 1), -EIO);
	CHECK_STR(env.log, "blk vda: read of 1 sectors at 1000: error -5");
	CHECK_EQ(rw(BLK_READ, 990, 16), -EIO);
	CHECK_EQ(rw(BLK_READ, 1001, 1), 0);
	CHECK_EQ(env.logged[3], 1); /* one message a kind */
	CHECK_EQ(rw(BLK_WRITE, 1000, 1), -EIO);
	CHECK_EQ(env.logged[3], 2);
	CHECK_EQ(disk.dev.errors, 3);
	w.now += 61 * NS_PER_SEC;
	CHECK_EQ(rw(BLK_READ, 1000, 1), -EIO);
	CHECK_EQ(env.logged[3], 3); /* and again a minute later */
}

/* The device keeps one request; another that came later, and one that waits for room, fail with it. */
static void silence(void)
{
	struct iovec v = { buf, BLK_SECTOR };
	struct blk_req r[6];
	uint64_t start;

	CHECK_EQ(rw(BLK_READ, 0, 1), 0);
	disk.silent = true;
	start = w.now;
	for (unsigned i = 0; i < 6; i++) {
		r[i] = (struct blk_req){
			.op = BLK_WRITE, .sector = 70 + i, .count = 1, .iov = &v, .n = 1
		};
		blk_submit(&disk.dev, &r[i], false);
		w.now += i == 0 ? 5 * NS_PER_SEC : 0;
	}
	CHECK_EQ(blk_wait(&r[5]), -ENODEV);
	CHECK_EQ(blk_wait(&r[0]), -ETIMEDOUT);
	CHECK_EQ(blk_wait(&r[1]), -ENODEV);
	CHECK(disk.stopped && disk.dev.timeouts == 1);
	CHECK_STR(env.log,
		  "blk vda: write of 1 sectors at 70: no answer for 11 s; the device is stopped");
	CHECK(w.now - start < 13 * NS_PER_SEC);
	CHECK_EQ(rw(BLK_READ, 0, 1), -ENODEV);
	CHECK_EQ(blk_flush(&disk.dev), -ENODEV);
}

/* The clock jumps as after a pause of the machine, and the device answers then. */
static void pause_of_the_machine(void)
{
	struct iovec v = { buf, BLK_SECTOR };
	struct blk_req r = { .op = BLK_READ, .count = 1, .iov = &v, .n = 1 };

	disk.slow = 2;
	disk.silent = true;
	blk_submit(&disk.dev, &r, false);
	w.now += 3600 * NS_PER_SEC;
	point();
	disk.silent = false;
	w.next = w.now + 100 * MS;
	CHECK_EQ(blk_wait(&r), 0);
	CHECK(!disk.stopped && disk.dev.timeouts == 0);
}

/* For hours of use the timer goes on, and nobody is late. */
static void hours(void)
{
	for (unsigned i = 0; i < 500; i++) {
		CHECK_EQ(rw(BLK_READ, i, 1), 0);
		w.now += test_below(20) * NS_PER_SEC;
	}
	CHECK(disk.dev.timeouts == 0 && disk.dev.reads == 500);
}

static void vanish(void)
{
	struct iovec v = { buf, BLK_SECTOR };
	struct blk_req r[6];

	disk.silent = true;
	for (unsigned i = 0; i < 6; i++) {
		r[i] = (struct blk_req){
			.op = BLK_READ, .sector = i, .count = 1, .iov = &v, .n = 1
		};
		blk_submit(&disk.dev, &r[i], false);
	}
	blkdev_gone(&disk.dev);
	for (unsigned i = 0; i < 6; i++) {
		CHECK_EQ(blk_wait(&r[i]), -ENODEV);
	}
	CHECK_STR(env.log, "blk vda: the device is gone; 4 requests fail");
	CHECK_EQ(rw(BLK_READ, 0, 1), -ENODEV);
	blkdev_gone(&disk.dev); /* twice is once */
	pollers_run();
	CHECK_EQ(env.logged[3], 1);
}

static void sizes(void)
{
	struct blkdev part = { .first = 1000, .sectors = 2000, .part_number = 3 };
	int r;

	blkdev_add_part(&disk.dev, &part);
	CHECK_STR(part.name, "vda3");
	CHECK_EQ(blk_rw(&part, BLK_READ, 0, buf, 512), 0);
	CHECK(memcmp(buf, disk.data + 1000 * BLK_SECTOR, 512) == 0);
	CHECK_EQ(blk_rw(&part, BLK_READ, 1999, buf, 512), 0);
	CHECK_EQ(blk_rw(&part, BLK_READ, 1999, buf, 1024), -EINVAL);
	CHECK_EQ(blk_rw(&part, BLK_READ, 2000, buf, 512), -EINVAL);
	CHECK_EQ(blk_rw(&part, BLK_READ, UINT64_MAX - 999, buf, 512),
		 -EINVAL); /* sector 0 of the disk */
	blkdev_resized(&disk.dev, 2000);
	pollers_run();
	CHECK_STR(env.log, "blk vda: now 2000 sectors, 4096 before");
	CHECK_EQ(rw(BLK_READ, 2000, 1), -EINVAL);
	CHECK_EQ(blk_rw(&part, BLK_READ, 999, buf, 512), 0);
	CHECK_EQ(blk_rw(&part, BLK_READ, 1000, buf, 512), -EINVAL);
	blkdev_resized(&disk.dev, DISK_SECTORS);
	pollers_run();
	CHECK_EQ(rw(BLK_READ, 2000, 1), 0);
	blkdev_resized(&disk.dev, 0);
	pollers_run();
	r = rw(BLK_READ, 0, 1);
	CHECK(r == -ENODEV || r == -EINVAL);
	CHECK_EQ(blk_flush(&disk.dev), -ENODEV);
}

static void test_swift(void)
{
	apart(swift);
	apart(deaf);
}

static void test_bounds(void)
{
	apart(bounds);
	apart(blocks_of_4096);
}

static void test_discards(void)
{
	apart(discards);
}

static void test_errors(void)
{
	apart(errors);
}

static void test_timeout(void)
{
	timeout_s = 10;
	apart(silence);
	apart(pause_of_the_machine);
	apart(hours);
}

static void test_gone(void)
{
	apart(vanish);
	apart(sizes);
}

/* --- registration ----------------------------------------------------------------------------------- */

static void no_numbers(void)
{
	static const struct {
		uint32_t block, pieces, piece;
		uint64_t sectors;
		int result;
	} t[] = {
		{ 512, 1, 512, 0, 0 },
		{ 4096, 1, 4096, 1ULL << 54, 0 },
		{ 256, 1, 4096, 8, -EINVAL },
		{ 0, 1, 4096, 8, -EINVAL },
		{ 768, 1, 4096, 8, -EINVAL },
		{ 8192, 1, 8192, 8, -EINVAL },
		{ 512, 0, 4096, 8, -EINVAL },
		{ 4096, 1, 4095, 8, -EINVAL },
		{ 512, 1, 512, (1ULL << 54) + 1, -EINVAL },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(t); i++) {
		struct blkdev *d = calloc(1, sizeof(*d));

		new_disk(4);
		*d = disk.dev;
		d->block_size = t[i].block;
		d->max_pieces = t[i].pieces;
		d->max_piece = t[i].piece;
		d->sectors = t[i].sectors;
		CHECK_EQ(blkdev_register(d), t[i].result);
	}
}

static void names(void)
{
	static struct blkdev d[704];
	static const struct {
		unsigned i;
		const char *name;
	} t[] = { { 0, "vda" }, { 25, "vdz" }, { 26, "vdaa" }, { 701, "vdzz" }, { 702, "vdaaa" } };

	for (unsigned i = 0; i < ARRAY_SIZE(d); i++) {
		new_disk(4);
		d[i] = disk.dev;
		CHECK_EQ(blkdev_register(&d[i]), 0);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(t); i++) {
		CHECK_STR(d[t[i].i].name, t[i].name);
	}
}

static void run_numbers(void)
{
	run(no_numbers, 0);
}

static void run_names(void)
{
	run(names, 0);
}

static void test_registration(void)
{
	CHECK(test_apart(run_numbers, 10));
	CHECK(test_apart(run_names, 10));
}

static const struct test tests[] = {
	{ "reads and writes of 7 threads over rings of 1 to 16: all end, with the right content",
	  test_many },
	{ "no end of a request is missed, wherever it comes", test_swift },
	{ "what is outside the disk or against the rules is refused before the device sees it",
	  test_bounds },
	{ "discards and zeros in parts; read-only disks; no flush without a cache", test_discards },
	{ "an error reaches its caller, with one message a kind and minute", test_errors },
	{ "a device that does not answer is stopped, with a message; a pause of the machine is "
	  "none",
	  test_timeout },
	{ "a device that goes or changes its size: nothing hangs, nothing beyond the end",
	  test_gone },
	{ "numbers that make no sense are refused; names", test_registration },
};
TEST_MAIN(tests)
