/* SPDX-License-Identifier: MIT */
/* Contract: the last 600 samples of each input are kept, oldest first; what the page gets of them is JSON that fits whatever
 * they are; a clock that is set late gives the earlier samples their right time too.
 * sources: apps/gateway/pages.c apps/httpd/text.c tests/unit/test.c tests/unit/host/kernel.c */
#include "../test.h"

#include "../../../apps/gateway/gateway.h"
#include "../../../apps/httpd/response.h"
#include "../../../apps/httpd/ws.h"

#include <time.h>

#define YEAR_2026_MS 1764540000000
#define TOP	     1000000000000000 /* 10^12 */

/* --- the clocks */

static int64_t monotonic, set_ms;

static int set_clock(clockid_t clock, struct timespec *t)
{
	int64_t ms = monotonic + (clock == CLOCK_REALTIME ? set_ms : 0);

	*t = (struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	return 0;
}

#define clock_gettime set_clock
#include "../../../apps/gateway/history.c"

/* --- what the other parts would do */

struct config config = { .name = "test \"1\"" };
struct input *inputs[INPUTS_MAX];
unsigned input_count;
const struct protocol ws_protocol;

static struct route *history;
static struct ws_channel *live;
static char heard[256];
static unsigned brokered;

void response_add_route(struct route *route)
{
	if (route->make != NULL) {
		history = route;
	} else {
		live = route->arg;
	}
}

unsigned ws_broadcast(struct ws_channel *ch, const char *p, size_t n)
{
	CHECK(ch == live && n < sizeof(heard));
	memcpy(heard, p, n);
	heard[n] = '\0';
	return 0;
}

void broker_tell(const struct input *in)
{
	CHECK(in->count > 0);
	brokered++;
}

static struct input *start(void)
{
	monotonic = 1000;
	set_ms = YEAR_2026_MS;
	while (input_count > 0) {
		free(inputs[--input_count]);
	}
	inputs[0] = calloc(1, sizeof(*inputs[0]));
	strcpy(inputs[0]->name, "flow");
	input_count = 1;
	return inputs[0];
}

/* What /api/history answers. */
static const char *answer(void)
{
	struct text t = text_in(history->room, history->size - 1);

	CHECK_EQ(history->make(NULL, &t), 200);
	CHECK(!t.full);
	*t.at = '\0';
	return history->room;
}

static void test_none(void)
{
	struct input *in = start();

	CHECK_EQ(history_count(in), 0);
	CHECK_STR(answer(), "{\"name\":\"test \\\"1\\\"\",\"keeps\":600,\"inputs\":["
			    "{\"name\":\"flow\",\"unit\":\"\",\"samples\":[]}]}\n");
}

static void test_wrap(void)
{
	struct input *in = start();

	for (int i = 0; i < 3 * HISTORY_LEN + 7; i++) {
		unsigned kept = i + 1 < HISTORY_LEN ? (unsigned)i + 1 : HISTORY_LEN;

		history_add(in, i);
		monotonic += 10;
		CHECK_EQ(history_count(in), kept);
		CHECK_EQ(history_at(in, kept - 1)->milli, i);
		CHECK_EQ(history_at(in, 0)->milli, i + 1 - (int)kept);
		CHECK_EQ(history_at(in, kept / 2)->milli, i + 1 - (int)kept + (int)(kept / 2));
	}
	CHECK_EQ(in->count, 3 * HISTORY_LEN + 7);
}

static void test_live(void)
{
	struct input *in = start();

	heard[0] = '\0';
	brokered = 0;
	history_add(in, -5);
	CHECK_STR(heard, "");
	CHECK_EQ(brokered, 1);
	live->count = 1;
	monotonic = 2000;
	history_add(in, -12500);
	CHECK_STR(heard, "{\"name\":\"flow\",\"unit\":\"\",\"sample\":[1764540002000,-12.500]}");
	strcpy(in->name, "a23456789_123456789_123456789_1");
	strcpy(in->unit, "hectopascal");
	history_add(in, -TOP);
	CHECK_EQ(heard[strlen(heard) - 1], '}');
	live->count = 0;
	CHECK_EQ(brokered, 3);
}

/* Sixteen inputs, full of the longest there is. */
static void test_largest(void)
{
	struct input *in = start();
	const char *text;
	unsigned points = 0;

	strcpy(in->name, "a23456789_123456789_123456789_1");
	strcpy(in->unit, "hectopascal");
	memset(config.name, 'n', sizeof(config.name) - 1);
	for (unsigned i = 0; i < HISTORY_LEN + 1; i++) {
		history_add(in, -TOP);
	}
	for (; input_count < INPUTS_MAX; input_count++) {
		inputs[input_count] = malloc(sizeof(*in));
		*inputs[input_count] = *in;
	}
	text = answer();
	for (const char *s = text; (s = strstr(s, "[1764540001000,-1000000000000.000]")) != NULL;
	     s++) {
		points++;
	}
	CHECK_EQ(points, INPUTS_MAX * HISTORY_LEN);
	CHECK_STR(text + strlen(text) - 4, "]}]}\n" + 1);
}

static void test_clock(void)
{
	struct input *in = start();

	set_ms = 0; /* nobody has set it */
	history_add(in, 1);
	CHECK_EQ(wall_ms(in->last.at_ms), 1000);
	set_ms = YEAR_2026_MS;
	CHECK_EQ(wall_ms(in->last.at_ms), YEAR_2026_MS + 1000);
	set_ms += STEP_MS; /* two readings apart */
	CHECK_EQ(wall_ms(in->last.at_ms), YEAR_2026_MS + 1000);
	set_ms -= 2 * STEP_MS;
	CHECK_EQ(wall_ms(in->last.at_ms), YEAR_2026_MS + 1000);
	set_ms -= 1;
	CHECK_EQ(wall_ms(in->last.at_ms), YEAR_2026_MS + 1000 - STEP_MS - 1);
	set_ms = -5000; /* before 1970 is not said */
	CHECK_EQ(wall_ms(in->last.at_ms), 0);
}

int main(void)
{
	static const struct test tests[] = {
		{ "no sample yet", test_none },
		{ "the last 600 are kept, twice round", test_wrap },
		{ "a sample is told to the page and the broker", test_live },
		{ "the largest history fits", test_largest },
		{ "a clock that is set late", test_clock },
	};

	pages_add_routes();
	return test_run(tests, sizeof(tests) / sizeof(tests[0]));
}
