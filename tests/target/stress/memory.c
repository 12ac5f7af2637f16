/* SPDX-License-Identifier: MIT */
/* Jobs that allocate, pass blocks from CPU to CPU, and change mappings. */
#include "stress.h"
#include "../tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SLOTS	  64
#define KEPT	  8
#define LARGEST	  20000
#define PAGE	  4096U
#define MAP_PAGES 8U

struct block {
	unsigned size;
	unsigned char fill;
	unsigned char data[];
};

static struct block *_Atomic slots[SLOTS];

static struct block *block_new(struct worker *w)
{
	unsigned size = below(w, below(w, 8) == 0 ? LARGEST : 300);
	struct block *b = malloc(sizeof(*b) + size);

	verify(b != NULL, "memory");
	if (b != NULL) {
		b->size = size;
		b->fill = (unsigned char)below(w, 256);
		memset(b->data, b->fill, size);
	}
	return b;
}

static void block_free(struct block *b)
{
	bool same = true;

	if (b == NULL) {
		return;
	}
	for (unsigned i = 0; i < b->size; i++) {
		same = same && b->data[i] == b->fill;
	}
	verify(same, "a block holds what was written");
	free(b);
}

void use_heap(struct worker *w)
{
	struct block *kept[KEPT] = { NULL };

	for (unsigned i = 0; i < 4 * KEPT; i++) {
		struct block **b = &kept[below(w, KEPT)];

		block_free(*b);
		*b = block_new(w);
		if (i % 8 == 0) {
			maybe_yield(w);
		}
	}
	for (unsigned i = 0; i < KEPT; i++) {
		block_free(kept[i]);
	}
}

/* Freed by another thread than made it, mostly on another CPU. */
void pass_block(struct worker *w)
{
	for (unsigned i = 0; i < 8; i++) {
		block_free(__atomic_exchange_n(&slots[below(w, SLOTS)], block_new(w),
					       __ATOMIC_ACQ_REL));
	}
}

void memory_check(void)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		block_free(__atomic_exchange_n(&slots[i], NULL, __ATOMIC_ACQ_REL));
	}
}

/* The next owner of the pages, on whatever CPU, must see its own rights and bytes. */
void map_memory(struct worker *w)
{
	unsigned pages = 1 + below(w, MAP_PAGES), n = pages * PAGE, at = below(w, pages) * PAGE;
	unsigned char *p =
		mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool zero = true;

	verify(p != MAP_FAILED, "mmap()");
	if (p == MAP_FAILED) {
		return;
	}
	for (unsigned i = 0; i < n; i += 64) {
		zero = zero && p[i] == 0;
	}
	verify(zero, "new pages are zero");
	memset(p, (int)w->index + 1, n);
	verify(mprotect(p + at, PAGE, PROT_READ) == 0, "mprotect()");
	maybe_yield(w);
	verify(p[at] == w->index + 1 && p[n - 1] == w->index + 1, "pages keep their bytes");
	verify(mprotect(p + at, PAGE, PROT_READ | PROT_WRITE) == 0, "and back");
	maybe_yield(w);
	p[at] = 0;
	verify(munmap(p, n) == 0, "munmap()");
}
