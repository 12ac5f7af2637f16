/* SPDX-License-Identifier: MIT */
/* What one CPU does to others: wake-ups, translations, code. */
#include "smp.h"

#include "../tap.h"

#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROUNDS 300

/* --- wake-ups ---------------------------------------------------------------------------------------- */

static sem_t ball[8];

/* The ball goes round over all CPUs; each sleeps, mostly idle, until it comes. */
static void *pass_on(void *arg)
{
	unsigned me = (unsigned)(uintptr_t)arg;

	for (unsigned i = 0; i < ROUNDS; i++) {
		sem_wait(&ball[me]);
		sem_post(&ball[(me + 1) % n_cpus]);
	}
	return arg;
}

static void test_wake(void)
{
	pthread_t t[8];

	for (unsigned i = 0; i < n_cpus; i++) {
		sem_init(&ball[i], 0, 0);
	}
	for (unsigned i = 0; i < n_cpus; i++) {
		t[i] = start(1U << i, 0, pass_on, (void *)(uintptr_t)i);
	}
	sem_post(&ball[0]);
	for (unsigned i = 0; i < n_cpus; i++) {
		end(t[i]);
	}
	ok(true, "%u wake-ups from CPU to CPU, none lost", ROUNDS * n_cpus);
}

/* --- translations and code ------------------------------------------------------------------------------ */

static sem_t go, done;
static unsigned (*volatile work)(void);
static unsigned results[8];
static volatile bool over;

static void *helper(void *arg)
{
	unsigned me = (unsigned)(uintptr_t)arg;

	for (;;) {
		sem_wait(&ball[me]);
		if (over) {
			return arg;
		}
		results[me] = work();
		sem_post(&done);
	}
}

/* fn() on every CPU; true if each answers @want. */
static bool everywhere(unsigned (*fn)(void), unsigned want)
{
	bool good = true;

	work = fn;
	for (unsigned i = 0; i < n_cpus; i++) {
		sem_post(&ball[i]);
	}
	for (unsigned i = 0; i < n_cpus; i++) {
		sem_wait(&done);
	}
	for (unsigned i = 0; i < n_cpus; i++) {
		good = good && results[i] == want;
	}
	return good;
}

static volatile unsigned *page;
static __thread sigjmp_buf back;

static void caught(int signal)
{
	siglongjmp(back, signal);
}

/* What the page has, or 1 when it faults. */
static unsigned read_page(void)
{
	return sigsetjmp(back, 1) == 0 ? *page : 1;
}

static unsigned write_page(void)
{
	if (sigsetjmp(back, 1) != 0) {
		return 1;
	}
	*page = 77;
	return 0;
}

static void test_translations(size_t size)
{
	struct sigaction sa = { .sa_handler = caught };

	sigaction(SIGSEGV, &sa, NULL);
	page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*page = 77;
	for (int i = 0; i < 3; i++) {
		ok(everywhere(read_page, 77) && everywhere(write_page, 0),
		   "every CPU reads and writes");
		mprotect((void *)page, size, PROT_READ);
		ok(everywhere(read_page, 77) && everywhere(write_page, 1),
		   "none writes what is read-only now");
		mprotect((void *)page, size, PROT_NONE);
		ok(everywhere(read_page, 1), "none reads what nobody may");
		mprotect((void *)page, size, PROT_READ | PROT_WRITE);
	}
	munmap((void *)page, size);
}

/* Copied as they are: they reach for nothing. */
static __attribute__((noinline, noclone, aligned(64))) unsigned one(void)
{
	return 1;
}

static __attribute__((noinline, noclone, aligned(64))) unsigned two(void)
{
	return 2;
}

static bool new_code(void *p, size_t size, unsigned (*fn)(void), unsigned want)
{
	unsigned (*copy)(void);

	mprotect(p, size, PROT_READ | PROT_WRITE);
	memcpy(p, (const void *)fn, 32);
	mprotect(p, size, PROT_READ | PROT_EXEC);
	__builtin___clear_cache(p, (char *)p + 32);
	memcpy(&copy, &p, sizeof(copy));
	return everywhere(copy, want);
}

static void test_code(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool good = true;

	for (int i = 0; i < 10; i++) {
		good = good && new_code(p, size, one, 1) && new_code(p, size, two, 2);
	}
	munmap(p, size);
	ok(good, "every CPU runs the code that was written last");
}

void test_cross(void)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	pthread_t t[8];

	test_wake();
	sem_init(&go, 0, 0);
	sem_init(&done, 0, 0);
	for (unsigned i = 0; i < n_cpus; i++) {
		sem_init(&ball[i], 0, 0);
		t[i] = start(1U << i, 0, helper, (void *)(uintptr_t)i);
	}
	test_translations(size);
	test_code(size);
	over = true;
	for (unsigned i = 0; i < n_cpus; i++) {
		sem_post(&ball[i]);
	}
	for (unsigned i = 0; i < n_cpus; i++) {
		end(t[i]);
	}
}
