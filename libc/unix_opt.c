/* SPDX-License-Identifier: MIT */
/* Options of AF_UNIX sockets. */
#define _GNU_SOURCE
#include "unix.h"

#include <kernel/time.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define MIN_BUFFER 2048
#define MAX_BUFFER (4 << 20)

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

/* A larger buffer may make the peer's side, or this one's, writable. */
static void set_buffer(struct un *u, size_t *size, int value)
{
	irqstate_t s = spin_lock_save(&un_lock);

	*size = (size_t)MIN(MAX(value, MIN_BUFFER), MAX_BUFFER);
	un_update(u, 0);
	un_room_grew(u);
	spin_unlock_restore(&un_lock, s);
	sched_check();
}

static int set_int(struct un *u, int name, int value)
{
	switch (name) {
	case SO_SNDBUF:
	case SO_SNDBUFFORCE:
		set_buffer(u, &u->sndbuf, value);
		return 0;
	case SO_RCVBUF:
	case SO_RCVBUFFORCE:
		set_buffer(u, &u->rcvbuf, value);
		return 0;
	case SO_PASSCRED:
		u->passcred = value != 0;
		return 0;
	case SO_REUSEADDR: /* these mean nothing here, as on Linux */
	case SO_REUSEPORT:
	case SO_BROADCAST:
	case SO_KEEPALIVE:
	case SO_DONTROUTE:
	case SO_OOBINLINE:
	case SO_PRIORITY:
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

int un_setopt(struct file *f, int level, int name, const void *v, socklen_t len)
{
	struct un *u = un_of(f);
	int value;

	if (level != SOL_SOCKET) {
		return -EOPNOTSUPP;
	}
	if (v == NULL) {
		return -EFAULT;
	}
	if (name == SO_RCVTIMEO || name == SO_SNDTIMEO) {
		return set_timeout(name == SO_RCVTIMEO ? &u->rcv_timeout : &u->snd_timeout, v, len);
	}
	if (name == SO_LINGER) {
		return len < sizeof(struct linger) ? -EINVAL : 0; /* nothing lingers here */
	}
	if (len < sizeof(value)) {
		return -EINVAL;
	}
	memcpy(&value, v, sizeof(value));
	return set_int(u, name, value);
}

static int get_int(struct un *u, int name, int *value)
{
	irqstate_t s;

	switch (name) {
	case SO_ERROR:
		s = spin_lock_save(&un_lock);
		*value = un_take_error(u);
		spin_unlock_restore(&un_lock, s);
		return 0;
	case SO_TYPE:
		*value = u->type;
		return 0;
	case SO_DOMAIN:
		*value = AF_UNIX;
		return 0;
	case SO_ACCEPTCONN:
		*value = u->listening;
		return 0;
	case SO_SNDBUF:
		*value = (int)u->sndbuf;
		return 0;
	case SO_RCVBUF:
		*value = (int)u->rcvbuf;
		return 0;
	case SO_PASSCRED:
		*value = u->passcred;
		return 0;
	case SO_PROTOCOL:
	case SO_REUSEADDR:
	case SO_REUSEPORT:
	case SO_BROADCAST:
	case SO_KEEPALIVE:
	case SO_DONTROUTE:
	case SO_OOBINLINE:
	case SO_PRIORITY:
		*value = 0;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int give(void *v, socklen_t *len, const void *from, size_t n)
{
	memcpy(v, from, MIN((size_t)*len, n));
	*len = (socklen_t)MIN((size_t)*len, n);
	return 0;
}

int un_getopt(struct file *f, int level, int name, void *v, socklen_t *len)
{
	struct un *u = un_of(f);
	int value = 0, r;

	if (level != SOL_SOCKET) {
		return -EOPNOTSUPP;
	}
	if (v == NULL || len == NULL) {
		return -EFAULT;
	}
	if (name == SO_RCVTIMEO || name == SO_SNDTIMEO) {
		uint64_t ns = name == SO_RCVTIMEO ? u->rcv_timeout : u->snd_timeout;
		struct timeval tv = { .tv_sec = (time_t)(ns / NS_PER_SEC),
				      .tv_usec = (suseconds_t)(ns % NS_PER_SEC / NS_PER_US) };

		return give(v, len, &tv, sizeof(tv));
	}
	if (name == SO_LINGER) {
		return give(v, len, &(struct linger){ 0 }, sizeof(struct linger));
	}
	if (name == SO_PEERCRED) {
		bool known = u->type != SOCK_DGRAM ? u->connected || u->listening : u->connected;
		struct ucred c = { known ? getpid() : 0, known ? getuid() : (uid_t)-1,
				   known ? getgid() : (gid_t)-1 };

		return give(v, len, &c, sizeof(c));
	}
	r = get_int(u, name, &value);
	return r != 0 ? r : give(v, len, &value, sizeof(value));
}
