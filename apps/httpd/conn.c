/* SPDX-License-Identifier: MIT */
/* Receiving goes through one buffer that all share: requests are parsed where they arrived, and
 * only what is left at the end is kept for later. Sending goes straight from the cache; a client
 * that does not take it all gets a queue, and no further request is read until that is empty. */
#include "conn.h"

#include "files.h"
#include "request.h"
#include "response.h"
#include "secure.h"
#include "status.h"
#include "tick.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define RX_SIZE	    16384U
#define BATCH_SIZE  8192U
#define KEEP_STEP   512U
#define MEMORY_PART 8U	   /* all connections together keep at most that part of the memory */
#define TOUCH_MS    1000U  /* how exact the idle time is */
#define SPARE_MS    1000U  /* a connection that stood still for less is not given up for another */
#define BODY_STEP   65536U /* bytes that each give a body TIMER_BODY more */

/* Part of a reply that the socket did not take yet. */
struct chunk {
	struct chunk *next;
	const char *p;
	size_t n;
	size_t room;	   /* bytes in data */
	struct file *file; /* a reference, if p is its content; else p is in data */
	char data[];
};

/* Exactly one of these holds: `out` is not empty and epoll watches for EPOLLOUT, or it watches for
 * EPOLLIN. A connection with fd -1 is closed and waits to be freed. */
struct conn {
	struct timer timer; /* first: conn_expire() */
	int fd;
	uint32_t events;    /* what epoll watches for */
	struct secure *tls; /* NULL: plain */
	bool ending;	    /* no further request is answered */
	bool linger;	    /* at the end wait for the client to close, so that it gets the reply */
	bool power_off;
	uint32_t in_len, in_room;
	char *in;			 /* the beginning of a request, or requests behind `out` */
	struct chunk *out;		 /* to be sent, in order */
	uint64_t drain;			 /* bytes of a body still to be thrown away */
	const struct protocol *protocol; /* after an upgrade, with its state */
	void *state;
	struct exchange *exchange; /* that the service has to answer, after `body` more bytes */
	uint64_t body;
	struct conn *next; /* in `dead` */
};

static struct {
	const struct service *service; /* NULL: none */
	int epoll;
	bool power_off;
	size_t held, max_held; /* bytes in `in` and `out` of all */
	struct conn *dead;
	size_t batch_len;
	char batch[BATCH_SIZE]; /* replies to pipelined requests, for one send() */
	char record[HTTPD_TLS ? SECURE_RECORD : 1];
	_Alignas(uint64_t) char rx[RX_SIZE + REQUEST_SLACK];
} all;

void conn_init(int epoll)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

	all.epoll = epoll;
	all.max_held =
		(pages > 0 ? (size_t)pages : 1024) * (size > 0 ? (size_t)size : 4096) / MEMORY_PART;
}

bool conn_power_off(void)
{
	return all.power_off;
}

/* --- opening and closing --------------------------------------------------------------------- */

static int open_with(int fd, struct secure *tls)
{
	struct conn *c = calloc(1, sizeof(*c));
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };
	int one = 1;

	if (c == NULL || epoll_ctl(all.epoll, EPOLL_CTL_ADD, fd, &e) != 0) {
		if (HTTPD_TLS && tls != NULL) {
			secure_close(tls);
		}
		free(c);
		close(fd);
		return -1;
	}
	/* A reply is sent whole, there is nothing to wait for. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c->fd = fd;
	c->events = EPOLLIN;
	c->tls = tls;
	/* To shake hands and not ask anything may not take long: it holds much memory. */
	timer_start(&c->timer, tls != NULL ? TIMER_HEAD : TIMER_IDLE);
	stats.connections++;
	return 0;
}

int conn_open_plain(int fd)
{
	return open_with(fd, NULL);
}

int conn_open(int fd)
{
	struct secure *tls = NULL;

	if (HTTPD_TLS) {
		tls = secure_open(fd);
		if (tls == NULL) {
			close(fd);
			return -1;
		}
	}
	return open_with(fd, tls);
}

static void forget_input(struct conn *c)
{
	all.held -= c->in_room;
	free(c->in);
	c->in = NULL;
	c->in_len = c->in_room = 0;
}

static void drop_chunk(struct conn *c)
{
	struct chunk *k = c->out;

	c->out = k->next;
	all.held -= k->room;
	if (k->file != NULL) {
		file_unref(k->file);
	}
	free(k);
}

static void conn_close(struct conn *c)
{
	if (c->fd < 0) {
		return;
	}
	if (HTTPD_TLS && c->tls != NULL) {
		secure_close(c->tls);
		c->tls = NULL;
	}
	close(c->fd);
	c->fd = -1;
	timer_stop(&c->timer);
	if (c->in != NULL) {
		forget_input(c);
	}
	while (c->out != NULL) {
		drop_chunk(c);
	}
	if (c->protocol != NULL) {
		c->protocol->ended(c->state);
	}
	if (c->exchange != NULL) {
		c->exchange->conn = NULL;
		all.service->gone(c->exchange);
	}
	stats.connections--;
	all.power_off |= c->power_off;
	c->next = all.dead;
	all.dead = c;
}

void conn_bury(void)
{
	while (all.dead != NULL) {
		struct conn *c = all.dead;

		all.dead = c->next;
		free(c);
	}
}

static struct conn *oldest(enum timer_kind kind)
{
	return (struct conn *)(void *)timer_oldest(kind);
}

bool conn_evict(void)
{
	static const enum timer_kind order[] = { TIMER_LINGER, TIMER_IDLE, TIMER_HEAD, TIMER_BODY,
						 TIMER_SEND };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		struct conn *c = oldest(order[i]);

		if (c != NULL && tick.ms - c->timer.since >= SPARE_MS) {
			conn_close(c);
			return true;
		}
	}
	return false;
}

static void watch(struct conn *c, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = c };

	if (c->events == events) {
		return;
	}
	c->events = events;
	if (epoll_ctl(all.epoll, EPOLL_CTL_MOD, c->fd, &e) != 0) {
		conn_close(c);
	}
}

/* Everything is sent and nothing more will be. To close a socket with unread data resets the
 * connection, and the reply may be lost with it. Spec: RFC 9112, 9.6 */
static void finish(struct conn *c)
{
	if (c->timer.kind == TIMER_LINGER) {
		return;
	}
	if (HTTPD_TLS && c->tls != NULL) {
		secure_end(c->tls);
	}
	if (!c->linger || shutdown(c->fd, SHUT_WR) != 0) {
		conn_close(c);
		return;
	}
	forget_input(c);
	timer_start(&c->timer, TIMER_LINGER);
	watch(c, EPOLLIN);
}

/* Account for @n more bytes kept; if that is too much, who has kept some for longest has to go. */
static void hold(struct conn *c, size_t n, enum timer_kind kind)
{
	all.held += n;
	if (all.held > all.max_held) {
		struct conn *other = oldest(kind);

		conn_close(other != NULL ? other : c);
	}
}

/* --- sending --------------------------------------------------------------------------------- */

static bool is_full(ssize_t sent)
{
	return sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

/* Queue @n bytes, of @file or else a copy. */
static void queue(struct conn *c, const char *p, size_t n, struct file *file)
{
	size_t room = file != NULL ? 0 : n;
	struct chunk *k, **end = &c->out;

	if (n == 0 || c->fd < 0) {
		return;
	}
	k = malloc(sizeof(*k) + room);
	if (k == NULL) {
		conn_close(c);
		return;
	}
	*k = (struct chunk){ .p = file != NULL ? p : k->data, .n = n, .room = room };
	if (file != NULL) {
		k->file = file_ref(file);
	} else {
		memcpy(k->data, p, n);
	}
	while (*end != NULL) {
		end = &(*end)->next;
	}
	*end = k;
	hold(c, room, TIMER_SEND);
}

/* What is left of a reply after @sent bytes. */
static void queue_rest(struct conn *c, const struct reply *r, size_t sent)
{
	size_t head = sent < r->head_len ? sent : r->head_len;

	queue(c, r->head + head, r->head_len - head, NULL);
	queue(c, r->body + (sent - head), r->body_len - (sent - head), r->file);
}

/* By TLS, as much of the body together with the head as goes into a record. */
static void send_records(struct conn *c, const struct reply *r)
{
	size_t with = sizeof(all.record) - r->head_len, n;
	struct reply first, rest = { .body = r->body, .body_len = r->body_len, .file = r->file };
	ssize_t sent = 0;

	with = r->head_len > sizeof(all.record) ? 0 : r->body_len < with ? r->body_len : with;
	n = r->head_len + with;
	if (with > 0) {
		memcpy(all.record, r->head, r->head_len);
		memcpy(all.record + r->head_len, r->body, with);
	}
	first = (struct reply){ .head = with > 0 ? all.record : r->head, .head_len = n };
	rest.body += with;
	rest.body_len -= with;
	for (; first.head_len > 0 && sent >= 0;
	     first.head += sent, first.head_len -= (size_t)sent) {
		sent = secure_send(c->tls, first.head, first.head_len);
		if (sent < 0) {
			break;
		}
	}
	for (n = 0; sent >= 0 && n<rest.body_len; n += sent> 0 ? (size_t)sent : 0) {
		sent = secure_send(c->tls, rest.body + n, rest.body_len - n);
	}
	if (sent >= 0) {
		return;
	}
	if (!is_full(sent)) {
		conn_close(c);
		return;
	}
	queue_rest(c, &first, 0);
	queue_rest(c, &rest, n);
}

static inline void send_reply(struct conn *c, const struct reply *r)
{
	size_t total = r->head_len + r->body_len;
	/* The last one waits for the FIN, which follows at once: one segment less each way. */
	int flags = r->close ? MSG_NOSIGNAL | MSG_MORE : MSG_NOSIGNAL;
	struct iovec iov[2];
	struct msghdr m;
	ssize_t sent;

	if (HTTPD_TLS && c->tls != NULL) {
		send_records(c, r);
		return;
	}
	if (r->head + r->head_len == r->body || r->body_len == 0) {
		sent = send(c->fd, r->head, total, flags);
	} else {
		iov[0] = (struct iovec){ (void *)(uintptr_t)r->head, r->head_len };
		iov[1] = (struct iovec){ (void *)(uintptr_t)r->body, r->body_len };
		m = (struct msghdr){ .msg_iov = iov, .msg_iovlen = 2 };
		sent = sendmsg(c->fd, &m, flags);
	}
	if ((size_t)sent == total) {
		return;
	}
	if (sent >= 0 || is_full(sent)) {
		queue_rest(c, r, sent < 0 ? 0 : (size_t)sent);
	} else {
		conn_close(c);
	}
}

void conn_put(struct conn *c, const char *head, size_t head_len, const char *body, size_t body_len)
{
	struct reply r = { .head = head, .head_len = head_len, .body = body, .body_len = body_len };

	if (c->fd < 0 || c->ending) {
		return;
	}
	if (c->out == NULL) {
		send_reply(c, &r);
	} else {
		queue_rest(c, &r, 0);
	}
	if (c->out != NULL && c->events != EPOLLOUT) {
		timer_start(&c->timer, TIMER_SEND);
		watch(c, EPOLLOUT);
	}
}

bool conn_is_behind(const struct conn *c)
{
	return c->out != NULL;
}

void conn_end(struct conn *c)
{
	c->ending = c->linger = true;
	if (c->fd >= 0 && c->out == NULL) {
		finish(c);
	}
}

static void send_batch(struct conn *c)
{
	struct reply r = { .head = all.batch, .head_len = all.batch_len };

	if (all.batch_len > 0) {
		all.batch_len = 0;
		send_reply(c, &r);
	}
}

/* @more: another request is probably at hand, whose reply may go out together with this one. */
static inline void emit(struct conn *c, const struct reply *r, bool more)
{
	size_t total = r->head_len + r->body_len;

	if ((more || all.batch_len > 0) && total <= sizeof(all.batch) - all.batch_len) {
		memcpy(all.batch + all.batch_len, r->head, r->head_len);
		if (r->body_len > 0) {
			memcpy(all.batch + all.batch_len + r->head_len, r->body, r->body_len);
		}
		all.batch_len += total;
		return;
	}
	send_batch(c);
	if (c->out == NULL && c->fd >= 0) {
		send_reply(c, r);
	} else {
		queue_rest(c, r, 0);
	}
}

/* --- receiving ------------------------------------------------------------------------------- */

/* Keep @n bytes at @p, in the shared buffer, until more arrives. */
static void keep(struct conn *c, const char *p, size_t n)
{
	size_t room;

	if (n == 0) {
		if (c->in != NULL) {
			forget_input(c);
		}
		return;
	}
	if (n > c->in_room) {
		forget_input(c);
		room = (n + KEEP_STEP - 1) / KEEP_STEP * KEEP_STEP;
		c->in = malloc(room);
		if (c->in == NULL) {
			conn_close(c);
			return;
		}
		c->in_room = (uint32_t)room;
		memcpy(c->in, p, n);
		c->in_len = (uint32_t)n;
		hold(c, room, TIMER_HEAD);
		return;
	}
	memcpy(c->in, p, n);
	c->in_len = (uint32_t)n;
}

static void upgrade(struct conn *c, const struct reply *r)
{
	void *state;

	send_batch(c);
	state = c->fd >= 0 ? r->upgrade->begin(c, r->upgrade_arg) : NULL;
	if (state == NULL) {
		conn_close(c);
		return;
	}
	c->state = state;
	c->protocol = r->upgrade;
	c->protocol->begun(c, state);
}

/* Is the whole request with the service? */
static inline bool is_waiting(const struct conn *c)
{
	return c->exchange != NULL && c->body == 0;
}

/* Some of the body that the service wants. */
static size_t take_body(struct conn *c, const char *p, size_t n)
{
	size_t used = c->body < n ? (size_t)c->body : n;
	uint64_t step = c->body / BODY_STEP;

	all.service->body(c->exchange, p, used);
	c->body -= used;
	if (c->body == 0) {
		all.service->complete(c->exchange);
	} else if (c->body / BODY_STEP != step) {
		timer_start(&c->timer, TIMER_BODY);
	}
	return used;
}

/* Does the service take this request? Its answer comes later; until then no other is read. */
static bool offer(struct conn *c, const struct request *r, bool no_body_yet)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	bool expect = (r->seen & FIELD_BIT(FIELD_EXPECT)) != 0;
	struct exchange *x = NULL;
	struct reply none;

	if (!all.service->begin(c, r, !r->keep_alive, &x)) {
		return false;
	}
	if (x == NULL) {
		respond_error(503, &none);
		c->ending = c->linger = true;
		emit(c, &none, false);
		return true;
	}
	c->exchange = x;
	c->body = r->body;
	if (x->refused && c->body > 0) {
		/* What comes of it is no request. */
		x->close = c->linger = true;
		c->body = 0;
	}
	if (c->body == 0) {
		all.service->complete(x);
	} else if (expect && no_body_yet) {
		send_batch(c);
		conn_put(c, go_on, sizeof(go_on) - 1, NULL, 0);
	}
	return true;
}

/* Answer one request, or throw away some of a body. Returns how many bytes that took; 0: the
 * request is not complete. */
static inline size_t consume(struct conn *c, char *p, size_t n)
{
	const struct request *request;
	struct reply reply;
	size_t used = n;
	int head;

	if (c->protocol != NULL) {
		return c->protocol->consume(c, c->state, p, n);
	}
	if (c->exchange != NULL) {
		return take_body(c, p, n);
	}
	if (c->drain > 0) {
		used = c->drain < n ? (size_t)c->drain : n;
		c->drain -= used;
		return used;
	}
	head = request_read(&request, p, n);
	if (head == 0) {
		return 0;
	}
	stats.requests++;
	if (head > 0 && all.service != NULL && (!HTTPD_TLS || c->tls != NULL) &&
	    offer(c, request, (size_t)head == n)) {
		return (size_t)head;
	}
	if (head > 0) {
		used = (size_t)head;
		if (HTTPD_TLS && c->tls == NULL) {
			respond_redirect(request, &reply);
		} else {
			respond(request, &reply);
		}
		c->drain = request->body;
	} else {
		respond_error(-head, &reply);
		c->linger = true;
	}
	if (reply.close) {
		c->ending = true;
		c->linger |= used < n || c->drain > 0 || reply.power_off;
		c->power_off = reply.power_off;
	}
	emit(c, &reply, used < n && !reply.close && reply.upgrade == NULL);
	if (reply.upgrade != NULL) {
		upgrade(c, &reply);
	}
	return used;
}

/* Which timer runs while nothing is to be sent and the connection goes on. */
static inline void set_timer(struct conn *c, bool progress)
{
	enum timer_kind kind = c->drain > 0 || c->body > 0 ? TIMER_BODY
			       : c->in_len > 0		   ? TIMER_HEAD
							   : TIMER_IDLE;

	if (is_waiting(c)) {
		timer_stop(&c->timer);
		return;
	}
	if (c->protocol != NULL) {
		timer_start(&c->timer, TIMER_QUIET);
		return;
	}
	if (c->timer.kind != kind || (kind == TIMER_HEAD && progress) ||
	    (kind == TIMER_IDLE && tick.ms - c->timer.since >= TOUCH_MS)) {
		timer_start(&c->timer, kind);
	}
}

/* Answer what is complete in the @n bytes at @p, all in the shared buffer, and keep the rest. */
static void process(struct conn *c, char *p, size_t n)
{
	size_t at = 0, used = 1;

	while (at < n && used > 0 && c->out == NULL && !c->ending && c->fd >= 0 && !is_waiting(c)) {
		used = consume(c, p + at, n - at);
		at += used;
	}
	if (all.batch_len > 0) {
		send_batch(c);
	}
	if (c->fd >= 0 && !c->ending) {
		keep(c, p + at, n - at);
	}
	if (c->fd < 0) {
		return;
	}
	if (c->out != NULL) {
		timer_start(&c->timer, TIMER_SEND);
		watch(c, EPOLLOUT);
	} else if (c->ending) {
		finish(c);
	} else {
		set_timer(c, at > 0);
	}
}

/* The client has its answer; what else it sends is of no interest. */
static void discard(struct conn *c)
{
	ssize_t n = recv(c->fd, all.rx, RX_SIZE, 0);

	if (n == 0 || (n < 0 && !is_full(n))) {
		conn_close(c);
	}
}

static inline ssize_t receive(struct conn *c, char *p, size_t n)
{
	return HTTPD_TLS && c->tls != NULL ? secure_recv(c->tls, p, n) : recv(c->fd, p, n, 0);
}

static void readable(struct conn *c)
{
	size_t old = c->in_len, len;
	ssize_t n;

	if (old > 0) {
		memcpy(all.rx, c->in, old);
	}
	n = receive(c, all.rx + old, RX_SIZE - old);
	if (n <= 0) {
		if (!is_full(n)) {
			conn_close(c);
		} else if (HTTPD_TLS && c->tls != NULL) {
			watch(c, secure_events(c->tls));
		}
		return;
	}
	len = old + (size_t)n;
	all.rx[len] = '\0';
	/* Without the end of a line there is nothing new to find: a head that comes byte by byte is
	 * parsed once a line. */
	if (old > 0 && len < REQUEST_HEAD_MAX && c->protocol == NULL &&
	    memchr(all.rx + old, '\n', (size_t)n) == NULL) {
		keep(c, all.rx, len);
		return;
	}
	process(c, all.rx, len);
}

/* Requests that came meanwhile will not be reported again. */
static void resume(struct conn *c)
{
	size_t n = c->in_len;

	if (n > 0) {
		memcpy(all.rx, c->in, n);
	}
	all.rx[n] = '\0';
	process(c, all.rx, n);
}

static void writable(struct conn *c)
{
	struct chunk *k = c->out;
	ssize_t sent = HTTPD_TLS && c->tls != NULL ? secure_send(c->tls, k->p, k->n)
						   : send(c->fd, k->p, k->n, MSG_NOSIGNAL);

	if (sent <= 0) {
		if (!is_full(sent)) {
			conn_close(c);
		}
		return;
	}
	timer_start(&c->timer, TIMER_SEND);
	k->p += sent;
	k->n -= (size_t)sent;
	if (k->n > 0) {
		return;
	}
	drop_chunk(c);
	if (c->out != NULL) {
		return;
	}
	if (c->ending) {
		finish(c);
		return;
	}
	watch(c, EPOLLIN);
	if (c->fd >= 0) {
		resume(c);
	}
}

void conn_event(struct conn *c, uint32_t events)
{
	if (c->fd < 0) {
		return;
	}
	if (c->out != NULL) {
		if ((events & EPOLLOUT) != 0) {
			writable(c);
		} else {
			conn_close(c);
		}
	} else if (is_waiting(c)) {
		/* What it says next is read after the answer. */
		if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
			conn_close(c);
		}
	} else if (c->ending) {
		discard(c);
	} else {
		readable(c);
	}
	/* What TLS has read already will not be reported again. */
	while (HTTPD_TLS && c->fd >= 0 && c->tls != NULL && c->out == NULL && !c->ending &&
	       !is_waiting(c) && secure_pending(c->tls)) {
		readable(c);
	}
}

void conn_expire(struct timer *t)
{
	struct conn *c = (struct conn *)(void *)t;
	struct reply reply;

	if (t->kind == TIMER_QUIET) {
		timer_start(t, TIMER_QUIET);
		c->protocol->quiet(c, c->state);
		return;
	}
	if (t->kind != TIMER_HEAD) {
		conn_close(c);
		return;
	}
	respond_error(408, &reply);
	c->ending = c->linger = true;
	send_reply(c, &reply);
	if (c->fd >= 0 && c->out == NULL) {
		finish(c);
	} else {
		conn_close(c);
	}
}

/* --- a service ------------------------------------------------------------------------------- */

void conn_serve(const struct service *service)
{
	all.service = service;
}

bool conn_turn(void)
{
	return all.service != NULL && all.service->turn();
}

void conn_answer(struct exchange *x, const char *head, size_t head_len, const char *body,
		 size_t body_len)
{
	struct reply r = { .head = head, .head_len = head_len, .body = body, .body_len = body_len };
	struct conn *c = x->conn;

	r.close = x->close;
	c->exchange = NULL;
	if (c->out == NULL) {
		send_reply(c, &r);
	} else {
		queue_rest(c, &r, 0);
	}
	if (r.close) {
		c->ending = true;
		c->linger |= c->in_len > 0;
	}
	if (c->fd >= 0) {
		resume(c);
	}
}
