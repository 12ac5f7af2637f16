/* SPDX-License-Identifier: MIT */
/* Socket options: those of every socket here, the protocols' own by their setopt and getopt. */
#include "sock.h"

#include <errno.h>
#include <kernel/time.h>
#include <lwip/tcp.h>
#include <net/socket.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/time.h>

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

static int set_socket(struct sock *s, int name, int value)
{
	switch (name) {
	case SO_RCVBUF:
		if (value < 0) {
			return -EINVAL;
		}
		s->rcvbuf = MAX(value, 2048);
		return 0;
	case SO_SNDBUF: /* the stack's own size holds (TCP_SND_BUF) */
	case SO_REUSEPORT:
	case SO_OOBINLINE:
	case SO_PRIORITY:
		return 0;
	default:
		return s->proto->setopt(s, SOL_SOCKET, name, value);
	}
}

int sock_setopt(struct file *f, int level, int name, const void *v, socklen_t len)
{
	struct sock *s = sock_of(f);
	int value, r;

	if (v == NULL) {
		return -EFAULT;
	}
	if (level == SOL_SOCKET && name == SO_RCVTIMEO) {
		return set_timeout(&s->rcv_timeout, v, len);
	}
	if (level == SOL_SOCKET && name == SO_SNDTIMEO) {
		return set_timeout(&s->snd_timeout, v, len);
	}
	if (level == SOL_SOCKET && name == SO_LINGER) {
		if (len < sizeof(s->linger)) {
			return -EINVAL;
		}
		memcpy(&s->linger, v, sizeof(s->linger));
		return 0;
	}
	if (len < sizeof(value)) {
		return -EINVAL;
	}
	memcpy(&value, v, sizeof(value));
	net_lock();
	r = level == SOL_SOCKET ? set_socket(s, name, value)
				: s->proto->setopt(s, level, name, value);
	net_unlock();
	return r;
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
		*value = (int)TCP_SND_BUF;
		return 0;
	default:
		return s->proto->getopt(s, SOL_SOCKET, name, value);
	}
}

static int give(void *v, socklen_t *len, const void *from, size_t n)
{
	memcpy(v, from, MIN((size_t)*len, n));
	*len = (socklen_t)MIN((size_t)*len, n);
	return 0;
}

int sock_getopt(struct file *f, int level, int name, void *v, socklen_t *len)
{
	struct sock *s = sock_of(f);
	int value = 0, r;

	if (v == NULL || len == NULL) {
		return -EFAULT;
	}
	if (level == SOL_SOCKET && (name == SO_RCVTIMEO || name == SO_SNDTIMEO)) {
		uint64_t ns = name == SO_RCVTIMEO ? s->rcv_timeout : s->snd_timeout;
		struct timeval tv = { .tv_sec = (time_t)(ns / NS_PER_SEC),
				      .tv_usec = (suseconds_t)(ns % NS_PER_SEC / NS_PER_US) };

		return give(v, len, &tv, sizeof(tv));
	}
	if (level == SOL_SOCKET && name == SO_LINGER) {
		return give(v, len, &s->linger, sizeof(s->linger));
	}
	net_lock();
	r = level == SOL_SOCKET ? get_socket(s, name, &value)
				: s->proto->getopt(s, level, name, &value);
	net_unlock();
	return r != 0 ? r : give(v, len, &value, sizeof(value));
}
