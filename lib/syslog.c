/* SPDX-License-Identifier: MIT */
/* syslog() appends to a ring and never waits; one thread empties it. */
#define _GNU_SOURCE
#include <coracle/stream.h>
#include <coracle/syslog.h>
#include <coracle/url.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE_MAX   1024U /* RFC 5424, 6.1: every server takes 480, and should take 2048 */
#define FRAME_ROOM    8U    /* "1024 " */
#define DEFAULT_ROOM  32768U
#define TIMEOUT_MS    10000
#define BACKOFF_MIN_S 1U
#define BACKOFF_MAX_S 60U
#define PLAUSIBLE     1577836800 /* 1 January 2020 */
#define STACK	      65536U

enum kind { UDP, TCP, TLS };

static struct {
	struct syslog_server to;
	struct url url;
	enum kind kind;
	char host[64];
	pthread_mutex_t lock;
	pthread_cond_t filled;
	char *ring; /* messages: two bytes of length, then the text; whole ones only, wrapping */
	size_t room, first, used;
	uint64_t lost_told; /* of counts.lost, what the server knows */
	struct syslog_counts counts;
	struct stream stream; /* fd also for UDP; the sender's alone */
} net = { .lock = PTHREAD_MUTEX_INITIALIZER,
	  .filled = PTHREAD_COND_INITIALIZER,
	  .stream = { .fd = -1 } };

/* --- one message ----------------------------------------------------------------------------- */

/* A header's word: visible characters only. Spec: RFC 5424, 6 */
static size_t put_word(char *buf, const char *word, size_t max)
{
	size_t n = 0;

	for (; word != NULL && word[n] != '\0' && n < max; n++) {
		buf[n] = '?';
		if (word[n] > ' ' && word[n] < 127) {
			buf[n] = word[n];
		}
	}
	if (n == 0) {
		buf[n++] = '-';
	}
	buf[n] = '\0';
	return n;
}

static void put_time(char *buf, size_t room, int64_t seconds, int us)
{
	time_t when = (time_t)seconds;
	struct tm tm;
	size_t n;

	if (seconds < PLAUSIBLE || gmtime_r(&when, &tm) == NULL) {
		strcpy(buf, "-");
		return;
	}
	n = strftime(buf, room, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + n, room - n, ".%06dZ", us);
}

size_t syslog_format(char *buf, size_t room, int priority, int64_t seconds, int us,
		     const char *host, const char *app, const char *text)
{
	char when[40], from[65], name[49];
	int n;

	put_time(when, sizeof(when), seconds, us);
	put_word(from, host, sizeof(from) - 1);
	put_word(name, app, sizeof(name) - 1);
	n = snprintf(buf, room, "<%d>1 %s %s %s - - - %s", priority, when, from, name, text);
	return n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

/* --- the ring -------------------------------------------------------------------------------- */

static void ring_in(size_t at, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		net.ring[(at + i) % net.room] = p[i];
	}
}

static void ring_out(size_t at, char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		p[i] = net.ring[(at + i) % net.room];
	}
}

static void sink(int priority, const char *ident, const char *text)
{
	struct timespec now;
	char message[MESSAGE_MAX], head[2];
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	n = syslog_format(message, sizeof(message), priority, now.tv_sec, (int)(now.tv_nsec / 1000),
			  net.host, ident != NULL ? ident : net.to.app, text);
	head[0] = (char)(n >> 8);
	head[1] = (char)n;
	pthread_mutex_lock(&net.lock);
	if (net.used + sizeof(head) + n > net.room) {
		net.counts.lost++;
	} else {
		ring_in(net.first + net.used, head, sizeof(head));
		ring_in(net.first + net.used + sizeof(head), message, n);
		net.used += sizeof(head) + n;
		net.counts.waiting++;
		pthread_cond_signal(&net.filled);
	}
	pthread_mutex_unlock(&net.lock);
}

/* Wait for a message and copy the oldest; it stays in the ring. Returns its length. */
static size_t peek(char *message)
{
	char head[2];
	size_t n;

	pthread_mutex_lock(&net.lock);
	while (net.used == 0) {
		pthread_cond_wait(&net.filled, &net.lock);
	}
	ring_out(net.first, head, sizeof(head));
	n = (size_t)(unsigned char)head[0] << 8 | (unsigned char)head[1];
	ring_out(net.first + sizeof(head), message, n);
	pthread_mutex_unlock(&net.lock);
	return n;
}

/* It is sent. Returns how many were lost that the server does not know of, once there is room to say so. */
static uint64_t drop(size_t n)
{
	uint64_t lost = 0;

	pthread_mutex_lock(&net.lock);
	net.first = (net.first + 2 + n) % net.room;
	net.used -= 2 + n;
	net.counts.waiting--;
	net.counts.sent++;
	if (net.used < net.room / 2) {
		lost = net.counts.lost - net.lost_told;
		net.lost_told = net.counts.lost;
	}
	pthread_mutex_unlock(&net.lock);
	return lost;
}

void syslog_count(struct syslog_counts *out)
{
	pthread_mutex_lock(&net.lock);
	*out = net.counts;
	pthread_mutex_unlock(&net.lock);
}

/* --- the sender ------------------------------------------------------------------------------ */

static const char *port(void)
{
	return net.url.port[0] != '\0' ? net.url.port : net.kind == TLS ? "6514" : "514";
}

/* A socket for datagrams to the server, as net.stream.fd. Returns 0 or -1. */
static int open_udp(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM }, *all;
	int fd = -1;

	if (getaddrinfo(net.url.host, port(), &hints, &all) != 0) {
		return -1;
	}
	for (const struct addrinfo *a = all; a != NULL && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(all);
	net.stream = (struct stream){ .fd = fd };
	return fd < 0 ? -1 : 0;
}

static int open_server(void)
{
	int err;

	if (net.stream.fd >= 0) {
		return 0;
	}
	err = net.kind == UDP ? open_udp()
			      : stream_open(&net.stream, net.kind == TLS ? net.to.secure : NULL,
					    net.url.host, port(), TIMEOUT_MS);
	if (err == 0) {
		pthread_mutex_lock(&net.lock);
		net.counts.connects++;
		pthread_mutex_unlock(&net.lock);
	}
	return err;
}

/* Has the server ended the connection? It says nothing else, so to read is to find out. */
static bool is_over(void)
{
	char c;

	return net.kind != UDP && stream_recv(&net.stream, &c, 1, 0) != -ETIMEDOUT;
}

/* Returns whether the @n bytes of @message, which has FRAME_ROOM before it, are on their way. */
static bool send_message(char *message, size_t n)
{
	char frame[FRAME_ROOM];
	size_t len;

	if (open_server() != 0) {
		return false;
	}
	if (net.kind == UDP) {
		/* An earlier one's ICMP error is no fault of this one. */
		for (int try = 0; try < 2; try++) {
			if (send(net.stream.fd, message, n, MSG_NOSIGNAL) >= 0) {
				return true;
			}
		}
	} else if (!is_over()) {
		len = (size_t)snprintf(frame, sizeof(frame), "%zu ", n);
		memcpy(message - len, frame, len);
		if (stream_send(&net.stream, message - len, len + n, TIMEOUT_MS) == 0) {
			return true;
		}
	}
	stream_close(&net.stream);
	return false;
}

/* A connection that has just ended is opened again at once. */
static bool deliver(char *message, size_t n)
{
	bool done = send_message(message, n);

	return done || send_message(message, n);
}

static void *sender(void *arg)
{
	static char room[FRAME_ROOM + MESSAGE_MAX];
	char *message = room + FRAME_ROOM;
	unsigned backoff = BACKOFF_MIN_S;

	(void)arg;
	for (;;) {
		size_t n = peek(message);
		uint64_t lost;

		if (!deliver(message, n)) {
			sleep(backoff);
			backoff = backoff * 2 < BACKOFF_MAX_S ? backoff * 2 : BACKOFF_MAX_S;
			continue;
		}
		backoff = BACKOFF_MIN_S;
		lost = drop(n);
		if (lost > 0) {
			syslog(LOG_WARNING | LOG_SYSLOG, "%llu messages were lost: no room",
			       (unsigned long long)lost);
		}
	}
	return NULL;
}

/* --- the beginning --------------------------------------------------------------------------- */

static int take_url(const char *text)
{
	static const char *const schemes[] = { [UDP] = "udp", [TCP] = "tcp", [TLS] = "tls" };

	if (url_parse(&net.url, text) != 0) {
		return -EINVAL;
	}
	for (unsigned kind = UDP; kind <= TLS; kind++) {
		if (strcmp(net.url.scheme, schemes[kind]) == 0) {
			net.kind = (enum kind)kind;
			return kind == TLS && net.to.secure == NULL ? -EINVAL : 0;
		}
	}
	return -EINVAL;
}

static int start_sender(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	err = pthread_create(&thread, &attr, sender, NULL);
	pthread_attr_destroy(&attr);
	return -err;
}

int syslog_start(const struct syslog_server *to)
{
	int err;

	if (net.ring != NULL) {
		return -EALREADY;
	}
	net.to = *to;
	err = take_url(to->url);
	if (err != 0) {
		return err;
	}
	if (to->host != NULL) {
		snprintf(net.host, sizeof(net.host), "%s", to->host);
	} else if (gethostname(net.host, sizeof(net.host) - 1) != 0) {
		net.host[0] = '\0';
	}
	net.room = to->room > 0 ? to->room : DEFAULT_ROOM;
	net.ring = malloc(net.room);
	if (net.ring == NULL) {
		return -ENOMEM;
	}
	err = start_sender();
	if (err != 0) {
		free(net.ring);
		net.ring = NULL;
		return err;
	}
	syslog_sink(sink);
	return 0;
}
