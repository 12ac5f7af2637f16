/* SPDX-License-Identifier: MIT */
/* kernel/smp.c: which CPUs are started, with firmware that refuses, lets a CPU come late or never; and what one
 * asks of another by interrupt.
 * sources: tests/unit/test.c tests/unit/host/kernel.c */
#include "../../kernel/smp.c"

#include "kernel.h"
#include "test.h"

#define MS NS_PER_MS

/* --- the machine ------------------------------------------------------------------------------------ */

struct dt_node {
	const char *type;
	bool off, nameless;
	uint64_t id;
};

/* What becomes of a CPU that is started. */
enum fate { COMES, COMES_LATER, REFUSED, NEVER };

static struct {
	struct dt_node nodes[12];
	enum fate fate[12]; /* by id */
	uint64_t now, comes_at;
	struct cpu *coming;
	unsigned count, starts, home, sent, looks, watches;
	int pages;
	bool no_cpus, nosmp, no_memory, halted;
	uint64_t maxcpus;
	jmp_buf back;
} t;

char arch_smp_entry[1];

void arch_smp_announce(uint64_t hw_id, paddr_t boot)
{
	(void)hw_id;
	(void)boot;
}

/* Of the host's smp.c, weak there. */
unsigned cpu_count = 1;

const struct dt_node *dt_find(const char *path)
{
	return t.no_cpus || strcmp(path, "/cpus") != 0 ? NULL : &t.nodes[11];
}

const struct dt_node *dt_child(const struct dt_node *n)
{
	(void)n;
	return t.count > 0 ? &t.nodes[0] : NULL;
}

const struct dt_node *dt_sibling(const struct dt_node *n)
{
	return n + 1 < &t.nodes[t.count] ? n + 1 : NULL;
}

const char *dt_name(const struct dt_node *n)
{
	(void)n;
	return "cpu";
}

const char *dt_str(const struct dt_node *n, const char *name)
{
	return strcmp(name, "device_type") == 0 ? n->type : NULL;
}

bool dt_enabled(const struct dt_node *n)
{
	return !n->off;
}

bool dt_number(const struct dt_node *n, const char *name, uint64_t *v)
{
	*v = n->id;
	return !n->nameless && strcmp(name, "reg") == 0;
}

const char *param(const char *name)
{
	return strcmp(name, "nosmp") == 0 && t.nosmp ? "" : NULL;
}

uint64_t param_number(const char *name, uint64_t def)
{
	return strcmp(name, "maxcpus") == 0 && t.maxcpus != UINT64_MAX ? t.maxcpus : def;
}

paddr_t pagetable_root(void)
{
	return 0x1234000;
}

static char stacks[12][IDLE_STACK + EMERGENCY_STACK];

void *page_alloc(size_t n, size_t align)
{
	CHECK(n << PAGE_SHIFT == sizeof(stacks[0]) && align == 1);
	t.pages += t.no_memory ? 0 : (int)n;
	return t.no_memory ? NULL : stacks[t.starts];
}

void page_free(void *p, size_t n)
{
	CHECK(p == stacks[t.starts - 1]);
	t.pages -= (int)n;
}

void arch_dcache_clean(void *p, size_t n)
{
	CHECK(p == &cpus[cpu_count] && n == sizeof(cpus[0]));
}

/* The other CPU's way through smp_main(), until it idles or stops. */
static void come(struct cpu *c)
{
	t.halted = false;
	if (setjmp(t.back) == 0) {
		smp_main(c);
	}
}

int power_cpu_start(uint64_t hw_id, paddr_t entry, uint64_t arg)
{
	struct cpu *c = ((struct smp_boot *)arg)->cpu;

	CHECK(entry == (paddr_t)arch_smp_entry && c == &cpus[cpu_count] && c->hw_id == hw_id);
	CHECK(c->boot.root == 0x1234000 && c->boot.emergency_top > c->boot.stack_top);
	CHECK(cpus[0].shared && hw_id != cpus[0].hw_id);
	t.starts++;
	switch (t.fate[hw_id]) {
	case COMES:
		come(c);
		return 0;
	case COMES_LATER:
		t.coming = c;
		t.comes_at = t.now + 4999 * MS;
		return 0;
	case REFUSED:
		return -EINVAL;
	default:
		return 0;
	}
}

uint64_t time_now(void)
{
	host.spins = 0;
	t.now += 7 * MS;
	if (t.coming != NULL && t.now >= t.comes_at) {
		struct cpu *c = t.coming;

		t.coming = NULL;
		come(c);
	}
	return t.now;
}

uint64_t time_after(uint64_t ns)
{
	return t.now + ns;
}

void sched_init(struct cpu *c, uint64_t hw_id, uintptr_t lo, uintptr_t hi)
{
	CHECK(hw_id == c->hw_id && hi == c->boot.stack_top && hi - lo == IDLE_STACK);
}

void arch_cpu_init(struct cpu *c)
{
	(void)c;
}

void irq_cpu_init(void)
{
}

void timer_cpu_init(void)
{
}

void sched_idle(void)
{
	longjmp(t.back, 1);
}

void arch_halt(void)
{
	t.halted = true;
	longjmp(t.back, 1);
}

void irq_set_home(unsigned cpu)
{
	t.home = cpu;
}

bool arch_ipi_self(void)
{
	return false;
}

bool irq_ipi(const struct cpu *c)
{
	CHECK(c >= cpus && c < &cpus[CPU_MAX]);
	t.sent++;
	return true;
}

void arch_frame_unwind(const struct trapframe *f, struct unwind *u)
{
	(void)f;
	u->pc = 42;
}

void watchdog_interrupt(void)
{
	t.watches++;
}

void sched_look(void)
{
	t.looks++;
}

/* @n CPUs 0, 1, ... of which the first runs. */
static void reset(unsigned n)
{
	memset(&t, 0, sizeof(t));
	memset(cpus, 0, sizeof(cpus));
	memset(env.logged, 0, sizeof(env.logged));
	t.count = n;
	t.maxcpus = UINT64_MAX;
	for (unsigned i = 0; i < n; i++) {
		t.nodes[i] = (struct dt_node){ "cpu", false, false, i };
	}
	cpu_count = 1;
}

/* --- starting ------------------------------------------------------------------------------------- */

static void expect(unsigned run, unsigned starts)
{
	smp_start();
	CHECK_EQ(cpu_count, run);
	CHECK_EQ(t.starts, starts);
	for (unsigned i = 0; i < run; i++) {
		CHECK(cpu_is(&cpus[i], CPU_RUNNING));
	}
}

static void test_numbers(void)
{
	reset(0);
	t.no_cpus = true;
	expect(1, 0);
	reset(0);
	expect(1, 0);
	reset(1);
	expect(1, 0);
	reset(4);
	expect(4, 3);
	CHECK_EQ(t.pages, 3 * 3);
	reset(8);
	expect(8, 7);
	reset(11);
	expect(CPU_MAX, CPU_MAX - 1);
	CHECK_STR(env.log, "cpus: 8 of 11 run");
}

static void test_limits(void)
{
	static const struct {
		uint64_t max;
		unsigned run;
	} cases[] = {
		{ 0, 1 }, { 1, 1 }, { 2, 2 }, { 3, 3 }, { 4, 4 }, { 5, 4 }, { 1UL << 40, 4 }
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		reset(4);
		t.maxcpus = cases[i].max;
		expect(cases[i].run, cases[i].run - 1);
	}
	reset(4);
	t.nosmp = true;
	expect(1, 0);
}

static void test_nodes(void)
{
	reset(6);
	t.nodes[1].off = true;
	t.nodes[2].type = "cache";
	t.nodes[3].nameless = true;
	t.nodes[4].type = NULL;
	expect(2, 1);
	CHECK(cpus[1].hw_id == 5);
	CHECK_STR(env.log, "cpus: 2 of 2 run");
	/* It booted on the last one. */
	reset(3);
	cpus[0].hw_id = 2;
	expect(3, 2);
	CHECK(cpus[1].hw_id == 0 && cpus[2].hw_id == 1);
}

/* --- CPUs that do not come ---------------------------------------------------------------------------- */

static void test_refused(void)
{
	reset(4);
	t.fate[2] = REFUSED;
	expect(3, 3);
	CHECK(cpus[1].hw_id == 1 && cpus[2].hw_id == 3 && env.logged[LOG_ERROR] == 1);
	CHECK_EQ(t.pages, 2 * 3); /* its stacks were given back */
	reset(4);
	t.no_memory = true;
	expect(1, 0);
	CHECK(env.logged[LOG_ERROR] == 3);
}

static void test_late(void)
{
	reset(4);
	t.fate[2] = COMES_LATER;
	expect(4, 3);
	CHECK_EQ(env.logged[LOG_ERROR], 0);
}

/* Its record and its stacks are not used again, since it may come yet; so it is the last that is tried. */
static void test_never(void)
{
	reset(4);
	t.fate[2] = NEVER;
	expect(2, 2);
	CHECK(env.logged[LOG_ERROR] == 1 && t.now >= START_PATIENCE);
	CHECK(cpu_is(&cpus[2], CPU_GIVEN_UP) && cpus[2].hw_id == 2);
	CHECK_EQ(t.pages, 2 * 3);
	come(&cpus[2]);
	CHECK(t.halted && cpu_is(&cpus[2], CPU_GIVEN_UP) && cpu_count == 2);
}

/* --- interrupts between CPUs ------------------------------------------------------------------------- */

static void test_ipi(void)
{
	reset(2);
	expect(2, 1);
	smp_ipi(&cpus[1], IPI_RESCHED);
	CHECK_EQ(t.sent, 1);
	smp_ipi(&cpus[1], IPI_RESCHED);
	CHECK_EQ(t.sent, 1); /* it is on its way */
	smp_ipi(&cpus[1], IPI_WATCH);
	CHECK_EQ(t.sent, 2);
	atomic_store(&cpus[0].ipi, IPI_RESCHED | IPI_WATCH);
	smp_ipi_interrupt();
	CHECK(t.looks == 1 && t.watches == 1 && atomic_load(&cpus[0].ipi) == 0);
	smp_ipi_interrupt();
	CHECK(t.looks == 1 && t.watches == 1);
	/* A hold that is over by the time it is seen. */
	smp_ipi(&cpus[0], IPI_HOLD);
	smp_ipi_interrupt();
	CHECK_EQ(atomic_load(&held), 0);
}

static void test_stop(void)
{
	reset(3);
	expect(3, 2);
	t.sent = 0;
	smp_stop_others(); /* nobody answers: not for ever */
	CHECK(t.sent == 2 && t.now >= STOP_PATIENCE);
	atomic_store(&cpus[0].ipi, IPI_STOP | IPI_RESCHED);
	if (setjmp(t.back) == 0) {
		smp_ipi_interrupt();
	}
	CHECK(t.halted && cpu_is(&cpus[0], CPU_STOPPED) && cpus[0].stopped_at.pc == 42);
	CHECK_EQ(t.looks, 0);
}

static const struct test tests[] = {
	{ "none, one, all, and more than there is room for", test_numbers },
	{ "maxcpus= and nosmp", test_limits },
	{ "nodes that are no CPU, are off or have no number; any CPU may be the first",
	  test_nodes },
	{ "one that firmware refuses is passed over; nothing is kept for it", test_refused },
	{ "one that comes late is waited for", test_late },
	{ "one that does not come is told, and stops should it come after all", test_never },
	{ "interrupts that wait are not sent twice, and each is looked at once", test_ipi },
	{ "a panic stops the others, and does not wait for ever", test_stop },
};
TEST_MAIN(tests)
