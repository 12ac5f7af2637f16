/* SPDX-License-Identifier: MIT */
/* eventfd: a counter that one thread adds to and another waits for. */
#include "libc.h"

#include <fcntl.h>
#include <kernel/alloc.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define COUNT_MAX (UINT64_MAX - 1)

struct eventfd {
	struct file file;
	struct spinlock lock;
	_Atomic uint64_t count; /* written under lock, as are POLLIN and POLLOUT of the file */
	bool semaphore;
};

/* Take from the counter; false if it is 0. */
static bool take(struct eventfd *e, uint64_t *v)
{
	irqstate_t s = spin_lock_save(&e->lock);
	bool ok = e->count > 0;

	if (ok) {
		*v = e->semaphore ? 1 : e->count;
		atomic_store_explicit(&e->count, e->count - *v, memory_order_relaxed);
		if (e->count == 0) {
			file_not_ready(&e->file, POLLIN);
		}
		file_ready(&e->file, POLLOUT | FILE_CHANGED);
	}
	spin_unlock_restore(&e->lock, s);
	sched_check();
	return ok;
}

static bool give(struct eventfd *e, uint64_t v)
{
	irqstate_t s = spin_lock_save(&e->lock);
	bool ok = v <= COUNT_MAX - e->count;

	if (ok) {
		atomic_store_explicit(&e->count, e->count + v, memory_order_relaxed);
		if (e->count == COUNT_MAX) {
			file_not_ready(&e->file, POLLOUT);
		}
		if (e->count > 0) {
			file_ready(&e->file, POLLIN);
		}
	}
	spin_unlock_restore(&e->lock, s);
	sched_check();
	return ok;
}

static ssize_t event_read(struct file *f, const struct iovec *iov, int n, off_t pos, bool nonblock)
{
	struct eventfd *e = container_of(f, struct eventfd, file);
	uint64_t v;

	(void)pos;
	if (n < 1 || iov[0].iov_len < sizeof(v)) {
		return -EINVAL;
	}
	while (!take(e, &v)) {
		int r = nonblock ? -EAGAIN : file_wait(f, POLLIN, TIME_NEVER);

		if (r != 0) {
			return r;
		}
	}
	memcpy(iov[0].iov_base, &v, sizeof(v));
	return sizeof(v);
}

/* Room for one is POLLOUT; a writer of more looks at the count after each read. */
struct need {
	struct eventfd *e;
	uint64_t v;
};

static bool fits(void *arg)
{
	const struct need *need = arg;

	return need->v <= COUNT_MAX - atomic_load_explicit(&need->e->count, memory_order_relaxed);
}

static ssize_t event_write(struct file *f, const struct iovec *iov, int n, off_t pos, bool nonblock)
{
	struct need need = { .e = container_of(f, struct eventfd, file) };

	(void)pos;
	if (n < 1 || iov[0].iov_len < sizeof(need.v)) {
		return -EINVAL;
	}
	memcpy(&need.v, iov[0].iov_base, sizeof(need.v));
	if (need.v == UINT64_MAX) {
		return -EINVAL;
	}
	while (!give(need.e, need.v)) {
		int r = nonblock ? -EAGAIN
				 : file_wait_until(f, FILE_CHANGED, fits, &need, TIME_NEVER);

		if (r != 0) {
			return r;
		}
	}
	return sizeof(need.v);
}

static void event_close(struct file *f)
{
	kfree(container_of(f, struct eventfd, file));
}

int eventfd(unsigned initial, int flags)
{
	static const struct file_ops ops = { .read = event_read,
					     .write = event_write,
					     .close = event_close };
	struct eventfd *e;

	if ((flags & ~(EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC)) != 0) {
		return fail(EINVAL);
	}
	e = kmalloc(sizeof(*e));
	if (e == NULL) {
		return fail(ENOMEM);
	}
	file_init(&e->file, &ops, O_RDWR | ((unsigned)flags & EFD_NONBLOCK));
	e->lock = (struct spinlock)SPINLOCK_INIT;
	atomic_init(&e->count, initial);
	e->semaphore = (flags & EFD_SEMAPHORE) != 0;
	file_ready(&e->file, initial > 0 ? POLLIN | POLLOUT : POLLOUT);
	return (int)result(fd_make(&e->file, (flags & EFD_CLOEXEC) != 0));
}

int eventfd_read(int fd, eventfd_t *value)
{
	return read(fd, value, sizeof(*value)) == sizeof(*value) ? 0 : -1;
}

int eventfd_write(int fd, eventfd_t value)
{
	return write(fd, &value, sizeof(value)) == sizeof(value) ? 0 : -1;
}
