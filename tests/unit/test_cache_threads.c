/* SPDX-License-Identifier: MIT */
/* fs/cache*.c under the real scheduler: threads that share pages, of which each owns some sectors, over a device that
 * answers in any order, at any time. What a thread wrote is what it reads; what it synced is on the medium; the
 * device never sees half a change.
 * sources: tests/unit/test.c tests/unit/host/kernel.c kernel/sched.c kernel/sync.c kernel/semaphore.c kernel/wait.c
	kernel/timer.c kernel/poller.c fs/cache.c fs/cacheget.c fs/cachepage.c fs/cacheio.c fs/cachesync.c */
#include "sched_env.h"

#include "cache_env.h"

#define THREADS 6U
#define ROUNDS	150U
#define SHARED	200U /* pages: sector i of each is thread i's */
#define OWN	32U  /* pages of each thread alone, behind those */
#define SECTORS ((SHARED + THREADS * OWN) * 8)

static struct mutex device_lock = MUTEX_INIT(device_lock);
static bool irq_on, faults;
static unsigned finished, syncs;
static const char *bound;

/* --- the device: so long after the last request came, some are done -------------------------------------------- */

static void fake_lock(void)
{
	mutex_lock(&device_lock);
}

static void fake_unlock(void)
{
	if (fake.queued > 0 && w.next == UINT64_MAX) {
		w.next = w.now + 1 + test_below(400000);
	}
	mutex_unlock(&device_lock);
}

static void device_interrupt(void)
{
	w.next = UINT64_MAX;
	if (irq_on) {
		irq_on = false;
		poller_kick();
	}
}

static bool device_poll(struct poller *p)
{
	bool any = false;

	(void)p;
	if (!mutex_trylock(&device_lock)) {
		return false;
	}
	if (w.next == UINT64_MAX) {
		for (unsigned n = 1 + test_below(4); n > 0; n--) {
			any |= fake_step();
		}
	}
	fake_unlock();
	return any;
}

static bool device_arm(struct poller *p)
{
	(void)p;
	irq_on = true;
	return w.next == UINT64_MAX && fake.queued > 0;
}

static struct poller device_poller = { .poll = device_poll, .arm = device_arm };

/* Each sector is one number all over: half a change is two. */
static int look_at_request(const struct blk_req *r)
{
	for (unsigned i = 0; r->op == BLK_WRITE && i < r->n; i++) {
		const uint64_t *p = r->iov[i].iov_base;

		for (size_t s = 0; s < r->iov[i].iov_len / 512; s++) {
			CHECK(p[s * 64] == p[s * 64 + 63]);
		}
	}
	return faults && r->op != BLK_FLUSH && test_below(20) == 0 ? -EIO : 0;
}

/* --- the threads ------------------------------------------------------------------------------------------------- */

static struct worker {
	unsigned number;
	uint64_t shared[SHARED], own[OWN * 8]; /* what each sector has */
	uint64_t buf[OWN * 512];
} workers[THREADS];

static uint64_t shared_at(const struct worker *m, unsigned page)
{
	return page * PAGE_SIZE + m->number * 512;
}

static uint64_t own_at(const struct worker *m, unsigned sector)
{
	return ((SHARED + m->number * OWN) * 8UL + sector) * 512;
}

static void fill(uint64_t *p, uint64_t value, unsigned sectors)
{
	for (unsigned i = 0; i < sectors * 64; i++) {
		p[i] = value;
	}
}

/* With faults, until it succeeds. */
static void put(struct worker *m, uint64_t off, size_t n)
{
	int r;

	do {
		r = cache_write(&fake.disk, off, m->buf, n);
		CHECK(r == 0 || (faults && r == -EIO));
	} while (r != 0);
}

static void write_one(struct worker *m)
{
	unsigned page = test_below(SHARED);

	fill(m->buf, ++m->shared[page], 1);
	put(m, shared_at(m, page), 512);
}

static void write_many(struct worker *m)
{
	unsigned first = test_below(OWN * 8), n = 1 + test_below(OWN * 8 - first);

	for (unsigned i = 0; i < n; i++) {
		fill(m->buf + i * 64, ++m->own[first + i], 1);
	}
	put(m, own_at(m, first), n * 512);
}

static void read_one(struct worker *m)
{
	unsigned page = test_below(SHARED);
	int r = cache_read(&fake.disk, shared_at(m, page), m->buf, 512);

	CHECK(r == 0 || (faults && r == -EIO));
	CHECK(r != 0 || (m->buf[0] == m->shared[page] && m->buf[63] == m->shared[page]));
}

static void read_many(struct worker *m)
{
	unsigned first = test_below(OWN * 8), n = 1 + test_below(OWN * 8 - first);
	int r = cache_read(&fake.disk, own_at(m, first), m->buf, n * 512);

	CHECK(r == 0 || (faults && r == -EIO));
	for (unsigned i = 0; r == 0 && i < n; i++) {
		CHECK(m->buf[i * 64] == m->own[first + i] &&
		      m->buf[i * 64 + 63] == m->own[first + i]);
	}
}

static void edit_one(struct worker *m)
{
	unsigned page = test_below(SHARED);
	struct cpage *p;
	void *data;
	uint64_t *mine;
	int r = cache_get(&fake.disk, page, &p, &data);

	if (r != 0) {
		CHECK(faults || r == -ENOMEM);
		return;
	}
	mine = (uint64_t *)((char *)data + m->number * 512);
	CHECK(mine[0] == m->shared[page] && mine[63] == m->shared[page]);
	if (cache_edit(p) == 0) {
		m->shared[page]++;
		for (unsigned i = 0; i < 64; i += 16) {
			for (unsigned k = 0; k < 16; k++) {
				mine[i + k] = m->shared[page];
			}
			point();
		}
		cache_dirty(p);
	}
	point();
	CHECK(mine[0] == m->shared[page]);
	cache_put(p);
}

/* All that is this thread's is on the medium, at the worst. */
static void sync_all(struct worker *m)
{
	int r = cache_sync(&fake.disk);

	CHECK(r == 0 || (faults && r == -EIO));
	syncs += r == 0;
	for (unsigned i = 0; r == 0 && i < SHARED; i++) {
		CHECK_EQ(*(uint64_t *)(fake.medium + shared_at(m, i)), m->shared[i]);
	}
	for (unsigned i = 0; r == 0 && i < OWN * 8; i++) {
		CHECK_EQ(*(uint64_t *)(fake.medium + own_at(m, i)), m->own[i]);
	}
}

static void forget_own(struct worker *m)
{
	unsigned first = test_below(OWN), n = 1 + test_below(OWN - first);
	int r;

	if (test_below(2) == 0) {
		r = cache_bypass(&fake.disk, own_at(m, first * 8), n * PAGE_SIZE);
		CHECK(r == 0 || (faults && r == -EIO));
		for (unsigned i = 0; r == 0 && i < n * 8; i++) {
			CHECK_EQ(*(uint64_t *)(fake.content + own_at(m, first * 8 + i)),
				 m->own[first * 8 + i]);
		}
		return;
	}
	do {
		r = cache_discard(&fake.disk, own_at(m, first * 8), n * PAGE_SIZE);
		CHECK(r == 0 || (faults && r == -EIO));
	} while (r != 0);
	for (unsigned i = 0; i < n * 8; i++) {
		m->own[first * 8 + i] = 0xddddddddddddddddUL;
	}
}

static bool never_true(void *arg)
{
	(void)arg;
	return false;
}

static void sleep_a_while(void)
{
	struct waiter me;

	waiter_init(&me);
	waiter_wait(&me, never_true, NULL, w.now + test_below(3000) * MS);
}

static void *work(void *arg)
{
	struct worker *m = arg;

	for (unsigned i = 0; i < ROUNDS; i++) {
		switch (test_below(16)) {
		case 0 ... 1:
			sync_all(m);
			break;
		case 2 ... 4:
			write_one(m);
			break;
		case 5 ... 6:
			write_many(m);
			break;
		case 7 ... 9:
			read_one(m);
			break;
		case 10 ... 11:
			read_many(m);
			break;
		case 12 ... 13:
			edit_one(m);
			break;
		case 14:
			forget_own(m);
			break;
		default:
			/* Others write there, past the cache or not. */
			cache_read_ahead(&fake.disk, test_below(SECTORS / 8 - 20) * PAGE_SIZE,
					 20 * PAGE_SIZE);
			if (test_below(4) == 0) {
				sleep_a_while();
			}
		}
		point();
	}
	finished++;
	return NULL;
}

static void start_device(void)
{
	mem.left = 4000;
	mem.param = bound;
	fake_reset(SECTORS);
	memset(fake.content, 0, sizeof(fake.content));
	memset(fake.medium, 0, sizeof(fake.medium));
	fake.fault = look_at_request;
	w.device = device_interrupt;
	w.slip = 20000;
	poller_register(&device_poller);
}

static void start_workers(void)
{
	start_device();
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i].number = i;
		spawn(work, &workers[i], (uint8_t)(18 - i % 3), true);
	}
}

/* --- runs: each in a process of its own ---------------------------------------------------------------------------- */

static unsigned chance;
static uint64_t seed;

static void one_run(void)
{
	struct cache_stats st;

	test_seed(seed);
	run(start_workers, chance);
	CHECK_EQ(finished, THREADS);
	cache_check();
	cache_stats(&st);
	CHECK(syncs > THREADS);
	/* Nobody is left: all was written, by its age at the latest, and the clock stands. */
	CHECK_EQ(st.dirty, 0);
	CHECK_EQ(fake.queued, 0);
	CHECK(cache.due == TIME_NEVER && !timer_pending(&cache.timer));
	CHECK(st.direct > 0 && st.hits > 0 && st.written_back > 0);
}

/* A commit each time: a record, and a sync. */
static void *commit(void *arg)
{
	struct worker *m = arg;

	for (unsigned i = 0; i < 20; i++) {
		write_one(m);
		sync_all(m);
	}
	finished++;
	return NULL;
}

static void start_commits(void)
{
	start_device();
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i].number = i;
		spawn(commit, &workers[i], 16, true);
	}
}

static void run_commits(void)
{
	struct cache_stats st;

	run(start_commits, 10);
	cache_stats(&st);
	CHECK_EQ(finished, THREADS);
	CHECK_EQ(syncs, 20 * THREADS);
	CHECK_EQ(st.flushes + st.flushes_saved, syncs);
	/* While one flush runs, the others gather for the next. */
	CHECK(st.flushes_saved >= syncs / 2);
}

static void test_group_commit(void)
{
	bound = "1M";
	CHECK(test_apart(run_commits, 20));
}

static void run_all(bool with_faults)
{
	static const unsigned chances[] = { 0, 2, 10, 100 };
	static const char *const bounds[] = { "128K", "400K", "4M" };

	faults = with_faults;
	for (unsigned i = 0; i < 36; i++) {
		chance = chances[i % 4];
		bound = bounds[i / 4 % 3];
		seed = i + 1;
		if (!CHECK(test_apart(one_run, 20))) {
			printf("# seed %lu, one more interrupt in %u, %s\n", seed, chance, bound);
		}
	}
}

static void test_sound(void)
{
	run_all(false);
}

static void test_faults(void)
{
	run_all(true);
}

static const struct test tests[] = {
	{ "six threads on shared pages: what each wrote is there, synced is safe, no half change",
	  test_sound },
	{ "commits of six threads share flushes, and each is on the medium when it returns",
	  test_group_commit },
	{ "reads and writes of six threads with errors: a sync that returns 0 tells the truth",
	  test_faults },
};
TEST_MAIN(tests)
