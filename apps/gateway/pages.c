/* SPDX-License-Identifier: MIT */
/* What the page asks for: the history once, then each sample as it comes. */
#include "../httpd/response.h"
#include "../httpd/ws.h"
#include "gateway.h"

#include <string.h>

/* A point is "[1764540000000,-1000000000000.000]," at the longest. */
#define HISTORY_ROOM (INPUTS_MAX * (HISTORY_LEN * 36U + 128U))

static struct ws_channel live;

static void put_head(struct text *t, const struct input *in)
{
	text_str(t, "{\"name\":");
	text_json(t, in->name);
	text_str(t, ",\"unit\":");
	text_json(t, in->unit);
}

static void put_point(struct text *t, const struct sample *s)
{
	text_str(t, "[");
	text_number(t, (uint64_t)wall_ms(s->at_ms));
	text_str(t, ",");
	put_milli(t, s->milli);
	text_str(t, "]");
}

static int make_history(const struct request *r, struct text *t)
{
	(void)r;
	text_str(t, "{\"name\":");
	text_json(t, config.name);
	text_str(t, ",\"keeps\":");
	text_number(t, HISTORY_LEN);
	text_str(t, ",\"inputs\":[");
	for (unsigned i = 0; i < input_count; i++) {
		text_str(t, i > 0 ? "," : "");
		put_head(t, inputs[i]);
		text_str(t, ",\"samples\":[");
		for (unsigned k = 0; k < history_count(inputs[i]); k++) {
			text_str(t, k > 0 ? "," : "");
			put_point(t, history_at(inputs[i], k));
		}
		text_str(t, "]}");
	}
	text_str(t, "]}\n");
	return 200;
}

void pages_tell(const struct input *in)
{
	char buf[256];
	struct text t = text_in(buf, sizeof(buf));

	if (live.count == 0) {
		return;
	}
	put_head(&t, in);
	text_str(&t, ",\"sample\":");
	put_point(&t, &in->last);
	text_str(&t, "}");
	ws_broadcast(&live, buf, text_len(&t));
}

void pages_add_routes(void)
{
	static char room[HISTORY_ROOM];
	static struct route history = { .path = "/api/history",
					.type = "application/json",
					.make = make_history,
					.room = room,
					.size = sizeof(room) };
	static struct route channel = { .path = "/live", .upgrade = &ws_protocol, .arg = &live };

	response_add_route(&history);
	response_add_route(&channel);
}
