/* SPDX-License-Identifier: MIT */
/* libmosquitto without its own threads: only the client's thread calls it. Messages wait in a list of
 * ours, of which the oldest may be dropped, and at most a window of them is with libmosquitto, which
 * sends again after a reconnection what was not acknowledged. */
#define _GNU_SOURCE
#include <coracle/mqtt.h>
#include <errno.h>
#include <mosquitto.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define WINDOW	      20U /* messages with libmosquitto: what it has in flight by default */
#define SUBSCRIPTIONS 8U
#define DEFAULT_ROOM  (256UL << 10)
#define BACKOFF_MIN_S 1U
#define BACKOFF_MAX_S 60U
#define TLS_MS	      15000
#define STACK	      131072U

struct message {
	struct message *next;
	size_t n;
	bool retain;
	const char *topic; /* in data, behind the content */
	char data[];
};

struct mqtt {
	struct mqtt_options o;
	struct mosquitto *mosq; /* the thread's alone, as are the next four */
	void *conn;		/* of o.secure */
	bool up;
	unsigned flying; /* with libmosquitto */
	char why[128];
	int wake; /* eventfd: there is something in the list */
	pthread_mutex_t lock;
	struct message *first, **end;
	size_t held; /* bytes in the list */
	unsigned subscriptions, subscribed;
	const char *filter[SUBSCRIPTIONS];
	struct mqtt_counts counts;
};

/* --- TLS under libmosquitto ------------------------------------------------------------------ */

static void *transport_start(void *arg, int fd, const char *host)
{
	struct mqtt *m = arg;

	m->conn = m->o.secure->start(m->o.secure, fd, host, TLS_MS, m->why, sizeof(m->why));
	return m->conn;
}

/* --- the list -------------------------------------------------------------------------------- */

/* The oldest message of the list, or NULL. */
static struct message *take(struct mqtt *m)
{
	struct message *k = m->first;

	if (k != NULL) {
		m->first = k->next;
		if (m->first == NULL) {
			m->end = &m->first;
		}
		m->held -= sizeof(*k) + k->n;
	}
	return k;
}

static void append(struct mqtt *m, struct message *k)
{
	pthread_mutex_lock(&m->lock);
	m->held += sizeof(*k) + k->n;
	while (m->held > m->o.room && m->first != NULL) {
		free(take(m));
		m->counts.dropped++;
		m->counts.waiting--;
	}
	*m->end = k;
	m->end = &k->next;
	m->counts.waiting++;
	pthread_mutex_unlock(&m->lock);
}

static void wake(struct mqtt *m)
{
	uint64_t one = 1;
	ssize_t ignored = write(m->wake, &one, sizeof(one));

	(void)ignored; /* a full counter wakes as well */
}

int mqtt_publish(struct mqtt *m, const char *topic, const void *p, size_t n, bool retain)
{
	size_t len = strlen(topic) + 1;
	struct message *k;

	if (mosquitto_pub_topic_check(topic) != MOSQ_ERR_SUCCESS) {
		return -EINVAL;
	}
	if (sizeof(*k) + n > m->o.room) {
		return -EMSGSIZE;
	}
	k = malloc(sizeof(*k) + n + len);
	if (k == NULL) {
		return -ENOMEM;
	}
	*k = (struct message){ .n = n, .retain = retain, .topic = k->data + n };
	memcpy(k->data, p, n);
	memcpy(k->data + n, topic, len);
	append(m, k);
	wake(m);
	return 0;
}

int mqtt_subscribe(struct mqtt *m, const char *filter)
{
	int err = 0;

	if (mosquitto_sub_topic_check(filter) != MOSQ_ERR_SUCCESS) {
		return -EINVAL;
	}
	pthread_mutex_lock(&m->lock);
	if (m->subscriptions < SUBSCRIPTIONS) {
		m->filter[m->subscriptions++] = filter;
	} else {
		err = -ENOSPC;
	}
	pthread_mutex_unlock(&m->lock);
	wake(m);
	return err;
}

void mqtt_count(struct mqtt *m, struct mqtt_counts *out)
{
	pthread_mutex_lock(&m->lock);
	*out = m->counts;
	pthread_mutex_unlock(&m->lock);
}

/* --- what libmosquitto tells ----------------------------------------------------------------- */

static void say_change(struct mqtt *m, bool up, const char *why)
{
	pthread_mutex_lock(&m->lock);
	m->counts.up = up;
	m->counts.connects += up;
	pthread_mutex_unlock(&m->lock);
	if (m->o.changed != NULL) {
		m->o.changed(m->o.arg, up, why);
	}
}

static void on_connect(struct mosquitto *mosq, void *arg, int rc)
{
	struct mqtt *m = arg;

	(void)mosq;
	if (rc != 0) {
		strncpy(m->why,
			m->o.version == 5 ? mosquitto_reason_string(rc)
					  : mosquitto_connack_string(rc),
			sizeof(m->why) - 1);
		return;
	}
	m->up = true;
	m->subscribed = 0;
	say_change(m, true, "connected");
}

/* A message was acknowledged. */
static void on_publish(struct mosquitto *mosq, void *arg, int id)
{
	struct mqtt *m = arg;

	(void)mosq, (void)id;
	pthread_mutex_lock(&m->lock);
	m->flying -= m->flying > 0;
	m->counts.waiting -= m->counts.waiting > 0;
	m->counts.delivered++;
	pthread_mutex_unlock(&m->lock);
}

static void on_message(struct mosquitto *mosq, void *arg, const struct mosquitto_message *message)
{
	struct mqtt *m = arg;

	(void)mosq;
	if (m->o.message != NULL) {
		m->o.message(m->o.arg, message->topic, message->payload,
			     (size_t)message->payloadlen);
	}
}

/* --- the thread ------------------------------------------------------------------------------ */

/* Has libmosquitto kept the message, although the connection may just be found to be gone? */
static bool was_taken(int rc)
{
	return rc == MOSQ_ERR_SUCCESS || rc == MOSQ_ERR_NO_CONN || rc == MOSQ_ERR_CONN_LOST ||
	       rc == MOSQ_ERR_ERRNO;
}

/* Give libmosquitto what it has room for. Returns 0 or its error. */
static int feed(struct mqtt *m)
{
	while (m->flying < WINDOW) {
		struct message *k;
		int rc;

		pthread_mutex_lock(&m->lock);
		k = take(m);
		pthread_mutex_unlock(&m->lock);
		if (k == NULL) {
			return 0;
		}
		m->flying++;
		rc = mosquitto_publish(m->mosq, NULL, k->topic, (int)k->n, k->data, 1, k->retain);
		free(k);
		if (!was_taken(rc)) {
			pthread_mutex_lock(&m->lock);
			m->flying--;
			m->counts.waiting--;
			m->counts.dropped++;
			pthread_mutex_unlock(&m->lock);
			continue;
		}
		if (rc != MOSQ_ERR_SUCCESS) {
			return rc;
		}
	}
	return 0;
}

static int subscribe(struct mqtt *m)
{
	int rc = 0;

	pthread_mutex_lock(&m->lock);
	while (rc == 0 && m->subscribed < m->subscriptions) {
		rc = mosquitto_subscribe(m->mosq, NULL, m->filter[m->subscribed++], 1);
	}
	pthread_mutex_unlock(&m->lock);
	return rc;
}

static void drain_wake(struct mqtt *m)
{
	uint64_t n;
	ssize_t ignored = read(m->wake, &n, sizeof(n));

	(void)ignored;
}

/* One round of a connection. Returns 0, or libmosquitto's reason for its end. */
static int serve(struct mqtt *m)
{
	struct pollfd p[2] = { { .fd = mosquitto_socket(m->mosq), .events = POLLIN },
			       { .fd = m->wake, .events = POLLIN } };
	bool pending = m->conn != NULL && m->o.secure->pending(m->conn);
	int rc = m->up ? subscribe(m) : 0;

	rc = rc == 0 && m->up ? feed(m) : rc;
	if (rc != 0) {
		return rc;
	}
	if (mosquitto_want_write(m->mosq)) {
		p[0].events |= POLLOUT;
	}
	if (poll(p, 2, pending ? 0 : m->o.keepalive_s * 1000 / 4) < 0 && errno != EINTR) {
		return MOSQ_ERR_ERRNO;
	}
	if (p[1].revents != 0) {
		drain_wake(m);
	}
	if (pending || (p[0].revents & ~POLLOUT) != 0) {
		rc = mosquitto_loop_read(m->mosq, 1);
	}
	if (rc == 0 && (p[0].revents & POLLOUT) != 0) {
		rc = mosquitto_loop_write(m->mosq, 1);
	}
	return rc == 0 ? mosquitto_loop_misc(m->mosq) : rc;
}

/* Connect and stay until it ends. Returns whether the broker had accepted us. */
static bool session(struct mqtt *m)
{
	int rc;
	bool was_up;

	m->why[0] = '\0';
	m->conn = NULL;
	rc = mosquitto_connect(m->mosq, m->o.host, m->o.port, m->o.keepalive_s);
	while (rc == 0) {
		rc = serve(m);
	}
	was_up = m->up;
	m->up = false;
	if (m->why[0] == '\0') {
		strncpy(m->why, rc == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(rc),
			sizeof(m->why) - 1);
	}
	say_change(m, false, m->why);
	return was_up;
}

/* Up to half of it more at random, so that clients of one broker do not come back all at once. */
static void pause_for(unsigned seconds)
{
	struct timespec t = { .tv_sec = seconds };
	long more = random() % 500000L * (long)seconds;

	t.tv_sec += more / 1000000;
	t.tv_nsec = more % 1000000 * 1000;
	nanosleep(&t, NULL);
}

static void *run(void *arg)
{
	struct mqtt *m = arg;
	unsigned backoff = BACKOFF_MIN_S;

	for (;;) {
		if (session(m)) {
			backoff = BACKOFF_MIN_S;
		}
		pause_for(backoff);
		backoff = backoff * 2 < BACKOFF_MAX_S ? backoff * 2 : BACKOFF_MAX_S;
	}
	return NULL;
}

/* --- the beginning --------------------------------------------------------------------------- */

static int configure(struct mqtt *m)
{
	const struct mqtt_options *o = &m->o;
	int rc = mosquitto_int_option(m->mosq, MOSQ_OPT_PROTOCOL_VERSION,
				      o->version == 5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);

	if (rc == 0) {
		rc = mosquitto_int_option(m->mosq, MOSQ_OPT_TCP_NODELAY, 1);
	}
	if (rc == 0 && o->user != NULL) {
		rc = mosquitto_username_pw_set(m->mosq, o->user, o->password);
	}
	if (rc == 0 && o->will_topic != NULL) {
		rc = mosquitto_will_set(m->mosq, o->will_topic, (int)strlen(o->will_text),
					o->will_text, 1, true);
	}
	mosquitto_connect_callback_set(m->mosq, on_connect);
	mosquitto_publish_callback_set(m->mosq, on_publish);
	mosquitto_message_callback_set(m->mosq, on_message);
	return rc;
}

static int start_thread(struct mqtt *m)
{
	pthread_attr_t attr;
	pthread_t thread;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	err = pthread_create(&thread, &attr, run, m);
	pthread_attr_destroy(&attr);
	return err;
}

static void set_defaults(struct mqtt *m, const struct mqtt_options *o)
{
	m->o = *o;
	m->o.port = o->port != 0 ? o->port : o->secure != NULL ? 8883 : 1883;
	m->o.keepalive_s = o->keepalive_s > 0 ? o->keepalive_s : 30;
	m->o.room = o->room > 0 ? o->room : DEFAULT_ROOM;
	m->end = &m->first;
	pthread_mutex_init(&m->lock, NULL);
}

struct mqtt *mqtt_start(const struct mqtt_options *o)
{
	struct mqtt *m = calloc(1, sizeof(*m));
	int err = ENOMEM;

	if (m == NULL) {
		return NULL;
	}
	set_defaults(m, o);
	mosquitto_lib_init();
	m->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	m->mosq = mosquitto_new(o->id, true, m);
	if (m->wake >= 0 && m->mosq != NULL) {
		struct mosquitto_transport t = { .start = transport_start, .arg = m };

		if (o->secure != NULL) {
			t.read = o->secure->read;
			t.write = o->secure->write;
			t.pending = o->secure->pending;
			t.stop = o->secure->stop;
			mosquitto_transport_set(m->mosq, &t);
		}
		err = configure(m) != 0 ? EINVAL : start_thread(m);
	}
	if (err == 0) {
		return m;
	}
	mosquitto_destroy(m->mosq);
	if (m->wake >= 0) {
		close(m->wake);
	}
	free(m);
	errno = err;
	return NULL;
}
