/* SPDX-License-Identifier: MIT */
/* MQTT: samples to gateway/NAME/INPUT, "online" or "offline" to gateway/NAME/status, and gateway/NAME/set takes
 * "sample_ms N". What cannot be sent waits in memory; the library reconnects. */
#include "gateway.h"

#include <coracle/mqtt.h>
#include <coracle/tls.h>
#include <coracle/url.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#define TOPIC_MAX 128

static struct {
	pthread_mutex_t lock; /* of client, until it is started, and why */
	struct mqtt *client;
	char why[128];
	char host[128];
	char status[TOPIC_MAX], set[TOPIC_MAX];
} broker = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* From the client's thread. */
static void changed(void *arg, bool up, const char *why)
{
	(void)arg;
	pthread_mutex_lock(&broker.lock);
	snprintf(broker.why, sizeof(broker.why), "%s", why);
	if (up) {
		mqtt_publish(broker.client, broker.status, "online", 6, true);
	}
	pthread_mutex_unlock(&broker.lock);
	/* Last: who has read it finds the same at /healthz. */
	syslog(up ? LOG_NOTICE : LOG_WARNING, up ? "mqtt: %s" : "mqtt: not connected: %s", why);
}

/* Text from elsewhere for the log. */
static void put_visible(char *to, size_t room, const char *p, size_t n)
{
	size_t i = 0;

	for (; i < n && i + 1 < room; i++) {
		to[i] = p[i] >= ' ' && p[i] <= '~' ? p[i] : '?';
	}
	to[i] = '\0';
}

/* From the client's thread: "sample_ms 500". */
static void heard(void *arg, const char *topic, const void *p, size_t n)
{
	static const char command[] = "sample_ms ";
	const char *text = p;
	char shown[64];
	uint64_t ms;

	(void)arg;
	(void)topic;
	if (n <= sizeof(command) - 1 || memcmp(text, command, sizeof(command) - 1) != 0 ||
	    !text_to_number(text + sizeof(command) - 1, n - sizeof(command) + 1, &ms) ||
	    ms < SAMPLE_MS_MIN || ms > SAMPLE_MS_MAX) {
		put_visible(shown, sizeof(shown), text, n);
		syslog(LOG_WARNING, "mqtt: a command that is none: \"%s\"", shown);
		return;
	}
	syslog(LOG_NOTICE, "mqtt: a sample every %u ms from now on", (unsigned)ms);
	sampling_every((unsigned)ms);
}

/* Whom to trust over TLS. NULL: said why. */
static const struct secure *secure_of(const char *ca)
{
	struct tls_options o = { .ca = ca };
	char reason[TLS_REASON_SIZE];
	struct tls_context *c = tls_client_context(&o, reason);

	if (c == NULL) {
		fprintf(stderr, "gateway: mqtt_ca: %s\n", reason);
		return NULL;
	}
	return tls_secure(c);
}

static int parse_url(struct mqtt_options *o)
{
	struct url u;
	bool tls;

	if (url_parse(&u, config.mqtt) != 0 ||
	    (strcmp(u.scheme, "mqtt") != 0 && strcmp(u.scheme, "mqtts") != 0)) {
		fprintf(stderr, "gateway: mqtt = %s: write mqtts://HOST:PORT\n", config.mqtt);
		return -1;
	}
	tls = strcmp(u.scheme, "mqtts") == 0;
	snprintf(broker.host, sizeof(broker.host), "%s", u.host);
	o->host = broker.host;
	o->port = (uint16_t)atoi(u.port); /* url_parse() saw digits; 0: the default */
	if (tls) {
		o->secure = secure_of(config.mqtt_ca[0] != '\0' ? config.mqtt_ca : NULL);
	}
	return tls && o->secure == NULL ? -1 : 0;
}

int broker_start(void)
{
	struct mqtt_options o = { .version = config.mqtt_version,
				  .id = config.name,
				  .will_topic = broker.status,
				  .will_text = "offline",
				  .changed = changed,
				  .message = heard };

	if (config.mqtt[0] == '\0') {
		return 0;
	}
	if (parse_url(&o) != 0) {
		return -1;
	}
	o.user = config.mqtt_user[0] != '\0' ? config.mqtt_user : NULL;
	o.password = config.mqtt_password[0] != '\0' ? config.mqtt_password : NULL;
	snprintf(broker.status, sizeof(broker.status), "gateway/%s/status", config.name);
	snprintf(broker.set, sizeof(broker.set), "gateway/%s/set", config.name);
	pthread_mutex_lock(&broker.lock);
	broker.client = mqtt_start(&o);
	pthread_mutex_unlock(&broker.lock);
	if (broker.client == NULL) {
		fprintf(stderr, "gateway: mqtt: %s\n", strerror(errno));
		return -1;
	}
	mqtt_subscribe(broker.client, broker.set);
	return 0;
}

void broker_tell(const struct input *in)
{
	char topic[TOPIC_MAX], buf[96];
	struct text t = text_in(buf, sizeof(buf));

	if (broker.client == NULL) {
		return;
	}
	snprintf(topic, sizeof(topic), "gateway/%s/%s", config.name, in->name);
	text_str(&t, "{\"t\":");
	text_number(&t, (uint64_t)wall_ms(in->last.at_ms));
	text_str(&t, ",\"v\":");
	put_milli(&t, in->last.milli);
	text_str(&t, "}");
	mqtt_publish(broker.client, topic, buf, text_len(&t), true);
}

void broker_state(struct broker_state *out)
{
	struct mqtt_counts c = { .up = false };

	*out = (struct broker_state){ .wanted = broker.client != NULL };
	if (out->wanted) {
		mqtt_count(broker.client, &c);
		*out = (struct broker_state){ true,	 c.up,	     c.waiting, c.delivered,
					      c.dropped, c.connects, "" };
		pthread_mutex_lock(&broker.lock);
		memcpy(out->why, broker.why, sizeof(out->why));
		pthread_mutex_unlock(&broker.lock);
	}
}
