/* SPDX-License-Identifier: MIT */
/* The last samples of each input, in a ring. */
#include "gateway.h"

#include <time.h>

#define STEP_MS 20 /* the clock was set; below that it is two readings apart */

static int64_t read_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t now_ms(void)
{
	return read_ms(CLOCK_MONOTONIC);
}

/* The difference is kept, so that a sample has the same time whenever it is asked for. */
int64_t wall_ms(int64_t at_ms)
{
	static int64_t ahead;
	int64_t now = read_ms(CLOCK_REALTIME) - now_ms();

	if (now - ahead > STEP_MS || ahead - now > STEP_MS) {
		ahead = now;
	}
	return at_ms + ahead > 0 ? at_ms + ahead : 0;
}

void put_milli(struct text *t, int64_t milli)
{
	if (milli < 0) {
		text_put(t, "-", 1);
		milli = -milli;
	}
	text_fixed(t, (uint64_t)milli);
}

void history_add(struct input *in, int64_t milli)
{
	in->last = (struct sample){ now_ms(), milli };
	in->ring[in->count % HISTORY_LEN] = in->last;
	in->count++;
	pages_tell(in);
	broker_tell(in);
}

unsigned history_count(const struct input *in)
{
	return in->count < HISTORY_LEN ? (unsigned)in->count : HISTORY_LEN;
}

const struct sample *history_at(const struct input *in, unsigned i)
{
	uint64_t first = in->count < HISTORY_LEN ? 0 : in->count % HISTORY_LEN;

	return &in->ring[(first + i) % HISTORY_LEN];
}
