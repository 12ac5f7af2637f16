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

int sock_errno(err_t e)
{
	static const int map[] = {
		[0] = 0,
		[-ERR_MEM] = ENOBUFS,
		[-ERR_BUF] = ENOBUFS,
		[-ERR_TIMEOUT] = ETIMEDOUT,
		[-ERR_RTE] = EHOSTUNREACH,
		[-ERR_INPROGRESS] = EINPROGRESS,
		[-ERR_VAL] = EINVAL,
		[-ERR_WOULDBLOCK] = EAGAIN,
		[-ERR_USE] = EADDRINUSE,
		[-ERR_ALREADY] = EALREADY,
		[-ERR_ISCONN] = EISCONN,
		[-ERR_CONN] = ENOTCONN,
		[-ERR_IF] = ENETDOWN,
		[-ERR_ABRT] = ECONNABORTED,
		[-ERR_RST] = ECONNRESET,
		[-ERR_CLSD] = ENOTCONN,
		[-ERR_ARG] = EINVAL,
	};

	return e > 0 || (unsigned)-e >= ARRAY_SIZE(map) ? -EIO : -map[-e];
}

int sock_take_error(struct sock *s)
{
	int e = s->err;

	s->err = 0;
	if (e != 0) {
		file_not_ready(&s->file, POLLERR);
	}
	return e;
}

/* --- addresses ---------------------------------------------------------------------------- */

uint8_t sock_ip_type(const struct sock *s)
{
	return s->domain == AF_INET ? IPADDR_TYPE_V4 : s->v6only ? IPADDR_TYPE_V6 : IPADDR_TYPE_ANY;
}

static int get_address(const struct sock *s, const struct sockaddr *a, socklen_t len,
		       ip_addr_t *out, uint16_t *port)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)a;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)a;

	if (a == NULL || len < sizeof(sa_family_t)) {
		return -EINVAL;
	}
	if (a->sa_family != s->domain) {
		return -EAFNOSUPPORT;
	}
	memset(out, 0, sizeof(*out));
	if (s->domain == AF_INET) {
		if (len < sizeof(*v4)) {
			return -EINVAL;
		}
		IP_SET_TYPE(out, IPADDR_TYPE_V4);
		ip_2_ip4(out)->addr = v4->sin_addr.s_addr;
		*port = __builtin_bswap16(v4->sin_port);
		return 0;
	}
	if (len < sizeof(*v6)) {
		return -EINVAL;
	}
	*port = __builtin_bswap16(v6->sin6_port);
	if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
		if (s->v6only) {
			return -EAFNOSUPPORT;
		}
		IP_SET_TYPE(out, IPADDR_TYPE_V4);
		memcpy(&ip_2_ip4(out)->addr, &v6->sin6_addr.s6_addr[12], 4);
		return 0;
	}
	IP_SET_TYPE(out, IPADDR_TYPE_V6);
	memcpy(ip_2_ip6(out)->addr, &v6->sin6_addr, 16);
	/* A link-local address means one link: the given one, or the first. */
	if (ip6_addr_has_scope(ip_2_ip6(out), IP6_UNKNOWN)) {
		struct netif *n = v6->sin6_scope_id != 0
					  ? netif_get_by_index((u8_t)v6->sin6_scope_id)
					  : netif_default;
		ip6_addr_assign_zone(ip_2_ip6(out), IP6_UNKNOWN, n);
	}
	return 0;
}

void sock_put_address(const struct sock *s, const ip_addr_t *a, uint16_t port,
		      struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*v6));
	out->ss_family = (sa_family_t)s->domain;
	if (s->domain == AF_INET) {
		v4->sin_port = __builtin_bswap16(port);
		v4->sin_addr.s_addr = IP_IS_V4(a) ? ip_2_ip4(a)->addr : 0;
		return;
	}
	v6->sin6_port = __builtin_bswap16(port);
	if (IP_IS_V4(a) && !ip_addr_isany(a)) {
		v6->sin6_addr.s6_addr[10] = 0xff;
		v6->sin6_addr.s6_addr[11] = 0xff;
		memcpy(&v6->sin6_addr.s6_addr[12], &ip_2_ip4(a)->addr, 4);
	} else if (IP_IS_V6(a)) {
		memcpy(&v6->sin6_addr, ip_2_ip6(a)->addr, 16);
		v6->sin6_scope_id = ip6_addr_zone(ip_2_ip6(a));
	}
}

/* To the caller's buffer, cut to its size; *len says the whole. */
static void copy_address(const struct sockaddr_storage *from, struct sockaddr *a, socklen_t *len)
{
	socklen_t whole = from->ss_family == AF_INET ? sizeof(struct sockaddr_in)
						     : sizeof(struct sockaddr_in6);

	if (a != NULL && len != NULL) {
		memcpy(a, from, MIN(*len, whole));
		*len = whole;
	}
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

static ssize_t send_once(struct sock *s, const struct iovec *iov, int n, const ip_addr_t *to,
			 uint16_t port, int flags)
{
	ssize_t r;

	net_lock();
	r = s->err != 0 ? sock_take_error(s) : s->proto->send(s, iov, n, to, port, flags);
	net_unlock();
	return r;
}

#define IOV_PART 16

static ssize_t send_all(struct sock *s, const struct iovec *iov, int n, const ip_addr_t *to,
			uint16_t port, int flags)
{
	uint64_t deadline = deadline_of(s->snd_timeout);
	size_t done = 0, total = iov_length(iov, n);
	struct iovec rest[IOV_PART];
	const struct iovec *now = iov;
	bool tried = false;
	int k = n;

	for (;;) {
		ssize_t r = send_once(s, now, k, to, port, flags);

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
		if (file_wait(&s->file, POLLOUT | POLLERR | POLLHUP, deadline) != 0) {
			return done > 0 ? (ssize_t)done : -EAGAIN;
		}
	}
}

static ssize_t recv_once(struct sock *s, const struct iovec *iov, int n, int flags,
			 struct sockaddr_storage *from, int *out_flags)
{
	ssize_t r;

	net_lock();
	r = s->proto->recv(s, iov, n, flags, from, out_flags);
	if (r == -EAGAIN && s->err != 0) {
		r = sock_take_error(s);
	}
	net_unlock();
	return r;
}

static ssize_t recv_wait(struct sock *s, const struct iovec *iov, int n, int flags,
			 struct sockaddr_storage *from, int *out_flags)
{
	uint64_t deadline = deadline_of(s->rcv_timeout);
	size_t done = 0, total = iov_length(iov, n);
	struct iovec rest[IOV_PART];
	const struct iovec *now = iov;
	bool tried = false;
	int k = n;

	for (;;) {
		ssize_t r = recv_once(s, now, k, flags, from, out_flags);

		if (r > 0) {
			done += (size_t)r;
			if ((flags & MSG_WAITALL) == 0 || (flags & MSG_PEEK) != 0 ||
			    done >= total || s->type != SOCK_STREAM) {
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
		if (file_wait(&s->file, POLLIN | POLLERR | POLLHUP | POLLRDHUP, deadline) != 0) {
			return done > 0 ? (ssize_t)done : -EAGAIN;
		}
	}
}

static ssize_t sock_readv(struct file *f, const struct iovec *iov, int n, off_t pos, bool nonblock)
{
	(void)pos;
	return recv_wait(sock_of(f), iov, n, nonblock ? MSG_DONTWAIT : 0, NULL, NULL);
}

static ssize_t sock_writev(struct file *f, const struct iovec *iov, int n, off_t pos, bool nonblock)
{
	(void)pos;
	return send_all(sock_of(f), iov, n, NULL, 0, nonblock ? MSG_DONTWAIT : 0);
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
	int value = 0, r = -ENOTTY;

	if (cmd == FIONREAD) {
		net_lock();
		r = s->proto->getopt(s, -1, FIONREAD, &value);
		net_unlock();
		*(int *)arg = value;
	}
	return r;
}

static void sock_close(struct file *f)
{
	struct sock *s = sock_of(f);

	net_lock();
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
	}
	return s;
}

/* --- calls --------------------------------------------------------------------------------- */

int sock_create(int domain, int type, int protocol, struct file **out)
{
	int flags = type & (SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct sock *s;

	type &= ~flags;
	if (domain != AF_INET && domain != AF_INET6) {
		return -EAFNOSUPPORT;
	}
	if (type != SOCK_STREAM && type != SOCK_DGRAM) {
		return -ESOCKTNOSUPPORT;
	}
	if (protocol != 0 && protocol != (type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP)) {
		return -EPROTONOSUPPORT;
	}
	net_lock();
	s = type == SOCK_STREAM ? sock_tcp_new(domain) : sock_udp_new(domain);
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
	r = get_address(s, a, len, &addr, &port);
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
			copy_address(&peer, a, len);
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
		if (file_wait(f, POLLIN, deadline_of(s->rcv_timeout)) != 0) {
			return -EAGAIN;
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
		r = get_address(s, a, len, &addr, &port);
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
	if (file_wait(f, POLLOUT | POLLERR | POLLHUP, deadline_of(s->snd_timeout)) != 0) {
		return -EINPROGRESS;
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
					  : send_all(sock_of(f), &iov, 1, NULL, 0, flags);
}

ssize_t sock_recv(struct file *f, void *p, size_t n, int flags)
{
	struct iovec iov = { p, n };
	int out = 0;

	return (flags & ~RECV_FLAGS) != 0 ? -EOPNOTSUPP
					  : recv_wait(sock_of(f), &iov, 1, flags, NULL, &out);
}

ssize_t sock_sendmsg(struct file *f, const struct msghdr *m, int flags)
{
	struct sock *s = sock_of(f);
	ip_addr_t addr;
	uint16_t port = 0;
	int r = 0;

	if ((flags & ~SEND_FLAGS) != 0 || m->msg_controllen != 0) {
		return -EOPNOTSUPP;
	}
	if (m->msg_name != NULL && s->type != SOCK_STREAM) {
		r = get_address(s, m->msg_name, m->msg_namelen, &addr, &port);
		if (r == 0 && port == 0) {
			r = -EINVAL;
		}
	}
	return r != 0 ? r
		      : send_all(s, m->msg_iov, (int)m->msg_iovlen, port != 0 ? &addr : NULL, port,
				 flags);
}

ssize_t sock_recvmsg(struct file *f, struct msghdr *m, int flags)
{
	struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
	int out = 0;
	ssize_t r;

	if ((flags & ~RECV_FLAGS) != 0) {
		return -EOPNOTSUPP;
	}
	r = recv_wait(sock_of(f), m->msg_iov, (int)m->msg_iovlen, flags, &from, &out);
	if (r >= 0) {
		m->msg_flags = out;
		m->msg_controllen = 0;
		if (from.ss_family == AF_UNSPEC) {
			m->msg_namelen = 0;
		} else {
			copy_address(&from, m->msg_name, &m->msg_namelen);
		}
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
		copy_address(&name, a, len);
	}
	return r;
}
