/* SPDX-License-Identifier: MIT */
/* newlib's locks (--enable-newlib-retargetable-locking): kernel mutexes. The static ones are ready
 * before any code runs. */
#include "libc.h"

#include <kernel/alloc.h>
#include <kernel/sync.h>
#include <kernel/time.h>
#include <sys/lock.h>

#define EXIT_PATIENCE_NS (100 * NS_PER_MS)

struct __lock {
	struct mutex mutex;
	unsigned depth; /* of a recursive lock; the holder's */
};

/* The names are newlib's, libc/misc/lock.c. */
#define STATIC_LOCK(name)          \
	extern struct __lock name; \
	struct __lock name = { MUTEX_INIT((name).mutex), 0 }

STATIC_LOCK(__lock___sfp_recursive_mutex);
STATIC_LOCK(__lock___atexit_recursive_mutex);
STATIC_LOCK(__lock___at_quick_exit_mutex);
STATIC_LOCK(__lock___malloc_recursive_mutex);
STATIC_LOCK(__lock___env_recursive_mutex);
STATIC_LOCK(__lock___tz_mutex);
STATIC_LOCK(__lock___dd_hash_mutex);
STATIC_LOCK(__lock___arc4random_mutex);

/* Without memory for it the stream stays unlocked: the caller cannot be told. */
void __retarget_lock_init(_LOCK_T *lock)
{
	struct __lock *l = kmalloc(sizeof(*l));

	if (l != NULL) {
		mutex_init(&l->mutex);
		l->depth = 0;
	}
	*lock = l;
}

void __retarget_lock_init_recursive(_LOCK_T *lock)
{
	__retarget_lock_init(lock);
}

void __retarget_lock_close(_LOCK_T l)
{
	kfree(l);
}

void __retarget_lock_close_recursive(_LOCK_T l)
{
	kfree(l);
}

void __retarget_lock_acquire(_LOCK_T l)
{
	if (l != NULL) {
		mutex_lock(&l->mutex);
	}
}

void __retarget_lock_acquire_recursive(_LOCK_T l)
{
	if (l == NULL) {
		return;
	}
	if (!mutex_held(&l->mutex) &&
	    mutex_lock_until(&l->mutex,
			     likely(!libc_exiting) ? TIME_NEVER : time_after(EXIT_PATIENCE_NS)) !=
		    0) {
		return;
	}
	l->depth++;
}

/* Returns 1 if it is now held. */
int __retarget_lock_try_acquire(_LOCK_T l)
{
	return l == NULL || mutex_trylock(&l->mutex);
}

int __retarget_lock_try_acquire_recursive(_LOCK_T l)
{
	if (l == NULL) {
		return 1;
	}
	if (!mutex_held(&l->mutex) && !mutex_trylock(&l->mutex)) {
		return 0;
	}
	l->depth++;
	return 1;
}

void __retarget_lock_release(_LOCK_T l)
{
	if (l != NULL) {
		mutex_unlock(&l->mutex);
	}
}

void __retarget_lock_release_recursive(_LOCK_T l)
{
	/* Not held: exit() lost patience. */
	if (l != NULL && mutex_held(&l->mutex) && --l->depth == 0) {
		mutex_unlock(&l->mutex);
	}
}
