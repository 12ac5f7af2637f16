/* SPDX-License-Identifier: MIT */
/* malloc: what it gives is aligned, apart and intact; memory that runs out is ENOMEM and no more, and
 * comes back whole. */
#include "../tap.h"

#include <errno.h>
#include <kernel/page.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS	512
#define STEPS	60000
#define THREADS 3

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

struct slot {
	unsigned char *p;
	size_t n;
	unsigned char fill;
};

static bool intact(const struct slot *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->p[i] != s->fill) {
			return false;
		}
	}
	return true;
}

static size_t some_size(uint32_t *seed)
{
	uint32_t r = next(seed);

	return r % 64 == 0 ? r % 60000 : r % 8 == 0 ? r % 5000 : r % 300;
}

/* One step on one slot: allocate, resize or free. Returns how many things were wrong. */
static unsigned step(struct slot *s, uint32_t *seed)
{
	size_t n = some_size(seed), kept;
	unsigned wrong = 0;

	if (s->p == NULL) {
		s->p = malloc(n);
	} else if (next(seed) % 4 == 0) {
		wrong += !intact(s);
		kept = MIN(n, s->n);
		s->p = realloc(s->p, n == 0 ? n = 1 : n);
		s->n = MIN(kept, n);
		wrong += s->p == NULL || !intact(s);
	} else {
		wrong += !intact(s);
		free(s->p);
		*s = (struct slot){ NULL, 0, 0 };
		return wrong;
	}
	wrong += s->p == NULL || ((uintptr_t)s->p & 15) != 0;
	s->n = n;
	s->fill = (unsigned char)next(seed);
	memset(s->p, s->fill, n);
	return wrong;
}

static void *stress(void *arg)
{
	struct slot *slots = calloc(SLOTS, sizeof(*slots));
	uint32_t seed = (uint32_t)(uintptr_t)arg;
	uintptr_t wrong = 0;

	for (int i = 0; i < STEPS; i++) {
		wrong += step(&slots[next(&seed) % SLOTS], &seed);
	}
	for (int i = 0; i < SLOTS; i++) {
		wrong += !intact(&slots[i]);
		free(slots[i].p);
	}
	free(slots);
	return (void *)wrong;
}

static void test_stress(void)
{
	pthread_t t[THREADS];
	void *wrong;

	for (uintptr_t i = 0; i < THREADS; i++) {
		pthread_create(&t[i], NULL, stress, (void *)(i + 1));
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], &wrong);
		is((uintptr_t)wrong, 0, "thread %d: %d steps, every block aligned and intact", i,
		   STEPS);
	}
}

static void test_family(void)
{
	unsigned char *p = calloc(100, 7), *q;
	bool zero = true;
	void *aligned = NULL;
	unsigned bad = 0;

	for (int i = 0; i < 700; i++) {
		zero = zero && p[i] == 0;
	}
	ok(zero, "calloc clears");
	free(p);
	p = malloc(0);
	q = malloc(0);
	ok(p != NULL && q != NULL && p != q, "malloc(0) gives pointers of their own");
	free(p);
	free(q);
	free(NULL);
	for (size_t a = 16; a <= 65536; a *= 2) {
		p = memalign(a, 100);
		bad += p == NULL || ((uintptr_t)p & (a - 1)) != 0;
		free(p);
	}
	is(bad, 0, "memalign aligns up to 64 KiB");
	is(posix_memalign(&aligned, 3, 8), EINVAL,
	   "an alignment that is no power of two is refused");
	is(posix_memalign(&aligned, 4096, 8), 0, "posix_memalign");
	ok(malloc_usable_size(aligned) >= 8, "its usable size");
	free(aligned);
}

static void *volatile kept; /* so that the compiler cannot leave allocations out */

static bool too_much(size_t n)
{
	errno = 0;
	kept = malloc(n);
	return kept == NULL && errno == ENOMEM;
}

static void test_too_much(void)
{
	volatile size_t half = SIZE_MAX / 2;

	ok(too_much(half), "half the address space is ENOMEM");
	ok(too_much(SIZE_MAX), "so is all of it");
	ok(too_much(SIZE_MAX - 4096), "and nearly all");
	errno = 0;
	kept = calloc(half, 3);
	ok(kept == NULL && errno == ENOMEM, "calloc sees that the product overflows");
	kept = malloc(10);
	errno = 0;
	ok(realloc(kept, half) == NULL && errno == ENOMEM,
	   "realloc gives ENOMEM and keeps the block");
	free(kept);
}

/* Fill memory with blocks of @n in a list through themselves. Returns how many. */
static size_t exhaust(size_t n)
{
	void **head = NULL, **p;
	size_t count = 0;

	errno = 0;
	while ((p = malloc(n)) != NULL) {
		*p = head;
		head = p;
		count++;
	}
	ok(errno == ENOMEM, "blocks of %zu: the end of memory is ENOMEM (after %zu)", n, count);
	while (head != NULL) {
		p = *head;
		free(head);
		head = p;
	}
	return count;
}

static void test_exhaustion(void)
{
	static const size_t sizes[] = { 1 << 20, 65536, 4096, 1024 };
	size_t before;

	exhaust(1 << 20);
	before = page_free_count();
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t first = exhaust(sizes[i]);

		/* A slab that stays may shift where the large ones fit. */
		ok(exhaust(sizes[i]) + 4 >= first, "the second time as many fit");
	}
	/* A slab of each class may stay. */
	ok(page_free_count() + 16 >= before, "all of it came back");
}

int main(void)
{
	test_family();
	test_stress();
	test_too_much();
	test_exhaustion();
	return tap_done();
}
