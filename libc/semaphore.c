/* SPDX-License-Identifier: MIT */
/* Semaphores of POSIX: the kernel's, in the caller's storage; named ones in a list. */
#include "libc.h"

#include <assert.h>
#include <fcntl.h>
#include <kernel/alloc.h>
#include <kernel/sync.h>
#include <limits.h>
#include <semaphore.h>
#include <stdarg.h>
#include <string.h>

static_assert(sizeof(struct semaphore) <= sizeof(sem_t), "fits");

static struct semaphore *sem(sem_t *s)
{
	return (struct semaphore *)s;
}

int sem_init(sem_t *s, int shared, unsigned value)
{
	(void)shared; /* there is one process */
	if (value > SEM_VALUE_MAX) {
		return fail(EINVAL);
	}
	sem_init_count(sem(s), value);
	return 0;
}

int sem_destroy(sem_t *s)
{
	irqstate_t state = spin_lock_save(&sem(s)->q.lock); /* a last post may still be in there */

	spin_unlock_restore(&sem(s)->q.lock, state);
	return 0;
}

int sem_post(sem_t *s)
{
	return (int)result(sem_up(sem(s)));
}

static __attribute__((cold, noinline)) int wait_again(sem_t *s, long r)
{
	while (r == -EINTR && interrupted()) {
		r = sem_down_intr(sem(s), TIME_NEVER);
	}
	return (int)result(r);
}

int sem_wait(sem_t *s)
{
	int r;

	cancel_point();
	r = sem_down_intr(sem(s), TIME_NEVER);
	return likely(r == 0) ? 0 : wait_again(s, r);
}

int sem_trywait(sem_t *s)
{
	return (int)result(sem_down(sem(s), 0));
}

int sem_clockwait(sem_t *restrict s, clockid_t clock, const struct timespec *restrict t)
{
	uint64_t deadline;
	int r;

	cancel_point();
	r = sem_down(sem(s), 0);
	if (r != 0) {
		r = deadline_at(clock, t, &deadline);
		/* To sem_down_intr(), 0 would be a try. */
		r = r != 0 ? r : (int)RESTARTING(sem_down_intr(sem(s), MAX(deadline, 1UL)));
	}
	return (int)result(r);
}

int sem_timedwait(sem_t *restrict s, const struct timespec *restrict t)
{
	return sem_clockwait(s, CLOCK_REALTIME, t);
}

int sem_getvalue(sem_t *restrict s, int *restrict value)
{
	*value = (int)sem_count(sem(s));
	return 0;
}

/* --- named --------------------------------------------------------------------------------------- */

struct named {
	sem_t sem; /* first: what sem_open() returns */
	struct list link;
	unsigned opened; /* guarded by names.lock */
	bool unlinked;	 /* gone with its last sem_close() */
	char name[];
};

static struct {
	struct mutex lock;
	struct list all; /* struct named.link, also of unlinked ones that are open */
} names = { MUTEX_INIT(names.lock), LIST_INIT(names.all) };

/* Names begin with a slash, which Linux's may leave out, and have no other. */
static int check_name(const char **name)
{
	*name += **name == '/';
	if (**name == 0 || strchr(*name, '/') != NULL) {
		return -EINVAL;
	}
	return strlen(*name) > NAME_MAX - 4 ? -ENAMETOOLONG : 0;
}

static struct named *find(const char *name)
{
	struct list *p;

	list_for_each(p, &names.all) {
		struct named *n = list_entry(p, struct named, link);

		if (!n->unlinked && strcmp(n->name, name) == 0) {
			return n;
		}
	}
	return NULL;
}

static int create(const char *name, unsigned value, struct named **out)
{
	size_t size = strlen(name) + 1;
	struct named *n;

	if (value > SEM_VALUE_MAX) {
		return -EINVAL;
	}
	n = kzalloc(sizeof(*n) + size);
	if (n == NULL) {
		return -ENOMEM;
	}
	memcpy(n->name, name, size);
	sem_init_count(sem(&n->sem), value);
	list_add_tail(&names.all, &n->link);
	*out = n;
	return 0;
}

static int open_named(const char *name, int flags, unsigned value, struct named **out)
{
	int r = check_name(&name);

	if (r != 0) {
		return r;
	}
	*out = find(name);
	if (*out != NULL && (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) {
		return -EEXIST;
	}
	if (*out == NULL) {
		r = (flags & O_CREAT) == 0 ? -ENOENT : create(name, value, out);
	}
	if (r == 0) {
		(*out)->opened++;
	}
	return r;
}

sem_t *sem_open(const char *name, int flags, ...)
{
	struct named *n = NULL;
	unsigned value = 0;
	va_list ap;
	int r;

	if ((flags & O_CREAT) != 0) {
		va_start(ap, flags);
		(void)va_arg(ap, unsigned); /* mode: there is one user */
		value = va_arg(ap, unsigned);
		va_end(ap);
	}
	mutex_lock(&names.lock);
	r = open_named(name, flags, value, &n);
	mutex_unlock(&names.lock);
	if (r != 0) {
		errno = -r;
		return SEM_FAILED;
	}
	return &n->sem;
}

static void drop(struct named *n)
{
	if (n->unlinked && n->opened == 0) {
		list_del(&n->link);
		kfree(n);
	}
}

static int close_named(const sem_t *s)
{
	struct list *p;

	list_for_each(p, &names.all) {
		struct named *n = list_entry(p, struct named, link);

		if (&n->sem == s && n->opened > 0) {
			n->opened--;
			drop(n);
			return 0;
		}
	}
	return -EINVAL;
}

int sem_close(sem_t *s)
{
	int r;

	mutex_lock(&names.lock);
	r = close_named(s);
	mutex_unlock(&names.lock);
	return (int)result(r);
}

static int unlink_named(const char *name)
{
	struct named *n;
	int r = check_name(&name);

	if (r != 0) {
		return r == -EINVAL ? -ENOENT : r;
	}
	n = find(name);
	if (n == NULL) {
		return -ENOENT;
	}
	n->unlinked = true;
	drop(n);
	return 0;
}

int sem_unlink(const char *name)
{
	int r;

	mutex_lock(&names.lock);
	r = unlink_named(name);
	mutex_unlock(&names.lock);
	return (int)result(r);
}
