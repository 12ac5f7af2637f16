/* SPDX-License-Identifier: MIT */
/* The C library's record of a thread. */
#include "libc_thread.h"

#include <kernel/alloc.h>
#include <stddef.h>

static void free_record(struct thread *t)
{
	struct libc_thread *l = t->libc;

	if (signal_hooks != NULL) {
		signal_hooks->forget(&l->sig);
	}
	kfree(l);
}

_Static_assert(offsetof(struct libc_thread, thread) == 0, "thread_create() sets it");

struct libc_thread *libc_thread_new(void)
{
	thread_free_libc = free_record;
	return kzalloc(sizeof(struct libc_thread));
}

struct libc_thread *libc_thread(struct thread *t)
{
	struct libc_thread *l = libc_thread_peek(t), *other = NULL;

	if (likely(l != NULL)) {
		return l;
	}
	l = libc_thread_new();
	if (l == NULL) {
		return NULL;
	}
	l->thread = t;
	/* Somebody else may have made one meanwhile. */
	if (!__atomic_compare_exchange_n(&t->libc, (void **)&other, l, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE)) {
		kfree(l);
		return other;
	}
	return l;
}
