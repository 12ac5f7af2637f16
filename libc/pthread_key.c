/* SPDX-License-Identifier: MIT */
/* Keys of POSIX threads. A thread's table of values is made with its first value; each value says of
 * which life of its key it is, so that a key made anew under an old number has none. */
#include "pthread_sync.h"

#include <kernel/alloc.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define STEP 16U /* tables grow by so many values */

struct value {
	void *value;
	unsigned life;
};

static struct {
	struct spinlock lock;
	struct {
		unsigned life; /* odd: the key exists; written under lock */
		void (*destroy)(void *);
	} key[PTHREAD_KEYS_MAX];
} keys;

static _Thread_local struct {
	struct value *value;
	unsigned size;
} own;

static unsigned life_of(pthread_key_t k)
{
	return __atomic_load_n(&keys.key[k].life, __ATOMIC_ACQUIRE);
}

static bool exists(pthread_key_t k)
{
	return k < PTHREAD_KEYS_MAX && (life_of(k) & 1) != 0;
}

/* Destructors may set values again: some more rounds, then what is left is lost. */
static void destroy_values(void)
{
	bool again = true;

	for (int round = 0; round < PTHREAD_DESTRUCTOR_ITERATIONS && again; round++) {
		again = false;
		for (pthread_key_t k = 0; k < own.size; k++) {
			void *value = pthread_getspecific(k);
			void (*destroy)(void *) = keys.key[k].destroy;

			own.value[k].value = NULL;
			if (value != NULL && destroy != NULL) {
				destroy(value);
				again = true;
			}
		}
	}
	free(own.value);
	own.value = NULL;
	own.size = 0;
}

int pthread_key_create(pthread_key_t *key, void (*destroy)(void *))
{
	irqstate_t s = spin_lock_save(&keys.lock);
	pthread_key_t k = 0;

	pthread_destroy_values = destroy_values;
	while (k < PTHREAD_KEYS_MAX && exists(k)) {
		k++;
	}
	if (k < PTHREAD_KEYS_MAX) {
		keys.key[k].destroy = destroy;
		__atomic_add_fetch(&keys.key[k].life, 1, __ATOMIC_RELEASE);
	}
	spin_unlock_restore(&keys.lock, s);
	if (k == PTHREAD_KEYS_MAX) {
		return EAGAIN;
	}
	*key = k;
	return 0;
}

int pthread_key_delete(pthread_key_t k)
{
	irqstate_t s = spin_lock_save(&keys.lock);
	bool ok = exists(k);

	if (ok) {
		__atomic_add_fetch(&keys.key[k].life, 1, __ATOMIC_RELEASE);
		keys.key[k].destroy = NULL;
	}
	spin_unlock_restore(&keys.lock, s);
	return ok ? 0 : EINVAL;
}

void *pthread_getspecific(pthread_key_t k)
{
	return k < own.size && own.value[k].life == life_of(k) ? own.value[k].value : NULL;
}

static int grow(pthread_key_t k)
{
	unsigned size = k / STEP * STEP + STEP;
	struct value *p = realloc(own.value, size * sizeof(*p));

	if (p == NULL) {
		return ENOMEM;
	}
	memset(p + own.size, 0, (size - own.size) * sizeof(*p));
	own.value = p;
	own.size = size;
	return 0;
}

int pthread_setspecific(pthread_key_t k, const void *value)
{
	if (!exists(k)) {
		return EINVAL;
	}
	if (k >= own.size) {
		/* Without a value the table says the same. */
		if (value == NULL) {
			return 0;
		}
		if (grow(k) != 0) {
			return ENOMEM;
		}
	}
	own.value[k] = (struct value){ (void *)(uintptr_t)value, life_of(k) };
	return 0;
}
