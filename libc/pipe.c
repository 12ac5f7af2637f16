/* SPDX-License-Identifier: MIT */
/* Pipes: a ring of bytes with an end to read and one to write. Its memory starts with a page and doubles
 * up to the capacity as the ring fills. A writer of up to ATOMIC bytes waits until all fit; the write
 * end says POLLOUT while that many do. */
#define _GNU_SOURCE
#include "iov.h"
#include "libc.h"

#include <fcntl.h>
#include <kernel/alloc.h>
#include <kernel/page.h>
#include <kernel/sync.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define ATOMIC	     4096U /* PIPE_BUF of Linux: more than our own limits.h promises */
#define CAPACITY     (64U << 10)
#define MAX_CAPACITY (1U << 20)

struct pipe {
	struct file in, out; /* the end to read, the end to write */
	struct mutex lock;   /* guards what follows and both readiness words */
	char *ring;	     /* NULL: nothing was written yet */
	size_t size;	     /* of ring, a power of two */
	size_t capacity;     /* what size may grow to */
	size_t head;	     /* oldest byte */
	_Atomic size_t used;
	bool reader, writer; /* that end is open */
	_Atomic unsigned ends;
};

static size_t room(struct pipe *p)
{
	return p->capacity - atomic_load_explicit(&p->used, memory_order_relaxed);
}

/* --- the ring; lock held ---------------------------------------------------------------------- */

/* Move the content to a ring of @size bytes. Returns 0, -ENOMEM. */
static int resize(struct pipe *p, size_t size)
{
	char *ring = kmalloc(size);
	size_t used = atomic_load_explicit(&p->used, memory_order_relaxed);
	size_t first = MIN(used, p->size - p->head);

	if (ring == NULL) {
		return -ENOMEM;
	}
	if (used > 0) {
		memcpy(ring, p->ring + p->head, first);
		memcpy(ring + first, p->ring, used - first);
	}
	kfree(p->ring);
	p->ring = ring;
	p->size = size;
	p->head = 0;
	return 0;
}

/* Memory for @n more bytes, which the capacity has room for. */
static int make_room(struct pipe *p, size_t n)
{
	size_t want = atomic_load_explicit(&p->used, memory_order_relaxed) + n;
	size_t size = MAX(p->size, ATOMIC);

	if (want <= p->size) {
		return 0;
	}
	while (size < want) {
		size *= 2;
	}
	return resize(p, size);
}

/* Up to @n bytes, which there is memory for. Returns how many. */
static size_t fill(struct pipe *p, struct cursor *from, size_t n)
{
	size_t used = atomic_load_explicit(&p->used, memory_order_relaxed), done = 0, part;

	while (done < n) {
		size_t at = (p->head + used + done) & (p->size - 1);

		part = cursor_get(from, p->ring + at, MIN(n - done, p->size - at));
		if (part == 0) {
			break;
		}
		done += part;
	}
	atomic_store_explicit(&p->used, used + done, memory_order_relaxed);
	return done;
}

static size_t drain(struct pipe *p, struct cursor *to, size_t n)
{
	size_t used = atomic_load_explicit(&p->used, memory_order_relaxed), done = 0;

	n = MIN(n, used);
	while (done < n) {
		size_t part = cursor_put(to, p->ring + p->head, MIN(n - done, p->size - p->head));

		p->head = (p->head + part) & (p->size - 1);
		done += part;
	}
	atomic_store_explicit(&p->used, used - done, memory_order_relaxed);
	return done;
}

/* Tell the write end about more room. */
static void room_grew(struct pipe *p)
{
	bool out = (atomic_load_explicit(&p->out.ready, memory_order_relaxed) & POLLOUT) != 0;

	/* POLLOUT comes once; those who block look at the room themselves. */
	file_ready(&p->out, FILE_CHANGED | (!out && room(p) >= ATOMIC ? POLLOUT : 0));
}

/* --- reading and writing ---------------------------------------------------------------------- */

static ssize_t read_some(struct pipe *p, const struct iovec *iov, int n, size_t total)
{
	struct cursor to = { iov, n, 0 };
	size_t done;
	ssize_t r;

	mutex_lock(&p->lock);
	done = drain(p, &to, total);
	r = done > 0 || !p->writer ? (ssize_t)done : -EAGAIN;
	if (done > 0) {
		if (p->used == 0) {
			file_not_ready(&p->in, POLLIN);
		}
		room_grew(p);
	}
	mutex_unlock(&p->lock);
	return r;
}

static ssize_t pipe_read(struct file *f, const struct iovec *iov, int n, off_t pos, bool nonblock)
{
	struct pipe *p = container_of(f, struct pipe, in);
	size_t total = iov_total(iov, n);

	(void)pos;
	while (total > 0) {
		ssize_t r = read_some(p, iov, n, total);
		int w;

		if (r != -EAGAIN || nonblock) {
			return r;
		}
		w = file_wait(f, POLLIN | POLLHUP, TIME_NEVER);
		if (w != 0) {
			return w;
		}
	}
	return 0;
}

/* What fits of @left bytes; -EAGAIN: nothing. */
static ssize_t write_some(struct pipe *p, struct cursor *from, size_t left, bool all)
{
	size_t fits;
	ssize_t r;

	mutex_lock(&p->lock);
	fits = MIN(room(p), left);
	if (!p->reader) {
		r = -EPIPE;
	} else if (fits == 0 || (all && fits < left)) {
		r = -EAGAIN;
	} else {
		r = make_room(p, fits);
	}
	if (r == 0) {
		r = (ssize_t)fill(p, from, fits);
		file_ready(&p->in, POLLIN);
	}
	if (room(p) < ATOMIC) {
		file_not_ready(&p->out, POLLOUT);
	}
	mutex_unlock(&p->lock);
	return r;
}

struct need {
	struct pipe *p;
	size_t bytes;
};

static bool has_room(void *arg)
{
	const struct need *need = arg;
	struct pipe *p = need->p;

	return room(p) >= need->bytes ||
	       (atomic_load_explicit(&p->out.ready, memory_order_relaxed) & POLLERR) != 0;
}

static ssize_t pipe_write(struct file *f, const struct iovec *iov, int n, off_t pos, bool nonblock)
{
	struct pipe *p = container_of(f, struct pipe, out);
	struct cursor from = { iov, n, 0 };
	size_t total = iov_total(iov, n), done = 0;
	bool all = total <= ATOMIC;
	struct need need = { p, all ? total : 1 };
	ssize_t r = 0;

	(void)pos;
	while (done < total) {
		r = write_some(p, &from, total - done, all);
		if (r >= 0) {
			done += (size_t)r;
			continue;
		}
		if (r == -EAGAIN && !nonblock) {
			r = file_wait_until(f, FILE_CHANGED | POLLERR, has_room, &need, TIME_NEVER);
		}
		if (r != 0) {
			break;
		}
	}
	return done > 0 ? (ssize_t)done : r;
}

/* --- control ---------------------------------------------------------------------------------- */

static int set_capacity(struct pipe *p, size_t want)
{
	size_t n = ATOMIC, used = atomic_load_explicit(&p->used, memory_order_relaxed);
	int r = 0;

	if (want > MAX_CAPACITY) {
		return -EPERM;
	}
	while (n < want) {
		n *= 2;
	}
	if (n < used) {
		return -EBUSY;
	}
	if (n < p->size) {
		r = resize(p, n);
	}
	if (r == 0) {
		p->capacity = n;
		if (room(p) < ATOMIC) {
			file_not_ready(&p->out, POLLOUT);
		} else {
			room_grew(p);
		}
	}
	return r == 0 ? (int)n : r;
}

static int control(struct pipe *p, unsigned long cmd, void *arg)
{
	int r = 0;

	mutex_lock(&p->lock);
	switch (cmd) {
	case FIONREAD:
		*(int *)arg = (int)p->used;
		break;
	case F_GETPIPE_SZ:
		r = (int)p->capacity;
		break;
	case F_SETPIPE_SZ:
		r = (intptr_t)arg < 0 ? -EINVAL : set_capacity(p, (size_t)(uintptr_t)arg);
		break;
	default:
		r = -ENOTTY;
	}
	mutex_unlock(&p->lock);
	return r;
}

static int in_ioctl(struct file *f, unsigned long cmd, void *arg)
{
	return control(container_of(f, struct pipe, in), cmd, arg);
}

static int out_ioctl(struct file *f, unsigned long cmd, void *arg)
{
	return control(container_of(f, struct pipe, out), cmd, arg);
}

static int pipe_stat(struct file *f, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_ino = (ino_t)((uintptr_t)f / sizeof(struct pipe));
	st->st_mode = S_IFIFO | 0600;
	st->st_nlink = 1;
	st->st_blksize = (blksize_t)PAGE_SIZE;
	return 0;
}

static void drop_end(struct pipe *p)
{
	/* Counted apart from the lock, which the other end's close may still be about to release. */
	if (atomic_fetch_sub_explicit(&p->ends, 1, memory_order_acq_rel) == 1) {
		kfree(p->ring);
		kfree(p);
	}
}

static void in_close(struct file *f)
{
	struct pipe *p = container_of(f, struct pipe, in);

	mutex_lock(&p->lock);
	p->reader = false;
	file_ready(&p->out, POLLERR);
	mutex_unlock(&p->lock);
	drop_end(p);
}

static void out_close(struct file *f)
{
	struct pipe *p = container_of(f, struct pipe, out);

	mutex_lock(&p->lock);
	p->writer = false;
	file_ready(&p->in, POLLHUP);
	mutex_unlock(&p->lock);
	drop_end(p);
}

/* --- making one ------------------------------------------------------------------------------- */

static struct pipe *pipe_new(unsigned flags)
{
	static const struct file_ops in_ops = {
		.read = pipe_read, .ioctl = in_ioctl, .stat = pipe_stat, .close = in_close
	};
	static const struct file_ops out_ops = {
		.write = pipe_write, .ioctl = out_ioctl, .stat = pipe_stat, .close = out_close
	};
	struct pipe *p = kzalloc(sizeof(*p));

	if (p != NULL) {
		file_init(&p->in, &in_ops, O_RDONLY | flags);
		file_init(&p->out, &out_ops, O_WRONLY | flags);
		file_ready(&p->out, POLLOUT);
		mutex_init(&p->lock);
		p->capacity = CAPACITY;
		p->reader = true;
		p->writer = true;
		atomic_init(&p->ends, 2);
	}
	return p;
}

int pipe2(int fds[2], int flags)
{
	bool cloexec = (flags & O_CLOEXEC) != 0;
	struct pipe *p;

	if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) != 0) {
		return fail(EINVAL);
	}
	p = pipe_new((unsigned)flags & O_NONBLOCK);
	if (p == NULL) {
		return fail(ENOMEM);
	}
	return (int)result(fd_make_pair(&p->in, &p->out, cloexec, fds));
}

int pipe(int fds[2])
{
	return pipe2(fds, 0);
}
