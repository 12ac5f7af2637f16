/* SPDX-License-Identifier: MIT */
/* For monitors: /metrics in OpenMetrics 1.0 (a draft of the IETF: draft-ietf-opsawg-openmetrics), /healthz in a
 * word. */
#include "../httpd/response.h"
#include "../httpd/status.h"
#include "../httpd/tick.h"
#include "gateway.h"

#include <coracle/syslog.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Above: what one metric is. A counter's samples have _total behind the name. */
static void declare(struct text *t, const char *name, const char *type, const char *help)
{
	text_str(t, "# TYPE ");
	text_str(t, name);
	text_str(t, " ");
	text_str(t, type);
	text_str(t, "\n# HELP ");
	text_str(t, name);
	text_str(t, " ");
	text_str(t, help);
	text_str(t, "\n");
}

static void one(struct text *t, const char *name, const char *type, const char *help, uint64_t v)
{
	declare(t, name, type, help);
	text_str(t, name);
	text_str(t, strcmp(type, "counter") == 0 ? "_total " : " ");
	text_number(t, v);
	text_str(t, "\n");
}

static void put_input(struct text *t, const char *name, const struct input *in)
{
	text_str(t, name);
	text_str(t, "{input=");
	text_json(t, in->name);
	text_str(t, ",unit=");
	text_json(t, in->unit);
	text_str(t, "} ");
}

static void put_inputs(struct text *t)
{
	declare(t, "gateway_input", "gauge", "The last sample of an input.");
	for (unsigned i = 0; i < input_count; i++) {
		put_input(t, "gateway_input", inputs[i]);
		put_milli(t, inputs[i]->last.milli);
		text_str(t, "\n");
	}
	declare(t, "gateway_samples", "counter", "Samples of an input.");
	for (unsigned i = 0; i < input_count; i++) {
		put_input(t, "gateway_samples_total", inputs[i]);
		text_number(t, inputs[i]->count);
		text_str(t, "\n");
	}
	one(t, "gateway_bad_lines", "counter", "Lines that were no samples.", inputs_bad_lines);
}

static void put_broker(struct text *t)
{
	struct broker_state b;

	broker_state(&b);
	if (!b.wanted) {
		return;
	}
	one(t, "gateway_mqtt_up", "gauge", "Is the broker there?", b.up);
	one(t, "gateway_mqtt_waiting", "gauge", "Messages without an acknowledgement.", b.waiting);
	one(t, "gateway_mqtt_delivered", "counter", "Messages acknowledged.", b.delivered);
	one(t, "gateway_mqtt_dropped", "counter", "Messages that found no room.", b.dropped);
	one(t, "gateway_mqtt_connects", "counter", "Connections to the broker.", b.connects);
}

static void put_log(struct text *t)
{
	struct syslog_counts c;

	if (config.syslog[0] == '\0') {
		return;
	}
	syslog_count(&c);
	one(t, "gateway_syslog_sent", "counter", "Messages to the log server.", c.sent);
	one(t, "gateway_syslog_lost", "counter", "Messages that found no room.", c.lost);
	one(t, "gateway_syslog_waiting", "gauge", "Messages that wait.", c.waiting);
}

static int make_metrics(const struct request *r, struct text *t)
{
	long page = sysconf(_SC_PAGESIZE), pages = sysconf(_SC_AVPHYS_PAGES);

	(void)r;
	put_inputs(t);
	put_broker(t);
	put_log(t);
	one(t, "gateway_http_requests", "counter", "Requests answered.", stats.requests);
	one(t, "gateway_http_connections", "gauge", "Connections open.", stats.connections);
	one(t, "gateway_memory_free_bytes", "gauge", "Memory that nobody has.",
	    pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : 0);
	declare(t, "gateway_uptime_seconds", "gauge", "Since the machine was started.");
	text_str(t, "gateway_uptime_seconds ");
	text_fixed(t, tick_us() / 1000);
	text_str(t, "\n# EOF\n");
	return 200;
}

/* Old: three periods, or three seconds for what comes oftener. */
static bool is_stale(const struct input *in)
{
	int64_t bound = 3 * (int64_t)(sampling_ms() < 1000 ? 1000 : sampling_ms());

	return now_ms() - in->last.at_ms > bound;
}

const char *health_trouble(void)
{
	static char why[192];
	struct broker_state b;

	if (config.simulate && (input_count == 0 || is_stale(inputs[0]))) {
		return "no samples are taken";
	}
	broker_state(&b);
	if (!b.wanted || b.up) {
		return "";
	}
	snprintf(why, sizeof(why), "the MQTT broker is away%s%s", b.why[0] != '\0' ? ": " : "",
		 b.why);
	return why;
}

static int make_health(const struct request *r, struct text *t)
{
	const char *trouble = health_trouble();

	(void)r;
	text_str(t, "{\"status\":");
	text_json(t, trouble[0] == '\0' ? "ok" : "failing");
	if (trouble[0] != '\0') {
		text_str(t, ",\"why\":");
		text_json(t, trouble);
	}
	text_str(t, "}\n");
	return trouble[0] == '\0' ? 200 : 503;
}

void metrics_add_routes(void)
{
	static char room[16384], small[1024];
	static struct route metrics = {
		.path = "/metrics",
		.type = "application/openmetrics-text; version=1.0.0; charset=utf-8",
		.make = make_metrics,
		.room = room,
		.size = sizeof(room)
	};
	static struct route health = { .path = "/healthz",
				       .type = "application/json",
				       .make = make_health,
				       .room = small,
				       .size = sizeof(small) };

	response_add_route(&metrics);
	response_add_route(&health);
}
