/* SPDX-License-Identifier: MIT */
/* What all sockets share: addresses, blocking, options. */
#include "sock.h"

#include <errno.h>
#include <fcntl.h>
#include <kernel/alloc.h>
#include <kernel/poller.h>
#include <kernel/time.h>
#include <lwip/ip.h>
#include <net/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/time.h>

#define FLAGS_NONBLOCK O_NONBLOCK

int sock_take_error(struct sock *s)
{
	int e = s->err;

	s->err = 0;
	if (e != 0) {
		file_not_ready(&s->file, POLLERR);
	}
	return e;
}

/* --- struct file -------------------------------------------------------------------------- */

static bool nonblocking(const struct sock *s, int flags)
{
	return (flags & MSG_DONTWAIT) != 0 ||
	       (atomic_load_explicit(&s->file.flags, memory_order_relaxed) & FLAGS_NONBLOCK) != 0;
}

static uint64_t deadline_of(uint64_t timeout)
{
	return timeout == 0 ? TIME_NEVER : time_after(timeout);
}

static size_t iov_length(const struct iovec *iov, int n)
{
	size_t len = 0;

	for (int i = 0; i < n; i++) {
		len += iov[i].iov_len;
	}
	return len;
}

/* Skip @n bytes of *iov; what is left is in @copy. */
static int iov_advance(struct iovec *copy, int max, const struct iovec *iov, int n, size_t skip)
{
	int k = 0;

	for (int i = 0; i < n && k < max; i++) {
		size_t cut = MIN(skip, iov[i].iov_len);

		skip -= cut;
		if (iov[i].iov_len > cut) {
			copy[k].iov_base = (char *)iov[i].iov_base + cut;
			copy[k++].iov_len = iov[i].iov_len - cut;
		}
	}
	return k;
}

/* A call that would wait but may not: whoever polls by calling again and again must get ahead all the
 * same, so the devices are looked at, once. True when the caller should try again. */
static bool worked_instead(bool *tried)
{
	bool again = !*tried && pollers_run();

	*tried = true;
	return again;
}

/* What a wait that did not end well means to a call that has moved nothing. */
static int wait_error(int r)
{
	return r == -ETIMEDOUT ? -EAGAIN : r;
}

/* A pending error is for a call that has moved nothing, @first, or else for the next one. */
static ssize_t send_once(struct sock *s, const struct iovec *iov, int n, const struct sock_tx *tx,
			 int flags, bool first)
{
	ssize_t r;

	net_lock();
	r = s->err == 0 ? s->proto->send(s, iov, n, tx, flags)
	    : first	? sock_take_error(s)
			: s->err;
	net_unlock();
	return r;
}

#define IOV_PART 16

/* What is left to do after the first send_once(), which returned @r. */
static __attribute__((noinline)) ssize_t send_rest(struct sock *s, const struct iovec *iov, int n,
						   const struct sock_tx *tx, int flags, ssize_t r)
{
	uint64_t deadline = deadline_of(s->snd_timeout);
	size_t done = 0, total = iov_length(iov, n);
	struct iovec rest[IOV_PART];
	const struct iovec *now = iov;
	bool tried = false;
	int k = n, w;

	for (;; r = send_once(s, now, k, tx, flags, done == 0)) {
		if (r >= 0) {
			done += (size_t)r;
			if (done >= total || s->type != SOCK_STREAM) {
				return (ssize_t)done;
			}
			k = iov_advance(rest, IOV_PART, iov, n, done);
			now = rest;
			continue;
		}
		if (r == -EAGAIN && done == 0 && nonblocking(s, flags) && worked_instead(&tried)) {
			continue;
		}
		if (r != -EAGAIN || nonblocking(s, flags)) {
			return done > 0 ? (ssize_t)done : r;
		}
		w = file_wait(&s->file, POLLOUT | POLLERR | POLLHUP, deadline);
		if (w != 0) {
			return done > 0 ? (ssize_t)done : wait_error(w);
		}
	}
}

static ssize_t send_all(struct sock *s, const struct iovec *iov, int n, const struct sock_tx *tx,
			int flags)
{
	ssize_t r = send_once(s, iov, n, tx, flags, true);

	/* Most calls are over; for the others there is more to keep than registers hold. */
	return likely(n == 1 && r == (ssize_t)iov->iov_len) ? r
							    : send_rest(s, iov, n, tx, flags, r);
}

static ssize_t recv_once(struct sock *s, const struct iovec *iov, int n, int flags,
			 struct sock_rx *rx)
{
	ssize_t r;

	net_lock();
	r = s->proto->recv(s, iov, n, flags, rx);
	if (r == -EAGAIN && s->err != 0) {
		r = sock_take_error(s);
	}
	net_unlock();
	return r;
}

/* How much a call on a stream waits for. */
static size_t recv_least(const struct sock *s, size_t total, int flags)
{
	if (likely((flags & (MSG_PEEK | MSG_WAITALL)) == 0)) {
		return MIN(total, s->rcvlowat);
	}
	return (flags & MSG_PEEK) != 0 ? 1 : total;
}

/* What is left to do after the first recv_once(), which returned @r. */
static __attribute__((noinline)) ssize_t recv_rest(struct sock *s, const struct iovec *iov, int n,
						   int flags, struct sock_rx *rx, ssize_t r)
{
	uint64_t deadline = deadline_of(s->rcv_timeout);
	size_t done = 0, total = iov_length(iov, n), least = recv_least(s, total, flags);
	struct iovec rest[IOV_PART];
	const struct iovec *now = iov;
	bool tried = false;
	int k = n, w;

	for (;; r = recv_once(s, now, k, flags, rx)) {
		if (r > 0) {
			done += (size_t)r;
			if (done >= least || s->type != SOCK_STREAM) {
				return (ssize_t)done;
			}
			k = iov_advance(rest, IOV_PART, iov, n, done);
			now = rest;
			continue;
		}
		if (r == -EAGAIN && done == 0 && nonblocking(s, flags) && worked_instead(&tried)) {
			continue;
		}
		if (r != -EAGAIN || nonblocking(s, flags)) {
			return done > 0 ? (ssize_t)done : r;
		}
		w = file_wait(&s->file, POLLIN | POLLERR | POLLHUP | POLLRDHUP, deadline);
		if (w != 0) {
			return done > 0 ? (ssize_t)done : wait_error(w);
		}
	}
}

static ssize_t recv_wait(struct sock *s, const struct iovec *iov, int n, int flags,
			 struct sock_rx *rx)
{
	ssize_t r = recv_once(s, iov, n, flags, rx);

	return likely(r > 0 && (size_t)r >= s->rcvlowat && (flags & MSG_WAITALL) == 0)
		       ? r
		       : recv_rest(s, iov, n, flags, rx, r);
}

static ssize_t sock_readv(struct file *f, const struct iovec *iov, int n, off_t pos, bool nonblock)
{
	(void)pos;
	return recv_wait(sock_of(f), iov, n, nonblock ? MSG_DONTWAIT : 0, NULL);
}

static ssize_t sock_writev(struct file *f, const struct iovec *iov, int n, off_t pos, bool nonblock)
{
	(void)pos;
	return send_all(sock_of(f), iov, n, NULL, nonblock ? MSG_DONTWAIT : 0);
}

static int sock_stat(struct file *f, struct stat *st)
{
	(void)f;
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFSOCK | 0777;
	st->st_nlink = 1;
	return 0;
}

static int sock_ioctl(struct file *f, unsigned long cmd, void *arg)
{
	struct sock *s = sock_of(f);

	if (cmd != FIONREAD && cmd != TIOCOUTQ && cmd != SIOCATMARK) {
		return sock_if_ioctl(cmd, arg);
	}
	net_lock();
	*(int *)arg = cmd == SIOCATMARK ? 0 : s->proto->queued(s, cmd == TIOCOUTQ);
	net_unlock();
	return 0;
}

/* SO_LINGER: close() waits so long for what was written to arrive; lwIP goes on trying after it. */
static void linger(struct sock *s)
{
	uint64_t deadline = time_after((unsigned)s->linger.l_linger * NS_PER_SEC);
	bool over;

	do {
		net_lock();
		over = sock_tcp_linger(s);
		net_unlock();
	} while (!over && file_wait(&s->file, POLLOUT | POLLERR, deadline) == 0);
}

static void sock_close(struct file *f)
{
	struct sock *s = sock_of(f);

	if (s->linger.l_onoff != 0 && s->linger.l_linger > 0 && s->type == SOCK_STREAM) {
		linger(s);
	}
	net_lock();
	if (s->groups != NULL) {
		sock_mcast_leave_all(s);
	}
	s->proto->close(s);
	net_unlock();
	kfree(s);
}

static const struct socket_ops sock_socket_ops = {
	.bind = sock_bind,
	.listen = sock_listen,
	.accept = sock_accept,
	.connect = sock_connect,
	.sendmsg = sock_sendmsg,
	.recvmsg = sock_recvmsg,
	.send = sock_send,
	.send_constant = sock_send_constant,
	.recv = sock_recv,
	.shutdown = sock_shutdown,
	.getname = sock_getname,
	.setopt = sock_setopt,
	.getopt = sock_getopt,
};

static const struct file_ops sock_file_ops = {
	.read = sock_readv,
	.write = sock_writev,
	.stat = sock_stat,
	.ioctl = sock_ioctl,
	.close = sock_close,
	.socket = &sock_socket_ops,
};

struct sock *sock_new(int domain, int type, int protocol, const struct sock_proto *proto,
		      size_t size)
{
	struct sock *s = kzalloc(size);

	if (s != NULL) {
		file_init(&s->file, &sock_file_ops, O_RDWR);
		s->proto = proto;
		s->domain = domain;
		s->type = type;
		s->protocol = protocol;
		s->rcvbuf = 256 << 10;
		s->sndbuf = 256 << 10;
		s->rcvlowat = 1;
	}
	return s;
}

/* --- calls --------------------------------------------------------------------------------- */

static bool is_icmp(int protocol)
{
	return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

static int check_kind(int type, int protocol)
{
	bool good = type == SOCK_STREAM ? protocol == 0 || protocol == IPPROTO_TCP
		    : type == SOCK_DGRAM
			    ? protocol == 0 || protocol == IPPROTO_UDP || is_icmp(protocol)
			    : protocol > 0 && protocol < IPPROTO_RAW;

	if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_RAW) {
		return -ESOCKTNOSUPPORT;
	}
	return good ? 0 : -EPROTONOSUPPORT;
}

static struct sock *new_of_kind(int domain, int type, int protocol)
{
	return type == SOCK_STREAM		       ? sock_tcp_new(domain)
	       : type == SOCK_RAW || is_icmp(protocol) ? sock_raw_new(domain, type, protocol)
						       : sock_udp_new(domain);
}

int sock_create(int domain, int type, int protocol, struct file **out)
{
	int flags = type & (SOCK_NONBLOCK | SOCK_CLOEXEC), r;
	struct sock *s;

	type &= ~flags;
	if (domain != AF_INET && domain != AF_INET6) {
		return -EAFNOSUPPORT;
	}
	r = check_kind(type, protocol);
	if (r != 0) {
		return r;
	}
	net_lock();
	s = new_of_kind(domain, type, protocol);
	net_unlock();
	if (s == NULL) {
		return -ENOBUFS;
	}
	if ((flags & SOCK_NONBLOCK) != 0) {
		atomic_fetch_or_explicit(&s->file.flags, FLAGS_NONBLOCK, memory_order_relaxed);
	}
	*out = &s->file;
	return 0;
}

int sock_bind(struct file *f, const struct sockaddr *a, socklen_t len)
{
	struct sock *s = sock_of(f);
	ip_addr_t addr;
	uint16_t port;
	int r;

	net_lock();
	r = sock_get_address(s, a, len, &addr, &port);
	if (r == 0) {
		/* The wildcard of a dual-stack socket is both families'. */
		if (IP_IS_V6(&addr) && ip_addr_isany(&addr)) {
			IP_SET_TYPE(&addr, sock_ip_type(s));
		}
		r = s->proto->bind(s, &addr, port);
	}
	net_unlock();
	return r;
}

int sock_listen(struct file *f, int backlog)
{
	struct sock *s = sock_of(f);
	int r;

	if (s->type != SOCK_STREAM) {
		return -EOPNOTSUPP;
	}
	net_lock();
	r = sock_tcp_listen(s, backlog);
	net_unlock();
	return r;
}

int sock_accept(struct file *f, struct sockaddr *a, socklen_t *len, int flags, struct file **out)
{
	struct sock *s = sock_of(f), *c;
	struct sockaddr_storage peer;
	ip_addr_t addr;
	uint16_t port;
	bool tried = false;

	if (s->type != SOCK_STREAM) {
		return -EOPNOTSUPP;
	}
	for (;;) {
		int r;

		net_lock();
		r = sock_tcp_accept(s, &c);
		if (r == 0 && a != NULL && c->proto->name(c, true, &addr, &port) == 0) {
			sock_put_address(c, &addr, port, &peer);
			sock_copy_address(&peer, a, len);
		}
		net_unlock();
		if (r == 0) {
			break;
		}
		if (r == -EAGAIN && nonblocking(s, 0) && worked_instead(&tried)) {
			continue;
		}
		if (r != -EAGAIN || nonblocking(s, 0)) {
			return r;
		}
		r = file_wait(f, POLLIN, deadline_of(s->rcv_timeout));
		if (r != 0) {
			return wait_error(r);
		}
	}
	if ((flags & SOCK_NONBLOCK) != 0) {
		atomic_fetch_or_explicit(&c->file.flags, FLAGS_NONBLOCK, memory_order_relaxed);
	}
	*out = &c->file;
	return 0;
}

int sock_connect(struct file *f, const struct sockaddr *a, socklen_t len)
{
	struct sock *s = sock_of(f);
	ip_addr_t addr;
	uint16_t port;
	int r;

	net_lock();
	if (a != NULL && len >= sizeof(a->sa_family) && a->sa_family == AF_UNSPEC) {
		r = s->proto->connect(s, NULL, 0);
	} else {
		r = sock_get_address(s, a, len, &addr, &port);
		if (r == 0) {
			/* To "any" means to this machine. */
			if (ip_addr_isany(&addr)) {
				ip_addr_set_loopback(IP_IS_V6(&addr), &addr);
			}
			r = s->proto->connect(s, &addr, port);
		}
	}
	net_unlock();
	if (r != -EINPROGRESS || nonblocking(s, 0)) {
		return r;
	}
	r = file_wait(f, POLLOUT | POLLERR | POLLHUP, deadline_of(s->snd_timeout));
	if (r != 0) {
		return r == -ETIMEDOUT ? -EINPROGRESS : r; /* it goes on by itself */
	}
	net_lock();
	r = sock_take_error(s);
	net_unlock();
	return r;
}

/* MSG_* that say something we do; others are refused, so that nobody counts on them. */
#define SEND_FLAGS (MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE | MSG_DONTROUTE | MSG_CONFIRM)
#define RECV_FLAGS \
	(MSG_DONTWAIT | MSG_PEEK | MSG_WAITALL | MSG_TRUNC | MSG_NOSIGNAL | MSG_CMSG_CLOEXEC)

ssize_t sock_send(struct file *f, const void *p, size_t n, int flags)
{
	struct iovec iov = { (void *)(uintptr_t)p, n };

	return (flags & ~SEND_FLAGS) != 0 ? -EOPNOTSUPP
					  : send_all(sock_of(f), &iov, 1, NULL, flags);
}

ssize_t sock_send_constant(struct file *f, const void *p, size_t n)
{
	struct iovec iov = { (void *)(uintptr_t)p, n };

	return send_all(sock_of(f), &iov, 1, NULL, SEND_CONSTANT);
}

ssize_t sock_recv(struct file *f, void *p, size_t n, int flags)
{
	struct iovec iov = { p, n };

	return (flags & ~RECV_FLAGS) != 0 ? -EOPNOTSUPP
					  : recv_wait(sock_of(f), &iov, 1, flags, NULL);
}

/* The address and the ancillary data of @m. */
static int read_message(const struct sock *s, const struct msghdr *m, struct sock_tx *tx)
{
	int r = 0;

	if (m->msg_name != NULL && s->type != SOCK_STREAM) {
		r = sock_get_address(s, m->msg_name, m->msg_namelen, &tx->to, &tx->port);
		tx->has_to = true;
		if (r == 0 && tx->port == 0 && s->protocol == IPPROTO_UDP) {
			r = -EINVAL;
		}
	}
	if (r == 0 && m->msg_controllen != 0) {
		net_lock();
		r = sock_cmsg_read(s, m, tx);
		net_unlock();
	}
	return r;
}

ssize_t sock_sendmsg(struct file *f, const struct msghdr *m, int flags)
{
	struct sock_tx tx = { .ttl = -1, .tos = -1 };
	struct sock *s = sock_of(f);
	bool plain = m->msg_name == NULL && m->msg_controllen == 0;
	int r = plain ? 0 : read_message(s, m, &tx);

	if ((flags & ~SEND_FLAGS) != 0) {
		return -EOPNOTSUPP;
	}
	return r != 0 ? r : send_all(s, m->msg_iov, (int)m->msg_iovlen, plain ? NULL : &tx, flags);
}

ssize_t sock_recvmsg(struct file *f, struct msghdr *m, int flags)
{
	struct sock_rx rx = { .from = { .ss_family = AF_UNSPEC } };
	struct sock *s = sock_of(f);
	ssize_t r;

	if ((flags & ~RECV_FLAGS) != 0) {
		return -EOPNOTSUPP;
	}
	r = recv_wait(s, m->msg_iov, (int)m->msg_iovlen, flags, &rx);
	if (r < 0) {
		return r;
	}
	if (rx.has_info) {
		sock_cmsg_write(s, m, &rx);
	} else {
		m->msg_controllen = 0;
	}
	m->msg_flags = rx.flags;
	if (rx.from.ss_family == AF_UNSPEC) {
		m->msg_namelen = 0;
	} else {
		sock_copy_address(&rx.from, m->msg_name, &m->msg_namelen);
	}
	return r;
}

int sock_shutdown(struct file *f, int how)
{
	struct sock *s = sock_of(f);
	int r;

	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR) {
		return -EINVAL;
	}
	net_lock();
	r = s->proto->shutdown(s, how);
	net_unlock();
	return r;
}

int sock_getname(struct file *f, struct sockaddr *a, socklen_t *len, bool peer)
{
	struct sock *s = sock_of(f);
	struct sockaddr_storage name;
	ip_addr_t addr;
	uint16_t port;
	int r;

	net_lock();
	r = s->proto->name(s, peer, &addr, &port);
	net_unlock();
	if (r == 0) {
		sock_put_address(s, &addr, port, &name);
		sock_copy_address(&name, a, len);
	}
	return r;
}
