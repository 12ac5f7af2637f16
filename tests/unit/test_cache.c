/* SPDX-License-Identifier: MIT */
/* fs/cache*.c over a device that is late, lies about nothing but fails at times (cache_env.h); one thread, which
 * does the device's work whenever it waits. test_cache_threads.c has several.
 * sources: tests/unit/test.c tests/unit/host/kernel.c fs/cache.c fs/cacheget.c fs/cachepage.c fs/cacheio.c
	fs/cachesync.c */
#include "host/kernel.h"

#include "cache_env.h"

#include <kernel/log.h>
#include <kernel/thread.h>

static void fake_lock(void)
{
}

static void fake_unlock(void)
{
}

/* --- the kernel: one thread -------------------------------------------------------------------------------- */

static struct {
	uint64_t now;
	struct poller *poller;
	struct timer *timer;
	void (*meanwhile)(void); /* done once, the next time the thread waits */
	unsigned waits;
} k;

uint64_t time_now(void)
{
	return k.now;
}

uint64_t time_after(uint64_t ns)
{
	return k.now + ns;
}

void timer_init(struct timer *t, void (*fn)(struct timer *t))
{
	memset(t, 0, sizeof(*t));
	t->fn = fn;
}

void timer_start(struct timer *t, uint64_t deadline)
{
	t->deadline = deadline;
	t->pending = true;
	k.timer = t;
}

void mutex_lock(struct mutex *m)
{
	(void)m;
}

void mutex_unlock(struct mutex *m)
{
	(void)m;
}

void poller_register(struct poller *p)
{
	k.poller = p;
}

void poller_kick(void)
{
}

void sched_check(void)
{
	CHECK(!host.masked);
}

void waiter_init(struct waiter *w)
{
	w->woken = false;
}

void waiter_wake(struct waiter *w)
{
	w->woken = true;
}

void waiter_wait_through(struct waiter *w, bool (*cond)(void *arg), void *arg)
{
	CHECK(!host.masked);
	k.waits++;
	while (!cond(arg)) {
		void (*fn)(void) = k.meanwhile;

		k.meanwhile = NULL;
		if (fn != NULL) {
			fn();
		} else if (!k.poller->poll(k.poller) && !fake_step()) {
			printf("# a wait that nothing ends\n");
			abort();
		}
		/* Whoever makes it true wakes. */
		CHECK(!cond(arg) || w->woken);
	}
}

/* The clock goes on to @now, as it does in a machine that sleeps: by timers. */
static void sleep_until(uint64_t now)
{
	k.now = now;
	if (k.timer != NULL && k.timer->pending && k.timer->deadline <= now) {
		k.timer->pending = false;
		k.timer->fn(k.timer);
	}
	while (k.poller != NULL &&
	       (k.poller->poll(k.poller) || k.poller->arm(k.poller) || fake_step())) {
	}
}

static bool mem_fails(void)
{
	return mem.fail != 0 && test_below(mem.fail) == 0;
}

void *kmalloc(size_t n)
{
	CHECK(!host.masked);
	if (mem_fails()) {
		return NULL;
	}
	mem.objects++;
	return malloc(n);
}

void *kzalloc(size_t n)
{
	void *p = kmalloc(n);

	return p != NULL ? memset(p, 0, n) : NULL;
}

void kfree(void *p)
{
	mem.objects -= p != NULL;
	free(p);
}

void *page_alloc(size_t n, size_t align)
{
	(void)align;
	CHECK(n == 1 && !host.masked);
	if (mem.left == 0 || mem_fails()) {
		return NULL;
	}
	mem.left--;
	mem.used++;
	return aligned_alloc(PAGE_SIZE, PAGE_SIZE);
}

void page_free(void *p, size_t n)
{
	mem.left += n;
	mem.used -= n;
	free(p);
}

size_t page_total(void)
{
	return 1024;
}

/* --- helpers ------------------------------------------------------------------------------------------------ */

static uint8_t buf[FAKE_SECTORS_MAX * 512];

static struct blkdev fake_part(uint64_t first, uint64_t sectors)
{
	struct blkdev p = fake.disk;

	p.disk = &fake.disk;
	p.first = first;
	p.sectors = sectors;
	return p;
}

/* As after the boot. */
static void cache_forget_all(void)
{
	struct list *l, *n;

	list_for_each_safe(l, n, &cache.disks) {
		struct cdisk *cd = list_entry(l, struct cdisk, link);

		list_del(l);
		kfree(cd);
	}
	for (size_t i = 0; cache.hash != NULL && i <= cache.mask; i++) {
		while (cache.hash[i] != NULL) {
			struct cpage *p = cache.hash[i];

			cache.hash[i] = p->next;
			CHECK_EQ(p->use, 0);
			cache_release(p);
		}
	}
	while (cache.spare != NULL) {
		struct cio *io = cache.spare;

		cache.spare = io->next;
		kfree(io);
	}
	while (cache.husks != NULL) {
		struct cpage *p = cache.husks;

		cache.husks = p->next;
		kfree(p);
	}
	kfree(cache.hash);
	CHECK_EQ(cache.pages, 0);
	CHECK(list_empty(&cache.waits) && cache.waiting == 0);
	CHECK(cache.reads == 0 && cache.writes == 0);
	memset(&cache, 0, sizeof(cache));
	list_init(&cache.hot);
	list_init(&cache.cold);
	list_init(&cache.disks);
	list_init(&cache.waits);
	cache.due = TIME_NEVER;
}

static void begin(uint64_t sectors, const char *bound)
{
	while (fake_step()) {
	}
	cache_forget_all();
	CHECK_EQ(mem.objects, 0);
	CHECK_EQ(mem.used, 0);
	memset(&k, 0, sizeof(k));
	memset(&mem, 0, sizeof(mem));
	mem.left = 1000;
	mem.param = bound;
	fake_reset(sectors);
	fake.in_order = true;
}

static struct cache_stats stats(void)
{
	struct cache_stats s;

	cache_check();
	cache_stats(&s);
	return s;
}

/* Requests of @op that the device began. */
static unsigned count(enum blk_op op)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fake.logged; i++) {
		n += fake.log[i].op == op && fake.log[i].start;
	}
	return n;
}

static bool reads_as(struct blkdev *d, uint64_t off, const void *want, size_t n)
{
	return cache_read(d, off, buf, n) == 0 && memcmp(buf, want, n) == 0;
}

static int fail_all(const struct blk_req *r)
{
	return r->op == BLK_FLUSH ? 0 : -EIO;
}

static int fail_writes(const struct blk_req *r)
{
	return r->op == BLK_WRITE ? -EIO : 0;
}

static int fail_flush(const struct blk_req *r)
{
	return r->op == BLK_FLUSH ? -EIO : 0;
}

/* Sectors 80 to 87 cannot be read. */
static int fail_page_10(const struct blk_req *r)
{
	return r->op == BLK_READ && r->sector <= 80 && r->sector + r->count > 80 ? -EIO : 0;
}

/* --- reading -------------------------------------------------------------------------------------------------- */

static void test_hits(void)
{
	begin(2048, NULL);
	CHECK(reads_as(&fake.disk, 4096 + 100, fake.content + 4096 + 100, 200));
	CHECK_EQ(fake.logged, 2);
	CHECK(fake.log[0].sector == 8 && fake.log[0].count == 8);
	CHECK(reads_as(&fake.disk, 4096, fake.content + 4096, 4096));
	CHECK_EQ(fake.logged, 2);
	CHECK_EQ(stats().hits, 1);
	CHECK_EQ(stats().misses, 1);
	CHECK_EQ(stats().pages, 1);
	CHECK_EQ(stats().bound, 125);
	/* Over two pages, of which one is there. */
	CHECK(reads_as(&fake.disk, 8190, fake.content + 8190, 4));
	CHECK_EQ(count(BLK_READ), 2);
	CHECK_EQ(stats().pages, 6); /* it looks like a sequence */
	/* Nothing, at the end and elsewhere. */
	CHECK_EQ(cache_read(&fake.disk, 2048 * 512, buf, 0), 0);
	CHECK_EQ(cache_read(&fake.disk, 2048 * 512, buf, 1), -EINVAL);
	CHECK_EQ(cache_read(&fake.disk, 2048 * 512 - 1, buf, 2), -EINVAL);
	CHECK_EQ(cache_read(&fake.disk, UINT64_MAX, buf, 2), -EINVAL);
	CHECK_EQ(cache_write(&fake.disk, 2048 * 512 - 1, buf, 2), -EINVAL);
	CHECK_EQ(count(BLK_READ), 2);
	/* Pages of one read come by one request. */
	CHECK(reads_as(&fake.disk, 20 * 4096 + 7, fake.content + 20 * 4096 + 7, 6 * 4096));
	CHECK_EQ(count(BLK_READ), 3);
	CHECK_EQ(fake.log[fake.logged - 1].count, 7 * 8);
}

static void test_read_ahead(void)
{
	unsigned waits = 0;

	begin(4096, NULL);
	for (unsigned i = 0; i < 300; i++) {
		unsigned before = k.waits;

		CHECK(reads_as(&fake.disk, i * 4096, fake.content + i * 4096, 4096));
		waits += k.waits != before;
		while (i % 3 == 0 && fake_step()) {
		}
	}
	/* 1, 1 + 4, then 8, 16 and windows of 31 (a quarter of the bound). */
	CHECK(count(BLK_READ) >= 12 && count(BLK_READ) <= 15);
	CHECK(waits <= 5);
	CHECK(stats().read_ahead >= 290);
	CHECK(stats().hits >= 295);
	/* At random: only what is asked for. */
	begin(4096, NULL);
	for (unsigned i = 0; i < 100; i++) {
		uint64_t page = (i * 37 + 11) % 500;

		CHECK(reads_as(&fake.disk, page * 4096, fake.content + page * 4096, 4096));
	}
	CHECK_EQ(stats().read_ahead, 0);
	CHECK_EQ(stats().misses, 100);
	/* Asked for: nothing waits, and the end of the disk is the end. */
	begin(160, NULL);
	cache_read_ahead(&fake.disk, 0, 160 * 512);
	cache_read_ahead(&fake.disk, 159 * 512, 512);
	CHECK_EQ(k.waits, 0);
	CHECK_EQ(count(BLK_READ), 1);
	CHECK_EQ(stats().read_ahead, 20);
	CHECK(reads_as(&fake.disk, 512, fake.content + 512, 19 * 4096));
	CHECK_EQ(count(BLK_READ), 1);
}

static void test_scan(void)
{
	begin(4096, "256K"); /* 64 pages */
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 20; i++) {
			cache_read(&fake.disk, (400 + 3 * i) * 4096, buf, 100);
		}
		/* Something else comes between, so that a page is not asked for twice in a row. */
		for (unsigned i = 0; i < 20; i++) {
			cache_read(&fake.disk, (round * 20 + i) * 4096, buf, 4096);
		}
	}
	CHECK(stats().pages <= 64);
	for (unsigned i = 0; i < 300; i++) {
		cache_read(&fake.disk, i * 4096, buf, 512);
		cache_read(&fake.disk, i * 4096 + 512, buf, 512);
	}
	fake.logged = 0;
	for (unsigned i = 0; i < 20; i++) {
		cache_read(&fake.disk, (400 + 3 * i) * 4096, buf, 100);
	}
	CHECK_EQ(count(BLK_READ), 0); /* the hot ones outlived the scan */
	CHECK_EQ(stats().pages, 64);
}

static void test_direct(void)
{
	begin(4096, NULL);
	CHECK(reads_as(&fake.disk, 0, fake.content, 256 * 1024));
	CHECK_EQ(stats().pages, 0);
	CHECK_EQ(stats().direct, 64);
	CHECK_EQ(count(BLK_READ), 1);
	/* A page of the range is dirty: its content counts. */
	memset(buf, 0x5a, 100);
	CHECK_EQ(cache_write(&fake.disk, 30 * 4096 + 5, buf, 100), 0);
	CHECK_EQ(cache_read(&fake.disk, 0, buf, 64 * 4096), 0);
	for (unsigned i = 0; i < 64 * 4096; i++) {
		bool mine = i >= 30 * 4096 + 5 && i < 30 * 4096 + 105;

		if (!CHECK(buf[i] == (mine ? 0x5a : fake.content[i]))) {
			break;
		}
	}
	/* A large write goes past clean pages, which go, and not past dirty ones. */
	memset(buf, 0x77, sizeof(buf));
	CHECK(reads_as(&fake.disk, 100 * 4096, fake.content + 100 * 4096, 100));
	memset(buf, 0x77, sizeof(buf));
	CHECK_EQ(cache_write(&fake.disk, 96 * 4096, buf, 16 * 4096), 0);
	CHECK(memcmp(fake.content + 96 * 4096, buf, 16 * 4096) == 0);
	CHECK_EQ(stats().dirty, 1);
	CHECK_EQ(cache_read(&fake.disk, 100 * 4096, buf, 100), 0);
	CHECK_EQ(buf[50], 0x77);
	memset(buf, 0x78, sizeof(buf));
	CHECK_EQ(cache_write(&fake.disk, 24 * 4096, buf, 16 * 4096), 0);
	CHECK_EQ(cache_sync(&fake.disk), 0);
	CHECK(memcmp(fake.medium + 24 * 4096, buf, 16 * 4096) == 0);
	fake.fault = fail_all;
	CHECK_EQ(cache_write(&fake.disk, 200 * 4096, buf, 16 * 4096), -EIO);
	CHECK_EQ(cache_read(&fake.disk, 200 * 4096, buf, 16 * 4096), -EIO);
}

static void test_read_errors(void)
{
	begin(2048, NULL);
	fake.fault = fail_page_10;
	/* One request, of which one page is bad: the others are there. */
	CHECK_EQ(cache_read(&fake.disk, 8 * 4096, buf, 2 * 4096), 0);
	CHECK_EQ(cache_read(&fake.disk, 9 * 4096, buf, 3 * 4096), -EIO);
	CHECK(reads_as(&fake.disk, 11 * 4096, fake.content + 11 * 4096, 4096));
	CHECK_EQ(cache_read(&fake.disk, 10 * 4096, buf, 1), -EIO);
	/* A part of a page that cannot be read cannot be written; all of it can. */
	CHECK_EQ(cache_write(&fake.disk, 10 * 4096, buf, 1), -EIO);
	memset(buf, 0x31, 4096);
	CHECK_EQ(cache_write(&fake.disk, 10 * 4096, buf, 4096), 0);
	CHECK_EQ(cache_sync(&fake.disk), 0);
	CHECK_EQ(fake.medium[10 * 4096 + 99], 0x31);
	/* By read-ahead: nobody is told before it is his turn. */
	begin(2048, NULL);
	fake.fault = fail_page_10;
	for (unsigned i = 0; i < 20; i++) {
		CHECK_EQ(cache_read(&fake.disk, i * 4096, buf, 4096), i == 10 ? -EIO : 0);
		CHECK(i == 10 || memcmp(buf, fake.content + i * 4096, 4096) == 0);
	}
	stats();
}

/* --- writing --------------------------------------------------------------------------------------------------- */

static void test_write_back(void)
{
	begin(2048, NULL);
	/* Backwards, and then sync: ascending, merged, and the flush last. */
	for (unsigned i = 20; i-- > 0;) {
		memset(buf, (int)i, 4096);
		CHECK_EQ(cache_write(&fake.disk, (i + (i >= 10)) * 4096, buf, 4096), 0);
	}
	CHECK_EQ(fake.logged, 0);
	CHECK_EQ(stats().dirty, 20);
	CHECK_EQ(cache_sync(&fake.disk), 0);
	CHECK_EQ(fake.logged, 6);
	CHECK(fake.log[0].op == BLK_WRITE && fake.log[0].sector == 0 && fake.log[0].count == 80);
	CHECK(fake.log[1].op == BLK_WRITE && fake.log[1].sector == 88 && fake.log[1].start);
	CHECK(fake.log[4].op == BLK_FLUSH && fake.log[4].start);
	CHECK_EQ(fake.doorbells, 2); /* for two writes, and the flush */
	CHECK_EQ(stats().dirty, 0);
	CHECK_EQ(stats().written_back, 20);
	CHECK(fake.medium[5 * 4096] == 5 && fake.medium[20 * 4096 + 4095] == 19);
	/* Nothing is dirty: a flush, for what others wrote; and none without one asked for. */
	CHECK_EQ(cache_sync(&fake.disk), 0);
	CHECK_EQ(fake.logged, 8);
	CHECK_EQ(cache_sync_range(&fake.disk, 0, 4096, false), 0);
	CHECK_EQ(fake.logged, 8);
	/* A range. */
	memset(buf, 0x99, sizeof(buf));
	CHECK_EQ(cache_write(&fake.disk, 4095, buf, 4098), 0);
	CHECK_EQ(cache_sync_range(&fake.disk, 4096, 4096, false), 0);
	CHECK_EQ(stats().dirty, 2);
	CHECK_EQ(fake.content[4096], 0x99);
	CHECK(fake.content[4095] != 0x99);
	CHECK_EQ(cache_sync_range(&fake.disk, 4095, 1, false), 0);
	CHECK_EQ(stats().dirty, 1);
	CHECK_EQ(cache_sync_range(&fake.disk, 0, 0, true), 0);
	CHECK_EQ(stats().dirty, 1);
	CHECK_EQ(cache_sync_range(&fake.disk, 1, UINT64_MAX, true), -EINVAL);
}

static void test_age(void)
{
	begin(2048, NULL);
	sleep_until(1000);
	CHECK(k.timer == NULL || !k.timer->pending);
	memset(buf, 0x42, 4096);
	CHECK_EQ(cache_write(&fake.disk, 0, buf, 4096), 0);
	CHECK(k.timer->pending && k.timer->deadline == 1000 + CACHE_AGE_NS);
	sleep_until(1000 + CACHE_AGE_NS - 1);
	CHECK_EQ(stats().dirty, 1);
	CHECK_EQ(cache_write(&fake.disk, 8192, buf, 4096), 0);
	sleep_until(1000 + CACHE_AGE_NS);
	CHECK_EQ(stats().dirty, 0);
	CHECK_EQ(count(BLK_WRITE), 2);
	CHECK_EQ(count(BLK_FLUSH), 0);
	CHECK(!k.timer->pending);
	/* A failed one is tried again, as long as it takes, and at its age each time. */
	fake.fault = fail_writes;
	CHECK_EQ(cache_write(&fake.disk, 0, buf, 4096), 0);
	for (unsigned i = 1; i <= 3; i++) {
		sleep_until(k.timer->deadline);
		CHECK_EQ(count(BLK_WRITE), 2 + i);
		CHECK_EQ(stats().dirty, 1);
	}
	fake.fault = NULL;
	sleep_until(k.timer->deadline);
	CHECK_EQ(stats().dirty, 0);
	CHECK(!k.timer->pending);
	CHECK_EQ(cache_sync(&fake.disk), 0); /* it is written by now */
}

static void test_many_in_flight(void)
{
	begin(4096, "2M");
	mem.left = 4000;
	for (unsigned i = 0; i < 120; i++) {
		CHECK_EQ(cache_write(&fake.disk, i * 4 * 4096, "x", 1), 0);
	}
	fake.most_queued = 0;
	CHECK_EQ(cache_sync(&fake.disk), 0);
	CHECK_EQ(fake.most_queued, IOS_MAX);
	CHECK_EQ(count(BLK_WRITE), 120);
	/* By age, with a device that takes its time; what is written to meanwhile, behind, has its age too. */
	for (unsigned i = 0; i < 120; i++) {
		CHECK_EQ(cache_write(&fake.disk, i * 4 * 4096, "y", 1), 0);
	}
	fake.held = true;
	sleep_until(k.now + CACHE_AGE_NS);
	CHECK_EQ(fake.queued, IOS_MAX);
	CHECK_EQ(cache_write(&fake.disk, 2 * 4096, buf, 4096), 0);
	fake.held = false;
	for (unsigned i = 0; i < 10; i++) {
		sleep_until(k.now + NS_PER_SEC / 100);
	}
	CHECK_EQ(count(BLK_WRITE), 240);
	CHECK_EQ(stats().dirty, 1);
	sleep_until(k.now + CACHE_AGE_NS);
	CHECK_EQ(stats().dirty, 0);
	CHECK(!k.timer->pending);
}

static void test_dirty_limit(void)
{
	begin(4096, "128K"); /* 32 pages */
	CHECK_EQ(stats().bound, 0);
	memset(buf, 1, 4096);
	for (unsigned i = 0; i < 300; i++) {
		CHECK_EQ(cache_write(&fake.disk, (i * 7 % 512) * 4096, buf, 4096), 0);
		CHECK(stats().dirty <= 16);
		CHECK(stats().pages <= 32);
	}
	CHECK_EQ(stats().bound, 32);
	/* Nothing can be written: whoever comes when it is too much is told. */
	fake.fault = fail_writes;
	for (unsigned i = 0; i < 40; i++) {
		int r = cache_write(&fake.disk, i * 4096, buf, 4096);

		CHECK(r == 0 || r == -EIO);
		CHECK(i < 20 || r == -EIO);
		CHECK(stats().dirty <= 16);
	}
	CHECK_EQ(cache_read(&fake.disk, 500 * 4096, buf, 4096), 0);
	fake.fault = NULL;
	CHECK_EQ(cache_sync(&fake.disk), -EIO);
	CHECK_EQ(cache_sync(&fake.disk), 0);
	CHECK_EQ(stats().dirty, 0);
}

static void test_errors_told(void)
{
	begin(2048, NULL);
	memset(buf, 7, 4096);
	fake.fault = fail_writes;
	for (unsigned i = 0; i < 3; i++) {
		CHECK_EQ(cache_write(&fake.disk, i * 4096, buf, 4096), 0);
	}
	sleep_until(k.now + CACHE_AGE_NS); /* fails, and nobody hears of it */
	CHECK_EQ(stats().dirty, 3);
	CHECK_EQ(cache_sync_range(&fake.disk, 100 * 4096, 4096, true), 0); /* covers none of them */
	fake.fault = NULL;
	CHECK_EQ(cache_sync(&fake.disk), -EIO);
	CHECK_EQ(stats().dirty, 0);
	CHECK_EQ(cache_sync(&fake.disk), 0);
	/* It fails in the sync. */
	fake.fault = fail_writes;
	CHECK_EQ(cache_write(&fake.disk, 0, buf, 4096), 0);
	CHECK_EQ(cache_sync(&fake.disk), -EIO);
	CHECK_EQ(cache_sync(&fake.disk), -EIO);
	CHECK_EQ(count(BLK_FLUSH), 2); /* nothing is flushed that is not written */
	CHECK(reads_as(&fake.disk, 0, memset(buf + 4096, 7, 4096), 4096));
	fake.fault = NULL;
	CHECK_EQ(cache_sync(&fake.disk), 0);
	/* The flush fails. */
	fake.fault = fail_flush;
	CHECK_EQ(cache_sync(&fake.disk), -EIO);
	fake.fault = NULL;
	CHECK_EQ(cache_sync(&fake.disk), 0);
	/* One bad page does not keep its neighbours from the medium. */
	for (unsigned i = 8; i < 13; i++) {
		CHECK_EQ(cache_write(&fake.disk, i * 4096, buf, 4096), 0);
	}
	fake.fault = fail_writes;
	CHECK_EQ(cache_sync(&fake.disk), -EIO);
	fake.logged = 0;
	fake.fault = NULL;
	CHECK_EQ(cache_sync(&fake.disk), 0);
	CHECK_EQ(count(BLK_WRITE), 5);
}

static void test_gone(void)
{
	begin(2048, NULL);
	memset(buf, 7, 4096);
	CHECK_EQ(cache_read(&fake.disk, 0, buf, 4096), 0);
	CHECK_EQ(cache_write(&fake.disk, 4096, buf, 4096), 0);
	CHECK_EQ(cache_write(&fake.disk, 8192, buf, 4096), 0);
	fake.disk.gone = true;
	sleep_until(CACHE_AGE_NS);
	CHECK_EQ(stats().dirty, 0);
	CHECK_EQ(cache_read(&fake.disk, 0, buf, 1), -ENODEV);
	CHECK_EQ(cache_write(&fake.disk, 0, buf, 1), -ENODEV);
	CHECK_EQ(cache_sync(&fake.disk), -ENODEV);
	CHECK_EQ(cache_discard(&fake.disk, 0, 4096), -ENODEV);
	CHECK_EQ(cache_bypass(&fake.disk, 0, 4096), -ENODEV);
	CHECK_EQ(stats().pages, 0);
	/* Found out by a sync, with a page held. */
	begin(2048, NULL);
	struct cpage *p;
	void *data;
	CHECK_EQ(cache_get(&fake.disk, 3, &p, &data), 0);
	CHECK_EQ(cache_edit(p), 0);
	cache_dirty(p);
	fake.disk.gone = true;
	CHECK_EQ(cache_sync(&fake.disk), -ENODEV);
	CHECK_EQ(stats().dirty, 0);
	CHECK_EQ(cache_edit(p), -ENODEV);
	cache_put(p);
	CHECK_EQ(stats().pages, 0);
	/* While a read is on its way. */
	begin(2048, NULL);
	cache_read_ahead(&fake.disk, 0, 4096);
	fake.disk.gone = true;
	while (fake_step()) {
	}
	CHECK_EQ(stats().pages, 0);
}

static void test_read_only(void)
{
	struct blkdev p;

	begin(2048, NULL);
	p = fake_part(0, 100);
	p.read_only = true;
	CHECK_EQ(cache_write(&p, 0, buf, 1), -EROFS);
	CHECK_EQ(cache_discard(&p, 0, 4096), -EROFS);
	CHECK_EQ(cache_read(&p, 0, buf, 1), 0);
	fake.disk.read_only = true;
	CHECK_EQ(cache_write(&fake.disk, 0, buf, 1), -EROFS);
	CHECK_EQ(cache_sync(&fake.disk), 0);
	CHECK_EQ(count(BLK_WRITE), 0);
}

/* --- stable pages ------------------------------------------------------------------------------------------- */

static uint8_t pattern[4096];
static struct cpage *held_page;

static void read_meanwhile(void)
{
	CHECK(fake.queued > 0);
	CHECK_EQ(cache_read(&fake.disk, 0, pattern, 4096), 0);
	CHECK(pattern[0] == 2 && pattern[4095] == 2);
}

static void test_stable(void)
{
	begin(2048, NULL);
	memset(buf, 2, 4096);
	CHECK_EQ(cache_write(&fake.disk, 0, buf, 4096), 0);
	/* On its way: it can be read at once; a write waits (fake_step() sees that nothing changed). */
	fake.held = true;
	k.poller->poll(k.poller);
	k.now = CACHE_AGE_NS;
	CHECK(k.poller->poll(k.poller));
	CHECK_EQ(fake.queued, 1);
	k.waits = 0;
	read_meanwhile();
	CHECK_EQ(k.waits, 0);
	fake.held = false;
	CHECK_EQ(cache_write(&fake.disk, 100, "yes", 3), 0);
	CHECK_EQ(k.waits, 1);
	CHECK_EQ(count(BLK_READ), 0);
	CHECK_EQ(stats().dirty, 1);
	CHECK_EQ(fake.content[100], 2);
	CHECK_EQ(cache_sync(&fake.disk), 0);
	CHECK(memcmp(fake.medium + 99, "\2yes\2", 5) == 0);
}

static void end_held_edit(void)
{
	memcpy((char *)held_page->data + 4000, "complete", 8);
	cache_dirty(held_page);
}

static void test_in_place(void)
{
	struct cpage *p, *q;
	void *data, *again;

	begin(2048, NULL);
	CHECK_EQ(cache_get(&fake.disk, 256, &p, &data), -EINVAL);
	CHECK_EQ(cache_get(&fake.disk, UINT64_MAX >> 12, &p, &data), -EINVAL);
	CHECK_EQ(cache_get(&fake.disk, 255, &p, &data), 0);
	CHECK_EQ(cache_get(&fake.disk, 255, &q, &again), 0);
	CHECK(data == again && memcmp(data, fake.content + 255 * 4096, 4096) == 0);
	cache_put(q);
	/* Nobody sees half a change: age passes it over, and a sync waits. */
	CHECK_EQ(cache_edit(p), 0);
	memcpy(data, "half", 4);
	k.now = CACHE_AGE_NS;
	k.poller->poll(k.poller);
	CHECK_EQ(count(BLK_WRITE), 0);
	CHECK(k.timer->pending && k.timer->deadline > k.now);
	held_page = p;
	k.meanwhile = end_held_edit;
	CHECK_EQ(cache_sync(&fake.disk), 0);
	CHECK(k.meanwhile == NULL);
	CHECK(memcmp(fake.medium + 255 * 4096, "half", 4) == 0);
	CHECK(memcmp(fake.medium + 255 * 4096 + 4000, "complete", 8) == 0);
	/* Pinned: it stays, whatever comes. */
	for (unsigned i = 0; i < 250; i++) {
		CHECK_EQ(cache_read(&fake.disk, i * 4096, buf, 4096), 0);
	}
	CHECK(p->data == data && memcmp(data, "half", 4) == 0);
	CHECK_EQ(cache_get(&fake.disk, 255, &q, &again), 0);
	CHECK(p == q);
	cache_put(q);
	cache_put(p);
	stats();
}

/* --- places -------------------------------------------------------------------------------------------------- */

static void test_end_of_device(void)
{
	struct cpage *p;
	void *data;

	begin(8 * 20 + 3, NULL);
	memset(buf, 0x61, 4096);
	/* The last page has three sectors. */
	CHECK(reads_as(&fake.disk, 20 * 4096 + 1000, fake.content + 20 * 4096 + 1000, 536));
	CHECK_EQ(fake.log[0].count, 3);
	CHECK_EQ(cache_get(&fake.disk, 20, &p, &data), 0);
	CHECK(((char *)data)[1536] == 0 && ((char *)data)[4095] == 0);
	cache_put(p);
	CHECK_EQ(cache_get(&fake.disk, 21, &p, &data), -EINVAL);
	memset(buf, 0x61, 4096);
	CHECK_EQ(cache_write(&fake.disk, 20 * 4096 + 1535, buf, 1), 0);
	CHECK_EQ(cache_write(&fake.disk, 20 * 4096 + 1535, buf, 2), -EINVAL);
	CHECK_EQ(cache_sync(&fake.disk), 0);
	CHECK_EQ(fake.medium[20 * 4096 + 1535], 0x61);
	/* All of it is written: no read. */
	begin(8 * 20 + 3, NULL);
	CHECK_EQ(cache_write(&fake.disk, 20 * 4096, buf, 1536), 0);
	CHECK_EQ(cache_get(&fake.disk, 20, &p, &data), 0);
	CHECK(((char *)data)[1536] == 0 && ((char *)data)[4095] == 0);
	cache_put(p);
	CHECK_EQ(count(BLK_READ), 0);
	/* It grows: the rest of the page is read. */
	fake.disk.sectors = 8 * 30;
	CHECK(reads_as(&fake.disk, 20 * 4096 + 1536, fake.content + 20 * 4096 + 1536, 2560));
	CHECK(reads_as(&fake.disk, 20 * 4096, memset(pattern, 0x61, 1536), 1536));
	stats();
}

static void test_partitions(void)
{
	struct blkdev a, b;
	struct cpage *p;
	void *data;

	begin(2048, NULL);
	a = fake_part(63, 100); /* ends amidst page 20 */
	b = fake_part(163, 500);
	CHECK(reads_as(&a, 0, fake.content + 63 * 512, 51200));
	CHECK_EQ(cache_read(&a, 51200, buf, 1), -EINVAL);
	CHECK_EQ(cache_get(&a, 0, &p, &data), -EINVAL);
	memset(buf, 0x11, 1024);
	CHECK_EQ(cache_write(&a, 51200 - 1024, buf, 1024), 0);
	memset(buf, 0x22, 1024);
	CHECK_EQ(cache_write(&b, 0, buf, 1024), 0);
	CHECK_EQ(stats().dirty, 1); /* they share it */
	CHECK_EQ(cache_sync(&a), 0);
	CHECK_EQ(stats().dirty, 0);
	CHECK(fake.medium[163 * 512 - 1] == 0x11 && fake.medium[163 * 512] == 0x22);
	/* What one forgets leaves the other's in place. */
	memset(buf, 0x33, 1024);
	CHECK_EQ(cache_write(&b, 0, buf, 1024), 0);
	CHECK_EQ(cache_discard(&a, 0, 51200), 0);
	CHECK(reads_as(&b, 0, memset(pattern, 0x33, 1024), 1024));
	CHECK_EQ(fake.log[fake.logged - 1].op, BLK_DISCARD);
	CHECK(fake.log[fake.logged - 1].sector == 64 && fake.log[fake.logged - 1].count == 96);
	/* A large run that does not begin with a page: the first by way of the cache, the rest not. */
	fake.logged = 0;
	CHECK(reads_as(&b, 100 * 512, fake.content + 263 * 512, 64 * 1024));
	CHECK(stats().direct >= 15);
}

/* --- what forgets ---------------------------------------------------------------------------------------------- */

static void test_bypass(void)
{
	begin(2048, NULL);
	memset(buf, 0x44, 3 * 4096);
	CHECK_EQ(cache_write(&fake.disk, 0, buf, 3 * 4096), 0);
	CHECK_EQ(cache_bypass(&fake.disk, 4096, 512), 0);
	CHECK_EQ(stats().pages, 2);
	CHECK_EQ(fake.content[4096], 0x44);
	memset(fake.content + 4096, 0x45, 4096); /* past the cache */
	CHECK(reads_as(&fake.disk, 4096, fake.content + 4096, 4096));
	fake.fault = fail_writes;
	CHECK_EQ(cache_bypass(&fake.disk, 0, 4096), -EIO);
	CHECK_EQ(stats().dirty, 2);
	fake.fault = NULL;
	CHECK_EQ(cache_bypass(&fake.disk, 0, 2048 * 512), 0);
	CHECK_EQ(stats().pages, 0);
	CHECK_EQ(cache_bypass(&fake.disk, 0, 0), 0);
}

static void test_discard(void)
{
	begin(2048, NULL);
	memset(buf, 0x44, 6 * 4096);
	CHECK_EQ(cache_write(&fake.disk, 0, buf, 6 * 4096), 0);
	/* Pages 1 to 3 are forgotten, parts of 0 and 4 are not. */
	CHECK_EQ(cache_discard(&fake.disk, 3584, 4 * 4096 + 512 - 3584), 0);
	CHECK_EQ(stats().dirty, 3);
	CHECK(fake.log[0].sector == 8 && fake.log[0].count == 24);
	CHECK(reads_as(&fake.disk, 0, memset(pattern, 0x44, 4096), 4096));
	CHECK(reads_as(&fake.disk, 4096, memset(pattern, 0xdd, 4096), 4096));
	CHECK_EQ(cache_sync(&fake.disk), 0);
	CHECK_EQ(fake.medium[4096], 0xdd);
	/* On its way to the device: first the write, then the discard. */
	CHECK_EQ(cache_write(&fake.disk, 4096, buf, 4096), 0);
	sleep_until(CACHE_AGE_NS);
	CHECK_EQ(cache_write(&fake.disk, 4096, buf, 4096), 0);
	k.now += 2 * CACHE_AGE_NS;
	CHECK(k.poller->poll(k.poller));
	CHECK_EQ(fake.queued, 1);
	CHECK_EQ(cache_discard(&fake.disk, 0, 2048 * 512), 0);
	CHECK_EQ(fake.content[4096], 0xdd);
	CHECK_EQ(stats().pages, 0);
	/* A device that cannot. */
	fake.disk.max_discard = 0;
	CHECK_EQ(cache_write(&fake.disk, 0, buf, 4096), 0);
	CHECK_EQ(cache_discard(&fake.disk, 0, 4096), 0);
	CHECK_EQ(cache_discard(&fake.disk, 0, 100), 0);
	CHECK_EQ(cache_discard(&fake.disk, 0, 0), 0);
	CHECK_EQ(stats().dirty, 0);
}

/* --- memory --------------------------------------------------------------------------------------------------- */

static void test_memory(void)
{
	struct cpage *p[20];
	void *data;
	unsigned n = 0;

	/* Little is left: the cache gives back, and still works. */
	begin(2048, "400K");
	for (unsigned i = 0; i < 200; i++) {
		CHECK_EQ(cache_read(&fake.disk, i * 4096, buf, 4096), 0);
	}
	CHECK_EQ(stats().pages, 100);
	mem.left = 10;
	for (unsigned i = 0; i < 100; i++) {
		CHECK(reads_as(&fake.disk, i * 8192, fake.content + i * 8192, 4096));
	}
	CHECK(mem.left >= 16);
	CHECK(stats().pages <= 95);
	/* None at all: as many as there were. */
	mem.left = 0;
	mem.fail = 1;
	for (unsigned i = 0; i < 100; i++) {
		CHECK(reads_as(&fake.disk, i * 8192, fake.content + i * 8192, 4096));
	}
	/* All are held: -ENOMEM, and nothing is broken after that. */
	begin(2048, "64K");
	while (n < 20 && cache_get(&fake.disk, 3 * n, &p[n], &data) == 0) {
		n++;
	}
	CHECK_EQ(n, 16);
	CHECK_EQ(cache_read(&fake.disk, 100 * 4096, buf, 4096), -ENOMEM);
	CHECK_EQ(cache_write(&fake.disk, 100 * 4096, buf, 4096), -ENOMEM);
	cache_read_ahead(&fake.disk, 100 * 4096, 4096);
	cache_put(p[5]);
	CHECK(reads_as(&fake.disk, 100 * 4096, fake.content + 100 * 4096, 4096));
	p[5] = p[15];
	while (--n > 0) {
		cache_put(p[n - 1]);
	}
	/* Not even to begin with. */
	for (unsigned i = 1; i < 6; i++) {
		begin(2048, NULL);
		mem.fail = 1;
		CHECK_EQ(cache_read(&fake.disk, 0, buf, 4096), -ENOMEM);
		mem.fail = 2;
		for (unsigned t = 0; t < 50; t++) {
			int r = cache_read(&fake.disk, t * 4096, buf, 4096);

			CHECK(r == 0 || r == -ENOMEM);
		}
		stats();
	}
	/* Bounds from the line. */
	begin(2048, "1G");
	CHECK_EQ(cache_read(&fake.disk, 0, buf, 1), 0);
	CHECK_EQ(stats().bound, 500);
	begin(2048, "1");
	CHECK_EQ(cache_read(&fake.disk, 0, buf, 1), 0);
	CHECK_EQ(stats().bound, 16);
	begin(2048, "512K");
	fake.disk.max_piece = 2048;
	CHECK_EQ(cache_read(&fake.disk, 0, buf, 1), -EINVAL);
}

static void test_reclaim(void)
{
	struct cpage *p;
	void *data;
	unsigned n = 0;

	begin(2048, "400K");
	CHECK_EQ(cache_get(&fake.disk, 200, &p, &data), 0);
	CHECK_EQ(cache_write(&fake.disk, 201 * 4096, memset(buf, 9, 4096), 4096), 0);
	for (unsigned i = 0; i < 60; i++) {
		CHECK_EQ(cache_read(&fake.disk, i * 8192, buf, 1), 0);
	}
	CHECK_EQ(stats().pages, 62);
	mem.left = 0;
	/* Somebody else wants memory: what is clean and not held goes, a few at a time. */
	CHECK(!page_reclaim(101));
	CHECK(page_reclaim(1));
	CHECK_EQ(mem.left, 16);
	CHECK(page_reclaim(20));
	CHECK_EQ(mem.left, 36);
	/* From within the cache, too: its lock is held. */
	irqstate_t s = spin_lock_save(&cache.lock);

	CHECK(!page_reclaim(1));
	spin_unlock_restore(&cache.lock, s);
	while (page_reclaim(1)) {
		CHECK(n++ < 5);
	}
	CHECK_EQ(stats().pages, 2);
	CHECK_EQ(stats().dirty, 1);
	CHECK(memcmp(data, fake.content + 200 * 4096, 4096) == 0);
	cache_put(p);
	/* What was given back is taken again. */
	mem.left = 500;
	for (unsigned i = 0; i < 60; i++) {
		CHECK(reads_as(&fake.disk, i * 8192, fake.content + i * 8192, 1));
	}
	CHECK_EQ(stats().pages, 62);
}

/* --- at random, beside a plain array ---------------------------------------------------------------------------- */

static uint8_t model[FAKE_SECTORS_MAX * 512];
static unsigned fault_chance;

static int fail_at_random(const struct blk_req *r)
{
	(void)r;
	return fault_chance != 0 && test_below(fault_chance) == 0 ? -EIO : 0;
}

static void sync_and_compare(struct blkdev *d)
{
	uint64_t at = d->first * 512, n = d->sectors * 512;
	int r = cache_sync(d);

	if (r == 0) {
		CHECK(memcmp(fake.medium + at, model + at, n) == 0);
	} else {
		CHECK(r == -EIO && fault_chance != 0);
	}
}

static void write_at_random(struct blkdev *d, uint64_t off, size_t n)
{
	uint8_t *p = model + d->first * 512 + off;
	unsigned chance = fault_chance;
	int r;

	for (size_t i = 0; i < n; i++) {
		p[i] = (uint8_t)(test_random() >> 13);
	}
	memcpy(buf, p, n);
	r = cache_write(d, off, buf, n);
	CHECK(r == 0 || (r == -EIO && fault_chance != 0) || (r == -ENOMEM && mem.fail != 0));
	while (r != 0) {
		mem.fail = 0;
		fault_chance = 0; /* how far it came nobody knows */
		r = cache_write(d, off, buf, n);
		CHECK(r == 0 || r == -EIO);
	}
	fault_chance = chance;
}

static void edit_at_random(struct blkdev *d)
{
	uint64_t page = test_below((unsigned)(d->sectors / 8));
	struct cpage *p;
	char *data;

	if (d->first % 8 != 0 || cache_get(d, page, &p, (void **)&data) != 0) {
		return;
	}
	CHECK(memcmp(data, model + d->first * 512 + page * 4096, 4096) == 0);
	if (cache_edit(p) == 0) {
		unsigned in = test_below(4096);

		data[in]++;
		model[d->first * 512 + page * 4096 + in]++;
		cache_dirty(p);
	}
	cache_put(p);
}

static void discard_at_random(struct blkdev *d, uint64_t off, size_t n)
{
	uint64_t at = d->first * 512 + off;

	cache_discard(d, off, n);
	/* Whatever it is now, it is that for good. */
	fault_chance = 0;
	mem.fail = 0;
	CHECK_EQ(cache_read(d, off, model + at, n), 0);
}

static void one_at_random(struct blkdev *d)
{
	uint64_t size = d->sectors * 512;
	size_t n = 1 + (test_below(8) == 0 ? test_below(200000) : test_below(6000));
	uint64_t off = test_below((unsigned)size);
	uint64_t at = d->first * 512 + off;
	int r = 0;

	n = MIN(n, size - off);
	if (test_below(3) == 0) {
		off &= ~4095UL;
		at = d->first * 512 + off;
		n = MIN((n + 4095) & ~4095UL, size - off);
	}
	switch (test_below(24)) {
	case 0:
		sync_and_compare(d);
		break;
	case 1:
		r = cache_sync_range(d, off, n, test_below(2) == 0);
		break;
	case 2:
		r = cache_bypass(d, off, n);
		if (r == 0) {
			CHECK(memcmp(fake.content + at, model + at, n) == 0);
		}
		break;
	case 3:
		cache_read_ahead(d, off, n);
		break;
	case 4:
		sleep_until(k.now + test_below(3) * CACHE_AGE_NS);
		break;
	case 5:
		if (fault_chance == 0) {
			discard_at_random(d, off, n);
		}
		break;
	case 6 ... 8:
		edit_at_random(d);
		break;
	case 9 ... 15:
		write_at_random(d, off, n);
		break;
	default:
		r = cache_read(d, off, buf, n);
		CHECK(r != 0 || memcmp(buf, model + at, n) == 0);
	}
	CHECK(r == 0 || (r == -EIO && fault_chance != 0) || (r == -ENOMEM && mem.fail != 0));
}

static void run_at_random(uint64_t seed)
{
	static const char *const bounds[] = { "64K", "128K", "400K", "2M" };
	struct blkdev parts[3];
	unsigned faults, lack;

	test_seed(seed);

	begin(1000 + test_below(1000), bounds[test_below(4)]);
	fake.in_order = test_below(4) == 0;
	fake.disk.max_pieces = 1 + test_below(64);
	fake.disk.block_size = 512;
	fake.fault = fail_at_random;
	faults = test_below(2) == 0 ? 5 + test_below(50) : 0;
	lack = test_below(3) == 0 ? 10 + test_below(50) : 0;
	parts[0] = fake.disk;
	parts[1] = fake_part(8 * test_below(10), 500 + test_below(100));
	parts[2] = fake_part(parts[1].first + parts[1].sectors, 300);
	memcpy(model, fake.content, sizeof(model));
	for (unsigned i = 0; i < 400; i++) {
		fault_chance = faults;
		mem.fail = lack;
		one_at_random(test_below(3) == 0 ? &fake.disk : &parts[1 + test_below(2)]);
		for (unsigned s = test_below(4); s > 0; s--) {
			fake_step();
		}
		cache_check();
	}
	fault_chance = 0;
	cache_sync(&fake.disk);
	sync_and_compare(&fake.disk);
	CHECK_EQ(stats().dirty, 0);
}

static void test_random_operations(void)
{
	for (uint64_t seed = 1; seed <= 150; seed++) {
		run_at_random(seed);
	}
	begin(2048, NULL); /* all was given back */
}

static const struct test tests[] = {
	{ "what was read is there; a run is one request; nothing outside of the device",
	  test_hits },
	{ "who reads in sequence waits seldom; who does not gets no more", test_read_ahead },
	{ "a long scan does not push out what is used", test_scan },
	{ "large runs go past the cache, coherently", test_direct },
	{ "a bad sector is told to who asks for its page alone", test_read_errors },
	{ "write-back ascends, merges, rings once, and the flush comes when all is written",
	  test_write_back },
	{ "what is dirty is written at its age, and then the clock stands", test_age },
	{ "many writes are on their way at once, and not too many", test_many_in_flight },
	{ "at most half is dirty; who writes more waits, or hears of the error", test_dirty_limit },
	{ "an error is told once, to who covers it; a sync that fails says so", test_errors_told },
	{ "a device that is gone takes its pages along", test_gone },
	{ "what is read-only stays as it is", test_read_only },
	{ "a page on its way can be read, and not be changed", test_stable },
	{ "pages in place stay, and no half change leaves", test_in_place },
	{ "the last page of a device is as short as it is, and may grow", test_end_of_device },
	{ "partitions begin and end anywhere, and share pages", test_partitions },
	{ "bypass: what others read and write is on the device", test_bypass },
	{ "discard: dirty or on its way, it is forgotten; its neighbours are not", test_discard },
	{ "memory: the bound, giving back, none, none at all", test_memory },
	{ "who lacks memory gets what is clean and not held", test_reclaim },
	{ "150 runs of random operations, errors and lack of memory: as a plain array",
	  test_random_operations },
};
TEST_MAIN(tests)
