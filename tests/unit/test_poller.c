/* SPDX-License-Identifier: MIT */
/* kernel/poller.c and file.c under the real scheduler, with a network that receives at random: every
 * packet is taken in time by somebody, whoever waits for whatever.
 * sources: tests/unit/test.c tests/unit/host/kernel.c kernel/sched.c kernel/sync.c kernel/semaphore.c kernel/wait.c
	kernel/timer.c kernel/poller.c kernel/file.c */
#include "sched_env.h"

#include <kernel/file.h>
#include <kernel/poller.h>

#define CONNS	5U
#define PACKETS 5000U
#define LATE_NS (80 * MS) /* two looks of the backstop, and a time slice of each reader */

static struct {
	bool irq_on;
	unsigned sent, pending, taken, consumed;
	uint64_t since;	  /* when the oldest pending packet came */
	uint64_t longest; /* that one ever waited */
	unsigned polls, arms, busy;
	struct mutex lock;
} net;

static struct {
	struct file file;
	unsigned queued;
} conn[CONNS];

static void receive(void)
{
	if (net.pending++ == 0) {
		net.since = w.now;
	}
	w.next = ++net.sent == PACKETS
			 ? UINT64_MAX
			 : w.now + 1 + test_below(test_below(6) == 0 ? 200 * MS : 50000);
	if (net.irq_on) {
		net.irq_on = false; /* as the driver's handler does */
		poller_kick();
	}
}

/* The stack: each packet makes some connection readable. */
static bool poll_net(struct poller *p)
{
	unsigned n;

	(void)p;
	mutex_lock(&net.lock);
	net.polls++;
	n = net.pending;
	net.pending = 0;
	if (n > 0) {
		net.longest = MAX(net.longest, w.now - net.since);
	}
	for (unsigned i = 0; i < n; i++) {
		unsigned c = test_below(CONNS);

		point();
		conn[c].queued++;
		net.taken++;
		file_ready(&conn[c].file, POLLIN);
	}
	mutex_unlock(&net.lock);
	return n > 0;
}

static bool arm_net(struct poller *p)
{
	(void)p;
	net.arms++;
	net.irq_on = true;
	point();
	return net.pending > 0;
}

static struct poller poller = { .poll = poll_net, .arm = arm_net };

static bool take_one(unsigned c)
{
	bool got;

	mutex_lock(&net.lock);
	got = conn[c].queued > 0;
	if (got) {
		conn[c].queued--;
		net.consumed++;
	}
	if (conn[c].queued == 0) {
		file_not_ready(&conn[c].file, POLLIN);
	}
	mutex_unlock(&net.lock);
	return got;
}

/* For good: the run ends when there is nothing left to happen. */
static void *reader(void *arg)
{
	unsigned c = (unsigned)(uintptr_t)arg;

	while (net.sent <= PACKETS) {
		uint64_t deadline = test_below(8) == 0 ? w.now + test_below(20) * MS : TIME_NEVER;
		int r = file_wait(&conn[c].file, POLLIN, deadline);

		CHECK(r == 0 || (r == -ETIMEDOUT && w.now >= deadline));
		while (take_one(c) && test_below(3) != 0) {
			point();
		}
		/* Now and then it computes, and looks at no file; but not above the helper. */
		for (unsigned i = c >= 2 && test_below(30) == 0 ? test_below(3000) : 0; i > 0;
		     i--) {
			w.now += MS / 10;
			net.busy++;
			point();
		}
	}
	return NULL;
}

static void start_net(void)
{
	static const struct file_ops ops;

	memset(&net, 0, sizeof(net));
	mutex_init(&net.lock);
	for (unsigned i = 0; i < CONNS; i++) {
		file_init(&conn[i].file, &ops, 0);
		conn[i].queued = 0;
	}
	w.device = receive;
	w.slip = 20000;
	w.next = 100000;
	poller_register(&poller);
	for (unsigned i = 0; i < CONNS; i++) {
		spawn(reader, (void *)(uintptr_t)i, (uint8_t)(18 - i), true);
	}
}

static void check_end(void)
{
	CHECK_EQ(net.sent, PACKETS);
	CHECK_EQ(net.taken, PACKETS);
	CHECK_EQ(net.consumed, PACKETS);
	if (!CHECK(net.longest < LATE_NS)) {
		printf("# a packet lay for %lu us\n", net.longest / 1000);
	}
	CHECK(net.busy > 10000 && net.arms > 100);
}

static unsigned chance;

static void one_run(void)
{
	run(start_net, chance);
	check_end();
}

/* The poller is registered once in a machine's life: a life for each run. */
static void test_receive(void)
{
	static const unsigned chances[] = { 0, 2, 10, 100 };

	for (unsigned i = 0; i < ARRAY_SIZE(chances); i++) {
		chance = chances[i];
		if (!CHECK(test_apart(one_run, 20))) {
			printf("# one more interrupt in %u\n", chance);
		}
	}
}

static const struct test tests[] = {
	{ "5,000 packets at random: each is taken within 80 ms and reaches its reader",
	  test_receive },
};
TEST_MAIN(tests)
