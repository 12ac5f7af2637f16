/* SPDX-License-Identifier: MIT */
/* kernel/sched.c against a model that keeps all ready threads in one list, best first: whatever threads do to
 * themselves and to each other, the one that the model says runs, and equals run in the model's order.
 * sources: tests/unit/test.c tests/unit/host/kernel.c kernel/sched.c kernel/sync.c kernel/semaphore.c kernel/wait.c
	kernel/timer.c */
#include "sched_env.h"

#define THREADS 9
#define ROUNDS	20000

/* --- the model ------------------------------------------------------------------------------------ */

static struct {
	struct thread *thread;
	struct semaphore sem; /* its own: it alone waits there */
	unsigned count;	      /* the semaphore's */
	uint8_t prio;
	enum { WAITS_TURN, WAITS_SEM, GONE } state; /* of all but the one that runs */
} m[THREADS];

static unsigned line[THREADS], in_line; /* who is ready and does not run */
static unsigned runs, ops, deepest, switched;
static bool held; /* preemption is off */

/* Before the first that is lower; @tail: behind its equals. */
static void line_in(unsigned i, bool tail)
{
	unsigned at = 0;

	while (at < in_line &&
	       (m[line[at]].prio > m[i].prio || (tail && m[line[at]].prio == m[i].prio))) {
		at++;
	}
	memmove(&line[at + 1], &line[at], (in_line - at) * sizeof(line[0]));
	line[at] = i;
	in_line++;
	m[i].state = WAITS_TURN;
	deepest = MAX(deepest, in_line);
}

static bool line_out(unsigned i)
{
	for (unsigned at = 0; at < in_line; at++) {
		if (line[at] == i) {
			in_line--;
			memmove(&line[at], &line[at + 1], (in_line - at) * sizeof(line[0]));
			return true;
		}
	}
	return false;
}

static void next_runs(void)
{
	runs = in_line > 0 ? line[0] : THREADS;
	line_out(runs);
	switched++;
}

/* A better one takes over at once; who was interrupted stays before its equals. */
static void preempt_model(void)
{
	if (!held && in_line > 0 && m[line[0]].prio > m[runs].prio) {
		line_in(runs, false);
		next_runs();
	}
}

static void check_model(unsigned self)
{
	uint64_t mask = 0;

	CHECK_EQ(runs, self);
	CHECK(thread_self() == m[self].thread && thread_self()->prio == m[self].prio);
	CHECK_EQ(cpus[0].best, in_line > 0 ? m[line[0]].prio : PRIO_IDLE);
	for (unsigned i = 0; i < in_line; i++) {
		mask |= 1UL << m[line[i]].prio;
	}
	/* One that is ready alone stands in no list. */
	CHECK(cpus[0].lone != NULL ? cpus[0].lone == m[line[0]].thread && in_line == 1
				   : cpus[0].ready_mask == mask);
	ops++;
}

/* --- what threads do: to the model first --------------------------------------------------------------- */

static void post(unsigned self, unsigned i)
{
	if (m[i].state == GONE) {
		return;
	}
	if (i != self && m[i].state == WAITS_SEM) {
		line_in(i, true);
		preempt_model();
	} else {
		m[i].count++;
	}
	CHECK_EQ(sem_up(&m[i].sem), 0);
}

static void take(unsigned self)
{
	if (m[self].count > 0) {
		m[self].count--;
	} else if (in_line == 0 || held) {
		CHECK_EQ(sem_down(&m[self].sem, 0), -EAGAIN);
		return;
	} else {
		m[self].state = WAITS_SEM;
		next_runs();
	}
	CHECK_EQ(sem_down(&m[self].sem, TIME_NEVER), 0);
}

static void yield(unsigned self)
{
	line_in(self, true);
	next_runs();
	sched_yield_cpu();
}

static void change(unsigned i)
{
	uint8_t prio = (uint8_t)(1 + test_below(5));

	if (m[i].state == GONE) {
		return;
	}
	if (test_below(10) == 0) {
		prio = test_below(2) == 0 ? PRIO_MIN : PRIO_MAX;
	}
	m[i].prio = prio;
	if (line_out(i)) {
		line_in(i, true);
	}
	preempt_model();
	sched_set_prio(m[i].thread, prio, test_below(2) == 0);
}

static void act(unsigned self, bool may_switch)
{
	switch (test_below(may_switch ? 8 : 5)) {
	case 0:
	case 1:
		change(test_below(THREADS));
		break;
	case 2:
	case 3:
	case 4:
		post(self, test_below(THREADS));
		break;
	case 5:
		yield(self);
		break;
	default:
		take(self);
		break;
	}
	point();
	check_model(self);
}

/* What has become better meanwhile comes when preemption is on again. */
static void act_held(unsigned self)
{
	preempt_disable();
	held = true;
	for (unsigned k = test_below(4); k > 0; k--) {
		act(self, false);
	}
	held = false;
	preempt_model();
	preempt_enable();
	check_model(self);
}

static void *actor(void *arg)
{
	unsigned self = (unsigned)(uintptr_t)arg;

	check_model(self);
	for (unsigned i = 0; i < ROUNDS; i++) {
		if (test_below(10) == 0) {
			act_held(self);
		} else {
			act(self, true);
		}
	}
	/* Nobody is left asleep by the last one. */
	for (unsigned i = 0; i < THREADS; i++) {
		post(self, i);
		check_model(self);
	}
	m[self].state = GONE;
	next_runs();
	return NULL;
}

static void start_actors(void)
{
	memset(m, 0, sizeof(m));
	in_line = ops = deepest = switched = 0;
	held = false;
	w.slip = 1; /* no time passes: nobody's turn ends by itself */
	for (unsigned i = 0; i < THREADS; i++) {
		m[i].prio = (uint8_t)(10 + i % 3);
		sem_init_count(&m[i].sem, 0);
		m[i].thread = spawn(actor, (void *)(uintptr_t)i, m[i].prio, true);
		line_in(i, true);
	}
	next_runs();
}

static void test_model(void)
{
	/* Of interrupts, which must change nothing. */
	static const unsigned chances[] = { 0, 2, 20 };

	for (unsigned k = 0; k < ARRAY_SIZE(chances); k++) {
		run(start_actors, chances[k]);
		for (unsigned i = 0; i < THREADS; i++) {
			CHECK_EQ(m[i].state, GONE);
		}
		printf("# %u operations, %u switches, up to %u ready\n", ops, switched, deepest);
		CHECK(runs == THREADS && ops > THREADS * ROUNDS && switched > ROUNDS);
		CHECK(deepest >= THREADS - 2 && (chances[k] == 0 || w.interrupts > ops / 100));
		CHECK_EQ(w.held, 0);
	}
}

static const struct test tests[] = {
	{ "nine threads that wake, yield, sleep and change priorities: the model's thread runs, "
	  "after each of 180,000 random operations",
	  test_model },
};
TEST_MAIN(tests)
