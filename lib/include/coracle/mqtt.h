/* SPDX-License-Identifier: MIT */
/* An MQTT client that stays with its broker, on libmosquitto: `needs := net mqtt` in app.mk. A thread of
 * its own connects, keeps the connection alive, comes back with growing pauses when it was lost, and
 * delivers what was published meanwhile: in order, and none twice unless the connection broke between
 * a message and its acknowledgement (QoS 1). */
#pragma once

#include <coracle/secure.h>
#include <stdint.h>

struct mqtt;

struct mqtt_options {
	const char *host;
	uint16_t port;		     /* 0: 1883, or 8883 with `secure` */
	const struct secure *secure; /* NULL: plain TCP */
	int version;		     /* 4: MQTT 3.1.1 (also 0), 5: MQTT 5 */
	const char *id;		     /* of the client; NULL: the broker gives one */
	const char *user, *password; /* NULL: none */
	int keepalive_s;	     /* at least 5; 0: 30 */
	/* What the broker publishes, retained, when we are gone without a word; NULL: nothing. */
	const char *will_topic, *will_text;
	size_t room; /* bytes of messages that may wait; then the oldest go. 0: 256 KiB */
	/* From the client's thread, must not block. @up: connected, or why not, in words. */
	void (*changed)(void *arg, bool up, const char *why);
	void (*message)(void *arg, const char *topic, const void *p, size_t n);
	void *arg;
};

struct mqtt_counts {
	bool up;
	unsigned waiting;   /* published by us, not yet acknowledged */
	uint64_t delivered; /* acknowledged */
	uint64_t dropped;   /* there was no room */
	uint64_t connects;
};

/* Begin; it need not be possible to connect yet. NULL and errno: EINVAL, ENOMEM, EAGAIN, ENOSYS. The
 * strings must last as long as the client, and that is as long as the program. */
struct mqtt *mqtt_start(const struct mqtt_options *o);
/* Queue a message, which is copied. Returns 0, -EINVAL (a bad topic), -EMSGSIZE, -ENOMEM.
 * Context: any thread; does not block. */
int mqtt_publish(struct mqtt *m, const char *topic, const void *p, size_t n, bool retain);
/* Subscribe now and after every reconnection; at most eight. Returns 0, -EINVAL, -ENOSPC. The string
 * must last. */
int mqtt_subscribe(struct mqtt *m, const char *filter);
void mqtt_count(struct mqtt *m, struct mqtt_counts *out);
