/* SPDX-License-Identifier: MIT */
/* Message queues of POSIX. An open queue is a file, which is ready for reading while there are
 * messages and for writing while there is room. */
#include "mqueue.h"

#include <kernel/alloc.h>
#include <kernel/sync.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_MAX  10 /* as on Linux */
#define DEFAULT_SIZE 8192
#define LIMIT_MAX    65536
#define LIMIT_SIZE   (16L << 20)

static struct {
	struct mutex lock;
	struct list all; /* struct queue.link, also of unlinked ones that are open */
} queues = { MUTEX_INIT(queues.lock), LIST_INIT(queues.all) };

const struct mq_notices *mq_notices;

/* --- messages; queue.lock held -------------------------------------------------------------------- */

static void set_ready(struct queue *q)
{
	unsigned ready = (q->count > 0 ? POLLIN : 0) | (q->count < q->max ? POLLOUT : 0);
	struct list *p;

	list_for_each(p, &q->files) {
		struct mq_file *f = list_entry(p, struct mq_file, link);

		file_not_ready(&f->file, (POLLIN | POLLOUT) & ~ready);
		file_ready(&f->file, ready);
	}
}

static bool put(struct queue *q, struct message *m)
{
	struct list *p = q->messages.prev;

	if (q->count == q->max) {
		return false;
	}
	while (p != &q->messages && list_entry(p, struct message, link)->prio < m->prio) {
		p = p->prev;
	}
	list_add(p, &m->link);
	if (q->count++ == 0 && q->receiving == 0 && q->notify != NULL) {
		mq_notices->arrived(q);
	}
	set_ready(q);
	return true;
}

static struct message *take(struct queue *q)
{
	struct list *p = list_pop(&q->messages);

	if (p == NULL) {
		return NULL;
	}
	q->count--;
	set_ready(q);
	return list_entry(p, struct message, link);
}

/* --- send and receive ----------------------------------------------------------------------------- */

static const struct file_ops ops;

struct mq_file *mq_get(mqd_t d)
{
	struct file *f = fd_get(d);

	if (f != NULL && f->ops != &ops) {
		fd_put(f);
		f = NULL;
	}
	return (struct mq_file *)f;
}

static struct mq_file *get_for(mqd_t d, unsigned mode)
{
	struct mq_file *f = mq_get(d);
	unsigned flags = f != NULL ? atomic_load_explicit(&f->file.flags, memory_order_relaxed) : 0;

	if (f != NULL && (flags & O_ACCMODE) != mode && (flags & O_ACCMODE) != O_RDWR) {
		fd_put(&f->file);
		f = NULL;
	}
	return f;
}

static bool nonblocking(const struct mq_file *f)
{
	return (atomic_load_explicit(&f->file.flags, memory_order_relaxed) & O_NONBLOCK) != 0;
}

/* @until is looked at only when it comes to waiting. */
static int wait_for(struct mq_file *f, unsigned event, const struct timespec *until)
{
	uint64_t deadline = TIME_NEVER;
	int r = nonblocking(f)	? -EAGAIN
		: until != NULL ? deadline_at(CLOCK_REALTIME, until, &deadline)
				: 0;

	return r != 0 ? r : file_wait(&f->file, event, deadline);
}

static int send(struct mq_file *f, struct message *m, const struct timespec *until)
{
	struct queue *q = f->queue;
	irqstate_t s;
	int r = 0;

	while (r == 0) {
		s = spin_lock_save(&q->lock);
		if (put(q, m)) {
			spin_unlock_restore(&q->lock, s);
			if (mq_notices != NULL) {
				mq_notices->check();
			}
			sched_check();
			return 0;
		}
		spin_unlock_restore(&q->lock, s);
		r = wait_for(f, POLLOUT, until);
	}
	return r;
}

static int make_and_send(mqd_t d, const char *data, size_t size, unsigned prio,
			 const struct timespec *until)
{
	struct mq_file *f = get_for(d, O_WRONLY);
	struct message *m;
	int r;

	if (f == NULL) {
		return -EBADF;
	}
	r = prio >= MQ_PRIO_MAX ? -EINVAL : (long)size > f->queue->size ? -EMSGSIZE : 0;
	m = r == 0 ? kmalloc(sizeof(*m) + size) : NULL;
	if (m != NULL) {
		m->size = size;
		m->prio = prio;
		memcpy(m->data, data, size);
		r = send(f, m, until);
	} else if (r == 0) {
		r = -ENOMEM;
	}
	fd_put(&f->file);
	if (r != 0) {
		kfree(m);
	}
	return r;
}

static struct message *receive(struct mq_file *f, const struct timespec *until, int *error)
{
	struct queue *q = f->queue;
	irqstate_t s = spin_lock_save(&q->lock);
	struct message *m = take(q);

	q->receiving++;
	while (m == NULL && *error == 0) {
		spin_unlock_restore(&q->lock, s);
		*error = wait_for(f, POLLIN, until);
		s = spin_lock_save(&q->lock);
		m = *error == 0 ? take(q) : NULL;
	}
	q->receiving--;
	spin_unlock_restore(&q->lock, s);
	sched_check();
	return m;
}

static ssize_t receive_into(mqd_t d, char *buf, size_t size, unsigned *prio,
			    const struct timespec *until)
{
	struct mq_file *f = get_for(d, O_RDONLY);
	struct message *m;
	int error;

	if (f == NULL) {
		return -EBADF;
	}
	error = (long)size < f->queue->size ? -EMSGSIZE : 0;
	m = error == 0 ? receive(f, until, &error) : NULL;
	fd_put(&f->file);
	if (m == NULL) {
		return error;
	}
	size = m->size;
	memcpy(buf, m->data, size);
	if (prio != NULL) {
		*prio = m->prio;
	}
	kfree(m);
	return (ssize_t)size;
}

int mq_timedsend(mqd_t d, const char *data, size_t size, unsigned prio,
		 const struct timespec *until)
{
	cancel_point();
	return (int)result(RESTARTING(make_and_send(d, data, size, prio, until)));
}

int mq_send(mqd_t d, const char *data, size_t size, unsigned prio)
{
	return mq_timedsend(d, data, size, prio, NULL);
}

ssize_t mq_timedreceive(mqd_t d, char *restrict buf, size_t size, unsigned *restrict prio,
			const struct timespec *restrict until)
{
	cancel_point();
	return result(RESTARTING(receive_into(d, buf, size, prio, until)));
}

ssize_t mq_receive(mqd_t d, char *buf, size_t size, unsigned *prio)
{
	return mq_timedreceive(d, buf, size, prio, NULL);
}

/* --- open and close; queues.lock held -------------------------------------------------------------- */

/* Names begin with a slash and have no other. */
static int check_name(const char *name)
{
	if (name[0] != '/' || strchr(name + 1, '/') != NULL) {
		return name[0] != '/' ? -EINVAL : -EACCES;
	}
	return name[1] == 0 ? -ENOENT : strlen(name + 1) > NAME_MAX ? -ENAMETOOLONG : 0;
}

static struct queue *find(const char *name)
{
	struct list *p;

	list_for_each(p, &queues.all) {
		struct queue *q = list_entry(p, struct queue, link);

		if (!q->unlinked && strcmp(q->name, name) == 0) {
			return q;
		}
	}
	return NULL;
}

static int create(const char *name, const struct mq_attr *attr, struct queue **out)
{
	static const struct mq_attr defaults = { .mq_maxmsg = DEFAULT_MAX,
						 .mq_msgsize = DEFAULT_SIZE };
	const struct mq_attr *a = attr != NULL ? attr : &defaults;
	size_t size = strlen(name) + 1;
	struct queue *q;

	if (a->mq_maxmsg <= 0 || a->mq_maxmsg > LIMIT_MAX || a->mq_msgsize <= 0 ||
	    a->mq_msgsize > LIMIT_SIZE) {
		return -EINVAL;
	}
	q = kzalloc(sizeof(*q) + size);
	if (q == NULL) {
		return -ENOMEM;
	}
	q->name = memcpy(q + 1, name, size);
	q->max = a->mq_maxmsg;
	q->size = a->mq_msgsize;
	list_init(&q->files);
	list_init(&q->messages);
	list_add_tail(&queues.all, &q->link);
	*out = q;
	return 0;
}

static void drop(struct queue *q)
{
	struct list *p;

	if (!q->unlinked || q->opened > 0) {
		return;
	}
	list_del(&q->link);
	while ((p = list_pop(&q->messages)) != NULL) {
		kfree(list_entry(p, struct message, link));
	}
	kfree(q);
}

static int find_or_create(const char *name, int flags, const struct mq_attr *attr,
			  struct queue **out)
{
	int r = check_name(name);

	if (r != 0) {
		return r;
	}
	*out = find(name + 1);
	if (*out == NULL) {
		return (flags & O_CREAT) == 0 ? -ENOENT : create(name + 1, attr, out);
	}
	return (flags & O_CREAT) != 0 && (flags & O_EXCL) != 0 ? -EEXIST : 0;
}

static int open_queue(const char *name, int flags, const struct mq_attr *attr, struct mq_file *f)
{
	int r = find_or_create(name, flags, attr, &f->queue);
	irqstate_t s;

	if (r == 0) {
		f->queue->opened++;
		s = spin_lock_save(&f->queue->lock);
		list_add_tail(&f->queue->files, &f->link);
		set_ready(f->queue);
		spin_unlock_restore(&f->queue->lock, s);
	}
	return r;
}

static void close_queue(struct file *file)
{
	struct mq_file *f = container_of(file, struct mq_file, file);
	struct queue *q = f->queue;
	irqstate_t s;

	if (mq_notices != NULL) {
		mq_notices->close(f);
	}
	mutex_lock(&queues.lock);
	s = spin_lock_save(&q->lock);
	list_del(&f->link);
	spin_unlock_restore(&q->lock, s);
	q->opened--;
	drop(q);
	mutex_unlock(&queues.lock);
	kfree(f);
}

static int stat_queue(struct file *f, struct stat *st)
{
	(void)f;
	st->st_mode = S_IFREG | 0600;
	return 0;
}

static const struct file_ops ops = { .stat = stat_queue, .close = close_queue };

static int open_file(const char *name, int flags, const struct mq_attr *attr)
{
	struct mq_file *f = kzalloc(sizeof(*f));
	int r;

	if (f == NULL) {
		return -ENOMEM;
	}
	file_init(&f->file, &ops, (unsigned)flags & (O_ACCMODE | O_NONBLOCK));
	mutex_lock(&queues.lock);
	r = open_queue(name, flags, attr, f);
	mutex_unlock(&queues.lock);
	if (r != 0) {
		kfree(f);
		return r;
	}
	return fd_make(&f->file, true);
}

mqd_t mq_open(const char *name, int flags, ...)
{
	const struct mq_attr *attr = NULL;
	va_list ap;

	if ((flags & O_CREAT) != 0) {
		va_start(ap, flags);
		(void)va_arg(ap, unsigned); /* mode: there is one user */
		attr = va_arg(ap, const struct mq_attr *);
		va_end(ap);
	}
	return (mqd_t)result(open_file(name, flags, attr));
}

int mq_close(mqd_t d)
{
	struct mq_file *f = mq_get(d);

	if (f == NULL) {
		return fail(EBADF);
	}
	fd_put(&f->file);
	return close(d);
}

int mq_unlink(const char *name)
{
	struct queue *q;
	int r = check_name(name);

	mutex_lock(&queues.lock);
	q = r == 0 ? find(name + 1) : NULL;
	r = r == 0 && q == NULL ? -ENOENT : r;
	if (q != NULL) {
		q->unlinked = true;
		drop(q);
	}
	mutex_unlock(&queues.lock);
	return (int)result(r);
}

/* --- attributes ------------------------------------------------------------------------------------- */

static int attributes(mqd_t d, const struct mq_attr *new, struct mq_attr *old)
{
	struct mq_file *f = mq_get(d);
	unsigned flags;

	if (f == NULL) {
		return -EBADF;
	}
	flags = atomic_load_explicit(&f->file.flags, memory_order_relaxed);
	if (old != NULL) {
		*old = (struct mq_attr){ .mq_flags = flags & O_NONBLOCK,
					 .mq_maxmsg = f->queue->max,
					 .mq_msgsize = f->queue->size,
					 .mq_curmsgs = f->queue->count };
	}
	if (new != NULL) {
		flags = (flags & ~(unsigned)O_NONBLOCK) | ((unsigned)new->mq_flags &O_NONBLOCK);
		atomic_store_explicit(&f->file.flags, flags, memory_order_relaxed);
	}
	fd_put(&f->file);
	return new != NULL && (new->mq_flags & ~O_NONBLOCK) != 0 ? -EINVAL : 0;
}

int mq_getattr(mqd_t d, struct mq_attr *attr)
{
	return (int)result(attributes(d, NULL, attr));
}

int mq_setattr(mqd_t d, const struct mq_attr *restrict new, struct mq_attr *restrict old)
{
	return (int)result(attributes(d, new, old));
}
