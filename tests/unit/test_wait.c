/* SPDX-License-Identifier: MIT */
/* kernel/wait.c and file.c with a scheduler that only takes notes: who waits, who is woken, in which
 * order, and what a file tells its watchers.
 * sources: tests/unit/test.c tests/unit/host/kernel.c */
#include "../../kernel/file.c"

/* The scheduler's inline part comes by other names, so that wait.c takes this test's. */
#define rq_block   real_rq_block
#define rq_wake	   real_rq_wake
#define rq_lock_of real_rq_lock_of
#include "../../kernel/runqueue.h"
#undef rq_block
#undef rq_wake
#undef rq_lock_of

#include "kernel.h"
#include "test.h"

#include <kernel/cpu.h>
#include <kernel/time.h>

#define THREADS 6

static struct thread threads[THREADS];
static struct thread *woken[64];
static unsigned woken_count;
static struct timer *started; /* the one that waitq_wait() started */
static void (*while_blocked)(void);

void timer_init(struct timer *t, void (*fn)(struct timer *t))
{
	*t = (struct timer){ .fn = fn };
}

void timer_start(struct timer *t, uint64_t deadline)
{
	t->deadline = deadline;
	started = t;
}

bool timer_cancel(struct timer *t)
{
	bool pending = started == t;

	started = NULL;
	return pending;
}

void sched_wake(struct thread *t)
{
	CHECK(host.masked && list_empty(&t->wait));
	woken[woken_count++] = t;
}

void sched_check(void)
{
}

static void rq_wake(struct thread *t)
{
	sched_wake(t);
}

static struct cpu *rq_lock_of(struct thread *t)
{
	rq_lock(t->cpu);
	return t->cpu;
}

/* The world goes on while the thread is off the CPU. It must be woken before this returns. */
static bool rq_block(struct thread *t, struct waitq *q, bool interruptible)
{
	unsigned before = woken_count;

	CHECK(t == thread_self() && host.masked && spin_is_locked(&q->lock));
	if (interruptible && t->events != 0) {
		return false;
	}
	spin_unlock(&q->lock);
	if (while_blocked != NULL) {
		while_blocked();
		CHECK(woken_count == before + 1 && woken[before] == arch_self());
	}
	return true;
}

int waiter_wait(struct waiter *w, bool (*cond)(void *arg), void *arg, uint64_t deadline)
{
	(void)w;
	if (while_blocked != NULL && !cond(arg)) {
		while_blocked();
	}
	return cond(arg) ? 0 : deadline == TIME_NEVER ? -EINVAL : -ETIMEDOUT;
}

void waiter_init(struct waiter *w)
{
	w->woken = false;
}

void waiter_wake(struct waiter *w)
{
	CHECK(host.masked);
	w->woken = true;
}

static void reset(void)
{
	woken_count = 0;
	started = NULL;
	while_blocked = NULL;
	for (unsigned i = 0; i < THREADS; i++) {
		threads[i] = (struct thread){ .cpu = &cpus[0], .prio = PRIO_DEFAULT };
		list_init(&threads[i].wait);
	}
}

#include "../../kernel/wait.c"

/* --- wait queues ------------------------------------------------------------------ */

static struct waitq q;

/* Thread @i goes to sleep; the test itself goes on, so the call's end is its being put back. */
static int sleep_as(unsigned i, uint64_t deadline)
{
	irqstate_t s;
	int r;

	host.self = &threads[i];
	s = spin_lock_save(&q.lock);
	r = waitq_wait(&q, deadline);
	CHECK(host.masked && spin_is_locked(&q.lock));
	spin_unlock_restore(&q.lock, s);
	host.self = &host_thread;
	return r;
}

static void wake_others(bool all)
{
	irqstate_t s = spin_lock_save(&q.lock);

	if (all) {
		waitq_wake_all(&q);
	} else {
		waitq_wake_one(&q);
	}
	spin_unlock_restore(&q.lock, s);
}

static void wake_me(void)
{
	wake_others(false);
}

static void time_out(void)
{
	irqstate_t s = arch_irq_save();

	CHECK(started != NULL);
	started->fn(started);
	arch_irq_restore(s);
}

/* The interrupt comes just after somebody woke the thread: that is what counts. */
static void wake_and_time_out(void)
{
	wake_me();
	time_out();
}

static void test_order(void)
{
	static const uint8_t prio[THREADS] = { 5, 9, 5, 31, 9, 1 };
	static const uint8_t want[THREADS] = { 3, 1, 4, 0, 2, 5 };

	reset();
	waitq_init(&q);
	for (unsigned i = 0; i < THREADS; i++) {
		threads[i].prio = prio[i];
		sleep_as(i, TIME_NEVER);
	}
	for (unsigned i = 0; i < 3; i++) {
		wake_others(false);
	}
	CHECK_EQ(woken_count, 3);
	wake_others(true);
	CHECK_EQ(woken_count, THREADS);
	for (unsigned i = 0; i < THREADS; i++) {
		CHECK(woken[i] == &threads[want[i]] && threads[i].wait_result == 0);
	}
	wake_others(false);
	wake_others(true);
	CHECK(woken_count == THREADS && list_empty(&q.threads));
}

static void test_deadline(void)
{
	reset();
	waitq_init(&q);
	while_blocked = wake_me;
	CHECK_EQ(sleep_as(0, TIME_NEVER), 0);
	CHECK_EQ(sleep_as(0, 1000), 0);
	CHECK(started == NULL); /* it lay on the stack */
	while_blocked = time_out;
	CHECK_EQ(sleep_as(1, 1000), -ETIMEDOUT);
	while_blocked = wake_and_time_out;
	CHECK_EQ(sleep_as(2, 1000), 0);
	CHECK(list_empty(&q.threads) && !spin_is_locked(&q.lock) && !host.masked);
}

static void test_not_here(void)
{
	reset();
	waitq_init(&q);
	threads[0].preempt_off = 1;
	CHECK(PANICS(sleep_as(0, TIME_NEVER)));
	q.lock = (struct spinlock)SPINLOCK_INIT;
	cpus[0].irq_depth = 1;
	threads[0].preempt_off = 0;
	CHECK(PANICS(sleep_as(0, TIME_NEVER)));
	cpus[0].irq_depth = 0;
	host.self = &host_thread;
}

/* --- files ------------------------------------------------------------------------ */

static struct file file;
static unsigned closed;

static struct {
	struct file_watch w;
	unsigned told, count;
	bool takes;
} watch[3];

static bool told(struct file_watch *w, unsigned ready)
{
	__typeof__(watch[0]) *x = container_of(w, __typeof__(watch[0]), w);

	CHECK(host.masked && spin_is_locked(&file.lock));
	x->told = ready;
	x->count++;
	return x->takes;
}

static void file_closed(struct file *f)
{
	CHECK(f == &file);
	closed++;
}

static const struct file_ops ops = { .close = file_closed };

static void open_file(void)
{
	reset();
	file_init(&file, &ops, 3);
	memset(watch, 0, sizeof(watch));
	for (unsigned i = 0; i < ARRAY_SIZE(watch); i++) {
		watch[i].w.fn = told;
	}
	closed = 0;
}

static void test_references(void)
{
	open_file();
	CHECK(file_get(&file) == &file);
	file_put(&file);
	CHECK_EQ(closed, 0);
	file_put(&file);
	CHECK_EQ(closed, 1);
}

static void test_watches(void)
{
	open_file();
	watch[0].w.events = POLLIN;
	watch[1].w.events = POLLOUT | POLLHUP;
	file_watch(&file, &watch[0].w);
	file_watch(&file, &watch[1].w);
	CHECK(watch[0].count == 0 && watch[1].count == 0);
	file_ready(&file, POLLIN);
	CHECK(watch[0].count == 1 && (watch[0].told & POLLIN) != 0 && watch[1].count == 0);
	file_ready(&file, POLLIN); /* new data is news, for edge-triggered epoll */
	CHECK_EQ(watch[0].count, 2);
	file_ready(&file, POLLOUT | POLLIN);
	CHECK(watch[0].count == 3 && watch[1].count == 1);
	/* A late watcher hears at once what is the case. */
	watch[2].w.events = POLLIN | POLLERR;
	file_watch(&file, &watch[2].w);
	CHECK(watch[2].count == 1 && watch[2].told == POLLIN);
	file_not_ready(&file, POLLIN);
	CHECK_EQ(file.ready, POLLOUT);
	file_unwatch(&file, &watch[0].w);
	file_ready(&file, POLLIN);
	CHECK(watch[0].count == 3 && watch[2].count == 2);
	file_unwatch(&file, &watch[1].w);
	file_unwatch(&file, &watch[2].w);
	CHECK(list_empty(&file.watches) && !spin_is_locked(&file.lock) && !host.masked);
}

static void test_exclusive_watches(void)
{
	open_file();
	watch[0].w.events = watch[1].w.events = POLLIN | FILE_EXCLUSIVE;
	watch[2].w.events = POLLIN;
	watch[2].takes = true;
	for (unsigned i = 0; i < ARRAY_SIZE(watch); i++) {
		file_watch(&file, &watch[i].w);
	}
	file_ready(&file, POLLIN); /* nobody takes it, or one who is not exclusive */
	CHECK(watch[0].count == 1 && watch[1].count == 1 && watch[2].count == 1);
	watch[0].takes = true;
	file_ready(&file, POLLIN);
	CHECK(watch[0].count == 2 && watch[1].count == 1 && watch[2].count == 2);
	watch[0].takes = false;
	file_ready(&file, POLLIN); /* each event anew */
	CHECK(watch[0].count == 3 && watch[1].count == 2 && watch[2].count == 3);
}

static void becomes_ready(void)
{
	file_ready(&file, POLLIN);
}

static void test_file_wait(void)
{
	open_file();
	CHECK_EQ(file_wait(&file, POLLIN, 1000), -ETIMEDOUT);
	CHECK(list_empty(&file.watches)); /* the watch lay on the stack */
	while_blocked = becomes_ready;
	CHECK_EQ(file_wait(&file, POLLIN, TIME_NEVER), 0);
	CHECK(list_empty(&file.watches));
	while_blocked = NULL;
	CHECK_EQ(file_wait(&file, POLLIN | POLLOUT, TIME_NEVER), 0);
	CHECK_EQ(file_wait(&file, POLLOUT, 0), -ETIMEDOUT);
}

static const struct test tests[] = {
	{ "the highest priority wakes first, the longest waiting among equals", test_order },
	{ "woken or timed out, one of the two; nothing stays behind", test_deadline },
	{ "blocking where one may not panics", test_not_here },
	{ "the last reference closes a file, once", test_references },
	{ "watchers hear of their events, at once and each time", test_watches },
	{ "of exclusive watchers one that takes an event is enough", test_exclusive_watches },
	{ "waiting for a file ends with readiness or the deadline", test_file_wait },
};
TEST_MAIN(tests)
