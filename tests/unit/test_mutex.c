/* SPDX-License-Identifier: MIT */
/* kernel/sync.c: mutexes and priority inheritance, over the real scheduler, against a model that works the
 * priorities out anew each time: a thread runs at the best of its own priority, the ceilings of what it
 * holds and the priorities of those that wait for it.
 * sources: tests/unit/test.c tests/unit/host/kernel.c kernel/sched.c kernel/wait.c kernel/timer.c
	kernel/semaphore.c */
#include "../../kernel/sync.c"
#include "sched_env.h"

/* --- the model ------------------------------------------------------------------------------------ */

#define WORKERS 8
#define PRIOS	31 /* the ceiling lies amidst them */
#define ROUNDS	1500
#define CEILING 28

static struct mutex locks[] = {
	MUTEX_INIT(locks[0]), MUTEX_INIT(locks[1]), MUTEX_INIT(locks[2]), { 0 }, { 0 }, { 0 },
};
#define LOCKS	    ARRAY_SIZE(locks)
#define NONE_LOCK   3
#define CEIL_LOCK   4
#define ROBUST_LOCK 5

static struct thread *workers[WORKERS]; /* NULL: ended */
static struct thread *holder[LOCKS];
static unsigned inherited_count, finished, timed_out, died;

static uint8_t model[WORKERS];

static int index_of(const struct thread *t)
{
	for (int i = 0; i < WORKERS; i++) {
		if (workers[i] == t) {
			return i;
		}
	}
	return -1;
}

/* One round over all locks: true if a priority rose. */
static bool raise(void)
{
	bool rose = false;

	for (unsigned m = 0; m < LOCKS; m++) {
		int o = index_of(owner_of(&locks[m]));
		uint8_t best = locks[m].ceiling;

		for (int i = 0; o >= 0 && inherits(&locks[m]) && i < WORKERS; i++) {
			if (workers[i] != NULL && workers[i]->blocked != NULL &&
			    workers[i]->blocked->mutex == &locks[m]) {
				best = MAX(best, model[i]);
			}
		}
		if (o >= 0 && best > model[o]) {
			model[o] = best;
			rose = true;
		}
	}
	return rose;
}

static void check_lists(void)
{
	for (unsigned m = 0; m < LOCKS; m++) {
		for (struct mutex_waiter *p = locks[m].waiters; p != NULL; p = p->next) {
			CHECK(p->prio == p->thread->prio && p->thread->blocked == p);
			CHECK(p->next == NULL || p->next->prio <= p->prio);
			CHECK((atomic_load(&locks[m].owner) & SLOW) != 0);
		}
	}
}

/* Anywhere outside of sync.c all is settled. */
static void check_model(void)
{
	for (int i = 0; i < WORKERS; i++) {
		model[i] = workers[i] != NULL ? workers[i]->base_prio : 0;
	}
	while (raise()) {
	}
	for (int i = 0; i < WORKERS; i++) {
		if (workers[i] != NULL) {
			CHECK_EQ(workers[i]->prio, model[i]);
			inherited_count += model[i] > workers[i]->base_prio;
		}
	}
	check_lists();
}

static void linger(void)
{
	for (unsigned k = test_below(4); k > 0; k--) {
		point();
		check_model();
		if (test_below(8) == 0) {
			sched_yield_cpu();
		}
	}
}

/* --- workers -------------------------------------------------------------------------------------- */

static bool lock_one(unsigned i)
{
	struct mutex *m = &locks[i];
	uint64_t deadline = test_below(3) == 0 ? w.now + 1 + test_below(4000) : TIME_NEVER;
	int r = 0;

	CHECK(!mutex_held(m));
	if (test_below(8) == 0) {
		deadline = 0;
	}
	if (!mutex_take(m)) {
		r = mutex_take_slow(m, deadline, test_below(2) == 0 ? MUTEX_DETECT : 0);
	}
	if (r == -ETIMEDOUT) {
		CHECK(w.now >= deadline);
		timed_out++;
	} else if (r == -EINVAL) {
		CHECK(i == CEIL_LOCK && thread_self()->base_prio > CEILING);
	} else if (r == -EBUSY) {
		CHECK(deadline == 0);
	} else if (r == -EOWNERDEAD) {
		CHECK(i == ROBUST_LOCK && mutex_consistent(m) == 0);
		CHECK_EQ(mutex_consistent(m), -EINVAL);
		r = 0;
	} else {
		CHECK_EQ(r, 0);
	}
	if (r == 0) {
		CHECK(holder[i] == NULL && mutex_held(m));
		holder[i] = thread_self();
	}
	return r == 0;
}

static void unlock_one(unsigned i)
{
	CHECK(holder[i] == thread_self());
	holder[i] = NULL;
	if (!mutex_give(&locks[i])) {
		mutex_give_slow(&locks[i]);
	}
}

/* Some of the locks, in their order, so that no deadlock comes; back in any order. */
static void nest(void)
{
	unsigned held = 0;

	for (unsigned i = test_below(3); i < LOCKS; i += 1 + test_below(3)) {
		held |= (unsigned)lock_one(i) << i;
		linger();
	}
	while (held != 0) {
		unsigned i = test_below(LOCKS);

		if ((held >> i & 1) != 0) {
			unlock_one(i);
			held &= ~(1U << i);
			linger();
		}
	}
}

static void change_somebody(void)
{
	struct thread *t = workers[test_below(WORKERS)];
	uint8_t prio = (uint8_t)(1 + test_below(PRIOS));

	if (t != NULL) {
		thread_set_prio(t, prio, test_below(2) == 0);
		check_model();
	}
}

static void *worker(void *arg)
{
	uintptr_t self = (uintptr_t)arg;

	for (unsigned i = 0; i < ROUNDS; i++) {
		if (test_below(10) == 0) {
			change_somebody();
		} else {
			nest();
		}
	}
	if (lock_one(ROBUST_LOCK)) {
		linger();
		holder[ROBUST_LOCK] = NULL;
		mutex_abandon_all();
		died++;
	}
	CHECK(thread_self()->held == NULL);
	finished++;
	workers[self] = NULL;
	return NULL;
}

static void start_workers(void)
{
	mutex_setup(&locks[NONE_LOCK], 0, 0);
	mutex_setup(&locks[CEIL_LOCK], 0, CEILING);
	mutex_setup(&locks[ROBUST_LOCK], MUTEX_ROBUST | MUTEX_INHERIT, 0);
	finished = 0;
	for (unsigned i = 0; i < WORKERS; i++) {
		workers[i] =
			spawn(worker, (void *)(uintptr_t)i, (uint8_t)(1 + test_below(PRIOS)), true);
	}
}

static void test_model(void)
{
	static const unsigned chances[] = { 2, 5, 20, 1000 };

	for (unsigned i = 0; i < ARRAY_SIZE(chances); i++) {
		run(start_workers, chances[i]);
		CHECK_EQ(finished, WORKERS);
		for (unsigned m = 0; m < LOCKS; m++) {
			CHECK(owner_of(&locks[m]) == NULL && locks[m].waiters == NULL);
		}
		CHECK_EQ(w.held, 0);
	}
	printf("# %u looks at a raised thread, %u time-outs, %u deaths\n", inherited_count,
	       timed_out, died);
	CHECK(inherited_count > 10000 && timed_out > 30 && died > 10);
}

/* --- scenarios, without interrupts ------------------------------------------------------------------- */

static struct mutex a, b;
static struct semaphore go;
static struct thread *t_low, *t_mid, *t_high;
static char trace[32];

static void note(const char *what)
{
	strcat(trace, what);
}

static void begin(void)
{
	mutex_init(&a);
	mutex_init(&b);
	sem_init_count(&go, 0);
	trace[0] = 0;
}

static void *low_holds_a(void *arg)
{
	mutex_lock(&a);
	t_mid = spawn(arg, NULL, 12, true);
	note("l");
	CHECK_EQ(thread_self()->prio, 10);
	t_high = spawn(arg, "", 14, true);
	return NULL;
}

static void *middle_or_high(void *arg)
{
	if (arg == NULL) {
		sem_down(&go, TIME_NEVER);
		note("m");
	} else {
		note("h");
		mutex_lock(&a);
		note("H");
		mutex_unlock(&a);
	}
	return NULL;
}

static void *inverted(void *arg)
{
	low_holds_a(middle_or_high);
	/* High waits for us: we run before the middle one, though it could run. */
	CHECK_EQ(thread_self()->prio, 14);
	sem_up(&go);
	note("L");
	mutex_unlock(&a);
	CHECK_EQ(thread_self()->prio, 10);
	note("e");
	return arg;
}

static void start_inversion(void)
{
	begin();
	t_low = spawn(inverted, NULL, 10, true);
}

static void *holds_b_wants_a(void *arg)
{
	mutex_lock(&b);
	CHECK_EQ(mutex_lock_until(&a, arg != NULL ? w.now + 5 * MS : TIME_NEVER),
		 arg != NULL ? -ETIMEDOUT : 0);
	if (arg == NULL) {
		mutex_unlock(&a);
	}
	mutex_unlock(&b);
	return NULL;
}

static void *wants_b(void *arg)
{
	if (mutex_lock_until(&b, arg != NULL ? w.now + 2 * MS : TIME_NEVER) == 0) {
		mutex_unlock(&b);
	}
	return NULL;
}

static void pass(unsigned ms)
{
	struct semaphore s;

	sem_init_count(&s, 0);
	sem_down(&s, w.now + ms * MS);
}

/* A chain of three, and priorities changed at each of its ends. */
static void *chain(void *arg)
{
	mutex_lock(&a);
	t_mid = spawn(holds_b_wants_a, NULL, 12, true);
	CHECK_EQ(thread_self()->prio, 12);
	t_high = spawn(wants_b, NULL, 20, true);
	CHECK(thread_self()->prio == 20 && t_mid->prio == 20 && t_mid->base_prio == 12);
	thread_set_prio(t_high, 25, false);
	CHECK(thread_self()->prio == 25 && t_mid->prio == 25);
	thread_set_prio(t_high, 11, false);
	CHECK(thread_self()->prio == 12 && t_mid->prio == 12);
	thread_set_prio(t_mid, 15, false);
	CHECK(thread_self()->prio == 15 && t_high->prio == 11);
	thread_set_prio(thread_self(), 16, false);
	CHECK_EQ(thread_self()->prio, 16);
	thread_set_prio(thread_self(), 10, false);
	CHECK_EQ(thread_self()->prio, 15);
	mutex_unlock(&a);
	CHECK_EQ(thread_self()->prio, 10);
	finished++;
	return arg;
}

/* The same chain comes apart by deadlines. */
static void *lapse(void *arg)
{
	mutex_lock(&a);
	t_mid = spawn(holds_b_wants_a, "", 12, false);
	t_high = spawn(wants_b, "", 20, false);
	CHECK(thread_self()->prio == 20 && t_mid->prio == 20);
	pass(3);
	CHECK(thread_self()->prio == 12 && t_mid->prio == 12 && b.waiters == NULL);
	pass(3);
	CHECK(thread_self()->prio == 10 && a.waiters == NULL && t_mid->state == THREAD_DEAD);
	mutex_unlock(&a);
	thread_join(t_mid, NULL);
	thread_join(t_high, NULL);
	finished++;
	return arg;
}

static void start_chains(void)
{
	begin();
	finished = 0;
	spawn(chain, NULL, 10, true);
}

static void start_lapse(void)
{
	begin();
	finished = 0;
	spawn(lapse, NULL, 10, true);
}

static void test_scenarios(void)
{
	run(start_inversion, 0);
	CHECK_STR(trace, "lhLHme");
	run(start_chains, 0);
	CHECK_EQ(finished, 1);
	run(start_lapse, 0);
	CHECK_EQ(finished, 1);
	CHECK_EQ(w.held, 0);
}

/* --- fairness, deadlock ------------------------------------------------------------------------------ */

static void *takes_turns(void *arg)
{
	for (int i = 0; i < 20; i++) {
		mutex_lock(&a);
		if (strlen(trace) < 20) {
			note(arg);
		}
		w.now += 7 * MS; /* slices end now inside, now outside */
		point();
		mutex_unlock(&a);
		point();
	}
	return NULL;
}

static void start_turns(void)
{
	begin();
	spawn(takes_turns, "x", 10, true);
	spawn(takes_turns, "y", 10, true);
}

/* Nobody who was woken is passed over twice. */
static void test_fair(void)
{
	run(start_turns, 0);
	CHECK_EQ(strlen(trace), 20);
	CHECK(strstr(trace, "xxxxx") == NULL && strstr(trace, "yyyyy") == NULL);
}

static void *second_of_circle(void *arg)
{
	mutex_lock(&b);
	CHECK_EQ(mutex_take_slow(&a, w.now + 50 * MS, MUTEX_DETECT), 0);
	mutex_unlock(&b);
	mutex_give_slow(&a);
	return arg;
}

static void *first_of_circle(void *arg)
{
	CHECK(mutex_take(&a));
	spawn(second_of_circle, NULL, 20, true);
	CHECK_EQ(mutex_take_slow(&b, w.now + 5 * MS, MUTEX_DETECT), -EDEADLK);
	/* Not looked for: a circle. The deadline ends it. */
	CHECK_EQ(mutex_take_slow(&b, w.now + 5 * MS, 0), -ETIMEDOUT);
	CHECK_EQ(thread_self()->prio, 20);
	mutex_give_slow(&a);
	CHECK_EQ(thread_self()->prio, 10);
	finished++;
	return arg;
}

static void start_circle(void)
{
	begin();
	finished = 0;
	spawn(first_of_circle, NULL, 10, true);
}

static void test_circle(void)
{
	run(start_circle, 0);
	CHECK_EQ(finished, 1);
	CHECK(mutex_is_free(&a) && mutex_is_free(&b));
}

/* --- robust ------------------------------------------------------------------------------------------ */

static struct mutex r;

static void *dies(void *arg)
{
	int got = mutex_take_slow(&r, TIME_NEVER, 0);

	CHECK(got == (arg != NULL ? -EOWNERDEAD : 0));
	pass(1);
	mutex_abandon_all();
	return NULL;
}

static void *waits_for_lost(void *arg)
{
	CHECK_EQ(mutex_take_slow(&r, TIME_NEVER, 0), -ENOTRECOVERABLE);
	finished++;
	return arg;
}

static void *heirs(void *arg)
{
	spawn(dies, NULL, 20, true);
	spawn(dies, "", 20, true); /* waits for it, inherits, dies without having set it right */
	pass(5);
	CHECK_EQ(mutex_take_slow(&r, TIME_NEVER, 0), -EOWNERDEAD);
	spawn(waits_for_lost, NULL, 20, true);
	spawn(waits_for_lost, NULL, 20, true);
	CHECK(!mutex_take(&r));
	mutex_give_slow(&r); /* not set right: lost for all */
	CHECK_EQ(mutex_take_slow(&r, 0, 0), -ENOTRECOVERABLE);
	CHECK_EQ(mutex_consistent(&r), -EINVAL);
	CHECK(mutex_is_free(&r) && thread_self()->held == NULL);
	finished++;
	return arg;
}

static void start_heirs(void)
{
	mutex_setup(&r, MUTEX_ROBUST, 0);
	finished = 0;
	spawn(heirs, NULL, 10, true);
}

static void test_robust(void)
{
	run(start_heirs, 0);
	CHECK_EQ(finished, 3);
}

static const struct test tests[] = {
	{ "eight threads, six mutexes, changing priorities: each priority is what the model says",
	  test_model },
	{ "inversion, chains and deadlines change priorities at once", test_scenarios },
	{ "equals take turns", test_fair },
	{ "a circle is found, or ended by a deadline", test_circle },
	{ "robust mutexes: the owner died, twice; lost for good", test_robust },
};
TEST_MAIN(tests)
