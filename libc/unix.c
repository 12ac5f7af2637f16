/* SPDX-License-Identifier: MIT */
/* AF_UNIX sockets: making, connecting and closing them; how ready they are. */
#define _GNU_SOURCE
#include "unix.h"

#include <fcntl.h>
#include <kernel/alloc.h>
#include <kernel/time.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

struct spinlock un_lock = SPINLOCK_INIT;

bool un_nonblocking(const struct un *u, int flags)
{
	return (flags & MSG_DONTWAIT) != 0 ||
	       (atomic_load_explicit(&u->file.flags, memory_order_relaxed) & O_NONBLOCK) != 0;
}

uint64_t un_deadline(uint64_t timeout)
{
	return timeout == 0 ? TIME_NEVER : time_after(timeout);
}

/* --- readiness; un_lock held ------------------------------------------------------------------ */

bool un_has_room(const struct un *u, const struct un *to)
{
	return to->queued < (u->type == SOCK_DGRAM ? to->rcvbuf : u->sndbuf);
}

/* POLLOUT comes back when half is free, so that a writer does not wake for every byte read. */
static bool writable(const struct un *u)
{
	const struct un *to = u->peer;
	bool out = (atomic_load_explicit(&u->file.ready, memory_order_relaxed) & POLLOUT) != 0;

	if (to == NULL || u->no_write) {
		return true; /* the call will not wait: it fails, or goes to another */
	}
	return out ? un_has_room(u, to)
		   : to->queued <= (u->type == SOCK_DGRAM ? to->rcvbuf : u->sndbuf) / 2;
}

static unsigned readiness(const struct un *u)
{
	bool gone = u->type != SOCK_DGRAM && u->peer == NULL;
	unsigned r = u->err != 0 ? POLLERR : 0;

	if (u->listening) {
		if (u->no_read) {
			r |= POLLIN | POLLRDHUP | POLLHUP;
		}
		return r | (list_empty(&u->pending) ? 0 : POLLIN);
	}
	if (!list_empty(&u->queue) || u->no_read || (gone && u->connected)) {
		r |= POLLIN;
	}
	if (u->no_read || (gone && u->connected)) {
		r |= POLLRDHUP;
	}
	if (gone || (u->no_read && u->no_write)) {
		r |= POLLHUP;
	}
	return r | (writable(u) ? POLLOUT : 0);
}

void un_update(struct un *u, unsigned again)
{
	unsigned old = atomic_load_explicit(&u->file.ready, memory_order_relaxed);
	unsigned new = readiness(u), set = (new & ~old) | (new &again);

	if ((old & ~new) != 0) {
		file_not_ready(&u->file, old & ~new);
	}
	if (set != 0) {
		file_ready(&u->file, set);
	}
}

int un_take_error(struct un *u)
{
	int e = u->err;

	u->err = 0;
	if (e != 0) {
		un_update(u, 0);
	}
	return e;
}

/* --- waiting for room ------------------------------------------------------------------------- */

/* Who waits holds no reference to the socket it waits for, lest that never close. */
struct un_blocked {
	struct list link;
	struct waiter waiter;
	_Atomic bool woken;
};

static bool woken(void *arg)
{
	return atomic_load_explicit(&((struct un_blocked *)arg)->woken, memory_order_acquire);
}

static void wake_blocked(struct un *u)
{
	struct list *p;

	while ((p = list_pop(&u->blocked)) != NULL) {
		struct un_blocked *b = list_entry(p, struct un_blocked, link);

		/* It cannot leave before it has had un_lock. */
		atomic_store_explicit(&b->woken, true, memory_order_release);
		waiter_wake(&b->waiter);
	}
}

void un_room_grew(struct un *u)
{
	struct list *p;

	if (u->type != SOCK_DGRAM && u->peer != NULL) {
		un_update(u->peer, 0);
	}
	list_for_each(p, &u->senders) {
		un_update(list_entry(p, struct un, peer_link), 0);
	}
	/* As with POLLOUT: who writes a stream sleeps until there is room for more than a little. */
	if (!list_empty(&u->blocked) &&
	    (u->type != SOCK_STREAM || u->peer == NULL || u->queued <= u->peer->sndbuf / 2)) {
		wake_blocked(u);
	}
}

int un_wait_room(struct un *to, struct file *ref, irqstate_t s, uint64_t deadline)
{
	struct un_blocked b = { .woken = false };
	int r;

	waiter_init(&b.waiter);
	list_add_tail(&to->blocked, &b.link);
	thread_busy_enter();
	spin_unlock_restore(&un_lock, s);
	sched_check();
	if (ref != NULL) {
		fd_release(ref); /* maybe the last one: then @to closes and wakes us */
	}
	r = waiter_wait(&b.waiter, woken, &b, deadline);
	s = spin_lock_save(&un_lock);
	list_del(&b.link);
	spin_unlock_restore(&un_lock, s);
	thread_busy_leave();
	return r;
}

/* --- making and closing ----------------------------------------------------------------------- */

static struct un *un_new(int type)
{
	struct un *u = kzalloc(sizeof(*u));

	if (u != NULL) {
		file_init(&u->file, &un_ops, O_RDWR | ((unsigned)type & SOCK_NONBLOCK));
		u->type = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
		mutex_init(&u->reading);
		list_init(&u->peer_link);
		list_init(&u->senders);
		list_init(&u->queue);
		list_init(&u->pending);
		list_init(&u->blocked);
		u->sndbuf = UN_BUFFER;
		u->rcvbuf = UN_BUFFER;
		atomic_init(&u->file.ready, readiness(u));
	}
	return u;
}

static int check_type(int type, int protocol)
{
	type &= ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_SEQPACKET) {
		return -ESOCKTNOSUPPORT;
	}
	return protocol != 0 && protocol != PF_UNIX ? -EPROTONOSUPPORT : 0;
}

int un_create(int type, int protocol, struct file **out)
{
	int r = check_type(type, protocol);
	struct un *u = r == 0 ? un_new(type) : NULL;

	if (u == NULL) {
		return r != 0 ? r : -ENOMEM;
	}
	*out = &u->file;
	return 0;
}

/* un_lock held, or nobody else knows them. */
static void join(struct un *a, struct un *b)
{
	a->peer = b;
	b->peer = a;
	a->connected = true;
	b->connected = true;
	if (a->type == SOCK_DGRAM) {
		list_add_tail(&b->senders, &a->peer_link);
		list_add_tail(&a->senders, &b->peer_link);
	}
}

int un_pair(int type, int protocol, struct file *out[2])
{
	int r = check_type(type, protocol);
	struct un *a = r == 0 ? un_new(type) : NULL, *b = a != NULL ? un_new(type) : NULL;

	if (b == NULL) {
		kfree(a);
		return r != 0 ? r : -ENOMEM;
	}
	join(a, b);
	un_update(a, 0);
	un_update(b, 0);
	out[0] = &a->file;
	out[1] = &b->file;
	return 0;
}

/* The other side of a stream goes, or of records. @reset: bytes that were on their way are lost. */
static void part(struct un *u, bool reset)
{
	u->peer = NULL;
	u->no_write = true;
	if (reset && u->err == 0) {
		u->err = ECONNRESET;
	}
	un_update(u, POLLIN | POLLHUP);
}

/* Datagram sockets: @u is connected to nobody any more. */
static void disconnect(struct un *u)
{
	list_del(&u->peer_link);
	u->peer = NULL;
	u->connected = false;
}

static void leave_all(struct un *u)
{
	struct list *p;

	if (u->type == SOCK_DGRAM) {
		disconnect(u);
	} else if (u->peer != NULL) {
		part(u->peer, !list_empty(&u->queue));
		u->peer = NULL;
	}
	while ((p = list_pop(&u->senders)) != NULL) {
		struct un *sender = list_entry(p, struct un, peer_link);

		/* Its next send() hears ECONNREFUSED. */
		sender->peer = NULL;
		un_update(sender, POLLOUT);
	}
	wake_blocked(u);
}

static void un_close(struct file *f)
{
	struct un *u = un_of(f);
	struct list chunks = LIST_INIT(chunks), *p;
	irqstate_t s;

	un_unbind(u);
	s = spin_lock_save(&un_lock);
	leave_all(u);
	u->listening = false;
	while ((p = list_pop(&u->queue)) != NULL) {
		list_add_tail(&chunks, p);
	}
	spin_unlock_restore(&un_lock, s);
	sched_check();
	/* Connections that nobody accepted; nobody can find the listener any more. */
	while ((p = list_pop(&u->pending)) != NULL) {
		fd_release(&list_entry(p, struct un, pending)->file);
	}
	un_chunks_free(&chunks);
	un_name_put(u->name);
	un_name_put(u->peer_name);
	kfree(u);
}

/* --- connecting ------------------------------------------------------------------------------- */

static int un_listen(struct file *f, int backlog)
{
	struct un *u = un_of(f);
	irqstate_t s;
	int r = 0;

	if (u->type == SOCK_DGRAM) {
		return -EOPNOTSUPP;
	}
	s = spin_lock_save(&un_lock);
	if (u->name == NULL || u->connected) {
		r = -EINVAL;
	} else {
		u->listening = true;
		u->backlog = (unsigned)MIN(MAX(backlog, 0), SOMAXCONN);
		un_update(u, 0);
		wake_blocked(u); /* a longer list may have room */
	}
	spin_unlock_restore(&un_lock, s);
	sched_check();
	return r;
}

/* un_lock held: @u to @to, whose side of the connection is @c. Returns 0, -EAGAIN: no room. */
static int connect_stream(struct un *u, struct un *to, struct un *c)
{
	if (u->listening) {
		return -EINVAL;
	}
	if (u->connected) {
		return -EISCONN;
	}
	if (!to->listening || to->no_read) {
		return -ECONNREFUSED;
	}
	if (to->waiting > to->backlog) {
		return -EAGAIN;
	}
	c->name = un_name_get(to->name);
	c->peer_name = un_name_get(u->name);
	u->peer_name = un_name_get(to->name);
	c->sndbuf = to->sndbuf;
	c->rcvbuf = to->rcvbuf;
	join(u, c);
	list_add_tail(&to->pending, &c->pending);
	to->waiting++;
	un_update(c, 0);
	un_update(u, POLLOUT);
	un_update(to, POLLIN);
	return 0;
}

/* One try. Waits when there is no room, if it may, and returns -EAGAIN all the same: try again. */
static int try_connect(struct un *u, const struct sockaddr *a, socklen_t len, struct un *c,
		       uint64_t deadline, bool *waited)
{
	struct un *to;
	irqstate_t s;
	int r = un_find(a, len, &to);

	if (r != 0) {
		return r;
	}
	s = spin_lock_save(&un_lock);
	r = to->type != u->type ? -EPROTOTYPE : connect_stream(u, to, c);
	if (r == -EAGAIN && !un_nonblocking(u, 0)) {
		*waited = true;
		r = un_wait_room(to, &to->file, s, deadline);
		return r == 0 || r == -ETIMEDOUT ? -EAGAIN : r;
	}
	spin_unlock_restore(&un_lock, s);
	sched_check();
	fd_release(&to->file);
	return r;
}

static int connect_to_listener(struct un *u, const struct sockaddr *a, socklen_t len)
{
	uint64_t deadline = un_deadline(u->snd_timeout);
	struct un *c = un_new(u->type);
	bool waited;
	int r;

	if (c == NULL) {
		return -ENOMEM;
	}
	do {
		waited = false;
		r = try_connect(u, a, len, c, deadline, &waited);
	} while (r == -EAGAIN && waited && (deadline == TIME_NEVER || time_now() < deadline));
	if (r != 0) {
		fd_release(&c->file);
	}
	return r;
}

static int connect_datagram(struct un *u, const struct sockaddr *a, socklen_t len)
{
	bool none = a != NULL && len >= sizeof(a->sa_family) && a->sa_family == AF_UNSPEC;
	struct un *to = NULL;
	int r = none ? 0 : un_find(a, len, &to);
	irqstate_t s;

	if (r != 0) {
		return r;
	}
	s = spin_lock_save(&un_lock);
	if (to != NULL && to->type != SOCK_DGRAM) {
		r = -EPROTOTYPE;
	} else if (to != NULL && to->peer != NULL && to->peer != u) {
		r = -EPERM;
	} else {
		disconnect(u);
		if (to != NULL) {
			u->peer = to;
			u->connected = true;
			list_add_tail(&to->senders, &u->peer_link);
		}
		un_update(u, 0);
	}
	spin_unlock_restore(&un_lock, s);
	sched_check();
	if (to != NULL) {
		fd_release(&to->file);
	}
	return r;
}

static int un_connect(struct file *f, const struct sockaddr *a, socklen_t len)
{
	struct un *u = un_of(f);

	return u->type == SOCK_DGRAM ? connect_datagram(u, a, len) : connect_to_listener(u, a, len);
}

static int take_pending(struct un *u, struct un **out)
{
	irqstate_t s = spin_lock_save(&un_lock);
	struct list *p = NULL;
	int r = 0;

	if (!u->listening) {
		r = -EINVAL;
	} else if ((p = list_pop(&u->pending)) == NULL) {
		r = u->no_read ? -EINVAL : -EAGAIN;
	} else {
		u->waiting--;
		un_update(u, 0);
		wake_blocked(u);
	}
	spin_unlock_restore(&un_lock, s);
	sched_check();
	*out = p == NULL ? NULL : list_entry(p, struct un, pending);
	return r;
}

static int un_accept(struct file *f, struct sockaddr *a, socklen_t *len, int flags,
		     struct file **out)
{
	struct un *u = un_of(f), *c;
	uint64_t deadline = un_deadline(u->rcv_timeout);
	int r;

	if (u->type == SOCK_DGRAM) {
		return -EOPNOTSUPP;
	}
	while ((r = take_pending(u, &c)) != 0) {
		if (r != -EAGAIN || un_nonblocking(u, 0)) {
			return r;
		}
		r = file_wait(f, POLLIN | POLLHUP, deadline);
		if (r != 0) {
			return r == -ETIMEDOUT ? -EAGAIN : r;
		}
	}
	if ((flags & SOCK_NONBLOCK) != 0) {
		atomic_fetch_or_explicit(&c->file.flags, O_NONBLOCK, memory_order_relaxed);
	}
	if (a != NULL && len != NULL) {
		un_name_copy(c->peer_name, a, len);
	}
	*out = &c->file;
	return 0;
}

static int un_shutdown(struct file *f, int how)
{
	struct un *u = un_of(f);
	bool rd = how == SHUT_RD || how == SHUT_RDWR, wr = how == SHUT_WR || how == SHUT_RDWR;
	irqstate_t s;
	int r = 0;

	if (!rd && !wr) {
		return -EINVAL;
	}
	s = spin_lock_save(&un_lock);
	if (u->type != SOCK_DGRAM && !u->connected && !u->listening) {
		r = -ENOTCONN;
	} else {
		u->no_read = u->no_read || rd;
		u->no_write = u->no_write || wr;
		if (u->type != SOCK_DGRAM && u->peer != NULL) {
			u->peer->no_read = u->peer->no_read || wr;
			u->peer->no_write = u->peer->no_write || rd;
			un_update(u->peer, POLLIN | POLLOUT);
		}
		un_update(u, POLLIN | POLLOUT);
		wake_blocked(u);
		if (u->peer != NULL) {
			wake_blocked(u->peer);
		}
	}
	spin_unlock_restore(&un_lock, s);
	sched_check();
	return r;
}

static int un_getname(struct file *f, struct sockaddr *a, socklen_t *len, bool peer)
{
	struct un *u = un_of(f);
	struct un_name *name = NULL;
	irqstate_t s = spin_lock_save(&un_lock);
	int r = 0;

	if (!peer) {
		name = un_name_get(u->name);
	} else if (u->peer == NULL) {
		r = -ENOTCONN;
	} else {
		name = un_name_get(u->type == SOCK_DGRAM ? u->peer->name : u->peer_name);
	}
	spin_unlock_restore(&un_lock, s);
	if (r == 0) {
		un_name_copy(name, a, len);
	}
	un_name_put(name);
	return r;
}

static int un_stat(struct file *f, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_ino = (ino_t)((uintptr_t)f / sizeof(struct un));
	st->st_mode = S_IFSOCK | 0777;
	st->st_nlink = 1;
	return 0;
}

static int un_ioctl(struct file *f, unsigned long cmd, void *arg)
{
	struct un *u = un_of(f);
	irqstate_t s = spin_lock_save(&un_lock);
	size_t n = 0;
	int r = 0;

	if (cmd == FIONREAD && u->listening) {
		r = -EINVAL;
	} else if (cmd == FIONREAD) {
		/* Of messages the next one alone. */
		n = u->type == SOCK_STREAM || list_empty(&u->queue)
			    ? u->unread
			    : list_entry(u->queue.next, struct un_chunk, link)->len;
	} else if (cmd == TIOCOUTQ) {
		n = u->peer == NULL ? 0 : u->peer->unread;
	} else {
		r = -ENOTTY;
	}
	spin_unlock_restore(&un_lock, s);
	if (r == 0) {
		*(int *)arg = (int)n;
	}
	return r;
}

static int un_bind_op(struct file *f, const struct sockaddr *a, socklen_t len)
{
	return un_bind(un_of(f), a, len);
}

static const struct socket_ops socket_ops = {
	.bind = un_bind_op,
	.listen = un_listen,
	.accept = un_accept,
	.connect = un_connect,
	.sendmsg = un_sendmsg,
	.recvmsg = un_recvmsg,
	.send = un_send,
	.recv = un_recv,
	.shutdown = un_shutdown,
	.getname = un_getname,
	.setopt = un_setopt,
	.getopt = un_getopt,
};

const struct file_ops un_ops = {
	.read = un_read,
	.write = un_write,
	.stat = un_stat,
	.ioctl = un_ioctl,
	.close = un_close,
	.socket = &socket_ops,
};
