/* SPDX-License-Identifier: MIT */
/* Messages of AF_UNIX sockets. A sender copies its bytes once, into a chunk that it then hangs into the
 * receiver's queue; the receiver copies out of it. Room is counted in chunks begun: a queue that has any
 * room takes one more whole. */
#define _GNU_SOURCE
#include "unix.h"

#include <kernel/alloc.h>
#include <kernel/time.h>
#include <string.h>

#define PIECE ((32U << 10) - sizeof(struct un_chunk)) /* of a stream, at most */

#define SEND_FLAGS (MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE | MSG_EOR | MSG_DONTROUTE)
#define RECV_FLAGS \
	(MSG_DONTWAIT | MSG_PEEK | MSG_WAITALL | MSG_TRUNC | MSG_NOSIGNAL | MSG_CMSG_CLOEXEC)

/* --- chunks ----------------------------------------------------------------------------------- */

/* A chunk with @n bytes. NULL: no memory. */
static struct un_chunk *chunk_new(struct cursor *from, size_t n)
{
	struct un_chunk *c = kmalloc(sizeof(*c) + n);

	if (c != NULL) {
		list_init(&c->link);
		c->len = n;
		c->off = 0;
		c->from = NULL;
		c->files = NULL;
		cursor_get(from, c->data, n);
	}
	return c;
}

static size_t cost(const struct un_chunk *c)
{
	return sizeof(*c) + c->len;
}

static void chunk_free(struct un_chunk *c)
{
	un_name_put(c->from);
	un_files_free(c->files);
	kfree(c);
}

void un_chunks_free(struct list *chunks)
{
	struct list *p;

	while ((p = list_pop(chunks)) != NULL) {
		chunk_free(list_entry(p, struct un_chunk, link));
	}
}

/* --- sending ---------------------------------------------------------------------------------- */

/* Whom a message from @u reaches now; un_lock held. @to NULL: whom it is connected to.
 * Returns 0, -EAGAIN when there is no room, or why it does not go. */
static int receiver(struct un *u, struct un *to, struct un **out)
{
	bool datagram = u->type == SOCK_DGRAM;

	*out = to != NULL ? to : u->peer;
	if (u->err != 0 && !u->no_write) {
		return -un_take_error(u);
	}
	if (u->no_write) {
		return -EPIPE;
	}
	if (*out == NULL && datagram && u->connected) {
		u->connected = false; /* it closed */
		return -ECONNREFUSED;
	}
	if (*out == NULL) {
		return u->connected ? -EPIPE : -ENOTCONN;
	}
	if (to != NULL && to->type != SOCK_DGRAM) {
		return -EPROTOTYPE;
	}
	if (datagram && (*out)->no_read) {
		return -EPIPE;
	}
	if (datagram && (*out)->peer != NULL && (*out)->peer != u) {
		return -EPERM; /* it hears its own peer alone */
	}
	return un_has_room(u, *out) ? 0 : -EAGAIN;
}

/* Consumes the reference @to; maybe NULL. On success, and then only, @c is in the queue. Returns 0,
 * -EAGAIN at once or, with *waited, when there may be room now. */
static int try_put(struct un *u, struct un *to, struct un_chunk *c, int flags, uint64_t deadline,
		   bool *waited)
{
	struct file *ref = to == NULL ? NULL : &to->file;
	irqstate_t s = spin_lock_save(&un_lock);
	struct un *out;
	int r = receiver(u, to, &out);

	if (r == -EAGAIN && !un_nonblocking(u, flags)) {
		*waited = true;
		r = un_wait_room(out, ref, s, deadline);
		return r == 0 || r == -ETIMEDOUT ? -EAGAIN : r;
	}
	if (r == 0) {
		c->from = un_name_get(u->name);
		list_add_tail(&out->queue, &c->link);
		out->queued += cost(c);
		out->unread += c->len;
		un_update(out, POLLIN);
		un_update(u, 0);
	}
	spin_unlock_restore(&un_lock, s);
	sched_check();
	if (ref != NULL) {
		fd_release(ref);
	}
	return r;
}

/* @name, NULL: the peer. */
static int put(struct un *u, const struct sockaddr *name, socklen_t len, struct un_chunk *c,
	       int flags)
{
	uint64_t deadline = un_deadline(u->snd_timeout);
	bool waited;
	int r;

	do {
		struct un *to = NULL;
		bool expired = deadline != TIME_NEVER && time_now() >= deadline;

		waited = false;
		r = name == NULL ? 0 : un_find(name, len, &to);
		if (r == 0) {
			r = try_put(u, to, c, expired ? flags | MSG_DONTWAIT : flags, deadline,
				    &waited);
		}
	} while (r == -EAGAIN && waited);
	return r;
}

/* A full queue, seen without the lock, saves a copy. */
static bool surely_full(const struct un *u, int flags)
{
	return un_nonblocking(u, flags) &&
	       (atomic_load_explicit(&u->file.ready, memory_order_relaxed) &
		(POLLOUT | POLLERR | POLLHUP)) == 0;
}

static ssize_t send_stream(struct un *u, struct cursor *from, size_t total, int flags,
			   struct un_files **files)
{
	size_t done = 0;
	int r = 0;

	while (done < total && r == 0) {
		size_t n = MIN(total - done, PIECE);
		struct un_chunk *c = chunk_new(from, n);

		if (c == NULL) {
			r = -ENOMEM;
			break;
		}
		c->files = *files;
		r = put(u, NULL, 0, c, flags);
		if (r != 0) {
			c->files = NULL;
			chunk_free(c);
			break;
		}
		*files = NULL;
		done += n;
	}
	return done > 0 ? (ssize_t)done : r;
}

static ssize_t send_record(struct un *u, struct cursor *from, size_t total, int flags,
			   const struct sockaddr *name, socklen_t len, struct un_files **files)
{
	struct un_chunk *c;
	int r;

	if (total > u->sndbuf) {
		return -EMSGSIZE;
	}
	c = chunk_new(from, total);
	if (c == NULL) {
		return -ENOMEM;
	}
	c->files = *files;
	r = put(u, name, len, c, flags);
	if (r != 0) {
		c->files = NULL;
		chunk_free(c);
		return r;
	}
	*files = NULL;
	return (ssize_t)total;
}

/* @files is consumed on success, and left to the caller else. */
static ssize_t send_iov(struct un *u, const struct iovec *iov, int n, int flags,
			const struct sockaddr *name, socklen_t len, struct un_files **files)
{
	struct cursor from = { iov, n, 0 };
	size_t total = iov_total(iov, n);

	if ((flags & ~SEND_FLAGS) != 0) {
		return -EOPNOTSUPP;
	}
	if (u->type == SOCK_STREAM && name != NULL) {
		return u->connected ? -EISCONN : -EOPNOTSUPP;
	}
	if (u->type == SOCK_STREAM) {
		return surely_full(u, flags) && total > 0
			       ? -EAGAIN
			       : send_stream(u, &from, total, flags, files);
	}
	return send_record(u, &from, total, flags, u->type == SOCK_DGRAM ? name : NULL, len, files);
}

ssize_t un_send(struct file *f, const void *p, size_t n, int flags)
{
	struct iovec iov = { (void *)(uintptr_t)p, n };
	struct un_files *none = NULL;

	return send_iov(un_of(f), &iov, 1, flags, NULL, 0, &none);
}

ssize_t un_write(struct file *f, const struct iovec *iov, int n, off_t pos, bool nonblock)
{
	struct un_files *none = NULL;

	(void)pos;
	return send_iov(un_of(f), iov, n, nonblock ? MSG_DONTWAIT : 0, NULL, 0, &none);
}

ssize_t un_sendmsg(struct file *f, const struct msghdr *m, int flags)
{
	struct un_files *files;
	ssize_t r = un_rights_parse(m, &files);

	if (r == 0) {
		r = send_iov(un_of(f), m->msg_iov, (int)m->msg_iovlen, flags, m->msg_name,
			     m->msg_namelen, &files);
		un_files_free(files);
	}
	return r;
}

/* --- receiving -------------------------------------------------------------------------------- */

struct receive {
	struct cursor to;
	size_t room;
	int flags;
	/* out: */
	struct un_name *from;
	struct un_files *files;
	int out_flags;
	bool any; /* a chunk was looked at, so @from is its sender */
};

/* Why there is nothing: 0 is the end. un_lock held. */
static int empty(struct un *u)
{
	if (u->err != 0) {
		return -un_take_error(u);
	}
	if (u->type != SOCK_DGRAM && !u->connected) {
		return u->listening ? -EINVAL : -ENOTCONN;
	}
	return u->no_read || (u->type != SOCK_DGRAM && u->peer == NULL) ? 0 : -EAGAIN;
}

/* The chunk behind @at in the queue; NULL and *why else. */
static struct un_chunk *chunk_after(struct un *u, struct list *at, int *why)
{
	irqstate_t s = spin_lock_save(&un_lock);
	struct list *p = at->next;

	if (p == &u->queue) {
		*why = at == &u->queue ? empty(u) : -EAGAIN;
		p = NULL;
	}
	spin_unlock_restore(&un_lock, s);
	return p == NULL ? NULL : list_entry(p, struct un_chunk, link);
}

/* @n more bytes of @c, the first in the queue, were read. True: all were, and it is the caller's. */
static bool consume(struct un *u, struct un_chunk *c, size_t n)
{
	irqstate_t s = spin_lock_save(&un_lock);
	bool all;

	c->off += n;
	u->unread -= n;
	all = c->off == c->len;
	if (all) {
		list_del(&c->link);
		u->queued -= cost(c);
		un_update(u, 0);
		un_room_grew(u);
	}
	spin_unlock_restore(&un_lock, s);
	sched_check();
	return all;
}

static void take_extras(struct receive *rx, struct un_chunk *c)
{
	if (!rx->any) {
		rx->any = true;
		rx->from = un_name_get(c->from);
	}
	if ((rx->flags & MSG_PEEK) != 0) {
		rx->files = un_files_copy(c->files);
	} else {
		rx->files = c->files;
		c->files = NULL;
	}
}

/* What is in the queue, up to descriptors: those come with the first byte of a call. reading held. */
static ssize_t take_stream(struct un *u, struct receive *rx)
{
	bool peek = (rx->flags & MSG_PEEK) != 0;
	struct list *at = &u->queue;
	size_t done = 0;
	int why = 0;

	while (done < rx->room) {
		struct un_chunk *c = chunk_after(u, at, &why);
		size_t n;

		if (c == NULL || (c->files != NULL && done > 0)) {
			break;
		}
		if (done == 0) {
			take_extras(rx, c);
		}
		n = cursor_put(&rx->to, c->data + c->off, MIN(rx->room - done, c->len - c->off));
		done += n;
		if (peek) {
			at = &c->link;
		} else if (consume(u, c, n)) {
			chunk_free(c);
		}
		if (rx->files != NULL) {
			break;
		}
	}
	return done > 0 ? (ssize_t)done : why;
}

/* reading held. */
static ssize_t take_record(struct un *u, struct receive *rx)
{
	int why = 0;
	struct un_chunk *c = chunk_after(u, &u->queue, &why);
	size_t n;

	if (c == NULL) {
		return why;
	}
	take_extras(rx, c);
	n = cursor_put(&rx->to, c->data, MIN(rx->room, c->len));
	if (n < c->len) {
		rx->out_flags |= MSG_TRUNC;
		n = (rx->flags & MSG_TRUNC) != 0 ? c->len : n;
	}
	if ((rx->flags & MSG_PEEK) == 0) {
		consume(u, c, c->len);
		chunk_free(c);
	}
	return (ssize_t)n;
}

static ssize_t take(struct un *u, struct receive *rx)
{
	ssize_t r;

	mutex_lock(&u->reading);
	r = u->type == SOCK_STREAM ? take_stream(u, rx) : take_record(u, rx);
	mutex_unlock(&u->reading);
	return r;
}

static ssize_t receive(struct un *u, struct receive *rx)
{
	uint64_t deadline = un_deadline(u->rcv_timeout);
	bool all = u->type == SOCK_STREAM && (rx->flags & (MSG_WAITALL | MSG_PEEK)) == MSG_WAITALL;
	size_t done = 0;

	if ((rx->flags & ~RECV_FLAGS) != 0) {
		return -EOPNOTSUPP;
	}
	if (rx->room == 0 && u->type == SOCK_STREAM) {
		return 0;
	}
	for (;;) {
		ssize_t r = take(u, rx);

		if (r > 0 && all && (size_t)r < rx->room && rx->files == NULL) {
			done += (size_t)r;
			rx->room -= (size_t)r;
			continue;
		}
		if (r == -EAGAIN && !un_nonblocking(u, rx->flags)) {
			r = file_wait(&u->file, POLLIN | POLLERR | POLLHUP, deadline);
			if (r == 0) {
				continue;
			}
			r = r == -ETIMEDOUT ? -EAGAIN : r;
		}
		return r >= 0 ? (ssize_t)done + r : done > 0 ? (ssize_t)done : r;
	}
}

static ssize_t receive_bytes(struct un *u, const struct iovec *iov, int n, int flags)
{
	struct receive rx = { .to = { iov, n, 0 }, .room = iov_total(iov, n), .flags = flags };
	ssize_t r = receive(u, &rx);

	un_name_put(rx.from);
	un_files_free(rx.files);
	return r;
}

ssize_t un_recv(struct file *f, void *p, size_t n, int flags)
{
	struct iovec iov = { p, n };

	return receive_bytes(un_of(f), &iov, 1, flags);
}

ssize_t un_read(struct file *f, const struct iovec *iov, int n, off_t pos, bool nonblock)
{
	(void)pos;
	return receive_bytes(un_of(f), iov, n, nonblock ? MSG_DONTWAIT : 0);
}

ssize_t un_recvmsg(struct file *f, struct msghdr *m, int flags)
{
	struct un *u = un_of(f);
	struct receive rx = { .to = { m->msg_iov, (int)m->msg_iovlen, 0 },
			      .room = iov_total(m->msg_iov, (int)m->msg_iovlen),
			      .flags = flags };
	ssize_t r = receive(u, &rx);

	if (r < 0) {
		return r;
	}
	m->msg_flags = rx.out_flags;
	if (rx.from != NULL && m->msg_name != NULL) {
		un_name_copy(rx.from, m->msg_name, &m->msg_namelen);
	} else {
		m->msg_namelen = 0;
	}
	un_name_put(rx.from);
	if (rx.any) {
		un_rights_give(u, m, flags, rx.files);
	} else {
		m->msg_controllen = 0;
	}
	return r;
}
