/* SPDX-License-Identifier: MIT */
/* The clients of lib/, told by arguments what to do; tests/system/test_clients.py judges.
 *
 *   clients http URL [REDIRECTS [ROOM]]   prints "reply ERROR STATUS LENGTH TYPE" and the body
 *   clients post URL TEXT
 *   clients syslog URL TEXT COUNT PAUSE_MS
 *   clients mqtt VERSION PORT COUNT PAUSE_MS ROOM   publishes, and prints what it hears on test/to
 *
 * With TLS_CA=FILE in the environment by TLS: https: and tls: URLs, and mqtt. */
#include <coracle/http.h>
#include <coracle/mqtt.h>
#include <coracle/syslog.h>
#include <coracle/tls.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define LINGER_US 500000

static const char *arg(char **argv, int i)
{
	for (int n = 0; n <= i; n++) {
		if (argv[n] == NULL) {
			return "0";
		}
	}
	return argv[i];
}

static const struct secure *secure; /* NULL: plain */

static int set_secure(const char *ca)
{
	const struct tls_options o = { .ca = ca };
	char reason[TLS_REASON_SIZE];
	struct tls_context *c = tls_client_context(&o, reason);

	if (c == NULL) {
		printf("no TLS: %s\n", reason);
		return -1;
	}
	secure = tls_secure(c);
	return 0;
}

static int do_http(char **argv, bool post)
{
	static char buf[70000];
	struct http_reply r;
	struct http_request q = { .url = arg(argv, 2),
				  .redirects = atoi(arg(argv, 3)),
				  .secure = secure };
	size_t room = (size_t)atoi(arg(argv, 4));
	int err;

	if (post) {
		q.redirects = 0;
		q.body = arg(argv, 3);
		q.len = strlen(q.body);
		q.type = "text/plain";
	}
	err = http_fetch(&q, &r, buf, !post && room > 0 ? room : sizeof(buf));
	printf("reply %s %d %zu %s (%s)\n", err != 0 ? strerror(-err) : "ok", r.status, r.len,
	       r.type, r.why);
	fwrite(buf, 1, r.len, stdout);
	printf("\nend\n");
	return 0;
}

static int do_syslog(char **argv)
{
	struct syslog_server to = {
		.url = arg(argv, 2), .host = "device-7", .room = 4096, .secure = secure
	};
	struct syslog_counts c;
	int err;

	openlog("clients", 0, LOG_LOCAL3);
	err = syslog_start(&to);
	printf("started %d\n", err);
	for (int i = 0; err == 0 && i < atoi(arg(argv, 4)); i++) {
		syslog(LOG_NOTICE, "%s %d", arg(argv, 3), i);
		usleep((useconds_t)atoi(arg(argv, 5)) * 1000);
	}
	do {
		usleep(100000);
		syslog_count(&c);
	} while (err == 0 && c.waiting > 0);
	usleep(LINGER_US); /* what TCP has still to send would end with the machine */
	printf("sent %llu lost %llu connects %u\n", (unsigned long long)c.sent,
	       (unsigned long long)c.lost, c.connects);
	return 0;
}

static void changed(void *who, bool up, const char *why)
{
	(void)who;
	printf("%s: %s\n", up ? "up" : "down", why);
}

static void heard(void *who, const char *topic, const void *p, size_t n)
{
	(void)who;
	printf("heard %s %.*s\n", topic, (int)n, (const char *)p);
}

static int do_mqtt(char **argv)
{
	struct mqtt_options o = { .host = "10.0.2.2",
				  .secure = secure,
				  .version = atoi(arg(argv, 2)),
				  .port = (uint16_t)atoi(arg(argv, 3)),
				  .id = "coracle-test",
				  .keepalive_s = 5,
				  .will_topic = "test/state",
				  .will_text = "gone",
				  .room = (size_t)atoi(arg(argv, 6)),
				  .changed = changed,
				  .message = heard };
	struct mqtt *m = mqtt_start(&o);
	struct mqtt_counts c;
	int bad;

	if (m == NULL || mqtt_subscribe(m, "test/to") != 0) {
		printf("no client: %s\n", strerror(errno));
		return 1;
	}
	bad = mqtt_publish(m, "a/+/b", "", 0, false);
	printf("bad topic %d, bad filter %d\n", bad == -EINVAL, mqtt_subscribe(m, "a#") == -EINVAL);
	for (int i = 0; i < atoi(arg(argv, 4)); i++) {
		char text[16];

		snprintf(text, sizeof(text), "%d", i);
		if (mqtt_publish(m, "test/from", text, strlen(text), false) != 0) {
			printf("not queued\n");
		}
		usleep((useconds_t)atoi(arg(argv, 5)) * 1000);
	}
	do {
		usleep(100000);
		mqtt_count(m, &c);
	} while (c.waiting > 0);
	printf("delivered %llu dropped %llu connects %llu\n", (unsigned long long)c.delivered,
	       (unsigned long long)c.dropped, (unsigned long long)c.connects);
	for (;;) {
		sleep(60); /* until the test ends the machine */
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (getenv("TLS_CA") != NULL && set_secure(getenv("TLS_CA")) != 0) {
		return 1;
	}
	if (strcmp(what, "http") == 0 || strcmp(what, "post") == 0) {
		return do_http(argv, *what == 'p');
	}
	if (strcmp(what, "syslog") == 0) {
		return do_syslog(argv);
	}
	return strcmp(what, "mqtt") == 0 ? do_mqtt(argv) : 2;
}
