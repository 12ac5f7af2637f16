/* SPDX-License-Identifier: MIT */
/* drivers/vm: the generation ID and the clock of a virtual machine, whose hypervisor writes what it likes when it likes.
 * sources: drivers/vm/share.c drivers/vm/vmgenid.c drivers/vm/vmclock.c tests/unit/driver_env.c */
#include "driver_env.h"
#include "host.h"

#include <errno.h>
#include <kernel/pagetable.h>
#include <kernel/poller.h>
#include <kernel/rand.h>
#include <kernel/time.h>
#include <kernel/timer.h>
#include <string.h>

static union {
	uint8_t b[4096];
	uint32_t w[1024];
	uint64_t d[512];
} page __attribute__((aligned(4096))), id __attribute__((aligned(4096)));

static struct {
	unsigned added, kicks, map_attr;
	bool refuse;
	uint64_t wall;
	struct poller *poller;
	struct timer *timer;
	bool writing; /* the hypervisor is at it whenever somebody looks */
} m;

/* --- the kernel's ----------------------------------------------------------------------- */

int pagetable_map(paddr_t pa, uint64_t size, unsigned attr)
{
	host_require(pa % 4096 == 0 && size == 4096, "whole pages");
	m.map_attr = attr;
	return m.refuse ? -ENOMEM : 0;
}

void rand_add(const void *p, size_t n, unsigned bits)
{
	host_require(p != NULL && n > 0 && bits == 0, "what everybody may know is worth nothing");
	m.added++;
}

bool arch_entropy(uint64_t *word)
{
	*word = 4;
	return true;
}

void time_set_wall(uint64_t ns)
{
	m.wall = ns;
}

uint64_t time_after(uint64_t ns)
{
	return ns;
}

void timer_init(struct timer *t, void (*fn)(struct timer *t))
{
	*t = (struct timer){ .fn = fn };
}

void timer_start(struct timer *t, uint64_t deadline)
{
	(void)deadline;
	m.timer = t;
}

void poller_register(struct poller *p)
{
	m.poller = p;
}

void poller_kick(void)
{
	m.kicks++;
}

static void barrier(void)
{
	if (m.writing) {
		page.w[3] += 2;
	}
}

/* --- the generation ID ------------------------------------------------------------------------- */

static void test_genid(void)
{
	struct dt_node n = { .compatible = "microsoft,vmgenid", .irq = -ENOENT };

	n.reg[0].base = (uintptr_t)&id;
	n.reg[0].size = 16;
	check(env_probe(&n) == -ENOENT, "no interrupt");
	n.irq = 35;
	n.reg[0].size = 8;
	check(env_probe(&n) == -EINVAL, "too short");
	n.reg[0].size = 16;
	n.reg[0].base += 4;
	check(env_probe(&n) == -EINVAL, "not aligned");
	n.reg[0].base = UINTPTR_MAX - 7;
	check(env_probe(&n) == -EINVAL, "at the end of all addresses");
	n.reg[0].base = (uintptr_t)&id;
	m.refuse = true;
	check(env_probe(&n) == -EINVAL && env.handler == NULL, "cannot be mapped");
	m.refuse = false;
	id.d[0] = 1;
	check(env_probe(&n) == 0 && m.map_attr == (MAP_READ | MAP_WRITE) && m.added > 0,
	      "found, mapped as memory");
	m.added = 0;
	env.handler(env.handler_arg);
	check(m.added == 0, "an interrupt without a change");
	id.d[1] = 7;
	env.handler(env.handler_arg);
	check(m.added > 0, "a change of the second half");
	m.added = 0;
	env.handler(env.handler_arg);
	check(m.added == 0, "is one");
	id.d[0] = 0;
	env.handler(env.handler_arg);
	check(m.added > 0, "and of the first");
	check(env_probe(&n) == -EBUSY, "a second one");
}

/* --- the clock ------------------------------------------------------------------------------------ */

static void fill(void)
{
	memset(&page, 0, sizeof(page));
	page.w[0] = 0x4b4c4356;
	page.w[1] = 4096;
	page.b[8] = 1;
	page.b[0x0a] = 0xff;
}

/* 1,000,000,000 s and a half at counter 0, with 2^20 ticks a second. */
static void fill_time(void)
{
	page.b[0x0a] = 0;
	page.b[0x22] = 2;
	page.b[0x27] = 10;
	page.d[0x28 / 8] = 0;
	page.d[0x30 / 8] = 1ULL << 54;
	page.d[0x48 / 8] = 1000000000;
	page.d[0x50 / 8] = 1ULL << 63;
}

static void disrupt(void)
{
	page.w[3] += 2;
	page.d[2]++;
	m.added = m.kicks = 0;
	m.wall = 0;
}

static void fires(void)
{
	m.timer->fn(m.timer);
	if (m.kicks > 0) {
		m.poller->poll(m.poller);
	}
}

static void time_is(uint64_t ns, const char *what)
{
	disrupt();
	fires();
	check(m.wall == ns, what);
}

static void test_clock_refused(struct dt_node *n)
{
	fill();
	page.w[0]++;
	check(env_probe(n) == -EINVAL, "no magic");
	fill();
	page.b[8] = 2;
	check(env_probe(n) == -EINVAL, "another version");
	fill();
	page.w[1] = 0x20;
	check(env_probe(n) == -EINVAL, "too short");
	fill();
	page.w[3] = 1;
	check(env_probe(n) == -EINVAL, "written for ever");
	page.w[3] = 0;
	m.writing = true;
	host.on_barrier = barrier;
	check(env_probe(n) == -EINVAL, "changed at each look");
	m.writing = false;
}

static void test_times(void)
{
	host.counter = 1 << 20;
	fill_time();
	time_is(1000000001500000000ULL, "a second later");
	page.d[0x28 / 8] = (1 << 20) - (1 << 19);
	time_is(1000000001000000000ULL, "half a second later");
	page.b[0x0b] = 1;
	page.b[0x24] = 37;
	time_is(0, "atomic time of which nobody knows the offset");
	page.d[0x18 / 8] = 1;
	time_is(999999964000000000ULL, "with the offset");
	page.b[0x0b] = 2;
	time_is(0, "monotonic");
	page.b[0x0b] = 0;
	page.b[0x22] = 4;
	time_is(0, "unreliable");
	page.b[0x22] = 2;
	page.b[0x27] = 64;
	time_is(0, "a shift too far");
	page.b[0x27] = 10;
	page.d[0x48 / 8] = UINT64_MAX;
	time_is(0, "after the end of time");
	page.d[0x48 / 8] = 1000;
	page.d[0x30 / 8] = UINT64_MAX;
	page.b[0x27] = 0;
	page.d[0x28 / 8] = host.counter + 1;
	time_is(0, "a counter that goes back, by seconds");
}

static void test_clock(void)
{
	struct dt_node n = { .compatible = "amazon,vmclock", .irq = -ENOENT };

	n.reg[0].base = (uintptr_t)&page;
	n.reg[0].size = 4096;
	test_clock_refused(&n);
	fill();
	check(env_probe(&n) == 0 && m.timer != NULL && m.wall == 0, "as Firecracker has it");
	m.added = 0;
	fires();
	check(m.added == 0 && m.kicks == 0 && !m.poller->arm(m.poller), "no disruption");
	disrupt();
	m.timer->fn(m.timer);
	check(m.added > 0 && m.kicks == 1 && m.poller->arm(m.poller), "disrupted");
	check(m.poller->poll(m.poller) && m.wall == 0 && !m.poller->poll(m.poller),
	      "said once; nobody knows the time");
	disrupt();
	page.w[3]++;
	fires();
	check(m.kicks == 0, "not while it is written");
	page.w[3]++;
	fires();
	check(m.kicks == 1, "but afterwards");
	test_times();
	check(env_probe(&n) == -EBUSY, "a second one");
}

int main(void)
{
	test_genid();
	test_clock();
	return check_done();
}
