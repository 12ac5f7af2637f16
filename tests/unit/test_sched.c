/* SPDX-License-Identifier: MIT */
/* The real scheduler, threads, mutexes, conditions, semaphores and timers, on contexts of the host:
 * interrupts come at random wherever they are let in, and time passes when the test says so.
 * sources: tests/unit/test.c tests/unit/host/kernel.c kernel/sched.c kernel/sync.c kernel/semaphore.c kernel/wait.c
	kernel/timer.c */
#include "sched_env.h"

/* --- many threads, all the tools ------------------------------------------------------- */

#define WORKERS 10
#define ROUNDS	3000

static struct mutex locks[3];
static struct thread *holder[3];
static struct semaphore slots, items;
static struct mutex ring_lock;
static unsigned ring[4], ring_in, ring_out;
static unsigned long put_sum, got_sum, got_count;
static struct mutex gate_lock;
static struct cond gate;
static unsigned gate_open, finished, timed_out;

static void critical(void)
{
	unsigned i = test_below(3);
	uint64_t deadline = w.now + test_below(2000);

	if (test_below(4) == 0) {
		if (mutex_lock_until(&locks[i], deadline) != 0) {
			CHECK(w.now >= deadline);
			timed_out++;
			return;
		}
	} else if (test_below(4) == 0) {
		if (!mutex_trylock(&locks[i])) {
			return;
		}
	} else {
		mutex_lock(&locks[i]);
	}
	CHECK(holder[i] == NULL && mutex_held(&locks[i]));
	holder[i] = thread_self();
	for (unsigned k = test_below(5); k > 0; k--) {
		point();
	}
	if (test_below(10) == 0) {
		sched_yield_cpu();
	}
	CHECK(holder[i] == thread_self());
	holder[i] = NULL;
	mutex_unlock(&locks[i]);
}

static void produce(unsigned v)
{
	if (sem_down(&slots, w.now + 1000 * MS) != 0) {
		return;
	}
	mutex_lock(&ring_lock);
	ring[ring_in++ % 4] = v;
	put_sum += v;
	point();
	mutex_unlock(&ring_lock);
	CHECK_EQ(sem_up(&items), 0);
}

static void consume(void)
{
	uint64_t deadline = w.now + test_below(3000);
	int r = sem_down(&items, test_below(4) == 0 ? 0 : deadline);

	if (r != 0) {
		CHECK(r == -EAGAIN || (r == -ETIMEDOUT && w.now >= deadline));
		return;
	}
	mutex_lock(&ring_lock);
	CHECK(ring_out != ring_in);
	got_sum += ring[ring_out++ % 4];
	got_count++;
	point();
	mutex_unlock(&ring_lock);
	sem_up(&slots);
}

static void pass_gate(void)
{
	uint64_t deadline = w.now + test_below(5000);
	int r = 0;

	mutex_lock(&gate_lock);
	while (gate_open == 0 && r == 0) {
		r = cond_wait(&gate, &gate_lock, deadline);
		CHECK(mutex_held(&gate_lock));
	}
	CHECK(r == 0 || (r == -ETIMEDOUT && w.now >= deadline));
	gate_open -= gate_open > 0;
	mutex_unlock(&gate_lock);
}

static void open_gate(void)
{
	mutex_lock(&gate_lock);
	gate_open += test_below(3);
	if (test_below(2) == 0) {
		cond_signal(&gate);
	} else {
		cond_broadcast(&gate);
	}
	mutex_unlock(&gate_lock);
}

static void *worker(void *arg)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		switch (test_below(6)) {
		case 0:
			produce(i);
			break;
		case 1:
			consume();
			break;
		case 2:
			pass_gate();
			break;
		case 3:
			open_gate();
			break;
		default:
			critical();
			break;
		}
		if (test_below(200) == 0) {
			sched_set_prio(thread_self(), (uint8_t)(test_below(PRIO_MAX) + 1), i % 2);
		}
	}
	finished++;
	return arg;
}

static void start_workers(void)
{
	for (unsigned i = 0; i < 3; i++) {
		mutex_init(&locks[i]);
		holder[i] = NULL;
	}
	mutex_init(&ring_lock);
	mutex_init(&gate_lock);
	cond_init(&gate);
	sem_init_count(&slots, 4);
	sem_init_count(&items, 0);
	ring_in = ring_out = gate_open = finished = timed_out = 0;
	put_sum = got_sum = got_count = 0;
	for (unsigned i = 0; i < WORKERS; i++) {
		spawn(worker, NULL, (uint8_t)(test_below(4) + 10), true);
	}
}

static void test_workers(void)
{
	static const unsigned chances[] = { 2, 5, 20, 1000 };
	unsigned all_timed_out = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(chances); i++) {
		run(start_workers, chances[i]);
		if (!CHECK_EQ(finished, WORKERS)) {
			printf("# one interrupt in %u\n", chances[i]);
		}
		for (; ring_out != ring_in; ring_out++) {
			got_sum += ring[ring_out % 4];
		}
		CHECK_EQ(put_sum, got_sum);
		CHECK(got_count > 500 && w.switches > 500);
		all_timed_out += timed_out;
		CHECK(sem_count(&items) + sem_count(&slots) == 4);
		CHECK_EQ(w.held, 0);
	}
	CHECK(all_timed_out > 0);
}

/* --- priorities and slices ---------------------------------------------------------------- */

static unsigned long work[3];
static uint64_t until;

/* Burns time, a tenth of a millisecond a step. */
static void *hog(void *arg)
{
	while (w.now < until) {
		w.now += MS / 10;
		++*(unsigned long *)arg;
		point();
	}
	return NULL;
}

static void start_equals(void)
{
	memset(work, 0, sizeof(work));
	until = 3000 * MS;
	for (unsigned i = 0; i < 3; i++) {
		spawn(hog, &work[i], 16, true);
	}
}

static void start_unequals(void)
{
	memset(work, 0, sizeof(work));
	until = 1000 * MS;
	spawn(hog, &work[0], 16, true);
	spawn(hog, &work[1], 17, true);
}

static void start_fifo(void)
{
	struct thread_attr a = {
		.prio = 16, .fifo = true, .detached = true, .kernel = true, .stack_size = 65536
	};

	memset(work, 0, sizeof(work));
	until = 1000 * MS;
	thread_create(&a, hog, &work[0]);
	thread_create(&a, hog, &work[1]);
}

static void test_slices(void)
{
	run(start_equals, 0);
	for (unsigned i = 0; i < 3; i++) {
		CHECK(work[i] > 9000 && work[i] < 11000);
	}
	CHECK(w.switches > 250 && w.switches < 350); /* 10 ms each */
	run(start_unequals, 0);
	CHECK(work[0] == 0 && work[1] == 10000);
	run(start_fifo, 0);
	CHECK(work[0] == 10000 && work[1] == 0);
}

static struct semaphore go;
static unsigned order[8], order_count;

static void *high(void *arg)
{
	for (int i = 0; i < 3; i++) {
		sem_down(&go, TIME_NEVER);
		order[order_count++] = 2;
	}
	return arg;
}

/* Whoever wakes a better thread is preempted at once, unless it said not to. */
static void *low(void *arg)
{
	order[order_count++] = 1;
	sem_up(&go);
	order[order_count++] = 1;
	preempt_disable();
	sem_up(&go);
	order[order_count++] = 1;
	preempt_enable();
	order[order_count++] = 1;
	return arg;
}

static void start_pair(void)
{
	sem_init_count(&go, 0);
	order_count = 0;
	spawn(low, NULL, 10, true);
	spawn(high, NULL, 20, true);
}

static void test_preemption(void)
{
	static const unsigned want[] = { 1, 2, 1, 1, 2, 1 };

	run(start_pair, 0);
	CHECK(order_count == ARRAY_SIZE(want) && memcmp(order, want, sizeof(want)) == 0);
}

/* --- ends ------------------------------------------------------------------------------- */

static void *give_back(void *arg)
{
	for (unsigned i = test_below(5); i > 0; i--) {
		sched_yield_cpu();
	}
	if (test_below(2) == 0) {
		thread_exit(arg);
	}
	return arg;
}

static void *sleeper(void *arg)
{
	struct semaphore s;
	uint64_t start = w.now;

	sem_init_count(&s, 0);
	CHECK_EQ(sem_down(&s, start + 50 * MS), -ETIMEDOUT);
	CHECK(w.now >= start + 50 * MS && w.now < start + 51 * MS);
	return arg;
}

static void *parent(void *arg)
{
	void *result = NULL;
	struct thread *t;

	for (uintptr_t i = 1; i < 300; i++) {
		t = spawn(give_back, (void *)i, (uint8_t)(10 + test_below(10)), false);
		if (i % 5 == 0) {
			CHECK_EQ(thread_detach(t), 0);
			continue;
		}
		for (unsigned k = test_below(4); k > 0; k--) {
			sched_yield_cpu();
		}
		CHECK_EQ(thread_join(t, &result), 0);
		CHECK(result == (void *)i);
	}
	t = spawn(sleeper, NULL, 0, false);
	CHECK_EQ(thread_join(thread_self(), NULL), -EDEADLK);
	CHECK_EQ(thread_join(t, NULL), 0);
	t = spawn(sleeper, NULL, 0, true);
	CHECK_EQ(thread_join(t, NULL), -EINVAL);
	CHECK_EQ(thread_detach(t), -EINVAL);
	finished++;
	return arg;
}

static void start_parents(void)
{
	finished = 0;
	for (unsigned i = 0; i < 3; i++) {
		spawn(parent, NULL, 16, true);
	}
}

static void test_ends(void)
{
	run(start_parents, 3);
	CHECK_EQ(finished, 3);
	CHECK_EQ(w.held, 0);
	run(start_parents, 0);
	CHECK_EQ(finished, 3);
	CHECK_EQ(w.held, 0);
}

static const struct test tests[] = {
	{ "ten threads with locks, conditions, semaphores, time-outs: nothing lost, nobody stuck",
	  test_workers },
	{ "equal threads share the CPU, better ones have it, FIFO keeps it", test_slices },
	{ "a better thread runs at once, unless preemption is off", test_preemption },
	{ "results, joins and detached ends; all memory comes back", test_ends },
};
TEST_MAIN(tests)
