/* SPDX-License-Identifier: MIT */
/* malloc() and its family: the kernel's allocator under the names of C, and under those that newlib
 * calls inside, so that newlib's own is never linked. */
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/page.h>
#include <malloc.h>
#include <stdlib.h>

static void *checked(void *p)
{
	if (unlikely(p == NULL)) {
		errno = ENOMEM;
	}
	return p;
}

void *malloc(size_t n)
{
	return checked(kmalloc(n));
}

void free(void *p)
{
	kfree(p);
}

void *calloc(size_t n, size_t size)
{
	size_t total;

	return checked(mul_overflow(n, size, &total) ? NULL : kzalloc(total));
}

void *realloc(void *p, size_t n)
{
	return checked(krealloc(p, n));
}

void *reallocarray(void *p, size_t n, size_t size)
{
	size_t total;

	return checked(mul_overflow(n, size, &total) ? NULL : krealloc(p, total));
}

static bool power_of_two(size_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

void *memalign(size_t align, size_t n)
{
	if (!power_of_two(align)) {
		errno = EINVAL;
		return NULL;
	}
	return checked(kmemalign(align, n));
}

void *aligned_alloc(size_t align, size_t n)
{
	return memalign(align, n);
}

int posix_memalign(void **out, size_t align, size_t n)
{
	void *p;

	if (!power_of_two(align) || align % sizeof(void *) != 0) {
		return EINVAL;
	}
	p = kmemalign(align, n);
	if (p == NULL) {
		return ENOMEM;
	}
	*out = p;
	return 0;
}

void *valloc(size_t n)
{
	return memalign(PAGE_SIZE, n);
}

size_t malloc_usable_size(void *p)
{
	return p == NULL ? 0 : kmalloc_usable(p);
}

void *pvalloc(size_t n)
{
	return valloc(ALIGN_UP(n, PAGE_SIZE));
}

int mallopt(int parameter, int value)
{
	(void)parameter, (void)value;
	return 0; /* "not changed" */
}

struct mallinfo mallinfo(void)
{
	size_t all = page_total() * PAGE_SIZE, unused = page_free_count() * PAGE_SIZE;

	return (struct mallinfo){ .arena = all, .uordblks = all - unused, .fordblks = unused };
}

/* --- newlib's names -------------------------------------------------------------------------- */

void *_malloc_r(struct _reent *r, size_t n)
{
	(void)r;
	return malloc(n);
}

void _free_r(struct _reent *r, void *p)
{
	(void)r;
	free(p);
}

void *_calloc_r(struct _reent *r, size_t n, size_t size)
{
	(void)r;
	return calloc(n, size);
}

void *_realloc_r(struct _reent *r, void *p, size_t n)
{
	(void)r;
	return realloc(p, n);
}

void *_memalign_r(struct _reent *r, size_t align, size_t n)
{
	(void)r;
	return memalign(align, n);
}

size_t _malloc_usable_size_r(struct _reent *r, void *p)
{
	(void)r;
	return malloc_usable_size(p);
}

/* What this CPU keeps at hand; @pad, what to keep, is a matter of a heap's end, which there is not. */
int malloc_trim(size_t pad)
{
	(void)pad;
	kmalloc_trim();
	return 1;
}
