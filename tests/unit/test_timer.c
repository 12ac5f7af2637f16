/* SPDX-License-Identifier: MIT */
/* kernel/timer.c against a plain list of deadlines: who fires, when, in which order, and what the
 * hardware is told.
 * sources: tests/unit/test.c tests/unit/host/kernel.c */
#include "../../kernel/timer.c"

#include "kernel.h"
#include "test.h"

#define TIMERS 500U

static struct {
	struct timer t;
	uint64_t deadline; /* in the model */
	bool pending;
	unsigned fired;
} tm[TIMERS];

static uint64_t now, armed, last_fired, rate;
static unsigned arms, inits;
static void (*in_fn)(unsigned i);

uint64_t time_now(void)
{
	return now;
}

uint64_t time_after(uint64_t ns)
{
	return now + ns;
}

uint64_t time_to_counter(uint64_t ns)
{
	return ns;
}

void time_set_rate(uint64_t hz)
{
	rate = hz;
}

static void arm_event(uint64_t counter)
{
	CHECK(host.masked);
	armed = counter;
	arms++;
}

static void init_event(void)
{
	CHECK(host.masked);
	inits++;
}

static const struct clockevent ce = {
	.name = "test", .hz = 1000, .arm = arm_event, .cpu_init = init_event
};

static void fire(struct timer *t)
{
	unsigned i = (unsigned)(container_of(t, __typeof__(tm[0]), t) - tm);

	CHECK(host.masked && !spin_is_locked(&cpus[0].timers.lock));
	CHECK(tm[i].pending && tm[i].deadline <= now && !timer_pending(t));
	/* A timer started in a handler may be due before the one that is running. */
	CHECK(tm[i].deadline >= last_fired || in_fn != NULL);
	last_fired = tm[i].deadline;
	tm[i].pending = false;
	tm[i].fired++;
	if (in_fn != NULL) {
		in_fn(i);
	}
}

static void reset(bool registered)
{
	memset(&cpus[0], 0, sizeof(cpus[0]));
	timer_queue_init(&cpus[0].timers);
	memset(tm, 0, sizeof(tm));
	for (unsigned i = 0; i < TIMERS; i++) {
		timer_init(&tm[i].t, fire);
	}
	event = NULL;
	now = 1000;
	armed = UINT64_MAX;
	arms = inits = 0;
	last_fired = 0;
	in_fn = NULL;
	if (registered) {
		clockevent_register(&ce);
	}
}

static void start(unsigned i, uint64_t deadline)
{
	timer_start(&tm[i].t, deadline);
	tm[i].deadline = deadline;
	tm[i].pending = true;
}

static void cancel(unsigned i)
{
	CHECK_EQ(timer_cancel(&tm[i].t), tm[i].pending);
	tm[i].pending = false;
	CHECK(!timer_pending(&tm[i].t));
}

static void interrupt(void)
{
	host.masked = true;
	last_fired = 0;
	timer_interrupt();
	CHECK(host.masked);
	host.masked = false;
}

/* --- the heap's own shape --------------------------------------------------------- */

static unsigned count_heap(const struct timer *t)
{
	unsigned n = 1;

	CHECK(t->queue == &cpus[0].timers);
	for (const struct timer *c = t->child, *left = t; c != NULL; left = c, c = c->next) {
		CHECK(c->deadline >= t->deadline && c->prev == left);
		n += count_heap(c); /* depth: as many levels as the heap has */
	}
	return n;
}

/* The heap holds what the model has pending; the hardware wakes us in time for the first. */
static void check_all(void)
{
	const struct timer *root = cpus[0].timers.root;
	uint64_t first = UINT64_MAX;
	unsigned n = 0;

	for (unsigned i = 0; i < TIMERS; i++) {
		CHECK_EQ(timer_pending(&tm[i].t), tm[i].pending);
		if (tm[i].pending) {
			n++;
			first = MIN(first, tm[i].deadline);
		}
	}
	CHECK_EQ(root == NULL ? 0 : count_heap(root), n);
	CHECK(root == NULL ||
	      (root->deadline == first && root->prev == NULL && root->next == NULL));
	CHECK(armed <= first);
	CHECK(!host.masked && !spin_is_locked(&cpus[0].timers.lock));
}

/* --- tests ------------------------------------------------------------------------ */

static void random_work(void)
{
	unsigned i = test_below(TIMERS);

	switch (test_below(8)) {
	case 0:
	case 1:
		cancel(i);
		break;
	case 2:
		start(i, now + test_below(3)); /* many are equal */
		break;
	case 3:
		start(i, TIME_NEVER - test_below(2));
		break;
	default:
		start(i, now + test_below(1000));
		break;
	}
}

static void test_random_use(void)
{
	unsigned fired = 0;

	reset(true);
	for (unsigned i = 0; i < 60000; i++) {
		random_work();
		if (test_below(4) == 0) {
			now += test_below(200);
		}
		if (armed <= now) {
			interrupt();
			for (unsigned k = 0; k < TIMERS; k++) {
				CHECK(!tm[k].pending || tm[k].deadline > now);
			}
		}
		if (i % 50 == 0) {
			check_all();
		}
	}
	for (unsigned k = 0; k < TIMERS; k++) {
		fired += tm[k].fired;
	}
	CHECK(fired > 10000);
}

/* What a handler may do: start itself, start and cancel others. */
static void handler_work(unsigned i)
{
	if (test_below(3) == 0) {
		start(i, now + test_below(100) + 1);
	}
	if (test_below(3) == 0) {
		unsigned other = test_below(TIMERS);

		/* A timer of the past fires in this same interrupt, so few of those. */
		start(other, now + test_below(100) - (test_below(10) == 0 ? 3 : 0));
	}
	if (test_below(3) == 0) {
		cancel(test_below(TIMERS));
	}
	CHECK_EQ(timer_cancel(&tm[i].t), tm[i].pending);
	if (tm[i].pending) {
		timer_start(&tm[i].t, tm[i].deadline);
	}
}

static void test_handlers(void)
{
	reset(true);
	in_fn = handler_work;
	for (unsigned i = 0; i < 20000; i++) {
		random_work();
		now += test_below(30);
		if (armed <= now) {
			interrupt();
		}
		if (i % 50 == 0) {
			check_all();
		}
	}
}

static void test_same_deadline(void)
{
	reset(true);
	for (unsigned i = 0; i < TIMERS; i++) {
		start(i, 5000);
	}
	CHECK_EQ(arms, 1); /* the first was enough */
	now = 4999;
	interrupt();
	check_all();
	now = 5000;
	interrupt();
	for (unsigned i = 0; i < TIMERS; i++) {
		CHECK(tm[i].fired == 1 && !tm[i].pending);
	}
	check_all();
}

static void test_arming(void)
{
	reset(true);
	CHECK_EQ(arms, 0);
	start(0, 5000);
	CHECK_EQ(armed, 5000);
	start(1, 6000);
	CHECK_EQ(arms, 1); /* later than the first: nothing to say */
	start(2, 4000);
	CHECK_EQ(armed, 4000);
	cancel(2);
	CHECK_EQ(armed, 4000); /* an interrupt too soon is no harm */
	now = 4000;
	interrupt();
	CHECK(armed == 5000 && tm[0].fired == 0);
	start(0, 7000); /* moved */
	now = 5000;
	interrupt();
	CHECK(armed == 6000 && tm[0].fired == 0 && tm[1].fired == 0);
	now = 8000;
	interrupt();
	CHECK(tm[0].fired == 1 && tm[1].fired == 1);
	CHECK_EQ(armed, UINT64_MAX); /* nothing left: off */
	start(3, 10);		     /* in the past */
	CHECK_EQ(armed, 10);
	interrupt();
	CHECK(tm[3].fired == 1);
	check_all();
}

static void test_before_clock(void)
{
	reset(false);
	start(0, 9000);
	start(1, 3000);
	start(2, 6000);
	CHECK_EQ(arms, 0);
	clockevent_register(&ce);
	CHECK(armed == 3000 && rate == 1000 && inits == 1);
	check_all();
	CHECK(PANICS(clockevent_register(&ce)));
}

/* Sorted input makes the most lopsided heaps. */
static void test_sorted(void)
{
	for (unsigned down = 0; down < 2; down++) {
		reset(true);
		for (unsigned i = 0; i < TIMERS; i++) {
			start(i, 2000 + (down ? TIMERS - i : i));
		}
		check_all();
		for (unsigned i = 0; i < TIMERS; i += 2) {
			cancel(i);
		}
		check_all();
		for (unsigned k = 0; k <= TIMERS; k++) {
			now = 2000 + k;
			interrupt();
		}
		check_all();
		for (unsigned i = 0; i < TIMERS; i++) {
			CHECK_EQ(tm[i].fired, i % 2);
		}
	}
}

static unsigned naps;

static void asleep(void)
{
	CHECK_EQ(armed, now + NAP_NS);
	naps++;
}

static void test_nap(void)
{
	reset(true);
	host.on_wait = asleep;
	host.masked = true;
	now = 1000;
	timer_nap();
	CHECK(naps == 1 && armed == UINT64_MAX);
	cpus[0].irq_depth = 1;
	timer_nap();
	CHECK_EQ(naps, 1);
	cpus[0].irq_depth = 0;
	cpus[0].timers.armed = 5000000;
	timer_nap();
	CHECK(naps == 2 && armed == 5000000);
	host.on_wait = NULL;
	host.masked = false;
}

static const struct test tests[] = {
	{ "60,000 random starts, moves and cancels: all fire in time and in order",
	  test_random_use },
	{ "handlers may start themselves and others, and cancel", test_handlers },
	{ "500 timers of one deadline fire in one interrupt", test_same_deadline },
	{ "the hardware is told the earliest deadline, and only if it must be", test_arming },
	{ "timers started before there is a clock are armed by it; one clock only",
	  test_before_clock },
	{ "ascending and descending deadlines", test_sorted },
	{ "a nap ends in time, leaves the comparator as it was, and is none inside a handler",
	  test_nap },
};
TEST_MAIN(tests)
