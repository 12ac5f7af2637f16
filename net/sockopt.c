/* SPDX-License-Identifier: MIT */
/* Socket options: SOL_SOCKET of every socket here; ipopt.c has IP's, the protocols have their own. */
#include "sock.h"

#include <errno.h>
#include <kernel/time.h>
#include <lwip/tcp.h>
#include <net/if.h>
#include <net/socket.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/time.h>

#define MIN_BUFFER 2048
#define MAX_BUFFER (16 << 20)

int sock_opt_int(const void *v, socklen_t len, int *out)
{
	if (len >= sizeof(*out)) {
		memcpy(out, v, sizeof(*out));
		return 0;
	}
	*out = len > 0 ? *(const uint8_t *)v : 0;
	return len > 0 ? 0 : -EINVAL;
}

int sock_opt_give(void *v, socklen_t *len, const void *from, size_t n)
{
	*len = (socklen_t)MIN((size_t)*len, n);
	memcpy(v, from, *len);
	return 0;
}

/* --- setsockopt ---------------------------------------------------------------------------- */

static int set_timeout(uint64_t *to, const void *v, socklen_t len)
{
	struct timeval tv;

	if (len < sizeof(tv)) {
		return -EINVAL;
	}
	memcpy(&tv, v, sizeof(tv));
	if (tv.tv_sec < 0 || tv.tv_usec < 0 || tv.tv_usec >= 1000000) {
		return -EDOM;
	}
	*to = (uint64_t)tv.tv_sec * NS_PER_SEC + (uint64_t)tv.tv_usec * NS_PER_US;
	return 0;
}

static int set_linger(struct sock *s, const void *v, socklen_t len)
{
	if (len < sizeof(s->linger)) {
		return -EINVAL;
	}
	memcpy(&s->linger, v, sizeof(s->linger));
	return 0;
}

/* By name; none: every interface. */
static int bind_to_device(struct sock *s, const char *name, socklen_t len)
{
	struct netif *f;
	char want[IFNAMSIZ] = "";

	memcpy(want, name, MIN((size_t)len, sizeof(want) - 1));
	f = net_netif_by_name(want);
	if (f == NULL && want[0] != '\0') {
		return -ENODEV;
	}
	if (s->ip != NULL) {
		s->ip->netif_idx = f == NULL ? NETIF_NO_INDEX : netif_get_index(f);
	}
	return 0;
}

/* Options that are a bit of so_options. */
static uint8_t ip_flag(int name)
{
	return name == SO_REUSEADDR   ? SOF_REUSEADDR
	       : name == SO_KEEPALIVE ? SOF_KEEPALIVE
	       : name == SO_BROADCAST ? SOF_BROADCAST
				      : 0;
}

static void set_flag(struct sock *s, uint8_t flag, bool on)
{
	if (s->ip != NULL) {
		s->ip->so_options =
			(u8_t)(on ? s->ip->so_options | flag : s->ip->so_options & ~flag);
		if (flag == SOF_KEEPALIVE && s->type == SOCK_STREAM) {
			sock_tcp_timed(s);
		}
	}
}

static int set_size(struct sock *s, int *size, int value)
{
	if (value < 0) {
		return -EINVAL;
	}
	*size = MIN(MAX(value, MIN_BUFFER), MAX_BUFFER);
	if (s->proto->resized != NULL) {
		s->proto->resized(s);
	}
	return 0;
}

static void want(struct sock *s, unsigned bit, bool on)
{
	s->want = on ? s->want | bit : s->want & ~bit;
}

static int set_socket(struct sock *s, int name, int value)
{
	switch (name) {
	case SO_REUSEADDR:
	case SO_KEEPALIVE:
	case SO_BROADCAST:
		set_flag(s, ip_flag(name), value != 0);
		return 0;
	case SO_REUSEPORT:
		/* lwIP lets two PCBs have one address only if both have this. */
		s->reuse_port = value != 0;
		set_flag(s, SOF_REUSEADDR, value != 0);
		return 0;
	case SO_RCVBUF:
	case SO_RCVBUFFORCE:
		return set_size(s, &s->rcvbuf, value);
	case SO_SNDBUF:
	case SO_SNDBUFFORCE:
		return set_size(s, &s->sndbuf, value);
	case SO_RCVLOWAT:
		s->rcvlowat = value <= 0 ? 1 : (size_t)value;
		if (s->proto->resized != NULL) {
			s->proto->resized(s);
		}
		return 0;
	case SO_TIMESTAMP:
		want(s, SOCK_WANT_TIME, value != 0);
		return 0;
	case SO_TIMESTAMPNS:
		want(s, SOCK_WANT_TIMENS, value != 0);
		return 0;
	case SO_PRIORITY: /* there is one queue: kept for whoever asks */
		if (value < 0 || value > 6) {
			return -EINVAL;
		}
		s->priority = value;
		return 0;
	case SO_OOBINLINE: /* urgent data is always in line */
		return value != 0 ? 0 : -EOPNOTSUPP;
	default:
		return -ENOPROTOOPT;
	}
}

static int set_any(struct sock *s, int level, int name, const void *v, socklen_t len)
{
	int value, r;

	if (level == IPPROTO_IP || level == IPPROTO_IPV6) {
		return sock_ip_setopt(s, level, name, v, len);
	}
	if (level != SOL_SOCKET) {
		return s->proto->setopt(s, level, name, v, len);
	}
	switch (name) {
	case SO_RCVTIMEO:
		return set_timeout(&s->rcv_timeout, v, len);
	case SO_SNDTIMEO:
		return set_timeout(&s->snd_timeout, v, len);
	case SO_LINGER:
		return set_linger(s, v, len);
	case SO_BINDTODEVICE:
		return bind_to_device(s, v, len);
	default:
		break;
	}
	r = len < sizeof(value) ? -EINVAL : sock_opt_int(v, len, &value);
	return r != 0 ? r : set_socket(s, name, value);
}

int sock_setopt(struct file *f, int level, int name, const void *v, socklen_t len)
{
	int r;

	if (v == NULL) {
		return -EFAULT;
	}
	net_lock();
	r = set_any(sock_of(f), level, name, v, len);
	net_unlock();
	return r;
}

/* --- getsockopt ---------------------------------------------------------------------------- */

static int get_timeout(uint64_t ns, void *v, socklen_t *len)
{
	struct timeval tv = { .tv_sec = (time_t)(ns / NS_PER_SEC),
			      .tv_usec = (suseconds_t)(ns % NS_PER_SEC / NS_PER_US) };

	return sock_opt_give(v, len, &tv, sizeof(tv));
}

static int get_device(const struct sock *s, void *v, socklen_t *len)
{
	char name[IFNAMSIZ] = "";

	if (s->ip != NULL && s->ip->netif_idx != NETIF_NO_INDEX) {
		net_netif_name(netif_get_by_index(s->ip->netif_idx), name, sizeof(name));
	}
	return sock_opt_give(v, len, name, name[0] == '\0' ? 0 : strlen(name) + 1);
}

static int get_socket(struct sock *s, int name, int *value)
{
	switch (name) {
	case SO_ERROR:
		*value = -sock_take_error(s);
		return 0;
	case SO_TYPE:
		*value = s->type;
		return 0;
	case SO_DOMAIN:
		*value = s->domain;
		return 0;
	case SO_PROTOCOL:
		*value = s->protocol;
		return 0;
	case SO_RCVBUF:
		*value = s->rcvbuf;
		return 0;
	case SO_SNDBUF:
		*value = s->sndbuf;
		return 0;
	case SO_RCVLOWAT:
		*value = (int)s->rcvlowat;
		return 0;
	case SO_SNDLOWAT:
	case SO_OOBINLINE:
		*value = 1;
		return 0;
	case SO_PRIORITY:
		*value = s->priority;
		return 0;
	case SO_REUSEPORT:
		*value = s->reuse_port;
		return 0;
	case SO_TIMESTAMP:
		*value = (s->want & SOCK_WANT_TIME) != 0;
		return 0;
	case SO_TIMESTAMPNS:
		*value = (s->want & SOCK_WANT_TIMENS) != 0;
		return 0;
	case SO_ACCEPTCONN:
		*value = s->type == SOCK_STREAM && s->tcp != NULL && s->tcp->state == LISTEN;
		return 0;
	case SO_REUSEADDR:
	case SO_KEEPALIVE:
	case SO_BROADCAST:
		*value = s->ip != NULL && (s->ip->so_options & ip_flag(name)) != 0;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int get_any(struct sock *s, int level, int name, void *v, socklen_t *len)
{
	int value = 0, r;

	if (level == IPPROTO_IP || level == IPPROTO_IPV6) {
		return sock_ip_getopt(s, level, name, v, len);
	}
	if (level != SOL_SOCKET) {
		return s->proto->getopt(s, level, name, v, len);
	}
	switch (name) {
	case SO_RCVTIMEO:
		return get_timeout(s->rcv_timeout, v, len);
	case SO_SNDTIMEO:
		return get_timeout(s->snd_timeout, v, len);
	case SO_LINGER:
		return sock_opt_give(v, len, &s->linger, sizeof(s->linger));
	case SO_BINDTODEVICE:
		return get_device(s, v, len);
	default:
		r = get_socket(s, name, &value);
		return r != 0 ? r : sock_opt_give_int(v, len, value);
	}
}

int sock_getopt(struct file *f, int level, int name, void *v, socklen_t *len)
{
	int r;

	if (v == NULL || len == NULL) {
		return -EFAULT;
	}
	net_lock();
	r = get_any(sock_of(f), level, name, v, len);
	net_unlock();
	return r;
}
