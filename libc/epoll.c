/* SPDX-License-Identifier: MIT */
/* epoll. Each item is a watch on its file; when the watch fires the item goes on its set's list of
 * ready ones, so a wait costs what is ready and nothing for the rest.
 *
 * An item leaves the list when it is reported (edge-triggered, one-shot) or found not ready
 * (level-triggered ones stay after a report, and are looked at again by the next wait).
 *
 * A set may be in another one. Its own readiness word says that its list is not empty, which may be
 * more than is true, as items stay there when their files are no longer ready: who asks lets
 * settle() look first.
 *
 * Locks, outer first: sets (making and ending items: epoll_ctl, close), file->lock, epoll.lock,
 * the locks of waiters. With sets in sets both orders go on outwards: the lock of the inner set,
 * that of its file, that of the outer set. An item holds no reference to its file. The file is valid as long as the
 * item exists, because the file's last fd_release() ends the items (fd_forget) before the file is
 * freed, under the sets mutex, which closing the set takes as well. Who holds epoll.lock may use
 * the files of the items on the ready list: forget() takes that lock to unlink them. */
#include "libc.h"

#include <assert.h>
#include <fcntl.h>
#include <kernel/alloc.h>
#include <kernel/poller.h>
#include <kernel/sync.h>
#include <sys/epoll.h>

#define CHAIN	       5 /* sets in each other at most, as on Linux: bounds the stack of on_event() */
#define BATCH	       256 /* events at most per wait: bounds the time that interrupts are masked */
#define EVENTS	       (EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP) /* as the readiness word has them */
#define ALWAYS	       (EPOLLERR | EPOLLHUP)
#define WITH_EXCLUSIVE (EPOLLIN | EPOLLOUT | ALWAYS | EPOLLET | EPOLLWAKEUP | EPOLLEXCLUSIVE)

static_assert(EPOLLIN == POLLIN && EPOLLOUT == POLLOUT && EPOLLPRI == POLLPRI &&
		      EPOLLERR == POLLERR && EPOLLHUP == POLLHUP && EPOLLRDHUP == POLLRDHUP,
	      "epoll's bits are those of the readiness word");

struct epoll {
	struct file file; /* POLLIN while the ready list is not empty, so that poll() works on it */
	struct spinlock lock;
	struct list ready;	 /* struct item.ready; guarded by lock */
	struct list waiters;	 /* struct ep_waiter.link, who sleep; guarded by lock */
	struct list items;	 /* struct item.all; guarded by sets */
	_Atomic unsigned nested; /* how many of those are sets; written under sets */
};

struct item {
	struct file_watch watch; /* .events is 0 while a one-shot item is disabled */
	struct list ready;	 /* guarded by ep->lock; unlinked: not on the list */
	struct list all;
	struct epoll *ep;
	struct file *file;
	int fd;
	uint32_t mode; /* EPOLLET, EPOLLONESHOT; guarded by ep->lock, like data */
	epoll_data_t data;
};

struct ep_waiter {
	struct waiter waiter;
	struct list link; /* in ep->waiters; guarded by ep->lock */
	bool listed;	  /* link was used */
	struct epoll *ep;
};

static struct mutex sets = MUTEX_INIT(sets);

static const struct file_ops epoll_ops;

static struct epoll *set_of(struct file *f)
{
	return container_of(f, struct epoll, file);
}

/* What @it asks for and is there. ep->lock held, or sets. */
static unsigned item_ready(const struct item *it)
{
	return atomic_load_explicit(&it->file->ready, memory_order_acquire) & it->watch.events;
}

/* Wake one of those who sleep; it takes itself off the list so that the next event wakes another.
 * ep->lock held: the waiter cannot leave before this is done. */
static bool wake_one(struct epoll *ep)
{
	struct list *p = list_pop(&ep->waiters);

	if (p == NULL) {
		return false;
	}
	waiter_wake(&list_entry(p, struct ep_waiter, link)->waiter);
	return true;
}

/* The watch fired: file->lock held, masked. True: somebody was asleep and comes for it. */
static bool on_event(struct file_watch *w, unsigned ready)
{
	struct item *it = container_of(w, struct item, watch);
	struct epoll *ep = it->ep;
	bool taken = false;

	(void)ready;
	spin_lock(&ep->lock);
	/* Who watches the set hears each event, as edges count. */
	if (list_empty(&ep->ready) || !list_empty(&ep->file.watches)) {
		file_ready(&ep->file, POLLIN);
	}
	if (list_empty(&it->ready)) {
		list_add_tail(&ep->ready, &it->ready);
		taken = wake_one(ep);
	}
	spin_unlock(&ep->lock);
	return taken;
}

/* --- items ----------------------------------------------------------------------------------- */

/* The item of (@ep, @f, @fd). sets held, so that it stays. */
static struct item *find(struct epoll *ep, struct file *f, int fd)
{
	irqstate_t s = spin_lock_save(&f->lock);
	struct item *found = NULL;
	struct list *p;

	/* A file is in one set as a rule, so this list is short. Others on it are poll()'s. */
	list_for_each(p, &f->watches) {
		struct file_watch *w = list_entry(p, struct file_watch, link);
		struct item *it = container_of(w, struct item, watch);

		if (w->fn == on_event && it->ep == ep && it->fd == fd) {
			found = it;
			break;
		}
	}
	spin_unlock_restore(&f->lock, s);
	return found;
}

/* sets held. */
static void drop(struct item *it)
{
	irqstate_t s;

	/* From here on it is not put on the list again. As in list_pop(), the analyser is wrong here.
	 * NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
	file_unwatch(it->file, &it->watch);
	s = spin_lock_save(&it->ep->lock);
	list_del(&it->ready);
	spin_unlock_restore(&it->ep->lock, s);
	list_del(&it->all);
	if (it->file->ops == &epoll_ops) {
		atomic_fetch_sub_explicit(&it->ep->nested, 1, memory_order_relaxed);
	}
	kfree(it);
}

/* The last reference to @f went: nobody else adds a watch. */
static void forget(struct file *f)
{
	struct list *p, *n;

	mutex_lock(&sets);
	list_for_each_safe(p, n, &f->watches) {
		struct file_watch *w = list_entry(p, struct file_watch, link);

		if (w->fn == on_event) {
			drop(container_of(w, struct item, watch));
		}
	}
	mutex_unlock(&sets);
}

static unsigned watched(const struct epoll_event *e)
{
	return (e->events & EVENTS) | ALWAYS |
	       ((e->events & EPOLLEXCLUSIVE) != 0 ? FILE_EXCLUSIVE : 0);
}

static int add(struct epoll *ep, struct file *f, int fd, const struct epoll_event *e)
{
	struct item *it = kmalloc(sizeof(*it));

	if (it == NULL) {
		return -ENOMEM;
	}
	it->watch.events = watched(e);
	it->watch.fn = on_event;
	list_init(&it->ready);
	it->ep = ep;
	it->file = f;
	it->fd = fd;
	it->mode = e->events & (EPOLLET | EPOLLONESHOT);
	it->data = e->data;
	list_add_tail(&ep->items, &it->all);
	if (f->ops == &epoll_ops) {
		atomic_fetch_add_explicit(&ep->nested, 1, memory_order_relaxed);
	}
	file_watch(f, &it->watch); /* fires at once if it is ready already */
	return 0;
}

static int change(struct item *it, const struct epoll_event *e)
{
	irqstate_t s = spin_lock_save(&it->file->lock);
	unsigned ready = atomic_load_explicit(&it->file->ready, memory_order_relaxed);

	spin_lock(&it->ep->lock);
	it->watch.events = watched(e);
	it->mode = e->events & (EPOLLET | EPOLLONESHOT);
	it->data = e->data;
	spin_unlock(&it->ep->lock);
	if ((ready & it->watch.events) != 0) {
		on_event(&it->watch, ready);
	}
	spin_unlock_restore(&it->file->lock, s);
	return 0;
}

/* --- sets in sets; sets held ------------------------------------------------------------------- */

/* How many sets are in each other below @ep, itself included; more than CHAIN if @other is one of them. */
static unsigned chain_below(const struct epoll *ep, const struct epoll *other)
{
	unsigned longest = 0;
	struct list *p;

	if (ep == other) {
		return CHAIN + 1;
	}
	list_for_each(p, &ep->items) {
		struct file *f = list_entry(p, struct item, all)->file;

		if (f->ops == &epoll_ops) {
			longest = MAX(longest, chain_below(set_of(f), other));
		}
	}
	return longest + 1;
}

/* How many sets are around each other above @ep, itself included. */
static unsigned chain_above(struct epoll *ep)
{
	irqstate_t s = spin_lock_save(&ep->file.lock);
	unsigned longest = 0;
	struct list *p;

	list_for_each(p, &ep->file.watches) {
		struct file_watch *w = list_entry(p, struct file_watch, link);

		if (w->fn == on_event) {
			longest =
				MAX(longest, chain_above(container_of(w, struct item, watch)->ep));
		}
	}
	spin_unlock_restore(&ep->file.lock, s);
	return longest + 1;
}

static int may_add(struct epoll *ep, struct file *f, uint32_t events)
{
	if ((events & EPOLLEXCLUSIVE) != 0 &&
	    ((events & ~WITH_EXCLUSIVE) != 0 || f->ops == &epoll_ops)) {
		return -EINVAL;
	}
	if (f->ops->seek != NULL) {
		return -EPERM; /* a regular file, always ready */
	}
	if (f->ops == &epoll_ops && chain_above(ep) + chain_below(set_of(f), ep) > CHAIN) {
		return -ELOOP;
	}
	return 0;
}

/* Does a file of the ready list have what it is on the list for? Those before it that have not leave. */
static void settle_list(struct epoll *ep)
{
	irqstate_t s = spin_lock_save(&ep->lock);
	struct list *p;

	while ((p = ep->ready.next) != &ep->ready &&
	       item_ready(list_entry(p, struct item, ready)) == 0) {
		list_del(p);
	}
	if (list_empty(&ep->ready)) {
		file_not_ready(&ep->file, POLLIN);
	}
	spin_unlock_restore(&ep->lock, s);
}

static void settle_tree(struct epoll *ep)
{
	struct list *p;

	if (atomic_load_explicit(&ep->nested, memory_order_relaxed) > 0) {
		list_for_each(p, &ep->items) {
			struct file *f = list_entry(p, struct item, all)->file;

			if (f->ops == &epoll_ops) {
				settle_tree(set_of(f));
			}
		}
	}
	settle_list(ep);
}

/* Make POLLIN true. */
static void settle(struct file *f)
{
	mutex_lock(&sets);
	settle_tree(set_of(f));
	mutex_unlock(&sets);
}

/* --- epoll_ctl() ------------------------------------------------------------------------------ */

/* sets held. */
static int control(struct epoll *ep, int op, struct file *f, int fd, const struct epoll_event *e)
{
	struct item *it = find(ep, f, fd);
	bool exclusive;
	int r;

	switch (op) {
	case EPOLL_CTL_ADD:
		r = it != NULL ? -EEXIST : may_add(ep, f, e->events);
		return r != 0 ? r : add(ep, f, fd, e);
	case EPOLL_CTL_MOD:
		if (it == NULL) {
			return -ENOENT;
		}
		exclusive = (it->watch.events & FILE_EXCLUSIVE) != 0;
		return exclusive || (e->events & EPOLLEXCLUSIVE) != 0 ? -EINVAL : change(it, e);
	case EPOLL_CTL_DEL:
		if (it == NULL) {
			return -ENOENT;
		}
		drop(it);
		return 0;
	default:
		return -EINVAL;
	}
}

/* The set behind @epfd, to be given back by fd_put(); NULL and @error else. */
static struct epoll *get_set(int epfd, int *error)
{
	struct file *f = fd_get(epfd);

	if (f == NULL) {
		*error = -EBADF;
		return NULL;
	}
	if (f->ops != &epoll_ops) {
		fd_put(f);
		*error = -EINVAL;
		return NULL;
	}
	return set_of(f);
}

int epoll_ctl(int epfd, int op, int fd, struct epoll_event *e)
{
	int r;
	struct epoll *ep = get_set(epfd, &r);
	struct file *f;

	if (ep == NULL) {
		return (int)result(r);
	}
	f = fd_get(fd);
	if (f == NULL) {
		r = -EBADF;
	} else if (f == &ep->file || (e == NULL && op != EPOLL_CTL_DEL)) {
		r = -EINVAL;
	} else {
		mutex_lock(&sets);
		r = control(ep, op, f, fd, e);
		mutex_unlock(&sets);
	}
	if (f != NULL) {
		fd_put(f);
	}
	fd_put(&ep->file);
	return (int)result(r);
}

/* --- the set --------------------------------------------------------------------------------- */

static void epoll_close(struct file *f)
{
	struct epoll *ep = set_of(f);

	mutex_lock(&sets);
	while (!list_empty(&ep->items)) {
		drop(list_entry(ep->items.next, struct item, all));
	}
	mutex_unlock(&sets);
	kfree(ep);
}

static const struct file_ops epoll_ops = { .close = epoll_close, .settle = settle };

int epoll_create1(int flags)
{
	struct epoll *ep;

	if ((flags & ~EPOLL_CLOEXEC) != 0) {
		return fail(EINVAL);
	}
	ep = kmalloc(sizeof(*ep));
	if (ep == NULL) {
		return fail(ENOMEM);
	}
	fd_forget = forget;
	file_init(&ep->file, &epoll_ops, O_RDWR);
	ep->lock = (struct spinlock)SPINLOCK_INIT;
	list_init(&ep->ready);
	list_init(&ep->waiters);
	list_init(&ep->items);
	atomic_init(&ep->nested, 0);
	return (int)result(fd_make(&ep->file, (flags & EPOLL_CLOEXEC) != 0));
}

int epoll_create(int size)
{
	return size <= 0 ? fail(EINVAL) : epoll_create1(0);
}

/* --- waiting --------------------------------------------------------------------------------- */

/* Is there something to collect? If not, be on the list of those to be woken. */
static bool has_ready(void *arg)
{
	struct ep_waiter *w = arg;
	struct epoll *ep = w->ep;
	irqstate_t s;
	bool ready;

	/* A look without the lock is enough to say yes: collect() takes it. */
	if (__atomic_load_n(&ep->ready.next, __ATOMIC_RELAXED) != &ep->ready) {
		return true;
	}
	s = spin_lock_save(&ep->lock);
	ready = !list_empty(&ep->ready);
	if (!ready && list_empty(&w->link)) {
		list_add_tail(&ep->waiters, &w->link);
		if (!w->listed) {
			thread_busy_enter(); /* until leave(): no handler may jump away from the link */
		}
		w->listed = true;
	}
	spin_unlock_restore(&ep->lock, s);
	return ready;
}

/* Report up to @max items. A level-triggered one goes back to the end of the list; the first of
 * those marks where the list was looked through. */
static int collect(struct epoll *ep, struct epoll_event *events, int max)
{
	irqstate_t s = spin_lock_save(&ep->lock);
	struct list *p, *stop = NULL;
	int n = 0;

	while (n < max && (p = ep->ready.next) != &ep->ready && p != stop) {
		struct item *it = list_entry(p, struct item, ready);
		unsigned ready = item_ready(it);

		list_del(p);
		if (ready == 0) {
			continue;
		}
		events[n].events = ready;
		events[n++].data = it->data;
		if ((it->mode & EPOLLONESHOT) != 0) {
			/* The file may read this at the same time: an event too many is found not
			 * wanted by the next look. */
			it->watch.events = 0;
		} else if ((it->mode & EPOLLET) == 0) {
			list_add_tail(&ep->ready, p);
			stop = stop == NULL ? p : stop;
		}
	}
	if (list_empty(&ep->ready)) {
		file_not_ready(&ep->file, POLLIN);
	} else {
		wake_one(ep); /* something is left for another thread */
	}
	spin_unlock_restore(&ep->lock, s);
	return n;
}

static void leave(struct ep_waiter *w)
{
	irqstate_t s;

	if (!w->listed) {
		return;
	}
	s = spin_lock_save(&w->ep->lock);
	list_del(&w->link);
	spin_unlock_restore(&w->ep->lock, s);
	thread_busy_leave();
}

/* Each round drains the devices once, in waiter_wait(), and then collects. */
static int wait_until(int epfd, struct epoll_event *events, int max, uint64_t deadline)
{
	struct ep_waiter w;
	int r, n;

	w.ep = max <= 0 ? NULL : get_set(epfd, &r);
	if (w.ep == NULL) {
		return max <= 0 ? -EINVAL : r;
	}
	waiter_init(&w.waiter);
	list_init(&w.link);
	w.listed = false;
	do {
		r = waiter_wait(&w.waiter, has_ready, &w, deadline);
		if (unlikely(atomic_load_explicit(&w.ep->nested, memory_order_relaxed) > 0)) {
			settle(&w.ep->file);
		}
		n = collect(w.ep, events, MIN(max, BATCH));
	} while (n == 0 && r == 0);
	leave(&w);
	fd_put(&w.ep->file);
	return n == 0 && r == -EINTR ? r : n;
}

int epoll_wait(int epfd, struct epoll_event *events, int max, int timeout)
{
	return (int)result(wait_until(epfd, events, max, deadline_ms(timeout)));
}

int epoll_pwait(int epfd, struct epoll_event *events, int max, int timeout, const sigset_t *mask)
{
	struct wait_mask w;
	long r;

	wait_mask_begin(&w, mask);
	r = wait_until(epfd, events, max, deadline_ms(timeout));
	return (int)result(wait_mask_end(&w, r));
}

int epoll_pwait2(int epfd, struct epoll_event *events, int max, const struct timespec *timeout,
		 const sigset_t *mask)
{
	struct wait_mask w;
	uint64_t deadline;
	long r = deadline_in(timeout, &deadline);

	if (r == 0) {
		wait_mask_begin(&w, mask);
		r = wait_mask_end(&w, wait_until(epfd, events, max, deadline));
	}
	return (int)result(r);
}
